"""Judges every paper of an index against a question about many: does it belong, and by which of its sentences.

Of more papers than can be weighed sentence by sentence while one waits, those are judged that have the most of the
topic's words or are nearest to it in meaning; how few are missed so is measured by tests/bench/bench_survey.py.
Knows no prose and refuses nothing: each paper gets a probability, and what becomes of it is for others to say.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import overload

import numpy as np

from ingest.index import PaperIndex
from ingest.names import COINED_WORD
from ingest.paper import Paper
from ingest.vocabulary import ordinary_words
from ingest.words import WordIndex, stem, tokenize
from rag.answer import Evidence, Ranked
from rag.everyday import moved_query
from rag.likelihood import (
    ANY_BY_MEANING,
    ANY_BY_WORDS,
    BY_MEANING,
    BY_WORDS,
    LISTED,
    among_more,
    chance_of_any,
    chances,
    leave_out,
    rarity,
)
from rag.retrieve import Scope, at_numbers, most
from rag.shelf import Floats, Shelf, Shelves
from rag.topic import Topic, find_topic

WORD_SHARE = 0.6  # of the topic's words in a sentence, beside its cosine: its merit; 0.3 does as well
OFTEN = 1.2  # BM25's k1: how soon another sentence with the same word adds nothing
WHOLE = 10_000  # papers up to which every one is judged
# Beyond: papers with the most of the topic's words that are judged, and as many rows nearest in meaning; more of them
# as long as this share fits, up to the most.
SIFTED, WIDEN, MOST_SIFTED = 2_000, 0.1, 8_000

ENDS = 50  # the newest papers, and as many of the oldest, that stand in a sample of all


@dataclass(frozen=True, slots=True)
class Judged:
    """A paper, the sentence that speaks best for it, and how likely (0 to 1) it is among those asked for.

    `vector` is that of its title and abstract, of length 1, to tell strands apart; empty where there is none.
    """

    paper: Paper
    evidence: Evidence
    probability: float
    vector: Floats = field(compare=False, repr=False)

    def ranked(self) -> Ranked:
        """The same as a search would give it, with its one sentence."""
        return Ranked(self.paper, self.probability, (self.evidence,))


class Judgement(Sequence[Judged]):
    """What was judged, each paper made when it is looked at: of ten thousand, a list tells of a few dozen.

    `any` is the chance (0 to 1) that the index has a paper about the topic at all; `total` is out of how many papers
    those judged were taken.
    """

    def __init__(
        self, shelf: Shelf, order: list[int], best: list[int], chances: list[float], any_: float = 1.0, total: int = 0
    ) -> None:
        """`order` are the papers' places on the shelf, `best` the sentence of each place, `chances` its probability."""
        self._shelf, self._order, self._best, self._chances = shelf, order, best, chances
        self.any = any_
        self.total = total or len(order)

    def __len__(self) -> int:
        return len(self._order)

    @overload
    def __getitem__(self, at: int) -> Judged: ...
    @overload
    def __getitem__(self, at: slice) -> list[Judged]: ...
    def __getitem__(self, at: int | slice) -> Judged | list[Judged]:
        return list(map(self._make, self._order[at])) if isinstance(at, slice) else self._make(self._order[at])

    def _make(self, place: int) -> Judged:
        held, chance = self._shelf.held[place], self._chances[place]
        evidence = Evidence(held.paper, held.sentences[self._best[place]], chance)
        return Judged(held.paper, evidence, chance, self._shelf.vectors[place])


def fitting(judged: Sequence[Judged]) -> Sequence[Judged]:
    """Those of the papers judged, the likeliest first, that are likely enough to be listed."""
    return judged[: bisect_right(judged, -LISTED, key=lambda one: -one.probability)]


def about_each(judgements: Sequence[Sequence[Judged]]) -> list[Judged]:
    """The papers of several judgements, each as likely as for the topic it is least likely for, the likeliest first."""
    least: dict[str, Judged] = {}
    for judged in judgements:
        for one in judged:
            known = least.setdefault(one.paper.id, one)
            least[one.paper.id] = min(known, one, key=lambda each: each.probability)
    return sorted(least.values(), key=lambda one: -one.probability)


