"""One turn, from a cleaned question to pieces of text and then the Answer: understood, found, written, checked.

The evidence is fixed before a word is written; a language model, where there is one, changes only the words.
"""

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace

from ingest.errors import ModelError
from rag import foreign
from rag.answer import Answer, Citation, Turn
from rag.catalogue import Catalogue
from rag.chat.pieces import Waiting
from rag.dialogue import Dialogue, read_dialogue
from rag.draft import Table
from rag.extract import as_paragraphs
from rag.grammar import Kind
from rag.manner import USUAL, Manner
from rag.reply import Replies
from rag.retrieve import GATE_CENTRE, Scope
from rag.seek import Reply
from rag.sufficiency import NEIGHBOURS, Outcome
from rag.understand import Understanding
from rag.understood import Understood
from rag.writer.consult import expand, restate
from rag.writer.mend import quoted
from rag.writer.sheet import said
from rag.writer.write import NO_MODEL, Writer, Written

MOST_LINES = 40  # of a table or list that a model is asked to shorten; longer ones stay quotes
DECLINED = "The model finds no answer to that in these papers"
FINDS = 3  # times that evidence is sought because papers came in meanwhile
RANK = ("unsupported", "weak", "supported", "verbatim")

Pieces = Iterator[str | Waiting]


class Turns:
    """Answers turns over one index. Safe to share between threads."""

    def __init__(
        self, understanding: Understanding, replies: Replies, catalogue: Catalogue, writer: Writer | None
    ) -> None:
        self._understanding, self._replies, self._catalogue = understanding, replies, catalogue
        self._writer = writer

    def run(
        self,
        question: str,
        history: Sequence[Turn],
        scope: Scope | None,
        *,
        model: bool,
        manner: Manner = USUAL,
    ) -> Iterator[str | Waiting | Answer]:
        """Pieces of text as they are written and lines on what is waited for, then exactly one Answer."""
        started = time.perf_counter()
        asked, reply, dialogue = self._find(question, history, scope, manner)
        written = Written()
        pieces: list[str] = []
        if model and self._writer and writes(asked, reply):
            asked, reply, pieces = yield from self._write(question, asked, reply, dialogue, history, scope, written)
        else:
            for piece in tell(reply, written):
                pieces.append(piece)
                yield piece
        answer = conclude(question, asked, reply, written, "".join(pieces), time.perf_counter() - started)
        if written.usage:
            twin = Written()
            text = "".join(tell(reply, twin))
            answer = replace(answer, plain=conclude(question, asked, reply, twin, text, 0.0))
        yield answer

    def _find(
        self, question: str, history: Sequence[Turn], scope: Scope | None, manner: Manner
    ) -> tuple[Understood, Reply, Dialogue]:
        """The turn understood and its evidence, of one revision of the papers; sought again where another came."""
        for _ in range(FINDS):
            revision = self._replies.revision()
            dialogue = read_dialogue(history, self._catalogue)
            asked = replace(self._understanding.understand(question, dialogue), manner=manner)
            reply = self._replies.reply(asked, dialogue, scope)
            if self._replies.revision() == revision:
                break
        if not self._writer and asked.kind is not Kind.TALK and foreign.is_foreign(question):
            reply = replace(reply, draft=replace(reply.draft, note=f"{reply.draft.note} {foreign.NOTE}".strip()))
        return asked, reply, dialogue

    def _write(
        self,
        question: str,
        asked: Understood,
        reply: Reply,
        dialogue: Dialogue,
        history: Sequence[Turn],
        scope: Scope | None,
        written: Written,
    ) -> Generator[str | Waiting, None, tuple[Understood, Reply, list[str]]]:
        """The turn by the model, after a small call for help where the question needs one."""
        assert self._writer
        pieces: list[str] = []
        try:
            asked, reply = yield from self._help(question, asked, reply, dialogue, history, scope, written)
        except ModelError as error:
            written.note = f"{error} {NO_MODEL}"
        else:
            if len(said(reply.draft)) <= MOST_LINES and (reply.draft.parts or reply.ranked):
                earlier = history if asked.follows else ()
                for piece in self._writer.write(
                    asked.standalone, reply.draft, reply.ranked, written, history=earlier, manner=asked.manner
                ):
                    if isinstance(piece, str):
                        pieces.append(piece)
                    yield piece
        reply = settle(reply, written)
        if not pieces:
            for piece in tell(reply, written):
                pieces.append(piece)
                yield piece
        return asked, reply, pieces

    def _help(
        self,
        question: str,
        asked: Understood,
        reply: Reply,
        dialogue: Dialogue,
        history: Sequence[Turn],
        scope: Scope | None,
        written: Written,
    ) -> Generator[Waiting, None, tuple[Understood, Reply]]:
        """At most one small call: a follow-up that nothing resolved is written out, a lay question put into terms."""
        assert self._writer
        if asked.trouble and history:
            standalone, written.usage = yield from restate(self._writer.model, question, history)
            if standalone:
                again = self._understanding.understand(standalone, Dialogue())
                asked = replace(again, follows=True, manner=asked.manner)
                reply = self._replies.reply(asked, dialogue, scope)
        elif is_weak(asked, reply):
            terms, written.usage = yield from expand(self._writer.model, asked.standalone)
            if terms:
                asked = replace(asked, terms=terms)
                reply = self._replies.reply(asked, dialogue, scope)
        return asked, reply


