"""From earlier messages to what the talk is about: which papers were mentioned, in what order, and what was asked.

An answer of ours carries its record. Other messages may come from anywhere: marks like [7] in them mean nothing here,
so papers are known by their names and, where a sentence names none, by its words.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.names import squeeze
from ingest.sentences import split_sentences
from ingest.text import clean
from ingest.vocabulary import ordinary_words
from rag.answer import Turn
from rag.catalogue import Catalogue

MOST_TURNS = 12  # messages looked at, the latest
MOST_SENTENCES = 12  # of one message, besides the lines that a name leads
SURE_COVERAGE = 0.30  # share of a sentence's words that its paper must hold
SURE_LEAD = 1.25  # how much more of it than the next paper holds
LEAD = re.compile(r"^(?:[-*•]\s+)?(?P<name>[^|]{2,160}?):\s")
MARKS = re.compile(r"\[\d+(?:\s*[,–-]\s*\d+)*\]")


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question with the papers its answer spoke of, in order of first mention, and the answer's text."""

    question: str
    answer: str
    papers: tuple[str, ...]
    refused: bool = False  # it said that the papers do not answer
    aside: bool = False  # it quoted nothing: the turn was no question, or pointed to nothing


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

    @property
    def standing(self) -> "Dialogue":
        """The exchanges that had an answer from papers, which is what a later instruction changes."""
        return Dialogue(tuple(e for e in self.exchanges if e.answer and not e.refused and not e.aside))

    def latest(self, count: int) -> tuple[str, ...]:
        """The `count` papers spoken of last, in order of mention."""
        found: dict[str, None] = {}
        for exchange in reversed(self.exchanges):
            fresh = [paper for paper in exchange.papers if paper not in found]
            found |= dict.fromkeys(fresh[: count - len(found)])
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
        said = turn.content if isinstance(turn.content, str) else ""
        text = MARKS.sub("", said)
        if turn.role == "user" and text.strip():
            if question:
                exchanges.append(Exchange(question, "", _named(question, catalogue)))
            question = clean(text)[:2000]
        elif turn.role == "assistant" and text.strip():
            answer = turn.answer
            papers = answer.papers if answer else papers_of(text, catalogue)
            refused = bool(answer and answer.refused)
            aside = bool(answer and not answer.papers and not refused)
            exchanges.append(Exchange(question, text, papers or _named(question, catalogue), refused, aside))
            question = ""
    if question:
        exchanges.append(Exchange(question, "", _named(question, catalogue)))
    return Dialogue(tuple(exchanges))


def papers_of(answer: str, catalogue: Catalogue) -> tuple[str, ...]:
    """The papers an answer speaks of, in order of first mention: the named, and those whose words a sentence has.

    Of an answer with a table they are those that head it: what its cells mention is only spoken of.
    """
    found: dict[str, None] = {}
    sentences = 0
    lines = list(filter(None, map(clean, answer.splitlines())))
    if heads := next((led for line in lines if line.startswith("|") and (led := led_by(line, catalogue))), ()):
        return heads
    for line in lines:
        led = led_by(line, catalogue)
        if led:  # an item or a paragraph headed by a name is about that paper alone
            found |= dict.fromkeys(led)
            continue
        for sentence in split_sentences(line):
            sentences += 1
            if sentences > MOST_SENTENCES:
                return tuple(found)
            named = _quoted(sentence.text, catalogue)
            if not named:
                named = catalogue.holder(sentence.text, coverage=SURE_COVERAGE, lead=SURE_LEAD)
            found |= dict.fromkeys(named)
    return tuple(found)


def led_by(line: str, catalogue: Catalogue) -> tuple[str, ...]:
    """The paper whose name stands before the first colon of a line ('- KIVI: …'), or those that head a table."""
    if line.startswith("|"):
        cells = [cell.strip() for cell in line.strip("|").split("|")[1:]]
        heads = [_called(cell, catalogue) for cell in cells]
        return tuple(dict.fromkeys(paper for head in heads for paper in head)) if cells and all(heads) else ()
    lead = LEAD.match(line)
    return _called(lead["name"], catalogue) if lead else ()


def _called(name: str, catalogue: Catalogue) -> tuple[str, ...]:
    """The paper that all of a text is the name of."""
    mentions = [mention for mention in catalogue.mentions(name) if mention.is_own]
    whole = len(mentions) == 1 and squeeze(name[mentions[0].start : mentions[0].end]) == squeeze(name)
    return mentions[0].paper_ids[:1] if whole else ()


def _named(text: str, catalogue: Catalogue) -> tuple[str, ...]:
    return tuple(dict.fromkeys(m.paper_ids[0] for m in catalogue.mentions(text) if m.is_own))


def _quoted(text: str, catalogue: Catalogue) -> tuple[str, ...]:
    """The papers that a sentence of an answer names: what is an English word there is no name ('in stark contrast')."""
    mentions = [m for m in catalogue.mentions(text, misspelt=False) if m.is_own]
    named = [m for m in mentions if text[m.start : m.end] not in ordinary_words()]
    return tuple(dict.fromkeys(m.paper_ids[0] for m in named))
