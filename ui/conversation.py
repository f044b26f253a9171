"""A conversation as it is kept in the browser, exported and imported again: its exchanges as JSON, and back.

All of it is the reader's own and may be forged or damaged: it is read through `ui.reread` and rendered anew.
"""

import html
import json
import re
import secrets
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ingest.errors import UsageError
from ingest.paper import Paper
from rag.types import Answer, Turn
from ui.history import MOST_TURNS, Chat
from ui.prose import escape
from ui.reread import Fields, Find, read_answer
from ui.sent import parsed

FORMAT, VERSION = "paperchat conversation", 1
MOST_EXCHANGES = 500
MOST_RETRIEVED = 10  # papers found whose names go with an answer
MOST_BYTES = 1_500_000  # of a conversation as JSON: less than the guard lets in
LONGEST_TITLE = 200  # characters; a list cuts it as its width wants
NAME = re.compile(r"[\w-]{1,40}", re.ASCII)
RECORD = re.compile(r'<div class="record" hidden>([^<]*)</div>')


@dataclass(frozen=True, slots=True)
class Place:
    """Where an exchange stands: its own id, that of its conversation, that of the exchange before it ('' for none)."""

    id: str
    talk: str
    after: str = ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and its answer; where that was cut short `answer` is None, `text` what had come and `why` the reason.

    `papers` are those cited and found, without their abstracts.
    """

    place: Place
    question: str
    answer: Answer | None = None
    text: str = ""
    why: str = ""
    papers: tuple[Paper, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it; 'answer' is what `ask --json` gives."""
        fields: dict[str, Any] = {"id": self.place.id, "talk": self.place.talk, "after": self.place.after}
        fields["question"] = self.question
        if self.answer is None:
            return fields | {"answer": None, "text": self.text, "why": self.why}
        return fields | {"answer": self.answer.as_dict(), "papers": [as_entry(paper) for paper in self.papers]}


@dataclass(frozen=True, slots=True)
class Conversation:
    """Exchanges in their order; `changed` is when the last came, as the browser wrote it."""

    title: str
    exchanges: tuple[Exchange, ...]
    changed: str = ""

    def as_dict(self) -> dict[str, Any]:
        turns = [exchange.as_dict() for exchange in self.exchanges]
        return {"format": FORMAT, "version": VERSION, "title": self.title, "changed": self.changed, "turns": turns}


def as_entry(paper: Paper) -> dict[str, Any]:
    """What is kept of a paper beside an answer: enough to refer to it."""
    return {
        "paper_id": paper.id,
        "title": paper.title,
        "authors": list(paper.authors),
        "date": paper.date,
        "url": paper.url,
    }


def papers_of(answer: Answer, find: Find) -> tuple[Paper, ...]:
    """The papers that are kept with an answer: those it cites, then those found, the best first."""
    found = {ranked.paper.id: ranked.paper for ranked in answer.retrieved[:MOST_RETRIEVED]}
    cited = {citation.paper_id: find(citation.paper_id) for citation in answer.citations}
    return tuple(paper for paper in (cited | found).values() if paper and paper.title)


def shorten(question: str) -> str:
    """A title from a first question: its words up to about 200 characters."""
    line = " ".join(question.split())
    return line if len(line) <= LONGEST_TITLE else line[:LONGEST_TITLE].rsplit(" ", 1)[0].rstrip(" ,:;.") + " …"


# -- in a message of the page -----------------------------------------------------------------------------------------


def hidden(exchange: Exchange) -> str:
    """The exchange as JSON, hidden in the message that shows it, where the browser finds what it keeps."""
    data = json.dumps(exchange.as_dict(), ensure_ascii=False, separators=(",", ":"))
    return f'<div class="record" hidden>{escape(data)}</div>'


def unhidden(message: str) -> dict[str, Any]:
    """The fields of the exchange in a message; empty where it has none that can be read."""
    found = RECORD.search(message)
    return parsed(html.unescape(found[1]), dict) if found else {}


def exchanges_of(messages: Chat, find: Find) -> list[Exchange]:
    """The exchanges of a chat, oldest first, as their hidden records tell; those that cannot be read are left out."""
    found = []
    for message in messages:
        if message["role"] == "assistant" and (fields := unhidden(message["content"])):
            with suppress(UsageError):
                found.append(read_exchange(Fields(fields, "The answer"), find))
    return found


def turns_of(messages: Chat, find: Find) -> list[Turn]:
    """The last turns of a chat as an engine reads them, each answer with its record."""
    turns: list[Turn] = []
    for exchange in exchanges_of(messages[-MOST_TURNS:], find):
        answer = exchange.answer
        turns += [Turn("user", exchange.question), Turn("assistant", answer.text if answer else exchange.text, answer)]
    return [turn for turn in turns if turn.content]


