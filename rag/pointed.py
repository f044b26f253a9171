"""From a word that points ('the second one', 'the 2-bit one', 'both') to the papers of the conversation it means.

Knows the papers mentioned and the forms of `rag.pointers`; writes no question out.
"""

import re
from collections.abc import Callable, Sequence

from ingest.words import stems, tokenize
from rag import pointers
from rag.dialogue import Dialogue
from rag.grammar import COUNTED
from rag.retrieve import Retriever
from rag.wording import Find, Wording

Chosen = tuple[tuple[str, ...], str]  # papers, trouble
Chooser = Callable[[re.Match[str], Dialogue, Sequence[str]], Chosen | None]


class Pointed:
    """Chooses among the papers of a dialogue over one collection."""

    def __init__(self, retriever: Retriever, find: Find, wording: Wording) -> None:
        self._find, self._name = find, wording.name
        self._search, self._look = retriever.search, retriever.look
        self.forms: tuple[tuple[re.Pattern[str], Chooser], ...] = (
            (pointers.ORDINAL, self._ordinal),
            (pointers.OTHER, self._other),
            (pointers.DESCRIBED, self._by_description),
            (pointers.MANY, self._many),
            (pointers.ONE, self._one),
        )

    def _ordinal(self, found: re.Match[str], dialogue: Dialogue, named: Sequence[str]) -> Chosen:
        place, options = pointers.ordinal(found), dialogue.choice or dialogue.focus
        if count := COUNTED.get((found["count"] or "").casefold(), 0):
            return (options[-count:] if place < 0 else options[place - 1 : place - 1 + count]), ""
        if place > len(options) or place == 0:
            held = "Only one paper was" if len(options) == 1 else f"Only {len(options)} papers were"
            names = ", ".join(self._name(paper) for paper in options)
            return (), f"{held} mentioned ({names}), so there is no number {place}; ask about one of them by name."
        return (options[place - 1 if place > 0 else -1],), ""

    def _other(self, found: re.Match[str], dialogue: Dialogue, named: Sequence[str]) -> Chosen:
        last = dialogue.last.papers if dialogue.last else ()
        rest = tuple(paper for paper in dialogue.choice if paper not in last) or tuple(
            paper for paper in dialogue.papers if paper not in last
        )
        if not rest and len(last) > 1:
            rest = last[1:]
        if not rest:
            return (), "Only one paper was mentioned before, so there is no other; ask about one by name."
        return (rest, "") if re.search(r"others|ones|two", found[0], re.IGNORECASE) else (rest[:1], "")

    def _by_description(self, found: re.Match[str], dialogue: Dialogue, named: Sequence[str]) -> Chosen | None:
        """'the 2-bit one': of the papers mentioned, the one that fits the description best, or all that have its words
        where several are meant."""
        options, what = dialogue.papers, (found["what"] or found["which"]).strip()
        if beyond := self._beyond(found, options):
            return beyond
        if not tokenize(what) or len(options) < 2 or what.split()[0].casefold() in pointers.ORDINAL_WORDS:
            return None
        ranked = sorted(self._look(what, options), key=lambda one: -one.score)
        if re.search(r"s$", found[0], re.IGNORECASE):
            wanted = set(tokenize(what))
            all_of = tuple(one.paper.id for one in ranked if wanted <= stems(f"{one.paper.title} {one.paper.abstract}"))
            if all_of:
                return tuple(paper for paper in options if paper in all_of), ""
        return ((ranked[0].paper.id,), "") if ranked else None

    def _beyond(self, found: re.Match[str], options: Sequence[str]) -> Chosen | None:
        """'the one with energy', of which no paper mentioned speaks: the paper whose title does."""
        wanted = set(tokenize(found["which"] or ""))
        papers = filter(None, map(self._find, options))
        if not wanted or any(wanted <= stems(f"{paper.title} {paper.abstract}") for paper in papers):
            return None
        near = self._search(found["which"], k=3)
        return next((((one.paper.id,), "") for one in near if wanted <= stems(one.paper.title)), None)

    def _many(self, found: re.Match[str], dialogue: Dialogue, named: Sequence[str]) -> Chosen | None:
        if re.match(r"(?:these|those) (?:papers|works|studies)", found[0], re.IGNORECASE) and len(dialogue.focus) < 2:
            return None  # 'these papers' are the collection unless several were just spoken of
        if pointers.TWO.search(found[0]) and len(dialogue.focus) != 2:
            return dialogue.latest(2), ""
        authors = re.fullmatch(r"they|them|their|theirs", found[0], re.IGNORECASE)
        return (dialogue.focus if authors or len(dialogue.focus) > 1 else dialogue.choice or dialogue.focus), ""

    def _one(self, found: re.Match[str], dialogue: Dialogue, named: Sequence[str]) -> Chosen:
        return dialogue.focus[:1] if not named else dialogue.focus[:2], ""
