"""From values to what a terminal shows: results as text or JSON, messages, a progress bar. Knows no engine.

Nothing that papers or users write can steer the terminal: everything shown passes through `safe`.
"""

import json
import re
import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ingest.library import Ingested
    from ingest.live.diff import Difference
    from ingest.paper import Paper
    from ingest.pipeline import Report
    from rag.llm.pieces import Usage
    from rag.types import Answer, Ranked

WIDEST, NARROWEST = 100, 20  # columns; longer lines are tiring to read
LONGEST_MESSAGE = 1_000  # characters
RULE = re.compile(r"[\s|:-]+")  # the line below the head of a table
CELLS = re.compile(r"(?<!\\)\|")


def doing(words: str) -> None:
    """What is waited for, on one line of the terminal that the next such line replaces; empty clears it."""
    if sys.stderr and sys.stderr.isatty():
        width = shutil.get_terminal_size().columns - 1
        print(f"\r{safe(words)[:width]:{width}}" + ("" if words else "\r"), end="", file=sys.stderr, flush=True)


def usage_text(usage: "Usage") -> str:
    """'gpt-4.1-mini: 3,229 tokens in, 101 out, first word after 0.7 s, 2.3 s total, 0.0012'."""
    about = "about " if usage.estimated else ""
    money = f", cost {usage.money:.4f}" if usage.money is not None else ""
    times = f"first word after {usage.seconds_to_first:.1f} s, {usage.seconds:.1f} s total"
    name = usage.model or "the model"
    return f"{name}: {about}{usage.tokens_in:,} tokens in, {usage.tokens_out:,} out, {times}{money}"


def answer_text(answer: "Answer") -> str:
    """The answer, then the papers behind its marks and, where it is a refusal, the closest ones."""
    lines = ["", *_prose(answer.text), ""]
    if answer.usage:
        lines += [f"{f'{answer.tally}. ' if answer.tally else ''}{usage_text(answer.usage)}."]
        doubts = [check for check in answer.checks if check.mended or check.reason]
        lines += [
            _wrap(
                f"- {c.text}: {f'{c.mended}, ' if c.mended else ''}{c.settled}{f' ({c.reason})' if c.reason else ''}",
                hanging=2,
            )
            for c in doubts
        ]
        lines += [""]
    lines += [_wrap(answer.note), ""] if answer.note else []
    lines += [_wrap(f"[{c.number}] {c.title} (characters {c.start}–{c.end})", hanging=4) for c in answer.citations]
    if answer.refused and answer.retrieved and answer.by_search and not answer.citations:
        lines += ["Closest:"]
        lines += [_wrap(f"- {found.paper.title}", hanging=2) for found in answer.retrieved[:3]]
    if answer.suggestions:
        lines += ["", "Suggested questions:", *(_wrap(f"- {question}", hanging=2) for question in answer.suggestions)]
    return safe("\n".join(lines))


def trace_text(answer: "Answer") -> str:
    """How an answer came about, a line a step: plan, searches, what was shown, calls, what took how long."""
    trace = answer.trace
    if trace is None:
        return "No record of how this answer was made."
    lines = [f"planned by: {trace.planned_by}"]
    lines += (
        [f"plan, {name}: {value}" for name, value in answer.plan.model_dump().items() if value] if answer.plan else []
    )
    lines += [f"searched for: {search}" for search in trace.searches]
    lines += [f"papers weighed: {trace.looked_at}"]
    for paper in trace.shown:
        lines += [f"shown: {paper['title']}", *(f"  [{n}] {text}" for n, text in paper["sentences"].items())]
    lines += [
        f"call, {one.stage}: {one.tokens_in:,} tokens in, {one.tokens_out:,} out, {one.seconds:.1f} s"
        for one in trace.calls
    ]
    lines += [f"seconds, {stage}: {seconds:.3f}" for stage, seconds in trace.seconds.items()]
    lines += [f"note: {event}" for event in trace.events]
    return safe("\n".join(lines))


def ranking_text(ranked: "Sequence[Ranked]") -> str:
    """Each paper with its rank, title and best sentence."""
    lines = []
    for rank, found in enumerate(ranked, start=1):
        date = f" ({found.paper.date})" if found.paper.date else ""
        lines.append(_wrap(f"{rank:>3}. {found.paper.title}{date}", hanging=5))
        lines += [_wrap(found.evidence[0].sentence.text, indent=5, hanging=5)] if found.evidence else []
    return safe("\n".join(lines))


def papers_text(papers: "Sequence[Paper]") -> str:
    """A line a paper, its date first where any has one; not wrapped, so that `grep` and `head` see papers."""
    dated = any(paper.date for paper in papers)
    return "\n".join(safe(f"{paper.date or '–':10}  {paper.title}" if dated else paper.title) for paper in papers)


