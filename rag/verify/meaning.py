"""From statements and the sentences they cite to verdicts on their meaning, by a language model in one call (or a few).

A false and a true statement of our own are mixed in: a reply that takes the false one for supported, or not the true
one, checks nothing and is not used.
"""

import logging
import random
import secrets
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ingest.paper import Paper, Sentence
from ingest.sentences import split_sentences
from ingest.text import clean
from rag.gather.sources import plain, tokens
from rag.llm.model import ChatModel
from rag.llm.pieces import Message, Usage, Waiting
from rag.llm.whole import whole_reply
from rag.plan.plan import read_object
from rag.types import MEANINGS, PARTLY, SUPPORTED, Evidence
from rag.write import prompts
from rag.write.layout import bare, clean_markup

MOST_CLAIMS, MOST_CALLS = 40, 3  # statements of a call; calls for one answer
PROMPT_SHARE = 0.9  # of what the model reads at once, for a call and its reply
LONGEST_CLAIM, LONGEST_WHY = 1_000, 160  # characters
MOST_AUTHORS = 8  # of a paper that are told
FEWEST_SECONDS = 2.0  # that a further call is given
REPLY_TOKENS, TOKENS_EACH = 150, 60  # of the reply, and for each statement besides its wording
PLAIN = str.maketrans("|[]", "/()")
FALSE = (
    "All measurements were taken on a herd of 4,000 sheep in Iceland.",
    "The authors close with a recipe for plum cake.",
    "The method was first used to tune church organs in 1742.",
)
SCHEMA: Mapping[str, Any] = {
    "title": "check",
    "type": "object",
    "properties": {
        "supported": {"type": "array", "items": {"type": "string"}},
        "others": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in ("statement", "verdict", "why", "corrected")},
                "required": ["statement", "verdict", "why", "corrected"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["supported", "others"],
    "additionalProperties": False,
}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement without marks, and the sentences it rests on; for one that something is `absent`, those that come
    nearest to it."""

    text: str
    evidence: tuple[Evidence, ...]
    absent: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict on a claim, one of `MEANINGS`; where it is not supported, why, and a wording that would be."""

    verdict: str
    why: str = ""
    corrected: str = ""


Found = Generator[Waiting, None, list[Finding | None] | None]


def check_meaning(
    model: ChatModel, question: str, claims: Sequence[Claim], used: list[Usage], *, within: float
) -> Found:
    """The finding on each claim, None for one that no reply judged; None for all where a reply cannot be trusted.

    What the calls took goes to `used`; all of them may take `within` seconds. Raises ModelError.
    """
    found: list[Finding | None] = []
    ends = time.monotonic() + within
    for call in range(MOST_CALLS):
        rest = claims[len(found) :][:MOST_CLAIMS]
        if not rest or (call and time.monotonic() > ends - FEWEST_SECONDS):
            break
        sheet, messages, most_tokens = _fitting(question, rest, model.context)
        reply = yield from whole_reply(
            model,
            messages,
            used,
            doing="Checking the answer.",
            most_tokens=most_tokens,
            schema=SCHEMA,
            within=ends - time.monotonic(),
        )
        read = sheet.read(reply)
        if read is None:
            log.info("a check of %d characters could not be used", len(reply))
            return None
        found += read
    return found + [None] * (len(claims) - len(found)) if any(found) else None


def _fitting(question: str, claims: Sequence[Claim], context: int) -> tuple["Sheet", list[Message], int]:
    """As many of the first claims as a model that reads `context` tokens at once has room for, half as many each try;
    with the messages and the most tokens of the reply."""
    sheet = Sheet(claims)
    asked = prompts.check_request(question, sheet.sources, sheet.statements, word=secrets.token_hex(4))
    most = REPLY_TOKENS + sum(TOKENS_EACH + tokens(claim.text[:LONGEST_CLAIM]) for claim in claims)
    if len(claims) > 1 and tokens(prompts.CHECK) + tokens(asked) + most > PROMPT_SHARE * context:
        return _fitting(question, claims[: len(claims) // 2], context)
    return sheet, [Message("system", prompts.CHECK), Message("user", asked)], most


class Sheet:
    """Claims as a checker is shown them: in an order drawn anew, with two of our own among them."""

    def __init__(self, claims: Sequence[Claim]) -> None:
        chance = random.SystemRandom()
        self._claims = claims
        control = chance.choice([e for claim in claims for e in claim.evidence])
        self._false, self._true = len(claims), len(claims) + 1
        shown = [*claims, Claim(chance.choice(FALSE), (control,)), Claim(control.sentence.text, (control,))]
        self._order = chance.sample(range(len(shown)), len(shown))
        text = " ".join(claim.text for claim in claims).casefold()
        numbers, self.sources = numbered([e for claim in shown for e in claim.evidence], text)
        lines = []
        for name, place in enumerate(self._order, start=1):
            claim = shown[place]
            marks = "".join(f"[{numbers[e.paper.id, e.sentence.start]}]" for e in claim.evidence)
            about = f"says what is absent; nearest: {marks}" if claim.absent else f"cites {marks}"
            lines.append(f"S{name} ({about}): {plain(claim.text)[:LONGEST_CLAIM]}")
        self.statements = "\n".join(lines)

    def read(self, reply: str) -> list[Finding | None] | None:
        """The findings in a reply, in the order of the claims; None for one that cannot be trusted."""
        fields = read_object(reply, whole=True) or {}
        supported, others = fields.get("supported"), fields.get("others")
        if not isinstance(supported, list) or not isinstance(others, list):
            return None
        named = {f"S{name}": place for name, place in enumerate(self._order, start=1)}
        found: dict[int, Finding] = {}
        for one in supported:
            if isinstance(one, str) and (place := named.get(one.strip().upper())) is not None:
                found[place] = Finding(SUPPORTED)
        for one in others:
            place = named.get(str(one.get("statement")).strip().upper()) if isinstance(one, dict) else None
            if place is not None and (finding := read_finding(one)):
                found[place] = finding
        caught = self._false in found and found[self._false].verdict != SUPPORTED
        held = self._true in found and found[self._true].verdict in (SUPPORTED, PARTLY)
        return [found.get(place) for place in range(len(self._claims))] if caught and held else None


def read_finding(fields: Mapping[str, Any]) -> Finding | None:
    """A finding as a model wrote it; None where its verdict is none of ours."""
    said = " ".join(str(fields.get("verdict")).replace("_", " ").split()).casefold()
    why, corrected = (inert(str(fields.get(name) or "")) for name in ("why", "corrected"))
    return Finding(said, why.rstrip(".")[:LONGEST_WHY], corrected[:LONGEST_CLAIM]) if said in MEANINGS else None


def inert(text: str) -> str:
    """A stranger's text as one line that fits into a sentence or cell of an answer: no markup, mark or cell of a table,
    nothing that begins a heading or list."""
    return bare(clean_markup(clean(text))).translate(PLAIN).lstrip("#>-+*~. ")


def numbered(evidence: Sequence[Evidence], said: str = "") -> tuple[dict[tuple[str, int], int], str]:
    """Sentences with those before and after them, each once under its paper's title: the number of each by paper and
    start, and the text. Authors are told where what is `said` names one of them."""
    papers: dict[str, Paper] = {e.paper.id: e.paper for e in evidence}
    starts = {(e.paper.id, e.sentence.start) for e in evidence}
    numbers: dict[tuple[str, int], int] = {}
    lines = []
    for paper in papers.values():
        sentences = sentences_of(paper.abstract)
        cited = [n for n, s in enumerate(sentences) if (paper.id, s.start) in starts]
        named = any(author.split()[-1].casefold() in said for author in paper.authors if author.strip())
        authors = f"by {', '.join(paper.authors[:MOST_AUTHORS])}, {len(paper.authors)} in all" if named else ""
        facts = "; ".join(filter(None, (authors, paper.date)))
        lines.append(plain(f"Paper: {paper.title}{f' ({facts})' if facts else ''}"))
        for n in sorted({m for at in cited for m in (at - 1, at, at + 1) if 0 <= m < len(sentences)}):
            numbers[paper.id, sentences[n].start] = len(numbers) + 1
            lines.append(f"[{len(numbers)}] {plain(sentences[n].text)}")
    for e in evidence:  # one that is not a sentence of its abstract as it is cut now
        if (e.paper.id, e.sentence.start) not in numbers:
            numbers[e.paper.id, e.sentence.start] = len(numbers) + 1
            lines.append(f"Paper: {plain(e.paper.title)}\n[{len(numbers)}] {plain(e.sentence.text)}")
    return numbers, "\n".join(lines)


@lru_cache(maxsize=500)
def sentences_of(abstract: str) -> tuple[Sentence, ...]:
    """The sentences of an abstract."""
    return tuple(split_sentences(abstract))
