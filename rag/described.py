"""From a description ('the 2-bit one', 'the one on speech') to the papers it means, by how many of its words they have.

Knows no conversation but the papers it is told of. A description that no paper fits means none.
"""

import re
from collections.abc import Callable, Sequence

from ingest.paper import Paper
from ingest.words import stem, stems, tokenize
from rag.demand import content
from rag.retrieve import Retriever

SAME_WORDS = 0.75  # share of a description's words in a paper from which it is the one meant
SOME_WORDS = 0.5  # the same for a paper mentioned where no paper at all has that many
SURE_WORDS = 2  # of a description from which a title that has them all is meant before abstracts that do
LOOKED_AMONG = 10  # papers found for a description of none that was mentioned
MOST_MEANT = 6  # papers that 'the ones on …' means
PIECE = re.compile(r"[^\W_]+(?:[-.,][^\W_]+)*")
VERB = r"(?:is|are|was|were|has|have|had|does|do|did|deals?|can|could|will|would)"
GOES_ON = re.compile(rf"\b(?:{VERB}|than|and|or|but|compared?|(?:fast|slow|larg|small|bett|cheap)er|more|less)\b", re.I)
LINKS = re.compile(rf"^(?:(?:that|which|{VERB}|about|on|with|for|from|of|the|an?)\b\s*)+", re.I)

Find = Callable[[str], Paper | None]


class Described:
    """Looks up descriptions over one collection."""

    def __init__(self, retriever: Retriever, find: Find) -> None:
        self._retriever, self._find = retriever, find

    def among(self, what: str, ids: Sequence[str], *, least: float = SAME_WORDS) -> tuple[str, ...]:
        """Those of some papers that have this share of a description's words, the best first."""
        papers = [paper for paper in map(self._find, ids) if paper]
        held = [(self.share(what, paper), self._in_title(what, paper), paper.id) for paper in papers]
        fitting = [one for one in held if one[0] >= least]
        order = {one.paper.id: one.score for one in self._retriever.look(what, [paper for *_, paper in fitting])}
        return tuple(paper for *_, paper in sorted(fitting, key=lambda one: (-one[0], -one[1], -order.get(one[2], 0))))

    def anywhere(self, what: str) -> tuple[str, ...]:
        """The papers of the whole collection that a description fits, the best first."""
        found = [one.paper.id for one in self._retriever.search(what, k=LOOKED_AMONG)]
        fitting = set(self.among(what, found))
        return tuple(paper for paper in found if paper in fitting)

    def titled(self, what: str, fitting: Sequence[str]) -> tuple[str, ...]:
        """The one paper here that has all of a description of several words in its title; none where one of those that
        fit has so already, or several have."""
        if len(tokenize(what)) < SURE_WORDS or any(self._in_title(what, p) == 1 for p in map(self._find, fitting) if p):
            return ()
        papers = [paper for paper in map(self._find, self.anywhere(what)) if paper]
        found = tuple(paper.id for paper in papers if self._in_title(what, paper) == 1)
        return found if len(found) == 1 else ()

    def share(self, what: str, paper: Paper) -> float:
        """The share (0 to 1) of a description's words that a paper has; 0 where it has none that say something."""
        return self._held(what, stems(f"{paper.title} {paper.abstract}"))

    def _in_title(self, what: str, paper: Paper) -> float:
        return self._held(what, stems(paper.title))

    def _held(self, what: str, text: frozenset[str]) -> float:
        pieces = [piece for piece in PIECE.findall(what.casefold()) if content(piece)]
        return sum(self._has(piece, text) for piece in pieces) / len(pieces) if pieces else 0.0

    def _has(self, piece: str, text: frozenset[str]) -> bool:
        """Whether a text has a word, a form of it, or all parts of a compound one."""
        joined = re.sub(r"[^\w]", "", piece)
        parts = {self._retriever.index.words.known(token) for token in tokenize(piece) if token != stem(joined)}
        return bool({stem(joined), self._retriever.index.words.known(stem(joined))} & text) or (
            bool(parts) and parts <= text
        )


def gist(description: str) -> str:
    """What a description says of the paper: 'is about speech faster' is 'speech', as the turn goes on behind it."""
    text = LINKS.sub("", description.strip())
    goes_on = GOES_ON.search(text)
    return text[: goes_on.start()].strip() if goes_on and goes_on.start() else text.strip()


def end_of(found: re.Match[str]) -> int:
    """Where what points ends in the turn: a description behind its noun goes no further than its gist."""
    which = found.groupdict().get("which")
    return found.start("which") + which.index(gist(which)) + len(gist(which)) if which else found.end()
