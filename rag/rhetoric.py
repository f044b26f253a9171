"""What a sentence of an abstract is there to do: open the field, state the problem, the idea, a result, a limit.

Read from its turns of phrase and its place. Knows no question and no paper.
"""

from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache

from rag.cues import (
    ACTS,
    ADDS,
    ADMITS,
    AIMS,
    BUT,
    DOES,
    FIGURE,
    HERE,
    MEASURES,
    OTHERS,
    OUTCOME,
    OUTDOES,
    OVERCOMES,
    POINTS_BACK,
    PRAISES,
    PRICE,
    PROPOSES,
    REPORTS,
    SHARES,
    SOLVES,
    STEPS,
    STUDIES,
    TROUBLE,
    TURNS,
    VAGUE,
    WE,
)


class Role(StrEnum):
    """What a sentence does in an abstract."""

    BACKGROUND = "background"
    PROBLEM = "problem"
    IDEA = "idea"
    RESULT = "result"
    LIMITS = "limits"


DESCRIBES = 0.6  # weight of an idea that a sentence has for saying what the method does
LATEST_TURN = 0.85  # share of an abstract by which it has come to its own work, if it says so at all
ADMITTED = 1.5  # strength of a limit, which is rare and said in words of its own
LATE = 0.5  # place in the abstract from which on a limit is the paper's own


def turning_point(sentences: Sequence[str]) -> int:
    """The index of the first sentence that tells of the paper's own work; 0 where the last half has none before it."""
    first = next((i for i, text in enumerate(sentences) if _is_own(text)), 0)
    return first if first < max(2, LATEST_TURN * len(sentences)) else 0


def _is_own(sentence: str) -> bool:
    acts = any(cue.search(sentence) for cue in (PROPOSES, STUDIES, ACTS))
    return acts and not TURNS.search(sentence)


@lru_cache(maxsize=20_000)
def weigh(sentence: str, position: float, *, opening: bool = False) -> dict[Role, float]:
    """How strongly a sentence at `position` (0 first to 1 last in its abstract) plays each role, 0 to about 1.5.

    `opening` tells that it stands before the abstract's turning point, so what it says is of the field.
    """
    proposes, studies = bool(PROPOSES.search(sentence)), bool(STUDIES.search(sentence))
    acts = studies or bool(ACTS.search(sentence))
    own = proposes or acts or bool(WE.search(sentence))
    turns, others, figure = (bool(cue.search(sentence)) for cue in (TURNS, OTHERS, FIGURE))
    praises = bool(PRAISES.search(sentence)) and not BUT.search(sentence)
    reports, shares = bool(REPORTS.search(sentence)), bool(SHARES.search(sentence)) and not figure
    trouble = len({found[0].casefold() for found in TROUBLE.finditer(sentence)})
    measures = len({found[0].casefold() for found in MEASURES.finditer(sentence)})
    early, late = max(0.0, 1 - 1.6 * position), max(0.0, position - 0.4)
    problem = 0.35 * min(trouble, 2) + 0.3 * turns + 0.3 * others + 0.1 * early - 0.3 * praises
    if opening:
        return {
            Role.BACKGROUND: 0.5,
            Role.PROBLEM: problem if trouble or (turns and others) else 0.0,
            Role.IDEA: 0.0,
            Role.RESULT: 0.0,
            Role.LIMITS: 0.0,
        }
    does = max(DESCRIBES * bool(DOES.search(sentence)), 0.3 * bool(STEPS.search(sentence)))
    idea = 1.0 * proposes + (0.55 * studies or 0.4 * acts) * (not proposes) + does
    idea += 0.2 * (bool(HERE.search(sentence)) and (proposes or acts))
    idea -= (
        0.3 * figure
        + 0.4 * late
        + 0.4 * (turns and not own)
        + 0.6 * reports
        + shares
        + 0.3 * bool(ADDS.search(sentence))
        + 0.2 * bool(AIMS.search(sentence))
    )
    result = 0.25 * min(measures, 3) + 0.6 * figure + 0.6 * late + 0.3 * reports
    found = bool(OUTCOME.search(sentence)) or figure
    result += 0.3 * (bool(OUTDOES.search(sentence)) and not early) - 0.4 * bool(VAGUE.search(sentence)) * (not figure)
    result -= 0.3 * ((acts or does >= DESCRIBES) and not found and not reports)
    result -= 0.5 * (proposes and not reports) + 0.5 * early * (not own) + 0.5 * (turns and not figure) + shares
    of_others = 0.0 if own else 0.5 * early + (0.3 * (not measures) + 0.2 * (not trouble)) * (1 - position)
    is_problem = trouble or (turns and others)
    admits = position >= LATE and ADMITS.search(sentence) and not OVERCOMES.search(sentence)
    return {
        Role.BACKGROUND: 1.0 if shares else of_others,
        Role.PROBLEM: max(0.0, problem - 0.8 * own - 0.5 * (figure + reports) - 1.2 * late) if is_problem else 0.0,
        Role.IDEA: max(0.0, idea),
        Role.RESULT: max(0.0, result),
        Role.LIMITS: ADMITTED if admits else 0.0,
    }


def role(sentence: str, position: float) -> Role:
    """What a sentence at `position` (0 first to 1 last in its abstract) mainly does."""
    weights = weigh(sentence, position)
    return max(weights, key=lambda each: weights[each])


def admits_price(sentence: str) -> bool:
    """Whether a sentence says what its gain costs."""
    return bool(PRICE.search(sentence)) and not OVERCOMES.search(sentence)


def only_shares(sentence: str) -> bool:
    """Whether a sentence says where code, data or hopes are, and nothing of the work itself."""
    return bool(SHARES.search(sentence)) and not FIGURE.search(sentence)


def hints_at_problem(sentence: str, *, opening: bool) -> float:
    """How far a sentence may stand for the problem where none states it outright; 0 where it names no trouble.

    Before the turning point any trouble is the field's; after it, only what the work says it does away with.
    """
    trouble = len({found[0].casefold() for found in TROUBLE.finditer(sentence)})
    turns = opening and bool(TURNS.search(sentence))  # 'However', and then what is wrong
    if not (trouble or turns) or only_shares(sentence) or (VAGUE.search(sentence) and not opening):
        return 0.0
    if opening:
        return 1.0 + 0.35 * min(trouble, 3)
    solves = SOLVES.search(sentence)
    return 0.2 * min(trouble, 3) if solves and not POINTS_BACK.match(sentence, solves.end() + 1) else 0.0