def writes(asked: Understood, reply: Reply) -> bool:
    """Whether a turn is one that a model has something to write for; not where what is compared is not here."""
    if asked.absent:
        return False
    if asked.kind is Kind.TALK or not (reply.draft.parts or reply.ranked):
        return bool(asked.trouble)
    return True


def is_weak(asked: Understood, reply: Reply) -> bool:
    """Whether what was found may be other than what was meant: nothing answers, or only the meaning meets."""
    if asked.papers or asked.kind not in (Kind.FACT, Kind.SUMMARY, Kind.SURVEY):
        return False
    coverage = max((found.coverage for found in reply.ranked), default=0.0)
    return reply.outcome is not Outcome.ANSWERED or (asked.kind is not Kind.SURVEY and coverage < GATE_CENTRE)


def settle(reply: Reply, written: Written) -> Reply:
    """The reply as the model leaves it: answered where something it said stands, refused where it declined."""
    if any(check.verified for check in written.checks) and not written.note:
        ours = reply.words if reply.outcome is Outcome.ANSWERED else ""  # on what could not be done
        draft = replace(reply.draft, note=f"{reply.draft.note} {ours}".strip())
        return replace(reply, outcome=Outcome.ANSWERED, words="", draft=draft)
    if written.declined and reply.outcome is Outcome.ANSWERED:
        near = as_paragraphs(said(reply.draft)[:NEIGHBOURS])
        return replace(reply, outcome=Outcome.CLOSE, words=f"{DECLINED}; this comes nearest.", draft=near)
    return reply


def tell(reply: Reply, written: Written) -> Iterator[str]:
    """A reply without a model: its plain words, then its quotes."""
    if reply.words:
        yield reply.words
    gap = "\n\n" if reply.words else ""
    for piece in quoted(reply.draft, written.numbering, written.checks):
        yield gap + piece
        gap = ""


def conclude(question: str, asked: Understood, reply: Reply, written: Written, text: str, seconds: float) -> Answer:
    tables = [part for part in reply.draft.parts if isinstance(part, Table)]
    return Answer(
        question,
        text,
        judge_citations(written),
        reply.outcome is not Outcome.ANSWERED,
        asked.standalone,
        reply.ranked,
        seconds,
        outcome=reply.outcome.value,
        kind=asked.kind.value,
        understood=asked.line,
        note=" ".join(filter(None, (reply.draft.note, written.note))),
        table=tables[0] if tables else None,
        checks=tuple(written.checks),
        usage=written.usage,
    )


def judge_citations(written: Written) -> tuple[Citation, ...]:
    """The citations, each with the worst verdict of the sentences that cite it."""
    verdicts: dict[int, str] = {}
    for check in written.checks:
        for number in check.numbers:
            verdicts[number] = min(verdicts.get(number, "verbatim"), check.verdict, key=RANK.index)
    return tuple(replace(c, verdict=verdicts.get(c.number, "verbatim")) for c in written.numbering.citations)
