"""One call of a chat model as it runs: a thread reads, a clock watches it from outside, a queue holds what came.

The clock stands outside because no timeout of a read ends a stream of keep-alive lines. Knows no endpoint.
"""

import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import NamedTuple

from ingest.endpoint import Fault
from rag.llm.events import Event
from rag.llm.line import Line
from rag.llm.pieces import Finish, Text
from rag.llm.words import Words

MAX_CHARACTERS = 20_000  # of an answer
TAIL = 2.0  # seconds for what may follow the last word: the count of tokens, the end mark
DRAIN = 0.5  # seconds for the last bytes after the end mark, so that the connection can serve again
SLOW = "Check the endpoint, choose a faster PAPERCHAT_MODEL, or raise PAPERCHAT_TIMEOUT."
TICK = 0.1  # seconds between two looks at the clock


class Limits(NamedTuple):
    """Seconds: for the whole answer, until its first word, and between two words."""

    total: float
    first: float
    gap: float


class Call:
    """What has come of one call. The reading thread fills it, the clock may end it, and so may anyone."""

    def __init__(self, limits: Limits, host: str) -> None:
        self.pieces: SimpleQueue[Text | None] = SimpleQueue()  # None: nothing follows
        self.limits, self.host = limits, host
        self.model = ""
        self.notice = ""  # what is waited for, where it is not the next word
        self.fault: Fault | None = None
        self.finish: Finish | None = None
        self.tokens: tuple[int, int] | None = None
        self.characters = 0
        self.started = self.sign = time.monotonic()  # `sign`: when a word, thought or finish last came
        self.first_at: float | None = None
        self.ended_at: float | None = None
        self.thinking = False
        self._said = ""  # why the endpoint says it has finished
        self._words = Words()
        self._line: Line | None = None
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._idle = threading.Event()  # the reading thread has nothing left to do

    def start(self, fetch: Callable[["Call"], Fault | None]) -> None:
        """Runs `fetch` in a thread of its own, which returns why it failed, or None."""
        threading.Thread(target=self._read, args=[fetch], name="chat model", daemon=True).start()
        threading.Thread(target=self._watch, name="chat model's clock", daemon=True).start()

    @property
    def ended(self) -> bool:
        return self._ended.is_set()

    @property
    def patience(self) -> float:
        """Seconds left for the first word."""
        return self.started + min(self.limits.first, self.limits.total) - time.monotonic()

    def hold(self, line: Line | None) -> None:
        """Takes the line that this call is on, to be broken off with it; None: it is on none."""
        with self._lock:
            self._line = line
            if line is not None and self.ended:
                line.break_off()

    def pause(self, seconds: float) -> bool:
        """Waits, and tells whether the call still goes on."""
        return not self._ended.wait(seconds)

    def begin_again(self) -> None:
        """Forgets what an attempt began that came to no word."""
        self.notice = self._said = ""
        self.thinking, self._words = False, Words()

    def take(self, event: Event) -> None:
        """Takes in an event of the stream."""
        self.tokens = event.tokens or self.tokens
        shown = self._show(self._words.feed(event.text)) if event.text else False
        thought = self.first_at is None and (event.thought or (bool(event.text) and self._words.thinking))
        self.thinking = self.first_at is None and (self.thinking or thought)
        if shown or thought or (event.finish and not self._said):
            self.sign = time.monotonic()
        self._said = event.finish or self._said
        if self.characters >= MAX_CHARACTERS:
            self._said = "length"
            self.end()
        elif event.done:
            self._said = self._said or "stop"
            self.end()

    def end(self, fault: Fault | None = None) -> None:
        """The call is over, for the given reason or because nothing follows. Only the first end counts."""
        with self._lock:
            if self.ended:
                return
            if fault is None:
                self._show(self._words.end())
            elif self._said and self.characters:
                fault = None  # the answer is whole, whatever happened after it
            self.fault = fault or self._shortcoming()
            self.finish = "cut" if self.fault or not self._said else "length" if self._said == "length" else "stop"
            self.ended_at = time.monotonic()
            self._ended.set()
        self.pieces.put(None)

    def leave(self) -> None:
        """Ends the call, if it still runs, and the endpoint's work on it, at once."""
        if not self.ended:
            self.end(Fault("The answer was stopped."))
            self.break_off()

    def break_off(self) -> None:
        with self._lock:
            if self._line is not None:
                self._line.break_off()

    def _show(self, words: str) -> bool:
        words = words[: MAX_CHARACTERS - self.characters]
        if words and not self.ended:
            self.first_at = self.first_at or time.monotonic()
            self.characters += len(words)
            self.pieces.put(Text(words))
        return bool(words)

    def _shortcoming(self) -> Fault | None:
        """What an endpoint that ended without a fault still owes."""
        if not self.characters:
            spent = "spent its tokens on thinking" if self._said == "length" else "ended"
            return Fault(f"{self.host}: {self.model!r} {spent} without a word. Check PAPERCHAT_MODEL.")
        if not self._said:
            return Fault(f"{self.host} stopped before the end of the answer.")
        if self._said == "content_filter":
            return Fault(f"{self.host} cut the answer off with its content filter.")
        return None

    def _read(self, fetch: Callable[["Call"], Fault | None]) -> None:
        try:
            self.end(fetch(self))
        finally:
            self.end(Fault("The chat model's reader failed."))  # only where the line above raised
            self._idle.set()

    def _watch(self) -> None:
        """Ends the call, and breaks off its line, when it takes too long; also where nobody reads it any more."""
        while not self._idle.wait(TICK):
            due, fault = self._due()
            if time.monotonic() >= due:
                self.end(fault)
                self.break_off()
                return

    def _due(self) -> tuple[float, Fault | None]:
        """When the call has to be broken off, if nothing more comes, and why."""
        limits = self.limits
        if self.ended_at is not None:
            return self.ended_at + DRAIN, None
        end = self.started + limits.total
        if self._said:
            return min(self.sign + TAIL, end), None
        if self.first_at is not None or self.thinking:
            due, late = self.sign + limits.gap, f"sent nothing more for {limits.gap:g} seconds"
        else:
            due, late = self.started + limits.first, f"sent no word within {limits.first:g} seconds"
        if end < due:
            due, late = end, f"did not finish its answer within {limits.total:g} seconds"
        return due, Fault(f"{self.host} {late}. {SLOW}")
