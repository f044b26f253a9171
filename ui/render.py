"""From an Answer to the little HTML the page shows. Pure functions; they know no Gradio and no engine.

Every text that is not ours is escaped (`ui.prose.escape`). What comes out is one HTML block without a line break, so
Markdown leaves it alone, built only from tags and attributes that Gradio's sanitiser keeps: `class`, `title`,
`role`, `scope` and `href` pass, `data-*` and `aria-*` do not. Citation n is therefore the class `n{n}`, paper i `p{i}`.
"""

import re
from collections.abc import Callable

from ingest.formats.ids import read_ids
from ingest.names import short_name
from ingest.paper import Paper, paper_id
from rag.llm.pieces import Usage
from rag.types import ABSENT, CHECKING, Answer, Checked
from rag.write.render import flow
from ui.cards import Shown, cards, sources
from ui.exports import exports
from ui.prose import Known, escape, leads, prose, settled

MOST_CLOSEST = 5
UNLINKED = re.compile(r" ?\[\d{1,4}\]")  # marks, which lead nowhere in the list of checks

BRAND = '<h1 class="brand">paperchat</h1>'
PANEL = (
    '<div class="sheet" tabindex="-1" role="region"><div class="bar"><span>Source</span>'
    '<button type="button" class="close" title="Close (Esc)">Close</button></div>'
    '<div class="content"></div></div>'
)

Find = Callable[[str], Paper | None]


def mode(words: str) -> str:
    """How answers are written just now; whole in its tooltip where there is no room for all of it."""
    return f'<p class="mode" dir="auto" title="{escape(words)}">{escape(words)}</p>'


def notice(words: str, *, calm: bool = False) -> str:
    """A plain line above the box where questions are typed; `calm` where nothing is wrong."""
    return f'<p class="notice{" calm" if calm else ""}" role="status">{escape(words)}</p>'


# The page's script opens the settings.
CONNECT = '<p><button type="button" class="connect">Connect a language model</button></p>'


def hello(count: int | None, *, connect: bool = False) -> str:
    """The empty page: what can be asked here, and of how many papers (None: not known yet); `connect` offers to connect
    a model."""
    if count == 0:
        return (
            '<div class="hello"><h2>No papers yet</h2>'
            "<p>Add papers under Import, or run <code>paperchat ingest FILE</code>.</p></div>"
        )
    papers = "papers" if count is None else "paper" if count == 1 else f"{count:,} papers"
    return (
        f'<div class="hello"><h2>Ask your {papers}</h2>'
        "<p>Every sentence of an answer cites the sentence it comes from.</p>"
        f"{CONNECT if connect else ''}</div>"
    )


def question(text: str) -> str:
    """A reader's own message."""
    return f'<div class="question" dir="auto">{escape(text)}</div>'


def waiting(words: str, tail: str = "") -> str:
    """The place where an answer will stand, while nothing of it has come; `tail` is what stands below it."""
    return f'<div class="answer draft waiting"><p>{escape(words)}</p>{tail}</div>'


def draft(text: str, doing: str = "", tail: str = "") -> str:
    """The part of an answer that has come, and what is waited for; its marks are not links yet, what is unfinished is
    held back."""
    line = f'<p class="doing">{escape(doing)}</p>' if doing else ""
    return f'<div class="answer draft">{prose(settled(text), Known())}{line}{tail}</div>'


def is_draft(message: str) -> bool:
    """Whether a message is an answer that was still on its way."""
    return message.startswith('<div class="answer draft')


def cut(text: str, why: str, tail: str = "") -> str:
    """What had come of an answer when it ended early, and why it did; without text, the reason alone."""
    came = prose(settled(text), Known()) if text.strip() else ""
    return f'<div class="answer cut">{came}<p class="note">{escape(why)}</p>{tail}</div>'


def problem(message: str, tail: str = "") -> str:
    """An error in plain words, in the place of the answer."""
    return f'<div class="answer problem"><p>{escape(message)}</p>{tail}</div>'


def answer(given: Answer, find: Find, *, before: tuple[int, int, float] = (0, 0, 0.0), tail: str = "") -> str:
    """A checked answer: what was understood, its prose with marks, our note, its papers, and a hidden card for each.

    `before` are the tokens in and out, and the money, that the conversation took until now; `tail` stands below it all.
    """
    cited = given.citations
    shown = papers_of(given, find)
    known = Known(
        {citation.number: citation for citation in cited},
        {paper_id: place for place, paper_id in enumerate(shown, 1)},
        leads([flow(short_name(paper)) for paper in shown.values() if paper]),
        given.meaning == CHECKING,
        frozenset(number for check in given.checks if check.mended == "corrected" for number in check.numbers),
    )
    kind = f"answer refused {given.outcome}" if given.refused else "answer"
    kind += " checking" if given.meaning == CHECKING else ""
    parts = [
        f'<div class="{escape(kind)}">',
        understood(given),
        nearest(given.text, known) if given.outcome == "close" and given.by_search else prose(given.text, known),
        exports(given),
        CONNECT if given.kind in ("about", "write") else "",  # which a model would have written
        checks(given),
        cost(given, before),
        f'<p class="note">{escape(given.note)}</p>' if given.note else "",
        offer(given, find),
        sources("Closest papers" if given.refused and given.by_search else "Sources", cited, shown),
        cards(cited, shown),
        tail,
        "</div>",
    ]
    return "".join(parts)


