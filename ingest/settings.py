"""The one place that reads the environment: every setting, its default and what it means."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values
from platformdirs import user_data_path

from ingest.errors import UsageError
from ingest.live.services import Services
from ingest.model_choice import ModelChoice, read_choice

NAMES = (
    "PAPERCHAT_HOME",
    "PAPERCHAT_AUTH",
    "CHROMA_URL",
    "CHROMA_TOKEN",
    "CHROMA_HEADER",
    "CHROMA_CA",
    "CHROMA_LIBRARY",
    "RAY_ADDRESS",
    "PAPERCHAT_EMBEDDING",
    "PAPERCHAT_MODEL",
    "PAPERCHAT_TIMEOUT",
    "PAPERCHAT_CONTEXT",
    "PAPERCHAT_PRICE",
    "PAPERCHAT_CHECK",
    "PAPERCHAT_LOCK_SETTINGS",
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
)
SHORTEST_PASSWORD = 8  # characters
OPENAI_MODEL = "gpt-4.1-mini"  # the chat model where only a key is given
MODEL_CONTEXT = 16_384  # tokens that a chat model is taken to read at once where nobody says


@dataclass(frozen=True)
class Settings:
    """All that can be configured; `.env.example` says the same in words.

    `auth` is 'name:password', without which the page gives nothing, or empty for none.
    `chroma_token` goes to the server in `chroma_header`, and `chroma_ca` is a PEM file of who may vouch for it.
    `embedding` is 'minilm', 'none', 'fastembed:MODEL' or 'openai:MODEL'. `model` is the chat model as given ('none':
    no model); `model_timeout` is seconds for one turn of it, retries included; `model_context` the tokens it
    reads at once (0: not set); `model_price` money per million tokens, in and out. `services` are fixed, but for tests.
    """

    home: Path
    chroma_url: str = field(default="", repr=False)  # as the other address, it may hold a password
    embedding: str = "minilm"
    openai_api_key: str = field(default="", repr=False)
    openai_base_url: str = field(default="", repr=False)
    model: str = ""
    model_timeout: float = 60
    model_context: int = 0
    model_price: tuple[float, float] | None = None
    chroma_token: str = field(default="", repr=False)
    chroma_header: str = "Authorization"
    chroma_ca: str = ""
    chroma_library: str = ""
    ray_address: str = ""
    check: str = "meaning"  # of what a language model wrote, or "exact": of its figures and names alone
    locked: bool = False  # the model cannot be changed on the page
    shared: bool = False  # the page is served to other machines
    chosen: bool = False  # the chat model was chosen on the page or by command, not set by the environment
    auth: str = field(default="", repr=False)
    services: Services = field(default_factory=Services)

    @property
    def chat_model(self) -> str | None:
        """The chat model to ask: '' for the first that the endpoint lists, None where none is configured."""
        if self.model == "none" or not (self.openai_api_key or self.openai_base_url):
            return None
        return self.model or ("" if self.openai_base_url else OPENAI_MODEL)

    @property
    def model_is_fixed(self) -> bool:
        """Whether the environment sets the chat model, so that nothing chosen here counts."""
        return not self.chosen and bool(self.openai_api_key or self.openai_base_url or self.model)

    def with_choice(self, choice: ModelChoice | None) -> "Settings":
        """The same with the chat model that was chosen; None: with none."""
        given = choice or ModelChoice()
        return replace(
            self, openai_api_key=given.key, openai_base_url=given.url, model=given.model, chosen=choice is not None
        )


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
    _check_access(given)
    check = given["PAPERCHAT_CHECK"] or "meaning"
    if check not in ("meaning", "exact"):
        raise UsageError(f"PAPERCHAT_CHECK is {check[:200]!r}; write meaning or exact.")
    name = given["PAPERCHAT_MODEL"]
    if not name.isprintable() or len(name) > 200:
        raise UsageError(f"PAPERCHAT_MODEL is {name[:200]!r}; write the name of a model, or none.")
    home = _read_home(given["PAPERCHAT_HOME"])
    settings = Settings(
        home=home,
        chroma_url=url,
        embedding=embedding,
        openai_api_key=given["OPENAI_API_KEY"],
        openai_base_url=given["OPENAI_BASE_URL"],
        model=name,
        model_timeout=_read_number("PAPERCHAT_TIMEOUT", given, "60", "seconds from 1 to 3600", (1, 3600)),
        model_context=int(_read_number("PAPERCHAT_CONTEXT", given, "16384", "tokens from 1024 on", (1024, 10**8)))
        if given["PAPERCHAT_CONTEXT"]
        else 0,
        model_price=_read_price(given["PAPERCHAT_PRICE"]),
        chroma_token=given["CHROMA_TOKEN"],
        chroma_header=given["CHROMA_HEADER"] or "Authorization",
        chroma_ca=given["CHROMA_CA"],
        chroma_library=given["CHROMA_LIBRARY"],
        ray_address=given["RAY_ADDRESS"],
        check=check,
        locked=given["PAPERCHAT_LOCK_SETTINGS"].lower() not in ("", "0", "no", "false"),
        auth=_read_auth(given["PAPERCHAT_AUTH"]),
    )
    fixed = settings.openai_api_key or settings.openai_base_url or settings.model
    choice = None if fixed else read_choice(home)
    return settings.with_choice(choice) if choice else settings


def _check_access(given: Mapping[str, str]) -> None:
    """Raises UsageError for what cannot be a header, a file or an address; the token is never shown."""
    token, header, file = given["CHROMA_TOKEN"], given["CHROMA_HEADER"], given["CHROMA_CA"]
    if not re.fullmatch(r"[\x20-\x7e]{0,4000}", token):
        raise UsageError("CHROMA_TOKEN holds characters that no header may; write it as the server's keeper gave it.")
    if not re.fullmatch(r"[A-Za-z0-9-]{0,100}", header):
        raise UsageError(f"CHROMA_HEADER is {header[:200]!r}; write the name of a header, such as X-Chroma-Token.")
    if file and not Path(file).expanduser().is_file():
        raise UsageError(f"CHROMA_CA is {file[:200]!r}; write the path of a PEM file of certificates.")
    library = given["CHROMA_LIBRARY"]
    if library and not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?", library):
        raise UsageError(f"CHROMA_LIBRARY is {library[:200]!r}; write a name of small letters, digits and hyphens.")
    ray = given["RAY_ADDRESS"]
    if ray and not re.fullmatch(r"(ray://)?[\w.-]{1,255}:[0-9]{1,5}", ray, re.ASCII):
        raise UsageError(f"RAY_ADDRESS is {ray[:200]!r}; write the host and port of a cluster, such as 10.0.0.1:6379.")


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


def _read_number(name: str, given: Mapping[str, str], usual: str, meant: str, ends: tuple[int, int]) -> float:
    value = given[name] or usual
    plain = re.fullmatch(r"\d{1,9}(\.\d{1,9})?", value, re.ASCII)
    if not plain or not ends[0] <= float(value) <= ends[1]:
        raise UsageError(f"{name} is {value!r}; write {meant}, such as {usual}.")
    return float(value)


def _read_auth(value: str) -> str:
    """Raises UsageError, which never shows it, for what is no name and password."""
    name, _, password = value.partition(":")
    if value and not (name and len(password) >= SHORTEST_PASSWORD and value.isprintable() and len(value) <= 500):
        raise UsageError(
            f"PAPERCHAT_AUTH is not name:password with a password of at least {SHORTEST_PASSWORD} characters; write "
            "one such as somebody:three-plain-words."
        )
    return value


def _read_price(value: str) -> tuple[float, float] | None:
    if not value:
        return None
    plain = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)/(\d{1,9}(?:\.\d{1,9})?)", value, re.ASCII)
    if not plain:
        raise UsageError(f"PAPERCHAT_PRICE is {value!r}; write money per million tokens in and out, such as 0.40/1.60.")
    return float(plain[1]), float(plain[2])


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number or too large, or half an IPv6 address
        return False
