"""Importing in a real browser: what is given, how far it is, what came of it, and chatting meanwhile."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from live_services import Stand, standing
from live_services import paper as day_paper
from playwright.sync_api import Browser, Page, expect
from standin import HOSTILE, StandIn
from test_page import CHROMIUM, PHONE, address, ask, browser, free_port, page

from ingest.settings import Settings
from ingest.sources import Given
from rag.engine import Engine

__all__ = ["address", "browser", "page"]
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"needs a Chromium at {CHROMIUM}")


@pytest.fixture(scope="module")
def engine() -> StandIn:
    return StandIn()


@pytest.fixture
def importing(page: Page) -> Page:
    page.get_by_role("tab", name="Import").click()
    expect(page.get_by_role("button", name="Import", exact=True)).to_be_visible()
    return page


def paste(page: Page, text: str) -> None:
    page.get_by_role("textbox", name="Or paste a page").fill(text)
    page.get_by_role("button", name="Import", exact=True).click()


def test_how_far_it_is_is_told_and_then_what_came_of_it(importing: Page, engine: StandIn) -> None:
    paste(importing, "A page")
    told = importing.locator("#told")
    expect(importing.get_by_role("button", name="Stop")).to_be_visible()
    expect(importing.get_by_role("button", name="Import", exact=True)).to_be_disabled()
    engine.intake.go.release()
    expect(told).to_contain_text("1 of 4 papers")
    expect(told).to_contain_text("left")
    engine.intake.go.release(3)
    expect(told.get_by_role("status")).to_contain_text("2 added, 1 updated, 1 unchanged, 1 unreadable.")
    expect(told.locator(".titles li")).to_have_text([" ".join(text.split()) for text in HOSTILE[:3]])
    expect(importing.get_by_role("button", name="Stop")).to_be_hidden()
    expect(importing.get_by_role("textbox", name="Or paste a page")).to_have_value("")
    assert engine.intake.given == [Given("what was pasted", b"A page")]
    assert importing.evaluate("window.ran") is None


def test_one_asks_while_papers_come_in_and_finds_the_import_again_after_a_reload(
    importing: Page, engine: StandIn
) -> None:
    paste(importing, "A page")
    engine.intake.go.release(2)
    expect(importing.locator("#told")).to_contain_text("2 of 4 papers")
    importing.get_by_role("tab", name="Chat").click()
    ask(importing, "How are lenses ground?")
    again = importing.context.new_page()
    again.goto(importing.url)
    importing.close()
    again.get_by_role("tab", name="Import").click()
    expect(again.locator("#told")).to_contain_text("2 of 4 papers")
    engine.intake.go.release(2)
    expect(again.locator("#told")).to_contain_text("2 added")


def test_a_second_import_is_told_of_the_first_which_can_be_stopped(
    importing: Page, address: str, engine: StandIn
) -> None:
    paste(importing, "A page")
    engine.intake.go.release()
    expect(importing.locator("#told")).to_contain_text("1 of 4 papers")
    other = importing.context.new_page()
    other.goto(address)
    other.get_by_role("tab", name="Import").click()
    expect(other.locator("#told")).to_contain_text("1 of 4 papers")
    expect(other.get_by_role("button", name="Import", exact=True)).to_be_disabled()
    other.get_by_role("textbox", name="Or a day of Daily Papers").fill("2020-01-01")
    other.get_by_role("textbox", name="Or a day of Daily Papers").press("Enter")
    expect(other.locator("#told")).to_contain_text("Another import is under way; wait for it to end, or stop it.")
    other.close()
    importing.get_by_role("button", name="Stop").click()
    expect(importing.locator("#told")).to_contain_text("Stopped. 1 paper came in before and stay")
    expect(importing.get_by_role("button", name="Import", exact=True)).to_be_enabled()


def test_files_are_given_by_their_content_whatever_their_names(
    importing: Page, engine: StandIn, tmp_path: Path
) -> None:
    importing.locator("#files input[type=file]").set_input_files(
        [{"name": name, "mimeType": "text/plain", "buffer": b"A page"} for name in ("..%2f..%2fa.txt", "<b>.jsonl")]
    )
    expect(importing.locator("#files")).to_contain_text("jsonl")
    importing.get_by_role("button", name="Import", exact=True).click()
    engine.intake.go.release(4)
    expect(importing.locator("#told")).to_contain_text("2 added")
    assert [source.content for source in engine.intake.given if isinstance(source, Given)] == [b"A page", b"A page"]
    assert list(tmp_path.iterdir()) == []


def test_nothing_and_a_wrong_day_are_told(importing: Page) -> None:
    importing.get_by_role("button", name="Import", exact=True).click()
    expect(importing.locator("#told")).to_contain_text("Nothing was given; choose a file, paste a page, or name a day.")
    importing.get_by_role("textbox", name="Or a day of Daily Papers").fill("yesterday")
    importing.get_by_role("button", name="Import", exact=True).click()
    expect(importing.locator("#told")).to_contain_text("“yesterday” is no day; write it as 2026-08-21.")


def test_a_phone_shows_it_without_scrolling_sideways(importing: Page) -> None:
    importing.set_viewport_size(PHONE)
    expect(importing.get_by_role("button", name="Import", exact=True)).to_be_in_viewport()
    assert importing.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


@pytest.fixture
def stand() -> Iterator[Stand]:
    with standing() as stand:
        stand.days = {"2026-08-20": [day_paper(1), day_paper(2)]}
        yield stand


@pytest.fixture
def real(browser: Browser, tmp_path: Path, stand: Stand) -> Iterator[Page]:
    """A page over an empty library, without an embedding model."""
    from ui.serve import start

    settings = Settings(tmp_path / "home", embedding="none", services=stand.services())
    served = start(lambda: Engine(settings), host="127.0.0.1", port=free_port(), folder=str(tmp_path))
    context = browser.new_context()
    opened = context.new_page()
    opened.set_default_timeout(20_000)
    opened.goto(served.url)
    yield opened
    context.close()
    served.stop()


def test_papers_that_came_in_are_asked_and_listed_without_a_restart(real: Page) -> None:
    expect(real.locator("#chat")).to_contain_text("No papers yet.")
    real.get_by_role("tab", name="Import").click()
    papers = [{"title": f"Lens {n}", "abstract": f"We grind lens {n} with Grindel{n}."} for n in range(1, 4)]
    paste(real, "\n".join(map(json.dumps, [*papers, {"title": "Alone"}])))
    expect(real.locator("#told")).to_contain_text(
        "3 added, 0 updated, 0 unchanged, 1 unreadable. 3 papers can be asked now."
    )
    expect(real.locator("#told .reasons")).to_contain_text("what was pasted, line 4:")
    real.get_by_role("tab", name="Chat").click()
    expect(real.locator("#chat")).to_contain_text("Ask 3 papers.")
    expect(ask(real, "What is Grindel2?")).to_contain_text("We grind lens 2 with Grindel2")
    real.get_by_role("tab", name="Library").click()
    expect(real.locator("#found")).to_have_text("3 papers")


def test_a_day_that_is_chosen_is_fetched_and_a_second_time_found_taken_in(real: Page, stand: Stand) -> None:
    real.get_by_role("tab", name="Import").click()
    day = real.get_by_role("textbox", name="Or a day of Daily Papers")
    for told in ("2 added, 0 updated, 0 unchanged. 2 papers can be asked now.", "That day was taken in before."):
        day.fill("2026-08-20")
        day.press("Enter")
        expect(real.locator("#told")).to_contain_text(told)
    assert stand.asked == ["2026-08-20"]
