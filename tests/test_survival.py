"""Kills, full and failing disks, damaged files: what was committed stays, and the same again completes it."""

import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from ingest.index import PaperIndex
from ingest.library import ingest_sources
from ingest.live.taken import read_taken
from ingest.paper import Paper
from ingest.pipeline import BATCH_PAPERS
from ingest.record import Record
from ingest.settings import Settings
from ingest.snapshot import export_snapshot
from tests.corpus import (
    WordModel,
    check_entries_found,
    check_finds_all,
    export,
    model,
    paper,
    papers,
    settings,
    write_source,
)
from tests.live_services import Stand, feed, standing
from tests.live_services import paper as lens
from ui.cli import main

__all__ = ["model"]

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

PLACES = max(POINTS // 4, 1)  # writes at which a fault of each kind is put
FAULTS = {"error=EIO": 0.25, "error=ENOSPC": 0.5, "signal=SIGKILL": 0.75}  # and where between two places they are put
CALLS = ("write", "pwrite64", "fsync", "fdatasync", "ftruncate", "mkdir", "rename", "unlink", "unlinkat")


def environment(home: Path) -> dict[str, str]:
    own = {"PAPERCHAT_HOME": str(home), "PYTHONPATH": str(ROOT)}
    return os.environ | own | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONWARNINGS": "default"}


def run(home: Path, *arguments: str, before: tuple[str, ...] = ()) -> "subprocess.CompletedProcess[str]":
    """The `paperchat` command with WordModel, in a process of its own."""
    command = [*before, sys.executable, "-c", COMMAND, *arguments]
    return subprocess.run(command, env=environment(home), cwd=home.parent, capture_output=True, text=True, timeout=120)


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


def test_a_killed_ingest_with_the_real_model_loses_nothing(tmp_path: Path) -> None:
    """The `paperchat` command itself, killed at moments spread over its work, each time on the same folder."""
    source = write_source(tmp_path / "new.jsonl", papers(NEW))
    home, before = tmp_path / "home", tmp_path / "before"
    ingest_sources(Settings(before), [write_source(tmp_path / "old.jsonl", papers(OLD))])

    def killed_after(seconds: float) -> float:
        """How long the command works on a copy of the folder, at most so many seconds."""
        put_back(home, before)
        command = [sys.executable, "-m", "ui.cli", "ingest", source]
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        with subprocess.Popen(command, env=environment(home), cwd=ROOT, **silent) as process:
            while not (home / "papers.sqlite3-wal").exists() and process.poll() is None:
                time.sleep(0.005)
            started = time.monotonic()
            with suppress(subprocess.TimeoutExpired):
                process.wait(seconds)
            process.kill()
        return time.monotonic() - started

    duration = killed_after(120)
    whole = export(home)
    for point in range(POINTS):
        killed_after(duration * (point + 0.5) / POINTS)
        count = len(export(home))
        assert count in (OLD, BATCH_PAPERS, 2 * BATCH_PAPERS, NEW)
        assert ingest_sources(Settings(home), [source]).added == NEW - count
        assert export(home) == whole
        with closing(PaperIndex(Settings(home))) as index:
            check_finds_all(index, NEW, every=9)
            assert index.notices == []


def test_index_files_damaged_at_random_never_cost_a_paper(home: Path, model: WordModel) -> None:
    draw = random.Random(11)
    model.asked.clear()
    for _ in range(3 * POINTS):
        files = [path for path in home.glob("index-*/**/*") if path.is_file()]
        for path in draw.sample(files, draw.randint(1, 3)):
            content = path.read_bytes()
            noise = bytes(draw.randrange(256) for _ in content[:50])
            cut, other = content[: draw.randrange(len(content) + 1)], draw.choice(files).read_bytes()
            path.write_bytes(draw.choice([b"", cut, cut + noise + content[len(cut) + 50 :], other]))
        with closing(PaperIndex(settings(home))) as index:
            check_finds_all(index, OLD)
            assert index.notices == []
    assert model.asked == []


def test_a_disk_that_takes_no_more_keeps_what_was_committed_and_the_next_run_completes_it(
    home: Path, tmp_path: Path
) -> None:
    source = write_source(tmp_path / "new.jsonl", papers(1000))
    done = run(home, "ingest", source, before=("sh", "-c", 'ulimit -f 600; exec "$@"', "sh"))
    assert (done.returncode, "papers.sqlite3" in done.stderr) == (1, True), done
    with closing(PaperIndex(settings(home))) as index:
        assert index.count() % BATCH_PAPERS in (0, OLD)
        check_finds_all(index, index.count())
    assert ingest_sources(settings(home), [source]).failed == []
    assert [one.title for one, _ in export(home)] == [one.title for one in papers(1000)]


def can_trace() -> bool:
    return bool(shutil.which("strace")) and subprocess.run(["strace", "-qq", "-o", os.devnull, "true"]).returncode == 0


@pytest.fixture
def stand(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stand]:
    """Daily Papers and arXiv on loopback, for this process and for those that it starts; a paper stands on two days."""
    from ui import commands

    load = commands.load_settings
    with standing() as stand:
        stand.days = {f"2026-08-{day}": [lens(n) for n in range(40 * day, 40 * day + 41)] for day in range(18, 22)}
        monkeypatch.setenv(STAND, stand.url)
        monkeypatch.setattr(commands, "load_settings", lambda: replace(load(), services=stand.services()))
        yield stand


def a_file(home: Path, stand: Stand) -> tuple[str, ...]:
    return "ingest", write_source(home.parent / "new.jsonl", new_papers())


def a_range_of_days(home: Path, stand: Stand) -> tuple[str, ...]:
    return "ingest", "daily:2026-08-18..2026-08-21"


def an_update(home: Path, stand: Stand) -> tuple[str, ...]:
    assert main(["ingest", "daily:2026-08-18..2026-08-20", "arxiv:prisms"]) == 0
    stand.days["2026-08-20"][1] = lens(801, abstract="Lens 801 is ground anew. It has no scratches.")
    stand.days["2026-08-20"] += [lens(7)]
    stand.found = feed(*range(3, 40), 1, 2)
    return ("update",)


def a_snapshot(home: Path, stand: Stand) -> tuple[str, ...]:
    other, folder = settings(home.parent / "other"), home.parent / "snapshot"
    ingest_sources(other, [write_source(home.parent / "all.jsonl", papers(NEW))])
    with closing(Record(other.home)) as record:
        export_snapshot(record, folder)
    return "import", str(folder)


def a_repair(home: Path, stand: Stand) -> tuple[str, ...]:
    with closing(sqlite3.connect(home / "papers.sqlite3")) as db:
        db.execute("DELETE FROM vectors WHERE paper < 9")
        db.execute("UPDATE papers SET spans = '[[[0,5]],[[0,5]]]' WHERE number > 15")
        db.commit()
    next(home.glob("index-*/words-*/ends.npy")).unlink()
    return "check", "--repair"


def kept(home: Path) -> dict[str, Any]:
    """All that the record says, and what was fetched."""
    with closing(Record(home)) as record:
        taken, said = read_taken(record), record.provenance(record.numbers())
    return {"papers": export(home), "said": said, "days": taken.days, "queries": taken.queries}


@dataclass(frozen=True)
class Write:
    """A call with which a command writes, and how often its thread had made each call by then, this one included."""

    call: str
    made: Mapping[str, int]

    def met_with(self, fault: str, *, lasting: bool) -> list[str]:
        """What has strace put a fault there, and at all that is written from then on where it is `lasting`."""
        if not lasting:
            return ["-e", f"inject={self.call}:{fault}:when={self.made[self.call]}"]
        first = {call: self.made.get(call, 0) + (call != self.call) for call in CALLS}
        return [word for call in CALLS for word in ("-e", f"inject={call}:{fault}:when={first[call]}+")]


def writes(home: Path, command: tuple[str, ...]) -> tuple[list[Write], list[str]]:
    """The writes of a command to its home one after another; for strace, the files and folders that they are to."""
    trace = home.parent / "trace"
    done = run(home, *command, before=("strace", "-f", "-y", "-qq", "-o", str(trace), "-e", f"trace={','.join(CALLS)}"))
    assert done.returncode == 0, done
    inside = re.compile(rf"(\d+) +(\w+)\([^<\"]*[<\"]({re.escape(str(home))}[^>\"]*)")
    made: dict[str, Counter[str]] = defaultdict(Counter)  # by thread: strace counts for each apart
    found, paths = list[Write](), set[str]()
    for match in filter(None, map(inside.match, trace.read_text().splitlines())):
        thread, call, path = match.groups()
        made[thread][call] += 1
        found.append(Write(call, dict(made[thread])))
        paths.add(path)
    return found, [word for path in sorted(paths) for word in ("-P", path)]


def check_told(done: "subprocess.CompletedProcess[str]") -> None:
    """A command that failed says so in plain lines, and one of them what to do."""
    said = done.stdout + done.stderr
    assert not re.search("Traceback|a defect", said), said
    assert done.returncode != 1 or re.search(r"run again|check |To repair it", said), done


def check_starts(home: Path, before: dict[str, Any], after: dict[str, Any]) -> None:
    """A plain start answers from all that was there and from nothing but what was to come."""
    titles = [one.title for one, _ in export(home)]
    assert titles == [one.title for one, _ in after["papers"]][: len(titles)]
    assert len(titles) >= len(before["papers"])
    with closing(PaperIndex(settings(home))) as index:
        check_entries_found(index)
    assert main(["search", "own5"]) == 0


@pytest.mark.skipif(not can_trace(), reason="strace is not installed or may not trace here")
@pytest.mark.parametrize("begin", [a_file, a_range_of_days, an_update, a_snapshot, a_repair])
def test_a_fault_at_any_write_loses_nothing_and_the_same_again_completes_it(
    begin: Callable[[Path, Stand], tuple[str, ...]], home: Path, stand: Stand, tmp_path: Path
) -> None:
    command, copy = begin(home, stand), tmp_path / "before"
    before = kept(home)
    shutil.copytree(home, copy)
    places, paths = writes(home, command)
    after = kept(home)
    ended: Counter[int] = Counter()
    for fault, share in FAULTS.items():
        for turn in range(PLACES):
            put_back(home, copy)
            place = places[int((turn + share) * len(places) / PLACES)]
            lasting = turn % 2 == 0 and "error" in fault  # or a disk that fails once
            inject = place.met_with(fault, lasting=lasting)
            done = run(home, *command, before=("strace", "-f", "-qq", "-o", os.devnull, *paths, *inject))
            ended[done.returncode] += 1
            assert done.returncode in (0, 1) or "signal" in fault, done
            check_told(done)
            check_starts(home, before, after)
            assert main(list(command)) == 0
            assert kept(home) == after
            assert main(["check"]) == 0
    assert set(ended) != {0}
