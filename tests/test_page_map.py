"""The map in a real browser: points that are pointed at, opened and drawn around, and the list that says the same."""

import re

import pytest
from playwright.sync_api import Page, expect
from standin import CLOTH, HOSTILE, LENSES, MIRRORS, StandIn
from test_page import CHROMIUM, PHONE, address, ask, browser, page

from ingest.browse.topic_map import Mapped
from ingest.paper import Paper
from rag.retrieve.scope import Scope

__all__ = ["address", "browser", "page"]
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"needs a Chromium at {CHROMIUM}")
MANY = [Paper(f"On Owls, part {n:03}", "Owls see.", ("A. Owl",), "2024-01-02") for n in range(180)]
BAD = [Paper(f"{text} bad", f"{text} End.", (text,), "2023-01-01", "javascript:window.ran=1") for text in HOSTILE]


@pytest.fixture(scope="module")
def engine() -> StandIn:
    engine = StandIn()
    engine.papers += [*BAD, *MANY]
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
    expect(plane.locator("#paper .abstract")).to_contain_text("A wet cloth halves the scratches.")


def test_dragging_moves_the_plane_and_fit_brings_it_back(plane: Page, engine: StandIn) -> None:
    x, y = spot(plane, engine, 1)
    plane.mouse.move(x + 60, y - 200)
    plane.mouse.down()
    plane.mouse.move(x + 160, y - 250, steps=4)
    plane.mouse.up()
    plane.mouse.move(x + 100, y - 50)
    expect(plane.locator("#plane .tip")).to_contain_text(MIRRORS.title)
    plane.get_by_role("button", name="Fit").click()
    plane.mouse.move(x, y)
    expect(plane.locator("#plane .tip")).to_contain_text(MIRRORS.title)


def test_the_wheel_zooms_about_the_pointer(plane: Page, engine: StandIn) -> None:
    x, y = spot(plane, engine, 0)
    plane.mouse.move(x, y)
    for _ in range(3):
        plane.mouse.wheel(0, -300)
    plane.mouse.move(x + 3, y)
    expect(plane.locator("#plane .tip")).to_contain_text(LENSES.title)
    neighbour, _ = spot(plane, engine, 1)
    plane.mouse.move(neighbour, y)
    expect(plane.locator("#plane .tip")).to_be_hidden()


def test_what_is_drawn_around_alone_is_asked(plane: Page, engine: StandIn) -> None:
    x, y = spot(plane, engine, 0)
    step = spot(plane, engine, 1)[0] - x
    corners = [(x - 14, y - 14), (x + 1.5 * step, y - 14), (x + 1.5 * step, y + 14), (x - 14, y + 14)]
    plane.mouse.move(*corners[0])
    plane.keyboard.down("Shift")
    plane.mouse.down()
    for corner in corners[1:]:
        plane.mouse.move(*corner, steps=3)
    plane.mouse.up()
    plane.keyboard.up("Shift")
    expect(plane.locator("#taken")).to_have_text("2 papers selected · clear")
    plane.get_by_role("tab", name="Chat").click()
    expect(plane.locator("#scope p")).to_have_text("2 papers selected · clear")
    ask(plane, "How are lenses ground?")
    assert engine.scopes[-1] == Scope(ids=(LENSES.id, MIRRORS.id))


def test_a_mode_for_selecting_needs_no_key(plane: Page, engine: StandIn) -> None:
    plane.get_by_role("button", name="Select", exact=True).click()
    x, y = spot(plane, engine, 2)
    plane.mouse.move(x - 12, y - 12)
    plane.mouse.down()
    for corner in ((x + 12, y - 12), (x + 12, y + 12), (x - 12, y + 12)):
        plane.mouse.move(*corner, steps=3)
    plane.mouse.up()
    expect(plane.locator("#taken")).to_have_text("1 paper selected · clear")
    plane.get_by_role("tab", name="Library").click()
    expect(plane.get_by_role("checkbox", name=f"Select {CLOTH.title}")).to_be_checked()