def offer(given: Answer, find: Find) -> str:
    """A button to import the papers that a message of nothing but ids names and that are not here."""
    named = read_ids(given.question)
    missing = [arxiv for arxiv in named.arxiv if not find(paper_id("", arxiv))] if named.alone else []
    if not missing:
        return ""
    what = escape(missing[0]) if len(missing) == 1 else f"these {len(missing):,} papers"
    return (
        f'<p class="offer"><button type="button" class="bring" title="To the Import tab, with the ids filled in">'
        f"Import {what}</button><span hidden>{escape(' '.join(missing))}</span></p>"
    )


def checks(given: Answer) -> str:
    """How many of a model's sentences were verified, and each with its verdict, those in doubt first."""
    if not given.tally:
        return ""
    said = [check for check in given.checks if check.counts or check.verdict == ABSENT]
    said = [*(c for c in said if c.reason or c.mended), *(c for c in said if not (c.reason or c.mended))]
    told = [f"<li>{escape(told_of(check))}</li>" for check in said]
    return (
        f'<details class="checks"><summary class="tally">{escape(given.tally)}</summary><ul>{"".join(told)}</ul>'
        "</details>"
    )


def cost(given: Answer, before: tuple[int, int, float]) -> str:
    """What the model took for this answer and, from the second one on, for the conversation."""
    if not given.usage:
        return ""
    line = usage_line(given.usage)
    if before[0]:
        tokens = before[0] + before[1] + given.usage.tokens_in + given.usage.tokens_out
        money = before[2] + (given.usage.money or 0.0)
        line += f" · this conversation: {tokens:,} tokens" + (f", {money:.4f}" if money else "")
    return f'<p class="cost">{escape(line)}</p>'


def told_of(check: Checked) -> str:
    """'“It does so.”: unsupported, the source says 65%, not 75%'."""
    words = UNLINKED.sub("", check.text).strip()
    was = f"originally: “{check.was}”" if check.was and check.mended else ""
    return f"“{words}”: {', '.join(filter(None, (check.mended, check.settled, check.reason, was)))}."


def usage_line(usage: Usage) -> str:
    """'gpt-4.1-mini · 3,229 tokens in, 101 out · first word after 0.7 s, 2.3 s total · 0.0012'."""
    about = "about " if usage.estimated else ""
    parts = [
        usage.model or "the model",
        f"{about}{usage.tokens_in:,} tokens in, {usage.tokens_out:,} out",
        f"first word after {usage.seconds_to_first:.1f} s, {usage.seconds:.1f} s total",
    ]
    if usage.money is not None:
        parts.append(f"cost {usage.money:.4f}")
    return " · ".join(parts)


def papers_of(given: Answer, find: Find) -> Shown:
    """The papers to show with an answer: those it cites and, refused without a model, the closest ones."""
    known = {ranked.paper.id: ranked.paper for ranked in given.retrieved}
    shown: dict[str, Paper | None] = {}
    for citation in given.citations:
        shown.setdefault(citation.paper_id, known.get(citation.paper_id) or find(citation.paper_id))
    if given.refused and given.by_search:
        shown |= {ranked.paper.id: ranked.paper for ranked in given.retrieved[:MOST_CLOSEST]}
    return shown


def understood(given: Answer) -> str:
    """What a message was resolved to: papers and limits, or the question written out; of a search with a way to search
    all papers."""
    if given.by_search:
        anywhere = ' <button type="button" class="anywhere" title="Ignore earlier papers">Search all papers</button>'
        line = f'<span dir="auto">{escape(given.understood)}</span>{anywhere if given.context else ""}'
        return f'<p class="understood">{line}</p>' if given.understood else ""
    if given.kind == "talk" or not given.standalone:
        return ""
    same = given.standalone.strip() == given.question.strip()
    line = given.understood or ("" if same else given.standalone)
    if not line:
        return ""
    return (
        f'<p class="understood"><span dir="auto">{escape(line)}</span>'
        f' <button type="button" class="edit" title="{escape(given.standalone)}">Edit</button></p>'
    )


def nearest(text: str, known: Known) -> str:
    """An answer that the papers only come near: a plain sentence, then the nearest sentences set as quotes."""
    plain, _, near = text.partition("\n\n")
    return prose(plain, known) + (f"<blockquote>{prose(near, known)}</blockquote>" if near.strip() else "")
