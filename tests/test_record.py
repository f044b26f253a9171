"""The record: what it keeps, what it refuses, and what it leaves alone."""

import random
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ingest.entry import make_entry
from ingest.errors import StoreError
from ingest.paper import Paper, title_key
from ingest.pipeline import Report, embed_entries, ingest_papers
from ingest.record import FORMAT, WITHOUT_VECTORS, Record
from tests.corpus import WordModel, change_abstract, paper, papers, record_papers


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Record]:
    opened = Record(tmp_path / "home")
    yield opened
    opened.close()


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


def test_vectors_of_another_model_are_never_given(record: Record) -> None:
    record_papers(record, papers(2), WordModel("words"))
    assert [entry.rows for entry in record.entries(embedding="other")] == [None, None]
    assert (record.without_vectors("words"), record.without_vectors("other")) == ([], [1, 2])


def test_writing_nothing_is_no_revision(record: Record) -> None:
    record_papers(record, papers(1))
    record.write([])
    record.write([], [(1, "another source", "hash")])
    assert record.revision() == 1
    assert record.said(1, "another source") == "hash"


def test_a_batch_is_written_whole_or_not_at_all(record: Record) -> None:
    record_papers(record, [paper(0, arxiv="2401.00001")])
    before = list(record.entries())
    unfit = replace(make_entry(paper(2)), number=0)
    with pytest.raises(StoreError):
        record.write([(make_entry(paper(1)), "s", "h"), (unfit, None, "h")])  # type: ignore[list-item]
    assert list(record.entries()) == before
    assert record.revision() == 1


def test_each_commit_has_a_stamp_that_no_other_record_has(tmp_path: Path) -> None:
    one, other = Record(tmp_path / "one"), Record(tmp_path / "other")
    for record in (one, other):
        record_papers(record, papers(1))
    assert one.stamp(1) != other.stamp(1) != ""
    assert one.stamp(2) == ""
    assert one.identity() != other.identity()
    one.close()
    other.close()


def test_papers_are_selected_by_id_and_date(record: Record) -> None:
    dates = ["2024-01-31", "2024-02-01", "2024-02-29", ""]
    made = [replace(paper(n), date=date) for n, date in enumerate(dates)]
    record_papers(record, made)
    assert record.select(since="2024-02-01") == [2, 3]
    assert record.select(until="2024-02-01") == [1, 2]
    assert record.select(since="2024-02", until="2024-02-28") == [2]
    assert record.select(ids=[made[3].id, made[0].id]) == [1, 4]
    assert record.select(ids=[made[3].id], since="2024-01-01") == []
    assert record.select(ids=["title:of no paper"]) == []


def test_a_paper_dated_by_a_year_or_month_lies_where_all_of_it_does(record: Record) -> None:
    record_papers(record, [replace(paper(n), date=date) for n, date in enumerate(["2024", "2024-08", "2024-08-21"])])
    assert record.select(since="2024") == record.select(until="2024-12-31") == [1, 2, 3]
    assert record.select(since="2024-01") == record.select(since="2024-01-01") == [1, 2, 3]
    assert record.select(since="2024-08", until="2024-08-31") == record.select(since="2024-02") == [2, 3]
    assert record.select(until="2024-08-30") == record.select(since="2024-08-21", until="2024-08-21") == [3]
    assert record.select(since="2025") == record.select(until="2023-12-31") == []
    assert (record.dates(), record.dates(whole=True)) == (("2024", "2024-08-21"), ("2024-08-21", "2024-08-21"))


def test_entries_come_in_the_order_asked_for(record: Record) -> None:
    record_papers(record, papers(5))
    assert [entry.number for entry in record.entries([4, 1, 99, 5])] == [4, 1, 5]


def test_papers_without_vectors_are_found_without_reading_any(record: Record) -> None:
    plan = record._db.rows(f"EXPLAIN QUERY PLAN {WITHOUT_VECTORS}", ("words",))
    assert any("COVERING INDEX vectors_embedding" in str(row) for row in plan)


def test_a_paper_that_takes_the_title_another_had_keeps_its_own_id(record: Record) -> None:
    record_papers(record, [paper(1)])
    number = record.numbers()[0]
    renamed = replace(next(record.entries()).paper, title="Renamed")
    record.write([(make_entry(renamed, number=number), "s", "h")])
    record_papers(record, [paper(1)])
    ids = [entry.paper.id for entry in record.entries()]
    assert ids == [paper(1).id, paper(1).id + "~2"]