def total(messages: Chat) -> tuple[int, int, float]:
    """Tokens in and out and the money of all answers of a conversation."""
    answers = [unhidden(message["content"]).get("answer") for message in messages]
    used = [answer["usage"] for answer in answers if isinstance(answer, dict) and isinstance(answer.get("usage"), dict)]
    numbers = [[_number(one.get(key)) for key in ("tokens_in", "tokens_out", "money")] for one in used]
    return sum(int(one[0]) for one in numbers), sum(int(one[1]) for one in numbers), sum(one[2] for one in numbers)


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e12 else 0.0


def last_place(messages: Chat) -> Place | None:
    """Where the last exchange of a chat stands; None in a new conversation."""
    for message in reversed(messages):
        if fields := unhidden(message["content"]):
            with suppress(UsageError):
                return _place(Fields(fields, "The last answer"))
    return None


def next_place(messages: Chat, whole: Chat) -> Place:
    """Where the next exchange of a chat will stand; `whole` is the chat before its end was taken away."""
    last, same = last_place(messages), last_place(whole)
    return Place(new_name(), same.talk if same else new_name(), last.id if last else "")


def new_name() -> str:
    return secrets.token_hex(6)


def until(messages: Chat, exchange_id: str) -> Chat:
    """The chat before an exchange's question; all of it where there is no such exchange."""
    for at, message in enumerate(messages):
        if message["role"] == "assistant" and unhidden(message["content"]).get("id") == exchange_id:
            return messages[: max(0, at - 1)]
    return messages


# -- from JSON --------------------------------------------------------------------------------------------------------


def read_conversation(data: Any, find: Find) -> Conversation:
    """A conversation from the text of its JSON; `find` gives the papers that are indexed here.

    Raises UsageError with a plain sentence for what is none, or is damaged.
    """
    if not isinstance(data, str) or len(data.encode(errors="replace")) > MOST_BYTES:
        raise UsageError(f"The conversation is too large; the limit is {MOST_BYTES:,} bytes.")
    try:
        fields = Fields(json.loads(data), "The file")
    except (ValueError, RecursionError) as error:
        raise UsageError("The file is not JSON or is incomplete; export the conversation again.") from error
    if fields.text("format") != FORMAT:
        raise UsageError("The file is JSON, but not a conversation exported by paperchat.")
    if fields.count("version", 10**6) != VERSION:
        raise UsageError("The conversation was exported by another version of paperchat; this one reads version 1.")
    turns = fields.objects("turns")
    if not 0 < len(turns) <= MOST_EXCHANGES:
        raise UsageError(f"A conversation has 1 to {MOST_EXCHANGES} questions; this one has {len(turns)}.")
    exchanges = tuple(read_exchange(turn, find) for turn in turns)
    return Conversation(shorten(fields.text("title") or exchanges[0].question), exchanges, fields.text("changed"))


def read_exchange(fields: Fields, find: Find) -> Exchange:
    """One exchange; papers that are indexed here come from the index, others as far as they were kept."""
    question = fields.lines("question")
    if not question:
        raise fields.wrong("question", "missing")
    if not fields.has("answer"):
        return Exchange(_place(fields), question, None, fields.lines("text"), fields.text("why"))
    told = [_paper(entry) for entry in fields.objects("papers")]
    papers = {paper.id: find(paper.id) or paper for paper in told}
    answer = read_answer(fields.inner("answer"), question, papers)
    return Exchange(_place(fields), question, answer, papers=tuple(papers.values()))


def _place(fields: Fields) -> Place:
    names = [fields.text(key) for key in ("id", "talk", "after")]
    for key, name in zip(("id", "talk", "after"), names, strict=True):
        if not NAME.fullmatch(name) and (name or key != "after"):
            raise fields.wrong(key, "not a name of letters and digits")
    return Place(*names)


def _paper(fields: Fields) -> Paper:
    paper_id = fields.text("paper_id")
    if not paper_id:
        raise fields.wrong("paper_id", "missing")
    arxiv = paper_id.removeprefix("arxiv:") if paper_id.startswith("arxiv:") else ""
    return Paper(
        fields.text("title"),
        "",
        tuple(fields.texts("authors")),
        fields.text("date"),
        fields.text("url"),
        arxiv,
        paper_id,
    )


def cited_papers(exchanges: Iterable[Exchange]) -> tuple[Paper, ...]:
    """The papers that a conversation cites, in order of first mention, each once."""
    found: dict[str, Paper] = {}
    for exchange in exchanges:
        known = {paper.id: paper for paper in exchange.papers}
        for citation in exchange.answer.citations if exchange.answer else ():
            if paper := known.get(citation.paper_id):
                found.setdefault(paper.id, paper)
    return tuple(found.values())
