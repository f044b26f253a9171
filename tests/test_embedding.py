"""Which embedding model the settings name; FastEmbed, and what an OpenAI-compatible server may do to us."""

import json
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ingest.embedding import make_embedder
from ingest.errors import ModelError
from ingest.fastembed_model import BATCH as FASTEMBED_BATCH
from ingest.minilm import MiniLM
from ingest.remote_embedding import BATCH, MAX_CHARACTERS, OpenAIEmbedder
from ingest.settings import Settings
from ingest.weights import ModelMissingError
from tests.model_endpoint import KEY, Handler, ModelEndpoint, Reply, cut, hang, repeat, serving, status

drip = repeat(b" " * 100, every=0.02)


def vector_of(text: str) -> list[float]:
    return [float(len(text)), 1.0, -2.0]


def embeddings(change: Callable[[list[dict[str, Any]]], object] = lambda data: None) -> Reply:
    """A good answer, unless `change` alters its entries."""

    def reply(handler: Handler) -> None:
        texts = handler.asked["input"]
        data: list[dict[str, Any]] = [{"index": i, "embedding": vector_of(text)} for i, text in enumerate(texts)]
        change(data)
        handler.send(200, json.dumps({"object": "list", "data": data}).encode())

    return reply


def second(**changes: Any) -> Reply:
    """An answer whose second entry is changed so."""
    return embeddings(lambda data: data[1].update(changes))


def body(content: bytes) -> Reply:
    return lambda handler: handler.send(200, content)


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelEndpoint]:
    monkeypatch.setattr(Handler, "protocol_version", "HTTP/1.0")  # a connection ends with its answer
    with serving() as server:
        server.replies = [embeddings()]
        yield server


def model(endpoint: ModelEndpoint, pauses: list[float] | None = None, timeout: float = 5) -> OpenAIEmbedder:
    """The embedder; the waits that it asks for go into `pauses`, and none is slept."""
    pause = ([] if pauses is None else pauses).append
    return OpenAIEmbedder("some-model", KEY, endpoint.url, timeout=timeout, pause=pause)


def complaint(endpoint: ModelEndpoint, *replies: Reply, timeout: float = 5) -> str:
    """What the user reads when the endpoint answers so; neither it nor any cause of it holds the key."""
    endpoint.replies = list(replies)
    with pytest.raises(ModelError) as caught:
        model(endpoint, timeout=timeout).embed(["one", "three"])
    message = str(caught.value)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    assert KEY not in message
    assert "\n" not in message
    return message


def test_an_openai_model_gives_rows_of_length_one(tmp_path: Path, endpoint: ModelEndpoint) -> None:
    settings = Settings(tmp_path, embedding="openai:m:latest", openai_api_key=KEY, openai_base_url=endpoint.url)
    embedder = make_embedder(settings)
    assert embedder
    vectors = embedder.embed(["abcd"])
    np.testing.assert_allclose(vectors, [np.array([4, 1, -2]) / np.sqrt(16 + 1 + 4)], atol=1e-7)
    assert vectors.dtype == np.float32
    assert (embedder.name, embedder.dim) == ("openai:m:latest", 3)
    assert endpoint.asked[0] == {"model": "m:latest", "input": ["abcd"], "encoding_format": "float"}
    assert endpoint.keys[0] == f"Bearer {KEY}"


def test_texts_go_out_in_batches_and_come_back_in_order(endpoint: ModelEndpoint) -> None:
    endpoint.replies = [embeddings(lambda data: data.reverse())]  # the index counts, not the order of arrival
    texts = ["x" * (1 + i % 300) for i in range(2 * BATCH + 3)]
    vectors = model(endpoint).embed(texts)
    assert [len(asked["input"]) for asked in endpoint.asked] == [BATCH, BATCH, 3]
    expected = np.array([vector_of(text) for text in texts])
    np.testing.assert_allclose(vectors, expected / np.linalg.norm(expected, axis=1, keepdims=True), atol=1e-6)


def test_empty_long_and_broken_texts_are_made_fit_to_send(endpoint: ModelEndpoint) -> None:
    model(endpoint).embed(["", " \n", "y" * 20_000, "\ud83d"])
    assert endpoint.asked[0]["input"] == ["-", "-", "y" * MAX_CHARACTERS, "?"]


