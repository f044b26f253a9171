"""Which papers a text names: by the names papers give their methods, by titles, by phrases only one paper has.

Knows no question and no conversation; misspelt names are found where nothing else is meant.
"""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache, reduce
from itertools import pairwise
from math import log

import numpy as np

from ingest.calls import NAME
from ingest.index import PaperIndex
from ingest.names import COINED_WORD, names_of, squeeze
from ingest.paper import Paper
from ingest.vocabulary import ordinary_words
from ingest.words import STOPWORDS, tokenize

LONGEST_NAME = 16  # words, of a title
SHORTEST_NAME = 3  # letters, of a name that is one word
SURE_LENGTH = 6  # letters from which a word in lower case is a name that only an abstract mentions
SHORTEST_SLIP = 4  # letters of a name that may be written with one slip
LONG_NAME = 6  # letters from which a name may be written with more: CLOSE_ENOUGH in difflib's similarity
CLOSE_ENOUGH = 0.8
WORD = re.compile(r"[^\W_]+(?:[+.'’][^\W_]+)*")
GIVEN_NAME = 2  # weight from which a name counts where it is spelled as the paper spells it
OWN_NAME = 3  # weight from which a name is the paper's own, however common its words
ONLY_ITS_OWN = 1  # papers that may hold the first words of a phrase that an abstract spells out: 'Cut Cross-Entropy'
HELD_BY_FEW, HELD_SHARE = 3, 0.001  # papers that may hold a word that still tells them apart


FEWEST_WORDS = 4  # of a text that can be known by them
SURE_SHARE, SURE_LEAD = 0.3, 1.25  # of its words that its paper holds, and how much more of them than the next one
MANY = 5_000  # papers from which a misspelt name is sought among those that begin with the same two letters
MOST_READ = 500  # texts whose names are remembered: those of a conversation are read again each turn
MOST_HOLDERS = 8  # papers with a name that may still be that of one or two of them
READ_FOR_A_NAME = 1_000  # papers that are read to see how many hold a name as it is spelled

Holders = tuple[list[int], int]  # numbers of papers, and how much a name is their own


@dataclass(frozen=True, slots=True)
class Mention:
    """Where a text names papers: `text[start:end]` and their ids, the likeliest first.

    `is_own` is whether it is what they are called, not only a name that stands in their abstracts; `meant` is that
    name as it is spelled, where the text misspells it.
    """

    start: int
    end: int
    paper_ids: tuple[str, ...]
    is_own: bool = True
    meant: str = ""


