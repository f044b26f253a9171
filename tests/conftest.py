"""What all tests share: no network beyond loopback, no settings of the machine, and one index of the bundled page."""

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.library import ingest_sources
from ingest.settings import NAMES, Settings
from rag.engine import Engine

PAGE = Path(__file__).parent.parent / "ingest" / "pages" / "daily_papers_page.txt"
LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection to any other machine fails the test that makes it."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and not str(address[0]).startswith(LOOPBACK):
            pytest.fail(f"the test connects to {address}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the machine reaches a test, and what a test keeps stays in its own folder."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PAPERCHAT_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="session")
def indexed_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the bundled page ingested and indexed; for reading only."""
    home = tmp_path_factory.mktemp("indexed") / "home"
    report = ingest_sources(Settings(home), [str(PAGE)])
    assert report.added == 90
    return home


@pytest.fixture
def page_home(indexed_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that folder for a test to change, set as the home."""
    home = tmp_path / "page-home"
    shutil.copytree(indexed_home, home)
    monkeypatch.setenv("PAPERCHAT_HOME", str(home))
    return home


@pytest.fixture(scope="session")
def engine(indexed_home: Path) -> Iterator[Engine]:
    """An engine over the bundled page, shared by tests that only ask."""
    with Engine(Settings(indexed_home)) as opened:
        yield opened
