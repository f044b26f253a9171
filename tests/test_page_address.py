"""Addresses in a real browser: each place has one, Back and Forward work, and what is no place is said plainly."""

import re
import threading
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect
from standin import HOSTILE, HOSTILE_PAPERS, LENSES, MIRRORS, StandIn
from test_page import address, ask, ask_without_end, browser, check_inert, page, pytestmark, started

__all__ = ["address", "browser", "page", "pytestmark"]
ASKED = "How are lenses ground?"
NO_TALK = "This conversation is not in this browser."
NO_PAPER = "This paper is not in the library."


@pytest.fixture(scope="module")
def engine() -> StandIn:
    engine = StandIn()
    engine.papers += HOSTILE_PAPERS
    return engine


def of(paper: Any) -> str:
    return f"#paper/{quote(paper.id, safe='')}"


def choose(page: Page, tab: str) -> None:
    page.get_by_role("tab", name=tab).click()
    expect_at(page, f"#{tab.lower()}")


def expect_at(page: Page, place: str) -> None:
    """The address names this place, with the tab of that place in sight."""
    expect(page).to_have_url(re.compile(re.escape(place) + "$"))
    name = place[1:].partition("/")[0]
    shown = page.get_by_role("tab", selected=True)
    expect(shown).to_have_text(re.compile("Library|Map" if name == "paper" else name, re.I))


def expect_paper(page: Page, paper: Any) -> None:
    expect_at(page, of(paper))
    expect(page.locator("#paper h3")).to_have_text(paper.title)
    expect(page.locator("#paper")).to_be_in_viewport()


def start_anew(page: Page) -> None:
    page.get_by_role("button", name="New conversation").click()
    expect_at(page, "#chat")
    expect(page.locator("#chat .question")).to_have_count(0)


def open_row(page: Page, paper: Any) -> None:
    page.locator("table.papers").get_by_role("button", name=paper.title).click()


def talk_at(page: Page, question: str) -> str:
    """Ask, and the address of the conversation then."""
    ask(page, question)
    expect(page).to_have_url(re.compile("#chat/[\\w-]+$"))
    return page.url[page.url.index("#") :]


def steps(page: Page) -> int:
    length: int = page.evaluate("history.length")
    return length


def test_tabs_have_addresses_and_back_and_forward_go_through_them(page: Page) -> None:
    expect_at(page, "#chat")
    before = steps(page)
    for tab in ("Library", "Map", "Import", "Settings", "Chat"):
        choose(page, tab)
        page.get_by_role("tab", name=tab).click()  # once more, which is no step
    assert steps(page) == before + 5
    for place in ("#settings", "#import", "#map", "#library", "#chat"):
        page.go_back()
        expect_at(page, place)
    for place in ("#library", "#map"):
        page.go_forward()
        expect_at(page, place)
    assert steps(page) == before + 5


def open_two(page: Page) -> None:
    """Opens a paper of the list, and from there one like it."""
    choose(page, "Library")
    open_row(page, LENSES)
    expect_paper(page, LENSES)
    page.locator("#paper").get_by_role("button", name=MIRRORS.title).click()
    expect_paper(page, MIRRORS)


def test_a_paper_opens_with_an_address_and_back_closes_it(page: Page) -> None:
    open_two(page)
    page.go_back()
    expect_paper(page, LENSES)
    page.go_back()
    expect_at(page, "#library")
    expect(page.locator("#paper")).to_be_hidden()
    page.go_forward()
    expect_paper(page, LENSES)
    choose(page, "Settings")
    expect(page.locator("#paper")).to_be_hidden()
    page.go_back()
    expect_paper(page, LENSES)


def test_a_paper_that_is_closed_is_no_step_to_go_back_over(page: Page) -> None:
    choose(page, "Library")
    before = steps(page)
    open_row(page, LENSES)
    expect_paper(page, LENSES)
    page.locator("#paper").get_by_role("button", name=MIRRORS.title).click()
    expect_paper(page, MIRRORS)
    page.keyboard.press("Escape")
    expect_at(page, "#library")
    open_row(page, LENSES)
    expect_paper(page, LENSES)
    assert steps(page) == before + 1
    page.keyboard.press("Escape")
    expect_at(page, "#library")
    page.go_back()
    expect_at(page, "#chat")


