"""From the small Markdown of answers (paragraphs, headings, lists, tables, **bold**, [n] marks) to inert HTML.

Every text is escaped here, on the server; only tags written here come out. Knows what the numbers stand for and
nothing else of an answer.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from rag.types import EXACT, VERIFIED, Citation
from rag.write.export import NOTHING
from rag.write.layout import BAR, RULE

MARK = re.compile(r"\[(\d{1,4})\]")
BOLD = re.compile(r"\*\*([^*]+)\*\*")
HEADING = re.compile(r"\*\*([^*]+)\*\*((?: ?\[\d{1,4}\])*)")
ITEM = re.compile(r"\s*(-|\d{1,3}\.) ")
UNFINISHED = re.compile(r"(?:\[\d{0,4}|\*{1,2}|\n-?\s*)$")
# What means something to HTML, Markdown or KaTeX, and the line break, each as a character reference.
INERT = {ord(active): f"&#{ord(active)};" for active in "<>&\"'`*_~$\\[]!|#\n"}
# Control characters but tab and line feed, surrogates, and marks that turn the direction of the text around them.
UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
STOP = re.compile(r"[.,;:!?)]*")
LONGEST_GLUED = 24  # characters of a word that is kept on one line with its mark
WIDEST = 6  # papers in a table that the style knows; more look like six


@dataclass(frozen=True)
class Known:
    """What the marks of an answer stand for. `places` number its papers from 1; `leads` finds the names that sentences
    open with where they say whose they are ("KIVI: …"), as its one group; `checking`: meaning is not checked yet;
    `mended` are the marks of sentences that the check put right."""

    citations: Mapping[int, Citation] = field(default_factory=dict)
    places: Mapping[str, int] = field(default_factory=dict)
    leads: re.Pattern[str] | None = None
    checking: bool = False
    mended: frozenset[int] = frozenset()


def leads(names: Sequence[str]) -> re.Pattern[str] | None:
    """A pattern for these names where a sentence opens with one and a colon; None without names."""
    longest_first = sorted(filter(None, names), key=len, reverse=True)
    return (
        re.compile(rf"(?:^|(?<=\][.!?] ))({'|'.join(map(re.escape, longest_first))})(?=: )") if longest_first else None
    )


def escape(text: str) -> str:
    """Text as inert HTML: nothing in it is a tag, Markdown, a line break of the source, or invisible steering."""
    return UNSEEN.sub("", text).translate(INERT)


def prose(text: str, known: Known) -> str:
    """The text of an answer as HTML."""
    blocks = re.split(r"\n[ \t]*\n", text.strip())
    return "".join(
        table(list(lines), known) if is_table else flowing(list(lines), known)
        for block in blocks
        for is_table, lines in groupby(block.split("\n"), key=is_row)
    )


def flowing(lines: Sequence[str], known: Known) -> str:
    """Lines that are no table: headings, paragraphs and lists, in their order."""
    out: list[str] = []
    for kind, group in groupby(_joined(lines), key=lambda line: _kind(line)):
        if kind == "h3":
            headings = (HEADING.fullmatch(line.strip()) for line in group)
            out += [f'<h3 dir="auto">{marked(found[1] + found[2], known)}</h3>' for found in headings if found]
        elif kind == "p":
            out.append(f'<p dir="auto">{"<br>".join(led(line, known) for line in group)}</p>')
        else:
            rows = "".join(f'<li dir="auto">{led(ITEM.sub("", line, count=1), known)}</li>' for line in group)
            out.append(f"<{kind}>{rows}</{kind}>")
    return "".join(out)


def _joined(lines: Sequence[str]) -> list[str]:
    """Lines that say something, those that go on with a list item joined to it."""
    out: list[str] = []
    for line in filter(str.strip, lines):
        if out and ITEM.match(out[-1]) and line.startswith("  ") and not ITEM.match(line):
            out[-1] += " " + line.strip()
        else:
            out.append(line)
    return out


def _kind(line: str) -> str:
    """The element that a line belongs to."""
    if item := ITEM.match(line):
        return "ul" if item[1] == "-" else "ol"
    return "h3" if HEADING.fullmatch(line.strip()) else "p"


# -- tables ----------------------------------------------------------------------------------------------------------


def is_row(line: str) -> bool:
    return line.startswith("|")


def table(lines: Sequence[str], known: Known) -> str:
    """A comparison: a column a paper, a row an aspect; each cell names its paper too, for screens without a head.

    Lines that only begin like a table are a paragraph.
    """
    if not is_table(lines):
        return flowing(lines, known)
    head, *rows = [cells(line) for line in (lines[0], *lines[2:])]
    names = "".join(f'<th scope="col" role="columnheader" dir="auto">{inline(name, known)}</th>' for name in head[1:])
    plain = [inline(MARK.sub("", name).strip(), known) for name in head[1:]]
    body = "".join(row(fitted(line, len(head)), plain, known) for line in rows)
    wide = min(len(plain), WIDEST)
    return (
        f'<table class="compared of{wide}" role="table"><thead role="rowgroup"><tr role="row"><td role="cell"></td>'
        f'{names}</tr></thead><tbody role="rowgroup">{body}</tbody></table>'
    )


def row(line: Sequence[str], names: Sequence[str], known: Known) -> str:
    """An aspect and what each paper says of it."""
    out = []
    for name, cell in zip(names, line[1:], strict=True):
        silent = ' class="silent"' if cell in (NOTHING, "") else ""
        said = inline(cell, known)
        out.append(
            f'<td{silent} role="cell"><span class="whose" dir="auto">{name}</span><span dir="auto">{said}</span></td>'
        )
    aspect = f'<th scope="row" role="rowheader" dir="auto">{inline(line[0], known)}</th>'
    kind = ' class="silent"' if all(cell == NOTHING for cell in line[1:]) else ""
    return f'<tr{kind} role="row">{aspect}{"".join(out)}</tr>'


def is_table(lines: Sequence[str]) -> bool:
    """Whether lines begin with a head and its rule."""
    return len(lines) > 1 and bool(RULE.match(lines[1])) and len(cells(lines[0])) == len(cells(lines[1])) > 1


def cells(line: str) -> list[str]:
    """The cells of a table's line, its escaped bars bars again."""
    inner = line.strip().removeprefix("|").removesuffix("|")
    return [cell.strip().replace("\\|", "|") for cell in BAR.split(inner)]


