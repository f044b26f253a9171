"""Connecting a chat model from the page: found on this machine, OpenAI with a key, or any compatible address."""

from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import gradio as gr

from ingest.model_choice import ModelChoice
from ui import render, wishes
from ui.engine import Engine, explain
from ui.prose import escape
from ui.tabs import chat

HERE, OPENAI, OTHER = "On this machine", "OpenAI", "Another address"
NOBODY = (
    "No server answered on this machine. Start Ollama, LM Studio, llama.cpp or vLLM and look again, or choose "
    "“Another address” if it uses another port."
)
HIDDEN = gr.InputHTMLAttributes(autocomplete="off", spellcheck=False)  # no browser keeps a key
KEPT = "Keep it for the next start, in a file that only you can read"


@dataclass(frozen=True)
class Parts:
    """The components; `panel` holds all that is there only where a model may be chosen."""

    panel: gr.Column
    where: gr.Radio
    look: gr.Button
    found: gr.Dropdown
    url: gr.Textbox
    key: gr.Textbox
    name: gr.Textbox
    keep: gr.Checkbox
    test: gr.Button
    use: gr.Button
    leave: gr.Button
    told: gr.Markdown


def build() -> Parts:
    """The panel within the settings."""
    with gr.Column(visible=False, elem_id="connect") as panel:
        gr.Markdown("<h3>Connect a language model</h3>", container=False, latex_delimiters=[])
        where = gr.Radio([HERE, OPENAI, OTHER], value=HERE, label="Where it runs")
        look = gr.Button("Look for models on this machine", elem_id="look", size="sm")
        found = gr.Dropdown([], label="Model", visible=False, interactive=True, elem_id="found")
        url = gr.Textbox(label="Address", placeholder="http://localhost:11434/v1", visible=False, elem_id="address")
        key = gr.Textbox(label="Key", type="password", visible=False, elem_id="key", html_attributes=HIDDEN)
        name = gr.Textbox(label="Model (empty: the usual one)", visible=False, elem_id="model-name")
        keep = gr.Checkbox(True, label=KEPT)
        with gr.Row():
            test = gr.Button("Test", size="sm")
            use = gr.Button("Use this model", variant="primary", size="sm")
            leave = gr.Button("Disconnect", size="sm")
        told = gr.Markdown("", elem_id="told", container=False, latex_delimiters=[])
    return Parts(panel, where, look, found, url, key, name, keep, test, use, leave, told)


def wire(opening: "Future[Engine]", parts: Parts, tab: gr.Tab, talking: chat.Parts, writer: gr.Markdown) -> None:
    """Which event calls what; all are private."""
    desk = Desk(opening)
    quiet: dict[str, Any] = {"show_progress": "minimal", "api_visibility": "private"}
    chosen = [parts.where, parts.found, parts.url, parts.key, parts.name]
    tab.select(desk.open, None, [parts.panel], show_progress="hidden", api_visibility="private", queue=False)
    fields = [parts.look, parts.found, parts.url, parts.key, parts.name, parts.told]
    parts.where.input(show_fields, [parts.where, parts.found], fields, **quiet)
    parts.look.click(desk.look, None, [parts.found, parts.told], **quiet)
    parts.test.click(desk.test, chosen, [parts.told], **quiet)
    changed = [parts.told, parts.key, writer, talking.mode, talking.pen]
    parts.use.click(desk.use, [*chosen, parts.keep], changed, **quiet)
    parts.leave.click(desk.leave, None, changed, **quiet)


def show_fields(where: Any, found: Any) -> tuple[Any, ...]:
    """The fields that a choice needs; what was told of another one goes."""
    needed = {HERE: (True, bool(found), False, False, False), OPENAI: (False, False, False, True, True)}
    shown = needed.get(where, (False, False, True, True, True))
    return (*(gr.update(visible=one) for one in shown), "")


def choice_of(where: Any, found: Any, url: Any, key: Any, name: Any) -> ModelChoice:
    """What was chosen and typed."""
    if where == HERE:
        address, _, model = str(found or "").partition(" ")
        return ModelChoice(address, "", model)
    return ModelChoice(str(url or "") if where == OTHER else "", str(key or ""), str(name or ""))


class Desk:
    """The panel's handlers around one engine. A key goes to the engine and nowhere else."""

    def __init__(self, opening: "Future[Engine]") -> None:
        self.opening = opening

    def open(self) -> Any:
        """The panel, where a model may be chosen."""
        try:
            return gr.update(visible=self.opening.result().can_choose)
        except Exception:  # the writer's line tells what is wrong
            return gr.update(visible=False)

    def look(self) -> tuple[Any, str]:
        """The models on this machine to choose from."""
        from rag.llm.connect import local_servers

        try:
            if not self.opening.result().can_choose:
                return gr.skip(), ""
            servers = local_servers()
        except Exception as error:
            return gr.skip(), told(explain(error), good=False)
        choices = [(f"{model} ({one.name})", f"{one.url} {model}") for one in servers for model in one.models]
        if not choices:
            return gr.update(choices=[], visible=False), told(NOBODY, good=False)
        count = f"{len(choices)} model{'s' * (len(choices) > 1)} found."
        return gr.update(choices=choices, value=choices[0][1], visible=True), told(count)

    def test(self, *chosen: Any) -> str:
        """What one tiny call came to."""
        try:
            tested = self.opening.result().try_choice(choice_of(*chosen))
        except Exception as error:
            return told(explain(error), good=False)
        return told(tested.words, good=tested.works)

    def use(self, where: Any, found: Any, url: Any, key: Any, name: Any, keep: Any) -> tuple[Any, ...]:
        """The model connected, and what the page says of it from now on; the key's field is emptied."""
        try:
            engine = self.opening.result()
            engine.connect(choice_of(where, found, url, key, name), keep=bool(keep))
        except Exception as error:
            return told(explain(error), good=False), gr.skip(), gr.skip(), gr.skip(), gr.skip()
        return changed(engine, "Connected. The next answer is written by it.")

    def leave(self) -> tuple[Any, ...]:
        """No model from now on."""
        try:
            engine = self.opening.result()
            engine.connect(None, keep=False)
        except Exception as error:
            return told(explain(error), good=False), gr.skip(), gr.skip(), gr.skip(), gr.skip()
        return changed(engine, "Disconnected. Answers are quoted from the papers, and no key is kept.")


def changed(engine: Engine, words: str) -> tuple[Any, ...]:
    pen = gr.update(visible=engine.has_model, value=True)
    return told(words), "", wishes.writer(engine.writer), render.mode(engine.mode), pen


def told(words: str, *, good: bool = True) -> str:
    """A line below the buttons."""
    return f'<p class="{"fine" if good else "wrong"}" role="status">{escape(words)}</p>'
