"""The map of the papers as a reader can use it: ids, titles, places, groups. Laid out aside where it is missing.

Laying out takes a minute at ten thousand papers, so another process does it while the old map, or none, is shown.
"""

import subprocess
import sys
import threading
from dataclasses import dataclass

import numpy as np

from ingest.atlas import Atlas, kept
from ingest.index import PaperIndex

SECONDS_TO_END = 5.0  # for the process that lays out, when it is told to stop


@dataclass(frozen=True, slots=True)
class Spot:
    """A paper on the map: where it lies, from -1 to 1 both ways, and its group."""

    id: str
    title: str
    x: float
    y: float
    group: int


@dataclass(frozen=True, slots=True)
class Mapped:
    """A map: its papers, terms for each group, and the revision it shows; `waits` while a newer one is laid out."""

    spots: tuple[Spot, ...]
    terms: tuple[str, ...]
    revision: int
    waits: bool = False

    def members(self, group: int) -> list[Spot]:
        """The papers of a group, the most central first."""
        own = [spot for spot in self.spots if spot.group == group]
        if not own:
            return []
        x, y = np.median([[spot.x, spot.y] for spot in own], axis=0)
        return sorted(own, key=lambda spot: (spot.x - x) ** 2 + (spot.y - y) ** 2)


class Atlases:
    """The maps of one index, in step with its record. Safe to share between threads."""

    def __init__(self, index: PaperIndex) -> None:
        self._index = index
        self._turn = threading.Lock()
        self._last: Mapped | None = None
        self._tried = -1
        self._process: subprocess.Popen[bytes] | None = None

    def current(self) -> Mapped:
        """The map as it is on disk, without a paper where there is none yet; has a newer one made where it is old."""
        index = self._index
        revision = index.record.revision()
        with self._turn:
            if self._last and self._last.revision == revision:
                return self._last
            embedding = index.embedder.name if index.embedder else ""
            atlas = kept(index.settings.home, index.record, embedding)
            if atlas is None or atlas.revision != revision:
                waits = index.count() > 0 and self._have_made(revision, embedding)
                return self._mapped(atlas, waits) if atlas else Mapped((), (), -1, waits)
            self._last = self._mapped(atlas, False)
            return self._last

    def close(self) -> None:
        """Ends a process that still lays out."""
        with self._turn:
            process, self._process = self._process, None
        if process and process.poll() is None:
            process.terminate()
            process.wait(SECONDS_TO_END)

    def _have_made(self, revision: int, embedding: str) -> bool:
        """Whether a map of this revision is on its way: each is tried once."""
        running = self._process is not None and self._process.poll() is None
        if not running and self._tried != revision:
            self._tried = revision
            command = [sys.executable, "-m", "ingest.atlas", str(self._index.settings.home.resolve()), embedding]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
            return True
        return running

    def _mapped(self, atlas: Atlas, waits: bool) -> Mapped:
        plane = atlas.plane
        places = zip(plane.xy.round(4).tolist(), plane.group.tolist(), strict=True)
        at = dict(zip(plane.numbers.tolist(), places, strict=True))
        spots = tuple(
            Spot(paper_id, title, at[number][0][0], at[number][0][1], at[number][1])
            for number, paper_id, title, *_ in self._index.record.texts()
            if number in at
        )
        return Mapped(spots, atlas.terms, atlas.revision, waits)
