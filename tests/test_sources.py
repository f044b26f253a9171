"""Sources as a whole: told apart by content, refused in one plain line, read in bounded time and memory."""

import gzip
import json
from pathlib import Path
from unittest.mock import Mock

import pytest

import ingest.sources
from ingest.errors import SourceError
from ingest.paper import Paper, Unreadable
from ingest.sources import read_bytes, read_source

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "ingest" / "pages" / "daily_papers_page.txt"
SAMPLES = Path(__file__).parent / "samples"
SHARED = ROOT.parent / "shared"
RECORD = {"title": "Pruning", "abstract": "We prune small networks and find that half of the weights can go."}
LINE = json.dumps(RECORD).encode() + b"\n"
HTML = b'<div data-target="DailyPapers" data-props=\'{"dailyPapers": [%s]}\'></div>' % LINE.strip()


def papers(data):
    return [record for record in read_bytes(data, "pasted text") if isinstance(record, Paper)]


def refusal(data):
    with pytest.raises(SourceError, match=r"\Apasted text: .*\Z") as caught:  # in one line
        list(read_bytes(data, "pasted text"))
    return str(caught.value)


@pytest.mark.parametrize(
    ("data", "count"),
    [
        (PAGE.read_bytes(), 90),
        (LINE, 1),
        (b'{"title": "cut off in the mid\n' + LINE * 2, 2),
        (b"# a stray first line\n" + LINE * 4, 4),
        (b"[\n" + b",".join([LINE] * 3) + b"]", 3),
        (json.dumps({"papers": [RECORD, RECORD]}, indent=2).encode(), 2),
        (b'{"papers": [\n' + LINE + b"," + LINE + b"]}", 2),
        (HTML, 1),
        (b'<?xml version="1.0"?>\n<!DOCTYPE html><html><body>' + HTML + b"</body></html>", 1),
        ((SAMPLES / "feed.xml").read_bytes(), 2),
        ((SAMPLES / "daily_papers.json").read_bytes(), 2),
    ],
)
def test_the_content_tells_the_format_packed_or_not(data, count, tmp_path):
    assert len(papers(data)) == count
    assert len(papers(b"\xef\xbb\xbf" + data)) == count
    assert len(papers(gzip.compress(data, mtime=0))) == count
    assert len(papers(data.decode().encode("utf-16"))) == count
    (tmp_path / "misleading.png").write_bytes(data)
    assert sum(isinstance(record, Paper) for record in read_source(str(tmp_path / "misleading.png"))) == count


@pytest.mark.parametrize(
    "title", ["[Re] A Replication of Pruning", "<think> Tags Considered Harmful", "{Sparse} Attention for All"]
)
def test_a_page_that_begins_with_a_bracket_is_still_a_page(title):
    abstract = "We replicate a study of pruning. Half of the weights can go, and accuracy stays where it was."
    assert [(paper.title, paper.abstract) for paper in papers(f"{title}\n{abstract}".encode())] == [(title, abstract)]


def test_a_file_that_cannot_be_opened_is_named(tmp_path, monkeypatch):
    for name in ("x" * 5_000, "a\0b"):
        with pytest.raises(SourceError, match="cannot be opened"):
            list(read_source(name))
    monkeypatch.setattr("builtins.open", Mock(side_effect=PermissionError(13, "Permission denied")))
    with pytest.raises(SourceError, match=r"secret\.txt: no permission to read it"):
        list(read_source(str(tmp_path / "secret.txt")))


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "it is empty"),
        (gzip.compress(b"", mtime=0), "it is empty"),
        (b"%PDF-1.7\n...", "it is a PDF file"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "it is a PNG picture"),
        (b"PK\x03\x04\x14\0", "it is a zip archive"),
        (b"{\\rtf1 text}", "it is an RTF document"),
        (b"\0" * 4_000, "a binary file"),
        (PAGE.read_text("utf-8").encode("utf-16-le"), "UTF-16 text without its byte order mark"),
        (b"one\ntwo\nthr\xe9e papers\n", "not UTF-8: byte 12 (line 3) is not a character; save it as UTF-8"),
        (PAGE.read_text("utf-8").replace("a", "é", 1).encode("cp1252", "replace"), "not UTF-8"),
        (b"\xff\xfea", "not UTF-16"),
        (b"Daily Papers\nJul 28\n42\n", "no papers found; give"),
        (b"Pruning Small Networks\nCaches of Bounded Size\n", "it has titles but no abstracts (2 titles)"),
        (b'{"title": "Pruning"}\n' * 3, "it has titles but no abstracts (3 titles)"),
        (b'{"title": 5}\n' * 3, "none of its 3 records can be read; the first, line 1: the title is a number"),
        (b"[]", "no papers found"),
        (b"[" + LINE[:30], "its one record cannot be read, record 1: the JSON breaks off"),
        (gzip.compress(LINE * 9, mtime=0)[:-20], "the gzip file is damaged or cut off"),
        (gzip.compress(gzip.compress(LINE, mtime=0), mtime=0), "a gzip file within a gzip file"),
    ],
)
def test_a_source_that_cannot_be_read_says_so_in_one_line(data, what):
    assert what in refusal(data)


def test_a_page_over_the_limit_is_refused(monkeypatch):
    monkeypatch.setattr(ingest.sources, "MAX_DOCUMENT", 1_000_000)
    assert "more than 1 MB" in refusal(PAGE.read_bytes() * 10)
    assert "more than 1 MB" in refusal(gzip.compress(b"a page of text " * 1_000_000, mtime=0))
    assert len(papers(LINE * 20_000)) == 20_000  # JSON Lines may be longer


def test_ten_thousand_bad_records_before_the_first_paper_are_enough():
    assert "none of its 10,000 records can be read" in refusal(b'{"title": 5}\n' * 50_000 + LINE)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the recorded sources are not at hand")
@pytest.mark.parametrize(
    ("pattern", "count"),
    [
        ("papers/huggingface_papers_*.html", 13),
        ("papers/hf_daily_api/2024-12-*.json", 26 + 18 + 23),
        ("papers/arxiv_atom/q_*.xml", 100 + 8 * 10 + 3 * 15 - 10),
        ("bench/scifact/corpus.jsonl", 5_183),
        ("corpora/hf_daily_papers.jsonl.gz", 9_877),
    ],
)
def test_recorded_sources_are_read_in_full(pattern, count):
    read = [record for path in SHARED.glob(pattern) for record in read_source(str(path))]
    assert [record for record in read if isinstance(record, Unreadable)] == []
    assert len(read) == count
