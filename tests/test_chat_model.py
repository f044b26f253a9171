"""What an OpenAI-compatible endpoint may do to us when it is asked for words, and what the user then reads."""

import gzip
import logging
import pickle
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import openai  # noqa: F401  # its import may take longer than some tests wait for a word
import pytest
from model_endpoint import (
    DONE,
    KEY,
    Handler,
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
    split,
    status,
    unknown,
    usage,
    words,
)

from ingest.endpoint import Fault
from ingest.errors import ModelError, TooLongError
from ingest.settings import Settings
from rag.llm.call import MAX_CHARACTERS, Call, Limits
from rag.llm.events import MalformedError, ReportedError, read_events
from rag.llm.faults import fault_of
from rag.llm.model import ChatModel, ChatStream, Message, Text, Waiting

ASKED = [Message("system", "Be brief."), Message("user", "What is KIVI?")]
BEGUN = delta("Half an ")


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


class Models:
    """Makes models of an endpoint, with short limits, and closes them."""

    def __init__(self, home: Path) -> None:
        self._settings = Settings(home, openai_api_key=KEY, model="some-model", model_timeout=4)
        self.made: list[ChatModel] = []

    def __call__(self, url: str, first: float = 3, gap: float = 3, **changes: object) -> ChatModel:
        settings = replace(self._settings, openai_base_url=url, **changes)  # type: ignore[arg-type]
        self.made.append(ChatModel(settings, first=first, gap=gap, pause=0.02))
        return self.made[-1]


