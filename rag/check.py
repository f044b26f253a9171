"""Stub."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ingest.embedding import Embedder
from ingest.words import stems
from rag.answer import Evidence


class Verdict(StrEnum):
    VERBATIM = "verbatim"
    SUPPORTED = "supported"
    WEAK = "weak"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Check:
    verdict: Verdict
    reason: str = ""
    score: float = 0.0


class Checker:
    def __init__(self, embedder: "Embedder | None") -> None:
        self._embedder = embedder

    def check(self, sentence: str, evidence: Sequence[Evidence]) -> Check:
        held = set().union(*(stems(e.sentence.text) | stems(e.paper.title) for e in evidence))
        own = stems(sentence)
        share = len(own & held) / max(1, len(own))
        if share > 0.6:
            return Check(Verdict.SUPPORTED, "", share)
        return Check(Verdict.WEAK if share > 0.4 else Verdict.UNSUPPORTED, "too little of it is in the source", share)

    def best(self, sentence: str, candidates: Sequence[Evidence]) -> "tuple[tuple[Evidence, ...], Check] | None":
        if not candidates:
            return None
        found = max(candidates, key=lambda e: self.check(sentence, [e]).score)
        return (found,), self.check(sentence, [found])
