"""What an OpenAI-compatible endpoint may do to us when it is asked for words, and what the user then reads."""

import gzip
import logging
import pickle
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from model_endpoint import (
    DONE,
    KEY,
    ModelEndpoint,
    Reply,
    cut,
    delta,
    event,
    finish,
    hang,
    hang_after,
    page,
    raw,
    repeat,
    serving,
    status,
    unknown,
    usage,
    words,
)

from ingest.errors import ModelError, TooLongError
from ingest.settings import Settings
from rag.llm.call import MAX_CHARACTERS, Call, Limits
from rag.llm.events import MalformedError, ReportedError, read_events
from rag.llm.faults import fault_of
from rag.llm.model import ChatModel, ChatStream, Message, Text, Waiting

ASKED = [Message("system", "Be brief."), Message("user", "What is\ud83d KIVI?")]  # half a character stops nothing
BEGUN = delta("Half an ")
Models = Callable[..., ChatModel]


@pytest.fixture
def endpoint() -> Iterator[ModelEndpoint]:
    with serving() as server:
        yield server


@pytest.fixture(scope="module", autouse=True)
def imported(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The first call pays for the client's import, which no limit of a test should have to allow for."""
    with serving() as server:
        model = ChatModel(Settings(tmp_path_factory.mktemp("home"), openai_base_url=server.url))
        model.complete(ASKED, most_tokens=50)
        model.close()


@pytest.fixture
def models(endpoint: ModelEndpoint, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[Models]:
    """Makes models of an endpoint that replies so. No log of ours or of a library holds the key, whatever happens."""
    caplog.set_level(logging.DEBUG)
    usual = Settings(tmp_path, openai_api_key=KEY, openai_base_url=endpoint.url, model="some-model", model_timeout=4)
    with ExitStack() as made:

        def make(*replies: Reply, first: float = 3, gap: float = 3, **changes: Any) -> ChatModel:
            endpoint.replies = list(replies) or endpoint.replies
            model = ChatModel(replace(usual, **changes), first=first, gap=gap, pause=0.02)
            assert KEY not in repr(model)
            return made.enter_context(closing(model))

        yield make
    assert "canary" not in caplog.text


def heard(model: ChatModel) -> tuple[str, ChatStream]:
    """The words of an answer, and the stream at its end."""
    with model.stream(ASKED, most_tokens=50) as stream:
        return "".join(piece.words for piece in stream if isinstance(piece, Text)), stream


def complaint(model: ChatModel, kind: type[ModelError] = ModelError) -> str:
    """What the user reads where no word comes; neither it nor any cause of it holds what the endpoint said."""
    with pytest.raises(ModelError) as caught:
        heard(model)
    message = str(caught.value)
    assert (type(caught.value), caught.value.__cause__, caught.value.__context__) == (kind, None, None)
    assert model.endpoint in message
    assert KEY not in message
    assert "\n" not in message
    return message


def test_words_come_in_order_and_are_counted_by_the_endpoint(endpoint: ModelEndpoint, models: Models) -> None:
    text, stream = heard(models(model_price=(0.5, 2.0)))
    assert (text, stream.finish, stream.fault) == ("Hello world.", "stop", "")
    used = stream.usage
    assert (used.model, used.tokens_in, used.tokens_out, used.estimated) == ("some-model", 12, 2, False)
    assert used.money == (12 * 0.5 + 2 * 2.0) / 1e6
    assert 0 < used.seconds_to_first <= used.seconds
    (asked,) = endpoint.asked
    assert [message["role"] for message in asked.pop("messages")] == ["system", "user"]
    assert asked.pop("stream_options") == {"include_usage": True}
    assert asked == {"model": "some-model", "stream": True, "temperature": 0, "max_tokens": 50}
    assert endpoint.keys == [f"Bearer {KEY}"]


def test_calls_at_once_do_not_mix(models: Models) -> None:
    model, texts = models(*[words(f"answer {n} ", "and its end") for n in range(8)], hang), []
    threads = [threading.Thread(target=lambda: texts.append(heard(model)[0])) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(texts) == [f"answer {n} and its end" for n in range(8)]


def test_without_a_name_the_first_model_that_chats_is_asked(endpoint: ModelEndpoint, models: Models) -> None:
    endpoint.models = []
    assert "lists no model. Set PAPERCHAT_MODEL" in complaint(models(model=""))
    endpoint.models = ["nomic-embed-text", "qwen3:4b", "llama3.2"]
    model = models(model="")
    heard(model), heard(model)
    assert (model.name, endpoint.listings) == ("qwen3:4b", 2)
    assert [asked["model"] for asked in endpoint.asked] == ["qwen3:4b"] * 2


def test_how_much_a_model_reads_is_what_its_endpoint_tells(endpoint: ModelEndpoint, models: Models) -> None:
    for told, context in ((32_768, 32_768), ("much", 16_384)):
        endpoint.told = {"max_model_len": told}
        model = models(model="")
        heard(model)
        assert (model.context, models(model_context=2_048).context) == (context, 2_048)


def test_json_is_asked_for_as_strictly_as_the_endpoint_can(endpoint: ModelEndpoint, models: Models) -> None:
    schema = {"title": "plan", "type": "object", "properties": {}, "required": [], "additionalProperties": False}
    model = models(unknown("response_format"))
    for _ in range(2):
        assert model.complete(ASKED, most_tokens=50, schema=schema)[0] == "Understood."
    forms = [asked.get("response_format", {}).get("type") for asked in endpoint.asked]
    assert forms == ["json_schema", "json_object", None, None]


def test_without_a_key_or_a_sound_address_there_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="No chat model is configured"):
        ChatModel(Settings(tmp_path, model="some-model"))
    with pytest.raises(ModelError, match="OPENAI_BASE_URL is no web address"):
        ChatModel(Settings(tmp_path, openai_base_url="localhost:11434"))


def test_parameters_that_are_unknown_are_left_out_from_then_on(endpoint: ModelEndpoint, models: Models) -> None:
    model = models(unknown("stream_options", "temperature", "max_tokens"))
    assert (heard(model)[0], heard(model)[0]) == ("Understood.", "Understood.")
    assert len(endpoint.asked) == 5
    assert endpoint.asked[-1].keys() == {"model", "messages", "stream"}


def test_a_limit_goes_by_the_name_that_the_model_knows(endpoint: ModelEndpoint, models: Models) -> None:
    heard(models(unknown("max_tokens", complaint="'{}' is not supported. Use 'max_completion_tokens' instead.")))
    assert endpoint.asked[-1]["max_completion_tokens"] == 50


def test_a_model_without_a_system_role_is_told_as_the_user(endpoint: ModelEndpoint, models: Models) -> None:
    heard(models(status(400, "System role not supported."), words("Understood.")))
    assert endpoint.asked[-1]["messages"] == [{"role": "user", "content": "Be brief.\n\nWhat is? KIVI?"}]


def test_an_endpoint_that_understands_nothing_is_soon_left(endpoint: ModelEndpoint, models: Models) -> None:
    refusal = status(400, "temperature stream_options max_tokens max_completion_tokens system role")
    assert "(HTTP 400) refused the request for model 'some-model'." in complaint(models(refusal))
    assert len(endpoint.asked) == 6


@pytest.mark.parametrize(
    ("fault", "said", "times"),
    [
        (status(400), "Check PAPERCHAT_MODEL", 1),
        (status(401), "OPENAI_API_KEY", 1),
        (status(429, "insufficient_quota"), "account", 1),
        (status(429, Retry_After="120"), "It asks to wait 120 seconds.", 1),
        (status(429), "(HTTP 429) has reached the limit of this key", 3),
        (page(502), "(HTTP 502) could not answer", 3),
        (cut(reset=True), "cannot be reached, or closed the connection", 3),
    ],
)
def test_a_refusal_is_told_at_once_and_a_lasting_fault_after_three_attempts(
    endpoint: ModelEndpoint, models: Models, fault: Reply, said: str, times: int
) -> None:
    assert said in complaint(models(fault))
    assert len(endpoint.asked) == times


@pytest.mark.parametrize(
    "reply",
    [
        status(400, "the request exceeds the available context size, try increasing it"),
        status(413),
        raw(event(error={"message": "greater than the context length"})),
    ],
)
def test_what_is_too_long_is_told_apart(endpoint: ModelEndpoint, models: Models, reply: Reply) -> None:
    assert "PAPERCHAT_CONTEXT" in complaint(models(reply), TooLongError)
    assert len(endpoint.asked) == 1


@pytest.mark.parametrize("passing", [status(429), status(500), page(502), cut()])
def test_a_passing_fault_is_tried_again(endpoint: ModelEndpoint, models: Models, passing: Reply) -> None:
    assert heard(models(passing, passing, words("At last.")))[0] == "At last."
    assert len(endpoint.asked) == 3


def test_a_short_wait_is_kept_and_told(models: Models) -> None:
    stream = models(status(429, Retry_After="0.5"), words("Thanks.")).stream(ASKED, most_tokens=50)
    *waited, last = stream
    assert any("reached the limit" in one.words and "Trying again in 0.5 s." in one.words for one in waited)
    assert last == Text("Thanks.")
    assert stream.usage.seconds_to_first >= 0.5


def test_a_redirect_is_not_followed(models: Models) -> None:
    with serving() as elsewhere:
        redirected = status(307, Location=f"{elsewhere.url}/chat/completions")
        assert "(HTTP 307) redirects to another address, which is not followed" in complaint(models(redirected))
        assert (elsewhere.asked, elsewhere.listings) == ([], 0)


def test_an_address_that_cannot_be_reached_is_named(models: Models) -> None:
    with ModelEndpoint() as closed:
        url = closed.url
    assert "cannot be reached, or closed the connection. Check OPENAI_BASE_URL" in complaint(
        models(openai_base_url=url)
    )
    assert complaint(models(openai_base_url="http://nowhere.invalid/v1")).startswith("nowhere.invalid ")


def test_credentials_in_the_address_are_sent_and_never_shown(endpoint: ModelEndpoint, models: Models) -> None:
    model = models(status(401), openai_base_url=endpoint.url.replace("//", "//user:canary@"))
    assert "canary" not in complaint(model)
    assert endpoint.keys == ["Basic dXNlcjpjYW5hcnk="]
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(model)


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (page(200), "not with a stream of words"),
        (raw(b"data: {oops\n\n"), "sent something that is not a chat event"),
        (raw(b"data: " + b"[" * 100_000 + b"\n\n"), "sent something that is not a chat event"),
        (
            raw(b'data: {"choices": [{"delta": {"content": "\xff\xfe"}}]}\n\n'),
            "sent something that is not a chat event",
        ),
        (raw(delta(7)), "sent words in another form"),
        (raw(event(error={"message": f"Overloaded. {KEY}"})), "reported an error"),
        (raw(delta(""), delta(" \n"), finish(), DONE), "ended without a word"),
        (raw(delta("<think>Hm, so"), finish("length"), DONE), "spent its tokens on thinking without a word"),
        (raw(gzip.compress(b":" + b" " * 50_000_000), Content_Encoding="gzip"), "sent too much"),
    ],
)
def test_a_stream_without_words_is_a_fault(models: Models, reply: Reply, said: str) -> None:
    assert said in complaint(models(reply))


