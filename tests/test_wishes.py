"""What a reader set, read back from whatever a browser sends, and what it makes of answers."""

import json

import pytest
from standin import HOSTILE

from rag.engine import Engine
from rag.style import Length, Style
from ui import wishes
from ui.wishes import Wishes, wishes_of


def test_what_was_set_is_read_back() -> None:
    chosen = Wishes(model=False, papers=20, length="long", theme="dark")
    assert wishes_of(chosen.kept()) == chosen
    assert chosen.style == Style(20, Length.LONG)


@pytest.mark.parametrize(
    "sent",
    [
        *(None, [], "dark", 7, {"papers": 10**9, "length": "endless", "theme": HOSTILE[0], "model": "yes"}),
        *({"papers": True, "length": ["long"], "theme": {"dark": 1}, "model": 1}, {"papers": "20", "length": None}),
    ],
)
def test_whatever_is_no_setting_is_the_usual(sent: object) -> None:
    assert wishes_of(json.dumps(sent)) == wishes_of(sent) == Wishes()


@pytest.mark.parametrize("sent", ["", "[1, 2]", '[-1, "9", null]', "[1e13, true, NaN]", "[" * 999, [1, 1, 1]])
def test_a_cost_that_cannot_be_is_none(sent: object) -> None:
    assert wishes.spent_of(sent) == (0, 0, 0.0)


def test_the_cost_adds_up() -> None:
    assert wishes.after(wishes.spent_of("[3000, 100, 0.5]"), (229, 1, 0.25)) == "[3229, 101, 0.75]"
    assert "3,229 tokens in · 101 out</p>" in wishes.cost((3229, 101, 0.75), priced=False)
    assert "3,229 tokens in · 101 out · cost 0.7500</p>" in wishes.cost((3229, 101, 0.75), priced=True)


def test_as_many_papers_are_considered_as_were_set(engine: Engine) -> None:
    for papers in wishes.CONSIDERED:
        assert len(engine.ask("How is memory saved in training?", style=Style(papers)).retrieved) == papers
