"""The chat page: Gradio's Blocks, its components and events. Knows an engine by what it asks of one.

The conversation lives in the browser: the Chatbot's value comes with each question and only its text is used,
so nothing of a reader is kept on the server and a forged history reaches nobody else.
"""

import logging
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol, cast

import gradio as gr

from ingest.errors import PaperchatError
from ingest.paper import Paper
from ingest.text import clean
from rag.answer import Answer, Turn
from rag.chat.pieces import Waiting
from ui import render
from ui.history import Chat, clean_lines, history, kept, plain, total

ASSETS = Path(__file__).parent / "assets"
MOST_CHARACTERS = 4_000  # of a question
BEAT = 0.05  # seconds between two updates of a streamed answer: faster is not seen, and costs
AT_ONCE = 8  # questions answered side by side
IN_LINE = 100  # questions waiting before the next is told to come back
SANS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Liberation Sans", "sans-serif")
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")

log = logging.getLogger(__name__)

Update = dict[str, Any]


class Engine(Protocol):
    """What the page asks of the thing that answers."""

    @property
    def mode(self) -> str: ...
    @property
    def has_model(self) -> bool: ...
    def stream(
        self, question: str, history: Sequence[Turn] = (), *, model: bool = True
    ) -> Iterator[str | Waiting | Answer]: ...
    def starters(self) -> list[str]: ...
    def paper(self, paper_id: str) -> Paper | None: ...
    def count(self) -> int: ...
    def close(self) -> None: ...


def build_page(opening: "Future[Engine]") -> gr.Blocks:
    """The page as Gradio's Blocks; `opening` gives the engine as soon as it is there, or the reason it is not."""
    with gr.Blocks(title="paperchat", fill_height=True, fill_width=True, delete_cache=(600, 600)) as page:
        with gr.Row(elem_id="top"):
            gr.Markdown(render.BRAND, elem_id="brand", container=False, latex_delimiters=[])
            mode = gr.Markdown(render.mode("Opening the papers…"), elem_id="mode", latex_delimiters=[])
            pen = gr.Checkbox(
                True, label="Language model", elem_id="pen", container=False, visible=False, interactive=True
            )
            fresh = gr.Button("New conversation", elem_id="fresh", size="sm")
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
        wire(page, Talk(opening), mode=mode, chat=chat, notice=notice, box=box, fresh=fresh, pen=pen)
    page.queue(default_concurrency_limit=AT_ONCE, max_size=IN_LINE)
    return cast(gr.Blocks, page)


def wire(page: gr.Blocks, talk: "Talk", **parts: Any) -> None:
    """Which event calls what. All are private: the page has no API of its own."""
    names = ("mode", "chat", "notice", "box", "fresh", "pen")
    mode, chat, notice, box, fresh, pen = (parts[name] for name in names)
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    page.load(talk.welcome, None, [mode, chat, pen], **quiet)
    asking = {**quiet, "concurrency_id": "ask", "trigger_mode": "once"}
    asked = box.submit(talk.ask, [box, chat, pen], [box, chat, notice], **asking)
    begun = chat.example_select(talk.begin, [chat, pen], [box, chat, notice], **asking)
    box.stop(stop, [chat], [box, chat], cancels=[asked, begun], queue=False, **quiet)
    fresh.click(start_over, None, [box, chat, notice], cancels=[asked, begun], queue=False, **quiet)


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

    def begin(self, chat: Any, pen: Any, chosen: gr.SelectData) -> Iterator[tuple[Update, Any, Any]]:
        """Ask the starter question that was clicked."""
        text = chosen.value.get("text") if isinstance(chosen.value, dict) else chosen.value
        yield from self.ask(text, chat, pen)

    def ask(self, question: Any, chat: Any, pen: Any = True) -> Iterator[tuple[Update, Any, Any]]:
        """Stream the answer to a question into the conversation."""
        question = question.strip() if isinstance(question, str) else ""
        if len(question) > MOST_CHARACTERS:
            words = (
                f"A question may have {MOST_CHARACTERS:,} characters; this one has {len(question):,}. Nothing was sent."
            )
            yield gr.skip(), gr.skip(), render.notice(words)
            return
        question = clean_lines(question)
        if not question:
            yield gr.skip(), gr.skip(), ""
            return
        messages = kept(chat)
        turns = history(messages)
        messages.append({"role": "user", "content": render.question(question)})
        yield BUSY | {"value": ""}, [*messages, assistant(render.waiting(self.doing()))], ""
        for said in self.answer(clean(question), turns, model=bool(pen), before=total(messages)):
            yield gr.skip(), [*messages, assistant(said)], gr.skip()
        yield IDLE, gr.skip(), gr.skip()

    def doing(self) -> str:
        return "Reading the papers" if self.opening.done() else "Opening the papers"

    def answer(
        self,
        question: str,
        turns: Sequence[Turn],
        *,
        model: bool = True,
        before: tuple[int, int, float] = (0, 0, 0.0),
    ) -> Iterator[str]:
        """The answer as it grows, each time whole, as HTML. An engine's stream is closed when the reader leaves."""
        text = ""
        shown = 0.0
        try:
            engine = self.opening.result()
            with closing(cast(Any, engine.stream(question, turns, model=model))) as pieces:
                for piece in pieces:
                    if isinstance(piece, Answer):
                        yield render.answer(piece, engine.paper, before=before)
                        return
                    if isinstance(piece, Waiting):  # also so that Gradio can close the stream of one who left
                        yield render.draft(text, piece.words) if text else render.waiting(piece.words)
                        continue
                    text += piece
                    if time.monotonic() - shown >= BEAT:
                        shown = time.monotonic()
                        yield render.draft(text)
            yield render.cut(text, "The answer broke off here and could not be checked. Please ask again.")
        except Exception as error:
            words = explain(error)
            yield render.cut(text, words) if text.strip() else render.problem(words)


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


def explain(error: Exception) -> str:
    """An error in words for the reader; one that nobody foresaw goes to the log, not to the page."""
    if isinstance(error, PaperchatError):
        return str(error)
    log.error("the page met an unforeseen error", exc_info=error)
    return "Something went wrong on this side; the terminal says what. The question can be asked again."


def look() -> dict[str, Any]:
    """The page's theme, style and script, as arguments of `launch`.

    The style goes into the head because Gradio rewrites selectors given as `css`, those in media queries and
    `:root` wrongly. Fonts are plain names, so none is fetched.
    """
    paper, night, ink, chalk, line, seam = "#fbfbf9", "#15171a", "#1b1d21", "#e7e5e0", "#e3e2dc", "#2d3136"
    theme = gr.themes.Base(
        primary_hue="neutral", neutral_hue="stone", font=[*SANS], font_mono=[*MONO], radius_size="md"
    ).set(
        body_background_fill=paper,
        body_background_fill_dark=night,
        body_text_color=ink,
        body_text_color_dark=chalk,
        background_fill_primary=paper,
        background_fill_primary_dark=night,
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        border_color_primary=line,
        border_color_primary_dark=seam,
    )
    style = (ASSETS / "page.css").read_text(encoding="utf-8")
    script = (ASSETS / "page.js").read_text(encoding="utf-8")
    return {"theme": theme, "head": f"<style>{style}</style><script>{script}</script>"}
