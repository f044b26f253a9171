"""From a comparison to the papers it sets side by side where it describes them, and to what is wrong with its sides.

Knows no conversation but the papers that were mentioned in it.
"""

import re
from collections.abc import Sequence

from ingest.names import short_name
from ingest.words import tokenize
from rag import grammar, pointers
from rag.aspects import find_aspects
from rag.catalogue import Catalogue
from rag.described import SOME_WORDS, Described, Find, gist
from rag.retrieve import Retriever

DESCRIBED_FROM = 15  # papers among which descriptions are looked up
SECOND_SIDE = 0.75  # share of the best score that the second paper of a described comparison has
MOST_SIDES = 6  # pieces of a question looked up as descriptions
WHOLE = 2.0  # weight of how a paper meets the whole question beside how it meets one side
BESIDE_NAMED = 0.5  # the same where another side is named, of which the question as a whole speaks
ON = re.compile(
    r"\s+(?:on|in terms of|regarding|with respect to|by|in|for)\s+(?P<aspect>[\w\s-]{3,30})$", re.IGNORECASE
)


class Sides:
    """Finds the sides of comparisons over one collection."""

    def __init__(self, catalogue: Catalogue, retriever: Retriever, find: Find) -> None:
        self._catalogue, self._find = catalogue, find
        self._search, self._look = retriever.search, retriever.look
        self._described = Described(retriever, find)

    def describe(self, question: str, named: tuple[str, ...], mentioned: Sequence[str]) -> tuple[str, ...]:
        """The papers that the sides of a comparison describe, one for each side, besides those named.

        A description that fits a paper mentioned before means that one.
        """
        count = grammar.counted(question)
        sides = [s for s in grammar.sides(question) if len(tokenize(s)) > 1 and not grammar.ASKS.match(s)]
        ranked = self._search(question, k=DESCRIBED_FROM)
        whole = {found.paper.id: found.score / ranked[0].score for found in ranked if found.score > 0}
        chosen = dict.fromkeys(named)
        told: set[int] = set()
        for place, side in enumerate(sides[:MOST_SIDES]):
            if paper := self._mentioned(without_aspect(side), mentioned, tuple(chosen)):
                chosen[paper] = None
                told.add(place)
        if not chosen and not count and len(ranked) > 1 and whole.get(ranked[1].paper.id, 0.0) < SECOND_SIDE:
            return ()  # it is about one paper
        weight = BESIDE_NAMED if chosen else WHOLE
        fits: list[tuple[float, int, str]] = []
        for place, side in enumerate(sides[:MOST_SIDES]):
            told |= {place} if self._named_in(side) else set()
            found = self._look(without_aspect(side), list(whole)) if place not in told else []
            if chosen:  # beside a name stands what is described, not whatever is nearest to the question
                what = gist(without_aspect(side))
                found = [one for one in found if self._described.share(what, one.paper) >= SOME_WORDS]
            best = max((one.score for one in found), default=0.0) or 1.0
            fits += [(weight * whole[one.paper.id] + (one.score / best) ** 2, place, one.paper.id) for one in found]
        for _, place, paper in sorted(fits, reverse=True):  # a side has one paper
            if place not in told and paper not in chosen:
                told |= set() if grammar.counted(sides[place]) else {place}  # 'two papers on …' is both of them
                chosen[paper] = None
        return tuple(chosen)[: count or max(2, len(named))]

    def _named_in(self, side: str) -> bool:
        return any(mention.is_own for mention in self._catalogue.mentions(side))

    def _mentioned(self, side: str, mentioned: Sequence[str], chosen: Sequence[str]) -> str:
        """The paper mentioned before that 'the … one' or 'the … paper' means; empty where none has its words."""
        described = pointers.DESCRIBED.search(side)
        what = gist(described["which"] or described["what"]) if described else ""
        fitting = self._described.among(what, [paper for paper in mentioned if paper not in chosen])
        return fitting[0] if fitting else ""

    def trouble(self, question: str, named: Sequence[str]) -> str:
        """What is wrong with comparing a paper with itself."""
        if len(named) != 1 or not grammar.STRONG_COMPARISON.search(question):
            return ""
        own = [m for m in self._catalogue.mentions(question) if m.paper_ids[0] == named[0] and m.is_own]
        if len(own) > 1 or re.search(r"\bitself\b", question, re.IGNORECASE):
            paper = self._find(named[0])
            name = short_name(paper) if paper else named[0]
            return f"{name} compared with itself shows no difference; name another paper or method."
        return ""


def without_aspect(side: str) -> str:
    """A side without the aspect it is compared on: 'the scheduling paper on speedup'."""
    found = ON.search(side)
    return side[: found.start()] if found and find_aspects(found["aspect"]) and found.start() else side
