"""The whole of a short reply of a chat model, with lines on what is waited for meanwhile."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from typing import Any

from rag.llm.model import ChatModel
from rag.llm.pieces import Message, Text, Usage, Waiting


def whole_reply(
    model: ChatModel,
    messages: Sequence[Message],
    used: list[Usage],
    *,
    doing: str,
    most_tokens: int,
    schema: Mapping[str, Any],
    within: float,
) -> Generator[Waiting, None, str]:
    """The text of a reply that should be JSON of a schema; what the call took goes to `used`. Raises ModelError.

    `doing` is what stands before each line on what is waited for; `within` the seconds that the call may take.
    """
    words: list[str] = []
    with closing(model.stream(messages, most_tokens=most_tokens, schema=schema, within=within)) as stream:
        try:
            for piece in stream:
                if isinstance(piece, Text):
                    words.append(piece.words)
                else:
                    yield Waiting(f"{doing} {piece.words}")
        finally:
            used.append(stream.usage)
    return "".join(words)
