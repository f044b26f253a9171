"""Tables as Markdown, CSV and LaTeX: complete, cited and harmless."""

import csv
import io
import re

import pytest

from ingest.paper import Paper, Sentence
from rag.types import Evidence
from rag.write.draft import Cell, Numbering, Row, Table
from rag.write.export import to_csv, to_latex, to_markdown

ANT = Paper(
    "Ant: On | Norms",
    "We prune, as Jones et al. do. It saves 5% of memory, i.e. little! Is |x| ≤ \\|y\\|? Really?! Yes... It is.",
    url="https://example.org/a_b",
)
BEE = Paper("Bee", "=cmd|' /C calc'!A0 is a formula. We propose Bee. It costs $5 & 3_000 ~ {x}^2 #1.")


def cell(paper: Paper, text: str) -> Cell:
    start = paper.abstract.index(text)
    return Cell(Evidence(paper, Sentence(text, start, start + len(text)), 1.0))


TABLE = Table(
    (ANT, BEE),
    ("Ant", "Bee. A? Title"),
    (
        Row("result", (cell(ANT, "It saves 5% of memory, i.e. little!"), cell(BEE, BEE.abstract[-36:]))),
        Row("idea", (cell(ANT, "We prune, as Jones et al. do."), cell(BEE, "We propose Bee."))),
        Row("limits", (cell(ANT, "Is |x| ≤ \\|y\\|? Really?! Yes..."), Cell(None))),
        Row("batch size", (Cell(None), Cell(None))),
    ),
)


def test_every_cell_of_a_table_in_markdown_carries_its_mark_or_is_a_dash_and_no_bar_splits_it() -> None:
    lines = to_markdown(TABLE, Numbering()).splitlines()
    assert lines[0] == "|  | Ant | Bee A Title |"
    assert lines[2].startswith("| Result | It saves 5% of memory, i.e little [1] | ")
    assert lines[3] == "| Idea | We prune, as Jones et al do [3] | We propose Bee [4] |"
    assert lines[4].endswith("| – |")
    assert lines[5] == "| Batch size | – | – |"
    assert [len(re.split(r"(?<!\\)\|", line)) for line in lines] == [5] * len(lines)


def test_csv_holds_every_quote_unchanged_with_its_reference_beside_it() -> None:
    rows = list(csv.reader(io.StringIO(to_csv(TABLE, Numbering()))))
    assert rows[0] == ["aspect", "Ant", "Ant: reference", "Bee. A? Title", "Bee. A? Title: reference"]
    assert rows[2][1] == "We prune, as Jones et al. do."
    assert rows[2][2].startswith("[3] Ant: On | Norms. https://example.org/a_b Characters 0–")
    assert rows[3][3:] == ["–", ""]
    assert [len(row) for row in rows] == [5] * 5


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_no_cell_of_a_csv_is_a_formula(start: str) -> None:
    paper = Paper("P", f"{start}cmd|' /C calc'!A0 is here.")
    table = Table((paper,), (f"{start}SUM(A1)",), (Row("idea", (cell(paper, paper.abstract),)),))
    cells = [each for row in csv.reader(io.StringIO(to_csv(table, Numbering()))) for each in row]
    assert cells[1] == f"'{start}SUM(A1)"
    assert not any(each.startswith(start) for each in cells)


def test_latex_escapes_what_is_special_and_lists_the_references() -> None:
    text = to_latex(TABLE, Numbering())
    assert r"It costs \$5 \& 3\_000 \textasciitilde{} \{x\}\textasciicircum{}2 \#1." in text
    assert r"\textbar{}x\textbar{}" in text
    assert text.count(r"\noindent [") == 5
    assert text.count(r"\begin{tabular}") == text.count(r"\end{tabular}") == 1
    assert all(line.count(" & ") == 2 for line in text.splitlines() if line.endswith(r"\\"))
