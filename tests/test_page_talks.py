"""What the chat keeps and offers, in a real browser: conversations, exports, votes, follow-ups, keys."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from standin import HOSTILE, LENSES, StandIn
from test_page import CHROMIUM, PHONE, address, ask, browser, engine, free_port, page

__all__ = ["address", "browser", "engine", "page"]
pytestmark = [pytest.mark.skipif(not CHROMIUM.exists(), reason=f"needs a Chromium at {CHROMIUM}")]


def titles(page: Page) -> Any:
    return page.locator("#talks .name")


def kept(page: Page) -> list[dict[str, Any]]:
    """The conversations in the browser, the latest first."""
    found: list[dict[str, Any]] = page.evaluate("(paperchat.kept.sync(), paperchat.kept.all())")
    return found


def eventually(page: Page, holds: Callable[[], bool]) -> None:
    """Wait until something holds; the page's policy lets no test evaluate a condition in it."""
    for _ in range(100):
        if holds():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it never came to hold")


def forge(page: Page, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the latest conversation behind the page's back."""
    talk = kept(page)[0]
    change(talk)
    page.evaluate("talk => paperchat.kept.put(talk)", talk)


def reload(page: Page) -> None:
    """Leave and come back once nothing is under way: Gradio tells the console of a stream that was left."""
    if page.locator("#chat .answer:not(.refused, .cut)").count():
        expect(page.locator("#follow .suggested").first).to_be_visible()
    page.wait_for_timeout(200)
    page.reload()


def act(page: Page, title: str, *actions: str) -> None:
    """Unfold the actions of a conversation and click through some."""
    more = page.get_by_role("button", name=f"Actions for {title}")
    if more.get_attribute("aria-expanded") != "true":
        more.click()
    for action in actions:
        page.locator("#talks .choices").get_by_role("button", name=action, exact=True).click()


def exported(page: Page, title: str, form: str) -> tuple[str, str]:
    """The name of the file that an export gives, and its text."""
    with page.expect_download() as download:
        act(page, title, form)
    return download.value.suggested_filename, Path(download.value.path()).read_text("utf-8")


# -- kept -------------------------------------------------------------------------------------------------------------


def test_a_reload_shows_the_conversation_again_and_its_marks_open(page: Page, engine: StandIn) -> None:
    ask(page, "How are lenses ground?")
    ask(page, "Compare lenses, mirrors and cloth")
    before = page.locator("#chat .answer").first.inner_text()
    reload(page)
    expect(page.locator("#chat .answer")).to_have_count(2)
    assert page.locator("#chat .answer").first.inner_text() == before
    expect(page.get_by_role("table")).to_be_visible()
    expect(page.locator("#follow .suggested").first).to_be_visible()
    page.locator("#chat .answer").first.locator("button.cite.n2").click()
    expect(page.locator("#source mark.chosen")).to_have_text("A wet cloth halves the scratches.")
    ask(page, "And mirrors?")
    assert [turn.content for turn in engine.asked[-1][1] if turn.role == "user"] == [
        "How are lenses ground?",
        "Compare lenses, mirrors and cloth",
    ]
    assert len(kept(page)) == 1
    assert len(kept(page)[0]["turns"]) == 3


def test_a_restart_of_the_server_loses_nothing(browser: Browser, tmp_path: Path) -> None:
    from ui.serve import start

    port = free_port()
    first = start(StandIn, host="127.0.0.1", port=port, folder=str(tmp_path))
    page = browser.new_page()
    page.goto(first.url)
    ask(page, "How are lenses ground?")
    first.stop()
    page.locator("#box textarea").fill("half a thought")
    second = start(StandIn, host="127.0.0.1", port=port, folder=str(tmp_path))
    page.reload()
    expect(page.locator("#box textarea")).to_have_value("half a thought")
    expect(page.locator("#chat .question")).to_have_text(["How are lenses ground?"])
    ask(page, "And mirrors?")
    expect(page.locator("#chat .answer button.cite.n1")).to_have_count(2)
    page.close()
    second.stop()


def test_a_new_conversation_is_listed_beside_the_old_one_which_opens_again(page: Page, engine: StandIn) -> None:
    ask(page, "How are lenses ground?")
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator("#chat .question")).to_have_count(0)
    ask(page, "Survey the lenses")
    expect(titles(page)).to_have_text(["Survey the lenses", "How are lenses ground?"])
    expect(page.locator("#talks [aria-current]")).to_have_text(re.compile("^Survey the lenses"))
    titles(page).last.click()
    expect(page.locator("#chat .question")).to_have_text(["How are lenses ground?"])
    expect(page.locator("#talks [aria-current]")).to_have_text(re.compile("^How are lenses ground"))
    ask(page, "And mirrors?")
    assert engine.asked[-1][1][0].content == "How are lenses ground?"
    assert [len(talk["turns"]) for talk in kept(page)] == [2, 1]


