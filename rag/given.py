"""From papers and aspects that are given one by one to the question that compares them.

Knows no conversation; each paper is told by its id, by what it is called, or by words that describe it.
"""

from collections.abc import Sequence

from ingest.errors import UsageError
from ingest.names import short_name
from ingest.paper import Paper, find_arxiv_id
from rag.catalogue import Catalogue
from rag.described import Find
from rag.draft import MOST_COMPARED
from rag.names import listed
from rag.retrieve import Retriever
from rag.understand import KNOWN_TOPIC

TOLD = 60  # characters of a description that a message repeats


class Given:
    """Finds papers that are given apart from any question, over one collection."""

    def __init__(self, catalogue: Catalogue, retriever: Retriever, find: Find) -> None:
        self._catalogue, self._retriever, self._find = catalogue, retriever, find

    def question(self, papers: Sequence[str], aspects: Sequence[str]) -> str:
        """'Compare KIVI and ZipCache on memory and speed'; raises UsageError for a paper that is not here or twice."""
        if not 2 <= len(papers) <= MOST_COMPARED:
            raise UsageError(f"{len(papers)} papers were given; a comparison has from 2 to {MOST_COMPARED}.")
        found = [self.paper(given) for given in papers]
        for place, paper in enumerate(found):
            if paper.id in [one.id for one in found[:place]]:
                raise UsageError(f"“{papers[place][:TOLD]}” is {short_name(paper)}, which was given before.")
        names = [self._name(paper) for paper in found]
        on = f" on {listed(aspects)}" if aspects else ""
        return f"Compare {listed(names)}{on}"

    def paper(self, given: str) -> Paper:
        """The paper that an id, a name, a title or a description means."""
        arxiv = find_arxiv_id(given)
        paper = self._find(given) or (self._find(f"arxiv:{arxiv}") if arxiv else None)
        if paper is None:
            mentions = [mention for mention in self._catalogue.mentions(given) if mention.is_own]
            near = self._retriever.search(given, k=1) if not mentions else []
            if mentions:
                paper = self._find(mentions[0].paper_ids[0])
            elif near and near[0].score >= KNOWN_TOPIC:
                paper = near[0].paper
        if paper is None:
            raise UsageError(f"No paper here is “{given[:TOLD]}”; give an id, a name or a description of one that is.")
        return paper

    def _name(self, paper: Paper) -> str:
        """What a question calls a paper so that this one is understood."""
        for name in (short_name(paper), paper.title):
            mentions = self._catalogue.mentions(name)
            if mentions and mentions[0].paper_ids[0] == paper.id:
                return name
        return paper.title
