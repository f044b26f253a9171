"""`paperchat`, index ready: process start to the page served and to its first answer, beside a bare Gradio
hello-world to its page. Bars: 1.3 and 1.7.

The answer is asked for as the page asks: through the queue that its text box submits to.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from timing import PAGE, report

from ingest.library import ingest_sources
from ingest.settings import Settings

TURNS = 5
HELLO = """
import os, sys
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
import gradio as gr
gr.Interface(lambda name: f"Hello {name}!", "text", "text").launch(server_port=int(sys.argv[1]), quiet=True)
"""
OURS = "import sys; from ui.cli import main; sys.exit(main(['serve', '--port', sys.argv[1]]))"
LIMIT = 120.0  # seconds


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        ingest_sources(Settings(Path(home)), [str(PAGE)])
        start(HELLO, home, ask=False), start(OURS, home, ask=True)
        hello, served, answered = [], [], []
        for _ in range(TURNS):
            hello.append(start(HELLO, home, ask=False)[0])
            first, second = start(OURS, home, ask=True)
            served.append(first)
            answered.append(second)
    report("to the page served / bare Gradio", served, hello, bar=1.3)
    report("to the first answer / bare Gradio to its page", answered, hello, bar=1.7)


def start(code: str, home: str, *, ask: bool) -> tuple[float, float]:
    """Seconds from the start of a process to its page and, where asked for, to its first answer."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(port)],
        env=os.environ | {"PAPERCHAT_HOME": home},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(url, began)
        served = time.perf_counter() - began
        if ask:
            ask_page(url)
        return served, time.perf_counter() - began
    finally:
        process.terminate()
        process.wait(20)


def wait_for(url: str, began: float) -> None:
    while time.perf_counter() - began < LIMIT:
        try:
            with urllib.request.urlopen(url, timeout=LIMIT):
                return
        except OSError:
            time.sleep(0.02)
    raise TimeoutError(f"no page at {url} within {LIMIT} s")


def ask_page(url: str) -> None:
    """Submits a question as the text box does, and waits until its answer is complete."""
    config = json.load(urllib.request.urlopen(f"{url}/config", timeout=LIMIT))
    values = {part["id"]: part["props"].get("value") for part in config["components"]}
    box = next(part["id"] for part in config["components"] if part["props"].get("elem_id") == "box")
    event = next(dep for dep in config["dependencies"] if [box, "submit"] in [list(t) for t in dep["targets"]])
    data = ["How much memory does APOLLO need?" if part == box else values[part] for part in event["inputs"]]
    body = {"fn_index": event["id"], "data": data, "session_hash": "bench"}
    request = urllib.request.Request(
        f"{url}/gradio_api/queue/join",
        json.dumps(body).encode(),
        {"Content-Type": "application/json", "Origin": url},
    )
    urllib.request.urlopen(request, timeout=LIMIT).close()
    with urllib.request.urlopen(f"{url}/gradio_api/queue/data?session_hash=bench", timeout=LIMIT) as events:
        told = b"".join(line for line in iter(events.readline, b"") if line.strip())
    assert b"APOLLO" in told, told[-500:]
    assert b'"success":true' in told.replace(b" ", b""), told[-500:]


if __name__ == "__main__":
    main()
