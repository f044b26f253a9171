"""Which papers a name may mean and which an author wrote: an inverted index of both. Derived from the record.

It only says where to look: what the papers found are called and who wrote them is read from the papers themselves.
"""

from collections.abc import Iterator

import numpy as np

from ingest.authors import fold, keys_of
from ingest.entry import Entry
from ingest.names import names_of, squeeze
from ingest.parts import Inverted, Numbers

# What stands before a term, so that the kinds do not mix.
NAME, AUTHOR, SURNAME, FULL_NAME, PART_OF_NAME = "n ", "a ", "s ", "f ", "p "


class CallIndex(Inverted):
    """Papers by squeezed names, and by authors' folded names: in full, as keys, by the surname, by each word."""

    @staticmethod
    def terms(entry: Entry) -> list[str]:
        weights: dict[str, int] = {}
        for name, weight in names_of(entry.paper):
            key = NAME + squeeze(name)
            weights[key] = max(weight + 1, weights.get(key, 0))
        return [*(term for term, weight in weights.items() for _ in range(weight)), *dict.fromkeys(_of_authors(entry))]

    def named(self, key: str) -> tuple[Numbers, Numbers]:
        """The numbers of the papers that a squeezed name may mean, ascending, and how much it is each one's own."""
        found = list(self.postings(NAME + key))
        nothing = np.zeros(0, np.int64)
        places = np.concatenate([nothing, *(places for places, _ in found)])
        weights = np.concatenate([nothing, *(times.astype(np.int64) - 1 for _, times in found)])
        order = np.argsort(places)
        return self.numbers[places[order]], weights[order]


def _of_authors(entry: Entry) -> Iterator[str]:
    for author in entry.paper.authors:
        words = fold(author).split()
        yield from (AUTHOR + key for key in keys_of(author))
        yield from (PART_OF_NAME + word for word in words)
        if len(words) > 1:
            yield SURNAME + words[-1]
            yield FULL_NAME + " ".join(words)