@pytest.fixture
def models(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[Models]:
    """No log of ours or of a library holds the key, whatever happens."""
    caplog.set_level(logging.DEBUG)
    makes = Models(tmp_path)
    yield makes
    for model in makes.made:
        model.close()
        assert KEY not in repr(model)
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
    assert type(caught.value) is kind
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    assert model.endpoint in message
    assert KEY not in message
    assert "\n" not in message
    return message


def test_words_come_in_order_and_are_counted_by_the_endpoint(endpoint: ModelEndpoint, models: Models) -> None:
    model = models(endpoint.url, model_price=(0.5, 2.0))
    text, stream = heard(model)
    assert (text, stream.finish, stream.fault) == ("Hello world.", "stop", "")
    used = stream.usage
    assert (used.model, used.tokens_in, used.tokens_out, used.estimated) == ("some-model", 12, 2, False)
    assert used.money == (12 * 0.5 + 2 * 2.0) / 1e6
    assert 0 < used.seconds_to_first <= used.seconds


def test_a_request_says_what_is_wanted(endpoint: ModelEndpoint, models: Models) -> None:
    heard(models(endpoint.url))
    assert endpoint.asked == [
        {
            "model": "some-model",
            "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "What is KIVI?"}],
            "stream": True,
            "temperature": 0,
            "stream_options": {"include_usage": True},
            "max_tokens": 50,
        }
    ]
    assert endpoint.keys == [f"Bearer {KEY}"]


def test_half_a_character_in_a_question_does_not_stop_it(endpoint: ModelEndpoint, models: Models) -> None:
    assert models(endpoint.url).complete([Message("user", "What\ud83d?")], most_tokens=50)[0] == "Hello world."
    assert endpoint.asked[0]["messages"] == [{"role": "user", "content": "What??"}]


def test_a_short_call_gives_text_and_usage(endpoint: ModelEndpoint, models: Models) -> None:
    text, used = models(endpoint.url).complete(ASKED, most_tokens=50)
    assert (text, used.tokens_out, used.money) == ("Hello world.", 2, None)


def test_tokens_are_estimated_where_the_endpoint_counts_none(endpoint: ModelEndpoint, models: Models) -> None:
    endpoint.replies = [raw(delta("12345678"), finish(), DONE)]
    _, stream = heard(models(endpoint.url))
    used = stream.usage
    assert (used.tokens_in, used.tokens_out, used.estimated) == ((3 + 4) + (4 + 4), 2, True)


def test_a_connection_serves_one_call_after_another(endpoint: ModelEndpoint, models: Models) -> None:
    model = models(endpoint.url)
    for _ in range(3):
        assert model.complete(ASKED, most_tokens=50)[0] == "Hello world."
        for thread in threading.enumerate():  # the connection is free when the last bytes have been read
            if thread.name.startswith("chat model"):
                thread.join()
    assert len(set(endpoint.peers)) == 1


def test_calls_at_once_do_not_mix(endpoint: ModelEndpoint, models: Models) -> None:
    endpoint.replies = [words(f"answer {n} ", "and its end") for n in range(8)] + [hang]
    model, texts = models(endpoint.url), []
    threads = [threading.Thread(target=lambda: texts.append(heard(model)[0])) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(texts) == [f"answer {n} and its end" for n in range(8)]


# Which model


def test_without_a_name_the_first_model_that_chats_is_asked_once(endpoint: ModelEndpoint, models: Models) -> None:
    endpoint.models = ["nomic-embed-text", "qwen3:4b", "llama3.2"]
    model = models(endpoint.url, model="")
    assert (model.name, endpoint.listings) == ("", 0)
    heard(model), heard(model)
    assert (model.name, endpoint.listings) == ("qwen3:4b", 1)
    assert [asked["model"] for asked in endpoint.asked] == ["qwen3:4b"] * 2


def test_an_endpoint_that_lists_no_model_is_told_apart(endpoint: ModelEndpoint, models: Models) -> None:
    endpoint.models = []
    assert "lists no model. Set PAPERCHAT_MODEL" in complaint(models(endpoint.url, model=""))


def test_where_no_model_seems_to_chat_the_first_is_asked(endpoint: ModelEndpoint, models: Models) -> None:
    endpoint.models = ["embedded-llm"]
    assert heard(models(endpoint.url, model=""))[1].usage.model == "embedded-llm"


def test_a_listed_model_that_is_gone_is_chosen_anew(endpoint: ModelEndpoint, models: Models) -> None:
    endpoint.replies = [status(404), words("Here.")]
    model = models(endpoint.url, model="")
    assert "knows no model 'first-model'" in complaint(model)
    endpoint.models = ["third-model"]
    assert heard(model)[0] == "Here."
    assert model.name == "third-model"


@pytest.mark.parametrize("key", ["max_model_len", "context_length", "max_context_length", "context_window"])
def test_how_much_a_model_reads_is_what_its_endpoint_tells(endpoint: ModelEndpoint, models: Models, key: str) -> None:
    endpoint.told = {key: 32_768}
    chosen = models(endpoint.url, model="")
    heard(chosen)
    assert chosen.context == 32_768
    named = models(endpoint.url, model="second-model")
    assert named.context == 16_384
    heard(named)  # after the first answer the endpoint is asked, so that nobody waits for it
    for _ in range(100):
        if named.context != 16_384:
            break
        threading.Event().wait(0.02)
    assert named.context == 32_768
    assert models(endpoint.url, model_context=2_048).context == 2_048


@pytest.mark.parametrize("told", [{"context_length": "much"}, {"context_length": -1}, {"context_length": None}, {}])
def test_an_endpoint_that_tells_nothing_of_use_changes_nothing(
    endpoint: ModelEndpoint, models: Models, told: dict[str, object]
) -> None:
    endpoint.told = told
    model = models(endpoint.url, model="")
    heard(model)
    assert model.context == 16_384


SCHEMA = {"title": "plan", "type": "object", "properties": {}, "required": [], "additionalProperties": False}


def test_json_is_asked_for_as_strictly_as_the_endpoint_can(endpoint: ModelEndpoint, models: Models) -> None:
    endpoint.replies = [unknown("response_format")]
    model = models(endpoint.url)
    for _ in range(2):
        assert model.complete(ASKED, most_tokens=50, schema=SCHEMA)[0] == "Understood."
    forms = [asked.get("response_format", {}).get("type") for asked in endpoint.asked]
    assert forms == ["json_schema", "json_object", None, None]


def test_a_call_may_be_given_less_time_than_the_settings_do(endpoint: ModelEndpoint, models: Models) -> None:
    endpoint.replies = [hang]
    with models(endpoint.url).stream(ASKED, most_tokens=50, within=1) as stream, pytest.raises(ModelError) as error:
        list(stream)
    assert "within 1 seconds" in str(error.value)


def test_without_key_and_address_there_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="No chat model is configured"):
        ChatModel(Settings(tmp_path, model="some-model"))


@pytest.mark.parametrize("url", ["localhost:11434", "http://host:port/v1"])
def test_an_address_that_is_none_is_refused_before_any_request(tmp_path: Path, url: str) -> None:
    with pytest.raises(ModelError, match="OPENAI_BASE_URL is no web address"):
        ChatModel(Settings(tmp_path, openai_base_url=url))


# What it does not understand


@pytest.mark.parametrize(
    ("names", "left"),
    [
        (["temperature"], ["max_tokens", "stream_options"]),
        (["stream_options"], ["max_tokens", "temperature"]),
        (["max_tokens"], ["stream_options", "temperature"]),
        (["stream_options", "temperature", "max_tokens"], []),
    ],
)
def test_a_parameter_that_is_unknown_is_left_out_from_then_on(
    endpoint: ModelEndpoint, models: Models, names: list[str], left: list[str]
) -> None:
    endpoint.replies = [unknown(*names)]
    model = models(endpoint.url)
    assert (heard(model)[0], heard(model)[0]) == ("Understood.", "Understood.")
    assert len(endpoint.asked) == len(names) + 2
    assert sorted(endpoint.asked[-1].keys() - {"model", "messages", "stream"}) == left


def test_a_limit_goes_by_the_name_that_the_model_knows(endpoint: ModelEndpoint, models: Models) -> None:
    endpoint.replies = [unknown("max_tokens", complaint="'{}' is not supported. Use 'max_completion_tokens' instead.")]
    assert heard(models(endpoint.url))[0] == "Understood."
    assert endpoint.asked[-1]["max_completion_tokens"] == 50


def test_a_model_without_a_system_role_is_told_as_the_user(endpoint: ModelEndpoint, models: Models) -> None:
    endpoint.replies = [status(400, "System role not supported."), words("Understood.")]
    assert heard(models(endpoint.url))[0] == "Understood."
    assert endpoint.asked[-1]["messages"] == [{"role": "user", "content": "Be brief.\n\nWhat is KIVI?"}]


def test_an_endpoint_that_understands_nothing_is_left_after_a_few_requests(
    endpoint: ModelEndpoint, models: Models
) -> None:
    endpoint.replies = [status(400, "temperature stream_options max_tokens max_completion_tokens system role")]
    assert "(HTTP 400) refused the request for model 'some-model'. Check PAPERCHAT_MODEL." in complaint(
        models(endpoint.url)
    )
    assert len(endpoint.asked) == 6


# Refusals and faults before the first word


@pytest.mark.parametrize(
    ("code", "setting"),
    [
        (400, "PAPERCHAT_MODEL"),
        (401, "OPENAI_API_KEY"),
        (403, "OPENAI_API_KEY"),
        (404, "PAPERCHAT_MODEL"),
        (418, "OPENAI_BASE_URL"),
    ],
)
def test_a_refusal_names_the_setting_to_check_and_is_not_repeated(
    endpoint: ModelEndpoint, models: Models, code: int, setting: str
) -> None:
    endpoint.replies = [status(code)]
    message = complaint(models(endpoint.url))
    assert f"(HTTP {code})" in message
    assert setting in message
    assert len(endpoint.asked) == 1


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (400, "This model's maximum context length is 8192 tokens. Reduce max_tokens or the length of the messages."),
        (400, "the request exceeds the available context size, try increasing it"),
        (413, ""),
    ],
)
def test_what_is_too_long_is_told_apart(endpoint: ModelEndpoint, models: Models, code: int, text: str) -> None:
    endpoint.replies = [status(code, text)]
    assert "PAPERCHAT_CONTEXT" in complaint(models(endpoint.url), TooLongError)
    assert len(endpoint.asked) == 1


