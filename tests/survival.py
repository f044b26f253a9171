"""The `paperchat` command in a process of its own, which may be killed or met with a disk that fails."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.library import ingest_sources
from ingest.paper import Paper
from tests.corpus import WordModel, paper, papers, settings, write_source

ROOT = Path(__file__).parent.parent
POINTS = int(os.environ.get("SURVIVAL_POINTS", "12"))  # kills; more of them for a long night
OLD, NEW = 20, 150  # papers recorded before, and in the source that is taken in
STAND = "STAND_IN_FOR_SERVICES"  # the address of a server on loopback in the place of Daily Papers and arXiv

# The command line, with a model that costs no time.
COMMAND = f"""
import os, sys
from dataclasses import replace
import ingest.index
from ingest.settings import load_settings
from tests.corpus import WordModel
from tests.live_services import services_at
from ui import cli, commands
ingest.index.make_embedder = lambda settings: WordModel()
if "{STAND}" in os.environ:
    services = services_at(os.environ["{STAND}"])
    commands.load_settings = lambda: replace(load_settings(), services=services)
sys.exit(cli.main(sys.argv[1:]))
"""


def environment(home: Path) -> dict[str, str]:
    return os.environ | {
        "PAPERCHAT_HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONWARNINGS": "default",
    }


def run(home: Path, *arguments: str, before: tuple[str, ...] = ()) -> "subprocess.CompletedProcess[str]":
    """The `paperchat` command with WordModel, in a process of its own."""
    command = [*before, sys.executable, "-c", COMMAND, *arguments]
    return subprocess.run(command, env=environment(home), cwd=home.parent, capture_output=True, text=True, timeout=120)


def told(done: "subprocess.CompletedProcess[str]") -> str:
    """The one line that a command which failed leaves."""
    lines = done.stderr.strip().splitlines()
    assert done.returncode == 1, done
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("paperchat: ")
    return lines[0]


@pytest.fixture
def home(tmp_path: Path, model: WordModel) -> Path:
    """A folder that holds the first papers, indexed."""
    ingest_sources(settings(tmp_path / "home"), [write_source(tmp_path / "old.jsonl", papers(OLD))])
    return tmp_path / "home"


def put_back(home: Path, before: Path) -> None:
    """The folder as a copy that was made of it."""
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(before, home)


def new_papers() -> list[Paper]:
    """All papers, one of the old ones edited."""
    given = papers(NEW)
    given[3] = paper(3, abstract="The method of own3 was rewritten. It is now another one altogether.")
    return given
