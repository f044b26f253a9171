"""Settings: where they come from, and what a value that cannot be meant is told."""

from pathlib import Path

import pytest

import ingest.settings
from ingest.errors import UsageError
from ingest.settings import load_settings


def test_without_any_setting_everything_is_local(tmp_path: Path) -> None:
    settings = load_settings({}, tmp_path)
    assert (settings.chroma_url, settings.embedding, settings.openai_api_key) == ("", "minilm", "")
    assert settings.home.name == "paperchat"


def test_a_dotenv_file_of_the_folder_is_read_and_the_environment_wins(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PAPERCHAT_HOME=/from/file\nCHROMA_URL=http://localhost:8000\nOTHER=1\n")
    settings = load_settings({"PAPERCHAT_HOME": "/from/environment"}, tmp_path)
    assert settings.home == Path("/from/environment")
    assert settings.chroma_url == "http://localhost:8000"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PAPERCHAT_EMBEDDING", "bert"),
        ("PAPERCHAT_EMBEDDING", "openai"),
        ("PAPERCHAT_EMBEDDING", "minilm:x"),
        ("CHROMA_URL", "localhost:8000"),
        ("CHROMA_URL", "http://localhost:80a"),
        ("CHROMA_URL", "http://localhost:99999"),
        ("CHROMA_URL", "http://localhost:0"),
        ("CHROMA_URL", "http://:8000"),
        ("CHROMA_HEADER", "X-Token: secret"),
        ("CHROMA_CA", "no-such-file.pem"),
        ("RAY_ADDRESS", "10.0.0.1"),
        ("CHROMA_LIBRARY", "Our Papers"),
        ("PAPERCHAT_HOME", "~nosuchuser/x"),
        ("PAPERCHAT_MODEL", "m" * 201),
        ("PAPERCHAT_TIMEOUT", "60s"),
        ("PAPERCHAT_TIMEOUT", "0"),
        ("PAPERCHAT_TIMEOUT", "nan"),
        ("PAPERCHAT_TIMEOUT", "-5"),
        ("PAPERCHAT_TIMEOUT", "3601"),
        ("PAPERCHAT_CONTEXT", "8k"),
        ("PAPERCHAT_CONTEXT", "512"),
        ("PAPERCHAT_PRICE", "0.40"),
        ("PAPERCHAT_PRICE", "0.40/-1"),
        ("PAPERCHAT_PRICE", "$1/$2"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_with_what_can(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_settings({name: value}, tmp_path)
    assert str(caught.value).startswith(f"{name} is {value[:200]!r}; write ")


def test_a_password_in_an_address_is_not_shown(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        load_settings({"CHROMA_URL": "http://ada:secret@localhost:80a"}, tmp_path)
    assert "secret" not in str(caught.value)
    assert "localhost:80a" in str(caught.value)


def test_a_token_is_sent_as_given_and_never_shown(tmp_path: Path) -> None:
    settings = load_settings({"CHROMA_TOKEN": "canary"}, tmp_path)
    assert (settings.chroma_token, settings.chroma_header) == ("canary", "Authorization")
    assert "canary" not in repr(settings)
    with pytest.raises(UsageError) as caught:
        load_settings({"CHROMA_TOKEN": "canary\r\nX: y"}, tmp_path)
    assert "canary" not in str(caught.value)


def test_a_dotenv_file_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"PAPERCHAT_HOME=/caf\xe9\n")
    with pytest.raises(UsageError) as caught:
        load_settings({}, tmp_path)
    assert str(caught.value) == f"{tmp_path / '.env'} is not UTF-8 text; save it as UTF-8."


def test_a_dotenv_file_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, interpolate: bool) -> dict[str, str]:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(ingest.settings, "dotenv_values", refuse)  # a mode would not keep root out
    with pytest.raises(UsageError) as caught:
        load_settings({}, tmp_path)
    said = f"{tmp_path / '.env'} cannot be read (Permission denied); check its rights or remove it."
    assert str(caught.value) == said


def test_the_key_stands_in_no_repr(tmp_path: Path) -> None:
    assert "sk-secret" not in repr(load_settings({"OPENAI_API_KEY": "sk-secret"}, tmp_path))


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
def test_a_chat_model_is_configured_by_a_key_or_an_address(
    tmp_path: Path, environ: dict[str, str], model: str | None
) -> None:
    settings = load_settings(environ, tmp_path)
    assert settings.chat_model == model
    assert settings.embedding == "minilm"


def test_the_numbers_of_the_chat_model_have_defaults_and_are_read(tmp_path: Path) -> None:
    usual = load_settings({}, tmp_path)
    assert (usual.model_timeout, usual.model_context, usual.model_price) == (60, 0, None)
    given = {"PAPERCHAT_TIMEOUT": "7.5", "PAPERCHAT_CONTEXT": "32000", "PAPERCHAT_PRICE": "0.40/1.60"}
    settings = load_settings(given, tmp_path)
    assert (settings.model_timeout, settings.model_context, settings.model_price) == (7.5, 32000, (0.40, 1.60))