def report_text(report: "Report") -> str:
    """Each record that could not be read, with its place and reason, then '90 papers seen: 90 added, …'."""
    lines = [f"{source}, {record.place}: {record.reason}" for source, record in report.unreadable]
    counts = f"{report.added:,} added, {report.updated:,} updated, {report.unchanged:,} unchanged"
    counts += f", {report.doubled:,} duplicate{'s' * (report.doubled > 1)}" if report.doubled else ""
    seen = f"{report.seen:,} paper{'' if report.seen == 1 else 's'} seen"
    return safe("\n".join([*lines, f"{seen}: {counts}, {len(report.unreadable):,} could not be read."]))


def update_text(report: "Ingested") -> str:
    """'12 new papers, 1 updated.' or 'Nothing new.'"""
    new = f"{report.added:,} new paper{'' if report.added == 1 else 's'}, {report.updated:,} updated"
    unread = f", {len(report.unreadable):,} could not be read" if report.unreadable else ""
    return f"{new if report.changed else 'Nothing new'}{unread}."


def difference_text(found: "Difference") -> str:
    """What came, went and changed, a title a line, then what each day is about."""
    first, second = found.days
    lines = []
    for papers, words in (
        (found.came, f"added: on {second} only"),
        (found.went, f"removed: on {first} only"),
        (found.changed, "changed: on both days, with another text"),
    ):
        lines += [f"{len(papers):,} {words}{':' if papers else '.'}"]
        lines += [_wrap(f"- {paper.title}", hanging=2) for paper in papers]
    lines += [f"{found.stayed:,} on both days, unchanged."]
    for day, terms in zip(found.days, found.themes, strict=True):
        lines += [_wrap(f"More on {day}: {', '.join(terms) or 'nothing stands out'}.", hanging=2)]
    return safe("\n".join(lines))


def figures_text(figures: dict[str, Any]) -> str:
    """A table of measures, a row a type, or a line a figure."""
    if not all(isinstance(row, dict) for row in figures.values()):
        return "\n".join(f"{name:16} {value}" for name, value in figures.items())
    columns = list(dict.fromkeys(name for row in figures.values() for name in row))
    first = max(map(len, figures), default=0)
    lines = [" " * first + "".join(f"{column:>9}" for column in columns)]
    for kind, row in figures.items():
        cells = (f"{row[c]:9.3f}" if isinstance(row.get(c), float) else f"{row.get(c, '–'):>9}" for c in columns)
        lines.append(f"{kind:{first}}" + "".join(cells))
    return safe("\n".join(lines))


def safe(text: str) -> str:
    """A text without what would steer a terminal: control characters and direction marks."""
    return "".join(
        c for c in text if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs") or c in "\u200c\u200d"
    )


def say(sentence: str) -> None:
    """Shows a message as one line; never on standard output, which is for results."""
    if sys.stderr:  # None where the caller has closed it
        line = safe(" ".join(sentence.split()))
        shown = line if len(line) <= LONGEST_MESSAGE else f"{line[:LONGEST_MESSAGE]} …"
        print(shown, file=sys.stderr, flush=True)


def print_json(value: object) -> None:
    """Shows a value as JSON; in plain ASCII where standard output cannot take every character."""
    unicode = (getattr(sys.stdout, "encoding", None) or "").lower().startswith("utf")
    text = json.dumps(value, ensure_ascii=not unicode, indent=1)
    print(text)  # half a surrogate pair goes out as its escape: see `errors` in `main`


@contextmanager
def bar(total: int | None, unit: str) -> Iterator[Callable[..., None]]:
    """A progress bar with rate and time left on standard error, where that is a terminal.

    The function given counts steps, and learns the total with `total=`.
    """
    from tqdm import tqdm

    with tqdm(total=total, unit=f" {unit}", disable=None, leave=False, dynamic_ncols=True) as shown:

        def step(steps: int = 0, *, total: int | None = None) -> None:
            if total is not None:
                shown.total = total
                shown.refresh()
            shown.update(steps)

        yield step


def _prose(text: str) -> Iterator[str]:
    """The lines of an answer, wrapped: paragraphs, list items, and tables as a block a row."""
    for is_table, lines in groupby(text.split("\n"), key=lambda line: line.startswith("|")):
        if is_table:
            yield from _table([[cell.strip() for cell in CELLS.split(line)[1:-1]] for line in lines if not _rule(line)])
        else:
            yield from (_wrap(line, hanging=2 if line.startswith("- ") else 0) for line in lines)


def _rule(line: str) -> bool:
    return bool(RULE.fullmatch(line))


def _table(rows: list[list[str]]) -> Iterator[str]:
    """A comparison as blocks, which fit any width: what is compared, then a line for each paper."""
    head, body = rows[:1], rows[1:]
    for aspect, *cells in filter(None, body):
        yield aspect
        yield from (
            _wrap(f"{name}: {cell or '–'}", indent=2, hanging=4) for name, cell in zip(head[0][1:], cells, strict=False)
        )


def _wrap(text: str, *, indent: int = 0, hanging: int = 0) -> str:
    width = min(shutil.get_terminal_size().columns, WIDEST)
    return textwrap.fill(
        text,
        max(width, NARROWEST),
        initial_indent=" " * indent,
        subsequent_indent=" " * hanging,
        break_on_hyphens=False,
        break_long_words=False,
    )
