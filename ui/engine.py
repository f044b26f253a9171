"""What the page asks of the thing that answers, and how an error of it is told."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from ingest.errors import PaperchatError
from rag.style import USUAL

if TYPE_CHECKING:  # only names of types: the modules behind them are read while the engine is made
    from pathlib import Path

    from ingest.browse.listing import Listed, Looked
    from ingest.browse.topic_map import Mapped
    from ingest.intake import Taken
    from ingest.library import Progress, Source
    from ingest.model_choice import ModelChoice
    from ingest.paper import Paper
    from rag.evaluate.votes import Vote
    from rag.llm.connect import Tested
    from rag.llm.pieces import Waiting
    from rag.retrieve.scope import Scope
    from rag.style import Style, Writing
    from rag.types import Answer, Ranked, Turn

log = logging.getLogger(__name__)


class Taker(Protocol):
    """What takes papers in while the page is served."""

    def take(self, sources: Sequence[Source], *, stopped: Callable[[], bool], progress: Progress) -> Taken: ...


class Engine(Protocol):
    """What the page and the endpoints ask of the thing that answers."""

    @property
    def intake(self) -> Taker: ...
    @property
    def mode(self) -> str: ...
    @property
    def has_model(self) -> bool: ...
    @property
    def writer(self) -> Writing | None: ...
    @property
    def can_choose(self) -> bool: ...
    def connect(self, choice: ModelChoice | None, *, keep: bool) -> None: ...
    def try_choice(self, choice: ModelChoice) -> Tested: ...
    def stream(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        scope: Scope | None = None,
        model: bool = True,
        style: Style = USUAL,
    ) -> Iterator[str | Waiting | Answer]: ...
    def browse(self, looked: Looked, *, first: int = 50) -> Listed: ...
    def atlas(self) -> Mapped: ...
    def nearest(self, paper_id: str, *, k: int = 6) -> list[Paper]: ...
    def ask(
        self, question: str, history: Sequence[Turn] = (), *, scope: Scope | None = None, model: bool = True
    ) -> Answer: ...
    def search(self, question: str, *, k: int = 10, scope: Scope | None = None) -> list[Ranked]: ...
    def compare(self, papers: Sequence[str], aspects: Sequence[str] = (), *, model: bool = True) -> Answer: ...
    def keep_vote(self, vote: Vote) -> Path: ...
    def starters(self) -> list[str]: ...
    def paper(self, paper_id: str) -> Paper | None: ...
    def count(self) -> int: ...
    def close(self) -> None: ...


def explain(error: Exception) -> str:
    """An error in words for the reader; one that nobody foresaw goes to the log, not to the page."""
    if isinstance(error, PaperchatError):
        return str(error)
    log.error("the page met an unforeseen error", exc_info=error)
    return "Something went wrong; see the terminal for details, then try again."
