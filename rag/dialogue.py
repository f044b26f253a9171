"""From earlier messages to what the talk is about: which papers were mentioned, in what order, and what was asked.

Messages may come from anywhere: marks like [7] in them mean nothing here, so papers are known by their names and,
where a sentence names none, by its words. Knows no wording of follow-ups.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.sentences import split_sentences
from ingest.text import clean
from rag.answer import Turn
from rag.catalogue import Catalogue

MOST_TURNS = 12  # messages looked at, the latest
MOST_SENTENCES = 12  # of one message
SURE_COVERAGE = 0.30  # share of a sentence's words that its paper must hold
SURE_LEAD = 1.25  # how much more of it than the next paper holds
MARKS = re.compile(r"\[\d+(?:\s*[,–-]\s*\d+)*\]")


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question with the papers its answer spoke of, in order of first mention, and the answer's text."""

    question: str
    answer: str
    papers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dialogue:
    """The exchanges so far, oldest first."""

    exchanges: tuple[Exchange, ...] = ()

    @property
    def last(self) -> Exchange | None:
        return self.exchanges[-1] if self.exchanges else None

    @property
    def focus(self) -> tuple[str, ...]:
        """The papers of the latest exchange that has any."""
        return next((exchange.papers for exchange in reversed(self.exchanges) if exchange.papers), ())

    @property
    def choice(self) -> tuple[str, ...]:
        """The papers of the latest exchange that set out more than one to choose from."""
        return next((exchange.papers for exchange in reversed(self.exchanges) if len(exchange.papers) > 1), ())

    def latest(self, count: int) -> tuple[str, ...]:
        """The `count` papers spoken of last, in order of mention."""
        found: dict[str, None] = {}
        for exchange in reversed(self.exchanges):
            found |= dict.fromkeys(exchange.papers[: count - len(found)])
            if len(found) >= count:
                break
        return tuple(found)[::-1]

    @property
    def papers(self) -> tuple[str, ...]:
        """All papers mentioned, in order of first mention."""
        return tuple(dict.fromkeys(paper for exchange in self.exchanges for paper in exchange.papers))


def read_dialogue(history: Sequence[Turn], catalogue: Catalogue) -> Dialogue:
    """The exchanges of a conversation; messages that are empty or of a foreign role are passed over."""
    exchanges: list[Exchange] = []
    question = ""
    for turn in history[-MOST_TURNS:]:
        text = MARKS.sub("", turn.content) if isinstance(turn.content, str) else ""
        if turn.role == "user" and text.strip():
            if question:
                exchanges.append(Exchange(question, "", _named(question, catalogue)))
            question = clean(text)[:2000]
        elif turn.role == "assistant" and text.strip():
            papers = papers_of(text, catalogue)
            exchanges.append(Exchange(question, text, papers or _named(question, catalogue)))
            question = ""
    if question:
        exchanges.append(Exchange(question, "", _named(question, catalogue)))
    return Dialogue(tuple(exchanges))


def papers_of(answer: str, catalogue: Catalogue) -> tuple[str, ...]:
    """The papers an answer speaks of, in order of first mention: the named, and those whose words a sentence has."""
    found: dict[str, None] = {}
    lines = [clean(line) for line in answer.splitlines()]
    sentences = [sentence.text for line in lines if line for sentence in split_sentences(line)]
    for sentence in sentences[:MOST_SENTENCES]:
        named = _named(sentence, catalogue)
        if not named:
            named = catalogue.holder(sentence, coverage=SURE_COVERAGE, lead=SURE_LEAD)
        found |= dict.fromkeys(named)
    return tuple(found)


def _named(text: str, catalogue: Catalogue) -> tuple[str, ...]:
    return tuple(dict.fromkeys(mention.paper_ids[0] for mention in catalogue.mentions(text)))
