"""An engine for tests of the page: it answers by the first word of a question and records what it was asked."""

import threading
from collections.abc import Iterator, Sequence

from ingest.errors import ModelError
from ingest.paper import Paper
from rag.answer import Answer, Citation, Ranked, Turn

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
HOSTILE = (
    "<script>window.ran=1</script><img src=x onerror='window.ran=1'><svg onload=window.ran=1></svg>",
    "![a](http://leak.test/a.png) [b](javascript:window.ran=1) <a href='javascript:window.ran=1'>c</a>",
    "<iframe srcdoc='<script>parent.ran=1</script>'></iframe><form><input type=password></form>",
    "```mermaid\ngraph TD; A[<img src=http://leak.test/b>]\n```",
    "$$\\href{javascript:window.ran=1}{x}$$ <style>@import 'http://leak.test/c'</style> </div></div></section>",
    "safe\u202egnp.exe \x1b[31mred\x1b[0m \x00 <math><mtext><img src=http://leak.test/d></mtext></math>",
)


def cite(number: int, paper: Paper, quote: str) -> Citation:
    start = paper.abstract.index(quote)
    return Citation(number, paper.id, paper.title, quote, start, start + len(quote))


class StandIn:
    """An engine with an answer for each first word; it records what it was asked."""

    mode = "No language model: answers are quoted sentences"

    def __init__(self) -> None:
        self.asked: list[tuple[str, tuple[Turn, ...]]] = []
        self.closed = threading.Event()
        self.shut = False

    def starters(self) -> list[str]:
        return ["How are lenses ground?", HOSTILE[0]]

    def count(self) -> int:
        return 2

    def paper(self, paper_id: str) -> Paper | None:
        return {paper.id: paper for paper in (LENSES, MIRRORS)}.get(paper_id)

    def close(self) -> None:
        self.shut = True

    def stream(self, question: str, history: Sequence[Turn] = ()) -> Iterator[str | Answer]:
        self.asked.append((question, tuple(history)))
        kind = question.split()[0].lower()
        if kind == "fail":
            raise ModelError("The model at localhost does not answer; run it, or ask without one.")
        if kind == "endless":
            yield from self.endless()
        answer = {"hostile": hostile, "unknown": refused}.get(kind, grounded)(question)
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
    return Answer(question, text, cites, False, question, (), 0.01)


def refused(question: str) -> Answer:
    closest = tuple(Ranked(paper, 0.1, ()) for paper in (LENSES, MIRRORS))
    return Answer(question, "The papers do not say.", (), True, question, closest, 0.01)


def hostile(question: str) -> Answer:
    papers = [Paper(text, f"{text} End.", (text,), text, "javascript:window.ran=1") for text in HOSTILE]
    cites = tuple(Citation(n, p.id, p.title, p.abstract, 0, len(p.abstract)) for n, p in enumerate(papers, 1))
    text = "\n\n".join(f"{text} [{n}]" for n, text in enumerate(HOSTILE, 1))
    return Answer(question, text, cites, False, HOSTILE[1], tuple(Ranked(p, 0.1, ()) for p in papers), 0.01)
