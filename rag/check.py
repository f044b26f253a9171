"""Whether a sentence that a language model wrote stands in the source sentences it cites, and why not.

Numbers, names and directions must stand exactly; the rest must be close enough by words and vectors. Knows no question,
no index and no writer.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from ingest.embedding import Embedder
from ingest.errors import ModelError
from rag.answer import Evidence
from rag.attribution import Finding, check_names, check_numbers
from rag.claims import Claim, own_names, plain_sentence, read_claim, terms
from rag.closeness import CLOSE_COVER, measure, probability, worth
from rag.polarity import contest_turned, denied, read_polarity, turned_round
from rag.quantities import plain
from rag.slots import exchanged

SUPPORTED_FROM = 0.5  # probability of `rag.closeness`; where tests/bench/calibrate_check.py weighs both errors alike
# Share of the sentence's words in the span plus the cosine of the two. By tests/bench/planted.py: nearly all true
# rewordings reach it, and hardly any sentence cited to the likest one of another paper.
NEAR_FROM, NEAR_FROM_WORDS = 1.2, 0.5
FAR_BELOW = 0.15  # probability under which a sentence is about something else
FEWEST_WORDS = 4  # of a part of a source sentence that can be called its words
REMEMBERED = 4096  # vectors of source sentences kept, 1.5 KB each
CANDIDATES, PAIRED = 6, 3  # source sentences looked at closely for a better citation, and set in pairs
NO_LETTER = re.compile(r"[^\w%×.]+|\.(?!\d)")


class Verdict(StrEnum):
    """How a sentence stands to its sources, best first."""

    VERBATIM = "verbatim"
    SUPPORTED = "supported"
    WEAK = "weak"
    UNSUPPORTED = "unsupported"


RANK = {verdict: rank for rank, verdict in enumerate(reversed(Verdict))}


@dataclass(frozen=True, slots=True)
class Check:
    """A verdict, why in a few plain words (empty where all is well), and the probability of support (0 to 1)."""

    verdict: Verdict
    reason: str
    score: float

    @property
    def verified(self) -> bool:
        return self.verdict in (Verdict.VERBATIM, Verdict.SUPPORTED)


class Checker:
    """Checks sentences against evidence; safe to share between threads.

    `embedder` may be None: then words alone tell. `knows` says whether any paper of the collection has a name,
    `named` which names of its papers a sentence mentions, as it writes them.
    """

    def __init__(
        self,
        embedder: Embedder | None = None,
        knows: Callable[[str], bool] | None = None,
        named: Callable[[str], Collection[str]] | None = None,
    ) -> None:
        self._embedder, self._knows, self._named = embedder, knows, named
        self._vectors: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        self._lock = Lock()

    @property
    def knows(self) -> Callable[[str], bool] | None:
        """Whether any paper of the collection has a name; None where that cannot be told."""
        return self._knows

    def check(self, sentence: str, evidence: Sequence[Evidence]) -> Check:
        """The verdict on one sentence and the source sentences it cites."""
        if not evidence:
            return Check(Verdict.UNSUPPORTED, "no source is cited", 0.0)
        if any(is_quote(sentence, found.sentence.text) for found in evidence):
            return Check(Verdict.VERBATIM, "", 1.0)
        claim = read_claim(sentence)
        signals = self.signals(sentence, evidence)
        score = probability(signals)
        near = signals["span"] + signals.get("cosine", NEAR_FROM - NEAR_FROM_WORDS) >= NEAR_FROM
        others = self._named(claim.text) if self._named else ()
        findings = [*check_numbers(claim, evidence), *check_names(claim, evidence, others, self._knows)]
        findings += _directions(claim, evidence)
        if wrong := next((found for found in findings if found.wrong), None):
            return Check(Verdict.UNSUPPORTED, wrong.reason, min(score, FAR_BELOW))
        if score < FAR_BELOW and not near:
            return Check(Verdict.UNSUPPORTED, "the cited sentence is about something else", score)
        if findings:
            return Check(Verdict.WEAK, findings[0].reason, score)
        if score < SUPPORTED_FROM or not near:
            return Check(Verdict.WEAK, _lack(claim, evidence), score)
        return Check(Verdict.SUPPORTED, "", score)

    def best(self, sentence: str, candidates: Sequence[Evidence]) -> tuple[tuple[Evidence, ...], Check] | None:
        """The candidate or pair of candidates that supports a sentence best; None where there are none."""
        claim = read_claim(sentence)
        near = sorted(_distinct(candidates), key=lambda found: -_words_shared(claim, found))[:CANDIDATES]
        single = [((found,), self.check(sentence, (found,))) for found in near]
        if not single:
            return None
        top = max(single, key=_standing)
        if top[1].verified:
            return top
        leading = [found for (found,), _ in sorted(single, key=_standing, reverse=True)[:PAIRED]]
        pairs = [(pair, self.check(sentence, pair)) for pair in combinations(leading, 2)]
        better = [pair for pair in pairs if RANK[pair[1].verdict] > RANK[top[1].verdict]]
        return max(better, key=_standing) if better else top

    def signals(self, sentence: str, evidence: Sequence[Evidence]) -> dict[str, float]:
        """What `rag.closeness` makes of one sentence and its sources."""
        spans = [found.sentence.text for found in evidence]
        papers = {found.paper.id: found.paper for found in evidence}.values()
        return measure(
            read_claim(sentence),
            spans,
            " . ".join(map(own_names, papers)),
            abstract=" ".join(paper.abstract for paper in papers),
            cosine=self._cosine(plain_sentence(sentence), " ".join(spans)),
        )

    def _cosine(self, sentence: str, source: str) -> float | None:
        if self._embedder is None:
            return None
        with self._lock:
            missing = [text for text in (sentence, source) if text not in self._vectors]
        try:
            made = self._embedder.embed(missing) if missing else ()
        except ModelError:  # a remote model that does not answer: words tell alone
            return None
        with self._lock:
            self._vectors.update(zip(missing, made, strict=True))
            vectors = [self._vectors[text] for text in (sentence, source)]
            while len(self._vectors) > REMEMBERED:
                self._vectors.popitem(last=False)
        return float(vectors[0] @ vectors[1])


def is_quote(sentence: str, source: str) -> bool:
    """Whether a sentence is the source, or a part of it that stands by itself, word for word."""
    quote, whole = _letters(plain_sentence(sentence)), _letters(plain(source))
    if quote == whole:
        return bool(quote)
    at = f" {whole} ".find(f" {quote} ")
    if at < 0 or len(quote.split()) < FEWEST_WORDS:
        return False
    # A part may begin where a clause does: not behind 'does not' or 'fails to'.
    before = whole[:at].split()
    return (not before or before[-1] in ("that", "and", "while")) and not read_polarity(" ".join(before)).denied


def _letters(text: str) -> str:
    return " ".join(NO_LETTER.sub(" ", text.casefold()).split())


def _directions(claim: Claim, evidence: Sequence[Evidence]) -> list[Finding]:
    """Where the sentence says the opposite of the source."""
    text = " ".join(plain(found.sentence.text) for found in evidence)
    source = read_polarity(text)
    held = set(terms(text))
    cover = sum(term in held for term in claim.terms) / (len(claim.terms) or 1)
    if turned := turned_round(claim.polarity, source, close=cover >= CLOSE_COVER):
        return [Finding(True, f"says “{turned[0]}” where the source says “{turned[1]}”")]
    if contest_turned(claim.polarity, source):
        return [Finding(True, "the source says that the other way round")]
    if denial := denied(claim.polarity, source):
        word = next((word for word in re.findall(r"\w+", claim.text) if terms(word) == [denial[0]]), denial[0])
        wrong = (
            f"denies “{word}”, which the source affirms" if denial[1] else f"affirms “{word}”, which the source denies"
        )
        return [Finding(True, wrong)]
    for found in evidence:
        if other := exchanged(claim.text, plain(found.sentence.text)):
            return [Finding(False, f"says “{other[0]}” where the source says “{other[1]}”")]
    return []


def _lack(claim: Claim, evidence: Sequence[Evidence]) -> str:
    """What of a sentence the source does not say, in the sentence's words."""
    text = " ".join(plain(found.sentence.text) for found in evidence)
    held = tuple(terms(text + " " + " ".join(own_names(found.paper) for found in evidence)))
    absent = {term for term in claim.terms if not worth(term, held, text)}
    words = [word for word in dict.fromkeys(re.findall(r"[^\W\d_]+", claim.text)) if set(terms(word)) & absent]
    if not words:
        return "it is only near to what the source says"
    listed = ", ".join(f"“{word}”" for word in words[:3])
    return f"the cited sentence does not speak of {listed}"


def _distinct(evidence: Iterable[Evidence]) -> list[Evidence]:
    return list({(e.paper.id, e.sentence.start, e.sentence.end): e for e in evidence}.values())


def _words_shared(claim: Claim, found: Evidence) -> float:
    held = set(terms(plain(found.sentence.text)))
    own = set(terms(own_names(found.paper)))
    numbers = sum(q.written.casefold() in found.sentence.text.casefold() for q in claim.quantities)
    return sum(1.0 if t in held else 0.5 * (t in own) for t in claim.terms) + 2 * numbers


def _standing(found: tuple[tuple[Evidence, ...], Check]) -> tuple[int, float]:
    return RANK[found[1].verdict], found[1].score
