"""The derived index: kept in step with the record, made again when it cannot be trusted, done without when it fails."""

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import ingest.derived
import ingest.index
from ingest.derived import IndexFolder, facts
from ingest.embedding import ModelMissingError
from ingest.errors import StoreError, UsageError
from ingest.index import PaperIndex
from ingest.locks import OwnedFile
from ingest.paper import Paper
from ingest.postings import Part
from ingest.record import Record
from ingest.vectors import ChromaVectors, ExactVectors, close, embedded_client
from ingest.words import WordIndex
from rag.retrieve.scope import Scope
from tests.corpus import (
    WordModel,
    change_abstract,
    check_finds_all,
    found_by_meaning,
    found_by_words,
    model,
    paper,
    papers,
    record_papers,
    settings,
    use,
    whole,
)

__all__ = ["model"]

COUNT = 20


@pytest.fixture
def home(tmp_path: Path, model: WordModel) -> Path:
    """A folder with twenty papers recorded and indexed, by a process that has ended."""
    index = PaperIndex(settings(tmp_path / "home"))
    record_papers(index.record, papers(COUNT), model)
    index.refresh()
    index.close()
    model.asked.clear()
    return tmp_path / "home"


@pytest.fixture
def opened(home: Path) -> Iterator[Callable[[], PaperIndex]]:
    """Opens the index of that folder, as often as wanted; all are closed at the end."""
    indexes: list[PaperIndex] = []

    def open_one() -> PaperIndex:
        indexes.append(PaperIndex(settings(home)))
        return indexes[-1]

    yield open_one
    for index in indexes:
        index.close()


Opened = Callable[[], PaperIndex]


def folders(home: Path) -> list[str]:
    return sorted(path.name for path in home.glob("index-*"))


def counting(owner: type, name: str, monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """The arguments of each call of a function, as it is called."""
    calls: list[tuple[object, ...]] = []
    original = getattr(owner, name)

    def counted(*args: object, **named: object) -> object:
        calls.append(args)
        return original(*args, **named)

    monkeypatch.setattr(owner, name, counted)
    return calls


# -- trusted and not -------------------------------------------------------------------------------------------------


def test_a_sealed_index_is_opened_not_made_again(home: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(IndexFolder, "make", lambda *_: pytest.fail("made again"))
    for _ in range(3):
        index = opened()
        check_finds_all(index, COUNT)
        assert index.notices == []
        index.close()
    assert folders(home) == ["index-1"]


def test_an_index_whose_process_was_killed_while_it_only_read_is_trusted(
    home: Path, tmp_path: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = opened()
    check_finds_all(index, COUNT)
    shutil.copytree(home, tmp_path / "as left")  # as a kill would leave it: nothing closed
    index.close()
    monkeypatch.setattr(IndexFolder, "make", lambda *_: pytest.fail("made again"))
    other = PaperIndex(settings(tmp_path / "as left"))
    check_finds_all(other, COUNT)
    other.close()


FILES = [
    "manifest.json",
    "chroma/chroma.sqlite3",
    "words-1-0/numbers.npy",
    "words-1-0/lengths.npy",
    "words-1-0/letters.npy",
    "words-1-0/ends.npy",
    "words-1-0/starts.npy",
    "words-1-0/holders.npy",
    "words-1-0/times.npy",
    "calls-1-0/letters.npy",
    "calls-1-0/holders.npy",
    "data_level0.bin",
    "header.bin",
    "length.bin",
]


def delete(path: Path) -> None:
    path.unlink()


def empty(path: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path: Path) -> None:
    """One bit in the middle, with the time of change as it was."""
    before = path.stat()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    shutil.os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))  # type: ignore[attr-defined]


def scribble(path: Path) -> None:
    path.write_bytes(b"\x80\x04\x95" + b"junk" * 500)


def lengthen(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\x00" * 64)


def become_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("damage", [delete, empty, cut, flip, scribble, lengthen, become_a_folder])
@pytest.mark.parametrize("name", FILES)
def test_a_damaged_index_is_made_again_silently_without_embedding(
    home: Path, opened: Opened, model: WordModel, name: str, damage: Callable[[Path], None]
) -> None:
    (path,) = [path for path in home.rglob(Path(name).name) if path.as_posix().endswith(name)]
    damage(path)
    index = opened()
    check_finds_all(index, COUNT)
    assert index.notices == []
    assert model.asked == []


@pytest.mark.parametrize("gone", ["", "chroma", "words-1-0", "calls-1-0"])
def test_a_missing_folder_is_made_again(home: Path, opened: Opened, model: WordModel, gone: str) -> None:
    shutil.rmtree(home / "index-1" / gone)
    check_finds_all(opened(), COUNT)
    assert model.asked == []


def test_a_folder_that_became_a_file_is_no_obstacle(home: Path, opened: Opened) -> None:
    shutil.rmtree(home / "index-1")
    (home / "index-1").write_text("not a folder")
    index = opened()
    check_finds_all(index, COUNT)
    assert index.notices == []


@pytest.mark.parametrize(
    "change",
    [
        {"format": "0 chromadb 0.4"},
        {"embedding": "another model"},
        {"revision": 0},
        {"revision": 99},
        {"stamp": "0123456789abcdef"},
        {"rows": 1},
        {"collection": "another"},
        {"files": {}},
        {"files": None},
    ],
    ids=str,
)
def test_a_manifest_that_states_anything_else_is_not_trusted(
    home: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch, change: dict[str, object]
) -> None:
    manifest = home / "index-1" / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | change))
    made = counting(IndexFolder, "make", monkeypatch)
    index = opened()
    check_finds_all(index, COUNT)
    assert len(made) == 1
    assert index.notices == []


