"""From messages to a chat model's answer, by any endpoint that speaks OpenAI's chat completions.

Streaming is the implementation, and `complete` drains it. Knows no question, paper or prompt.
"""

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

from ingest.endpoint import ATTEMPTS, MAX_WAIT, OPENAI_URL, Fault, check_access, host_of
from ingest.errors import ModelError, TooLongError
from ingest.settings import MODEL_CONTEXT, Settings
from rag.llm.call import Call, Limits
from rag.llm.dialect import Dialect
from rag.llm.events import read_events
from rag.llm.faults import CHECK, fault_of
from rag.llm.line import Line, RefusedError
from rag.llm.pieces import Message, Text, Usage, Waiting, tokens_of
from rag.llm.stream import ChatStream

__all__ = ["ChatModel", "ChatStream", "Message", "Text", "Usage", "Waiting"]

FIRST = 20.0  # seconds until the first word; a third of a longer timeout, for models that are slow to load
GAP = 20.0  # seconds between two words
PAUSE = 0.5  # seconds before the second attempt, and as many more before each further one
REWORDINGS = 8  # requests said anew for what an endpoint does not understand; there are seven things to leave out
LINES = 4  # connections kept open between calls
SHORTEST = 1.0  # seconds that a call is given, however little is left
THOUGHT_TOKENS = 4_000  # more that an answer may have where the model was seen to think before it speaks
FEWEST_CONTEXT, MOST_CONTEXT = 1024, 10**8  # tokens; an endpoint that tells less or more tells something else
# How vLLM, OpenRouter, Mistral and Groq call the tokens that a listed model reads at once.
CONTEXT_KEYS = ("max_model_len", "context_length", "max_context_length", "context_window")
NO_ANSWERS = ("embed", "rerank", "whisper", "tts", "moderation")  # models in lists that do not chat


Body = Callable[[], dict[str, Any]]


