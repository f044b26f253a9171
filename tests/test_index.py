"""The derived index: kept in step with the record, made again when it cannot be trusted, done without when it fails."""

import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import pytest

import ingest.index
from ingest.derived import IndexFolder
from ingest.embedding import ModelMissingError
from ingest.index import PaperIndex
from ingest.postings import Part
from ingest.record import Record
from ingest.settings import Settings
from ingest.vectors import ChromaVectors, ExactVectors
from ingest.words import WordIndex
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
    whole,
)

__all__ = ["model"]

COUNT = 20
Opened = Callable[[Path | Settings], PaperIndex]


@pytest.fixture
def opened() -> Iterator[Opened]:
    """Opens the index of a folder, as often as wanted; all are closed at the end."""
    with ExitStack() as closes:

        def open_one(where: Path | Settings) -> PaperIndex:
            index = PaperIndex(where if isinstance(where, Settings) else settings(where))
            closes.callback(index.close)
            return index

        yield open_one


@pytest.fixture
def home(tmp_path: Path, model: WordModel) -> Path:
    """A folder with twenty papers recorded and indexed, by a process that has ended."""
    with closing(PaperIndex(settings(tmp_path / "home"))) as index:
        record_papers(index.record, papers(COUNT), model)
        index.refresh()
    model.asked.clear()
    return tmp_path / "home"


@pytest.fixture
def index(home: Path, opened: Opened) -> PaperIndex:
    """The index of that folder, in use."""
    index = opened(home)
    index.refresh()
    return index


def folders(home: Path) -> list[str]:
    return sorted(path.name for path in home.glob("index-*"))


