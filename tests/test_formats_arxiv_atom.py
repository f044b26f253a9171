"""arXiv feeds: entries, error entries, empty and broken feeds, and XML made to do harm."""

from pathlib import Path

import pytest

from ingest.errors import SourceError
from ingest.formats.arxiv_atom import read_atom
from ingest.paper import Paper, Unreadable

FEED = (Path(__file__).parent / "samples" / "feed.xml").read_text("utf-8")
EMPTY = '<feed xmlns="http://www.w3.org/2005/Atom"><title>arXiv Query</title></feed>'


def test_entries_are_read_with_line_breaks_collapsed_and_errors_reported():
    first, error, last = read_atom(FEED)
    assert first == Paper(
        r"On $\ell_1$ Pruning",
        r"We show that $\alpha < 1$ suffices for pruning with $\ell_1$ penalties.",
        ("Ada Lane", "Dirk Wübben"),
        "2024-01-02",
        "https://arxiv.org/abs/2401.00001v2",
        "2401.00001",
    )
    assert error == Unreadable("entry 2", "arXiv answered with an error: incorrect id format for abc")
    assert (last.arxiv, last.url) == ("quant-ph/0201082", "http://arxiv.org/abs/quant-ph/0201082v1")


def test_the_declared_encoding_of_decoded_text_is_ignored():
    assert next(read_atom(FEED.replace("UTF-8", "UTF-16", 1))).title == r"On $\ell_1$ Pruning"


def test_an_empty_feed_is_said_to_be_empty():
    with pytest.raises(SourceError, match="the feed holds no entry"):
        list(read_atom(EMPTY))


def test_other_xml_is_named():
    with pytest.raises(SourceError, match="'rss' document and not an Atom feed"):
        list(read_atom("<rss><channel/></rss>"))


@pytest.mark.parametrize(
    "declaration",
    ['<!DOCTYPE feed SYSTEM "file:///etc/passwd">', '<!DOCTYPE feed [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'],
)
def test_document_types_and_entities_are_refused(declaration):
    with pytest.raises(SourceError, match="document type or entities"):
        list(read_atom(declaration + EMPTY))


@pytest.mark.parametrize("bomb", ["<a>" * 100_000, "<entry>" + "<a/>" * 200_000])
def test_deep_and_wide_xml_is_refused(bomb):
    with pytest.raises(SourceError, match="too many elements"):
        list(read_atom("<feed>" + bomb))


def test_a_cut_feed_gives_the_entries_before_the_cut_and_reports_the_break():
    first, cut = read_atom(FEED[: FEED.index("</entry>") + 40])
    assert isinstance(first, Paper)
    assert cut.place == "entry 2"
    assert cut.reason.startswith("the XML breaks off or is damaged at line 2")


def test_a_feed_cut_before_its_first_entry_ends_is_refused():
    with pytest.raises(SourceError, match="breaks off"):
        list(read_atom(FEED[:600]))
