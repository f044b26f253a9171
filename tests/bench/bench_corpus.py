"""Ingesting whole sources into an empty home: the embedding model's share of the time, and the peak memory.

Ours reads, compares, embeds, commits and makes the indexes; the yardstick is the time of its own calls of the
embedding model, so that a slow hour of the machine falls on both. Bars: at least 0.80, and 3 GiB.

    PYTHONPATH=tests/bench uv run python tests/bench/bench_corpus.py SOURCE [SOURCE ...]
"""

import resource
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from timing import machine

from ingest.embedding import Embedder, make_embedder
from ingest.library import ingest_sources
from ingest.settings import Settings

KIB_A_GIB = 1 << 20


def timed_calls(model: Embedder) -> list[float]:
    """The seconds of each call of this kind of model from now on, as they come."""
    seconds: list[float] = []
    kind: Any = type(model)
    plain = kind.embed

    def embed(self: Embedder, texts: Sequence[str]) -> NDArray[np.float32]:
        start = perf_counter()
        vectors: NDArray[np.float32] = plain(self, texts)
        seconds.append(perf_counter() - start)
        return vectors

    kind.embed = embed
    return seconds


class Gone:
    """Says on standard error, every 5,000 papers, how it stands: a run of hours may be ended before its end."""

    def __init__(self, calls: list[float], start: float) -> None:
        self._calls, self._start, self._papers = calls, start, 0

    def __call__(self, papers: int = 0, *, total: int | None = None) -> None:
        before, self._papers = self._papers, self._papers + papers
        if before // 5_000 < self._papers // 5_000:
            took = perf_counter() - self._start
            print(
                f"{self._papers} papers: {took:.0f} s, {sum(self._calls) / took:.2f} of them embedding", file=sys.stderr
            )


def main(sources: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(Path(folder))
        model = make_embedder(settings)
        assert model
        calls = timed_calls(model)
        start = perf_counter()
        report = ingest_sources(settings, sources, progress=Gone(calls, start))
        took = perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB_A_GIB
    print(f"{report.seen} papers seen, {report.added} added in {took:.0f} s, {sum(calls):.0f} s of them embedding")
    print(f"ingest / embedding alone, throughput: {sum(calls) / took:.2f} (bar at least 0.80); {machine()}")
    print(f"peak memory {peak:.2f} GiB (bar at most 3)")


if __name__ == "__main__":
    main(sys.argv[1:])