def counting(owner: type, name: str, monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """The arguments of each call of a function, as it is called."""
    calls: list[tuple[object, ...]] = []
    original = getattr(owner, name)
    monkeypatch.setattr(owner, name, lambda *args, **named: (calls.append(args), original(*args, **named))[1])
    return calls


# -- trusted and not -------------------------------------------------------------------------------------------------


def test_a_sound_index_is_not_made_again(home: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(IndexFolder, "make", lambda *_: pytest.fail("made again"))
    check_finds_all(opened(home), COUNT)
    shutil.copytree(home, home.parent / "as left")  # as a kill would leave it: nothing closed
    left = opened(home.parent / "as left")
    check_finds_all(left, COUNT)
    assert left.notices == []


FILES = [
    *("manifest.json", "chroma/chroma.sqlite3", "data_level0.bin", "header.bin", "length.bin"),
    *(f"words-1-0/{name}.npy" for name in ("numbers", "lengths", "letters", "ends", "starts", "holders", "times")),
    *(f"calls-1-0/{name}.npy" for name in ("letters", "holders")),
]


def flip(path: Path) -> None:
    """One bit in the middle, with the time of change as it was."""
    before = path.stat()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


DAMAGES: dict[str, Callable[[Path], object]] = {
    "deleted": Path.unlink,
    "emptied": lambda path: path.write_bytes(b""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "flipped": flip,
    "lengthened": lambda path: path.write_bytes(path.read_bytes() + b"\x00" * 64),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", FILES)
def test_a_damaged_index_is_made_again(home: Path, opened: Opened, model: WordModel, name: str, damage: str) -> None:
    (path,) = [path for path in home.rglob(Path(name).name) if path.as_posix().endswith(name)]
    DAMAGES[damage](path)
    index = opened(home)
    check_finds_all(index, COUNT)
    assert (index.notices, model.asked) == ([], [])


@pytest.mark.parametrize("instead", ["", "a file"])
@pytest.mark.parametrize("gone", ["", "chroma", "words-1-0", "calls-1-0"])
def test_a_missing_folder_is_made_again(home: Path, opened: Opened, model: WordModel, gone: str, instead: str) -> None:
    shutil.rmtree(home / "index-1" / gone)
    if instead:
        (home / "index-1" / gone).write_text(instead)
    index = opened(home)
    check_finds_all(index, COUNT)
    assert (index.notices, model.asked) == ([], [])


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
        *("[]", "null", "{", '{"files": {}}', "\ud7ff" * 10),
    ],
    ids=str,
)
def test_a_manifest_that_states_anything_else_is_not_trusted(
    home: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch, change: dict[str, object] | str
) -> None:
    manifest = home / "index-1" / "manifest.json"
    stated = json.loads(manifest.read_text())
    manifest.write_text(change if isinstance(change, str) else json.dumps(stated | change))
    made = counting(IndexFolder, "make", monkeypatch)
    index = opened(home)
    check_finds_all(index, COUNT)
    assert (len(made), index.notices) == (1, [])


def test_leftover_index_folders_are_removed_and_nothing_else(home: Path, opened: Opened) -> None:
    shutil.copytree(home / "index-1", home / "index-7")
    (home / "index-7" / "manifest.json").unlink()
    (home / "index-3").mkdir()
    for mine in ("index-of-my-papers", "index-", "index-2b", "other"):
        (home / mine).mkdir()
    check_finds_all(opened(home), COUNT)
    assert folders(home) == ["index-", "index-1", "index-2b", "index-of-my-papers"]
    assert (home / "other").is_dir()


def test_an_index_ahead_of_its_record_is_not_trusted(home: Path, opened: Opened, model: WordModel) -> None:
    shutil.copy(home / "papers.sqlite3", home.parent / "copy")
    with closing(opened(home)) as index:
        change_abstract(index.record, paper(1).id, "Spoken of: wombats alone.", model)
        index.refresh()
    shutil.copy(home.parent / "copy", home / "papers.sqlite3")
    with closing(Record(home)) as record:
        change_abstract(record, paper(2).id, "Spoken of: numbats alone.", model)  # revision 2, as the index states
    index = opened(home)
    assert (found_by_words(index, "wombats"), found_by_words(index, "numbats")) == (set(), {paper(2).id})
    assert found_by_words(index, "own1") == {paper(1).id}


def test_without_its_model_words_still_find(home: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(settings: object) -> None:
        raise ModelMissingError("The model is not installed. Run: pip install it")

    monkeypatch.setattr(ingest.index, "make_embedder", missing)
    index = opened(home)
    assert found_by_words(index, "own4") == {paper(4).id}
    (notice,) = index.notices
    assert notice == "The model is not installed. Run: pip install it Until then papers are searched by words alone."


# -- in step with the record -----------------------------------------------------------------------------------------


def test_what_changed_is_carried_over(index: PaperIndex, model: WordModel, monkeypatch: pytest.MonkeyPatch) -> None:
    carried = counting(ChromaVectors, "carry", monkeypatch)
    change_abstract(index.record, paper(4).id, "Spoken of: numbats alone.", model)
    record_papers(index.record, [paper(COUNT)], model)
    assert found_by_words(index, "numbats") == {paper(4).id}
    assert found_by_words(index, f"own{COUNT}") == {paper(COUNT).id}
    index.refresh()
    assert [numbers for _, _, numbers, _ in carried] == [[5, COUNT + 1]]


def test_a_change_during_a_catch_up_is_not_missed(
    home: Path, index: PaperIndex, opened: Opened, model: WordModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    grown = WordIndex.grown

    def changed_meanwhile(self: WordIndex, *given: object) -> WordIndex:
        monkeypatch.setattr(WordIndex, "grown", grown)
        words = grown(self, *given)  # type: ignore[arg-type]
        change_abstract(index.record, paper(2).id, "Spoken of: wombats alone.", model)
        return words

    monkeypatch.setattr(WordIndex, "grown", changed_meanwhile)
    change_abstract(index.record, paper(1).id, "Spoken of: numbats alone.", model)
    index.refresh()
    assert index._folder
    assert index._folder.revision == 2
    assert found_by_words(index, "wombats") == {paper(2).id}
    index.close()
    assert found_by_meaning(opened(home), f"{paper(2).title}. Spoken of: wombats alone.", 1) == [paper(2).id]


def test_chroma_and_the_record_agree_on_dates(tmp_path: Path, opened: Opened, model: WordModel) -> None:
    index = opened(tmp_path)
    dated = [replace(paper(n), date=f"2024-{n + 1:02}-15" if n < 5 else "") for n in range(6)]
    record_papers(index.record, dated, model)
    index.refresh()
    found_within = {
        ("", ""): {0, 1, 2, 3, 4, 5},
        ("2024-03-15", ""): {2, 3, 4},
        ("", "2024-03-15"): {0, 1, 2},
        ("2024-02-16", "2024-04-14"): {2},
        ("2024-02", "2024-04"): {1, 2},
        ("2031", ""): set(),
    }
    for dates, expected in found_within.items():
        for vectors in (index, ExactVectors(index.record.entries(embedding=model.name))):
            found = index.entries(vectors.nearest(model.embed_query("amber birch"), 50, dates=dates))
            assert {entry.paper.id for entry in found} == {paper(n).id for n in expected}, dates


# -- several processes and threads -----------------------------------------------------------------------------------


def test_other_processes_search(home: Path, opened: Opened, model: WordModel, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, other = opened(home), opened(home)
    check_finds_all(owner, COUNT)
    monkeypatch.setattr(WordIndex, "build", lambda entries: pytest.fail("built again"))
    check_finds_all(other, COUNT)
    assert (other._folder, other.notices) == (None, [])
    query = model.embed_query("amber birch own3")
    assert other.nearest(query, 10) == owner.nearest(query, 10)


@pytest.mark.parametrize("owner_leaves", [False, True])
def test_papers_of_another_process_are_seen(home: Path, opened: Opened, model: WordModel, owner_leaves: bool) -> None:
    owner, other = opened(home), opened(home)
    owner.refresh()
    other.refresh()
    if owner_leaves:
        owner.close()
    with closing(Record(home)) as record:
        record_papers(record, [paper(COUNT)], model)
    for index in [other] if owner_leaves else [other, owner]:
        check_finds_all(index, COUNT + 1)
    assert bool(other._folder) == owner_leaves


def test_eight_threads_search_while_another_ingests(home: Path, index: PaperIndex, model: WordModel) -> None:
    done = threading.Event()

    def search(number: int) -> int:
        wanted, count = paper(number), 0
        while not done.is_set():
            assert found_by_words(index, f"own{number}") == {wanted.id}
            assert found_by_meaning(index, f"{wanted.title}. {wanted.abstract}", 1) == [wanted.id]
            count += 1
        return count

    with ThreadPoolExecutor(8) as threads, closing(Record(home)) as record:
        searches = [threads.submit(search, number) for number in range(8)]
        try:
            for batch in range(10):
                record_papers(record, [paper(COUNT + 3 * batch + n) for n in range(3)], model)
                change_abstract(record, paper(15).id, f"It tells of change number {batch} in full.", model)
                time.sleep(0.05)
        finally:
            done.set()
    assert sum(one.result() for one in searches) > 8
    assert found_by_words(index, f"own{COUNT + 29}") == {paper(COUNT + 29).id}
    assert index.count() == COUNT + 30


def test_no_thread_waits_for_a_catch_up(index: PaperIndex, model: WordModel, monkeypatch: pytest.MonkeyPatch) -> None:
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


# -- when the index fails --------------------------------------------------------------------------------------------


def open_chromas() -> list[str]:
    from chromadb.api.shared_system_client import SharedSystemClient

    return list(SharedSystemClient._identifier_to_system)


def test_an_index_that_fails_in_use_is_made_again(index: PaperIndex, model: WordModel) -> None:
    class Broken:
        def query(self, **_: object) -> None:
            raise BaseException("PanicException: the file is not what it was")

    check_finds_all(index, COUNT)
    folder = index._folder
    assert folder
    assert folder.vectors
    folder.vectors._collection = Broken()  # type: ignore[assignment]
    check_finds_all(index, COUNT)
    (notice,) = index.notices
    assert "cannot be searched (PanicException" in notice
    assert notice.endswith("Papers are searched in the record itself.")
    assert not folder.path.exists()
    assert folder.path.as_posix() not in str(open_chromas())
    index._retry_at = 0  # a minute later
    check_finds_all(index, COUNT)
    assert index._folder
    assert (index.notices, model.asked) == ([], [])


@pytest.mark.parametrize("files", ["chroma", "."])
def test_an_index_deleted_in_use_is_made_again(home: Path, index: PaperIndex, model: WordModel, files: str) -> None:
    shutil.rmtree(home / "index-1" / files)
    record_papers(index.record, [paper(COUNT)], model)
    check_finds_all(index, COUNT + 1)


def test_an_index_that_cannot_be_written_is_done_without(home: Path, opened: Opened, model: WordModel) -> None:
    def full(self: Part, folder: Path) -> None:
        raise OSError(28, "No space left on device")

    shutil.rmtree(home / "index-1")
    open_before = open_chromas()
    index = opened(home)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Part, "save", full)
        check_finds_all(index, COUNT)
    (notice,) = index.notices
    assert notice == "The index cannot be written (No space left on device). Papers are searched in the record itself."
    assert folders(home) == []  # what was begun takes no space
    assert open_chromas() == open_before
    index._retry_at = 0  # a minute later
    check_finds_all(index, COUNT)
    assert index.notices == []


def test_chroma_is_given_no_text(home: Path) -> None:
    stored = b"".join(path.read_bytes() for path in (home / "index-1" / "chroma").rglob("*") if path.is_file())
    assert stored
    assert b"own3" not in stored
    assert b"juniper" not in stored