class Catalogue:
    """The names of the papers of one index. Safe to share between threads."""

    def __init__(self, index: PaperIndex) -> None:
        self._index = index
        self._calls = index.calls
        self._counted: dict[tuple[str, ...], int] = {}
        self._read: dict[tuple[str, bool], list[Mention]] = {}

    def refresh(self) -> None:
        """Brings the index up to date, and forgets what was counted in papers that have changed."""
        self._index.refresh()
        if self._calls is not self._index.calls:
            self._calls, self._counted, self._read = self._index.calls, {}, {}

    def mentions(self, text: str, *, misspelt: bool = True) -> list[Mention]:
        """The papers a text names, in its order; a longer name wins over one inside it.

        `misspelt` is whether a word that no paper has may be a name written wrongly.
        """
        self.refresh()
        known = self._read
        if (text, misspelt) not in known:
            if len(known) >= MOST_READ:
                known.clear()
            known[text, misspelt] = self._mentions(text, misspelt=misspelt)
        return known[text, misspelt]

    def _mentions(self, text: str, *, misspelt: bool) -> list[Mention]:
        words = list(WORD.finditer(text))
        found: list[Mention] = []
        at = 0
        while at < len(words):
            mention, step = self._longest(text, words[at : at + LONGEST_NAME], misspelt=misspelt)
            if mention:
                found.append(mention)
            at += step
        return found

    def named(self, text: str) -> list[tuple[str, tuple[str, ...]]]:
        """The papers' own names in a text, as it writes them, each with the ids of the papers it may mean."""
        found = [mention for mention in self.mentions(text, misspelt=False) if mention.is_own]
        return [(text[mention.start : mention.end], mention.paper_ids) for mention in found]

    def common(self, name: str) -> bool:
        """Whether so many papers have a word that it is nobody's name."""
        return any(self._index.words.held(token) > HELD_BY_FEW for token in tokenize(name))

    def holder(self, text: str) -> tuple[str, ...]:
        """The one paper that holds by far the most of a text's words, by rarity; empty where none does."""
        words = self._index.words
        tokens = list(dict.fromkeys(tokenize(text)))
        if len(tokens) < FEWEST_WORDS or not len(words.numbers):
            return ()
        scores = words.scores(tokens) / sum(words.idf(token) for token in tokens)
        best, second = [*np.sort(scores)[::-1][:2].tolist(), 0.0][:2]
        if best < max(SURE_SHARE, SURE_LEAD * second):
            return ()
        return tuple(text.id for text in self._index.record.texts([int(words.numbers[scores.argmax()])]))

    def _longest(self, text: str, words: list[re.Match[str]], *, misspelt: bool) -> tuple[Mention | None, int]:
        for count in range(len(words), 0, -1):
            start, end = words[0].start(), words[count - 1].end()
            name = text[start:end]
            if held := self._holders(name, count):
                ids, weight = held
                return Mention(start, end, ids, weight > 0), count
            if misspelt and count == 1 and (meant := self._misspelt(name, squeeze(name))):
                ids, weight = self._holders(meant, 1) or ((), 0)
                return Mention(start, end, ids, weight > 0, meant), count
        return None, 1

    def _holders(self, name: str, count: int) -> tuple[tuple[str, ...], int] | None:
        """The ids of the papers a name may mean and how much it is their own; None where it is no name."""
        if name.casefold() in STOPWORDS or (count == 1 and name in ordinary_words()):  # 'save' is not SAVE
            return None
        key = squeeze(name)
        spelled = self._spelled(name, key)
        found = (
            spelled
            or self._named(key)
            or self._begun(name, key, count)
            or (self._named(key[:-1]) if key.endswith("s") else None)
        )
        if not found or (count == 1 and not spelled and self.is_ordinary(name)):
            return None
        numbers, weight = found
        if weight < GIVEN_NAME and count == 1 and name.islower() and len(key) < SURE_LENGTH:
            return None  # 'flat' is rarely FLAT
        return tuple(sorted(text.id for text in self._index.record.texts(numbers))), weight

    def _named(self, key: str) -> Holders | None:
        """The papers that are called so, in whatever spelling, if it is few."""
        if len(key) < SHORTEST_NAME:
            return None
        numbers, weights = self._calls.named(key)
        for weight in sorted(set(weights.tolist()), reverse=True):
            held = numbers[weights == weight].tolist()
            if weight < OWN_NAME:
                if len(held) > MOST_HOLDERS:
                    return None
                held = [number for number in held if self._is_called(number, key, weight)]
            if held:
                return (held, weight) if len(held) <= (2 if weight > 1 else 1) else None
        return None

    def _begun(self, name: str, key: str, count: int) -> Holders | None:
        """The one paper whose own name begins with a coined word: 'DataStates' of DataStates-LLM."""
        if count > 1 or len(key) < LONG_NAME or not COINED_WORD.fullmatch(name):
            return None
        longer = self._calls.beginning(NAME + key)
        found = [held for term in longer if (held := self._named(term.removeprefix(NAME))) and held[1] >= OWN_NAME]
        return found[0] if len({tuple(held[0]) for held in found}) == 1 else None

    def _spelled(self, name: str, key: str) -> Holders | None:
        """The papers that are called so as it is spelled: BASED is a name where based is a word."""
        numbers, weights = self._calls.named(key)
        numbers = numbers[weights >= GIVEN_NAME]
        if not 0 < len(numbers) <= MOST_HOLDERS:
            return None
        held = {n: w for n in numbers.tolist() for own, w in self._names(n, key) if own == name and w >= GIVEN_NAME}
        held = {n: w for n, w in held.items() if self._is_rare(name, w)}
        best = [n for n, w in held.items() if w == max(held.values())]
        return (best, max(held.values())) if 0 < len(best) <= 2 else None

    def _is_called(self, number: int, key: str, weight: int) -> bool:
        """Whether a paper has a name of that weight that is rare, squeezed to a key."""
        return any(own >= weight and self._is_rare(name, own) for name, own in self._names(number, key))

    def _names(self, number: int, key: str) -> list[tuple[str, int]]:
        """What a paper is called that is squeezed to a key."""
        found = self._index.entries([number])
        return [(name, weight) for entry in found for squeezed, name, weight in called(entry.paper) if squeezed == key]

    def _misspelt(self, name: str, key: str) -> str:
        """The name of a paper's own that a word is but for a slip or two, as the paper spells it; empty for a word that
        is English or in a paper."""
        ordinary = ordinary_words()
        if len(key) < SHORTEST_SLIP or name.casefold() in ordinary or name.casefold() in STOPWORDS:
            return ""
        held = {token for token in tokenize(name.replace("-", " ")) if token in self._index.words}
        start = key[: 1 if len(self._calls.numbers) <= MANY else 2]
        near = [term.removeprefix(NAME) for term in self._calls.beginning(NAME + start)]
        if len(key) < LONG_NAME:
            near = [word for word in near if len(word) >= SHORTEST_SLIP and is_one_slip(key, word)] if ordinary else []
            least, most = GIVEN_NAME, 1
        else:
            near = get_close_matches(key, [word for word in near if len(word) >= 5], n=3, cutoff=CLOSE_ENOUGH)
            least, most = 1, len(near)
        own = [(word, found) for word in near if held <= {word} and (found := self._named(word)) and found[1] >= least]
        if not 0 < len(own) <= most:
            return ""
        word, (numbers, _) = own[0]
        return max(self._names(numbers[0], word), key=lambda known: known[1])[0]

    def _is_rare(self, name: str, weight: int) -> bool:
        """Whether so few papers hold the beginning of a name that it can be somebody's."""
        most = max(HELD_BY_FEW, HELD_SHARE * len(self._calls.numbers))
        return self._holding(head_of(name)) <= (most if weight > 1 or len(name.split()) == 1 else ONLY_ITS_OWN)

    def _holding(self, head: tuple[str, ...]) -> int:
        """How many papers hold the beginning of a name, as it is spelled; where many hold its words, only at most."""
        if head not in self._counted:
            words = self._index.words
            held = [words.holders(token) for token in tokenize(" ".join(head))]
            both = reduce(np.intersect1d, held) if held else words.numbers
            count = len(both)
            if ONLY_ITS_OWN < count <= READ_FOR_A_NAME:
                texts = self._index.record.texts(both.tolist())
                count = sum(head in heads_in(f"{text.title} {text.abstract}", len(head)) for text in texts)
            elif count > READ_FOR_A_NAME and len(head) == 1 and COINED_WORD.fullmatch(head[0]):
                count = len(self._calls.named(squeeze(head[0]))[0])
            self._counted[head] = count
        return self._counted[head]

    def is_ordinary(self, name: str) -> bool:
        """Whether papers at large use all the words of a name ('GPU', 'KV cache', 'based')."""
        return all(self._held_by_more(token) for token in tokenize(name.replace("-", " ")))

    def _held_by_more(self, token: str) -> bool:
        """Whether more papers hold a stem than could be known by it."""
        words = self._index.words
        total = len(words.numbers)
        held = max(HELD_BY_FEW, HELD_SHARE * total)
        return words.idf(token) < log(1 + (total - held + 0.5) / (held + 0.5))


@lru_cache(maxsize=10_000)
def called(paper: Paper) -> tuple[tuple[str, str, int], ...]:
    """What a paper can be called: squeezed, as it is spelled, and how much it is its own."""
    return tuple((squeeze(name), name, weight) for name, weight in names_of(paper))


def is_one_slip(one: str, other: str) -> bool:
    """Whether two words differ by one letter, missing, too many or another, or by two that changed places."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    a, b = one[at:], other[at:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])


def head_of(name: str) -> tuple[str, ...]:
    """What a name is counted by: a word as it is spelled, of several words the first two."""
    words = WORD.findall(name)
    return tuple(map(str.casefold, words[:2])) if len(words) > 1 else tuple(word.removesuffix("s") for word in words)


def heads_in(text: str, size: int) -> set[tuple[str, ...]]:
    """All beginnings of names of one or of two words that stand in a text."""
    words = WORD.findall(text)
    return {(word.removesuffix("s"),) for word in words} if size == 1 else set(pairwise(map(str.casefold, words)))
