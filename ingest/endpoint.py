"""An OpenAI-compatible address: its client, its host as shown, and why a request failed.

Shared by the embedding and the chat model; what they ask is theirs. No message holds a key or a password.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urlsplit

from ingest.errors import ModelError

if TYPE_CHECKING:
    import openai

OPENAI_URL = "https://api.openai.com/v1"
ATTEMPTS = 3
MAX_WAIT = 10.0  # seconds, all waits between attempts together
CONNECT = 5.0  # seconds
Hooks = Mapping[str, list[Callable[..., Any]]]
PASSING = (408, 409, 429, 500, 502, 503, 504)  # statuses after which a second attempt may succeed


class Fault(NamedTuple):
    """Why a request failed, fit to show; whether it may succeed again, after how many seconds, and its error."""

    message: str
    passing: bool = False
    wait: float = 0
    error: type[ModelError] = ModelError


def open_client(api_key: str, base_url: str, *, timeout: float, hooks: Hooks | None = None) -> openai.OpenAI:
    """A client that follows no redirect, which would carry texts to another host, and never retries by itself.

    `base_url` empty: OpenAI's own. A user and password in the address are sent, but leave the address, which the
    client's libraries write to their logs. `hooks` are httpx's. Raises ModelError, naming the setting to check.
    """
    # Imported here: the client costs most of a second, which who uses no endpoint need not pay.
    import httpx
    import openai

    check_access(api_key, base_url)
    parts = urlsplit(base_url or OPENAI_URL)
    given = parts.username is not None
    return openai.OpenAI(
        api_key=api_key or "none",  # local servers want no key, but the client insists on one
        base_url=parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl(),
        max_retries=0,
        timeout=httpx.Timeout(timeout, connect=min(CONNECT, timeout)),
        http_client=openai.DefaultHttpxClient(
            follow_redirects=False,
            auth=(unquote(parts.username or ""), unquote(parts.password or "")) if given else None,
            event_hooks=hooks,
        ),
    )


def check_access(api_key: str, base_url: str) -> None:
    """Raises ModelError for a key or an address that cannot be one."""
    host_of(base_url or OPENAI_URL)
    if not api_key and not base_url:
        raise ModelError("OPENAI_API_KEY is empty. Set it, or set OPENAI_BASE_URL to a server that needs none.")
    if not (api_key.isascii() and api_key.isprintable()):
        raise ModelError("OPENAI_API_KEY holds characters that no key has. Copy it again.")


def host_of(url: str) -> str:
    """The host and port of an address, without the user and password that may stand before them."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        parts, port = urlsplit(""), ""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ModelError("OPENAI_BASE_URL is no web address. Write one such as http://localhost:11434/v1.")
    return parts.hostname + port


def asked_wait(headers: Mapping[str, str]) -> float:
    """Seconds that a refusal asks to wait before the next attempt; 0 where it names none."""
    try:
        wait = float(headers.get("retry-after", 0))
    except ValueError:  # a date, where a number of seconds is usual
        wait = 0
    return wait if wait > 0 else 0  # "nan" is a number to float()