def test_a_new_conversation_stays_new_after_a_reload(page: Page) -> None:
    ask(page, "How are lenses ground?")
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator("#chat .question")).to_have_count(0)
    kept(page)
    reload(page)
    expect(page.locator("#chat .example").first).to_be_visible()
    expect(titles(page)).to_have_text(["How are lenses ground?"])
    expect(page.locator("#chat .question")).to_have_count(0)


def test_a_deleted_conversation_that_is_still_on_the_page_is_not_kept_again(page: Page) -> None:
    ask(page, "How are lenses ground?")
    kept(page)
    page.evaluate("void paperchat.kept.remove(paperchat.kept.current())")
    assert kept(page) == []


def test_a_conversation_is_renamed(page: Page) -> None:
    ask(page, "How are lenses ground?")
    act(page, "How are lenses ground?", "Rename")
    page.get_by_role("textbox", name="Title").fill("Glass <b>")
    page.keyboard.press("Enter")
    expect(titles(page)).to_have_text(["Glass <b>"])
    ask(page, "And mirrors?")
    reload(page)
    expect(titles(page)).to_have_text(["Glass <b>"])


def test_conversations_are_searched_by_title_question_and_answer(page: Page) -> None:
    for question in ("How are lenses ground?", "Survey the owls"):
        ask(page, question)
        page.get_by_role("button", name="New conversation").click()
        expect(page.locator("#chat .question")).to_have_count(0)
    field = page.get_by_role("searchbox", name="Search conversations")
    for words, found in (
        ("OWLS", ["Survey the owls"]),
        ("candle six", ["How are lenses ground?"]),
        ("", ["Survey the owls", "How are lenses ground?"]),
        ("nowhere", []),
    ):
        field.fill(words)
        expect(titles(page)).to_have_text(found)
    expect(page.locator("#talks li")).to_have_text("No conversation has these words.")


def test_a_deleted_conversation_can_be_brought_back(page: Page) -> None:
    ask(page, "How are lenses ground?")
    act(page, "How are lenses ground?", "Delete")
    expect(page.locator("#chat .question")).to_have_count(0)
    expect(titles(page)).to_have_count(0)
    expect(page.locator("#talks [role=status]")).to_contain_text("Deleted “How are lenses ground?”.")
    page.get_by_role("button", name="Undo").click()
    titles(page).click()
    expect(page.locator("#chat .question")).to_have_text(["How are lenses ground?"])
    act(page, "How are lenses ground?", "Delete")
    expect(page.locator("#chat .question")).to_have_count(0)
    reload(page)
    expect(page.locator("#chat .example").first).to_be_visible()
    expect(titles(page)).to_have_count(0)


