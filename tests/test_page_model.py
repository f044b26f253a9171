"""The page with a language model: what it says of who writes, how a checked answer looks, and what stopping ends."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from test_page import ask, browser, check_inert, page, pytestmark, send, started

from ingest.settings import Settings
from rag.engine import Engine
from tests.model_endpoint import KEY, Handler, ModelEndpoint, delta, hang_after, serving
from tests.scripted_model import answer, check, cited, plan, stage

__all__ = ["browser", "page", "pytestmark"]
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


@pytest.fixture(scope="module")
def address(endpoint: ModelEndpoint, indexed_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    settings = Settings(indexed_home, openai_api_key=KEY, openai_base_url=endpoint.url, model="scribe")
    with started(lambda: Engine(settings), tmp_path_factory.mktemp("gradio")) as served:
        yield served.url


def test_a_written_answer_shows_its_tally_its_doubts_its_cost_and_what_to_ask_next(
    page: Page, endpoint: ModelEndpoint
) -> None:
    endpoint.replies = [PLAN, FLUENT, check(("One thing", "partly", "only one is", "")), PLAN, answer(NAMED)]
    expect(page.locator("#mode")).to_contain_text("scribe at 127.0.0.1")
    shown = ask(page, KIVI)
    expect(shown.locator(".tally")).to_have_text(re.compile(r"^Meaning checked: \d of 3 sentences supported"))
    shown.locator("summary.tally").click()
    expect(shown.locator(".checks li", has_text="partly, only one is")).to_be_visible()
    expect(shown.locator(".cite.doubt").first).to_be_visible()
    expect(shown.locator("p").nth(1)).to_contain_text("(unverified: ")
    expect(shown.locator("ol li")).to_have_count(2)
    expect(shown.locator(".cost")).to_contain_text("tokens in")
    check_inert(page, "#chat .answer")
    assert KEY not in page.content()
    page.locator("#follow .suggested", has_text="How fast is KIVI?").click()
    expect(page.locator("#chat .cost").nth(1)).to_contain_text(re.compile(r"this conversation: [\d,]+ tokens"))
    asked = next(a for a in endpoint.asked[3:] if stage(a) == "plan")["messages"][-1]["content"]
    assert "P1: KIVI: A Tuning-Free" in asked, "the answer on the page brought its papers"
    assert "last message: How fast is KIVI?" in asked


def test_without_the_model_nothing_is_asked_of_it(page: Page, endpoint: ModelEndpoint) -> None:
    before = len(endpoint.asked)
    page.locator("#pen input").uncheck()
    expect(ask(page, KIVI).locator(".tally")).to_have_count(0)
    assert len(endpoint.asked) == before


def test_stopping_ends_the_call_and_keeps_what_was_checked(page: Page, endpoint: ModelEndpoint) -> None:
    def reply(handler: Handler) -> None:
        number = cited(handler, "named KIVI")
        hang_after(delta(f"KIVI is a tuning-free 2bit KV cache quantization algorithm [{number}]. And"))(handler)

    endpoint.replies = [PLAN, reply]
    endpoint.left.clear()
    send(page, KIVI)
    expect(page.locator("#chat .answer.draft").last).to_contain_text("2bit KV cache")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#chat .answer.cut").last).to_contain_text("2bit KV cache")
    assert endpoint.left.wait(2)