@pytest.mark.parametrize(
    "slow",
    [hang, hang_after(), hang_after(delta("")), repeat(b": ping\n\n", every=0.02), repeat(delta(""), every=0.02)],
)
def test_without_a_first_word_it_is_left_in_time(endpoint: ModelEndpoint, models: Models, slow: Reply) -> None:
    assert "sent no word within 0.3 seconds" in complaint(models(slow, first=0.3))
    assert len(endpoint.asked) == 1
    assert endpoint.left.wait(1)


def test_thinking_counts_as_life_until_the_whole_time_is_over(models: Models) -> None:
    thinking = repeat(event(choices=[{"delta": {"reasoning_content": "Hm"}}]), every=0.02)
    with pytest.raises(ModelError, match=r"did not finish its answer within 0\.9 seconds"):
        heard(models(thinking, first=0.4, model_timeout=0.9))


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (raw(BEGUN), "stopped before the end of the answer"),
        (cut(BEGUN, reset=True), "closed the connection"),
        (raw(BEGUN, b"data: {oops\n\n"), "not a chat event"),
        (raw(BEGUN, finish("content_filter"), DONE), "with its content filter"),
        (hang_after(BEGUN), "sent nothing more for 0.3 seconds"),
        (repeat(b": ping\n\n", every=0.02, first=BEGUN), "sent nothing more for 0.3 seconds"),
    ],
)
def test_what_came_before_a_fault_stays(endpoint: ModelEndpoint, models: Models, reply: Reply, said: str) -> None:
    model = models(reply, gap=0.3)
    text, stream = heard(model)
    assert (text, stream.finish) == ("Half an ", "cut")
    assert said in stream.fault
    assert len(endpoint.asked) == 1
    with pytest.raises(ModelError, match=said):
        model.complete(ASKED, most_tokens=50)


