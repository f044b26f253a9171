"""Settings in a real browser: they hold from the next question on, stay in the browser, and reach no other."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, expect
from standin import StandIn, grounded
from test_page import address, browser, page, pytestmark
from test_page import ask as ask_here

from rag.llm.pieces import Usage
from rag.style import USUAL, Length, Style, Writing
from rag.types import Answer

__all__ = ["address", "browser", "page", "pytestmark"]
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


def to_settings(page: Page) -> None:
    page.get_by_role("tab", name="Settings").click()
    expect(page.locator("#writer dl")).to_be_visible()


def ask(page: Page, question: str = "How are lenses ground?") -> None:
    page.get_by_role("tab", name="Chat").click()
    ask_here(page, question)


def choose(page: Page, name: str) -> None:
    """Choose, and wait until the browser keeps it."""
    before = page.evaluate(KEPT)
    page.get_by_role("radio", name=name, exact=True).check(force=True)
    page.wait_for_function(f"before => {KEPT} !== before", arg=before)


def test_papers_and_length_hold_from_the_next_question_on_and_after_a_reload_in_this_browser_alone(
    page: Page, browser: Browser, address: str, engine: Priced
) -> None:
    ask(page)
    assert engine.manners[-1] == (True, USUAL)
    to_settings(page)
    page.get_by_role("radio", name="20", exact=True).check(force=True)
    choose(page, "Short")
    ask(page)
    assert engine.manners[-1] == (True, Style(20, Length.SHORT))
    page.reload()
    to_settings(page)
    expect(page.get_by_role("radio", name="20", exact=True)).to_be_checked()
    expect(page.get_by_role("radio", name="Short", exact=True)).to_be_checked()
    ask(page)
    assert engine.manners[-1] == (True, Style(20, Length.SHORT))
    with browser.new_page() as other:
        other.goto(address)
        ask(other)
        assert engine.manners[-1] == (True, USUAL)


def test_the_model_is_switched_off_here_or_on_top(page: Page, engine: Priced) -> None:
    to_settings(page)
    page.get_by_role("checkbox", name="Write answers with the language model").uncheck()
    ask(page)
    assert engine.manners[-1][0] is False
    page.get_by_role("checkbox", name="Language model", exact=True).check()
    to_settings(page)
    expect(page.get_by_role("checkbox", name="Write answers with the language model")).to_be_checked()


def test_the_model_is_told_and_what_it_cost_so_far(page: Page) -> None:
    to_settings(page)
    told = ["scribe", "localhost:11434", "0.4 in, 1.6 out, per million tokens"]
    expect(page.locator("#writer dd")).to_have_text(told)
    expect(page.locator("#cost")).to_contain_text("Nothing so far.")
    ask(page)
    ask(page, "And mirrors?")
    page.get_by_role("button", name="New conversation").click()
    page.reload()
    to_settings(page)
    expect(page.locator("#cost")).to_contain_text("2,000 tokens in · 20 out")


def test_the_theme_is_dark_light_or_that_of_the_system_and_stays(page: Page) -> None:
    dark, body = re.compile(r"\bdark\b"), page.locator("body")
    page.emulate_media(color_scheme="light")
    to_settings(page)
    expect(body).not_to_have_class(dark)
    choose(page, "Dark")
    page.reload()
    expect(body).to_have_class(dark)
    to_settings(page)
    page.emulate_media(color_scheme="dark")
    choose(page, "Light")
    expect(body).not_to_have_class(dark)
    choose(page, "System")
    expect(body).to_have_class(dark)
