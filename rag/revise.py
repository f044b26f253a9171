"""The last answer again, changed as later turns ask: what is left of its rows, how long it is, and in what form.

Changes drafts and counts what was asked for; makes no answer and knows no index.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import ceil

from ingest.entry import Entry
from ingest.names import COINED_WORD, short_name
from rag.answer import Evidence
from rag.aspects import IDEA, RESULT
from rag.brief import in_sentences
from rag.draft import Draft, Group, Paragraph, Part, Statement, Table
from rag.edit import edit, read_change
from rag.instructions import Change, Edit
from rag.rhetoric import Role, weigh

MOST_ROWS = 2  # of a table made shorter; one where it is so already
FEWEST_ITEMS = 5  # of a list made shorter once; fewer each time after
LONGEST_OWN = 3  # words of a row of the asker's own


@dataclass(frozen=True, slots=True)
class Shape:
    """What an answer has come to: the rows of its table, its form, and how many times it was made longer or shorter.

    `whole` are the rows without the times it was made shorter, `asked` the aspects of its question, `detail` is below
    0 where it is shorter than it was; `form` is that of its kind unless a turn asked for another, `order` 'newest' or
    'oldest' where its papers are to go by their dates, `most` the sentences wished for, 0 where none said how many,
    of `each` paper or in all.
    """

    rows: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    form: Change | None = None
    detail: int = 0
    order: str = ""
    most: int = 0
    each: bool = False

    def after(self, instruction: Edit, *, takes_own: bool = True) -> "Shape":
        """The shape after one more change; the same where it changes nothing.

        `takes_own` is whether words that name no aspect known may be added as a row of the asker's own.
        """
        change, what = instruction.change, instruction.what
        if instruction.most:
            return replace(
                self, most=instruction.most, each=instruction.each, form=change if change is Change.LIST else self.form
            )
        if change is Change.SWAP:
            return self
        if change in (Change.TABLE, Change.LIST):
            return replace(self, form=change, most=0)
        if change in (Change.NEWEST, Change.OLDEST):
            return replace(self, order="newest" if change is Change.NEWEST else "oldest")
        if change is Change.LONGER:
            return replace(self, rows=self.whole, detail=self.detail + 1, most=0)
        if change is Change.SHORTER:
            most = len(self.rows) if self.detail > 0 else MOST_ROWS if self.detail == 0 else 1
            fewer = _telling(self.rows, self.asked, most)
            return replace(self, rows=fewer, detail=self.detail - 1)
        asked = read_change(f"{change.value} {what}", self.rows)
        if not asked:
            return self
        told = [words for verb, words in asked.unknown if verb == "add" and len(words.split()) <= LONGEST_OWN]
        own = [words.casefold() for words in told if not COINED_WORD.search(words)]  # 'LOMO' is no aspect
        asked = replace(asked, add=(*asked.add, *(own if takes_own else ())))
        return replace(self, rows=edit(self.rows, asked), whole=edit(self.whole, asked))


def _telling(rows: tuple[str, ...], asked: Sequence[str], most: int) -> tuple[str, ...]:
    """The rows of a table made shorter: those asked for, else result and idea, else the first; in their order."""
    first = asked or (RESULT, IDEA)
    ranked = sorted(rows, key=lambda row: first.index(row) if row in first else len(first))
    return tuple(row for row in rows if row in ranked[:most])


def reshape(draft: Draft, shape: Shape, *, sums_up: bool = False) -> Draft:
    """A draft in the length and form it has come to; the rows of its table are those of the shape already.

    `sums_up` is whether it is a summary, of which the idea tells most.
    """
    if shape.detail < 0:
        draft = shorten(draft, _idea if sums_up else _nearness)
        draft = shorten_lists(draft, -shape.detail, in_order=bool(shape.order))
    if shape.most:
        draft = in_sentences(draft, shape.most, _idea if sums_up else _nearness, each=shape.each)
    return as_list(draft) if shape.form is Change.LIST else draft


def _nearness(statement: Statement) -> float:
    return statement.evidence.score


def _idea(statement: Statement) -> float:
    return weigh(statement.evidence.sentence.text, 0.5)[Role.IDEA]


def shorten(draft: Draft, worth: Callable[[Statement], float] = _nearness) -> Draft:
    """The worthiest sentence of each paragraph, a table without what is below it."""
    tables = [part for part in draft.parts if isinstance(part, Table)]
    return replace(draft, parts=tuple(tables or (_shortened(part, worth) for part in draft.parts)))


def _shortened(part: Part, worth: Callable[[Statement], float]) -> Part:
    if not isinstance(part, Paragraph):
        return part
    lead = next((statement.lead for statement in part.statements if statement.lead), "")
    return Paragraph((replace(max(part.statements, key=worth), lead=lead),))


def shorten_lists(draft: Draft, times: int, *, in_order: bool = False) -> Draft:
    """The likeliest items of its lists, or the first of one that is `in_order`, as one list: half of them each time."""
    groups = [part for part in draft.parts if isinstance(part, Group)]
    items = [item for group in groups for item in group.items]
    fewer = min(FEWEST_ITEMS, ceil(len(items) / 2**times))
    if fewer >= len(items):
        return draft
    kept = items[:fewer] if in_order else sorted(items, key=lambda item: -item.evidence.score)[:fewer]
    others = tuple(part for part in draft.parts if not isinstance(part, Group))
    note = f"{draft.note} Quoted here: the {'first' if in_order else 'likeliest'} {fewer}."
    return Draft((*others, Group(tuple(kept))), note.strip())


def as_list(draft: Draft) -> Draft:
    """The same sentences as lists: a list a row of a table, an item a paper; the paragraphs as items of one list."""
    parts: list[Part] = []
    items: list[Statement] = []
    for part in draft.parts:
        if isinstance(part, Table):
            parts += _lists(part)
        elif isinstance(part, Paragraph):
            items += part.statements
        else:
            parts.append(part)
    heading = "Besides" if parts and items else ""
    return replace(draft, parts=(*parts, *([Group(tuple(items), heading)] if items else [])))


def _lists(table: Table) -> list[Part]:
    lists: list[Part] = []
    for row in table.rows:
        named = zip(table.names, row.cells, strict=True)
        items = tuple(Statement(cell.evidence, name) for name, cell in named if cell.evidence)
        lists += [Group(items, row.aspect.capitalize())] if items else []
    return lists


def in_full(entries: Iterable[Entry]) -> Draft:
    """Each abstract as a whole."""
    parts = []
    for entry in entries:
        leads = [short_name(entry.paper), *[""] * len(entry.sentences)]
        said = zip(entry.sentences, leads, strict=False)
        parts.append(Paragraph(tuple(Statement(Evidence(entry.paper, s, 0.0), lead) for s, lead in said)))
    return Draft(tuple(parts))
