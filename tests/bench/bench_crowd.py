"""20 people chatting at once on one process, no model: no error, no mixed conversation, p95 at most 10 times one
person's alone.

Each has a conversation of their own about a paper of their own, sent as the page sends it: through its queue, with the
whole conversation, the answer streamed back. They read each answer for a few seconds, less than anybody would, and ask
on; for comparison the same is measured where nobody reads, and 20 questions are always under way.
"""

import http.client
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import Any

from bench_start import LIMIT, OURS, wait_for
from timing import PAGE

from ingest.library import ingest_sources
from ingest.names import nickname
from ingest.record import Record
from ingest.settings import Settings

PEOPLE = 20
ALONE = 3  # people one after another, for what one waits alone
BAR = 10.0
READING = (1.0, 5.0)  # seconds
ANY = random.Random(0)
TURNS = ("What is {}?", "What results does it report?", "How does it work?", "What are its limits?")


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        ingest_sources(Settings(Path(home)), [str(PAGE)])
        with closing(Record(Path(home))) as record:
            names = [name for entry in record.entries() if (name := nickname(entry.paper))]
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        environ = os.environ | {"PAPERCHAT_HOME": home}
        command = [sys.executable, "-c", OURS, str(port)]
        process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for(f"http://127.0.0.1:{port}", time.perf_counter())
            page = Page(port)
            Person(page, names[PEOPLE], 0).chat()  # warms up
            alone = [wait for n in range(ALONE) for wait in Person(page, names[n], n).chat()]
            crowd, wrong = at_once(page, names, READING)
            rushed, more = at_once(page, names, (0.0, 0.0))
        finally:
            process.terminate()
            process.wait(20)
    tell(alone, crowd, rushed, wrong + more)


