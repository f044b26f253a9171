"""The vector index on a Chroma server: found by its address, kept at the record's revision, never waited for long."""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from ingest.derived import facts
from ingest.errors import StoreError
from ingest.locks import OwnedFile
from ingest.record import Record
from ingest.settings import Settings as Configured
from ingest.vectors import ChromaVectors, Dates, ExactVectors, plain

if TYPE_CHECKING:
    import httpx
    from chromadb.api.models.Collection import Collection

SERVER_SECONDS = 5.0  # longest wait for one answer of the server; Chroma's own client would wait for ever
MOST_BEHIND = 300  # papers that the server may lack before who notices brings it up to date; exactly searched in 1 ms
MOST_PASSED = 3_000  # rows asked of the server beyond those wanted, in place of those of papers that changed


class ServerClient:
    """The little of a Chroma server that is used, over one HTTP session whose every request has a limit of time.

    Chroma's own `HttpClient` makes its first requests without a limit and never closes its connections.
    """

    def __init__(self, configured: Configured) -> None:
        """Raises StoreError when the server does not answer in time, or does not let this process in."""
        from chromadb.api.fastapi import FastAPI  # a second of import that commands without search do not need
        from chromadb.config import Settings, System

        parts = urlsplit(configured.chroma_url)
        secure = parts.scheme == "https"
        self._where = f"The Chroma server at {parts.netloc.rpartition('@')[2]} (CHROMA_URL)"
        with plain("reached", where=self._where):
            settings = Settings(
                anonymized_telemetry=False,
                chroma_api_impl="chromadb.api.fastapi.FastAPI",
                chroma_server_host=parts.hostname or "localhost",
                chroma_server_http_port=parts.port or (443 if secure else 8000),
                chroma_server_ssl_enabled=secure,
                _env_file=None,  # type: ignore[call-arg]
            )
            self._server = System(settings).instance(FastAPI)
            self._server._session.close()
            self._session = self._server._session = self._make_session(configured)
            try:
                self._server.heartbeat()
            except BaseException:
                self._session.close()
                raise

    def _make_session(self, configured: Configured) -> "httpx.Client":
        import httpx

        file = configured.chroma_ca and str(Path(configured.chroma_ca).expanduser())
        return httpx.Client(
            timeout=SERVER_SECONDS,
            headers={"Content-Type": "application/json", **_headers(configured)},
            verify=ssl.create_default_context(cafile=file) if file else True,
            event_hooks={"response": [self._refuse]},
        )

    def get_collection(self, name: str, embedding_function: None) -> "Collection":
        return self._collection(self._server.get_collection(name))

    def create_collection(self, name: str, *, embedding_function: None, configuration: Any) -> "Collection":
        return self._collection(self._server.create_collection(name, configuration=configuration))

    def delete_collection(self, name: str) -> None:
        self._server.delete_collection(name)

    def close(self) -> None:
        self._session.close()

    def _refuse(self, response: "httpx.Response") -> None:
        """Ends a request that was turned away or broke; what the server says of it may repeat what was sent."""
        code = f"{response.status_code} {response.reason_phrase}".strip()
        if response.status_code in (401, 403, 407):
            raise StoreError(f"{self._where} does not let this process in ({code}); check CHROMA_TOKEN.")
        if response.status_code >= 500 or response.is_redirect:
            raise StoreError(f"{self._where} answers {code}; see what it logs, and check CHROMA_URL.")

    def _collection(self, model: Any) -> "Collection":
        from chromadb.api.models.Collection import Collection

        return Collection(self._server, model, embedding_function=None)


def _headers(configured: Configured) -> dict[str, str]:
    token, header = configured.chroma_token, configured.chroma_header
    if not token:
        return {}
    bearer = header.casefold() == "authorization" and " " not in token
    return {header: f"Bearer {token}" if bearer else token}


@dataclass(frozen=True)
class SharedVectors:
    """The latest revision of a record on a server that may be some papers behind it: those are searched exactly.

    What the server holds of the papers that changed since, old, new or half of each, is passed over, so that a
    search sees one revision whatever another process is writing there.
    """

    server: ChromaVectors
    changed: frozenset[int]
    rest: ExactVectors

    def nearest(self, vector: NDArray[np.float32], k: int, *, dates: Dates = ("", "")) -> list[int]:
        asked = k + min(self.rest.count(), MOST_PASSED)
        held = [found for found in self.server.ranked(vector, asked, dates=dates) if found[0] not in self.changed][:k]
        both = sorted([*held, *self.rest.ranked(vector, k, dates=dates)], key=lambda found: -found[1])
        return list(dict.fromkeys(number for number, _ in both[:k]))


def vectors_on_server(
    client: ServerClient, record: Record, embedding: str, turn: OwnedFile | None, *, behind: int = MOST_BEHIND
) -> SharedVectors | None:
    """What finds the rows of the record's latest revision; None where the server has none to trust.

    Where the server is more than `behind` papers behind, it is brought up to date by the one process whose `turn` it
    is; for the others, and for one that has none, that is no reason to wait. Raises StoreError.
    """
    found = _find(client, record, embedding)
    if found and len(found.changed) <= behind:
        return found
    if turn is None or not turn.take():
        return found
    try:
        return _carry(client, record, embedding)
    finally:
        turn.release()


def drop_vectors(client: ServerClient, record: Record) -> None:
    """Deletes the record's collection, if there is one. Raises StoreError."""
    if ChromaVectors.find(client, _name(record)):
        with plain("emptied"):
            client.delete_collection(_name(record))


def _find(client: ServerClient, record: Record, embedding: str) -> SharedVectors | None:
    """The record's collection where all that it states of itself is true, with what the record has besides.

    Its metadata states the revision that it holds. While a later one is `carried`, rows come and go; at any other
    time, others than those it states are missing or too many.
    """
    name = _name(record)
    vectors = ChromaVectors.find(client, name)
    if vectors is None:
        return None
    held = vectors.state()
    revision = int(held.get("revision", 0))
    if not held.items() >= facts(record, revision, embedding).items():
        return None
    if not held.get("carried") and vectors.count() != held.get("rows"):
        again = ChromaVectors.find(client, name)
        if again is None or again.state() == held:  # else somebody has just begun to carry, or ended
            return None
    changed = record.numbers(since=revision)
    return SharedVectors(vectors, frozenset(changed), ExactVectors(record.entries(changed, embedding=embedding)))


def _carry(client: ServerClient, record: Record, embedding: str) -> SharedVectors | None:
    """Makes the collection what the record is now; a kill at any moment leaves what is carried again."""
    revision = record.revision()
    found = _find(client, record, embedding)
    vectors = found.server if found else ChromaVectors.create(client, _name(record))
    before = int(vectors.state().get("revision", 0))
    if found is None or before != revision:
        vectors.note(**facts(record, before, embedding), rows=vectors.count(), carried=revision)
        vectors.carry(record, record.numbers(since=before), embedding)
        vectors.note(**facts(record, revision, embedding), rows=vectors.count(), carried=0)
    return _find(client, record, embedding)


def _name(record: Record) -> str:
    return f"paperchat-{record.identity()}"
