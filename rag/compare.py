"""Sets papers side by side: a table of cited sentences, a row an aspect, and the sentences that contrast them most.

The evidence of each paper is found for itself. Knows no index, no conversation and no way to render a table.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ingest.paper import Paper
from ingest.words import stems, tokenize
from rag.answer import Ranked
from rag.aspects import IDEA, PROBLEM, RESULT, RHETORICAL, aspect_query, find_aspects, speaks_of
from rag.cells import CODE, FITS, Column, Said, Side, fill, read_side, relevance_of
from rag.draft import MOST_COMPARED, Cell, Draft, Paragraph, Part, Row, Statement, Table
from rag.grammar import AHEAD
from rag.names import without_names
from rag.rhetoric import Role, only_shares

# Stems of words that ask for a comparison and say nothing of what is compared.
GENERIC = stems(
    "compare comparison versus vs v difference different differ contrast table side papers paper methods approaches two"
    " three them these please make give tell show explain put one better best list main key overview like similar"
)
# 'compare them without the problem row'
WITHOUT = re.compile(
    r"[,\s]+(?:but\s+)?(?:without|except(?:\s+for)?|leaving\s+out|no)\s+(?:the\s+)?"
    r"(?P<what>[\w, ]{3,40}?)\s+(?:rows?|aspects?)\b",
    re.IGNORECASE,
)
Look = Callable[[str, Sequence[str]], list[Ranked]]  # papers by id, each with its sentences ranked for a question

MOST_DETAILED, FEW_SIDES, MOST_OF_MANY = 5, 3, 2  # sentences a paper where more is told; of many papers less
MOST_STATEMENTS = 3
NEAR_BEST, NEAR_AGAIN = 0.3, 0.6  # share of a paper's best score needed below the table, and for a second sentence
TELLING = 0.25  # weight there of stating an idea or a result


@dataclass(frozen=True, slots=True)
class Wish:
    """What later turns made of a comparison: its `rows`, those that `stood` before, and whether more is to be told."""

    rows: tuple[str, ...] = ()
    stood: tuple[str, ...] = ()
    detailed: bool = False


def compare(
    question: str, papers: Sequence[Paper], names: Sequence[str], look: Look, *, wish: Wish | None = None
) -> Draft:
    """A table with a column a paper and, below it, what else they say; `names`, in the order of `papers`, head it.

    Its rows are those wished for, else those the question asks for, else problem, idea, result and limits.
    """
    wish = wish or Wish()
    papers, names = tuple(papers[:MOST_COMPARED]), tuple(names[:MOST_COMPARED])
    ids = [paper.id for paper in papers]
    asked = without_names(question, papers, names)
    left_out = find_aspects(" ".join(found["what"] for found in WITHOUT.finditer(asked)))
    asked = WITHOUT.sub(" ", asked)
    told = find_aspects(asked) or ((RESULT,) if AHEAD.search(asked) else ())
    wanted = tuple(dict.fromkeys(wish.rows)) or told
    rows = tuple(row for row in wanted or RHETORICAL if row not in left_out)
    if len(wanted) == 1 and not wish.rows:  # a single row is hardly a table
        rows = (IDEA, RESULT) if wanted == (IDEA,) else (IDEA, *wanted)
    focused = not set(tokenize(asked)) <= GENERIC
    found = _by_paper(look(asked if focused else " ".join(paper.title for paper in papers), ids))
    sides = [read_side(found.get(paper_id)) for paper_id in ids]
    columns = fill_all(sides, ids, look, wish=replace(wish, rows=rows), told=told)
    if IDEA not in rows and any(
        side and not any(a in column for a in rows) for side, column in zip(sides, columns, strict=True)
    ):
        rows = (IDEA, *rows)
        columns = fill_all(sides, ids, look, wish=replace(wish, rows=rows), told=told)
    asked_for = set(wish.rows) - set(wish.stood) or set(told if not wish.rows else ())
    twice = [
        a for a in rows if a not in {IDEA, *asked_for} and _stands_elsewhere(a, rows, columns, given=bool(wish.rows))
    ]
    kept = [a for a in rows if a in asked_for or (a not in twice and any(a in column for column in columns))]
    table = Table(papers, names, tuple(Row(a, tuple(_cell(column, a) for column in columns)) for a in kept))
    if wish.detailed:
        below = detail(sides, columns, names)
    else:
        said = contrast(sides, columns, names, wanted, focused=focused, narrow=bool(wish.rows))
        below = [Paragraph(said)] if said else []
    parts: tuple[Part, ...] = (*((table,) if kept else ()), *below)
    return Draft(parts, _note(wanted, columns, twice, kept))


def fill_all(sides: Sequence[Side], ids: Sequence[str], look: Look, *, wish: Wish, told: Sequence[str]) -> list[Column]:
    """A column a paper, of the sentences for the rows wished for; `told` are the aspects that the question names.

    A row that stays is filled as it was: rows that went keep their sentences for themselves.
    """
    rows = tuple(dict.fromkeys((*wish.stood, *wish.rows)))
    pressed = [aspect for aspect in rows if aspect in told or aspect not in RHETORICAL]
    looked = {aspect: _by_paper(look(aspect_query(aspect), ids)) for aspect in rows if aspect not in RHETORICAL}
    columns = []
    for side, paper_id in zip(sides, ids, strict=True):
        near = {aspect: relevance_of(found[paper_id]) for aspect, found in looked.items() if paper_id in found}
        columns.append(fill(side, rows, near, pressed, wish.stood))
    return columns


def _by_paper(ranked: Sequence[Ranked]) -> dict[str, Ranked]:
    return {found.paper.id: found for found in ranked}


def _cell(column: Column, aspect: str) -> Cell:
    return Cell(column[aspect].evidence if aspect in column else None)


def _stands_elsewhere(aspect: str, rows: Sequence[str], columns: Sequence[Column], *, given: bool) -> bool:
    """Whether all that a row says is said by rows before it; of the rows a question asks for, each is shown."""
    if not given and aspect != PROBLEM:
        return False
    others = [row for row in rows if row != aspect] if aspect == PROBLEM else rows[: rows.index(aspect)]
    said = [(column[aspect], column) for column in columns if aspect in column]
    return bool(said) and all(any(column.get(row) is one for row in others) for one, column in said)


def _note(wanted: Sequence[str], columns: Sequence[Column], twice: Sequence[str], kept: Sequence[str]) -> str:
    """Which of the aspects asked for have no row: no abstract speaks of them, or other rows say it already."""
    silent = [aspect for aspect in wanted if not any(aspect in column for column in columns)]
    notes = [f"{none_speaks(silent, len(columns))}."] if silent else []
    for aspect in twice:
        if aspect in wanted:
            said = [(column, column[aspect]) for column in columns if aspect in column]
            where = [row for row in kept if any(column.get(row) is one for column, one in said)]
            notes.append(f"What is said of {aspect} stands in the row {' and '.join(map(str.capitalize, where))}.")
    return " ".join(notes)


def none_speaks(aspects: Sequence[str], papers: int) -> str:
    """'Neither abstract speaks of energy or cost'."""
    abstracts = "Neither abstract speaks" if papers == 2 else "None of these abstracts speaks"
    return f"{abstracts} of {' or '.join(aspects)}"


def none_weighs(papers: Sequence[Paper], names: Sequence[str]) -> str:
    """That which of them is ahead is not said, where no abstract mentions another; empty where one does."""
    others = [[name for name in names if name != own] for own in names]
    if any(name in paper.abstract for paper, rest in zip(papers, others, strict=True) for name in rest):
        return ""
    mentions = "Neither abstract mentions the other" if len(papers) == 2 else "None of these abstracts mentions another"
    return f"{mentions}, so which is ahead is not said: their figures need not be of the same setting."


# -- below the table -------------------------------------------------------------------------------------------------


def contrast(
    sides: Sequence[Side],
    columns: Sequence[Column],
    names: Sequence[str],
    wanted: Sequence[str],
    *,
    focused: bool,
    narrow: bool = False,
) -> tuple[Statement, ...]:
    """The sentences nearest to the question that the table does not hold: one a paper, two each of a pair.

    `focused` is whether the question says more than that a comparison is wanted, `narrow` whether nothing but
    `wanted` is to be spoken of.
    """
    telling = [role for role in (Role.IDEA, Role.RESULT) if role in wanted] or [Role.IDEA, Role.RESULT]
    chosen: list[tuple[float, int, int, Said]] = []
    for i, (side, column) in enumerate(zip(sides, columns, strict=True)):
        unsaid = [said for said in side if said not in column.values() and said.is_own and said.relevance >= NEAR_BEST]
        unsaid = [said for said in unsaid if CODE in wanted or not only_shares(said.text)]
        unsaid = [said for said in unsaid if not narrow or any(_is_for(said, aspect, wanted) for aspect in wanted)]
        unsaid.sort(key=lambda said: -_tells(said, telling))
        again = [said for said in unsaid[1:2] if focused and said.relevance >= NEAR_AGAIN and len(sides) == 2]
        chosen += [(-said.evidence.score, i, said.evidence.sentence.start, said) for said in unsaid[:1] + again]
    most = max(MOST_STATEMENTS, 2 * len(sides) if len(sides) == 2 else 0)
    first = sorted(sorted(chosen, key=lambda each: each[0])[:most], key=lambda each: each[1:3])
    statements, before = [], -1
    for _, i, _, said in first:
        statements.append(Statement(said.evidence, "" if i == before or _opens_with(said, names[i]) else names[i]))
        before = i
    return tuple(statements)


def detail(sides: Sequence[Side], columns: Sequence[Column], names: Sequence[str]) -> list[Paragraph]:
    """What else each paper says of its own work, in reading order, a paragraph a paper."""
    most = MOST_DETAILED if len(sides) <= FEW_SIDES else MOST_OF_MANY
    told = []
    for side, column, name in zip(sides, columns, names, strict=True):
        unsaid = [s for s in side if s not in column.values() and s.is_own and not only_shares(s.text)]
        best = sorted(unsaid, key=lambda said: -_tells(said, [Role.IDEA, Role.RESULT]))[:most]
        leads = [name, *[""] * most]
        told.append(
            [Statement(s.evidence, lead) for s, lead in zip([s for s in unsaid if s in best], leads, strict=False)]
        )
    return [Paragraph(tuple(statements)) for statements in told if statements]


def _is_for(said: Said, aspect: str, wanted: Sequence[str]) -> bool:
    """Whether a sentence is there to speak of an aspect more than of anything else."""
    if aspect in RHETORICAL:
        return said.roles[Role(aspect)] >= max(FITS, *said.roles.values())
    is_idea = said.roles[Role.IDEA] >= max(FITS, *said.roles.values())
    return speaks_of(aspect, said.text) and (not is_idea or IDEA in wanted)


def _tells(said: Said, roles: Sequence[Role]) -> float:
    says = min(1.0, max(said.roles[role] for role in roles))
    return said.relevance + TELLING * says - said.hard_to_read


def _opens_with(said: Said, name: str) -> bool:
    return name.casefold() in said.text[: len(name) + 40].casefold()
