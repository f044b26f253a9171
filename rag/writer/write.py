"""From evidence to a model's answer: it streams, each sentence is checked as it completes, and what fails is mended.

The evidence is fixed before the model says a word; where the model fails, quotes of the same evidence stand in.
Knows no index and no conversation beyond the messages it is given.
"""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from ingest.errors import ModelError, TooLongError
from rag.answer import Checked, Ranked, Turn
from rag.chat.model import ChatModel
from rag.chat.pieces import Message, Usage, Waiting
from rag.check import Checker
from rag.draft import Draft, Numbering, Paragraph, Part
from rag.manner import USUAL, Manner
from rag.measures import MARK
from rag.writer import prompts
from rag.writer.lines import Frame, is_framed
from rag.writer.mend import declines, mend, quoted
from rag.writer.sheet import MOST_PAPERS, Sheet, make_sheet, plain, tokens
from rag.writer.spoken import Listener, Spoken

ANSWER_SHARE = 0.2  # of the context, kept for what the model writes
MOST_ANSWER = 900  # tokens of an answer
HISTORY_SHARE = 0.15  # of the context
SHRINK = 0.5  # of the sources, where the endpoint says that they are too long
NO_MODEL = "Quoted from the papers instead."
CUT = "The model's answer was too long and is cut."
LINE_TOKENS, CONTRAST_TOKENS = 60, 250  # of an answer that shortens lines


@dataclass
class Written:
    """What came of a turn that a model wrote, filled in as it goes.

    `declined`: the model said that the sources do not answer. `note`: plain words on what the model's side did.
    """

    numbering: Numbering = field(default_factory=Numbering)
    checks: list[Checked] = field(default_factory=list)
    usage: Usage | None = None
    declined: bool = False
    note: str = ""


