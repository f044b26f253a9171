"""The shapes of what programs send and get, from which Gradio writes the schemas of its API and of the tools."""

from typing import Any, Literal, NotRequired, TypedDict


class Message(TypedDict):
    """One earlier message of a conversation; an answer may carry the whole object that `ask` gave."""

    role: Literal["user", "assistant"]
    content: str
    answer: NotRequired[dict[str, Any] | None]


class CitationObject(TypedDict):
    """Mark `[number]` of an answer: `quote` is `abstract[start:end]` of the paper, word for word."""

    number: int
    paper_id: str
    title: str
    quote: str
    start: int
    end: int
    verdict: str


class AnswerObject(TypedDict):
    """What `paperchat ask --json` gives; `tally` is empty where no language model wrote."""

    answer: str
    refused: bool
    outcome: str
    kind: str
    understood: str
    note: str
    standalone: str
    retrieved: list[str]
    citations: list[CitationObject]
    table: dict[str, Any] | None
    checks: list[dict[str, Any]]
    tally: str
    usage: dict[str, Any] | None
    suggestions: list[str]
    plan: dict[str, Any] | None
    context: list[str]
    seconds: float


class FoundObject(TypedDict):
    """A paper that a search found, with its best sentence: `abstract[start:end]`."""

    paper_id: str
    title: str
    date: str
    url: str
    score: float
    sentence: str
    start: int
    end: int


class PaperObject(TypedDict):
    """A paper as it stands in the record."""

    title: str
    abstract: str
    authors: list[str]
    date: str
    url: str
    arxiv: str
    id: str


class PapersObject(TypedDict):
    """Some of the papers, in the order of the list, and how many it has in all."""

    total: int
    papers: list[PaperObject]
