"""The library in a real browser: finding, opening and selecting papers, and asking only those selected."""

import re

import pytest
from playwright.sync_api import Page, expect
from standin import CLOTH, HOSTILE, HOSTILE_PAPERS, LENSES, MIRRORS, StandIn
from test_page import address, ask, browser, check_inert, page, pytestmark

from ingest.paper import Paper
from rag.retrieve.scope import Scope

__all__ = ["address", "browser", "page", "pytestmark"]
MANY = [
    Paper(f"On Owls, part {n:03}", "Owls see. Owls hear.", ("A. Owl",), f"2024-01-{n % 28 + 1:02}") for n in range(120)
]
ROWS = "table.papers tbody tr"


@pytest.fixture(scope="module")
def engine() -> StandIn:
    engine = StandIn()
    engine.papers += [*MANY, *HOSTILE_PAPERS]
    return engine


@pytest.fixture
def library(page: Page) -> Page:
    page.get_by_role("tab", name="Library").click()
    expect(page.locator(ROWS).first).to_be_visible()
    return page


def search(page: Page, words: str) -> None:
    page.get_by_role("textbox", name="Search titles, authors and abstracts").fill(words)


def tick(page: Page, title: str) -> None:
    page.get_by_role("checkbox", name=f"Select {title}").check()


def to_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()


def test_a_page_of_rows_is_shown_and_more_on_demand(library: Page) -> None:
    expect(library.locator("#found")).to_have_text("129 papers, showing the first 50")
    for shown in (50, 100):
        expect(library.locator(ROWS)).to_have_count(shown)
        library.get_by_role("button", name="Show more").click()
    expect(library.locator(ROWS)).to_have_count(129)
    expect(library.get_by_role("button", name="Show more")).to_be_hidden()


def test_words_dates_and_order_are_heeded_and_a_wrong_date_is_told(library: Page) -> None:
    box = library.get_by_role("textbox", name="Search titles, authors and abstracts")
    box.press_sequentially("grinding")
    expect(library.locator(f"{ROWS} .open")).to_have_text([LENSES.title])
    for _ in "grinding":
        box.press("Backspace")
    library.get_by_role("radio", name="Title").check()
    expect(library.locator(f"{ROWS} .open").first).to_contain_text("![a]")
    library.get_by_role("textbox", name="From").fill("2025")
    expect(library.locator(f"{ROWS} .open")).to_have_text([LENSES.title])
    library.get_by_role("textbox", name="From").fill("last week")
    expect(library.locator("#rows")).to_contain_text("“from” needs a date such as 2024, 2024-08 or 2024-08-21.")


def test_a_row_opens_its_paper_with_link_and_nearest(library: Page) -> None:
    library.get_by_text(LENSES.title).click()
    opened = library.locator("#paper")
    expect(opened.locator("h3 a")).to_have_attribute("href", LENSES.url)
    expect(opened.locator(".authors")).to_have_text("Ada Lovelace, Jian Pei")
    expect(opened.locator(".date")).to_have_text("28 July 2025")
    expect(opened.locator(".abstract")).to_contain_text("A wet cloth halves the scratches.")
    opened.get_by_role("button", name=MIRRORS.title).click()
    expect(opened.locator("h3")).to_have_text(MIRRORS.title)
    expect(opened.locator("h3 a")).to_have_count(0)
    opened.get_by_role("checkbox").check()
    expect(library.locator("table.papers .pick:checked")).to_have_count(1)
    expect(library.locator("#picked")).to_have_text("1 paper selected · Clear")


def test_asking_about_a_paper_or_comparing_it_puts_a_question_into_the_box(library: Page) -> None:
    box = library.locator("#box textarea")
    library.get_by_text(LENSES.title).click()
    library.get_by_role("button", name="Ask about this paper").click()
    expect(box).to_have_value(f"What is “{LENSES.title}”, and how well does it work?")
    expect(box).to_be_focused()
    to_tab(library, "Library")
    library.get_by_role("button", name="Compare with…").click()
    library.locator(ROWS).filter(has_text=CLOTH.title).click()
    expect(box).to_have_value(re.compile(f"How do “?{LENSES.title}”? and .*Cloth.* differ"))


def test_selected_papers_alone_are_asked_until_cleared_even_after_a_reload(library: Page, engine: StandIn) -> None:
    tick(library, LENSES.title)
    tick(library, CLOTH.title)
    expect(library.locator("#picked")).to_have_text("2 papers selected · Clear")
    library.reload()
    expect(library.locator("#picked")).to_have_text("2 papers selected · Clear")
    to_tab(library, "Chat")
    expect(library.locator("#scope p")).to_have_text("2 papers selected · Clear")
    expect(library.locator("#chat .hello")).to_be_visible()
    expect(library.locator("#chat .example").first).to_be_hidden()  # they are about all papers
    ask(library, "How are lenses ground?")
    assert engine.scopes[-1] == Scope(ids=(LENSES.id, CLOTH.id))
    library.locator("#scope").get_by_role("button", name="clear").click()
    expect(library.locator("#scope p")).to_have_count(0)
    ask(library, "How are lenses ground?")
    assert engine.scopes[-1] is None
    to_tab(library, "Library")
    expect(library.locator("input.pick:checked")).to_have_count(0)


def test_all_that_were_found_are_selected_and_shown_alone(library: Page) -> None:
    tick(library, LENSES.title)
    search(library, "owls, part 00")
    expect(library.locator(ROWS)).to_have_count(10)
    library.get_by_role("button", name="Select all results").click()
    expect(library.locator("#picked")).to_have_text("11 papers selected · Clear")
    search(library, "")
    library.get_by_role("checkbox", name="Selected only").check()
    expect(library.locator(ROWS)).to_have_count(11)


@pytest.mark.parametrize("spot", range(len(HOSTILE)))
def test_hostile_papers_run_nothing_and_fetch_nothing(library: Page, spot: int) -> None:
    search(library, " bad")
    expect(library.locator(ROWS)).to_have_count(len(HOSTILE))
    row = library.locator(ROWS).nth(spot)
    row.locator(".pick").check()
    row.locator(".open").click()
    expect(library.locator("#paper .abstract")).to_contain_text("End.")
    check_inert(library, "#rows", "#leaf")
    library.get_by_role("button", name="Ask about this paper").click()
    expect(library.locator("#box textarea")).to_be_focused()
    check_inert(library)
