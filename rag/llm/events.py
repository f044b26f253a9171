"""From the bytes of a chat-completions stream to its events: words, thoughts, the finish, the count of tokens.

Reads server-sent events in any cutting of the bytes. What is not of that form raises MalformedError.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

MAX_BYTES = 16_000_000  # a stream; 20,000 characters one an event are 7 MB
MAX_LINE = 256_000  # bytes


class MalformedError(Exception):
    """The stream is not one of chat completions; the message says how, in our words alone."""


class ReportedError(Exception):
    """The stream reports an error of the endpoint's; `complaint` is the endpoint's text, which is not shown."""

    def __init__(self, complaint: str) -> None:
        super().__init__("the endpoint reports an error")
        self.complaint = complaint


class Event(NamedTuple):
    """One event of a stream; `thought` for words of a thinking model that are not its answer."""

    text: str = ""
    thought: bool = False
    finish: str = ""
    tokens: tuple[int, int] | None = None  # in, out
    done: bool = False  # the end mark; whatever follows is not looked at


def read_events(chunks: Iterable[bytes]) -> Iterator[Event]:
    """The events of a stream; a last line that was cut off is left out. Raises MalformedError, ReportedError."""
    done = False
    for data in _read_data(chunks):
        if done:
            continue  # read on to the end, so that the connection can serve again
        if data.strip() == b"[DONE]":
            done = True
            yield Event(done=True)
        elif data.strip():
            yield _read_event(_parse(data))


def _read_data(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The data of each server-sent event: its data lines, joined by line ends."""
    lines: list[bytes] = []
    for line in _read_lines(chunks):
        field, _, value = line.partition(b":")
        if field == b"data":
            lines.append(value)
        elif not line and lines:
            yield b"\n".join(lines)
            lines = []
    if lines and _is_whole(lines):
        yield b"\n".join(lines)


def _read_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The lines of a stream, and at last what follows the last line end."""
    size, rest = 0, b""
    for chunk in chunks:
        size += len(chunk)
        # A carriage return may be the half of a line end, so lines are parted by \n alone; JSON holds neither bare.
        *lines, rest = (rest + chunk).split(b"\n")
        if size > MAX_BYTES or len(rest) > MAX_LINE:  # also where this chunk is the last
            raise MalformedError("sent too much")
        for line in lines:
            yield line.removeprefix(b"\xef\xbb\xbf").removesuffix(b"\r")
    yield rest.removesuffix(b"\r")


def _is_whole(lines: list[bytes]) -> bool:
    """Whether data that the end of the stream left without its empty line is whole all the same."""
    data = b"\n".join(lines).strip()
    return data == b"[DONE]" or data.endswith(b"}")


def _parse(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):  # of which bad UTF-8 is one
        found = None
    if not isinstance(found, dict):
        raise MalformedError("sent something that is not a chat event")
    return found


def _read_event(found: dict[str, Any]) -> Event:
    if found.get("error"):
        raise ReportedError(json.dumps(found["error"])[:10_000])
    tokens = _read_tokens(found.get("usage"))
    choices = found.get("choices")
    if not choices and (tokens or isinstance(choices, list)):
        return Event(tokens=tokens)
    try:
        choice = choices[0]
        delta = choice.get("delta") or {}
        text = _read_text(delta.get("content"))
        thought = delta.get("reasoning_content") or delta.get("reasoning") or isinstance(delta.get("content"), list)
        finish = choice.get("finish_reason")
    except (TypeError, AttributeError, KeyError, IndexError):
        raise MalformedError("sent events without words") from None
    if not isinstance(text, str) or not isinstance(finish, str | None):
        raise MalformedError("sent words in another form")
    return Event(text, bool(thought), finish or "", tokens)


def _read_text(content: object) -> object:
    """The words of a delta; some thinking models send a list of parts, of which those of type 'text' are the answer."""
    if isinstance(content, list):
        return "".join(part["text"] for part in content if part["type"] == "text")
    return content or ""


def _read_tokens(usage: object) -> tuple[int, int] | None:
    """Tokens in and out, where the endpoint counts both."""
    if not isinstance(usage, dict):
        return None
    counts = [usage.get(name) for name in ("prompt_tokens", "completion_tokens")]
    if not all(type(count) is int and 0 <= count < 10**9 for count in counts):
        return None
    return counts[0], counts[1]  # type: ignore[return-value]
