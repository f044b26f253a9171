"""From a word that points ('the second one', 'the 2-bit one', 'both') to the papers of the conversation it means.

Knows the papers mentioned and the forms of `rag.pointers`; writes no question out.
"""

import re
from collections.abc import Callable, Sequence

from ingest.words import stems
from rag import pointers
from rag.demand import content
from rag.described import MOST_MEANT, SOME_WORDS, Described, Find, gist
from rag.dialogue import Dialogue
from rag.grammar import COUNTED
from rag.retrieve import Retriever
from rag.wording import Wording

# Stems of what is said of any paper pointed to: 'the whole paper', 'the very same one'.
NO_DESCRIPTION = stems("same whole entire very proposed previous last next new old original current other usual right")
DEGREES = re.compile(
    r"\b(?:best|worst|most|least|more|less|better|worse|(?:fast|slow|larg|small|bigg|high|low|long|short|cheap|strong|new"
    r"|old|lat|earli|quick|great|easi|near|simpl|light)(?:er|est))\b",
    re.IGNORECASE,
)
Chosen = tuple[tuple[str, ...], str]  # papers, trouble
Chooser = Callable[[re.Match[str], Dialogue, Sequence[str]], Chosen | None]


class Pointed:
    """Chooses among the papers of a dialogue over one collection."""

    def __init__(self, retriever: Retriever, find: Find, wording: Wording) -> None:
        self._name, self._described = wording.name, Described(retriever, find)
        self.forms: tuple[tuple[re.Pattern[str], Chooser], ...] = (
            (pointers.ORDINAL, lambda found, dialogue, named: self.ordinal(found, dialogue)),
            (pointers.OTHER, self._other),
            (pointers.DESCRIBED, self._by_description),
            (pointers.MANY, self._many),
            (pointers.ONE, self._one),
        )

    def described(self, what: str, ids: Sequence[str]) -> tuple[str, ...]:
        """The one of some papers that a description fits best; none where it fits none."""
        return self._described.among(gist(what), ids)[:1]

    def by_place(self, what: str, dialogue: Dialogue) -> Chosen | None:
        """The papers that all of some words point to by their place: 'the first', 'second one', 'the last two'."""
        found = pointers.ORDINAL.fullmatch(f"the {what}")
        return self.ordinal(found, dialogue) if found else None

    def ordinal(self, found: re.Match[str], dialogue: Dialogue) -> Chosen:
        """The papers at a place of the list before, or so many from it; trouble where it has no such place."""
        place, options = pointers.ordinal(found), dialogue.choice or dialogue.focus
        if place > len(options):  # of a longer list before
            options = next((e.papers for e in reversed(dialogue.exchanges) if len(e.papers) >= place), options)
        if count := COUNTED.get((found["count"] or "").casefold(), 0):
            return (options[-count:] if place < 0 else options[place - 1 : place - 1 + count]), ""
        if place > len(options) or place == 0:
            held = "Only one paper was" if len(options) == 1 else f"Only {len(options)} papers were"
            names = ", ".join(self._name(paper) for paper in options)
            return (), f"{held} mentioned ({names}), so there is no number {place}; ask about one of them by name."
        return (options[place - 1 if place > 0 else -1],), ""

    def _other(self, found: re.Match[str], dialogue: Dialogue, named: Sequence[str]) -> Chosen | None:
        last = dialogue.last.papers if dialogue.last else ()
        rest = tuple(paper for paper in dialogue.choice if paper not in last) or tuple(
            paper for paper in dialogue.papers if paper not in last
        )
        if not rest and len(last) > 1:
            rest = last[1:]
        if not rest and re.match(r"\s+(?:on|about|with|that|which|by|for)\s+\w", found.string[found.end() :]):
            return None  # 'the other paper on split computing': described, not pointed to
        if not rest:
            return (), "Only one paper was mentioned before, so there is no other; ask about one by name."
        return (rest, "") if re.search(r"others|ones|two", found[0], re.IGNORECASE) else (rest[:1], "")

    def _by_description(self, found: re.Match[str], dialogue: Dialogue, named: Sequence[str]) -> Chosen | None:
        """'the 2-bit one': of the papers mentioned the one that fits best, else of all papers here; all that fit where
        several are meant. None where the words describe no paper ('the best method')."""
        what = gist(found["which"] or found["what"])
        if not says_which(what) or pointers.ORDINAL.match(found[0]):
            return None
        if found["several"] and len(dialogue.focus) < 2 and not re.match(r"the ones\b", found[0], re.IGNORECASE):
            return None  # 'the papers on scaling laws' are sought, unless several were just spoken of
        general = bool(found["head"] and pointers.GENERAL.match(found["head"]))
        described, mentioned = self._described, dialogue.papers
        meant = described.among(what, mentioned) or (() if general else described.anywhere(what))
        meant = described.titled(what, meant) or meant
        meant = meant or described.among(what, mentioned, least=SOME_WORDS)
        if not meant:
            return None if general else ((), f"No paper here fits “{what}”; name one, or describe it in other words.")
        if found["many"] or found["several"]:
            return tuple(sorted(meant[:MOST_MEANT], key=_place_in(mentioned))), ""
        return meant[:1], ""

    def _many(self, found: re.Match[str], dialogue: Dialogue, named: Sequence[str]) -> Chosen | None:
        if re.match(r"(?:these|those) (?:papers|works|studies)", found[0], re.IGNORECASE) and len(dialogue.focus) < 2:
            return None  # 'these papers' are the collection unless several were just spoken of
        of_them = re.match(r"(?:one|which|any|some|none) of ", found[0], re.IGNORECASE)
        if of_them and len(dialogue.focus) < 2 and not dialogue.choice:
            return None  # of all papers here
        if pointers.TWO.search(found[0]) and len(dialogue.focus) != 2:
            return dialogue.latest(2), ""
        several = re.search(r"\b(three|four|five)\b", found[0], re.IGNORECASE)
        if several and len(dialogue.focus) != (count := COUNTED[several[1].casefold()]):
            return dialogue.latest(count), ""
        authors = re.fullmatch(r"they|them|their|theirs", found[0], re.IGNORECASE)
        return (dialogue.focus if authors or len(dialogue.focus) > 1 else dialogue.choice or dialogue.focus), ""

    def _one(self, found: re.Match[str], dialogue: Dialogue, named: Sequence[str]) -> Chosen:
        return dialogue.focus[:1], ""


def says_which(what: str) -> bool:
    """Whether a description tells one paper from others: not 'best', 'same', 'proposed'."""
    return bool(set(content(what)) - NO_DESCRIPTION) and not DEGREES.search(what)


def _place_in(order: Sequence[str]) -> Callable[[str], int]:
    return lambda paper: order.index(paper) if paper in order else len(order)
