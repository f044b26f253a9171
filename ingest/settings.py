"""The one place that reads the environment: every setting, its default and what it means."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

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
    filed = dotenv_values((folder or Path.cwd()) / ".env", interpolate=False)
    given = {name: (environ.get(name) or filed.get(name) or "").strip() for name in NAMES}
    embedding = given["PAPERCHAT_EMBEDDING"] or "minilm"
    kind, _, model = embedding.partition(":")
    if kind not in ("minilm", "none", "fastembed", "openai") or (kind in ("fastembed", "openai")) != bool(model):
        raise UsageError(f"PAPERCHAT_EMBEDDING is {embedding!r}; write minilm, none, fastembed:MODEL or openai:MODEL.")
    url = given["CHROMA_URL"]
    if url and not url.startswith(("http://", "https://")):
        raise UsageError(f"CHROMA_URL is {url!r}; write the server's address, such as http://localhost:8000.")
    home = Path(given["PAPERCHAT_HOME"]).expanduser() if given["PAPERCHAT_HOME"] else user_data_path("paperchat")
    return Settings(home, url, embedding, given["OPENAI_API_KEY"], given["OPENAI_BASE_URL"])
