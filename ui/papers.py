"""From papers to what the library shows of them: rows, one paper opened, the line of those selected.

Pure functions; every text that is not ours is escaped. An id travels as the `value` of a button or a checkbox, which
Gradio's sanitiser keeps, and comes back as text that is looked up, never trusted.
"""

from collections.abc import Collection, Sequence

from ingest.names import nickname, short_name
from ingest.paper import Paper
from ui.cards import authors, byline, head_of
from ui.prose import escape

MOST_SELECTED = 2_000  # papers: what can still be weighed one by one at each question
PANEL = (
    '<div class="leaf" tabindex="-1" role="region"><div class="bar"><span>Paper</span>'
    '<button type="button" class="close" title="Close (Esc)">Close</button></div></div>'
)
NO_PAPERS = (
    '<div class="nothing"><h2>No papers yet</h2><p>Add papers under Import, or run '
    "<code>paperchat ingest FILE</code>.</p></div>"
)
NO_MATCH = (
    '<div class="nothing"><p>No papers match. Try fewer words or a wider range of dates. Words are matched from their '
    "beginning, in titles, authors and abstracts.</p></div>"
)


def rows(papers: Sequence[Paper], chosen: Collection[str]) -> str:
    """The papers as a table: a checkbox, title and authors, the date."""
    body = "".join(row(paper, paper.id in chosen) for paper in papers)
    return (
        '<table class="papers"><thead><tr><th scope="col">Select</th><th scope="col">Paper</th>'
        f'<th scope="col">Date</th></tr></thead><tbody>{body}</tbody></table>'
    )


def row(paper: Paper, is_chosen: bool) -> str:
    return (
        f"<tr><td>{checkbox(paper, is_chosen)}</td>"
        f'<td><button type="button" class="open" value="{escape(paper.id)}" dir="auto">{escape(paper.title)}</button>'
        f'<span class="by" dir="auto">{escape(authors(paper.authors[:4]))}{et_al(paper)}</span></td>'
        f'<td class="date">{escape(paper.date)}</td></tr>'
    )


def et_al(paper: Paper) -> str:
    return " et al." if len(paper.authors) > 4 else ""


def checkbox(paper: Paper, is_chosen: bool) -> str:
    checked = " checked" if is_chosen else ""
    title = escape(f"Select {paper.title}")
    return f'<input type="checkbox" class="pick" value="{escape(paper.id)}" title="{title}"{checked}>'


def found(count: int, shown: int) -> str:
    """How many papers there are to what is looked for: '9,877 papers, showing the first 50'."""
    papers = "1 paper" if count == 1 else f"{count:,} papers"
    return f'<p class="found" role="status">{papers}{f", showing the first {shown:,}" if shown < count else ""}</p>'


def detail(paper: Paper, near: Sequence[Paper], is_chosen: bool) -> str:
    """One paper opened: what it is, what can be done with it, its abstract, the papers nearest to it."""
    abstract = escape(paper.abstract) if paper.abstract else "No abstract."
    return (
        f'<div class="leaf-of"><div class="name" hidden>{escape(short_name(paper))}</div>'
        f"{head_of(paper)}{deeds(paper, is_chosen)}"
        f'<p class="abstract" dir="auto">{abstract}</p>{nearest(near)}</div>'
    )


def deeds(paper: Paper, is_chosen: bool) -> str:
    """What can be done with a paper."""
    value = escape(paper.id)
    return (
        f'<div class="deeds"><button type="button" class="quiet ask" value="{value}">Ask about this paper</button>'
        f'<button type="button" class="quiet compare" value="{value}">Compare with…</button>'
        f"<label>{checkbox(paper, is_chosen)} Selected</label></div>"
        '<p class="choosing" role="status">Choose a second paper in the list, on the map or among the similar papers. '
        '<button type="button" class="leave">Cancel</button></p>'
    )


def nearest(near: Sequence[Paper]) -> str:
    if not near:
        return ""
    items = "".join(
        f'<li><button type="button" class="open" value="{escape(paper.id)}">'
        f'<span dir="auto">{escape(paper.title)}</span> <span class="by">{escape(byline(paper))}</span></button></li>'
        for paper in near
    )
    return f'<h4>Similar papers</h4><ul class="nearest">{items}</ul>'


def gone() -> str:
    return '<p class="note">This paper is no longer in the library.</p>'


def selected(ids: Sequence[str], seen: int, *, with_ids: bool = False) -> str:
    """The line that says how far the conversation is limited; `seen` is the last choice it heeds.

    Where as many are selected as can be, it says so: more may have been chosen, on the map with one stroke.

    With the ids, hidden, for the page's own script.
    """
    papers = "1 paper" if len(ids) == 1 else f"{len(ids):,} papers"
    most = " (the maximum)" if len(ids) >= MOST_SELECTED else ""
    line = (
        f'<p role="status">{papers} selected{most}<span class="dot"> · </span>'
        '<button type="button" class="clear" title="Ask all papers">Clear</button></p>'
    )
    known = f'<div class="ids" hidden>{escape(" ".join(ids))}</div>' if with_ids else ""
    return f'<div class="selected s{int(seen)}">{line if ids else ""}{known}</div>'


def question_about(paper: Paper) -> str:
    return f"What is {nickname(paper) or quoted(paper)}, and how well does it work?"


def question_between(one: Paper, other: Paper) -> str:
    return f"How do {nickname(one) or quoted(one)} and {nickname(other) or quoted(other)} differ?"


def quoted(paper: Paper) -> str:
    return f"“{paper.title}”"
