"""Which papers a search may find: bounds that a reader chose or typed, and the filters of a plan."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ingest.errors import UsageError
from ingest.index import PaperIndex
from ingest.paper import DATE, span_of
from ingest.text import unaccented
from ingest.words import WORD, tokenize

MOST_NAMED = 5_000  # papers that a scope names one by one


@dataclass(frozen=True, slots=True)
class Scope:
    """Which papers a search may find: those with one of `ids` (if any), dated `since` to `until`, both included.

    A date is YYYY, YYYY-MM or YYYY-MM-DD, empty for no bound; raises UsageError for any other.
    """

    ids: tuple[str, ...] = ()
    since: str = ""
    until: str = ""

    def __post_init__(self) -> None:
        for name, date in (("since", self.since), ("until", self.until)):
            if date and not DATE.fullmatch(date):
                raise UsageError(f"{name!r} is {date!r}, not a date; use the form 2024, 2024-08 or 2024-08-21.")
        object.__setattr__(self, "until", span_of(self.until)[1])


@dataclass(frozen=True, slots=True)
class Filters:
    """Limits on date, authors and words of the title. Each of `authors` may have written a paper; `titles` must all
    stand in its title."""

    since: str = ""
    until: str = ""
    authors: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.since or self.until or self.authors or self.titles)

    def __str__(self) -> str:
        """'by Ramanujan, with “kv cache” in the title, from 2024-05'."""
        limits = [f"by {' or '.join(self.authors)}"] if self.authors else []
        limits += [f"with “{title}” in the title" for title in self.titles]
        limits += [f"from {self.since}"] if self.since else []
        limits += [f"until {self.until}"] if self.until else []
        return ", ".join(limits)


def narrowed(index: PaperIndex, scope: Scope | None, filters: Filters) -> Scope | None:
    """A scope with filters added; None where no paper is left."""
    asked = scope or Scope()
    until = min(filter(None, (Scope(until=filters.until).until, asked.until)), default="")
    dates = {"since": max(filters.since, asked.since), "until": until}
    record, ids = index.record, asked.ids
    if filters.authors or filters.titles:
        found = set(record.select(ids=ids, **dates))
        if filters.authors:
            found &= {n for author in filters.authors for n in record.select(ids=ids, author=author, **dates)}
        for title in filters.titles:
            for token in tokenize(_plain(title)):
                found &= set(index.words.holders(token).tolist())
        texts = [text for text in record.texts(sorted(found)) if _fits(text.title, text.authors, filters)]
        if not texts:
            return None
        ids = tuple(text.id for text in texts[-MOST_NAMED:])
    inside = Scope(ids, **dates)
    return inside if inside == asked or record.select(ids=ids, **dates) else None


def _fits(title: str, authors: Sequence[str], filters: Filters) -> bool:
    wrote = not filters.authors or any(is_by(authors, author) for author in filters.authors)
    return wrote and all(_plain(part) in _plain(title) for part in filters.titles)


def _plain(text: str) -> str:
    return " ".join(WORD.findall(unaccented(text.casefold())))


def words_of(name: str) -> set[str]:
    """The words of a name, in lower case and without accents."""
    return set(_plain(name.replace("_", " ")).split())


def is_by(authors: Sequence[str], name: str) -> bool:
    """Whether one of the authors has all words of a name."""
    return any(words_of(name) <= words_of(author) for author in authors)


def selected(index: PaperIndex, scope: Scope) -> list[int]:
    """The numbers of the papers within a scope."""
    return index.record.select(ids=scope.ids, since=scope.since, until=scope.until)


def inside(index: PaperIndex, ids: Sequence[str], scope: Scope | None) -> list[str]:
    """Those of some papers that lie within a scope, in their order."""
    if not scope or scope == Scope():
        return list(ids)
    allowed = selected(index, scope)
    return [one for one in ids if np.isin(index.record.select(ids=[one]), allowed).any()]
