"""The library in PAPERCHAT_HOME as it stands: its size on the disk, start to ready, search, answers, memory, ingest.

Papers are taken into a copy, so the library stays as it is. Fill libraries of several sizes, run this on each, and
`--project` extends the figures seen to other sizes (see PROJECTION). One size a line:

    PAPERCHAT_HOME=… python tests/bench/bench_scale.py >> sizes.jsonl
    python tests/bench/bench_scale.py --project sizes.jsonl
"""

import json
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median, quantiles

from timing import machine, made_papers, seconds

from ingest.library import ingest_sources
from ingest.settings import Settings, load_settings
from rag.engine import Engine

SEARCHES, ANSWERS, ADDED = 200, 20, 256
SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
# Bytes and memory grow by the paper, so they are extended along the line through the smallest and the largest size
# seen, an ingest by the rate seen, and a search likewise, which is its upper end: the vector index alone grows with
# the logarithm, words and scores with the papers.
PROJECTION = (
    *("record_mb", "index_mb", "searching_mb", "peak_mb", "first_search_s", "ready_s"),
    *("search_p50_ms", "answer_p50_ms"),
)


def main(args: Sequence[str]) -> None:
    if args[:1] == ["--project"]:
        project([json.loads(line) for line in Path(args[1]).read_text().splitlines() if line.startswith("{")])
    elif args[:1] == ["--used"]:
        print(json.dumps(use(load_settings())))
    else:
        settings = load_settings()
        command = [sys.executable, __file__, "--used"]
        used = json.loads(
            subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1]
        )
        print(json.dumps(used | sizes(settings.home) | taken_in(settings) | {"machine": machine()}), flush=True)


def use(settings: Settings) -> dict[str, float]:
    """In a process of its own, so that its peak of memory is that of a page in use. Tells each part as it is known."""
    began = time.perf_counter()
    told: dict[str, float] = {}

    def tell(name: str, figure: float) -> None:
        told[name] = round(figure, 1)
        print(f"{name} {figure:,.1f}", file=sys.stderr, flush=True)

    with Engine(settings) as engine:
        engine.search("key-value cache", k=1)
        tell("first_search_s", time.perf_counter() - began)
        numbers = engine.index.record.numbers()
        tell("papers", len(numbers))
        drawn = random.Random(7).sample(numbers, min(len(numbers), SEARCHES))
        questions = [e.sentences[0].text if e.sentences else e.paper.title for e in engine.index.record.entries(drawn)]
        found = times(lambda text: engine.search(text[:300]), questions)
        tell("search_p50_ms", 1e3 * median(found))
        tell("search_p99_ms", 1e3 * quantiles(found, n=100)[98])
        tell("searching_mb", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        warmed = seconds(engine.warm)
        tell("ready_s", told["first_search_s"] + warmed)
        titles = [e.paper.title for e in engine.index.record.entries(drawn[:ANSWERS])]
        tell(
            "answer_p50_ms",
            1e3 * median(times(lambda title: engine.ask(f"What is known about {title[:200]}?"), titles)),
        )
        tell("survey_first_s", seconds(lambda: engine.ask("Which papers are about federated learning?")))
        tell("peak_mb", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return told


def times(work: Callable[[str], object], given: Sequence[str]) -> list[float]:
    work(given[0])
    return [seconds(lambda one=one: work(one)) for one in given]  # type: ignore[misc]


def sizes(home: Path) -> dict[str, float]:
    record = (home / "papers.sqlite3").stat().st_size
    index = sum(p.stat().st_size for folder in home.glob("index-*") for p in folder.rglob("*") if p.is_file())
    return {"record_mb": round(record / 1e6, 1), "index_mb": round(index / 1e6, 1)}


def taken_in(settings: Settings) -> dict[str, float]:
    """The rate at which papers more are embedded and committed, and the seconds the index then takes."""
    with tempfile.TemporaryDirectory(dir=settings.home.parent) as folder:
        home = Path(folder) / "home"
        shutil.copytree(settings.home, home)
        source = Path(folder) / "more.jsonl"
        source.write_text("\n".join(json.dumps({"title": p.title, "abstract": p.abstract}) for p in made_papers(ADDED)))
        heard: list[tuple[float, int]] = []

        def progress(papers: int = 0, *, total: int | None = None) -> None:
            heard.append((time.perf_counter(), papers))

        ingest_sources(replace(settings, home=home), [str(source)], progress=progress)
        ended = time.perf_counter()
        heard = [one for one in heard if one[1]]
        rate = sum(papers for _, papers in heard[1:]) / (heard[-1][0] - heard[0][0])
        return {"ingest_papers_per_s": round(rate, 1), "then_index_s": round(ended - heard[-1][0], 1)}


def project(seen: list[dict[str, float]]) -> None:
    """Prints the figures seen and, in brackets, those on the line through the smallest and the largest of them."""
    seen.sort(key=lambda line: line["papers"])
    first, last = seen[0], seen[-1]
    for papers in sorted({*SIZES, *(int(line["papers"]) for line in seen)}):
        known = next((line for line in seen if line["papers"] == papers), None)
        told = [f"{papers:>10,} papers"]
        for name in (name for name in PROJECTION if name in first and name in last):
            slope = (last[name] - first[name]) / (last["papers"] - first["papers"])
            extended = first[name] + slope * (papers - first["papers"])
            told.append(f"{name} {known[name]:,}" if known and name in known else f"{name} [{extended:,.0f}]")
        told.append(f"ingest [{papers / last['ingest_papers_per_s'] / 3600:,.1f} h]")
        print("; ".join(told))


if __name__ == "__main__":
    main(sys.argv[1:])
