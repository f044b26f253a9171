"""Throughput of ingesting 1,000 abstracts beside the embedding model alone on the same texts. Bar: at least 0.75.

Ours reads the file, compares, embeds, commits batch by batch and makes the index; the yardstick embeds the same
passages in the same batches.
"""

import json
import tempfile
from pathlib import Path

from timing import machine, made_papers, seconds

from ingest.embedding import make_embedder
from ingest.entry import make_entry
from ingest.library import ingest_sources
from ingest.pipeline import BATCH_PAPERS
from ingest.settings import Settings

PAPERS = 1_000


def main() -> None:
    papers = made_papers(PAPERS)
    texts = [make_entry(paper).texts for paper in papers]
    embedder = make_embedder(Settings(Path(tempfile.gettempdir())))
    assert embedder
    model = embedder
    model.embed(texts[0])

    def embed(batch: list[list[str]]) -> None:
        model.embed([text for entry in batch for text in entry])

    alone = ours = 0.0
    with tempfile.TemporaryDirectory() as folder:
        half = PAPERS // 2
        for turn in range(2):  # in turns, so that a slow minute of the machine falls on both
            part = slice(turn * half, (turn + 1) * half)
            source = Path(folder) / f"papers-{turn}.jsonl"
            rows = (json.dumps({"title": p.title, "abstract": p.abstract}) for p in papers[part])
            source.write_text("\n".join(rows))
            chosen = texts[part]
            for start in range(0, half, BATCH_PAPERS):
                batch = chosen[start : start + BATCH_PAPERS]
                alone += seconds(lambda batch=batch: embed(batch))  # type: ignore[misc]
            ours += seconds(lambda source=source: ingest_sources(Settings(Path(folder)), [str(source)]))  # type: ignore[misc]
    print(f"ingest / embedding alone, throughput: {alone / ours:.2f} (bar at least 0.75); {machine()}")
    print(f"ours {PAPERS / ours:.1f} papers/s, yardstick {PAPERS / alone:.1f} papers/s")


if __name__ == "__main__":
    main()
