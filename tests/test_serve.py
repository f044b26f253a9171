"""Starting and ending the page: which addresses it takes, what it leaves behind. A child process is the server."""

import errno
import http.client
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from subprocess import PIPE
from unittest.mock import Mock

import pytest
from test_page import free_port

from ingest.errors import PaperchatError, UsageError
from ui.serve import check_address

SERVER = """
from standin import StandIn
from ui.serve import serve
serve(StandIn, port=%d, auth=%r, ready=lambda url: print(url, flush=True))
"""
# Stands still where Gradio would be imported.
STARTING = """
import time, ui.serve
from standin import StandIn
ui.serve.go_direct = lambda host: (print("starting", flush=True), time.sleep(60))
try:
    ui.serve.serve(StandIn, port=%d, ready=print)
except KeyboardInterrupt:
    print("stopped")
"""


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.7", "paperchat.example", ""])
def test_an_address_that_others_reach_is_refused_without_a_password(host: str) -> None:
    with pytest.raises(UsageError, match="without a password"):
        check_address(host, 7860)
    check_address("127.0.0.2", 0)


def test_why_a_port_cannot_be_had_is_said_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    for code, said in (
        (errno.EADDRINUSE, "is in use by another program; choose another with --port."),
        (errno.EACCES, "needs administrator rights; choose one from 1024 up with --port."),
        (errno.EADDRNOTAVAIL, "is not available: this machine has no such address; serve on 127.0.0.1 (--host)."),
    ):
        monkeypatch.setattr(socket.socket, "bind", Mock(side_effect=OSError(code, os.strerror(code))))
        with pytest.raises(PaperchatError) as caught:
            check_address("127.0.0.2", 80)
        assert str(caught.value) == f"Port 80 on 127.0.0.2 {said}"


@contextmanager
def serving(code: str, folder: Path, ready: str) -> Iterator["subprocess.Popen[str]"]:
    """A server in a process of its own that keeps what it keeps in `folder`, once it said that it is ready."""
    paths = os.pathsep.join((str(Path(__file__).parent), str(Path(__file__).parent.parent)))
    # A proxy that answers nobody: the page must not need one to reach itself.
    proxies = {"HTTP_PROXY": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"}
    environ = os.environ | proxies | {"PYTHONPATH": paths, "TMPDIR": str(folder), "HOME": str(folder / "home")}
    with subprocess.Popen(
        [sys.executable, "-c", code], env=environ, cwd=folder, stdout=PIPE, stderr=PIPE, text=True
    ) as server:
        assert server.stdout
        try:
            assert server.stdout.readline() == f"{ready}\n"
            yield server
        finally:
            server.kill()


def end(server: "subprocess.Popen[str]", how: signal.Signals) -> tuple[int, str, str]:
    """How it ends, 5 seconds after a signal at most."""
    server.send_signal(how)
    out, err = server.communicate(timeout=5)
    return server.returncode, out, err


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_within_5_seconds_and_nothing_is_left(how: signal.Signals, tmp_path: Path) -> None:
    port = free_port()
    with serving(SERVER % (port, ""), tmp_path, f"http://127.0.0.1:{port}/") as server:
        assert [stat.S_IMODE(folder.stat().st_mode) for folder in tmp_path.iterdir()] == [0o700]
        with closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
            connection.request("GET", "/gradio_api/heartbeat/reader")  # what each open page holds on to
            assert connection.getresponse().status == 200
            assert end(server, how) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_during_the_start_ends_it_at_once_and_nothing_is_left(how: signal.Signals, tmp_path: Path) -> None:
    with serving(STARTING % free_port(), tmp_path, "starting") as server:
        assert end(server, how) == (0, "stopped\n", "")
    assert list(tmp_path.iterdir()) == []
