"""A paper as the record holds it: its spans, its vectors, and what a source said of it. Reads and writes nothing."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ingest.paper import Paper, Passage, Sentence
from ingest.sentences import make_passages, split_sentences


@dataclass(frozen=True, slots=True)
class Entry:
    """A paper as recorded, with its spans. `number` is its row, stable for the life of the record.

    `rows` holds its vectors, float16 (2 + passages + sentences, dim), each of length 1: title with abstract, the
    centroid of its sentences, each passage, each sentence; None where they were not asked for or there are none.
    """

    number: int
    paper: Paper
    passages: tuple[Passage, ...]
    sentences: tuple[Sentence, ...]
    rows: NDArray[np.float16] | None = None

    @property
    def texts(self) -> list[str]:
        """What is embedded, in the order of `rows` but for the centroid, which has no text of its own."""
        whole = f"{self.paper.title}. {self.paper.abstract}"
        return [whole, *(p.text for p in self.passages), *(s.text for s in self.sentences)]


class Head(NamedTuple):
    """What a paper is ranked by: its rows for the whole abstract, the centroid and each passage, in this order."""

    number: int
    rows: NDArray[np.float16]


class Text(NamedTuple):
    """What can be read of a paper without its spans and vectors."""

    number: int
    id: str
    title: str
    abstract: str
    authors: tuple[str, ...]
    date: str


Change = tuple[Entry, str, str]  # an entry, the source that said it, the hash of what it said
Note = tuple[int, str, str]  # the number of a paper that a source said without changing it, the source, the hash


def make_entry(paper: Paper, *, number: int = 0) -> Entry:
    """An entry, not yet recorded, with the spans of its passages and sentences."""
    sentences = split_sentences(paper.abstract)
    return Entry(number, paper, tuple(make_passages(paper.abstract, sentences)), tuple(sentences))