def test_a_paper_opened_on_the_map_comes_back_there(page: Page) -> None:
    choose(page, "Map")
    page.locator("#groups summary").first.click()
    page.locator("#groups").get_by_role("button", name=LENSES.title).click()
    expect_paper(page, LENSES)
    choose(page, "Chat")
    page.go_back()
    expect_paper(page, LENSES)
    expect(page.get_by_role("tab", selected=True)).to_have_text("Map")


def test_back_to_a_paper_asks_no_comparison(page: Page) -> None:
    open_two(page)
    page.get_by_role("button", name="Compare with…").click()
    page.go_back()
    expect_paper(page, LENSES)
    expect(page.locator("#box textarea")).to_have_value("")


def test_conversations_have_addresses_and_back_returns_to_the_one_before(page: Page) -> None:
    before = steps(page)
    first = talk_at(page, ASKED)
    ask(page, "And mirrors?")
    expect_at(page, first)
    assert steps(page) == before
    start_anew(page)
    second = talk_at(page, "Unknown things")
    page.locator("#talks .name").last.click()
    expect_at(page, first)
    expect(page.locator("#chat .question")).to_have_text([ASKED, "And mirrors?"])
    assert steps(page) == before + 2
    page.locator("#box textarea").fill("half a thought")
    page.go_back()
    expect_at(page, second)
    expect(page.locator("#chat .question")).to_have_text(["Unknown things"])
    page.go_back()
    expect_at(page, first)
    expect(page.locator("#chat .question")).to_have_count(2)
    page.go_forward()
    expect(page.locator("#chat .question")).to_have_text(["Unknown things"])
    page.wait_for_timeout(400)  # the address stays once all has come
    expect_at(page, second)
    expect(page.locator("#box textarea")).to_have_value("half a thought")
    assert steps(page) == before + 2


def test_back_to_an_empty_chat_empties_it_yet_ends_no_answer(page: Page, engine: StandIn) -> None:
    choose(page, "Library")
    choose(page, "Chat")
    place = talk_at(page, ASKED)
    page.locator("#box textarea").fill("half a thought")
    page.go_back()
    expect_at(page, "#library")
    page.go_back()
    expect_at(page, "#chat")
    expect(page.locator("#chat .question")).to_have_count(0)
    expect(page.locator("#box textarea")).to_have_value("half a thought")
    page.go_forward()
    page.go_forward()
    expect_at(page, place)
    expect(page.locator("#chat .question")).to_have_text([ASKED])
    start_anew(page)
    choose(page, "Library")
    choose(page, "Chat")
    ask_without_end(page, engine)
    page.go_back()
    page.go_back()
    expect(page).to_have_url(re.compile("#chat/"))
    assert not engine.closed.wait(0.5)
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#chat .answer.cut")).to_be_visible()


@pytest.mark.parametrize("tab", ["library", "map", "import", "settings", "chat"])
def test_a_tab_opens_by_its_address(page: Page, address: str, tab: str) -> None:
    page.goto("about:blank")
    page.goto(f"{address}#{tab}")
    expect_at(page, f"#{tab}")
    sight = {"library": "table.papers", "map": "#plane canvas", "chat": "#chat .example"}
    expect(page.locator(sight.get(tab, f"#tab-{tab}")).first).to_be_visible()
    assert page.evaluate("[scrollY, document.body.scrollTop, document.querySelector('#top').offsetTop >= 0]") == [
        0,
        0,
        True,
    ]