def test_an_answer_that_drips_is_cut_when_its_time_is_over(endpoint: ModelEndpoint, models: Models) -> None:
    text, stream = heard(models(repeat(delta("on and "), every=0.02), model_timeout=0.8))
    assert (text[:9], stream.finish) == ("on and on", "cut")
    assert "did not finish its answer within 0.8 seconds" in stream.fault
    assert endpoint.left.wait(1)


def test_an_endless_answer_ends_at_a_bound(endpoint: ModelEndpoint, models: Models) -> None:
    text, stream = heard(models(repeat(delta("x" * 999), every=0)))
    assert (text, stream.finish, stream.fault) == ("x" * MAX_CHARACTERS, "length", "")
    assert endpoint.left.wait(1)


@pytest.mark.parametrize(
    ("reply", "ended"),
    [
        (raw(delta("Whole."), DONE, b"data: {oops\n\n"), "stop"),
        (raw(delta("Whole."), finish("length"), DONE), "length"),
        (raw(b"\xef\xbb\xbf: hello\r\nevent: message\r\n" + delta("Whole.").replace(b"\n", b"\r\n"), DONE), "stop"),
        (raw(delta([{"type": "thinking", "thinking": []}, {"type": "text", "text": "Whole."}]), DONE), "stop"),
        (hang_after(delta("Whole."), finish()), "stop"),
    ],
)
def test_each_way_to_end_is_understood(
    models: Models, monkeypatch: pytest.MonkeyPatch, reply: Reply, ended: str
) -> None:
    monkeypatch.setattr("rag.llm.call.TAIL", 0.1)
    text, stream = heard(models(reply))
    assert (text, stream.finish, stream.fault) == ("Whole.", ended, "")


