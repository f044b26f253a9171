"""Which way a sentence points: what goes up or down, what is denied, who beats whom. Closed classes of English.

Compares two sentences; knows no paper.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ingest.words import STOPWORDS, stem
from rag.opposites import BETTER, COSTS, DOWN, NEGATORS, PAIRS, SOFT, UP, WORSE

TOKEN = re.compile(r"[^\W_]+(?:[.,]\d+)*|[,;:()—–]")
BREAKS = frozenset(",;:()—–") | frozenset("but while whereas although though".split())

ANSWERS = re.compile(r"^\W*(?:yes|no)[,.;:]\s+", re.IGNORECASE)
NOT_ONLY = re.compile(r"\bnot (?:only|just|merely|necessarily)\b|\bno (?:less|more|fewer) than\b", re.IGNORECASE)
NEED = frozenset("need needs needed require requires requiring required any the a an use using of on for to be".split())
WINS = re.compile(
    r"\b(?P<passive>(?:is|are|was|were|be|been|being)\s+(?:\w+ly\s+)?)?(?P<verb>outperform(?:s|ed|ing)?|surpass(?:es|ed|ing)?"
    r"|exceed(?:s|ed|ing)?|beat(?:s|en|ing)?|outpac(?:es|ed|ing)|dominat(?:es|ed|ing)"
    r"|(?:better|superior|faster|stronger|larger|higher|greater|cheaper|smaller|lower|fewer|less|more|worse|slower"
    r"|inferior)\b(?:\s+[\w-]+){0,5}?\s+(?:than|to|over)\b"
    r"|underperform(?:s|ed|ing)?|lags? behind|trails?|falls? short of)(?P<by>\s+by\b(?!\s+[\d$~]))?",
    re.IGNORECASE,
)
LOSES = re.compile(r"underperform|lags?|trails?|falls?|worse|slower|inferior|lower|smaller|fewer|less", re.IGNORECASE)
OWN_WORDS = re.compile(
    r"\b(?:we|our(?:\s+(?:proposed\s+|new\s+)?[\w-]+)?|it|(?:this|the|these)\s+(?:proposed\s+|resulting\s+)?"
    r"(?:paper|work|method|approach|framework|model|system|algorithm|technique|study|authors|architecture))\b",
    re.IGNORECASE,
)
GROWS, IMPROVES = (PAIRS.index((UP, DOWN)), 1), (PAIRS.index((BETTER, WORSE)), 1)
AROUND, SCOPE, SIDE = 5, 3, 7  # content words: about a word of direction, behind a negation, beside a comparison


@dataclass(frozen=True, slots=True)
class Turn:
    """A word with an opposite: its pairs with the side it stands on, and the content words about it."""

    word: str
    sides: tuple[tuple[int, int], ...]
    denied: bool
    after: frozenset[str]
    around: frozenset[str]


@dataclass(frozen=True, slots=True)
class Polarity:
    """All of a sentence that can be turned round."""

    stems: frozenset[str]
    turns: tuple[Turn, ...]
    denied: tuple[str, ...]  # stems right behind a negation
    in_denial: frozenset[str]  # stems anywhere in the scope of one
    contest: tuple[frozenset[str], frozenset[str], str] | None  # stems of who wins, of who loses, and the words


def _sides() -> dict[str, tuple[tuple[int, int], ...]]:
    found: dict[str, list[tuple[int, int]]] = {}
    for number, pair in enumerate(PAIRS):
        for sign, words in zip((1, -1), pair, strict=True):
            for word in words.split():
                found.setdefault(stem(word), []).append((number, sign))
    return {word: tuple(dict.fromkeys(sides)) for word, sides in found.items()}


@lru_cache(maxsize=1)
def opposites() -> dict[str, tuple[tuple[int, int], ...]]:
    """For each stem with an opposite, the pairs it is of and the side."""
    return _sides()


@lru_cache(maxsize=20_000)
def read_polarity(text: str) -> Polarity:
    """What can be turned round in a plain sentence; `@own` stands for 'we', 'our method' and the like."""
    text = ANSWERS.sub("", text)
    written = TOKEN.findall(NOT_ONLY.sub(" ", text))
    words = [word.casefold() for word in written]
    stems = [stem(word) for word in words]
    denied, in_denial = _denials(words, stems)
    names = frozenset(i for i, word in enumerate(written) if i and word[0].isupper() and written[i - 1] not in BREAKS)
    turns = tuple(_turns(words, stems, in_denial_at=_denied_places(words), names=names))
    content = frozenset(s for s, word in zip(stems, words, strict=True) if _is_content(word))
    return Polarity(content, turns, denied, in_denial, _contest(text))


def _is_content(word: str) -> bool:
    return word not in STOPWORDS and word not in BREAKS and word not in NEGATORS and len(word) > 1


def _scope(words: list[str], start: int) -> Iterator[int]:
    """Places of the content words behind a negation, up to a break."""
    taken = 0
    for place in range(start + 1, len(words)):
        if words[place] in BREAKS or taken == SCOPE:
            return
        if _is_content(words[place]) and words[place] not in NEED and not words[place].endswith("ly"):
            taken += 1
            yield place


def _denied_places(words: list[str]) -> frozenset[int]:
    """Places whose word is denied itself: the first content word behind each negation."""
    return frozenset(next(_scope(words, i), -1) for i, word in enumerate(words) if word in NEGATORS)


def _denials(words: list[str], stems: list[str]) -> tuple[tuple[str, ...], frozenset[str]]:
    heads: list[str] = []
    all_in: set[str] = set()
    for i, word in enumerate(words):
        if word in NEGATORS:
            heads += [stems[place] for place in _scope(words, i)][:1]
            all_in.update(stems[place] for place in _clause(words, i))
        elif word in SOFT:
            all_in.update(stems[place] for place in _scope(words, i))
            if word == "free" and i and _is_content(words[i - 1]):  # 'training-free'
                all_in.add(stems[i - 1])
        elif word.endswith("less") and len(word) > 6:
            all_in.add(stem(word[:-4]))
    return tuple(heads), frozenset(all_in)


def _clause(words: list[str], at: int) -> Iterator[int]:
    """Places of the content words of a clause: 'labels are not required' denies labels as well."""
    first = next((place + 1 for place in range(at, -1, -1) if words[place] in BREAKS), 0)
    for place in range(first, len(words)):
        if place > at and words[place] in BREAKS:
            return
        if _is_content(words[place]):
            yield place


def _turns(
    words: list[str], stems: list[str], *, in_denial_at: frozenset[int], names: frozenset[int]
) -> Iterator[Turn]:
    """Words with an opposite; `names` are the places of those that are part of a name ('compared to Accelerate')."""
    known = opposites()
    for i, token in enumerate(stems):
        if (
            token not in known
            or i in names
            or (words[i] in ("more", "most", "less", "best") and "than" in words[i + 1 : i + 2])
        ):
            continue
        after = [stems[p] for p in range(i + 1, len(words)) if _is_content(words[p]) and stems[p] not in known]
        before = [stems[p] for p in range(i) if _is_content(words[p]) and stems[p] not in known]
        around = frozenset(after[:AROUND] + before[-AROUND:])
        yield Turn(words[i], known[token], i in in_denial_at, frozenset(after[:2]), around)


def _contest(text: str) -> tuple[frozenset[str], frozenset[str], str] | None:
    found = WINS.search(text)
    if not found:
        return None
    left, right = _side_stems(text[: found.start()], last=True), _side_stems(text[found.end() :], last=False)
    turned = bool(found["passive"] and found["by"]) != bool(LOSES.match(found["verb"]))
    return (right, left, found[0]) if turned else (left, right, found[0])


def _side_stems(text: str, *, last: bool) -> frozenset[str]:
    """Stems of the clause that ends (`last`) or begins at a comparison."""
    clause: list[str] = []
    words = TOKEN.findall(text.casefold())
    for word in reversed(words) if last else words:
        if (word in BREAKS and clause) or len(clause) == SIDE:
            break
        if _is_content(word):
            clause.append(stem(word))
    return frozenset(clause) | ({"@own"} if OWN_WORDS.search(text) else frozenset())


def turned_round(claim: Polarity, source: Polarity, *, close: bool, surely: bool = True) -> tuple[str, str] | None:
    """The word of the claim and the opposite one of the source, where they point opposite ways about the same thing.

    `close` says that the two sentences share most of their words, so that a lone opposite is about the same thing.
    With `surely`, an opposite does not count that another word of the claim repeats.
    """
    for turn in claim.turns:
        same, opposed, against = (-1, -1), (-1, -1), ""
        for other in source.turns:
            relation = _relation(turn, other)
            shared = _shared(turn, other)
            if relation > 0:
                same = max(same, shared)
            elif relation < 0 and shared > opposed and not (surely and _is_met(other, claim.turns, shared)):
                opposed, against = shared, ("not " if other.denied else "") + other.word
        same_object, same_place = opposed[0] > same[0] and opposed[0] > 0, opposed[1] >= 2 and same[1] <= 0
        if against and (same_object or same_place or (close and same[0] < 0)):
            return ("not " if turn.denied else "") + turn.word, against
    return None


def _shared(a: Turn, b: Turn) -> tuple[int, int]:
    """How many words two turns have in common right behind them, and around them."""
    return len(a.after & b.after), len(a.around & b.around)


def _is_met(other: Turn, turns: Sequence[Turn], shared: tuple[int, int]) -> bool:
    """Whether another word of the claim says what this one of the source says, about as much the same thing."""
    return any(_relation(turn, other) > 0 and _shared(turn, other) >= shared for turn in turns)


def _relation(a: Turn, b: Turn) -> int:
    """1 where two words point the same way, -1 where opposite ways, 0 where they have nothing to do with another."""
    if a.denied != b.denied:  # 'not increased' denies 'increased', and is not 'decreased'
        return -1 if a.sides == b.sides else 0
    if a.sides == b.sides:
        return 1
    relations = [x * y for n, x in a.sides for m, y in b.sides if n == m and not _good_when_small(n, a, b)]
    return max(relations, default=int(_both_up(a, b)))


def _both_up(a: Turn, b: Turn) -> bool:
    """Whether one says that something grows and the other that it gets better: 'a gain', 'an improvement'."""
    return {GROWS, IMPROVES} <= set(a.sides + b.sides)


def _good_when_small(pair: int, a: Turn, b: Turn) -> bool:
    return pair in (2, 3) and bool((a.around | b.around) & COSTS)


def denied(claim: Polarity, source: Polarity) -> tuple[str, bool] | None:
    """The stem that one of the two denies and the other affirms, and whether it is the claim that denies it."""
    for token in claim.denied:
        if token in source.stems and token not in source.in_denial and token not in opposites():
            return token, True
    for token in source.denied:
        if token in claim.stems and token not in claim.in_denial and token not in opposites():
            return token, False
    return None


def contest_turned(claim: Polarity, source: Polarity) -> bool:
    """Whether the claim makes the loser of the source's comparison the winner."""
    if not claim.contest or not source.contest:
        return False
    (won, lost, _), (true_won, true_lost, _) = claim.contest, source.contest
    straight = len((won - true_lost) & true_won) + len((lost - true_won) & true_lost)
    crossed = len((won - true_won) & true_lost) + len((lost - true_lost) & true_won)
    return crossed > straight
