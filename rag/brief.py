"""An answer in so many sentences, where a reader says how many: the worthiest of each paper in turn.

Knows drafts alone.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import groupby

from rag.aspects import IDEA, RESULT
from rag.draft import Draft, Group, Paragraph, Statement, Table
from rag.extract import lead_of

FIRST_ROWS = (IDEA, RESULT)  # of a table


def in_sentences(draft: Draft, most: int, worth: Callable[[Statement], float], *, each: bool = False) -> Draft:
    """The draft in at most so many sentences, of `each` paper or in all, in the order in which they stood; as it is
    where it has no more.

    A table becomes sentences: what each paper does, then what it found, then the rest.
    """
    said = [statement for part in draft.parts if not isinstance(part, Table) for statement in _of(part)]
    cells = list(dict.fromkeys(cell for part in draft.parts if isinstance(part, Table) for cell in _cells(part)))
    if not cells and len(said) <= most:
        return draft
    ranked = [*cells, *sorted(said, key=worth, reverse=True)]
    papers = {statement.evidence.paper.id for statement in ranked}
    kept = _in_turn(ranked)[: most * len(papers) if each else most]
    kept = [statement for statement in [*cells, *said] if statement in kept]
    told = tuple(_led(statement, before) for before, statement in zip([None, *kept], kept, strict=False))
    if any(isinstance(part, Group) for part in draft.parts):
        note = f"{draft.note} Quoted here: {len(told)} of {len(said)}.".strip()
        return Draft((Group(told),), note)
    runs = groupby(told, key=lambda statement: statement.evidence.paper.id)
    return replace(draft, parts=tuple(Paragraph(tuple(run)) for _, run in runs))


def _of(part: Paragraph | Group) -> tuple[Statement, ...]:
    return part.items if isinstance(part, Group) else part.statements


def _cells(table: Table) -> Iterator[Statement]:
    rows = sorted(table.rows, key=lambda row: FIRST_ROWS.index(row.aspect) if row.aspect in FIRST_ROWS else 2)
    for row in rows:
        yield from (Statement(cell.evidence, "", cell.words) for cell in row.cells if cell.evidence)


def _in_turn(ranked: list[Statement]) -> list[Statement]:
    """The statements, the first of each paper before the second of any."""
    turns: Counter[str] = Counter()
    placed = []
    for place, statement in enumerate(ranked):
        placed.append((turns[statement.evidence.paper.id], place, statement))
        turns[statement.evidence.paper.id] += 1
    return [statement for _, _, statement in sorted(placed, key=lambda one: one[:2])]


def _led(statement: Statement, before: Statement | None) -> Statement:
    """A statement that names its paper, unless that was named by the one before it."""
    named = before is not None and before.evidence.paper.id == statement.evidence.paper.id
    return replace(statement, lead="" if named else lead_of(statement.evidence))