@pytest.mark.parametrize(
    ("reply", "said", "asked"),
    [
        (status(400), r"\(HTTP 400\) .*PAPERCHAT_EMBEDDING", 1),
        (status(401), r"\(HTTP 401\) .*OPENAI_API_KEY", 1),
        (status(404), r"\(HTTP 404\) .*OPENAI_BASE_URL", 1),
        (status(429, Retry_After="120"), "reached the limit", 1),
        (status(429, Retry_After="inf"), "reached the limit", 1),
        (status(500), r"\(HTTP 500\) could not embed", 3),
        (hang, "did not answer within 0.2 seconds.*OPENAI_BASE_URL", 1),
        (drip, "too slowly.*OPENAI_BASE_URL", 1),
    ],
    ids=["400", "401", "404", "a long wait", "an endless wait", "500", "hangs", "drips"],
)
def test_a_fault_is_told_in_time_with_the_setting_to_check_and_repeated_only_where_it_may_pass(
    endpoint: ModelEndpoint, reply: Reply, said: str, asked: int
) -> None:
    start = time.monotonic()
    message = complaint(endpoint, reply, timeout=0.2 if reply in (hang, drip) else 5)
    assert message.startswith(f"{endpoint.host} ")
    assert re.search(said, message)
    assert len(endpoint.asked) == asked
    assert time.monotonic() - start < 3


@pytest.mark.parametrize(
    ("faults", "waits"),
    [
        ([status(500)] * 2, [0.5, 1.0]),
        ([cut()] * 2, [0.5, 1.0]),
        ([status(429, Retry_After="2")], [2.0]),
        ([status(429, Retry_After="nan")], [0.5]),
        ([status(429, Retry_After="Wed, 21 Oct 2026 07:28:00 GMT")], [0.5]),
    ],
)
def test_a_passing_fault_is_tried_again_after_the_wait_that_the_server_asks_for_or_our_own(
    endpoint: ModelEndpoint, faults: list[Reply], waits: list[float]
) -> None:
    endpoint.replies = [*faults, embeddings()]
    pauses: list[float] = []
    assert model(endpoint, pauses).embed(["one"]).shape == (1, 3)
    assert pauses == waits


NOT_TWO = "did not answer with 2 embeddings"


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (body(b"<html>Sign in</html>"), NOT_TWO),
        (body(b""), NOT_TWO),
        (body(b"\xff\xfe"), NOT_TWO),
        (body(b"[" * 100_000), NOT_TWO),
        (embeddings(lambda data: data.pop()), NOT_TWO),
        (embeddings(lambda data: data.append({"index": 2, "embedding": [1.0] * 3})), NOT_TWO),
        (second(index=0), NOT_TWO),
        (second(index=7), NOT_TWO),
        (second(embedding="AAAA"), NOT_TWO),
        (second(embedding=[1.0]), NOT_TWO),
        (embeddings(lambda data: [entry.update(embedding=[]) for entry in data]), NOT_TWO),
        (embeddings(lambda data: [entry.update(embedding=1.5) for entry in data]), NOT_TWO),
        (second(embedding=[1.0, float("nan"), 1.0]), "not made of numbers"),
        (second(embedding=[1.0, None, 1.0]), "not made of numbers"),
        (second(embedding=[0, 0, 0]), "all zeros"),
    ],
)
def test_an_answer_of_another_form_is_refused(endpoint: ModelEndpoint, reply: Reply, said: str) -> None:
    assert said in complaint(endpoint, reply)


def test_a_redirect_is_not_followed(endpoint: ModelEndpoint) -> None:
    with serving() as elsewhere:
        message = complaint(endpoint, status(307, Location=f"{elsewhere.url}/embeddings"))
        assert elsewhere.asked == []
    assert "(HTTP 307) redirects to another address, which is not followed" in message


def test_a_refused_connection_names_the_address_and_the_setting() -> None:
    with ModelEndpoint() as closed:
        pauses: list[float] = []
        embedder = model(closed, pauses)
    with pytest.raises(ModelError, match=r"^127\.0\.0\.1:\d+ cannot be reached.*OPENAI_BASE_URL"):
        embedder.embed(["text"])
    assert pauses == [0.5, 1.0]


URLS = ["localhost:11434", "ftp://host/v1", "http://", "http://host:port/v1", "http://[::1"]


