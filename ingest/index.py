"""What can be searched: the record of papers with the indexes derived from it. Knows no question.

One process owns the index folder; any other searches the record itself, exactly, so that asking from the command
line works while the page runs. With a Chroma server the vectors are there instead.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from ingest.derived import IndexFolder, facts, fill
from ingest.embedding import Embedder, ModelMissingError, make_embedder
from ingest.errors import StoreError
from ingest.locks import OwnedFile
from ingest.record import Entry, Record
from ingest.settings import Settings
from ingest.vectors import ChromaVectors, ExactVectors, server_client
from ingest.words import WordIndex

CACHED_ENTRIES = 4_000  # decoded entries kept in memory, about 15 KB each


class PaperIndex:
    """The papers of one folder, searchable by words and, where there is an embedding model, by meaning.

    `notices` are plain sentences, fit to show, on what is not as it should be. Safe to share between threads.
    Raises StoreError where the record cannot be used or was made with another embedding model.
    """

    def __init__(self, settings: Settings, *, foreign_vectors: bool = False) -> None:
        """`foreign_vectors` lets a record of another model be opened, to embed it anew."""
        self.settings = settings
        self.notices: list[str] = []
        self.record = Record(settings.home)
        self.embedder = self._make_embedder(foreign_vectors)
        self.words = WordIndex.build([])
        self._vectors: ChromaVectors | ExactVectors | None = None
        self._folder: IndexFolder | None = None
        self._owner = OwnedFile(settings.home, "index")
        self._lock = threading.RLock()
        self._cache: OrderedDict[int, Entry] = OrderedDict()
        self._revision = -1

    def _make_embedder(self, foreign_vectors: bool) -> Embedder | None:
        try:
            embedder = make_embedder(self.settings)
        except ModelMissingError as error:
            self.notices.append(f"{error} Until then papers are searched by words alone.")
            return None
        made_by = self.record.meta("embedding")
        if embedder and made_by and made_by != embedder.name and not foreign_vectors:
            raise StoreError(
                f"The index in {self.settings.home} was made with the embedding model {made_by}, but {embedder.name} "
                "is configured (PAPERCHAT_EMBEDDING). Run 'paperchat rebuild' to embed it anew, or set the former back."
            )
        return embedder

    def close(self) -> None:
        """Leaves everything on disk so that the next process can trust it."""
        with self._lock:
            if self._folder:
                with suppress(StoreError, OSError):
                    self._folder.close()
            self._owner.release()
            self.record.close()

    # -- reading -----------------------------------------------------------------------------------------------

    def count(self) -> int:
        return self.record.count()

    def entries(self, numbers: Sequence[int]) -> list[Entry]:
        """The entries with their vectors, in the order of `numbers`; those asked for often come from memory."""
        with self._lock:
            for entry in self.record.entries([n for n in numbers if n not in self._cache], vectors=True):
                self._cache[entry.number] = entry
            found = [self._cache[n] for n in numbers if n in self._cache]
            for entry in found:
                self._cache.move_to_end(entry.number)
            while len(self._cache) > max(CACHED_ENTRIES, len(numbers)):
                self._cache.popitem(last=False)
            return found

    def nearest(self, vector: NDArray[np.float32], k: int, *, dates: tuple[str, str] = ("", "")) -> list[int]:
        """Numbers of the papers holding the k rows nearest to `vector` (dim,); none where there are no vectors."""
        vectors = self._vectors
        if vectors is None:
            return []
        try:
            return vectors.nearest(vector, k, dates=dates)
        except StoreError as error:
            with self._lock:
                if self._vectors is vectors:
                    self._heal(error)
                healed = self._vectors
            return healed.nearest(vector, k, dates=dates) if healed else []

    # -- keeping in step with the record -------------------------------------------------------------------------

    def refresh(self) -> None:
        """Brings the derived indexes to the revision of the record; costs one small query when they are."""
        if self.record.revision() == self._revision:
            return
        with self._lock:
            revision = self.record.revision()
            if revision != self._revision:
                self._cache.clear()
                self._catch_up(revision)
                self._revision = revision
                self._tell_of_missing_vectors()

    def _catch_up(self, revision: int) -> None:
        if self.settings.chroma_url:
            self.words = WordIndex.build(self.record.entries())
            self._vectors = self._on_server(revision)
        elif self._folder or self._owner.take():
            self._in_folder()
        else:  # another process owns the folder
            self.words = WordIndex.build(self.record.entries())
            self._vectors = self._exact()

    def _in_folder(self) -> None:
        embedding = self.embedder.name if self.embedder else ""
        try:
            folder = self._folder or IndexFolder.find(self.settings.home, self.record, embedding)
            if folder and folder.revision != self.record.revision():
                folder.catch_up(self.record)
        except (StoreError, OSError):
            folder = None
        try:
            self._folder = folder or IndexFolder.make(self.settings.home, self.record, embedding)
        except OSError as error:
            raise StoreError(f"The index in {self.settings.home} cannot be written ({error.strerror}).") from error
        self.words, self._vectors = self._folder.words, self._folder.vectors

    def _exact(self) -> ExactVectors | None:
        return ExactVectors(self.record.entries(vectors=True)) if self.embedder else None

    def _heal(self, failed: StoreError) -> None:
        """The vector index failed in use: make it again, and where that fails too, do without it."""
        try:
            if self._folder is None:
                raise failed
            self._folder = None
            self._in_folder()
        except StoreError as error:
            self._notice(f"{error} Papers are searched in the record itself.")
            self._vectors = self._exact()

    def _on_server(self, revision: int) -> ChromaVectors | ExactVectors | None:
        """The collection on the Chroma server, filled anew unless it is noted to hold this very revision."""
        if self.embedder is None:
            return None
        stated = {**facts(revision, self.embedder.name), "record": self.record.identity()}
        try:
            client = server_client(self.settings.chroma_url)
            vectors = ChromaVectors.find(client)
            if vectors is None or {**vectors.state(), **stated} != vectors.state():
                vectors = ChromaVectors.create(client, rows=0)
                fill(vectors, self.record, self.record.numbers())
                vectors.note(**stated)
            return vectors
        except StoreError as error:
            self._notice(f"{error} Papers are searched in the record itself.")
            return self._exact()

    def _tell_of_missing_vectors(self) -> None:
        missing = len(self.record.numbers_without_vectors()) if self.embedder else 0
        if missing:
            self._notice(f"{missing} papers have no vectors yet and are found by words alone; run: paperchat rebuild")

    def _notice(self, sentence: str) -> None:
        if sentence not in self.notices:
            self.notices.append(sentence)
