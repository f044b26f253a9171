"""The chat: a conversation, the box where questions are typed, and the source panel beside them.

The conversation lives in the browser: the Chatbot's value comes with each question and only its text is used,
so nothing of a reader is kept on the server and a forged history reaches nobody else.
"""

import logging
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, cast

import gradio as gr

from ingest.errors import UsageError
from ingest.text import clean
from rag.llm.pieces import Waiting
from rag.question import cut
from rag.retrieve.scope import Scope
from rag.style import USUAL, Style
from rag.types import FAILED, Answer
from ui import render
from ui.actions import actions
from ui.conversation import Exchange, hidden, next_place, papers_of, read_exchange, total, turns_of, unhidden, until
from ui.engine import Engine, explain
from ui.history import Chat, clean_lines, kept
from ui.reread import Fields, Find
from ui.tabs import past
from ui.tabs.past import Wires
from ui.tabs.selection import scope_of
from ui.wishes import after, shaped, spent_of, wishes_of

BEAT = 0.05  # seconds between two updates of a streamed answer: faster is not seen, and costs

log = logging.getLogger(__name__)

Update = dict[str, Any]
Told = tuple[Update, Any, Any, Any, Any]  # to box, chat, notice, follow-ups and what was spent


@dataclass(frozen=True)
class Parts:
    """The components of the chat that events read or change; `follow` holds questions to go on with."""

    mode: gr.Markdown
    pen: gr.Checkbox
    fresh: gr.Button
    chat: gr.Chatbot
    follow: gr.Markdown
    notice: gr.Markdown
    scope: gr.Markdown
    box: gr.Textbox
    wires: Wires


def build_top() -> tuple[gr.Markdown, gr.Checkbox, gr.Button]:
    """What the chat has in the line on top of the page: who writes, whether the model does, and a new start."""
    mode = gr.Markdown(render.mode("Loading papers…"), elem_id="mode", latex_delimiters=[])
    pen = gr.Checkbox(True, label="Language model", elem_id="pen", container=False, visible=False, interactive=True)
    gr.Button("History", elem_id="past", size="sm")
    return mode, pen, gr.Button("New conversation", elem_id="fresh", size="sm")


def build(top: tuple[gr.Markdown, gr.Checkbox, gr.Button]) -> Parts:
    """The tab itself; `top` is what `build_top` made."""
    with gr.Row(elem_id="desk"):
        wires = past.build()
        with gr.Column(elem_id="talk"):
            chat = gr.Chatbot(
                elem_id="chat",
                label="Conversation",
                show_label=False,
                container=False,
                height="100%",
                buttons=[],
                layout="panel",
                autoscroll=False,  # view.js keeps the question in view, not the end of its answer
                latex_delimiters=[],  # what a paper says is shown as it stands
                placeholder=render.hello(None),
            )
            follow = gr.Markdown("", elem_id="follow", container=False, latex_delimiters=[])
            notice = gr.Markdown("", elem_id="notice", container=False, latex_delimiters=[])
            scope = gr.Markdown("", elem_id="scope", container=False, latex_delimiters=[])
            box = gr.Textbox(
                elem_id="box",
                label="Your question",
                show_label=False,
                container=False,
                placeholder="Ask about your papers…",
                lines=1,
                max_lines=8,
                submit_btn=True,
                autofocus=True,
            )
        with gr.Column(elem_id="source"):
            gr.Markdown(render.PANEL, container=False, latex_delimiters=[])
    return Parts(*top, chat, follow, notice, scope, box, wires)


