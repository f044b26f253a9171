"""Importing in a real browser: what is given, how far it is, what came of it, and chatting meanwhile."""

import json
from pathlib import Path

import pytest
from live_services import standing
from playwright.sync_api import Browser, Page, expect
from standin import HOSTILE, StandIn
from test_page import address, ask, browser, check_inert, engine, page, pytestmark, started

from ingest.settings import Settings
from ingest.sources import Given
from rag.engine import Engine

__all__ = ["address", "browser", "engine", "page", "pytestmark"]


@pytest.fixture
def importing(page: Page) -> Page:
    page.get_by_role("tab", name="Import").click()
    expect(page.get_by_role("button", name="Import", exact=True)).to_be_visible()
    return page


def paste(page: Page, text: str) -> None:
    page.get_by_role("textbox", name="Or paste a page").fill(text)
    page.get_by_role("button", name="Import", exact=True).click()


def name_day(page: Page, day: str) -> None:
    page.get_by_role("textbox", name="Or a day of Daily Papers").fill(day)
    page.get_by_role("textbox", name="Or a day of Daily Papers").press("Enter")


def test_how_far_it_is_is_told_and_then_what_came_of_it(importing: Page, engine: StandIn) -> None:
    paste(importing, "A page")
    told = importing.locator("#told")
    engine.intake.go.release()
    expect(told).to_contain_text("1 of 4 papers")
    expect(importing.get_by_role("button", name="Import", exact=True)).to_be_disabled()
    engine.intake.go.release(3)
    expect(told.get_by_role("status")).to_contain_text("2 added, 1 updated, 1 unchanged, 1 unreadable.")
    expect(told.locator(".titles li")).to_have_text([" ".join(text.split()) for text in HOSTILE[:3]])
    expect(importing.get_by_role("button", name="Stop")).to_be_hidden()
    expect(importing.get_by_role("textbox", name="Or paste a page")).to_have_value("")
    assert engine.intake.given == [Given("pasted text", b"A page")]
    check_inert(importing, "#told")


def test_one_asks_while_papers_come_in_and_finds_the_import_again_in_another_window(
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
    name_day(again, "2020-01-01")
    expect(again.locator("#told")).to_contain_text("Another import is running; wait for it to finish, or stop it.")
    again.get_by_role("button", name="Stop").click()
    expect(again.locator("#told")).to_contain_text("Stopped: 2 papers imported.")
    expect(again.get_by_role("button", name="Import", exact=True)).to_be_enabled()


def test_files_are_given_by_their_content_whatever_their_names(
    importing: Page, engine: StandIn, tmp_path: Path
) -> None:
    names = ("..%2f..%2fa.txt", "<b>.jsonl")
    importing.locator("#files input[type=file]").set_input_files(
        [{"name": name, "mimeType": "text/plain", "buffer": b"A page"} for name in names]
    )
    expect(importing.locator("#files")).to_contain_text("jsonl")
    importing.get_by_role("button", name="Import", exact=True).click()
    engine.intake.go.release(4)
    expect(importing.locator("#told")).to_contain_text("2 added")
    assert [source.content for source in engine.intake.given if isinstance(source, Given)] == [b"A page", b"A page"]
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_day_is_told(importing: Page) -> None:
    name_day(importing, "yesterday")
    expect(importing.locator("#told")).to_contain_text("“yesterday” is not a date; use the form 2026-08-21.")


def test_papers_that_came_in_are_asked_and_listed_without_a_restart(browser: Browser, tmp_path: Path) -> None:
    settings = Settings(tmp_path / "home", embedding="none")
    papers = [{"title": f"Lens {n}", "abstract": f"We grind lens {n} with Grindel{n}."} for n in range(1, 4)]
    with started(lambda: Engine(settings), tmp_path) as served, browser.new_page() as page:
        page.goto(served.url)
        expect(page.locator("#chat")).to_contain_text("No papers yet")
        page.get_by_role("tab", name="Import").click()
        paste(page, "\n".join(map(json.dumps, [*papers, {"title": "Alone"}])))
        expect(page.locator("#told")).to_contain_text(
            "3 added, 0 updated, 0 unchanged, 1 unreadable. The library now has 3 papers"
        )
        expect(page.locator("#told .reasons")).to_contain_text("pasted text, line 4:")
        page.get_by_role("tab", name="Chat").click()
        expect(ask(page, "What is Grindel2?")).to_contain_text("We grind lens 2 with Grindel2")
        page.get_by_role("tab", name="Library").click()
        expect(page.locator("#found")).to_have_text("3 papers")


def test_an_id_typed_into_the_chat_leads_to_its_import_and_then_to_an_answer(browser: Browser, tmp_path: Path) -> None:
    with standing() as stand:
        settings = Settings(tmp_path / "home", embedding="none", services=stand.services())
        with started(lambda: Engine(settings), tmp_path) as served, browser.new_page() as page:
            page.goto(served.url)
            expect(page.locator("#chat")).to_contain_text("No papers yet")
            asked = "https://arxiv.org/abs/2607.00001v1 arXiv:2607.00009"
            expect(ask(page, asked)).to_contain_text(
                "No papers here have the arXiv ids 2607.00001 and 2607.00009; import them to ask about them."
            )
            page.get_by_role("button", name="Import these 2 papers").click()
            box = page.get_by_role("textbox", name="Or paste a page")
            expect(box).to_have_value("2607.00001 2607.00009")
            page.get_by_role("button", name="Import", exact=True).click()
            told = page.locator("#told")
            expect(told.get_by_role("status")).to_contain_text(
                "1 imported, 1 not found on arXiv. The library now has 1 paper"
            )
            expect(told.locator(".fates li")).to_have_text(
                ["2607.00001 imported: Prism 1", "2607.00009 not found on arXiv"]
            )
            expect(box).to_have_value("")
            page.get_by_role("tab", name="Chat").click()
            answer = ask(page, asked)
            expect(answer).to_contain_text("We cut prism 1 from glass")
            expect(answer.locator(".note")).to_contain_text("No paper here has the arXiv id 2607.00009")
            expect(answer.get_by_role("button", name="Import 2607.00009")).to_be_visible()
            stand.troubles = [(403, {}, b"")]
            page.get_by_role("button", name="Import 2607.00009").click()
            expect(box).to_have_value("2607.00009")
            page.get_by_role("button", name="Import", exact=True).click()
            expect(told).to_contain_text("1 not fetched.")
            expect(told.locator(".reasons")).to_contain_text("arXiv refused the request (status 403)")
            expect(box).to_have_value("2607.00009")
