"""An answer and a conversation as Markdown that can be kept anywhere: the text, its quotes, its references.

What papers, models and readers wrote is theirs: nothing in it becomes an image, a link or HTML in another viewer.
"""

import re
from collections.abc import Mapping
from urllib.parse import quote

from ingest.paper import Paper
from rag.types import CONTRADICTED, NOT_ADDRESSED, PARTLY, UNSUPPORTED, WEAK, Answer, Citation
from ui.bibtex import IN_URL
from ui.cards import byline, is_link
from ui.conversation import Conversation, Exchange
from ui.prose import UNSEEN

ACTIVE = re.compile(r"(?<!\\)(<|!(?=\[)|\](?=[(:])|`)")  # tags, images, links, their definitions, code
LINE_SIGN = re.compile(r"^(\s*)([#>+=-]|\d+[.)])(?=\s|$)")
DOUBT = {
    WEAK: "only partly supported",
    UNSUPPORTED: "not supported",
    PARTLY: "only partly supported",
    CONTRADICTED: "contradicted",
    NOT_ADDRESSED: "not addressed",
}


def inert(text: str) -> str:
    """A text whose signs that would make tags, images, links or code are plain signs; its lines stay."""
    return ACTIVE.sub(r"\\\1", UNSEEN.sub("", text))


def line(text: str) -> str:
    """A text as one line that begins no heading, list or quote."""
    return LINE_SIGN.sub(r"\1\\\2", " ".join(inert(text).split()))


def answer_markdown(answer: Answer, papers: Mapping[str, Paper]) -> str:
    """An answer with what it quotes: the text, our note, a line for each citation."""
    parts = [inert(answer.text), f"*{line(answer.note)}*" if answer.note else "", sources(answer, papers)]
    return "\n\n".join(filter(None, parts)) + "\n"


def sources(answer: Answer, papers: Mapping[str, Paper]) -> str:
    """'- [1] “The quote.” Title. Authors, 2025. <https://…>' for each citation."""
    return "\n".join(reference(citation, papers.get(citation.paper_id)) for citation in answer.citations)


def reference(citation: Citation, paper: Paper | None) -> str:
    doubt = DOUBT.get(citation.verdict, "")
    parts = [
        f"“{line(citation.quote)}”{f' ({doubt})' if doubt else ''}",
        f"*{line(citation.title).replace('*', chr(92) + '*')}*",
    ]
    if by := line(byline(paper)):
        parts.append(f"{by.rstrip('.')}.")
    if paper and is_link(paper.url):
        parts.append(f"<{quote(paper.url, safe=IN_URL)}>")
    return f"- [{citation.number}] {' '.join(parts)}"


def conversation_markdown(conversation: Conversation) -> str:
    """A conversation from its title to its last answer."""
    parts = [f"# {line(conversation.title)}", *(exchange_markdown(exchange) for exchange in conversation.exchanges)]
    return "\n\n".join(parts).rstrip() + "\n"


def exchange_markdown(exchange: Exchange) -> str:
    """A question as a heading, and below it what came of it."""
    heading = f"## {line(exchange.question)}"
    if exchange.answer is None:
        cut = [heading, inert(exchange.text), f"*{line(exchange.why)}*" if exchange.why else ""]
        return "\n\n".join(filter(None, cut))
    return f"{heading}\n\n{answer_markdown(exchange.answer, {paper.id: paper for paper in exchange.papers})}"
