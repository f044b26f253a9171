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
from ingest.library import check, ingest_sources
from ingest.paper import Paper
from ingest.record import Record
from ingest.settings import Settings
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
    write_source,
)
from tests.test_index import Opened, opened

__all__ = ["model", "opened"]

CHROMA = Path(sys.executable).with_name("chroma")
pytestmark = pytest.mark.skipif(not CHROMA.exists(), reason="chromadb's command line is not installed")
NUMBATS = "Spoken of: numbats alone."


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


@pytest.fixture
def there(tmp_path: Path, model: WordModel, url: str) -> Settings:
    """A folder whose vectors are on that server."""
    return settings(tmp_path / "home", chroma_url=url)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a user would wait seconds for, a test does not."""
    monkeypatch.setattr(ingest.chroma_server, "SERVER_SECONDS", 1.0)


def shared(index: PaperIndex) -> SharedVectors:
    """The vectors on the server, which the index must be searching."""
    assert isinstance(index._vectors, SharedVectors)
    return index._vectors


def check_numbats(index: PaperIndex, number: int) -> None:
    """A paper is found by the abstract that it was given."""
    assert found_by_meaning(index, f"{paper(number).title}. {NUMBATS}", 1) == [paper(number).id]


def test_the_check_looks_at_the_server_and_the_repair_mends_it(there: Settings, model: WordModel) -> None:
    ingest_sources(there, [write_source(there.home.parent / "a.jsonl", papers(12))])
    assert check(there) == []
    with closing(PaperIndex(there)) as index:
        index.refresh()
        rows = shared(index).server._collection
        rows.delete(ids=["1:0"])
        rows.upsert(ids=["77:0"], embeddings=[[1.0] * model.dim], metadatas=[{"paper": 77}])
    assert ["on the Chroma server" in finding.what for finding in check(there)] == [True]
    assert [finding.mended for finding in check(there, mend=True)] == [True]
    assert check(there) == []


def test_papers_are_taken_in_and_found_on_a_server(there: Settings, model: WordModel, opened: Opened) -> None:
    source, told = write_source(there.home.parent / "a.jsonl", papers(12)), list[str]()
    assert ingest_sources(there, [source], told=told.append).added == 12
    with closing(PaperIndex(there)) as index:
        check_finds_all(index, 12)
        assert shared(index)
        assert index.notices == told == []
    assert not list(there.home.glob("index-*/chroma/*"))
    asked = len(model.asked)
    write_source(there.home.parent / "a.jsonl", [*papers(11), paper(11, abstract=NUMBATS), paper(12)])
    assert ingest_sources(there, [source]).changed == 2
    index = opened(there)
    assert found_by_words(index, "numbats") == {paper(11).id}
    check_numbats(index, 11)
    assert shared(index).server.count() == 2 * index.record.count()
    assert len(model.asked) == asked + 3 + len(next(index.record.entries([13])).texts)


def test_a_search_passes_over_what_another_is_writing(there: Settings, model: WordModel, opened: Opened) -> None:
    carrier, reader = opened(there), opened(there)
    record_papers(carrier.record, papers(6), model)
    carrier.share(behind=0)
    change_abstract(carrier.record, paper(2).id, NUMBATS, model)
    record_papers(carrier.record, [paper(6)], model)
    put, looked = ChromaVectors._put, list[set[int]]()

    def check_finds(index: PaperIndex) -> None:
        check_numbats(index, 2)
        for old_and_new in (paper(5), paper(6)):
            assert found_by_meaning(index, f"{old_and_new.title}. {old_and_new.abstract}", 1) == [old_and_new.id]

    def put_and_look(self: ChromaVectors, entries: Iterable[Entry]) -> list[str]:
        put(self, entries)
        check_finds(reader)
        looked.append(set(shared(reader).changed))
        raise StoreError("the carrier is killed here")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ChromaVectors, "_put", put_and_look)
        carrier.share(behind=0)
    assert looked == [{3, 7}]
    carrier.close()
    index = opened(there)
    index.share(behind=0)
    check_finds(index)
    assert not shared(index).changed
    assert shared(index).server.count() == 2 * index.record.count()


WRITER = """
import sys
from dataclasses import replace
from pathlib import Path
import ingest.index
from ingest.library import ingest_sources
from tests.corpus import WordModel, paper, settings, write_source
from tests.test_chroma_server import pair
ingest.index.make_embedder = lambda settings: WordModel()
home, url, library, rounds = Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
there = replace(settings(home, chroma_url=url), chroma_library=library)
for number in range(rounds):
    sys.stdin.readline()
    source = write_source(home.parent / "source.jsonl", [*pair(number), *(paper(n) for n in range(number + 1))])
    assert ingest_sources(there, [source]).changed == 3
    print(number, flush=True)
