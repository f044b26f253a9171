"""One search over the bundled page, in process, beside embedding its query alone. Bar: 3."""

import itertools
import tempfile
from pathlib import Path

from timing import PAGE, compare

from ingest.library import ingest_sources
from ingest.settings import Settings
from rag.engine import Engine

QUESTIONS = [
    "Which quantization keeps the key-value cache small without losing accuracy?",
    "How do BottleFit and the Entropic Student split a network?",
    "What happens to policy entropy during reinforcement learning?",
    "Which papers train large models on a single GPU?",
]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(Path(folder))
        ingest_sources(settings, [str(PAGE)])
        with Engine(settings) as engine:
            embedder = engine.index.embedder
            assert embedder
            ours, yardstick = itertools.cycle(QUESTIONS), itertools.cycle(QUESTIONS)
            compare(
                "search / embedding its query",
                lambda: engine.search(next(ours)),
                lambda: embedder.embed_query(next(yardstick)),
                turns=200,
                bar=3,
            )


if __name__ == "__main__":
    main()
