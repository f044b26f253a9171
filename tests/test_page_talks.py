"""What the chat keeps and offers, in a real browser: conversations, exports, votes, follow-ups, keys."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from standin import HOSTILE, NEXT, StandIn
from test_page import address, ask, ask_without_end, browser, check_inert, engine, eventually, page, pytestmark, started

__all__ = ["address", "browser", "engine", "page", "pytestmark"]
ASKED = "How are lenses ground?"


def titles(page: Page) -> Any:
    return page.locator("#talks .name")


def asked_of(talk: dict[str, Any]) -> list[str]:
    return [turn["question"] for turn in talk["turns"]]


def kept(page: Page) -> list[dict[str, Any]]:
    """The conversations in the browser, the latest first."""
    found: list[dict[str, Any]] = page.evaluate("(paperchat.kept.sync(), paperchat.kept.all())")
    return found


def reload(page: Page) -> None:
    """Leave and come back once nothing is under way: Gradio tells the console of a stream that was left."""
    page.wait_for_function(
        "document.querySelector('#follow .suggested') || !document.querySelector('#chat .answer:not(.refused, .cut)')"
    )
    page.wait_for_timeout(200)
    page.reload()


def act(page: Page, title: str, action: str) -> None:
    """Unfold the actions of a conversation and click one."""
    more = page.get_by_role("button", name=f"Actions for {title}")
    if more.get_attribute("aria-expanded") != "true":
        more.click()
    page.locator("#talks .choices").get_by_role("button", name=action, exact=True).click()


def test_a_reload_shows_the_conversation_again_and_its_marks_open(page: Page, engine: StandIn) -> None:
    ask(page, ASKED)
    ask(page, "Compare lenses, mirrors and cloth")
    before = page.locator("#chat .answer").first.inner_text()
    reload(page)
    expect(page.get_by_role("table")).to_be_visible()
    expect(page.locator("#follow .suggested").first).to_be_visible()
    assert page.locator("#chat .answer").first.inner_text() == before
    page.locator("#chat .answer").first.locator("button.cite.n2").click()
    expect(page.locator("#source mark.chosen")).to_have_text("A wet cloth halves the scratches.")
    ask(page, "And mirrors?")
    turns = engine.asked[-1][1]
    assert [turn.content for turn in turns if turn.role == "user"] == [ASKED, "Compare lenses, mirrors and cloth"]
    assert [len(talk["turns"]) for talk in kept(page)] == [3]


def test_a_restart_of_the_server_loses_nothing(browser: Browser, tmp_path: Path) -> None:
    with browser.new_page() as page:
        with started(StandIn, tmp_path) as first:
            page.goto(first.url)
            ask(page, ASKED)
        page.locator("#box textarea").fill("half a thought")
        with started(StandIn, tmp_path, urlsplit(first.url).port):
            page.reload()
            expect(page.locator("#box textarea")).to_have_value("half a thought")
            expect(page.locator("#chat .question")).to_have_text([ASKED])
            ask(page, "And mirrors?")
            expect(page.locator("#chat .answer button.cite.n1")).to_have_count(2)


def test_a_new_conversation_forgets_the_old_one_which_opens_again(page: Page, engine: StandIn) -> None:
    ask(page, ASKED)
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator("#chat .question")).to_have_count(0)
    reload(page)
    expect(titles(page)).to_have_text([ASKED])
    expect(page.locator("#chat .question")).to_have_count(0)
    ask(page, "Unknown things")
    assert engine.asked[-1][1] == ()
    expect(titles(page)).to_have_text(["Unknown things", ASKED])
    titles(page).last.click()
    expect(page.locator("#chat .question")).to_have_text([ASKED])
    expect(page.locator("#talks [aria-current]")).to_have_text(re.compile("^How are lenses ground"))
    ask(page, "And mirrors?")
    assert engine.asked[-1][1][0].content == ASKED
    assert [len(talk["turns"]) for talk in kept(page)] == [2, 1]


def test_conversations_are_searched_renamed_deleted_and_brought_back(page: Page) -> None:
    for question in ("Survey the owls", ASKED):
        page.get_by_role("button", name="New conversation").click()
        expect(page.locator("#chat .question")).to_have_count(0)
        ask(page, question)
    for words, found in (("OWLS", ["Survey the owls"]), ("nowhere", []), ("candle lasts six hours ground", [ASKED])):
        page.get_by_role("searchbox", name="Search conversations").fill(words)
        expect(titles(page)).to_have_text(found)
    act(page, ASKED, "Rename")
    page.get_by_role("textbox", name="Title").fill("Glass <b>")
    page.keyboard.press("Enter")
    page.get_by_role("searchbox", name="Search conversations").fill("")
    expect(titles(page)).to_have_text(["Glass <b>", "Survey the owls"])
    act(page, "Glass <b>", "Delete")
    expect(page.locator("#chat .question")).to_have_count(0)
    expect(titles(page)).to_have_text(["Survey the owls"])
    page.get_by_role("button", name="Undo").click()
    titles(page).first.click()
    expect(page.locator("#chat .question")).to_have_text([ASKED])
    act(page, "Glass <b>", "Delete")
    reload(page)
    expect(page.locator("#chat .example").first).to_be_visible()
    expect(titles(page)).to_have_text(["Survey the owls"])


def test_a_page_that_is_left_in_the_middle_keeps_what_had_come(browser: Browser, address: str, engine: StandIn) -> None:
    with browser.new_page() as page:
        page.goto(address)
        ask_without_end(page, engine)
        page.reload()
        expect(page.locator("#chat .answer.cut")).to_contain_text("and so on")
        expect(page.locator("#chat .answer.cut .note")).to_contain_text("The page was closed before this was answered.")
        expect(page.locator("#chat .question")).to_have_text(["Endless talk"])


def test_two_windows_on_one_conversation_lose_no_question_of_each_other(page: Page, address: str) -> None:
    ask(page, ASKED)
    with page.context.new_page() as other:
        other.goto(address)
        titles(other).click()
        expect(other.locator("#chat .question")).to_have_count(1)
        ask(other, "Unknown things")
        ask(page, "And mirrors?")
        eventually(page, lambda: len(kept(page)[0]["turns"]) == 3)
        assert sorted(asked_of(kept(page)[0])) == ["And mirrors?", ASKED, "Unknown things"]


def test_the_oldest_conversation_goes_where_there_is_no_room_and_it_is_said(page: Page) -> None:
    for year, name in enumerate(("old", "mid", "new"), start=2020):
        turn = {"id": "x", "talk": name, "after": "", "question": "q" * 1_333_000, "answer": None}
        talk = {"id": name, "title": name, "changed": str(year), "turns": [turn]}
        page.evaluate("([key, raw]) => localStorage.setItem(key, raw)", [f"paperchat.talk.{name}", json.dumps(talk)])
    ask(page, ASKED)
    expect(titles(page)).to_have_text([ASKED, "new", "mid"])
    expect(page.locator("#talks [role=status]")).to_have_text("To make room, the oldest was deleted: “old”.")


@pytest.mark.parametrize("raw", ["{", '{"id": "x", "turns": 5}', '"<img src=x onerror=window.ran=1>"'])
def test_damaged_storage_is_passed_over_and_left(page: Page, raw: str) -> None:
    page.evaluate("raw => localStorage.setItem('paperchat.talk.x', raw)", raw)
    reload(page)
    ask(page, ASKED)
    expect(titles(page)).to_have_text([ASKED])
    assert page.evaluate("localStorage.getItem('paperchat.talk.x')") == raw


@pytest.mark.parametrize("text", HOSTILE)
def test_forged_storage_runs_nothing_and_fetches_nothing(page: Page, text: str) -> None:
    def spoil(value: Any) -> Any:
        if isinstance(value, list):
            return list(map(spoil, value))
        if isinstance(value, dict):
            return {key: inner if key in ("verdict", "outcome") else spoil(inner) for key, inner in value.items()}
        return text + value if isinstance(value, str) else value

    ask(page, f"Hostile {text}")
    talk = kept(page)[0] | {"title": text, "named": True}
    turn = talk["turns"][0]
    turn |= {"question": spoil(turn["question"]), "answer": spoil(turn["answer"])}
    page.evaluate("talk => paperchat.kept.put(talk)", talk)
    reload(page)
    expect(page.locator("#chat .answer")).to_have_count(1)
    page.locator("#chat .answer button.cite").first.click()
    check_inert(page, "#chat .question", "#chat .answer", "#source .content", "#follow")
    check_inert(page, "#talks ul", steering="(?!)")  # a title that its reader gave stays as it is


def test_a_conversation_is_exported_as_markdown_bibtex_and_json_which_is_imported_again(
    page: Page, tmp_path: Path
) -> None:
    ask(page, ASKED)
    ask(page, "Compare lenses, mirrors and cloth")
    for form, ending, start in (
        ("Markdown", "md", f"# {ASKED}\n\n## {ASKED}\n\n**Lenses.** The candle lasts six hours."),
        ("BibTeX", "bib", "@misc{lovelace2025grinding,\n  title = {Grinding Lenses by Candlelight},\n"),
        ("JSON", "json", "{"),
    ):
        with page.expect_download() as download:
            act(page, ASKED, form)
        assert download.value.suggested_filename == f"how-are-lenses-ground.{ending}"
        text = Path(download.value.path()).read_text("utf-8")
        assert text.startswith(start)
    act(page, ASKED, "Delete")
    expect(page.locator("#chat .question")).to_have_count(0)
    (tmp_path / "talk.json").write_text(text, "utf-8")
    page.locator("#talks input[type=file]").set_input_files(tmp_path / "talk.json")
    expect(page.locator("#chat .question")).to_have_text([ASKED, "Compare lenses, mirrors and cloth"])
    expect(titles(page)).to_have_text([ASKED])
    page.locator("#chat button.cite.n2").first.click()
    expect(page.locator("#source mark.chosen")).to_have_text("A wet cloth halves the scratches.")


def test_a_damaged_file_is_refused_in_a_plain_sentence(page: Page, tmp_path: Path) -> None:
    for text, words in (
        ("\x00\xff" * 9, "not JSON or is incomplete;"),
        ("x" * 1_600_000, "the limit is 1,500,000 bytes"),
    ):
        (tmp_path / "talk.json").write_text(text, "utf-8")
        page.locator("#talks input[type=file]").set_input_files(tmp_path / "talk.json")
        expect(page.locator("#talks [role=status]")).to_contain_text(words)
        assert kept(page) == []


def test_a_question_asked_again_takes_the_place_of_its_answer(page: Page, engine: StandIn) -> None:
    ask(page, ASKED)
    answer = ask(page, "And mirrors?")
    before = len(engine.asked)
    page.locator("#box textarea").fill("half a thought")
    answer.get_by_role("button", name="Ask again").click()
    eventually(page, lambda: len(engine.asked) == before + 1)
    expect(page.locator("#chat .answer.draft")).to_have_count(0)
    expect(page.locator("#chat .question")).to_have_text([ASKED, "And mirrors?"])
    assert asked_of(kept(page)[0]) == [ASKED, "And mirrors?"]
    assert engine.asked[-1] == engine.asked[-2]
    expect(page.locator("#box textarea")).to_have_value("half a thought")


def test_an_earlier_question_is_changed_and_what_followed_it_goes(page: Page, engine: StandIn) -> None:
    ask(page, ASKED)
    ask(page, "And mirrors?")
    page.locator("#chat .answer").first.get_by_role("button", name="Edit question").click()
    field = page.get_by_role("textbox", name="Edit your question")
    expect(field).to_have_value(ASKED)
    field.fill("Unknown things")
    field.press("Enter")
    expect(page.locator("#chat .answer.refused")).to_be_visible()
    expect(page.locator("#chat .question")).to_have_text(["Unknown things"])
    assert engine.asked[-1] == ("Unknown things", ())
    eventually(page, lambda: [asked_of(talk) for talk in kept(page)] == [["Unknown things"]])


def test_a_vote_is_kept_and_can_be_changed_and_taken_back(page: Page, engine: StandIn) -> None:
    ask(page, "Hello there")
    answer = ask(page, ASKED)
    good, bad = (answer.get_by_role("button", name=name, exact=True) for name in ("Good answer", "Bad answer"))
    good.click()
    expect(page.locator("#notice")).to_contain_text("for paperchat eval")
    assert engine.votes[0].answer.question == ASKED
    assert [turn.content for turn in engine.votes[0].history][:1] == ["Hello there"]
    reload(page)
    expect(good).to_have_attribute("aria-pressed", "true")
    bad.click()
    eventually(page, lambda: len(engine.votes) == 2)
    expect(good).to_have_attribute("aria-pressed", "false")
    bad.click()
    expect(page.locator("#notice")).to_contain_text("removed")
    assert [vote.liked for vote in engine.votes] == [True, False, None]
    assert len({vote.id for vote in engine.votes}) == 1


def test_a_follow_up_is_asked_by_a_click(page: Page, engine: StandIn) -> None:
    ask(page, ASKED)
    chips = page.locator("#follow").get_by_role("button")
    expect(chips).to_have_text([*NEXT])
    chips.first.click()
    expect(page.locator("#chat .answer button.cite.n1")).to_have_count(2)
    assert engine.asked[-1][0] == NEXT[0]


def test_a_mark_shows_its_quote_to_the_pointer_and_to_the_keyboard(page: Page) -> None:
    mark = ask(page, ASKED).locator("button.cite.n3")
    quote = page.get_by_role("tooltip")
    mark.hover()
    expect(quote).to_have_text("They do so at 3 < 4 degrees.Mirrors & <Light>")
    page.mouse.move(5, 5)
    expect(quote).to_be_hidden()
    page.locator("#chat button.cite.n2").press("Tab")
    expect(quote).to_contain_text("They do so at 3 < 4 degrees.")
    page.keyboard.press("Escape")
    expect(quote).to_be_hidden()
    expect(mark).to_be_focused()
