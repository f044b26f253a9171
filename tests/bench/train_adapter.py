"""Learns rag/retrieve/adapter.npz: how to move a question in everyday words towards the abstract it is about.

    python -m tests.bench.train_adapter

Questions and papers are tests/bench/data/everyday_*.jsonl; no paper of the bundled page is among them. The map is
q + writes (reads q), trained by softmax over all papers (InfoNCE) with weight decay; four in five questions are
learnt from and the fifth judged, in turn, and then all are learnt from.
"""

import gzip
import json
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.embedding import make_embedder
from ingest.entry import make_entry
from ingest.paper import Paper
from ingest.pipeline import embed_entries
from ingest.settings import Settings
from rag.retrieve.adapter import LEARNT
from rag.retrieve.search import nearness

Floats = NDArray[np.float64]
DATA = Path(__file__).parent / "data"
QUESTIONS, PAPERS = DATA / "everyday_questions.jsonl", DATA / "everyday_papers.jsonl.gz"
RANK, DECAY, TEMPERATURE, STEPS, RATE = 64, 30.0, 0.03, 150, 0.003
MOMENTUM, SPREAD = 0.9, 0.999  # of Adam, as published
FOLDS = 5
FOUND = 5  # k of recall@k


def read() -> tuple[Floats, Floats, Floats, NDArray[np.int64]]:
    """Vectors of questions (n, dim), of papers and of their sentences' middles (m, dim), and whose each question is."""
    model = make_embedder(Settings(Path(tempfile.gettempdir())))
    assert model
    rows = [json.loads(line) for line in gzip.decompress(PAPERS.read_bytes()).decode().splitlines()]
    entries = embed_entries([make_entry(Paper(row["title"], row["abstract"])) for row in rows], model)
    heads = np.stack([entry.rows[:2] for entry in entries if entry.rows is not None]).astype(np.float64)
    places = {row["title"]: place for place, row in enumerate(rows)}
    asked = [json.loads(line) for line in QUESTIONS.read_text("utf-8").splitlines()]
    questions = model.embed([row["question"] for row in asked]).astype(np.float64)
    return questions, heads[:, 0], heads[:, 1], np.array([places[row["title"]] for row in asked])


def learn(questions: Floats, targets: Floats, whose: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """The map (reads, writes) under which each question comes nearest to its own of the targets, by Adam."""
    rng, dim = np.random.default_rng(0), questions.shape[1]
    weights = [rng.normal(0, 0.02, (dim, RANK)), rng.normal(0, 0.02, (dim, RANK))]  # writes, reads
    mean, square = ([np.zeros_like(w) for w in weights] for _ in range(2))
    own = np.arange(len(whose))
    for step in range(1, STEPS + 1):
        writes, reads = weights
        moved = questions + (questions @ reads) @ writes.T
        length = np.linalg.norm(moved, axis=1, keepdims=True)
        unit = moved / length
        logits = unit @ targets.T / TEMPERATURE
        chance = np.exp(logits - logits.max(axis=1, keepdims=True))
        chance /= chance.sum(axis=1, keepdims=True)
        chance[own, whose] -= 1
        slope = chance @ targets / TEMPERATURE / len(whose)
        slope = (slope - (slope * unit).sum(axis=1, keepdims=True) * unit) / length
        slopes = [slope.T @ (questions @ reads), questions.T @ (slope @ writes)]
        for k, weight in enumerate(weights):
            total = slopes[k] + DECAY * weight / len(whose)
            mean[k] = MOMENTUM * mean[k] + (1 - MOMENTUM) * total
            square[k] = SPREAD * square[k] + (1 - SPREAD) * total**2
            by = (mean[k] / (1 - MOMENTUM**step)) / (np.sqrt(square[k] / (1 - SPREAD**step)) + 1e-8)
            weight -= RATE * by
    return weights[1].T, weights[0]


def move(questions: Floats, learnt: tuple[Floats, Floats]) -> Floats:
    reads, writes = learnt
    moved = questions + (questions @ reads.T) @ writes.T
    return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True))


def places_of(questions: Floats, whole: Floats, middle: Floats, whose: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each question's own paper comes among all, from 1, as a search by meaning ranks them."""
    found = [nearness(whole, middle, question) for question in questions]
    return np.array([int((scores > scores[own]).sum()) + 1 for scores, own in zip(found, whose, strict=True)])


def tell(name: str, places: NDArray[np.int64]) -> None:
    print(f"{name}: recall@{FOUND} {(places <= FOUND).mean():.3f}, mean reciprocal rank {(1 / places).mean():.3f}")


def main() -> None:
    questions, whole, middle, whose = read()
    targets = (whole + middle) / np.linalg.norm(whole + middle, axis=1, keepdims=True)
    tell("as asked", places_of(questions, whole, middle, whose))
    held_out = np.zeros(len(whose), dtype=np.int64)
    for part in np.array_split(np.random.default_rng(0).permutation(len(whose)), FOLDS):
        rest = np.setdiff1d(np.arange(len(whose)), part)
        learnt = learn(questions[rest], targets, whose[rest])
        held_out[part] = places_of(move(questions[part], learnt), whole, middle, whose[part])
    tell("moved, held out", held_out)
    reads, writes = learn(questions, targets, whose)
    np.savez(LEARNT, reads=reads.astype(np.float16), writes=writes.astype(np.float16))
    print(f"{LEARNT.name} written: rank {RANK}, learnt from {len(whose)} questions over {len(whole)} papers")


if __name__ == "__main__":
    main()
