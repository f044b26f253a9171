"""An engine for tests of the page: it answers by the first word of a question and records what it was asked."""

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ingest.browse.listing import Listed, Looked, Order
from ingest.browse.topic_map import Mapped, Spot
from ingest.errors import ModelError
from ingest.intake import Taken
from ingest.library import Ingested, Progress, Source
from ingest.names import short_name
from ingest.paper import Paper, Sentence, Unreadable
from rag.evaluate.votes import Vote
from rag.llm.pieces import Waiting
from rag.retrieve.scope import Scope
from rag.style import Style, Writing
from rag.types import Answer, Citation, Evidence, Ranked, Turn
from rag.write.draft import Cell, Draft, Numbering, Paragraph, Row, Statement, Table
from rag.write.render import render

LENSES = Paper(
    "Grinding Lenses by Candlelight",
    "We grind lenses. The candle lasts six hours. Each lens then carries forty scratches. "
    + "More is said later. " * 80
    + "A wet cloth halves the scratches. We close with thanks.",
    ("Ada Lovelace", "Jian Pei"),
    "2025-07-28",
    "https://example.org/lenses",
)
MIRRORS = Paper(
    "Mirrors & <Light>", "Mirrors bend light. They do so at 3 < 4 degrees.", ("Tunde Okafor",), "", "ftp://example.org"
)
CLOTH = Paper(
    "Cloth: Wet or Dry", "We wipe | lenses with a wet cloth. It takes an hour a lens. Dry cloth scratches more."
)
HOSTILE = (
    "<script>window.ran=1</script><img src=x onerror='window.ran=1'><svg onload=window.ran=1></svg>",
    "![a](http://leak.test/a.png) [b](javascript:window.ran=1) <a href='javascript:window.ran=1'>c</a>",
    "<iframe srcdoc='<script>parent.ran=1</script>'></iframe><form><input type=password></form>",
    "```mermaid\ngraph TD; A[<img src=http://leak.test/b>]\n```",
    "$$\\href{javascript:window.ran=1}{x}$$ <style>@import 'http://leak.test/c'</style> </div></div></section>",
    "safe\u202egnp.exe \x1b[31mred\x1b[0m \x00 <math><mtext><img src=http://leak.test/d></mtext></math>",
)
HOSTILE_PAPERS = [
    Paper(f"{text} bad", f"{text} End.", (text,), "2023-01-01", "javascript:window.ran=1") for text in HOSTILE
]
NEXT = ("How fast are mirrors?", HOSTILE[0])  # questions to go on with


def cite(number: int, paper: Paper, quote: str) -> Citation:
    start = paper.abstract.index(quote)
    return Citation(number, paper.id, paper.title, quote, start, start + len(quote))


class StandInIntake:
    """Takes nothing in: it goes a step on whenever a test says `go`, until four papers went by or it is stopped."""

    def __init__(self) -> None:
        self.go = threading.Semaphore(0)
        self.given: list[Source] = []

    def take(self, sources: Sequence[Source], *, stopped: Callable[[], bool], progress: Progress) -> Taken:
        self.given = list(sources)
        progress(total=4)
        for done in range(4):
            while not self.go.acquire(timeout=0.02):
                if stopped():
                    return Taken(changed=done, titles=(LENSES.title,) * done, stopped=True)
            progress(1)
        unreadable = [(f"given:{HOSTILE[0]}", Unreadable(HOSTILE[1], HOSTILE[2]))]
        report = Ingested(4, 2, 1, 1, unreadable=unreadable, failed=[HOSTILE[0]])
        return Taken(report, 3, HOSTILE[:3])