@pytest.mark.parametrize("passing", [status(429), status(500), page(502), status(503), cut(), cut(reset=True)])
def test_a_passing_fault_is_tried_again(endpoint: ModelEndpoint, models: Models, passing: Reply) -> None:
    endpoint.replies = [passing, passing, words("At last.")]
    assert heard(models(endpoint.url))[0] == "At last."
    assert len(endpoint.asked) == 3


@pytest.mark.parametrize(
    ("lasting", "said"),
    [
        (status(429), "(HTTP 429) is over its limit for this key"),
        (status(500), "(HTTP 500) could not answer"),
        (page(502), "(HTTP 502) could not answer"),
        (cut(), "cannot be reached, or broke off"),
        (cut(reset=True), "cannot be reached, or broke off"),
    ],
)
def test_a_lasting_fault_is_reported_after_three_attempts(
    endpoint: ModelEndpoint, models: Models, lasting: Reply, said: str
) -> None:
    endpoint.replies = [lasting]
    assert said in complaint(models(endpoint.url))
    assert len(endpoint.asked) == 3


def test_an_account_without_credit_is_not_asked_again(endpoint: ModelEndpoint, models: Models) -> None:
    endpoint.replies = [status(429, "insufficient_quota")]
    assert "account" in complaint(models(endpoint.url))
    assert len(endpoint.asked) == 1


