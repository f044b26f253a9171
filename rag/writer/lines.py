"""Tables and lists whose words a model shortens: the frame stays as it was found, each line is checked against its own.

Knows no model: the lines to shorten go out as text and come back as text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ingest.names import short_name
from rag.answer import Checked, Evidence
from rag.check import Checker, Verdict
from rag.draft import Cell, Draft, Group, Numbering, Row, Table
from rag.extract import flow, mark
from rag.prose import heading, say
from rag.table import head_lines, row_line
from rag.writer.mend import GOOD, mend
from rag.writer.sheet import Sheet, plain
from rag.writer.spoken import Listener, read_sentence

LINE = re.compile(r"^\s*(?:[-*]\s*)?\[?(?P<number>\d{1,3})\]?\s*[.):\-–]*\s+(?P<words>\S.*)$")
CONTRAST = re.compile(r"^\W*contrast\W*", re.IGNORECASE)
LONGEST_WORDS = 60  # words of a shortened line; a longer one is no shortening


@dataclass
class Frame:
    """A table or the lists of a draft, filled line by line as a model writes."""

    draft: Draft
    checker: Checker
    numbering: Numbering
    checks: list[Checked]
    contrast: list[str] = field(default_factory=list)
    _words: dict[int, str] = field(default_factory=dict)
    _rest: str = ""
    _given: int = 0  # units that were given out
    _closing: bool = False  # the contrast has begun

    def __post_init__(self) -> None:
        self.slots: list[tuple[Evidence, str]] = []  # evidence and label, by line number - 1
        self.units: list[list[int]] = []  # the lines that must be in before a unit is given out
        for part in self.draft.parts:
            if isinstance(part, Table):
                for row in part.rows:
                    self.units.append([self._slot(c.evidence, row.aspect) for c in row.cells if c.evidence])
            elif isinstance(part, Group):
                self.units += [[self._slot(item.evidence, "")] for item in part.items]

    def _slot(self, evidence: Evidence, aspect: str) -> int:
        self.slots.append((evidence, aspect))
        return len(self.slots)

    @property
    def is_table(self) -> bool:
        return any(isinstance(part, Table) for part in self.draft.parts)

    @property
    def text(self) -> str:
        """The lines to shorten: '3. (KIVI, memory) sentence'."""
        labels = (", ".join(filter(None, (plain(short_name(e.paper)), aspect))) for e, aspect in self.slots)
        return "\n".join(
            f"{n}. ({label}) {plain(evidence.sentence.text)}"
            for n, (label, (evidence, _)) in enumerate(zip(labels, self.slots, strict=True), start=1)
        )

    def hear(self, piece: str) -> Iterator[str]:
        """The rows or items that are complete with this piece of the model's text."""
        self._rest += piece
        *lines, self._rest = self._rest.split("\n")
        for line in lines:
            self._read(line)
        yield from self._ready()

    def end(self, *, whole: bool) -> Iterator[str]:
        """What is left, the quotes where no words came; `whole` is whether the model came to its end."""
        if whole:
            self._read(self._rest)
        self._rest = ""
        yield from self._ready(all_of_it=True)

    def closing(self, said: set[str]) -> Iterator[str]:
        """The model's contrast, checked; nothing where it wrote none that stands."""
        listener = Listener()
        text = " ".join(self.contrast)
        for spoken in (*listener.hear(text), *listener.end()):
            shown = mend(spoken, Sheet(tuple(e for e, _ in self.slots), ""), self.checker, self.numbering, said)
            if shown and shown.checked.mended != "struck":
                self.checks.append(shown.checked)
                yield shown.text

    def _read(self, line: str) -> None:
        if CONTRAST.match(line) or self._closing:
            self._closing = True
            self.contrast.append(CONTRAST.sub("", line))
        elif (found := LINE.match(line)) and 0 < (number := int(found["number"])) <= len(self.slots):
            self._words.setdefault(number, found["words"])

    def _ready(self, *, all_of_it: bool = False) -> Iterator[str]:
        while self._given < len(self.units):
            wanted = self.units[self._given]
            later = max(self._words, default=0) > max(wanted, default=0)  # the model is past it
            if not all_of_it and not later and not all(n in self._words for n in wanted):
                return
            yield self._render(self._given)
            self._given += 1

    def _render(self, unit: int) -> str:
        seen = 0
        gap = "\n\n"
        for place, part in enumerate(self.draft.parts):
            if isinstance(part, Table):
                if unit < seen + len(part.rows):
                    row = part.rows[unit - seen]
                    numbers = iter(self.units[unit])
                    cells = tuple(self._cell(next(numbers)) if cell.evidence else cell for cell in row.cells)
                    head = "\n".join(head_lines(part, self.numbering)) if unit == seen else ""
                    line = row_line(Row(row.aspect, cells), self.numbering)
                    return (gap if place and head else "") + f"{head}\n{line}"
                seen += len(part.rows)
            elif isinstance(part, Group):
                if unit < seen + len(part.items):
                    item = part.items[unit - seen]
                    first = unit == seen
                    head = f"{heading(part, self.numbering)}\n\n" if first and part.heading else ""
                    words = self._checked(self.units[unit][0])
                    said = say(replace(item, words=words), self.numbering)
                    return (gap if place and first else "" if first else "\n") + f"{head}- {said}"
                seen += len(part.items)
        raise AssertionError(unit)

    def _cell(self, number: int) -> Cell:
        return Cell(self.slots[number - 1][0], self._checked(number))

    def _checked(self, number: int) -> str:
        """The model's words for a line where they stand in its sentence, else nothing, and the check of it."""
        evidence, _ = self.slots[number - 1]
        mark_number = self.numbering.number(evidence)
        words = read_sentence(self._words.get(number, "")).words
        if 0 < len(words.split()) <= LONGEST_WORDS:
            check = self.checker.check(words, [evidence])
            if check.verdict in GOOD:
                text = mark(flow(words), mark_number)
                self.checks.append(Checked(text, str(check.verdict), check.reason, (mark_number,)))
                return words
            reason, mended = check.reason, "quoted instead"
        else:
            reason, mended = "", ""
        text = mark(flow(evidence.sentence.text), mark_number)
        self.checks.append(Checked(text, str(Verdict.VERBATIM), reason, (mark_number,), mended, words))
        return ""


def is_framed(draft: Draft) -> bool:
    """Whether a draft has a table or lists, which a model fills rather than writes."""
    return any(isinstance(part, (Table, Group)) for part in draft.parts)
