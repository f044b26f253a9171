"""From values to text for a terminal: answers, rankings, reports. Pure functions; knows no engine."""

import shutil
import textwrap
import unicodedata
from collections.abc import Sequence

from ingest.pipeline import Report
from rag.answer import Answer, Ranked

WIDEST = 100  # columns; longer lines are tiring to read
SHOWN_UNREADABLE = 10


def answer_text(answer: Answer) -> str:
    """The answer, then the papers behind its marks, or the closest ones where it is a refusal."""
    parts = [_wrap(paragraph) for paragraph in answer.text.split("\n")]
    lines = ["", *parts, ""]
    if answer.refused:
        lines += ["Closest:"] if answer.retrieved else []
        lines += [_wrap(f"- {found.paper.title}", hanging=2) for found in answer.retrieved[:3]]
    else:
        lines += [_wrap(f"[{c.number}] {c.title} (characters {c.start}–{c.end})", hanging=4) for c in answer.citations]
    return safe("\n".join([*lines, ""]))


def ranking_text(ranked: Sequence[Ranked]) -> str:
    """Each paper with its rank, title and best sentence."""
    lines = []
    for rank, found in enumerate(ranked, start=1):
        date = f" ({found.paper.date})" if found.paper.date else ""
        lines.append(_wrap(f"{rank:>3}. {found.paper.title}{date}", hanging=5))
        lines += [_wrap(found.evidence[0].sentence.text, indent=5, hanging=5)] if found.evidence else []
    return safe("\n".join(lines))


def report_text(report: Report) -> str:
    """'90 papers seen: 90 added, …' and each unreadable record with its place and reason."""
    counts = f"{report.added} added, {report.updated} updated, {report.unchanged} unchanged"
    counts += f", {report.doubled} doubled" if report.doubled else ""
    lines = [f"{report.seen} papers seen: {counts}, {len(report.unreadable)} unreadable."]
    for source, record in report.unreadable[:SHOWN_UNREADABLE]:
        lines.append(_wrap(f"  {source}, {record.place}: {record.reason}", hanging=4))
    more = len(report.unreadable) - SHOWN_UNREADABLE
    return safe("\n".join(lines + ([f"  … and {more} more."] if more > 0 else [])))


def safe(text: str) -> str:
    """A text without what would steer a terminal: control characters and direction marks."""
    return "".join(
        c for c in text if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs") or c in "\u200c\u200d"
    )


def _wrap(text: str, *, indent: int = 0, hanging: int = 0) -> str:
    width = min(shutil.get_terminal_size().columns, WIDEST)
    return textwrap.fill(
        text,
        max(width, 20),
        initial_indent=" " * indent,
        subsequent_indent=" " * hanging,
        break_on_hyphens=False,
        break_long_words=False,
    )
