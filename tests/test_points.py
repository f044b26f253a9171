"""From a map to the data its canvas is drawn from, and the colours it is drawn in."""

import json
import re
from pathlib import Path

import pytest
from standin import HOSTILE

from ingest.browse.topic_map import Mapped, Spot
from ingest.plane import MOST_GROUPS
from ui import points

ASSETS = Path(__file__).parent.parent / "ui" / "assets"
MAPPED = Mapped((Spot("a", "Owls", 0.5, -1.0, 1), Spot("b", "Bats", 0.25, 0.0, 0)), ("bats", "owls"), 7)


def test_the_points_are_lists_in_one_order() -> None:
    told = points.points(MAPPED, 2)
    assert (told["ids"], told["titles"], told["group"]) == (["a", "b"], ["Owls", "Bats"], [1, 0])
    assert (told["x"], told["y"], told["terms"], told["state"]) == ([0.5, 0.25], [-1.0, 0.0], ["bats", "owls"], "")


@pytest.mark.parametrize(
    ("count", "waits", "words"), [(0, False, points.EMPTY), (9, True, points.WAITS), (9, False, points.FAILED)]
)
def test_a_map_without_papers_says_why(count: int, waits: bool, words: str) -> None:
    assert points.points(Mapped((), (), -1, waits), count)["state"] == words


@pytest.mark.parametrize("text", HOSTILE)
def test_a_title_travels_without_invisible_marks(text: str) -> None:
    told = points.points(Mapped((Spot("a", text, 0, 0, 0),), (text,), 1), 1)
    assert not re.search(r"[\x00-\x08\x1b\u202e]", told["titles"][0] + told["terms"][0])
    json.dumps(told).encode()


@pytest.mark.parametrize("theme", [":root", ".dark"])
def test_each_group_has_a_colour_of_its_own(theme: str) -> None:
    rule = re.search(rf"{re.escape(theme)} \{{(.*?)\}}", (ASSETS / "map.css").read_text("utf-8"), re.DOTALL)
    assert rule
    colours = dict(re.findall(r"--(\w[\w-]*): (#\w{6})", rule[1]))
    assert list(colours) == [f"g{n}" for n in range(MOST_GROUPS)]
    assert len(set(colours.values())) == MOST_GROUPS
