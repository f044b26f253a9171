"""What may go into an embedding model and what may come out, for every model alike."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.errors import ModelError


def readable(text: str, most: int) -> str:
    """The first `most` characters of a text; a lone surrogate, which no model can read, becomes '?'."""
    return text[:most].encode("utf-8", "replace").decode()


def unit_rows(rows: NDArray[np.floating[Any]], source: str) -> NDArray[np.float32]:
    """Rows scaled to length 1; raises ModelError for one that is all zeros or holds what is no number."""
    largest = np.abs(rows).max(axis=-1, keepdims=True, initial=0)
    if not np.isfinite(largest).all() or not (largest > 0).all():
        raise ModelError(f"{source} gave a vector that is all zeros or not made of numbers; nothing of it was kept.")
    scaled = rows / largest  # first, so that no square overflows
    unit: NDArray[np.float32] = (scaled / np.linalg.norm(scaled, axis=-1, keepdims=True)).astype(np.float32)
    return unit
