"""What an OpenAI-compatible server may do to us when it is asked for embeddings, and what the user then reads."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from embedding_endpoint import KEY, Endpoint, Reply, body, break_off, drip, embeddings, hang, status, vector_of

from ingest.embedding import make_embedder
from ingest.errors import ModelError
from ingest.remote_embedding import BATCH, MAX_CHARACTERS, OpenAIEmbedder
from ingest.settings import Settings


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.released.set()
        server.shutdown()
        thread.join()


class Pauses(list[float]):
    """Waits that were asked for, in seconds; none is slept."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def model(endpoint: Endpoint, pauses: Pauses | None = None, timeout: float = 5) -> OpenAIEmbedder:
    pause = Pauses() if pauses is None else pauses
    return OpenAIEmbedder("some-model", KEY, endpoint.url, timeout=timeout, pause=pause)


def complaint(endpoint: Endpoint, *replies: Reply, timeout: float = 5) -> str:
    """What the user reads when the endpoint answers so; neither it nor any cause of it holds the key."""
    endpoint.replies = list(replies)
    with pytest.raises(ModelError) as caught:
        model(endpoint, timeout=timeout).embed(["one", "three"])
    message = str(caught.value)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    assert KEY not in message
    assert "\n" not in message
    return message


def test_documents_become_rows_of_length_one(endpoint: Endpoint) -> None:
    vectors = model(endpoint).embed(["abcd"])
    np.testing.assert_allclose(vectors, [np.array([4, 1, -2]) / np.sqrt(16 + 1 + 4)], atol=1e-7)
    assert vectors.dtype == np.float32
    assert endpoint.asked == [{"model": "some-model", "input": ["abcd"], "encoding_format": "float"}]
    assert endpoint.keys == [f"Bearer {KEY}"]


def test_rows_follow_the_index_and_not_the_order_of_arrival(endpoint: Endpoint) -> None:
    expected = model(endpoint).embed(["a", "bb", "ccc"])
    endpoint.replies = [embeddings(lambda data: data.reverse())]
    assert np.array_equal(model(endpoint).embed(["a", "bb", "ccc"]), expected)


def test_texts_go_out_in_batches_and_come_back_in_order(endpoint: Endpoint) -> None:
    texts = ["x" * (1 + i % 300) for i in range(2 * BATCH + 3)]
    vectors = model(endpoint).embed(texts)
    assert [len(asked["input"]) for asked in endpoint.asked] == [BATCH, BATCH, 3]
    expected = np.array([vector_of(text) for text in texts])
    np.testing.assert_allclose(vectors, expected / np.linalg.norm(expected, axis=1, keepdims=True), atol=1e-6)


def test_empty_long_and_broken_texts_are_made_fit_to_send(endpoint: Endpoint) -> None:
    model(endpoint).embed(["", " \n", "y" * 20_000, "\ud83d"])
    assert endpoint.asked[0]["input"] == ["-", "-", "y" * MAX_CHARACTERS, "?"]


def test_the_dimension_is_asked_once_and_then_known(endpoint: Endpoint) -> None:
    embedder = model(endpoint)
    assert (embedder.dim, embedder.embed([]).shape, embedder.embed_query("q").shape) == (3, (0, 3), (3,))
    assert len(endpoint.asked) == 2


def test_a_server_without_keys_gets_a_stand_in(endpoint: Endpoint) -> None:
    OpenAIEmbedder("some-model", "", endpoint.url).embed_query("q")
    assert endpoint.keys == ["Bearer none"]


@pytest.mark.parametrize(
    ("code", "setting"),
    [(400, "PAPERCHAT_EMBEDDING"), (401, "OPENAI_API_KEY"), (403, "OPENAI_API_KEY"), (404, "OPENAI_BASE_URL")],
)
def test_a_refusal_names_the_setting_to_check_and_is_not_repeated(endpoint: Endpoint, code: int, setting: str) -> None:
    message = complaint(endpoint, status(code))
    assert f"127.0.0.1:{endpoint.server_port} (HTTP {code})" in message
    assert setting in message
    assert len(endpoint.asked) == 1


@pytest.mark.parametrize("passing", [status(429), status(500), status(503), break_off])
def test_a_passing_fault_is_tried_again(endpoint: Endpoint, passing: Reply) -> None:
    endpoint.replies = [passing, passing, embeddings()]
    pauses = Pauses()
    assert model(endpoint, pauses).embed(["one"]).shape == (1, 3)
    assert pauses == [0.5, 1.0]


def test_a_lasting_fault_is_reported_after_three_attempts(endpoint: Endpoint) -> None:
    assert "(HTTP 500) could not embed" in complaint(endpoint, status(500))
    assert len(endpoint.asked) == 3


def test_a_short_wait_that_the_server_asks_for_is_kept(endpoint: Endpoint) -> None:
    endpoint.replies = [status(429, Retry_After="2"), embeddings()]
    pauses = Pauses()
    model(endpoint, pauses).embed(["one"])
    assert pauses == [2.0]


@pytest.mark.parametrize("wait", ["120", "inf", "1e999"])
def test_a_long_wait_is_a_fault_at_once(endpoint: Endpoint, wait: str) -> None:
    assert "over its limit" in complaint(endpoint, status(429, Retry_After=wait))
    assert len(endpoint.asked) == 1