def test_the_list_offers_the_groups_to_the_keyboard(plane: Page, engine: StandIn) -> None:
    group = plane.locator("#groups details").nth(1)
    expect(group.locator("summary")).to_contain_text("owls")
    expect(group.locator(".count")).to_have_text("47")
    group.locator("summary").focus()
    plane.keyboard.press("Enter")
    expect(group.locator("li")).to_have_count(40)
    group.get_by_role("button", name="Show more").press("Enter")
    expect(group.locator("li")).to_have_count(47)
    group.locator(".open").first.press("Enter")
    expect(plane.locator("#paper h3")).to_contain_text("On Owls")
    expect(plane.locator("#paper .leaf")).to_be_focused()
    plane.keyboard.press("Escape")
    expect(group.locator(".open").first).to_be_focused()
    group.get_by_role("button", name="Select these 47 papers").press("Enter")
    expect(plane.locator("#taken")).to_have_text("47 papers selected · clear")


def test_the_canvas_has_a_name_and_moves_by_keys(plane: Page, engine: StandIn) -> None:
    canvas = plane.get_by_role("img", name="Map of 189 papers in 4 groups; the list beside it offers the same.")
    canvas.focus()
    canvas.press("ArrowRight")
    x, y = spot(plane, engine, 0)
    plane.mouse.move(x - 60, y)
    expect(plane.locator("#plane .tip")).to_contain_text(LENSES.title)
    canvas.press("0")
    plane.mouse.move(x, y)
    expect(plane.locator("#plane .tip")).to_contain_text(LENSES.title)


def test_the_papers_of_the_last_answer_light_up(page: Page) -> None:
    ask(page, "How are lenses ground?")
    page.get_by_role("tab", name="Map").click()
    expect(page.locator("#groups .cited")).to_contain_text("2 papers of the last answer")
    light = [255, 225, 105]
    is_lit = f"""() => {{
        const canvas = document.querySelector("#plane canvas");
        const {{ data }} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        for (let i = 0; i < data.length; i += 4)
            if ({" && ".join(f"data[i + {n}] === {value}" for n, value in enumerate(light))}) return true;
        return false;
    }}"""
    page.wait_for_function(is_lit)
    page.get_by_role("button", name="Select them").click()
    expect(page.locator("#taken")).to_have_text("2 papers selected · clear")


def test_hostile_titles_are_only_text(plane: Page, engine: StandIn) -> None:
    for place in range(3, 3 + len(BAD)):
        plane.mouse.move(*spot(plane, engine, place))
        expect(plane.locator("#plane .tip")).to_contain_text("bad")
        assert not re.search(r"[\x00-\x08\x1b\u202e]", plane.locator("#plane .tip").inner_text())
    for summary in plane.locator("#groups summary").all():
        summary.click()
    made = "script, img, svg:not(.iconify), iframe, form, style, video, math, a, input"
    for part in ("#plane", "#groups"):
        assert plane.locator(part).locator(made).count() == 0
    assert plane.evaluate("window.ran") is None


def test_a_phone_has_the_map_above_the_list_and_a_paper_by_a_tap(page: Page, engine: StandIn) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.get_by_role("tab", name="Map").click()
    expect(page.locator("#groups summary").first).to_be_visible()
    page.mouse.click(*spot(page, engine, 2))
    expect(page.locator("#paper h3")).to_have_text(CLOTH.title)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.evaluate("[...document.querySelectorAll('#map, #plane, #groups')].every(e => e.scrollWidth <= 360)")
    page.get_by_role("button", name="Close").click()
    page.locator("#groups summary").last.scroll_into_view_if_needed()
    expect(page.locator("#groups summary").last).to_be_in_viewport()


def test_a_map_that_is_being_laid_out_comes_by_itself(
    page: Page, engine: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = engine.atlas()
    monkeypatch.setattr(engine, "atlas", lambda: Mapped((), (), -1, True))
    page.get_by_role("tab", name="Map").click()
    expect(page.locator("#plane .state")).to_contain_text("Laying out the map")
    monkeypatch.setattr(engine, "atlas", lambda: whole)
    expect(page.locator("#groups summary")).to_have_count(4)
    expect(page.locator("#plane .state")).to_have_text("")


def test_a_map_without_papers_says_how_to_add_some(
    page: Page, engine: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "atlas", lambda: Mapped((), (), -1))
    monkeypatch.setattr(engine, "count", lambda: 0)
    page.get_by_role("tab", name="Map").click()
    expect(page.locator("#plane .state")).to_contain_text("No papers yet.")


def test_a_map_that_cannot_be_read_says_so_plainly(
    page: Page, engine: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> Mapped:
        raise ValueError("a secret")

    monkeypatch.setattr(engine, "atlas", fail)
    page.get_by_role("tab", name="Map").click()
    expect(page.locator("#plane .state")).to_contain_text("Something went wrong on this side")
