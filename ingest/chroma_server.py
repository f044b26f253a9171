"""The vector index on a Chroma server: found by its address, kept at the record's revision, never waited for long."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from ingest.derived import facts
from ingest.record import Record
from ingest.vectors import ChromaVectors, plain

if TYPE_CHECKING:
    from chromadb.api import ClientAPI

SERVER_SECONDS = 5.0  # longest wait for one answer of the server; Chroma's own client would wait for ever

T = TypeVar("T")


def vectors_on_server(client: "ClientAPI", record: Record, embedding: str, *, write: bool) -> ChromaVectors | None:
    """The record's collection, holding its latest revision; None where it does not and is not this process's to write.

    Raises StoreError. Only one process at a time may `write`. The collection's metadata says what it holds and is
    written after the rows, so that what a kill left out is carried again.
    """
    revision = record.revision()
    name = f"paperchat-{record.identity()}"
    vectors = ChromaVectors.find(client, name)
    held = vectors.state() if vectors else {}
    before = int(held.get("revision", 0))
    usable = vectors is not None and held.items() >= facts(record, before, embedding).items()
    if vectors is not None and usable and vectors.count() == held.get("rows"):
        if before == revision:
            return vectors
    else:
        vectors, before = None, 0
    if not write:
        return None
    vectors = vectors or ChromaVectors.create(client, name)
    vectors.carry(record, record.numbers(since=before), embedding)
    vectors.note(**facts(record, revision, embedding), rows=vectors.count())
    return vectors


def connect(url: str) -> "ClientAPI":
    """A client of the server; raises StoreError when it does not answer in time."""
    import chromadb  # a second of import that commands without search do not need
    import httpx
    from chromadb.config import Settings

    parts = urlsplit(url)
    secure = parts.scheme == "https"
    host, port = parts.hostname or "localhost", parts.port or (443 if secure else 8000)

    def make() -> "ClientAPI":
        settings = Settings(anonymized_telemetry=False, _env_file=None)  # type: ignore[call-arg]
        client = chromadb.HttpClient(host=host, port=port, ssl=secure, settings=settings)
        client._server._session.timeout = SERVER_SECONDS  # type: ignore[attr-defined]
        return client

    with plain("reached", where=_place(url)):
        # Asked with a limit first: the client makes its own first requests without any.
        httpx.get(f"{parts.scheme}://{host}:{port}/api/v2/heartbeat", timeout=SERVER_SECONDS).raise_for_status()
        return _within(3 * SERVER_SECONDS, make)


def _within(seconds: float, call: Callable[[], T]) -> T:
    """What a call returns or raises, waited for at most so long; left to itself after that."""
    answer: Future[T] = Future()

    def run() -> None:
        try:
            answer.set_result(call())
        except BaseException as error:  # all there is, a panic of native code too, belongs to the one who waits
            answer.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    try:
        return answer.result(seconds)
    except TimeoutError as error:
        raise TimeoutError(f"no answer in {seconds:g} seconds") from error


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"The Chroma server at {parts.hostname}{f':{parts.port}' if parts.port else ''} (CHROMA_URL)"
