"""Which papers a text names: by the names papers give their methods, by titles, by phrases only one paper has.

Knows no question and no conversation; misspelt names are found where nothing else is meant.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise
from math import log

from ingest.index import PaperIndex
from ingest.record import Entry
from ingest.words import STOPWORDS, stem, tokenize
from rag.names import COINED_WORD, TITLE_NAME, is_given, nickname, short_name

GREEK_NAMES = dict(
    zip(
        "αβγδεζηθικλμνξοπρστυφχψω",
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon phi"
        " chi psi omega".split(),
        strict=True,
    )
)
GREEK = re.compile("[αβγδεζηθικλμνξοπρστυφχψω]")
LONGEST_NAME = 16  # words, of a title
SHORTEST_NAME = 3  # letters, of a name that is one word
SURE_LENGTH = 6  # letters from which a word in lower case is a name that only an abstract mentions
CLOSE_ENOUGH = 0.84  # similarity (difflib) at which a word no paper has is a misspelt name
WORD = re.compile(r"[^\W_]+(?:[+.'’][^\W_]+)*")
SPELLED = re.compile(  # 'Cut Cross-Entropy (CCE)'
    r"((?:[A-Z][\w-]*\s+(?:(?:of|for|and|the|in|to|with)\s+)?){1,5})\(([A-Z][\w-]*?[A-Z\d][\w-]*?)s?\)"
)
SHORTENED = re.compile(r"\(([A-Z][\w-]*[A-Z\d][\w-]*?)s?\)")  # 'concept bottleneck models (PCBMs)'
PARENTHESISED = re.compile(r"\(([A-Z][\w-]+(?: [A-Z][\w-]+){1,3})\)")  # 'a student with … (Entropic Student)'
GIVEN_NAME = 2  # weight from which a name counts where it is spelled as the paper spells it
OWN_NAME = 3  # weight from which a name is the paper's own, however common its words
FEWEST_WORDS = 4  # of a sentence that can be known by its words
ONLY_ITS_OWN = 1  # papers that may hold the first words of a phrase that an abstract spells out: 'Cut Cross-Entropy'
HELD_BY_FEW, HELD_SHARE = 3, 0.001  # papers that may hold a word that still tells them apart


@dataclass(frozen=True, slots=True)
class Mention:
    """Where a text names papers: `text[start:end]` and their ids, the likeliest first.

    `is_own` is whether it is what they are called, not only a name that stands in their abstracts.
    """

    start: int
    end: int
    paper_ids: tuple[str, ...]
    is_own: bool = True


class Catalogue:
    """The names of the papers of one index, kept in step with it."""

    def __init__(self, index: PaperIndex) -> None:
        self._index = index
        self._revision = -1
        self._names: dict[str, dict[str, int]] = {}
        self._spelled: dict[str, dict[str, int]] = {}  # as the paper writes it: BASED is a name where based is a word
        self._single: list[str] = []

    def refresh(self) -> None:
        """Learns the names anew when the record has changed."""
        revision = self._index.record.revision()
        if revision == self._revision:
            return
        papers = [(entry.paper.id, _text(entry), tuple(names_of(entry))) for entry in self._index.record.entries()]
        few = max(HELD_BY_FEW, HELD_SHARE * len(papers))
        held = _holders_of([text for _, text, _ in papers], {_head(name) for *_, own in papers for name, _ in own})
        names: dict[str, dict[str, int]] = defaultdict(dict)
        spelled: dict[str, dict[str, int]] = defaultdict(dict)
        for paper_id, _, own in papers:
            for name, weight in own:
                key = squeeze(name)
                rare = held[_head(name)] <= (few if weight > 1 or len(name.split()) == 1 else ONLY_ITS_OWN)
                if len(key) >= SHORTEST_NAME and (weight >= OWN_NAME or rare):
                    names[key][paper_id] = max(weight, names[key].get(paper_id, 0))
                if rare and weight >= GIVEN_NAME:
                    spelled[name][paper_id] = weight
        self._names = {name: holders for name, holders in names.items() if _tells_apart(holders)}
        self._spelled = {name: holders for name, holders in spelled.items() if _tells_apart(holders)}
        self._single = [key for key in self._names if len(key) >= 5]
        self._revision = revision

    def mentions(self, text: str, *, misspelt: bool = True) -> list[Mention]:
        """The papers a text names, in its order; a longer name wins over one inside it.

        `misspelt` is whether a word that no paper has may be a name written wrongly.
        """
        self.refresh()
        words = list(WORD.finditer(text))
        found: list[Mention] = []
        at = 0
        while at < len(words):
            mention, step = self._longest(text, words[at : at + LONGEST_NAME], misspelt=misspelt)
            if mention:
                found.append(mention)
            at += step
        return found

    def named(self, text: str) -> list[str]:
        """The papers' own names in a text, as it writes them."""
        return [text[mention.start : mention.end] for mention in self.mentions(text, misspelt=False) if mention.is_own]

    def knows(self, text: str) -> bool:
        """Whether any paper has any of the words of a text."""
        return any(token in self._index.words for token in tokenize(text))

    def holder(self, sentence: str, *, coverage: float, lead: float) -> tuple[str, ...]:
        """The one paper that holds this share of a sentence's words, by rarity, and `lead` times that of any other."""
        words = self._index.words
        tokens = list(dict.fromkeys(tokenize(sentence)))
        mass = sum(words.idf(token) for token in tokens)
        if len(tokens) < FEWEST_WORDS or len(words.numbers) == 0:
            return ()
        scores = words.scores(tokens) / mass
        order = scores.argsort()[::-1][:2]
        second = float(scores[order[1]]) if len(order) > 1 else 0.0
        if scores[order[0]] < coverage or scores[order[0]] < lead * second:
            return ()
        return tuple(entry.paper.id for entry in self._index.entries([int(words.numbers[order[0]])]))

    def _longest(self, text: str, words: list[re.Match[str]], *, misspelt: bool) -> tuple[Mention | None, int]:
        for count in range(len(words), 0, -1):
            start, end = words[0].start(), words[count - 1].end()
            holders, weight = self._holders(text[start:end], count, misspelt=misspelt)
            if holders:
                return Mention(start, end, holders, weight > 0), count
        return None, 1

    def _holders(self, name: str, count: int, *, misspelt: bool) -> tuple[tuple[str, ...], int]:
        """The papers a name may mean and how much it is their own."""
        if name.casefold() in STOPWORDS:
            return (), 0
        key = squeeze(name)
        named = self._spelled.get(name) or self._names.get(key)
        if not named and key.endswith("s"):
            named = self._names.get(key[:-1])
        if not named and count == 1 and misspelt:
            named = self._misspelt(name, key)
        if not named:
            return (), 0
        best = max(named.values())
        if count == 1 and name not in self._spelled and self.is_ordinary(name):
            return (), 0
        if best < GIVEN_NAME and count == 1 and name.islower() and len(key) < SURE_LENGTH:
            return (), 0  # 'flat' is rarely FLAT
        return tuple(sorted((paper for paper, weight in named.items() if weight == best))), best

    def _misspelt(self, name: str, key: str) -> dict[str, int] | None:
        if len(key) < 6 or any(token in self._index.words for token in tokenize(name.replace("-", " "))):
            return None
        close = get_close_matches(key, self._single, n=1, cutoff=CLOSE_ENOUGH)
        return self._names[close[0]] if close else None

    def is_common(self, name: str) -> bool:
        """Whether papers at large use a name as it stands ('GPU', 'LLM')."""
        return self._held_by_more(stem(squeeze(name).rstrip("s")))

    def is_ordinary(self, name: str) -> bool:
        """Whether papers at large use all the words of a name ('GPU', 'KV cache', 'based')."""
        return all(self._held_by_more(token) for token in tokenize(name.replace("-", " ")))

    def _held_by_more(self, token: str) -> bool:
        """Whether more papers hold a stem than could be known by it."""
        words = self._index.words
        total = len(words.numbers)
        held = max(HELD_BY_FEW, HELD_SHARE * total)
        return words.idf(token) < log(1 + (total - held + 0.5) / (held + 0.5))


