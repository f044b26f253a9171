"""The page in a real browser, against a stand-in engine: what a reader sees, and what must never happen."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect, sync_playwright
from standin import HOSTILE, LENSES, StandIn, grounded

from ingest.errors import StoreError
from rag.style import Length, Style

CHROMIUM = Path("/usr/bin/chromium")
pytestmark = [pytest.mark.skipif(not CHROMIUM.exists(), reason=f"needs a Chromium at {CHROMIUM}")]
# What Gradio's client says by itself: with each upload whose progress it shows, and where a page is left while an event
# of it is still on its way.
OF_GRADIO = ("Method not implemented.", "AbortError: ", "Unexpected error Connection errored out.")
expect.set_options(timeout=20_000)
PHONE = {"width": 360, "height": 740}
LAPTOP_AT_200 = {"width": 1366 // 2, "height": 768 // 2}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def engine() -> StandIn:
    return StandIn()


@contextmanager
def started(make_engine: Callable[[], Any], folder: Path, port: int | None = None) -> Iterator[Any]:
    """The page of an engine, served as long as the block runs."""
    from ui.serve import start  # Gradio takes seconds to import; a run without Chromium never needs it

    served = start(make_engine, host="127.0.0.1", port=port or free_port(), folder=str(folder))
    try:
        yield served
    finally:
        served.stop()


@pytest.fixture(scope="module")
def address(engine: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with started(lambda: engine, tmp_path_factory.mktemp("gradio")) as served:
        yield served.url
    assert engine.shut


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A reader's page; whatever a test does, no request leaves this machine and the console shows no error."""
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    requests: list[str] = []
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(OF_GRADIO):
            errors.append(message.text)

    context.on("request", lambda request: requests.append(request.url))
    context.on("console", note)
    page = context.new_page()
    page.on("pageerror", lambda error: str(error).startswith(OF_GRADIO) or errors.append(str(error)))
    page.set_default_timeout(15_000)
    page.goto(address)
    expect(page.locator("#chat .example").first).to_be_visible()
    yield page
    context.close()
    assert requests
    assert [url for url in requests if not url.startswith((address, "data:", "blob:"))] == []
    assert errors == []


def send(page: Page, question: str) -> None:
    page.locator("#box textarea").fill(question)
    page.locator("#box textarea").press("Enter")


def ask(page: Page, question: str) -> Locator:
    """Ask, wait for the checked answer, return it."""
    asked = page.locator("#chat .question").count()
    send(page, question)
    expect(page.locator("#chat .question")).to_have_count(asked + 1)
    expect(page.locator("#chat .answer.draft")).to_have_count(0)
    expect(page.get_by_test_id("submit-button")).to_be_visible()
    return page.locator("#chat .answer").last


def eventually(page: Page, holds: Callable[[], bool]) -> None:
    """Wait until something holds; the page's policy lets no test evaluate a condition in it."""
    for _ in range(100):
        if holds():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it never came to hold")


def ask_without_end(page: Page, engine: StandIn) -> None:
    """Ask what the engine goes on answering until it is stopped."""
    engine.closed.clear()
    send(page, "Endless talk")
    expect(page.locator("#chat .answer").last).to_contain_text("and so on and so on")


def check_fits(page: Page, *places: str) -> None:
    """Neither the page nor any of these places is wider than the window."""
    wide = "places => [...document.querySelectorAll(places)].filter(e => e.scrollWidth > innerWidth).map(e => e.id)"
    assert page.evaluate(wide, ", ".join(("html", *places))) == []


def check_inert(page: Page, *places: str, steering: str = r"[\x00-\x08\x1b\u202e]") -> None:
    """No text made anything of its own in these places, ran anything or hides a mark that steers what is shown."""
    made = ":is(script, img, svg, iframe, form, input, style, video, math, a):not(.iconify, .pick)"
    for place in places:
        assert page.locator(place).locator(made).count() == 0
        assert not re.search(steering, "".join(page.locator(place).all_inner_texts()))
    assert page.evaluate("window.ran") is None


