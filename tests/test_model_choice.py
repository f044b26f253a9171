"""Choosing the language model on the page or by command: it holds at once, its key is kept for its user alone."""

import io
import json
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from test_page import ask, browser, page, pytestmark, started

import rag.llm.connect
from ingest.errors import ModelError, StoreError, UsageError
from ingest.model_choice import FILE, ModelChoice, keep_choice, read_choice
from ingest.settings import Settings, load_settings
from rag.engine import Engine
from rag.llm.connect import local_servers
from tests.model_endpoint import KEY, ModelEndpoint, serving, status, words
from tests.scripted_model import answer, check, plan
from ui.cli import main

__all__ = ["browser", "page", "pytestmark"]
KIVI = "How does KIVI quantize the KV cache?"
GOOD = answer("KIVI is a tuning-free 2bit KV cache quantization algorithm [[named KIVI]].")
REPLIES = [plan(question=KIVI, papers=["KIVI"]), GOOD, check()]


@pytest.fixture
def endpoint() -> Iterator[ModelEndpoint]:
    with serving() as server:
        yield server


@pytest.fixture
def home(page_home: Path) -> Iterator[Path]:
    yield page_home
    (page_home / FILE).unlink(missing_ok=True)


def test_a_choice_is_kept_for_its_user_alone_and_holds_at_the_next_start(tmp_path: Path) -> None:
    kept = keep_choice(tmp_path, ModelChoice("http://localhost:1/v1", KEY, "scribe"))
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    settings = load_settings({"PAPERCHAT_HOME": str(tmp_path)}, tmp_path)
    assert (settings.openai_base_url, settings.chat_model, settings.chosen) == ("http://localhost:1/v1", "scribe", True)
    assert KEY not in repr(settings) + repr(read_choice(tmp_path))
    fixed = load_settings({"PAPERCHAT_HOME": str(tmp_path), "OPENAI_BASE_URL": "http://other:1/v1"}, tmp_path)
    assert (fixed.openai_base_url, fixed.openai_api_key, fixed.model_is_fixed) == ("http://other:1/v1", "", True)
    kept.write_text("{")
    with pytest.raises(UsageError, match="delete it and choose the model again"):
        load_settings({"PAPERCHAT_HOME": str(tmp_path)}, tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        keep_choice(tmp_path / "file", ModelChoice(key=KEY))


@pytest.mark.parametrize(
    ("choice", "wrong"),
    [
        (ModelChoice(), "Give a key"),
        (ModelChoice("localhost:11434"), "no address"),
        (ModelChoice("http://a b\x00"), "characters"),
        (ModelChoice(key="sk-ключ"), "Copy it again"),
        (ModelChoice(key="x" * 5_000), "too long"),
    ],
)
def test_what_cannot_be_meant_is_told_without_the_key(choice: ModelChoice, wrong: str) -> None:
    with pytest.raises(UsageError, match=wrong) as caught:
        choice.cleaned()
    assert not choice.key or choice.key not in str(caught.value)


def test_blanks_and_line_ends_around_a_key_go() -> None:
    assert ModelChoice(" http://a ", " sk-1\n23 \r\n", " m ").cleaned() == ModelChoice("http://a", "sk-123", "m")


def test_an_engine_writes_with_what_is_connected_and_quotes_when_it_is_left(
    endpoint: ModelEndpoint, home: Path
) -> None:
    with Engine(Settings(home)) as engine:
        assert engine.ask(KIVI).usage is None
        tested = engine.try_choice(ModelChoice(endpoint.url, KEY, "scribe"))
        assert tested.works
        assert tested.words.startswith("scribe at 127.0.0.1")
        engine.connect(ModelChoice(endpoint.url, KEY, "scribe"), keep=True)
        endpoint.replies = [*REPLIES]
        assert engine.ask(KIVI).usage
        assert endpoint.keys[-1] == f"Bearer {KEY}"
        engine.connect(None, keep=False)
        assert engine.ask(KIVI).usage is None
        assert not (home / FILE).exists()


@pytest.mark.parametrize(
    ("changes", "url", "why"),
    [
        ({"locked": True}, "http://127.0.0.1:1/v1", "locked"),
        ({"openai_base_url": "http://127.0.0.1:1/v1"}, "http://127.0.0.1:2/v1", "outside of this page"),
        ({"shared": True}, "http://10.0.0.7/v1", "serves other machines"),
    ],
)
def test_where_it_may_not_be_changed_it_is_not(page_home: Path, changes: dict[str, object], url: str, why: str) -> None:
    with Engine(replace(Settings(page_home), **changes)) as engine:  # type: ignore[arg-type]
        for act in (lambda: engine.connect(ModelChoice(url), keep=True), lambda: engine.try_choice(ModelChoice(url))):
            with pytest.raises(UsageError, match=why):
                act()
    assert not (page_home / FILE).exists()


def test_a_test_says_what_went_wrong(endpoint: ModelEndpoint, page_home: Path) -> None:
    with Engine(Settings(page_home)) as engine:
        endpoint.replies = [status(401)]
        tested = engine.try_choice(ModelChoice(endpoint.url, KEY))
        assert (tested.works, "refused the key" in tested.words, KEY in tested.words) == (False, True, False)
        assert not engine.try_choice(ModelChoice("http://127.0.0.1:9/v1")).works
        with pytest.raises(ModelError, match="no web address"):
            engine.connect(ModelChoice("http://[::1/v1"), keep=False)


@pytest.fixture
def found(endpoint: ModelEndpoint, monkeypatch: pytest.MonkeyPatch) -> ModelEndpoint:
    """A server on what is taken for Ollama's usual port; nothing on the others."""
    endpoint.models = ["qwen3:4b", "nomic-embed-text"]
    ports = {"Ollama": endpoint.server_port, "LM Studio": 9}
    monkeypatch.setattr(rag.llm.connect, "USUAL_PORTS", ports)
    return endpoint


def test_servers_on_this_machine_are_found_with_the_models_that_chat(found: ModelEndpoint) -> None:
    (server,) = local_servers()
    assert (server.name, server.models) == ("Ollama", ("qwen3:4b",))


def test_the_command_looks_chooses_tests_and_forgets(
    found: ModelEndpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PAPERCHAT_HOME", str(tmp_path))
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{KEY}\n"))
    found.replies = [words("ready")]

    def run(*args: str) -> tuple[int, str]:
        code = main(["model", *args])
        return code, "".join(capsys.readouterr())

    assert run() == (0, "No language model: answers are quoted from the papers.\n")
    assert f"{found.url}  qwen3:4b  (Ollama)" in run("--look")[1]
    code, said = run("--use", found.url, "--name", "qwen3:4b", "--key", "--test")
    assert (code, "answered in" in said, "Chosen here." in said, KEY in said) == (0, True, True, False)
    assert json.loads((tmp_path / FILE).read_text())["key"] == KEY
    assert run("--use", "ftp://x")[0] == 2
    assert run("--forget") == (0, "No language model: answers are quoted from the papers.\n")
    monkeypatch.setenv("OPENAI_BASE_URL", found.url)
    assert run("--use", "openai")[0] == 2
    assert "Set by the environment." in run()[1]


@pytest.fixture
def address(home: Path, tmp_path: Path) -> Iterator[str]:
    with started(lambda: Engine(Settings(home)), tmp_path) as served:
        yield served.url


def test_from_the_first_screen_to_an_answer_by_a_model_takes_three_clicks(page: Page, found: ModelEndpoint) -> None:
    page.locator("#chat .connect").click()
    page.get_by_role("button", name="Look for models on this machine").click()
    expect(page.locator("#told")).to_contain_text("1 model found.")
    page.get_by_role("button", name="Use this model").click()
    expect(page.locator("#told")).to_contain_text("Connected.")
    expect(page.locator("#writer")).to_contain_text("qwen3:4b")
    page.get_by_role("tab", name="Chat").click()
    found.replies = [*REPLIES]
    expect(ask(page, KIVI).locator(".tally")).to_contain_text("Meaning checked")


def test_a_key_typed_on_the_page_never_comes_back(page: Page, found: ModelEndpoint, home: Path) -> None:
    page.get_by_role("tab", name="Settings").click()
    page.get_by_role("radio", name="Another address").check(force=True)
    page.locator("#address input, #address textarea").fill(found.url)
    page.locator("#key input").fill(f" {KEY} ")
    found.replies = [status(401)]
    page.get_by_role("button", name="Test").click()
    expect(page.locator("#told")).to_contain_text("refused the key")
    page.get_by_role("button", name="Use this model").click()
    expect(page.locator("#told")).to_contain_text("Connected.")
    expect(page.locator("#key input")).to_have_value("")
    assert json.loads((home / FILE).read_text())["key"] == KEY
    assert KEY not in page.content()
    assert KEY not in page.evaluate("JSON.stringify(localStorage) + JSON.stringify(sessionStorage)")
    page.reload()
    page.get_by_role("tab", name="Settings").click()
    page.get_by_role("button", name="Disconnect").click()
    expect(page.locator("#told")).to_contain_text("Disconnected.")
    assert not (home / FILE).exists()
