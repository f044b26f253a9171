"""The papers as a list to look through: found by the beginnings of their words, between two dates, in an order.

Meant for a box that searches while it is typed in, so it reads words and no meaning. Kept in step with the record,
in memory, about 3 KB a paper.
"""

import math
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from ingest.errors import UsageError
from ingest.index import PaperIndex
from ingest.paper import DATE, Paper, span_of
from ingest.text import unaccented

MOST_TERMS = 12  # words of what is typed that are heeded
IN_TITLE, IN_AUTHORS, IN_ABSTRACT, WHOLE_WORD = 4.0, 3.0, 1.0, 0.5  # what a word is worth by where it stands
NEAR_ROWS = 4  # rows asked of the vector index for each near paper, which has two


class Order(StrEnum):
    """How a list is sorted."""

    BEST = "best"
    NEWEST = "newest"
    OLDEST = "oldest"
    TITLE = "title"


@dataclass(frozen=True, slots=True)
class Looked:
    """What is looked for: papers with a word that begins so for each of `words`, dated `since` to `until`, both
    included (YYYY, YYYY-MM or YYYY-MM-DD; empty for no bound), among `ids` where they are given, sorted by `order`.

    Raises UsageError for what is no date.
    """

    words: str = ""
    since: str = ""
    until: str = ""
    order: Order = Order.BEST
    ids: frozenset[str] | None = None

    def __post_init__(self) -> None:
        for name, date in (("from", self.since), ("to", self.until)):
            if date and not DATE.fullmatch(date):
                raise UsageError(f"“{name}” needs a date such as 2024, 2024-08 or 2024-08-21.")


@dataclass(frozen=True, slots=True)
class Listed:
    """The ids of all papers found, in order, and the first of them in full."""

    ids: tuple[str, ...]
    papers: tuple[Paper, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A paper as it is searched: its words folded, each after a space."""

    number: int
    id: str
    date: str
    title: str
    authors: str
    abstract: str


class Listing:
    """The list of the papers of one index. Safe to share between threads."""

    def __init__(self, index: PaperIndex) -> None:
        self._index = index
        self._lines: list[Line] = []
        self._revision = -1
        self._turn = threading.Lock()

    def refresh(self) -> None:
        """Reads the papers anew when the record has changed: 0.4 s for 10,000."""
        with self._turn:
            revision = self._index.record.revision()
            if revision != self._revision:
                self._lines = [
                    Line(number, paper_id, date, folded(title), folded(" ".join(authors)), folded(abstract))
                    for number, paper_id, title, abstract, authors, date in self._index.record.texts()
                ]
                self._revision = revision

    def find(self, looked: Looked, *, first: int = 50) -> Listed:
        """The papers looked for, the `first` of them in full."""
        self.refresh()
        lines = [line for line in self._lines if is_between(line.date, looked)]
        if looked.ids is not None:
            lines = [line for line in lines if line.id in looked.ids]
        terms = [f" {term}" for term in terms_of(looked.words)]
        worth = dict[int, float]()
        for term in terms:
            lines = [line for line in lines if term in line.title or term in line.authors or term in line.abstract]
            rarity = math.log(1 + len(self._lines) / (1 + len(lines)))
            for line in lines:
                worth[line.number] = worth.get(line.number, 0.0) + rarity * weight(term, line)
        lines = in_order(lines, looked.order, worth)
        entries = self._index.record.entries([line.number for line in lines[:first]])
        return Listed(tuple(line.id for line in lines), tuple(entry.paper for entry in entries))

    def nearest(self, paper_id: str, *, k: int = 6) -> list[Paper]:
        """The k papers nearest to one by the meaning of title and abstract, nearest first; none without vectors."""
        index = self._index
        index.refresh()
        own = next(iter(index.entries(index.record.select(ids=[paper_id]))), None)
        if own is None or own.rows is None:
            return []
        vector = own.rows[0].astype(np.float32)
        found = index.entries(index.nearest(vector, NEAR_ROWS * (k + 1)))
        near = [entry for entry in found if entry.number != own.number and entry.rows is not None]
        near.sort(key=lambda entry: -float(entry.rows[0].astype(np.float32) @ vector))  # type: ignore[index]
        return [entry.paper for entry in near[:k]]


def terms_of(words: str) -> list[str]:
    """The words to be found, folded; what stands in quotes or is joined by a hyphen is one."""
    loose = re.sub(r'"[^"]*"?', " ", words).split()
    quoted = re.findall(r'"([^"]*)"?', words)
    return list(dict.fromkeys(filter(None, (folded(term).strip() for term in (*quoted, *loose)))))[:MOST_TERMS]


def folded(text: str) -> str:
    """Lower case without accents and signs, a space before each word: " francois muller 2bit"."""
    lowered = text.casefold()
    if not lowered.isascii():
        lowered = unaccented(lowered)
    return " " + " ".join(re.findall(r"[^\W_]+", lowered))


def is_between(date: str, looked: Looked) -> bool:
    """Whether a date lies between the bounds; one that is not known lies outside any."""
    if not (looked.since or looked.until):
        return True
    first, last = span_of(date)
    return bool(date) and first >= looked.since and (not looked.until or last[: len(looked.until)] <= looked.until)


def weight(term: str, line: Line) -> float:
    """What a term is worth in the best of the places where it stands."""
    places = ((IN_TITLE, line.title), (IN_AUTHORS, line.authors), (IN_ABSTRACT, line.abstract))
    worth, text = next((place for place in places if term in place[1]), (0.0, ""))
    return worth + (WHOLE_WORD if f"{term} " in f"{text} " else 0.0)


def in_order(lines: Sequence[Line], order: Order, worth: dict[int, float]) -> list[Line]:
    """The lines sorted; equals, and all where nothing tells them apart, the newest first."""
    newest = sorted(lines, key=lambda line: (line.date, line.number), reverse=True)
    if order is Order.OLDEST:
        return sorted(lines, key=lambda line: (line.date or "9", line.number))
    if order is Order.TITLE:
        return sorted(lines, key=lambda line: line.title)
    if order is Order.BEST and worth:
        return sorted(newest, key=lambda line: -worth[line.number])
    return newest
