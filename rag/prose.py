"""From a draft to text with marks: paragraphs, lists and tables in a small Markdown. Knows no question."""

from collections.abc import Iterator

from rag.draft import Draft, Group, Numbering, Paragraph, Statement, Table
from rag.extract import flow, mark
from rag.table import to_markdown


def render(draft: Draft, numbering: Numbering) -> Iterator[str]:
    """The text of a draft piece by piece; joined they are the answer, and every line of it carries a mark."""
    for place, part in enumerate(draft.parts):
        gap = "\n\n" if place else ""
        if isinstance(part, Table):
            yield gap + to_markdown(part, numbering)
        elif isinstance(part, Group):
            yield from _list(part, numbering, gap)
        else:
            yield from _paragraph(part, numbering, gap)


def _paragraph(part: Paragraph, numbering: Numbering, gap: str) -> Iterator[str]:
    for statement in part.statements:
        yield gap + say(statement, numbering)
        gap = " "


def _list(part: Group, numbering: Numbering, gap: str) -> Iterator[str]:
    if part.heading:
        yield f"{gap}{heading(part, numbering)}\n"
        gap = "\n"
    for item in part.items:
        yield f"{gap}- {say(item, numbering)}"
        gap = "\n"


def heading(part: Group, numbering: Numbering) -> str:
    """What heads a list, with the marks of all its items."""
    return f"**{flow(part.heading)}**{numbering.marks([item.evidence for item in part.items])}"


def say(statement: Statement, numbering: Numbering) -> str:
    """'KIVI: It quantizes the cache [1].'"""
    lead = f"{flow(statement.lead)}: " if statement.lead else ""
    words = statement.words or statement.evidence.sentence.text
    return lead + mark(flow(words), numbering.number(statement.evidence))
