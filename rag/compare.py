"""Sets papers side by side: a table of cited sentences, a row an aspect, and the sentences that contrast them most.

The evidence of each paper is found for itself. Knows no index, no conversation and no way to render a table.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ingest.paper import Paper
from ingest.words import tokenize
from rag.answer import Evidence, Ranked
from rag.aspects import IDEA, LIMITS, RESULT, RHETORICAL, aspect_query, find_aspects, speaks_of
from rag.draft import Cell, Draft, Paragraph, Part, Row, Statement, Table
from rag.names import nickname
from rag.rhetoric import FIGURE, Role, admits_price, weigh

Look = Callable[[str, Sequence[str]], list[Ranked]]  # papers by id, each with its sentences ranked for a question

MOST_COLUMNS, MOST_STATEMENTS = 6, 3
FITS = 0.5  # strength of a role from which a sentence may stand for it
READABLE, PER_LONGER = 300, 0.1 / 100  # characters of a cell read at a glance; what each further one costs
ROLE_RELEVANCE, ASPECT_RELEVANCE = 0.5, 0.3  # weight of the question beside a role, beside the look-up of an aspect
FIGURES, OWN_WORK = 0.3, 0.3  # worth of a figure and of telling of the paper's own work, where an aspect is looked up
NEAR_BEST = 0.55  # share of a paper's best score that a sentence below the table needs


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of a paper, what it does there, and how it meets the question: 1 is the paper's best."""

    evidence: Evidence
    roles: Mapping[Role, float]
    relevance: float

    @property
    def text(self) -> str:
        return self.evidence.sentence.text

    @property
    def is_own(self) -> bool:
        """Whether it tells of the paper's own work, not of the field or of what others cannot do."""
        others = max(self.roles[Role.BACKGROUND], self.roles[Role.PROBLEM])
        return max(self.roles[Role.IDEA], self.roles[Role.RESULT], self.roles[Role.LIMITS]) >= others


Side = tuple[Said, ...]  # one paper's sentences, best first for the question
Column = dict[str, Said]  # a paper's sentence for each aspect that it speaks of


def compare(
    question: str, papers: Sequence[Paper], names: Sequence[str], look: Look, *, aspects: Sequence[str] = ()
) -> Draft:
    """A table with a column a paper and, below it, a paragraph; `names`, aligned with `papers`, head the columns.

    Its rows are `aspects`, else those the question asks for, else problem, idea, result and limits.
    """
    papers, names = tuple(papers[:MOST_COLUMNS]), tuple(names[:MOST_COLUMNS])
    ids = [paper.id for paper in papers]
    asked = without_names(question, papers, names)
    wanted = tuple(dict.fromkeys(aspects)) or find_aspects(asked)
    rows = wanted or RHETORICAL
    if len(wanted) == 1 and not aspects:  # a single row is hardly a table
        rows = (IDEA, RESULT) if wanted == (IDEA,) else (IDEA, *wanted)
    found = _by_paper(look(asked if tokenize(asked) else question, ids))
    sides = [_side(found.get(paper_id)) for paper_id in ids]
    looked = {a: _by_paper(look(aspect_query(a), ids)) for a in rows if a not in RHETORICAL}
    columns = _fill_all(sides, ids, rows, looked, wanted)
    if IDEA not in rows and any(side and not column for side, column in zip(sides, columns, strict=True)):
        rows = (IDEA, *rows)
        columns = _fill_all(sides, ids, rows, looked, wanted)
    kept = [a for a in rows if a in wanted or any(a in column for column in columns)]
    table = Table(papers, names, tuple(Row(a, tuple(_cell(column, a) for column in columns)) for a in kept))
    below = Paragraph(contrast(sides, columns, names))
    parts: tuple[Part, ...] = (table, below) if below.statements else (table,)
    return Draft(parts, _note(kept, columns))


def without_names(question: str, papers: Sequence[Paper], names: Sequence[str]) -> str:
    """The question without what the papers are called in it, which tells their sentences apart by the name alone."""
    called = {name for paper in papers for name in (paper.title, nickname(paper), paper.title.partition(":")[0])}
    for name in sorted(called | set(names), key=len, reverse=True):
        if len(name) > 1:
            question = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", " ", question, flags=re.IGNORECASE)
    return " ".join(question.split())


def _by_paper(ranked: Sequence[Ranked]) -> dict[str, Ranked]:
    return {found.paper.id: found for found in ranked}


