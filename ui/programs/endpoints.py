"""What programs may ask, as Gradio API endpoints of which each is an MCP tool too.

Gradio takes names, types and docstrings of the methods here for the documentation of both. Everything that comes in
is checked here again: it may be anything that JSON can say.
"""

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, cast

import gradio as gr

from ingest.browse.listing import Looked
from ingest.errors import UsageError
from ingest.paper import Paper
from rag.retrieve.scope import Scope
from rag.types import MOST_CHARACTERS
from rag.write.passages import MOST_COMPARED
from ui.engine import Engine, explain
from ui.programs import read
from ui.programs.refusal import Refusal
from ui.programs.shapes import AnswerObject, FoundObject, Message, PaperObject, PapersObject

MOST_FOUND = 100  # papers of one search
MOST_LISTED = 200  # papers of one page of the list
MOST_SCOPE = 1_000  # papers a question may be kept to
MOST_ASPECTS = 6
LONGEST_ID, LONGEST_DATE, LONGEST_ASPECT, LONGEST_DESCRIPTION = 200, 10, 80, 400  # characters
AT_ONCE = 8  # requests answered side by side
WAITING = 8  # requests that may wait for one of these; Gradio has 40 threads for all it does
NONE: list[Any] = []  # the default of a list that may be left out
BUSY = "Too many requests at once; try again in a moment."


class Endpoints:
    """The endpoints around one engine: `ask`, `search`, `compare`, `papers`, `paper`."""

    def __init__(self, opening: "Future[Engine]") -> None:
        self._opening = opening
        self._places = threading.BoundedSemaphore(AT_ONCE + WAITING)
        self._turns = threading.BoundedSemaphore(AT_ONCE)

    def ask(
        self, question: str, history: list[Message] = NONE, papers: list[str] = NONE, model: bool = True
    ) -> AnswerObject:
        """Answer a question about the research papers held here. Every sentence of the answer is cited to the exact
        sentence of an abstract that it rests on; what the papers do not say is refused.

        Args:
            question: The question in plain words, a comparison or a survey as well; 4,000 characters of it are read.
            history: Earlier messages, oldest first, so that 'it' and 'the second one' are understood; an answer of ours
                is understood best with its whole object under 'answer'.
            papers: Ids of the only papers to look at; all papers where it is left out.
            model: Whether a language model, if one is configured, may write the answer; without it all is quoted.

        Returns:
            The object of `paperchat ask --json`: answer with [n] marks, outcome, citations with quote and span.
        """
        with self._engine() as engine:
            asked = read.text(question, "question")
            turns = read.messages(history, "history", engine.paper)
            ids = read.texts(papers, "papers", most=MOST_SCOPE, longest=LONGEST_ID)
            for paper_id in ids:
                known(engine, paper_id)
            scope = Scope(tuple(ids)) if ids else None
            answer = engine.ask(asked, turns, scope=scope, model=read.flag(model, "model"))
            return cast(AnswerObject, answer.as_dict())

    def search(self, query: str, k: int = 10, since: str = "", until: str = "") -> list[FoundObject]:
        """Rank the research papers held here for a query, best first, each with its best sentence.

        Args:
            query: Words or a question.
            k: How many papers to give, from 1 to 100.
            since: First date, as 2024, 2024-08 or 2024-08-21; papers before it are left out.
            until: Last date, in the same form; papers after it are left out.

        Returns:
            The list of `paperchat search --json`: paper_id, title, date, url, score, sentence and its span.
        """
        with self._engine() as engine:
            scope = Scope((), *(read.text(d, n, most=LONGEST_DATE) for n, d in (("since", since), ("until", until))))
            asked = read.text(query, "query", most=MOST_CHARACTERS)
            found = engine.search(asked, k=read.number(k, "k", least=1, most=MOST_FOUND), scope=scope)
            return [cast(FoundObject, ranked.as_dict()) for ranked in found]

    def compare(self, papers: list[str], aspects: list[str] = NONE, model: bool = True) -> AnswerObject:
        """Set research papers held here side by side in a table of quoted sentences, a row an aspect.

        Args:
            papers: Two to six papers, each an id, the name of its method, its title, or words that describe it.
            aspects: What to compare them on, such as memory, speed, results or limits; the main points if empty.
            model: Whether a language model, if one is configured, may write the answer; without it all is quoted.

        Returns:
            The object of `paperchat ask --json`; `table` has names, and rows of an aspect and cells with quotes.
        """
        with self._engine() as engine:
            given = read.texts(papers, "papers", most=MOST_COMPARED, longest=LONGEST_DESCRIPTION)
            wanted = read.texts(aspects, "aspects", most=MOST_ASPECTS, longest=LONGEST_ASPECT)
            answer = engine.compare(given, wanted, model=read.flag(model, "model"))
            return cast(AnswerObject, answer.as_dict())

    def papers(self, query: str = "", offset: int = 0, limit: int = 50) -> PapersObject:
        """List the research papers held here: the best match first where words are given, else the newest.

        Args:
            query: Beginnings of words that title, authors or abstract all have; every paper where it is empty.
            offset: How many papers to leave out at the beginning.
            limit: How many papers to give, from 1 to 200.

        Returns:
            How many papers there are in all (total), and those of this page (papers).
        """
        with self._engine() as engine:
            words = read.text(query, "query", most=MOST_CHARACTERS)
            first = read.number(offset, "offset", least=0, most=10**9)
            count = read.number(limit, "limit", least=1, most=MOST_LISTED)
            found = engine.browse(Looked(words), first=0).ids
            page = (engine.paper(paper_id) for paper_id in found[first : first + count])
            return {"total": len(found), "papers": [as_object(paper) for paper in page if paper]}

    def paper(self, id: str) -> PaperObject:
        """Give one research paper held here: title, abstract, authors, date, link.

        Args:
            id: The id of the paper, as search and papers give it, such as arxiv:2402.02750.

        Returns:
            The paper.
        """
        with self._engine() as engine:
            return as_object(known(engine, read.text(id, "id", most=LONGEST_ID)))

    @contextmanager
    def _engine(self) -> Iterator[Engine]:
        """The engine for one request; whatever goes wrong is told as Gradio tells errors, in plain words."""
        if not self._places.acquire(blocking=False):
            raise Refusal(BUSY)
        try:
            with self._turns:
                yield self._opening.result()
        except Exception as error:
            raise Refusal(explain(error)) from error
        finally:
            self._places.release()


def wire(opening: "Future[Engine]") -> None:
    """Adds the endpoints to the page being built. They pass by its queue, so that each is one plain POST."""
    endpoints = Endpoints(opening)
    for method in (endpoints.ask, endpoints.search, endpoints.compare, endpoints.papers, endpoints.paper):
        gr.events.api(method, api_name=method.__name__, queue=False)


def known(engine: Engine, paper_id: str) -> Paper:
    """The paper with an id; raises UsageError where there is none."""
    paper = engine.paper(paper_id)
    if paper is None:
        raise UsageError(f"No paper has the id “{paper_id[:60]}”; take one from `search` or `papers`.")
    return paper


def as_object(paper: Paper) -> PaperObject:
    return cast(PaperObject, asdict(paper) | {"authors": list(paper.authors)})