@pytest.mark.parametrize(
    ("key", "url", "said"),
    [
        *((KEY, url, "OPENAI_BASE_URL is no web address") for url in URLS),
        ("sk-ключ", "", "OPENAI_API_KEY holds characters"),
    ],
)
def test_a_key_or_an_address_that_cannot_be_used_is_refused_before_any_request(key: str, url: str, said: str) -> None:
    with pytest.raises(ModelError, match=said) as caught:
        OpenAIEmbedder("m", key, url)
    assert key not in str(caught.value)


def test_openai_itself_needs_a_key(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="OPENAI_API_KEY is empty"):
        make_embedder(Settings(tmp_path, embedding="openai:text-embedding-3-small"))


BGE = "BAAI/bge-small-en-v1.5"


class TextEmbedding:
    """FastEmbed 0.9's class as far as we call it."""

    embedding_size = 2
    calls: list[tuple[str, Any]]  # a fresh list per test

    def __init__(self, model_name: str, cache_dir: str | None = None, threads: int | None = None) -> None:
        self.calls.append(("open", (model_name, cache_dir)))
        if model_name == "no/network":
            raise ValueError(f"Could not load model {model_name} from any source.")

    @classmethod
    def list_supported_models(cls) -> list[dict[str, Any]]:
        return [{"model": BGE}, {"model": "no/network"}]

    def passage_embed(self, texts: Iterable[str], **kwargs: Any) -> Iterable[NDArray[np.float32]]:
        self.calls.append(("passage", kwargs))
        return [np.array([len(text), 1], np.float32) for text in texts]

    def query_embed(self, query: Iterable[str]) -> Iterable[NDArray[np.float32]]:
        self.calls.append(("query", query))
        return [np.array([1, len(text)], np.float32) for text in query]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """What the stand-in for FastEmbed was asked."""
    calls: list[tuple[str, Any]] = []
    monkeypatch.setattr(TextEmbedding, "calls", calls, raising=False)
    module = ModuleType("fastembed")
    module.TextEmbedding = TextEmbedding  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "fastembed", module)
    return calls


def test_the_default_model_is_minilm_with_its_receipt_at_home(tmp_path: Path) -> None:
    embedder = make_embedder(Settings(tmp_path))
    assert isinstance(embedder, MiniLM)
    assert (embedder.name, embedder.dim) == ("minilm-l6-v2", 384)
    assert [file.name for file in tmp_path.iterdir()] == ["verified-model.json"]


def test_none_means_no_model_and_an_unknown_kind_is_named_with_those_that_are(tmp_path: Path) -> None:
    assert make_embedder(Settings(tmp_path, embedding="none")) is None
    with pytest.raises(ModelError, match="'bert'; write minilm, none, fastembed:MODEL or openai:MODEL"):
        make_embedder(Settings(tmp_path, embedding="bert"))


def test_fastembed_that_is_not_installed_names_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fastembed", None)
    with pytest.raises(ModelMissingError, match=r"pip install 'paperchat\[fastembed\]'.*uv add fastembed"):
        make_embedder(Settings(tmp_path, embedding=f"fastembed:{BGE}"))


def test_fastembed_gives_rows_of_length_one_in_order_and_reads_questions_as_questions(
    tmp_path: Path, calls: list[tuple[str, Any]]
) -> None:
    embedder = make_embedder(Settings(tmp_path, embedding=f"fastembed:{BGE}"))
    assert embedder
    assert (embedder.name, embedder.dim) == (f"fastembed:{BGE}", 2)
    assert embedder.embed([]).shape == (0, 2)
    expected = np.array([[3, 1] / np.sqrt(9 + 1), [4, 1] / np.sqrt(16 + 1)])
    np.testing.assert_allclose(embedder.embed(["abc", "abcd"]), expected, atol=1e-7)
    np.testing.assert_allclose(embedder.embed_query("a?\ud83d"), np.array([1, 3]) / np.sqrt(1 + 9), atol=1e-7)
    opened = ("open", (BGE, str(tmp_path / "fastembed")))
    assert calls == [opened, ("passage", {"batch_size": FASTEMBED_BATCH}), ("query", ["a??"])]


@pytest.mark.usefixtures("calls")
def test_a_model_that_fastembed_does_not_know_or_cannot_fetch_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"knows no model 'bge-small'.*fastembed:BAAI/bge-small-en-v1\.5"):
        make_embedder(Settings(tmp_path, embedding="fastembed:bge-small"))
    with pytest.raises(ModelMissingError, match=r"could not fetch or open 'no/network'.*PAPERCHAT_EMBEDDING=minilm"):
        make_embedder(Settings(tmp_path, embedding="fastembed:no/network"))
