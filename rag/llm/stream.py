"""From a running call to what its user takes, piece by piece: words, or a line on what is waited for."""

import time
from collections.abc import Callable, Iterator
from queue import Empty
from types import TracebackType

from ingest.errors import ModelError
from rag.llm.call import Call
from rag.llm.pieces import Finish, Text, Usage, Waiting

HEARTBEAT = 0.2  # seconds; what closes a generator can do so only between two of its pieces


class ChatStream(Iterator[Text | Waiting]):
    """The answer of a chat model as it comes; use it in `with`, or close it.

    At least every HEARTBEAT seconds there is a piece, so that one who shows them can be stopped. Closing ends the
    endpoint's work at once; any thread may do so. Before the first word a fault raises ModelError (TooLongError
    where less text may do); after it, the words stay, `finish` is 'cut' and `fault` says why in a line.
    """

    def __init__(self, call: Call, count: Callable[[Call], Usage]) -> None:
        self._call, self._count = call, count
        self._over = self._left = False

    def __next__(self) -> Text | Waiting:
        if self._over:
            raise StopIteration
        try:
            piece = self._call.pieces.get(timeout=HEARTBEAT)
        except Empty:
            return Waiting(self._notice())
        if piece is not None:
            return piece
        self._over = True
        fault = self._call.fault
        if fault is not None and not self._call.characters and not self._left:
            raise fault.error(fault.message)
        raise StopIteration

    @property
    def finish(self) -> Finish | None:
        """How the answer ended: 'stop', 'length' (too long for the limit) or 'cut'; None while it runs."""
        return self._call.finish

    @property
    def fault(self) -> str:
        """Why the answer was cut, in a line; empty where it was not."""
        return self._call.fault.message if self._call.fault else ""

    @property
    def usage(self) -> Usage:
        """What the answer took, so far."""
        return self._count(self._call)

    def raise_if_cut(self) -> None:
        """Raises ModelError with the fault that cut the answer, for who has no use for a part."""
        if self._call.finish == "cut":
            raise ModelError(self.fault)

    def cancel(self) -> None:
        """Ends the answer and the endpoint's work on it, from any thread; whoever iterates comes to the end."""
        self._left = True
        self._call.leave()

    close = cancel

    def __enter__(self) -> "ChatStream":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def _notice(self) -> str:
        call = self._call
        if call.notice:
            return call.notice
        waited = f"{time.monotonic() - (call.started if call.first_at is None else call.sign):.0f} s"
        name = call.model or "the model"
        if call.first_at is not None:
            return f"Waiting for {name} to continue: {waited}."
        return f"{name} is thinking: {waited}." if call.thinking else f"Waiting for {name} at {call.host}: {waited}."
