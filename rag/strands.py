"""Sorts papers into strands that a reader can tell apart: papers about one phrase, nearer one another than the rest.

A heading is the papers' own words and true of every paper under it; who says no such phrase stays outside.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
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
    problem challenges task tasks design system parallel training learning process setting analysis deep neural
    architecture achieve improve reduce enable provide require increase address evaluate compare develop apply consider
    obtain allow perform lead make include need rely remain focus aim accuracy efficiency efficient""".split(),
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
    phrases = [phrases_of(judged.paper.title, judged.paper.abstract) for judged in papers]
    held = Counter(chain.from_iterable(phrases))
    most_held = LARGEST * len(papers)
    heads = sorted(p for p, count in held.items() if FEWEST <= count <= most_held and not set(p) <= without)
    holds = np.asarray([[phrase in said for said in phrases] for phrase in heads], dtype=np.float32)
    left = np.ones(len(papers), dtype=bool)
    found: list[Strand] = []
    while len(found) < most and heads:
        worth = _worth(holds * left, vectors @ vectors.T) * np.asarray([PAIR if len(p) > 1 else 1.0 for p in heads])
        best = int(np.argmax(worth))
        if worth[best] <= 0:
            break
        inside = np.flatnonzero(holds[best] * left).tolist()
        left[inside] = False
        found.append(Strand(_spell([phrases[i][heads[best]] for i in inside]), tuple(papers[i] for i in inside)))
    if len(found) < 2 or left.sum() > (1 - FEWEST_PLACED) * len(papers):
        return [Strand("", tuple(papers))]
    found.sort(key=lambda strand: -strand.papers[0].probability)
    rest = tuple(papers[i] for i in np.flatnonzero(left).tolist())
    return [*found, Strand("", rest)] if rest else found


def _worth(holds: Floats, near: Floats) -> Floats:
    """How well each phrase heads a strand of the papers that hold it, by their number and nearness; 0 is not at all.

    `holds` is (phrases, papers), 0 or 1; `near` the cosine of each two papers.
    """
    count = holds.sum(axis=1)
    to_each = holds @ near
    pairs = (holds * to_each).sum(axis=1)
    own = (pairs - count) / np.maximum(count * (count - 1), 1)  # without each paper's nearness to itself
    other = (to_each.sum(axis=1) - pairs) / np.maximum(count * (len(near) - count), 1)
    worth: Floats = np.where((count >= FEWEST) & (own - other >= NEARER), count * (own - other), 0.0)
    return worth


@lru_cache(maxsize=4_000)
def phrases_of(title: str, abstract: str) -> Mapping[Phrase, str]:
    """The words and pairs of neighbouring words that a paper is about, by their stems, as first written."""
    times: Counter[Phrase] = Counter()
    spelled: dict[Phrase, str] = {}
    for text, weight in ((title, ABOUT), (abstract, 1)):
        for clause in re.split(r"[.,;:!?()]", text):
            words = [(word, _telling(word.casefold())) for word in WORD.findall(clause)]
            singles = (((word,), (part,)) for word, part in words if len(word) >= SHORTEST)
            pairs = (((a, b), (first, second)) for (a, first), (b, second) in pairwise(words))
            for written, phrase in chain(singles, pairs):
                if all(phrase):
                    times[phrase] += weight
                    spelled.setdefault(phrase, " ".join(written))
    return {phrase: spelled[phrase] for phrase, count in times.items() if count >= ABOUT + (len(phrase) == 1)}


def _telling(word: str) -> str:
    """The stem of a word that tells what a paper is about; empty for any other."""
    part = stem(word)
    return "" if word in STOPWORDS or len(word) < 3 or part in PLAIN else part


def _spell(written: Sequence[str]) -> str:
    """The phrase as most papers write it."""
    common = Counter(text.casefold() for text in written).most_common(1)[0][0]
    return _plain_case(next(text for text in written if text.casefold() == common))


def _plain_case(phrase: str) -> str:
    """'Federated Learning' as 'Federated learning', 'KV cache' as it stands."""
    first, *rest = phrase.split()
    lowered = [word.casefold() if word == word.capitalize() else word for word in rest]
    return " ".join([first[:1].upper() + first[1:], *lowered])
