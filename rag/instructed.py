"""From an instruction on the last answer ('shorter', 'drop the first', 'only those for images') to the turn it is.

Reads the conversation and the names of papers; what is made anew of the answer is told by `rag.amend`.
"""

from collections.abc import Callable
from dataclasses import replace

from rag import grammar, instructions, pointers
from rag.aspects import FILLER, ITEM, find_aspects
from rag.catalogue import Catalogue
from rag.dialogue import Dialogue
from rag.grammar import Kind
from rag.instructions import Change, Edit, read_edit
from rag.pointed import Chosen, Pointed
from rag.strangers import is_name
from rag.table import read_table
from rag.understood import Understood

BUTTONS = "Below a table in the browser are buttons that copy it as Markdown, CSV or LaTeX."
ONLY_BY_DATE = (
    "Papers can be put in the order of their dates alone: what their abstracts report need not be of the same setting."
)
NOTHING_TO_SHORTEN = "The last answer was that the papers do not say it, which is as short as it gets; ask another way."
NOTHING_TO_CHANGE = "There is no answer to change yet; ask a question first."

Papers = Callable[[str], tuple[str, ...]]


class Instructed:
    """Understands instructions over one collection.

    `named` gives the papers that words name, `nearest` the one that they describe; `understand_at` understands the
    exchange at a place of a dialogue.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        pointed: Pointed,
        named: Papers,
        nearest: Papers,
        understand_at: Callable[[Dialogue, int], Understood],
    ) -> None:
        self._catalogue, self._pointed = catalogue, pointed
        self._named, self._nearest, self._understand_at = named, nearest, understand_at

    def read(self, question: str, dialogue: Dialogue) -> Understood | None:
        """The turn that an instruction is; None where it is a question."""
        if instructions.EXPORT.match(question) and dialogue.standing.last:
            return Understood(Kind.FACT, question, trouble=BUTTONS, follows=True)
        if instructions.SORT_BY.match(question) and not read_edit(question) and dialogue.standing.last:
            return Understood(Kind.FACT, question, trouble=ONLY_BY_DATE, follows=True)
        edit = read_edit(question) or self._changes_table(question, dialogue)
        edit = edit and self._row_by_place(edit, question, dialogue)
        if edit and edit.change is Change.COUNT and not self._is_list(dialogue):
            return None
        of_refusal = dialogue.last and dialogue.last.refused and edit and edit.change in (Change.SHORTER, Change.LONGER)
        if of_refusal:
            return Understood(Kind.FACT, question, trouble=NOTHING_TO_SHORTEN, follows=True)
        if edit and dialogue.standing.last:
            return self._understood(edit, question, dialogue)
        if edit and self._is_plainly(edit, question):
            return Understood(Kind.FACT, question, trouble=NOTHING_TO_CHANGE)
        return None

    def place(self, dialogue: Dialogue) -> int:
        """Which exchange began with the last question that was answered from papers, and was no instruction itself."""
        standing = dialogue.standing.exchanges
        places = [i for i, exchange in enumerate(dialogue.exchanges) if exchange in standing]
        asked = (i for i in reversed(places) if self._understand_at(dialogue, i).kind is not Kind.EDIT)
        return next(asked, (places or [0])[0])

    def lacking(self, what: str) -> tuple[str, ...]:
        """The names among words that are to be added which no paper here goes by."""
        items = [FILLER.sub("", item).strip(" .?!") for item in ITEM.split(what)]
        return tuple(i for i in items if i and not self._named(i) and is_name(i, self._catalogue))

    def meant(self, edit: Edit, dialogue: Dialogue) -> Chosen:
        """The papers that an instruction names, or points to by place: in the last answer, unless it adds them."""
        if named := self._named(edit.what):
            return named, ""
        described = instructions.THE_ONE.match(edit.what)
        if described and (one := self._pointed.described(described["which"], dialogue.standing.focus)):
            return one, ""
        answers = dialogue.standing.exchanges
        among = Dialogue(answers if edit.change is Change.ADD else answers[-1:])
        return self._pointed.by_place(edit.what, among) or ((), "")

    def _row_by_place(self, edit: Edit, question: str, dialogue: Dialogue) -> Edit:
        """'Drop the first row' with the name of that row of the last table; any other instruction as it is."""
        table = read_table(dialogue.standing.last.answer) if dialogue.standing.last else None
        place = pointers.ORDINAL.fullmatch(f"the {edit.what} one")
        if not table or not place or not instructions.OF_ROW.search(question):
            return edit
        at, rows = pointers.ordinal(place), table[1]
        return replace(edit, what=rows[at - 1 if at > 0 else at]) if at and at <= len(rows) else edit

    def _changes_table(self, question: str, dialogue: Dialogue) -> Edit | None:
        """'Speed instead' and 'and also limitations' of a table: other rows, or more."""
        last = dialogue.standing.last
        if not last or not read_table(last.answer) or grammar.ASKS.match(question):
            return None
        for form, change in ((instructions.INSTEAD, Change.ONLY), (instructions.ALSO, Change.ADD)):
            found = form.match(question)
            what = (found["what"] or found["then"]) if found else ""
            if what and all(map(find_aspects, ITEM.split(what))):
                return Edit(change, what)
        return None

    def _is_list(self, dialogue: Dialogue) -> bool:
        """Whether the last answer lists papers."""
        if not dialogue.standing.last:
            return False
        return self._understand_at(dialogue, self.place(dialogue)).kind in (*grammar.LISTS, Kind.OPTIONS)

    def _is_plainly(self, edit: Edit, question: str) -> bool:
        """Whether an instruction is one even where there is nothing to change: 'skip connections' is a topic."""
        what = edit.what
        return not what or bool(instructions.ROW.search(question) or self._named(what) or find_aspects(what))

    def _understood(self, edit: Edit, question: str, dialogue: Dialogue) -> Understood:
        papers, aspects = dialogue.standing.focus, find_aspects(edit.what)
        meant, trouble = self.meant(edit, dialogue)
        if instructions.OF_ROW.search(question):
            meant, trouble = self._named(edit.what), ""
        if trouble:
            return Understood(Kind.FACT, question, trouble=trouble, follows=True)
        topic = instructions.ONES.sub("", edit.what).strip()
        last_answer = dialogue.standing.last.answer if dialogue.standing.last else ""
        narrows = edit.change is Change.ONLY or bool(instructions.ONES.search(edit.what))
        narrows = narrows and edit.change in (Change.ONLY, Change.DROP) and not meant and bool(topic)
        if narrows and not read_table(last_answer) and self._is_list(dialogue):
            about = "not about" if edit.change is Change.DROP else "about"
            asked = f"Which of these {len(papers)} papers are {about} {topic}?"
            return Understood(Kind.SURVEY, asked, papers, ask=f"papers {about} {topic}", follows=True)
        if edit.change is Change.ADD:
            if not meant and not aspects and not self.lacking(edit.what):
                meant = self._nearest(edit.what)
            papers = tuple(dict.fromkeys([*papers, *meant]))
        elif edit.change is Change.DROP:
            papers = tuple(paper for paper in papers if paper not in meant)
        elif edit.change is Change.ONLY and meant:
            papers = meant
        elif edit.change is Change.SWAP:
            papers = papers[::-1]
        last = self._understand_at(dialogue, self.place(dialogue))
        standalone = question if read_edit(last.standalone) else last.standalone  # it lies too far back
        return Understood(Kind.EDIT, standalone, papers, aspects=aspects, edit=edit, follows=True)
