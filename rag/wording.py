"""A question written out: names for the papers it points to, and the last question asked again of other papers.

Knows names of papers; what a turn points to, others decide.
"""

import re
from collections.abc import Sequence

from ingest.names import short_name
from rag.catalogue import Catalogue
from rag.described import Find, end_of
from rag.grammar import COLLECTION, SUMMARY, SURVEY
from rag.names import listed

MOST_NAMES = 4  # spelled out in a question that is written out; more are counted

ASKED_OF = re.compile(r" – [^–]+$")  # the papers that a question without names was asked of


class Wording:
    """Writes questions out over one collection."""

    def __init__(self, catalogue: Catalogue, find: Find) -> None:
        self._catalogue, self._find = catalogue, find

    def name(self, paper_id: str) -> str:
        paper = self._find(paper_id)
        return short_name(paper) if paper else paper_id

    def names(self, ids: Sequence[str]) -> str:
        """'A, B and C', or how many where they are too many to read."""
        if len(ids) > MOST_NAMES:
            return f"these {len(ids)} papers"
        return listed([self.name(paper) for paper in ids])

    def comparison(self, papers: Sequence[str], aspects: Sequence[str], on: str = "") -> str:
        on = on or " and ".join(aspects)
        return f"Compare {self.names(papers)}" + (f" on {on}" if on else "")

    def write_out(self, question: str, found: re.Match[str], papers: Sequence[str]) -> str:
        """The question with names for the words that pointed back to them."""
        spoken = self.names(papers)
        possessive = re.fullmatch(r"its|theirs?", found[0], re.IGNORECASE)
        which = re.match(r"(?:one|which|any|some|none|each|both|all) of |both(?= )", found[0], re.IGNORECASE)
        spoken = (which[0] if which else "") + spoken + ("'s" if possessive else "")
        return question[: found.start()] + spoken + question[end_of(found) :]

    def again(self, last: str, papers: Sequence[str]) -> str:
        """The last question, asked of other papers than it was."""
        last = ASKED_OF.sub("", last.rstrip(" ?.!"))
        mentions = [mention for mention in self._catalogue.mentions(last) if mention.is_own]
        if not mentions and (SURVEY.search(last) or COLLECTION.search(last)):  # of all papers; now one is to be told
            return f"Tell me about {self.names(papers)}."
        if not mentions and SUMMARY.search(last):  # of something else than what is meant now
            return f"Tell me about {self.names(papers)}."
        if not [mention for mention in mentions if mention.paper_ids[0] not in papers]:
            return f"{last} – {self.names(papers)}?"
        return f"{last[: mentions[0].start]}{self.names(papers)}{last[mentions[-1].end :]}?"
