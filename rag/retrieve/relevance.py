"""How likely each paper found is among those that a question for all papers wants, by a model learnt from questions
whose papers are all known (see `rag.retrieve.learned`)."""

import math

import numpy as np

from rag.retrieve.learned import Floats, chance, model, variant
from rag.retrieve.search import Weighed

WIDE = 8  # times as many candidates as for one answer
# Chances from which a paper is listed, is listed as a strong match, and from which of the best one there is a match at
# all: read off what tests/bench/fit.py prints.
POSSIBLE, STRONG, ANY = 0.14, 0.65, 0.4


def relevance(weighed: Weighed) -> Floats:
    """The chance (0 to 1) of each candidate, in their order."""
    if not weighed.signals.numbers:
        return np.zeros(0, np.float32)
    kind = variant(weighed.query.embedding)
    return chance(model(f"relevance {kind}")(measure(weighed, kind))[:, 0])


def measure(weighed: Weighed, kind: str) -> Floats:
    """The signals of each candidate: its views, how far they are below the best, and what tells one question from
    another."""
    signals = weighed.signals
    views = [signals.coverage, weighed.scores]
    views += [signals.meaning, signals.whole, signals.passage] if kind == "meaning" else []
    raw = np.column_stack(views)
    best = raw.max(axis=0)
    asked = np.tile([math.log(1 + len(weighed.query.idf)), *best], (len(raw), 1))
    return np.column_stack([raw, raw - best, asked]).astype(np.float32)