def test_a_short_wait_is_kept_and_told(endpoint: ModelEndpoint, models: Models) -> None:
    endpoint.replies = [status(429, Retry_After="0.5"), words("Thanks.")]
    with models(endpoint.url).stream(ASKED, most_tokens=50) as stream:
        pieces = list(stream)
    told = [piece.words for piece in pieces if isinstance(piece, Waiting)]
    assert any("over its limit" in line and line.endswith("Trying again in 0.5 s.") for line in told)
    assert pieces[-1] == Text("Thanks.")
    assert stream.usage.seconds_to_first >= 0.5


@pytest.mark.parametrize(
    ("wait", "said"), [("120", "It asks to wait 120 seconds."), ("inf", "It asks to wait for ever.")]
)
def test_a_long_wait_is_a_fault_at_once(endpoint: ModelEndpoint, models: Models, wait: str, said: str) -> None:
    endpoint.replies = [status(429, Retry_After=wait)]
    assert said in complaint(models(endpoint.url))
    assert len(endpoint.asked) == 1


def test_a_redirect_is_not_followed(endpoint: ModelEndpoint, models: Models) -> None:
    with serving() as elsewhere:
        endpoint.replies = [status(307, Location=f"{elsewhere.url}/chat/completions")]
        message = complaint(models(endpoint.url))
        assert (elsewhere.asked, elsewhere.listings) == ([], 0)
    assert "(HTTP 307) sends on to another address, which is not followed" in message


def test_a_refused_connection_names_the_address_and_the_setting(models: Models) -> None:
    with ModelEndpoint() as closed:
        url = closed.url
    assert "cannot be reached, or broke off. Check OPENAI_BASE_URL" in complaint(models(url))


def test_a_name_that_cannot_be_found_is_told_within_the_limit(models: Models) -> None:
    assert complaint(models("http://nowhere.invalid/v1")).startswith("nowhere.invalid ")