@dataclass(frozen=True, slots=True)
class Measured:
    """What a topic gives: `signals` (papers, len(SIGNALS)), not yet relative, the merit of each unit, and `spoken`
    (len(SPOKEN)): the cosine of the nearest sentence, the most words a paper has of it, the share that none has.

    `everywhere` (all papers, RELATIVE) are the signals that count by how they stand out among all papers.
    """

    signals: Floats
    merits: Floats
    spoken: Floats
    everywhere: Floats


class Judge:
    """Judges the papers of one index. Safe to share between threads."""

    def __init__(self, index: PaperIndex) -> None:
        self.index = index
        self._shelves = Shelves(index)

    def judge(self, question: str, *, scope: Scope | None = None) -> Judgement:
        """Every paper of the index, or of the scope, that has an abstract, the likeliest first.

        A paper is as likely in one scope as in any other. A question that names no topic asks for all of them.
        """
        self.index.refresh()
        topic, scope = find_topic(question), scope or Scope()
        inside = None if scope == Scope() else self._select(scope)
        if self._all_fit:
            return self._judge(self._shelves.whole(), topic, inside)
        total = self.index.count() if inside is None else len(inside)
        sifted = SIFTED
        while True:
            judged = self._judge(self._sift(topic, scope, inside, sifted), topic, inside, total)
            wanted = int(len(fitting(judged)) / WIDEN) if topic.wanted else 0
            if wanted < sifted or sifted == MOST_SIFTED:
                return judged
            sifted = min(MOST_SIFTED, max(2 * sifted, wanted))

    def _judge(self, shelf: Shelf, topic: Topic, inside: list[int] | None, total: int = 0) -> Judgement:
        """The papers of a shelf, those `inside` alone; where they were sifted out of more, out of `total`."""
        if not shelf.held:
            return Judgement(shelf, [], [], [])
        chances, merits, any_ = np.ones(len(shelf.held), dtype=np.float32), None, 1.0
        if topic.wanted:
            measured = self.measure(shelf, topic.wanted)
            chances, merits = self._chances(measured), measured.merits
            any_ = chance_of_any(measured.spoken, ANY_BY_MEANING if self.index.embedder else ANY_BY_WORDS)
            chances = among_more(chances, self.index.count()) if total else chances
        if topic.unwanted:
            unlikely = 1 - self._chances(self.measure(shelf, topic.unwanted))
            chances = chances * unlikely if topic.wanted else leave_out(unlikely)
        best = best_sentences(shelf, shelf.central if merits is None else merits)
        order = np.argsort(-chances, kind="stable")
        if inside is not None:
            order = order[np.isin(shelf.numbers, inside)[order]]
        return Judgement(shelf, order.tolist(), best, chances.tolist(), any_, total)

    @property
    def _all_fit(self) -> bool:
        """Whether the papers are so few that every one is judged."""
        return self.index.count() <= WHOLE

    def current(self) -> Shelf:
        """All papers as they stand, for one who measures them himself."""
        self.index.refresh()
        return self._shelves.whole()

    def _select(self, scope: Scope) -> list[int]:
        return self.index.record.select(ids=scope.ids, since=scope.since, until=scope.until)

    def _sift(self, topic: Topic, scope: Scope, inside: list[int] | None, sifted: int) -> Shelf:
        """Those papers of the scope that may be about the topic; of those asked for without a topic, a sample."""
        numbers = self.index.words.numbers
        among = numbers if inside is None else np.intersect1d(numbers, inside)
        if len(among) <= sifted:
            return self._shelves.some(among.tolist())
        about = topic.wanted or topic.unwanted
        if not about:
            dated = self.index.record.by_date(ENDS, since=scope.since, until=scope.until)
            return self._shelves.some([*among[:: 1 + len(among) // sifted].tolist(), *dated])
        held = at_numbers(among, numbers, self._words_everywhere(tokenize(about)))
        vector, dates = moved_query(self.index, about), (scope.since, scope.until)
        near = [] if vector is None else self.index.nearest(vector, sifted, dates=dates)
        near = near if inside is None else np.intersect1d(near, among).tolist()
        return self._shelves.some(list({*among[most(held, sifted)].tolist(), *near}))

    def _words_everywhere(self, tokens: Sequence[str]) -> Floats:
        """The share of a topic's words in each paper of the index, aligned with the numbers of its words."""
        words = self.index.words
        shares = np.zeros(len(words.numbers), dtype=np.float32)
        mass = 0.0
        for token in dict.fromkeys(tokens):
            mass += words.idf(token)
            for places, times in words.postings(token):
                shares[places] += words.idf(token) * times / (times + np.float32(OFTEN))
        return shares / np.float32(mass or 1.0)

    def measure(self, shelf: Shelf, topic: str) -> Measured:
        """Every paper against a topic: the words it has of it, the merit of its best sentence, how much farther off its
        abstract is than the nearest one, and whether it has a name that the topic has."""
        few = self._all_fit
        shares, words, named, unknown = weigh_words(shelf, topic, None if few else self.index.words)
        cosine = np.zeros(len(shelf.paper), dtype=np.float32)
        vector = moved_query(self.index, topic)
        if vector is not None and shelf.rows.shape[1]:
            cosine = shelf.rows @ vector
        merits = cosine + WORD_SHARE * shares
        merits[shelf.starts] = -np.inf
        best = np.maximum.reduceat(merits, shelf.starts)
        whole = cosine[shelf.starts]
        signals = [words, best, whole - whole.max(), named]
        spoken = np.array([cosine.max(initial=0.0), words.max(initial=0.0), unknown], dtype=np.float32)
        everywhere = words if few else self._words_everywhere(tokenize(topic))
        return Measured(np.stack(signals, axis=1).astype(np.float32), merits, spoken, everywhere[:, None])

    def _chances(self, measured: Measured) -> Floats:
        model = BY_MEANING if self.index.embedder else BY_WORDS
        return chances(measured.signals, model, measured.everywhere)


def weigh_words(shelf: Shelf, topic: str, index: WordIndex | None = None) -> tuple[Floats, Floats, Floats, float]:
    """Share of the topic's words, weighed by rarity, in each unit; the same in each paper, where more often counts a
    little more; the rarity (0 to 1) of a name in the topic that a paper holds; and the share that no paper holds.

    `index` counts the papers where the shelf does not hold all of them.
    """
    count = len(shelf.held)
    total = len(index.numbers) if index else count
    coined = COINED_WORD.findall(topic)
    # Of 'SWE-bench' neither 'bench' by itself is said nor is it a name.
    parts = {part for word in coined if "-" in word for part in word.casefold().split("-")} & ordinary_words()
    parts = set(map(stem, parts))
    beside = set(tokenize(COINED_WORD.sub(" ", topic)))
    tokens = [token for token in dict.fromkeys(tokenize(topic)) if token not in parts or token in beside]
    names = {token for word in coined for token in tokenize(word) if not token.isdigit()} - parts
    shares = np.zeros(len(shelf.paper), dtype=np.float32)
    words, named = np.zeros(count, dtype=np.float32), np.zeros(count, dtype=np.float32)
    mass = unknown = 0.0
    for token, units in zip(tokens, shelf.find(tokens), strict=True):
        times = np.bincount(shelf.paper[units], minlength=count)
        held = max(int(np.count_nonzero(times)), index.held(token) if index else 0)
        weight = rarity(total, held)
        mass += weight
        unknown += 0.0 if held else weight
        shares[units] += weight
        words += weight * times / (times + OFTEN)
        if token in names:
            named = np.maximum(named, (times > 0) * (weight / rarity(total, 0)))
    mass = mass or 1.0
    return shares / mass, words / mass, named, unknown / mass


def best_sentences(shelf: Shelf, merits: Floats) -> list[int]:
    """Which sentence of each paper has the most merit, the way it speaks counted in; the first of equals."""
    merits = merits + shelf.manner
    best = np.flatnonzero(merits == np.maximum.reduceat(merits, shelf.starts)[shelf.paper])
    first = best[np.unique(shelf.paper[best], return_index=True)[1]]
    found: list[int] = (first - shelf.starts - 1).tolist()
    return found
