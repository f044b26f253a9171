"""What is said to each kind of turn: the evidence is found first, then a draft is made of it. Renders nothing."""

from collections.abc import Sequence
from dataclasses import replace

from ingest.index import PaperIndex
from ingest.names import short_name
from rag.amend import Amendments
from rag.answer import Ranked
from rag.asked_papers import narrow
from rag.aspects import RHETORICAL, find_aspects
from rag.compare import Wish as Rows
from rag.compare import compare, none_speaks, none_weighs
from rag.demand import Kind as Demanded
from rag.demand import read_demand
from rag.dialogue import Dialogue
from rag.draft import MOST_COMPARED, Draft, Table
from rag.extract import as_paragraphs, choose
from rag.figures import VALUE
from rag.grammar import AHEAD, LISTS, THANKS, Kind
from rag.instructions import Change
from rag.many import Many
from rag.on_aspects import aspects_alone, may_be_unsaid, on_aspects
from rag.record_facts import tell_prolific, tell_records
from rag.record_wishes import Wish
from rag.retrieve import Retriever, Scope
from rag.revise import Shape, in_full, reshape
from rag.seek import RETRIEVED, Reply, Seeker
from rag.spelled import asked_form, spelled_out
from rag.strangers import mentioning, tell_strangers
from rag.sufficiency import NEIGHBOURS, Outcome, either, lacking, not_spoken_of
from rag.summarise import summarise_paper, summarise_topic
from rag.understand import Understanding
from rag.understood import Understood
from rag.within import cannot_go_on, kept_within, tell_outside

ANY_SURELY = 0.8  # chance that any paper is about a topic from which it is summed up, whatever words it is asked in
FALSE_FROM = 0.1  # chance that papers set side by side answer below which what is missing is told before the table

HELLO = (
    "Ask about the papers here in plain words: what one says, how two differ, which of them do something. "
    "Every sentence of an answer is quoted and cited."
)


WELCOME = "You are welcome."


