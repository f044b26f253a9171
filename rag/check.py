"""Whether a sentence stands in the source sentences it cites: verbatim, supported, weak or unsupported, and why.

Numbers, names, direction and negation are compared to the letter; the rest is graded by words and vectors. Knows no
model and no answer: a sentence and its evidence are given.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import numpy as np

from ingest.embedding import Embedder
from ingest.words import stems, tokenize
from rag import claims
from rag.answer import Evidence
from rag.commonness import art
from rag.names import nickname


class Verdict(StrEnum):
    """How a sentence stands to what it cites."""

    VERBATIM = "verbatim"
    SUPPORTED = "supported"
    WEAK = "weak"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Check:
    """A verdict with its reason in plain words, empty where it is good, and the chance (0 to 1) of being borne out."""

    verdict: Verdict
    reason: str = ""
    score: float = 1.0


# Log-odds that a source bears a sentence out, per unit of each signal; fitted by tests/bench/calibrate_check.py to
# SciFact's claims and their evidence, for an index with vectors and for one by words alone.
BY_MEANING: Mapping[str, float] = {
    "": -3.41,
    "cover": 3.06,
    "cosine": 2.88,
    "clash": -1.61,
    "way": -0.84,
    "same way": 0.33,
    "denial": -0.12,
    "number": -0.71,
    "name": -0.14,
    "denies": -0.98,
}
BY_WORDS: Mapping[str, float] = {
    "": -2.09,
    "cover": 4.04,
    "clash": -1.78,
    "denial": -0.39,
    "number": -0.76,
    "name": -0.25,
    "denies": -0.8,
}
SUPPORTED_FROM = 0.5
FAR = 0.2  # chance below which a sentence is about something else than what it cites
BEST_OF = 6  # candidates that are checked in full, those with the most in common
JOINED = 0.1  # what a second sentence must add to the chance to be cited as well
PUNCTUATION = re.compile(r"[^\w%.]+")
SHORTEST_ROOT = 5  # letters that two forms of a word share
QUALIFIERS = {
    "up to": "most",
    "at most": "most",
    "less than": "most",
    "fewer than": "most",
    "below": "most",
    "under": "most",
    "at least": "least",
    "more than": "least",
    "over": "least",
    "above": "least",
}
QUALIFIED = re.compile(rf"\b({'|'.join(QUALIFIERS)})\s+(?:an?\s+|the\s+)?(?:\w+\s+)?[~≈$€£]?$", re.IGNORECASE)
MATERIAL = ("most",)  # a bound that makes a number say more when it is left out


@dataclass(frozen=True, slots=True)
class Source:
    """What a sentence is compared to: the cited sentences, and what else is known of their papers."""

    spans: tuple[str, ...]
    about: str  # titles and names of the papers
    abstracts: str

    @classmethod
    def of(cls, evidence: Sequence[Evidence]) -> "Source":
        papers = list(dict.fromkeys(one.paper for one in evidence))
        about = " ".join(f"{paper.title} {nickname(paper)}" for paper in papers)
        spans = tuple(one.sentence.text for one in evidence)
        return cls(spans, about, " ".join(paper.abstract for paper in papers))

    @property
    def text(self) -> str:
        return " ".join(self.spans)


class Checker:
    """Checks sentences against evidence, by words and, where there is an embedding model, by meaning.

    Safe to share between threads; vectors of spans are remembered.
    """

    def __init__(self, embedder: Embedder | None) -> None:
        self._embed = lru_cache(maxsize=5_000)(embedder.embed_query) if embedder else None

    def check(self, sentence: str, evidence: Sequence[Evidence]) -> Check:
        """How a sentence without marks stands to the sentences it cites, at least one."""
        source = Source.of(evidence)
        if is_verbatim(sentence, source.spans):
            return Check(Verdict.VERBATIM)
        signals = self.measure(sentence, source)
        chance = probability(signals, BY_MEANING if self._embed else BY_WORDS)
        if fault := exact_fault(sentence, source, evidence):
            return Check(Verdict.UNSUPPORTED, fault, min(chance, FAR))
        if chance < FAR:
            return Check(Verdict.UNSUPPORTED, "the cited sentence speaks of something else", chance)
        doubt = exact_doubt(sentence, source)
        if doubt or chance < SUPPORTED_FROM:
            return Check(Verdict.WEAK, doubt or lack(sentence, source), chance)
        return Check(Verdict.SUPPORTED, "", chance)

    def best(self, sentence: str, candidates: Sequence[Evidence]) -> tuple[tuple[Evidence, ...], Check] | None:
        """The one or two candidates that bear a sentence out best, and the check against them; None without any."""
        if not candidates:
            return None
        near = sorted(candidates, key=lambda one: -share_held(sentence, one.sentence.text, one.paper.title))[:BEST_OF]
        checked = [((one,), self.check(sentence, [one])) for one in near]
        best = max(checked, key=lambda pair: (RANK[pair[1].verdict], pair[1].score))
        if best[1].verdict in (Verdict.VERBATIM, Verdict.SUPPORTED):
            return best
        pairs = [((best[0][0], one), self.check(sentence, [best[0][0], one])) for one in near if one != best[0][0]]
        both = max(pairs, key=lambda pair: (RANK[pair[1].verdict], pair[1].score), default=best)
        better = RANK[both[1].verdict] > RANK[best[1].verdict] and both[1].score > best[1].score + JOINED
        return both if better else best

    def measure(self, sentence: str, source: Source) -> dict[str, float]:
        """The signals of a sentence against its source, each from 0 to 1 but cosines, which may be negative."""
        near = [self._cosine(sentence, span) for span in (*source.spans, source.text)]
        pair = claims.clash(sentence, source.text)
        known = {claims.squeeze(one) for one in claims.names(sentence)}
        return {
            "cover": share_held(sentence, source.text, source.about),
            "cosine": max(near),
            "clash": float(bool(pair[0]) or bool(claims.turned(sentence, source.text)[0])),
            "way": float(claims.way(sentence) * claims.way(source.text) < 0),
            "same way": float(claims.way(sentence) * claims.way(source.text) > 0),
            "denial": float(bool(claims.contradiction(sentence, source.text))),
            "number": share_missing(claims.numbers(sentence), claims.numbers(source.text)),
            "name": sum(not holds_name(name, source) for name in known) / max(1, len(known)),
            "denies": float(bool(claims.denied(sentence)[0])),
        }

    def _cosine(self, left: str, right: str) -> float:
        return float(np.dot(self._embed(left), self._embed(right))) if self._embed else 0.0


RANK = {Verdict.VERBATIM: 3, Verdict.SUPPORTED: 2, Verdict.WEAK: 1, Verdict.UNSUPPORTED: 0}


def probability(signals: Mapping[str, float], model: Mapping[str, float]) -> float:
    """The chance that a source bears out a sentence with these signals."""
    return 1 / (1 + math.exp(-sum(weight * signals.get(name, 1.0) for name, weight in model.items())))


def is_verbatim(sentence: str, spans: Sequence[str]) -> bool:
    """Whether a sentence is one of the spans word for word, or most of it without anything that turns its sense."""
    mine = letters(sentence)
    for span in spans:
        theirs = letters(span)
        if mine == theirs:
            return True
        if f" {mine} " in f" {theirs} " and len(mine) >= len(theirs) / 2:
            rest = f" {theirs} ".replace(f" {mine} ", " ")
            if not any(claims.NEGATION.match(w) or w in ("if", "may", "might", "could") for w in rest.split()):
                return True
    return False


def letters(text: str) -> str:
    """The words and figures of a text in lower case, single spaces between."""
    return " ".join(PUNCTUATION.sub(" ", claims.LATEX.sub("", text).casefold()).replace(". ", " ").strip(" .").split())


@lru_cache(maxsize=20_000)
def share_held(sentence: str, text: str, about: str) -> float:
    """Share of a sentence's content words, by how telling they are, that a text holds or, for less, what it is about."""
    tokens = [token for token in dict.fromkeys(tokenize(sentence)) if not token.isdigit()]
    if not tokens:
        return 0.0
    held, known = stems(text), stems(about)
    weights = [0.3 + art(token) for token in tokens]
    worth = [w * (like(token, held) or 0.8 * like(token, known)) for token, w in zip(tokens, weights, strict=True)]
    return sum(worth) / sum(weights)


