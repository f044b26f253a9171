"""How much of a term of art an English word is, told from how rare it is in English at large.

Read off the order of the WordPiece vocabulary that comes with the built-in embedding model, whose words stand by
falling frequency. Knows no paper and no question.
"""

import json
import math
from collections.abc import Mapping
from functools import lru_cache

from ingest.errors import ModelError
from ingest.weights import TOKENIZER, model_folder, read_tokenizer

EVERYDAY, RARE = 2_500, 30_000  # places in the vocabulary: up to the first, words anybody uses; the last is its end


@lru_cache(maxsize=100_000)
def art(word: str) -> float:
    """0 for a word that anybody uses to 1 for one that English at large hardly has; 0 for all where no model is."""
    vocabulary = _vocabulary()
    if not vocabulary:
        return 0.0
    lowered = word.casefold()
    place = vocabulary.get(lowered) or vocabulary.get(lowered.removesuffix("s")) or RARE
    return min(1.0, max(0.0, math.log(place / EVERYDAY) / math.log(RARE / EVERYDAY)))


@lru_cache(maxsize=1)
def _vocabulary() -> Mapping[str, int]:
    try:
        parsed = json.loads(read_tokenizer(model_folder() / TOKENIZER))
    except ModelError:
        return {}
    found: dict[str, int] = parsed["model"]["vocab"]
    return found
