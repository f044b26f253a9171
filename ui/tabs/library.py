"""The library: every paper in a table that is searched while one types, a page of rows at a time."""

import re
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import gradio as gr

from ingest.browse.listing import Looked, Order
from ingest.text import clean
from ui import papers, render
from ui.engine import Engine, explain
from ui.tabs import selection

ROWS = 50  # shown at first, and more at a time
MOST_ROWS = 1_000  # shown at all: who looks further types a word
LONGEST = 200  # characters of what is looked for
BEGUN = re.compile(r"\d{0,3}|(\d{4})-[01]?|(\d{4}-(?:0[1-9]|1[0-2]))-[0-3]?")  # a date that is not whole yet
ORDERS = [("Best match", "best"), ("Newest", "newest"), ("Oldest", "oldest"), ("Title", "title")]

Listed = tuple[str, str, int, Any]


@dataclass(frozen=True)
class Parts:
    words: gr.Textbox
    since: gr.Textbox
    until: gr.Textbox
    order: gr.Radio
    only: gr.Checkbox
    found: gr.Markdown
    every: gr.Button
    line: gr.Markdown
    rows: gr.Markdown
    more: gr.Button
    shown: gr.State


def build() -> Parts:
    markdown: dict[str, Any] = {"container": False, "latex_delimiters": []}
    with gr.Column(elem_id="library"):
        with gr.Row(elem_id="looked"):
            words = gr.Textbox(
                elem_id="words",
                label="Search titles, authors and abstracts",
                placeholder="Search titles, authors, abstracts",
                show_label=False,
                container=False,
                max_lines=1,
                max_length=LONGEST,
            )
            since, until = (
                gr.Textbox(
                    elem_id=elem_id,
                    elem_classes="day",
                    label=label,
                    placeholder=f"{label} 2024-08",
                    show_label=False,
                    container=False,
                    max_lines=1,
                    max_length=10,
                )
                for elem_id, label in (("since", "From"), ("until", "To"))
            )
            order = gr.Radio(ORDERS, value="best", elem_id="order", label="Sort by", show_label=False, container=False)
        with gr.Row(elem_id="counted"):
            found = gr.Markdown("", elem_id="found", **markdown)
            every = gr.Button("Select all results", elem_id="every", elem_classes="quiet", size="sm")
            only = gr.Checkbox(False, elem_id="only", label="Selected only", container=False)
            line = gr.Markdown("", elem_id="picked", **markdown)
        with gr.Column(elem_id="rows"):
            rows = gr.Markdown("", **markdown)
            more = gr.Button("Show more", elem_id="more", elem_classes="quiet", size="sm", visible=False)
    return Parts(words, since, until, order, only, found, every, line, rows, more, gr.State(ROWS))


def wire(opening: "Future[Engine]", parts: Parts, tab: gr.Tab, chosen: selection.Parts, scope: gr.Markdown) -> None:
    """Which event calls what; `scope` is the line in the chat that says which papers are asked."""
    shelf = Shelf(opening)
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "queue": False}
    looked = [parts.words, parts.since, parts.until, parts.order, parts.only, chosen.chosen]
    listed = [parts.found, parts.rows, parts.shown, parts.more]
    typed = {**quiet, "trigger_mode": "always_last"}
    # Not `input`, which Gradio gives for keys that write, not for a deletion or a paste.
    for box in (parts.words, parts.since, parts.until):
        box.change(shelf.find, looked, listed, **typed)
    for choice in (parts.order, parts.only):
        choice.input(shelf.find, looked, listed, **typed)
    parts.more.click(shelf.more, [*looked, parts.shown], listed, **quiet)
    tab.select(shelf.again, [*looked, parts.shown], listed, **quiet)
    parts.every.click(
        shelf.select_found, looked, [chosen.chosen, scope, parts.line, *listed], trigger_mode="once", **quiet
    )


class Shelf:
    """The library's handlers around one engine."""

    def __init__(self, opening: "Future[Engine]") -> None:
        self.opening = opening

    def find(self, *asked: Any, first: int = ROWS) -> Listed:
        """The count, the first rows, how many they may be, and the button for more."""
        try:
            looked, ids = read(*asked)
            engine = self.opening.result()
            if not engine.count():
                return "", papers.NO_PAPERS, ROWS, gr.Button(visible=False)
            listed = engine.browse(looked, first=first)
        except Exception as error:
            return "", render.problem(explain(error)), ROWS, gr.Button(visible=False)
        count, shown = len(listed.ids), len(listed.papers)
        table = papers.rows(listed.papers, ids) if count else papers.NO_MATCH
        can_show_more = gr.Button(visible=shown < min(count, MOST_ROWS))
        return papers.found(count, shown), table, first, can_show_more

    def more(self, *asked: Any) -> Listed:
        """As many rows more."""
        return self.find(*asked[:-1], first=min(rows_of(asked[-1]) + ROWS, MOST_ROWS))

    def again(self, *asked: Any) -> Listed:
        """The same rows as the papers are now."""
        return self.find(*asked[:-1], first=rows_of(asked[-1]))

    def select_found(self, *asked: Any) -> tuple[Any, ...]:
        """All that were found added to the selection, and the rows with it."""
        try:
            looked, ids = read(*asked)
            found = self.opening.result().browse(looked, first=0).ids
        except Exception:
            return (gr.skip(),) * 3 + self.find(*asked)
        ids = selection.read([*ids, *found])
        scope, line, _ = selection.tell(ids, 0)
        return ids, scope, line, *self.find(*asked[:-1], ids)


def read(words: Any, since: Any, until: Any, order: Any, only: Any, chosen: Any) -> tuple[Looked, list[str]]:
    """What is looked for and what is selected, from what the browser sent. Raises UsageError for what is no date."""
    ids = selection.read(chosen)
    text, low, high = (clean(str(typed or "")[:LONGEST]) for typed in (words, since, until))
    sort = Order(order) if order in list(Order) else Order.BEST
    low, high = settled(low), settled(high)
    return Looked(text, low, high, sort, frozenset(ids) if only else None), ids


def settled(typed: str) -> str:
    """A date being typed up to where it is one: '2024-1' is 2024 still, '20' none; what is none stays as it is."""
    begun = BEGUN.fullmatch(typed)
    return (begun[1] or begun[2] or "") if begun else typed


def rows_of(shown: Any) -> int:
    return min(max(shown, ROWS), MOST_ROWS) if isinstance(shown, int) else ROWS
