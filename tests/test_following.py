"""One library on a server, kept by one machine and followed by others: the same papers, a whole revision at a time."""

import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from queue import Queue

import pytest

import ingest.chroma_server
import ingest.sharing
from ingest.chroma_server import ServerClient, SharedVectors
from ingest.entry import Entry
from ingest.errors import StoreError, UsageError
from ingest.following import LibraryRows
from ingest.index import PaperIndex
from ingest.library import ingest_sources, rebuild
from ingest.settings import Settings
from rag.engine import Engine
from tests.corpus import (
    WordModel,
    brightness,
    check_finds_all,
    export,
    found_by_meaning,
    model,
    paper,
    papers,
    settings,
    write_source,
)
from tests.test_chroma_server import CHROMA, free_port, serving
from ui import commands

__all__ = ["model"]

pytestmark = pytest.mark.skipif(not CHROMA.exists(), reason="chromadb's command line is not installed")


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a user would wait seconds for, a test does not."""
    monkeypatch.setattr(ingest.chroma_server, "SERVER_SECONDS", 2.0)
    monkeypatch.setattr(ingest.sharing, "FOLLOW_SECONDS", 0.0)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("server"), free_port()) as address:
        yield address


@pytest.fixture
def homes(tmp_path: Path, model: WordModel, url: str) -> tuple[Settings, Settings]:
    """The settings of a keeper and of a follower, which share a library and no folder."""
    name = re.sub("[^a-z0-9]+", "-", tmp_path.name)[-30:].strip("-")
    shared = (settings(tmp_path / home, chroma_url=url) for home in ("keeper", "follower"))
    keeper, follower = (replace(one, chroma_library=name) for one in shared)
    return keeper, follower


def take(there: Settings, *given: object, count: int = 0) -> list[str]:
    """Takes papers in at one of them; what was told."""
    told: list[str] = []
    source = write_source(there.home.parent / "a.jsonl", [*papers(count), *given])  # type: ignore[list-item]
    ingest_sources(there, [source], told=told.append)
    return told


def test_a_follower_has_the_papers_vectors_and_numbers_of_the_keeper(
    homes: tuple[Settings, Settings], model: WordModel
) -> None:
    keeper, follower = homes
    assert take(keeper, count=50) == []
    asked = len(model.asked)
    index = PaperIndex(follower)
    check_finds_all(index, 50)
    assert index.notices == []
    assert isinstance(index._vectors, SharedVectors)
    assert not index._vectors.changed
    assert take(keeper, paper(7, abstract="Spoken of: numbats alone."), paper(50)) == []
    assert found_by_meaning(index, f"{paper(7).title}. Spoken of: numbats alone.", 1) == [paper(7).id]
    assert found_by_meaning(index, f"{paper(50).title}. {paper(50).abstract}", 1) == [paper(50).id]
    assert len(model.asked) < asked + 20  # by the keeper, for two papers
    kept = PaperIndex(keeper)
    for one, other in zip(*(i.record.entries(embedding=model.name) for i in (kept, index)), strict=True):
        assert (one.number, one.paper, one.sentences) == (other.number, other.paper, other.sentences)
        assert one.rows is not None
        assert (one.rows == other.rows).all()
    kept.close()
    index.close()
    assert export(keeper.home) == export(follower.home)
    alone = PaperIndex(replace(follower, chroma_url=""))
    check_finds_all(alone, 51, every=60)
    alone.close()


def test_a_follower_takes_no_papers_in(homes: tuple[Settings, Settings]) -> None:
    keeper, follower = homes
    take(keeper, count=3)
    for one in (follower, replace(follower, chroma_library="", chroma_url="")):
        with pytest.raises(UsageError, match=f"follow the library {keeper.chroma_library}; take papers in where"):
            take(one, paper(9))
        with pytest.raises(UsageError, match="follow the library"):
            rebuild(one)
    assert export(follower.home) == export(keeper.home)


def test_a_home_with_papers_of_its_own_neither_follows_nor_overwrites(homes: tuple[Settings, Settings]) -> None:
    keeper, other = homes
    take(keeper, count=3)
    take(replace(other, chroma_library=""), paper(90))
    told = take(other, paper(91))
    assert any("has papers of its own, and the library" in sentence for sentence in told)
    assert [one.title for one, _ in export(other.home)] == [paper(90).title, paper(91).title]
    fresh = PaperIndex(replace(other, home=other.home.parent / "fresh"))
    check_finds_all(fresh, 3)
    fresh.close()


def test_what_a_keeper_has_half_written_is_not_followed(
    homes: tuple[Settings, Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper, follower = homes
    take(keeper, count=3)
    index = PaperIndex(follower)
    check_finds_all(index, 3)
    put = LibraryRows._put

    def put_and_die(self: LibraryRows, entries: Iterable[Entry]) -> list[str]:
        put(self, list(entries)[:1])
        raise StoreError("the keeper is killed here")

    monkeypatch.setattr(LibraryRows, "_put", put_and_die)
    take(keeper, paper(0, abstract="Spoken of: numbats alone."), paper(3))
    check_finds_all(index, 3)
    monkeypatch.setattr(LibraryRows, "_put", put)
    take(keeper, paper(4))
    index.refresh()
    assert export(follower.home) == export(keeper.home)
    index.close()


def test_rows_that_the_server_lost_are_not_taken_for_the_whole(
    homes: tuple[Settings, Settings], model: WordModel
) -> None:
    keeper, follower = homes
    take(keeper, count=4)
    index = PaperIndex(follower)
    client = ServerClient(keeper)
    rows = LibraryRows.find(client, f"paperchat-library-{keeper.chroma_library}")
    assert rows
    rows._collection.delete(where={"paper": 3})
    client.close()
    index.refresh()
    assert export(follower.home) == []
    take(keeper, paper(4))
    check_finds_all(index, 5)
    index.close()


@pytest.mark.parametrize("said", ["no JSON", "[3]", "[1,2,3,4,5,6,7,8,9,10,11]", '{"a": 1}'])
def test_a_library_that_holds_nonsense_is_told_in_a_line_and_not_followed(
    homes: tuple[Settings, Settings], model: WordModel, said: str
) -> None:
    keeper, follower = homes
    take(keeper, count=4)
    client = ServerClient(keeper)
    rows = LibraryRows.find(client, f"paperchat-library-{keeper.chroma_library}")
    assert rows
    rows._collection.update(ids=["3:0"], metadatas=[{"said": said}])
    client.close()
    index = PaperIndex(follower)
    check_finds_all(index, 0)
    (notice,) = index.notices
    assert notice.startswith(f"The library {keeper.chroma_library} on the server cannot be followed (")
    assert "\n" not in notice
    index.close()


def test_what_changes_while_a_follower_reads_is_read_again(
    homes: tuple[Settings, Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper, follower = homes
    take(keeper, count=3)
    index = PaperIndex(follower)
    read, versions = LibraryRows.vectors, iter((1, 2))

    def reading(self: LibraryRows, numbers: Sequence[int]) -> dict[int, bytes]:
        if version := next(versions, 0):
            take(keeper, paper(0, abstract=f"Spoken of: {version} numbats."))
        return read(self, numbers)

    monkeypatch.setattr(LibraryRows, "vectors", reading)
    seen = []
    for _ in range(3):
        index.refresh()
        seen.append(export(follower.home))
    assert seen == [[], [], export(keeper.home)]
    index.close()


def test_a_follower_goes_on_without_the_server(tmp_path: Path, model: WordModel) -> None:
    port = free_port()
    there = replace(settings(tmp_path / "keeper", chroma_url=f"http://127.0.0.1:{port}"), chroma_library="lenses")
    index = PaperIndex(replace(there, home=tmp_path / "follower"))
    with serving(tmp_path / "server", port):
        take(there, count=4)
        check_finds_all(index, 4)
    index._sharing.follow_at = 0
    check_finds_all(index, 4)
    assert any(notice.endswith("The papers are those that were here before.") for notice in index.notices)
    with serving(tmp_path / "server", port):
        take(there, paper(4))
        index._sharing.follow_at = index._retry_at = 0  # a minute later
        check_finds_all(index, 5)
        assert index.notices == []
    index.close()


KEEPER = """
import sys
from dataclasses import replace
from pathlib import Path
import ingest.index
from ingest.library import ingest_sources
from tests.corpus import WordModel, paper, settings, write_source
from tests.test_chroma_server import pair
ingest.index.make_embedder = lambda settings: WordModel()
home, url, library, rounds = Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
there = replace(settings(home, chroma_url=url), chroma_library=library)
for number in range(rounds):
    sys.stdin.readline()
    source = write_source(home.parent / "source.jsonl", [*pair(number), *(paper(n) for n in range(number + 1))])
    assert ingest_sources(there, [source]).changed == 3
    print(number, flush=True)
