"""Whether what was found answers a question, comes close to it, or is about something else, and the sentence that
says so. Knows no index and no conversation.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ingest.names import short_name
from ingest.paper import Paper
from ingest.words import WordIndex
from rag.answer import Evidence, Ranked
from rag.figures import VALUE
from rag.support import Support, measure

# Logistic models, one for each way a question points at its papers: log-odds that they answer it, per unit of each
# signal of `rag.support`. Fitted by tests/bench/calibrate_refusal.py to tests/bench/data/refusal_questions.jsonl, with
# --corpus giving 260 other Daily Papers; run it again when a signal or the scores of a search change. That of what is
# described is of the first 546 of them: the others are long, and taught it to refuse a bare keyword.
MODELS: Mapping[str, Mapping[str, float]] = {
    "named": {
        "": 0.35,
        "known": 0.56,
        "elsewhere": -2.26,
        "thing": -1.07,
        "number": -3.21,
        "number near": 8.81,
        "number sentence": 0.87,
        "unit": -2.88,
        "names": -3.36,
        "cosine": 2.55,
        "formula": -4.14,
        "outside": -4.97,
    },
    "described": {
        "": -7.58,
        "unknown": -2.78,
        "run": -0.64,
        "lack": 4.98,
        "rest together": 2.26,
        "thing share": -1.08,
        "number": -2.07,
        "number near": 6.16,
        "names": -3.38,
        "cosine": 6.8,
        "formula": -4.81,
        "outside": -2.6,
        "paper": 0.84,
        "topic": -2.19,
        "length": 1.78,
    },
    "compared": {
        "": 4.39,
        "lack": -6.49,
        "asking": -1.0,
        "rest": -1.0,
        "number": -0.77,
        "names": -3.36,
    },
}
# The probability from which papers answer, by the same script's curve. Where a paper is named, what its abstract says
# of the thing is of use even in doubt, so less is asked, but for a number; where none is, it may be about another one.
ANSWERED_FROM: Mapping[str, float] = {"named": 0.2, "described": 0.45, "compared": 0.2}
NUMBER_FROM = 0.35
# How near (1 / (1 + words between)) a number has to stand to what is counted: four words at most. So it does for 29 of
# 30 counts that own questions ask of a named paper which gives them, and for 3 of 54 where it does not.
COUNTED_NEAR = 0.2
UNSAID = 0.01  # chance that a paper answers which `rag.unsaid` finds silent: 0 of 403 own questions that one answers
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

    `missing` are the things asked for that no evidence states, in the asker's words ('learning rate');
    `mentioned` says that they are spoken of, only not with the number asked for. `papers` are the ids of those meant.
    """

    outcome: Outcome
    probability: float
    missing: tuple[str, ...] = ()
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
    if answers(support, chance):
        return Verdict(Outcome.ANSWERED, chance)
    meant = support.group == "named" or any(found.paper.id in named for found in support.papers)
    ids = tuple(found.paper.id for found in support.papers)
    if meant or support.signals["cosine"] >= CLOSE_FROM:
        return Verdict(Outcome.CLOSE, chance, _those(support.missing), support.mentioned, ids)
    return Verdict(Outcome.ABSENT, chance, _those(support.unheard))


def lacking(things: Sequence[str], papers: Sequence[str]) -> Verdict:
    """The verdict on a question for things that the paper meant does not speak of (see `rag.unsaid`)."""
    return Verdict(Outcome.CLOSE, UNSAID, tuple(things), papers=tuple(papers))


def _those(thing: str) -> tuple[str, ...]:
    return (thing,) if thing else ()


def answers(support: Support, chance: float) -> bool:
    """Whether evidence with these signals and this chance answers."""
    if support.group == "named" and support.signals.get("number"):
        beside = not support.counts or support.signals["number near"] >= COUNTED_NEAR
        return beside and chance >= NUMBER_FROM
    return chance >= ANSWERED_FROM[support.group]


def probability(support: Support) -> float:
    """The chance (0 to 1) that evidence with these signals answers."""
    model = MODELS[support.group]
    return 1 / (1 + math.exp(-sum(value * support.signals.get(name, 1.0) for name, value in model.items())))


def refusal(
    verdict: Verdict, ranked: Sequence[Ranked], count: int, *, where: str = "here"
) -> tuple[str, tuple[Evidence, ...]]:
    """One plain sentence that says why there is no answer, and for 'close' the sentences that come nearest.

    `where` says which papers were looked at ('of August 2026').
    """
    if not ranked:
        return "There are no papers here to answer from.", ()
    if verdict.outcome is Outcome.CLOSE:
        meant = next((found for found in ranked if found.paper.id in verdict.papers), ranked[0])
        near = meant.evidence[:NEIGHBOURS]
        return f"{_lack(verdict, meant)}{'; this comes nearest' if near else ''}.", near
    none = f"The one paper {where} does not" if count == 1 else f"None of the {count} papers {where}"
    verb = ("mention" if verdict.missing else "answer") + ("" if count == 1 else "s")
    what = either(verdict.missing) or "that"
    names = [short_name(found.paper) for found in ranked[:NEAREST]]
    nearest = f"the nearest are {', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else ""
    return f"{none} {verb} {what}{'; ' + nearest if nearest else ''}.", ()


def _lack(verdict: Verdict, found: Ranked) -> str:
    if not verdict.missing:
        return f"The abstract of {short_name(found.paper)} does not plainly say that"
    if verdict.mentioned:
        # Where what is quoted has figures, they may be of the same thing under another name.
        doubt = any(VALUE.search(near.sentence.text) for near in found.evidence[:NEIGHBOURS])
        plainly = " in so many words" if doubt else ""
        return f"The abstract of {short_name(found.paper)} gives no number for {either(verdict.missing)}{plainly}"
    return not_mentioned(found.paper, verdict.missing)


def not_mentioned(paper: Paper, things: Sequence[str]) -> str:
    return f"The abstract of {short_name(paper)} does not mention {either(things)}"


def not_spoken_of(paper: Paper, aspects: Sequence[str]) -> str:
    return f"The abstract of {short_name(paper)} does not plainly speak of its {' or '.join(aspects)}"


def either(things: Sequence[str]) -> str:
    """'“batch size” or “learning rate”'; empty for none."""
    return " or ".join(f"“{thing}”" for thing in things)
