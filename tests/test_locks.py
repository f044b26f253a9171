"""Who may write: one process at a time, the others told which it is."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ingest.errors import BusyError, StoreError
from ingest.locks import OwnedFile, writing

HOLD = """
import sys, time
from pathlib import Path
from ingest.locks import OwnedFile
lock = OwnedFile(Path(sys.argv[1]), sys.argv[2])
assert lock.take()
print("held", flush=True)
time.sleep(float(sys.argv[3]))
"""


@contextmanager
def held_elsewhere(folder: Path, name: str, seconds: float = 60) -> "Iterator[subprocess.Popen[str]]":
    """Another process that holds a lock."""
    command = [sys.executable, "-c", HOLD, str(folder), name, str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout
            assert holder.stdout.readline() == "held\n"
            yield holder
        finally:
            holder.kill()


def test_a_second_writer_is_told_which_process_is_busy(tmp_path: Path) -> None:
    told: list[str] = []
    with (
        held_elsewhere(tmp_path, "ingest") as holder,
        pytest.raises(BusyError, match=rf"Another import is running \(process {holder.pid}\) in .*; wait for it"),
        writing(tmp_path, told=told.append, wait=0.3),
    ):
        pytest.fail("both write")
    assert told == [f"Another import is running (process {holder.pid}); waiting for it to finish …"]


def test_a_second_writer_goes_on_when_the_first_ends(tmp_path: Path) -> None:
    told: list[str] = []
    with held_elsewhere(tmp_path, "ingest", seconds=0.5), writing(tmp_path, told=told.append, wait=30):
        assert len(told) == 1


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    lock = OwnedFile(tmp_path, "index")
    with held_elsewhere(tmp_path, "index") as holder:
        assert not lock.take()
        assert lock.holder() == f"process {holder.pid}"
        holder.kill()
        holder.wait()
        assert (lock.take(), lock.take()) == (True, True)
        lock.release()


def test_a_writer_that_fails_lets_the_next_one_in(tmp_path: Path) -> None:
    with pytest.raises(StoreError), writing(tmp_path, told=lambda sentence: None):
        raise StoreError("The disk is full.")
    with writing(tmp_path, told=lambda sentence: pytest.fail(sentence), wait=0):
        pass
