"""Earlier conversations: the list beside the chat, and what the page's scripts ask of the server for them.

The browser keeps them (`assets/keep.js`); it sends one here to be shown, exported or checked, and gets text back.
"""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import gradio as gr

from ingest.errors import PaperchatError, UsageError
from ingest.paper import Paper
from rag.evaluate.votes import Vote
from ui import render
from ui.actions import follow_ups
from ui.bibtex import bibtex
from ui.conversation import (
    Conversation,
    cited_papers,
    exchanges_of,
    read_conversation,
    read_exchange,
    turns_of,
    unhidden,
)
from ui.engine import Engine, explain
from ui.history import Chat, kept
from ui.markdown import conversation_markdown
from ui.prose import escape
from ui.replay import messages_of
from ui.reread import Fields
from ui.sent import parsed

PANEL = '<div class="past" role="navigation" title="Conversations"></div>'
EARLIER = "This conversation is too long to show in full. Its oldest questions are saved, and included in exports."


@dataclass(frozen=True)
class Wires:
    """What scripts write into, or read: hidden boxes, since Gradio gives scripts no other way to the server.

    `again` asks a question, `show` opens a conversation, `vote` judges an answer, `order` asks for a `file`.
    """

    again: gr.Textbox
    show: gr.Textbox
    vote: gr.Textbox
    order: gr.Textbox
    file: gr.Markdown


def build() -> Wires:
    """The place of the list, which a script fills, and the wires."""
    with gr.Column(elem_id="talks"):
        gr.Markdown(PANEL, container=False, latex_delimiters=[])
    again, show, vote, order = (
        gr.Textbox(elem_id=f"wire-{name}", label=name, visible="hidden", interactive=True)
        for name in ("again", "show", "vote", "order")
    )
    file = gr.Markdown("", elem_id="wire-file", visible="hidden", latex_delimiters=[])
    return Wires(again, show, vote, order, file)


def wire(
    wires: Wires,
    opening: "Future[Engine]",
    told: Sequence[Any],
    running: Sequence[Any],
) -> None:
    """Which wire calls what.

    `told` are box, chat, notice and follow-ups; `running` are the events that answer.
    """
    past = Past(opening)
    _, chat, notice, _ = told
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    wires.show.change(past.show, [wires.show], list(told), cancels=list(running), **quiet)
    wires.vote.change(past.vote, [wires.vote, chat], [notice], trigger_mode="multiple", **quiet)
    wires.order.change(past.deliver, [wires.order], [wires.file], trigger_mode="multiple", **quiet)


class Past:
    """The handlers of the wires around one engine."""

    def __init__(self, opening: "Future[Engine]") -> None:
        self.opening = opening

    def find(self, paper_id: str) -> Paper | None:
        """A paper of the index; none of them where there is no engine."""
        try:
            return self.opening.result().paper(paper_id)
        except Exception:  # why there is no engine is said where the page opens
            return None

    def show(self, data: Any) -> tuple[Any, Any, str, str]:
        """A conversation that was kept, rendered anew, or an empty chat; box, chat, notice and follow-ups."""
        box = gr.update(submit_btn=True, stop_btn=False)
        sent = split_wire(data)[1]
        if not sent:
            return box, [], "", ""
        try:
            messages, whole = messages_of(read_conversation(sent, self.find))
            return box, messages, "" if whole else render.notice(EARLIER, calm=True), going_on(messages)
        except UsageError as error:
            return box, gr.skip(), render.notice(f"This conversation cannot be shown. {error}"), gr.skip()

    def vote(self, wanted: Any, chat: Any) -> str:
        """Keep a vote on an answer of the chat; what is said of it."""
        fields = read_wire(wanted)
        messages = kept(chat)
        name, liked = fields.get("id"), {"up": True, "down": False}.get(str(fields.get("vote")))
        try:
            for at, message in enumerate(messages):
                if name and (record := unhidden(message["content"])).get("id") == name:
                    exchange = read_exchange(Fields(record, "The answer"), self.find)
                    if exchange.answer:
                        turns = turns_of(messages[: max(0, at - 1)], self.find)
                        vote = Vote(str(name), liked, exchange.answer, tuple(turns))
                        path = self.opening.result().keep_vote(vote)
                        words = "removed from" if liked is None else "saved to"
                        return render.notice(f"Vote {words} {path.name} for paperchat eval.", calm=True)
            return render.notice("The vote was not saved: that answer is no longer on the page.")
        except Exception as error:
            return render.notice(f"The vote was not saved. {explain(error)}")

    def deliver(self, wanted: Any) -> str:
        """A file of a conversation, or what is wrong with it, as JSON hidden in HTML for the script that asked.

        What is wanted is the form and a name for the order, and the conversation.
        """
        order, data = split_wire(wanted)
        form, _, name = order.partition(" ")
        answer = {"order": name[:40], "text": "", "error": ""}
        try:
            answer["text"] = FORMS[form](read_conversation(data, self.find))
        except KeyError:
            answer["error"] = "A conversation can be exported as Markdown, BibTeX or JSON."
        except PaperchatError as error:
            answer["error"] = str(error)
        return f'<div class="file" hidden>{escape(json.dumps(answer, ensure_ascii=False))}</div>'


def as_json(conversation: Conversation) -> str:
    return json.dumps(conversation.as_dict(), ensure_ascii=False)


FORMS: dict[str, Callable[[Conversation], str]] = {
    "markdown": conversation_markdown,
    "bibtex": lambda conversation: bibtex(cited_papers(conversation.exchanges)),
    "json": as_json,
}


def going_on(messages: Chat) -> str:
    """The questions to go on with after the last answer; nothing where it has none."""
    last = exchanges_of(messages[-1:], lambda _: None)
    answer = last[0].answer if last else None
    return follow_ups(answer.suggestions) if answer else ""


def split_wire(data: Any) -> tuple[str, str]:
    """What a script wrote into a wire: a line of its own, which is never twice the same, and a text below it."""
    head, _, body = data.partition("\n") if isinstance(data, str) else ("", "", "")
    return head.partition(" ")[2], body


def read_wire(data: Any) -> dict[str, Any]:
    """The JSON object in a wire; empty for what is none."""
    return parsed(split_wire(data)[1], dict)
