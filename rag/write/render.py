"""From a draft to text with marks: paragraphs, lists and tables in a small Markdown. Knows no question."""

import re
from collections.abc import Iterator

from rag.types import MARK
from rag.write.draft import Draft, Group, Numbering, Paragraph, Statement, Table
from rag.write.export import to_markdown

INNER_STOP = re.compile(r"[.!?](?=\s+\S)")


def render(draft: Draft, numbering: Numbering) -> Iterator[str]:
    """The text of a draft piece by piece; joined they are the answer."""
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
        yield f"{gap}**{flow(part.heading)}**\n"
        gap = "\n"
    for item in part.items:
        yield f"{gap}- {say(item, numbering)}"
        gap = "\n"


def say(statement: Statement, numbering: Numbering) -> str:
    """'KIVI: It quantizes the cache [1].'"""
    lead = f"{flow(statement.lead)}: " if statement.lead else ""
    return lead + mark(flow(statement.evidence.sentence.text), numbering.number(statement.evidence))


def flow(text: str) -> str:
    """A sentence as it reads within an answer: each full stop ends a cited sentence, each [n] is a mark of ours.

    Stops inside it go ('et al.', 'e.g.'), and what only looks like a mark is put in round brackets.
    """
    return INNER_STOP.sub("", MARK.sub(lambda found: f"({found[0][1:-1]})", text))


def mark(sentence: str, number: int) -> str:
    """'It does so.' as 'It does so [1].'"""
    stop = sentence[-1] if sentence[-1:] in ".!?" else ""
    return f"{sentence[: len(sentence) - len(stop)]} [{number}]{stop or '.'}"
