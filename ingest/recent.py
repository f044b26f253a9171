"""What was read of papers not long ago, kept in memory."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, Protocol, TypeVar


class Numbered(Protocol):
    """Something of a paper."""

    @property
    def number(self) -> int: ...


FETCHES = 5  # times that is read again because a commit came between

Kept = TypeVar("Kept", bound=Numbered)


class Recent(Generic[Kept]):
    """As many things of papers as stated, those asked for last, all of one revision. Safe to share between threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[int, Kept] = OrderedDict()
        self._of = -1  # the revision of what is kept
        self._lock = threading.Lock()

    def get(
        self, numbers: Sequence[int], read: Callable[[Sequence[int]], Iterable[Kept]], revision: Callable[[], int]
    ) -> list[Kept]:
        """Those of the papers with these numbers, in their order; `read` is asked for what is not kept."""
        with self._lock:
            self._fill(numbers, read, revision)
            found = [self._kept[number] for number in numbers if number in self._kept]
            for one in found:
                self._kept.move_to_end(one.number)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
            return found

    def _fill(
        self, numbers: Sequence[int], read: Callable[[Sequence[int]], Iterable[Kept]], revision: Callable[[], int]
    ) -> None:
        """Reads what is missing, again where a commit came between."""
        for _ in range(FETCHES):
            now = revision()
            if self._of != now:
                self._kept.clear()
            missing = [number for number in numbers if number not in self._kept]
            self._kept.update((one.number, one) for one in (read(missing) if missing else ()))
            self._of = now
            if not missing or revision() == now:
                return