def wire(page: gr.Blocks, opening: "Future[Engine]", parts: Parts, *browser: gr.BrowserState) -> None:
    """Which event calls what. All are private.

    `browser` is what a reader's browser keeps: the papers to ask, what was set, and what was spent so far.
    """
    talk, chat, box = Talk(opening), parts.chat, parts.box
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    page.load(talk.welcome, None, [parts.mode, chat, parts.pen], **quiet)
    asking = {**quiet, "concurrency_id": "ask", "trigger_mode": "once"}
    heard = [chat, parts.pen, *browser]
    told = [box, chat, parts.notice, parts.follow, browser[-1]]
    asked = box.submit(talk.ask, [box, *heard], told, **asking)
    begun = chat.example_select(talk.begin, heard, told, **asking)
    again = parts.wires.again.change(talk.again, [parts.wires.again, *heard], told, **asking)
    running: list[Any] = [asked, begun, again]
    # First ended, then told: a piece of the answer that was on its way would else come after what is told.
    halted = box.stop(None, None, None, cancels=running, queue=False, **quiet)
    halted.then(talk.stop, [chat], [box, chat, parts.follow], queue=False, **quiet)
    parts.fresh.click(start_over, None, told[:-1], cancels=running, queue=False, **quiet)
    past.wire(parts.wires, opening, told[:-1], running)


