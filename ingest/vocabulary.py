"""Which words are ordinary English: those that the embedding model's vocabulary holds whole.

A name that a paper coined, or a misspelt one, is split by the model's tokenizer; 'learn' and 'compare' are not.
"""

import json
from functools import lru_cache

from ingest.errors import ModelError
from ingest.weights import TOKENIZER, model_folder, read_tokenizer


@lru_cache(maxsize=1)
def ordinary_words() -> frozenset[str]:
    """The words of the vocabulary in lower case; none where the model is not installed."""
    try:
        pieces = json.loads(read_tokenizer(model_folder() / TOKENIZER))["model"]["vocab"]
    except ModelError:
        return frozenset()
    return frozenset(piece for piece in pieces if piece.isalpha() and len(piece) > 1)
