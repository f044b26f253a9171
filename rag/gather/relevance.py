"""Which of many candidates fit a criterion, as a language model judges them, in batches."""

import logging
import math
import secrets
from collections.abc import Generator, Sequence
from typing import Any

from rag.gather.sources import plain
from rag.llm.model import ChatModel
from rag.llm.pieces import Message, Usage, Waiting
from rag.llm.whole import whole_reply
from rag.plan.plan import read_object
from rag.types import Ranked
from rag.write import prompts

MOST_CALLS = 2
BATCH = 80  # candidates of a call, at most
FEWEST = 5  # candidates of a call, at least
CANDIDATE_TOKENS, PROMPT_SHARE = 150, 0.75  # of a candidate, and of the context for all of a call
SENTENCES = 3  # shown of each candidate
REPLY_TOKENS, TOKENS_EACH = 60, 8  # of the reply, and more for each candidate
SCHEMA = {
    "title": "fits",
    "type": "object",
    "properties": {"fits": {"type": "array", "items": {"type": "string"}}},
    "required": ["fits"],
    "additionalProperties": False,
}

log = logging.getLogger(__name__)

Judged = Generator[Waiting, None, tuple[Ranked, ...] | None]


def judged(candidates: Sequence[Ranked], room: float) -> Sequence[Ranked]:
    """The candidates, best first, that can be judged in MOST_CALLS calls of `room` tokens each."""
    return candidates[: MOST_CALLS * min(BATCH, max(FEWEST, int(PROMPT_SHARE * room / CANDIDATE_TOKENS)))]


def judge(
    model: ChatModel, criterion: str, candidates: Sequence[Ranked], used: list[Usage], *, within: float
) -> Judged:
    """The candidates that fit, in their order; None where a reply could not be read. Raises ModelError.

    What the calls took goes to `used`; each may take `within` seconds.
    """
    fit: list[Ranked] = []
    size = max(1, math.ceil(len(candidates) / MOST_CALLS))
    for start in range(0, len(candidates), size):
        batch = candidates[start : start + size]
        asked = prompts.relevance_request(criterion, candidates_text(batch), word=secrets.token_hex(4))
        messages = [Message("system", prompts.RELEVANCE), Message("user", asked)]
        reply = yield from whole_reply(
            model,
            messages,
            used,
            doing=f"Reading {len(candidates)} papers.",
            most_tokens=REPLY_TOKENS + TOKENS_EACH * len(batch),
            schema=SCHEMA,
            within=within,
        )
        chosen = read_choice(reply, len(batch))
        if chosen is None:
            log.info("a judgement of %d characters could not be read", len(reply))
            return None
        fit += [batch[place] for place in chosen]
    return tuple(fit)


def candidates_text(batch: Sequence[Ranked]) -> str:
    """'C1: title', and below it the sentences that bear on the criterion most."""
    lines = []
    for place, one in enumerate(batch, start=1):
        lines.append(f"C{place}: {plain(one.paper.title)}")
        lines += [f"  {plain(evidence.sentence.text)}" for evidence in one.evidence[:SENTENCES]]
    return "\n".join(lines)


def read_choice(reply: str, count: int) -> list[int] | None:
    """The places, from 0, of the candidates that a reply names; those that were not offered are dropped."""
    found: Any = (read_object(reply) or {}).get("fits")
    if not isinstance(found, list):
        return None
    names = [str(one).strip().upper().removeprefix("C") for one in found]
    places = {int(name) - 1 for name in names if name.isascii() and name.isdecimal() and len(name) < 5}
    return sorted(place for place in places if 0 <= place < count)
