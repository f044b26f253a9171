"""The chat model as LlamaIndex's LLM: it answers, streams, ends the endpoint's work, and gives no key away."""

import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest
from llama_index.core.llms import ChatMessage, MessageRole
from llama_index.core.response_synthesizers import ResponseMode, get_response_synthesizer
from llama_index.core.schema import NodeWithScore, TextNode
from model_endpoint import KEY, ModelEndpoint, cut, delta, hang_after, serving

from ingest.errors import ModelError
from ingest.settings import Settings
from rag.llm.llama import PaperLLM
from rag.llm.model import ChatModel


@pytest.fixture
def endpoint() -> Iterator[ModelEndpoint]:
    with serving() as server:
        yield server


@pytest.fixture
def llm(endpoint: ModelEndpoint, tmp_path: Path) -> Iterator[PaperLLM]:
    model = ChatModel(Settings(tmp_path, openai_api_key=KEY, openai_base_url=endpoint.url, model="m", model_timeout=4))
    yield PaperLLM(model, context=4096)
    model.close()


def test_it_completes_and_chats(endpoint: ModelEndpoint, llm: PaperLLM) -> None:
    assert llm.complete("Hi").text == "Hello world."
    said = [ChatMessage(role=MessageRole.SYSTEM, content="Be brief."), ChatMessage(content="Hi")]
    assert llm.chat(said, max_tokens=7).message.content == "Hello world."
    assert endpoint.asked[0]["messages"] == [{"role": "user", "content": "Hi"}]
    assert [message["role"] for message in endpoint.asked[1]["messages"]] == ["system", "user"]
    assert [asked["max_tokens"] for asked in endpoint.asked] == [1024, 7]


def test_it_streams(llm: PaperLLM) -> None:
    expected = [("Hello", "Hello"), ("Hello world.", " world.")]
    assert [(piece.text, piece.delta) for piece in llm.stream_complete("Hi")] == expected
    assert [(p.message.content, p.delta) for p in llm.stream_chat([ChatMessage(content="Hi")])] == expected


def test_closing_a_stream_ends_the_work_of_the_endpoint(endpoint: ModelEndpoint, llm: PaperLLM) -> None:
    endpoint.replies = [hang_after(delta("Half an "))]
    stream = llm.stream_chat([ChatMessage(content="Hi")])
    assert next(stream).delta == "Half an "
    stream.close()  # type: ignore[attr-defined]
    assert endpoint.left.wait(1)


def test_a_cut_answer_is_raised_at_its_end(endpoint: ModelEndpoint, llm: PaperLLM) -> None:
    endpoint.replies = [cut(delta("Half an "))]
    pieces = llm.stream_complete("Hi")
    assert next(pieces).delta == "Half an "
    with pytest.raises(ModelError, match="closed the connection"):
        next(pieces)


def test_no_form_of_it_holds_the_key(llm: PaperLLM) -> None:
    forms = [repr(llm), str(llm), llm.to_dict(), llm.to_json(), llm.model_dump(), llm.model_dump_json()]
    assert [form for form in forms if KEY in str(form)] == []
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(llm)


def test_it_serves_a_synthesizer_of_llama_index(endpoint: ModelEndpoint, llm: PaperLLM) -> None:
    synthesizer = get_response_synthesizer(llm=llm, response_mode=ResponseMode.COMPACT)
    response = synthesizer.synthesize("What is KIVI?", [NodeWithScore(node=TextNode(text="KIVI quantizes caches."))])
    assert str(response) == "Hello world."
    assert "KIVI quantizes caches." in str(endpoint.asked[0]["messages"])
    assert (llm.metadata.context_window, llm.metadata.is_chat_model, llm.metadata.model_name) == (4096, True, "m")
