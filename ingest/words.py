"""The lexical index: BM25 over title and abstract (the `bm25s` library). Derived from the record, never the truth."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.record import Entry

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


class WordIndex:
    """BM25 scores and term statistics over the papers of the record; `numbers` are their rows, ascending."""

    def __init__(self, numbers: NDArray[np.int64], bm25: Any) -> None:
        self.numbers = numbers
        self._bm25 = bm25
        self._read: dict[str, str] = {}
        self._by_start: dict[str, list[str]] | None = None
        self._documents = np.diff(bm25.scores["indptr"]) if len(numbers) else np.zeros(0)

    @classmethod
    def build(cls, entries: Iterable[Entry]) -> "WordIndex":
        import bm25s  # imports scipy-sized machinery that a command without search does not need

        numbers, documents = [], []
        for entry in entries:
            numbers.append(entry.number)
            documents.append(tokenize(f"{entry.paper.title}. {entry.paper.abstract}") or [""])
        bm25 = bm25s.BM25(k1=K1, b=B, method="lucene", backend="numpy")
        if documents:
            bm25.index(documents, show_progress=False, leave_progress=False)
        return cls(np.asarray(numbers, dtype=np.int64), bm25)

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / "numbers.npy", self.numbers)
        if len(self.numbers):
            self._bm25.save(folder, show_progress=False)
        (folder / "format.json").write_text(json.dumps({"k1": K1, "b": B}))

    @classmethod
    def load(cls, folder: Path) -> "WordIndex":
        """Raises OSError, ValueError or KeyError where the files are missing or damaged."""
        import bm25s

        numbers = np.load(folder / "numbers.npy", allow_pickle=False)
        bm25 = bm25s.BM25.load(folder, mmap=True, allow_pickle=False) if len(numbers) else bm25s.BM25()
        return cls(numbers, bm25)

    def scores(self, tokens: Sequence[str]) -> NDArray[np.float32]:
        """BM25 of each paper for these stems, aligned with `numbers`; 0 where none occurs."""
        known = [token for token in tokens if token in self._vocabulary]
        if not known or not len(self.numbers):
            return np.zeros(len(self.numbers), dtype=np.float32)
        scores: NDArray[np.float32] = self._bm25.get_scores(known)
        return scores

    @property
    def _vocabulary(self) -> dict[str, int]:
        vocabulary: dict[str, int] = getattr(self._bm25, "vocab_dict", {})
        return vocabulary

    def idf(self, token: str) -> float:
        """How rare a stem is among the papers, in nats (Lucene's formula); rarest for one that none holds."""
        total, row = len(self.numbers), self._vocabulary.get(token)
        held = int(self._documents[row]) if row is not None else 0
        return float(np.log(1 + (total - held + 0.5) / (held + 0.5)))

    def __contains__(self, token: str) -> bool:
        return token in self._vocabulary

    def known(self, token: str) -> str:
        """The stem as it is where a paper has it, else the one it is a form or a misspelling of ('detector' of
        'detect'), the commonest of those as near; as it is where none is near."""
        if token in self._vocabulary or len(token) < SHORTEST_ODD or not token.isalpha():
            return token
        if token not in self._read:
            self._read[token] = self._nearest(token)
        return self._read[token]

    def _nearest(self, token: str) -> str:
        if self._by_start is None:
            self._by_start = defaultdict(list)
            for word in self._vocabulary:
                self._by_start[word[:2]].append(word)
        near = [word for word in self._by_start[token[:2]] if abs(len(word) - len(token)) <= MOST_LETTERS]
        root = token[: max(5, len(token) - MOST_LETTERS)]
        forms = [word for word in near if word.startswith(root)]
        return min(forms or get_close_matches(token, near, n=1, cutoff=LIKENESS), key=self.idf, default=token)
