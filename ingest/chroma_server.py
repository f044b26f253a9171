"""The vector index on a Chroma server: found by its address, kept at the record's revision, never waited for long."""

import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ingest.derived import facts
from ingest.errors import StoreError
from ingest.record import Record
from ingest.settings import Settings as Configured
from ingest.vectors import ChromaVectors, plain

if TYPE_CHECKING:
    import httpx
    from chromadb.api.models.Collection import Collection

SERVER_SECONDS = 5.0  # longest wait for one answer of the server; Chroma's own client would wait for ever


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


def vectors_on_server(client: ServerClient, record: Record, embedding: str, *, write: bool) -> ChromaVectors | None:
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
