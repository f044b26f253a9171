"""Settings: where they come from, what a value that cannot be meant is told, and that no secret is ever printed."""

import logging
import sys
import traceback
from base64 import b64encode
from pathlib import Path
from unittest.mock import Mock

import pytest

import ingest.settings
from ingest.errors import UsageError
from ingest.secrecy import hide, hiding, secrets_of
from ingest.settings import Settings, load_settings
from ui import cli


def test_without_any_setting_everything_is_local(tmp_path: Path) -> None:
    settings = load_settings({}, tmp_path)
    assert (settings.chroma_url, settings.embedding, settings.openai_api_key) == ("", "minilm", "")
    assert settings.home.name == "paperchat"
    assert (settings.model_timeout, settings.model_context, settings.model_price) == (60, 0, None)


def test_a_dotenv_file_of_the_folder_is_read_and_the_environment_wins(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PAPERCHAT_HOME=/from/file\nCHROMA_URL=http://localhost:8000\nOTHER=1\n")
    given = {"PAPERCHAT_TIMEOUT": "7.5", "PAPERCHAT_CONTEXT": "32000", "PAPERCHAT_PRICE": "0.40/1.60"}
    settings = load_settings(given | {"PAPERCHAT_HOME": "/from/environment"}, tmp_path)
    assert (settings.home, settings.chroma_url) == (Path("/from/environment"), "http://localhost:8000")
    assert (settings.model_timeout, settings.model_context, settings.model_price) == (7.5, 32000, (0.40, 1.60))


REFUSED = {
    "PAPERCHAT_EMBEDDING": ["bert", "openai", "minilm:x"],
    "CHROMA_URL": ["localhost:8000", "http://localhost:80a", "http://localhost:99999", "http://:80"],
    "CHROMA_HEADER": ["X-Token: secret"],
    "CHROMA_CA": ["no-such-file.pem"],
    "RAY_ADDRESS": ["10.0.0.1"],
    "CHROMA_LIBRARY": ["Our Papers"],
    "PAPERCHAT_HOME": ["~nosuchuser/x"],
    "PAPERCHAT_MODEL": ["m" * 201],
    "PAPERCHAT_TIMEOUT": ["60s", "0", "nan", "-5", "3601"],
    "PAPERCHAT_CONTEXT": ["8k", "512"],
    "PAPERCHAT_PRICE": ["0.40", "0.40/-1", "$1/$2"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in REFUSED.items() for value in values])
def test_a_value_that_cannot_be_meant_is_refused_with_what_can(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_settings({name: value}, tmp_path)
    assert str(caught.value).startswith(f"{name} is {value[:200]!r}; write ")


@pytest.mark.parametrize("given", [{"CHROMA_URL": "http://a:canary@localhost:80a"}, {"CHROMA_TOKEN": "canary\r\nX: y"}])
def test_a_refused_setting_does_not_show_its_secret(tmp_path: Path, given: dict[str, str]) -> None:
    with pytest.raises(UsageError) as caught:
        load_settings(given, tmp_path)
    assert "canary" not in str(caught.value)


def test_a_dotenv_file_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_bytes(b"PAPERCHAT_HOME=/caf\xe9\n")
    with pytest.raises(UsageError, match=r"/\.env is not UTF-8 text; save it as UTF-8\.$"):
        load_settings({}, tmp_path)
    refuse = Mock(side_effect=PermissionError(13, "Permission denied"))  # a mode would not keep root out
    monkeypatch.setattr(ingest.settings, "dotenv_values", refuse)
    with pytest.raises(UsageError, match=r"/\.env cannot be read \(Permission denied\); check its rights"):
        load_settings({}, tmp_path)


KEY, LOCAL = {"OPENAI_API_KEY": "sk-secret"}, {"OPENAI_BASE_URL": "http://localhost:11434/v1"}


@pytest.mark.parametrize(
    ("environ", "model"),
    [
        ({}, None),
        ({"PAPERCHAT_MODEL": "gpt-4o"}, None),
        (KEY, "gpt-4.1-mini"),
        (KEY | LOCAL, ""),
        (LOCAL, ""),
        (LOCAL | {"PAPERCHAT_MODEL": "qwen3:4b"}, "qwen3:4b"),
        (KEY | {"PAPERCHAT_MODEL": "none"}, None),
    ],
)
def test_a_chat_model_needs_a_key_or_an_address(tmp_path: Path, environ: dict[str, str], model: str | None) -> None:
    assert load_settings(environ, tmp_path).chat_model == model


GIVEN = {
    "OPENAI_API_KEY": "sk-canary-0123",
    "OPENAI_BASE_URL": "http://ada:canary-4%2F56@127.0.0.1:9/v1",
    "CHROMA_URL": "http://eve:canary-789@127.0.0.1:9",
    "CHROMA_TOKEN": "token-canary",
    "PAPERCHAT_AUTH": "reader:horse-canary",
}
FORMS = [
    *("sk-canary-0123", "ada:canary-4%2F56@", "canary-4%2F56", "canary-4/56", "eve:canary-789@", "token-canary"),
    *("reader:horse-canary", "horse-canary", b64encode(b"reader:horse-canary").decode()),
]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(GIVEN, tmp_path)


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_is_hidden_in_each_form(form: str, settings: Settings) -> None:
    shown = hide(f"failed at ({form}) today", secrets_of(settings))
    assert form not in shown
    assert (shown[:11], shown[-7:]) == ("failed at (", ") today")


def test_settings_show_none_of_them_and_what_stands_in_place_of_a_key_is_none(
    settings: Settings, tmp_path: Path
) -> None:
    assert [form for form in FORMS if form in repr(settings) + str(settings)] == []
    assert secrets_of(load_settings({"OPENAI_API_KEY": "ollama"}, tmp_path)) == []


def test_logs_and_tracebacks_hold_none_of_them(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    with hiding(sys.stderr, secrets_of(settings)):
        log = logging.Logger("a library")
        log.addHandler(logging.StreamHandler())
        for form in FORMS:
            log.warning("sent with %s", form)
            try:
                raise ValueError(form)
            except ValueError:
                traceback.print_exc()
            sys.stderr.writelines([form, "\n"])
    err = capsys.readouterr().err
    assert err.count("sent with") == len(FORMS)
    assert [form for form in FORMS if form in err] == []


def test_a_defect_of_a_command_shows_none_of_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in GIVEN.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(cli.commands, "version", Mock(side_effect=RuntimeError(" ".join(FORMS))))
    assert cli.main(["--version"]) == 1
    said = "".join(capsys.readouterr())
    assert "a defect in paperchat" in said
    assert [form for form in FORMS if form in said] == []


@pytest.mark.parametrize("setting", GIVEN)
@pytest.mark.parametrize("command", [["papers"], ["search", "lenses"], ["ask", "What is KIVI?"]])
def test_commands_that_fail_on_a_bad_endpoint_show_none_of_them(
    command: list[str], setting: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PAPERCHAT_EMBEDDING", "none" if setting != "OPENAI_BASE_URL" else "openai:m")
    monkeypatch.setenv(setting, GIVEN[setting])
    cli.main(command)
    assert "canary" not in "".join(capfd.readouterr())
