"""One turn, from a question to pieces of text and then the Answer: by a model where one is configured, else by search.

Whatever the model does, the turn ends in a cited answer within its time: quotes stand in where it fails.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace

from rag.gather.library import Library, read_library
from rag.llm.model import ChatModel
from rag.llm.pieces import Waiting
from rag.model_turn import ModelTurn, Tools
from rag.plan.operators import read_operators
from rag.plan.talk import read_talk
from rag.retrieve.scope import Scope, narrowed
from rag.search_turn import SearchTurns
from rag.style import USUAL, Style
from rag.types import Answer, Turn

NO_MODEL = "Showing quotes from the papers instead."


class Turns:
    """Answers turns over one index, with a model where one is given. Safe to share between threads."""

    def __init__(self, tools: Tools, search: SearchTurns, model: ChatModel | None) -> None:
        self._tools, self._search, self._model = tools, search, model
        self._library: tuple[int, Library] | None = None

    def run(
        self, question: str, history: Sequence[Turn], scope: Scope | None, *, model: bool, style: Style = USUAL
    ) -> Iterator[str | Waiting | Answer]:
        """Pieces of text as they are written and lines on what is waited for, then the Answer; where its meaning is
        checked, it comes before that and again after it.

        Search operators in the question narrow the scope, for a model as well. Raises UsageError for one that is none.
        """
        message, filters = read_operators(question)
        message = message if any(c.isalnum() for c in message) else ""
        within = narrowed(self._tools.index, scope, filters) if filters else scope
        turn = None
        if model and self._model and message and not (filters and within is None):
            talk = read_talk(history, self._tools.linker.spoken_of)
            turn = ModelTurn(self._tools, self.library, self._model, message, talk, within, style)
            answered = False
            with closing(turn.run()) as parts:  # so that the call ends with who leaves
                for part in parts:
                    answered = isinstance(part, Answer)
                    yield replace(part, question=question) if isinstance(part, Answer) else part
            if answered:
                return
        for piece in self._search.run(question, message, history, scope, filters=filters, style=style):
            if turn and isinstance(piece, Answer):
                note = " ".join(filter(None, (piece.note, turn.note, NO_MODEL)))
                piece = replace(piece, note=note, usage=turn.usage, trace=turn.trace)
            yield piece

    def library(self) -> Library:
        """What the library holds, read anew when it has changed."""
        revision = self._tools.index.record.revision()
        if self._library is None or self._library[0] != revision:
            self._library = revision, read_library(self._tools.index)
        return self._library[1]