class Replies:
    """Replies over one index. Safe to share between threads."""

    def __init__(self, index: PaperIndex, retriever: Retriever, understanding: Understanding) -> None:
        self._index, self._retriever, self._understanding = index, retriever, understanding
        self._seek = Seeker(index, retriever)
        self._many = Many(index, self._seek)
        self._amendments = Amendments(self._seek.papers, understanding)

    def revision(self) -> int:
        """That of the papers as they are now."""
        return self._index.record.revision()

    def reply(self, asked: Understood, dialogue: Dialogue, scope: Scope | None) -> Reply:
        """The reply to a turn as it was understood, from the papers of the scope alone."""
        asked, outside = kept_within(asked, scope, self._seek.inside)
        if outside and not asked.papers and asked.kind is not Kind.EDIT and cannot_go_on(asked):
            return self._seek.instead(asked, scope, self._tell(outside))
        reply = self._reply(asked, dialogue, scope)
        listed = asked.kind in (*LISTS, Kind.OPTIONS)  # 'papers that sum up a text in one sentence'
        if asked.length and not listed and reply.outcome is Outcome.ANSWERED:
            shape = Shape().after(asked.length)
            reply = replace(reply, draft=reshape(reply.draft, shape, sums_up=asked.kind is Kind.SUMMARY))
        if outside and reply.draft.parts:
            note = f"{self._tell(outside)} {reply.draft.note}".strip()
            return replace(reply, draft=replace(reply.draft, note=note))
        return reply

    def _tell(self, ids: Sequence[str]) -> str:
        return tell_outside([short_name(paper) for paper in self._seek.papers(ids)])

    def _reply(self, asked: Understood, dialogue: Dialogue, scope: Scope | None) -> Reply:
        if asked.trouble:
            return self._seek.instead(asked, scope, asked.trouble)
        if asked.kind is Kind.TALK:
            return Reply(Draft(()), (), WELCOME if THANKS.match(asked.standalone) else HELLO)
        if self._index.count() == 0:
            return Reply(Draft(()), (), "There are no papers here yet to answer from.", Outcome.ABSENT)
        if asked.bounds:
            outside = Scope(asked.papers) if asked.follows and asked.papers else scope
            narrowed = narrow(outside, asked.bounds, self._understanding.bylines)
            if isinstance(narrowed, str):
                return self._seek.instead(asked, scope, narrowed)
            scope = narrowed
        kinds = {
            Kind.COMPARISON: self._compare,
            Kind.SURVEY: self._many.survey,
            Kind.OPTIONS: self._many.options,
            Kind.SUMMARY: self._summarise,
            Kind.COLLECTION: self._many.collection,
            Kind.RECORD: self._record,
        }
        if asked.absent:
            return self._beside_strangers(asked, dialogue, scope)
        if asked.kind is Kind.EDIT:
            return self._edit(asked, dialogue, scope)
        return kinds.get(asked.kind, self._fact)(asked, scope)

    # -- kinds -------------------------------------------------------------------------------------------------

    def _fact(self, asked: Understood, scope: Scope | None) -> Reply:
        if form := asked_form(asked.standalone):
            said = spelled_out(form, self._seek.mentioning(form, scope))
            if said:
                return Reply(as_paragraphs(said), self._seek.near(asked, scope))
        ranked = self._seek.near(asked, scope)
        things, all_of_it = self._seek.unsaid(asked)
        # 'Carbon footprint' is no footprint: what is asked for by a name of its own is no aspect.
        named = all_of_it and any(len(find_aspects(thing)) != 1 for thing in things)
        if not named and (reply := self._on_aspects(asked, ranked)):
            return reply
        verdict = lacking(things, asked.papers) if all_of_it else self._seek.weigh(asked, ranked)
        if verdict.outcome is not Outcome.ANSWERED:
            return self._seek.refuse(verdict, ranked, *self._seek.looked_at(asked, scope))
        quotable = self._seek.without_names(asked, ranked)
        draft = as_paragraphs(choose(asked.standalone, quotable, named=asked.papers, manner=asked.manner))
        return Reply(replace(draft, note=self._seek.note_of(things, asked)), ranked)

    def _on_aspects(self, asked: Understood, ranked: tuple[Ranked, ...]) -> Reply | None:
        """The reply to a question for nothing but aspects of the papers meant; None to any other."""
        meant = [found for found in ranked if found.paper.id in asked.papers]
        aspects = aspects_alone(asked, " ".join(found.paper.title for found in meant))
        if not aspects or not meant:
            return None
        told, silent = on_aspects(aspects, meant, self._retriever.look, asked.manner)
        asks_number = read_demand(asked.standalone).kind is Demanded.NUMBER
        if told and (not asks_number or any(VALUE.search(one.sentence.text) for one in told)):
            return Reply(as_paragraphs(told), ranked)
        if told or len(silent) < len(meant) or not may_be_unsaid(aspects):
            return None
        words = f"{not_spoken_of(meant[0].paper, aspects)}; this comes nearest."
        return Reply(as_paragraphs(meant[0].evidence[:NEIGHBOURS]), ranked, words, Outcome.CLOSE)

    def _compare(self, asked: Understood, scope: Scope | None, wish: Rows | None = None) -> Reply:
        papers = self._seek.papers(asked.papers)[:MOST_COMPARED]
        if len(papers) < (1 if wish else 2):
            return self._summarise(asked, scope) if papers else self._fact(asked, scope)
        ranked = self._seek.near(asked, scope)
        verdict = self._seek.weigh(asked, ranked)
        if verdict.outcome is Outcome.ABSENT:
            return self._seek.refuse(verdict, ranked, *self._seek.looked_at(asked, scope))
        names = [short_name(paper) for paper in papers]
        draft = compare(asked.standalone, papers, names, self._retriever.look, wish=wish)
        things, all_of_it = self._seek.unsaid(asked)
        if verdict.missing and verdict.probability < FALSE_FROM and not asked.absent:
            things, all_of_it = list(verdict.missing), True
        if all_of_it and not wish and not asked.absent:
            words = f"{none_speaks([either(things)], len(papers))}; this comes nearest."
            return Reply(replace(draft, note=""), ranked, words, Outcome.CLOSE)
        if AHEAD.search(asked.standalone) and (told := none_weighs(papers, names)):
            draft = replace(draft, note=f"{draft.note} {told}".strip())
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
        named = self._seek.papers(asked.papers)
        if len(named) > 1:
            reply = self._compare(asked, scope)
            told = tell_strangers(asked.absent, named, Draft(()))
            return replace(reply, words=f"{told} {reply.words}".strip())
        ranked = self._seek.near(asked, scope)
        among = named or [one.paper for one in self._retriever.search(" ".join(asked.absent), k=RETRIEVED, scope=scope)]
        quoted = mentioning(asked.absent, among)
        words = tell_strangers(asked.absent, named, quoted)
        if quoted.parts:
            return Reply(quoted, ranked, words)
        draft = self._summarise(asked, scope).draft if named else Draft(())
        return Reply(draft, ranked, words, Outcome.CLOSE if named else Outcome.ABSENT)

    def _summarise(self, asked: Understood, scope: Scope | None) -> Reply:
        papers = self._seek.papers(asked.papers)
        if self._seek.unsaid(asked)[1]:
            return self._fact(asked, scope)
        if len(papers) > MOST_COMPARED:
            everything = self._many.judge("all papers", Scope(asked.papers))
            return Reply(summarise_topic("all papers", everything), self._seek.near(asked, scope))
        if papers:
            drafts = [summarise_paper(entry) for entry in self._seek.entries(asked.papers[:MOST_COMPARED])]
            parts = tuple(part for draft in drafts for part in draft.parts)
            return Reply(Draft(parts), self._seek.near(asked, scope))
        ranked = self._seek.near(asked, scope)
        judged = self._many.judge(asked.standalone, scope)
        verdict = self._seek.weigh(asked, ranked)
        if verdict.outcome is not Outcome.ANSWERED and judged.any < ANY_SURELY:
            return self._seek.refuse(verdict, ranked, *self._seek.looked_at(asked, scope))
        draft = summarise_topic(asked.standalone, judged)
        return Reply(draft, ranked) if draft.parts else self._fact(asked, scope)

    def _record(self, asked: Understood, scope: Scope | None) -> Reply:
        if Wish.PROLIFIC in asked.wishes:
            within = scope or Scope()
            numbers = self._index.record.select(ids=within.ids, since=within.since, until=within.until)
            wrote = tell_prolific(
                (text.authors for text in self._index.record.texts(numbers)), self._seek.looked_at(asked, scope)[1]
            )
            return Reply(Draft((), wrote.note), (), wrote.words, Outcome.CLOSE if wrote.lacks else Outcome.ANSWERED)
        told = tell_records(asked.wishes, self._seek.papers(asked.papers), asked.bounds.authors)
        ranked = tuple(self._retriever.look(asked.standalone, asked.papers))
        return Reply(Draft((), told.note), ranked, told.words, Outcome.CLOSE if told.lacks else Outcome.ANSWERED)

    def _edit(self, asked: Understood, dialogue: Dialogue, scope: Scope | None) -> Reply:
        """The last answer again, changed as asked now and by the instructions since it was given."""
        if asked.edit and asked.edit.change is Change.COUNT:
            return self._count(dialogue, scope)
        change = self._amendments.read(asked, dialogue)
        if isinstance(change, str):
            return self._seek.instead(asked, scope, change)
        last, shape, stood = change.last, change.shape, change.stood
        last, outside = kept_within(last, scope, self._seek.inside)
        if outside and not last.papers:
            return self._seek.instead(last, scope, self._tell(outside))
        is_pair = len(last.papers) > 1 and last.kind is Kind.COMPARISON
        if last.papers and (is_pair or shape.rows != stood or shape.form is Change.TABLE):
            rows = shape.rows if shape.rows != stood else ()
            rows = rows if stood or len(last.papers) > 1 else (*RHETORICAL, *rows)
            reply = self._compare(last, scope, Rows(rows, stood, shape.detail > 0))
        elif shape.detail > 0 and last.papers:
            reply = self._summarise(last, scope)
            if last.kind is Kind.SUMMARY or shape.detail > 1:
                reply = replace(reply, draft=in_full(self._seek.entries(last.papers[:MOST_COMPARED])))
        else:
            reply = self.reply(last, change.before, scope)
        words = f"{change.words} {reply.words}".strip()
        return replace(reply, words=words, draft=reshape(reply.draft, shape, sums_up=last.kind is Kind.SUMMARY))

    def _count(self, dialogue: Dialogue, scope: Scope | None) -> Reply:
        """How many papers the list before has: its note, which stands beside it, as the answer."""
        place = self._understanding.instructed.place(dialogue)
        before = Dialogue(dialogue.exchanges[:place])
        listed = self.reply(self._understanding.understand(dialogue.exchanges[place].question, before), before, scope)
        return Reply(Draft(()), listed.ranked, listed.draft.note or "The last answer lists no papers.")


def _speaks_of_any(draft: Draft, aspects: Sequence[str]) -> bool:
    """Whether any cell of a table speaks of one of these aspects."""
    rows = [row for part in draft.parts if isinstance(part, Table) for row in part.rows if row.aspect in aspects]
    return any(cell.evidence for row in rows for cell in row.cells)
