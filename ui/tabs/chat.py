"""The chat: a conversation, the box where questions are typed, and the source panel beside them.

The conversation lives in the browser: the Chatbot's value comes with each question and only its text is used,
so nothing of a reader is kept on the server and a forged history reaches nobody else.
"""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass
from typing import Any, cast

import gradio as gr

from ingest.text import clean
from rag.answer import Answer, Turn
from rag.chat.pieces import Waiting
from rag.manner import USUAL, Manner
from rag.retrieve import Scope
from ui import render
from ui.engine import Engine, explain
from ui.history import Chat, clean_lines, history, kept, plain, total
from ui.tabs.selection import scope_of
from ui.wishes import after, spent_of, wishes_of

MOST_CHARACTERS = 4_000  # of a question
BEAT = 0.05  # seconds between two updates of a streamed answer: faster is not seen, and costs

Update = dict[str, Any]
Asked = tuple[Any, Any, Any, Any]  # the box, the conversation, the notice, what was spent


@dataclass(frozen=True)
class Parts:
    """The components of the chat that events read or change."""

    mode: gr.Markdown
    pen: gr.Checkbox
    fresh: gr.Button
    chat: gr.Chatbot
    notice: gr.Markdown
    scope: gr.Markdown
    box: gr.Textbox


def build_top() -> tuple[gr.Markdown, gr.Checkbox, gr.Button]:
    """What the chat has in the line on top of the page: who writes, whether the model does, and a new start."""
    mode = gr.Markdown(render.mode("Opening the papers…"), elem_id="mode", latex_delimiters=[])
    pen = gr.Checkbox(True, label="Language model", elem_id="pen", container=False, visible=False, interactive=True)
    return mode, pen, gr.Button("New conversation", elem_id="fresh", size="sm")


def build(top: tuple[gr.Markdown, gr.Checkbox, gr.Button]) -> Parts:
    """The tab itself; `top` is what `build_top` made."""
    with gr.Row(elem_id="desk"):
        with gr.Column(elem_id="talk"):
            chat = gr.Chatbot(
                elem_id="chat",
                label="Conversation",
                show_label=False,
                container=False,
                height="100%",
                buttons=[],
                layout="panel",
                latex_delimiters=[],  # what a paper says is shown as it stands
                placeholder=render.hello(None),
            )
            notice = gr.Markdown("", elem_id="notice", container=False, latex_delimiters=[])
            scope = gr.Markdown("", elem_id="scope", container=False, latex_delimiters=[])
            box = gr.Textbox(
                elem_id="box",
                label="Your question",
                show_label=False,
                container=False,
                placeholder="Ask the papers…",
                lines=1,
                max_lines=8,
                submit_btn=True,
                autofocus=True,
            )
        with gr.Column(elem_id="source"):
            gr.Markdown(render.PANEL, container=False, latex_delimiters=[])
    return Parts(*top, chat, notice, scope, box)


def wire(page: gr.Blocks, opening: "Future[Engine]", parts: Parts, *browser: gr.BrowserState) -> None:
    """Which event calls what. All are private.

    `browser` is what a reader's browser keeps: the papers to ask, what was set, and what was spent so far.
    """
    talk, chat, box = Talk(opening), parts.chat, parts.box
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    page.load(talk.welcome, None, [parts.mode, chat, parts.pen], **quiet)
    asking = {**quiet, "concurrency_id": "ask", "trigger_mode": "once"}
    asked = box.submit(talk.ask, [box, chat, parts.pen, *browser], [box, chat, parts.notice, browser[-1]], **asking)
    begun = chat.example_select(
        talk.begin, [chat, parts.pen, *browser], [box, chat, parts.notice, browser[-1]], **asking
    )
    stopped = box.stop(stop, [chat], [box, chat], cancels=[asked, begun], queue=False, **quiet)
    stopped.then(stop, [chat], [box, chat], queue=False, **quiet)  # words that were on their way came after it
    parts.fresh.click(start_over, None, [box, chat, parts.notice], cancels=[asked, begun], queue=False, **quiet)


