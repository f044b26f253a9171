"""Kills, full disks and folders that cannot be written: what was committed stays, and the next run needs no help."""

import json
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from ingest.index import PaperIndex
from ingest.library import ingest_sources
from ingest.pipeline import BATCH_PAPERS
from ingest.settings import Settings
from tests.corpus import WordModel, check_finds_all, export, model, paper, papers, settings, write_source
from tests.survival import NEW, OLD, POINTS, ROOT, environment, home, new_papers, put_back, run, told

__all__ = ["home", "model"]


def check_whole(home: Path) -> None:
    """Another ingest completes what a killed one left: no paper lost, none doubled, each one found."""
    source = write_source(home.parent / "new.jsonl", new_papers())
    ingest_sources(settings(home), [source])
    assert [(one.title, one.abstract) for one, _ in export(home)] == [(p.title, p.abstract) for p in new_papers()]
    index = PaperIndex(settings(home))
    check_finds_all(index, NEW)
    assert index.notices == []
    index.close()


def check_old_are_there(home: Path) -> int:
    """What was acknowledged before is there and found, beside whole batches of what came after; how many there are."""
    index = PaperIndex(settings(home))
    index.refresh()
    count = index.count()
    entries = list(index.record.entries())
    assert [entry.paper.title for entry in entries] == [p.title for p in papers(count)]
    assert count in (OLD, BATCH_PAPERS, 2 * BATCH_PAPERS, NEW)
    check_finds_all(index, count)
    index.close()
    return count


# -- kills -----------------------------------------------------------------------------------------------------------


