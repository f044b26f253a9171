"""Takes sources into an index while it is searched: one at a time, told step by step, stopped when asked.

What is committed is searched from the next question on; what is stopped keeps what was committed.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ingest.errors import BusyError, StoppedError
from ingest.index import PaperIndex
from ingest.library import Ingested, Progress, Source, count_papers, take_in
from ingest.locks import writing

BUSY = "Another import is running; wait for it to finish, or stop it."
MOST_TITLES = 20  # of papers that came in, given by name


@dataclass
class Taken:
    """What came of an import: its report, the papers now otherwise than before, and the titles of the first of them.

    The counts of the report are to be told only where it was not `stopped`: they include what was not committed.
    """

    report: Ingested = field(default_factory=Ingested)
    changed: int = 0
    titles: tuple[str, ...] = ()
    stopped: bool = False


class Intake:
    """Imports into one index that is open and in use."""

    def __init__(self, index: PaperIndex) -> None:
        self._index = index
        self._turn = threading.Lock()
        self._closing = threading.Event()

    def take(self, sources: Sequence[Source], *, stopped: Callable[[], bool], progress: Progress) -> Taken:
        """Takes the sources in; raises BusyError where another import runs, here or in another process.

        `stopped` is asked at each step whether to go on. Raises StoreError or ModelError.
        """
        if not self._turn.acquire(blocking=False):
            raise BusyError(BUSY)
        taken = Taken()
        before = self._index.record.revision()

        def step(papers: int = 0, *, total: int | None = None) -> None:
            if stopped() or self._closing.is_set():
                raise StoppedError("The import was stopped.")
            progress(papers, total=total)

        try:
            readable = count_papers(sources, taken.report, step)
            with writing(self._index.settings.home, told=lambda sentence: None, wait=0):
                take_in(self._index, readable, taken.report, step)
        except StoppedError:
            taken.stopped = True
        finally:
            self._turn.release()
        changed = self._index.record.numbers(since=before)
        taken.changed = len(changed)
        taken.titles = tuple(entry.paper.title for entry in self._index.record.entries(changed[:MOST_TITLES]))
        return taken

    def close(self) -> None:
        """Stops what runs and waits for it, so that the index can be closed."""
        self._closing.set()
        with self._turn:
            pass