@pytest.mark.parametrize("text", ["", "[]", "null", "{", '{"files": {}}', "\ud7ff" * 10])
def test_a_manifest_that_is_none_is_not_trusted(home: Path, opened: Opened, text: str) -> None:
    (home / "index-1" / "manifest.json").write_text(text)
    check_finds_all(opened(), COUNT)


def test_leftover_index_folders_are_removed_and_nothing_else(home: Path, opened: Opened) -> None:
    shutil.copytree(home / "index-1", home / "index-7")
    (home / "index-7" / "manifest.json").unlink()
    (home / "index-3").mkdir()
    for mine in ("index-of-my-papers", "index-", "index-2b", "other"):
        (home / mine).mkdir()
    check_finds_all(opened(), COUNT)
    assert folders(home) == ["index-", "index-1", "index-2b", "index-of-my-papers"]
    assert (home / "other").is_dir()


def test_an_index_of_a_record_that_was_lost_is_not_taken_for_that_of_the_next(
    home: Path, opened: Opened, model: WordModel
) -> None:
    """Both records stand at revision 1 and hold as many papers."""
    (home / "papers.sqlite3").unlink()
    record = Record(home)
    record_papers(record, [paper(100 + n) for n in range(COUNT)], model)
    record.close()
    index = opened()
    assert found_by_words(index, "own3") == set()
    assert found_by_words(index, "own103") == {paper(103).id}
    assert found_by_meaning(index, whole(next(index.record.entries())), 1) == [paper(100).id]


def test_an_index_ahead_of_a_record_put_back_from_a_copy_is_not_trusted(
    home: Path, tmp_path: Path, opened: Opened, model: WordModel
) -> None:
    shutil.copy(home / "papers.sqlite3", tmp_path / "copy")
    index = opened()
    change_abstract(index.record, paper(1).id, "Spoken of: wombats alone.", model)
    index.refresh()
    index.close()
    shutil.copy(tmp_path / "copy", home / "papers.sqlite3")
    record = Record(home)
    change_abstract(record, paper(2).id, "Spoken of: numbats alone.", model)  # revision 2, as the index states
    record.close()
    index = opened()
    assert (found_by_words(index, "wombats"), found_by_words(index, "numbats")) == (set(), {paper(2).id})
    assert found_by_words(index, "own1") == {paper(1).id}


def test_two_models_in_turn_never_share_an_index(home: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest.index, "make_embedder", lambda settings: None)
    without = opened()
    assert found_by_words(without, "own4") == {paper(4).id}
    assert without.nearest(np.zeros(32, dtype=np.float32), 5) == []
    assert without.notices == []
    without.close()
    use(WordModel(), monkeypatch)
    check_finds_all(opened(), COUNT)


