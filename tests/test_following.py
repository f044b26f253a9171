"""One library on a server, kept by one machine and followed by others: the same papers, a whole revision at a time."""

import re
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

import ingest.chroma_server
import ingest.sharing
from ingest.chroma_server import ServerClient
from ingest.entry import Entry
from ingest.errors import StoreError, UsageError
from ingest.following import LibraryRows
from ingest.library import ingest_sources, rebuild
from ingest.settings import Settings
from rag.engine import Engine
from tests.corpus import WordModel, check_finds_all, export, model, paper, papers, settings, write_source
from tests.test_chroma_server import NUMBATS, check_commits, check_numbats, free_port, pytestmark, serving, shared, url
from tests.test_index import Opened, opened
from ui import commands

__all__ = ["model", "opened", "pytestmark", "url"]

Homes = tuple[Settings, Settings]


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a user would wait seconds for, a test does not."""
    monkeypatch.setattr(ingest.chroma_server, "SERVER_SECONDS", 2.0)
    monkeypatch.setattr(ingest.sharing, "FOLLOW_SECONDS", 0.0)


@pytest.fixture
def homes(tmp_path: Path, model: WordModel, url: str) -> Homes:
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


@contextmanager
def library(keeper: Settings) -> Iterator[LibraryRows]:
    """The rows of the library on the server."""
    with closing(ServerClient(keeper)) as client:
        rows = LibraryRows.find(client, f"paperchat-library-{keeper.chroma_library}")
        assert rows
        yield rows


def test_a_follower_has_what_the_keeper_has(homes: Homes, model: WordModel, opened: Opened) -> None:
    keeper, follower = homes
    assert take(keeper, count=50) == []
    asked = len(model.asked)
    index = opened(follower)
    check_finds_all(index, 50)
    assert index.notices == []
    assert not shared(index).changed
    assert take(keeper, paper(7, abstract=NUMBATS), paper(50)) == []
    check_numbats(index, 7)
    assert len(model.asked) < asked + 20  # by the keeper, for two papers
    kept = opened(keeper)
    for one, other in zip(*(i.record.entries(embedding=model.name) for i in (kept, index)), strict=True):
        assert (one.number, one.paper, one.sentences) == (other.number, other.paper, other.sentences)
        assert one.rows is not None
        assert (one.rows == other.rows).all()
    kept.close()
    assert export(keeper.home) == export(follower.home)
    index.close()
    check_finds_all(opened(replace(follower, chroma_url="")), 51, every=60)


def test_a_follower_takes_no_papers_in(homes: Homes) -> None:
    keeper, follower = homes
    take(keeper, count=3)
    for one in (follower, replace(follower, chroma_library="", chroma_url="")):
        with pytest.raises(UsageError, match=f"follow the library {keeper.chroma_library}; import papers where"):
            take(one, paper(9))
        with pytest.raises(UsageError, match="follow the library"):
            rebuild(one)
    assert export(follower.home) == export(keeper.home)


def test_a_home_with_papers_of_its_own_neither_follows_nor_overwrites(homes: Homes, opened: Opened) -> None:
    keeper, other = homes
    take(keeper, count=3)
    take(replace(other, chroma_library=""), paper(90))
    told = take(other, paper(91))
    assert any("has papers of its own, and the library" in sentence for sentence in told)
    assert [one.title for one, _ in export(other.home)] == [paper(90).title, paper(91).title]
    check_finds_all(opened(replace(other, home=other.home.parent / "fresh")), 3)


def test_what_is_half_written_is_not_followed(homes: Homes, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    keeper, follower = homes
    take(keeper, count=3)
    index = opened(follower)
    check_finds_all(index, 3)
    put = LibraryRows._put

    def put_and_die(self: LibraryRows, entries: Iterable[Entry]) -> list[str]:
        put(self, list(entries)[:1])
        raise StoreError("the keeper is killed here")

    monkeypatch.setattr(LibraryRows, "_put", put_and_die)
    take(keeper, paper(0, abstract=NUMBATS), paper(3))
    check_finds_all(index, 3)
    monkeypatch.setattr(LibraryRows, "_put", put)
    take(keeper, paper(4))
    index.refresh()
    assert export(follower.home) == export(keeper.home)


def test_rows_that_the_server_lost_are_not_taken_for_the_whole(homes: Homes, opened: Opened) -> None:
    keeper, follower = homes
    take(keeper, count=4)
    index = opened(follower)
    with library(keeper) as rows:
        rows._collection.delete(where={"paper": 3})
    index.refresh()
    assert export(follower.home) == []
    take(keeper, paper(4))
    check_finds_all(index, 5)


@pytest.mark.parametrize("said", ["no JSON", "[3]", "[1,2,3,4,5,6,7,8,9,10,11]", '{"a": 1}'])
def test_a_library_of_nonsense_is_told_and_not_followed(homes: Homes, opened: Opened, said: str) -> None:
    keeper, follower = homes
    take(keeper, count=4)
    with library(keeper) as rows:
        rows._collection.update(ids=["3:0"], metadatas=[{"said": said}])
    index = opened(follower)
    check_finds_all(index, 0)
    (notice,) = index.notices
    assert notice.startswith(f"The library {keeper.chroma_library} on the server cannot be followed (")
    assert "\n" not in notice


def test_a_follower_goes_on_without_the_server(tmp_path: Path, model: WordModel, opened: Opened) -> None:
    port = free_port()
    there = replace(settings(tmp_path / "keeper", chroma_url=f"http://127.0.0.1:{port}"), chroma_library="lenses")
    index = opened(replace(there, home=tmp_path / "follower"))
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


def test_another_machine_answers_from_whole_revisions_within_seconds(homes: Homes) -> None:
    keeper, follower = homes
    with Engine(follower) as engine:
        check_commits(engine, keeper, seconds=5)


def test_the_bundled_page_goes_into_no_library(homes: Homes, opened: Opened) -> None:
    keeper, follower = homes
    take(keeper, count=2)
    commands._ingest_bundled_page(follower)
    check_finds_all(opened(follower), 2)