class Writer:
    """Writes answers with one chat model. Safe to share between threads."""

    def __init__(self, model: ChatModel, checker: Checker, *, context: int) -> None:
        self.model, self._checker, self._context = model, checker, context

    def write(
        self,
        question: str,
        draft: Draft,
        ranked: Sequence[Ranked],
        written: Written,
        *,
        history: Sequence[Turn] = (),
        manner: Manner = USUAL,
    ) -> Iterator[str | Waiting]:
        """The answer's text piece by piece, every sentence checked, with lines on what is waited for between them."""
        if is_framed(draft):
            yield from self._fill(question, draft, written)
        else:
            yield from self._prose(question, draft, ranked, written, history, manner)

    # -- prose -------------------------------------------------------------------------------------------------

    def _prose(
        self,
        question: str,
        draft: Draft,
        ranked: Sequence[Ranked],
        written: Written,
        history: Sequence[Turn],
        manner: Manner,
    ) -> Iterator[str | Waiting]:
        answer = min(MOST_ANSWER, int(ANSWER_SHARE * self._context))
        past = trim(history, int(HISTORY_SHARE * self._context))
        fixed = tokens(prompts.WRITE) + tokens(question) + sum(tokens(m.content) for m in past) + 120
        room = self._context - answer - fixed
        said: set[str] = set()
        for attempt in range(2):
            sheet = make_sheet(draft, ranked, budget=room, most=max(MOST_PAPERS, manner.papers))
            asked = prompts.question_and_sources(question, sheet.text, secrets.token_hex(4), sentences=manner.written)
            messages = [Message("system", prompts.WRITE), *past, Message("user", asked)]
            try:
                yield from self._speak(messages, answer, sheet, written, said)
                break
            except TooLongError as error:
                room, past = int(SHRINK * room), []
                if attempt:
                    written.note = f"{error} {NO_MODEL}"
            except ModelError as error:
                written.note = f"{error} {NO_MODEL}"
                break
        if written.note and not written.declined:
            yield from self._quote_rest(draft, written, said)

    def _speak(
        self, messages: Sequence[Message], most: int, sheet: Sheet, written: Written, said: set[str]
    ) -> Iterator[str | Waiting]:
        """One answer of the model, sentence by sentence; raises ModelError where it does not come."""
        listener = Listener()
        with closing(self.model.stream(messages, most_tokens=most)) as stream:
            try:
                for piece in stream:
                    if isinstance(piece, Waiting):
                        yield piece
                        continue
                    for spoken in listener.hear(piece.words):
                        yield from self._take(spoken, sheet, written, said)
                for spoken in listener.end() if stream.finish == "stop" else ():
                    yield from self._take(spoken, sheet, written, said)
                if stream.finish != "stop":
                    why = stream.fault or CUT
                    written.note = f"{why} {NO_MODEL}"
                elif not written.checks and not written.declined:
                    written.note = f"{self.model.name or 'The model'} said nothing that could be checked. {NO_MODEL}"
            finally:
                written.usage = stream.usage

    def _take(self, spoken: Spoken, sheet: Sheet, written: Written, said: set[str]) -> Iterator[str]:
        """A sentence of the model as it is shown, if it is."""
        if not spoken.numbers and declines(spoken.words):
            written.declined = written.declined or not written.checks
            if written.checks:
                written.note = plain(spoken.words)
            return
        shown = mend(spoken, sheet, self._checker, written.numbering, said)
        if shown:
            said.update(one.sentence.text for n in spoken.numbers if (one := sheet.get(n)))
            gap = ("\n\n" if spoken.opens else " ") if written.checks else ""
            written.checks.append(shown.checked)
            yield gap + shown.text

    def _quote_rest(self, draft: Draft, written: Written, said: set[str]) -> Iterator[str]:
        """The quotes of a draft that were not said yet, after what the model got to say."""
        parts: list[Part] = []
        for part in draft.parts:
            if isinstance(part, Paragraph):
                left = tuple(s for s in part.statements if s.evidence.sentence.text not in said)
                parts += [Paragraph(left)] if left else []
            else:
                parts.append(part)
        if not parts:
            return
        if written.checks:
            yield "\n\n"
        yield from quoted(Draft(tuple(parts)), written.numbering, written.checks)

    # -- tables and lists --------------------------------------------------------------------------------------

    def _fill(self, question: str, draft: Draft, written: Written) -> Iterator[str | Waiting]:
        """A table or list whose words the model shortens; each that fails the check stays the quote it was."""
        frame = Frame(draft, self._checker, written.numbering, written.checks)
        asked = prompts.lines_to_rewrite(question, frame.text, secrets.token_hex(4))
        more = prompts.CONTRAST if frame.is_table else ""
        messages = [Message("system", prompts.REWRITE + more + prompts.DATA), Message("user", asked)]
        most = min(MOST_ANSWER, LINE_TOKENS * len(frame.slots)) + CONTRAST_TOKENS
        whole = False
        try:
            with closing(self.model.stream(messages, most_tokens=most)) as stream:
                try:
                    for piece in stream:
                        if isinstance(piece, Waiting):
                            yield piece
                        else:
                            yield from frame.hear(piece.words)
                    whole = stream.finish == "stop"
                    if not whole:
                        written.note = f"{stream.fault or CUT} {NO_MODEL}"
                finally:
                    written.usage = stream.usage
        except ModelError as error:
            written.note = f"{error} {NO_MODEL}"
        yield from frame.end(whole=whole)
        contrast = list(frame.closing(set())) if whole else []
        if contrast:
            yield "\n\n" + " ".join(contrast)
        below = tuple(part for part in draft.parts if isinstance(part, Paragraph))
        if below and not contrast:
            yield "\n\n"
            yield from quoted(Draft(below), written.numbering, written.checks)


def trim(history: Sequence[Turn], budget: int) -> list[Message]:
    """Earlier messages as the model is given them: the first exchange and the latest, from the middle what is too
    much, without marks, which mean nothing beside other sources."""
    messages = [
        Message("assistant" if turn.role == "assistant" else "user", MARK.sub("", turn.content))
        for turn in history
        if turn.role in ("user", "assistant") and turn.content.strip()
    ]
    first, rest = messages[:2], messages[2:]
    left = budget - sum(tokens(message.content) for message in first)
    if left < 0:
        first, rest, left = [], messages, budget
    kept: list[Message] = []
    for message in reversed(rest):
        left -= tokens(message.content)
        if left < 0:
            break
        kept.append(message)
    kept.reverse()
    joined = [*first, *kept]
    while joined and joined[0].role == "assistant":  # some endpoints want a user first
        joined.pop(0)
    return joined