STREAM = delta("", role="assistant") + delta("Half ") + delta("and whole 😀.") + finish() + usage(3, 4) + DONE


def gathered(content: bytes) -> Call:
    """A call over a stream that ends with these bytes."""
    call = Call(Limits(9, 9, 9), "host")
    try:
        for found in read_events([content]):
            call.take(found)
        call.end()
    except (MalformedError, ReportedError) as error:
        call.end(fault_of(error, "host", "m"))
    return call


def test_a_stream_cut_at_any_byte_is_never_called_whole() -> None:
    whole = STREAM.index(finish()) + len(finish()) - 2  # all but the empty line that ends the event
    for at in range(len(STREAM)):
        call = gathered(STREAM[:at])
        assert (call.finish == "stop") == (at >= whole), at
        assert bool(call.fault) == (at < whole)


def test_a_stream_with_any_byte_changed_is_read_or_refused() -> None:
    for at, byte in product(range(len(STREAM)), b'\xff}["\n\\0'):
        call = gathered(STREAM[:at] + bytes([byte]) + STREAM[at + 1 :])
        assert call.finish in ("stop", "length", "cut")
        assert bool(call.fault) == (call.finish == "cut")


@pytest.mark.parametrize(
    ("pieces", "shown"),
    [
        (["a \ud83d", "\ude00 b"], "a 😀 b"),
        (["a \ude00 b", "\ud83d"], "a \ufffd b\ufffd"),
        (["nul\0 esc\x1b[31m c1\x9b del\x7f", " tab\tline\r\nend"], "nul esc[31m c1 del tab\tline\nend"),
        (["\u202ebidi\u2066 ", "tags\U000e0041"], "bidi tags"),
        (["<think>Let me", " see</thi", "nk>\n\nHello"], "Hello"),
        (["</think>\n", "Hello"], "Hello"),
        (["<th", "ree> tags"], "<three> tags"),
        (["It writes <think> and", " </think>."], "It writes <think> and </think>."),
    ],
)
def test_only_words_fit_to_show_are_shown(models: Models, pieces: list[str], shown: str) -> None:
    text, stream = heard(models(words(*pieces)))
    assert (text, stream.finish) == (shown, "stop")


@pytest.mark.parametrize("reply", [hang, hang_after(), hang_after(BEGUN), repeat(delta("on and "), every=0.02)])
def test_closing_ends_the_work_of_the_endpoint(endpoint: ModelEndpoint, models: Models, reply: Reply) -> None:
    with closing(models(reply).stream(ASKED, most_tokens=50)) as stream:
        next(stream)
    assert endpoint.left.wait(1)
    assert (stream.finish, stream.fault) == ("cut", "The answer was stopped.")


def test_another_thread_can_cancel_and_the_stream_ends(endpoint: ModelEndpoint, models: Models) -> None:
    stream = models(hang).stream(ASKED, most_tokens=50)
    next(stream)
    threading.Timer(0.1, stream.cancel).start()
    assert all(isinstance(piece, Waiting) for piece in stream)
    assert endpoint.left.wait(1)


def test_a_wait_is_told_and_after_a_call_was_left_the_next_one_works(endpoint: ModelEndpoint, models: Models) -> None:
    model = models(hang, words("Next."))
    with model.stream(ASKED, most_tokens=50) as stream:
        assert next(stream) == Waiting(f"Waiting for some-model at {endpoint.host}: 0 s.")
    assert endpoint.left.wait(1)
    assert heard(model)[0] == "Next."