def _side(found: Ranked | None) -> Side:
    if not found or not found.evidence:
        return ()
    starts = sorted(evidence.sentence.start for evidence in found.evidence)
    last = max(1, len(starts) - 1)
    relevance = _relevance(found)
    return tuple(
        Said(e, weigh(e.sentence.text, starts.index(e.sentence.start) / last), relevance[e.sentence.start])
        for e in found.evidence
    )


def _relevance(found: Ranked) -> dict[int, float]:
    """How well each sentence, by its start, meets what was looked for, as a share of the paper's best."""
    best = max(found.evidence[0].score, 1e-6)
    return {e.sentence.start: max(0.0, e.score / best) for e in found.evidence}


# -- cells -------------------------------------------------------------------------------------------------------------


def _fill_all(
    sides: Sequence[Side],
    ids: Sequence[str],
    rows: Sequence[str],
    looked: Mapping[str, Mapping[str, Ranked]],
    wanted: Sequence[str],
) -> list[Column]:
    columns = []
    for side, paper_id in zip(sides, ids, strict=True):
        near = {aspect: _relevance(found[paper_id]) for aspect, found in looked.items() if paper_id in found}
        columns.append(fill(side, rows, near, wanted))
    return columns


def fill(side: Side, rows: Sequence[str], near: Mapping[str, Mapping[int, float]], wanted: Sequence[str]) -> Column:
    """The best sentence of a paper for each row that one of them speaks to, each once while there is another."""
    fits: list[tuple[float, str, Said]] = []
    for aspect in rows:
        of_aspect = [(_weight(said, aspect, near.get(aspect, {}), aspect in wanted), aspect, said) for said in side]
        able = [fit for fit in of_aspect if fit[0] > 0]
        if aspect == IDEA and not able:  # every paper has one, however it puts it
            able = [(said.roles[Role.IDEA] + said.relevance * said.is_own, aspect, said) for said in side]
        fits += able
    fits.sort(key=lambda fit: -fit[0])
    column: Column = {}
    for _, aspect, said in fits:
        if aspect not in column and said not in column.values():
            column[aspect] = said
    for _, aspect, said in fits:
        if aspect in wanted:
            column.setdefault(aspect, said)
    return column


def _weight(said: Said, aspect: str, near: Mapping[int, float], wanted: bool) -> float:
    """How well a sentence fills the cell of an aspect; 0 where it does not speak to it."""
    length = PER_LONGER * max(0, len(said.text) - READABLE)
    if aspect in RHETORICAL:
        strength = said.roles[Role(aspect)]
        rival = max(weight for role, weight in said.roles.items() if role != aspect)
        if aspect == LIMITS and wanted and not strength and said.is_own and admits_price(said.text):
            return 2 * FITS - length
        if strength < FITS or (aspect == Role.PROBLEM and said.roles[Role.IDEA] > strength):
            return 0.0
        return max(0.01, strength - 0.3 * max(0.0, rival - strength) + ROLE_RELEVANCE * said.relevance - length)
    if not speaks_of(aspect, said.text) or not said.is_own:
        return 0.0
    score = near.get(said.evidence.sentence.start, 0.0) + ASPECT_RELEVANCE * said.relevance
    return max(0.01, score + FIGURES * bool(FIGURE.search(said.text)) - length)


def _cell(column: Column, aspect: str) -> Cell:
    return Cell(column[aspect].evidence if aspect in column else None)


def _note(kept: Sequence[str], columns: Sequence[Column]) -> str:
    silent = [aspect for aspect in kept if not any(aspect in column for column in columns)]
    return f"None of these abstracts speaks of {' or '.join(silent)}." if silent else ""


# -- below the table -----------------------------------------------------------------------------------------------------


def contrast(sides: Sequence[Side], columns: Sequence[Column], names: Sequence[str]) -> tuple[Statement, ...]:
    """For each paper the sentence nearest to the question that the table does not hold, where one comes near."""
    chosen: list[tuple[float, int, Said]] = []
    for i, (side, column) in enumerate(zip(sides, columns, strict=True)):
        unsaid = [said for said in side if said not in column.values() and said.is_own and said.relevance >= NEAR_BEST]
        if unsaid:
            best = max(unsaid, key=lambda said: said.relevance - PER_LONGER * max(0, len(said.text) - READABLE))
            chosen.append((-best.evidence.score, i, best))
    first = sorted(chosen, key=lambda each: each[0])[:MOST_STATEMENTS]
    return tuple(Statement(said.evidence, _lead(names[i], said)) for _, i, said in sorted(first, key=lambda e: e[1]))


def _lead(name: str, said: Said) -> str:
    return "" if name.casefold() in said.text[: len(name) + 40].casefold() else name
