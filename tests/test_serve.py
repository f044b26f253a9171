"""Starting and ending the page: which addresses it takes, what it leaves behind. A child process is the server."""

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


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_that_does_not_exist_is_said(port: int) -> None:
    with pytest.raises(PaperchatError, match=f"Port {port} on 127.0.0.1 does not exist"):
        check_address("127.0.0.1", port)


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_within_5_seconds_and_nothing_is_left(end: signal.Signals, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    paths = os.pathsep.join((str(Path(__file__).parent), str(Path(__file__).parent.parent)))
    # A proxy that answers nobody: the page must not need one to reach itself.
    proxies = {"HTTP_PROXY": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"}
    environ = os.environ | proxies | {"PYTHONPATH": paths, "TMPDIR": str(tmp_path), "HOME": str(tmp_path / "home")}
    command = [sys.executable, "-c", SERVER, str(port)]
    with subprocess.Popen(
        command, env=environ, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
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
