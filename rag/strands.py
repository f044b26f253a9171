"""Sorts papers into strands that a reader can tell apart: near in meaning, and each holding the phrase that heads it.

A heading is the papers' own words and true of every paper under it; who holds no such phrase stays outside.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ingest.words import STOPWORDS, stem, tokenize
from rag.judge import Judged

MOST_STRANDS = 5
FEWEST = 2  # papers of a strand
ROUNDS = 20  # of k-means; it settles within ten on lists of a hundred
FIRM = 0.75  # share of the papers near one another that hold the phrase heading them
FOREIGN = 0.34  # share of all others that may hold it too
WORD = re.compile(r"[^\W\d_][^\W_]*(?:-[^\W_]+)*")
# Words that any abstract has in a pair without saying what it is about.
PLAIN = frozenset(map(stem, """paper work propose proposed method methods approach approaches framework model models
    results result show shows existing novel new previous prior state-of-the-art code available performance experiments
    extensive demonstrate significant significantly across various several wide range based using use used two three
    first second one many large high low key better best different github https com well recent introduce present study
    problem challenges task tasks""".split()))


@dataclass(frozen=True, slots=True)
class Strand:
    """Papers that belong together, best first; `heading` is empty for those that are left over."""

    heading: str
    papers: tuple[Judged, ...]


def find_strands(papers: Sequence[Judged], asked: str = "") -> list[Strand]:
    """The papers in strands, the one with the best paper first, what is left over last; one strand if none is clear.

    What every paper was found for, the words of `asked`, heads none.
    """
    found: list[Strand] = []
    if len(papers) > 2 * FEWEST:
        phrases = [phrases_of(judged, frozenset(tokenize(asked))) for judged in papers]
        for count in range(2, min(MOST_STRANDS, len(papers) // FEWEST) + 1):
            strands = _headed(papers, phrases, _near_one_another(papers, phrases, count))
            if sum(len(s.papers) for s in strands) > sum(len(s.papers) for s in found):
                found = strands
    placed = {judged.paper.id for strand in found for judged in strand.papers}
    left = tuple(judged for judged in papers if judged.paper.id not in placed)
    if len(found) < 2 or len(left) > len(papers) / 2:
        return [Strand("", tuple(papers))]
    found.sort(key=lambda strand: -strand.papers[0].probability)
    return [*found, Strand("", left)] if left else found


def phrases_of(judged: Judged, without: frozenset[str]) -> dict[tuple[str, ...], str]:
    """The pairs of neighbouring words of title and abstract, by their stems, as first written."""
    found: dict[tuple[str, ...], str] = {}
    for clause in re.split(r"[.,;:!?()]", f"{judged.paper.title}. {judged.paper.abstract}"):
        words = WORD.findall(clause)
        for pair in zip(words, words[1:], strict=False):
            folded = [word.casefold() for word in pair]
            key = tuple(map(stem, folded))
            dull = any(word in STOPWORDS or len(word) < 3 or part in PLAIN for word, part in zip(folded, key, strict=True))
            if not dull and not set(key) <= without:
                found.setdefault(key, " ".join(pair))
    return found


def _near_one_another(
    papers: Sequence[Judged], phrases: Sequence[dict[tuple[str, ...], str]], count: int
) -> list[list[int]]:
    """Spherical k-means over the papers' vectors, begun with papers far from one another; the same each time."""
    vectors = np.stack([judged.vector for judged in papers])
    if not vectors.any():
        return []
    centres = [vectors[0]]
    while len(centres) < count:
        nearest = np.max(vectors @ np.stack(centres).T, axis=1)
        centres.append(vectors[int(np.argmin(nearest))])
    middle = np.stack(centres)
    for _ in range(ROUNDS):
        of = np.argmax(vectors @ middle.T, axis=1)
        sums = np.stack([vectors[of == k].sum(axis=0) if (of == k).any() else middle[k] for k in range(count)])
        middle = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
    return [np.flatnonzero(of == k).tolist() for k in range(count)]


def _headed(
    papers: Sequence[Judged], phrases: Sequence[dict[tuple[str, ...], str]], groups: Sequence[Sequence[int]]
) -> list[Strand]:
    """The groups that one phrase tells from the others, each without the papers that lack it."""
    strands = []
    for group in groups:
        holding = Counter(key for i in group for key in phrases[i])
        outside = [i for i in range(len(papers)) if i not in set(group)]
        best: tuple[float, tuple[str, ...]] | None = None
        for key, held in holding.items():
            foreign = sum(key in phrases[i] for i in outside)
            if held < max(FEWEST, FIRM * len(group)) or foreign > FOREIGN * len(outside):
                continue
            score = held / len(group) - foreign / max(1, len(outside))
            best = max(best or (-1.0, key), (score, key))
        if best:
            inside = [i for i in group if best[1] in phrases[i]]
            spelled = Counter(phrases[i][best[1]].casefold() for i in inside).most_common(1)[0][0]
            written = next(phrases[i][best[1]] for i in inside if phrases[i][best[1]].casefold() == spelled)
            strands.append(Strand(_plain_case(written), tuple(papers[i] for i in inside)))
    return strands


def _plain_case(phrase: str) -> str:
    """'Federated Learning' as 'Federated learning', 'KV cache' as it stands."""
    first, *rest = phrase.split()
    lowered = [word.casefold() if word == word.capitalize() else word for word in rest]
    return " ".join([first[:1].upper() + first[1:], *lowered])
