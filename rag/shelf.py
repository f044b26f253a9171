"""All sentences of an index side by side, to be weighed at one stroke: their vectors and the words they hold.

Kept in step with the record, in memory. Knows no question.
"""

import re
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property, reduce
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from ingest.entry import Entry
from ingest.index import PaperIndex
from ingest.paper import Paper, Sentence
from ingest.words import stem, tokenize
from rag.retrieve import manner

Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]

MOST_HELD = 10_000  # papers kept in memory, about 15 KB each
NOTHING = np.zeros(0, np.int64)
SHORT = re.compile(r"\(([A-Z][A-Za-z]{0,6}[A-Z])s?\)")  # '(GNNs)'
BEFORE = 120  # characters that spell out what an abbreviation behind them is short for
DIGITS = "0123456789"
SHORTEST_MISSPELT, LIKENESS = 6, 0.8  # letters of a word no paper has, and its likeness (difflib) to one they have


@dataclass(frozen=True, slots=True)
class Held:
    """What is kept of a paper: a unit for its title and one for each sentence, with the words and vector of each.

    `short` is what its abstract abbreviates, as stems. The vector of the title's unit is that of the whole abstract.
    """

    number: int
    paper: Paper
    sentences: tuple[Sentence, ...]
    words: tuple[NDArray[np.int32], ...]
    rows: NDArray[np.float16] | None
    short: tuple[tuple[str, tuple[str, ...]], ...]


class Shelf:
    """The units of all papers that have an abstract, a paper's title before its sentences, papers in order of entry.

    `starts` is where each paper begins, `paper` the paper of each unit, `rows` their vectors (units, dim), all 0
    where there are none, `vectors` those of whole papers, `manner` what each sentence is worth for how it speaks.
    """

    def __init__(self, held: Sequence[Held], vocabulary: Mapping[str, int]) -> None:
        self.held = [h for h in held if h.sentences]
        self.numbers = np.asarray([h.number for h in self.held], dtype=np.int64)
        sizes = [len(h.words) for h in self.held]
        self.starts = np.cumsum([0, *sizes])[:-1].astype(np.int64)
        self.paper = np.repeat(np.arange(len(self.held)), sizes)
        width = max((h.rows.shape[1] for h in self.held if h.rows is not None), default=0)
        self.rows = np.zeros((len(self.paper), width), dtype=np.float32)
        for start, h in zip(self.starts, self.held, strict=True):
            if h.rows is not None:
                self.rows[start : start + len(h.rows)] = h.rows
        self.vectors = list(self.rows[self.starts])
        manners = (manner(text) for h in self.held for text in ("", *(s.text for s in h.sentences)))
        self.manner = np.fromiter(manners, dtype=np.float32, count=len(self.paper))
        self._short = dict(chain.from_iterable(h.short for h in self.held))
        self._index_words([words for h in self.held for words in h.words], vocabulary)

    def _index_words(self, units: Sequence[NDArray[np.int32]], places: Mapping[str, int]) -> None:
        held = np.concatenate(units) if units else np.zeros(0, np.int32)
        used, tokens = np.unique(held, return_inverse=True)
        spelled = list(places)  # in order of their places
        vocabulary = self._vocabulary = {spelled[at]: new for new, at in enumerate(used.tolist())}
        self._numbered: dict[str, list[int]] = defaultdict(list)
        self._by_letter: dict[str, list[str]] = defaultdict(list)
        for word, at in vocabulary.items():
            if letters := word.rstrip(DIGITS):
                self._numbered[letters].append(at)
            self._by_letter[word[:1]].append(word)
        order = np.argsort(tokens, kind="stable")
        self._units = np.repeat(np.arange(len(units)), [len(words) for words in units])[order]
        self._bounds = np.searchsorted(tokens[order], np.arange(len(vocabulary) + 1))

    @cached_property
    def central(self) -> Floats:
        """The merit of each sentence where nothing is asked: how near it is to its whole abstract."""
        merits: Floats = np.einsum("ij,ij->i", self.rows, self.rows[self.starts][self.paper])
        merits[self.starts] = -np.inf
        return merits

    def find(self, tokens: Sequence[str]) -> list[Numbers]:
        """The units that hold each stem, or what is short for it or spells it out as some paper here does."""
        found = {token: [self._holding(token)] for token in tokens}
        for short, words in self._short.items():
            if words and found.keys() >= set(words):
                for word in words:
                    found[word].append(self._holding(short))
            elif words and short in found:
                found[short].append(reduce(np.intersect1d, map(self._holding, words)))
        return [np.unique(np.concatenate(found[token])) for token in tokens]

    def _holding(self, token: str) -> Numbers:
        """The units with this stem, with a number behind it too ('llama2'), or with the one it misspells."""
        if token not in self._vocabulary and token not in self._numbered:
            token = self._meant(token)
        rows = self._numbered.get(token) or [self._vocabulary.get(token, -1)]
        return np.concatenate([self._units[self._bounds[i] : self._bounds[i + 1]] for i in rows if i >= 0] or [NOTHING])

    def _meant(self, token: str) -> str:
        if len(token) < SHORTEST_MISSPELT:
            return ""
        near = [word for word in self._by_letter.get(token[0], []) if abs(len(word) - len(token)) <= 2]
        return next(iter(get_close_matches(token, near, n=1, cutoff=LIKENESS)), "")


