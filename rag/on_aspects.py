"""Answers a question that asks nothing of a paper but an aspect ('and its memory?', 'what are its weaknesses?'): the
sentences that speak of it, or that none does.

Judges a paper's sentences as a table's cells are; knows no index.
"""

from collections.abc import Sequence

from ingest.words import stems
from rag.answer import Evidence, Ranked
from rag.aspects import LIMITS, RHETORICAL, beside_aspects, find_aspects, measures, speaks_of
from rag.cells import FITS, Said, Side, read_side
from rag.compare import Look, Wish, fill_all
from rag.demand import content
from rag.manner import Manner
from rag.pointers import OF_ANY
from rag.rhetoric import Role
from rag.understood import Understood


def aspects_alone(asked: Understood, titles: str) -> tuple[str, ...]:
    """The aspects that are all a question asks of the papers it means; empty where it asks for more than them, what the
    `titles` of the papers say and what any paper may be asked."""
    beside = OF_ANY | stems(titles)
    alone = all(word in beside or find_aspects(word) for word in content(beside_aspects(asked.ask)))
    return asked.aspects if asked.papers and alone else ()


def may_be_unsaid(aspects: Sequence[str]) -> bool:
    """Whether an abstract may say nothing on these: what a paper is for, does and found is told by any, however."""
    return all(aspect == LIMITS or aspect not in RHETORICAL for aspect in aspects)


def on_aspects(
    aspects: Sequence[str], ranked: Sequence[Ranked], look: Look, manner: Manner
) -> tuple[list[Evidence], list[str]]:
    """The sentences of papers on some aspects, those of each paper together in reading order, and the ids of the papers
    that say nothing on any of them. A paper that speaks of one only as others have it is in neither."""
    ids = [found.paper.id for found in ranked]
    sides = [read_side(found) for found in ranked]
    columns = fill_all(sides, ids, look, wish=Wish(tuple(aspects)), told=aspects)
    told: list[Evidence] = []
    silent: list[str] = []
    for paper_id, side, column in zip(ids, sides, columns, strict=True):
        cells = [column[aspect] for aspect in aspects if aspect in column]
        speaking = [said for said in side if any(_speaks(said, aspect) for aspect in aspects)]
        speaking.sort(key=lambda said: (not any(measures(a, said.text) for a in aspects), -said.relevance))
        if not cells and not speaking:
            silent.append(paper_id)
        elif cells:
            told += _most(cells, speaking, side, manner.quoted(len(ranked)))
    return told, silent


def _most(cells: Sequence[Said], speaking: Sequence[Said], side: Side, most: int) -> list[Evidence]:
    """The cells, then the first of what else is the paper's own and speaks of it, in reading order."""
    more = [said for said in speaking if said.is_own and said not in cells]
    kept = [*cells, *more][: max(most, len(cells))]
    return [said.evidence for said in side if said in kept]


def _speaks(said: Said, aspect: str) -> bool:
    return said.roles[Role(aspect)] >= FITS if aspect in RHETORICAL else speaks_of(aspect, said.text)
