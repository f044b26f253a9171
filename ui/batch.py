"""Lines of a batch file answered: single questions, and conversations turn by turn."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, Any, cast

from ingest.errors import UsageError
from ingest.text import clean
from rag.evaluate import run as evaluate
from rag.evaluate.run import Row, read_question
from rag.style import USUAL, Style
from rag.types import MOST_CHARACTERS, Answer, Turn
from ui.reread import Find, read_turn

if TYPE_CHECKING:
    from rag.engine import Engine

MOST_TURNS = 200  # of one conversation


@dataclass(frozen=True, slots=True)
class Asked:
    """What one line asks: questions one after the other, after earlier turns; `single` where it is one question
    alone."""

    questions: tuple[str, ...]
    history: tuple[Turn, ...]
    single: bool


def read_row(row: Row, find: Find) -> Asked:
    """The questions of a line, {question, history} or {turns}; raises UsageError that names what is wrong with it."""
    history = read_history(row, find)
    if "turns" not in row:
        return Asked((read_question(row),), history, single=True)
    turns = row["turns"]
    texts = [turn.get("user") if isinstance(turn, dict) else turn for turn in turns] if isinstance(turns, list) else []
    if not 0 < len(texts) <= MOST_TURNS or not all(isinstance(text, str) for text in texts):
        raise UsageError(f"{row.place}: 'turns' must be a list of 1 to {MOST_TURNS} questions.")
    return Asked(tuple(map(str, texts)), history, single=False)


def read_history(row: Row, find: Find) -> tuple[Turn, ...]:
    """The earlier turns of a line, each {role, content} and of an answer its record under 'answer'."""
    plain = evaluate.read_history(row)
    records = [turn.get("answer") for turn in row.get("history") or []]
    try:
        return tuple(read_turn(one.role, one.content, record, find) for one, record in zip(plain, records, strict=True))
    except UsageError as error:
        raise UsageError(f"{row.place}: {error}") from error


def answered(
    engine: "Engine", asked: Asked, stopped: Event, *, model: bool, explain: bool, style: Style = USUAL
) -> tuple[dict[str, Any], int]:
    """The object of a line's answer, and how many of its questions could not be asked.

    A question that cannot be asked costs no other its answer. Raises KeyboardInterrupt soon after `stopped` is set.
    """
    history, answers, troubles = list(asked.history), list[dict[str, Any]](), 0
    for question in asked.questions:
        try:
            answer = _ask(engine, question, history, stopped, model=model, style=style)
        except UsageError as error:
            troubles += 1
            answer = unanswered(question, str(error))
        answers.append(answer.as_dict(explain=explain))
        history += [Turn("user", question), Turn("assistant", answer.text, answer)]
    return (answers[0] if asked.single else {"turns": answers}), troubles


def _ask(
    engine: "Engine", question: str, history: Sequence[Turn], stopped: Event, *, model: bool, style: Style
) -> Answer:
    """The answer to one question; where it is stopped meanwhile, the call of the model ends too."""
    answer = None
    with closing(cast(Any, engine.stream(question, history, model=model, style=style))) as pieces:
        for piece in pieces:
            if stopped.is_set():
                raise KeyboardInterrupt
            answer = piece if isinstance(piece, Answer) else answer
    assert answer, "a stream ends with its answer"
    return answer


def unanswered(question: str, reason: str) -> Answer:
    """The refusal of a question that could not be asked."""
    shown = clean(question[:MOST_CHARACTERS])
    return Answer(shown, reason, (), True, shown, (), 0.0, outcome="absent")