def fitted(line: list[str], width: int) -> list[str]:
    """A line with as many cells as the head has; nothing of a longer one is lost."""
    out = [*line[: width - 1], " | ".join(line[width - 1 :])]
    return out + [""] * (width - len(out))


def settled(text: str) -> str:
    """The part of a growing text that can be shown: no half mark, no table before its rule, no half row."""
    lines = UNFINISHED.sub("", text).split("\n")
    start = len(lines)
    while start and is_row(lines[start - 1]):
        start -= 1
    rows = lines[start:]
    if rows and not is_table(rows):
        rows = []
    elif rows and (not rows[-1].rstrip().endswith("|") or len(cells(rows[-1])) < len(cells(rows[0]))):
        rows = rows[:-1]
    return "\n".join([*lines[:start], *rows])


# -- within a line ---------------------------------------------------------------------------------------------------


def led(line: str, known: Known) -> str:
    """A line with the names that its sentences open with set apart."""
    pieces = known.leads.split(line) if known.leads else [line]
    return "".join(
        f'<span class="lead">{escape(piece)}</span>' if at % 2 else inline(piece, known)
        for at, piece in enumerate(pieces)
    )


def inline(line: str, known: Known) -> str:
    """One line: bold, and marks; a mark without a citation stays plain."""
    pieces = (marked(piece, known) for piece in BOLD.split(line))
    return "".join(f"<strong>{piece}</strong>" if at % 2 else piece for at, piece in enumerate(pieces))


def marked(text: str, known: Known) -> str:
    """Text with each [n] turned into a button that names its paper, or into a plain number.

    The word before a mark and the stop behind it stay on its line.
    """
    before, *rest = MARK.split(text)
    out = []
    for number, after in zip(rest[::2], rest[1::2], strict=True):
        said, space, word = before.rstrip().rpartition(" ")
        if len(word) > LONGEST_GLUED:
            said, space, word = before.rstrip(), "", ""
        stop = STOP.match(after)[0]  # type: ignore[index]
        glued = f'<span class="glued">{escape(word)}{mark(int(number), known)}{stop}</span>'
        out.append(escape(said + space) + glued)
        before = after[len(stop) :]
    return "".join(out) + escape(before)


def mark(number: int, known: Known) -> str:
    """The mark [number], its tooltip the quoted sentence; page.js names it "Citation 2: title" to screen readers."""
    citation = known.citations.get(number)
    if citation is None:
        return f'<span class="cite">{number}</span>'
    state = "" if citation.verdict in VERIFIED else " doubt"
    state += " checking" if known.checking and citation.verdict == EXACT else ""
    state += " mended" if number in known.mended else ""
    said = (
        f"{citation.verdict.capitalize()}: "
        if " doubt" in state
        else "Corrected by the check: "
        if " mended" in state
        else ""
    )
    return (
        f'<button type="button" class="cite n{number} p{known.places[citation.paper_id]}{state}" '
        f'title="{said}{escape(citation.quote)}">{number}</button>'
    )
