"""Small models over vectors of all-MiniLM-L6-v2 and counted words, learnt by tests/bench/fit.py from questions on other
papers than the bundled ones.

A question is read for what kind of answer it wants, by its vector and its words; by its vector alone for what a
sentence that answers it does, whether that has a figure, and how often abstracts answer such questions. `roles` tells
what a sentence of an abstract does. The others turn measured signals into log-odds; of each there is one with vectors
and one by words alone.
"""

import math
import re
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

LEARNT = Path(__file__).with_name("learned.npz")
MODEL = "minilm-l6-v2"  # whose vectors they were learnt for
KINDS = ("few", "paper", "every", "about", "write")
ROLES = ("background", "approach", "result", "other")
WORD = re.compile(r"[^\W_]+|\?")
BUCKETS = 4096  # of hashed words
LEAST = 0.02  # chance of a role, so that its logarithm is bounded


@dataclass(frozen=True, slots=True)
class Linear:
    """`weights` (signals, outcomes) and `bias` (outcomes,) of a linear model."""

    weights: Floats
    bias: Floats

    def __call__(self, signals: Floats) -> Floats:
        return np.asarray(signals @ self.weights + self.bias, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Reading:
    """What is read of a question: the chance of each of KINDS, the logarithms of the chances that each of ROLES answers
    it, the chance that a figure does, and log-odds that abstracts answer such questions."""

    kinds: dict[str, float]
    roles: Floats
    figure: float
    usual: float


UNREAD = Reading({"few": 1.0}, np.full(len(ROLES), np.log(1 / len(ROLES)), np.float32), 0.3, 0.0)


@cache
def model(name: str) -> Linear:
    """A model by its name."""
    with np.load(LEARNT, allow_pickle=False) as held:
        return Linear(held[f"{name} weights"].astype(np.float32), held[f"{name} bias"].astype(np.float32))


def variant(embedding: str) -> str:
    """Which models hold for vectors of an embedding model: 'meaning' or, for any other and for none, 'words'."""
    return "meaning" if embedding == MODEL else "words"


def read_question(text: str, vector: Floats | None, embedding: str) -> Reading:
    """What is read of a question and its vector (dim,); of another model's vector, or of none, only the kind."""
    words = hashed_words(text)
    if vector is None or embedding != MODEL:
        return replace(UNREAD, kinds=_by_kind(model("kinds words")(words)))
    kinds = _by_kind(model("kinds meaning")(np.concatenate([vector, words])))
    roles = softmax(model("wanted")(vector))
    figure, usual = float(chance(model("figure")(vector))[0]), float(model("usual")(vector)[0])
    return Reading(kinds, np.log(roles + LEAST), figure, usual)


def _by_kind(scores: Floats) -> dict[str, float]:
    return dict(zip(KINDS, softmax(scores).tolist(), strict=True))


def hashed_words(text: str) -> Floats:
    """A text by its words and pairs of words, (BUCKETS,), of length 1: each counts once, in the place of its hash."""
    words = ["", *WORD.findall(text.casefold())]
    places = {crc32(term.encode()) % BUCKETS for term in (*words[1:], *map(" ".join, pairwise(words)))}
    found = np.zeros(BUCKETS, np.float32)
    found[list(places)] = 1 / math.sqrt(len(places) or 1)
    return found


def roles_of(rows: Floats) -> Floats:
    """The chance of each of ROLES for the sentences of an abstract, (sentences, len(ROLES)), from their vectors in
    order, (sentences, dim)."""
    count = len(rows)
    place = np.arange(count) / max(1, count - 1)
    ends = np.arange(count) == 0, np.arange(count) == count - 1
    return softmax(model("roles")(np.column_stack([rows, place, place**2, *ends]).astype(np.float32)))


def softmax(scores: Floats) -> Floats:
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), dtype=np.float32)


def chance(log_odds: Floats | float) -> Floats:
    """Log-odds as a chance from 0 to 1."""
    return np.asarray(1 / (1 + np.exp(-np.clip(log_odds, -50, 50))), dtype=np.float32)
