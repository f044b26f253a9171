"""The one small call that may precede an answer: terms of the field for a lay question, or a follow-up written out.

What comes back is a suggestion: it is searched for or understood like a user's words, and never shown as fact.
"""

from collections.abc import Generator, Sequence
from contextlib import closing

from ingest.text import clean
from rag.answer import Turn
from rag.chat.model import ChatModel
from rag.chat.pieces import Message, Text, Usage, Waiting
from rag.writer import prompts

MOST_TOKENS = 120  # of what comes back
MOST_TERMS = 300  # characters
MOST_TURNS = 6  # messages of a conversation that are read
MOST_TURN = 700  # characters of each

Consulted = Generator[Waiting, None, tuple[str, Usage]]


def expand(model: ChatModel, question: str) -> Consulted:
    """Terms of the field for a question in everyday words. Raises ModelError."""
    text, usage = yield from _ask(model, prompts.EXPAND, question)
    terms = clean(text.strip().splitlines()[0] if text.strip() else "")
    return terms.removeprefix("Terms:").strip(" .")[:MOST_TERMS], usage


def restate(model: ChatModel, question: str, history: Sequence[Turn]) -> Consulted:
    """A follow-up as one question that stands by itself. Raises ModelError."""
    said = [f"{turn.role}: {clean(turn.content)[:MOST_TURN]}" for turn in history[-MOST_TURNS:]]
    text, usage = yield from _ask(model, prompts.RESTATE, "\n".join([*said, f"user: {question}"]))
    lines = [clean(line) for line in text.splitlines() if line.strip()]
    return (lines[0].removeprefix("Question:").strip(' "') if lines else ""), usage


def _ask(model: ChatModel, instructions: str, text: str) -> Consulted:
    messages = [Message("system", instructions), Message("user", text)]
    words: list[str] = []
    with closing(model.stream(messages, most_tokens=MOST_TOKENS)) as stream:
        for piece in stream:
            if isinstance(piece, Text):
                words.append(piece.words)
            else:
                yield piece
        return "".join(words), stream.usage
