"""The conversation that the browser sends back, reduced to what can be read of it. All of it may be forged."""

from typing import Any

from ingest.text import clean

MOST_TURNS = 20  # of the conversation that an engine is given
MOST_CHAT_BYTES = 1_000_000  # of the conversation kept on the page: half of what the guard lets in

Chat = list[dict[str, str]]


def kept(chat: Any) -> Chat:
    """The conversation that the browser sent, reduced to roles and text; the oldest go where it grew too large."""
    messages: Chat = []
    size = 0
    for message in reversed(chat or []):
        content = words_of(message.get("content"))
        size += len(content.encode(errors="replace"))
        if size > MOST_CHAT_BYTES:
            break
        if message.get("role") in ("user", "assistant"):
            messages.append({"role": message["role"], "content": content})
    return messages[::-1]


def words_of(content: Any) -> str:
    """The text of one message: Gradio gives a string, or a list of parts of which only text counts."""
    parts = content if isinstance(content, list) else [content]
    texts = (part.get("text") if isinstance(part, dict) else part for part in parts)
    return "".join(text for text in texts if isinstance(text, str))


def clean_lines(text: str) -> str:
    """Text without lone surrogates, control and invisible characters, its line breaks kept."""
    return "\n".join(clean(line) for line in text.splitlines()).strip()
