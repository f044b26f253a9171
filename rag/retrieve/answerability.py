"""How likely the papers found hold the answer: signals of a search, and log-odds learnt from answerable questions and
unanswerable twins of them (see `rag.retrieve.learned`)."""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from ingest.words import STOPWORDS, WORD, stem, stems
from rag.retrieve.learned import Floats, chance, model, variant
from rag.retrieve.search import Weighed
from rag.types import Ranked

BEST = 3  # sentences whose words are counted together
FAR = 4  # places behind the first paper at which the field is taken to begin
UNFOUND = -8.0  # score of a sentence that is not there
# Signals of the search; by words alone those of BY_WORDS count.
MEASURED = (
    *("coverage", "meaning", "whole", "passage", "score", "lead", "lead of field", "lead in meaning"),
    *("lead in coverage", "lead in passage", "cosine", "two cosines", "beyond", "sentence", "second sentence"),
    *("sentence over mean", "unheard", "missing", "missing here", "rarest missing", "missing beside title"),
    *("missing mass", "numbers missing", "in best sentence", "in best three", "figure wanted", "figure not in best"),
    *("terms", "beside title", "named", "least near", "near", "most lacking", "lacking", "two lacking", "usual"),
)
BY_MEANING = (
    *("meaning", "whole", "passage", "lead in meaning", "lead in passage", "cosine", "two cosines", "beyond"),
    *("figure wanted", "figure not in best", "least near", "near", "most lacking", "lacking", "two lacking", "usual"),
)
BY_WORDS = [place for place, name in enumerate(MEASURED) if name not in BY_MEANING]
# Of the first paper found, where none is named, by which it is told whether it is the one meant.
OF_FIRST = ("coverage", "meaning", "passage", "score", "lead", "lead of field", "lead in meaning", "lead in coverage")
FIRST = [MEASURED.index(name) for name in OF_FIRST]


def chances_of(weighed: Weighed, found: Ranked, *, named: bool) -> tuple[float, float]:
    """The chances (0 to 1) that a paper found, the first or one that the question names, holds the answer, and that it
    is the one meant, which a name makes sure."""
    if not found.evidence:
        return 0.0, float(named)
    signals, kind = bounded(measure(weighed, found, named=named)), variant(weighed.query.embedding)
    answers = model(f"answerable {kind} {named}")(signals if kind == "meaning" else signals[BY_WORDS])
    first = 1.0 if named else float(chance(model("first")(signals[FIRST]))[0])
    return float(chance(answers)[0]), first


def bounded(signals: Floats) -> Floats:
    """The signals within the ranges that the models were fitted to: beyond, a straight line tells nothing."""
    least, most = model("range").weights.T
    return np.asarray(np.clip(signals, least, most), dtype=np.float32)


def measure(weighed: Weighed, found: Ranked, *, named: bool) -> Floats:
    """The signals of one paper found, (len(MEASURED),)."""
    return np.array([*_of_paper(weighed, found), *_of_words(weighed, found, named=named)], np.float32)


def _of_paper(weighed: Weighed, found: Ranked) -> list[float]:
    """How far its scores are above those of the others, and how good its sentences are."""
    signals = weighed.signals
    at = signals.numbers.index(found.number)
    views = (signals.coverage, signals.meaning, signals.whole, signals.passage, weighed.scores)
    mine = [float(view[at]) for view in views]
    others = [np.delete(view, at) for view in views]
    field = np.sort(others[4])[::-1]
    lead, over = (mine[4] - float(field[min(place, len(field) - 1)]) if len(field) else 0.0 for place in (0, FAR - 1))
    leads = [mine[view] - float(others[view].max(initial=0.0)) for view in (1, 0, 3)]
    cosines = sorted((e.cosine for e in found.evidence), reverse=True)
    scores = [e.score for e in found.evidence]
    beyond = cosines[0] - mine[2] if weighed.query.vector is not None else 0.0  # what the whole paper has set aside
    second = scores[1] if len(scores) > 1 else UNFOUND
    two = cosines[:2]
    tops = [cosines[0], sum(two) / len(two), beyond, scores[0], second, scores[0] - sum(scores) / len(scores)]
    return [*mine, lead, over, *leads, *tops]


