"""The vector index on a real Chroma server, and what is left of it when the server fails."""

import json
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue

import pytest

import ingest.chroma_server
import ingest.index
import ingest.vectors
from ingest.chroma_server import ServerClient, SharedVectors, _find
from ingest.entry import Entry
from ingest.errors import StoreError
from ingest.index import PaperIndex
from ingest.library import check, ingest_sources, rebuild
from ingest.paper import Paper
from ingest.record import Record
from ingest.vectors import ChromaVectors
from rag.engine import Engine
from tests.corpus import (
    WordModel,
    brightness,
    change_abstract,
    check_finds_all,
    found_by_meaning,
    found_by_words,
    model,
    paper,
    papers,
    record_papers,
    settings,
    use,
    write_source,
)

__all__ = ["model"]

CHROMA = Path(sys.executable).with_name("chroma")
pytestmark = pytest.mark.skipif(not CHROMA.exists(), reason="chromadb's command line is not installed")


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(folder: Path, port: int) -> Iterator[str]:
    """A Chroma server over a folder, ended at the end; its address."""
    command = [str(CHROMA), "run", "--path", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    url = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            deadline = time.monotonic() + 30
            while True:
                try:
                    urllib.request.urlopen(f"{url}/api/v2/heartbeat", timeout=1).close()
                    break
                except OSError:
                    assert time.monotonic() < deadline, "the server does not start"
                    assert server.poll() is None, "the server ended"
                    time.sleep(0.05)
            yield url
        finally:
            server.kill()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server for all tests that leave it running."""
    with serving(tmp_path_factory.mktemp("server"), free_port()) as address:
        yield address


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a user would wait seconds for, a test does not."""
    monkeypatch.setattr(ingest.chroma_server, "SERVER_SECONDS", 1.0)


def test_the_check_looks_at_the_server_and_the_repair_mends_it(tmp_path: Path, model: WordModel, url: str) -> None:
    there = settings(tmp_path / "home", chroma_url=url)
    ingest_sources(there, [write_source(tmp_path / "a.jsonl", papers(12))])
    assert check(there) == []
    index = PaperIndex(there)
    index.refresh()
    assert isinstance(index._vectors, SharedVectors)
    index._vectors.server._collection.delete(ids=["1:0"])
    index._vectors.server._collection.upsert(ids=["77:0"], embeddings=[[1.0] * model.dim], metadatas=[{"paper": 77}])
    index.close()
    assert ["on the Chroma server" in finding.what for finding in check(there)] == [True]
    assert [finding.mended for finding in check(there, mend=True)] == [True]
    assert check(there) == []


def test_papers_are_taken_in_and_found_on_a_server(tmp_path: Path, model: WordModel, url: str) -> None:
    there = settings(tmp_path / "home", chroma_url=url)
    source = write_source(tmp_path / "a.jsonl", papers(12))
    told: list[str] = []
    assert ingest_sources(there, [source], told=told.append).added == 12
    index = PaperIndex(there)
    check_finds_all(index, 12)
    assert isinstance(index._vectors, SharedVectors)
    assert index.notices == told == []
    assert not list((tmp_path / "home").glob("index-*/chroma/*"))
    asked = len(model.asked)
    index.close()
    write_source(tmp_path / "a.jsonl", [*papers(11), paper(11, abstract="Spoken of: numbats alone."), paper(12)])
    assert ingest_sources(there, [source]).changed == 2
    index = PaperIndex(there)
    assert found_by_words(index, "numbats") == {paper(11).id}
    assert found_by_meaning(index, f"{paper(11).title}. Spoken of: numbats alone.", 1) == [paper(11).id]
    assert isinstance(index._vectors, SharedVectors)
    assert index._vectors.server.count() == 2 * index.record.count()
    assert len(model.asked) == asked + 3 + len(next(index.record.entries([13])).texts)
    index.close()


def test_two_folders_share_a_server_without_meeting(tmp_path: Path, model: WordModel, url: str) -> None:
    for name, first in (("one", 0), ("other", 100)):
        index = PaperIndex(settings(tmp_path / name, chroma_url=url))
        record_papers(index.record, [paper(first + n) for n in range(3)], model)
        index.refresh()
        index.close()
    for name, first in (("one", 0), ("other", 100)):
        index = PaperIndex(settings(tmp_path / name, chroma_url=url))
        assert found_by_meaning(index, "own1 own101", 99) != []
        assert {e.paper.id for e in index.entries(index.nearest(model.embed_query("amber"), 99))} == {
            paper(first + n).id for n in range(3)
        }
        assert isinstance(index._vectors, SharedVectors)
        index.close()


def test_dates_are_filtered_on_the_server(tmp_path: Path, model: WordModel, url: str) -> None:
    index = PaperIndex(settings(tmp_path, chroma_url=url))
    record_papers(index.record, [paper(n, date=f"2024-0{n + 1}-01") for n in range(5)], model)
    index.refresh()
    found = index.nearest(model.embed_query("amber"), 99, dates=("2024-02-01", "2024-03-31"))
    assert sorted(found) == [2, 3]
    index.close()


def test_a_rebuild_with_a_model_of_another_dimension_replaces_the_collection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    there = settings(tmp_path / "home", chroma_url=url)
    use(WordModel("first", 16), monkeypatch)
    ingest_sources(there, [write_source(tmp_path / "a.jsonl", papers(4))])
    use(WordModel("second", 24), monkeypatch)
    assert rebuild(there) == 4
    index = PaperIndex(there)
    check_finds_all(index, 4)
    assert isinstance(index._vectors, SharedVectors)
    assert index.notices == []
    index.close()


def test_each_process_searches_what_the_server_holds_and_what_it_has_not_got_yet(
    tmp_path: Path, model: WordModel, url: str
) -> None:
    one, other = (PaperIndex(settings(tmp_path, chroma_url=url)) for _ in range(2))
    record_papers(one.record, papers(5), model)
    for index in (one, other):
        check_finds_all(index, 5)
    one.share(behind=0)
    record_papers(other.record, [paper(5)], model)
    change_abstract(other.record, paper(2).id, "Spoken of: numbats alone.", model)
    for index in (one, other):
        assert found_by_meaning(index, f"{paper(2).title}. Spoken of: numbats alone.", 1) == [paper(2).id]
        assert found_by_meaning(index, f"{paper(5).title}. {paper(5).abstract}", 1) == [paper(5).id]
        assert found_by_meaning(index, f"{paper(4).title}. {paper(4).abstract}", 1) == [paper(4).id]
        vectors = index._vectors
        assert isinstance(vectors, SharedVectors)
        assert vectors.changed == {3, 6}
        assert index.notices == []
    one.close()
    other.close()


def test_a_server_far_behind_is_brought_up_to_date_by_whoever_asks_first(
    tmp_path: Path, model: WordModel, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest.index, "MOST_BEHIND", 2)
    index, other = (PaperIndex(settings(tmp_path, chroma_url=url)) for _ in range(2))
    record_papers(index.record, papers(4), model)
    index.refresh()
    record_papers(index.record, [paper(n) for n in range(4, 9)], model)
    assert other._sharing.turn.take()  # the other is at it
    check_finds_all(index, 9)
    assert isinstance(index._vectors, SharedVectors)
    assert len(index._vectors.changed) == 5
    other._sharing.turn.release()
    index._retry_at = 0  # a minute later
    check_finds_all(index, 9)
    assert isinstance(index._vectors, SharedVectors)
    assert not index._vectors.changed
    index.close()
    other.close()


def test_a_search_while_another_process_carries_passes_over_what_it_is_writing(
    tmp_path: Path, model: WordModel, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    carrier, reader = (PaperIndex(settings(tmp_path, chroma_url=url)) for _ in range(2))
    record_papers(carrier.record, papers(6), model)
    carrier.share(behind=0)
    change_abstract(carrier.record, paper(2).id, "Spoken of: numbats alone.", model)
    put = ChromaVectors._put

    def put_and_look(self: ChromaVectors, entries: Iterable[Entry]) -> list[str]:
        put(self, entries)
        text = f"{paper(2).title}. Spoken of: numbats alone."
        assert found_by_meaning(reader, text, 1) == [paper(2).id]
        assert isinstance(reader._vectors, SharedVectors)
        assert reader._vectors.changed == {3}
        raise StoreError("the carrier is killed here")

    monkeypatch.setattr(ChromaVectors, "_put", put_and_look)
    carrier.share(behind=0)
    monkeypatch.undo()
    use(model, monkeypatch)
    carrier.close()
    index = PaperIndex(settings(tmp_path, chroma_url=url))
    index.share(behind=0)
    assert found_by_meaning(index, f"{paper(2).title}. Spoken of: numbats alone.", 1) == [paper(2).id]
    assert isinstance(index._vectors, SharedVectors)
    assert not index._vectors.changed
    assert index._vectors.server.count() == 2 * index.record.count()
    index.close()
    reader.close()


WRITER = """
import sys
from pathlib import Path
import ingest.index
from ingest.library import check, ingest_sources
from tests.corpus import WordModel, paper, settings, write_source
from tests.test_chroma_server import pair
ingest.index.make_embedder = lambda settings: WordModel()
home, url, rounds = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
for number in range(rounds):
    sys.stdin.readline()
    source = write_source(home.parent / "source.jsonl", [*pair(number), *(paper(n) for n in range(number + 1))])
    report = ingest_sources(settings(home, chroma_url=url), [source])
    assert report.changed == 3, report
    print(number, flush=True)
"""


def pair(version: int) -> list[Paper]:
    """Two papers that are changed together."""
    return [
        Paper(f"{name}: a lens", f"We grind {name}, a lens of glass. {name} has a brightness of {version + 1} lumens.")
        for name in ("Alphalens", "Betalens")
    ]


def test_a_process_answers_from_whole_commits_while_another_takes_papers_in(
    tmp_path: Path, model: WordModel, url: str
) -> None:
    rounds, root = 4, Path(__file__).parent.parent
    home = tmp_path / "home"
    command = [sys.executable, "-c", WRITER, str(home), url, str(rounds)]
    done = Queue[int]()

    with (
        Engine(settings(home, chroma_url=url)) as engine,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root) as writing,
    ):
        assert writing.stdin
        assert writing.stdout
        threading.Thread(target=lambda lines: [done.put(int(line)) for line in lines], args=(writing.stdout,)).start()
        for number in range(rounds):
            print(file=writing.stdin, flush=True)
            while done.empty():
                assert writing.poll() is None or not done.empty()
                brightness(engine)  # while the other process writes
            assert done.get() == number
            assert brightness(engine) == {str(number + 1)}
            assert found_by_meaning(engine.index, f"{paper(number).title}. {paper(number).abstract}", 1) == [
                paper(number).id
            ]
        assert writing.wait(20) == 0
        assert isinstance(engine.index._vectors, SharedVectors)
        assert engine.notices == []


def test_rows_that_the_server_lost_are_sent_again_without_embedding(tmp_path: Path, model: WordModel, url: str) -> None:
    index = PaperIndex(settings(tmp_path, chroma_url=url))
    record_papers(index.record, papers(5), model)
    index.refresh()
    asked = len(model.asked)
    vectors = index._vectors
    assert isinstance(vectors, SharedVectors)
    vectors.server._collection.delete(where={"paper": 3})
    index.close()
    index = PaperIndex(settings(tmp_path, chroma_url=url))
    check_finds_all(index, 5)
    assert len(model.asked) == asked
    index.close()


def test_a_kill_between_rows_and_note_is_mended(tmp_path: Path, model: WordModel, url: str) -> None:
    index = PaperIndex(settings(tmp_path, chroma_url=url))
    record_papers(index.record, papers(5), model)
    index.refresh()
    change_abstract(index.record, paper(2).id, "Spoken of: numbats alone.", model)
    vectors = index._vectors
    assert isinstance(vectors, SharedVectors)
    vectors.server.carry(index.record, [3], model.name)  # and no note of it
    index.close()
    index = PaperIndex(settings(tmp_path, chroma_url=url))
    assert found_by_meaning(index, f"{paper(2).title}. Spoken of: numbats alone.", 1) == [paper(2).id]
    assert isinstance(index._vectors, SharedVectors)
    index.close()


# -- a server that fails ---------------------------------------------------------------------------------------------


def test_a_server_that_dies_in_use_is_done_without_and_found_again(tmp_path: Path, model: WordModel) -> None:
    port = free_port()
    with serving(tmp_path / "server", port) as address:
        index = PaperIndex(settings(tmp_path / "home", chroma_url=address))
        record_papers(index.record, papers(6), model)
        check_finds_all(index, 6)
    check_finds_all(index, 6)
    assert len(index.notices) == 1
    assert index.notices[0].endswith("Papers are searched in the record itself.")
    assert "\n" not in index.notices[0]
    record_papers(index.record, [paper(6)], model)
    check_finds_all(index, 7)
    assert "The Chroma server at 127.0.0.1" in index.notices[0]
    with serving(tmp_path / "server", port):
        index._retry_at = 0  # a minute later
        check_finds_all(index, 7)
        assert isinstance(index._vectors, SharedVectors)
        assert index.notices == []
    index.close()


def test_a_server_that_dies_while_an_ingest_sends_to_it_costs_no_paper(
    tmp_path: Path, model: WordModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, told, puts = free_port(), list[str](), 0
    there = settings(tmp_path / "home", chroma_url=f"http://127.0.0.1:{port}")
    put = ChromaVectors._put
    monkeypatch.setattr(ingest.vectors, "PART", 20)
    monkeypatch.setattr(PaperIndex.share, "__kwdefaults__", {"behind": 30, "anew": False})  # with each commit
    with ExitStack() as serves:
        serves.enter_context(serving(tmp_path / "server", port))

        def put_until_it_dies(self: ChromaVectors, entries: Iterable[Entry]) -> list[str]:
            nonlocal puts
            puts += 1
            if puts == 3:
                serves.close()
            return put(self, entries)

        monkeypatch.setattr(ChromaVectors, "_put", put_until_it_dies)
        assert ingest_sources(there, [write_source(tmp_path / "a.jsonl", papers(200))], told=told.append).added == 200
    assert puts == 3
    assert len(told) == 1
    assert told[0].endswith("Papers are searched in the record itself.")
    index = PaperIndex(there)
    check_finds_all(index, 200, every=40)
    assert len(index.notices) == 1
    with serving(tmp_path / "server", port):
        index._retry_at = index._sharing.share_at = 0  # a minute later
        index.share(behind=0)
        index.refresh(anew=True)
        check_finds_all(index, 200, every=40)
        assert isinstance(index._vectors, SharedVectors)
        assert not index._vectors.changed
        assert index._vectors.server.count() == 2 * index.record.count()
        assert index.notices == []
    index.close()


def test_a_server_that_comes_back_empty_is_filled_again(tmp_path: Path, model: WordModel) -> None:
    port = free_port()
    there = settings(tmp_path / "home", chroma_url=f"http://127.0.0.1:{port}")
    source = write_source(tmp_path / "a.jsonl", papers(4))
    for _ in range(2):
        with serving(tmp_path / "server", port):
            ingest_sources(there, [source])
            index = PaperIndex(there)
            check_finds_all(index, 4)
            assert isinstance(index._vectors, SharedVectors)
            index.close()
        shutil.rmtree(tmp_path / "server")


def test_a_refused_connection_costs_no_paper(tmp_path: Path, model: WordModel) -> None:
    there = settings(tmp_path / "home", chroma_url=f"http://127.0.0.1:{free_port()}")
    told: list[str] = []
    report = ingest_sources(there, [write_source(tmp_path / "a.jsonl", papers(4))], told=told.append)
    assert report.added == 4
    assert len(told) == 1
    assert "cannot be reached" in told[0]
    index = PaperIndex(there)
    check_finds_all(index, 4)
    index.close()


@contextmanager
def answering(answer: bytes, *, heartbeat: bytes = b"", then_silent: bool = True) -> Iterator[tuple[str, list[bytes]]]:
    """A socket that answers a heartbeat and anything else with these bytes, and what it was asked."""
    asked: list[bytes] = []
    held: list[socket.socket] = []
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                request = connection.recv(65_536)
                asked.append(request)
                connection.sendall(heartbeat if b"heartbeat" in request and heartbeat else answer)
                if then_silent and not (b"heartbeat" in request and heartbeat):
                    held.append(connection)
                else:
                    connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", asked
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(5)
    for connection in held:
        connection.close()


ALIVE = b'HTTP/1.1 200 OK\r\nContent-Length: 27\r\n\r\n{"nanosecond heartbeat": 42}'[:-1]
HTML = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 13\r\n\r\n<html></html>"


@pytest.mark.parametrize(
    ("heartbeat", "answer", "silent"),
    [(b"", b"", True), (ALIVE, b"", True), (ALIVE, HTML, False), (b"", HTML, False), (ALIVE, b"\x00garbage", False)],
    ids=["silent", "silent after its heartbeat", "broken after its heartbeat", "a proxy's page", "no HTTP"],
)
def test_a_server_that_does_not_answer_is_waited_for_a_bounded_time(
    tmp_path: Path, model: WordModel, heartbeat: bytes, answer: bytes, silent: bool
) -> None:
    with answering(answer, heartbeat=heartbeat, then_silent=silent) as (address, _):
        index = PaperIndex(settings(tmp_path, chroma_url=address))
        record_papers(index.record, papers(3), model)
        started = time.monotonic()
        check_finds_all(index, 3)
        assert time.monotonic() - started < 8
        assert len(index.notices) == 1
        assert index.notices[0].startswith("The Chroma server at 127.0.0.1")
        assert "\n" not in index.notices[0]
        index.close()


def test_a_server_that_falls_silent_in_use_is_waited_for_a_bounded_time(
    tmp_path: Path, model: WordModel, url: str
) -> None:
    index = PaperIndex(settings(tmp_path, chroma_url=url))
    record_papers(index.record, papers(3), model)
    index.refresh()
    with answering(b"") as (address, _):
        server = index._sharing.client
        assert server
        server._server._api_url = f"{address}/api/v2"  # type: ignore[attr-defined]
        started = time.monotonic()
        check_finds_all(index, 3)
        assert time.monotonic() - started < 4
    assert len(index.notices) == 1
    index.close()


# -- a server that asks who comes ------------------------------------------------------------------------------------

CANARY = "canary-0815"


class Gateway(BaseHTTPRequestHandler):
    """Lets whoever has the token through to a Chroma server, and repeats what it was sent to anyone else."""

    protocol_version = "HTTP/1.1"
    behind, header, wanted, status = "", "Authorization", f"Bearer {CANARY}", 401

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        sent = self.headers.get(self.header, "")
        if sent != self.wanted:
            return self.answer(self.status, f"<html>{sent} is wrong</html>".encode())
        kind = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.behind + self.path, body or None, kind, method=self.command)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                self.answer(answer.status, answer.read())
        except urllib.error.HTTPError as error:
            self.answer(error.code, error.read())
        return None

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def guarding(behind: str, *, pem: Path | None = None, **asked: object) -> Iterator[str]:
    """A gateway before a server, over TLS where there is a certificate; its address."""
    handler = type("Asking", (Gateway,), {"behind": behind, **asked})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as gateway:
        if pem:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(pem)
            gateway.socket = context.wrap_socket(gateway.socket, server_side=True)
        gateway.daemon_threads, gateway.block_on_close = True, False
        threading.Thread(target=gateway.serve_forever, args=(0.05,), daemon=True).start()
        yield f"{'https' if pem else 'http'}://localhost:{gateway.server_address[1]}"
        gateway.shutdown()


def test_a_server_behind_a_token_is_used(tmp_path: Path, model: WordModel, url: str) -> None:
    sent = [("Authorization", f"Bearer {CANARY}"), ("X-Chroma-Token", CANARY)]
    for number, (header, wanted) in enumerate(sent):
        with guarding(url, header=header, wanted=wanted) as address:
            there = settings(tmp_path / str(number), chroma_url=address)
            index = PaperIndex(replace(there, chroma_token=CANARY, chroma_header=header))
            record_papers(index.record, papers(3), model)
            check_finds_all(index, 3)
            assert isinstance(index._vectors, SharedVectors)
            assert index.notices == []
            index.close()


@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_token_is_told_without_it_and_answers_go_on(
    tmp_path: Path, model: WordModel, url: str, status: int
) -> None:
    with guarding(url, wanted="Bearer other", status=status) as address:
        index = PaperIndex(replace(settings(tmp_path, chroma_url=address), chroma_token=CANARY))
        record_papers(index.record, papers(3), model)
        check_finds_all(index, 3)
        (notice,) = index.notices
        assert f"does not let this process in ({status} " in notice
        assert "check CHROMA_TOKEN" in notice
        assert CANARY not in notice + repr(index.settings)
        index.close()


def test_a_server_that_answers_500_is_told_without_what_it_repeats(tmp_path: Path, model: WordModel, url: str) -> None:
    with guarding(url, wanted="Bearer other", status=500) as address:
        index = PaperIndex(replace(settings(tmp_path, chroma_url=address), chroma_token=CANARY))
        record_papers(index.record, papers(3), model)
        check_finds_all(index, 3)
        assert "answers 500 Internal Server Error" in index.notices[0]
        assert CANARY not in index.notices[0]
        index.close()


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl, which makes the certificate, is not installed")
def test_a_server_over_tls_is_used_where_its_certificate_is_vouched_for(
    tmp_path: Path, model: WordModel, url: str
) -> None:
    pem = tmp_path / "server.pem"
    made = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -days 2"
    options = ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(tmp_path / "key"), "-out", str(pem)]
    subprocess.run([*made.split(), *options], check=True, capture_output=True)
    pem.write_text(pem.read_text() + (tmp_path / "key").read_text())
    with guarding(url, pem=pem) as address:
        there = replace(settings(tmp_path / "home", chroma_url=address), chroma_token=CANARY)
        index = PaperIndex(there)
        record_papers(index.record, papers(3), model)
        check_finds_all(index, 3)
        assert "certificate verify failed" in index.notices[0]
        index.close()
        index = PaperIndex(replace(there, chroma_ca=str(pem)))
        check_finds_all(index, 3)
        assert isinstance(index._vectors, SharedVectors)
        index.close()