def test_a_starter_gets_an_answer_whose_marks_open_their_paper_at_the_sentence(page: Page) -> None:
    page.get_by_text("How are lenses ground?").click()
    answer = page.locator("#chat .answer:not(.draft)")
    expect(answer.locator("strong")).to_have_text("Lenses.")
    expect(page.locator("#chat .question")).to_have_text("How are lenses ground?")
    answer.get_by_role("button", name="Citation 2: Grinding Lenses by Candlelight").click()
    source = page.locator("#source")
    expect(source.locator("mark.chosen")).to_have_text("A wet cloth halves the scratches.")
    expect(source.locator("mark.chosen")).to_be_in_viewport(ratio=1)
    expect(source.locator("h3 a")).to_have_attribute("href", LENSES.url)
    expect(source.locator(".abstract")).to_have_text(LENSES.abstract.strip())


def test_the_page_is_called_paperchat_also_where_no_script_runs(page: Page, address: str) -> None:
    with urlopen(address) as answer:
        html = answer.read().decode()
    assert re.findall(r"<meta[^>]*(?:og|twitter):[^>]*>", html) == ['<meta property="og:title" content="paperchat" />']
    assert html.index("<title>paperchat</title>") < html.index("<script")
    expect(page).to_have_title("paperchat")


def test_a_refusal_is_calm_and_offers_the_closest_papers(page: Page) -> None:
    answer = ask(page, "Unknown things")
    expect(answer).to_have_class("answer refused absent")
    answer.get_by_role("button", name="Mirrors & <Light>").click()
    expect(page.locator("#source h3")).to_have_text("Mirrors & <Light>")


