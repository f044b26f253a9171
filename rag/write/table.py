"""From the Markdown table in an answer to a Table that can be exported, each cell with the sentence it cites first."""

from collections.abc import Mapping

from ingest.paper import Sentence
from rag.types import Citation, Evidence, Ranked
from rag.write.draft import Cell, Row, Table
from rag.write.layout import BAR, RULE, bare, numbers_in


def read_table(text: str, cited: Mapping[int, tuple[Ranked, Citation]]) -> Table | None:
    """The first table in a text; None where it has none. `cited` is what each mark stands for."""
    lines = text.split("\n")
    rule = next((at for at, line in enumerate(lines) if at and RULE.match(line) and lines[at - 1].startswith("|")), 0)
    if not rule:
        return None
    names = tuple(bare(cell) for cell in _cells(lines[rule - 1])[1:])
    rows = []
    for line in lines[rule + 1 :]:
        if not line.startswith("|"):
            break
        aspect, *cells = _cells(line)
        fitted = [*cells[: len(names)], *[""] * (len(names) - len(cells))]
        rows.append(Row(bare(aspect), tuple(_cell(cell, cited) for cell in fitted)))
    heads = tuple(
        next((c.evidence.paper for r in rows if (c := r.cells[at]).evidence), None) for at in range(len(names))
    )
    return Table(tuple(paper for paper in heads if paper), names, tuple(rows)) if names and rows else None


def _cells(line: str) -> list[str]:
    return [cell.strip().replace("\\|", "|") for cell in BAR.split(line.strip().removeprefix("|").removesuffix("|"))]


def _cell(text: str, cited: Mapping[int, tuple[Ranked, Citation]]) -> Cell:
    found = next((cited[n] for n in numbers_in(text) if n in cited), None)
    if found is None:
        return Cell(None, bare(text))
    ranked, citation = found
    sentence = Sentence(citation.quote, citation.start, citation.end)
    return Cell(Evidence(ranked.paper, sentence, 0.0), bare(text))
