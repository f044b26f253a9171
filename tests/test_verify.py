"""`paperchat check` finds what is wrong with what is kept, and `--repair` mends it from what is stored."""

import errno
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from ingest.derived import IndexFolder
from ingest.index import PaperIndex
from ingest.library import check, ingest_sources
from ingest.locks import OwnedFile
from tests.corpus import WordModel, check_entries_found, check_finds_all, model, papers, settings, write_source
from ui.cli import main

__all__ = ["model"]

COUNT = 12


@pytest.fixture
def home(tmp_path: Path, model: WordModel) -> Path:
    ingest_sources(settings(tmp_path / "home"), [write_source(tmp_path / "a.jsonl", papers(COUNT))])
    return tmp_path / "home"


def sql(*statements: str) -> Callable[[Path], None]:
    def change(home: Path) -> None:
        with closing(sqlite3.connect(home / "papers.sqlite3")) as db:
            for statement in statements:
                db.execute(statement)
            db.commit()

    return change


def flip(pattern: str) -> Callable[[Path], None]:
    def change(home: Path) -> None:
        path = next(home.glob(pattern))
        content = bytearray(path.read_bytes())
        content[-1] ^= 255
        path.write_bytes(content)

    return change


def test_what_is_whole_is_said_to_be(home: Path) -> None:
    assert check(settings(home)) == []
    assert check(settings(home), mend=True) == []


DAMAGE = {
    "vectors gone": (sql("DELETE FROM vectors WHERE paper = 3"), "1 papers have no vectors of words"),
    "vectors of zeros": (
        sql("UPDATE vectors SET rows = zeroblob(length(rows)) WHERE paper = 2"),
        "no vectors of their",
    ),
    "spans moved": (sql("UPDATE papers SET spans = '[[[0,5]],[[0,5]]]' WHERE number = 4"), "have spans that are not"),
    "orphans": (sql("INSERT INTO said VALUES (999, 'nowhere', '')"), "1 notes or vectors belong to no paper"),
    "index file flipped": (flip("index-*/words-*/times.npy"), "The index is not as it was written"),
    "manifest gone": (lambda home: next(home.glob("index-*/manifest.json")).unlink(), "was not finished"),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_what_is_wrong_is_found_and_mended_from_what_is_stored(home: Path, model: WordModel, kind: str) -> None:
    damage, words = DAMAGE[kind]
    damage(home)
    found = check(settings(home))
    assert any(words in finding.what for finding in found), found
    assert not any(finding.mended for finding in found)
    assert [finding.what for finding in check(settings(home))] == [finding.what for finding in found]  # it only looks
    assert all(finding.mended for finding in check(settings(home), mend=True))
    assert check(settings(home)) == []
    index = PaperIndex(settings(home))
    check_finds_all(index, COUNT)
    index.close()


def test_vectors_that_do_not_fit_their_paper_cost_no_answer_where_the_index_is_lost(home: Path) -> None:
    sql("UPDATE papers SET spans = '[[[0,5]],[[0,5]]]' WHERE number IN (3, 4)")(home)
    shutil.rmtree(next(home.glob("index-*")))
    index = PaperIndex(settings(home))
    check_entries_found(index)
    assert [head.number for head in index.heads([2, 3, 4, 5])] == [2, 5]
    index.close()


def test_a_repair_tells_what_it_could_not_make(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flip("index-*/words-*/times.npy")(home)
    sql("DELETE FROM vectors WHERE paper = 3")(home)

    def full(*_: object) -> IndexFolder:
        for folder in home.glob("index-*"):
            shutil.rmtree(folder)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(IndexFolder, "make", full)
    words, gone, index = check(settings(home), mend=True)
    assert "have no vectors" in words.what
    assert "not as it was written" in gone.what
    assert "The index is not there" in index.what
    assert [finding.mended for finding in (words, gone, index)] == [True, True, False]


def test_an_index_of_other_papers_than_the_record_is_found(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = PaperIndex(settings(home))
    index.refresh()
    assert index._folder
    assert index._folder.vectors
    index._folder.vectors._collection.delete(ids=["1:0", "2:1"])
    index._folder.vectors._collection.upsert(ids=["77:0", "77:1"], embeddings=[[1.0] * 32] * 2)
    index._folder._wrote = True
    index.close()
    assert [finding.what for finding in check(settings(home))] == [
        "The index of vectors does not hold the papers of the record"
    ]
    check(settings(home), mend=True)
    assert check(settings(home)) == []


def test_a_paper_that_cannot_be_read_is_named_and_left(home: Path) -> None:
    sql("UPDATE papers SET authors = '{' WHERE number = 5")(home)
    found = check(settings(home))
    assert [finding.what for finding in found] == ["1 papers cannot be read: number 5"]
    assert "copy of papers.sqlite3" in found[0].mend


def test_a_damaged_file_is_told_by_what_can_be_done(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = home / "papers.sqlite3"
    content = bytearray(path.read_bytes())
    content[20_000:60_000] = b"x" * 40_000
    path.write_bytes(content)
    monkeypatch.setenv("PAPERCHAT_HOME", str(home))
    assert main(["check"]) == 1
    told = capsys.readouterr()
    assert "Traceback" not in told.err + told.out
    assert "copy of" in told.err + told.out


def test_an_index_in_use_is_left_to_who_uses_it(home: Path) -> None:
    owner = OwnedFile(home, "index")
    assert owner.take()
    assert ["is in use" in finding.what for finding in check(settings(home))] == [True]
    owner.release()


def test_the_command_ends_with_0_only_where_nothing_is_wrong(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PAPERCHAT_HOME", str(home))
    assert main(["check"]) == 0
    assert "All is well" in capsys.readouterr().out
    sql("DELETE FROM vectors WHERE paper = 3")(home)
    assert main(["check", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert "have no vectors of words" in found[0]["what"]
    assert not any(finding["mended"] for finding in found)
    assert main(["check", "--repair"]) == 0
    assert "Mended." in capsys.readouterr().out
