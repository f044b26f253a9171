"""From numbered sources to a model's answer: it streams, and each statement is verified as it completes."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from rag.llm.model import ChatModel
from rag.llm.pieces import Message, Usage, Waiting
from rag.types import ABSENT, Checked
from rag.verify.statement import Verifier
from rag.write.draft import Numbering
from rag.write.layout import Kind, Layout, Piece

MOST_QUESTIONS = 3  # to go on with
LONGEST_QUESTION = 200  # characters
MOST_SEARCHES = 4
CUT = "The answer was too long and was cut off."


@dataclass
class Written:
    """What came of a writer, filled in as it goes.

    `found` is its word on whether the sources hold what is asked: 'yes', 'partly', 'no', or '' where it gave none.
    `searches` are what it wants looked up before it answers. `note` says in plain words what went wrong at its side.
    """

    numbering: Numbering = field(default_factory=Numbering)
    checks: list[Checked] = field(default_factory=list)
    pieces: list[tuple[str, int]] = field(default_factory=list)  # each with the place of its check, -1 for none
    text: str = ""
    suggestions: list[str] = field(default_factory=list)
    found: str = ""
    searches: list[str] = field(default_factory=list)
    used: list[Usage] = field(default_factory=list)
    note: str = ""

    def retell(self, place: int, check: Checked) -> None:
        """Puts a check, with its text, in the place of another."""
        self.checks[place] = check
        self.pieces = [(check.text if at == place else text, at) for text, at in self.pieces]
        self.text = "".join(text for text, _ in self.pieces)

    @property
    def is_sourced(self) -> bool:
        """Whether anything was said that rests on a source, or said to be absent from all of them."""
        return any(check.numbers or check.verdict == ABSENT for check in self.checks)


def write_with_model(
    model: ChatModel,
    messages: Sequence[Message],
    verifier: Verifier,
    written: Written,
    *,
    most_tokens: int,
    within: float,
) -> Iterator[str | Waiting]:
    """The answer's text piece by piece, with lines on what is waited for. Raises ModelError where none comes.

    What states nothing is held back until a statement with a source follows: an answer that has none at all is no
    answer.
    """
    layout = Layout()
    held: list[str] = []

    def take(piece: Piece) -> Iterator[str]:
        if piece.kind is Kind.GO_ON:
            if len(written.suggestions) < MOST_QUESTIONS:
                written.suggestions.append(piece.text[:LONGEST_QUESTION])
            return
        if piece.kind is Kind.FOUND:
            written.found = piece.text
            return
        if piece.kind is Kind.SEARCH:
            written.searches = [s.strip() for s in piece.text.split(";") if s.strip()][:MOST_SEARCHES]
            return
        shown = verifier.verify(piece) if piece.kind is Kind.STATEMENT else None
        if shown and shown.checked:
            written.checks.append(shown.checked)
        place = len(written.checks) - 1 if shown and shown.checked else -1
        text = shown.text if shown else piece.text
        written.pieces += [(piece.lead, -1), (text, place)]
        held.append(piece.lead + text)
        if written.is_sourced:
            written.text += "".join(held)
            yield "".join(held)
            held.clear()

    with closing(model.stream(messages, most_tokens=most_tokens, within=within)) as stream:
        try:
            for piece in stream:
                if isinstance(piece, Waiting):
                    yield piece
                    continue
                for one in layout.hear(piece.words):
                    yield from take(one)
            for one in layout.end() if stream.finish == "stop" else ():
                yield from take(one)
            if stream.finish != "stop":
                written.note = stream.fault or CUT
        finally:
            written.used.append(stream.usage)