def like(token: str, held: frozenset[str]) -> float:
    """1 for a word that is held, less for one that shares its root with one."""
    if token in held:
        return 1.0
    root = token[: max(SHORTEST_ROOT, len(token) - 3)]
    return 0.8 * (len(token) >= SHORTEST_ROOT and any(w.startswith(root) and len(w) - len(token) <= 4 for w in held))


def share_missing(mine: Sequence[claims.Number], theirs: Sequence[claims.Number]) -> float:
    counted = [number for number in mine if not is_small(number)]
    return sum(not any(n.meets(other) for other in theirs) for n in counted) / max(1, len(counted))


def is_small(number: claims.Number) -> bool:
    """Whether it is a spelled-out one, two or three, which English uses without counting."""
    return number.spelled and number.value <= 3 and not number.unit


def holds_name(name: str, source: Source) -> bool:
    """Whether a name, squeezed, stands in the cited sentences or in the titles and names of their papers."""
    bare = name.removesuffix("s")
    text = claims.squeeze(f"{source.text} {source.about}")
    return bare in text or (len(bare) > 1 and bare in claims.initials(f"{source.text} {source.about}"))


def exact_fault(sentence: str, source: Source, evidence: Sequence[Evidence]) -> str:
    """What a sentence says that its source plainly does not, in words; empty where there is nothing of the kind."""
    theirs = claims.numbers(source.text) + claims.numbers(source.about)
    for number in claims.numbers(sentence):
        if not is_small(number) and not any(number.meets(other) for other in theirs):
            alike = [other.written for other in theirs if other.unit == number.unit and not is_small(other)]
            told = f"the source says {alike[0]}, not {number.written}" if len(alike) == 1 else ""
            return told or f"“{number.written}” is not in the cited sentence"
    for name in claims.names(sentence):
        if not holds_name(claims.squeeze(name), source):
            if claims.squeeze(name).removesuffix("s") in claims.squeeze(source.abstracts):
                continue  # of the same paper, only not of this sentence: a doubt
            called = " and ".join(dict.fromkeys(filter(None, (nickname(one.paper) for one in evidence))))
            return f"the source speaks of {called}, not of {name}" if called else f"“{name}” is not in the source"
    if misplaced := wrong_paper(sentence, evidence):
        return misplaced
    said, told = claims.clash(sentence, source.text)
    if not said:
        said, told = claims.turned(sentence, source.text)
    if said:
        return f"says “{said}” where the source says “{told}”"
    if word := claims.contradiction(sentence, source.text):
        return f"turns round what the source says of “{word}”"
    return contrary_bound(sentence, source)