def at_once(page: "Page", names: list[str], reading: tuple[float, float]) -> tuple[list[float], list[str]]:
    """What each of the people, who read so many seconds, waited for each answer, and what went wrong."""
    waits: list[float] = []
    wrong: list[str] = []

    def chat(n: int) -> None:
        try:
            person = Person(page, names[n], n)
            waits.extend(person.chat(reading, random.Random(n)))
            wrong.extend(person.wrong)
        except Exception as error:
            wrong.append(f"person {n}: {error!r}")

    people = [threading.Thread(target=chat, args=(n,)) for n in range(PEOPLE)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    return waits, wrong


def tell(alone: list[float], crowd: list[float], rushed: list[float], wrong: list[str]) -> None:
    first, last = p95(alone), p95(crowd)
    for words in wrong[:10]:
        print(words)
    print(f"alone: median {statistics.median(alone):.3f} s, p95 {first:.3f} s")
    print(f"{PEOPLE} at once: median {statistics.median(crowd):.3f} s, p95 {last:.3f} s, {len(crowd)} answers")
    hurry = f"median {statistics.median(rushed):.3f} s, {p95(rushed) / first:.1f} times the p95 alone"
    print(f"{PEOPLE} who do not read: {hurry}")
    held = not wrong and last <= BAR * first
    print(f"{len(wrong)} wrong; p95 / p95 alone: {last / first:.1f} (bar {BAR:g}) {'holds' if held else 'MISSED'}")


def p95(waits: list[float]) -> float:
    return statistics.quantiles(waits, n=20, method="inclusive")[-1]


class Page:
    """The page's event for a question: its number, and the values it is given."""

    def __init__(self, port: int) -> None:
        self.port = port
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/config", timeout=LIMIT) as answer:
            config = json.load(answer)
        parts = {part["id"]: part["props"] for part in config["components"]}
        box = next(i for i, props in parts.items() if props.get("elem_id") == "box")
        event = next(dep for dep in config["dependencies"] if [box, "submit"] in [list(t) for t in dep["targets"]])
        self.event = event["id"]
        self.values = [parts[i].get("value") for i in event["inputs"]]
        self.box = event["inputs"].index(box)
        self.chat = next(n for n, i in enumerate(event["inputs"]) if parts[i].get("elem_id") == "chat")
        self.shown = next(n for n, i in enumerate(event["outputs"]) if parts[i].get("elem_id") == "chat")


class Person:
    """One conversation about one paper; `wrong` is what came that should not have."""

    def __init__(self, page: Page, name: str, n: int) -> None:
        self.page, self.name, self.session = page, name, f"person-{n}-{time.time_ns()}"
        self.messages: list[Any] = []
        self.wrong: list[str] = []

    def chat(self, reading: tuple[float, float] = (0.0, 0.0), draw: random.Random = ANY) -> list[float]:
        """Seconds to each whole answer, each read for a time drawn from `reading`."""
        waits = []
        for turn in TURNS:
            time.sleep(draw.uniform(*reading))
            began = time.perf_counter()
            self.messages = self.ask(turn.format(self.name))
            waits.append(time.perf_counter() - began)
            self.check(turn.format(self.name))
        return waits

    def check(self, question: str) -> None:
        """Every question is one's own, and each answer is about one's own paper or says that it finds none."""
        said = [json.dumps(message["content"]) for message in self.messages]
        asked = [words for message, words in zip(self.messages, said, strict=True) if message["role"] == "user"]
        place = len(asked)
        if place != len(self.messages) / 2 or TURNS[place - 1].format(self.name) not in asked[-1]:
            self.wrong.append(f"{self.name}: {place} questions of {len(self.messages)} messages after {question}")
        if place == 1 and self.name.casefold() not in said[-1].casefold():
            self.wrong.append(f"{self.name}: an answer without it: {said[-1][:300]}")
        if "answer problem" in said[-1] or "answer draft" in said[-1]:
            self.wrong.append(f"{self.name}: {said[-1][:300]}")

    def ask(self, question: str) -> list[Any]:
        """The conversation after a question, put together from what is streamed."""
        values = list(self.page.values)
        values[self.page.box], values[self.page.chat] = question, self.messages
        body = json.dumps({"fn_index": self.page.event, "data": values, "session_hash": self.session})
        connection = http.client.HTTPConnection("127.0.0.1", self.page.port, timeout=LIMIT)
        with closing(connection):
            connection.request("POST", "/gradio_api/queue/join", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            told = answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{answer.status}: {told[:200]!r}")
            connection.request("GET", f"/gradio_api/queue/data?session_hash={self.session}")
            return self.read(connection.getresponse())

    def read(self, events: http.client.HTTPResponse) -> list[Any]:
        sent: Any = None
        chat: Any = None
        for line in iter(events.readline, b""):
            if not line.startswith(b"data: "):
                continue
            event = json.loads(line[6:])
            if event["msg"] in ("process_generating", "process_completed"):
                if not event["success"]:
                    raise RuntimeError(str(event)[:300])
                data = event["output"].get("data") or []
                if len(data) > self.page.shown:
                    sent = renewed(sent, data[self.page.shown])
                    chat = sent if isinstance(sent, list) else chat  # else: nothing new of it
            if event["msg"] == "process_completed":
                assert isinstance(chat, list), chat
                return chat
        raise RuntimeError("the stream ended without an answer")


def renewed(before: Any, sent: Any) -> Any:
    """A value after what Gradio sent of it: whole, or as steps from the one before."""
    if not isinstance(sent, list) or not all(isinstance(step, list) and len(step) == 3 for step in sent):
        return sent
    value = json.loads(json.dumps(before))
    for action, path, new in sent:
        value = stepped(value, action, path, new)
    return value


def stepped(value: Any, action: str, path: list[Any], new: Any) -> Any:
    if not path:
        return value + new if action == "append" else new
    spot = value
    for key in path[:-1]:
        spot = spot[key]
    if action == "delete":
        del spot[path[-1]]
    elif action == "append":
        spot[path[-1]] += new
    elif action == "add" and isinstance(spot, list):
        spot.insert(path[-1], new)
    else:
        spot[path[-1]] = new
    return value


if __name__ == "__main__":
    main()