"""


def test_another_machine_answers_from_whole_revisions_within_seconds(
    homes: tuple[Settings, Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper, follower = homes
    command = [sys.executable, "-c", KEEPER, str(keeper.home), keeper.chroma_url, keeper.chroma_library, "4"]
    done = Queue[int]()

    root, pipe = Path(__file__).parent.parent, subprocess.PIPE
    with (
        Engine(follower) as engine,
        subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=root) as keeping,
    ):
        assert keeping.stdin
        assert keeping.stdout
        threading.Thread(target=lambda lines: [done.put(int(line)) for line in lines], args=(keeping.stdout,)).start()
        for number in range(4):
            print(file=keeping.stdin, flush=True)
            while done.empty():
                assert keeping.poll() is None or not done.empty()
                brightness(engine)  # while the keeper writes
            assert done.get() == number
            began = time.monotonic()
            while brightness(engine) != {str(number + 1)}:
                assert time.monotonic() < began + 5
            wanted = paper(number)
            assert found_by_meaning(engine.index, f"{wanted.title}. {wanted.abstract}", 1) == [wanted.id]
        assert keeping.wait(20) == 0
        assert engine.notices == []


def test_the_bundled_page_goes_into_no_library(homes: tuple[Settings, Settings]) -> None:
    keeper, follower = homes
    take(keeper, count=2)
    commands._ingest_bundled_page(follower)
    index = PaperIndex(follower)
    check_finds_all(index, 2)
    index.close()
