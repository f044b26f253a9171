"""Conversations over the bundled page, recorded whole: what was understood of each turn and what was answered."""

import json
from typing import Any

import pytest

from rag.engine import Engine
from tests.record_conversations import RECORDED, hold

CONVERSATIONS: list[dict[str, Any]] = json.loads(RECORDED.read_text("utf-8"))


@pytest.mark.parametrize("recorded", CONVERSATIONS, ids=[conversation["name"] for conversation in CONVERSATIONS])
def test_a_conversation_goes_as_it_was_recorded(engine: Engine, recorded: dict[str, Any]) -> None:
    """The reason it was recorded stands beside it; a change is read before it is recorded anew."""
    assert recorded["why"]
    assert hold(engine, [turn["question"] for turn in recorded["turns"]]) == recorded["turns"]
