"""Whether what was found answers a question, comes close to it, or is about something else, and the sentence that
says so. Knows no index and no conversation.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ingest.words import WordIndex
from rag.answer import Evidence, Ranked
from rag.names import short_name
from rag.support import Support, measure

# Logistic models, one for each way a question points at its papers: log-odds that they answer it, per unit of each
# signal of `rag.support`. Fitted by tests/bench/calibrate_refusal.py to tests/bench/data/refusal_questions.jsonl, with
# --corpus giving 260 other Daily Papers; run it again when a signal or the scores of a search change.
MODELS: Mapping[str, Mapping[str, float]] = {
    "named": {
        "": -0.52,
        "known": 1.04,
        "elsewhere": -2.47,
        "thing": -1.29,
        "number": -3.09,
        "number near": 7.44,
        "number sentence": 1.6,
        "unit": -2.23,
        "names": -3.67,
        "cosine": 3.88,
        "formula": -3.67,
        "outside": -4.64,
    },
    "described": {
        "": -5.34,
        "unknown": -2.98,
        "run": -0.79,
        "lack": 2.88,
        "thing share": -1.25,
        "number": -2.1,
        "number near": 6.3,
        "names": -3.69,
        "cosine": 6.13,
        "formula": -4.44,
        "outside": -3.33,
        "paper": 1.05,
        "topic": -2.38,
        "length": 1.67,
    },
    "compared": {"": 3.34, "lack": -6.39, "number": -0.86, "names": -6.99},
}
ANSWERED_FROM = 0.45  # probability; on the curve of the same script, 0.4 to 0.5 do about as well
CLOSE_FROM = 0.36  # cosine of the best two sentences from which a paper that is not named comes close
NEIGHBOURS = 2  # sentences quoted beside 'close'
NEAREST = 3  # papers named beside 'absent'


class Outcome(StrEnum):
    """What can be said to a question."""

    ANSWERED = "answered"
    CLOSE = "close"  # the papers it is about are here and do not say it
    ABSENT = "absent"  # it is about nothing here


@dataclass(frozen=True, slots=True)
class Verdict:
    """An outcome and the probability that the evidence answers.

    `missing` is the thing asked for that no evidence states, in the asker's words ('learning rate'), or empty;
    `mentioned` says that it is spoken of, only not with the number asked for. `papers` are the ids of those meant.
    """

    outcome: Outcome
    probability: float
    missing: str = ""
    mentioned: bool = False
    papers: tuple[str, ...] = ()


def weigh(question: str, ranked: Sequence[Ranked], words: WordIndex, *, named: Collection[str] = ()) -> Verdict:
    """Whether the papers found, those the question is about first, answer a question that stands by itself.

    `words` gives the rarity of words in the collection; `named` are ids of papers the question is known to mean.
    """
    if not ranked:
        return Verdict(Outcome.ABSENT, 0.0)
    support = measure(question, ranked, words, named)
    chance = probability(support)
    if chance >= ANSWERED_FROM:
        return Verdict(Outcome.ANSWERED, chance)
    meant = support.group == "named" or any(found.paper.id in named for found in support.papers)
    ids = tuple(found.paper.id for found in support.papers)
    if meant or support.signals["cosine"] >= CLOSE_FROM:
        return Verdict(Outcome.CLOSE, chance, support.missing, support.mentioned, ids)
    return Verdict(Outcome.ABSENT, chance, support.unheard)


def probability(support: Support) -> float:
    """The chance (0 to 1) that evidence with these signals answers."""
    model = MODELS[support.group]
    return 1 / (1 + math.exp(-sum(value * support.signals.get(name, 1.0) for name, value in model.items())))


def refusal(verdict: Verdict, ranked: Sequence[Ranked], count: int) -> tuple[str, tuple[Evidence, ...]]:
    """One plain sentence that says why there is no answer, and for 'close' the sentences that come nearest."""
    if not ranked:
        return "There are no papers here to answer from.", ()
    if verdict.outcome is Outcome.CLOSE:
        meant = next((found for found in ranked if found.paper.id in verdict.papers), ranked[0])
        near = meant.evidence[:NEIGHBOURS]
        return f"{_lack(verdict, meant)}{'; this comes nearest' if near else ''}.", near
    none = "The one paper here does not" if count == 1 else f"None of the {count} papers here"
    verb = ("mention" if verdict.missing else "answer") + ("" if count == 1 else "s")
    what = f"“{verdict.missing}”" if verdict.missing else "that"
    names = [short_name(found.paper) for found in ranked[:NEAREST]]
    nearest = f"the nearest are {', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else ""
    return f"{none} {verb} {what}{'; ' + nearest if nearest else ''}.", ()


def _lack(verdict: Verdict, found: Ranked) -> str:
    abstract = f"The abstract of {short_name(found.paper)}"
    if not verdict.missing:
        return f"{abstract} does not say that"
    if verdict.mentioned:
        return f"{abstract} gives no number for “{verdict.missing}”"
    return f"{abstract} does not mention “{verdict.missing}”"
