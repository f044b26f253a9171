"""From papers and their citations to what the source panel shows of them, and to the list below an answer.

Cards travel hidden with the answer, so a click opens them without asking the server, in old answers too.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise
from urllib.parse import urlsplit

from ingest.paper import Paper
from rag.types import Citation
from ui.prose import escape

MOST_AUTHORS = 12
MANY_SOURCES = 8  # papers; a longer list below an answer is folded, since it repeats what the answer lists

GONE = '<p class="note">This paper is not in the library.</p>'

Shown = Mapping[str, Paper | None]  # the papers of an answer by id, in order; None: no longer indexed


def own(citations: Sequence[Citation], paper_id: str) -> list[Citation]:
    """The citations of one paper."""
    return [citation for citation in citations if citation.paper_id == paper_id]


def sources(heading: str, citations: Sequence[Citation], shown: Shown) -> str:
    """The list under an answer: its papers, each with the numbers that cite it."""
    if not shown:
        return ""
    rows = []
    for place, (paper_id, paper) in enumerate(shown.items(), 1):
        cites = own(citations, paper_id)
        title = paper.title if paper else cites[0].title
        numbers = " ".join(str(citation.number) for citation in cites)
        rows.append(
            f'<li><button type="button" class="source p{place}"><span class="numbers">{numbers}</span>'
            f'<span class="title" dir="auto">{escape(title)}</span>'
            f'<span class="by">{escape(byline(paper))}</span></button></li>'
        )
    kind = "sources" if citations else "sources bare"
    listed = f"<ul>{''.join(rows)}</ul>"
    if len(rows) > MANY_SOURCES:
        summary = f'<summary class="heading">{heading}: {len(rows)} papers</summary>'
        return f'<details class="{kind}">{summary}{listed}</details>'
    return f'<div class="{kind}"><p class="heading">{heading}</p>{listed}</div>'


def cards(citations: Sequence[Citation], shown: Shown) -> str:
    """A hidden card for each paper."""
    all_cards = (card(paper, own(citations, paper_id), at) for at, (paper_id, paper) in enumerate(shown.items(), 1))
    return f'<div class="cards" hidden>{"".join(all_cards)}</div>'


def card(paper: Paper | None, citations: Sequence[Citation], place: int) -> str:
    """What the panel shows of one paper: title, authors, date, abstract with the cited sentences marked."""
    if paper is None:
        return (
            f'<div class="card p{place}"><div class="head"><h3 dir="auto">{escape(citations[0].title)}</h3></div>'
            f'<div class="abstract">{quoted(citations)}{GONE}</div></div>'
        )
    text = highlighted(paper.abstract, citations) if paper.abstract else f"{quoted(citations)}{GONE}"
    return (
        f'<div class="card p{place}"><div class="id" hidden>{escape(paper.id)}</div>'
        f'<div class="head">{head_of(paper)}</div>'
        f'<div class="abstract" dir="auto">{text}</div></div>'
    )


def head_of(paper: Paper) -> str:
    """A paper's title, a link where it has one, and below it its authors and date."""
    title = escape(paper.title)
    if is_link(paper.url):
        title = f'<a href="{escape(paper.url)}" target="_blank" rel="noopener noreferrer">{title}</a>'
    facts = "".join(
        f'<p class="{name}" dir="auto">{escape(text)}</p>'
        for name, text in (("authors", authors(paper.authors)), ("date", readable(paper.date)))
        if text
    )
    return f'<h3 dir="auto">{title}</h3>{facts}'


def highlighted(abstract: str, citations: Sequence[Citation]) -> str:
    """The abstract with each cited span in a <mark class="n{number}">; spans may touch or overlap.

    A citation whose quote does not stand there, since the paper was edited, is quoted above the abstract.
    """
    fits = [c for c in citations if 0 <= c.start < c.end and abstract[c.start : c.end] == c.quote]
    cuts = sorted({0, len(abstract)} | {c.start for c in fits} | {c.end for c in fits})
    moved = quoted([citation for citation in citations if citation not in fits])
    moved += '<p class="note">This quote is not in the current abstract:</p>' if moved else ""
    out = []
    for start, end in pairwise(cuts):
        names = " ".join(f"n{c.number}" for c in fits if c.start <= start and end <= c.end)
        piece = escape(abstract[start:end])
        out.append(f'<mark class="{names}">{piece}</mark>' if names else piece)
    return f"{moved}<p>{''.join(out)}</p>"


def quoted(citations: Sequence[Citation]) -> str:
    """Cited sentences that stand alone, each marked."""
    return "".join(f'<p><mark class="n{c.number}">{escape(c.quote)}</mark></p>' for c in citations)


def is_link(url: str) -> bool:
    """Whether an address may be followed: http or https, with a host."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def authors(names: Sequence[str]) -> str:
    """The authors in one line, a long list cut with a count."""
    more = len(names) - MOST_AUTHORS
    return ", ".join(names[:MOST_AUTHORS]) + (f" and {more} more" if more > 0 else "")


def byline(paper: Paper | None) -> str:
    """First author and year, as in a reference list: "Ada Lovelace et al., 2025"."""
    if paper is None:
        return ""
    first = paper.authors[0] + (" et al." if len(paper.authors) > 1 else "") if paper.authors else ""
    return ", ".join(part for part in (first, paper.date[:4]) if part)


def readable(day: str) -> str:
    """An ISO date as "28 July 2025"; anything else as it is."""
    try:
        parsed = date.fromisoformat(day)
    except ValueError:
        return day
    return f"{parsed.day} {parsed:%B} {parsed.year}"
