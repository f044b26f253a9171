"""Which papers a question is about: those it names, those it compares, or the nearest to what it describes."""

import re
from collections.abc import Collection, Sequence
from math import log

from ingest.names import COINED_WORD, nickname
from ingest.words import WordIndex, tokenize
from rag.answer import Ranked

NO_WORD = re.compile(r"[\W_]+")
# Two things set side by side.
COMPARING = re.compile(
    r"\b(?:compare[ds]?|comparison|versus|vs|differ(?:s|ences?)?"
    r"|(?:one|first) (?:paper|work|study|method|of them)|two (?:\w+ ){0,3}(?:papers|works|methods))\b",
    re.IGNORECASE,
)
SIDE_BY_SIDE = re.compile(r"\b(?:both|each)\b", re.IGNORECASE)  # compares where a paper is named
SHORTEST_NAME = 4  # letters of a word that names a paper which it is not the name of
FEW_PAPERS = 2  # that hold a word which names one of them
NEAREST_PAPERS = 3  # that may be meant where two are compared and none is named


def find_focus(
    question: str, ranked: Sequence[Ranked], words: WordIndex, named: Collection[str]
) -> tuple[str, tuple[Ranked, ...]]:
    """Which papers the question is about, and whether it names, compares or describes them."""
    rare = [name for name in COINED_WORD.findall(question) if len(name) >= SHORTEST_NAME and _is_rare(name, words)]
    spelled = [
        found for found in ranked if _is_named(found, question, words) or any(says(found.paper.title, n) for n in rare)
    ]
    first = ranked[0]
    if first not in spelled and any(says(first.paper.abstract, name) for name in rare):
        spelled.insert(0, first)
    ids = {found.paper.id for found in spelled}.union(named)
    meant = tuple(found for found in ranked if found.paper.id in ids)
    if len(meant) > 1 or COMPARING.search(question) or (meant and SIDE_BY_SIDE.search(question)):
        return "compared", meant if len(meant) > 1 else tuple(ranked[:NEAREST_PAPERS])
    return ("named" if spelled else "described"), meant or tuple(ranked[:1])


def _is_named(found: Ranked, question: str, words: WordIndex) -> bool:
    name = nickname(found.paper)
    spelled = bool(name) and (name in question or (says(question, name) and _is_rare(name, words)))
    return spelled or says(question, found.paper.title)


def _is_rare(name: str, words: WordIndex) -> bool:
    """Whether a name is one that few papers use."""
    held = max((words.idf(token) for token in tokenize(name)), default=0.0)
    return held >= log(1 + (len(words.numbers) - FEW_PAPERS + 0.5) / (FEW_PAPERS + 0.5))


def says(text: str, name: str) -> bool:
    return _plain(name) in _plain(text)


def _plain(text: str) -> str:
    return f" {NO_WORD.sub(' ', text.casefold()).strip()} "