def test_a_missing_model_is_told_and_words_still_find(
    home: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(settings: object) -> None:
        raise ModelMissingError("The model is not installed. Run: pip install it")

    monkeypatch.setattr(ingest.index, "make_embedder", missing)
    index = opened()
    assert found_by_words(index, "own4") == {paper(4).id}
    assert index.notices == [
        "The model is not installed. Run: pip install it Until then papers are searched by words alone."
    ]


def test_an_empty_record_can_be_searched(tmp_path: Path, model: WordModel) -> None:
    for _ in range(2):
        index = PaperIndex(settings(tmp_path))
        assert found_by_words(index, "anything") == set()
        assert found_by_meaning(index, "anything") == []
        assert index.notices == []
        index.close()


# -- in step with the record -----------------------------------------------------------------------------------------


def test_a_refresh_carries_over_only_what_changed(
    home: Path, opened: Opened, model: WordModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = opened()
    index.refresh()
    carried = counting(ChromaVectors, "carry", monkeypatch)
    change_abstract(index.record, paper(4).id, "Spoken of: numbats alone.", model)
    record_papers(index.record, [paper(COUNT)], model)
    assert found_by_words(index, "numbats") == {paper(4).id}
    assert found_by_words(index, f"own{COUNT}") == {paper(COUNT).id}
    index.refresh()
    assert [numbers for _, _, numbers, _ in carried] == [[5, COUNT + 1]]


def test_a_change_during_a_catch_up_is_seen_at_the_next_refresh(
    home: Path, opened: Opened, model: WordModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = opened()
    index.refresh()
    grown = WordIndex.grown

    def changed_meanwhile(self: WordIndex, *given: object) -> WordIndex:
        words = grown(self, *given)  # type: ignore[arg-type]
        monkeypatch.setattr(WordIndex, "grown", grown)
        change_abstract(index.record, paper(2).id, "Spoken of: wombats alone.", model)
        return words

    monkeypatch.setattr(WordIndex, "grown", changed_meanwhile)
    change_abstract(index.record, paper(1).id, "Spoken of: numbats alone.", model)
    index.refresh()
    assert index._folder
    assert index._folder.revision == 2
    assert found_by_words(index, "wombats") == {paper(2).id}
    assert index._folder.revision == 3
    index.close()
    assert found_by_meaning(opened(), f"{paper(2).title}. Spoken of: wombats alone.", 1) == [paper(2).id]


def test_an_index_that_outgrew_its_kind_is_made_again(
    home: Path, opened: Opened, model: WordModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest.derived, "UNFLUSHED", COUNT // 2 - 1)
    made = counting(IndexFolder, "make", monkeypatch)
    for _ in range(2):
        index = opened()
        check_finds_all(index, COUNT)
        (folder,) = folders(home)
        assert json.loads((home / folder / "manifest.json").read_text())["flushed"]
        index.close()
    assert len(made) == 1


def test_entries_are_never_older_than_the_index(home: Path, opened: Opened, model: WordModel) -> None:
    index = opened()
    index.refresh()
    assert index.entries([3])[0].paper.abstract == paper(2).abstract
    change_abstract(index.record, paper(2).id, "Spoken of: numbats alone.", model)
    index.refresh()
    entry = index.entries([3])[0]
    assert entry.paper.abstract == "Spoken of: numbats alone."
    assert entry.rows is not None
    assert len(entry.rows) == len(entry.texts) + 1


def test_memory_keeps_no_more_entries_than_it_may(home: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest.index, "CACHED_ENTRIES", 5)
    index = opened()
    assert [entry.number for entry in index.entries(range(1, COUNT + 1))] == list(range(1, COUNT + 1))
    assert list(index._entries._kept) == list(range(COUNT - 4, COUNT + 1))


# -- filters and exactness -------------------------------------------------------------------------------------------


def dated(count: int) -> list[Paper]:
    """Papers of 2024, one a month, but for the last, which has no date."""
    return [replace(paper(n), date=f"2024-{n + 1:02}-15" if n < count - 1 else "") for n in range(count)]


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        (("", ""), {0, 1, 2, 3, 4, 5}),
        (("2024-03-15", ""), {2, 3, 4}),
        (("", "2024-03-15"), {0, 1, 2}),
        (("2024-02-16", "2024-04-14"), {2}),
        (("2024-02", "2024-04"), {1, 2}),
        (("2031", ""), set()),
    ],
    ids=str,
)
def test_chroma_and_the_record_agree_on_dates(
    tmp_path: Path, model: WordModel, dates: tuple[str, str], expected: set[int]
) -> None:
    index = PaperIndex(settings(tmp_path))
    record_papers(index.record, dated(6), model)
    index.refresh()
    exact = ExactVectors(index.record.entries(embedding=model.name))
    query = model.embed_query("amber birch")
    ids = {paper(n).id for n in expected}
    assert {e.paper.id for e in index.entries(index.nearest(query, 50, dates=dates))} == ids
    assert {e.paper.id for e in index.entries(exact.nearest(query, 50, dates=dates))} == ids
    index.close()


@pytest.mark.parametrize(
    ("date", "last"),
    [("", ""), ("2024", "2024-12-31"), ("2024-08", "2024-08-31"), ("2024-08-21", "2024-08-21")],
)
def test_a_scope_takes_a_date_or_its_beginning_and_ends_with_the_last_day_of_it(date: str, last: str) -> None:
    assert (Scope(since=date).since, Scope(until=date).until) == (date, last)


@pytest.mark.parametrize(
    "date",
    ["24", "20240821", "2024-8", "2024-13", "2024-00", "2024-08-32", "2024-08-21T00", "May 2024", " 2024", "٢٠٢٤"],
)
def test_a_scope_of_dates_that_are_none_is_refused_with_what_can_be_meant(date: str) -> None:
    for bound in ("since", "until"):
        with pytest.raises(UsageError, match=f"^'{bound}' is '{date}', no date; write it as 2024, 2024-08 or "):
            Scope(**{bound: date})


def test_chroma_finds_what_exact_search_finds(home: Path, opened: Opened, model: WordModel) -> None:
    index = opened()
    index.refresh()
    exact = ExactVectors(index.record.entries(embedding=model.name))
    for entry in list(index.record.entries()):
        query = model.embed_query(whole(entry))
        assert index.nearest(query, 4) == exact.nearest(query, 4)


# -- several processes and threads -----------------------------------------------------------------------------------


def test_a_process_that_does_not_own_the_index_finds_the_same(home: Path, opened: Opened, model: WordModel) -> None:
    owner, other = opened(), opened()
    check_finds_all(owner, COUNT)
    check_finds_all(other, COUNT)
    assert other._folder is None
    assert other.notices == []
    query = model.embed_query("amber birch own3")
    assert other.nearest(query, 10) == owner.nearest(query, 10)


def test_a_process_that_does_not_own_the_index_takes_its_words_from_there(
    home: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened().refresh()
    other = opened()
    monkeypatch.setattr(WordIndex, "build", lambda entries: pytest.fail("built again"))
    assert found_by_words(other, "own3") == {paper(3).id}


def test_papers_of_another_process_are_seen_at_the_next_refresh(home: Path, opened: Opened, model: WordModel) -> None:
    owner, other = opened(), opened()
    owner.refresh()
    other.refresh()
    record = Record(home)
    record_papers(record, [paper(COUNT)], model)
    record.close()
    for index in (other, owner):
        check_finds_all(index, COUNT + 1)


def test_the_next_process_takes_over_an_index_whose_owner_left(home: Path, opened: Opened, model: WordModel) -> None:
    owner, other = opened(), opened()
    owner.refresh()
    other.refresh()
    owner.close()
    record_papers(other.record, [paper(COUNT)], model)
    check_finds_all(other, COUNT + 1)
    assert other._folder


def test_eight_threads_search_while_another_ingests(home: Path, opened: Opened, model: WordModel) -> None:
    index = opened()
    index.refresh()
    errors: list[BaseException] = []
    searches: list[int] = []
    done = threading.Event()

    def search(number: int) -> None:
        try:
            while not done.is_set():
                assert found_by_words(index, f"own{number}") == {paper(number).id}
                assert found_by_meaning(index, f"{paper(number).title}. {paper(number).abstract}", 1) == [
                    paper(number).id
                ]
                searches.append(number)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=search, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    record = Record(home)
    for batch in range(10):
        record_papers(record, [paper(COUNT + 3 * batch + n) for n in range(3)], model)
        change_abstract(record, paper(15).id, f"It tells of change number {batch} in full.", model)
        time.sleep(0.05)
    record.close()
    done.set()
    for thread in threads:
        thread.join(30)
    assert errors == []
    assert len(searches) > 8
    index.refresh()
    assert index.count() == COUNT + 30
    assert found_by_words(index, f"own{COUNT + 29}") == {paper(COUNT + 29).id}


# -- when the index fails --------------------------------------------------------------------------------------------


def test_an_index_that_fails_in_use_is_done_without_and_made_again(
    home: Path, opened: Opened, model: WordModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = opened()
    check_finds_all(index, COUNT)
    folder = index._folder
    assert folder
    assert folder.vectors

    class Broken:
        def query(self, **_: object) -> None:
            raise BaseException("PanicException: the file is not what it was")

    folder.vectors._collection = Broken()  # type: ignore[assignment]
    check_finds_all(index, COUNT)
    assert len(index.notices) == 1
    assert "cannot be searched (PanicException" in index.notices[0]
    assert index.notices[0].endswith("Papers are searched in the record itself.")
    assert not folder.path.exists()
    assert folder.path.as_posix() not in str(_open_chromas())
    index._retry_at = 0  # a minute later
    check_finds_all(index, COUNT)
    assert index.notices == []
    assert index._folder
    assert model.asked == []


def _open_chromas() -> list[str]:
    from chromadb.api.shared_system_client import SharedSystemClient

    return list(SharedSystemClient._identifier_to_system)


@pytest.mark.parametrize("files", ["chroma", "."])
def test_an_index_deleted_while_it_is_open_is_made_again(
    home: Path, opened: Opened, model: WordModel, files: str
) -> None:
    index = opened()
    index.refresh()
    shutil.rmtree(home / "index-1" / files)
    record_papers(index.record, [paper(COUNT)], model)
    check_finds_all(index, COUNT + 1)
    index.close()
    check_finds_all(opened(), COUNT + 1)


def test_an_index_that_cannot_be_written_is_done_without(
    home: Path, opened: Opened, model: WordModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Part, folder: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Part, "save", full)
    shutil.rmtree(home / "index-1")
    open_before = _open_chromas()
    index = opened()
    check_finds_all(index, COUNT)
    assert index.notices == [
        "The index cannot be written (No space left on device). Papers are searched in the record itself."
    ]
    assert folders(home) == []  # what was begun takes no space
    assert _open_chromas() == open_before
    monkeypatch.undo()
    use(model, monkeypatch)
    index._retry_at = 0
    check_finds_all(index, COUNT)
    assert index.notices == []


def test_a_home_where_no_lock_can_be_made_is_searched_all_the_same(home: Path, opened: Opened) -> None:
    (home / "index.lock").unlink()
    (home / "index.lock").mkdir()
    index = opened()
    check_finds_all(index, COUNT)
    assert len(index.notices) == 1


def test_a_thread_that_comes_during_a_catch_up_goes_on_with_what_there_is(
    home: Path, opened: Opened, model: WordModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = opened()
    index.refresh()
    entered, go_on = threading.Event(), threading.Event()
    catch_up = IndexFolder.catch_up

    def slow(self: IndexFolder, record: Record) -> None:
        entered.set()
        assert go_on.wait(30)
        catch_up(self, record)

    monkeypatch.setattr(IndexFolder, "catch_up", slow)
    record_papers(index.record, [paper(COUNT)], model)
    thread = threading.Thread(target=index.refresh)
    thread.start()
    assert entered.wait(30)
    assert found_by_words(index, "own3") == {paper(3).id}
    assert found_by_meaning(index, whole(index.entries([4])[0]), 1) == [paper(3).id]
    assert found_by_words(index, f"own{COUNT}") == set()
    go_on.set()
    thread.join(30)
    assert found_by_words(index, f"own{COUNT}") == {paper(COUNT).id}


# -- what Chroma is told ---------------------------------------------------------------------------------------------


def test_chroma_is_given_no_text(home: Path) -> None:
    stored = b"".join(path.read_bytes() for path in (home / "index-1" / "chroma").rglob("*") if path.is_file())
    assert b"own3" not in stored
    assert b"juniper" not in stored


def test_what_could_not_be_opened_once_can_be_the_next_time(tmp_path: Path) -> None:
    (tmp_path / "chroma.sqlite3").mkdir()
    with pytest.raises(StoreError, match="cannot be opened"):
        embedded_client(tmp_path)
    (tmp_path / "chroma.sqlite3").rmdir()
    close(embedded_client(tmp_path))


def test_a_collection_of_another_dimension_is_an_error_in_plain_words(tmp_path: Path) -> None:
    client = embedded_client(tmp_path)
    vectors = ChromaVectors.create(client, "paperchat")
    model, record = WordModel(dim=8), Record(tmp_path / "home")
    record_papers(record, papers(2), model)
    vectors.carry(record, [1, 2], model.name)
    with pytest.raises(StoreError, match="The vector index cannot be searched"):
        vectors.nearest(np.ones(9, dtype=np.float32), 1)
    close(client)
    record.close()


def test_facts_change_with_everything_that_makes_an_index(home: Path) -> None:
    record = Record(home)
    assert facts(record, 1, "words") == facts(record, 1, "words")
    assert facts(record, 1, "words") != facts(record, 1, "other") != facts(record, 0, "other")
    record.close()


def test_a_lock_of_the_index_is_left_when_it_is_closed(home: Path, opened: Opened) -> None:
    index = opened()
    index.refresh()
    lock = OwnedFile(home, "index")
    assert not lock.take()
    index.close()
    assert lock.take()
    lock.release()
