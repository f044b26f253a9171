"""From a model's Markdown as it streams to pieces: statements with the layout before them, each as soon as it is whole.

Keeps paragraphs, lists, headings, tables and bold; links, images, HTML and other emphasis go.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from ingest.sentences import split_sentences
from rag.types import MARK, STOP_THEN_MARK
from rag.write.prompts import FOUND, GO_ON, SEARCH

NUMBER = re.compile(r"\d+")
MOST_SPAN = 12  # numbers that a mark like [3-9] may stand for
OTHER_MARK = re.compile(
    r"[【［\[]\s?(?:\^|source|sources|sentence|ref\.?|line)?\s?(\d+(?:\s?[,;–-]\s?\d+)*)\s?[】］\]]", re.IGNORECASE
)
IMAGE = re.compile(r"!\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])?")
LINK = re.compile(r"\[([^\]\d][^\]]*)\](?:\([^)]*\)|\[[^\]]*\])")
ADDRESS = re.compile(
    r"<?\b(?:(?:https?|ftp|file)://|data:\w+/|(?:javascript|mailto|data|vbscript):(?=[^\s]))[^\s>\])]*>?", re.IGNORECASE
)
TAG = re.compile(r"<[/!?]?[A-Za-z][^<>]{0,400}>|<!--[^<>]{0,400}>")
EMPHASIS = re.compile(r"(__|`+|(?<![\w*])[*_](?=[^\s*])|(?<=[^\s*])[*_](?![\w*]))")
HEAD = re.compile(r"#{1,6}\s+|\*\*[^*]+\*\*:?\s*$")
BULLET = re.compile(r"\s*(?:[-*+•]|(\d{1,3})[.)])\s+|\s*>(?!>)\s*")
RULE = re.compile(r"^\|(?:\s*:?-+:?\s*\|)+\s*$")
STOPS = re.compile(r"\]\.(?: ?\.)+")
BLANKS = re.compile(r"[ \t]{2,}")
BEFORE_STOP = re.compile(r" (?=[.,;:!?])")
BAR = re.compile(r"(?<!\\)\|")
MARKS_ONLY = re.compile(r"(?:\s*[\[【［][^\[\]【】［］]{0,40}[\]】］])*\s*(?:[\[【［][^\[\]【】［］]{0,40})?")
FOUND_LINE = re.compile(
    r"[\s*_#>]*FOUND[\s*_]*:[\s*_]*(yes|partly|no)\b(?=[\s*_]*(?:$|[.,;:—–-]|SEARCH:))[\s*_.,;:—–-]*", re.IGNORECASE
)
UNDECIDED = 5  # characters that tell how a line begins
LONGEST_STATEMENT = 1_000  # characters that are checked as one; what is longer is parted


class Kind(Enum):
    """What a piece is: a statement, a heading, which states nothing, layout, or one of the writer's own lines."""

    STATEMENT = "statement"
    HEADING = "heading"
    LAYOUT = "layout"
    FOUND = "found"
    SEARCH = "search"
    GO_ON = "go on"


@dataclass(frozen=True, slots=True)
class Piece:
    """`lead` is the layout before `text`, which is clean and still has its marks; `numbers` are those it cites."""

    kind: Kind
    lead: str
    text: str = ""
    numbers: tuple[int, ...] = ()

    @property
    def words(self) -> str:
        """The text without marks and bold."""
        return bare(self.text)