def test_a_comparison_is_a_table_whose_marks_open_their_papers_and_which_can_be_copied(
    page: Page, address: str
) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    answer = ask(page, "Compare lenses, mirrors and cloth")
    expect(answer.get_by_role("rowheader")).to_have_text(["Idea", "Speed", "Batch size"])
    expect(answer.locator("p.note")).to_have_text("None of these abstracts speaks of batch size.")
    answer.get_by_role("row", name="Speed").get_by_role("button", name="Citation 4: Grinding Lenses").click()
    expect(page.locator("#source mark.chosen")).to_have_text("The candle lasts six hours.")
    for form, start in (("Markdown", "|  | Lenses | Mirrors"), ("LaTeX", "\\begin")):
        answer.get_by_role("button", name=form).click()
        expect(answer.get_by_role("button", name="Copied")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()").startswith(start)
        expect(answer.get_by_role("button", name=form)).to_be_visible()
    page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    answer.get_by_role("button", name="CSV").click()
    expect(answer.get_by_role("button", name="Copied")).to_be_visible()
    page.locator("#box textarea").press("Control+v")
    expect(page.locator("#box textarea")).to_have_value(re.compile("^aspect,"))


def test_a_phone_has_a_card_for_each_aspect_and_reaches_the_source_and_the_conversations(page: Page) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    answer = ask(page, "Compare lenses, mirrors and cloth")
    expect(answer.locator("thead")).to_be_hidden()
    expect(answer.locator("td .whose").nth(1)).to_be_visible()
    assert page.evaluate("[...document.querySelectorAll('#chat *')].every(e => e.getBoundingClientRect().right <= 360)")
    answer.locator("td button.cite.n4").click()
    expect(page.locator("#source mark.chosen")).to_be_in_viewport(ratio=1)
    check_fits(page, "#chat", "#source", "#top")
    page.get_by_role("button", name="Close").click()
    expect(page.locator("#source")).not_to_be_in_viewport()
    page.get_by_role("button", name="History").click()
    expect(page.locator("#talks .name")).to_be_in_viewport()
    check_fits(page)
    page.keyboard.press("Escape")
    expect(page.locator("#talks")).to_be_hidden()


def test_the_question_as_understood_can_be_edited_and_asked_again(page: Page, engine: StandIn) -> None:
    edit = ask(page, "Compare them").get_by_role("button", name="Edit", exact=True)
    understood = "How do Lenses, Mirrors and Cloth differ in speed and batch size?"
    box = page.locator("#box textarea")
    box.press_sequentially("half a thought")
    edit.click()
    expect(box).to_have_value(understood)
    box.press("Control+z")
    expect(box).to_have_value("half a thought")
    edit.press("Enter")
    expect(box).to_be_focused()
    box.press("Enter")
    expect(page.locator("#chat .answer:not(.draft)")).to_have_count(2)
    assert engine.asked[-1][0] == understood


def test_an_answer_of_the_search_is_had_otherwise_by_a_click(page: Page, engine: StandIn) -> None:
    for name, style in (("Shorter", Style(length=Length.SHORT)), ("Search all papers", Style(context=False))):
        answer = ask(page, "Search lenses")
        asked = len(engine.asked)
        answer.get_by_role("button", name=name).click()
        eventually(page, lambda asked=asked: len(engine.asked) > asked)
        expect(page.get_by_test_id("submit-button")).to_be_visible()
        assert engine.manners[-1] == (True, style)
    expect(page.locator("#chat .question")).to_have_text(["Search lenses", "Search lenses"])
    expect(ask(page, "How are lenses ground?").get_by_role("button", name="Shorter")).to_have_count(0)


def test_an_error_is_said_plainly_and_the_next_question_works(page: Page) -> None:
    expect(ask(page, "Fail please").locator("> p").first).to_contain_text("The model at localhost does not answer;")
    expect(ask(page, "How are lenses ground?").locator("button.cite.n1")).to_be_visible()


def test_enter_sends_and_shift_enter_breaks_the_line(page: Page, engine: StandIn) -> None:
    box = page.locator("#box textarea")
    box.press_sequentially("Two")
    box.press("Shift+Enter")
    box.press_sequentially("lines")
    expect(box).to_have_value("Two\nlines")
    expect(page.locator("#chat .question")).to_have_count(0)
    box.press("Enter")
    expect(page.locator("#chat .answer button.cite.n1")).to_be_visible()
    expect(box).to_have_value("")
    assert engine.asked[-1][0] == "Two lines"


def test_the_keyboard_alone_opens_a_source_and_comes_back(page: Page) -> None:
    mark = ask(page, "How are lenses ground?").locator("button.cite.n2")
    mark.press("Enter")
    expect(page.locator("#source .sheet")).to_be_focused()
    expect(page.locator("#source mark.chosen")).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(page.locator("#source mark")).to_have_count(0)
    expect(mark).to_be_focused()


def test_a_follow_up_brings_the_conversation_as_plain_words(page: Page, engine: StandIn) -> None:
    ask(page, "How are *lenses* <ground>?")
    ask(page, "And mirrors?")
    (asked, answered) = engine.asked[-1][1]
    assert (asked.role, asked.content) == ("user", "How are *lenses* <ground>?")
    assert answered.role == "assistant"
    assert answered.content == grounded("").text


@pytest.mark.parametrize("by_key", [False, True], ids=["button", "Escape"])
def test_stop_ends_the_engine_keeps_the_words_and_frees_the_box(page: Page, engine: StandIn, by_key: bool) -> None:
    ask_without_end(page, engine)
    page.keyboard.press("Escape") if by_key else page.get_by_role("button", name="Stop").click()
    expect(page.locator("#chat .answer.cut")).to_contain_text("and so on")
    expect(page.locator("#chat .answer.cut")).to_contain_text("Stopped here.")
    assert engine.closed.wait(5)
    expect(ask(page, "How are lenses ground?").locator("button.cite.n1")).to_be_visible()


def test_a_reader_who_leaves_ends_the_engine(browser: Browser, address: str, engine: StandIn) -> None:
    leaving = browser.new_page()
    leaving.goto(address)
    ask_without_end(leaving, engine)
    leaving.close()
    assert engine.closed.wait(5)


def test_two_readers_do_not_see_each_other(page: Page, browser: Browser, address: str, engine: StandIn) -> None:
    ask(page, "Lenses of mine?")
    with browser.new_context() as context:
        other = context.new_page()
        other.goto(address)
        ask(other, "Mirrors of mine?")
        assert engine.asked[-1] == ("Mirrors of mine?", ())
        expect(other.locator("#chat .question")).to_have_text(["Mirrors of mine?"])
    expect(page.locator("#chat .question")).to_have_text(["Lenses of mine?"])


@pytest.mark.parametrize("spot", range(1, len(HOSTILE) + 1))
def test_hostile_text_runs_nothing_and_fetches_nothing(page: Page, spot: int) -> None:
    answer = ask(page, f"Hostile {HOSTILE[spot - 1]}")
    answer.locator(f"button.cite.n{spot}").first.click()
    expect(page.locator("#source mark.chosen").first).to_be_visible()
    expect(answer.locator("table")).to_have_count(1)
    check_inert(page, "#chat .question", "#chat .answer", "#source .content", "#chat .examples")


def test_the_page_is_served_before_the_engine_exists(browser: Browser, tmp_path: Path) -> None:
    made = threading.Event()

    def slow() -> StandIn:
        made.wait(20)
        return StandIn()

    with started(slow, tmp_path) as served, browser.new_page() as early:
        early.goto(served.url)
        expect(early.locator("p.mode")).to_have_text("Loading papers…")
        send(early, "How are lenses ground?")
        expect(early.locator("#chat .answer.waiting > p")).to_have_text("Loading papers")
        made.set()
        expect(early.locator("#chat .answer button.cite.n1")).to_be_visible()
        expect(early.locator("p.mode")).to_have_text(StandIn.mode)
        expect(early.locator("p.mode")).to_be_in_viewport()


def test_an_engine_that_cannot_be_made_is_said_plainly(browser: Browser, tmp_path: Path) -> None:
    words = "The record at /papers is damaged; run paperchat ingest again."

    def fail() -> StandIn:
        raise StoreError(words)

    with started(fail, tmp_path) as served, browser.new_page() as page:
        page.goto(served.url)
        expect(page.locator("#chat")).to_contain_text(words)
        expect(ask(page, "How?").locator("> p").first).to_have_text(words)


@pytest.mark.parametrize("size", [PHONE, LAPTOP_AT_200], ids=["phone", "laptop at 200 %"])
def test_no_tab_scrolls_sideways(page: Page, size: Any) -> None:
    page.set_viewport_size(size)
    ask(page, "How are lenses ground?")
    for tab in ("Chat", "Library", "Map", "Import", "Settings"):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")
        check_fits(page)


def box_of(page: Page, place: str) -> Any:
    """Where the last of these places stands on the page."""
    return page.locator(place).last.bounding_box()


def below_top(page: Page, place: str) -> float:
    """Pixels from the top of the chat's view down to the last of these places."""
    view, shown = (box_of(page, one) for one in ("#chat [role=log]", place))
    return shown["y"] - view["y"]


def check_on_top(page: Page, question: str) -> None:
    """This question stands at the top of the chat's view, also once everything has come to rest."""
    expect(page.locator("#chat .question").last).to_have_text(question)
    page.wait_for_timeout(400)
    assert abs(below_top(page, "#chat .question")) <= 2
    expect(page.locator("#chat .question").last).to_be_in_viewport(ratio=0.9)


@pytest.mark.parametrize("size", [{"width": 1440, "height": 900}, {"width": 390, "height": 700}, LAPTOP_AT_200])
def test_the_last_question_stands_on_top_of_its_answer_and_again_after_a_reload(page: Page, size: Any) -> None:
    page.set_viewport_size(size)
    for question in ("How are lenses ground?", "Compare lenses, mirrors and cloth", "Hostile papers", "Unknown things"):
        ask(page, question)
        check_on_top(page, question)
    page.get_by_role("tab", name="Library").click()
    page.get_by_role("tab", name="Chat").click()
    check_on_top(page, "Unknown things")
    page.reload()
    check_on_top(page, "Unknown things")
    page.set_viewport_size({"width": 800, "height": 600})
    check_on_top(page, "Unknown things")


def test_a_question_stays_on_top_while_its_answer_grows_and_a_reader_who_scrolls_is_left_alone(
    page: Page, engine: StandIn
) -> None:
    ask(page, "Hostile papers")
    ask_without_end(page, engine)
    check_on_top(page, "Endless talk")
    page.mouse.move(700, 400)  # not by hover, which would scroll to the middle of what grows
    page.mouse.wheel(0, -300)
    eventually(page, lambda: below_top(page, "#chat .question") > 250)
    left = below_top(page, "#chat .question")
    page.set_viewport_size({"width": 1366, "height": 700})  # which changes the size of what is shown too
    page.wait_for_timeout(600)
    assert below_top(page, "#chat .question") == left
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#chat .answer.cut")).to_be_visible()
    assert below_top(page, "#chat .question") == left


def test_another_conversation_opens_at_its_last_question_without_the_source_of_the_one_before(page: Page) -> None:
    ask(page, "Hostile papers")
    ask(page, "How are lenses ground?")
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator("#chat .question")).to_have_count(0)
    ask(page, "Compare lenses, mirrors and cloth").locator("button.cite").first.click()
    expect(page.locator("#source mark.chosen")).to_be_in_viewport()
    page.locator("#talks .open").last.click()
    check_on_top(page, "How are lenses ground?")
    expect(page.locator("#source")).to_be_hidden()


