"""A kill, a full disk or a failing disk at single writes of each command that writes: the same again completes it."""

import os
import re
import shutil
import sqlite3
import subprocess
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from ingest.index import PaperIndex
from ingest.library import ingest_sources
from ingest.live.taken import read_taken
from ingest.record import Record
from ingest.snapshot import export_snapshot
from tests.corpus import check_entries_found, export, model, papers, settings, write_source
from tests.live_services import Stand, feed, standing
from tests.live_services import paper as lens
from tests.survival import NEW, POINTS, STAND, home, new_papers, put_back, run
from ui.cli import main

__all__ = ["home", "model"]

PLACES = max(POINTS // 4, 1)  # writes at which a fault of each kind is put
FAULTS = {"error=EIO": 0.25, "error=ENOSPC": 0.5, "signal=SIGKILL": 0.75}  # and where between two places they are put
CALLS = ("write", "pwrite64", "fsync", "fdatasync", "ftruncate", "mkdir", "rename", "unlink", "unlinkat")
STRACE = shutil.which("strace")

Begin = Callable[[Path, Stand], tuple[str, ...]]


def can_trace() -> bool:
    return bool(STRACE) and subprocess.run([str(STRACE), "-qq", "-o", os.devnull, "true"]).returncode == 0


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


# -- the commands, each with what it finds ----------------------------------------------------------------------------


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


# -- the faults -------------------------------------------------------------------------------------------------------


def kept(home: Path) -> dict[str, Any]:
    """All that the record says, and what was fetched."""
    with closing(Record(home)) as record:
        taken = read_taken(record)
        said = record.provenance(record.numbers())
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
    assert "Traceback" not in said
    assert "a defect" not in said
    assert done.returncode != 1 or re.search(r"run again|check |To mend it", said), done


def check_starts(home: Path, before: dict[str, Any], after: dict[str, Any]) -> None:
    """A plain start answers from all that was there and from nothing but what was to come."""
    there = export(home)
    titles = [one.title for one, _ in there]
    assert titles == [one.title for one, _ in after["papers"]][: len(there)]
    assert len(there) >= len(before["papers"])
    index = PaperIndex(settings(home))
    check_entries_found(index)
    index.close()
    assert main(["search", "own5"]) == 0


@pytest.mark.skipif(not STRACE or not can_trace(), reason="strace is not installed or may not trace here")
@pytest.mark.parametrize("begin", [a_file, a_range_of_days, an_update, a_snapshot, a_repair])
def test_a_fault_at_any_write_loses_nothing_and_the_same_again_completes_it(
    begin: Begin, home: Path, stand: Stand, tmp_path: Path
) -> None:
    """The process is killed at, or the disk fails from, the N-th write to its folder, for N spread over a run."""
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
        print(f"{' '.join(command)}, {fault}: {PLACES} tried, {PLACES} survived, 0 lost")
    assert set(ended) != {0}
