"""The page in a real browser, against a stand-in engine: what a reader sees, and what must never happen."""

import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect, sync_playwright
from standin import HOSTILE, LENSES, StandIn

from ingest.errors import StoreError
from rag.style import Length, Style

CHROMIUM = Path("/usr/bin/chromium")
pytestmark = [
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"needs a Chromium at {CHROMIUM}"),
]
# What Gradio's client says by itself: with each upload whose progress it shows, and where a page is left while an event
# of it is still on its way.
OF_GRADIO = ("Method not implemented.", "AbortError: signal is aborted", "Unexpected error Connection errored out.")
expect.set_options(timeout=20_000)
PHONE = {"width": 360, "height": 740}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def engine() -> StandIn:
    return StandIn()


@pytest.fixture(scope="module")
def address(engine: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    from ui.serve import start  # Gradio takes seconds to import; a run without Chromium never needs it

    served = start(lambda: engine, host="127.0.0.1", port=free_port(), folder=str(tmp_path_factory.mktemp("gradio")))
    yield served.url
    served.stop()
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


def ask(page: Page, question: str) -> Locator:
    """Ask, wait for the checked answer, return it."""
    asked = page.locator("#chat .question").count()
    page.locator("#box textarea").fill(question)
    page.locator("#box textarea").press("Enter")
    expect(page.locator("#chat .question")).to_have_count(asked + 1)
    expect(page.locator("#chat .answer.draft")).to_have_count(0)
    expect(page.get_by_test_id("submit-button")).to_be_visible()
    return page.locator("#chat .answer").last


def test_a_question_gets_a_streamed_answer_whose_marks_are_named(page: Page) -> None:
    answer = ask(page, "How are lenses ground?")
    expect(page.locator("#chat .question")).to_have_text("How are lenses ground?")
    expect(answer.locator("strong")).to_have_text("Lenses.")
    expect(answer.get_by_role("button", name="Citation 2: Grinding Lenses by Candlelight")).to_be_visible()
    expect(answer.locator("button.cite.n3")).to_have_attribute("title", "They do so at 3 < 4 degrees.")
    expect(answer.locator("li").first).to_contain_text("Mirrors bend at 3 < 4 degrees.")


def test_the_mode_is_in_sight(page: Page) -> None:
    expect(page.locator("p.mode")).to_have_text(StandIn.mode)
    expect(page.locator("p.mode")).to_be_in_viewport()


def test_a_mark_opens_its_paper_with_the_sentence_marked_and_in_view(page: Page) -> None:
    ask(page, "How are lenses ground?").locator("button.cite.n2").click()
    source = page.locator("#source")
    expect(source.locator("mark.chosen")).to_have_text("A wet cloth halves the scratches.")
    expect(source.locator("mark.chosen")).to_be_in_viewport(ratio=1)
    expect(source.locator("h3 a")).to_have_attribute("href", LENSES.url)
    expect(source.locator(".authors")).to_have_text("Ada Lovelace, Jian Pei")
    expect(source.locator(".date")).to_have_text("28 July 2025")
    expect(source.locator(".abstract")).to_have_text(LENSES.abstract.strip())


def test_an_address_that_is_no_web_page_is_no_link(page: Page) -> None:
    ask(page, "How are lenses ground?").locator("button.cite.n3").click()
    expect(page.locator("#source h3")).to_have_text("Mirrors & <Light>")
    expect(page.locator("#source a")).to_have_count(0)


def test_marks_of_an_older_answer_go_on_opening_its_own_papers(page: Page) -> None:
    ask(page, "How are lenses ground?")
    ask(page, "Unknown things")
    page.locator("#chat .answer").first.locator("button.cite.n1").click()
    expect(page.locator("#source mark.chosen")).to_have_text("The candle lasts six hours.")


def test_a_refusal_is_calm_and_offers_the_closest_papers(page: Page) -> None:
    answer = ask(page, "Unknown things")
    expect(answer).to_have_class("answer refused absent")
    answer.get_by_role("button", name="Mirrors & <Light>").click()
    expect(page.locator("#source h3")).to_have_text("Mirrors & <Light>")


def test_an_answer_that_comes_close_quotes_the_nearest_sentence(page: Page) -> None:
    answer = ask(page, "Close to mirrors?")
    expect(answer.locator("> p").first).to_contain_text("No strong match in Mirrors & <Light>. The closest:")
    answer.locator("blockquote button.cite.n1").click()
    expect(page.locator("#source mark.chosen")).to_have_text("Mirrors bend light.")
    expect(answer.locator(".sources .heading")).to_have_text("The closest papers")
    expect(answer.locator(".sources .title")).to_have_text(["Mirrors & <Light>", "Grinding Lenses by Candlelight"])


def test_a_comparison_is_a_table_whose_marks_open_their_papers(page: Page) -> None:
    answer = ask(page, "Compare lenses, mirrors and cloth")
    expect(answer.get_by_role("table")).to_be_visible()
    expect(answer.get_by_role("columnheader", name="Mirrors & <Light>")).to_be_visible()
    expect(answer.get_by_role("rowheader")).to_have_text(["Idea", "Speed", "Batch size"])
    expect(answer.locator("td.silent")).to_have_count(4)
    answer.get_by_role("row", name="Speed").get_by_role("button", name="Citation 4: Grinding Lenses").click()
    expect(page.locator("#source mark.chosen")).to_have_text("The candle lasts six hours.")
    expect(answer.locator("p.note")).to_have_text("None of these abstracts speaks of batch size.")


def test_a_comparison_on_a_phone_is_a_card_for_each_aspect(page: Page) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    answer = ask(page, "Compare lenses, mirrors and cloth")
    expect(answer.locator("thead")).to_be_hidden()
    expect(answer.locator("td .whose").nth(1)).to_have_text("Mirrors & <Light>")
    expect(answer.locator("td .whose").nth(1)).to_be_visible()
    expect(answer.get_by_role("rowheader")).to_have_count(3)
    across = "[...document.querySelectorAll('#chat *')].every(e => e.getBoundingClientRect().right <= 360)"
    assert page.evaluate(across)
    assert page.evaluate("document.querySelector('#chat [role=log]').scrollWidth") <= PHONE["width"]
    answer.locator("td button.cite.n4").click()
    expect(page.locator("#source mark.chosen")).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize(
    ("form", "start"), [("Markdown", "|  | Lenses | Mirrors"), ("CSV", "aspect,"), ("LaTeX", "\\begin")]
)
def test_a_table_is_copied_in_the_form_asked_for(page: Page, address: str, form: str, start: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    answer = ask(page, "Compare lenses, mirrors and cloth")
    answer.get_by_role("button", name=form).click()
    expect(answer.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(start)
    assert "[4]" in copied
    expect(answer.get_by_role("button", name=form)).to_be_visible()


def test_a_table_is_copied_where_the_browser_gives_no_clipboard(page: Page) -> None:
    answer = ask(page, "Compare lenses, mirrors and cloth")
    page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    answer.get_by_role("button", name="CSV").click()
    expect(answer.get_by_role("button", name="Copied")).to_be_visible()
    page.locator("#box textarea").focus()
    page.keyboard.press("Control+v")
    expect(page.locator("#box textarea")).to_have_value(re.compile("^aspect,"))


def test_the_question_as_understood_can_be_edited_and_asked_again(page: Page, engine: StandIn) -> None:
    ask(page, "Compare them")
    ask(page, "How are lenses ground?")
    edit = page.locator("#chat .answer").first.get_by_role("button", name="edit")
    box = page.locator("#box textarea")
    box.fill("half a thought")
    edit.focus()
    edit.press("Enter")
    expect(box).to_be_focused()
    expect(box).to_have_value("How do Lenses, Mirrors and Cloth differ in speed and batch size?")
    box.press_sequentially(" Briefly.")
    box.press("Enter")
    expect(page.locator("#chat .question")).to_have_count(3)
    expect(page.locator("#chat .answer button.cite.n1")).to_have_count(3)
    assert engine.asked[-1][0] == "How do Lenses, Mirrors and Cloth differ in speed and batch size? Briefly."


def test_undo_brings_back_what_stood_in_the_box(page: Page) -> None:
    edit = ask(page, "Compare them").get_by_role("button", name="edit")
    box = page.locator("#box textarea")
    box.press_sequentially("half a thought")
    edit.click()
    box.press("Control+z")
    expect(box).to_have_value("half a thought")


def test_a_plain_question_offers_nothing_to_edit(page: Page) -> None:
    answer = ask(page, "How are lenses ground?")
    expect(answer.locator(".understood")).to_have_count(0)
    expect(answer.get_by_role("button", name="edit")).to_have_count(0)


@pytest.mark.parametrize(
    ("name", "style"),
    [
        ("Shorter", Style(length=Length.SHORT)),
        ("Longer", Style(length=Length.LONG)),
        ("As a table", Style(table=True)),
        ("Search all papers", Style(context=False)),
    ],
)
def test_an_answer_of_the_search_is_had_otherwise_by_a_click(
    page: Page, engine: StandIn, name: str, style: Style
) -> None:
    answer = ask(page, "Search lenses")
    before = len(engine.asked)
    expect(answer.locator(".understood")).to_contain_text("kept in mind: Mirrors")
    answer.get_by_role("button", name=name).click()
    for _ in range(300):
        if len(engine.asked) > before:
            break
        page.wait_for_timeout(50)
    expect(page.locator("#chat .answer:not(.draft)")).to_have_count(1)
    expect(page.locator("#chat .question")).to_have_text(["Search lenses"])
    assert engine.manners[-1] == (True, style)


def test_an_answer_that_a_model_wrote_has_no_such_buttons(page: Page) -> None:
    answer = ask(page, "How are lenses ground?")
    expect(answer.get_by_role("button", name="Copy", exact=True)).to_be_visible()
    expect(answer.get_by_role("button", name="Shorter")).to_have_count(0)


def test_a_survey_is_grouped_and_says_how_many_were_looked_at(page: Page) -> None:
    answer = ask(page, "Survey the lenses")
    expect(answer.get_by_role("heading", name="Cloths and mirrors")).to_be_visible()
    expect(answer.locator("li .lead")).to_have_text(["Grinding Lenses by Candlelight", "Cloth", "Mirrors & <Light>"])
    expect(answer.locator("p.note")).to_have_text("90 papers looked at, 3 fit.")


def test_the_table_of_an_earlier_answer_goes_back_to_the_engine(page: Page, engine: StandIn) -> None:
    ask(page, "Compare lenses, mirrors and cloth")
    ask(page, "And the weight?")
    earlier = engine.asked[-1][1][-1].answer
    assert earlier
    assert earlier.table
    assert earlier.table.names == ("Lenses", "Mirrors & <Light>", "Cloth")
    assert [row.aspect for row in earlier.table.rows] == ["idea", "speed", "batch size"]


def test_an_error_is_said_plainly_and_the_next_question_works(page: Page) -> None:
    expect(ask(page, "Fail please").locator("> p").first).to_have_text(
        "The model at localhost does not answer; run it, or ask without one."
    )
    expect(ask(page, "How are lenses ground?").locator("button.cite.n1")).to_be_visible()


def test_a_starter_is_asked_by_a_click(page: Page) -> None:
    page.get_by_text("How are lenses ground?").click()
    expect(page.locator("#chat .answer button.cite.n1")).to_be_visible()


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
    mark.focus()
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
    assert answered.content.split("\n") == [
        "**Lenses.** The candle lasts six hours. [1] A wet cloth helps. [2]",
        "",
        "- Mirrors bend at 3 < 4 degrees. [3]",
    ]


def test_of_a_question_over_4000_characters_the_page_shows_what_is_read_of_it(page: Page, engine: StandIn) -> None:
    asked = "lens\n" * 1_000
    ask(page, asked)
    assert engine.asked[-1][0] == " ".join(asked.split())
    expect(page.locator("#chat .question")).to_have_text(("lens " * 800).strip())


def test_stop_ends_the_engine_keeps_the_words_and_frees_the_box(page: Page, engine: StandIn) -> None:
    engine.closed.clear()
    page.locator("#box textarea").fill("Endless talk")
    page.locator("#box textarea").press("Enter")
    expect(page.locator("#chat .answer")).to_contain_text("and so on and so on")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#chat .answer.cut")).to_contain_text("Stopped here.")
    assert engine.closed.wait(5)
    expect(ask(page, "How are lenses ground?").locator("button.cite.n1")).to_be_visible()


def test_a_reader_who_leaves_ends_the_engine(browser: Browser, address: str, engine: StandIn) -> None:
    engine.closed.clear()
    leaving = browser.new_page()
    leaving.goto(address)
    leaving.locator("#box textarea").fill("Endless talk")
    leaving.locator("#box textarea").press("Enter")
    expect(leaving.locator("#chat .answer")).to_contain_text("and so on and so on")
    leaving.close()
    assert engine.closed.wait(5)


def test_a_new_conversation_forgets_the_old_one(page: Page, engine: StandIn) -> None:
    ask(page, "How are lenses ground?")
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator("#chat .question")).to_have_count(0)
    ask(page, "And mirrors?")
    assert engine.asked[-1][1] == ()


def test_two_readers_do_not_see_each_other(page: Page, browser: Browser, address: str, engine: StandIn) -> None:
    ask(page, "Lenses of mine?")
    other = browser.new_context().new_page()
    other.goto(address)
    ask(other, "Mirrors of mine?")
    assert engine.asked[-1] == ("Mirrors of mine?", ())
    expect(other.locator("#chat .question")).to_have_text(["Mirrors of mine?"])
    expect(page.locator("#chat .question")).to_have_text(["Lenses of mine?"])
    other.context.close()


def test_a_phone_scrolls_only_up_and_down_and_reaches_the_source(page: Page) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    mark = ask(page, "How are lenses ground?").locator("button.cite.n2")
    mark.click()
    expect(page.locator("#source mark.chosen")).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.evaluate("[...document.querySelectorAll('#chat, #source, #top')].every(e => e.scrollWidth <= 360)")
    page.get_by_role("button", name="Close").click()
    expect(page.locator("#source")).not_to_be_in_viewport()


@pytest.mark.parametrize("spot", range(1, len(HOSTILE) + 1))
def test_hostile_text_runs_nothing_and_fetches_nothing(page: Page, spot: int) -> None:
    answer = ask(page, f"Hostile {HOSTILE[spot - 1]}")
    answer.locator(f"button.cite.n{spot}").first.click()
    expect(page.locator("#source mark.chosen").first).to_be_visible()
    expect(answer.locator("table")).to_have_count(1)
    made = "script, img, svg:not(.iconify), iframe, form, input, style, video, math, a"
    for place in ("#chat .question", "#chat .answer", "#source .content", "#chat .examples"):
        assert page.locator(place).locator(made).count() == 0
    assert page.evaluate("window.ran") is None
    assert not re.search(r"[\x00-\x08\x1b\u202e]", page.locator("#chat").inner_text())


def test_the_page_is_served_before_the_engine_exists(browser: Browser, tmp_path: Path) -> None:
    from ui.serve import start

    made = threading.Event()

    def slow() -> StandIn:
        made.wait(20)
        return StandIn()

    served = start(slow, host="127.0.0.1", port=free_port(), folder=str(tmp_path))
    early = browser.new_page()
    early.goto(served.url)
    expect(early.locator("p.mode")).to_have_text("Opening the papers…")
    early.locator("#box textarea").fill("How are lenses ground?")
    early.locator("#box textarea").press("Enter")
    expect(early.locator("#chat .answer.waiting > p")).to_have_text("Opening the papers")
    made.set()
    expect(early.locator("#chat .answer button.cite.n1")).to_be_visible()
    expect(early.locator("p.mode")).to_have_text(StandIn.mode)
    early.close()
    served.stop()


def test_an_engine_that_cannot_be_made_is_said_plainly(browser: Browser, tmp_path: Path) -> None:
    from ui.serve import start

    def fail() -> StandIn:
        raise StoreError("The record at /papers is damaged; run paperchat ingest again.")

    served = start(fail, host="127.0.0.1", port=free_port(), folder=str(tmp_path))
    page = browser.new_page()
    page.goto(served.url)
    expect(page.locator("#chat")).to_contain_text("The record at /papers is damaged; run paperchat ingest again.")
    expect(ask(page, "How?").locator("> p").first).to_have_text(
        "The record at /papers is damaged; run paperchat ingest again."
    )
    page.close()
    served.stop()


@pytest.mark.parametrize("tab", ["Chat", "Library", "Map", "Import", "Settings"])
def test_at_twice_the_size_nothing_scrolls_sideways(page: Page, tab: str) -> None:
    page.set_viewport_size({"width": 1366 // 2, "height": 768 // 2})  # what a browser makes of a laptop at 200 %
    ask(page, "How are lenses ground?")
    page.get_by_role("tab", name=tab).click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 1366 // 2