def test_a_page_that_is_left_in_the_middle_keeps_what_had_come(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(address)
    page.locator("#box textarea").fill("Endless talk")
    page.locator("#box textarea").press("Enter")
    expect(page.locator("#chat .answer")).to_contain_text("and so on and so on")
    page.reload()
    cut = page.locator("#chat .answer.cut")
    expect(cut).to_contain_text("and so on")
    expect(cut.locator(".note")).to_have_text("The page was left before this was answered. Ask again.")
    expect(page.locator("#chat .question")).to_have_text(["Endless talk"])
    page.close()


def test_two_windows_on_one_conversation_lose_no_question_of_each_other(page: Page, address: str) -> None:
    ask(page, "How are lenses ground?")
    expect(titles(page)).to_have_count(1)
    other = page.context.new_page()
    other.goto(address)
    titles(other).click()
    expect(other.locator("#chat .question")).to_have_count(1)
    ask(other, "Survey the lenses")
    ask(page, "And mirrors?")
    eventually(page, lambda: len(kept(page)[0]["turns"]) == 3)
    asked = [turn["question"] for turn in kept(page)[0]["turns"]]
    assert sorted(asked) == ["And mirrors?", "How are lenses ground?", "Survey the lenses"]
    other.close()


def test_the_oldest_conversation_goes_where_there_is_no_room_and_it_is_said(page: Page) -> None:
    for year, name in enumerate(("old", "mid", "new"), start=2020):
        turn = {"id": "x", "talk": name, "after": "", "question": "q" * 1_333_000, "answer": None}
        talk = {"id": name, "title": name, "changed": str(year), "turns": [turn]}
        page.evaluate("([key, raw]) => localStorage.setItem(key, raw)", [f"paperchat.talk.{name}", json.dumps(talk)])
    ask(page, "How are lenses ground?")
    expect(titles(page)).to_have_text(["How are lenses ground?", "new", "mid"])
    expect(page.locator("#talks [role=status]")).to_have_text("To make room, the oldest was dropped: “old”.")


def test_a_conversation_that_grew_too_long_drops_its_oldest_questions_and_says_so(page: Page) -> None:
    ask(page, "How are lenses ground?")

    def lengthen(talk: dict[str, Any]) -> None:
        talk["turns"].insert(0, talk["turns"][0] | {"id": "x", "question": "q" * 1_000_000})

    forge(page, lengthen)
    expect(page.locator("#talks [role=status]")).to_contain_text("its oldest questions were dropped")
    assert [turn["question"] for turn in kept(page)[0]["turns"]] == ["How are lenses ground?"]


@pytest.mark.parametrize("raw", ["{", '{"id": "x", "turns": 5}', "null", '"<img src=x onerror=window.ran=1>"'])
def test_damaged_storage_is_passed_over_and_left(page: Page, raw: str) -> None:
    page.evaluate("raw => localStorage.setItem('paperchat.talk.x', raw)", raw)
    reload(page)
    ask(page, "How are lenses ground?")
    expect(titles(page)).to_have_text(["How are lenses ground?"])
    assert page.evaluate("localStorage.getItem('paperchat.talk.x')") == raw


@pytest.mark.parametrize("text", HOSTILE)
def test_forged_storage_runs_nothing_and_fetches_nothing(page: Page, text: str) -> None:
    ask(page, f"Hostile {text}")

    def spoil(value: Any) -> Any:
        if isinstance(value, list):
            return list(map(spoil, value))
        if isinstance(value, dict):
            return {key: inner if key in ("verdict", "outcome") else spoil(inner) for key, inner in value.items()}
        return text + value if isinstance(value, str) else value

    def change(talk: dict[str, Any]) -> None:
        talk |= {"title": text, "named": True}
        turn = talk["turns"][0]
        turn |= {"question": spoil(turn["question"]), "answer": spoil(turn["answer"])}

    forge(page, change)
    reload(page)
    expect(page.locator("#chat .answer")).to_have_count(1)
    page.locator("#chat .answer button.cite").first.click()
    made = "script, img, svg:not(.iconify), iframe, form, input, style, video, math, a"
    for place in ("#chat .question", "#chat .answer", "#source .content", "#talks ul", "#follow"):
        assert page.locator(place).locator(made).count() == 0
    assert page.evaluate("window.ran") is None


def test_what_cannot_be_read_is_said_plainly(page: Page) -> None:
    ask(page, "How are lenses ground?")

    def spoil(talk: dict[str, Any]) -> None:
        talk |= {"id": "bad", "title": "Bad"}
        talk["turns"][0] |= {"talk": "bad", "answer": 5}

    forge(page, spoil)
    page.get_by_role("button", name=re.compile("^Bad")).click()
    expect(page.locator("#notice")).to_have_text(
        "This conversation cannot be shown. The file, turns 1, answer is no JSON object."
    )
    expect(page.locator("#chat .question")).to_have_text(["How are lenses ground?"])


def test_on_a_phone_the_conversations_are_a_drawer(page: Page) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    ask(page, "How are lenses ground?")
    expect(page.locator("#talks")).to_be_hidden()
    toggle = page.get_by_role("button", name="History")
    toggle.click()
    expect(toggle).to_have_attribute("aria-expanded", "true")
    expect(titles(page)).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.keyboard.press("Escape")
    expect(page.locator("#talks")).to_be_hidden()
    expect(toggle).to_be_focused()
    toggle.click()
    titles(page).click()
    expect(page.locator("#talks")).to_be_hidden()
    expect(page.locator("#chat .question")).to_have_count(1)


# -- exports ----------------------------------------------------------------------------------------------------------


def test_a_conversation_is_exported_as_markdown_bibtex_and_json(page: Page) -> None:
    ask(page, "How are lenses ground?")
    name, text = exported(page, "How are lenses ground?", "Markdown")
    assert name == "how-are-lenses-ground.md"
    assert text.startswith("# How are lenses ground?\n\n## How are lenses ground?\n\n**Lenses.** The candle lasts")
    assert (
        "- [2] “A wet cloth halves the scratches.” *Grinding Lenses by Candlelight* Ada Lovelace et al., 2025." in text
    )
    name, text = exported(page, "How are lenses ground?", "BibTeX")
    assert name == "how-are-lenses-ground.bib"
    assert text.startswith("@misc{lovelace2025grinding,\n  title = {Grinding Lenses by Candlelight},\n")
    name, text = exported(page, "How are lenses ground?", "JSON")
    assert name == "how-are-lenses-ground.json"
    citation = json.loads(text)["turns"][0]["answer"]["citations"][0]
    assert citation["quote"] == "The candle lasts six hours."
    assert citation["paper_id"] == LENSES.id


def test_an_exported_conversation_is_imported_again(page: Page, tmp_path: Path) -> None:
    ask(page, "How are lenses ground?")
    ask(page, "Compare lenses, mirrors and cloth")
    _, text = exported(page, "How are lenses ground?", "JSON")
    act(page, "How are lenses ground?", "Delete")
    expect(page.locator("#chat .question")).to_have_count(0)
    (tmp_path / "talk.json").write_text(text, "utf-8")
    page.locator("#talks input[type=file]").set_input_files(tmp_path / "talk.json")
    expect(page.locator("#chat .question")).to_have_text(
        ["How are lenses ground?", "Compare lenses, mirrors and cloth"]
    )
    expect(titles(page)).to_have_text(["How are lenses ground?"])
    page.locator("#chat button.cite.n2").first.click()
    expect(page.locator("#source mark.chosen")).to_have_text("A wet cloth halves the scratches.")
    reload(page)
    expect(page.locator("#chat .question")).to_have_count(2)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "The file is no JSON, or is cut off; export the conversation again."),
        ('{"a": 1}', "The file is JSON, but no conversation that paperchat exported."),
        ("\x00\xff" * 9, "The file is no JSON, or is cut off; export the conversation again."),
        ("x" * 1_600_000, "A conversation has at most 1,500,000 bytes; this file has more."),
    ],
)
def test_a_damaged_file_is_refused_in_a_plain_sentence(page: Page, tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "talk.json").write_text(text, "utf-8")
    page.locator("#talks input[type=file]").set_input_files(tmp_path / "talk.json")
    expect(page.locator("#talks [role=status]")).to_have_text(words)
    assert kept(page) == []


