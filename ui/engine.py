"""What the page asks of the thing that answers, and how an error of it is told."""

import logging
from collections.abc import Iterator, Sequence
from typing import Protocol

from ingest.errors import PaperchatError
from ingest.paper import Paper
from rag.answer import Answer, Turn
from rag.atlas import Mapped
from rag.chat.pieces import Waiting
from rag.listing import Listed, Looked
from rag.retrieve import Scope

log = logging.getLogger(__name__)


class Engine(Protocol):
    """What the page asks of the thing that answers."""

    @property
    def mode(self) -> str: ...
    @property
    def has_model(self) -> bool: ...
    def stream(
        self, question: str, history: Sequence[Turn] = (), *, scope: Scope | None = None, model: bool = True
    ) -> Iterator[str | Waiting | Answer]: ...
    def browse(self, looked: Looked, *, first: int = 50) -> Listed: ...
    def atlas(self) -> Mapped: ...
    def nearest(self, paper_id: str, *, k: int = 6) -> list[Paper]: ...
    def starters(self) -> list[str]: ...
    def paper(self, paper_id: str) -> Paper | None: ...
    def count(self) -> int: ...
    def close(self) -> None: ...


def explain(error: Exception) -> str:
    """An error in words for the reader; one that nobody foresaw goes to the log, not to the page."""
    if isinstance(error, PaperchatError):
        return str(error)
    log.error("the page met an unforeseen error", exc_info=error)
    return "Something went wrong on this side; the terminal says what. The question can be asked again."
