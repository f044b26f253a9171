"""Six conversations of five turns whose plans, judgements and answers a reader wrote from the prompts alone, played
again: each turn finds what it is written from, keeps its citations, and leans on the turns before."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest.settings import Settings
from rag.engine import Engine
from rag.types import Turn
from tests.model_endpoint import KEY, Handler, ModelEndpoint, serving
from tests.scripted_model import answer_from_shown, fits, spell, stage

SAMPLES = Path(__file__).parent / "samples"
CONVERSATIONS = json.loads((SAMPLES / "model_conversations.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def endpoint() -> Iterator[ModelEndpoint]:
    with serving() as server:
        yield server


@pytest.fixture(scope="module")
def writing(endpoint: ModelEndpoint, indexed_home: Path) -> Iterator[Engine]:
    with Engine(
        Settings(indexed_home, openai_api_key=KEY, openai_base_url=endpoint.url, model="scribe", check="exact")
    ) as engine:
        yield engine


def reply_of(replies: dict[str, Any], handler: Handler) -> None:
    """What the reader wrote for this stage of the turn."""
    match stage(handler.asked):
        case "plan":
            spell(handler, json.dumps(replies["plan"]), size=200)
        case "relevance":
            fits(*replies["fits"])(handler)
        case _:
            answer_from_shown(replies["write"])(handler)


@pytest.mark.parametrize("recorded", CONVERSATIONS, ids=lambda recorded: recorded["name"])
def test_a_conversation_goes_as_written(endpoint: ModelEndpoint, writing: Engine, recorded: dict[str, Any]) -> None:
    history: list[Turn] = []
    for turn in recorded["turns"]:
        replies = turn["replies"]
        endpoint.replies = [lambda handler, replies=replies: reply_of(replies, handler)]
        endpoint.asked.clear()
        given = writing.ask(turn["question"], history)
        history += [Turn("user", turn["question"]), Turn("assistant", given.text, given)]
        assert "Showing quotes from the papers instead." not in given.note, turn["question"]
        assert len(endpoint.asked) <= (4 if given.plan and given.plan.every else 2)
        assert [check.text for check in given.checks if check.verdict == "unsupported"] == []
        titles = {citation.title for citation in given.citations}
        assert turn["refuse"] or set(turn["papers"]) <= titles, turn["question"]
