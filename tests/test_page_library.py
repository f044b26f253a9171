"""The library in a real browser: finding, opening and selecting papers, and asking only those selected."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect
from standin import CLOTH, HOSTILE, LENSES, MIRRORS, StandIn
from test_page import CHROMIUM, PHONE, address, ask, browser, page

from ingest.paper import Paper
from rag.retrieve.scope import Scope

__all__ = ["address", "browser", "page"]
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"needs a Chromium at {CHROMIUM}")
MANY = [
    Paper(f"On Owls, part {n:03}", "Owls see. Owls hear.", ("A. Owl",), f"2024-01-{n % 28 + 1:02}") for n in range(120)
]
BAD = [Paper(f"{text} bad", f"{text} End.", (text,), "2023-01-01", "javascript:window.ran=1") for text in HOSTILE]
ROWS = "table.papers tbody tr"


@pytest.fixture(scope="module")
def engine() -> StandIn:
    engine = StandIn()
    engine.papers += [*MANY, *BAD]
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
    expect(library.locator(ROWS)).to_have_count(50)
    expect(library.locator("#found")).to_have_text("129 papers, the first 50 shown")
    library.get_by_role("button", name="Show more").click()
    expect(library.locator(ROWS)).to_have_count(100)
    library.get_by_role("button", name="Show more").click()
    expect(library.locator(ROWS)).to_have_count(129)
    expect(library.get_by_role("button", name="Show more")).to_be_hidden()


def test_typing_finds_and_deleting_finds_more_again(library: Page) -> None:
    box = library.get_by_role("textbox", name="Search titles, authors and abstracts")
    box.press_sequentially("grinding")
    expect(library.locator(f"{ROWS} .open")).to_have_text([LENSES.title])
    expect(library.locator("#found")).to_have_text("1 paper")
    for _ in "grinding":
        box.press("Backspace")
    expect(library.locator(ROWS)).to_have_count(50)
    box.fill("no paper has this")
    expect(library.locator("#rows")).to_contain_text("No paper fits all of that.")


def test_dates_and_order_are_heeded_and_a_wrong_date_is_told(library: Page) -> None:
    library.get_by_role("textbox", name="From").fill("2025")
    expect(library.locator(f"{ROWS} .open")).to_have_text([LENSES.title])
    library.get_by_role("textbox", name="From").fill("last week")
    expect(library.locator("#rows")).to_contain_text("“from” needs a date such as 2024, 2024-08 or 2024-08-21.")
    library.get_by_role("textbox", name="From").fill("")
    search(library, "i")
    library.get_by_role("radio", name="Title").check()
    expect(library.locator(f"{ROWS} .open").nth(0)).not_to_have_text(LENSES.title)


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
    opened.get_by_role("button", name="Close").click()
    expect(opened).to_be_hidden()


def test_the_keyboard_alone_opens_a_paper_and_comes_back(library: Page) -> None:
    row = library.get_by_role("button", name=LENSES.title, exact=True)
    row.focus()
    row.press("Enter")
    expect(library.locator("#paper h3")).to_have_text(LENSES.title)
    expect(library.locator("#paper .leaf")).to_be_focused()
    library.keyboard.press("Escape")
    expect(library.locator("#paper")).to_be_hidden()
    expect(row).to_be_focused()


def test_asking_about_a_paper_puts_a_question_into_the_box(library: Page, engine: StandIn) -> None:
    library.get_by_text(LENSES.title).click()
    library.get_by_role("button", name="Ask about this paper").click()
    box = library.locator("#box textarea")
    expect(box).to_have_value(f"What is “{LENSES.title}”, and how well does it work?")
    expect(box).to_be_focused()
    box.press("Enter")
    expect(library.locator("#chat .answer button.cite.n1")).to_be_visible()
    assert engine.scopes[-1] is None


def test_a_paper_is_compared_with_the_next_one_chosen(library: Page) -> None:
    library.get_by_text(LENSES.title).click()
    library.get_by_role("button", name="Compare with…").click()
    expect(library.locator("#paper .choosing")).to_be_visible()
    library.locator(ROWS).filter(has_text=CLOTH.title).click()
    box = library.locator("#box textarea")
    expect(box).to_have_value(re.compile(f"How do “?{LENSES.title}”? and .*Cloth.* differ"))
    to_tab(library, "Library")
    expect(library.locator("#paper .choosing")).to_be_hidden()


def test_selected_papers_alone_are_asked_until_cleared(library: Page, engine: StandIn) -> None:
    tick(library, LENSES.title)
    tick(library, CLOTH.title)
    expect(library.locator("#picked")).to_have_text("2 papers selected · clear")
    to_tab(library, "Chat")
    expect(library.locator("#scope p")).to_have_text("2 papers selected · clear")
    ask(library, "How are lenses ground?")
    assert engine.scopes[-1] == Scope(ids=(LENSES.id, CLOTH.id))
    library.locator("#scope").get_by_role("button", name="clear").click()
    expect(library.locator("#scope p")).to_have_count(0)
    ask(library, "How are lenses ground?")
    assert engine.scopes[-1] is None
    to_tab(library, "Library")
    expect(library.locator("input.pick:checked")).to_have_count(0)


def test_quick_choices_are_all_kept(library: Page) -> None:
    library.evaluate("[...document.querySelectorAll('table.papers .pick')].slice(0, 30).forEach(box => box.click())")
    expect(library.locator("#picked")).to_have_text("30 papers selected · clear")
    library.evaluate("[...document.querySelectorAll('table.papers .pick')].slice(10, 30).forEach(box => box.click())")
    expect(library.locator("#picked")).to_have_text("10 papers selected · clear")


def test_all_that_were_found_are_selected_and_shown_alone(library: Page) -> None:
    tick(library, LENSES.title)
    search(library, "owls, part 00")
    expect(library.locator(ROWS)).to_have_count(10)
    library.get_by_role("button", name="Select all found").click()
    expect(library.locator("#picked")).to_have_text("11 papers selected · clear")
    expect(library.locator("input.pick:checked")).to_have_count(10)
    search(library, "")
    library.get_by_role("checkbox", name="Selected only").check()
    expect(library.locator(ROWS)).to_have_count(11)


def test_a_selection_outlives_a_reload_and_is_no_other_readers(library: Page, browser: Browser, address: str) -> None:
    tick(library, LENSES.title)
    expect(library.locator("#picked")).to_have_text("1 paper selected · clear")
    library.reload()
    expect(library.locator("#scope p")).to_have_text("1 paper selected · clear")
    to_tab(library, "Library")
    expect(library.locator("input.pick:checked")).to_have_count(1)
    other = browser.new_context().new_page()
    other.goto(address)
    expect(other.locator("#chat .example").first).to_be_visible()
    expect(other.locator("#scope .selected")).to_be_attached()
    expect(other.locator("#scope p")).to_have_count(0)
    other.context.close()


def test_selecting_in_the_opened_paper_ticks_its_row(library: Page) -> None:
    library.get_by_text(LENSES.title).click()
    library.locator("#paper").get_by_role("checkbox").check()
    expect(library.locator("#picked")).to_have_text("1 paper selected · clear")
    expect(library.locator("table.papers .pick:checked")).to_have_count(1)


def test_a_phone_shows_the_library_and_a_paper_without_scrolling_sideways(library: Page) -> None:
    library.set_viewport_size(PHONE)  # type: ignore[arg-type]
    library.get_by_text(LENSES.title).click()
    expect(library.locator("#paper h3")).to_be_in_viewport()
    library.locator("#paper").get_by_role("button", name=MIRRORS.title).scroll_into_view_if_needed()
    expect(library.locator("#paper").get_by_role("button", name=MIRRORS.title)).to_be_in_viewport()
    assert library.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert library.evaluate(
        "[...document.querySelectorAll('#library, #rows, #paper')].every(e => e.scrollWidth <= 360)"
    )
    library.get_by_role("button", name="Close").click()
    expect(library.locator("#looked")).to_be_in_viewport()


@pytest.mark.parametrize("spot", range(len(HOSTILE)))
def test_hostile_papers_run_nothing_and_fetch_nothing(library: Page, spot: int) -> None:
    library.get_by_role("button", name="Show more").click()
    library.get_by_role("button", name="Show more").click()
    row = library.locator(ROWS).nth(123 + spot)
    expect(row.locator(".open")).to_contain_text("bad")
    row.locator(".pick").check()
    row.locator(".open").click()
    expect(library.locator("#paper h3")).to_contain_text("bad")
    expect(library.locator("#paper .abstract")).to_contain_text("End.")
    made = "script, img, svg:not(.iconify), iframe, form, style, video, math, a, input:not(.pick)"
    for place in ("#rows", "#leaf"):
        assert library.locator(place).locator(made).count() == 0
    assert not re.search(r"[\x00-\x08\x1b\u202e]", library.locator("#rows, #leaf").first.inner_text())
    library.get_by_role("button", name="Ask about this paper").click()
    expect(library.locator("#box textarea")).to_be_focused()
    assert library.evaluate("window.ran") is None


def test_an_empty_library_says_how_to_fill_it(library: Page, engine: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "count", lambda: 0)
    search(library, "x")
    expect(library.locator("#rows")).to_contain_text("No papers yet.")
    expect(library.locator("#rows code")).to_have_text("paperchat ingest FILE")
