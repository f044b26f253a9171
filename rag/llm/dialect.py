"""From messages to the body of a request, in the form that the endpoint and its model were found to understand.

Every request says what it can; what an endpoint refuses is remembered and left out from then on.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from rag.llm.pieces import Message

OPTIONAL = ("stream_options", "temperature", "max_completion_tokens", "max_tokens")
SHAPES = ("json_schema", "json_object", "")  # ways to ask for JSON, the strictest first; '' asks in the prompt alone
ABOUT_SHAPES = ("response_format", "json", "schema", "grammar")  # words of a complaint about the form of JSON


class Dialect:
    """What one endpoint understands. Safe to share between threads: what two learn at once is learned."""

    def __init__(self) -> None:
        self._unknown: frozenset[str] = frozenset()
        self._limit = "max_tokens"
        self._takes_system = True
        self._shape = 0  # of SHAPES

    def request(
        self, model: str, messages: Sequence[Message], most_tokens: int, schema: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """The body of a request for one streamed answer; with a schema, of JSON that has its form."""
        said = [{"role": message.role, "content": _sendable(message.content)} for message in messages]
        body: dict[str, Any] = {
            "model": model,
            "messages": said if self._takes_system else _without_system(said),
            "stream": True,
            "temperature": 0,
            "stream_options": {"include_usage": True},
            self._limit: most_tokens,
        }
        if schema is not None and SHAPES[self._shape]:
            body["response_format"] = _response_format(SHAPES[self._shape], schema)
        return {name: value for name, value in body.items() if name not in self._unknown}

    def learn(self, asked: dict[str, Any], complaint: str) -> bool:
        """Whether a refusal names something in the request that can be said otherwise; then the next request does."""
        if "max_tokens" in asked and "max_completion_tokens" in complaint:
            self._limit = "max_completion_tokens"
            return True
        named = next((name for name in OPTIONAL if name in asked and name in complaint), None)
        if named:
            self._unknown |= {named}
            return True
        lowered = complaint.lower()
        if asked["messages"][0]["role"] == "system" and "system" in lowered and "role" in lowered:
            self._takes_system = False
            return True
        shape = asked.get("response_format", {}).get("type")
        if shape in SHAPES and any(word in lowered for word in ABOUT_SHAPES):
            self._shape = SHAPES.index(shape) + 1
            return True
        return False


def _response_format(shape: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    if shape == "json_object":
        return {"type": shape}
    return {"type": shape, shape: {"name": schema.get("title", "reply"), "strict": True, "schema": schema}}


def _sendable(text: str) -> str:
    """The text with '?' for half characters, which no request can carry."""
    return text.encode("utf-8", "replace").decode()


def _without_system(said: list[dict[str, str]]) -> list[dict[str, str]]:
    """The messages with what the system says put before the first words of the user."""
    told = [message["content"] for message in said if message["role"] == "system"]
    rest = [message for message in said if message["role"] != "system"] or [{"role": "user", "content": ""}]
    first = rest[0] | {"content": "\n\n".join([*told, rest[0]["content"]]).strip()}
    return [first, *rest[1:]]
