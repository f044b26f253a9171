"""The evidence for a turn as it was understood, and the plain words where there is none: what is near, whether it
answers, what it lacks. Knows no kinds of turns.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ingest.entry import Entry
from ingest.index import PaperIndex
from ingest.names import squeeze
from ingest.paper import Paper
from rag.answer import Ranked
from rag.draft import MOST_COMPARED, Draft
from rag.extract import as_paragraphs
from rag.manner import USUAL
from rag.retrieve import Retriever, Scope
from rag.sufficiency import Outcome, Verdict, not_mentioned, refusal, weigh
from rag.understood import Understood
from rag.unsaid import unsaid

RETRIEVED = USUAL.papers  # that an answer reports as found
MOST_MENTIONING = 200  # papers read for a short form
MEANT = 0.3  # what being named, or pointed to, adds to a paper's score in the ranking


@dataclass(frozen=True, slots=True)
class Reply:
    """A draft, or where there is none the plain words instead; `ranked` are the papers found, best first."""

    draft: Draft
    ranked: tuple[Ranked, ...] = ()
    words: str = ""
    outcome: Outcome = Outcome.ANSWERED


class Seeker:
    """Seeks evidence in one index. Safe to share between threads."""

    def __init__(self, index: PaperIndex, retriever: Retriever) -> None:
        self._index, self._retriever = index, retriever

    def inside(self, ids: Sequence[str], scope: Scope) -> set[str]:
        allowed = set(self._index.record.select(ids=scope.ids, since=scope.since, until=scope.until))
        return {paper_id for paper_id in ids if allowed.intersection(self._index.record.select(ids=[paper_id]))}

    def near(self, asked: Understood, scope: Scope | None) -> tuple[Ranked, ...]:
        """The papers found for the question, those it is about before others that are as good."""
        count = asked.manner.papers
        ranked = self._retriever.search(asked.topic or asked.standalone, k=count + len(asked.papers), scope=scope)
        missing = [paper for paper in asked.papers if paper not in {found.paper.id for found in ranked}]
        ranked += self._retriever.look(asked.standalone, missing)
        meant = [replace(one, score=one.score + MEANT * (one.paper.id in asked.papers)) for one in ranked]
        return tuple(sorted(meant, key=lambda one: -one.score)[: max(count, len(asked.papers))])

    def without_names(self, asked: Understood, ranked: Sequence[Ranked]) -> list[Ranked]:
        """The papers found, the sentences of those meant ranked by what is asked of them: a name in a question is near
        to every sentence that has it."""
        if not asked.papers or not asked.ask:
            return list(ranked)
        again = self._retriever.search(asked.ask, k=len(asked.papers), scope=Scope(asked.papers))
        meant = {found.paper.id: found.evidence for found in again}
        return [replace(one, evidence=meant.get(one.paper.id, one.evidence)) for one in ranked]

    def weigh(self, asked: Understood, ranked: Sequence[Ranked]) -> Verdict:
        return weigh(asked.standalone, ranked, self._index.words, named=asked.papers)

    def unsaid(self, asked: Understood) -> tuple[list[str], bool]:
        """The things asked of the papers meant that none of them speaks of, and whether that is all of it."""
        embed = self._index.embedder.embed_query if self._index.embedder else None
        entries = self.entries(asked.papers[:MOST_COMPARED])
        lacking = [unsaid(asked.ask, entry, self._index.words, embed) for entry in entries]
        things = [thing for thing in (lacking[0][0] if lacking else ()) if all(thing in other for other, _ in lacking)]
        return things, bool(things) and all(all_of_it for _, all_of_it in lacking)

    def note_of(self, things: Sequence[str], asked: Understood) -> str:
        return f"{not_mentioned(self.papers(asked.papers)[0], things)}." if things else ""

    def looked_at(self, asked: Understood, scope: Scope | None) -> tuple[int, str]:
        """How many papers were looked at, and which: '3', 'chosen'."""
        if not scope or not scope.ids or asked.bounds:
            return self._index.count(), asked.bounds.words or "here"
        return len(self._index.record.select(ids=scope.ids, since=scope.since, until=scope.until)), "chosen"

    def instead(self, asked: Understood, scope: Scope | None, words: str) -> Reply:
        """Plain words in the place of an answer, with the papers nearest to what was asked."""
        return Reply(Draft(()), self.near(asked, scope), words, Outcome.ABSENT)

    def refuse(self, verdict: Verdict, ranked: Sequence[Ranked], count: int, where: str) -> Reply:
        words, neighbours = refusal(verdict, ranked, count, where=where)
        return Reply(as_paragraphs(neighbours), tuple(ranked), words, verdict.outcome)

    def mentioning(self, form: str, scope: Scope | None) -> list[Paper]:
        """The papers of a scope that have a name or a short form anywhere, the newest row last."""
        numbers, _ = self._index.calls.named(squeeze(form))
        allowed = numbers.tolist()
        if scope and scope != Scope():
            allowed = sorted(
                {*allowed} & {*self._index.record.select(ids=scope.ids, since=scope.since, until=scope.until)}
            )
        return [entry.paper for entry in self._index.record.entries(allowed[:MOST_MENTIONING])]

    def entries(self, ids: Sequence[str]) -> list[Entry]:
        """Papers with their sentences and vectors."""
        return self._index.entries([number for paper_id in ids for number in self._index.record.select(ids=[paper_id])])

    def papers(self, ids: Sequence[str]) -> list[Paper]:
        found = (self._index.record.find(paper_id) for paper_id in ids)
        return [entry.paper for entry in found if entry]