class Layout:
    """Takes text piece by piece and gives the pieces that are whole."""

    def __init__(self) -> None:
        self._rest = ""
        self._breaks = 0  # line breaks since the last piece
        self._begun = False  # anything was given
        self._told = False  # whether it was found
        self._inside = False  # the line has given a piece
        self._table = 0  # lines of a table that went by
        self._head, self._head_breaks = "", 0  # the first of them, while it may be a head, and the breaks before it
        self._item = ""  # the kind of list item that the last line was

    def hear(self, words: str) -> Iterator[Piece]:
        """The pieces that these words complete."""
        self._rest = BLANKS.sub(" ", self._rest + words)
        while "\n" in self._rest:
            line, self._rest = self._rest.split("\n", 1)
            yield from self._line(line)
            self._breaks += 1
            self._inside = False
        if self._is_open():
            yield from self._held_head(self._rest.lstrip())
            yield from self._sentences()

    def end(self) -> Iterator[Piece]:
        """What is left when the text ends."""
        rest, self._rest = self._rest, ""
        yield from self._line(rest)
        yield from self._held_head("")

    def _is_open(self) -> bool:
        """Whether the line begins so that its sentences can be given as they come."""
        text = self._rest.lstrip()
        if self._inside:
            return bool(text)
        if len(text) < UNDECIDED or text[0] in "|#`" or text.startswith((GO_ON, "**")):
            return False
        start = text.lstrip("*_#> ").upper()
        return self._begun or not any(own.startswith(start[: len(own)]) for own in (FOUND, SEARCH))

    def _sentences(self) -> Iterator[Piece]:
        """The sentences of the open line that are whole."""
        lead, text = ("", self._rest) if self._inside else _bulleted(self._rest)
        pieces = _cut(text)
        whole = pieces[:-1]
        rest = (pieces[-1] + (" " if self._rest.endswith(" ") else "")) if pieces else ""
        if len(rest) > LONGEST_STATEMENT:
            *parts, rest = _parted(rest)
            whole = [*whole, *parts]
        for one in whole:
            yield from self._say(one, lead)
            lead = ""
        if whole:
            self._rest = rest

    def _line(self, line: str) -> Iterator[Piece]:
        """A line that has ended."""
        text = line.strip()
        if not (self._begun or self._told) and (told := FOUND_LINE.match(text)):
            self._told = True
            yield Piece(Kind.FOUND, "", told[1].lower())
            text = text[told.end() :]
        yield from self._held_head(text)
        if self._inside:
            for one in _cut(text):
                yield from self._say(one, "")
        elif text.startswith(GO_ON):
            if words := bare(clean_markup(text.lstrip("> "))):
                yield Piece(Kind.GO_ON, "", words)
        elif not self._begun and text.startswith(SEARCH):
            yield Piece(Kind.SEARCH, "", text.removeprefix(SEARCH).strip())
        elif text.startswith("|") and not self._table:
            self._head, self._head_breaks = text, self._breaks  # a head only if a rule follows
        elif text.startswith("|"):
            yield from self._row(text, Kind.STATEMENT)
        elif HEAD.match(text):
            words = bare(clean_markup(text.lstrip("# ")))
            if words:
                yield self._give(Kind.HEADING, f"**{words}**")
        elif not text.startswith("```"):
            lead, rest = _bulleted(text)
            for one in _cut(rest):
                yield from self._say(one, lead)
                lead = ""
        self._table = self._table + 1 if text.startswith("|") else 0

    def _held_head(self, below: str) -> Iterator[Piece]:
        """The first row of a table, now that it is known whether a rule stands below it."""
        if self._head:
            head, breaks, self._head = self._head, self._breaks, ""
            self._breaks = self._head_breaks
            yield from self._row(head, Kind.HEADING if RULE.match(below) else Kind.STATEMENT)
            self._breaks, self._inside = breaks - self._head_breaks, False

    def _row(self, text: str, kind: Kind) -> Iterator[Piece]:
        """A line of a table, a piece a cell; its head states nothing."""
        if RULE.match(text):
            yield self._give(Kind.LAYOUT, "", text)
            return
        cells = BAR.split(text.removeprefix("|").removesuffix("|"))
        for place, cell in enumerate(cells):
            words = clean_markup(cell)
            words = words if kind is Kind.STATEMENT else bare(words)
            lead = "| " if not place else " | "
            for part in _parted(words) or [""]:
                piece = self._give(kind, part, lead)
                yield Piece(kind, piece.lead, part, numbers_in(part))
                lead = ""
        yield Piece(Kind.LAYOUT, " |")

    def _say(self, text: str, lead: str) -> Iterator[Piece]:
        for words in _parted(clean_markup(text)):
            if any(c.isalnum() for c in bare(words)):
                piece = self._give(Kind.STATEMENT, words, lead)
                yield Piece(Kind.STATEMENT, piece.lead, words, numbers_in(words))
                lead = ""

    def _give(self, kind: Kind, text: str, lead: str = "") -> Piece:
        """A piece with the line breaks that stand before it."""
        between = " " if self._inside and not lead.startswith((" |", "|")) else ""
        if not self._inside:
            item = "-" if lead.startswith("- ") else "1" if lead[:1].isdigit() else ""
            goes_on = bool(item) and item == self._item  # a list whose items have blank lines between is one list
            between = "\n" * (1 if goes_on else max(1, min(self._breaks, 2))) if self._begun else ""
            self._item = item
        self._begun = self._inside = True
        self._breaks = 0
        return Piece(kind, between + lead, text)


