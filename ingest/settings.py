"""The one place that reads the environment: every setting, its default and what it means."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values
from platformdirs import user_data_path

from ingest.errors import UsageError

NAMES = ("PAPERCHAT_HOME", "CHROMA_URL", "PAPERCHAT_EMBEDDING", "OPENAI_API_KEY", "OPENAI_BASE_URL")


@dataclass(frozen=True)
class Settings:
    """All that can be configured; `.env.example` says the same in words.

    `embedding` is 'minilm', 'none', 'fastembed:MODEL' or 'openai:MODEL'.
    """

    home: Path
    chroma_url: str = ""
    embedding: str = "minilm"
    openai_api_key: str = field(default="", repr=False)
    openai_base_url: str = ""


def load_settings(environ: Mapping[str, str] | None = None, folder: Path | None = None) -> Settings:
    """Settings from the environment, then from a `.env` file in `folder` (default: the working folder).

    Raises UsageError for a value that cannot be meant.
    """
    environ = os.environ if environ is None else environ
    filed = _read_env_file((folder or Path.cwd()) / ".env")
    given = {name: (environ.get(name) or filed.get(name) or "").strip() for name in NAMES}
    embedding = given["PAPERCHAT_EMBEDDING"] or "minilm"
    kind, _, model = embedding.partition(":")
    if kind not in ("minilm", "none", "fastembed", "openai") or (kind in ("fastembed", "openai")) != bool(model):
        raise UsageError(f"PAPERCHAT_EMBEDDING is {embedding!r}; write minilm, none, fastembed:MODEL or openai:MODEL.")
    url = given["CHROMA_URL"]
    if url and not _is_address(url):
        shown = re.sub(r"//.*@", "//…@", url)  # a password may stand there
        raise UsageError(f"CHROMA_URL is {shown!r}; write the server's address, such as http://localhost:8000.")
    home = _read_home(given["PAPERCHAT_HOME"])
    return Settings(home, url, embedding, given["OPENAI_API_KEY"], given["OPENAI_BASE_URL"])


def _read_env_file(path: Path) -> Mapping[str, str | None]:
    try:
        return dotenv_values(path, interpolate=False)
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}); check its rights or remove it.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 text; save it as UTF-8.") from error


def _read_home(given: str) -> Path:
    try:
        return Path(given).expanduser() if given else user_data_path("paperchat")
    except RuntimeError as error:  # a user that there is not
        raise UsageError(f"PAPERCHAT_HOME is {given!r}; write a folder of a user of this machine.") from error


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number or too large, or half an IPv6 address
        return False
