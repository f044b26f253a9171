"""From the conversation that the browser sends back to the turns an engine reads.

Each answer carries its text as it was written, hidden, so an earlier table is read back as the table it was. All of
it is the reader's own and may be forged: only text is taken from it.
"""

import html
import re
from typing import Any

from ingest.text import clean
from rag.answer import Turn
from rag.chat.pieces import Usage
from ui.prose import escape

MOST_TURNS = 20  # of the conversation that an engine is given
MOST_CHAT_BYTES = 1_000_000  # of the conversation kept on the page: half of what the guard lets in
SAID = re.compile(r'<div class="said" hidden>([^<]*)</div>')
SPENT = re.compile(r'<div class="spent" hidden>(\d{1,12}) (\d{1,12}) ([\d.]{1,16})</div>')
TAG = re.compile(r"<[^<>]*>")

Chat = list[dict[str, str]]


def said(text: str) -> str:
    """The hidden copy of an answer's text."""
    return f'<div class="said" hidden>{escape(text)}</div>'


def spent(usage: Usage | None) -> str:
    """The hidden count of what an answer took, for the sum of the conversation."""
    if usage is None:
        return ""
    return f'<div class="spent" hidden>{usage.tokens_in} {usage.tokens_out} {usage.money or 0:.6f}</div>'


def total(messages: Chat) -> tuple[int, int, float]:
    """Tokens in and out and the money of all answers of a conversation."""
    found = [one for message in messages if (one := SPENT.search(message["content"]))]
    money = sum(float(one[3]) for one in found if one[3].count(".") < 2)
    return sum(int(one[1]) for one in found), sum(int(one[2]) for one in found), money


def plain(message: str) -> str:
    """The text of a message: an answer's as it was written, empty for one that said nothing but why; else its words."""
    copied = SAID.search(message)
    if copied or message.startswith('<div class="answer'):
        return html.unescape(copied[1]).strip() if copied else ""
    return html.unescape(TAG.sub("", message)).strip()


def history(messages: Chat) -> list[Turn]:
    """The last turns as the engine reads them: plain words, no markup."""
    turns = [Turn(message["role"], clean_lines(plain(message["content"]))) for message in messages[-MOST_TURNS:]]
    return [turn for turn in turns if turn.content]


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
