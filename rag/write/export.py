"""From a Table to Markdown, CSV and LaTeX, each complete with its citations."""

import csv
import io
import re
from collections.abc import Sequence

from rag.types import MARK, Evidence
from rag.write.draft import Cell, Numbering, Row, Table

NOTHING = "–"  # in a cell without a source: nothing is claimed of what the paper does not say
STOPS = re.compile(r"[.!?]+(?=\s|$)")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
}
BARS = re.compile(r"\\*\|")  # with the backslashes of LaTeX's norm bars, which would undo ours


def to_markdown(table: Table, numbering: Numbering) -> str:
    """The table in GitHub's Markdown; every cell that says something carries a mark."""
    return "\n".join([*head_lines(table), *(row_line(row, numbering) for row in table.rows)])


def head_lines(table: Table) -> list[str]:
    """The head of a Markdown table and the rule below it."""
    heads = [_escape(_without_stops(name)) for name in table.names]
    return [_line(["", *heads]), _line(["---"] * (len(heads) + 1))]


def row_line(row: Row, numbering: Numbering) -> str:
    """One row of a Markdown table."""
    cells = [_quote(cell, numbering) if cell.evidence else _escape(cell.words) or NOTHING for cell in row.cells]
    return _line([_escape(row.aspect.capitalize()), *cells])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _quote(cell: Cell, numbering: Numbering) -> str:
    assert cell.evidence
    return _escape(_without_stops(cell.words or cell.evidence.sentence.text)) + numbering.marks([cell.evidence])


def _without_stops(text: str) -> str:
    """A text on one line without full stops that end a word, so that a line of the table reads as one sentence."""
    unmarked = MARK.sub(lambda found: f"({found[0][1:-1]})", text)  # a quote's own [16] is no mark of ours
    return " ".join(STOPS.sub("", unmarked).split())


def _escape(text: str) -> str:
    return BARS.sub(r"\\|", text)


def to_csv(table: Table, numbering: Numbering) -> str:
    """The table as CSV: beside each paper's column of quotes, word for word, one with their references."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(map(_inert, ["aspect", *(x for name in table.names for x in (name, f"{name}: reference"))]))
    for row in table.rows:
        line = [row.aspect]
        for cell in row.cells:
            line += [_text(cell), _reference(cell.evidence, numbering) if cell.evidence else ""]
        writer.writerow(map(_inert, line))
    return out.getvalue()


def _text(cell: Cell) -> str:
    """What a cell says: the words that stand for its quote, else the quote."""
    return cell.words or (cell.evidence.sentence.text if cell.evidence else NOTHING)


def _inert(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.lstrip(" ").startswith(FORMULA) else cell


def _reference(evidence: Evidence, numbering: Numbering) -> str:
    paper, sentence = evidence.paper, evidence.sentence
    where = f" {paper.url}" if paper.url else ""
    span = f"Characters {sentence.start}–{sentence.end} of the abstract."
    return f"[{numbering.number(evidence)}] {paper.title}.{where} {span}"


def to_latex(table: Table, numbering: Numbering) -> str:
    """The table as a LaTeX tabular, with the references of its quotes below; needs no package beyond LaTeX itself."""
    width = f"p{{{0.8 / max(1, len(table.names)):.2f}\\textwidth}}"
    lines = [f"\\begin{{tabular}}{{p{{0.12\\textwidth}}{width * len(table.names)}}}", r"\hline"]
    lines += [" & ".join(["", *(rf"\textbf{{{_latex(name)}}}" for name in table.names)]) + r" \\", r"\hline"]
    cited: dict[str, None] = {}
    for row in table.rows:
        cells = [_latex(row.aspect.capitalize())]
        for cell in row.cells:
            if not cell.evidence:
                cells.append(_latex(cell.words) or "--")
                continue
            cells.append(_latex(_text(cell) + numbering.marks([cell.evidence])))
            cited[_reference(cell.evidence, numbering)] = None
        lines.append(" & ".join(cells) + r" \\")
    lines += [r"\hline", r"\end{tabular}", ""]
    return "\n".join(lines + [rf"\noindent {_latex(reference)}\par" for reference in cited]) + "\n"


def _latex(text: str) -> str:
    return "".join(LATEX.get(sign, sign) for sign in text)
