"""Answers 'which method should I use to …': the papers that may serve, each by what it says that it does or found.

Knows no index: what was found and judged is given. It recommends none, since no abstract knows the asker's case.
"""

from collections.abc import Sequence

from ingest.names import short_name
from rag.answer import Evidence, Ranked
from rag.cells import Said, read_side
from rag.draft import Draft, Group, Statement
from rag.judge import Judgement, fitting
from rag.rhetoric import Role

MOST_OPTIONS = 6  # that can be weighed against each other at a glance
SERVES = 0.4  # share of the best paper's chance that another needs
# The chance that any paper is about the need from which they are offered: more than for a list, since they read as
# advice; and one that is doubtful, which is enough where one paper is this likely.
ANY_SERVES, FAINT, SURE = 0.6, 0.1, 0.7
TELLING = 0.5  # weight of stating an idea or a result beside being near to the need


def options(ranked: Sequence[Ranked], judged: Judgement) -> Draft:
    """The papers found that fit the need, the likeliest first; no parts where none does."""
    if judged.any < ANY_SERVES and not (judged.any >= FAINT and judged[0].probability >= SURE):
        return Draft(())
    found = {one.paper.id: one for one in ranked}
    fit = [one for one in fitting(judged) if one.paper.id in found]
    fit = [one for one in fit if one.probability >= SERVES * fit[0].probability][:MOST_OPTIONS]
    items = tuple(Statement(tell(found[one.paper.id]), short_name(one.paper)) for one in fit)
    looked = f"{judged.total:,} papers looked at" if judged.total != 1 else "1 paper looked at"
    many = f"these {len(items)} may serve, the likeliest first" if len(items) > 1 else "this one may serve"
    return Draft((Group(items),) if items else (), f"{looked}, {many}." if items else "")


def tell(found: Ranked) -> Evidence:
    """The sentence of a paper on its own work that is nearest to the need and tells most."""
    side = read_side(found)
    own = [said for said in side if said.is_own] or list(side)
    return max(own, key=_worth).evidence


def _worth(said: Said) -> float:
    telling = min(1.0, max(said.roles[Role.IDEA], said.roles[Role.RESULT]))
    return said.relevance + TELLING * telling - said.hard_to_read
