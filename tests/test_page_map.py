"""The map in a real browser: points that are pointed at, opened and drawn around, and the list that says the same."""

import pytest
from playwright.sync_api import Page, expect
from standin import HOSTILE_PAPERS, LENSES, MIRRORS, StandIn
from test_page import address, ask, browser, check_inert, page, pytestmark

from ingest.browse.topic_map import Mapped
from ingest.paper import Paper
from rag.retrieve.scope import Scope

__all__ = ["address", "browser", "page", "pytestmark"]
MANY = [Paper(f"On Owls, part {n:03}", "Owls see.", ("A. Owl",), "2024-01-02") for n in range(180)]


@pytest.fixture(scope="module")
def engine() -> StandIn:
    engine = StandIn()
    engine.papers += [*HOSTILE_PAPERS, *MANY]
    return engine


@pytest.fixture
def plane(page: Page) -> Page:
    page.get_by_role("tab", name="Map").click()
    expect(page.locator("#groups summary").first).to_be_visible()
    return page


def spot(page: Page, engine: StandIn, place: int) -> tuple[float, float]:
    """Where the n-th paper lies on the screen, before anything was moved."""
    box = page.locator("#plane canvas").bounding_box()
    assert box
    at = engine.atlas().spots[place]
    scale = min(box["width"], box["height"]) / 2 - 34
    return box["x"] + box["width"] / 2 + at.x * scale, box["y"] + box["height"] / 2 - at.y * scale


def test_pointing_at_a_point_tells_its_title_and_a_click_opens_it(plane: Page, engine: StandIn) -> None:
    x, y = spot(plane, engine, 0)
    plane.mouse.move(x, y)
    expect(plane.locator("#plane .tip")).to_have_text(f"{LENSES.title}lenses, cloth")
    plane.mouse.click(x, y)
    expect(plane.locator("#paper h3")).to_have_text(LENSES.title)


def test_the_plane_is_moved_by_dragging_wheel_and_keys_and_fit_brings_it_back(plane: Page, engine: StandIn) -> None:
    x, y = spot(plane, engine, 1)
    canvas = plane.get_by_role("img", name="Map of 189 papers in 4 groups; the list next to it has the same papers.")

    def check_lies(right: float, down: float) -> None:
        plane.mouse.move(x + right, y + down)
        expect(plane.locator("#plane .tip")).to_contain_text(MIRRORS.title)
        plane.get_by_role("button", name="Fit").click()

    plane.mouse.move(x + 60, y - 200)
    plane.mouse.down()
    plane.mouse.move(x + 160, y - 250, steps=4)
    plane.mouse.up()
    check_lies(100, -50)
    canvas.press("ArrowRight")
    check_lies(-60, 0)
    plane.mouse.move(x, y)
    for _ in range(3):
        plane.mouse.wheel(0, -300)
    plane.mouse.move(spot(plane, engine, 0)[0], y)
    expect(plane.locator("#plane .tip")).to_be_hidden()
    check_lies(0, 0)


@pytest.mark.parametrize("by_key", [True, False], ids=["Shift held", "Select clicked"])
def test_what_is_drawn_around_alone_is_asked(plane: Page, engine: StandIn, by_key: bool) -> None:
    (x, y), (right, _) = spot(plane, engine, 0), spot(plane, engine, 1)
    plane.keyboard.down("Shift") if by_key else plane.get_by_role("button", name="Select", exact=True).click()
    plane.mouse.move(x - 12, y - 12)
    plane.mouse.down()
    for corner in ((right + 12, y - 12), (right + 12, y + 12), (x - 12, y + 12)):
        plane.mouse.move(*corner, steps=3)
    plane.mouse.up()
    plane.keyboard.up("Shift")
    expect(plane.locator("#taken")).to_have_text("2 papers selected · Clear")
    plane.get_by_role("tab", name="Chat").click()
    ask(plane, "How are lenses ground?")
    assert engine.scopes[-1] == Scope(ids=(LENSES.id, MIRRORS.id))


def test_the_list_offers_the_groups_to_the_keyboard(plane: Page) -> None:
    group = plane.locator("#groups details").nth(1)
    expect(group.locator("summary")).to_contain_text("owls")
    group.locator("summary").press("Enter")
    expect(group.locator("li")).to_have_count(40)
    group.get_by_role("button", name="Show more").press("Enter")
    expect(group.locator("li")).to_have_count(47)
    group.locator(".open").first.press("Enter")
    expect(plane.locator("#paper .leaf")).to_be_focused()
    plane.keyboard.press("Escape")
    expect(group.locator(".open").first).to_be_focused()
    group.get_by_role("button", name="Select these 47 papers").press("Enter")
    expect(plane.locator("#taken")).to_have_text("47 papers selected · Clear")


def test_the_papers_of_the_last_answer_are_offered(page: Page) -> None:
    ask(page, "How are lenses ground?")
    page.get_by_role("tab", name="Map").click()
    expect(page.locator("#groups .cited")).to_contain_text("2 papers from the last answer")
    page.get_by_role("button", name="Select them").click()
    expect(page.locator("#taken")).to_have_text("2 papers selected · Clear")


def test_hostile_titles_are_only_text(plane: Page, engine: StandIn) -> None:
    for place in range(3, 3 + len(HOSTILE_PAPERS)):
        plane.mouse.move(*spot(plane, engine, place))
        expect(plane.locator("#plane .tip")).to_contain_text("bad")
        check_inert(plane, "#plane")
    for summary in plane.locator("#groups summary").all():
        summary.click()
    check_inert(plane, "#groups")


def test_a_map_that_is_being_laid_out_comes_by_itself(
    page: Page, engine: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = engine.atlas()
    monkeypatch.setattr(engine, "atlas", lambda: Mapped((), (), -1, True))
    page.get_by_role("tab", name="Map").click()
    expect(page.locator("#plane .state")).to_contain_text("Building the map")
    monkeypatch.setattr(engine, "atlas", lambda: whole)
    expect(page.locator("#groups summary")).to_have_count(4)
    expect(page.locator("#plane .state")).to_have_text("")


def test_a_map_that_cannot_be_read_says_so_without_its_reason(
    page: Page, engine: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "atlas", lambda: {}["a secret"])
    page.get_by_role("tab", name="Map").click()
    expect(page.locator("#plane .state")).to_contain_text("Something went wrong")
    assert "a secret" not in page.content()
