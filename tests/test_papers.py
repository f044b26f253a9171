"""From papers to the library's HTML, and from what a browser sends to a selection: without Gradio's page."""

import json
import re

import pytest
from standin import HOSTILE

from ingest.browse.listing import Order
from ingest.paper import Paper
from rag.engine import Engine
from rag.retrieve.scope import Scope
from ui import papers
from ui.tabs import leaf, library, selection

OWL = Paper("Owls", "Owls see. Owls hear.", ("A. Owl", "B. Owl"), "2024-02-29", "https://owl.org/?a=1&b=2")
BAD = [Paper(text, text, (text,), text, text, id=f"title:{n}{text[:9]}") for n, text in enumerate(HOSTILE)]
# Every tag and attribute that may be written; anything else came from a text.
TAGS = re.compile(
    r"<(?:/?(?:div|p|ul|li|button|span|h3|h4|a|table|thead|tbody|tr|th|td|label)|input)"
    r'(?: (?:class|dir|type|title|href|target|rel|role|scope|value)="[^"<>]*"| hidden| checked)*>'
)


def test_a_row_has_a_checkbox_the_title_and_the_date() -> None:
    shown = papers.rows([OWL], {OWL.id})
    assert f'value="{OWL.id}" title="Select Owls" checked>' in shown
    assert f'<button type="button" class="open" value="{OWL.id}" dir="auto">Owls</button>' in shown
    assert '<td class="date">2024-02-29</td>' in shown


def test_an_opened_paper_has_its_link_its_deeds_and_its_nearest() -> None:
    shown = papers.detail(OWL, [Paper("Bats", "", ("C. Bat",), "2023")], False)
    assert '<a href="https://owl.org/?a=1&amp;b=2" target' in shown.replace("&#38;", "&amp;")
    assert "Ask about this paper" in shown
    assert "Compare with…" in shown
    assert '<span dir="auto">Bats</span> <span class="by">C. Bat, 2023</span>' in shown


@pytest.mark.parametrize("url", ["javascript:alert(1)", "ftp://owl.org", "data:text/html,x", "//owl.org", ""])
def test_an_address_that_is_no_web_page_is_no_link(url: str) -> None:
    assert "<a " not in papers.detail(Paper("Owls", "See.", url=url), [], False)


def test_nothing_of_a_hostile_paper_is_markup_or_a_line_break() -> None:
    ids = [paper.id for paper in BAD]
    shown = [papers.rows(BAD, ids), *(papers.detail(paper, BAD, True) for paper in BAD)]
    shown.append(papers.selected(ids, 1, with_ids=True))
    for html in shown:
        assert "\n" not in html
        assert not set(re.sub(r"&#\d+;", "", TAGS.sub("", html))) & set("<>`*_$[]!\u202e\x00")


@pytest.mark.parametrize(
    ("count", "shown", "words"), [(1, 1, "1 paper<"), (9877, 50, "9,877 papers, the first 50 shown")]
)
def test_the_count_says_how_many_of_how_many(count: int, shown: int, words: str) -> None:
    assert words in papers.found(count, shown)


def steps(*given: dict[str, list[str]], seen: int = 7) -> str:
    return json.dumps({"seen": seen, "steps": given})


def test_choices_are_heeded_in_their_order() -> None:
    assert selection.after(steps({"on": ["a", "b"]}, {"off": ["a"]}), ["c"]) == (["c", "b"], 7)
    assert selection.after(steps({"only": ["z"]}, {"on": ["y"]}), ["c"]) == (["z", "y"], 7)
    assert selection.after(steps({"only": []}), ["c"]) == ([], 7)


def test_a_choice_heeded_twice_changes_nothing() -> None:
    once, _ = selection.after(steps({"on": ["a"]}, {"off": ["b"]}), ["b"])
    assert selection.after(steps({"on": ["a"]}, {"off": ["b"]}), once)[0] == once


@pytest.mark.parametrize(
    "sent", [None, "", "{", "[]", "7", '{"seen": "x"}', '{"seen": 1, "steps": 3}', "[" * 100_000, {"seen": 1}, 5]
)
def test_nonsense_leaves_the_selection_as_it_is(sent: object) -> None:
    assert selection.after(sent, ["a"]) == (["a"], 0)


@pytest.mark.parametrize("sent", [None, "abc", 7, {"a": 1}, [None, 3, "", "a b", "x" * 200, ["a"]]])
def test_only_ids_are_read_from_what_a_browser_sends(sent: object) -> None:
    assert selection.read(sent) == []
    assert selection.scope_of(sent) is None


def test_a_selection_has_a_limit() -> None:
    ids, _ = selection.after(steps({"only": [f"title:{n}" for n in range(9_999)]}), [])
    assert ids == [f"title:{n}" for n in range(papers.MOST_SELECTED)]
    assert "2,000 papers selected, the most there can be<" in selection.tell(ids, 7)[1]
    assert "1,999 papers selected<" in selection.tell(ids[1:], 7)[1]
    assert selection.scope_of(["a", "a", "b"]) == Scope(ids=("a", "b"))


@pytest.mark.parametrize("sent", [None, "", "{", "[]", "3", '{"do": []}', '{"papers": "x"}'])
def test_a_wish_that_is_none_asks_for_nothing(sent: object) -> None:
    assert leaf.read(sent)[1] == []


def test_what_is_looked_for_is_cleaned_and_cut() -> None:
    looked, ids = library.read("owl\x00\u202e" + "s" * 999, None, 2024, "sideways", True, ["a"])
    assert looked.words.startswith("owls")
    assert len(looked.words) <= library.LONGEST
    assert (looked.order, looked.ids, ids) == (Order.BEST, frozenset({"a"}), ["a"])


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("", ""),
        ("2", ""),
        ("202", ""),
        ("2024", "2024"),
        ("2024-", "2024"),
        ("2024-1", "2024"),
        ("2024-12", "2024-12"),
        ("2024-12-3", "2024-12"),
        ("2024-12-31", "2024-12-31"),
        ("2024-13", "2024-13"),
        ("soon", "soon"),
    ],
)
def test_a_date_being_typed_counts_as_far_as_it_is_one(typed: str, meant: str) -> None:
    assert library.settled(typed) == meant


def test_the_question_about_a_paper_is_answered_from_it(engine: Engine) -> None:
    every = engine.browse(library.read("", "", "", "title", False, [])[0], first=90).papers
    asked = {paper.id: engine.ask(papers.question_about(paper)) for paper in every[::6]}
    assert all(answer.citations and answer.citations[0].paper_id == id_ for id_, answer in asked.items())


def test_the_question_between_two_papers_compares_them(engine: Engine) -> None:
    one, other = (engine.search(name, k=1)[0].paper for name in ("KIVI", "ZipCache"))
    table = engine.ask(papers.question_between(one, other)).table
    assert table
    assert [paper.id for paper in table.papers] == [one.id, other.id]
