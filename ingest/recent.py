"""What was read of papers not long ago, kept in memory."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, Protocol, TypeVar


class Numbered(Protocol):
    """Something of a paper."""

    @property
    def number(self) -> int: ...


Kept = TypeVar("Kept", bound=Numbered)


class Recent(Generic[Kept]):
    """As many things of papers as stated, those asked for last. Safe to share between threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[int, Kept] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, numbers: Sequence[int], read: Callable[[Sequence[int]], Iterable[Kept]]) -> list[Kept]:
        """Those of the papers with these numbers, in their order; `read` is asked for what is not kept."""
        with self._lock:
            missing = [number for number in numbers if number not in self._kept]
            for one in read(missing) if missing else ():
                self._kept[one.number] = one
            found = [self._kept[number] for number in numbers if number in self._kept]
            for one in found:
                self._kept.move_to_end(one.number)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
            return found

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