def _bulleted(line: str) -> tuple[str, str]:
    """The bullet or number that a line begins with, as we write it, and the rest."""
    found = BULLET.match(line)
    if not found:
        return "", line
    lead = "" if found[0].strip().startswith(">") else f"{found[1]}. " if found[1] else "- "
    return lead, line[found.end() :]


def _cut(text: str) -> list[str]:
    """The sentences of a line; marks behind one ('Why?" [3]') belong to it."""
    joined = STOP_THEN_MARK.sub(lambda found: f" {found[2].strip()}{found[1]} ", OTHER_MARK.sub(r"[\1]", text))
    joined = STOPS.sub("].", joined)
    sentences: list[str] = []
    for sentence in split_sentences(joined):
        if sentences and MARKS_ONLY.fullmatch(sentence.text):
            sentences[-1] += f" {sentence.text}"
        else:
            sentences.append(sentence.text)
    return sentences


def _parted(text: str) -> list[str]:
    """A text in parts that are short enough to be checked, parted at spaces where there are any."""
    parts = []
    while len(text) > LONGEST_STATEMENT:
        at = text.rfind(" ", 1, LONGEST_STATEMENT)
        if (mark := text.rfind("[", 1, at)) > text.rfind("]", 1, at):
            at = mark  # no mark is parted
        at = at if at > 0 else LONGEST_STATEMENT
        parts.append(text[:at])
        text = text[at:].lstrip()
    return [*parts, text] if text else parts


def clean_markup(text: str) -> str:
    """A text without links, images, HTML and emphasis, on one line; marks and paired bold stay."""
    text = ADDRESS.sub("", LINK.sub(r"\1", IMAGE.sub("", TAG.sub(" ", OTHER_MARK.sub(r"[\1]", text)))))
    text = EMPHASIS.sub("", text)
    if text.count("**") % 2:
        text = text.replace("**", "")
    return tidy(text)


def bare(text: str) -> str:
    """A text without marks and bold."""
    return tidy(MARK.sub("", text.replace("**", "")))


def tidy(text: str) -> str:
    """A text on one line, without blanks before its stops."""
    return BEFORE_STOP.sub("", " ".join(text.split()))


def numbers_in(text: str) -> tuple[int, ...]:
    """The numbers that the marks in a text cite, each once."""
    return tuple(dict.fromkeys(n for found in MARK.finditer(text) for n in numbers_of(found[0])))


def numbers_of(mark: str) -> list[int]:
    """[3, 5-7] as 3, 5, 6, 7; a span that is too long to be meant, as its ends."""
    found: list[int] = []
    for part in mark.strip("[]").replace(";", ",").split(","):
        ends = [int(n) for n in NUMBER.findall(part)[:2] if len(n) < 7]
        if len(ends) == 2 and 0 < ends[1] - ends[0] <= MOST_SPAN:
            found += range(ends[0], ends[1] + 1)
        else:
            found += ends
    return found
