"""Settings in a real browser: they hold from the next question on, stay in the browser, and reach no other."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, expect
from standin import StandIn, grounded
from test_page import CHROMIUM, PHONE, address, ask, browser, page

from rag.llm.pieces import Usage
from rag.style import USUAL, Length, Style, Writing
from rag.types import Answer

__all__ = ["address", "browser", "page"]
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"needs a Chromium at {CHROMIUM}")
KEPT = "localStorage.getItem('paperchat-settings')"


class Priced(StandIn):
    """With a language model that takes 1,000 tokens in and 10 out for each answer."""

    has_model = True
    writer = Writing("scribe", "localhost:11434", (0.4, 1.6))

    def stream(self, question: str, *args: object, **how: object) -> Iterator[object]:
        for piece in super().stream(question, *args, **how):  # type: ignore[arg-type]
            if isinstance(piece, Answer):
                yield replace(grounded(question), usage=Usage("scribe", 1000, 10, 0.5, 1.0))
            else:
                yield piece


@pytest.fixture(scope="module")
def engine() -> Priced:
    return Priced()


def settings(page: Page) -> None:
    page.get_by_role("tab", name="Settings").click()
    expect(page.locator("#writer dl")).to_be_visible()


def to_chat(page: Page) -> None:
    page.get_by_role("tab", name="Chat").click()


def choose(page: Page, name: str) -> None:
    """Choose, and wait until the browser keeps it."""
    before = page.evaluate(KEPT)
    page.get_by_role("radio", name=name, exact=True).check(force=True)
    page.wait_for_function(f"before => {KEPT} !== before", arg=before)


def test_papers_and_length_hold_from_the_next_question_on_and_after_a_reload(page: Page, engine: Priced) -> None:
    ask(page, "How are lenses ground?")
    assert engine.manners[-1] == (True, USUAL)
    settings(page)
    choose(page, "20")
    choose(page, "Short")
    to_chat(page)
    ask(page, "And mirrors?")
    assert engine.manners[-1] == (True, Style(20, Length.SHORT))
    page.reload()
    settings(page)
    expect(page.get_by_role("radio", name="20", exact=True)).to_be_checked()
    expect(page.get_by_role("radio", name="Short", exact=True)).to_be_checked()
    to_chat(page)
    ask(page, "How are lenses ground?")
    assert engine.manners[-1] == (True, Style(20, Length.SHORT))


def test_two_quick_changes_both_hold(page: Page, engine: Priced) -> None:
    settings(page)
    page.get_by_role("radio", name="30", exact=True).check(force=True)
    choose(page, "Long")
    to_chat(page)
    ask(page, "How are lenses ground?")
    assert engine.manners[-1] == (True, Style(30, Length.LONG))


def test_another_browser_has_settings_of_its_own(page: Page, browser: Browser, address: str, engine: Priced) -> None:
    settings(page)
    choose(page, "Long")
    other = browser.new_context().new_page()
    other.goto(address)
    ask(other, "How are lenses ground?")
    assert engine.manners[-1] == (True, USUAL)
    other.context.close()


def test_the_model_is_switched_off_here_or_on_top(page: Page, engine: Priced) -> None:
    settings(page)
    page.get_by_role("checkbox", name="Let the language model write").uncheck()
    to_chat(page)
    expect(page.get_by_role("checkbox", name="Language model", exact=True)).not_to_be_checked()
    ask(page, "How are lenses ground?")
    assert engine.manners[-1][0] is False
    page.get_by_role("checkbox", name="Language model", exact=True).check()
    settings(page)
    expect(page.get_by_role("checkbox", name="Let the language model write")).to_be_checked()


def test_the_model_is_told_and_what_it_cost_so_far(page: Page) -> None:
    settings(page)
    expect(page.locator("#writer dd")).to_have_text(
        ["scribe", "localhost:11434", "0.4 in, 1.6 out, per million tokens"]
    )
    expect(page.locator("#cost")).to_contain_text("Nothing so far.")
    to_chat(page)
    for question in ("How are lenses ground?", "And mirrors?"):
        ask(page, question)
    page.get_by_role("button", name="New conversation").click()
    settings(page)
    expect(page.locator("#cost")).to_contain_text("2,000 tokens in · 20 out")
    page.reload()
    settings(page)
    expect(page.locator("#cost")).to_contain_text("2,000 tokens in · 20 out")


def test_the_theme_is_dark_light_or_that_of_the_system_and_stays(page: Page) -> None:
    page.emulate_media(color_scheme="light")
    settings(page)
    body = page.locator("body")
    expect(body).not_to_have_class(re.compile(r"\bdark\b"))
    choose(page, "Dark")
    expect(body).to_have_class(re.compile(r"\bdark\b"))
    page.reload()
    expect(body).to_have_class(re.compile(r"\bdark\b"))
    settings(page)
    expect(page.get_by_role("radio", name="Dark", exact=True)).to_be_checked()
    choose(page, "Light")
    page.emulate_media(color_scheme="dark")
    expect(body).not_to_have_class(re.compile(r"\bdark\b"))
    choose(page, "As the system")
    expect(body).to_have_class(re.compile(r"\bdark\b"))
    page.emulate_media(color_scheme="light")
    expect(body).not_to_have_class(re.compile(r"\bdark\b"))


def test_a_phone_shows_them_without_scrolling_sideways(page: Page) -> None:
    page.set_viewport_size(PHONE)
    settings(page)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    expect(page.get_by_role("radio", name="As the system", exact=True)).to_be_visible()