# -- what an answer offers --------------------------------------------------------------------------------------------


def test_a_question_asked_again_takes_the_place_of_its_answer(page: Page, engine: StandIn) -> None:
    ask(page, "How are lenses ground?")
    answer = ask(page, "And mirrors?")
    before = len(engine.asked)
    page.locator("#box textarea").fill("half a thought")
    answer.get_by_role("button", name="Ask again").click()
    eventually(page, lambda: len(engine.asked) == before + 1)
    expect(page.locator("#chat .answer.draft")).to_have_count(0)
    expect(page.locator("#chat .question")).to_have_text(["How are lenses ground?", "And mirrors?"])
    assert [turn["question"] for turn in kept(page)[0]["turns"]] == ["How are lenses ground?", "And mirrors?"]
    assert engine.asked[-1] == engine.asked[-2]
    expect(page.locator("#box textarea")).to_have_value("half a thought")


def test_an_earlier_question_is_changed_and_what_followed_it_goes(page: Page, engine: StandIn) -> None:
    ask(page, "How are lenses ground?")
    ask(page, "And mirrors?")
    page.locator("#chat .answer").first.get_by_role("button", name="Change question").click()
    field = page.get_by_role("textbox", name="Your question, changed")
    expect(field).to_be_focused()
    expect(field).to_have_value("How are lenses ground?")
    field.press("Escape")
    expect(page.locator("#chat .question").first).to_be_visible()
    page.locator("#chat .answer").first.get_by_role("button", name="Change question").click()
    field.fill("Survey")
    field.press("Shift+Enter")
    field.press_sequentially("the lenses")
    field.press("Enter")
    expect(page.locator("#chat .question")).to_have_text(["Survey\nthe lenses"])
    expect(page.locator("#chat .answer h3").first).to_be_visible()
    assert engine.asked[-1] == ("Survey the lenses", ())
    eventually(page, lambda: len(kept(page)[0]["turns"]) == 1)
    assert [turn["question"] for turn in kept(page)[0]["turns"]] == ["Survey\nthe lenses"]
    assert len(kept(page)) == 1