def test_credentials_in_the_address_are_sent_and_never_shown(endpoint: ModelEndpoint, models: Models) -> None:
    endpoint.replies = [status(401)]
    model = models(endpoint.url.replace("//", "//user:canary@"))
    assert "canary" not in complaint(model)
    assert endpoint.keys == ["Basic dXNlcjpjYW5hcnk="]


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (page(200), "not with a stream of words"),
        (raw(delta("Hi"), content_type="application/json"), "not with a stream of words"),
        (raw(b"data: {oops\n\n"), "sends what is no event of a chat"),
        (raw(b"data: [1,2]\n\n"), "sends what is no event of a chat"),
        (raw(b"data: " + b"[" * 100_000 + b"\n\n"), "sends what is no event of a chat"),
        (raw(b'data: {"choices": [{"delta": {"content": "\xff\xfe"}}]}\n\n'), "sends what is no event of a chat"),
        (raw(event(choices=None)), "sends events without words"),
        (raw(event(choices=[None])), "sends events without words"),
        (raw(event(choices=7)), "sends events without words"),
        (raw(delta(7)), "sends words of another form"),
        (raw(event(error={"message": f"Overloaded. {KEY}"})), "reported an error"),
        (raw(), "ended without a word"),
        (raw(DONE), "ended without a word"),
        (raw(delta(""), delta(" \n"), finish(), DONE), "ended without a word"),
        (raw(delta("<think>Hm, so"), finish("length"), DONE), "spent its tokens on thinking without a word"),
        (raw(b"data: " + b"x" * 300_000), "sends too much"),
        (raw(gzip.compress(b":" + b" " * 50_000_000), Content_Encoding="gzip"), "sends too much"),
        (raw(b"not gzip", Content_Encoding="gzip"), "Check OPENAI_BASE_URL"),
    ],
)
def test_a_stream_without_words_is_a_fault(endpoint: ModelEndpoint, models: Models, reply: Reply, said: str) -> None:
    endpoint.replies = [reply]
    assert said in complaint(models(endpoint.url))


def test_too_much_text_is_told_apart_in_a_stream_too(endpoint: ModelEndpoint, models: Models) -> None:
    endpoint.replies = [raw(event(error={"message": "greater than the context length"}))]
    complaint(models(endpoint.url), TooLongError)


@pytest.mark.parametrize(
    "slow",
    [hang, hang_after(), hang_after(delta("")), repeat(b": ping\n\n", every=0.02), repeat(delta(""), every=0.02)],
)
def test_without_a_first_word_the_endpoint_is_left_in_time(
    endpoint: ModelEndpoint, models: Models, slow: Reply
) -> None:
    endpoint.replies = [slow]
    assert "sent no word within 0.3 seconds" in complaint(models(endpoint.url, first=0.3))
    assert len(endpoint.asked) == 1
    assert endpoint.left.wait(1)


def test_thinking_counts_as_life_until_the_whole_time_is_over(endpoint: ModelEndpoint, models: Models) -> None:
    endpoint.replies = [repeat(event(choices=[{"delta": {"reasoning_content": "Hm"}}]), every=0.02)]
    model = models(endpoint.url, first=0.4, model_timeout=0.9)
    told: list[str] = []
    with pytest.raises(ModelError, match=r"did not finish its answer within 0\.9 seconds"):
        told.extend(piece.words for piece in model.stream(ASKED, most_tokens=50))
    assert told[-1].startswith("some-model is thinking")


def test_a_model_that_has_thought_for_long_may_pause_before_its_first_word(
    endpoint: ModelEndpoint, models: Models
) -> None:
    thought = event(choices=[{"delta": {"reasoning_content": "Hm"}}])

    def reply(handler: Handler) -> None:
        handler.open_stream()
        for chunk in (thought, thought, delta(""), delta("Well."), finish(), DONE):
            handler.write(chunk)
            handler.server.released.wait(0.2)
        handler.close_stream()

    endpoint.replies = [reply]
    assert heard(models(endpoint.url, first=0.5))[0] == "Well."


