"""The plan of a turn without a model: the message is the search, and the papers it names, or else those spoken of last,
are kept in view."""

from collections.abc import Sequence

from rag.plan.plan import Plan

MOST_KEPT = 3  # papers spoken of last that a message without a name may be about


def plan_without_model(message: str, named: Sequence[str], spoken_last: Sequence[str]) -> Plan:
    """A plan of ids of papers: those that the message names, else those that the last answer spoke of."""
    return Plan(question=message, papers=tuple(named or spoken_last[:MOST_KEPT]), searches=(message,))
