"""An answer without a model beside one search for the same question, for each kind of turn. Bar: 1.5 times.

    python -m tests.bench.bench_turn [--home FOLDER] [--turns N]

FOLDER holds an index already made (such as of 10,000 papers); without it, the bundled page is ingested. Questions
name papers drawn by lot with a fixed seed.
"""

import argparse
import random
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from ingest.library import ingest_sources
from ingest.names import nickname
from ingest.settings import Settings
from rag.engine import Engine
from rag.types import Turn
from tests.bench.timing import PAGE, report, seconds

BAR = 1.5
Asked = tuple[str, str, tuple[Turn, ...]]  # kind, question, history


def draw_questions(engine: Engine, turns: int) -> Iterator[Asked]:
    """Turns of every kind about papers drawn by lot."""
    draw = random.Random(5)
    entries = list(engine.index.record.entries(engine.index.record.numbers()[:2000]))
    named = [entry.paper for entry in entries if nickname(entry.paper)]
    for _ in range(turns):
        one, two = draw.sample(named, 2)
        topic = " ".join(draw.choice(named).title.partition(":")[2].split()[-3:]) or "memory"
        yield "fact", f"What does {nickname(one)} achieve compared with earlier work?", ()
        yield "compare", f"Compare {nickname(one)} and {nickname(two)}", ()
        yield "survey", f"Which papers are about {topic}?", ()
        yield "summary", f"Summarise {nickname(one)}", ()
        said = (
            Turn("user", f"What is {nickname(one)}?"),
            Turn("assistant", f"{nickname(one)}: {one.abstract[:200]} [7]."),
        )
        yield "follow-up", "And how well does it work?", said


def measure(engine: Engine, turns: int) -> None:
    ours: dict[str, list[float]] = {}
    searches: dict[str, list[float]] = {}
    for warm in (True, False):
        for kind, question, history in draw_questions(engine, 1 if warm else turns):
            engine.index._embed_query.cache_clear()  # type: ignore[union-attr]
            alone = seconds(lambda question=question: engine.search(question))
            engine.index._embed_query.cache_clear()  # type: ignore[union-attr]
            whole = seconds(lambda question=question, history=history: engine.ask(question, history))
            if not warm:
                ours.setdefault(kind, []).append(whole)
                searches.setdefault(kind, []).append(alone)
    for kind in ours:
        report(f"{engine.count():,} papers, {kind}: answer / search", ours[kind], searches[kind], bar=BAR)
    report(f"{engine.count():,} papers, all kinds", flat(ours.values()), flat(searches.values()), bar=BAR)


def flat(parts: "Sequence[list[float]] | object") -> list[float]:
    return [value for part in parts for value in part]  # type: ignore[attr-defined]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--home", type=Path, help="folder of an index already made")
    parser.add_argument("--turns", type=int, default=20, help="turns of each kind")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(given.home or Path(folder))
        if not given.home:
            ingest_sources(settings, [str(PAGE)])
        with Engine(settings) as engine:
            measure(engine, given.turns)


if __name__ == "__main__":
    main()
