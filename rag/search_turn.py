"""One turn without a language model: a search whose answer is quotes. Plan, gather, quote.

It claims nothing about what it does not find: a match is strong, or weak and said to be so.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ingest.entry import Entry
from ingest.index import PaperIndex
from ingest.names import short_name
from rag.plan.plan import Plan
from rag.plan.talk import Talk, read_talk
from rag.plan.without_model import LATER, Kind, Leaning, is_foreign, leaning_of, read_kind
from rag.retrieve.answerability import chances_of
from rag.retrieve.entities import Linker
from rag.retrieve.learned import variant
from rag.retrieve.relevance import ANY, POSSIBLE, STRONG, WIDE, relevance
from rag.retrieve.scope import Filters, Scope, inside, narrowed, selected
from rag.retrieve.search import Retriever, Weighed
from rag.style import USUAL, Length, Style
from rag.trace import Trace
from rag.types import Answer, Checked, Outcome, Ranked, Turn
from rag.write import passages
from rag.write.draft import Draft, Numbering, Table
from rag.write.passages import AMOUNTS
from rag.write.render import flow, mark, render

STRONG_FROM = 0.19  # chance of an answer below which a match is weak; of answerable questions 5 in 100 lie below
STRONG_LEANING = 0.1  # the same where a message leans on what was said before, of which it holds few words
OF_CONTEXT = 4.0  # by which the odds of a paper kept in mind are greater, where all that fit are wanted
CLEAR = 0.8  # chance that the first paper is the one meant from which it is given in full
NAMED = 10.0  # added to the scores of papers that a message names, so that they come first
MOST_LISTED = {Length.SHORT: 10, Length.USUAL: 40, Length.LONG: 80}  # papers of a list, strong and possible
WEAK, WEAK_EACH = 5, 2  # papers shown where no match is strong, and sentences of each
OF_WEAK = 3  # of these that are kept in mind
MOST_KEPT = 30  # papers spoken of that are kept in mind
FINDS = 3  # times that evidence is sought because papers came in meanwhile
CONNECT = "For written answers, connect a language model under Settings."
FOREIGN = "The papers are in English; without a language model, ask in English."
WRITES = "Writing needs a language model; this is search only."
SERVES = "These passages may help:"


@dataclass(frozen=True, slots=True)
class Reply:
    """What is quoted, plain words before it, and the papers found, best first; `context` are those leaned on."""

    draft: Draft
    words: str = ""
    ranked: tuple[Ranked, ...] = ()
    outcome: Outcome = Outcome.ANSWERED
    kind: Kind = Kind.FEW
    meant: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    told: str = ""  # how sure it was, for the trace

    @property
    def spoken_of(self) -> tuple[str, ...]:
        """The papers that a next message may lean on: of a weak match the best, and none in a line beside others."""
        quoted = self.draft.papers or tuple(one.paper.id for one in self.ranked)
        return quoted[:OF_WEAK] if self.outcome is Outcome.CLOSE else quoted


@dataclass(frozen=True, slots=True)
class Asked:
    """A message without its operators, the conversation before it, where to look, and how much to say."""

    message: str
    talk: Talk
    scope: Scope | None
    style: Style


class SearchTurns:
    """Answers turns over one index in quotes. Safe to share between threads."""

    def __init__(self, index: PaperIndex, retriever: Retriever, linker: Linker, *, connected: bool) -> None:
        """`connected` is whether a language model is configured, so that nobody is told to connect one."""
        self._index, self._retriever, self._linker = index, retriever, linker
        self._connected = connected

    def run(
        self,
        question: str,
        message: str,
        history: Sequence[Turn],
        scope: Scope | None,
        *,
        filters: Filters,
        style: Style = USUAL,
    ) -> Iterator[str | Answer]:
        """Pieces of text, then exactly one Answer. `message` is the question without its operators, which are the
        `filters`."""
        started = time.perf_counter()
        yield from self._said(question, message, self._find(message, history, scope, filters, style), filters, started)

    def refuse(self, question: str, words: str) -> Iterator[str | Answer]:
        """Plain words in the place of an answer."""
        reply = Reply(Draft(()), words, outcome=Outcome.ABSENT)
        yield from self._said(question, question, reply, Filters(), time.perf_counter())

    def compare(self, question: str, papers: Sequence[str], aspects: Sequence[str]) -> Iterator[str | Answer]:
        """The same for papers, by their ids, side by side: the sentence of each that comes closest to each aspect."""
        started = time.perf_counter()
        found = self._retriever.look(question, papers)
        closest = {aspect: self._retriever.look(aspect, papers) for aspect in aspects}
        draft = passages.side_by_side(found, self._entry, closest)
        yield from self._said(
            question, question, Reply(draft, "", tuple(found), meant=tuple(papers)), Filters(), started
        )

    def _said(
        self, question: str, message: str, reply: Reply, filters: Filters, started: float
    ) -> Iterator[str | Answer]:
        numbering, pieces = Numbering(), []
        for piece in tell(reply, numbering):
            pieces.append(piece)
            yield piece
        tables = [part for part in reply.draft.parts if isinstance(part, Table)]
        plan = Plan(
            question=message,
            papers=reply.spoken_of,
            searches=(message,),
            every=reply.kind is Kind.EVERY,
            since=filters.since,
            until=filters.until,
            authors=filters.authors,
        )
        yield Answer(
            question,
            "".join(pieces),
            tuple(numbering.citations),
            reply.outcome is not Outcome.ANSWERED,
            message,
            reply.ranked,
            time.perf_counter() - started,
            outcome=reply.outcome.value,
            kind=reply.kind.value,
            understood=self._understood(reply, filters),
            note=reply.draft.note,
            table=tables[0] if tables else None,
            checks=tuple(
                Checked(mark(flow(cited.quote), cited.number), "verbatim", "", (cited.number,))
                for cited in numbering.citations
            ),
            plan=plan,
            context=reply.context,
            trace=Trace("without model", plan.searches, len(reply.ranked), events=[reply.told] if reply.told else []),
        )

    def _find(
        self, message: str, history: Sequence[Turn], scope: Scope | None, filters: Filters, style: Style
    ) -> Reply:
        """The reply, of one revision of the papers; sought again where another came meanwhile."""
        reply = Reply(Draft(()))
        for _ in range(FINDS):
            revision = self._index.record.revision()
            within = narrowed(self._index, scope, filters) if filters else scope
            if filters and within is None:
                where = "selected papers" if scope and scope != Scope() else "papers"
                return Reply(Draft(()), f"No {where} match: {filters}.", outcome=Outcome.ABSENT)
            talk = read_talk(history, self._linker.spoken_of) if style.context else Talk()
            reply = self._reply(Asked(message, talk, within, style))
            if is_foreign(message) and not reply.meant:
                reply = replace(reply, draft=replace(reply.draft, note=f"{reply.draft.note} {FOREIGN}".strip()))
            if self._index.record.revision() == revision:
                break
        return reply

    def _reply(self, asked: Asked) -> Reply:
        if not self._index.count():
            return Reply(Draft(()), "No papers yet; import some first.", outcome=Outcome.ABSENT)
        if not asked.message:
            return self._newest(asked)
        query = self._retriever.query(asked.message)
        kind = read_kind(query.reading, begun=bool(asked.talk.said))
        mentioned = self._linker.named(asked.message, misspelt=True)
        named = inside(self._index, mentioned, asked.scope)
        outside = self._tell([paper for paper in mentioned if paper not in named])
        leaning = Leaning() if named else leaning_of(asked.message, asked.talk, kind)
        known = {paper: self._index.record.select(ids=[paper]) for paper in leaning.papers[:MOST_KEPT]}
        context = inside(self._index, [paper for paper, numbers in known.items() if numbers], asked.scope)
        if kind is Kind.ABOUT and not named:
            return Reply(Draft(()), self._about(), kind=kind)
        numbers = {n: NAMED for paper in named for n in self._index.record.select(ids=[paper])}
        for place, paper in enumerate(context):
            bonus = leaning.bonus * LATER**place
            numbers |= dict.fromkeys(known[paper], bonus)
        every = kind is Kind.EVERY and len(named) < 2 and not leaning.chosen
        weighed = self._retriever.weigh(query, scope=asked.scope, beside=list(numbers), wide=WIDE if every else 1)
        if not weighed.signals.numbers:
            return Reply(Draft(()), self._nothing(asked), outcome=Outcome.ABSENT, kind=kind)
        if every:
            reply = self._every(asked, weighed, numbers, tuple(context))
            return replace(reply, words=f"{outside} {reply.words}".strip())
        ranked = weighed.top(max(asked.style.papers, len(named)), bonus=numbers)
        leaned = tuple(paper for paper in context if paper in {one.paper.id for one in ranked[: len(context)]})
        if ranked[0].paper.id not in context:  # what was found for the message itself is better
            leaned = ()
        elif kind is Kind.WRITE:  # about the last answer: what bore on the question before is what serves
            leaned = tuple(context[:MOST_KEPT])
            kept = self._retriever.look(asked.talk.asked_last or asked.message, leaned)
            ranked = [*kept, *(one for one in ranked if one.paper.id not in leaned)]
        reply = Reply(Draft(()), "", tuple(ranked), kind=kind, meant=tuple(named), context=leaned)
        reply = self._quote(asked, weighed, reply)
        task = self._task(reply) if kind is Kind.WRITE else ""
        return replace(reply, words=" ".join(filter(None, (outside, task, reply.words))))

    # -- kinds -------------------------------------------------------------------------------------------------------

    def _quote(self, asked: Asked, weighed: Weighed, reply: Reply) -> Reply:
        """What one or a few papers say."""
        ranked, amount = reply.ranked, AMOUNTS[asked.style.length]
        places = {one.paper.id: one for one in ranked}
        meant = [places[paper] for paper in reply.meant if paper in places]
        known = bool(meant or reply.context)
        judged = [chances_of(weighed, one, named=known) for one in (meant or ranked[:1])[:WEAK]]
        chance, first = max(answers for answers, _ in judged), judged[0][1]
        told = f"{reply.kind}: chance of an answer {chance:.2f}, of the first paper being the one meant {first:.2f}"
        reply = replace(reply, told=told)
        if len(meant) == 1 and reply.kind is Kind.PAPER and not asked.style.table:
            return replace(reply, draft=passages.as_a_whole(self._entry(meant[0]), amount.sentences))
        is_task = reply.kind is Kind.WRITE  # whose words are less of a question than of an order
        is_weak = chance < (STRONG_LEANING if reply.context or is_task else STRONG_FROM)
        if is_weak:
            where = " and ".join(short_name(one.paper) for one in meant) or self._where(asked)
            reply = replace(reply, words=f"No strong match in {where}. The closest:", outcome=Outcome.CLOSE)
        if asked.style.table or len(meant) > 1:
            shown = meant if len(meant) > 1 else ranked[: amount.papers]
            return replace(reply, draft=passages.side_by_side(shown, self._entry))
        if is_weak and not meant:
            return replace(reply, draft=passages.several(ranked[:WEAK], WEAK_EACH))
        if len(reply.context) > 1:
            kept = [one for one in ranked if one.paper.id in reply.context][: amount.papers]
            others = [one for one in ranked if one not in kept][: max(amount.beside, amount.papers - len(kept))]
            return replace(reply, draft=passages.several(kept, amount.each, others))
        if first >= CLEAR:
            return replace(reply, draft=passages.one_in_full(ranked[0], ranked[1:], amount))
        return replace(reply, draft=passages.several(ranked[: amount.papers], amount.each))

    def _every(self, asked: Asked, weighed: Weighed, bonus: dict[int, float], context: tuple[str, ...]) -> Reply:
        """All papers that fit, in two groups."""
        chances = relevance(weighed)
        odds = np.array([OF_CONTEXT if n in bonus else 1.0 for n in weighed.signals.numbers], np.float32)
        chances = odds * chances / (1 + (odds - 1) * chances)
        order = np.argsort(-chances, kind="stable")
        counts = int((chances >= STRONG).sum()), int(((chances >= POSSIBLE) & (chances < STRONG)).sum())
        most = MOST_LISTED[asked.style.length]
        numbers = weighed.signals.numbers
        listed = weighed.ranked([numbers[i] for i in order[: max(min(most, sum(counts)), asked.style.papers)]])
        best = float(chances.max(initial=0.0))
        told = f"{Kind.EVERY}: the best of {len(chances):,} papers fits with a chance of {best:.2f}"
        reply = Reply(Draft(()), "", tuple(listed), kind=Kind.EVERY, context=context, told=told)
        if best < ANY:
            words = f"No strong match in {self._where(asked)}. The closest:"
            return replace(reply, draft=passages.several(listed[:WEAK], 1), words=words, outcome=Outcome.CLOSE)
        strong = listed[: counts[0]][:most]
        possible = listed[counts[0] : sum(counts)][: most - len(strong)]
        if asked.style.table:
            return replace(reply, draft=passages.side_by_side([*strong, *possible], self._entry))
        return replace(reply, draft=passages.in_groups(strong, possible, counts))

    def _newest(self, asked: Asked) -> Reply:
        """The papers of a scope that is asked for without a question, the newest first."""
        scope, record = asked.scope or Scope(), self._index.record
        texts = sorted(
            record.texts(selected(self._index, scope)),
            key=lambda text: text.date,
            reverse=True,
        )
        listed = self._retriever.look("", [text.id for text in texts[: MOST_LISTED[asked.style.length]]])
        told = [passages.told_by(one, self._entry(one)) for one in listed]
        if asked.style.table:
            return Reply(passages.side_by_side(told, self._entry), "", tuple(listed), kind=Kind.EVERY)
        more = (
            f"{len(texts) - len(told):,} more match; narrow the search to see them." if len(texts) > len(told) else ""
        )
        return Reply(Draft((passages.listed(told),), more), "", tuple(listed), kind=Kind.EVERY)

    # -- words -------------------------------------------------------------------------------------------------------

    def _entry(self, found: Ranked) -> Entry:
        """A paper found, its vectors only where the small models were learnt for them."""
        entry = self._index.entries([found.number])[0]
        name = self._index.embedder.name if self._index.embedder else ""
        return entry if variant(name) == "meaning" else replace(entry, rows=None)

    def _tell(self, outside: Sequence[str]) -> str:
        """'KIVI is not among the papers being searched.'"""
        names = [short_name(entry.paper) for paper in outside if (entry := self._index.record.find(paper))]
        be = "is" if len(names) == 1 else "are"
        return f"{' and '.join(names)} {be} not among the papers being searched." if names else ""

    def _where(self, asked: Asked) -> str:
        """'your 90 papers', 'the 3 selected papers'."""
        if asked.scope and asked.scope != Scope():
            count = len(selected(self._index, asked.scope))
            return "the selected paper" if count == 1 else f"the {count:,} selected papers"
        return self._library()

    def _library(self) -> str:
        count = self._index.count()
        return "your paper" if count == 1 else f"your {count:,} papers"

    def _about(self) -> str:
        words = "Without a language model this is a search: ask a question, or give a topic or the name of a paper, "
        words += f"and it quotes the sentences of {self._library()} that match, each with its source."
        return words if self._connected else f"{words} {CONNECT}"

    def _task(self, reply: Reply) -> str:
        serves = "" if reply.outcome is Outcome.CLOSE else SERVES
        return " ".join(filter(None, (WRITES, "" if self._connected else CONNECT, serves)))

    def _nothing(self, asked: Asked) -> str:
        if asked.scope and asked.scope.ids and not self._index.record.select(ids=asked.scope.ids):
            return "None of the selected papers is in the library any more."
        return f"No word of this appears in {self._where(asked)}; try other words."

    def _understood(self, reply: Reply, filters: Filters) -> str:
        """'KIVI, ZipCache', 'following up on KIVI', 'by Liu, from 2024'."""
        find = self._index.record.find
        ids = reply.meant or reply.context
        names = ", ".join(short_name(entry.paper) for one in ids[: passages.MOST_COMPARED] if (entry := find(one)))
        leaned = f"following up on {names}" if names and not reply.meant else names
        return " · ".join(filter(None, (leaned, str(filters))))


def tell(reply: Reply, numbering: Numbering) -> Iterator[str]:
    """Its plain words, then its quotes."""
    if reply.words:
        yield reply.words
    gap = "\n\n" if reply.words else ""
    for piece in render(reply.draft, numbering):
        yield gap + piece
        gap = ""
