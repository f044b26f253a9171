"""The seam for embedding models: what one is, and which one the settings name."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ingest.errors import ModelError
from ingest.fastembed_model import FastEmbedModel
from ingest.minilm import MiniLM
from ingest.remote_embedding import OpenAIEmbedder
from ingest.settings import Settings
from ingest.weights import ModelDamagedError, ModelMissingError

__all__ = ["Embedder", "ModelDamagedError", "ModelMissingError", "make_embedder"]


class Embedder(Protocol):
    """Turns texts into vectors whose dot product is their cosine. Safe to share between threads."""

    @property
    def name(self) -> str:
        """What makes vectors comparable: those of one name may be compared, others may not."""

    @property
    def dim(self) -> int:
        """Numbers a vector; a remote model may make a request to learn it, and raise ModelError."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of documents, shape (len(texts), dim), each of length 1; raises ModelError."""

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """The vector of a question, shape (dim,), of length 1; raises ModelError."""


def make_embedder(settings: Settings) -> Embedder | None:
    """The model that `settings.embedding` names; None for 'none', where search goes by words alone.

    Raises ModelMissingError where a package or its weights are not installed (a caller may go on by words
    alone), ModelDamagedError where they are not what was published, ModelError for anything else. A remote
    model is first asked, and may first fail, when it embeds.
    """
    kind, _, model = settings.embedding.partition(":")
    if kind == "none":
        return None
    if kind == "minilm":
        return MiniLM(receipt=settings.home / "verified-model.json")
    if kind == "fastembed":
        return FastEmbedModel(model, settings.home / "fastembed")
    if kind == "openai":
        return OpenAIEmbedder(model, settings.openai_api_key, settings.openai_base_url)
    raise ModelError(
        f"PAPERCHAT_EMBEDDING is {settings.embedding!r}; write minilm, none, fastembed:MODEL or openai:MODEL."
    )
