"""One import at a time for the whole page, in the background: whoever looks sees how far it is, also after a reload."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from ingest.errors import BusyError
from ingest.intake import BUSY, Taken
from ingest.library import Source
from ui.engine import Engine, explain


@dataclass
class Job:
    """An import under way: papers gone by, of how many, since when; what came of it once it is `ended`."""

    done: int = 0
    total: int | None = None
    began: float = field(default_factory=time.monotonic)
    stopping: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    taken: Taken | None = None
    trouble: str = ""

    def step(self, papers: int = 0, *, total: int | None = None) -> None:
        if total is not None:
            self.total, self.began = total, time.monotonic()
        self.done += papers

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began


class Importer:
    """Begins imports, and knows the one that runs."""

    def __init__(self, opening: "Future[Engine]") -> None:
        self._opening = opening
        self._turn = threading.Lock()
        self._job: Job | None = None

    @property
    def running(self) -> Job | None:
        job = self._job
        return job if job and not job.ended.is_set() else None

    def begin(self, sources: Sequence[Source]) -> Job:
        """Begins an import; raises BusyError while another runs."""
        with self._turn:
            if self.running:
                raise BusyError(BUSY)
            self._job = job = Job()
        threading.Thread(target=self._run, args=(job, sources), name="import", daemon=True).start()
        return job

    def stop(self) -> None:
        """Ends the one that runs at its next step."""
        if job := self.running:
            job.stopping.set()

    def _run(self, job: Job, sources: Sequence[Source]) -> None:
        try:
            intake = self._opening.result().intake
            job.taken = intake.take(sources, stopped=job.stopping.is_set, progress=job.step)
        except Exception as error:
            job.trouble = explain(error)
        finally:
            job.ended.set()
