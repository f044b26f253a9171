"""The page with a language model: what it says of who writes, how a checked answer looks, and what stopping ends."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from test_page import CHROMIUM, browser, free_port

from ingest.settings import Settings
from rag.engine import Engine
from tests.model_endpoint import KEY, Handler, ModelEndpoint, delta, hang_after, serving
from tests.scripted_model import answer, cited, plan

__all__ = ["browser"]
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"needs a Chromium at {CHROMIUM}")
HOSTILE = "![x](http://leak.test/a.png) <img src=http://leak.test/b onerror=window.ran=1> [c](javascript:window.ran=1)"


KIVI = "How does KIVI quantize the KV cache?"
PLAN = plan(question=KIVI, papers=["KIVI"])
NAMED = "KIVI is a tuning-free 2bit KV cache quantization algorithm [[named KIVI]]."
FLUENT = answer(
    f"{NAMED} {HOSTILE} It saves 99x memory [[per-channel]]. Energy is not given [0].\n\n1. One thing [[named KIVI]]\n"
    "2. Another [[named KIVI]]\n>> How fast is KIVI?"
)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[ModelEndpoint]:
    with serving() as server:
        yield server


@pytest.fixture
def page(
    browser: Browser, endpoint: ModelEndpoint, indexed_home: Path, tmp_path: Path
) -> Iterator[tuple[Page, list[str]]]:
    from ui.serve import start

    settings = Settings(indexed_home, openai_api_key=KEY, openai_base_url=endpoint.url, model="scribe")
    served = start(lambda: Engine(settings), host="127.0.0.1", port=free_port(), folder=str(tmp_path))
    context = browser.new_context(viewport={"width": 1366, "height": 900})
    requests: list[str] = []
    context.on("request", lambda request: requests.append(request.url))
    opened = context.new_page()
    opened.set_default_timeout(20_000)
    opened.goto(served.url)
    expect(opened.locator("#chat .example").first).to_be_visible()
    yield opened, requests
    context.close()
    served.stop()
    assert [url for url in requests if not url.startswith((served.url, "data:", "blob:"))] == []


def ask(page: Page, question: str) -> None:
    page.locator("#box textarea").fill(question)
    page.locator("#box textarea").press("Enter")


def test_a_written_answer_shows_its_tally_its_doubts_its_cost_and_what_to_ask_next(
    page: tuple[Page, list[str]], endpoint: ModelEndpoint
) -> None:
    opened, _ = page
    endpoint.replies = [PLAN, FLUENT, PLAN, answer(NAMED)]
    expect(opened.locator("#mode")).to_contain_text("scribe at 127.0.0.1")
    ask(opened, KIVI)
    shown = opened.locator("#chat .answer:not(.draft)").first
    expect(shown.locator(".tally")).to_have_text("Figures and names checked in 2 of 3 sentences")
    expect(shown.locator("p").nth(1)).to_contain_text("(unverified: ")
    expect(shown.locator("ol li")).to_have_count(2)
    expect(shown.locator(".cost")).to_contain_text("tokens in")
    assert opened.evaluate("window.ran") is None
    assert opened.locator("#chat .answer img").count() == 0
    assert KEY not in opened.content()
    opened.locator("#follow .suggested", has_text="How fast is KIVI?").click()
    expect(opened.locator("#chat .cost").nth(1)).to_contain_text(re.compile(r"this conversation: [\d,]+ tokens"))
    asked = endpoint.asked[-2]["messages"][-1]["content"]
    assert "P1: KIVI: A Tuning-Free" in asked, "the answer on the page brought its papers"
    assert "last message: How fast is KIVI?" in asked
    shown.locator("button.cite").first.click()
    expect(opened.locator("#source mark").first).to_be_visible()


def test_an_answer_that_says_it_is_not_here_is_told_as_such(
    page: tuple[Page, list[str]], endpoint: ModelEndpoint
) -> None:
    opened, _ = page
    endpoint.replies = [PLAN, answer(f"Energy is not given [0]. {NAMED}")]
    ask(opened, "How much energy does KIVI save?")
    expect(opened.locator("#chat .answer.refused.close")).to_contain_text("Energy is not given")


def test_without_the_model_nothing_is_asked_of_it(page: tuple[Page, list[str]], endpoint: ModelEndpoint) -> None:
    opened, _ = page
    before = len(endpoint.asked)
    opened.locator("#pen input").uncheck()
    ask(opened, "How does KIVI quantize the KV cache?")
    expect(opened.locator("#chat .answer:not(.draft) .tally").last).to_contain_text("verified")
    assert len(endpoint.asked) == before


def test_stopping_ends_the_call_and_keeps_what_was_checked(
    page: tuple[Page, list[str]], endpoint: ModelEndpoint
) -> None:
    opened, _ = page

    def reply(handler: Handler) -> None:
        number = cited(handler, "named KIVI")
        hang_after(delta(f"KIVI is a tuning-free 2bit KV cache quantization algorithm [{number}]. And"))(handler)

    endpoint.replies = [PLAN, reply]
    endpoint.left.clear()
    ask(opened, "How does KIVI quantize the KV cache?")
    expect(opened.locator("#chat .answer.draft").last).to_contain_text("2bit KV cache")
    opened.locator("#box button.stop-button, #box [aria-label=Stop], #box button").last.click()
    expect(opened.locator("#chat .answer.cut").last).to_contain_text("2bit KV cache")
    assert endpoint.left.wait(2)
