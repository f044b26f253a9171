"""From a message to its plan by a language model: one short call, one more where the reply is no plan."""

import logging
import secrets
import time
from collections.abc import Generator
from datetime import date

from ingest.errors import ModelError
from rag.llm.model import ChatModel
from rag.llm.pieces import Message, Usage, Waiting
from rag.llm.whole import whole_reply
from rag.plan.plan import Plan, read_plan, schema
from rag.write import prompts

MOST_TOKENS = 500  # of a plan; one has about 150
FEWEST_SECONDS = 3.0  # that a second reply is waited for
LAST_ANSWER = 700  # characters of the last answer that the planner reads

log = logging.getLogger(__name__)

Planned = Generator[Waiting, None, Plan | None]


def plan_with_model(
    model: ChatModel, used: list[Usage], message: str, talk: str, papers: str, library: str, *, within: float
) -> Planned:
    """The plan, None where two replies held none; what each call took goes to `used`. Raises ModelError.

    `talk` is the conversation, `papers` those spoken of with their handles, `library` what is here; both calls together
    may take `within` seconds.
    """
    ends = time.monotonic() + within
    asked = prompts.plan_request(
        message, talk, papers, library, today=date.today().isoformat(), word=secrets.token_hex(4)
    )
    messages = [Message("system", prompts.PLAN), Message("user", asked)]
    for attempt in range(2):
        if attempt and ends - time.monotonic() < FEWEST_SECONDS:
            break
        thought, reply = model.thinks, ""
        try:
            reply = yield from whole_reply(
                model,
                messages,
                used,
                doing="Reading the question.",
                most_tokens=MOST_TOKENS,
                schema=schema(),
                within=ends - time.monotonic(),
            )
        except ModelError:
            if attempt or thought or not model.thinks:  # else it only thought, and has room for that from now on
                raise
        plan = read_plan(reply)
        if plan:
            return plan
        log.info("a plan of %d characters could not be read", len(reply))
        if reply:
            messages = [*messages[:2], Message("assistant", reply[:400]), Message("user", prompts.PLAN_AGAIN)]
    return None
