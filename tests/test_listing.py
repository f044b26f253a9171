"""The list of papers: what is found while typing, between which dates, in which order, and what lies near."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.browse.listing import Listing, Looked, Order, folded, is_between, terms_of
from ingest.entry import make_entry
from ingest.errors import UsageError
from ingest.index import PaperIndex
from ingest.paper import Paper
from ingest.settings import Settings
from rag.engine import Engine

PAPERS = (
    Paper("Transformers at Work", "A model for text. It uses key-value caches.", ("François Müller",), "2024-03-01"),
    Paper("On Lenses", "We grind lenses, and transform light.", ("Ada Lovelace",), "2024-12-31"),
    Paper("A Cloth", "Dry cloth scratches. It outperforms paper.", ("Ada Byron", "Li Transfer"), "2025"),
    Paper("Dateless", "Nothing is known of it.", (), ""),
)


@pytest.fixture
def listing(tmp_path: Path) -> Iterator[Listing]:
    index = PaperIndex(Settings(tmp_path, embedding="none"))
    index.record.write([(make_entry(paper), "test", paper.title) for paper in PAPERS])
    yield Listing(index)
    index.close()


def titles(listing: Listing, words: str = "", **bounds: str) -> list[str]:
    return [paper.title for paper in listing.find(Looked(words, **bounds)).papers]  # type: ignore[arg-type]


def test_a_word_is_found_by_its_beginning_the_title_before_authors_before_abstract(listing: Listing) -> None:
    assert titles(listing, "transf") == ["Transformers at Work", "A Cloth", "On Lenses"]


def test_a_word_is_not_found_by_its_end(listing: Listing) -> None:
    assert titles(listing, "former") == []


def test_each_word_must_be_found_and_may_be_found_anywhere(listing: Listing) -> None:
    assert titles(listing, "lovelace lens") == ["On Lenses"]
    assert titles(listing, "lovelace cloth") == []


def test_case_accents_and_hyphens_do_not_matter(listing: Listing) -> None:
    assert titles(listing, "MULLER") == titles(listing, "müller") == titles(listing, "key-val") != []


def test_words_in_quotes_stand_together() -> None:
    assert terms_of('"key value" cache "still open') == ["key value", "still open", "cache"]


def test_dates_bound_both_ends_and_leave_out_what_has_none(listing: Listing) -> None:
    assert titles(listing, since="2024-04") == ["A Cloth", "On Lenses"]
    assert titles(listing, until="2024") == ["On Lenses", "Transformers at Work"]
    assert titles(listing, since="2024-03-01", until="2024-03-01") == ["Transformers at Work"]


def test_a_year_alone_lies_within_bounds_where_all_of_it_does() -> None:
    assert is_between("2024", Looked(since="2024", until="2024"))
    assert is_between("2024", Looked(since="2024-01"))
    assert not is_between("2024", Looked(since="2024-02"))
    assert not is_between("2024", Looked(until="2024-11"))


@pytest.mark.parametrize("date", ["24", "2024-13", "yesterday", "2024-1-1", "<script>"])
def test_what_is_no_date_is_told_how_to_write_one(date: str) -> None:
    with pytest.raises(UsageError, match="2024-08"):
        Looked(since=date)


def test_the_list_is_sorted_as_asked(listing: Listing) -> None:
    assert titles(listing, order=Order.TITLE) == ["A Cloth", "Dateless", "On Lenses", "Transformers at Work"]
    assert titles(listing, order=Order.NEWEST) == ["A Cloth", "On Lenses", "Transformers at Work", "Dateless"]
    assert titles(listing, order=Order.OLDEST) == ["Transformers at Work", "On Lenses", "A Cloth", "Dateless"]
    assert titles(listing) == titles(listing, order=Order.NEWEST)


def test_only_the_first_are_read_in_full_and_all_are_counted(listing: Listing) -> None:
    found = listing.find(Looked(), first=2)
    assert (len(found.ids), len(found.papers)) == (4, 2)
    assert found.ids[:2] == tuple(paper.id for paper in found.papers)


def test_a_paper_that_came_later_is_found(listing: Listing) -> None:
    assert titles(listing, "later") == []
    late = dataclasses.replace(PAPERS[0], title="Come Later", id="title:late")
    listing._index.record.write([(make_entry(late), "test", "late")])
    assert titles(listing, "later") == ["Come Later"]


def test_without_vectors_nothing_is_near(listing: Listing) -> None:
    assert listing.nearest(PAPERS[0].id) == []


def test_the_nearest_papers_are_others_on_the_same(engine: Engine) -> None:
    zipcache = engine.search("ZipCache", k=1)[0].paper
    near = engine.nearest(zipcache.id, k=5)
    assert len({paper.id for paper in near} - {zipcache.id}) == 5
    assert any("KV Cache" in paper.title for paper in near[:3])
    assert engine.nearest("title:nowhere") == []


def test_folding_takes_linear_time_and_keeps_words_apart() -> None:
    assert folded("Mirrors & <Light>: 3<4 l'été") == " mirrors light 3 4 l ete"
    assert len(folded("\u0301" * 100_000 + " a")) < 10
