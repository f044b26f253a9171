"""From texts to vectors with any model that the optional package `fastembed` knows by name.

FastEmbed downloads a model the first time it is named; naming it in PAPERCHAT_EMBEDDING is the consent.
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.errors import ModelError
from ingest.model_io import readable, unit_rows
from ingest.weights import ModelMissingError

INSTALL = "pip install 'paperchat[fastembed]' (or: uv add fastembed)"
MAX_CHARACTERS = 32_768  # a text; the longest reader on the list takes 8,192 word pieces
BATCH = 16  # texts a run; FastEmbed's own 256 takes gigabytes


class FastEmbedModel:
    """A model of FastEmbed's list; `cache` is the folder that keeps what it downloads.

    Raises ModelMissingError where the package is not installed or the model cannot be fetched, ModelError for a
    name that is not on the list. Source: https://github.com/qdrant/fastembed
    """

    def __init__(self, model: str, cache: Path) -> None:
        # Imported here: the package is optional, and its import costs most of a second.
        try:
            from fastembed import TextEmbedding  # type: ignore[import-not-found, unused-ignore]
        except ImportError as error:
            raise ModelMissingError(f"PAPERCHAT_EMBEDDING asks for fastembed. Run: {INSTALL}") from error
        known = [str(entry["model"]) for entry in TextEmbedding.list_supported_models()]
        if model.lower() not in {name.lower() for name in known}:
            near = get_close_matches(model, known, n=3, cutoff=0.3) or known[:3]
            choice = " or ".join(f"fastembed:{name}" for name in near)
            raise ModelError(f"fastembed knows no model {model!r}. Set PAPERCHAT_EMBEDDING to {choice}.")
        try:
            self._model = TextEmbedding(model_name=model, cache_dir=str(cache))
        except Exception as error:  # the errors of onnxruntime and of downloads have no common base
            raise ModelMissingError(
                f"fastembed could not fetch or open {model!r} (its files belong in {cache}). "
                "Check the network connection, or set PAPERCHAT_EMBEDDING=minilm."
            ) from error
        self.name = f"fastembed:{model}"
        self.dim = int(self._model.embedding_size)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of documents, shape (len(texts), dim), each of length 1."""
        rows = (
            self._model.passage_embed([readable(text, MAX_CHARACTERS) for text in texts], batch_size=BATCH)
            if texts
            else []
        )
        return self._unit(rows, len(texts))

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """The vector of a question, shape (dim,), with the prefix or task the model has for questions."""
        vector: NDArray[np.float32] = self._unit(self._model.query_embed([readable(text, MAX_CHARACTERS)]), 1)[0]
        return vector

    def _unit(self, rows: Iterable[NDArray[np.float32]], count: int) -> NDArray[np.float32]:
        found = list(rows)
        vectors = np.asarray(found, np.float32) if found else np.empty((0, self.dim), np.float32)
        if vectors.shape != (count, self.dim):
            raise ModelError(f"{self.name} gave vectors of shape {vectors.shape}, not {(count, self.dim)}.")
        return unit_rows(vectors, self.name)