"""


def pair(version: int) -> list[Paper]:
    """Two papers that are changed together."""
    return [
        Paper(f"{name}: a lens", f"We grind {name}, a lens of glass. {name} has a brightness of {version + 1} lumens.")
        for name in ("Alphalens", "Betalens")
    ]


def check_commits(engine: Engine, writes: Settings, *, seconds: float) -> None:
    """Another process takes papers in; all answers are of one commit, at most so many seconds after it of the last."""
    rounds, root, pipe = 4, Path(__file__).parent.parent, subprocess.PIPE
    arguments = [str(writes.home), writes.chroma_url, writes.chroma_library, str(rounds)]
    command, done = [sys.executable, "-c", WRITER, *arguments], Queue[int]()
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=root) as writing:
        assert writing.stdin
        assert writing.stdout
        threading.Thread(target=lambda lines: [done.put(int(line)) for line in lines], args=(writing.stdout,)).start()
        for number in range(rounds):
            print(file=writing.stdin, flush=True)
            while done.empty():
                assert writing.poll() is None or not done.empty()
                brightness(engine)  # while the other process writes
            assert done.get() == number
            deadline = time.monotonic() + seconds
            while brightness(engine) != {str(number + 1)}:
                assert time.monotonic() < deadline
            wanted = paper(number)
            assert found_by_meaning(engine.index, f"{wanted.title}. {wanted.abstract}", 1) == [wanted.id]
        assert writing.wait(20) == 0
    assert engine.notices == []


def test_a_process_answers_from_whole_commits_while_another_takes_papers_in(there: Settings) -> None:
    with Engine(there) as engine:
        check_commits(engine, there, seconds=0)
        assert shared(engine.index)


def test_rows_that_the_server_lost_are_sent_again(there: Settings, model: WordModel, opened: Opened) -> None:
    with closing(PaperIndex(there)) as index:
        record_papers(index.record, papers(5), model)
        index.refresh()
        shared(index).server._collection.delete(where={"paper": 3})
    asked = len(model.asked)
    index = opened(there)
    check_finds_all(index, 5)
    assert shared(index).server.count() == 2 * index.record.count()
    assert len(model.asked) == asked


# -- a server that fails ---------------------------------------------------------------------------------------------


def test_a_server_that_dies_in_use_is_done_without(tmp_path: Path, model: WordModel, opened: Opened) -> None:
    port = free_port()
    with serving(tmp_path / "server", port) as address:
        index = opened(settings(tmp_path / "home", chroma_url=address))
        record_papers(index.record, papers(6), model)
        check_finds_all(index, 6)
    check_finds_all(index, 6)
    (notice,) = index.notices
    assert notice.endswith("Papers are searched in the record itself.")
    assert "\n" not in notice
    record_papers(index.record, [paper(6)], model)
    check_finds_all(index, 7)
    assert "The Chroma server at 127.0.0.1" in index.notices[0]
    with serving(tmp_path / "server", port):
        index._retry_at = 0  # a minute later
        check_finds_all(index, 7)
        assert shared(index)
        assert index.notices == []


def test_a_server_that_dies_during_an_ingest_costs_no_paper(
    tmp_path: Path, model: WordModel, opened: Opened, monkeypatch: pytest.MonkeyPatch
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
    (sentence,) = told
    assert sentence.endswith("Papers are searched in the record itself.")
    index = opened(there)
    check_finds_all(index, 200, every=40)
    assert len(index.notices) == 1


@contextmanager
def answering(answer: bytes, *, heartbeat: bytes = b"", then_silent: bool = True) -> Iterator[tuple[str, list[bytes]]]:
    """A socket that answers a heartbeat and anything else with these bytes, and what it was asked."""
    asked: list[bytes] = []
    with ExitStack() as held, closing(socket.create_server(("127.0.0.1", 0))) as listening:

        def serve() -> None:
            while True:
                try:
                    connection = held.enter_context(listening.accept()[0])
                except OSError:
                    return
                asked.append(connection.recv(65_536))
                beats = heartbeat and b"heartbeat" in asked[-1]
                connection.sendall(heartbeat if beats else answer)
                if beats or not then_silent:
                    connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", asked
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(5)


ALIVE = b'HTTP/1.1 200 OK\r\nContent-Length: 27\r\n\r\n{"nanosecond heartbeat": 42}'[:-1]
HTML = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 13\r\n\r\n<html></html>"


@pytest.mark.parametrize(
    ("heartbeat", "answer", "silent"),
    [(b"", b"", True), (ALIVE, b"", True), (ALIVE, HTML, False), (b"", HTML, False), (ALIVE, b"\x00garbage", False)],
    ids=["silent", "silent after its heartbeat", "broken after its heartbeat", "a proxy's page", "no HTTP"],
)
def test_a_server_that_does_not_answer_is_waited_for_a_bounded_time(
    tmp_path: Path, model: WordModel, opened: Opened, heartbeat: bytes, answer: bytes, silent: bool
) -> None:
    with answering(answer, heartbeat=heartbeat, then_silent=silent) as (address, _):
        index = opened(settings(tmp_path, chroma_url=address))
        record_papers(index.record, papers(3), model)
        started = time.monotonic()
        check_finds_all(index, 3)
        assert time.monotonic() - started < 8
        (notice,) = index.notices
        assert notice.startswith("The Chroma server at 127.0.0.1")
        assert "\n" not in notice


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


@pytest.mark.parametrize(("header", "wanted"), [("Authorization", f"Bearer {CANARY}"), ("X-Chroma-Token", CANARY)])
def test_a_token_lets_in(there: Settings, model: WordModel, opened: Opened, header: str, wanted: str) -> None:
    with guarding(there.chroma_url, header=header, wanted=wanted) as address:
        index = opened(replace(there, chroma_url=address, chroma_token=CANARY, chroma_header=header))
        record_papers(index.record, papers(3), model)
        check_finds_all(index, 3)
        assert shared(index)
        assert index.notices == []


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "does not let this process in (401 Unauthorized); check CHROMA_TOKEN"),
        (403, "does not let this process in (403 Forbidden); check CHROMA_TOKEN"),
        (500, "answers 500 Internal Server Error"),
    ],
)
def test_a_wrong_token_is_not_shown(there: Settings, model: WordModel, opened: Opened, status: int, said: str) -> None:
    with guarding(there.chroma_url, wanted="Bearer other", status=status) as address:
        index = opened(replace(there, chroma_url=address, chroma_token=CANARY))
        record_papers(index.record, papers(3), model)
        check_finds_all(index, 3)
        (notice,) = index.notices
        assert said in notice
        assert CANARY not in notice + repr(index.settings)


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl, which makes the certificate, is not installed")
def test_a_certificate_must_be_vouched_for(tmp_path: Path, there: Settings, model: WordModel, opened: Opened) -> None:
    pem = tmp_path / "server.pem"
    made = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -days 2"
    options = ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(tmp_path / "key"), "-out", str(pem)]
    subprocess.run([*made.split(), *options], check=True, capture_output=True)
    pem.write_text(pem.read_text() + (tmp_path / "key").read_text())
    with guarding(there.chroma_url, pem=pem) as address:
        there = replace(there, chroma_url=address, chroma_token=CANARY)
        index, trusting = opened(there), opened(replace(there, chroma_ca=str(pem)))
        record_papers(index.record, papers(3), model)
        for one in (index, trusting):
            check_finds_all(one, 3)
        assert "certificate verify failed" in index.notices[0]
        assert shared(trusting)


def test_a_collection_that_names_an_embedder_elsewhere_makes_no_call(
    there: Settings, model: WordModel, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
    with answering(HTML, then_silent=False) as (elsewhere, asked), closing(Record(there.home)) as record:
        record_papers(record, papers(3), model)
        name = f"paperchat-{record.identity()}"
        config = {"api_key_env_var": "OPENAI_API_KEY", "api_base": elsewhere, "model_name": "any"}
        configuration = {"embedding_function": {"type": "known", "name": "openai", "config": config}}
        body = json.dumps({"name": name, "configuration": configuration}).encode()
        tenant = f"{there.chroma_url}/api/v2/tenants/default_tenant/databases/default_database/collections"
        request = urllib.request.Request(tenant, body, {"Content-Type": "application/json"})
        made = json.loads(urllib.request.urlopen(request, timeout=5).read())
        assert made["configuration_json"]["embedding_function"]["name"] == "openai"
        with closing(ServerClient(there)) as client:
            found = ChromaVectors.find(client, name)
            assert found
            found.carry(record, [1, 2], model.name)
            assert found.nearest(model.embed_query("amber"), 1)
            assert _find(client, record, model.name) is None
        index = opened(there)
        check_finds_all(index, 3)
        assert index.notices == []
        assert asked == []