def wrong_paper(sentence: str, evidence: Sequence[Evidence]) -> str:
    """A number said of one cited paper that stands in another's sentence only; empty where there is none."""
    called = {nickname(one.paper): one for one in evidence if nickname(one.paper)}
    places = sorted((at, name) for name in called if (at := sentence.find(name)) >= 0)
    if len(places) < 2 or re.search(r"\brespectively\b|\bboth\b", sentence):
        return ""
    bounds = [at for at, _ in places] + [len(sentence)]
    parts = [sentence[start:end] for start, end in zip(bounds, bounds[1:], strict=False)]
    if any(len(part.split()) < 4 for part in parts):  # 'KIVI and ZipCache reach …'
        return ""
    for (_, name), part in zip(places, parts, strict=True):
        own = claims.numbers(" ".join(one.sentence.text for one in evidence if nickname(one.paper) == name))
        for number in claims.numbers(part):
            if not is_small(number) and not any(number.meets(other) for other in own):
                return f"{number.written} is not said of {name}"
    return ""


def exact_doubt(sentence: str, source: Source) -> str:
    """What a sentence leaves out or takes from elsewhere in the abstract, in words; empty where there is nothing."""
    for name in claims.names(sentence):
        if not holds_name(claims.squeeze(name), source):
            return f"“{name}” is not in the cited sentence"
    for written, bound in bounds(source.text):
        if bound in MATERIAL and written in numbers_written(sentence) and not dict(bounds(sentence)).get(written):
            return f"the source sets a bound to {written} that is left out"
    return ""


def contrary_bound(sentence: str, source: Source) -> str:
    told = dict(bounds(source.text))
    for written, bound in bounds(sentence):
        if told.get(written) and told[written] != bound:
            return f"turns round the bound that the source sets to {written}"
    return ""


def bounds(text: str) -> list[tuple[str, str]]:
    """The numbers of a text that a bound stands before ('up to 65%'), each as it is written with its bound."""
    found = []
    for one in claims.FIGURE.finditer(text):
        if before := QUALIFIED.search(text[: one.start()]):
            found.append((one["number"], QUALIFIERS[before[1].casefold()]))
    return found


def numbers_written(text: str) -> set[str]:
    return {one["number"] for one in claims.FIGURE.finditer(text)}


def lack(sentence: str, source: Source) -> str:
    """What of a sentence its source does not hold, in its words."""
    held = stems(source.text) | stems(source.about)
    missing = [w for w in claims.WORD.findall(sentence) if (t := tokenize(w)) and not any(like(x, held) for x in t)]
    longest = sorted(dict.fromkeys(missing), key=lambda word: -len(word))[:3]
    return (
        f"only partly in the cited sentence (not: {', '.join(longest)})" if longest else "only near the cited sentence"
    )
