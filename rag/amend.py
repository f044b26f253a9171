"""From an instruction on the last answer to what is answered anew: which question, which papers, in what shape.

Reads the conversation and the names of papers; makes no draft.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ingest.names import COINED_WORD, short_name
from ingest.paper import Paper
from rag.aspects import speaks_of
from rag.dialogue import Dialogue, Exchange
from rag.edit import split_request
from rag.focus import says
from rag.grammar import LISTS, Kind
from rag.instructions import Change, Edit, read_edit
from rag.names import listed as in_words
from rag.revise import LONGEST_OWN, Shape
from rag.strangers import any_of_these
from rag.table import read_table
from rag.understand import Understanding
from rag.understood import Understood


@dataclass(frozen=True, slots=True)
class Amended:
    """The question to answer anew, the `shape` its answer has come to, the rows it `stood` with at first, the
    conversation `before` it, and the `words` on what of the instruction could not be done."""

    words: str  # on what could not be done of it
    last: Understood
    shape: Shape
    stood: tuple[str, ...]
    before: Dialogue


class Amendments:
    """Reads instructions over one collection; `find` gives papers by their ids."""

    def __init__(self, find: Callable[[Sequence[str]], list[Paper]], understanding: Understanding) -> None:
        self._find, self._understanding = find, understanding

    def read(self, asked: Understood, dialogue: Dialogue) -> Amended | str:
        """What an instruction and those before it make of the last answer; a sentence where that is nothing."""
        assert asked.edit
        before, first, last = self._question(dialogue)
        start, was = self._shapes(dialogue, len(before.exchanges), last)
        focus, changes = dialogue.standing.focus, one_by_one(asked.edit)
        papers = self._papers_after(changes, dialogue) if len(changes) > 1 else asked.papers
        papers = tuple(p for p in papers if p in focus or not self._is_aspect(asked.edit.what, p, focus))
        shape, words = self._changed(was, changes, dialogue, takes_own=set(papers) == set(focus))
        if not papers and focus:
            return "That would leave nothing of the last answer."
        if not papers or (shape == was and papers == focus):
            return " ".join(words) if len(changes) > 1 and words else unchanged(asked.edit, words)
        if shape.order != was.order and (cannot := self._unsortable(last.kind, papers)):
            return cannot
        if last.kind in (*LISTS, Kind.OPTIONS):
            listed = last.listed or shape.form is Change.TABLE or set(papers) != set(first.papers)
            last = replace(last, listed=listed, papers=papers if listed else last.papers)
        elif read_table(first.answer) or shape.rows != start.rows or set(papers) != set(focus):
            last = replace(last, papers=papers)
        return Amended(" ".join(words), self._by_date(last, shape.order), shape, start.rows, before)

    def _question(self, dialogue: Dialogue) -> tuple[Dialogue, Exchange, Understood]:
        """What went before the question whose answer stands, its exchange, and the question as it was understood."""
        place = self._understanding.instructed.place(dialogue)
        before, first = Dialogue(dialogue.exchanges[:place]), dialogue.exchanges[place]
        last = self._understanding.understand(first.question, before)
        if read_edit(first.question) and not last.papers:  # the question lies further back than is remembered
            asked = f"Tell me about {in_words([short_name(paper) for paper in self._find(first.papers)])}."
            is_list = len(first.papers) > 1 and not read_table(first.answer)
            several = Kind.SURVEY if is_list else Kind.COMPARISON
            kind = several if len(first.papers) > 1 else Kind.SUMMARY
            last = Understood(kind, asked, first.papers, listed=is_list)
        return before, first, last

    def _shapes(self, dialogue: Dialogue, place: int, last: Understood) -> tuple[Shape, Shape]:
        """The shape of the answer at a place as it was first given, and what the instructions since have made of it."""
        rows = rows_of(dialogue.exchanges[place]) or last.aspects
        shape = start = Shape(rows, rows, last.aspects)
        standing = dialogue.standing.exchanges
        for i, exchange in enumerate(dialogue.exchanges[place + 1 :], place + 1):
            then = self._understanding.understand(exchange.question, Dialogue(dialogue.exchanges[:i]))
            kept = set(then.papers) == set(Dialogue(dialogue.exchanges[:i]).standing.focus)
            for one in one_by_one(then.edit) if then.edit and exchange in standing else []:
                shape = shape.after(one, takes_own=kept)
            if not shape.rows and (rows := rows_of(exchange)):
                shape = replace(shape, rows=rows, whole=rows)
        return start, shape

    def _changed(
        self, shape: Shape, changes: Sequence[Edit], dialogue: Dialogue, *, takes_own: bool
    ) -> tuple[Shape, list[str]]:
        """The shape after the changes of one instruction, and the words on those that could not be made."""
        words: list[str] = []
        for one in changes:
            if one.change is Change.ADD and (lacking := self._understanding.instructed.lacking(one.what)):
                words.append(f"No paper here is {any_of_these(lacking)}.")
            then = shape.after(one, takes_own=takes_own)
            dropped = {*self._understanding.instructed.meant(one, dialogue)[0]} & {*dialogue.standing.focus}
            if one.change is Change.DROP and then == shape and not dropped:
                words.append(f"The last answer has no “{one.what}” to drop.")
            shape = then
        return shape, words

    def _unsortable(self, kind: Kind, ids: Sequence[str]) -> str:
        """Why papers cannot be put in the order of their dates; empty where they can."""
        if kind not in (*LISTS, Kind.COMPARISON):
            return "Only a list or a comparison can be put in the order of its dates."
        dated = kind in LISTS or any(paper.date for paper in self._find(ids))
        return "" if dated else "None of those papers carries a date."

    def _by_date(self, last: Understood, order: str) -> Understood:
        """The question with its papers in the order of their dates, those without one last; as it is for no order."""
        if not order:
            return last
        if last.kind in LISTS:
            everything = "papers" if last.kind is Kind.COLLECTION else last.topic
            return replace(last, kind=Kind.SURVEY, topic=everything, bounds=replace(last.bounds, order=order))
        papers = sorted(self._find(last.papers), key=lambda paper: paper.date, reverse=order == "newest")
        return replace(last, papers=tuple(paper.id for paper in sorted(papers, key=lambda paper: not paper.date)))

    def _papers_after(self, changes: Sequence[Edit], dialogue: Dialogue) -> tuple[str, ...]:
        """The papers after several changes, each understood for itself."""
        focus = dialogue.standing.focus
        papers = dict.fromkeys(focus)
        for one in changes:
            then = self._understanding.understand(f"{one.change.value} {one.what}", dialogue).papers
            papers = {p: None for p in papers if p in then or p not in focus}
            papers |= dict.fromkeys(then) if one.change is Change.ADD else {}
        return tuple(papers)

    def _is_aspect(self, what: str, paper_id: str, focus: Sequence[str]) -> bool:
        """Whether words that a paper was found by, though they do not name it, ask for a row instead."""
        paper = self._find([paper_id])[0]
        words = what.split()
        if len(words) > LONGEST_OWN or COINED_WORD.search(what) or says(what, short_name(paper)):
            return False
        return len(words) == 1 or any(speaks_of(what, paper.abstract) for paper in self._find(focus))


def rows_of(exchange: Exchange) -> tuple[str, ...]:
    """The aspects that the table of an answer has a row for; none where it has no table."""
    table = read_table(exchange.answer)
    return tuple(table[1]) if table else ()


def unchanged(edit: Edit, words: Sequence[str]) -> str:
    """Why an instruction changes nothing."""
    if not edit.what:
        return "That is how the last answer is already."
    if edit.change is Change.ADD:
        lacks = words[0].rstrip(".") if words else f"No paper here and no aspect goes by '{edit.what}'"
        return f"{lacks}; name one that is here, or describe it."
    return f"No paper and no aspect of the last answer goes by '{edit.what}'; name one of them."


def one_by_one(instruction: Edit) -> list[Edit]:
    """The changes of an instruction that may ask for several: 'add speed and drop the idea'."""
    if not instruction.what:
        return [instruction]
    pieces = split_request(f"{instruction.change.value} {instruction.what}")
    return [edit for piece in pieces if (edit := read_edit(piece))] or [instruction]
