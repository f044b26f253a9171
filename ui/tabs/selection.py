"""The papers that a reader selected, to which the conversation is then limited. Kept in the reader's browser.

A choice comes as JSON through a hidden box: all that the page has not yet seen heeded, so that one that is overtaken
by the next is not lost.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from rag.retrieve.scope import Scope
from ui import papers
from ui.sent import parsed

LONGEST_ID = 100  # characters
STORE = "paperchat-selected"


@dataclass(frozen=True)
class Parts:
    picks: gr.Textbox
    chosen: gr.BrowserState


def build() -> Parts:
    """What no reader sees: the box for choices, and where they are kept."""
    picks = gr.Textbox(elem_id="picks", label="Choices", visible="hidden")
    return Parts(picks, gr.BrowserState([], storage_key=STORE, secret=STORE))


def wire(page: gr.Blocks, parts: Parts, lines: Sequence[gr.Markdown]) -> None:
    """`lines` say how many are selected; the first also carries which."""
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "queue": False}
    page.load(lambda chosen: tell(read(chosen), 0), [parts.chosen], [*lines], **quiet)
    parts.picks.change(pick, [parts.picks, parts.chosen], [parts.chosen, *lines], trigger_mode="always_last", **quiet)


def pick(asked: Any, chosen: Any) -> tuple[Any, ...]:
    """The selection after what was chosen, and the lines that tell of it."""
    ids, seen = after(asked, read(chosen))
    return ids, *tell(ids, seen)


def tell(ids: list[str], seen: int) -> tuple[str, str, str]:
    line = papers.selected(ids, seen)
    return papers.selected(ids, seen, with_ids=True), line, line


def after(asked: Any, ids: list[str]) -> tuple[list[str], int]:
    """The selection after choices in order, and the number of the last: {"seen": 7, "steps": [{"on": […]}, …]}.

    A step is `on`, `off` or `only` with ids; whatever else comes changes nothing.
    """
    wish = parsed(asked, dict)
    try:
        seen, steps = int(wish["seen"]), list(wish["steps"])
    except (ValueError, TypeError, KeyError):
        return ids, 0
    kept = dict.fromkeys(ids)
    for step in steps:
        if not isinstance(step, dict):
            continue
        if "only" in step:
            kept = {}
        for paper_id in read(step.get("off")):
            kept.pop(paper_id, None)
        kept |= dict.fromkeys([*read(step.get("only")), *read(step.get("on"))])
    return list(kept)[: papers.MOST_SELECTED], seen


def read(sent: Any) -> list[str]:
    """The ids in what a browser sent, whatever it sent."""
    listed = sent if isinstance(sent, list) else []
    fit = (one for one in listed if isinstance(one, str) and 0 < len(one) <= LONGEST_ID and " " not in one)
    return list(dict.fromkeys(fit))[: papers.MOST_SELECTED]


def scope_of(chosen: Any) -> Scope | None:
    """What a conversation is limited to; None for no limit."""
    ids = read(chosen)
    return Scope(ids=tuple(ids)) if ids else None