class StandIn:
    """An engine with an answer for each first word; it records what it was asked."""

    mode = "No language model: answers are quoted sentences"
    has_model = False
    can_choose = False
    writer: Writing | None = None

    def __init__(self) -> None:
        self.papers = [LENSES, MIRRORS, CLOTH]
        self.asked: list[tuple[str, tuple[Turn, ...]]] = []
        self.scopes: list[Scope | None] = []
        self.manners: list[tuple[bool, Style]] = []
        self.votes: list[Vote] = []
        self.closed = threading.Event()
        self.shut = False
        self.intake = StandInIntake()

    def starters(self) -> list[str]:
        return ["How are lenses ground?", HOSTILE[0]]

    def keep_vote(self, vote: Vote) -> Path:
        self.votes.append(vote)
        return Path("/papers/feedback.jsonl")

    def count(self) -> int:
        return 2

    def paper(self, paper_id: str) -> Paper | None:
        return {paper.id: paper for paper in self.papers}.get(paper_id)

    def close(self) -> None:
        self.shut = True

    def browse(self, looked: Looked, *, first: int = 50) -> Listed:
        """Papers whose title or author holds what is looked for, as they come."""
        words = looked.words.casefold()
        fit = [p for p in self.papers if words in f"{p.title} {p.authors}".casefold()]
        fit = [p for p in fit if looked.ids is None or p.id in looked.ids]
        fit = [p for p in fit if p.date >= looked.since]
        if looked.order is Order.TITLE:
            fit.sort(key=lambda paper: paper.title)
        return Listed(tuple(p.id for p in fit), tuple(fit[:first]))

    def atlas(self) -> Mapped:
        """Papers on a grid, in four groups as they come."""
        side = max(1, math.ceil(len(self.papers) ** 0.5))
        spots = tuple(
            Spot(p.id, p.title, 2 * (n % side) / side - 0.9, 2 * (n // side) / side - 0.9, n * 4 // len(self.papers))
            for n, p in enumerate(self.papers)
        )
        return Mapped(spots, ("lenses, cloth", "owls", HOSTILE[0], "bats"), 1)

    def nearest(self, paper_id: str, *, k: int = 6) -> list[Paper]:
        return [paper for paper in self.papers if paper.id != paper_id][:k]

    def stream(self, question: str, history: Sequence[Turn] = (), **how: Any) -> Iterator[str | Waiting | Answer]:
        self.asked.append((question, tuple(history)))
        self.scopes.append(how["scope"])
        self.manners.append((how["model"], how["style"]))
        kind = question.split()[0].lower()
        if kind == "fail":
            raise ModelError("The model at localhost does not answer; run it, or ask without one.")
        if kind == "endless":
            yield from self.endless()
        answers = {"hostile": hostile, "unknown": refused, "compare": compared, "search": searched}
        answer = answers.get(kind, grounded)(question)
        for at in range(0, len(answer.text), 7):
            yield answer.text[at : at + 7]
        yield answer

    def endless(self) -> Iterator[str]:
        try:
            while True:
                yield "and so on "
                threading.Event().wait(0.02)
        finally:
            self.closed.set()


def grounded(question: str) -> Answer:
    cites = (
        cite(1, LENSES, "The candle lasts six hours."),
        cite(2, LENSES, "A wet cloth halves the scratches."),
        cite(3, MIRRORS, "They do so at 3 < 4 degrees."),
    )
    text = "**Lenses.** The candle lasts six hours. [1] A wet cloth helps. [2]\n\n- Mirrors bend at 3 < 4 degrees. [3]"
    return Answer(question, text, cites, False, question, (), 0.01, suggestions=NEXT)


def searched(question: str) -> Answer:
    """What the search without a model found, leaning on a paper spoken of before."""
    return replace(grounded(question), kind="few", understood="following up on Mirrors", context=(MIRRORS.id,))


def refused(question: str) -> Answer:
    closest = tuple(Ranked(paper, 0.1, ()) for paper in (LENSES, MIRRORS))
    return Answer(question, "The papers do not say.", (), True, question, closest, 0.01, outcome="absent", kind="few")


def evidence(paper: Paper, quote: str) -> Evidence:
    start = paper.abstract.index(quote)
    return Evidence(paper, Sentence(quote, start, start + len(quote)), 1.0)


def written(question: str, draft: Draft, *, kind: str, understood: str = "", standalone: str = "") -> Answer:
    """The answer that a draft makes."""
    numbering = Numbering()
    text = "".join(render(draft, numbering))
    table = next((part for part in draft.parts if isinstance(part, Table)), None)
    given = Answer(question, text, tuple(numbering.citations), False, standalone or question, (), 0.01, kind=kind)
    return replace(given, understood=understood, note=draft.note, table=table, suggestions=NEXT)


def compared(question: str) -> Answer:
    """Three papers, three aspects, one of which one abstract says nothing of and one that none does."""
    papers = (LENSES, MIRRORS, CLOTH)
    candle, wiping = evidence(LENSES, "The candle lasts six hours."), evidence(CLOTH, "It takes an hour a lens.")
    ideas = tuple(Cell(evidence(paper, paper.abstract[: paper.abstract.index(".") + 1])) for paper in papers)
    rows = (
        Row("idea", ideas),
        Row("speed", (Cell(candle), Cell(None), Cell(wiping))),
        Row("batch size", (Cell(None),) * 3),
    )
    below = Paragraph((Statement(evidence(CLOTH, "Dry cloth scratches more."), short_name(CLOTH)),))
    table = Table(papers, ("Lenses", "Mirrors & <Light>", "Cloth"), rows)
    draft = Draft((table, below), "None of these abstracts speaks of batch size.")
    understood = "compare · Lenses, Mirrors, Cloth · speed, batch size"
    asked = "How do Lenses, Mirrors and Cloth differ in speed and batch size?"
    return written(question, draft, kind="compare", understood=understood, standalone=asked)


def hostile(question: str) -> Answer:
    papers = [Paper(text, f"{text} End.", (text,), text, "javascript:window.ran=1") for text in HOSTILE]
    cites = tuple(Citation(n, p.id, p.title, p.abstract, 0, len(p.abstract)) for n, p in enumerate(papers, 1))
    lines = [f"{text} [{n}]" for n, text in enumerate(HOSTILE, 1)]
    flat = [" ".join(line.replace("|", "\\|").split()) for line in lines]
    grid = "\n".join(f"| {line} | {line} |" for line in (flat[0], "---", *flat))
    text = "\n\n".join([*lines, grid, *(f"**{line}**\n- {line}" for line in flat)])
    ranked = tuple(Ranked(p, 0.1, ()) for p in papers)
    cells = (Cell(evidence(papers[0], papers[0].abstract)),) * 6
    table = Table(tuple(papers), HOSTILE, tuple(Row(text, cells) for text in HOSTILE))
    given = Answer(question, text, cites, False, HOSTILE[1], ranked, 0.01, kind="compare", understood=HOSTILE[0])
    return replace(given, note="".join(HOSTILE), table=table, suggestions=NEXT)
