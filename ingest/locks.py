"""Which process may do what: one writes the record at a time, one owns the index folder. Built on `filelock`."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from ingest.errors import BusyError, StoreError

WRITER_WAIT = 600.0  # seconds a second ingest waits for the first before it gives up


class OwnedFile:
    """A lock file of a folder with, beside it, the number of the process that holds it."""

    def __init__(self, folder: Path, name: str) -> None:
        self._lock = FileLock(folder / f"{name}.lock", thread_local=False)
        self._holder = folder / f"{name}.pid"

    def take(self) -> bool:
        """Whether this process has it, now or already; the system frees it when the process ends, however it ends."""
        if self._lock.is_locked:
            return True
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            return False
        except OSError as error:
            folder = self._holder.parent
            raise StoreError(
                f"{folder} cannot be written ({error.strerror}); check PAPERCHAT_HOME and the disk."
            ) from error
        with suppress(OSError):  # a disk too full for a name is no reason not to go on
            self._holder.write_text(str(os.getpid()))
        return True

    def release(self) -> None:
        if self._lock.is_locked:
            with suppress(OSError):
                self._holder.unlink()
            self._lock.release()

    def holder(self) -> str:
        """'process 4711' or 'another process'."""
        try:
            return f"process {int(self._holder.read_text())}"
        except (OSError, ValueError):
            return "another process"


@contextmanager
def writing(folder: Path, *, told: Callable[[str], None], wait: float = WRITER_WAIT) -> Iterator[None]:
    """Holds the writer's lock; `told` hears one sentence if another process has it.

    Raises BusyError, naming the process, when it is not free after `wait` seconds.
    """
    lock = OwnedFile(folder, "ingest")
    deadline = time.monotonic() + wait
    first = True
    while not lock.take():
        if time.monotonic() >= deadline:
            raise BusyError(
                f"Another import is running ({lock.holder()}) in {folder}; wait for it to finish and run again."
            )
        if first:
            told(f"Another import is running ({lock.holder()}); waiting for it to finish …")
        first = False
        time.sleep(0.1)
    try:
        yield
    finally:
        lock.release()