# Faults after it


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (raw(BEGUN), "broke off before the end of the answer"),
        (raw(BEGUN, delta("lost")[:-9]), "broke off before the end of the answer"),
        (cut(BEGUN), "broke off"),
        (cut(BEGUN, reset=True), "broke off"),
        (raw(BEGUN, b"data: {oops\n\n"), "no event of a chat"),
        (raw(BEGUN, event(choices=None)), "events without words"),
        (raw(BEGUN, event(error="overloaded")), "reported an error"),
        (raw(BEGUN, finish("content_filter"), DONE), "by a filter of its own"),
        (hang_after(BEGUN), "sent nothing more for 0.3 seconds"),
        (repeat(b": ping\n\n", every=0.02, first=BEGUN), "sent nothing more for 0.3 seconds"),
    ],
)
def test_what_came_before_a_fault_stays_and_is_called_cut(
    endpoint: ModelEndpoint, models: Models, reply: Reply, said: str
) -> None:
    endpoint.replies = [reply]
    model = models(endpoint.url, gap=0.3)
    text, stream = heard(model)
    assert (text, stream.finish) == ("Half an ", "cut")
    assert said in stream.fault
    assert len(endpoint.asked) == 1
    with pytest.raises(ModelError, match=said):
        model.complete(ASKED, most_tokens=50)


def test_an_answer_that_drips_is_cut_when_its_time_is_over(endpoint: ModelEndpoint, models: Models) -> None:
    endpoint.replies = [repeat(delta("on and "), every=0.02)]
    text, stream = heard(models(endpoint.url, model_timeout=0.8))
    assert text.startswith("on and on")
    assert (stream.finish, "did not finish its answer within 0.8 seconds" in stream.fault) == ("cut", True)
    assert endpoint.left.wait(1)


def test_an_endless_answer_ends_at_a_bound(endpoint: ModelEndpoint, models: Models) -> None:
    endpoint.replies = [repeat(delta("x" * 999), every=0)]
    text, stream = heard(models(endpoint.url))
    assert (text, stream.finish, stream.fault) == ("x" * MAX_CHARACTERS, "length", "")
    assert endpoint.left.wait(1)


@pytest.mark.parametrize(
    ("chunks", "ended"),
    [
        ([delta("Whole."), finish()], "stop"),
        ([delta("Whole."), DONE], "stop"),
        ([delta("Whole."), b"data: [DONE]"], "stop"),
        ([delta("Whole."), finish("eos"), DONE], "stop"),
        ([delta("Whole."), finish("length"), DONE], "length"),
        ([b"\xef\xbb\xbf: hello\r\nevent: message\r\n" + delta("Whole.").replace(b"\n", b"\r\n"), DONE], "stop"),
        ([delta([{"type": "thinking", "thinking": []}]), delta([{"type": "text", "text": "Whole."}]), DONE], "stop"),
        ([delta("Whole."), finish(), b"data: {oops\n\n"], "stop"),
        ([event(choices=[]), delta("Whole."), usage(1, 1), DONE, b"data: {oops\n\n"], "stop"),
    ],
)
def test_each_way_to_say_the_end_is_understood(
    endpoint: ModelEndpoint, models: Models, chunks: list[bytes], ended: str
) -> None:
    endpoint.replies = [raw(*chunks)]
    text, stream = heard(models(endpoint.url))
    assert (text, stream.finish, stream.fault) == ("Whole.", ended, "")


