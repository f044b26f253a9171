"""Replies of a scripted chat model: plans, judgements, and answers that cite the source sentences of a prompt by what
they say."""

import json
import re
from typing import Any

from rag.plan.plan import Plan
from rag.verify.meaning import FALSE
from tests.model_endpoint import DONE, Handler, Reply, delta, finish, raw, usage

SOURCE = re.compile(r"^\[(\d+)\] (.*)$", re.MULTILINE)
CANDIDATE = re.compile(r"^(C\d+): (.*)$", re.MULTILINE)
STATEMENT = re.compile(r"^(S\d+) \([^)]*\): (.*)$", re.MULTILINE)
QUOTED = re.compile(r"\[\[(.+?)\]\]")  # in a scripted answer: part of a source sentence, in place of its number


def prompt(handler: Handler) -> str:
    """The last message of a request."""
    return str(handler.asked["messages"][-1]["content"])


def stage(asked: dict[str, Any]) -> str:
    """Which stage of a turn a request is for."""
    system = asked["messages"][0]["content"]
    stages = {"You plan": "plan", "You judge": "relevance", "You check": "check"}
    return next((name for start, name in stages.items() if system.startswith(start)), "write")


def cited(handler: Handler, part: str) -> str:
    """The number of the source sentence that holds a text."""
    return next(number for number, text in SOURCE.findall(prompt(handler)) if part in text)


def spell(handler: Handler, text: str, *, size: int = 6) -> None:
    """Streams a text in small pieces."""
    pieces = [delta(text[at : at + size]) for at in range(0, len(text), size)]
    raw(*pieces, finish(), usage(len(prompt(handler)) // 4, len(text) // 4), DONE)(handler)


def plan(**fields: Any) -> Reply:
    """A plan, as a model writes it."""
    return lambda handler: spell(handler, json.dumps(Plan.model_validate(fields).model_dump(mode="json")), size=80)


def answer(text: str) -> Reply:
    """An answer; [[part of a sentence]] stands for the mark of the source sentence that holds it."""
    return lambda handler: spell(handler, QUOTED.sub(lambda found: f"[{cited(handler, found[1])}]", text))


def answer_from_shown(text: str) -> Reply:
    """The same, without the marks of sentences that are not among the sources."""

    def reply(handler: Handler) -> None:
        shown = [source for _, source in SOURCE.findall(prompt(handler))]
        kept = QUOTED.sub(lambda found: found[0] if any(found[1] in source for source in shown) else "", text)
        answer(kept)(handler)

    return reply


def check(*others: tuple[str, str, str, str]) -> Reply:
    """A check of meaning: statements that hold a text get that verdict, why, and corrected wording; of the rest all
    are supported but the obviously false one that is mixed in."""

    def reply(handler: Handler) -> None:
        said: dict[str, Any] = {"supported": [], "others": []}
        for name, text in STATEMENT.findall(prompt(handler)):
            found = next((one for one in others if one[0] in text), None)
            if text in FALSE:
                found = ("", "not addressed", "nothing on it", "")
            if found:
                fields = dict(zip(("verdict", "why", "corrected"), found[1:], strict=True))
                said["others"].append({"statement": name, **fields})
            else:
                said["supported"].append(name)
        spell(handler, json.dumps(said), size=80)

    return reply


def fits(*parts: str) -> Reply:
    """A judgement that the candidates fit whose titles hold one of these texts."""

    def reply(handler: Handler) -> None:
        names = [name for name, title in CANDIDATE.findall(prompt(handler)) if any(part in title for part in parts)]
        spell(handler, json.dumps({"fits": names}))

    return reply
