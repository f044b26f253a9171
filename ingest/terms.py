"""Terms that tell groups of papers apart: words and pairs of words that are common in one and rare in the others."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from ingest.words import STOPWORDS, stem

WORD = re.compile(r"[^\W\d_](?:[\w-]*[^\W_])?")
MANY = re.compile(r"[A-Z][A-Z-]*s")  # 'LLMs'
SHARE = 0.04  # of a group's papers that have a term, at least, and two
# What abstracts say of any topic.
COMMON = frozenset(
    """achieve achieves across address advanced aim analysis approach approaches art available based benchmark
    benchmarks beyond capabilities challenge challenges challenging code compared complex comprehensive current data
    dataset datasets demonstrate demonstrates different effective effectively efficient enable enables enabling
    evaluation existing experiments extensive first framework however improve improved improves including information
    introduce introduces large leveraging limited make method methods model models multiple new novel often one
    outperforms paper performance present problem propose proposed proposes provide provides recent require requires
    research results robust scale significant significantly show shows simple specifically state state-of-the-art
    study such system systems task tasks towards training two use used using various via well without work
    works""".split()
)


def terms_of(texts: Iterable[tuple[int, str]], groups: int, *, most: int = 3) -> list[str]:
    """Up to `most` terms for each group, 'video generation, motion': no two groups share one.

    `texts` are pairs of a group and a paper's title and abstract; each is read once.
    """
    held: list[Counter[str]] = [Counter() for _ in range(groups)]
    spelled: dict[str, Counter[str]] = {}
    sizes = [0] * groups
    for group, text in texts:
        sizes[group] += 1
        found = dict(candidates(text))
        held[group].update(found.keys())
        for key, spelling in found.items():
            spelled.setdefault(key, Counter())[spelling] += 1
    told = [scored(held, sizes, group) for group in range(groups)]
    best = Counter[str]()
    for scores in told:
        for key, score in scores.items():
            best[key] = max(best[key], score)  # type: ignore[assignment]
    return [
        ", ".join(spelled[key].most_common(1)[0][0] for key in chosen(scores, best, most)) or f"group {place}"
        for place, scores in enumerate(told, 1)
    ]


def candidates(text: str) -> Iterable[tuple[str, str]]:
    """Each word and each pair of neighbours worth a term: its stems, and how it is spelled here."""
    for clause in re.split(r"[.,;:!?()\[\]\"“”]", text):
        before: tuple[str, str] | None = None
        for word in WORD.findall(clause):
            lowered = word.casefold()
            if lowered in STOPWORDS or lowered in COMMON or len(word) < 2:
                before = None
                continue
            spelling = word if word != word.capitalize() else lowered
            key = lowered[:-1] if MANY.fullmatch(word) else stem(lowered)
            yield key, spelling
            if before:
                yield f"{before[0]} {key}", f"{before[1]} {spelling}"
            before = key, spelling


def scored(held: Sequence[Counter[str]], sizes: Sequence[int], group: int) -> dict[str, float]:
    """What each term of a group says of it: how many have it there, times how much rarer it is elsewhere."""
    size, rest = sizes[group], max(sum(sizes) - sizes[group], 1)
    least = max(2, SHARE * size)
    out = {}
    for key, count in held[group].items():
        if count < least:
            continue
        inside = count / size
        elsewhere = (sum(other[key] for other in held) - count + 0.5) / rest
        worth = inside * math.log(inside / elsewhere)
        out[key] = worth * (1.6 if " " in key else 1.0)  # a pair says more than a word
    return out


def chosen(scores: dict[str, float], best: Counter[str], most: int) -> list[str]:
    """The best terms of a group that no other has a better claim to, none inside another."""
    out: list[str] = []
    for key in sorted(scores, key=lambda key: (-scores[key], key)):
        mine = scores[key] > 0 and scores[key] >= best[key]
        if mine and not any(set(key.split()) & set(other.split()) for other in out):
            out.append(key)
        if len(out) == most:
            break
    return out
