"""all-MiniLM-L6-v2 on onnxruntime: its numbers, its limits, and what it says when its files are not right."""

from math import erf
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ingest.minilm import MiniLM
from ingest.minilm_graph import EPSILON, HEADS, LAYERS, read_spans
from ingest.weights import WEIGHTS, model_folder

Floats = NDArray[np.float64]


@pytest.fixture(scope="module")
def minilm() -> MiniLM:
    return MiniLM()


class Reference:
    """The published network written out in numpy at double precision, one text at a time, without padding."""

    def __init__(self, weights: Path) -> None:
        self.file = np.memmap(weights, np.uint8, mode="r")
        self.spans = read_spans(weights)

    def weight(self, name: str) -> Floats:
        span = self.spans[name]
        values: Floats = self.file[span.offset :][: span.length].view(np.float32).reshape(span.shape).astype(np.float64)
        return values

    def linear(self, rows: Floats, name: str) -> Floats:
        return rows @ self.weight(f"{name}.weight").T + self.weight(f"{name}.bias")

    def norm(self, rows: Floats, name: str) -> Floats:
        centred = rows - rows.mean(axis=-1, keepdims=True)
        scaled: Floats = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + EPSILON)
        return scaled * self.weight(f"{name}.weight") + self.weight(f"{name}.bias")

    def attention(self, rows: Floats, name: str) -> Floats:
        parts = [self.linear(rows, f"{name}.self.{part}") for part in ("query", "key", "value")]
        query, key, value = (part.reshape(len(rows), HEADS, -1).transpose(1, 0, 2) for part in parts)
        scores = query @ key.transpose(0, 2, 1) / np.sqrt(query.shape[-1])
        shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
        seen = shares / shares.sum(axis=-1, keepdims=True) @ value
        return self.linear(seen.transpose(1, 0, 2).reshape(len(rows), -1), f"{name}.output.dense")

    def embed(self, ids: list[int]) -> Floats:
        places = self.weight("embeddings.position_embeddings.weight")[: len(ids)]
        segment = self.weight("embeddings.token_type_embeddings.weight")[0]
        words = self.weight("embeddings.word_embeddings.weight")[ids]
        rows = self.norm(words + places + segment, "embeddings.LayerNorm")
        for layer in range(LAYERS):
            name = f"encoder.layer.{layer}"
            attended = self.attention(rows, f"{name}.attention")
            rows = self.norm(rows + attended, f"{name}.attention.output.LayerNorm")
            wide = self.linear(rows, f"{name}.intermediate.dense")
            active = wide * 0.5 * (1 + np.vectorize(erf)(wide / np.sqrt(2)))
            rows = self.norm(rows + self.linear(active, f"{name}.output.dense"), f"{name}.output.LayerNorm")
        mean = rows.mean(axis=0)
        vector: Floats = mean / np.sqrt((mean**2).sum())
        return vector


def test_vectors_equal_the_published_network_written_out_in_numpy(minilm: MiniLM) -> None:
    texts = ["", "A cat.", "Diffusion transformers scale predictably with compute; naïve baselines do not. " * 3]
    reference = Reference(model_folder() / WEIGHTS)
    expected = [reference.embed(minilm._tokenizer.encode(text).ids) for text in texts]
    np.testing.assert_allclose(minilm.embed(texts), expected, atol=1e-5, rtol=0)
