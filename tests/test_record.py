"""The record: what it keeps, what it refuses, and what it leaves alone."""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ingest.entry import make_entry
from ingest.errors import StoreError
from ingest.paper import Paper
from ingest.pipeline import Report, embed_entries, ingest_papers
from ingest.record import FORMAT, Record
from tests.corpus import WordModel, paper, papers, record_papers


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Record]:
    with closing(Record(tmp_path / "home")) as opened:
        yield opened


def test_an_entry_comes_back_as_it_was_written(record: Record) -> None:
    model = WordModel()
    entry = embed_entries([make_entry(paper(1))], model)[0]
    record.write([(entry, "source", "hash")], embedding=model.name)
    back = record.find(entry.paper.id)
    assert back
    assert (back.paper, back.rows) == (entry.paper, None)
    assert (back.passages, back.sentences) == (entry.passages, entry.sentences)
    rows = next(record.entries([back.number], embedding="words")).rows
    assert entry.rows is not None
    assert rows is not None
    assert np.array_equal(rows, entry.rows)
    assert rows.shape == (1 + 1 + len(entry.passages) + len(entry.sentences), model.dim)
    assert np.allclose(np.linalg.norm(rows.astype(np.float32), axis=1), 1, atol=2e-3)


def test_a_batch_is_written_whole_or_not_at_all(record: Record) -> None:
    record_papers(record, [paper(0, arxiv="2401.00001")])
    before = list(record.entries())
    unfit = replace(make_entry(paper(2)), number=0)
    with pytest.raises(StoreError):
        record.write([(make_entry(paper(1)), "s", "h"), (unfit, None, "h")])  # type: ignore[list-item]
    assert list(record.entries()) == before
    assert record.revision() == 1


def test_papers_are_selected_by_id_and_by_dates_that_hold_all_of_theirs(record: Record) -> None:
    record_papers(record, [replace(paper(n), date=date) for n, date in enumerate(["2024", "2024-08", "2024-08-21"])])
    assert record.select(since="2024") == record.select(until="2024-12-31") == [1, 2, 3]
    assert record.select(since="2024-01") == record.select(since="2024-01-01") == [1, 2, 3]
    assert record.select(since="2024-08", until="2024-08-31") == record.select(since="2024-02") == [2, 3]
    assert record.select(until="2024-08-30") == record.select(since="2024-08-21", until="2024-08-21") == [3]
    assert record.select(since="2025") == record.select(until="2023-12-31") == []
    undated = replace(paper(3), date="")
    record_papers(record, [undated])
    assert record.select(ids=[undated.id, paper(0).id, "title:of no paper"]) == [1, 4]
    assert record.select(ids=[undated.id], since="2024") == []
    assert (record.dates(), record.dates(whole=True)) == (("2024", "2024-08-21"), ("2024-08-21", "2024-08-21"))


def test_a_paper_that_takes_the_title_another_had_keeps_its_own_id(record: Record) -> None:
    record_papers(record, [paper(1)])
    number = record.numbers()[0]
    renamed = replace(next(record.entries()).paper, title="Renamed")
    record.write([(make_entry(renamed, number=number), "s", "h")])
    record_papers(record, [paper(1)])
    ids = [entry.paper.id for entry in record.entries()]
    assert ids == [paper(1).id, paper(1).id + "~2"]


# -- a file that is not as it should be ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [b"not a database at all" * 500, b"SQLite format 3\x00" + b"\xff" * 5000, b"\x00" * 8192, 50, 200, 4096, 20_000],
    ids=["text", "header and noise", "zeros", *(f"a record cut at {kept}" for kept in (50, 200, 4096, 20_000))],
)
def test_a_damaged_record_is_refused_and_left_alone(tmp_path: Path, content: bytes | int) -> None:
    with closing(Record(tmp_path)) as record:
        record_papers(record, papers(40), WordModel())
    damaged = record.path.read_bytes()[:content] if isinstance(content, int) else content
    (tmp_path / "papers.sqlite3").write_bytes(damaged)
    with pytest.raises(StoreError, match=r"papers\.sqlite3 is damaged .*; move it away, put back a copy") as caught:
        list(Record(tmp_path).entries())
    assert "\n" not in str(caught.value)
    assert (tmp_path / "papers.sqlite3").read_bytes() == damaged