class Talk:
    """The page's handlers around one engine."""

    def __init__(self, opening: "Future[Engine]") -> None:
        self.opening = opening

    def welcome(self) -> tuple[str, Any, Any]:
        """What the empty page says once the engine is there: its mode, its size, questions to start from."""
        try:
            engine = self.opening.result()
            examples: Any = [{"text": text} for text in engine.starters()]
            hello = gr.Chatbot(
                examples=examples,
                placeholder=render.hello(engine.count(), connect=not engine.has_model and engine.can_choose),
            )
            return render.mode(engine.mode), hello, gr.Checkbox(visible=engine.has_model)
        except Exception as error:
            words = explain(error)
            return render.mode("Not ready"), gr.Chatbot(placeholder=render.problem(words)), gr.skip()

    def begin(self, chat: Any, pen: Any, papers: Any, wishes: Any, spent: Any, chosen: gr.SelectData) -> Iterator[Told]:
        """Ask the starter question that was clicked."""
        text = chosen.value.get("text") if isinstance(chosen.value, dict) else chosen.value
        yield from self.ask(text, chat, pen, papers, wishes, spent)

    def again(self, wanted: Any, chat: Any, pen: Any, *browser: Any) -> Iterator[Told]:
        """Ask what a button of an answer asks for: a follow-up or, in place of an exchange `since`, it once more."""
        fields = past.read_wire(wanted)
        since = str(fields.get("since", ""))
        yield from self.ask(fields.get("question"), chat, pen, *browser, since=since, shape=fields)

    def ask(
        self,
        question: Any,
        chat: Any,
        pen: Any = True,
        papers: Any = None,
        wishes: Any = None,
        spent: Any = None,
        *,
        since: str = "",
        shape: Mapping[str, Any] | None = None,
    ) -> Iterator[Told]:
        """Stream the answer to a question into the conversation; from the exchange `since` on it is replaced.

        `papers` are the only ones asked, if any; `wishes` are what was set, `shape` what is wanted otherwise for once,
        `spent` what all answers took so far.
        """
        question = clean_lines(question) if isinstance(question, str) else ""
        if not question:
            yield gr.skip(), gr.skip(), "", gr.skip(), gr.skip()
            return
        whole = kept(chat)
        messages = until(whole, since)
        blank = Exchange(next_place(messages, whole), cut(question))
        messages.append({"role": "user", "content": render.question(blank.question)})
        first = assistant(render.waiting(self.doing(), hidden(blank)))
        yield BUSY | ({} if since else {"value": ""}), [*messages, first], "", "", gr.skip()
        style = shaped(wishes_of(wishes).style, shape or {})
        how: dict[str, Any] = {"scope": scope_of(papers), "model": bool(pen), "style": style}
        said = ""
        for said in self.answer(question, blank, messages[:-1], **how, before=total(messages)):
            # Values, not `gr.skip()`, for which Gradio makes each component anew: half of what a turn takes.
            yield gr.skip(), [*messages, assistant(said)], "", "", spent
        took = total([assistant(said)])
        going_on = past.going_on([assistant(said)])
        yield IDLE, gr.skip(), gr.skip(), going_on, after(spent_of(spent), took) if any(took) else gr.skip()

    def doing(self) -> str:
        return "Searching the papers" if self.opening.done() else "Loading papers"

    def answer(
        self,
        question: str,
        blank: Exchange,
        before_it: Chat,
        *,
        scope: Scope | None = None,
        model: bool = True,
        style: Style = USUAL,
        before: tuple[int, int, float] = (0, 0, 0.0),
    ) -> Iterator[str]:
        """The answer to a question as it grows, each time whole, as HTML; a blank exchange shows what is read of it.

        An engine's stream is closed when the reader leaves.
        """
        text = ""
        given, said = None, ""
        shown = 0.0
        tail = hidden(blank)
        try:
            engine = self.opening.result()
            turns = turns_of(before_it, engine.paper)
            made = engine.stream(clean(question), turns, scope=scope, model=model, style=style)
            with closing(cast(Any, made)) as pieces:
                for piece in pieces:
                    if isinstance(piece, Answer):
                        given, said = piece, answered(blank, piece, engine.paper, before)
                        yield said
                    elif given:  # its meaning is being checked
                        yield said
                    elif isinstance(piece, Waiting):  # also so that Gradio can close the stream of one who left
                        yield render.draft(text, piece.words, tail) if text else render.waiting(piece.words, tail)
                    else:
                        shown = shown or time.monotonic()  # quotes come all at once, and are shown whole
                        text += piece
                        tail = hidden(replace(blank, text=text))
                        if time.monotonic() - shown >= BEAT:
                            shown = time.monotonic()
                            yield render.draft(text, tail=tail)
            if not given:
                yield ended(blank, text, "The answer was cut off here and could not be checked. Ask again.")
        except Exception as error:
            if given:  # which stays, whatever became of the check
                yield answered(blank, replace(given, meaning=FAILED), engine.paper, before)
            else:
                yield ended(blank, text, explain(error))

    def stop(self, chat: Any) -> tuple[Update, Chat, str]:
        """Keep what had come of the answer that was stopped; of one whose meaning was being checked, all of it."""
        messages = kept(chat)
        if not messages:
            return IDLE, messages, ""
        find: Find = self.opening.result().paper if self.opening.done() and not self.opening.exception() else missing
        try:
            begun = read_exchange(Fields(unhidden(messages[-1]["content"]), "The answer"), find)
        except UsageError:  # a record of the browser's that is none
            begun = Exchange(next_place(messages[:-2], messages), "")
        if render.is_draft(messages[-1]["content"]):
            messages[-1] = assistant(ended(begun, begun.text, "Stopped here." if begun.text else "Stopped."))
        elif begun.answer and begun.answer.meaning == FAILED:
            messages[-1] = assistant(answered(begun, begun.answer, find, total(messages[:-1])))
        return IDLE, messages, past.going_on([messages[-1]])


def missing(paper_id: str) -> None:
    """No paper, where the library is not open yet."""


# The button beside the box: an arrow to send or, while an answer comes, a square to stop it.
BUSY: Update = gr.update(submit_btn=False, stop_btn=True)
IDLE: Update = gr.update(submit_btn=True, stop_btn=False)


def answered(blank: Exchange, given: Answer, find: Find, before: tuple[int, int, float]) -> str:
    """An exchange with its answer."""
    tail = actions(replace(blank, answer=given, papers=papers_of(given, find)))
    return render.answer(given, find, before=before, tail=tail)


def ended(blank: Exchange, text: str, why: str) -> str:
    """An exchange without an answer to the end: what had come of it, and why it ended."""
    tail = actions(replace(blank, text=text.strip(), why=why))
    return render.cut(text, why, tail) if text.strip() else render.problem(why, tail)


def start_over() -> tuple[Update, Chat, str, str]:
    return IDLE | {"value": ""}, [], "", ""


def assistant(message: str) -> dict[str, str]:
    return {"role": "assistant", "content": message}
