"""From an answer's table to buttons that copy it as Markdown, CSV or LaTeX. The texts lie hidden beside their buttons,
so copying asks no server and needs no file."""

from rag.types import Answer
from rag.write.draft import Numbering, Table
from rag.write.export import to_csv, to_latex, to_markdown
from ui.prose import escape


def exports(given: Answer) -> str:
    """The buttons below a comparison; nothing where there is no table."""
    if given.table is None:
        return ""
    copies = "".join(
        f'<button type="button" class="copy" title="Copy the table as {name}">{name}</button>'
        f'<span class="copied" hidden>{escape(text)}</span>'
        for name, text in texts(given, given.table).items()
    )
    return f'<p class="exports">Copy table as {copies}</p>'


def texts(given: Answer, table: Table) -> dict[str, str]:
    """The table in each format, complete with its references; its numbers are those of the answer."""
    given_numbers = {(c.paper_id, c.start, c.end): c.number for c in given.citations}
    numbering = Numbering(list(given.citations), _given=given_numbers)
    return {
        "Markdown": f"{to_markdown(table, numbering)}\n\n{references(table, numbering)}",
        "CSV": to_csv(table, numbering),
        "LaTeX": to_latex(table, numbering),
    }


def references(table: Table, numbering: Numbering) -> str:
    """A line for each number in the table: '- [1] Title. https://…'."""
    cited = {
        numbering.number(cell.evidence): cell.evidence for row in table.rows for cell in row.cells if cell.evidence
    }
    return "\n".join(
        f"- [{number}] {evidence.paper.title}. {evidence.paper.url}".rstrip()
        for number, evidence in sorted(cited.items())
    )
