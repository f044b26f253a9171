"""Which papers a name may mean: an inverted index of what papers are called. Derived from the record.

It only says where to look: what the papers found are called is read from the papers themselves.
"""

import numpy as np

from ingest.entry import Entry
from ingest.names import names_of, squeeze
from ingest.parts import Inverted, Numbers

NAME = "n "  # stands before a name


class CallIndex(Inverted):
    """Papers by squeezed names."""

    @staticmethod
    def terms(entry: Entry) -> list[str]:
        weights: dict[str, int] = {}
        for name, weight in names_of(entry.paper):
            key = NAME + squeeze(name)
            weights[key] = max(weight + 1, weights.get(key, 0))
        return [term for term, weight in weights.items() for _ in range(weight)]

    def named(self, key: str) -> tuple[Numbers, Numbers]:
        """The numbers of the papers that a squeezed name may mean, ascending, and how much it is each one's own."""
        found = list(self.postings(NAME + key))
        nothing = np.zeros(0, np.int64)
        places = np.concatenate([nothing, *(places for places, _ in found)])
        weights = np.concatenate([nothing, *(times.astype(np.int64) - 1 for _, times in found)])
        order = np.argsort(places)
        return self.numbers[places[order]], weights[order]
