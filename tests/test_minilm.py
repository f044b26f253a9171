"""all-MiniLM-L6-v2 on onnxruntime: its numbers, its limits, and what it says when its files are not right."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from math import erf
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ingest.minilm import BATCH_PIECES, GRAPH, MAX_CHARACTERS, MiniLM, batches
from ingest.minilm_graph import EPSILON, HEADS, LAYERS, build_graph, read_spans
from ingest.weights import PACKAGE, TOKENIZER, WEIGHTS, ModelDamagedError, model_folder

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


def test_the_committed_graph_is_what_the_generator_writes() -> None:
    assert build_graph(model_folder() / WEIGHTS).SerializeToString(deterministic=True) == GRAPH.read_bytes()


def test_paraphrases_are_closer_than_strangers(minilm: MiniLM) -> None:
    cat, kitten, shares = minilm.embed(["A cat sits on the mat.", "A kitten is on a rug.", "Share prices fell."])
    assert cat @ kitten > 0.5 > 0.2 > cat @ shares


def test_vectors_have_length_one_and_cosines_stay_in_range(minilm: MiniLM) -> None:
    vectors = minilm.embed(["", " ", "a", "long " * 400, "日本語 – naïve", "🙂" * 300, "[PAD] [CLS]"])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert np.abs(vectors @ vectors.T).max() < 1 + 1e-5


def test_no_texts_make_no_vectors(minilm: MiniLM) -> None:
    assert minilm.embed([]).shape == (0, 384)


def test_a_vector_depends_neither_on_its_neighbours_nor_on_its_place(minilm: MiniLM) -> None:
    texts = ["word " * count for count in (300, 1, 40, 2, 7, 90, 3)]
    alone = np.stack([minilm.embed_query(text) for text in texts])
    np.testing.assert_allclose(minilm.embed(texts), alone, atol=1e-5)


def test_the_model_reads_254_pieces_between_its_two_marks(minilm: MiniLM) -> None:
    limit, over, under = minilm.embed(["cat " * 254, "cat " * 254 + "dog " * 50, "cat " * 253 + "dog"])
    assert np.array_equal(limit, over)
    assert np.abs(limit - under).max() > 1e-4


class CountingTokenizer:
    """The real tokenizer, with the lengths of the texts it was given."""

    def __init__(self, real: Any) -> None:
        self.real = real
        self.lengths: list[int] = []

    def encode_batch_fast(self, texts: list[str]) -> Any:
        self.lengths += map(len, texts)
        return self.real.encode_batch_fast(texts)


def test_a_megabyte_is_cut_before_it_is_tokenised(minilm: MiniLM, monkeypatch: pytest.MonkeyPatch) -> None:
    counting = CountingTokenizer(minilm._tokenizer)
    monkeypatch.setattr(minilm, "_tokenizer", counting)
    assert np.array_equal(minilm.embed_query("word " * 200_000), minilm.embed_query("word " * 300))
    assert counting.lengths == [MAX_CHARACTERS, 5 * 300]


def test_a_lone_surrogate_is_read_as_a_question_mark(minilm: MiniLM) -> None:
    assert np.array_equal(minilm.embed_query("broken \ud83d text"), minilm.embed_query("broken ? text"))


def test_threads_share_one_model_and_get_the_same_vectors(minilm: MiniLM) -> None:
    texts = [f"{'long ' * count}text number {count}" for count in range(32)]
    alone = [minilm.embed_query(text) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(minilm.embed_query, texts))
    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_batches_hold_every_text_once_and_no_more_pieces_than_allowed() -> None:
    lengths = [256, 2, 256, 17, 90, 256, 256, 256, 2, 31] * 20
    groups = list(batches(lengths))
    assert sorted(position for group in groups for position in group) == list(range(len(lengths)))
    assert all(len(group) * max(lengths[i] for i in group) <= BATCH_PIECES for group in groups)
    assert len(groups) <= sum(lengths) / BATCH_PIECES * 1.25


def loaded_by(code: str) -> set[str]:
    """The modules a fresh interpreter holds after running `code`."""
    command = [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


def test_importing_the_module_imports_nothing_heavy() -> None:
    heavy = {"onnxruntime", "tokenizers", "openai", "httpx", "fastembed", "onnx", PACKAGE}
    assert not loaded_by("import ingest.embedding") & heavy


def test_embedding_imports_neither_torch_nor_the_package_of_the_weights() -> None:
    modules = loaded_by("from ingest.minilm import MiniLM; MiniLM().embed(['x'])")
    assert "onnxruntime" in modules
    assert not modules & {"torch", "transformers", "onnx", PACKAGE}


def test_weights_behind_a_link_are_read(tmp_path: Path, minilm: MiniLM) -> None:
    for name in (WEIGHTS, TOKENIZER):
        (tmp_path / name).symlink_to(model_folder() / name)
    assert np.array_equal(MiniLM(tmp_path).embed_query("link"), minilm.embed_query("link"))


def test_one_changed_byte_of_the_weights_is_noticed(tmp_path: Path) -> None:
    content = bytearray((model_folder() / WEIGHTS).read_bytes())
    content[50_000_000] ^= 1
    (tmp_path / WEIGHTS).write_bytes(content)
    (tmp_path / TOKENIZER).symlink_to(model_folder() / TOKENIZER)
    with pytest.raises(ModelDamagedError, match=r"SHA-256 is not the published one.*--force-reinstall"):
        MiniLM(tmp_path, tmp_path / "receipt")
    assert not (tmp_path / "receipt").exists()


def test_a_changed_tokenizer_is_noticed(tmp_path: Path) -> None:
    (tmp_path / WEIGHTS).symlink_to(model_folder() / WEIGHTS)
    (tmp_path / TOKENIZER).write_bytes((model_folder() / TOKENIZER).read_bytes() + b" ")
    with pytest.raises(ModelDamagedError, match=r"tokenizer\.json is damaged"):
        MiniLM(tmp_path)
