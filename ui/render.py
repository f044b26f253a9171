"""From an Answer to the little HTML the page shows. Pure functions; they know no Gradio and no engine.

Every text that is not ours is escaped (`ui.prose.escape`). What comes out is one HTML block without a line break, so
Markdown leaves it alone, built only from tags and attributes that Gradio's sanitiser keeps: `class`, `title`,
`role`, `scope` and `href` pass, `data-*` and `aria-*` do not. Citation n is therefore the class `n{n}`, paper i `p{i}`.
"""

from collections.abc import Callable

from ingest.paper import Paper
from rag.answer import Answer
from rag.extract import flow
from rag.names import short_name
from ui.cards import Shown, cards, sources
from ui.exports import exports
from ui.history import said
from ui.prose import Known, escape, leads, prose, settled

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
    """The part of an answer that has come; its marks are not links yet, what is unfinished is held back."""
    return f'<div class="answer draft">{prose(settled(text), Known())}{said(text)}</div>'


def is_draft(message: str) -> bool:
    """Whether a message is an answer that was still on its way."""
    return message.startswith('<div class="answer draft')


def cut(text: str, why: str) -> str:
    """What had come of an answer when it ended early, and why it did; without text, the reason alone."""
    came = prose(settled(text), Known()) + said(text) if text.strip() else ""
    return f'<div class="answer cut">{came}<p class="note">{escape(why)}</p></div>'


def problem(message: str) -> str:
    """An error in plain words, in the place of the answer."""
    return f'<div class="answer problem"><p>{escape(message)}</p></div>'


def answer(given: Answer, find: Find) -> str:
    """A checked answer: what was understood, its prose with marks, our note, its papers, and a hidden card for each."""
    shown = papers_of(given, find)
    known = Known(
        {citation.number: citation for citation in given.citations},
        {paper_id: place for place, paper_id in enumerate(shown, 1)},
        leads([flow(short_name(paper)) for paper in shown.values() if paper]),
    )
    kind = f"answer refused {given.outcome}" if given.refused else "answer"
    parts = [
        f'<div class="{escape(kind)}">',
        understood(given),
        nearest(given.text, known) if given.outcome == "close" else prose(given.text, known),
        exports(given),
        f'<p class="note">{escape(given.note)}</p>' if given.note else "",
        sources("The closest papers" if given.refused else "Sources", given.citations, shown),
        cards(given.citations, shown),
        said(given.text),
        "</div>",
    ]
    return "".join(parts)


def papers_of(given: Answer, find: Find) -> Shown:
    """The papers to show with an answer: those it cites and, refused, the closest ones."""
    known = {ranked.paper.id: ranked.paper for ranked in given.retrieved}
    shown: dict[str, Paper | None] = {}
    for citation in given.citations:
        shown.setdefault(citation.paper_id, known.get(citation.paper_id) or find(citation.paper_id))
    if given.refused:
        shown |= {ranked.paper.id: ranked.paper for ranked in given.retrieved[:MOST_CLOSEST]}
    return shown


def understood(given: Answer) -> str:
    """What the question was taken to ask, and a way to put it otherwise; of a plain question only the kind."""
    if given.kind == "talk" or not given.standalone:
        return ""
    same = given.standalone.strip() == given.question.strip()
    if same and given.kind == "fact":
        return f'<p class="understood">{escape(given.kind)}</p>'
    line = given.understood or given.kind
    if not same and line == given.kind:  # it names nothing, so only the whole question says how it was read
        line = f"{line} · {given.standalone}"
    return (
        f'<p class="understood"><span dir="auto">{escape(line)}</span>'
        f' <button type="button" class="edit" title="{escape(given.standalone)}">edit</button></p>'
    )


def nearest(text: str, known: Known) -> str:
    """An answer that the papers only come near: a plain sentence, then the nearest sentences set as quotes."""
    plain, _, near = text.partition("\n\n")
    return prose(plain, known) + (f"<blockquote>{prose(near, known)}</blockquote>" if near.strip() else "")
