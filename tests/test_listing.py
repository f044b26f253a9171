"""The list of papers: what is found while typing, in which order, what lies near, its HTML, what a browser sends."""

import dataclasses
import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from standin import HOSTILE

from ingest.browse.listing import Listing, Looked, Order
from ingest.entry import make_entry
from ingest.errors import UsageError
from ingest.index import PaperIndex
from ingest.paper import Paper
from ingest.settings import Settings
from rag.engine import Engine
from rag.retrieve.scope import Scope
from ui import papers
from ui.tabs import leaf, library, selection

PAPERS = (
    Paper("Transformers at Work", "A model for text. It uses key-value caches.", ("François Müller",), "2024-03-01"),
    Paper("On Lenses", "We grind lenses, and transform light.", ("Ada Lovelace",), "2024-12-31"),
    Paper("A Cloth", "Dry cloth scratches. It outperforms paper.", ("Ada Byron", "Li Transfer"), "2025"),
    Paper("Dateless", "Nothing is known of it.", (), ""),
)


@pytest.fixture
def listing(tmp_path: Path) -> Iterator[Listing]:
    with closing(PaperIndex(Settings(tmp_path, embedding="none"))) as index:
        index.record.write([(make_entry(paper), "test", paper.title) for paper in PAPERS])
        yield Listing(index)


def titles(listing: Listing, words: str = "", **bounds: str) -> list[str]:
    return [paper.title for paper in listing.find(Looked(words, **bounds)).papers]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("transf", ["Transformers at Work", "A Cloth", "On Lenses"]),  # in the title, an author's name, the abstract
        ("former", []),  # the end of a word
        ("lovelace lens", ["On Lenses"]),
        ("lovelace cloth", []),
        ("MULLER", ["Transformers at Work"]),
        ("müller", ["Transformers at Work"]),
        ("key-val", ["Transformers at Work"]),
        ('"for text" cache', ["Transformers at Work"]),  # what stands in quotes stands together
        ('"text for"', []),
    ],
)
def test_each_word_is_found_by_its_beginning_whatever_its_case_and_accents(
    listing: Listing, words: str, found: list[str]
) -> None:
    assert titles(listing, words) == found


def test_dates_bound_both_ends_and_leave_out_what_has_none(listing: Listing) -> None:
    assert titles(listing, since="2024-04") == ["A Cloth", "On Lenses"]
    assert titles(listing, until="2024") == ["On Lenses", "Transformers at Work"]
    assert titles(listing, since="2024-03-01", until="2024-03-01") == ["Transformers at Work"]
    assert titles(listing, since="2025") == ["A Cloth"]  # of 2025, and no more is said
    assert titles(listing, since="2025-02") == []


@pytest.mark.parametrize("date", ["24", "2024-13", "yesterday", "<script>"])
def test_what_is_no_date_is_told_how_to_write_one(date: str) -> None:
    with pytest.raises(UsageError, match="2024-08"):
        Looked(since=date)


def test_the_list_is_sorted_as_asked(listing: Listing) -> None:
    assert titles(listing, order=Order.TITLE) == ["A Cloth", "Dateless", "On Lenses", "Transformers at Work"]
    assert titles(listing, order=Order.NEWEST) == ["A Cloth", "On Lenses", "Transformers at Work", "Dateless"]
    assert titles(listing, order=Order.OLDEST) == ["Transformers at Work", "On Lenses", "A Cloth", "Dateless"]
    found = listing.find(Looked(), first=2)  # the newest, only the first of them read in full
    assert [paper.title for paper in found.papers] == ["A Cloth", "On Lenses"]
    assert (len(found.ids), found.ids[:2]) == (4, tuple(paper.id for paper in found.papers))


def test_a_paper_that_came_later_is_found(listing: Listing) -> None:
    assert titles(listing, "later") == []
    late = dataclasses.replace(PAPERS[0], title="Come Later", id="title:late")
    listing._index.record.write([(make_entry(late), "test", "late")])
    assert titles(listing, "later") == ["Come Later"]
    assert listing.nearest(late.id) == []  # without vectors


def test_the_nearest_papers_are_others_on_the_same(engine: Engine) -> None:
    zipcache = engine.search("ZipCache", k=1)[0].paper
    near = engine.nearest(zipcache.id, k=5)
    assert len({paper.id for paper in near} - {zipcache.id}) == 5
    assert any("KV Cache" in paper.title for paper in near[:3])
    assert engine.nearest("title:nowhere") == []


# -- what the page shows of them, and what a browser sends --

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


def steps(*given: dict[str, list[str]], seen: int = 7) -> str:
    return json.dumps({"seen": seen, "steps": given})


def test_choices_are_heeded_in_their_order_and_twice_as_once() -> None:
    sent = steps({"on": ["a", "b"]}, {"off": ["a"]})
    assert selection.after(sent, ["c"]) == selection.after(sent, ["c", "b"]) == (["c", "b"], 7)
    assert selection.after(steps({"only": ["z"]}, {"on": ["y"]}), ["c"]) == (["z", "y"], 7)
    assert selection.after(steps({"only": []}), ["c"]) == ([], 7)


@pytest.mark.parametrize(
    "sent", [None, "{", "[]", '{"seen": "x"}', '{"seen": 1, "steps": 3}', "[" * 100_000, {"seen": 1}]
)
def test_nonsense_from_a_browser_changes_no_selection_and_asks_for_nothing(sent: object) -> None:
    assert selection.after(sent, ["a"]) == (["a"], 0)
    assert leaf.read(sent)[1] == []


@pytest.mark.parametrize("sent", [None, "abc", 7, {"a": 1}, [None, 3, "", "a b", "x" * 200, ["a"]]])
def test_only_ids_are_read_from_what_a_browser_sends(sent: object) -> None:
    assert selection.read(sent) == []
    assert selection.scope_of(sent) is None


def test_a_selection_has_a_limit() -> None:
    ids, _ = selection.after(steps({"only": [f"title:{n}" for n in range(9_999)]}), [])
    assert ids == [f"title:{n}" for n in range(papers.MOST_SELECTED)]
    assert "2,000 papers selected (the maximum)<" in selection.tell(ids, 7)[1]
    assert "1,999 papers selected<" in selection.tell(ids[1:], 7)[1]
    assert selection.scope_of(["a", "a", "b"]) == Scope(ids=("a", "b"))


def test_what_is_looked_for_is_cleaned_and_cut() -> None:
    looked, ids = library.read("owl\x00\u202e" + "s" * 999, None, 2024, "sideways", True, ["a"])
    assert looked.words.startswith("owls")
    assert len(looked.words) <= library.LONGEST
    assert (looked.order, looked.ids, ids) == (Order.BEST, frozenset({"a"}), ["a"])
    typed = ["2", "2024-1", "2024-12-3", "soon"]  # a date counts as far as it is one
    assert [library.settled(date) for date in typed] == ["", "2024", "2024-12", "soon"]


def test_the_question_about_a_paper_is_answered_from_it(engine: Engine) -> None:
    every = engine.browse(library.read("", "", "", "title", False, [])[0], first=90).papers
    for paper in every[::6]:
        assert engine.ask(papers.question_about(paper)).citations[0].paper_id == paper.id


def test_the_question_between_two_papers_compares_them(engine: Engine) -> None:
    one, other = (engine.search(name, k=1)[0].paper for name in ("KIVI", "ZipCache"))
    table = engine.ask(papers.question_between(one, other)).table
    assert table
    assert [paper.id for paper in table.papers] == [one.id, other.id]