def test_a_conversation_opens_by_its_address_and_stays_on_a_reload(page: Page, address: str) -> None:
    place = talk_at(page, ASKED)
    start_anew(page)
    other = talk_at(page, "Unknown things")
    page.goto("about:blank")
    page.goto(f"{address}{place}")
    expect(page.locator("#chat .question")).to_have_text([ASKED])
    expect_at(page, place)
    page.reload()
    expect(page.locator("#chat .question")).to_have_text([ASKED])
    expect_at(page, place)
    page.evaluate("hash => { location.hash = hash }", other)
    expect(page.locator("#chat .question")).to_have_text(["Unknown things"])
    expect_at(page, other)


@pytest.mark.parametrize("paper", [LENSES, HOSTILE_PAPERS[0], HOSTILE_PAPERS[5]], ids=["plain", "hostile", "odd"])
def test_a_paper_opens_by_its_address_even_before_the_engine_is_there(
    browser: Browser, tmp_path: Path, paper: Any
) -> None:
    made = threading.Event()

    def slow() -> StandIn:
        made.wait(20)
        engine = StandIn()
        engine.papers += HOSTILE_PAPERS
        return engine

    with started(slow, tmp_path) as served, browser.new_page() as early:
        early.goto(served.url + of(paper))
        expect(early.locator("#paper")).to_be_visible()
        made.set()
        expect(early.locator("#paper .abstract")).to_be_visible()
        expect_at(early, of(paper))
        early.keyboard.press("Escape")
        expect_at(early, "#library")
        expect(early.locator("#paper")).to_be_hidden()
        check_inert(early, "#leaf .abstract", "#rows")


MISSING = {
    "#chat/gone": NO_TALK,
    "#chat/": NO_TALK,
    "#chat/%E0%A4%A": NO_TALK,
    "#chat/__proto__": NO_TALK,
    f"#chat/{quote(HOSTILE[0], safe='')}": NO_TALK,
    "#paper/arxiv:0000.00000": NO_PAPER,
    "#paper/": NO_PAPER,
    "#paper/%": NO_PAPER,
    f"#paper/{'x' * 5_000}": NO_PAPER,
    f"#paper/{quote(HOSTILE[0], safe='')}": NO_PAPER,
    "#Library": "",
    "#library/x": "",
    "#talk": "",
    "#<img src=x onerror=window.ran=1>": "",
    "#constructor": "",
}


def check_missing(page: Page, said: str) -> None:
    expect_at(page, "#chat")
    expect(page.locator("#notice")).to_have_text(said)
    expect(page.locator("#chat .example").first).to_be_visible()
    expect(page.locator("#paper")).to_be_hidden()
    check_inert(page, "#notice", "#leaf")


def test_an_address_of_nothing_that_is_typed_shows_the_chat_and_says_so(page: Page) -> None:
    before = steps(page)
    for count, (place, said) in enumerate(MISSING.items(), 1):
        choose(page, "Library")
        page.evaluate("hash => { location.hash = hash }", place)
        check_missing(page, said)
        assert steps(page) == before + 2 * count
    page.go_back()
    expect_at(page, "#library")


@pytest.mark.parametrize("place", ["#chat/gone", "#paper/arxiv:0000.00000", "#talk"])
def test_an_address_of_nothing_that_is_opened_shows_the_chat_and_says_so(page: Page, address: str, place: str) -> None:
    page.goto("about:blank")
    page.goto(f"{address}{place}")
    check_missing(page, MISSING[place])
    ask(page, ASKED)
    expect(page.locator("#notice")).to_have_text("")


def test_the_address_of_a_deleted_conversation_is_of_nothing(page: Page) -> None:
    place = talk_at(page, ASKED)
    choose(page, "Library")
    page.get_by_role("tab", name="Chat").click()
    expect_at(page, place)
    page.get_by_role("button", name=f"Actions for {ASKED}").click()
    page.locator("#talks .choices").get_by_role("button", name="Delete").click()
    expect_at(page, "#chat")
    page.go_back()
    expect_at(page, "#library")
    page.go_back()
    expect(page.locator("#notice")).to_have_text(NO_TALK)
    expect_at(page, "#chat")
    expect(page.locator("#chat .question")).to_have_count(0)
