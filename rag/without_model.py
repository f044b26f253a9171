"""One turn without a language model: understood by rules, evidence found, quoted as it stands."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rag import foreign
from rag.answer import Answer, Checked, Turn
from rag.catalogue import Catalogue
from rag.check import Verdict
from rag.dialogue import Dialogue, read_dialogue
from rag.draft import Draft, Numbering, Table, said
from rag.extract import flow, mark
from rag.grammar import Kind
from rag.manner import USUAL, Manner
from rag.prose import render
from rag.reply import Replies
from rag.retrieve import Scope
from rag.seek import Reply
from rag.sufficiency import Outcome
from rag.understand import Understanding
from rag.understood import Understood

FINDS = 3  # times that evidence is sought because papers came in meanwhile


class WithoutModel:
    """Answers turns over one index in quotes. Safe to share between threads."""

    def __init__(self, understanding: Understanding, replies: Replies, catalogue: Catalogue) -> None:
        self._understanding, self._replies, self._catalogue = understanding, replies, catalogue

    def run(
        self, question: str, history: Sequence[Turn], scope: Scope | None, *, manner: Manner = USUAL
    ) -> Iterator[str | Answer]:
        """Pieces of text, then exactly one Answer."""
        started = time.perf_counter()
        asked, reply = self._find(question, history, scope, manner)
        numbering, checks = Numbering(), list[Checked]()
        pieces = []
        for piece in tell(reply, numbering, checks):
            pieces.append(piece)
            yield piece
        tables = [part for part in reply.draft.parts if isinstance(part, Table)]
        yield Answer(
            question,
            "".join(pieces),
            tuple(numbering.citations),
            reply.outcome is not Outcome.ANSWERED,
            asked.standalone,
            reply.ranked,
            time.perf_counter() - started,
            outcome=reply.outcome.value,
            kind=asked.kind.value,
            understood=asked.line,
            note=reply.draft.note,
            table=tables[0] if tables else None,
            checks=tuple(checks),
        )

    def _find(
        self, question: str, history: Sequence[Turn], scope: Scope | None, manner: Manner
    ) -> tuple[Understood, Reply]:
        """The turn understood and its evidence, of one revision of the papers; sought again where another came."""
        dialogue = Dialogue()
        for _ in range(FINDS):
            revision = self._replies.revision()
            dialogue = read_dialogue(history, self._catalogue)
            asked = replace(self._understanding.understand(question, dialogue), manner=manner)
            reply = self._replies.reply(asked, dialogue, scope)
            if self._replies.revision() == revision:
                break
        if asked.kind is not Kind.TALK and foreign.is_foreign(question):
            reply = replace(reply, draft=replace(reply.draft, note=f"{reply.draft.note} {foreign.NOTE}".strip()))
        return asked, reply


def tell(reply: Reply, numbering: Numbering, checks: list[Checked]) -> Iterator[str]:
    """Its plain words, then its quotes."""
    if reply.words:
        yield reply.words
    gap = "\n\n" if reply.words else ""
    for piece in quoted(reply.draft, numbering, checks):
        yield gap + piece
        gap = ""


def quoted(draft: Draft, numbering: Numbering, checks: list[Checked]) -> Iterator[str]:
    """A draft of quotes as text, and each of its sentences among the checks: word for word, since it is a quote."""
    yield from render(draft, numbering)
    checks += [
        Checked(mark(flow(one.sentence.text), number), str(Verdict.VERBATIM), "", (number,))
        for one in dict.fromkeys(said(draft))
        for number in (numbering.number(one),)
    ]