def names_of(entry: Entry) -> Iterable[tuple[str, int]]:
    """What a paper can be called and how much it is its own: 4 its title, 3 the name it gives itself, 2 in its title,
    1 a name it gives or spells out in the abstract, 0 one that stands there."""
    paper = entry.paper
    yield paper.title, 4
    if name := nickname(paper):
        yield name, 3 if squeeze(name) in squeeze(paper.title) else 2
    yield short_name(paper).removesuffix(" …"), 3
    if head := TITLE_NAME.match(paper.title):
        yield head[1], 3
    for word in COINED_WORD.findall(paper.title):
        yield word, 2
    for phrase in PARENTHESISED.findall(paper.abstract):
        yield phrase, 1
    for spelled, short in SPELLED.findall(paper.abstract):
        yield short, 1
        yield spelled.strip(), 1
    for short in SHORTENED.findall(paper.abstract):
        yield short, 1
    for word in COINED_WORD.findall(paper.abstract):
        if not word[0].isdigit():  # '175B' is a size
            yield word, int(is_given(paper, word))


def _text(entry: Entry) -> str:
    return f"{entry.paper.title} {entry.paper.abstract}"


def _head(name: str) -> tuple[str, ...]:
    """What a name is counted by: a word as it is spelled, of several words the first two."""
    words = WORD.findall(name)
    return (
        (words[0].casefold(), words[1].casefold()) if len(words) > 1 else (words[0].removesuffix("s"),) if words else ()
    )


def _holders_of(texts: Iterable[str], heads: set[tuple[str, ...]]) -> Counter[tuple[str, ...]]:
    """How many texts hold each head."""
    held: Counter[tuple[str, ...]] = Counter()
    for text in texts:
        words = WORD.findall(text)
        lowered = [word.casefold() for word in words]
        found = {(word.removesuffix("s"),) for word in words} | set(pairwise(lowered))
        held.update(found & heads)
    return held


def squeeze(name: str) -> str:
    """A name without case, spaces and marks, so that 'Flash Attention 2' is 'FlashAttention-2' and τ is tau."""
    return re.sub(r"[\W_]+", "", GREEK.sub(lambda letter: GREEK_NAMES[letter[0]], name.casefold()))


def _tells_apart(holders: dict[str, int]) -> bool:
    """Whether a name belongs to somebody: few papers have it, or one has it as its own."""
    best = max(holders.values())
    return list(holders.values()).count(best) <= (2 if best > 1 else 1)
