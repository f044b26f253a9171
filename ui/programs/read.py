"""From what a program sent, which may be anything JSON can say, to checked values; else a UsageError that says what."""

from typing import Any

from ingest.errors import UsageError
from ingest.text import clean
from rag.types import Turn
from ui.history import MOST_CHAT_BYTES, MOST_TURNS, clean_lines, words_of
from ui.reread import Find, read_turn

MOST_MESSAGES = 1_000
MOST_SENT = 2_000_000  # characters: as much as a request may hold
ROLES = ("user", "assistant")


def text(value: Any, name: str, *, most: int = MOST_SENT) -> str:
    """Text of at most `most` characters, cleaned."""
    if not isinstance(value, str):
        raise UsageError(f"'{name}' must be text, not {kind_of(value)}.")
    if len(value) > most:
        raise UsageError(f"'{name}' has {len(value):,} characters; send at most {most:,}.")
    return clean(value)


def texts(value: Any, name: str, *, most: int, longest: int) -> list[str]:
    """A list of at most `most` texts, none of them empty."""
    if not isinstance(value, list):
        raise UsageError(f"'{name}' must be a list of texts, not {kind_of(value)}.")
    if len(value) > most:
        raise UsageError(f"'{name}' has {len(value):,} entries; send at most {most:,}.")
    cleaned = [text(one, f"{name}[{place}]", most=longest) for place, one in enumerate(value)]
    if "" in cleaned:
        raise UsageError(f"'{name}[{cleaned.index('')}]' is empty; leave it out.")
    return cleaned


def number(value: Any, name: str, *, least: int, most: int) -> int:
    """A whole number from `least` to `most`."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise UsageError(f"'{name}' must be a whole number, not {kind_of(value)}.")
    if not least <= value <= most:
        raise UsageError(f"'{name}' is {str(value)[:20]}; send a number from {least:,} to {most:,}.")
    return value


def flag(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise UsageError(f"'{name}' must be true or false, not {kind_of(value)}.")
    return value


def messages(value: Any, name: str, find: Find) -> list[Turn]:
    """The last messages of a conversation, of which an engine is given `MOST_TURNS`; an answer may carry its record."""
    if not isinstance(value, list):
        raise UsageError(f"'{name}' must be a list of messages, not {kind_of(value)}.")
    if len(value) > MOST_MESSAGES:
        raise UsageError(f"'{name}' has {len(value):,} messages; send the last {MOST_TURNS}.")
    turns, size = [], 0
    for place, message in enumerate(value):
        content = message.get("content") if isinstance(message, dict) else None
        if not isinstance(content, str | list) or message.get("role") not in ROLES:
            wanted = '{"role": "user" or "assistant", "content": text}'
            raise UsageError(f"'{name}[{place}]' is not a message; send {wanted}.")
        said = words_of(content)
        size += len(said.encode(errors="replace"))
        if size > MOST_CHAT_BYTES:
            raise UsageError(f"'{name}' has more than {MOST_CHAT_BYTES:,} bytes; send the last {MOST_TURNS} messages.")
        turns.append((message["role"], said, message.get("answer")))
    read = [read_turn(role, clean_lines(said), record, find) for role, said, record in turns[-MOST_TURNS:]]
    return [turn for turn in read if turn.content]


def kind_of(value: Any) -> str:
    """What was sent in the words of JSON: 'a list', 'null'."""
    kinds = {bool: "a boolean", int: "a number", float: "a number", str: "text", list: "a list", dict: "an object"}
    return "null" if value is None else kinds.get(type(value), "something else")
