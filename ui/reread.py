"""An answer back from its JSON (`Answer.as_dict`), which may come from anywhere: each field is checked for its kind and
cleaned; what a word says is believed as far as any file of the reader's own is.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ingest.errors import UsageError
from ingest.paper import Paper, Sentence
from ingest.text import clean
from rag.llm.pieces import Usage
from rag.plan.plan import Plan
from rag.types import (
    ABSENT,
    CHECKED,
    CHECKING,
    FAILED,
    MEANINGS,
    UNSOURCED,
    VERDICTS,
    Answer,
    Checked,
    Citation,
    Evidence,
    Ranked,
    Turn,
)
from rag.write.draft import Cell, Row, Table

MOST_ENTRIES = 1_000  # of any list in an answer
MOST_NUMBER = 9_999  # of a mark
LONGEST = 100_000  # characters of one text
OUTCOMES = ("answered", "close", "absent")
STATES = ("", CHECKING, CHECKED, FAILED)

Find = Callable[[str], Paper | None]


class Fields:
    """The fields of one JSON object, read by kind; `place` names it in what is raised (UsageError)."""

    def __init__(self, fields: Any, place: str) -> None:
        if not isinstance(fields, dict):
            raise UsageError(f"{place} is not a JSON object.")
        self._fields, self.place = fields, place

    def wrong(self, key: str, kind: str) -> UsageError:
        return UsageError(f"{self.place}: '{key}' is {kind}.")

    def lines(self, key: str) -> str:
        """A text that may have several lines; '' where it is missing."""
        value = self._fields.get(key, "")
        if not isinstance(value, str) or len(value) > LONGEST:
            raise self.wrong(key, f"not text of up to {LONGEST:,} characters")
        return cleaned(value)

    def text(self, key: str) -> str:
        """A text as one line."""
        return clean(self.lines(key))

    def word(self, key: str, allowed: Sequence[str]) -> str:
        """One of a few words; the first where it is missing."""
        value = self._fields.get(key, allowed[0])
        if value not in allowed:
            raise self.wrong(key, f"not one of {', '.join(allowed)}")
        return str(value)

    def count(self, key: str, most: int) -> int:
        value = self._fields.get(key, 0)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
            raise self.wrong(key, f"not a whole number from 0 to {most:,}")
        return value

    def real(self, key: str) -> float:
        value = self._fields.get(key, 0.0)
        if not isinstance(value, int | float) or not 0 <= value < 1e9:
            raise self.wrong(key, "not a number of 0 or more")
        return float(value)

    def flag(self, key: str) -> bool:
        return self._fields.get(key) is True

    def has(self, key: str) -> bool:
        return self._fields.get(key) is not None

    def several(self, key: str) -> list[Any]:
        """A list; empty where it is missing."""
        value = self._fields.get(key) or []
        if not isinstance(value, list) or len(value) > MOST_ENTRIES:
            raise self.wrong(key, f"not a list of up to {MOST_ENTRIES:,} entries")
        return value

    def texts(self, key: str) -> list[str]:
        """A list of texts, each as one line."""
        values = self.several(key)
        if not all(isinstance(value, str) and len(value) <= LONGEST for value in values):
            raise self.wrong(key, "not a list of texts")
        return [clean(value) for value in values]

    def inner(self, key: str) -> "Fields":
        """The object under a key."""
        return Fields(self._fields.get(key), f"{self.place}, {key}")

    def objects(self, key: str) -> list["Fields"]:
        """The objects of a list."""
        return [Fields(one, f"{self.place}, {key} {at}") for at, one in enumerate(self.several(key), start=1)]


def cleaned(text: str) -> str:
    """Text without invisible and broken characters, its line breaks and the spaces within its lines kept."""
    lines = (" ".join(map(clean, line.split(" "))) for line in text.splitlines())
    return "\n".join(lines).strip()


def read_answer(fields: Fields, question: str, papers: Mapping[str, Paper]) -> Answer:
    """The answer that an object of `Answer.as_dict` tells of; `papers` are those known of it, by id.

    Raises UsageError that names the field which is not as it should be.
    """
    citations = tuple(map(_citation, fields.objects("citations")))
    if len({citation.number for citation in citations}) < len(citations):
        raise fields.wrong("citations", "numbered twice")
    by_title = {paper.title: paper for paper in papers.values()}
    return Answer(
        question,
        fields.lines("answer"),
        citations,
        fields.flag("refused"),
        fields.lines("standalone"),
        tuple(Ranked(by_title.get(title) or Paper(title, ""), 0.0, ()) for title in fields.texts("retrieved")),
        fields.real("seconds"),
        outcome=fields.word("outcome", OUTCOMES),
        kind=fields.text("kind"),
        understood=fields.text("understood"),
        note=fields.text("note"),
        table=_table(fields.inner("table"), citations, papers) if fields.has("table") else None,
        checks=tuple(map(_check, fields.objects("checks"))),
        usage=_usage(fields.inner("usage")) if fields.has("usage") else None,
        suggestions=tuple(fields.texts("suggestions")),
        plan=_plan(fields.inner("plan")) if fields.has("plan") else None,
        context=tuple(fields.texts("context")),
        meaning=FAILED if fields.word("meaning", STATES) == CHECKING else fields.word("meaning", STATES),
    )


def read_turn(role: str, content: str, record: Any, find: Find) -> Turn:
    """A message of a conversation with the record of its answer, where it has one; raises UsageError where that is
    none. Papers that are not here are left out of it."""
    if role != "assistant" or record is None:
        return Turn(role, content)
    fields = Fields(record, "'answer' of a message")
    cited = {paper.id: paper for one in fields.objects("citations") if (paper := find(one.text("paper_id")))}
    return Turn(role, content or fields.lines("answer"), read_answer(fields, fields.text("standalone"), cited))


def _plan(fields: Fields) -> Plan:
    """The plan, of which only the papers and what was understood matter once it was followed."""
    return Plan(
        question=fields.text("question"),
        papers=tuple(fields.texts("papers")),
        searches=tuple(fields.texts("searches")),
        every=fields.flag("every"),
        criterion=fields.text("criterion"),
        since=fields.text("since"),
        until=fields.text("until"),
        authors=tuple(fields.texts("authors")),
        form=fields.text("form"),
        reply=fields.text("reply"),
    )


def _citation(fields: Fields) -> Citation:
    start, end = fields.count("start", LONGEST), fields.count("end", LONGEST)
    number, paper_id = fields.count("number", MOST_NUMBER), fields.text("paper_id")
    if not number or not paper_id:
        raise fields.wrong("number" if not number else "paper_id", "missing")
    return Citation(
        number,
        paper_id,
        fields.text("title"),
        fields.lines("quote"),
        start,
        end,
        fields.word("verdict", VERDICTS[::-1]),
    )


def _check(fields: Fields) -> Checked:
    numbers = fields.several("numbers")
    if not all(isinstance(number, int) and 0 < number <= MOST_NUMBER for number in numbers):
        raise fields.wrong("numbers", "not a list of citation numbers")
    return Checked(
        fields.lines("text"),
        fields.word("verdict", (*VERDICTS[::-1], ABSENT, UNSOURCED)),
        fields.text("reason"),
        tuple(map(int, numbers)),
        fields.text("mended"),
        fields.word("meaning", ("", *MEANINGS)),
        fields.lines("was"),
    )


def _usage(fields: Fields) -> Usage:
    return Usage(
        fields.text("model"),
        fields.count("tokens_in", 10**9),
        fields.count("tokens_out", 10**9),
        fields.real("seconds_to_first"),
        fields.real("seconds"),
        fields.real("money") if fields.has("money") else None,
        fields.flag("estimated"),
        fields.count("calls", 10**6),
    )


def _table(fields: Fields, citations: Sequence[Citation], papers: Mapping[str, Paper]) -> Table:
    """The table, each cell's sentence found by the number it carries."""
    names = tuple(fields.texts("names"))
    by_number = {citation.number: citation for citation in citations}
    rows: list[Row] = []
    for row in fields.objects("rows"):
        cells = [_cell(one, row, by_number, papers) for one in row.several("cells")]
        if len(cells) != len(names):
            raise row.wrong("cells", f"not {len(names)} entries long")
        rows.append(Row(row.text("aspect"), tuple(cells)))
    columns = [
        next((row.cells[at].evidence for row in rows if row.cells[at].evidence), None) for at in range(len(names))
    ]
    heads = [one.paper if one else Paper(name, "") for one, name in zip(columns, names, strict=True)]
    return Table(tuple(heads), names, tuple(rows))


def _cell(cell: Any, row: Fields, citations: Mapping[int, Citation], papers: Mapping[str, Paper]) -> Cell:
    if cell is None:
        return Cell(None)
    fields = Fields(cell, f"{row.place}, cells")
    words = fields.lines("words")
    if words and not fields.has("number"):
        return Cell(None, words)
    citation = citations.get(fields.count("number", MOST_NUMBER))
    if citation is None:
        raise fields.wrong("number", "not that of a citation")
    paper = papers.get(citation.paper_id) or Paper(citation.title, "", id=citation.paper_id)
    return Cell(Evidence(paper, Sentence(citation.quote, citation.start, citation.end), 0.0), words)
