"""From a question to ranked papers, each with its best sentences: words and vectors weighed together.

Candidates come from the indexes; every candidate is then scored on all signals, read from the record, so that
no index decides what another one knew. Knows no conversation and writes no prose.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.entry import Entry, Head
from ingest.errors import UsageError
from ingest.index import PaperIndex
from ingest.names import nickname
from ingest.paper import span_of
from ingest.words import stems, tokenize
from rag.answer import Evidence, Ranked
from rag.demand import Kind, read_demand
from rag.everyday import moved_query

Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]

NEAREST_ROWS = 100  # rows asked of the vector index, which has two of each paper
TOP_WORDS = 100  # papers asked of the lexical index
FEEDBACK_PAPERS, FEEDBACK_WEIGHT = 3, 0.3  # Rocchio: the question moved towards the abstracts nearest to it
# A question in the papers' words is a search for those words, a question in other words a search for its meaning:
# which of the two it is shows in how much of it the best paper literally contains.
GATE_CENTRE, GATE_WIDTH = 0.17, 0.03  # coverage where both are heard alike; chosen on the bundled page and SciFact
WORD_WEIGHT = 1.5  # of coverage beside a cosine
# Weights beside the cosine of a sentence: the question's words in it; a number where one is asked for; that it says
# what the paper itself does or found, rather than what others do or what it only points back to.
SENTENCE_WORDS, SENTENCE_NUMBERS, SENTENCE_OWN, SENTENCE_BACKGROUND, SENTENCE_LEANING = 0.6, 0.25, 0.15, 0.15, 0.05
# What a sentence shares with the question only because the whole paper does, in meaning, tells the paper's sentences
# apart as little as a word of its title: this much of it is taken off the cosine.
SHARED = 0.7
SENTENCE_POINTER = 0.5  # taken off a sentence that only says where the code is

QUANTITY = re.compile(
    r"\bhow (?:much|many|large|big|small|fast|slow|long|far|often|high|low|deep|wide|expensive)\b"
    r"|\b(?:percent(?:age)?|fraction|ratio|factor|range|rate|numbers?|figures?|speed-?ups?|gains?|times|cost)\b",
    re.IGNORECASE,
)
DATE = re.compile(r"[0-9]{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12][0-9]|3[01]))?)?")
OWN = re.compile(
    r"\b(?:we|our|this (?:paper|work|study)|the proposed|results?|experiments?|show(?:s|n)?|demonstrat\w+|achiev\w+"
    r"|reduc\w+|improv\w+|outperform\w+|propos\w+|introduc\w+)\b",
    re.IGNORECASE,
)
BACKGROUND = re.compile(
    r"^(?:However|Yet|But|Existing|Recent(?:ly)?|Current(?:ly)?|While|Despite|Although|Unfortunately|As|With"
    r"|Traditional(?:ly)?|Prior|Previous(?:ly)?)\b"
)
# Says where something is, not what it is: of use only to who asks for it.
POINTER = re.compile(
    r"https?://|\b(?:code|codes|github|project page|publicly available|open-sourced?)\b", re.IGNORECASE
)
ASKS_WHERE = re.compile(
    r"\b(?:code|github|repo\w*|available|download|link|url|website|open[- ]source\w*)\b", re.IGNORECASE
)
LEANING = re.compile(r"^(?:This|These|It|They|Such|That|Those|Its|Their)\b")


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
                raise UsageError(f"{name!r} is {date!r}, no date; write it as 2024, 2024-08 or 2024-08-21.")
        object.__setattr__(self, "until", span_of(self.until)[1])


@dataclass(frozen=True, slots=True)
class Signals:
    """What was measured for each candidate, aligned with `numbers`. Cosines are 0 where there is no model."""

    numbers: list[int]
    coverage: Floats  # share of the question's words, weighed by rarity, that BM25 finds in the paper
    meaning: Floats  # of the paper as a whole, by three views of it
    whole: Floats  # of title and abstract
    passage: Floats  # of the best passage


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for: its text, its distinct stems, its vector (dim,), and that moved towards abstracts."""

    text: str
    tokens: tuple[str, ...]
    vector: Floats | None
    everyday: Floats | None


