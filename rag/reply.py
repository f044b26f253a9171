"""What is said to each kind of turn: the evidence is found first, then a draft is made of it. Renders nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ingest.index import PaperIndex
from ingest.names import short_name
from ingest.paper import Paper
from ingest.record import Entry
from rag.amend import Amendments
from rag.answer import Ranked
from rag.asked_papers import narrow
from rag.aspects import RHETORICAL
from rag.collection import describe_collection
from rag.compare import Wish as Rows
from rag.compare import compare, none_speaks
from rag.demand import content
from rag.dialogue import Dialogue
from rag.draft import MOST_COMPARED, Draft, Table
from rag.extract import as_paragraphs, choose
from rag.grammar import THANKS, Kind
from rag.instructions import Change
from rag.judge import Judge, Judged, Judgement, about_each, fitting
from rag.likelihood import ANY
from rag.manner import USUAL
from rag.negated import Negated, read_negated, says_without
from rag.options import options
from rag.record_facts import tell_prolific, tell_records
from rag.record_wishes import Wish
from rag.retrieve import Retriever, Scope
from rag.revise import in_full, reshape
from rag.strangers import mentioning, tell_strangers
from rag.sufficiency import Outcome, Verdict, either, lacking, not_mentioned, refusal, weigh
from rag.summarise import summarise_paper, summarise_topic
from rag.survey import sifted, survey
from rag.understand import Understanding, Understood, question_place
from rag.unsaid import unsaid
from rag.within import cannot_go_on, kept_within, tell_outside

RRF_K = 60  # of reciprocal rank fusion, as published
RETRIEVED = USUAL.papers  # that an answer reports as found
MEANT = 0.3  # what being named, or pointed to, adds to a paper's score in the ranking
FALSE_FROM = 0.1  # chance that papers set side by side answer below which what is missing is told before the table
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
        self._amendments = Amendments(self._papers, understanding)

    def revision(self) -> int:
        """That of the papers as they are now."""
        return self._index.record.revision()

    def reply(self, asked: Understood, dialogue: Dialogue, scope: Scope | None) -> Reply:
        """The reply to a turn as it was understood, from the papers of the scope alone."""
        asked, outside = kept_within(asked, scope, self._inside)
        if outside and not asked.papers and asked.kind is not Kind.EDIT and cannot_go_on(asked):
            return self._instead(asked, scope, self._tell(outside))
        reply = self._reply(asked, dialogue, scope)
        if outside and reply.draft.parts:
            note = f"{self._tell(outside)} {reply.draft.note}".strip()
            return replace(reply, draft=replace(reply.draft, note=note))
        return reply

    def _inside(self, ids: Sequence[str], scope: Scope) -> set[str]:
        allowed = set(self._index.record.select(ids=scope.ids, since=scope.since, until=scope.until))
        return {paper_id for paper_id in ids if allowed.intersection(self._index.record.select(ids=[paper_id]))}

    def _tell(self, ids: Sequence[str]) -> str:
        return tell_outside([short_name(paper) for paper in self._papers(ids)])

    def _reply(self, asked: Understood, dialogue: Dialogue, scope: Scope | None) -> Reply:
        if asked.trouble:
            return self._instead(asked, scope, asked.trouble)
        if asked.kind is Kind.TALK:
            return Reply(Draft(()), (), WELCOME if THANKS.match(asked.standalone) else HELLO)
        if self._index.count() == 0:
            return Reply(Draft(()), (), "There are no papers here yet to answer from.", Outcome.ABSENT)
        if asked.bounds:
            outside = Scope(asked.papers) if asked.follows and asked.papers else scope
            narrowed = narrow(outside, asked.bounds, self._understanding.bylines)
            if isinstance(narrowed, str):
                return self._instead(asked, scope, narrowed)
            scope = narrowed
        kinds = {
            Kind.COMPARISON: self._compare,
            Kind.SURVEY: self._survey,
            Kind.OPTIONS: self._options,
            Kind.SUMMARY: self._summarise,
            Kind.COLLECTION: self._collection,
            Kind.RECORD: self._record,
        }
        if asked.absent:
            return self._beside_strangers(asked, dialogue, scope)
        if asked.kind is Kind.EDIT:
            return self._edit(asked, dialogue, scope)
        return kinds.get(asked.kind, self._fact)(asked, scope)

    # -- kinds -------------------------------------------------------------------------------------------------

    def _fact(self, asked: Understood, scope: Scope | None) -> Reply:
        ranked = self._near(asked, scope)
        things, all_of_it = self._unsaid(asked)
        verdict = lacking(things, asked.papers) if all_of_it else self._weigh(asked, ranked)
        if verdict.outcome is not Outcome.ANSWERED:
            return self._refuse(verdict, ranked, *self._looked_at(asked, scope))
        draft = as_paragraphs(choose(asked.standalone, ranked, named=asked.papers, manner=asked.manner))
        return Reply(replace(draft, note=self._note_of(things, asked)), ranked)

    def _compare(self, asked: Understood, scope: Scope | None, wish: Rows | None = None) -> Reply:
        papers = self._papers(asked.papers)[:MOST_COMPARED]
        if len(papers) < 2:
            return self._summarise(asked, scope) if papers else self._fact(asked, scope)
        ranked = self._near(asked, scope)
        verdict = self._weigh(asked, ranked)
        if verdict.outcome is Outcome.ABSENT:
            return self._refuse(verdict, ranked, *self._looked_at(asked, scope))
        names = [short_name(paper) for paper in papers]
        draft = compare(asked.standalone, papers, names, self._retriever.look, wish=wish)
        things, all_of_it = self._unsaid(asked)
        if verdict.missing and verdict.probability < FALSE_FROM and not asked.absent:
            things, all_of_it = list(verdict.missing), True
        if all_of_it and not wish:
            words = f"{none_speaks([either(things)], len(papers))}; this comes nearest."
            return Reply(replace(draft, note=""), ranked, words, Outcome.CLOSE)
        if len(asked.papers) > MOST_COMPARED:
            count = len(asked.papers)
            note = f"{count} papers were named and a table holds {MOST_COMPARED}: the first {MOST_COMPARED} are here."
            draft = replace(draft, note=f"{draft.note} {note}".strip())
        asked_for = [aspect for aspect in asked.aspects if aspect not in RHETORICAL]
        if asked_for and not wish and not _speaks_of_any(draft, asked.aspects):
            words = f"{none_speaks(asked_for, len(papers))}; this comes nearest."
            return Reply(replace(draft, note=""), ranked, words, Outcome.CLOSE)
        return Reply(draft, ranked)

    def _beside_strangers(self, asked: Understood, dialogue: Dialogue, scope: Scope | None) -> Reply:
        """What is here of a comparison with what is not: the papers named, else those that mention the names."""
        named = self._papers(asked.papers)
        if len(named) > 1:
            reply = self._compare(asked, scope)
            told = tell_strangers(asked.absent, named, Draft(()))
            return replace(reply, words=f"{told} {reply.words}".strip())
        ranked = self._near(asked, scope)
        among = named or [one.paper for one in self._retriever.search(" ".join(asked.absent), k=RETRIEVED, scope=scope)]
        quoted = mentioning(asked.absent, among)
        words = tell_strangers(asked.absent, named, quoted)
        if quoted.parts:
            return Reply(quoted, ranked, words)
        draft = self._summarise(asked, scope).draft if named else Draft(())
        return Reply(draft, ranked, words, Outcome.CLOSE if named else Outcome.ABSENT)

    def _survey(self, asked: Understood, scope: Scope | None) -> Reply:
        bounds = asked.bounds
        scope = Scope(asked.papers) if asked.papers and not bounds else scope
        question = asked.topic or (asked.ask if asked.papers else asked.standalone)
        found = self._judge.judge(question, scope=scope)
        judged: Sequence[Judged] = found
        if asked.both:
            judged = about_each([self._judge.judge(topic, scope=scope) for topic in asked.both])
        looked_at = found.total
        if asked.told:
            judged = [one for one in judged if one.paper.id not in asked.told]
            looked_at -= len(asked.told)
        if asked.papers and judged and not bounds:  # 'which of them': those that stand out among them
            judged = [one for one in judged if one.probability >= STANDS_OUT * judged[0].probability]
        if (negated := read_negated(question)) and not bounds:
            return self._without(negated, found, ranked=tuple(one.ranked() for one in judged[:RETRIEVED]), scope=scope)
        draft = survey(question, judged if asked.papers or found.any >= ANY else (), looked_at, bounds=bounds)
        if len(found) < found.total:
            draft = replace(draft, note=f"{draft.note} {sifted(len(found))}")
        ranked = tuple(one.ranked() for one in judged[:RETRIEVED])
        if not draft.parts:
            _, where = self._looked_at(asked, scope)
            return self._refuse(Verdict(Outcome.ABSENT, 0.0), ranked, looked_at, where)
        return Reply(draft, ranked)

    def _without(self, negated: Negated, found: Judgement, *, ranked: tuple[Ranked, ...], scope: Scope | None) -> Reply:
        """The papers on the topic that say they do without a thing; not those that are silent on it."""
        about = fitting(self._judge.judge(negated.topic, scope=scope)) if content(negated.topic) else found
        said = [(one, evidence) for one in about if (evidence := says_without(one.paper, negated.thing))]
        draft = survey(
            negated.topic, [replace(one, evidence=evidence, probability=1.0) for one, evidence in said], found.total
        )
        silent = f"Papers that are silent on “{negated.thing}” are not listed: they may do without it or not."
        if draft.parts:
            return Reply(replace(draft, note=f"{draft.note} {silent}"), ranked)
        words = f"No abstract here says that it does without “{negated.thing}”. {silent}"
        return Reply(Draft(()), ranked, words, Outcome.CLOSE)

    def _options(self, asked: Understood, scope: Scope | None) -> Reply:
        ranked = self._near(asked, scope)
        judged = self._judge.judge(asked.topic or asked.standalone, scope=scope)
        draft = options(ranked, judged)
        if not draft.parts:
            return self._refuse(Verdict(Outcome.ABSENT, 0.0), ranked, *self._looked_at(asked, scope))
        return Reply(draft, ranked)

    def _summarise(self, asked: Understood, scope: Scope | None) -> Reply:
        papers = self._papers(asked.papers)
        if self._unsaid(asked)[1]:
            return self._fact(asked, scope)
        if len(papers) > MOST_COMPARED:
            everything = self._judge.judge("all papers", scope=Scope(asked.papers))
            return Reply(summarise_topic("all papers", everything), self._near(asked, scope))
        if papers:
            drafts = [summarise_paper(entry) for entry in self._entries(asked.papers[:MOST_COMPARED])]
            parts = tuple(part for draft in drafts for part in draft.parts)
            return Reply(Draft(parts), self._near(asked, scope))
        ranked = self._near(asked, scope)
        verdict = self._weigh(asked, ranked)
        if verdict.outcome is not Outcome.ANSWERED:
            return self._refuse(verdict, ranked, *self._looked_at(asked, scope))
        draft = summarise_topic(asked.standalone, self._judge.judge(asked.standalone, scope=scope))
        return Reply(draft, ranked) if draft.parts else self._fact(asked, scope)

    def _collection(self, asked: Understood, scope: Scope | None) -> Reply:
        judged = self._judge.judge("all papers", scope=scope)
        draft = describe_collection(asked.topic or asked.standalone, judged)
        note = draft.note.replace(" here", f" {asked.bounds.words}", 1) if asked.bounds else draft.note
        if not draft.parts:
            return Reply(Draft(()), self._near(asked, scope), note)
        return Reply(replace(draft, note=note), self._near(asked, scope))

    def _record(self, asked: Understood, scope: Scope | None) -> Reply:
        if Wish.PROLIFIC in asked.wishes:
            within = scope or Scope()
            numbers = self._index.record.select(ids=within.ids, since=within.since, until=within.until)
            wrote = tell_prolific(
                (text.authors for text in self._index.record.texts(numbers)), self._looked_at(asked, scope)[1]
            )
            return Reply(Draft((), wrote.note), (), wrote.words, Outcome.CLOSE if wrote.lacks else Outcome.ANSWERED)
        told = tell_records(asked.wishes, self._papers(asked.papers), asked.bounds.authors)
        ranked = tuple(self._retriever.look(asked.standalone, asked.papers))
        return Reply(Draft((), told.note), ranked, told.words, Outcome.CLOSE if told.lacks else Outcome.ANSWERED)

    def _edit(self, asked: Understood, dialogue: Dialogue, scope: Scope | None) -> Reply:
        """The last answer again, changed as asked now and by the instructions since it was given."""
        if asked.edit and asked.edit.change is Change.COUNT:
            return self._count(dialogue, scope)
        change = self._amendments.read(asked, dialogue)
        if isinstance(change, str):
            return self._instead(asked, scope, change)
        last, shape, stood = change.last, change.shape, change.stood
        last, outside = kept_within(last, scope, self._inside)
        if outside and not last.papers:
            return self._instead(last, scope, self._tell(outside))
        if len(last.papers) > 1 and (last.kind is Kind.COMPARISON or shape.rows != stood or shape.form is Change.TABLE):
            rows = shape.rows if shape.rows != stood else ()
            reply = self._compare(last, scope, Rows(rows, stood, shape.detail > 0))
        elif shape.detail > 0 and last.papers:
            reply = self._summarise(last, scope)
            if last.kind is Kind.SUMMARY or shape.detail > 1:
                reply = replace(reply, draft=in_full(self._entries(last.papers[:MOST_COMPARED])))
        else:
            reply = self.reply(last, change.before, scope)
        words = f"{change.words} {reply.words}".strip()
        return replace(reply, words=words, draft=reshape(reply.draft, shape, sums_up=last.kind is Kind.SUMMARY))

    def _count(self, dialogue: Dialogue, scope: Scope | None) -> Reply:
        """How many papers the list before has: its note, which stands beside it, as the answer."""
        place = question_place(dialogue)
        before = Dialogue(dialogue.exchanges[:place])
        listed = self.reply(self._understanding.understand(dialogue.exchanges[place].question, before), before, scope)
        return Reply(Draft(()), listed.ranked, listed.draft.note)

    # -- evidence ----------------------------------------------------------------------------------------------

    def _near(self, asked: Understood, scope: Scope | None) -> tuple[Ranked, ...]:
        """The papers found for the question, those it is about before others that are as good."""
        count = asked.manner.papers
        ranked = self._retriever.search(asked.topic or asked.standalone, k=count + len(asked.papers), scope=scope)
        if asked.terms:
            ranked = fuse_by_rank(ranked, self._retriever.search(asked.terms, k=count, scope=scope))
        missing = [paper for paper in asked.papers if paper not in {found.paper.id for found in ranked}]
        ranked += self._retriever.look(asked.standalone, missing)
        meant = [replace(one, score=one.score + MEANT * (one.paper.id in asked.papers)) for one in ranked]
        return tuple(sorted(meant, key=lambda one: -one.score)[: max(count, len(asked.papers))])

    def _weigh(self, asked: Understood, ranked: Sequence[Ranked]) -> Verdict:
        return weigh(asked.standalone, ranked, self._index.words, named=asked.papers)

    def _unsaid(self, asked: Understood) -> tuple[list[str], bool]:
        """The things asked of the papers meant that none of them speaks of, and whether that is all of it."""
        embed = self._index.embedder.embed_query if self._index.embedder else None
        entries = self._entries(asked.papers[:MOST_COMPARED])
        lacking = [unsaid(asked.ask, entry, self._index.words, embed) for entry in entries]
        things = [thing for thing in (lacking[0][0] if lacking else ()) if all(thing in other for other, _ in lacking)]
        return things, bool(things) and all(all_of_it for _, all_of_it in lacking)

    def _note_of(self, things: Sequence[str], asked: Understood) -> str:
        return f"{not_mentioned(self._papers(asked.papers)[0], things)}." if things else ""

    def _looked_at(self, asked: Understood, scope: Scope | None) -> tuple[int, str]:
        """How many papers were looked at, and which: '3', 'chosen'."""
        if not scope or not scope.ids or asked.bounds:
            return self._index.count(), asked.bounds.words or "here"
        return len(self._index.record.select(ids=scope.ids, since=scope.since, until=scope.until)), "chosen"

    def _instead(self, asked: Understood, scope: Scope | None, words: str) -> Reply:
        """Plain words in the place of an answer, with the papers nearest to what was asked."""
        return Reply(Draft(()), self._near(asked, scope), words, Outcome.ABSENT)

    def _refuse(self, verdict: Verdict, ranked: Sequence[Ranked], count: int, where: str) -> Reply:
        words, neighbours = refusal(verdict, ranked, count, where=where)
        return Reply(as_paragraphs(neighbours), tuple(ranked), words, verdict.outcome)

    def _entries(self, ids: Sequence[str]) -> list[Entry]:
        """Papers with their sentences and vectors."""
        return self._index.entries([number for paper_id in ids for number in self._index.record.select(ids=[paper_id])])

    def _papers(self, ids: Sequence[str]) -> list[Paper]:
        found = (self._index.record.find(paper_id) for paper_id in ids)
        return [entry.paper for entry in found if entry]


def _speaks_of_any(draft: Draft, aspects: Sequence[str]) -> bool:
    """Whether any cell of a table speaks of one of these aspects."""
    rows = [row for part in draft.parts if isinstance(part, Table) for row in part.rows if row.aspect in aspects]
    return any(cell.evidence for row in rows for cell in row.cells)


def fuse_by_rank(first: Sequence[Ranked], second: Sequence[Ranked]) -> list[Ranked]:
    """Two rankings as one by reciprocal rank (Cormack et al. 2009); each paper keeps the scores it had first, spread
    anew over the places, since those of two questions do not compare."""
    places: dict[str, float] = {}
    found: dict[str, Ranked] = {}
    for ranking in (first, second):
        for place, one in enumerate(ranking):
            places[one.paper.id] = places.get(one.paper.id, 0.0) + 1 / (RRF_K + place)
            found.setdefault(one.paper.id, one)
    order = sorted(places, key=lambda paper: -places[paper])
    scores = sorted((one.score for one in found.values()), reverse=True)
    return [replace(found[paper], score=score) for paper, score in zip(order, scores, strict=True)]
