"""The lexical index: BM25 over title and abstract. Derived from the record, never the truth.

It is kept in parts on the disk (`ingest.parts`), so that what is new is added and the rest is left: an index that
stores finished scores, as libraries for BM25 in Python do, has to be made again whenever a paper comes.
"""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from functools import lru_cache
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.entry import Entry
from ingest.parts import Inverted
from ingest.postings import Part

WORD = re.compile(r"[^\W_]+(?:[.,]\d+)*")
COMPOUND = re.compile(r"[^\W_]+(?:-[^\W_]+)+")
K1, B = 1.2, 0.75  # Lucene's defaults
# A word that no paper has is read as one of its forms or its likeliest spelling (difflib's ratio).
SHORTEST_ODD, MOST_LETTERS, LIKENESS = 5, 3, 0.82

STOPWORDS = frozenset(
    """a about above after again all also am an and any are as at be because been before being below between both but
    by can could did do does doing done down during each few for from further had has have having he her here hers him
    his how i if in into is it its itself just me more most my no nor not now of
    off on once only or other our ours out
    over own s same she should so some such t than that the their theirs them then there these they this those through
    to too under until up us very was we were what when where which while who whom why will with would you
    your""".split()
)


def tokenize(text: str) -> list[str]:
    """The stems a text is searched by: words without stopwords, and hyphenated words joined as well."""
    lowered = text.casefold()
    words = WORD.findall(lowered)
    if "-" in lowered:
        words += [compound.replace("-", "") for compound in COMPOUND.findall(lowered)]
    return [stem(word) for word in words if word not in STOPWORDS]


@lru_cache(maxsize=20_000)
def stems(text: str) -> frozenset[str]:
    """The distinct stems of one sentence or title; remembered, since the same sentences are weighed again and again."""
    return frozenset(tokenize(text))


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """The English Snowball stem of one lower-case word."""
    return str(_stemmer().stemWord(word))


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    import Stemmer  # a C extension that only searching needs

    return Stemmer.Stemmer("english")


class WordIndex(Inverted):
    """BM25 scores and term statistics over the stems of title and abstract."""

    def __init__(self, parts: Sequence[Part] = (), folders: Sequence[str] = ()) -> None:
        super().__init__(parts, folders)
        lengths = np.zeros(len(self.numbers), np.float32)
        for part, place in zip(parts, self.places, strict=True):
            lengths[place[place >= 0]] = part.lengths[place >= 0]
        self._norms = K1 * (1 - B + B * lengths / (lengths.mean() if len(lengths) else 1.0))
        self._read: dict[str, str] = {}

    @staticmethod
    def terms(entry: Entry) -> list[str]:
        return tokenize(f"{entry.paper.title}. {entry.paper.abstract}")

    def scores(self, tokens: Sequence[str]) -> NDArray[np.float32]:
        """BM25 of each paper for these stems, aligned with `numbers`; 0 where none occurs."""
        scores = np.zeros(len(self.numbers), np.float32)
        for token in tokens:
            weight = self.idf(token)
            for places, times in self.postings(token):
                often = times.astype(np.float32)
                scores[places] += weight * often / (often + self._norms[places])
        return scores

    def idf(self, token: str) -> float:
        """How rare a stem is among the papers, in nats (Lucene's formula); rarest for one that none holds."""
        total, held = len(self.numbers), self.held(token)
        return log(1 + (total - held + 0.5) / (held + 0.5))

    def known(self, token: str) -> str:
        """The stem as it is where a paper has it, else the one it is a form or a misspelling of ('detector' of
        'detect'), the commonest of those as near; as it is where none is near."""
        if len(token) < SHORTEST_ODD or not token.isalpha() or token in self:
            return token
        if token not in self._read:
            self._read[token] = self._nearest(token)
        return self._read[token]

    def _nearest(self, token: str) -> str:
        near = [word for word in self.beginning(token[:2]) if abs(len(word) - len(token)) <= MOST_LETTERS]
        root = token[: max(5, len(token) - MOST_LETTERS)]
        forms = [word for word in near if word.startswith(root)]
        return min(forms or get_close_matches(token, near, n=1, cutoff=LIKENESS), key=self.idf, default=token)