def test_an_answer_is_copied_as_markdown_with_its_references(page: Page, address: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    ask(page, "How are lenses ground?").get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("**Lenses.** The candle lasts six hours. [1] A wet cloth helps. [2]")
    assert "- [1] “The candle lasts six hours.” *Grinding Lenses by Candlelight*" in copied
    assert copied.rstrip().endswith("Tunde Okafor.")


def test_a_vote_is_kept_and_can_be_changed_and_taken_back(page: Page, engine: StandIn) -> None:
    ask(page, "Hello there")
    answer = ask(page, "How are lenses ground?")
    good, bad = (answer.get_by_role("button", name=name, exact=True) for name in ("Good", "Not good"))

    def voted(count: int) -> None:
        eventually(page, lambda: len(engine.votes) == count)
        expect(page.locator("#notice")).to_contain_text("for paperchat eval")

    start = len(engine.votes)
    good.click()
    voted(start + 1)
    expect(good).to_have_attribute("aria-pressed", "true")
    vote = engine.votes[-1]
    assert vote.liked
    assert vote.answer.question == "How are lenses ground?"
    assert [citation.title for citation in vote.answer.citations][:1] == [LENSES.title]
    assert [turn.content for turn in vote.history][:1] == ["Hello there"]
    reload(page)
    expect(good).to_have_attribute("aria-pressed", "true")
    bad.click()
    voted(start + 2)
    assert engine.votes[-1].liked is False
    assert engine.votes[-1].id == vote.id
    expect(good).to_have_attribute("aria-pressed", "false")
    bad.click()
    expect(page.locator("#notice")).to_contain_text("taken back")
    assert engine.votes[-1].liked is None


def test_a_follow_up_is_asked_by_a_click(page: Page, engine: StandIn) -> None:
    ask(page, "How are lenses ground?")
    chips = page.locator("#follow").get_by_role("button")
    expect(chips).to_have_text(["How fast are mirrors?", HOSTILE[0]])
    chips.first.click()
    expect(page.locator("#chat .question")).to_have_text(["How are lenses ground?", "How fast are mirrors?"])
    expect(page.locator("#chat .answer button.cite.n1")).to_have_count(2)
    assert engine.asked[-1][0] == "How fast are mirrors?"
    ask(page, "Unknown things")
    expect(page.locator("#follow .suggested")).to_have_count(0)


# -- keys and marks ---------------------------------------------------------------------------------------------------


def test_a_mark_shows_its_quote_to_the_pointer_and_to_the_keyboard(page: Page) -> None:
    mark = ask(page, "How are lenses ground?").locator("button.cite.n3")
    quote = page.get_by_role("tooltip")
    mark.hover()
    expect(quote).to_have_text("They do so at 3 < 4 degrees.Mirrors & <Light>")
    expect(quote).to_be_in_viewport(ratio=1)
    page.mouse.move(5, 5)
    expect(quote).to_be_hidden()
    expect(mark).to_have_attribute("title", "They do so at 3 < 4 degrees.")
    page.locator("#chat button.cite.n2").focus()
    page.keyboard.press("Tab")
    expect(mark).to_be_focused()
    expect(quote).to_contain_text("They do so at 3 < 4 degrees.")
    expect(mark).to_have_attribute("aria-describedby", "quote")
    page.keyboard.press("Escape")
    expect(quote).to_be_hidden()
    expect(mark).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#source mark.chosen")).to_have_text("They do so at 3 < 4 degrees.")


def test_a_slash_goes_to_the_box_but_not_while_one_types(page: Page) -> None:
    ask(page, "How are lenses ground?")
    box = page.locator("#box textarea")
    page.get_by_role("button", name="New conversation").focus()
    page.keyboard.press("/")
    expect(box).to_be_focused()
    expect(box).to_have_value("")
    page.keyboard.press("/")
    expect(box).to_have_value("/")


def test_escape_stops_an_answer_and_closes_the_source_where_none_runs(page: Page, engine: StandIn) -> None:
    ask(page, "How are lenses ground?").locator("button.cite.n1").click()
    expect(page.locator("#source mark.chosen")).to_be_visible()
    engine.closed.clear()
    page.locator("#box textarea").fill("Endless talk")
    page.locator("#box textarea").press("Enter")
    expect(page.locator("#chat .answer").last).to_contain_text("and so on and so on")
    page.keyboard.press("Escape")
    expect(page.locator("#chat .answer.cut")).to_contain_text("Stopped here.")
    assert engine.closed.wait(5)
    expect(page.locator("#source mark.chosen")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#source mark")).to_have_count(0)


def test_every_control_has_a_name(page: Page) -> None:
    ask(page, "How are lenses ground?")
    act(page, "How are lenses ground?")
    nameless = """() => [...document.querySelectorAll("#tab-chat :is(button, input, textarea, [role=navigation])")]
      .filter((e) => e.offsetParent && !(e.ariaLabel || e.title || e.textContent.trim() || e.labels?.length))
      .map((e) => e.outerHTML)"""
    assert page.evaluate(nameless) == []
