"""Moves a question in everyday words towards the abstracts that answer such questions.

The model of embedding was made for sentences that say the same; who remembers a paper without its vocabulary says it
otherwise. What lies between is a linear map of low rank, learnt by tests.bench.train_adapter.py from questions that
people could ask about 596 other papers. Knows no papers.
"""

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.index import PaperIndex

Floats = NDArray[np.float32]

LEARNT = Path(__file__).with_name("adapter.npz")
MODEL = "minilm-l6-v2"  # whose vectors it was learnt for


def moved_query(index: PaperIndex, text: str) -> Floats | None:
    """The vector of a question or topic (dim,), moved towards abstracts; None without a model."""
    vector, embedder = index.embed_query(text), index.embedder
    return None if vector is None or embedder is None else towards_abstracts(vector, embedder.name)


def towards_abstracts(vector: Floats, model: str) -> Floats:
    """The vector of a question (dim,), moved and of length 1 again; as it is for any other model of embedding."""
    if model != MODEL:
        return vector
    reads, writes = _learnt()
    moved = vector + writes @ (reads @ vector)
    return np.asarray(moved / np.linalg.norm(moved), dtype=np.float32)


@cache
def _learnt() -> tuple[Floats, Floats]:
    """What is read off a question (rank, dim), and what that adds to it (dim, rank)."""
    with np.load(LEARNT, allow_pickle=False) as held:
        return held["reads"].astype(np.float32), held["writes"].astype(np.float32)
