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
    assert (told["x"], told["y"], told["terms"], told["revision"]) == ([0.5, 0.25], [-1.0, 0.0], ["bats", "owls"], 7)
    assert told["state"] == ""


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


def test_nothing_is_not_a_map() -> None:
    told = points.nothing("Why", waits=True)
    assert (told["state"], told["ids"], told["waits"]) == ("Why", [], True)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [":root", ".dark"])
def test_each_group_has_a_colour_of_its_own_that_stands_out(theme: str) -> None:
    rule = re.compile(rf"{re.escape(theme)} \{{(.*?)\}}", re.DOTALL)
    found = [rule.search((ASSETS / name).read_text("utf-8")) for name in ("map.css", "frame.css")]
    colours, ground = (dict(re.findall(r"--(\w[\w-]*): (#\w{6})", one[1])) for one in found if one)
    assert list(colours) == [f"g{n}" for n in range(MOST_GROUPS)]
    assert len(set(colours.values())) == MOST_GROUPS
    assert min(contrast(colour, ground["paper"]) for colour in colours.values()) >= 3
    assert min(contrast(colour, ground["raised"]) for colour in colours.values()) >= 3