# -- a server that means ill -----------------------------------------------------------------------------------------


def test_a_collection_that_names_an_embedder_elsewhere_makes_no_call_there(
    tmp_path: Path, model: WordModel, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
    record = Record(tmp_path)
    record_papers(record, papers(3), model)
    name = f"paperchat-{record.identity()}"
    with answering(HTML, then_silent=False) as (elsewhere, asked):
        configuration = {
            "type": "known",
            "name": "openai",
            "config": {"api_key_env_var": "OPENAI_API_KEY", "api_base": elsewhere, "model_name": "any"},
        }
        body = json.dumps({"name": name, "configuration": {"embedding_function": configuration}}).encode()
        tenant = f"{url}/api/v2/tenants/default_tenant/databases/default_database/collections"
        request = urllib.request.Request(tenant, body, {"Content-Type": "application/json"})
        made = json.loads(urllib.request.urlopen(request, timeout=5).read())
        assert made["configuration_json"]["embedding_function"]["name"] == "openai"
        client = ServerClient(settings(tmp_path, chroma_url=url))
        found = ChromaVectors.find(client, name)
        assert found
        found.carry(record, [1, 2], model.name)
        assert found.nearest(model.embed_query("amber"), 1)
        assert _find(client, record, model.name) is None
        client.close()
        index = PaperIndex(settings(tmp_path, chroma_url=url))
        check_finds_all(index, 3)
        assert index.notices == []
        index.close()
        assert asked == []
    record.close()


def test_a_server_that_answers_nonsense_is_an_error_in_one_line(tmp_path: Path) -> None:
    with (
        answering(HTML, then_silent=False) as (address, _),
        pytest.raises(StoreError, match="answers 502 Bad Gateway") as caught,
    ):
        ServerClient(settings(tmp_path, chroma_url=address))
    assert "\n" not in str(caught.value)
