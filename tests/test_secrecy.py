"""No secret is ever printed: not by a message, a log, a traceback or a defect."""

import logging
import sys
import traceback
from base64 import b64encode
from pathlib import Path

import pytest

from ingest.secrecy import hide, hiding, secrets_of
from ingest.settings import Settings, load_settings
from ui import cli

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


def test_settings_show_none_of_them(settings: Settings) -> None:
    assert [form for form in FORMS if form in repr(settings) + str(settings)] == []


def test_what_stands_in_place_of_a_key_is_no_secret(tmp_path: Path) -> None:
    assert secrets_of(load_settings({"OPENAI_API_KEY": "ollama"}, tmp_path)) == []


def test_logs_and_tracebacks_hold_none_of_them(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    with hiding(sys.stderr, secrets_of(settings)):
        handler = logging.StreamHandler()
        log = logging.Logger("a library")
        log.addHandler(handler)
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


@pytest.mark.parametrize("form", FORMS)
def test_a_defect_of_a_command_shows_none_of_them(
    form: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> int:
        raise RuntimeError(f"nothing at {form}")

    for name, value in GIVEN.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(cli.commands, "version", fail)
    assert cli.main(["--version"]) == 1
    out, err = capsys.readouterr()
    assert "a defect in paperchat" in err
    assert form not in out + err


@pytest.mark.parametrize("setting", GIVEN)
@pytest.mark.parametrize("command", [["papers"], ["search", "lenses"], ["ask", "What is KIVI?"]])
def test_commands_that_fail_on_a_bad_endpoint_show_none_of_them(
    command: list[str], setting: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PAPERCHAT_EMBEDDING", "none" if setting != "OPENAI_BASE_URL" else "openai:m")
    monkeypatch.setenv(setting, GIVEN[setting])
    cli.main(command)
    assert "canary" not in "".join(capfd.readouterr())
