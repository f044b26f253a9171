"""Which embedding model the settings name, and FastEmbed behind the same interface."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ingest.embedding import make_embedder
from ingest.errors import ModelError
from ingest.fastembed_model import BATCH
from ingest.minilm import MiniLM
from ingest.settings import Settings
from ingest.weights import ModelMissingError

BGE = "BAAI/bge-small-en-v1.5"


class TextEmbedding:
    """FastEmbed 0.9's class as far as we call it; vectors depend on the text and are not of length 1."""

    embedding_size = 2
    calls: list[tuple[str, Any]]  # a fresh list per test

    def __init__(self, model_name: str = BGE, cache_dir: str | None = None, threads: int | None = None) -> None:
        self.calls.append(("open", (model_name, cache_dir)))
        if model_name == "no/network":
            raise ValueError(f"Could not load model {model_name} from any source.")

    @classmethod
    def list_supported_models(cls) -> list[dict[str, Any]]:
        return [{"model": BGE}, {"model": "no/network"}, {"model": "BAAI/bge-base-en-v1.5"}]

    def passage_embed(self, texts: Iterable[str], **kwargs: Any) -> Iterator[NDArray[np.float32]]:
        self.calls.append(("passage", kwargs))
        yield from (np.array([len(text), 1], np.float32) for text in texts)

    def query_embed(self, query: str | Iterable[str], **kwargs: Any) -> Iterator[NDArray[np.float32]]:
        self.calls.append(("query", query))
        yield from (np.array([1, len(text)], np.float32) for text in query)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """What the stand-in for FastEmbed was asked."""
    calls: list[tuple[str, Any]] = []
    monkeypatch.setattr(TextEmbedding, "calls", calls, raising=False)
    module = ModuleType("fastembed")
    module.TextEmbedding = TextEmbedding  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "fastembed", module)
    return calls


def test_the_default_model_is_minilm_with_its_receipt_at_home(tmp_path: Path) -> None:
    embedder = make_embedder(Settings(tmp_path))
    assert isinstance(embedder, MiniLM)
    assert (embedder.name, embedder.dim) == ("minilm-l6-v2", 384)
    assert [file.name for file in tmp_path.iterdir()] == ["verified-model.json"]


def test_none_means_no_model(tmp_path: Path) -> None:
    assert make_embedder(Settings(tmp_path, embedding="none")) is None


def test_a_kind_that_is_unknown_is_named_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="'bert'; write minilm, none, fastembed:MODEL or openai:MODEL"):
        make_embedder(Settings(tmp_path, embedding="bert"))


def test_fastembed_that_is_not_installed_names_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fastembed", None)
    with pytest.raises(ModelMissingError, match=r"pip install 'paperchat\[fastembed\]'.*uv add fastembed"):
        make_embedder(Settings(tmp_path, embedding=f"fastembed:{BGE}"))


def test_fastembed_gives_rows_of_length_one_in_order(tmp_path: Path, calls: list[tuple[str, Any]]) -> None:
    embedder = make_embedder(Settings(tmp_path, embedding=f"fastembed:{BGE}"))
    assert embedder is not None
    assert (embedder.name, embedder.dim) == (f"fastembed:{BGE}", 2)
    expected = np.array([[3, 1] / np.sqrt(9 + 1), [4, 1] / np.sqrt(16 + 1)])
    np.testing.assert_allclose(embedder.embed(["abc", "abcd"]), expected, atol=1e-7)
    assert calls == [("open", (BGE, str(tmp_path / "fastembed"))), ("passage", {"batch_size": BATCH})]


def test_fastembed_reads_questions_as_questions(tmp_path: Path, calls: list[tuple[str, Any]]) -> None:
    embedder = make_embedder(Settings(tmp_path, embedding=f"fastembed:{BGE}"))
    assert embedder is not None
    np.testing.assert_allclose(embedder.embed_query("a?\ud83d"), np.array([1, 3]) / np.sqrt(1 + 9), atol=1e-7)
    assert calls[-1] == ("query", ["a??"])


def test_fastembed_is_not_asked_about_no_texts(tmp_path: Path, calls: list[tuple[str, Any]]) -> None:
    embedder = make_embedder(Settings(tmp_path, embedding=f"fastembed:{BGE}"))
    assert embedder is not None
    assert embedder.embed([]).shape == (0, 2)
    assert [kind for kind, _ in calls] == ["open"]


@pytest.mark.usefixtures("calls")
def test_a_model_fastembed_does_not_know_is_answered_with_near_names(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"knows no model 'bge-small'.*fastembed:BAAI/bge-small-en-v1\.5") as caught:
        make_embedder(Settings(tmp_path, embedding="fastembed:bge-small"))
    assert not isinstance(caught.value, ModelMissingError)


@pytest.mark.usefixtures("calls")
def test_a_model_fastembed_cannot_fetch_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError, match=r"could not fetch or open 'no/network'.*PAPERCHAT_EMBEDDING=minilm"):
        make_embedder(Settings(tmp_path, embedding="fastembed:no/network"))
