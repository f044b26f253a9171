"""What a line of a copied web page looks like: prose, a date heading, names, page furniture, or a short line.

Knows lines one by one; which title belongs to which abstract is decided in `page_text`.
"""

import re
from dataclasses import dataclass
from enum import Enum

from ingest.formats.dates import date_heading
from ingest.text import clean


class Look(Enum):
    """What a line can be taken for by itself."""

    BLANK = "blank"
    FURNITURE = "furniture"
    DATE = "date"
    AUTHORS = "authors"
    TITLE = "title"  # said to be one: "Title: …"
    SHORT = "short"  # a title, or furniture nobody listed
    PROSE = "prose"


@dataclass(frozen=True, slots=True)
class Line:
    """A line, or several that one sentence was wrapped over: where it begins, its cleaned text, its look."""

    number: int
    text: str
    look: Look


PROSE_SIZE = 250  # characters no title reaches; the longest of 84,000 arXiv titles has 245
SENTENCE_SIZE = 160  # characters that make one full sentence prose
SENTENCES_SIZE = 80  # characters that make two sentences prose
SENTENCE_END = re.compile(r"(?:[.!?…。！？]|https?://\S+)[\"'”’)\]*]*$")
SENTENCE_BREAK = re.compile(r"[a-z0-9)%\]][.!?]\s+[A-Z(]|[。！？].")
LABEL = re.compile(r"(title|authors?|abstract|summary)\s*:\s*(?=\S)", re.IGNORECASE)
DECORATION = re.compile(r"^(?:#{1,6}\s+|\*\*(?=.*\*\*$)|[-*•]\s+|\d{1,3}[.)]\s+(?=[A-Z]))|\*\*$")
COUNT = r"[+\-#~]?\d[\d.,]*\s?[kKmM]?"

FURNITURE = re.compile(
    rf"""
      [\W\d_]*{COUNT}[\W\d_]*                                     # votes, positions, "·", "+107"
    | \W*{COUNT}\+?\s*(?:authors?|upvotes?|votes?|likes?|stars?|comments?|views?|replies|repl(?:y|ies)|citations?
        |papers?|models?|datasets?|spaces?|followers?|(?:minute|hour|day|week|month|year)s?(?:\s+ago)?)\W*
    | new | hot | top | subscribe | follow(?:ing)? | share | save | cite | search | home | more | menu | back | next
    | previous | today | yesterday | (?:this\ )?week(?:ly)? | (?:this\ )?month(?:ly)? | daily | trending | latest
    | log\ ?in | sign\ (?:in|up) | models | datasets | spaces | buckets | docs | enterprise | pricing | posts | papers
    | hugging\ face | daily\ papers | trending\ papers | up-?votes? | abstract:? | summary | authors?:? | pdf | html | code
    | community | paper\ authors? | view | expand | collapse | add\ to\ collection | edit\ preview | sort\ by\b.{{0,40}}
    | (?:by)?\s*ak\ and\ the\ research\ community | .{{0,40}}\bin\ your\ (?:email\ )?inbox\b.{{0,40}}
    | (?:submitted|published|posted|updated)\ (?:on|at|by)\b.{{0,80}} | on\ .{{0,20}}\d{{4}} | ai-generated\ summary
    | \#?\d+\ paper\ of\ the\ (?:day|week|month) | (?:see|show|load|read)\ (?:all|more|less)\b.{{0,40}}
    | view\ (?:all|on|the|in|arxiv|pdf|paper|project|code|github|html)\b.{{0,60}}
    | (?:arxiv|github|project|alphaxiv)(?:\s+(?:page|repo(?:sitory)?|explained))?\s*(?:{COUNT})?
    | \[?\d*\]?\s*arxiv:\s*\S+.{{0,80}} | https?://\S+
    | (?:comments|subjects|categories|journal-ref|doi|date)\s*:.{{0,200}}
    | (?:©|copyright\b|terms\ of\b|privacy\b|cookie).{{0,80}}
    """,
    re.VERBOSE | re.IGNORECASE,
)
NAME_WORD = r"(?:[^\W\d_a-z][\w.'’\-]*|de|da|di|del|der|den|du|van|von|bin|ibn|el|al|la|le|dos|ter|ten)"
NAME = re.compile(rf"{NAME_WORD}(?:\s+{NAME_WORD}){{1,4}}\d*\W?")


def read_line(number: int, raw: str) -> Line:
    """The line with its decoration and label taken off, and its look."""
    text = clean(raw)
    if not text:
        return Line(number, "", Look.BLANK)
    if FURNITURE.fullmatch(text):
        return Line(number, text, Look.FURNITURE if date_heading(text) is None else Look.DATE)
    text = DECORATION.sub("", text)
    if date_heading(text) is not None:
        return Line(number, text, Look.DATE)
    label = LABEL.match(text)
    if label:
        looks = {"t": Look.TITLE, "s": Look.PROSE}
        look = Look.AUTHORS if label[1].lower().startswith("au") else looks.get(label[1][0].lower(), Look.PROSE)
        return Line(number, text[label.end() :], look)
    return Line(number, text, Look.PROSE if is_prose(text) else Look.SHORT)


def is_prose(text: str) -> bool:
    """Whether a line reads as (part of) an abstract by itself: long, or of whole sentences."""
    size = len(text) + 2 * sum(char >= "\u2e80" for char in text)  # one Chinese character says as much as three letters
    if size < SENTENCES_SIZE:
        return False
    if size >= PROSE_SIZE:
        return True
    ended = bool(SENTENCE_END.search(text))
    return ended and (size >= SENTENCE_SIZE or bool(SENTENCE_BREAK.search(text)))


def is_sentence(text: str) -> bool:
    """Whether a short line ends as a sentence does, or with a web address."""
    return bool(SENTENCE_END.search(text))


def is_titled(text: str) -> bool:
    """Whether a short line has the shape of a title: several words, and more letters than anything else."""
    letters = sum(char.isalpha() for char in text)
    wide = any(char >= "\u2e80" for char in text)
    return len(text) <= 300 and 2 * letters > len(text) and ((len(text.split()) >= 3 and len(text) >= 15) or wide)


def names_in(text: str) -> list[str]:
    """The people a line lists, at least two; empty for a line that is no list of names."""
    parts = [part.strip() for part in re.split(r",|;|·|\band\b|&", text)]
    parts = [part for part in parts if part]
    return parts if len(parts) > 1 and all(NAME.fullmatch(part) for part in parts) else []
