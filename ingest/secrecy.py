"""What must never be shown: the secrets among the settings, taken out of whatever is written to a stream.

The last of several walls: messages are made without secrets; this holds for what libraries and defects write.
"""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from typing import Any, TextIO, cast
from urllib.parse import unquote, urlsplit

from ingest.settings import Settings

SHORTEST = 8  # characters: what stands in place of a key where none is asked for, such as 'ollama', is no secret
HIDDEN = "[hidden]"


def secrets_of(settings: Settings) -> list[str]:
    """Keys, tokens and passwords in each form in which something may write them, the longest first."""
    auth = settings.auth
    found = [settings.openai_api_key, settings.chroma_token, auth, auth.partition(":")[2]]
    found += [b64encode(auth.encode()).decode()]
    for url in (settings.chroma_url, settings.openai_base_url):
        try:
            access = urlsplit(url).netloc.rpartition("@")[0]
        except ValueError:  # no address; whoever uses it says so
            continue
        password = access.partition(":")[2]
        found += [access and f"{access}@", password, unquote(password)]
    return sorted({one for one in found if len(one) >= SHORTEST}, key=len, reverse=True)


def hide(text: str, secrets: Sequence[str]) -> str:
    """The text with each secret in it replaced."""
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    return text


class Hiding:
    """A text stream that hides secrets in what is written to it, and is otherwise the stream it wraps."""

    def __init__(self, stream: TextIO, secrets: Sequence[str]) -> None:
        self._stream, self._secrets = stream, secrets

    def write(self, text: str) -> int:
        return self._stream.write(hide(text, self._secrets))

    def writelines(self, lines: Sequence[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def hiding(stream: TextIO | None, secrets: Sequence[str]) -> Iterator[None]:
    """Standard error, on which messages, logs and tracebacks go out, without these secrets."""
    if stream is None or not secrets:
        yield
        return
    with redirect_stderr(cast(TextIO, Hiding(stream, secrets))):
        yield
