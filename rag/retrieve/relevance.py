"""How likely each paper found is among those that a question for all papers wants, by a model learnt from questions
whose papers are all known (see `rag.retrieve.learned`)."""

import math

import numpy as np

from rag.retrieve.learned import Floats, chance, model, variant
from rag.retrieve.search import Weighed

NEIGHBOURS, NEAR_WIDTH = 5, 0.1  # papers; the difference of cosines over which the weight of one falls to 1/e
WIDE = 8  # times as many candidates as for one answer
# Chances from which a paper is listed, is listed as a strong match, and from which of the best one there is a match at
# all: read off what tests/bench/fit.py prints.
POSSIBLE, STRONG, ANY = 0.16, 0.7, 0.4


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
    if kind == "meaning":
        beside = neighbourhood(signals.vectors, signals.meaning)
        views += [signals.meaning, signals.whole, signals.passage, *beside]
    raw = np.column_stack(views)
    best = raw.max(axis=0)
    asked = np.tile([math.log(1 + len(weighed.query.idf)), *best], (len(raw), 1))
    return np.column_stack([raw, raw - best, asked]).astype(np.float32)


def neighbourhood(vectors: Floats, values: Floats) -> tuple[Floats, Floats]:
    """The mean value of each paper's NEIGHBOURS nearest others, and of all others, the nearer the more: papers on one
    subject fit a question together (the cluster hypothesis of van Rijsbergen, 1979)."""
    alike = vectors @ vectors.T
    np.fill_diagonal(alike, -np.inf)
    nearest = np.argpartition(-alike, min(NEIGHBOURS, len(values) - 1), axis=1)[:, :NEIGHBOURS]
    weights = np.exp(alike / NEAR_WIDTH)
    return values[nearest].mean(axis=1), weights @ values / np.maximum(weights.sum(axis=1), 1e-9)