def test_an_entry_that_cannot_be_read_is_an_error_that_names_it(record: Record) -> None:
    record_papers(record, papers(2), WordModel())
    record._db.rows("UPDATE papers SET spans = '[[[0' WHERE number = 2")
    with pytest.raises(StoreError, match="paper 2 cannot be read"):
        list(record.entries())
    record._db.rows("UPDATE vectors SET rows = x'0102' WHERE paper = 1")
    with pytest.raises(StoreError, match="paper 1 cannot be read"):
        list(record.entries([1], embedding="words"))


@pytest.mark.parametrize("version", [FORMAT - 1, FORMAT + 1])
def test_a_record_of_another_format_is_refused_and_left_alone(tmp_path: Path, version: int) -> None:
    with closing(Record(tmp_path)) as record:
        record._db.rows(f"PRAGMA user_version = {version}")
    before = record.path.read_bytes()
    with pytest.raises(StoreError, match=f"another version of paperchat .format {version}, this one reads {FORMAT}"):
        Record(tmp_path)
    assert record.path.read_bytes() == before


def test_a_database_of_another_program_is_refused_and_kept(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "papers.sqlite3", isolation_level=None)) as other:
        other.execute("CREATE TABLE papers (doi TEXT)")
        other.execute("INSERT INTO papers VALUES ('10.1000/1')")
        with pytest.raises(StoreError):
            Record(tmp_path)
        assert other.execute("SELECT * FROM papers").fetchall() == [("10.1000/1",)]


# -- random histories ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_any_history_leaves_what_a_dictionary_would_hold(tmp_path: Path, seed: int) -> None:
    """Adds, edits, re-ingests, papers that lose or gain fields, reopened at random; the model is a plain dict."""
    random_ = random.Random(seed)
    model = WordModel()
    record = Record(tmp_path)
    held: dict[str, Paper] = {}
    sources: dict[str, list[Paper]] = {name: [] for name in "abc"}
    heard: dict[tuple[str, str], Paper] = {}
    for _ in range(25):
        name = random_.choice("abc")
        said = sources[name]
        step = random_.choice(["add", "edit", "strip", "again", "reopen"])
        if step == "add":
            said += [one for one in papers(12) if one not in said and random_.random() < 0.3]
        elif step == "edit" and said:
            at = random_.randrange(len(said))
            said[at] = replace(said[at], abstract=f"Edited {random_.randrange(5)}. It is new.")
        elif step == "strip" and said:
            at = random_.randrange(len(said))
            said[at] = replace(said[at], authors=(), date="")
        elif step == "reopen":
            record.close()
            record = Record(tmp_path)
        given = list({one.id: one for one in reversed(said)}.values())
        random_.shuffle(given)
        before, changed = record.revision(), False
        report = Report()
        ingest_papers(name, given, record, model, report=report)
        for one in given:
            if heard.get((name, one.id)) == one:
                continue
            heard[name, one.id] = one
            old = held.get(one.id)
            new = one if old is None else replace(one, authors=one.authors or old.authors, date=one.date or old.date)
            changed |= new != old
            held[one.id] = new
        assert (record.revision() > before) == changed == (report.changed > 0)
        assert report.seen == len(given) == report.added + report.updated + report.unchanged
    assert {entry.paper.id: entry.paper for entry in record.entries()} == held
    for entry in record.entries(embedding=model.name):
        again = embed_entries([entry], model)[0]
        assert np.array_equal(entry.rows, again.rows)  # type: ignore[arg-type]
        assert all(entry.paper.abstract[s.start : s.end] == s.text for s in entry.sentences)
    record.close()
