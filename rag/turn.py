"""One turn, from a question to pieces of text and then the Answer: by a model where one is configured, else by search.

Whatever the model does, the turn ends in a cited answer within its time: quotes stand in where it fails.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace

from ingest.formats.ids import NO_DOI, Named, read_ids
from ingest.paper import Paper, paper_id
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

MOST_TOLD = 5  # papers of those given by id, named one by one
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
        note = ""
        if (named := read_ids(message)).alone:  # answered as a message that names these papers is
            here = self._here(named)
            note = absent(named, here)
            if not here:
                yield from self._search.refuse(question, note)
                return
            names = [self._tools.linker.name_of(paper) for paper in here]
            message = f"What {'is' if len(names) == 1 else 'are'} {enumerated(names)} about?"
        within = narrowed(self._tools.index, scope, filters) if filters else scope
        turn = None
        if model and self._model and message and not (filters and within is None):
            talk = read_talk(history, self._tools.linker.spoken_of)
            turn = ModelTurn(self._tools, self.library, self._model, message, talk, within, style)
            answered = False
            with closing(turn.run()) as parts:  # so that the call ends with who leaves
                for part in parts:
                    answered = answered or isinstance(part, Answer)
                    yield _noted(part, question, note) if isinstance(part, Answer) else part
            if answered:
                return
        for piece in self._search.run(question, message, history, scope, filters=filters, style=style):
            if turn and isinstance(piece, Answer):
                why = " ".join(filter(None, (piece.note, turn.note, NO_MODEL)))
                piece = replace(piece, note=why, usage=turn.usage, trace=turn.trace)
            yield _noted(piece, question, note) if isinstance(piece, Answer) else piece

    def _here(self, named: Named) -> list[Paper]:
        """The papers that are here of those named by their ids."""
        return [paper for arxiv in named.arxiv if (paper := self._tools.find(paper_id("", arxiv)))]

    def library(self) -> Library:
        """What the library holds, read anew when it has changed."""
        revision = self._tools.index.record.revision()
        if self._library is None or self._library[0] != revision:
            self._library = revision, read_library(self._tools.index)
        return self._library[1]


def absent(named: Named, here: Sequence[Paper]) -> str:
    """What is said of papers named by ids or DOIs of which only some are here."""
    held = {paper.arxiv for paper in here}
    missing = [arxiv for arxiv in named.arxiv if arxiv not in held]
    many = len(missing) > 1
    none, it = ("No papers here have the arXiv ids", "them") if many else ("No paper here has the arXiv id", "it")
    words = f"{none} {enumerated(missing)}; import {it} to ask about {it}." if missing else ""
    return " ".join(filter(None, (words, NO_DOI if named.dois else "")))


def enumerated(names: Sequence[str]) -> str:
    """'2402.02750', '2402.02750 and 2306.07174', '2402.02750, 2306.07174 and 7 more'."""
    more = len(names) - MOST_TOLD
    shown = [*names[:MOST_TOLD], f"{more:,} more"] if more > 1 else list(names)
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


def _noted(answer: Answer, question: str, note: str) -> Answer:
    return replace(answer, question=question, note=" ".join(filter(None, (note, answer.note))))
