"""From a question to ranked papers, each with its best sentences: words and vectors weighed together.

Candidates come from the indexes; every candidate is then scored on all signals, read from the record, so that
no index decides what another one knew.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.entry import Entry, Head
from ingest.index import PaperIndex
from ingest.words import tokenize
from rag.retrieve.adapter import moved_query
from rag.retrieve.learned import Reading, read_question, variant
from rag.retrieve.scope import Scope, selected
from rag.retrieve.sentences import rank_sentences
from rag.types import Ranked

Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]

NEAREST_ROWS = 100  # rows asked of the vector index, which has two of each paper
TOP_WORDS = 100  # papers asked of the lexical index
FEEDBACK_PAPERS, FEEDBACK_WEIGHT = 3, 0.3  # Rocchio: the question moved towards the abstracts nearest to it
# A question in the papers' words is a search for those words, a question in other words a search for its meaning:
# which of the two it is shows in how much of it the best paper literally contains.
GATE_CENTRE, GATE_WIDTH = 0.17, 0.03  # coverage where both are heard alike; chosen on the bundled page and SciFact
WORD_WEIGHT = 1.5  # of coverage beside a cosine


@dataclass(frozen=True, slots=True)
class Signals:
    """What was measured for each candidate, aligned with `numbers`. Cosines are 0 where there is no model."""

    numbers: list[int]
    coverage: Floats  # share of the question's words, weighed by rarity, that BM25 finds in the paper
    meaning: Floats  # of the paper as a whole, by three views of it
    whole: Floats  # of title and abstract
    passage: Floats  # of the best passage
    vectors: Floats  # (candidates, dim) of the whole, 0 for those that have none


@dataclass(frozen=True)
class Query:
    """What is searched for: its text, its stems with their rarity in nats, its vector (dim,), and that moved towards
    abstracts; `embedding` is the model they are of."""

    text: str
    idf: Mapping[str, float]
    vector: Floats | None
    everyday: Floats | None
    embedding: str

    @cached_property
    def reading(self) -> Reading:
        """What is read of the question."""
        return read_question(self.text, self.vector, self.embedding)


class Weighed:
    """The candidates of one search with what was measured of them and their scores, in no order."""

    def __init__(self, index: PaperIndex, query: Query, signals: Signals) -> None:
        self.index, self.query, self.signals = index, query, signals
        self.scores = fuse(signals)

    def top(self, k: int, *, bonus: Mapping[int, float] | None = None) -> list[Ranked]:
        """The k best papers, best first, each with all its sentences, best first.

        `bonus` is added to the scores of papers by their numbers.
        """
        scores, numbers = self.scores, self.signals.numbers
        if bonus:
            scores = scores + np.array([bonus.get(number, 0.0) for number in numbers], np.float32)
        best = np.argsort(-scores, kind="stable")[:k].tolist()
        return self.ranked([numbers[i] for i in best], scores)

    def ranked(self, numbers: Sequence[int], scores: Floats | None = None) -> list[Ranked]:
        """Candidates by their numbers, in this order, with their sentences."""
        scores = self.scores if scores is None else scores
        entries = {entry.number: entry for entry in self.index.entries(numbers)}
        places = {number: place for place, number in enumerate(self.signals.numbers)}
        known = [(entries[n], places[n]) for n in numbers if n in entries]
        return [self._ranked(entry, place, float(scores[place])) for entry, place in known]

    def _ranked(self, entry: Entry, place: int, score: float) -> Ranked:
        query, signals = self.query, self.signals
        evidence = rank_sentences(entry, query.vector, query.idf, query.reading, variant(query.embedding))
        return Ranked(entry.paper, score, evidence, float(signals.coverage[place]), entry.number)


class Retriever:
    """Searches one index. Safe to share between threads."""

    def __init__(self, index: PaperIndex) -> None:
        self.index = index

    def search(self, question: str, *, k: int = 10, scope: Scope | None = None) -> list[Ranked]:
        """The k papers that fit the question best, best first, each with all its sentences, best first."""
        return self.weigh(self.query(question), scope=scope).top(k)

    def query(self, question: str) -> Query:
        """A question as it is searched for."""
        self.index.refresh()
        words = self.index.words
        tokens = dict.fromkeys(words.known(token) for token in tokenize(question))
        vector, everyday = self.index.embed_query(question), moved_query(self.index, question)
        embedding = self.index.embedder.name if self.index.embedder else ""
        return Query(question, {token: words.idf(token) for token in tokens}, vector, everyday, embedding)

    def weigh(self, query: Query, *, scope: Scope | None = None, beside: Sequence[int] = (), wide: int = 1) -> Weighed:
        """The candidates for a question, weighed; those with the numbers `beside` are among them, whatever they score.

        `wide` times as many as usual are taken from each index.
        """
        return Weighed(self.index, query, self._measure(query, scope or Scope(), beside, wide))

    def look(self, question: str, paper_ids: Sequence[str]) -> list[Ranked]:
        """These papers, in this order, with their sentences ranked for the question; unknown ids are left out."""
        found = {one.paper.id: one for one in self.search(question, k=len(paper_ids), scope=Scope(tuple(paper_ids)))}
        return [found[paper_id] for paper_id in paper_ids if paper_id in found]

    def _measure(self, query: Query, scope: Scope, beside: Sequence[int], wide: int) -> Signals:
        words = self.index.words
        mass = sum(query.idf.values()) or 1.0
        coverage = words.scores(list(query.idf)) / np.float32(mass)
        found = self._candidates(words.numbers, coverage, query.everyday, scope, wide)
        numbers = list(dict.fromkeys([*found, *beside]))
        covered = at_numbers(numbers, words.numbers, coverage)
        heads = self.index.heads(numbers) if query.vector is not None else []
        if query.vector is None or query.everyday is None or not heads:
            nothing = np.zeros(len(numbers), dtype=np.float32)
            return Signals(numbers, covered, nothing, nothing, nothing, nothing[:, None])
        return _cosines(numbers, heads, covered, query.vector, query.everyday)

    def _candidates(
        self, numbers: Numbers, coverage: Floats, vector: Floats | None, scope: Scope, wide: int
    ) -> list[int]:
        """The papers to be weighed, out of those with these numbers and coverages and those near by meaning."""
        if scope != Scope():
            within = selected(self.index, scope)
            if scope.ids:
                return within
            coverage = np.where(np.isin(numbers, within), coverage, 0)
        dates = (scope.since, scope.until)
        near = [] if vector is None else self.index.nearest(vector, wide * NEAREST_ROWS, dates=dates)
        if scope.until:  # the vector index takes a year alone for the first day of it
            near = np.asarray(near)[np.isin(near, within)].tolist()
        return list(dict.fromkeys([*near, *numbers[most(coverage, wide * TOP_WORDS)].tolist()]))


def most(values: Floats, k: int) -> Numbers:
    """The places of the k greatest of the values above 0, the greatest first, the first of equals."""
    above = np.flatnonzero(values > 0)
    if len(above) > k:
        bar = np.partition(values[above], -k)[-k]
        above = above[values[above] >= bar]
    return above[np.argsort(-values[above], kind="stable")][:k]


def at_numbers(wanted: Sequence[int] | Numbers, numbers: Numbers, values: Floats) -> Floats:
    """The values of the papers wanted, out of those of `numbers`, ascending; 0 for a paper that is not among them."""
    if not len(numbers):
        return np.zeros(len(wanted), dtype=np.float32)
    at = np.searchsorted(numbers, wanted).clip(max=len(numbers) - 1)
    return np.where(numbers[at] == np.asarray(wanted), values[at], 0).astype(np.float32)


def nearness(whole: NDArray[Any], middle: NDArray[Any], vector: NDArray[Any]) -> NDArray[Any]:
    """How near a question (dim,) is in meaning to papers, of which the vectors of the whole and of the middle of their
    sentences are given (n, dim): by both, and by the whole once the question is moved towards the papers nearest."""
    plain, middled = whole @ vector, middle @ vector
    best = whole[np.argsort(-(plain + middled))[:FEEDBACK_PAPERS]].mean(axis=0)
    moved = vector + FEEDBACK_WEIGHT * best
    return np.asarray((plain + middled + whole @ (moved / np.linalg.norm(moved))) / 3)


def _cosines(numbers: list[int], heads: list[Head], coverage: Floats, vector: Floats, everyday: Floats) -> Signals:
    """All cosines of all candidates, in products over their stacked rows; 0 for those that have no vectors."""
    starts = np.cumsum([0, *(len(head.rows) for head in heads)])[:-1]
    stacked = np.concatenate([head.rows for head in heads]).astype(np.float32)
    cosine = stacked @ vector
    whole = cosine[starts]
    meaning = nearness(stacked[starts], stacked[starts + 1], everyday)
    cosine[starts] = cosine[starts + 1] = 0  # so that the greatest of a paper is that of a passage
    passage = np.maximum.reduceat(cosine, starts)
    at = {head.number: place for place, head in enumerate(heads)}
    places = np.asarray([at.get(number, len(heads)) for number in numbers])
    meaning, whole, passage = (np.append(one, 0).astype(np.float32)[places] for one in (meaning, whole, passage))
    vectors = np.vstack([stacked[starts], np.zeros((1, stacked.shape[1]), np.float32)])[places]
    return Signals(numbers, coverage, meaning, whole, passage, vectors)


def fuse(signals: Signals) -> Floats:
    """One score a candidate: by meaning, or by words and the best passage, as the question is asked in one or other."""
    if not signals.numbers:
        return np.zeros(0, dtype=np.float32)
    gate = 1 / (1 + math.exp(-(float(signals.coverage.max()) - GATE_CENTRE) / GATE_WIDTH))
    if not signals.meaning.any():
        gate = 1.0
    by_words = (signals.whole + signals.passage) / 2 + WORD_WEIGHT * signals.coverage
    return ((1 - gate) * signals.meaning + gate * by_words).astype(np.float32)