def test_an_endpoint_that_has_finished_and_does_not_close_is_not_waited_for(
    endpoint: ModelEndpoint, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.llm.call.TAIL", 0.1)
    endpoint.replies = [hang_after(delta("Whole."), finish())]
    text, stream = heard(models(endpoint.url))
    assert (text, stream.finish, stream.fault) == ("Whole.", "stop", "")


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


@pytest.mark.parametrize("byte", [b"\xff", b"}", b"[", b'"', b"\n", b"\\", b"0"])
def test_a_stream_with_any_byte_changed_is_read_or_refused(byte: bytes) -> None:
    for at in range(len(STREAM)):
        call = gathered(STREAM[:at] + byte + STREAM[at + 1 :])
        assert call.finish in ("stop", "length", "cut")
        assert bool(call.fault) == (call.finish == "cut")


# Words


def test_characters_survive_any_cutting_of_the_bytes(endpoint: ModelEndpoint, models: Models) -> None:
    text = "Zürich – 東京 😀."
    content = delta(text).decode("unicode_escape").encode("utf-16", "surrogatepass").decode("utf-16").encode()
    endpoint.replies = [split(content + finish() + DONE)]
    assert heard(models(endpoint.url))[0] == text


@pytest.mark.parametrize(
    ("pieces", "shown"),
    [
        (["a \ud83d", "\ude00 b"], "a 😀 b"),
        (["a \ud83d", " b"], "a \ufffd b"),
        (["a \ude00 b", "\ud83d"], "a \ufffd b\ufffd"),
        (["\ud83d", "", "\ude00"], "😀"),
        (["nul\0 esc\x1b[31m c1\x9b del\x7f", " tab\tline\r\nend"], "nul esc[31m c1 del tab\tline\nend"),
        (["\u202ebidi\u2066 ", "tags\U000e0041"], "bidi tags"),
        (["\n\n Hello"], "Hello"),
        (["<think>Let me", " see</thi", "nk>\n\nHello"], "Hello"),
        (["<", "th", "ink></think><think>more</think>", "Hello"], "Hello"),
        (["</think>\n", "Hello"], "Hello"),
        (["<th", "ree> tags"], "<three> tags"),
        (["It writes <think> and", " </think>."], "It writes <think> and </think>."),
        (["<thi"], "<thi"),
    ],
)
def test_only_words_fit_to_show_are_shown(
    endpoint: ModelEndpoint, models: Models, pieces: list[str], shown: str
) -> None:
    endpoint.replies = [words(*pieces)]
    text, stream = heard(models(endpoint.url))
    assert (text, stream.finish) == (shown, "stop")


# Leaving


@pytest.mark.parametrize("reply", [hang, hang_after(), hang_after(BEGUN), repeat(delta("on and "), every=0.02)])
def test_closing_ends_the_work_of_the_endpoint(endpoint: ModelEndpoint, models: Models, reply: Reply) -> None:
    endpoint.replies = [reply]
    with closing(models(endpoint.url).stream(ASKED, most_tokens=50)) as stream:
        next(stream)
    assert endpoint.left.wait(1)
    assert (stream.finish, stream.fault) == ("cut", "The answer was stopped.")


def test_another_thread_can_cancel_and_whoever_iterates_comes_to_the_end(
    endpoint: ModelEndpoint, models: Models
) -> None:
    endpoint.replies = [hang]
    stream = models(endpoint.url).stream(ASKED, most_tokens=50)
    next(stream)
    timer = threading.Timer(0.1, stream.cancel)
    timer.start()
    assert all(isinstance(piece, Waiting) for piece in stream)
    timer.join()
    assert endpoint.left.wait(1)


def test_a_stream_that_nobody_holds_any_more_is_left(endpoint: ModelEndpoint, models: Models) -> None:
    endpoint.replies = [hang]
    model = models(endpoint.url)
    next(model.stream(ASKED, most_tokens=50))
    assert endpoint.left.wait(1)


def test_while_nothing_comes_a_line_says_what_is_waited_for(endpoint: ModelEndpoint, models: Models) -> None:
    endpoint.replies = [hang]
    with models(endpoint.url).stream(ASKED, most_tokens=50) as stream:
        assert next(stream) == Waiting(f"Waiting for some-model at {endpoint.host}: 0 s.")


def test_after_a_call_was_left_the_next_one_works(endpoint: ModelEndpoint, models: Models) -> None:
    endpoint.replies = [hang, words("Next.")]
    model = models(endpoint.url)
    with model.stream(ASKED, most_tokens=50) as stream:
        next(stream)
    assert endpoint.left.wait(1)
    assert heard(model)[0] == "Next."


def test_a_model_is_not_pickled_and_a_fault_is_a_value(endpoint: ModelEndpoint, models: Models) -> None:
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(models(endpoint.url))
    assert Fault("why").error is ModelError