class Shelves:
    """Shelves of the papers of one index at its present revision. Safe to share between threads."""

    def __init__(self, index: PaperIndex) -> None:
        self._index = index
        self._turn = threading.Lock()
        self._held: OrderedDict[int, Held] = OrderedDict()
        self._vocabulary: dict[str, int] = {}
        self._revision, self._stamp = -1, ""
        self._shelf: Shelf | None = None

    def whole(self) -> Shelf:
        """The shelf of all papers as the record now stands; only those changed since the last time are read."""
        with self._turn:
            self._catch_up()
            if self._shelf is None:
                self._shelf = self._made(self._index.record.numbers())
            return self._shelf

    def some(self, numbers: Sequence[int]) -> Shelf:
        """The shelf of these papers alone, for an index of more than can be held in memory."""
        with self._turn:
            self._catch_up()
            shelf = self._made(numbers)
            while len(self._held) > MOST_HELD:
                self._held.popitem(last=False)
            return shelf

    def _catch_up(self) -> None:
        """Forgets what has changed in the record."""
        record = self._index.record
        revision = record.revision()
        if revision == self._revision and record.stamp(revision) == self._stamp:
            return
        if revision < self._revision or record.stamp(self._revision) != self._stamp:
            self._held, self._vocabulary = OrderedDict(), {}
        for number in record.numbers(since=self._revision) if self._held else ():
            self._held.pop(number, None)
        self._shelf = None
        self._revision, self._stamp = revision, record.stamp(revision)

    def _made(self, numbers: Sequence[int]) -> Shelf:
        embedding = self._index.embedder.name if self._index.embedder else ""
        missing = [number for number in numbers if number not in self._held]
        for entry in self._index.record.entries(missing, embedding=embedding):
            self._held[entry.number] = self._hold(entry)
        held = [self._held[number] for number in sorted(numbers) if number in self._held]
        for one in held:
            self._held.move_to_end(one.number)
        return Shelf(held, self._vocabulary)

    def _hold(self, entry: Entry) -> Held:
        words = []
        for text in (entry.paper.title, *(s.text for s in entry.sentences)):
            stems = dict.fromkeys(tokenize(text))
            words.append(np.asarray([self._vocabulary.setdefault(s, len(self._vocabulary)) for s in stems], np.int32))
        rows = None
        if entry.rows is not None:
            rows = np.concatenate([entry.rows[:1], entry.rows[2 + len(entry.passages) :]])
        short = tuple(abbreviations(entry.paper.abstract))
        return Held(entry.number, entry.paper, entry.sentences, tuple(words), rows, short)


def abbreviations(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What a text abbreviates, as stems: 'neural networks (NNs)' gives 'nn' with 'neural' and 'network'."""
    for found in SHORT.finditer(text):
        short = found[1].casefold()
        words = re.findall(r"[^\W_]+", text[max(0, found.start() - BEFORE) : found.start()])[-len(short) :]
        if "".join(word[0] for word in words).casefold() == short:
            yield stem(short), tuple(dict.fromkeys(tokenize(" ".join(words))))
