"""From pieces of text as a model sends them to whole sentences with their marks, each as soon as it is complete.

Keeps only prose: headings, bullets, emphasis, links, images and HTML of the model's go. Knows no paper.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ingest.sentences import split_sentences
from rag.measures import MARK, STOP_THEN_MARK

NUMBER = re.compile(r"\d+")
MOST_SPAN = 12  # numbers that a mark like [3-9] may stand for
OTHER_MARK = re.compile(
    r"[【［\[]\s*(?:\^|source|sources|sentence|ref\.?|line)?\s*(\d+(?:\s*[,;–-]\s*\d+)*)\s*[】］\]]", re.IGNORECASE
)
IMAGE = re.compile(r"!\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])?")
LINK = re.compile(r"\[([^\]\d][^\]]*)\](?:\([^)]*\)|\[[^\]]*\])")
ADDRESS = re.compile(r"<?\b(?:https?|ftp|file|data|javascript|mailto):[^\s>\])]*>?", re.I)
TAG = re.compile(r"<[^<>]{0,400}>")
LEADER = re.compile(r"^\s*(?:[-*+•]\s+|#{1,6}\s+|>\s*|\d{1,2}[.)]\s+(?=\S))+")
EMPHASIS = re.compile(r"(\*\*|__|`+|(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w))")
READY = re.compile(r"\]\s?[.!?][\"'”’)]*\s?$")
MARKS_ONLY = re.compile(r"(?:\s*[\[【［][^\]】］]{0,40}[\]】］]?)+\s*")
TAIL = 12  # characters that tell whether a sentence just ended


@dataclass(frozen=True, slots=True)
class Spoken:
    """One sentence of a model: its words without marks, and the numbers it cites in order."""

    words: str
    numbers: tuple[int, ...]
    opens: bool = False  # begins a paragraph or a list item


class Listener:
    """Takes text piece by piece and gives the sentences that are complete."""

    def __init__(self) -> None:
        self._rest = self._tail = ""
        self._opens = True

    def hear(self, piece: str) -> Iterator[Spoken]:
        """The sentences that this piece completes."""
        self._rest += piece
        self._tail = (self._tail + piece)[-TAIL:]
        while "\n" in self._rest:
            line, self._rest = self._rest.split("\n", 1)
            yield from self._line(line)
            self._opens = True
        pieces = self._cut(self._rest)
        if len(pieces) > 1 and MARKS_ONLY.fullmatch(pieces[-1]):  # they belong to the sentence before
            pieces[-2:] = [f"{pieces[-2]} {pieces[-1]}"]
        for one in pieces[:-1]:
            yield from self._say(one)
        if len(pieces) > 1:
            self._rest = pieces[-1] + (" " if self._rest.endswith(" ") else "")
        if READY.search(self._tail) and pieces:  # 'It does [3].' is whole: its mark stands before its stop
            yield from self._say(self._rest)
            self._rest = ""

    def end(self) -> Iterator[Spoken]:
        """What is left when the text ends."""
        rest, self._rest = self._rest, ""
        yield from self._line(rest)

    def _line(self, line: str) -> Iterator[Spoken]:
        for piece in self._cut(line):
            yield from self._say(piece)

    @staticmethod
    def _cut(text: str) -> list[str]:
        joined = STOP_THEN_MARK.sub(lambda found: f" {found[2].strip()}{found[1]} ", OTHER_MARK.sub(r"[\1]", text))
        return [sentence.text for sentence in split_sentences(joined)]

    def _say(self, piece: str) -> Iterator[Spoken]:
        spoken = read_sentence(piece, opens=self._opens)
        if spoken.words:
            self._opens = False
            yield spoken


def read_sentence(text: str, *, opens: bool = False) -> Spoken:
    """A sentence without the model's markup, and the marks in it."""
    text = ADDRESS.sub("", LINK.sub(r"\1", IMAGE.sub("", TAG.sub(" ", OTHER_MARK.sub(r"[\1]", text)))))
    numbers = tuple(dict.fromkeys(n for found in MARK.finditer(text) for n in numbers_of(found[0])))
    words = EMPHASIS.sub("", LEADER.sub("", MARK.sub("", text)))
    words = re.sub(r"\s+", " ", re.sub(r"\s+([.,;:!?])", r"\1", words)).strip()
    return Spoken(words if any(c.isalnum() for c in words) else "", numbers, opens)


def numbers_of(mark: str) -> list[int]:
    """[3, 5-7] as 3, 5, 6, 7; a span that is too long to be meant, as its ends."""
    found: list[int] = []
    for part in re.split(r"\s*,\s*", mark.strip("[]")):
        ends = [int(n) for n in NUMBER.findall(part)[:2] if len(n) < 7]
        if len(ends) == 2 and 0 < ends[1] - ends[0] <= MOST_SPAN:
            found += range(ends[0], ends[1] + 1)
        else:
            found += ends
    return found
