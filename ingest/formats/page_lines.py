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
    LINK = "link"  # furniture, unless a wrapped abstract ends with it
    TITLE = "title"  # said to be one: "Title: …"
    SHORT = "short"  # a title, or furniture nobody listed
    PROSE = "prose"


@dataclass(frozen=True, slots=True)
class Line:
    """A line, or several that one sentence was wrapped over: where it begins, its text and its look."""

    number: int
    text: str
    look: Look
    plain: str = ""  # the text with its decoration, where that was taken off


LONGEST_FURNITURE = 250  # characters
PROSE_SIZE = 250  # characters that a title in ten thousand reaches
SENTENCE_SIZE = 160  # characters that make one full sentence prose
SENTENCES_SIZE = 80  # characters that make two sentences prose
LONGEST_END = 300  # characters at the end of a line that can show how it ends
SENTENCE_END = re.compile(r"(?:[.!?…。！？]|https?://\S+)[\"'”’)\]*]*$")
SENTENCE_BREAK = re.compile(r"[a-z0-9)%\]][.!?]\s+[A-Z(]|[。！？].")
LABEL = re.compile(r"(title|authors?|abstract|summary)\s*:\s*(?=\S)", re.IGNORECASE)
DECORATION = re.compile(r"^(?:#{1,6}\s+|\*\*(?=.*\*\*$)|[-*•]\s+|\d{1,3}[.)]\s+(?=\S))|\*\*$")
LINK = re.compile(r"https?://\S+")
COUNT = r"\d[\d.,]*+\s?[kKmM]?"

FURNITURE = re.compile(
    rf"""
      [\W\d_]++(?:[kKmM]\b[\W\d_]*+)?                              # votes, positions, "·", "+107", "1.2k"
    | \W*+{COUNT}\+?\s*(?:authors?|upvotes?|votes?|likes?|stars?|comments?|views?|replies|repl(?:y|ies)|citations?
        |papers?|models?|datasets?|spaces?|followers?|(?:minute|hour|day|week|month|year)s?(?:\s+ago)?)\W*
    | new | hot | top | subscribe | follow(?:ing)? | share | save | cite | search | home | more | menu | back | next
    | previous | today | yesterday | (?:this\ )?week(?:ly)? | (?:this\ )?month(?:ly)? | daily | trending | latest
    | log\ ?in | sign\ (?:in|up) | models | datasets | spaces | buckets | docs | enterprise | pricing | posts | papers
    | hugging\ face | community | daily\ papers | trending\ papers | up-?votes? | abstract:? | summary
    | pdf | html | code
    | paper\ authors? | view | expand | collapse | add\ to\ collection | edit\ preview | sort\ by\b.{{0,40}}
    | (?:by)?\s*ak\ and\ the\ research\ community | .{{0,40}}\bin\ your\ (?:email\ )?inbox\b.{{0,40}}
    | (?:submitted|published|posted|updated)\ (?:on|at|by)\b.{{0,80}} | on\ .{{0,20}}\d{{4}} | ai-generated\ summary
    | \#?\d+\ paper\ of\ the\ (?:day|week|month) | (?:see|show|load|read)\ (?:all|more|less)\b.{{0,40}}
    | view\ (?:all|on|the|in|arxiv|pdf|paper|project|code|github|html)\b.{{0,60}}
    | (?:arxiv|github|project|alphaxiv)(?:\s+(?:page|repo(?:sitory)?|explained))?\s*(?:{COUNT})?
    | \[?\d*\]?\s*arxiv:\s*\S+.{{0,80}}
    | (?:comments|subjects|categories|journal-ref|doi)\s*:.{{0,200}} | date\s*:\s*(?:\w{{3,9}},?\s*)?\d.{{0,80}}
    | ©.{{0,80}} | copyright\ \W*\d{{4}}.{{0,80}} | terms(?:\ of\ (?:use|service))? | privacy(?:\ policy)? | cookies?
    """,
    re.VERBOSE | re.IGNORECASE,
)
NAME_WORD = r"(?:[^\W\d_a-z][\w.'’\-]*|de|da|di|del|der|den|du|van|von|bin|ibn|el|al|la|le|dos|ter|ten)"
NAME = re.compile(rf"{NAME_WORD}(?:\s+{NAME_WORD}){{1,5}}\W?\d*\W?")


def read_line(number: int, raw: str) -> Line:
    """The line with its decoration and label taken off, and its look."""
    plain = clean(raw)
    if not plain:
        return Line(number, "", Look.BLANK)
    if LINK.fullmatch(plain):
        return Line(number, plain, Look.LINK)
    text = DECORATION.sub("", plain)
    if date_heading(text) is not None:
        return Line(number, text, Look.DATE)
    if len(plain) <= LONGEST_FURNITURE and FURNITURE.fullmatch(plain):
        return Line(number, plain, Look.FURNITURE)
    if text.lower() in ("authors:", "authors"):
        return Line(number, "", Look.AUTHORS)
    label = LABEL.match(text)
    if label:
        looks = {"title": Look.TITLE, "author": Look.AUTHORS, "authors": Look.AUTHORS}
        return Line(number, text[label.end() :], looks.get(label[1].lower(), Look.PROSE), plain)
    if is_prose(plain):
        return Line(number, plain, Look.PROSE)
    return Line(number, text, Look.SHORT, plain)


def is_prose(text: str) -> bool:
    """Whether a line reads as (part of) an abstract by itself: long, or of whole sentences."""
    size = len(text) + 2 * sum(char >= "\u2e80" for char in text)  # one Chinese character says as much as three letters
    if size < SENTENCES_SIZE:
        return False
    if size >= PROSE_SIZE:
        return True
    return is_sentence(text) and (size >= SENTENCE_SIZE or bool(SENTENCE_BREAK.search(text)))


def is_sentence(text: str) -> bool:
    """Whether a line ends as a sentence does, or with a web address."""
    return bool(SENTENCE_END.search(text, max(0, len(text) - LONGEST_END)))


def is_titled(text: str) -> bool:
    """Whether a short line has the shape of a title: several words, and more letters than anything else."""
    letters = sum(char.isalpha() for char in text)
    wide = any(char >= "\u2e80" for char in text)
    return len(text) <= 300 and 2 * letters > len(text) and ((len(text.split()) >= 3 and len(text) >= 15) or wide)


def is_name(text: str) -> bool:
    """Whether a line can be one person's name."""
    return bool(NAME.fullmatch(text))


def names_in(text: str) -> list[str]:
    """The people a line lists, at least two; empty for a line that is no list of names."""
    parts = [part.strip() for part in re.split(r",|;|·|\band\b|&", text)]
    parts = [part for part in parts if part]
    named = sum(is_name(part) for part in parts)
    return parts if len(parts) > 1 and 4 * named >= 3 * len(parts) and parts[0][0].isupper() else []
