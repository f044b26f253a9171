"""Nothing leaves the machine: whole commands run where every way out is watched, and where there is none."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from test_page import free_port

ROOT = Path(__file__).parent.parent
NEW_NETWORK = ["unshare", "--net", "--mount"]  # of its own, with nothing in it

# Runs before any library is imported. Whatever turns to another machine is noted, then refused.
WATCH = """
import os, socket, sys
left = []
LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")

def watched(call, address_of):
    def guarded(*args, **named):
        address = address_of(args)
        if address is not None and not str(address).startswith(LOOPBACK):
            left.append(f"{call.__name__} {address}")
            raise OSError(101, "Network is unreachable")
        return call(*args, **named)
    return guarded

def peer(args):
    return args[-1][0] if isinstance(args[-1], tuple) else None

for name in ("connect", "connect_ex", "sendto"):
    setattr(socket.socket, name, watched(getattr(socket.socket, name), peer))
for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
    setattr(socket, name, watched(getattr(socket, name), lambda args: os.fsdecode(args[0]) if args[0] else None))
"""

# Within a network of its own, the only name server is this one, so that a look-up by native code is seen too.
NAME_SERVER = """
import subprocess, tempfile, threading, time
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
with tempfile.NamedTemporaryFile("w", delete=False) as file:
    file.write("nameserver 127.0.0.1\\n")
subprocess.run(["mount", "--bind", file.name, "/etc/resolv.conf"], check=True)
names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
names.bind(("127.0.0.1", 53))

def listen():
    while True:
        left.append(f"look-up {names.recv(512)!r}")

threading.Thread(target=listen, daemon=True).start()
native = subprocess.Popen(["getent", "hosts", "example.org"])
while not left:  # a look-up by native code is noted
    time.sleep(0.02)
native.kill()
"""

USE = """
import http.client, json, signal, threading, time
import ui.commands
from ui.cli import main

for call in (lambda: socket.create_connection(("192.0.2.1", 80), 1), lambda: socket.getaddrinfo("example.net", 80),
             lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.2", 53))):
    try:
        call()
    except OSError:
        pass
time.sleep(0.2)
noted = [way for way in ("192.0.2.1", "example.net", "192.0.2.2") if way in str(left)]  # or the watch is blind
left.clear()

page, questions, port = sys.argv[1:]
commands = ["ingest", page], ["search", "lenses"], ["ask", "What halves the scratches?"], ["eval", questions]
codes = [main(argv) for argv in commands]

def visit():
    for _ in range(600):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=20)
            connection.request("GET", "/")
            codes.append(connection.getresponse().status)
            break
        except OSError:
            time.sleep(0.1)
    warm.wait(60)
    os.kill(os.getpid(), signal.SIGINT)

warm = threading.Event()
from rag.engine import Engine
warm_engine = Engine.warm
Engine.warm = lambda self: (warm_engine(self), warm.set())
threading.Thread(target=visit, daemon=True).start()
codes.append(main(["serve", "--port", port]))
print(json.dumps({"noted": len(noted), "codes": codes, "left": left}))
"""
PAGE = """{"title": "Grinding Lenses", "abstract": "We grind lenses by hand. A wet cloth halves the scratches."}
{"title": "Casting Bells", "abstract": "We cast bells from bronze. The bronze cools for nine days."}"""
QUESTION = '{"type": "fact", "question": "What halves the scratches?", "papers": ["Grinding Lenses"]}'


def can_have_a_network_of_its_own() -> bool:
    if os.geteuid() or not all(map(shutil.which, ("unshare", "ip", "getent"))):
        return False
    return subprocess.run([*NEW_NETWORK, "ip", "link", "set", "lo", "up"], capture_output=True).returncode == 0


needs_its_own_network = pytest.mark.skipif(
    not can_have_a_network_of_its_own(), reason="needs root, unshare, ip and getent"
)


@pytest.mark.parametrize("alone", [False, pytest.param(True, marks=needs_its_own_network)])
def test_every_command_works_and_nothing_tries_to_leave(alone: bool, tmp_path: Path) -> None:
    (tmp_path / "page.jsonl").write_text(PAGE)
    (tmp_path / "questions.jsonl").write_text(QUESTION)
    (tmp_path / "home").mkdir()
    (tmp_path / "tmp").mkdir()
    folders = {"HOME": "home", "TMPDIR": "tmp", "PAPERCHAT_HOME": "papers"}
    environ = {name: str(tmp_path / folder) for name, folder in folders.items()} | {"PATH": os.environ["PATH"]}
    environ |= {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    code = WATCH + (NAME_SERVER if alone else "") + USE
    command = [sys.executable, "-c", code, "page.jsonl", "questions.jsonl", str(free_port())]
    ended = subprocess.run(
        [*(NEW_NETWORK if alone else []), *command],
        env=environ, cwd=tmp_path, capture_output=True, text=True, timeout=180,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert "Traceback" not in ended.stderr
    assert json.loads(ended.stdout.splitlines()[-1]) == {"noted": 3, "codes": [0, 0, 0, 0, 200, 0], "left": []}
    assert [path for path in (tmp_path / "home").rglob("*") if path.is_file()] == []