class ChatModel:
    """The chat model that the settings name. Safe to share between threads; close it at the end.

    The first request is made by the first answer. Raises ModelError where no model can be asked at all.
    """

    def __init__(
        self, settings: Settings, *, first: float | None = None, gap: float = GAP, pause: float = PAUSE
    ) -> None:
        if settings.chat_model is None:
            raise ModelError("No chat model is configured. Set OPENAI_API_KEY, or OPENAI_BASE_URL and PAPERCHAT_MODEL.")
        self.name = settings.chat_model  # empty until the endpoint has been asked for its first
        self.endpoint = host_of(settings.openai_base_url or OPENAI_URL)
        check_access(settings.openai_api_key, settings.openai_base_url)
        total = settings.model_timeout
        self._limits = Limits(total, min(first or max(FIRST, total / 3), total), gap)
        self._settings, self._pause, self._closed = settings, pause, False
        self._listed = not self.name
        self.thinks = False  # it was seen to think before it speaks, so an answer has room for that
        self._told_context, self._asked_context = 0, False
        self._dialect = Dialect()
        self._lines: list[Line] = []
        self._lock = threading.Lock()

    @property
    def context(self) -> int:
        """Tokens that the model reads at once: as set, as the endpoint tells, else MODEL_CONTEXT."""
        return self._settings.model_context or self._told_context or MODEL_CONTEXT

    def stream(
        self,
        messages: Sequence[Message],
        *,
        most_tokens: int,
        schema: Mapping[str, Any] | None = None,
        within: float | None = None,
    ) -> ChatStream:
        """The answer as it comes, of at most `most_tokens` tokens; the request begins at once.

        A `schema` asks for JSON of that form, as strictly as the endpoint can; it may answer otherwise all the same.
        `within` is a shorter time limit than the settings', in seconds.
        """
        total = min(self._limits.total, self._limits.total if within is None else max(within, SHORTEST))
        call = Call(self._limits._replace(total=total, first=min(self._limits.first, total)), self.endpoint)
        sent = sent_tokens(messages)
        call.start(lambda call: self._fetch(call, lambda: self._body(call, messages, most_tokens, schema)))
        return ChatStream(call, lambda call: self._count(call, sent))

    def complete(
        self, messages: Sequence[Message], *, most_tokens: int, schema: Mapping[str, Any] | None = None
    ) -> tuple[str, Usage]:
        """The whole of a short answer; raises ModelError where it does not come or is cut."""
        with self.stream(messages, most_tokens=most_tokens, schema=schema) as stream:
            text = "".join(piece.words for piece in stream if isinstance(piece, Text))
            stream.raise_if_cut()
            return text, stream.usage

    def close(self) -> None:
        """Closes what is kept open to the endpoint."""
        with self._lock:
            lines, self._lines, self._closed = self._lines, [], True
        for line in lines:
            line.close()

    def __repr__(self) -> str:
        return f"ChatModel({self.name!r} at {self.endpoint})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A chat model holds a key, so it is not pickled.")

    def _body(
        self, call: Call, messages: Sequence[Message], most_tokens: int, schema: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        """The request in the words that the endpoint is known to understand by now."""
        left = self.context - sent_tokens(messages) - most_tokens
        thoughts = max(0, min(THOUGHT_TOKENS, left)) if self.thinks else 0
        return self._dialect.request(call.model, messages, most_tokens + thoughts, schema)

    def _fetch(self, call: Call, body: Body) -> Fault | None:
        """Makes a few attempts at an answer; a fault that comes after the first word is the last."""
        left = MAX_WAIT
        for attempt in range(1, ATTEMPTS + 1):
            fault = self._try(call, body)
            if fault is None or not fault.passing or call.first_at is not None or attempt == ATTEMPTS:
                return fault
            wait = max(fault.wait, attempt * self._pause)
            if wait > min(left, call.patience):
                return fault._replace(message=fault.message + _too_long_a_wait(fault.wait))
            left -= wait
            call.notice = f"{fault.message} Trying again in {wait:.1f} s."
            if not call.pause(wait):
                return None
            call.begin_again()
        raise AssertionError(ATTEMPTS)

    def _try(self, call: Call, body: Body) -> Fault | None:
        """One attempt. Faults are values, so that no raised error has what the endpoint said for its cause."""
        try:
            with self._line(call) as line:
                call.model = self.name or self._first_listed(line)
                if not call.model:
                    return Fault(f"{self.endpoint} lists no model. Set PAPERCHAT_MODEL, or check OPENAI_BASE_URL.")
                self.name = call.model
                fault = self._ask(call, line, body)
                if call.ended and not fault:
                    self._learn_context(call, line)
                return fault
        except Exception as error:  # whatever a stranger's bytes do to the libraries that read them
            return fault_of(error, self.endpoint, call.model or "the first listed")

    def _ask(self, call: Call, line: Line, body: Body) -> Fault | None:
        """Asks, and asks anew in other words where the endpoint does not know some; raises what `fault_of` reads."""
        for attempt in range(1, REWORDINGS + 1):
            asked = body()
            try:
                return self._listen(call, line, asked)
            except RefusedError as error:
                if error.status == 404 and self._listed:
                    self.name = ""  # the endpoint has other models by now; the next call asks which
                too_long = fault_of(error, self.endpoint, call.model).error is TooLongError
                if too_long or error.status not in (400, 422) or attempt == REWORDINGS:
                    raise
                if not self._dialect.learn(asked, error.complaint):
                    raise
        raise AssertionError(REWORDINGS)

    def _listen(self, call: Call, line: Line, asked: dict[str, Any]) -> Fault | None:
        with line.ask(asked) as response:
            if not response.headers.get("content-type", "").lower().startswith("text/event-stream"):
                return Fault(f"{self.endpoint} answered with a page or file, not with a stream of words. {CHECK}")
            for event in read_events(response.iter_bytes()):
                call.take(event)
                # Some endpoints send no thoughts: all that shows is a limit that was spent before the first word.
                self.thinks = self.thinks or call.thinking or (event.finish == "length" and not call.characters)
                if call.ended and not event.done:
                    break
        return None

    def _first_listed(self, line: Line) -> str:
        """The first listed model that seems to chat; how much it reads is kept, where that is told."""
        self._asked_context = True
        listed = listed_models(line.list_models())
        name = next(iter(chatting(listed) or listed), "")
        self._told_context = listed.get(name, 0)
        return name

    def _learn_context(self, call: Call, line: Line) -> None:
        """Asks once how much the model reads, after an answer is whole, so that nobody waits for it."""
        if not self._asked_context and not self._settings.model_context:
            self._asked_context = True
            with suppress(Exception):  # a list that does not come tells nothing, and the answer is there
                self._told_context = listed_models(line.list_models()).get(call.model, 0)

    @contextmanager
    def _line(self, call: Call) -> Iterator[Line]:
        """A connection for one attempt, broken off with the call."""
        with self._lock:
            line = self._lines.pop() if self._lines else None
        if line is None:
            access = self._settings.openai_api_key, self._settings.openai_base_url
            line = Line(*access, timeout=self._limits.total)
        call.hold(line)
        try:
            yield line
        finally:
            call.hold(None)
            line.mend()
            with self._lock:
                kept = not self._closed and len(self._lines) < LINES
                self._lines += [line] if kept else []
            if not kept:
                line.close()

    def _count(self, call: Call, sent: int) -> Usage:
        now = call.ended_at or time.monotonic()
        tokens_in, tokens_out = call.tokens or (sent, tokens_of(call.characters))
        price = self._settings.model_price
        money = (tokens_in * price[0] + tokens_out * price[1]) / 1e6 if price else None
        to_first = (call.first_at or now) - call.started
        return Usage(call.model, tokens_in, tokens_out, to_first, now - call.started, money, call.tokens is None)


def sent_tokens(messages: Sequence[Message]) -> int:
    """About how many tokens messages are, with the four that part each from the next."""
    return sum(tokens_of(len(message.content)) + 4 for message in messages)


def chatting(names: Iterable[str]) -> list[str]:
    """Those of some models that seem to chat, by their names."""
    return [name for name in names if not any(word in name.lower() for word in NO_ANSWERS)]


def listed_models(body: bytes) -> dict[str, int]:
    """The models of a list, in its order, each with the tokens it reads at once (0: not told)."""
    try:
        entries = {str(entry["id"]): entry for entry in json.loads(body)["data"]}
    except (ValueError, TypeError, KeyError, RecursionError):
        return {}
    fit = {name: entry for name, entry in entries.items() if name and name.isprintable() and len(name) <= 200}
    return {name: _context_of(entry) for name, entry in fit.items()}


def _context_of(entry: Mapping[str, Any]) -> int:
    told = [entry.get(key) for key in CONTEXT_KEYS]
    return next((n for n in told if isinstance(n, int) and FEWEST_CONTEXT <= n <= MOST_CONTEXT), 0)


def _too_long_a_wait(seconds: float) -> str:
    """What to add to a fault where the endpoint asks for a wait that does not fit into an answer."""
    if not seconds:
        return ""
    return f" It asks to wait {seconds:.0f} seconds." if seconds < 1e6 else " It asks to wait for ever."
