"""What can be searched: the record of papers with the indexes derived from it. Knows no question.

One process owns the index folder; any other searches the record itself, exactly, so that asking from the
command line works while the page runs. So does the owner while its index cannot be written or read. Vectors on a
server belong to nobody: each process searches them, and whoever finds them too far behind brings them up to date.
"""

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ingest.calls import CallIndex
from ingest.chroma_server import MOST_BEHIND
from ingest.derived import IndexFolder, recorded
from ingest.embedding import Embedder, ModelMissingError, make_embedder
from ingest.entry import Entry, Head
from ingest.errors import StoreError
from ingest.locks import OwnedFile
from ingest.recent import Recent
from ingest.record import Record
from ingest.settings import Settings
from ingest.sharing import Sharing
from ingest.vectors import Dates, ExactVectors, Nearest
from ingest.words import WordIndex

# Kept in memory: decoded entries, about 15 KB each, what papers are ranked by, 5 KB, and vectors of questions.
CACHED_ENTRIES, CACHED_HEADS, CACHED_QUERIES = 4_000, 8_000, 256
RETRY_SECONDS = 60.0  # before an index that failed is tried again


class PaperIndex:
    """The papers of one folder, searchable by words and, where there is an embedding model, by meaning.

    Safe to share between threads. Raises StoreError where the record cannot be used or all its vectors are of
    another embedding model, ModelError where the model cannot be.
    """

    def __init__(self, settings: Settings, *, foreign_vectors: bool = False) -> None:
        """`foreign_vectors` lets a record of another model be opened, to embed it anew."""
        self.settings = settings
        self.record = Record(settings.home)
        self.words, self.calls = WordIndex(), CallIndex()
        self._notices: dict[str, str] = {}
        self._vectors: Nearest | None = None
        self._folder: IndexFolder | None = None
        self._owner = OwnedFile(settings.home, "index")
        self._turn = threading.RLock()  # of the one thread that changes what is searched
        self._entries, self._heads = Recent[Entry](CACHED_ENTRIES), Recent[Head](CACHED_HEADS)
        self._revision = -1
        self._retry_at = float("inf")
        try:
            self.embedder = self._make_embedder(foreign_vectors)
        except BaseException:
            self.record.close()
            raise
        self._embedding = self.embedder.name if self.embedder else ""
        self._embed_query = lru_cache(CACHED_QUERIES)(self.embedder.embed_query) if self.embedder else None
        self._sharing = Sharing(settings, self.record, self._embedding)
        self._foldered = "" if self._sharing.on else self._embedding  # the model of the vectors in the index folder

    def _make_embedder(self, foreign_vectors: bool) -> Embedder | None:
        try:
            embedder = make_embedder(self.settings)
        except ModelMissingError as error:
            self._notices["model"] = f"{error} Until then papers are searched by words alone."
            return None
        others = self.record.embeddings()
        if embedder and others and embedder.name not in others and not foreign_vectors:
            raise StoreError(
                f"The index in {self.settings.home} was made with the embedding model {others[0]}, but {embedder.name} "
                "is configured (PAPERCHAT_EMBEDDING). Run 'paperchat rebuild' to embed it anew, or set the former back."
            )
        return embedder

    @property
    def notices(self) -> list[str]:
        """Plain sentences, fit to show, on what is not as it should be at present."""
        return list(self._notices.values())

    def close(self) -> None:
        """Leaves everything on disk so that the next process can trust it."""
        with self._turn:
            with suppress(StoreError, OSError):
                if self._folder:
                    self._folder.close()
            self._sharing.close()
            self._owner.release()
            self.record.close()

    # -- reading -----------------------------------------------------------------------------------------------

    def count(self) -> int:
        return self.record.count()

    def entries(self, numbers: Sequence[int]) -> list[Entry]:
        """The entries with their vectors, in the order of `numbers`; those asked for often come from memory.

        All are of one revision, whatever another process commits meanwhile.
        """
        return self._entries.get(
            numbers, lambda missing: self.record.entries(missing, embedding=self._embedding), self.record.revision
        )

    def heads(self, numbers: Sequence[int]) -> list[Head]:
        """What the papers that have vectors are ranked by, in the order of `numbers`; remembered likewise."""
        return self._heads.get(
            numbers, lambda missing: self.record.heads(missing, embedding=self._embedding), self.record.revision
        )

    def embed_query(self, text: str) -> NDArray[np.float32] | None:
        """The vector of a question (dim,), remembered: a turn searches for it more than once; None without a model."""
        return self._embed_query(text) if self._embed_query else None

    def nearest(self, vector: NDArray[np.float32], k: int, *, dates: Dates = ("", "")) -> list[int]:
        """Numbers of the papers holding the k rows nearest to `vector` (dim,); none where there are no vectors."""
        vectors = self._vectors
        try:
            return vectors.nearest(vector, k, dates=dates) if vectors else []
        except StoreError as error:
            with self._turn:
                if self._vectors is vectors:
                    self._fall_back(error)
        return self.nearest(vector, k, dates=dates)

    # -- keeping in step with the record -------------------------------------------------------------------------

    def refresh(self, *, anew: bool = False) -> None:
        """Brings what is searched to the revision of the record; costs one small query when it is there.

        A thread that comes while another is at it goes on with what there is. `anew` makes the index folder again.
        """
        self.keep_up()
        if self._is_current() and not anew:
            return
        if not self._turn.acquire(blocking=self._revision < 0 or anew):
            return
        try:
            if not self._is_current() or anew:
                revision = self.record.revision()  # before anything is read: what changes meanwhile is seen next time
                self._derive(anew)
                self._revision = revision
                self._tell_of_missing_vectors()
        finally:
            self._turn.release()

    def on_server(self) -> tuple[set[str], frozenset[int]] | None:
        """The ids of the rows on the Chroma server, and the numbers of the papers that it is behind with.

        None where there are none to be used. Raises StoreError.
        """
        return self._sharing.held()

    def settle(self, *, anew: bool = False) -> None:
        """Refreshes where this process may write the derived indexes; elsewhere their owner will when it is asked."""
        if self._sharing.on:
            self.share(behind=0, anew=anew)
        if self._owner.take():
            self.refresh(anew=anew)

    def share(self, *, behind: int = MOST_BEHIND, anew: bool = False) -> None:
        """Brings a server that is more than `behind` papers behind up to date, while papers are being taken in.

        `anew` has it filled again from nothing.
        """
        if self._sharing.on:
            with self._turn:
                try:
                    if anew:
                        self._sharing.empty()
                    if self._sharing.share(behind):
                        self._notices.pop("index", None)
                except StoreError as error:
                    self._miss(error)

    def keep_up(self) -> None:
        """Copies what is new in the library that this record follows, if it follows one."""
        if self._turn.acquire(blocking=self._revision < 0):
            try:
                if self._sharing.keep_up():
                    self._notices.pop("library", None)
            except StoreError as error:
                self._notices["library"] = f"{error} The papers are those that were here before."
            finally:
                self._turn.release()

    def _is_current(self) -> bool:
        return self.record.revision() == self._revision and time.monotonic() < self._retry_at

    def _derive(self, anew: bool) -> None:
        self._retry_at = float("inf")
        try:
            if self._sharing.on:
                vectors = self._sharing.vectors(MOST_BEHIND)
                if self._owner.take():
                    self._folder = self._make_folder() if anew else self._folder_at_hand()
                self._search_record(vectors)
                if vectors is None or len(vectors.changed) > MOST_BEHIND:  # another process is at it
                    self._retry_at = time.monotonic() + RETRY_SECONDS
            elif self._owner.take():
                self._folder = self._make_folder() if anew else self._folder_at_hand()
                self.words, self.calls, self._vectors = self._folder.words, self._folder.calls, self._folder.vectors
            else:
                self._search_record()
            self._notices.pop("index", None)
        except (StoreError, OSError) as error:
            self._fall_back(error)

    def _folder_at_hand(self) -> IndexFolder:
        self._folder = self._folder or IndexFolder.find(self.settings.home, self.record, self._foldered)
        if self._folder is None or self._folder.outgrown(self.record):
            return self._make_folder()
        try:
            if self._folder.revision != self.record.revision():
                self._folder.catch_up(self.record)
        except (StoreError, OSError):
            return self._make_folder()
        return self._folder

    def _make_folder(self) -> IndexFolder:
        if self._folder:
            self._search_record()  # others may be searching
            self._discard_index()
        return IndexFolder.make(self.settings.home, self.record, self._foldered)

    def _fall_back(self, error: StoreError | OSError) -> None:
        """Without the derived index until it is tried again: searches the record."""
        self._search_record()
        self._miss(error)
        self._retry_at = time.monotonic() + RETRY_SECONDS

    def _miss(self, error: StoreError | OSError) -> None:
        reason = str(error) if isinstance(error, StoreError) else f"The index cannot be written ({error.strerror})."
        self._notices["index"] = f"{reason} Papers are searched in the record itself."
        self._discard_index()

    def _discard_index(self) -> None:
        folder, self._folder = self._folder, None
        if folder:
            folder.discard()
        self._sharing.close()

    def _search_record(self, vectors: Nearest | None = None) -> None:
        """Without an index folder: `vectors` from elsewhere, or those of the record."""
        folder = self._folder
        words = (folder.words, folder.calls) if folder else recorded(self.settings.home, self.record)
        self.words, self.calls = words
        if vectors is None and self._embedding:
            vectors = ExactVectors(self.record.entries(embedding=self._embedding))
        self._vectors = vectors

    def _tell_of_missing_vectors(self) -> None:
        missing = len(self.record.without_vectors(self._embedding)) if self.embedder else 0
        self._notices.pop("vectors", None)
        if missing:
            papers = "1 paper has" if missing == 1 else f"{missing:,} papers have"
            self._notices["vectors"] = (
                f"{papers} no vectors of {self._embedding} and can be found by words alone; run: paperchat rebuild"
            )
