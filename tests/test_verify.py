"""`paperchat check` finds what is wrong with what is kept, and `--repair` mends it from what is stored."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from ingest.index import PaperIndex
from ingest.library import check, ingest_sources
from tests.corpus import WordModel, check_entries_found, check_finds_all, model, papers, settings, write_source
from ui.cli import main

__all__ = ["model"]

COUNT = 12


@pytest.fixture
def home(tmp_path: Path, model: WordModel, monkeypatch: pytest.MonkeyPatch) -> Path:
    ingest_sources(settings(tmp_path / "home"), [write_source(tmp_path / "a.jsonl", papers(COUNT))])
    monkeypatch.setenv("PAPERCHAT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def sql(home: Path, statement: str) -> None:
    with closing(sqlite3.connect(home / "papers.sqlite3")) as db:
        db.execute(statement)
        db.commit()


def flip_a_byte(home: Path) -> None:
    path = next(home.glob("index-*/words-*/times.npy"))
    path.write_bytes(path.read_bytes()[:-1] + b"\x93")


GONE = "DELETE FROM vectors WHERE paper = 3"
ZEROS = "UPDATE vectors SET rows = zeroblob(length(rows)) WHERE paper = 2"
MOVED = "UPDATE papers SET spans = '[[[0,5]],[[0,5]]]' WHERE number IN (3, 4)"
ORPHANS = "INSERT INTO said VALUES (999, 'nowhere', '')"


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda home: sql(home, GONE), "1 papers have no vectors of words"),
        (lambda home: sql(home, ZEROS), "no vectors of their"),
        (lambda home: sql(home, MOVED), "have spans that are not"),
        (lambda home: sql(home, ORPHANS), "1 notes or vectors belong to no paper"),
        (flip_a_byte, "The index is not as it was written"),
        (lambda home: next(home.glob("index-*/manifest.json")).unlink(), "was not finished"),
    ],
    ids=["vectors gone", "vectors of zeros", "spans moved", "orphans", "index file flipped", "manifest gone"],
)
def test_what_is_wrong_is_found_and_mended_from_what_is_stored(
    home: Path, damage: Callable[[Path], None], words: str
) -> None:
    assert check(settings(home)) == []
    damage(home)
    found = check(settings(home))
    assert any(words in finding.what for finding in found), found
    assert check(settings(home)) == found  # it only looked
    assert not any(finding.mended for finding in found)
    assert all(finding.mended for finding in check(settings(home), mend=True))
    assert check(settings(home)) == []
    with closing(PaperIndex(settings(home))) as index:
        check_finds_all(index, COUNT)


def test_vectors_that_do_not_fit_their_paper_cost_no_answer_where_the_index_is_lost(home: Path) -> None:
    sql(home, MOVED)
    shutil.rmtree(next(home.glob("index-*")))
    with closing(PaperIndex(settings(home))) as index:
        check_entries_found(index)
        assert [head.number for head in index.heads([2, 3, 4, 5])] == [2, 5]


def test_a_paper_that_cannot_be_read_is_named_and_left(home: Path) -> None:
    sql(home, "UPDATE papers SET authors = '{' WHERE number = 5")
    (found,) = check(settings(home))
    assert found.what == "1 papers cannot be read: number 5"
    assert "copy of papers.sqlite3" in found.mend


def test_a_damaged_file_is_told_by_what_can_be_done(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (home / "papers.sqlite3").open("r+b") as file:
        file.seek(20_000)
        file.write(b"x" * 40_000)
    assert main(["check"]) == 1
    said = "".join(capsys.readouterr())
    assert "Traceback" not in said
    assert "copy of" in said


def test_the_command_ends_with_0_only_where_all_is_well(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    assert "No problems found" in capsys.readouterr().out
    sql(home, GONE)
    assert main(["check", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert "have no vectors of words" in found[0]["what"]
    assert not any(one["mended"] for one in found)
    assert main(["check", "--repair"]) == 0
    assert "Repaired." in capsys.readouterr().out