class Talk:
    """The page's handlers around one engine."""

    def __init__(self, opening: "Future[Engine]") -> None:
        self.opening = opening

    def welcome(self) -> tuple[str, Any, Any]:
        """What the empty page says once the engine is there: its mode, its size, questions to start from."""
        try:
            engine = self.opening.result()
            examples: Any = [{"text": text} for text in engine.starters()]
            hello = gr.Chatbot(examples=examples, placeholder=render.hello(engine.count()))
            return render.mode(engine.mode), hello, gr.Checkbox(visible=engine.has_model)
        except Exception as error:
            words = explain(error)
            return render.mode("Not ready"), gr.Chatbot(placeholder=render.problem(words)), gr.skip()

    def begin(
        self, chat: Any, pen: Any, papers: Any, wishes: Any, spent: Any, chosen: gr.SelectData
    ) -> Iterator[Asked]:
        """Ask the starter question that was clicked."""
        text = chosen.value.get("text") if isinstance(chosen.value, dict) else chosen.value
        yield from self.ask(text, chat, pen, papers, wishes, spent)

    def ask(self, question: Any, chat: Any, pen: Any, papers: Any, wishes: Any, spent: Any) -> Iterator[Asked]:
        """Stream the answer to a question into the conversation; `papers` are the only ones asked, if any."""
        question = question.strip() if isinstance(question, str) else ""
        if len(question) > MOST_CHARACTERS:
            words = (
                f"A question may have {MOST_CHARACTERS:,} characters; this one has {len(question):,}. Nothing was sent."
            )
            yield gr.skip(), gr.skip(), render.notice(words), gr.skip()
            return
        question = clean_lines(question)
        if not question:
            yield gr.skip(), gr.skip(), "", gr.skip()
            return
        messages = kept(chat)
        turns = history(messages)
        messages.append({"role": "user", "content": render.question(question)})
        yield BUSY | {"value": ""}, [*messages, assistant(render.waiting(self.doing()))], "", spent
        how: dict[str, Any] = {"scope": scope_of(papers), "model": bool(pen), "manner": wishes_of(wishes).manner}
        # Values as they are, not `gr.skip()`, for which Gradio makes each component anew: half of what a turn took.
        for said, whole in self.answer(clean(question), turns, **how, before=total(messages)):
            if whole and any(took := total([assistant(said)])):
                spent = after(spent_of(spent), took)
            yield IDLE if whole else gr.skip(), [*messages, assistant(said)], "", spent

    def doing(self) -> str:
        return "Reading the papers" if self.opening.done() else "Opening the papers"

    def answer(
        self,
        question: str,
        turns: Sequence[Turn],
        *,
        scope: Scope | None = None,
        model: bool = True,
        manner: Manner = USUAL,
        before: tuple[int, int, float] = (0, 0, 0.0),
    ) -> Iterator[tuple[str, bool]]:
        """The answer as it grows, each time as HTML from its beginning, and whether that is the whole of it.

        An engine's stream is closed when the reader leaves.
        """
        text = ""
        shown = 0.0
        try:
            engine = self.opening.result()
            how: dict[str, Any] = {"scope": scope, "model": model, "manner": manner}
            with closing(cast(Any, engine.stream(question, turns, **how))) as pieces:
                for piece in pieces:
                    if isinstance(piece, Answer):
                        yield render.answer(piece, engine.paper, before=before), True
                        return
                    if isinstance(piece, Waiting):  # also so that Gradio can close the stream of one who left
                        yield (render.draft(text, piece.words) if text else render.waiting(piece.words)), False
                        continue
                    shown = shown or time.monotonic()  # quotes come all at once, and are shown whole
                    text += piece
                    if time.monotonic() - shown >= BEAT:
                        shown = time.monotonic()
                        yield render.draft(text), False
            yield render.cut(text, "The answer broke off here and could not be checked. Please ask again."), True
        except Exception as error:
            words = explain(error)
            yield (render.cut(text, words) if text.strip() else render.problem(words)), True


# The button beside the box: an arrow to send or, while an answer comes, a square to stop it.
BUSY: Update = gr.update(submit_btn=False, stop_btn=True)
IDLE: Update = gr.update(submit_btn=True, stop_btn=False)


def stop(chat: Any) -> tuple[Update, Chat]:
    """Keep what had come of the answer that was stopped."""
    messages = kept(chat)
    if messages and render.is_draft(messages[-1]["content"]):
        text = plain(messages[-1]["content"])
        messages[-1] = assistant(render.cut(text, "Stopped here." if text else "Stopped."))
    return IDLE, messages


def start_over() -> tuple[Update, Chat, str]:
    return IDLE | {"value": ""}, [], ""


def assistant(message: str) -> dict[str, str]:
    return {"role": "assistant", "content": message}
