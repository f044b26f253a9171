"""Sets papers side by side: a table of cited sentences, a row an aspect, and the sentences that contrast them most.

The evidence of each paper is found for itself. Knows no index, no conversation and no way to render a table.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from ingest.paper import Paper
from ingest.words import stems, tokenize
from rag.answer import Evidence, Ranked
from rag.aspects import IDEA, LIMITS, RESULT, RHETORICAL, aspect_query, find_aspects, speaks_of
from rag.draft import Cell, Draft, Paragraph, Part, Row, Statement, Table
from rag.names import nickname
from rag.rhetoric import FIGURE, POINTS, TURNS, Role, admits_price, turning_point, weigh

# Stems of words that ask for a comparison and say nothing of what is compared.
GENERIC = stems(
    "compare comparison versus vs v difference different differ contrast table side papers paper methods approaches two"
    " three them these please make give tell show explain put one better best list main key overview like similar"
)
Look = Callable[[str, Sequence[str]], list[Ranked]]  # papers by id, each with its sentences ranked for a question

MOST_COLUMNS, MOST_STATEMENTS = 6, 3
FITS = 0.5  # strength of a role from which a sentence may stand for it
READABLE, PER_LONGER = 300, 0.1 / 100  # characters of a cell read at a glance; what each further one costs
LEANS = 0.2  # what leaning on another sentence costs
NAMED = 0.3  # worth of the name of its own method in the sentence of an idea
ROLE_RELEVANCE, ASPECT_RELEVANCE = 0.5, 0.3  # weight of the question beside a role, beside the look-up of an aspect
FIGURES, TURNED = 0.3, 0.4  # worth of a figure, and what opening with 'However' costs, where an aspect is looked up
NEAR_BEST, NEAR_AGAIN = 0.3, 0.6  # share of a paper's best score needed below the table, and for a second sentence
TELLING = 0.25  # weight there of stating an idea or a result


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

    @property
    def hard_to_read(self) -> float:
        """What it costs in a cell: for its length, and for words that mean something only beside other sentences."""
        return PER_LONGER * max(0, len(self.text) - READABLE) + LEANS * bool(POINTS.search(self.text))


Side = tuple[Said, ...]  # one paper's sentences, in reading order
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
    focused = not set(tokenize(asked)) <= GENERIC
    found = _by_paper(look(asked if focused else " ".join(paper.title for paper in papers), ids))
    sides = [_side(found.get(paper_id)) for paper_id in ids]
    looked = {a: _by_paper(look(aspect_query(a), ids)) for a in rows if a not in RHETORICAL}
    columns = _fill_all(sides, ids, rows, looked, wanted)
    if IDEA not in rows and any(side and not column for side, column in zip(sides, columns, strict=True)):
        rows = (IDEA, *rows)
        columns = _fill_all(sides, ids, rows, looked, wanted)
    kept = [a for a in rows if any(a in column for column in columns)]
    table = Table(papers, names, tuple(Row(a, tuple(_cell(column, a) for column in columns)) for a in kept))
    below = Paragraph(contrast(sides, columns, names, wanted, focused=focused))
    parts: tuple[Part, ...] = ((table,) if kept else ()) + ((below,) if below.statements else ())
    return Draft(parts, _note(wanted, columns))


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
    in_order = sorted(found.evidence, key=lambda evidence: evidence.sentence.start)
    turn = turning_point([evidence.sentence.text for evidence in in_order])
    own = {evidence.sentence.start for evidence in in_order[turn:]}
    relevance, last = _relevance(found, own), max(1, len(in_order) - 1)
    roles = [weigh(e.sentence.text, i / last, opening=i < turn) for i, e in enumerate(in_order)]
    return tuple(Said(e, r, relevance[e.sentence.start]) for e, r in zip(in_order, roles, strict=True))


def _relevance(found: Ranked, own: Collection[int] = ()) -> dict[int, float]:
    """How well each sentence, by its start, meets what was looked for: 1 is the best, of `own` where given."""
    best = max((e.score for e in found.evidence if not own or e.sentence.start in own), default=0.0)
    return {e.sentence.start: min(1.0, max(0.0, e.score / max(best, 1e-6))) for e in found.evidence}


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
    fits: dict[str, list[Said]] = {}
    for aspect in rows:
        weights = [(_weight(said, aspect, near.get(aspect, {}), aspect in wanted), said) for said in side]
        able = sorted((pair for pair in weights if pair[0] > 0), key=lambda pair: -pair[0])
        fits[aspect] = [said for _, said in able]
    if IDEA in fits and not fits[IDEA]:  # every paper has one, however it puts it
        fits[IDEA] = sorted(side, key=lambda said: -_likely_idea(said))
    column: Column = {}
    # Those with the least choice choose first, and a result, which is anything found, last.
    for aspect in sorted(rows, key=lambda aspect: (aspect == RESULT, len(fits[aspect]))):
        free = [said for said in fits[aspect] if said not in column.values()]
        if free or (aspect in wanted and fits[aspect]):
            column[aspect] = (free or fits[aspect])[0]
    return column


def _likely_idea(said: Said) -> float:
    roles = 2 * said.roles[Role.IDEA] + 0.3 * said.roles[Role.RESULT] - said.roles[Role.LIMITS]
    return said.is_own + roles + ROLE_RELEVANCE * said.relevance


def _weight(said: Said, aspect: str, near: Mapping[int, float], wanted: bool) -> float:
    """How well a sentence fills the cell of an aspect; 0 where it does not speak to it."""
    reading = said.hard_to_read
    if aspect in RHETORICAL:
        strength = said.roles[Role(aspect)]
        rival = max(weight for role, weight in said.roles.items() if role != aspect)
        if aspect == LIMITS and wanted and not strength and said.is_own and admits_price(said.text):
            return 2 * FITS - reading
        if wanted and aspect == RESULT:
            strength += FIGURES * bool(FIGURE.search(said.text)) * bool(strength)
        name = nickname(said.evidence.paper)
        if aspect == IDEA and strength and name:
            strength += NAMED * (name.casefold() in said.text.casefold())
        if strength < FITS or (aspect == Role.PROBLEM and said.roles[Role.IDEA] > strength):
            return 0.0
        return max(0.01, strength - 0.3 * max(0.0, rival - strength) + ROLE_RELEVANCE * said.relevance - reading)
    if not speaks_of(aspect, said.text) or not said.is_own:
        return 0.0
    score = near.get(said.evidence.sentence.start, 0.0) + ASPECT_RELEVANCE * said.relevance
    score += FIGURES * bool(FIGURE.search(said.text)) - TURNED * bool(TURNS.search(said.text))
    return max(0.01, score - reading)


def _cell(column: Column, aspect: str) -> Cell:
    return Cell(column[aspect].evidence if aspect in column else None)


def _note(wanted: Sequence[str], columns: Sequence[Column]) -> str:
    """Which of the aspects asked for no abstract speaks of; they have no row, since nothing could be cited in it."""
    silent = [aspect for aspect in wanted if not any(aspect in column for column in columns)]
    abstracts = "Neither abstract speaks" if len(columns) == 2 else "None of these abstracts speaks"
    return f"{abstracts} of {' or '.join(silent)}." if silent else ""


# -- below the table -------------------------------------------------------------------------------------------------


def contrast(
    sides: Sequence[Side], columns: Sequence[Column], names: Sequence[str], wanted: Sequence[str], *, focused: bool
) -> tuple[Statement, ...]:
    """The sentences nearest to the question that the table does not hold: one a paper, two each of a pair.

    `focused` is whether the question says more than that a comparison is wanted.
    """
    telling = [role for role in (Role.IDEA, Role.RESULT) if role in wanted] or [Role.IDEA, Role.RESULT]
    chosen: list[tuple[float, int, int, Said]] = []
    for i, (side, column) in enumerate(zip(sides, columns, strict=True)):
        unsaid = [said for said in side if said not in column.values() and said.is_own and said.relevance >= NEAR_BEST]
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


def _tells(said: Said, roles: Sequence[Role]) -> float:
    says = min(1.0, max(said.roles[role] for role in roles))
    return said.relevance + TELLING * says - said.hard_to_read


def _opens_with(said: Said, name: str) -> bool:
    return name.casefold() in said.text[: len(name) + 40].casefold()
