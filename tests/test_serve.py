"""Starting and ending the page: which addresses it takes, what it leaves behind. A child process is the server."""

import errno
import http.client
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.errors import PaperchatError, UsageError
from ui.serve import check_address

SERVER = """
import sys
from standin import StandIn
from ui.serve import serve
serve(StandIn, port=int(sys.argv[1]), ready=lambda url: print(url, flush=True))
"""


# Stands still where Gradio would be imported.
STARTING = """
import sys, time, ui.serve
from standin import StandIn
ui.serve.go_direct = lambda host: (print("starting", flush=True), time.sleep(60))
try:
    ui.serve.serve(StandIn, port=int(sys.argv[1]), ready=print)
except KeyboardInterrupt:
    print("stopped")
"""
# The engine takes its time, and says when it was made and closed.
OPENING = """
import sys, time, ui.serve
from standin import StandIn

class Told(StandIn):
    def close(self):
        print("closed", flush=True)

def make_engine():
    time.sleep(1)
    print("made", flush=True)
    return Told()

ui.serve.serve(make_engine, port=int(sys.argv[1]), ready=lambda url: print("ready", flush=True))
"""


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.7", "paperchat.example", ""])
def test_an_address_that_others_reach_is_refused(host: str) -> None:
    with pytest.raises(UsageError, match="without a password"):
        check_address(host, 7860)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.2"])
def test_an_address_of_this_machine_alone_is_taken(host: str) -> None:
    check_address(host, 0)


def test_a_port_in_use_is_said_in_one_line(taken: int) -> None:
    with pytest.raises(PaperchatError) as caught:
        check_address("127.0.0.1", taken)
    assert str(caught.value) == f"Port {taken} on 127.0.0.1 is taken by another program; choose another with --port."


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (errno.EACCES, "is kept for the system's administrator; choose one from 1024 on with --port."),
        (errno.EADDRNOTAVAIL, "cannot be had: this machine has no such address; serve on 127.0.0.1 (--host)."),
        (errno.ENOBUFS, "cannot be had (No buffer space available); choose another with --port."),
    ],
)
def test_why_a_port_cannot_be_had_is_said_with_what_to_do(
    code: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: socket.socket, address: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(PaperchatError) as caught:
        check_address("127.0.0.2", 80)
    assert str(caught.value) == f"Port 80 on 127.0.0.2 {said}"


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_that_does_not_exist_is_said(port: int) -> None:
    with pytest.raises(PaperchatError, match=f"Port {port} on 127.0.0.1 does not exist"):
        check_address("127.0.0.1", port)


def in_process(code: str, folder: Path, port: int) -> "subprocess.Popen[str]":
    """A server in a process of its own that keeps what it keeps in `folder`."""
    paths = os.pathsep.join((str(Path(__file__).parent), str(Path(__file__).parent.parent)))
    # A proxy that answers nobody: the page must not need one to reach itself.
    proxies = {"HTTP_PROXY": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"}
    environ = os.environ | proxies | {"PYTHONPATH": paths, "TMPDIR": str(folder), "HOME": str(folder / "home")}
    command = [sys.executable, "-c", code, str(port)]
    return subprocess.Popen(command, env=environ, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_within_5_seconds_and_nothing_is_left(end: signal.Signals, port: int, tmp_path: Path) -> None:
    with in_process(SERVER, tmp_path, port) as server:
        assert server.stdout
        assert server.stdout.readline() == f"http://127.0.0.1:{port}/\n"
        folders = list(tmp_path.iterdir())
        assert [stat.S_IMODE(folder.stat().st_mode) for folder in folders] == [0o700]
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("GET", "/gradio_api/heartbeat/reader")  # what each open page holds on to
        assert connection.getresponse().status == 200
        ended = time.monotonic()
        server.send_signal(end)
        out, err = server.communicate(timeout=20)
        assert time.monotonic() - ended < 5
        assert (server.returncode, out, err) == (0, "", "")
        connection.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_during_the_start_ends_it_at_once_and_nothing_is_left(
    end: signal.Signals, port: int, tmp_path: Path
) -> None:
    with in_process(STARTING, tmp_path, port) as server:
        assert server.stdout
        assert server.stdout.readline() == "starting\n"
        ended = time.monotonic()
        server.send_signal(end)
        out, err = server.communicate(timeout=90)
        assert time.monotonic() - ended < 5
        assert (server.returncode, out, err) == (0, "stopped\n", "")
    assert list(tmp_path.iterdir()) == []


def test_an_engine_still_being_made_when_it_ends_is_waited_for_and_closed(port: int, tmp_path: Path) -> None:
    with in_process(OPENING, tmp_path, port) as server:
        assert server.stdout
        assert server.stdout.readline() == "ready\n"
        server.send_signal(signal.SIGINT)
        out, err = server.communicate(timeout=30)
        assert (server.returncode, out, err) == (0, "made\nclosed\n", "")