def test_a_killed_ingest_with_the_real_model_loses_nothing(tmp_path: Path) -> None:
    """The `paperchat` command itself, killed at moments spread over its work, each time on the same folder."""
    source = write_source(tmp_path / "new.jsonl", papers(NEW))
    home, before = tmp_path / "home", tmp_path / "before"
    ingest_sources(Settings(before), [write_source(tmp_path / "old.jsonl", papers(OLD))])

    def killed_after(seconds: float) -> float:
        """How long the command works on a copy of the folder, at most so many seconds."""
        put_back(home, before)
        command = [sys.executable, "-m", "ui.cli", "ingest", source]
        with subprocess.Popen(
            command, env=environment(home), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            while not (home / "papers.sqlite3-wal").exists() and process.poll() is None:
                time.sleep(0.005)
            started = time.monotonic()
            with suppress(subprocess.TimeoutExpired):
                process.wait(seconds)
            process.kill()
        return time.monotonic() - started

    duration = killed_after(120)
    whole = export(home)
    counts = []
    for point in range(POINTS):
        killed_after(duration * (point + 0.5) / POINTS)
        counts.append(len(export(home)))
        assert counts[-1] in (OLD, BATCH_PAPERS, 2 * BATCH_PAPERS, NEW)
        report = ingest_sources(Settings(home), [source])
        assert report.added == NEW - counts[-1]
        assert export(home) == whole
        index = PaperIndex(Settings(home))
        check_finds_all(index, NEW, every=9)
        assert index.notices == []
        index.close()
    print(f"kills of the command: {POINTS} tried, {POINTS} survived, 0 papers lost; papers found then: {counts}")


def test_index_files_damaged_at_random_never_cost_a_paper(home: Path, model: WordModel) -> None:
    draw = random.Random(11)
    model.asked.clear()
    tried = 0
    for _ in range(3 * POINTS):
        files = [path for path in home.glob("index-*/**/*") if path.is_file()]
        for path in draw.sample(files, draw.randint(1, 3)):
            content = path.read_bytes()
            kind = draw.choice(["delete", "cut", "noise", "swap"])
            if kind == "delete":
                path.unlink()
            elif kind == "cut":
                path.write_bytes(content[: draw.randrange(len(content) + 1)])
            elif kind == "noise":
                noisy = bytearray(content)
                for _ in range(min(len(noisy), 50)):
                    noisy[draw.randrange(len(noisy))] = draw.randrange(256)
                path.write_bytes(noisy)
            else:
                other = draw.choice(files)
                path.write_bytes(other.read_bytes() if other.exists() else b"")
            tried += 1
        index = PaperIndex(settings(home))
        check_finds_all(index, OLD)
        assert index.notices == []
        index.close()
    assert model.asked == []
    print(f"index files damaged: {tried} in {3 * POINTS} rounds, all survived, 0 papers lost, 0 texts embedded again")


# -- disks and folders that cannot be written ------------------------------------------------------------------------


@contextmanager
def mounted(commands: str) -> Iterator[tuple[str, ...]]:
    """What to put before a command so that it sees the mounts that these shell commands make; for root on Linux."""
    script = f"{commands} && echo ready && exec sleep 300"
    if not shutil.which("unshare") or not shutil.which("nsenter"):
        pytest.skip("unshare and nsenter are not installed")
    with subprocess.Popen(["unshare", "-m", "sh", "-c", script], stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout
            if holder.stdout.readline() != "ready\n":
                pytest.skip("mounting a small disk needs root")
            yield ("nsenter", "-t", str(holder.pid), "-m", f"--wd={ROOT}")
        finally:
            holder.kill()


def listed(home: Path, before: tuple[str, ...]) -> list[str]:
    """The titles of all papers."""
    done = run(home, "papers", "--json", before=before)
    assert done.returncode == 0, done
    return [one["title"] for one in json.loads(done.stdout)]


def found(home: Path, word: str, before: tuple[str, ...]) -> str:
    done = run(home, "search", word, "-k", "1", "--json", before=before)
    assert done.returncode == 0, done
    return str(json.loads(done.stdout)[0]["title"])


def test_a_disk_that_fills_up_keeps_what_was_committed_and_needs_no_repair(tmp_path: Path) -> None:
    home = tmp_path / "disk" / "home"
    (tmp_path / "disk").mkdir()
    source = write_source(tmp_path / "new.jsonl", papers(1000))
    with mounted(f"mount -t tmpfs -o size=1300k tmpfs {tmp_path / 'disk'}") as before:
        line = told(run(home, "ingest", source, before=before))
        assert "The disk is full" in line
        assert "Free some space and run again" in line
        kept = listed(home, before)
        assert len(kept) % BATCH_PAPERS == 0
        assert len(kept) > 0
        assert kept == [p.title for p in papers(len(kept))]
        assert found(home, "own5", before) == paper(5).title
        subprocess.run([*before, "mount", "-o", "remount,size=60m", str(tmp_path / "disk")], check=True)
        done = run(home, "ingest", source, before=before)
        assert done.returncode == 0, done
        assert f"{1000 - len(kept)} added" in done.stdout + done.stderr
        assert listed(home, before) == [p.title for p in papers(1000)]
        assert found(home, "own987", before) == paper(987).title


def test_a_disk_that_is_full_from_the_start_is_told_in_one_line(tmp_path: Path) -> None:
    home = tmp_path / "disk" / "home"
    (tmp_path / "disk").mkdir()
    source = write_source(tmp_path / "new.jsonl", papers(5))
    with mounted(f"mount -t tmpfs -o size=60k tmpfs {tmp_path / 'disk'}") as before:
        assert "The disk is full" in told(run(home, "ingest", source, before=before))
        assert "The disk is full" in told(run(home, "search", "anything", before=before))
        subprocess.run([*before, "mount", "-o", "remount,size=60m", str(tmp_path / "disk")], check=True)
        assert run(home, "ingest", source, before=before).returncode == 0
        assert found(home, "own3", before) == paper(3).title


def test_an_index_that_does_not_fit_on_the_disk_costs_no_paper(tmp_path: Path) -> None:
    home = tmp_path / "disk" / "home"
    (tmp_path / "disk").mkdir()
    source = write_source(tmp_path / "new.jsonl", papers(30))
    with mounted(f"mount -t tmpfs -o size=60m tmpfs {tmp_path / 'disk'}") as before:
        assert run(home, "ingest", source, before=before).returncode == 0
        script = f"rm -r {home}/index-1 && du -sk {tmp_path / 'disk'}"
        used = subprocess.run([*before, "sh", "-c", script], capture_output=True, text=True, check=True).stdout
        resize = [*before, "mount", "-o", f"remount,size={int(used.split()[0]) + 200}k", str(tmp_path / "disk")]
        subprocess.run(resize, check=True)
        write_source(tmp_path / "new.jsonl", papers(31))
        done = run(home, "ingest", source, before=before)
        assert done.returncode == 0, done
        assert "Papers are searched in the record itself." in done.stderr
        assert "1 added" in done.stdout + done.stderr
        assert found(home, "own7", before) == paper(7).title
        assert found(home, "own30", before) == paper(30).title
        subprocess.run([*before, "mount", "-o", "remount,size=60m", str(tmp_path / "disk")], check=True)
        done = run(home, "search", "own7", before=before)
        assert done.stderr == ""
        assert "index-1" in subprocess.run([*before, "ls", str(home)], capture_output=True, text=True).stdout


def test_a_folder_that_is_read_only_is_told_in_one_line(home: Path, tmp_path: Path) -> None:
    source = write_source(tmp_path / "new.jsonl", new_papers())
    with mounted(f"mount --bind {home} {home} && mount -o remount,bind,ro {home}") as before:
        for arguments in (["ingest", source], ["search", "own3"], ["papers"]):
            assert "papers.sqlite3 cannot be" in told(run(home, *arguments, before=before))
    check_old_are_there(home)
    check_whole(home)


@pytest.mark.parametrize("arguments", [["ingest", "SOURCE"], ["search", "own3"], ["papers"], ["rebuild"]], ids=str)
def test_a_home_that_is_a_file_is_told_in_one_line(tmp_path: Path, arguments: list[str]) -> None:
    source = write_source(tmp_path / "new.jsonl", papers(1))
    (tmp_path / "file").write_text("mine")
    done = run(tmp_path / "file", *[source if argument == "SOURCE" else argument for argument in arguments])
    assert "is not a folder; set PAPERCHAT_HOME to one" in told(done)
    assert (tmp_path / "file").read_text() == "mine"


def test_a_damaged_record_is_told_in_one_line_and_left_as_it_was(home: Path, tmp_path: Path) -> None:
    (home / "papers.sqlite3").write_bytes(b"SQLite format 3\x00" + b"damage" * 2000)
    before = (home / "papers.sqlite3").read_bytes()
    source = write_source(tmp_path / "new.jsonl", papers(1))
    for arguments in (["ingest", source], ["search", "own3"]):
        assert "is damaged" in told(run(home, *arguments))
    assert (home / "papers.sqlite3").read_bytes() == before


def test_a_file_size_limit_costs_nothing_that_was_committed(home: Path, tmp_path: Path) -> None:
    source = write_source(tmp_path / "new.jsonl", papers(1000))
    done = run(home, "ingest", source, before=("sh", "-c", 'ulimit -f 600; exec "$@"', "sh"))
    assert "papers.sqlite3" in told(done)
    check = PaperIndex(settings(home))
    assert check.count() % BATCH_PAPERS in (0, OLD)
    check_finds_all(check, check.count())
    check.close()