def test_a_source_takes_no_room_until_one_is_chosen_and_the_mark_stays_where_it_was(page: Page) -> None:
    page.set_viewport_size({"width": 1440, "height": 480})
    expect(page.locator("#source")).to_be_hidden()
    ask(page, "Hostile papers")
    wide = box_of(page, "#talk")["width"]
    mark = ask(page, "Compare lenses, mirrors and cloth").locator("td button.cite").last
    before = below_top(page, "#chat td button.cite")
    mark.press("Enter")
    expect(page.locator("#source .sheet")).to_be_focused()
    assert box_of(page, "#talk")["width"] < wide
    page.wait_for_timeout(200)
    assert abs(below_top(page, "#chat td button.cite") - before) <= 4
    page.keyboard.press("Escape")
    expect(page.locator("#source")).to_be_hidden()
    expect(mark).to_be_focused()
    page.wait_for_timeout(200)
    assert abs(below_top(page, "#chat td button.cite") - before) <= 4


def test_a_phone_has_a_header_of_64_pixels_and_reads_there_who_writes(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 700})
    assert box_of(page, "#tab-chat")["y"] <= 64
    for name in ("History", "New conversation"):
        expect(page.get_by_role("button", name=name)).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("tab", name="Settings")).to_be_in_viewport(ratio=1)
    page.locator("p.mode").hover()
    expect(page.locator("p.mode")).to_have_css("font-size", "14px")
    check_fits(page, "#top")


def test_a_table_that_is_too_wide_scrolls_in_its_own_box(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 700})
    table = ask(page, "Hostile papers").locator("table")
    page.add_style_tag(content="#chat td, #chat td * { white-space: nowrap !important; }")
    assert table.evaluate("e => e.scrollWidth > e.clientWidth && getComputedStyle(e).overflowX") == "auto"
    assert page.locator("#chat [role=log]").evaluate("e => e.scrollWidth <= e.clientWidth")
    check_fits(page)