def test_a_title_of_signs_alone_is_recognised(record: Record) -> None:
    odd = replace(paper(1), title="?!", id="")
    record_papers(record, [odd])
    assert title_key(odd.title) == ""
    assert record.match(odd)
    assert record.match(replace(odd, title="!?", id="")) is None


# -- a file that is not as it should be ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [b"not a database at all" * 500, b"SQLite format 3\x00" + b"\xff" * 5000, b"\x00" * 8192, b"{}"],
    ids=["text", "header and noise", "zeros", "two bytes"],
)
def test_a_file_that_is_no_record_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "papers.sqlite3").write_bytes(content)
    with pytest.raises(StoreError, match=r"papers\.sqlite3 is damaged .*; move it away, put back a copy") as caught:
        Record(tmp_path)
    assert "\n" not in str(caught.value)
    assert (tmp_path / "papers.sqlite3").read_bytes() == content


@pytest.mark.parametrize("kept", [50, 200, 4096, 20_000])
def test_a_record_that_is_cut_off_is_refused_and_left_alone(tmp_path: Path, kept: int) -> None:
    record = Record(tmp_path)
    record_papers(record, papers(30), WordModel())
    record.close()
    cut = record.path.read_bytes()[:kept]
    record.path.write_bytes(cut)
    with pytest.raises(StoreError, match="is damaged"):
        list(Record(tmp_path).entries())
    assert record.path.read_bytes() == cut


def test_an_entry_that_cannot_be_read_is_an_error_that_names_it(tmp_path: Path) -> None:
    record = Record(tmp_path)
    record_papers(record, papers(2), WordModel())
    record._db.rows("UPDATE papers SET spans = '[[[0' WHERE number = 2")
    with pytest.raises(StoreError, match="paper 2 cannot be read"):
        list(record.entries())
    record._db.rows("UPDATE vectors SET rows = x'0102' WHERE paper = 1")
    with pytest.raises(StoreError, match="paper 1 cannot be read"):
        list(record.entries([1], embedding="words"))
    record.close()


def test_noise_in_a_record_is_an_error_or_harmless_but_never_a_crash(tmp_path: Path) -> None:
    record = Record(tmp_path)
    record_papers(record, papers(40), WordModel())
    record.close()
    sound = record.path.read_bytes()
    random_ = random.Random(7)
    refused = 0
    for _ in range(40):
        noisy = bytearray(sound)
        for _ in range(200):
            noisy[random_.randrange(len(noisy))] = random_.randrange(256)
        record.path.write_bytes(noisy)
        try:
            opened = Record(tmp_path)
            try:
                list(opened.entries(embedding="words"))
            finally:
                opened.close()
        except StoreError:
            refused += 1
    assert refused > 0


@pytest.mark.parametrize("version", [FORMAT - 1, FORMAT + 1])
def test_a_record_of_another_format_is_refused_and_left_alone(tmp_path: Path, version: int) -> None:
    record = Record(tmp_path)
    record._db.rows(f"PRAGMA user_version = {version}")
    record.close()
    before = record.path.read_bytes()
    with pytest.raises(StoreError, match=f"another version of paperchat .format {version}, this one reads {FORMAT}"):
        Record(tmp_path)
    assert record.path.read_bytes() == before


def test_a_database_of_another_program_is_refused_and_kept(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "papers.sqlite3")
    other.execute("CREATE TABLE papers (doi TEXT)")
    other.execute("INSERT INTO papers VALUES ('10.1000/1')")
    other.commit()
    other.close()
    with pytest.raises(StoreError):
        Record(tmp_path)
    other = sqlite3.connect(tmp_path / "papers.sqlite3")
    assert other.execute("SELECT * FROM papers").fetchall() == [("10.1000/1",)]
    other.close()


def test_a_home_that_is_a_file_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("mine")
    for home in (tmp_path / "home", tmp_path / "home" / "below"):
        with pytest.raises(StoreError, match="is not a folder; set PAPERCHAT_HOME to one") as caught:
            Record(home)
        assert "\n" not in str(caught.value)
    assert (tmp_path / "home").read_text() == "mine"


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


def test_a_changed_abstract_replaces_its_spans_and_vectors(record: Record) -> None:
    model = WordModel()
    record_papers(record, papers(3), model)
    change_abstract(record, paper(1).id, "Short now.", model)
    entry = next(record.entries([2], embedding=model.name))
    assert [sentence.text for sentence in entry.sentences] == ["Short now."]
    assert entry.rows is not None
    assert len(entry.rows) == 1 + 1 + 1 + 1
    assert record.numbers(since=1) == [2]