@pytest.mark.parametrize("wait", ["-5", "nan", "Wed, 21 Oct 2026 07:28:00 GMT", "soon"])
def test_a_wait_that_is_no_number_is_our_own_wait(endpoint: Endpoint, wait: str) -> None:
    endpoint.replies = [status(429, Retry_After=wait), embeddings()]
    pauses = Pauses()
    model(endpoint, pauses).embed(["one"])
    assert pauses == [0.5]


@pytest.mark.parametrize(
    "reply",
    [
        body(b"<html>Sign in</html>", "text/html"),
        body(b""),
        body(b"[1, 2]"),
        body(b'{"data": null}'),
        body(b"\xff\xfe"),
        body(b"[" * 100_000),
        body(b'{"data": [{"index": 0, "embedding": "AAAA"}, {"index": 1, "embedding": "AAAA"}]}'),
        embeddings(lambda data: data.pop()),
        embeddings(lambda data: data.append({"index": 2, "embedding": [1.0, 1.0, 1.0]})),
        embeddings(lambda data: data[1].update(index=0)),
        embeddings(lambda data: data[1].update(index=7)),
        embeddings(lambda data: data[1].pop("index")),
        embeddings(lambda data: data[1].update(embedding=[1.0])),
        embeddings(lambda data: [entry.update(embedding=[]) for entry in data]),
        embeddings(lambda data: [entry.update(embedding=1.5) for entry in data]),
    ],
)
def test_an_answer_of_another_form_is_refused(endpoint: Endpoint, reply: Reply) -> None:
    assert "did not answer with 2 embeddings" in complaint(endpoint, reply)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), None])
def test_a_vector_with_what_is_no_number_is_refused(endpoint: Endpoint, bad: float | None) -> None:
    reply = embeddings(lambda data: data[1].update(embedding=[1.0, bad, 1.0]))
    assert "not made of numbers" in complaint(endpoint, reply)


def test_a_vector_of_zeros_is_refused(endpoint: Endpoint) -> None:
    assert "all zeros" in complaint(endpoint, embeddings(lambda data: data[0].update(embedding=[0, 0, 0])))


def test_enormous_numbers_still_make_length_one(endpoint: Endpoint) -> None:
    endpoint.replies = [embeddings(lambda data: data[0].update(embedding=[1e300, 0, 1e300]))]
    np.testing.assert_allclose(model(endpoint).embed_query("q"), [0.5**0.5, 0, 0.5**0.5], atol=1e-7)


def test_a_change_of_dimension_is_refused(endpoint: Endpoint) -> None:
    endpoint.replies = [embeddings(), embeddings(lambda data: data[0].update(embedding=[1.0, 2.0]))]
    embedder = model(endpoint)
    embedder.embed_query("q")
    with pytest.raises(ModelError, match="changed from 3 to 2 numbers"):
        embedder.embed_query("q")


@pytest.mark.parametrize("slow", [hang, drip])
def test_a_server_that_hangs_or_drips_is_left_in_time(endpoint: Endpoint, slow: Reply) -> None:
    start = time.monotonic()
    assert "OPENAI_BASE_URL" in complaint(endpoint, slow, timeout=0.2)
    assert time.monotonic() - start < 3
    assert len(endpoint.asked) == 1


def test_a_redirect_is_not_followed(endpoint: Endpoint) -> None:
    with Endpoint() as elsewhere:
        thread = threading.Thread(target=elsewhere.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        message = complaint(endpoint, status(307, Location=f"{elsewhere.url}/embeddings"))
        elsewhere.shutdown()
        thread.join()
        assert elsewhere.asked == []
    assert "(HTTP 307) sends on to another address, which is not followed" in message


def test_a_refused_connection_names_the_address_and_the_setting() -> None:
    with Endpoint() as closed:
        url = closed.url
    pauses = Pauses()
    with pytest.raises(ModelError, match=r"^127\.0\.0\.1:\d+ cannot be reached.*OPENAI_BASE_URL"):
        OpenAIEmbedder("m", "", url, pause=pauses).embed(["text"])
    assert pauses == [0.5, 1.0]


def test_credentials_in_the_address_are_never_shown(endpoint: Endpoint) -> None:
    endpoint.replies = [status(401)]
    with pytest.raises(ModelError) as caught:
        OpenAIEmbedder("m", KEY, endpoint.url.replace("//", "//user:canary@")).embed(["text"])
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("url", ["localhost:11434", "ftp://host/v1", "http://", "http://host:port/v1", "http://[::1"])
def test_an_address_that_is_none_is_refused_before_any_request(url: str) -> None:
    with pytest.raises(ModelError, match="OPENAI_BASE_URL is no web address"):
        OpenAIEmbedder("m", KEY, url)


@pytest.mark.parametrize("key", ["sk-ключ", "sk-a\nb"])
def test_a_key_that_no_header_can_carry_is_refused_unseen(key: str) -> None:
    with pytest.raises(ModelError, match="OPENAI_API_KEY holds characters") as caught:
        OpenAIEmbedder("m", key)
    assert key not in str(caught.value)


def test_an_openai_model_is_named_after_its_kind(tmp_path: Path, endpoint: Endpoint) -> None:
    settings = Settings(tmp_path, embedding="openai:m:latest", openai_base_url=endpoint.url)
    embedder = make_embedder(settings)
    assert embedder is not None
    assert (embedder.name, embedder.dim) == ("openai:m:latest", 3)
    assert endpoint.asked[0]["model"] == "m:latest"


def test_openai_itself_needs_a_key(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="OPENAI_API_KEY is empty"):
        make_embedder(Settings(tmp_path, embedding="openai:text-embedding-3-small"))
