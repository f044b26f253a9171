"""From an Answer to the little HTML the page shows. Pure functions; they know no Gradio and no engine.

Every text that is not ours is escaped here, on the server. What comes out is one HTML block without a line
break, so Markdown leaves it alone, built only from tags and attributes that Gradio's sanitiser keeps: `class`,
`title` and `href` pass, `data-*` and `aria-*` do not. Citation n is therefore the class `n{n}`, paper i `p{i}`.
"""

import html
import re
from collections.abc import Callable, Sequence
from datetime import date
from itertools import pairwise
from urllib.parse import urlsplit

from ingest.paper import Paper
from rag.answer import Answer, Citation

MARK = re.compile(r"\[(\d{1,4})\]")
BOLD = re.compile(r"\*\*([^*]+)\*\*")
UNFINISHED = re.compile(r"(?:\[\d{0,4}|\*{1,2}|\n-?\s*)$")
# What means something to HTML, Markdown or KaTeX, and the line break, each as a character reference.
INERT = {ord(active): f"&#{ord(active)};" for active in "<>&\"'`*_~$\\[]!|#\n"}
# Control characters but tab and line feed, surrogates, and marks that turn the direction of the text around them.
UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
TAG = re.compile(r"<[^<>]*>")
CITE = re.compile(r'<(?:button|span)[^<>]*class="cite[^<>]*>(\d+)</(?:button|span)>')
JOINER = "&#8288;"  # keeps a mark on the line of the sentence it belongs to
MOST_AUTHORS = 12
MOST_CLOSEST = 5

BRAND = '<h1 class="brand">paperchat</h1>'
PANEL = (
    '<div class="sheet" tabindex="-1" role="region"><div class="bar"><span>Source</span>'
    '<button type="button" class="close" title="Close (Esc)">Close</button></div>'
    '<div class="rest"><p>Every sentence of an answer carries a number.</p>'
    "<p>Choose one, and the sentence it rests on is shown here, in its abstract.</p></div>"
    '<div class="content"></div></div>'
)

Find = Callable[[str], Paper | None]


def escape(text: str) -> str:
    """Text as inert HTML: nothing in it is a tag, Markdown, a line break of the source, or invisible steering."""
    return UNSEEN.sub("", text).translate(INERT)


def mode(words: str) -> str:
    """How answers are written just now, always in sight."""
    return f'<p class="mode" dir="auto">{escape(words)}</p>'


def notice(words: str) -> str:
    """A plain line above the box where questions are typed."""
    return f'<p class="notice" role="status">{escape(words)}</p>'


def hello(count: int | None) -> str:
    """The empty page: what can be asked here, and of how many papers (None: not known yet)."""
    if count == 0:
        return (
            '<div class="hello"><h2>No papers yet.</h2>'
            "<p>Index some with <code>paperchat ingest</code>, then ask.</p></div>"
        )
    papers = "these papers" if count is None else "one paper" if count == 1 else f"{count:,} papers"
    return (
        f'<div class="hello"><h2>Ask {papers}.</h2>'
        "<p>Every sentence of an answer is cited to the sentence it comes from.</p></div>"
    )


def question(text: str) -> str:
    """A reader's own message."""
    return f'<div class="question" dir="auto">{escape(text)}</div>'


def waiting(words: str) -> str:
    """The place where an answer will stand, while nothing of it has come."""
    return f'<div class="answer draft waiting"><p>{escape(words)}</p></div>'


def draft(text: str) -> str:
    """The part of an answer that has come; its marks are not links yet, an unfinished one is held back."""
    return f'<div class="answer draft">{prose(UNFINISHED.sub("", text), {}, {})}</div>'


def is_draft(message: str) -> bool:
    """Whether a message is an answer that was still on its way."""
    return message.startswith('<div class="answer draft')


def cut(text: str, why: str) -> str:
    """What had come of an answer when it ended early, and why it did; without text, the reason alone."""
    said = prose(UNFINISHED.sub("", text), {}, {}) if text.strip() else ""
    return f'<div class="answer cut">{said}<p class="note">{escape(why)}</p></div>'


def problem(message: str) -> str:
    """An error in plain words, in the place of the answer."""
    return f'<div class="answer problem"><p>{escape(message)}</p></div>'


def answer(given: Answer, find: Find) -> str:
    """A checked answer: its prose with marks, the papers it rests on, and a hidden card for each of them.

    The cards travel with the answer, so a click opens them without asking the server, in old answers too.
    """
    known = {ranked.paper.id: ranked.paper for ranked in given.retrieved}
    shown: dict[str, Paper | None] = {}
    for citation in given.citations:
        shown.setdefault(citation.paper_id, known.get(citation.paper_id) or find(citation.paper_id))
    if given.refused:
        shown |= {ranked.paper.id: ranked.paper for ranked in given.retrieved[:MOST_CLOSEST]}
    places = {paper_id: place for place, paper_id in enumerate(shown, 1)}
    cited = {citation.number: citation for citation in given.citations}
    parts = [
        f'<div class="answer{" refused" if given.refused else ""}">',
        understood(given),
        prose(given.text, cited, places),
        sources(given, shown, places),
        '<div class="cards" hidden>',
        *(card(paper, own(given.citations, paper_id), places[paper_id]) for paper_id, paper in shown.items()),
        "</div></div>",
    ]
    return "".join(parts)


def own(citations: Sequence[Citation], paper_id: str) -> list[Citation]:
    """The citations of one paper."""
    return [citation for citation in citations if citation.paper_id == paper_id]


