"""The sentences of a paper, best first for a question: by meaning, by words, and by what such questions ask for."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from ingest.entry import Entry
from ingest.words import stems
from rag.retrieve.learned import ROLES, Floats, Reading, model, roles_of
from rag.types import Evidence

SHARED = 0.7  # of what a sentence has of the question only because its whole paper has it, that is set aside
USUAL_LENGTH = 200  # characters of a sentence
MEASURED = (
    "cosine",
    "beyond",
    *ROLES,
    "role wanted",
    "rare words",
    "words",
    "figure",
    "figure wanted",
    "length",
    "place",
)


def rank_sentences(
    entry: Entry, vector: Floats | None, idf: Mapping[str, float], reading: Reading, variant: str
) -> tuple[Evidence, ...]:
    """The sentences of a paper, the likeliest to answer first; their scores are log-odds."""
    if not entry.sentences:
        return ()
    signals = measure_sentences(entry, vector, idf, reading)
    scores = model(f"sentence {variant}")(signals if variant == "meaning" else signals[:, WORDS])[:, 0]
    if variant == "words" and vector is not None:  # of another model: nothing was learnt for its cosines
        scores = scores + OTHER_MODEL * signals[:, 0]
    order = np.argsort(-scores, kind="stable").tolist()
    return tuple(Evidence(entry.paper, entry.sentences[i], float(scores[i]), float(signals[i, 0])) for i in order)


OTHER_MODEL = 5.0  # log-odds of a cosine of 1
WORDS = [MEASURED.index(name) for name in ("rare words", "words", "figure", "length", "place")]


def measure_sentences(entry: Entry, vector: Floats | None, idf: Mapping[str, float], reading: Reading) -> Floats:
    """The signals of each sentence, (sentences, len(MEASURED)), in their order."""
    held = [stems(sentence.text) for sentence in entry.sentences]
    count, title = len(held), stems(entry.paper.title)
    cosine = beyond = np.zeros(count, np.float32)
    roles = np.zeros((count, len(ROLES)), np.float32)
    rows = sentence_rows(entry)
    if rows is not None and vector is not None:
        whole = entry.rows[0].astype(np.float32)  # type: ignore[index]
        cosine = rows @ vector
        beyond = cosine - SHARED * (whole @ vector) * (rows @ whole)
        roles = roles_of(rows) if rows.shape[1] == model("wanted").weights.shape[0] else roles
    # A word that every sentence of the paper has, as its name, tells them apart as little as one that none has.
    rare = {token: _rarity(sum(token in words for words in held), count) for token in idf if token not in title}
    figures = np.array([any(c.isdigit() for c in s.text) for s in entry.sentences], np.float32)
    length = np.array([min(len(s.text), 2 * USUAL_LENGTH) / USUAL_LENGTH for s in entry.sentences], np.float32)
    place = np.arange(count, dtype=np.float32) / max(1, count - 1)
    wanted = roles @ reading.roles
    return np.column_stack(
        [
            cosine,
            beyond,
            roles,
            wanted,
            _shares(held, rare),
            _shares(held, idf),
            figures,
            reading.figure * figures,
            length,
            place,
        ]
    ).astype(np.float32)


def sentence_rows(entry: Entry) -> Floats | None:
    """The vectors of a paper's sentences, (sentences, dim); None where it has none."""
    return None if entry.rows is None else entry.rows[len(entry.rows) - len(entry.sentences) :].astype(np.float32)


def _rarity(holding: int, count: int) -> float:
    """How rare a word is that so many of a paper's sentences hold, in nats; 0 for one that none holds."""
    return math.log(1 + (count - holding + 0.5) / (holding + 0.5)) if holding else 0.0


def _shares(held: Sequence[frozenset[str]], weights: Mapping[str, float]) -> Floats:
    """The share of the question's words, by weight, that each sentence holds."""
    mass = sum(weights.values()) or 1.0
    return np.array([sum(w for t, w in weights.items() if t in words) / mass for words in held], np.float32)
