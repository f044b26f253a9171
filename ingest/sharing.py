"""What one process has to do with a Chroma server: its client, whose turn it is to write there, and what it follows."""

import time

from ingest.chroma_server import MOST_BEHIND, ServerClient, SharedVectors, drop_vectors, vectors_on_server
from ingest.copies import followed
from ingest.following import follow, keep
from ingest.locks import OwnedFile
from ingest.record import Record
from ingest.settings import Settings
from ingest.vectors import plain

FOLLOW_SECONDS = 2.0  # between two looks at whether a library that is followed has something new
RETRY_SECONDS = 60.0  # before a server that failed is written to or followed again


class Sharing:
    """The server's part of one index. Every failure is a StoreError, after which the next call opens it anew."""

    def __init__(self, settings: Settings, record: Record, embedding: str) -> None:
        self.on = bool(settings.chroma_url and embedding)
        self.turn = OwnedFile(settings.home, "server")
        self.share_at = self.follow_at = 0.0
        self.client: ServerClient | None = None
        self._settings, self._record, self._embedding = settings, record, embedding

    def vectors(self, behind: int = MOST_BEHIND) -> SharedVectors | None:
        """See `vectors_on_server`; a copy of a library leaves it to the library's keeper to write."""
        copies = bool(followed(self._record))
        if self._settings.chroma_library and not copies and self._record.revision():
            self._publish(behind)
        return self._found(None if copies else self.turn, behind)

    def share(self, behind: int) -> bool:
        """Brings a server that is more than `behind` papers behind up to date; False where it failed a while ago."""
        if time.monotonic() < self.share_at:
            return False
        self.share_at = time.monotonic() + RETRY_SECONDS
        self.vectors(behind)
        self.share_at = 0.0
        return True

    def _publish(self, behind: int) -> None:
        """The papers before their vectors: who follows can tell which vectors are of an earlier revision."""
        found = self._found(None, behind)
        if (found is None or len(found.changed) > behind or not behind) and self.turn.take():
            try:
                searched = int(found.server.state()["revision"]) if found else 0
                keep(self._opened(), self._record, self._embedding, self._settings.chroma_library, searched=searched)
            finally:
                self.turn.release()

    def _found(self, turn: OwnedFile | None, behind: int) -> SharedVectors | None:
        return vectors_on_server(self._opened(), self._record, self._embedding, turn, behind=behind)

    def empty(self) -> None:
        """Deletes what the server has of the record's vectors, unless another process is writing them."""
        if not followed(self._record) and self.turn.take():
            try:
                drop_vectors(self._opened(), self._record)
            finally:
                self.turn.release()

    def held(self) -> tuple[set[str], frozenset[int]] | None:
        """The ids of the rows on the server, and the papers it has not got as they are; None where it is of no use."""
        found = self._found(None, MOST_BEHIND)
        return (found.server.ids(), frozenset(found.changed)) if found else None

    def keep_up(self) -> bool:
        """Copies what is new in the library that this record follows; False where it is not yet time to look."""
        if not self.on or not self._settings.chroma_library or time.monotonic() < self.follow_at:
            return False
        self.follow_at = time.monotonic() + RETRY_SECONDS
        client = self._opened()
        with plain("followed", where=f"The library {self._settings.chroma_library} on the server"):
            follow(client, self._record, self._embedding, self._settings.chroma_library)
        self.follow_at = time.monotonic() + FOLLOW_SECONDS
        return True

    def close(self) -> None:
        client, self.client = self.client, None
        self.turn.release()
        if client:
            client.close()

    def _opened(self) -> ServerClient:
        self.client = self.client or ServerClient(self._settings)
        return self.client
