"""What the benchmarks share: the machine's line, turns taken in alternation, and the median of their ratio.

Machines are noisy, so nothing is compared across runs: each benchmark times ours and the yardstick in turns.
"""

import os
import platform
import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from ingest.entry import make_entry
from ingest.paper import Paper, Unreadable
from ingest.sources import read_source

PAGE = Path(__file__).parents[2] / "ingest" / "pages" / "daily_papers_page.txt"


def machine() -> str:
    """The machine in a line."""
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def compare(name: str, ours: Callable[[], object], yardstick: Callable[[], object], *, turns: int, bar: float) -> float:
    """Times both in turns after one warm-up each and prints the ratio of the medians beside its bar."""
    ours(), yardstick()
    taken = [(seconds(ours), seconds(yardstick)) for _ in range(turns)]
    return report(name, [a for a, _ in taken], [b for _, b in taken], bar=bar)


def report(name: str, ours: Sequence[float], yardstick: Sequence[float], *, bar: float) -> float:
    """Prints the medians in milliseconds, their ratio, the ratio of the minima and the bar; returns the ratio."""
    ratio = median(ours) / median(yardstick)
    least = min(ours) / min(yardstick)
    print(
        f"{name}: {ratio:.2f} (bar {bar:.2f}; of minima {least:.2f}); "
        f"ours {1e3 * median(ours):.1f} ms, yardstick {1e3 * median(yardstick):.1f} ms, {len(ours)} turns; {machine()}"
    )
    return ratio


def run(code: str, *args: str, env: dict[str, str] | None = None) -> None:
    """Runs Python code in a process of its own; raises CalledProcessError where it fails."""
    subprocess.run([sys.executable, "-c", code, *args], check=True, capture_output=True, env=os.environ | (env or {}))


def bundled_papers() -> list[Paper]:
    return [paper for paper in read_source(str(PAGE)) if not isinstance(paper, Unreadable)]


def made_papers(count: int, *, seed: int = 7) -> list[Paper]:
    """Papers of real length: abstracts of eight to twelve sentences drawn from the bundled page."""
    draw = random.Random(seed)
    sentences = [sentence.text for paper in bundled_papers() for sentence in make_entry(paper).sentences]
    return [
        Paper(f"Made paper number {n}", " ".join(draw.choices(sentences, k=draw.randint(8, 12)))) for n in range(count)
    ]
