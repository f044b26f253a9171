"""The seam to LlamaIndex for the chat model: its LLM interface over ours, for its query engines and evaluators.

The key stays inside our model: no repr, dict or pickle of this one holds it.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ChatResponseGen,
    CompletionResponse,
    CompletionResponseGen,
    LLMMetadata,
    MessageRole,
)
from llama_index.core.llms import CustomLLM
from llama_index.core.llms.callbacks import llm_chat_callback, llm_completion_callback
from pydantic import PrivateAttr

from rag.llm.model import ChatModel, Message, Text
from rag.llm.pieces import Role

MOST_TOKENS = 1024  # of an answer, unless a call says otherwise
ROLES: dict[MessageRole, Role] = {
    MessageRole.SYSTEM: "system",
    MessageRole.DEVELOPER: "system",
    MessageRole.ASSISTANT: "assistant",
    MessageRole.CHATBOT: "assistant",
    MessageRole.MODEL: "assistant",
}


class PaperLLM(CustomLLM):
    """Our chat model as LlamaIndex's; `max_tokens` may be given with each call. Raises ModelError.

    Closing a stream ends the endpoint's work. A stream that is cut is raised at its end, where `fault` says why.
    """

    most_tokens: int = MOST_TOKENS
    context: int = 8192
    _model: ChatModel = PrivateAttr()

    def __init__(self, model: ChatModel, *, most_tokens: int = MOST_TOKENS, context: int = 8192) -> None:
        super().__init__(most_tokens=most_tokens, context=context)
        self._model = model

    @classmethod
    def class_name(cls) -> str:
        return "PaperLLM"

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(
            context_window=self.context,
            num_output=self.most_tokens,
            is_chat_model=True,
            model_name=self._model.name or "the endpoint's first",
        )

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        return CompletionResponse(text=self._answer([Message("user", prompt)], kwargs))

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        return (
            CompletionResponse(text=text, delta=delta)
            for text, delta in self._pieces([Message("user", prompt)], kwargs)
        )

    @llm_chat_callback()
    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        return ChatResponse(message=_said(self._answer(_read(messages), kwargs)))

    @llm_chat_callback()
    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        return (ChatResponse(message=_said(text), delta=delta) for text, delta in self._pieces(_read(messages), kwargs))

    def __getstate__(self) -> NoReturn:
        raise TypeError("A chat model holds a key, so it is not pickled.")

    def _answer(self, messages: list[Message], asked: dict[str, Any]) -> str:
        return self._model.complete(messages, most_tokens=asked.get("max_tokens") or self.most_tokens)[0]

    def _pieces(self, messages: list[Message], asked: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """The text so far and its newest words, again and again."""
        text = ""
        with self._model.stream(messages, most_tokens=asked.get("max_tokens") or self.most_tokens) as stream:
            for piece in stream:
                if isinstance(piece, Text):
                    text += piece.words
                    yield text, piece.words
            stream.raise_if_cut()


def _read(messages: Sequence[ChatMessage]) -> list[Message]:
    return [Message(ROLES.get(message.role, "user"), message.content or "") for message in messages]


def _said(text: str) -> ChatMessage:
    return ChatMessage(role=MessageRole.ASSISTANT, content=text)
