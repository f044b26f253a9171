"""An inverted index of papers on the disk, kept in parts: what is new is added, and the rest is left as it is."""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ingest.entry import Entry
from ingest.postings import Part
from ingest.record import Record

LARGEST = 50_000  # papers of a part: what is held in memory while one is made, some 100 MB
SMALLER = 2  # a part this many times as large as what is new is left as it is; smaller ones are joined to it

Numbers = NDArray[np.int64]
NOTHING = np.zeros(0, np.int64)


class Inverted:
    """Which papers hold which terms; `numbers` are the papers' rows in the record, ascending."""

    def __init__(self, parts: Sequence[Part] = (), folders: Sequence[str] = ()) -> None:
        """`parts` from the oldest to the newest; a paper counts in the newest that has it. `folders` name them."""
        self.parts, self.folders = list(parts), list(folders)
        self.numbers = np.unique(np.concatenate([NOTHING, *(part.numbers for part in parts)]))
        places = [np.searchsorted(self.numbers, part.numbers) for part in parts]
        newest = np.zeros(len(self.numbers), np.int32)
        for at, place in enumerate(places):
            newest[place] = at
        # Where each paper of a part stands among `numbers`; -1 where a newer part has it.
        self.places = [np.where(newest[place] == at, place, -1) for at, place in enumerate(places)]
        self._whole = [bool((place >= 0).all()) for place in self.places]
        self._held: dict[str, int] = {}

    @staticmethod
    @abstractmethod
    def terms(entry: Entry) -> list[str]:
        """What a paper is found by, a term as often as it counts."""

    @classmethod
    def build(cls, entries: Iterable[Entry]) -> Self:
        """The index of these papers, in memory."""
        return cls(list(cls._parts(entries)))

    @classmethod
    def load(cls, folder: Path, folders: Sequence[str]) -> Self:
        """Raises OSError, ValueError or KeyError where the files are missing or damaged."""
        return cls([Part.load(folder / name) for name in folders], folders)

    @classmethod
    def _parts(cls, entries: Iterable[Entry]) -> Iterator[Part]:
        """The parts of these papers, each made while they are read."""
        documents = ((entry.number, cls.terms(entry)) for entry in entries)
        for first in documents:
            yield Part.build(chain([first], islice(documents, LARGEST - 1)))

    def grown(self, record: Record, changed: Sequence[int], folder: Path, name: str) -> Self:
        """The index with what changed, as new parts in `folder` that are called after `name`.

        Small parts before it are made anew with it, so that there are never many. Nothing is deleted.
        """
        kept, fresh = len(self.parts), set(changed)
        while kept and len(self.parts[kept - 1].numbers) <= SMALLER * len(fresh) <= LARGEST:
            kept -= 1
            fresh.update(self.parts[kept].numbers.tolist())
        parts, folders = self.parts[:kept], self.folders[:kept]
        for at, part in enumerate(self._parts(record.entries(sorted(fresh)))):
            folders.append(f"{name}-{at}")
            part.save(folder / folders[-1])
            parts.append(Part.load(folder / folders[-1]))
        return type(self)(parts, folders)

    def postings(self, term: str) -> Iterator[tuple[Numbers, NDArray[np.uint16]]]:
        """Places among `numbers` of papers that hold a term, and how often each does; no paper comes twice."""
        for part, place, whole in zip(self.parts, self.places, self._whole, strict=True):
            if (at := part.terms.find(term)) >= 0:
                holders, times = part.postings(at)
                places = place[holders]
                yield (places, times) if whole else (places[places >= 0], times[places >= 0])

    def holders(self, term: str) -> Numbers:
        """The numbers of the papers that hold a term, ascending."""
        places = np.sort(np.concatenate([NOTHING, *(places for places, _ in self.postings(term))]))
        found: Numbers = self.numbers[places]
        return found

    def held(self, term: str) -> int:
        """How many papers hold a term."""
        if term not in self._held:
            self._held[term] = sum(len(places) for places, _ in self.postings(term))
        return self._held[term]

    def __contains__(self, term: str) -> bool:
        return self.held(term) > 0

    def beginning(self, start: str) -> list[str]:
        """The terms of all papers that begin so, sorted."""
        return sorted({word for part in self.parts for word in part.terms.beginning(start)})