def _of_words(weighed: Weighed, found: Ranked, *, named: bool) -> list[float]:
    """Which words of the question the paper does not have, how rare they are, and how near its own words come."""
    query, words = weighed.query, weighed.index.words
    title = stems(found.paper.title)
    text = title.union(*(stems(e.sentence.text) for e in found.evidence))
    mass = sum(query.idf.values()) or 1.0
    most = math.log(1 + (len(words.numbers) + 0.5) / 0.5)
    beside = {token: weight for token, weight in query.idf.items() if token not in title}
    rest = sum(beside.values()) or 1.0
    missing = {token: weight for token, weight in beside.items() if token not in text}
    unheard = sum(weight for token, weight in query.idf.items() if token not in words)
    best = [stems(e.sentence.text) for e in found.evidence[:BEST]]
    held = [sum(w for t, w in beside.items() if t in some) / rest for some in (best[0], frozenset().union(*best))]
    figure = query.reading.figure
    has_figure = any(c.isdigit() for c in found.evidence[0].sentence.text)
    return [
        unheard / mass,
        sum(missing.values()) / mass,
        sum(weight for token, weight in missing.items() if token in words) / mass,
        max(missing.values(), default=0.0) / most,
        sum(missing.values()) / rest,
        sum(missing.values()) / most,
        float(sum(any(c.isdigit() for c in token) for token in missing)),
        *(held if beside else (1.0, 1.0)),
        figure,
        0.0 if has_figure else figure,
        math.log(1 + len(query.idf)),
        sum(beside.values()) / most,
        float(named),
        *_nearness(weighed, found, title, most),
        query.reading.usual,
    ]


def _nearness(weighed: Weighed, found: Ranked, title: frozenset[str], most: float) -> list[float]:
    """How near the paper's words come to those of the question that its title does not have: the least and the mean
    cosine, then what is lacking by rarity: the most, all together, the two most."""
    table = getattr(weighed.index.embedder, "word_vector", None)
    asked = [w for w in _words(weighed.query.text) if w not in STOPWORDS and stem(w) not in title]
    if table is None or not asked:
        return [1.0, 1.0, 0.0, 0.0, 0.0]
    own = [word for word in _words(f"{found.paper.title} {found.paper.abstract}") if word not in STOPWORDS] or [""]
    nearest = (word_vectors(table, asked) @ word_vectors(table, own).T).max(axis=1)
    weights = np.array([weighed.query.idf.get(stem(word), 2.0) for word in asked])
    lacking = np.sort((1 - nearest) * weights)[::-1] / most
    mean = float((nearest * weights).sum() / (weights.sum() or 1.0))
    return [float(nearest.min()), mean, float(lacking[0]), float(lacking.sum()), float(lacking[:2].sum())]


def _words(text: str) -> list[str]:
    return list(dict.fromkeys(WORD.findall(text.casefold())))


def word_vectors(table: Any, words: Sequence[str]) -> Floats:
    """Words as the embedding model knows them before it reads them in a text, (words, dim), each of length 1 or 0.

    The mean of its table and the directions that all words share are taken out (Mu and Viswanath, 2018).
    """
    return np.stack([_word_vector(table, word) for word in words])


@lru_cache(maxsize=10_000)
def _word_vector(table: Any, word: str) -> Floats:
    shared = model("table")
    vector: Floats = table(word) + shared.bias
    vector = vector - shared.weights @ (shared.weights.T @ vector)
    return np.asarray(vector / (float(np.linalg.norm(vector)) or 1.0), dtype=np.float32)