def understood(given: Answer) -> str:
    """For a follow-up: the question as it was searched, so that a wrong reading is seen at once."""
    if not given.standalone or given.standalone.strip() == given.question.strip():
        return ""
    return f'<p class="understood">Read as: {escape(given.standalone)}</p>'


def prose(text: str, cited: dict[int, Citation], places: dict[str, int]) -> str:
    """The Markdown subset of answers (paragraphs, **bold**, "- " lists, [n] marks) as HTML."""
    out: list[str] = []
    for block in re.split(r"\n[ \t]*\n", text.strip()):
        words: list[str] = []
        items: list[str] = []
        for line in block.split("\n"):
            if line.lstrip().startswith("- "):
                items.append(line.lstrip()[2:])
            elif items and line.startswith("  "):
                items[-1] += " " + line.strip()
            else:
                words.append(line)
        if any(words):
            out.append(f'<p dir="auto">{"<br>".join(inline(line, cited, places) for line in words)}</p>')
        if items:
            rows = "".join(f'<li dir="auto">{inline(item, cited, places)}</li>' for item in items)
            out.append(f"<ul>{rows}</ul>")
    return "".join(out)


def inline(line: str, cited: dict[int, Citation], places: dict[str, int]) -> str:
    """One line: bold and marks; a mark without a citation stays plain."""
    pieces = (marked(piece, cited, places) for piece in BOLD.split(line))
    return "".join(f"<strong>{piece}</strong>" if at % 2 else piece for at, piece in enumerate(pieces))


def marked(text: str, cited: dict[int, Citation], places: dict[str, int]) -> str:
    """Text with each [n] turned into a button that names its paper, or into a plain number."""
    pieces = MARK.split(text)
    out = []
    for at, piece in enumerate(pieces):
        if at % 2:
            out.append(JOINER + mark(int(piece), cited, places))
        else:
            out.append(escape(piece if at == len(pieces) - 1 else piece.rstrip()))
    return "".join(out)


def mark(number: int, cited: dict[int, Citation], places: dict[str, int]) -> str:
    """The mark [number], its tooltip the quoted sentence; page.js names it "Citation 2: title" to screen readers."""
    citation = cited.get(number)
    if citation is None:
        return f'<span class="cite">{number}</span>'
    return (
        f'<button type="button" class="cite n{number} p{places[citation.paper_id]}" title="{escape(citation.quote)}">'
        f"{number}</button>"
    )


def sources(given: Answer, shown: dict[str, Paper | None], places: dict[str, int]) -> str:
    """The list under an answer: the papers it cites with their numbers or, refused, the closest ones."""
    if not shown:
        return ""
    rows = []
    for paper_id, paper in shown.items():
        cites = own(given.citations, paper_id)
        title = paper.title if paper else cites[0].title
        numbers = " ".join(str(citation.number) for citation in cites)
        rows.append(
            f'<li><button type="button" class="source p{places[paper_id]}"><span class="numbers">{numbers}</span>'
            f'<span class="title" dir="auto">{escape(title)}</span>'
            f'<span class="by">{escape(byline(paper))}</span></button></li>'
        )
    heading = "The closest papers" if given.refused else "Sources"
    return f'<div class="sources"><p class="heading">{heading}</p><ul>{"".join(rows)}</ul></div>'


def card(paper: Paper | None, citations: Sequence[Citation], place: int) -> str:
    """What the panel shows of one paper: title, authors, date, abstract with the cited sentences marked."""
    if paper is None:
        return (
            f'<div class="card p{place}"><div class="head"><h3 dir="auto">{escape(citations[0].title)}</h3></div>'
            f'<div class="abstract">{quoted(citations)}<p class="note">This paper is no longer indexed.</p></div></div>'
        )
    title = escape(paper.title)
    if is_link(paper.url):
        title = f'<a href="{escape(paper.url)}" target="_blank" rel="noopener noreferrer">{title}</a>'
    details = "".join(
        f'<p class="{name}" dir="auto">{escape(text)}</p>'
        for name, text in (("authors", authors(paper.authors)), ("date", readable(paper.date)))
        if text
    )
    return (
        f'<div class="card p{place}"><div class="head"><h3 dir="auto">{title}</h3>{details}</div>'
        f'<div class="abstract" dir="auto">{highlighted(paper.abstract, citations)}</div></div>'
    )


def highlighted(abstract: str, citations: Sequence[Citation]) -> str:
    """The abstract with each cited span in a <mark class="n{number}">; spans may touch or overlap.

    A citation whose quote no longer stands there (the paper was edited since) is quoted above the abstract.
    """
    fits = [c for c in citations if 0 <= c.start < c.end and abstract[c.start : c.end] == c.quote]
    cuts = sorted({0, len(abstract)} | {c.start for c in fits} | {c.end for c in fits})
    moved = quoted([citation for citation in citations if citation not in fits])
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


def plain(message: str) -> str:
    """A message as the model should read it: the words and [n] marks, without tags, lists of papers and cards."""
    body = message.partition('<div class="sources">')[0].partition('<div class="cards"')[0]
    body = CITE.sub(r" [\1]", body.replace(JOINER, ""))
    body = re.sub(r'<p class="(?:understood|note)">[^<]*</p>', "", body)
    body = body.replace("<li", "\n- <li").replace("</p>", "\n\n").replace("<br>", "\n")
    return html.unescape(TAG.sub("", body)).strip()
