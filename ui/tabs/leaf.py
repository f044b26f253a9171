"""One paper opened beside the library or the map, and the ways from it into the chat.

What is wished comes as JSON through a hidden box, since a click inside of shown text is nothing that Gradio tells of.
"""

from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import gradio as gr

from ui import papers, render
from ui.engine import Engine, explain
from ui.sent import parsed
from ui.tabs import selection

NEAREST = 6  # papers named as the nearest


@dataclass(frozen=True)
class Parts:
    wish: gr.Textbox
    paper: gr.Markdown


def build() -> Parts:
    wish = gr.Textbox(elem_id="wish", label="Wish", visible="hidden")
    with gr.Column(elem_id="paper"):
        gr.Markdown(papers.PANEL, container=False, latex_delimiters=[])
        paper = gr.Markdown("", elem_id="leaf", container=False, latex_delimiters=[])
    return Parts(wish, paper)


def wire(opening: "Future[Engine]", parts: Parts, chosen: gr.BrowserState, box: gr.Textbox, tabs: gr.Tabs) -> None:
    """`box` and `tabs` are where a question about a paper goes."""
    leaf = Leaf(opening)
    parts.wish.change(
        leaf.heed,
        [parts.wish, chosen],
        [parts.paper, box, tabs],
        trigger_mode="always_last",
        show_progress="hidden",
        api_visibility="private",
        queue=False,
    )


class Leaf:
    """The handlers around one engine."""

    def __init__(self, opening: "Future[Engine]") -> None:
        self.opening = opening

    def heed(self, asked: Any, chosen: Any) -> tuple[Any, Any, Any]:
        """What was wished: a paper opened, or a question on one or two of them in the chat's box."""
        deed, ids = read(asked)
        try:
            engine = self.opening.result()
            found = [paper for paper in map(engine.paper, ids) if paper]
            if deed == "open":
                if not found:
                    return papers.gone(), gr.skip(), gr.skip()
                near = engine.nearest(found[0].id, k=NEAREST)
                return papers.detail(found[0], near, found[0].id in selection.read(chosen)), gr.skip(), gr.skip()
            if deed == "ask" and found:
                return gr.skip(), papers.question_about(found[0]), gr.Tabs(selected="chat")
            if deed == "compare" and len(found) > 1:
                return gr.skip(), papers.question_between(*found[:2]), gr.Tabs(selected="chat")
        except Exception as error:
            return render.problem(explain(error)), gr.skip(), gr.skip()
        return gr.skip(), gr.skip(), gr.skip()


def read(asked: Any) -> tuple[str, list[str]]:
    """What is to be done with which papers: {"do": "open", "papers": ["arxiv:2401.00001"]}; else nothing."""
    wish = parsed(asked, dict)
    return str(wish.get("do", "")), selection.read(wish.get("papers"))
