"""How close a claim stands to the sentences it cites, by words and vectors, as a probability that they support it.

Knows nothing of papers; says nothing about single numbers and names, which must stand exactly (`rag.check`).
"""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache

from rag.claims import HEDGE, SWEEPING, Claim, initials, spelled_out, stands_in, terms
from rag.polarity import Polarity, contest_turned, read_polarity, turned_round
from rag.quantities import Quantity, equal, plain, read_quantities

SAME_ROOT = 0.7  # what a word is worth that shares its root with one of the source
ROOT = 5  # letters, or two thirds of the longer word, that make a root
LONG_WORD = 7  # letters from which a stem counts in full; short ones say less
CLOSE_COVER = 0.5  # share of a claim's words from which a lone opposite is about the same thing
# Log-odds that a claim is supported, per unit of each signal, with vectors and by words alone. Fitted by
# tests/bench/calibrate_check.py to SciFact; run it again when a signal changes.
MODELS: Mapping[str, Mapping[str, float]] = {
    "vectors": {
        "": -3.21,
        "cover": 0.68,
        "abstract": 2.54,
        "names": -0.12,
        "numbers": -0.46,
        "hedge": 0.12,
        "sweeping": -0.77,
        "length": -0.03,
        "cosine": 2.37,
        "opposed": -1.66,
        "contest": -1.08,
        "claim denies": -2.02,
        "source denies": -0.16,
        "both deny": 0.49,
    },
    "words": {
        "": -2.12,
        "cover": 1.54,
        "abstract": 2.27,
        "names": -0.17,
        "numbers": -0.5,
        "hedge": 0.11,
        "sweeping": -0.83,
        "length": 0.02,
        "opposed": -1.62,
        "contest": -0.72,
        "claim denies": -2.13,
        "source denies": -0.15,
        "both deny": 0.37,
    },
}


def measure(
    claim: Claim, spans: Sequence[str], context: str, *, abstract: str, cosine: float | None
) -> dict[str, float]:
    """The signals of one claim against the sentences it cites.

    `context` is what else it may speak of (title, names), `abstract` all that its papers say; `cosine` is that of the
    claim and the spans together, None where there is no model.
    """
    text, whole = " ".join(map(plain, spans)), f"{context} . {plain(abstract)}"
    held, told, anywhere = tuple(terms(text)), tuple(terms(context)), tuple(terms(whole))
    spelled = spelled_out(claim.terms, text)
    inside = {t: 1.0 if t in spelled else worth(t, held, text) for t in claim.terms}
    beside = {t: max(inside[t], worth(t, told, context)) for t in claim.terms}
    somewhere = {t: max(beside[t], worth(t, anywhere, whole)) for t in claim.terms}
    cover = _share(claim.terms, beside)
    signals = {
        "cover": cover,
        "span": _share(claim.terms, inside),
        "abstract": _share(claim.terms, somewhere),
        "names": min(2.0, sum(not stands_in(name, whole) for name in claim.names)),
        "numbers": float(sum(not any(equal(q, other) for other in numbers_of(text)) for q in claim.quantities)),
        "hedge": float(bool(HEDGE.search(text)) and not claim.hedged),
        "sweeping": float(claim.sweeping and not SWEEPING.search(text)),
        "length": math.sqrt(len(claim.terms)),
    }
    if cosine is not None:
        signals["cosine"] = cosine
    return signals | _turns(claim.polarity, read_polarity(text), close=cover >= CLOSE_COVER)


def _share(claim_terms: Sequence[str], held: Mapping[str, float]) -> float:
    """How much of a claim's words are held, the long ones counting more; all of none."""
    mass = sum(map(weight, claim_terms))
    return sum(weight(t) * held[t] for t in claim_terms) / mass if mass else 1.0


def _turns(claim: Polarity, source: Polarity, *, close: bool) -> dict[str, float]:
    return {
        "turned": float(turned_round(claim, source, close=close) is not None),
        "opposed": float(turned_round(claim, source, close=close, surely=False) is not None),
        "contest": float(contest_turned(claim, source)),
        "claim denies": float(bool(set(claim.denied) - source.in_denial) and not source.denied),
        "source denies": float(bool(source.denied) and not claim.denied),
        "both deny": float(bool(source.denied) and bool(claim.denied)),
    }


SURE = 50.0  # log-odds beyond which nothing changes


def probability(signals: Mapping[str, float]) -> float:
    """The chance (0 to 1) that a claim with these signals is supported."""
    model = MODELS["vectors" if "cosine" in signals else "words"]
    odds = sum(value * signals.get(name, 1.0) for name, value in model.items())
    return 1 / (1 + math.exp(-max(-SURE, min(SURE, odds))))


@lru_cache(maxsize=20_000)
def numbers_of(text: str) -> tuple[Quantity, ...]:
    """The numbers of a plain text, those inside names as well."""
    return (*read_quantities(text), *read_quantities(text, inside_names=True))


def weight(term: str) -> float:
    """How much a stem says, by its length: nothing else is known of it here."""
    return min(1.0, len(term) / LONG_WORD)


def worth(term: str, held: Sequence[str], text: str) -> float:
    """How surely a text of these stems holds one: 1 as it stands or spelled out, less by its root, else 0."""
    if term in held or (3 <= len(term) <= 5 and term.rstrip("s") in initials(text)):
        return 1.0
    return SAME_ROOT if any(_same_root(term, other) for other in held) else 0.0


@lru_cache(maxsize=200_000)
def _same_root(a: str, b: str) -> bool:
    least = max(ROOT, math.ceil(0.66 * max(len(a), len(b))))
    return a[:least] == b[:least] and min(len(a), len(b)) >= least
