"""Settings: who writes, of how many papers, how long, which theme, and what it cost. Each browser keeps its own."""

from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import gradio as gr

from ui import render, wishes
from ui.engine import Engine, explain
from ui.tabs import chat, model
from ui.wishes import Wishes, read_wishes, wishes_of

STORE = "paperchat-settings"
SPENT = "paperchat-spent"
LENGTHS = [("Short", "short"), ("Standard", "usual"), ("Long", "long")]
THEMES = [("System", "system"), ("Light", "light"), ("Dark", "dark")]


@dataclass(frozen=True)
class Parts:
    wishes: gr.BrowserState
    spent: gr.BrowserState
    pen: gr.Checkbox
    writer: gr.Markdown
    papers: gr.Radio
    length: gr.Radio
    theme: gr.Radio
    meaning: gr.Checkbox
    model: model.Parts
    cost: gr.Markdown


def build_stores() -> tuple[gr.BrowserState, gr.BrowserState]:
    """What the browser keeps: what was set, and what was spent. Outside of the tab, which is not there until opened."""
    return (
        gr.BrowserState(Wishes().kept(), storage_key=STORE, secret=STORE),
        gr.BrowserState("", storage_key=SPENT, secret=SPENT),
    )


def build(stores: tuple[gr.BrowserState, gr.BrowserState]) -> Parts:
    """The tab itself; `stores` is what `build_stores` made."""
    markdown: dict[str, Any] = {"container": False, "latex_delimiters": []}
    usual = Wishes()
    with gr.Column(elem_id="settings"):
        gr.Markdown("<h2>Settings</h2><p>Saved in this browser; changes apply from your next question.</p>", **markdown)
        pen = gr.Checkbox(usual.model, label="Write answers with the language model", elem_id="writes", visible=False)
        meaning = gr.Checkbox(
            usual.meaning, label="Check the meaning of answers with the language model", elem_id="checks", visible=False
        )
        writer = gr.Markdown("", elem_id="writer", **markdown)
        connecting = model.build()
        papers = gr.Radio([*wishes.CONSIDERED], value=usual.papers, label="Papers considered per answer")
        length = gr.Radio(LENGTHS, value=usual.length, label="Length of answers")
        theme = gr.Radio(THEMES, value=usual.theme, label="Theme", elem_id="theme")
        gr.Markdown(wishes.CHECKS, **markdown)
        cost = gr.Markdown(wishes.cost((0, 0, 0.0), priced=False), elem_id="cost", **markdown)
    return Parts(*stores, pen, writer, papers, length, theme, meaning, connecting, cost)


def wire(page: gr.Blocks, opening: "Future[Engine]", parts: Parts, tab: gr.Tab, talking: chat.Parts) -> None:
    """Which event calls what. The switch on top of the chat and the one here are the same."""
    desk = Desk(opening)
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "queue": False}
    store = parts.wishes
    choices: list[Any] = [parts.papers, parts.length, parts.theme, parts.meaning]
    page.load(recall, [store], [parts.pen, talking.pen, *choices], **quiet)
    held = [parts.pen, *choices]  # all at once, so that two quick changes both hold
    for choice in choices:
        choice.input(keep, held, [store], trigger_mode="always_last", **quiet)
    parts.pen.input(let_write, held, [store, talking.pen], trigger_mode="always_last", **quiet)
    talking.pen.input(let_write, [talking.pen, *held[1:]], [store, parts.pen], trigger_mode="always_last", **quiet)
    model.wire(opening, parts.model, tab, talking, parts.writer)
    tab.select(desk.show, [parts.spent], [parts.pen, parts.meaning, parts.writer, parts.cost], **quiet)


class Desk:
    """The tab's handlers around one engine."""

    def __init__(self, opening: "Future[Engine]") -> None:
        self.opening = opening

    def show(self, sent: Any) -> tuple[Any, Any, str, str]:
        """The switches, where there is a model; which it is; and what was spent."""
        try:
            writing = self.opening.result().writer
        except Exception as error:
            return gr.skip(), gr.skip(), render.problem(explain(error)), ""
        spent = wishes.cost(wishes.spent_of(sent), priced=bool(writing and writing.price))
        shown = gr.Checkbox(visible=writing is not None)
        return shown, shown, wishes.writer(writing), spent


def recall(sent: Any) -> tuple[bool, bool, int, str, str, bool]:
    """What was set in this browser before."""
    known = wishes_of(sent)
    return known.model, known.model, known.papers, known.length, known.theme, known.meaning


def keep(model: Any, papers: Any, length: Any, theme: Any, meaning: Any) -> str:
    """What is set, as it is kept in the browser."""
    given = {"model": model, "papers": papers, "length": length, "theme": theme, "meaning": meaning}
    return read_wishes(given).kept()


def let_write(model: Any, *others: Any) -> tuple[str, bool]:
    """The same, and the switch for the other place where it is shown."""
    return keep(model, *others), bool(model)
