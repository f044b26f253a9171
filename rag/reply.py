"""What is said to each kind of turn: the evidence is found first, then a draft is made of it. Renders nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ingest.index import PaperIndex
from ingest.paper import Paper
from rag.answer import Evidence, Ranked
from rag.collection import describe_collection
from rag.compare import compare
from rag.dialogue import Dialogue
from rag.draft import Draft, Paragraph, Statement, Table
from rag.edit import edit, read_change
from rag.extract import choose, lead_of
from rag.grammar import THANKS, Change, Kind, read_edit
from rag.judge import ANY, LISTED, Judge
from rag.names import short_name
from rag.retrieve import Retriever, Scope
from rag.sufficiency import Outcome, Verdict, refusal, weigh
from rag.summarise import summarise_paper, summarise_topic
from rag.survey import survey
from rag.table import read_table
from rag.understand import Understanding, Understood

RETRIEVED = 10  # papers an answer reports as found
MEANT = 0.3  # what being named, or pointed to, adds to a paper's score in the ranking
MOST_COMPARED = 6
STANDS_OUT = 0.6  # share of the best chance that another paper needs where some are to choose from

HELLO = (
    "Ask about the papers here in plain words: what one says, how two differ, which of them do something. "
    "Every sentence of an answer is quoted and cited."
)


WELCOME = "You are welcome."


@dataclass(frozen=True, slots=True)
class Reply:
    """A draft, or where there is none the plain words instead; `ranked` are the papers found, best first."""

    draft: Draft
    ranked: tuple[Ranked, ...] = ()
    words: str = ""
    outcome: Outcome = Outcome.ANSWERED


class Replies:
    """Replies over one index. Safe to share between threads."""

    def __init__(self, index: PaperIndex, retriever: Retriever, understanding: Understanding) -> None:
        self._index, self._retriever, self._understanding = index, retriever, understanding
        self._judge = Judge(index)

    def reply(self, asked: Understood, dialogue: Dialogue, scope: Scope | None) -> Reply:
        """The reply to a turn as it was understood."""
        if asked.trouble:
            return Reply(Draft(()), self._near(asked, scope), asked.trouble, Outcome.ABSENT)
        if asked.kind is Kind.TALK:
            return Reply(Draft(()), (), WELCOME if THANKS.match(asked.standalone) else HELLO)
        if self._index.count() == 0:
            return Reply(Draft(()), (), "There are no papers here yet to answer from.", Outcome.ABSENT)
        kinds = {
            Kind.COMPARISON: self._compare,
            Kind.SURVEY: self._survey,
            Kind.SUMMARY: self._summarise,
            Kind.COLLECTION: self._collection,
        }
        if asked.kind is Kind.EDIT:
            return self._edit(asked, dialogue, scope)
        return kinds.get(asked.kind, self._fact)(asked, scope)

    # -- kinds -------------------------------------------------------------------------------------------------

    def _fact(self, asked: Understood, scope: Scope | None) -> Reply:
        ranked = self._near(asked, scope)
        verdict = self._weigh(asked, ranked)
        if verdict.outcome is not Outcome.ANSWERED:
            return self._refuse(verdict, ranked)
        chosen = choose(asked.standalone, ranked, named=asked.papers)
        return Reply(as_paragraphs(chosen), ranked)

    def _compare(self, asked: Understood, scope: Scope | None, rows: Sequence[str] = ()) -> Reply:
        papers = self._papers(asked.papers)[:MOST_COMPARED]
        if len(papers) < 2:
            return self._summarise(asked, scope) if papers else self._fact(asked, scope)
        ranked = self._near(asked, scope)
        verdict = self._weigh(asked, ranked)
        if verdict.outcome is Outcome.ABSENT:
            return self._refuse(verdict, ranked)
        names = [short_name(paper) for paper in papers]
        draft = compare(asked.standalone, papers, names, self._retriever.look, aspects=rows)
        if len(asked.papers) > MOST_COMPARED:
            note = f"The first {MOST_COMPARED} of {len(asked.papers)} papers are compared; name fewer for others."
            draft = replace(draft, note=f"{draft.note} {note}".strip())
        return Reply(draft, ranked)

    def _survey(self, asked: Understood, scope: Scope | None) -> Reply:
        scope = Scope(asked.papers) if asked.papers else scope
        judged = self._judge.judge(asked.standalone, scope=scope)
        looked_at = len(judged)
        if asked.papers and judged:  # 'which of them': those that stand out among them
            judged = [one for one in judged if one.probability >= STANDS_OUT * judged[0].probability]
        draft = survey(asked.standalone, judged, looked_at, at_best=LISTED if asked.papers else ANY)
        ranked = tuple(one.ranked() for one in judged[:RETRIEVED])
        if not draft.parts:
            return self._refuse(Verdict(Outcome.ABSENT, 0.0, ""), ranked, looked_at)
        return Reply(draft, ranked)

    def _summarise(self, asked: Understood, scope: Scope | None) -> Reply:
        papers = self._papers(asked.papers)
        if papers:
            numbers = [n for paper in papers[:MOST_COMPARED] for n in self._index.record.select(ids=[paper.id])]
            drafts = [summarise_paper(entry) for entry in self._index.entries(numbers)]
            parts = tuple(part for draft in drafts for part in draft.parts)
            return Reply(Draft(parts), self._near(asked, scope))
        ranked = self._near(asked, scope)
        verdict = self._weigh(asked, ranked)
        if verdict.outcome is not Outcome.ANSWERED:
            return self._refuse(verdict, ranked)
        draft = summarise_topic(asked.standalone, self._judge.judge(asked.standalone, scope=scope))
        return Reply(draft, ranked) if draft.parts else self._fact(asked, scope)

    def _collection(self, asked: Understood, scope: Scope | None) -> Reply:
        judged = self._judge.judge("all papers", scope=scope)
        return Reply(describe_collection(asked.standalone, judged), self._near(asked, scope))

    def _edit(self, asked: Understood, dialogue: Dialogue, scope: Scope | None) -> Reply:
        """The last answer again, changed as asked."""
        assert asked.edit
        assert dialogue.last
        place = next((i for i in range(len(dialogue.exchanges) - 1, -1, -1) if self._is_question(dialogue, i)), 0)
        before = Dialogue(dialogue.exchanges[:place])
        last = self._understanding.understand(dialogue.exchanges[place].question, before)
        table = read_table(dialogue.last.answer)
        aspects = tuple(a.casefold() for a in table[1]) if table else last.aspects
        if asked.edit.change in (Change.DROP, Change.ADD, Change.ONLY):
            return self._redraw(asked, last, aspects, before=dialogue.focus, scope=scope)
        if asked.edit.change is Change.TABLE and len(asked.papers) > 1:
            return self._compare(replace(last, papers=asked.papers), scope)
        reply = self.reply(last, before, scope)
        if asked.edit.change is Change.SHORTER:
            return replace(reply, draft=shorten(reply.draft))
        if asked.edit.change is Change.LONGER:
            return self._summarise(replace(last, papers=asked.papers or last.papers), scope)
        return reply

    @staticmethod
    def _is_question(dialogue: Dialogue, place: int) -> bool:
        """Whether an exchange began with a question, not with an instruction on the answer before it."""
        return read_edit(dialogue.exchanges[place].question) is None

    def _redraw(
        self,
        asked: Understood,
        last: Understood,
        aspects: tuple[str, ...],
        *,
        before: Sequence[str],
        scope: Scope | None,
    ) -> Reply:
        """The comparison with a row or a paper more or less."""
        assert asked.edit
        what = f"{asked.edit.change.value} {asked.edit.what}"
        change = read_change(what, aspects)
        rows = edit(aspects, change) if change else aspects
        if not asked.papers or (rows == aspects and asked.papers == before):
            words = f"No paper and no aspect of the last answer goes by '{asked.edit.what}'; name one of them."
            if asked.edit.change is Change.ADD:
                words = f"No paper here and no aspect goes by '{asked.edit.what}'; name one, or describe it."
            return Reply(Draft(()), self._near(asked, scope), words, Outcome.ABSENT)
        return self._compare(replace(last, papers=asked.papers, aspects=rows), scope, rows)

    # -- evidence ----------------------------------------------------------------------------------------------

    def _near(self, asked: Understood, scope: Scope | None) -> tuple[Ranked, ...]:
        """The papers found for the question, those it is about before others that are as good."""
        ranked = self._retriever.search(asked.standalone, k=RETRIEVED + len(asked.papers), scope=scope)
        missing = [paper for paper in asked.papers if paper not in {found.paper.id for found in ranked}]
        ranked += self._retriever.look(asked.standalone, missing)
        meant = [replace(one, score=one.score + MEANT * (one.paper.id in asked.papers)) for one in ranked]
        return tuple(sorted(meant, key=lambda one: -one.score)[: max(RETRIEVED, len(asked.papers))])

    def _weigh(self, asked: Understood, ranked: Sequence[Ranked]) -> Verdict:
        return weigh(asked.standalone, ranked, self._index.words, named=asked.papers)

    def _refuse(self, verdict: Verdict, ranked: Sequence[Ranked], count: int = 0) -> Reply:
        words, neighbours = refusal(verdict, ranked, count or self._index.count())
        return Reply(as_paragraphs(neighbours), tuple(ranked), words, verdict.outcome)

    def _papers(self, ids: Sequence[str]) -> list[Paper]:
        found = (self._index.record.find(paper_id) for paper_id in ids)
        return [entry.paper for entry in found if entry]


def as_paragraphs(chosen: Sequence[Evidence]) -> Draft:
    """Sentences as paragraphs, one a paper, each led by the paper's name."""
    paragraphs: dict[str, list[Statement]] = {}
    for evidence in chosen:
        said = paragraphs.setdefault(evidence.paper.id, [])
        said.append(Statement(evidence, "" if said else lead_of(evidence)))
    return Draft(tuple(Paragraph(tuple(statements)) for statements in paragraphs.values()))


def shorten(draft: Draft) -> Draft:
    """The first sentence of each paragraph; a table without what stands below it, its first two rows."""
    parts = []
    for part in draft.parts:
        if isinstance(part, Paragraph):
            parts.append(Paragraph(part.statements[:1]))
        elif isinstance(part, Table):
            return replace(draft, parts=(replace(part, rows=part.rows[:2]),))
        else:
            parts.append(replace(part, items=part.items[:5]))  # type: ignore[arg-type]
    return replace(draft, parts=tuple(parts))