class Retriever:
    """Searches one index. Safe to share between threads."""

    def __init__(self, index: PaperIndex) -> None:
        self.index = index

    def search(self, question: str, *, k: int = 10, scope: Scope | None = None, shared: float = SHARED) -> list[Ranked]:
        """The k papers that fit the question best, best first, each with all its sentences, best first.

        `shared` is how much of what a sentence shares with its whole paper is set aside.
        """
        self.index.refresh()
        tokens = tuple(dict.fromkeys(self.index.words.known(token) for token in tokenize(question)))
        vector, everyday = self.index.embed_query(question), moved_query(self.index, question)
        asked = Query(question, tokens, vector, everyday)
        signals = self._measure(asked, scope or Scope())
        scores = fuse(signals)
        best = np.argsort(-scores, kind="stable")[:k].tolist()
        entries = {entry.number: entry for entry in self.index.entries([signals.numbers[i] for i in best])}
        found = [(entries[signals.numbers[i]], i) for i in best if signals.numbers[i] in entries]
        return [_ranked(entry, float(scores[i]), float(signals.coverage[i]), asked, shared) for entry, i in found]

    def look(self, question: str, paper_ids: Sequence[str]) -> list[Ranked]:
        """These papers, in this order, with their sentences ranked for the question; unknown ids are left out.

        What is looked up in papers that were chosen may be what they are about, so nothing is set aside.
        """
        scope = Scope(tuple(paper_ids))
        found = {one.paper.id: one for one in self.search(question, k=len(paper_ids), scope=scope, shared=0.0)}
        return [found[paper_id] for paper_id in paper_ids if paper_id in found]

    def _measure(self, asked: Query, scope: Scope) -> Signals:
        words = self.index.words
        mass = sum(words.idf(token) for token in asked.tokens) or 1.0
        coverage = words.scores(asked.tokens) / np.float32(mass)
        numbers = self._candidates(words.numbers, coverage, asked.everyday, scope)
        covered = at_numbers(numbers, words.numbers, coverage)
        heads = self.index.heads(numbers) if asked.vector is not None else []
        if asked.vector is None or asked.everyday is None or not heads:
            nothing = np.zeros(len(numbers), dtype=np.float32)
            return Signals(numbers, covered, nothing, nothing, nothing)
        return _cosines(numbers, heads, covered, asked.vector, asked.everyday)

    def _candidates(self, numbers: Numbers, coverage: Floats, vector: Floats | None, scope: Scope) -> list[int]:
        """The papers to be weighed, out of those with these numbers and coverages and those near by meaning."""
        if scope != Scope():
            selected = self.index.record.select(ids=scope.ids, since=scope.since, until=scope.until)
            if scope.ids:
                return selected
            coverage = np.where(np.isin(numbers, selected), coverage, 0)
        near = [] if vector is None else self.index.nearest(vector, NEAREST_ROWS, dates=(scope.since, scope.until))
        if scope.until:  # the vector index takes a year alone for the first day of it
            near = np.asarray(near)[np.isin(near, selected)].tolist()
        return list(dict.fromkeys([*near, *numbers[most(coverage, TOP_WORDS)].tolist()]))


def _ranked(entry: Entry, score: float, coverage: float, asked: Query, shared: float) -> Ranked:
    """A paper found, its sentences best first."""
    cosine = beyond = np.zeros(len(entry.sentences), dtype=np.float32)
    if (vector := asked.vector) is not None and entry.rows is not None:
        rows = entry.rows.astype(np.float32)
        whole, sentences = rows[0], rows[len(rows) - len(entry.sentences) :]
        cosine = sentences @ vector
        beyond = cosine - shared * (whole @ vector) * (sentences @ whole)
    own = set(tokenize(f"{nickname(entry.paper)} {entry.paper.title if shared else ''}"))
    scores = score_sentences(entry, beyond, [token for token in asked.tokens if token not in own], asked.text)
    order = map(int, np.argsort(-scores, kind="stable"))
    found = (Evidence(entry.paper, entry.sentences[j], float(scores[j]), float(cosine[j])) for j in order)
    return Ranked(entry.paper, score, tuple(found), coverage)


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
    measured = (meaning, whole, passage)
    return Signals(numbers, coverage, *(np.append(one, 0).astype(np.float32)[places] for one in measured))


def fuse(signals: Signals) -> Floats:
    """One score a candidate: by meaning, or by words and the best passage, as the question is asked in one or other."""
    if not signals.numbers:
        return np.zeros(0, dtype=np.float32)
    gate = 1 / (1 + math.exp(-(float(signals.coverage.max()) - GATE_CENTRE) / GATE_WIDTH))
    if not signals.meaning.any():
        gate = 1.0
    by_words = (signals.whole + signals.passage) / 2 + WORD_WEIGHT * signals.coverage
    return ((1 - gate) * signals.meaning + gate * by_words).astype(np.float32)


def score_sentences(entry: Entry, cosine: Floats, tokens: Sequence[str], question: str) -> Floats:
    """How well each sentence of a paper meets the question: meaning, and the question's words that are rare in it.

    A word that every sentence of the paper has tells its sentences apart as little as one that none has. `tokens` are
    without those of its name and title, which say only that it is this paper.
    """
    wants_number = bool(QUANTITY.search(question)) or read_demand(question).kind is Kind.NUMBER
    wants_place = bool(ASKS_WHERE.search(question))
    held = [stems(sentence.text) for sentence in entry.sentences]
    weights = {}
    for token in tokens:
        count = sum(token in words for words in held)
        weights[token] = math.log(1 + (len(held) - count + 0.5) / (count + 0.5)) if count else 0.0
    mass = sum(weights.values()) or 1.0
    words = [sum(weights[token] for token in tokens if token in words) / mass for words in held]
    numbers = [wants_number and any(c.isdigit() for c in sentence.text) for sentence in entry.sentences]
    pointers = [not wants_place and bool(POINTER.search(sentence.text)) for sentence in entry.sentences]
    scores = cosine + SENTENCE_WORDS * np.asarray(words) + SENTENCE_NUMBERS * np.asarray(numbers)
    scores = scores + np.asarray([manner(s.text) for s in entry.sentences]) - SENTENCE_POINTER * np.asarray(pointers)
    return np.asarray(scores, dtype=np.float32)


@lru_cache(maxsize=20_000)
def manner(sentence: str) -> float:
    """What a sentence is worth for how it speaks, whatever is asked: of the paper's own doing, or of others'."""
    own = SENTENCE_OWN * bool(OWN.search(sentence))
    background = SENTENCE_BACKGROUND * bool(BACKGROUND.match(sentence))
    return own - background - SENTENCE_LEANING * bool(LEANING.match(sentence))
