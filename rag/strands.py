"""Sorts papers into strands that a reader can tell apart: papers about one phrase, nearer one another than the rest.

A heading is the papers' own words and true of every paper under it; who says no such phrase stays outside.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence, Set
from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np

from ingest.words import STOPWORDS, stem, tokenize
from rag.judge import Judged
from rag.shelf import Floats

MOST_STRANDS = 5
FEWEST, LARGEST = 2, 0.5  # papers of a strand, and the share of all it may have
ABOUT = 2  # times a paper says a pair of words it is about, a single word once more; its title counts twice
NEARER = 0.08  # how much nearer (a cosine) a strand's papers are to its middle than the others
PAIR = 1.5  # what two words tell of a strand beside one
FEWEST_PLACED = 0.4  # share of the papers in strands from which sorting them helps
SHORTEST = 6  # letters of a single word that heads a strand
WORD = re.compile(r"[^\W\d_][^\W_]*(?:-[^\W_]+)*")
# Words that any abstract has in a pair without saying what it is about.
PLAIN = frozenset(
    map(
        stem,
        """paper work propose proposed method methods approach approaches framework model models
    results result show shows existing novel new previous prior state-of-the-art code available performance experiments
    extensive demonstrate significant significantly across various several wide range based using use used two three
    first second one many large high low key better best different github https com well recent introduce present study
    problem challenges task tasks design system parallel training learning process setting analysis""".split(),
    )
)


Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Strand:
    """Papers that belong together, best first; `heading` is empty for those that are left over."""

    heading: str
    papers: tuple[Judged, ...]


def find_strands(papers: Sequence[Judged], asked: str = "", *, most: int = MOST_STRANDS) -> list[Strand]:
    """The papers in strands, the one with the best paper first, what is left over last; one strand if none is clear.

    What every paper was found for, the words of `asked`, heads none.
    """
    vectors = np.stack([judged.vector for judged in papers]) if papers else np.zeros((0, 0), dtype=np.float32)
    if len(papers) <= 2 * FEWEST or not vectors.any():
        return [Strand("", tuple(papers))]
    without = frozenset(tokenize(asked))
    phrases = [phrases_of(judged, without) for judged in papers]
    holders: dict[Phrase, list[int]] = defaultdict(list)
    for i, said in enumerate(phrases):
        for phrase in said:
            holders[phrase].append(i)
    left = set(range(len(papers)))
    found: list[Strand] = []
    while len(found) < most:
        worth = {phrase: _worth(phrase, left.intersection(held), held, vectors) for phrase, held in holders.items()}
        best = max(worth, key=lambda phrase: (worth[phrase], phrase), default=())
        if not best or worth[best] <= 0:
            break
        inside = sorted(left.intersection(holders[best]))
        left.difference_update(inside)
        found.append(Strand(_spell([phrases[i][best] for i in inside]), tuple(papers[i] for i in inside)))
    if len(found) < 2 or len(left) > (1 - FEWEST_PLACED) * len(papers):
        return [Strand("", tuple(papers))]
    found.sort(key=lambda strand: -strand.papers[0].probability)
    return [*found, Strand("", tuple(papers[i] for i in sorted(left)))] if left else found


def _worth(phrase: Phrase, placed: Set[int], held: Sequence[int], vectors: Floats) -> float:
    """How well a phrase heads a strand of the papers it would place, by their number and nearness; 0 is not at all."""
    if len(placed) < FEWEST or len(held) > LARGEST * len(vectors):
        return 0.0
    inside = np.zeros(len(vectors), dtype=bool)
    inside[list(placed)] = True
    near = vectors @ vectors[inside].mean(axis=0)
    own = (len(placed) * near[inside].mean() - 1) / (len(placed) - 1)  # without each paper's nearness to itself
    nearer = float(own - near[~inside].mean())
    return len(placed) * nearer * (PAIR if len(phrase) > 1 else 1.0) if nearer >= NEARER else 0.0


def phrases_of(judged: Judged, without: frozenset[str]) -> dict[Phrase, str]:
    """The words and pairs of neighbouring words that a paper is about, by their stems, as first written."""
    times: Counter[Phrase] = Counter()
    spelled: dict[Phrase, str] = {}
    title = judged.paper.title
    for text, weight in ((title, ABOUT), (judged.paper.abstract, 1)):
        for clause in re.split(r"[.,;:!?()]", text):
            words = WORD.findall(clause)
            for written in chain(zip(words, strict=True), pairwise(words)):
                phrase = tuple(stem(word.casefold()) for word in written)
                dull = any(
                    w.casefold() in STOPWORDS or len(w) < 3 or p in PLAIN for w, p in zip(written, phrase, strict=True)
                )
                if dull or set(phrase) <= without or (len(written) == 1 and len(written[0]) < SHORTEST):
                    continue
                times[phrase] += weight
                spelled.setdefault(phrase, " ".join(written))
    return {phrase: spelled[phrase] for phrase, count in times.items() if count >= ABOUT + (len(phrase) == 1)}


def _spell(written: Sequence[str]) -> str:
    """The phrase as most papers write it."""
    common = Counter(text.casefold() for text in written).most_common(1)[0][0]
    return _plain_case(next(text for text in written if text.casefold() == common))


def _plain_case(phrase: str) -> str:
    """'Federated Learning' as 'Federated learning', 'KV cache' as it stands."""
    first, *rest = phrase.split()
    lowered = [word.casefold() if word == word.capitalize() else word for word in rest]
    return " ".join([first[:1].upper() + first[1:], *lowered])
