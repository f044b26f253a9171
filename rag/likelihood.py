"""How likely papers are among those asked for, out of what was measured of them. Knows no index and no words."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rag.shelf import Floats

KNOWN = 10  # papers that USUAL counts for, since a handful have no mean and spread of their own to speak of
USUAL_SHARE = 0.049  # of the papers that belong, among those that the models below were fitted to
PRESUMED = 4.0  # what 'which of these' adds to the odds of each of a few: about a fourth of six papers, not 1 in 20
MOST_STEPS = 100  # of finding a share

# What is measured of a paper for a topic, and a logistic model of it: fitted by tests/bench/calibrate_survey.py to
# tests/bench/data/survey_questions.jsonl. Run it again when a measure changes.
SIGNALS = ("words", "merit", "whole gap", "named")
RELATIVE = 1  # of them, the first, are told in spreads above the mean of all papers
LISTED = 0.25  # probability from which a paper is listed: the best balance of recall and precision found there

# What is measured of a topic over all papers, and a logistic model of whether any is about it, fitted by the same
# script to those questions and to tests/bench/data/refusal_questions.jsonl, as many with such papers as without.
SPOKEN = ("nearest", "most words", "unknown")
ANY = 0.35  # chance that any paper is about the topic from which there is a list: 8 of 155 that papers have are lost


@dataclass(frozen=True, slots=True)
class Model:
    """`weights` of SIGNALS and then the intercept; `usual` are the mean and spread of the relative ones."""

    usual: tuple[tuple[float, float], ...]
    weights: tuple[float, ...]


BY_MEANING = Model(((0.0493, 0.0783),), (0.7309, 6.3527, 9.1786, 3.0735, -4.5166))
BY_WORDS = Model(((0.0493, 0.0783),), (1.2414, 4.5302, 0.0, 3.942, -4.6735))
ANY_BY_MEANING = (13.7923, 7.3047, -2.3636, -6.6533)
ANY_BY_WORDS = (0.0, 9.5277, -3.1212, -1.0971)


def rarity(count: int, held: int) -> float:
    """How rare a word is that `held` of `count` papers have, in nats (Lucene's formula)."""
    return float(np.log(1 + (count - held + 0.5) / (held + 0.5)))


def chances(signals: Floats, model: Model, everywhere: Floats | None = None) -> Floats:
    """The probability of each paper, out of what was measured of all."""
    described = describe(signals, model.usual, everywhere)
    logits = described @ np.asarray(model.weights[:-1]) + model.weights[-1]
    found: Floats = (1 / (1 + np.exp(-logits))).astype(np.float32)
    return found


def chance_of_any(spoken: Floats, model: Sequence[float]) -> float:
    """The chance (0 to 1) that some paper is about a topic, by a model of one weight for each of SPOKEN and then the
    intercept."""
    return float(1 / (1 + np.exp(-(spoken @ np.asarray(model[:-1]) + model[-1]))))


def among_more(found: Floats, total: int) -> Floats:
    """Chances as they are where a topic has a smaller share of the papers than where the models were fitted.

    The share is found with them, by expectation maximisation (Saerens, Latinne and Decaestecker, 2002); papers that
    were not judged count as not about the topic.
    """
    chances, share = found.astype(np.float64), USUAL_SHARE
    for _ in range(MOST_STEPS):
        yes = found * (share / USUAL_SHARE)
        chances = yes / (yes + (1 - found) * ((1 - share) / (1 - USUAL_SHARE)))
        before, share = share, max(float(chances.sum()) / total, 1 / total)
        if abs(share - before) < 0.01 * share:
            break
    return chances.astype(np.float32)


def presumed(chance: float) -> float:
    """A chance where the asker takes it that one of a few papers fits: the odds that far higher."""
    odds = PRESUMED * chance / (1 - chance) if chance < 1 else 1.0
    return odds / (1 + odds) if chance < 1 else 1.0


def leave_out(unlikely: Floats) -> Floats:
    """The probability of each paper where a topic is only ruled out: listed is what would not be listed for it."""
    even = LISTED / (1 - LISTED)
    return (even**2 * unlikely / (1 - unlikely + even**2 * unlikely)).astype(np.float32)


def describe(signals: Floats, usual: tuple[tuple[float, float], ...], everywhere: Floats | None = None) -> Floats:
    """The signals with the relative ones in spreads above the mean, both drawn to the usual where papers are few.

    Mean and spread are those of `everywhere` (papers, RELATIVE): the relative signals of all papers, by default these.
    """
    mean, spread = np.asarray(usual).T
    relative = signals[:, :RELATIVE]
    over = relative if everywhere is None else everywhere
    middle = (over.sum(axis=0) + KNOWN * mean) / (len(over) + KNOWN)
    variance = (((over - middle) ** 2).sum(axis=0) + KNOWN * spread**2) / (len(over) + KNOWN)
    described = np.concatenate([(relative - middle) / np.sqrt(variance + 1e-12), signals[:, RELATIVE:]], axis=1)
    return described.astype(np.float32)
