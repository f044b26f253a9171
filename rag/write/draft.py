"""What a writer hands over: cited statements in paragraphs, lists and a table, before they are numbered and rendered.

A writer never writes a mark: it names the evidence, and `Numbering` gives each sentence its number once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ingest.paper import Paper
from rag.types import Citation, Evidence


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of an answer: `evidence` quoted, behind `lead`, our words that name its paper ('KIVI')."""

    evidence: Evidence
    lead: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Statements that read on from one another."""

    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A list, an item a paper; `heading` says what they share."""

    items: tuple[Statement, ...]
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A table's cell: the sentence that says it, None where it has no source; `words` as in Statement."""

    evidence: Evidence | None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    aspect: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A comparison: a column a paper, a row an aspect; `names` are what the papers are called in its head."""

    papers: tuple[Paper, ...]
    names: tuple[str, ...]
    rows: tuple[Row, ...]


Part = Paragraph | Group | Table


@dataclass(frozen=True, slots=True)
class Draft:
    """All a writer found to say. `note` is ours, shown beside the answer and not part of it ('90 papers looked at')."""

    parts: tuple[Part, ...]
    note: str = ""

    @property
    def papers(self) -> tuple[str, ...]:
        """The ids of the papers it is about: all that it quotes but those in a list beside paragraphs."""
        paragraphs = [s.evidence for part in self.parts if isinstance(part, Paragraph) for s in part.statements]
        listed = [s.evidence for part in self.parts if isinstance(part, Group) for s in part.items]
        tables = [paper.id for part in self.parts if isinstance(part, Table) for paper in part.papers]
        return tuple(dict.fromkeys([*tables, *(e.paper.id for e in paragraphs or listed)]))


@dataclass
class Numbering:
    """Gives each cited sentence a number, in order of first mention, the same one each time."""

    citations: list[Citation] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)  # of each
    _given: dict[tuple[str, int, int], int] = field(default_factory=dict)

    def number(self, evidence: Evidence) -> int:
        paper, sentence = evidence.paper, evidence.sentence
        key = (paper.id, sentence.start, sentence.end)
        if key not in self._given:
            self._given[key] = len(self._given) + 1
            quote = paper.abstract[sentence.start : sentence.end]
            self.citations.append(
                Citation(self._given[key], paper.id, paper.title, quote, sentence.start, sentence.end)
            )
            self.evidence.append(evidence)
        return self._given[key]

    def marks(self, evidence: Sequence[Evidence]) -> str:
        """' [1] [4]' for these sentences."""
        return "".join(f" [{number}]" for number in dict.fromkeys(map(self.number, evidence)))
