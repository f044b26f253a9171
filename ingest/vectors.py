"""Nearest vectors: in Chroma, embedded or on a server, or exactly, out of the record. Derived, never the truth.

What is searched are the rows of `Entry.rows` for the whole abstract and its passages; a row's id is
'number:row'. Chroma is given vectors only: it embeds nothing and keeps no text.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from ingest.errors import StoreError
from ingest.record import Entry

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

COLLECTION = "paperchat"
BATCH = 5_000  # rows a call; Chroma refuses more than 5,461
FLUSH_LIMIT = 6_000  # rows up to which the vector file never touches the disk; reopening replays them (2 s)
SERVER_SECONDS = 20.0  # longest wait for one call to a Chroma server; the client itself would wait for ever


class Nearest(Protocol):
    """Something that finds the nearest rows."""

    def nearest(self, vector: NDArray[np.float32], k: int, *, dates: tuple[str, str] = ("", "")) -> list[int]:
        """Numbers of the papers that hold the k rows nearest to `vector` (dim,), nearest first, each once."""
        ...


class ExactVectors:
    """Cosine against every row: for a process that does not own the index, and to measure one that does."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        numbers, rows, dates = [], [], []
        for entry in entries:
            if entry.rows is not None:
                searched = _searched(entry.rows, entry)
                numbers += [entry.number] * len(searched)
                dates += [entry.paper.date] * len(searched)
                rows.append(searched)
        self._numbers = np.asarray(numbers, dtype=np.int64)
        self._dates = np.asarray(dates)
        self._rows = np.concatenate(rows).astype(np.float32) if rows else np.zeros((0, 0), dtype=np.float32)

    def nearest(self, vector: NDArray[np.float32], k: int, *, dates: tuple[str, str] = ("", "")) -> list[int]:
        if not len(self._rows):
            return []
        scores = self._rows @ vector
        if any(dates):
            scores[~_within(self._dates, dates)] = -2
        best = np.argsort(-scores, kind="stable")[:k]
        return list(dict.fromkeys(int(self._numbers[i]) for i in best if scores[i] > -2))


class ChromaVectors:
    """One Chroma collection. Every failure of Chroma's, panics of its native core included, is a StoreError."""

    def __init__(self, client: "ClientAPI", collection: "Collection") -> None:
        self._client = client
        self._collection = collection
        self.closed = False

    @classmethod
    def create(cls, client: "ClientAPI", *, rows: int, name: str = COLLECTION) -> "ChromaVectors":
        """An empty collection, replacing one of the same name; `rows` is how many it is going to hold."""
        hnsw: dict[str, Any] = {"space": "cosine", "ef_construction": 128, "ef_search": 128, "max_neighbors": 24}
        if rows <= FLUSH_LIMIT:
            hnsw |= {"sync_threshold": 10_000_000}
        with _plain("made"):
            if name in _names(client):
                client.delete_collection(name)
            configuration: Any = {"hnsw": hnsw}
            return cls(client, client.create_collection(name, embedding_function=None, configuration=configuration))

    @classmethod
    def find(cls, client: "ClientAPI", *, name: str = COLLECTION) -> "ChromaVectors | None":
        """The collection of that name, if there is one."""
        with _plain("opened"):
            if name not in _names(client):
                return None
            return cls(client, client.get_collection(name, embedding_function=None))

    def count(self) -> int:
        with _plain("read"):
            return self._collection.count()

    def state(self) -> dict[str, Any]:
        """What was last noted about the collection with `note`."""
        return dict(self._collection.metadata or {})

    def note(self, **state: str | int) -> None:
        with _plain("written"):
            self._collection.modify(metadata=state)

    def put(self, entries: Sequence[Entry]) -> None:
        """Adds the rows of these entries; rows of the same papers must have been removed before."""
        ids, rows, metadatas = [], [], []
        for entry in entries:
            if entry.rows is not None:
                searched = _searched(entry.rows, entry)
                ids += [f"{entry.number}:{row}" for row in range(len(searched))]
                metadatas += [{"paper": entry.number, "day": _day(entry.paper.date)}] * len(searched)
                rows.append(searched.astype(np.float32))
        if not ids:
            return
        stacked = np.concatenate(rows)
        with _plain("written"):
            for start in range(0, len(ids), BATCH):
                part = slice(start, start + BATCH)
                metadata: Any = metadatas[part]
                self._collection.add(ids=ids[part], embeddings=stacked[part], metadatas=metadata)

    def remove(self, numbers: Sequence[int]) -> None:
        """Removes all rows of these papers."""
        with _plain("written"):
            for start in range(0, len(numbers), 500):
                where: Any = {"paper": {"$in": list(numbers[start : start + 500])}}
                self._collection.delete(where=where)

    def nearest(self, vector: NDArray[np.float32], k: int, *, dates: tuple[str, str] = ("", "")) -> list[int]:
        since, until = (_day(date) for date in dates)
        bounds: list[Any] = [{"day": {"$gte": since}}] if since else []
        bounds += [{"day": {"$lte": until}}, {"day": {"$gt": 0}}] if until else []
        where = {"$and": bounds} if len(bounds) > 1 else bounds[0] if bounds else None
        with _plain("searched"):
            vectors: Any = [vector]
            found = self._collection.query(query_embeddings=vectors, n_results=k, where=where, include=[])
        return list(dict.fromkeys(int(row.partition(":")[0]) for row in found["ids"][0]))

    def close(self) -> None:
        self.closed = True
        with _plain("closed"):
            self._client.close()  # type: ignore[attr-defined]


def embedded_client(folder: Path) -> "ClientAPI":
    """Chroma in a folder, for this process alone. No `.env` of the working folder reaches it."""
    import chromadb  # a second of import that commands without search do not need
    from chromadb.config import Settings

    with _plain("opened"):
        return chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False, _env_file=None))  # type: ignore[call-arg]


def server_client(url: str) -> "ClientAPI":
    """A Chroma server by its address. Raises StoreError when it cannot be reached in time."""
    import chromadb
    from chromadb.config import Settings

    parts = urlsplit(url)
    secure = parts.scheme == "https"
    with _plain("reached", where=f"the Chroma server at {parts.hostname}:{parts.port or ''} (CHROMA_URL)"):
        client = chromadb.HttpClient(
            host=parts.hostname or "localhost",
            port=parts.port or (443 if secure else 8000),
            ssl=secure,
            settings=Settings(anonymized_telemetry=False, _env_file=None),  # type: ignore[call-arg]
        )
        session = getattr(getattr(client, "_server", None), "_session", None)
        if session is not None:
            session.timeout = SERVER_SECONDS
        return client


def _names(client: "ClientAPI") -> set[str]:
    return {collection.name for collection in client.list_collections()}


@contextmanager
def _plain(what: str, *, where: str = "the vector index") -> Iterator[None]:
    """Turns whatever Chroma raises into a StoreError; its native core panics with a BaseException."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit, GeneratorExit, StoreError):
        raise
    except BaseException as error:
        reason = str(error).strip().splitlines()
        text = reason[0][:200] if reason else type(error).__name__
        raise StoreError(f"{where[0].upper()}{where[1:]} cannot be {what} ({text}).") from error


def _searched(rows: NDArray[np.float16], entry: Entry) -> NDArray[np.float16]:
    """The rows a search is made over: whole abstract, centroid and passages, without the single sentences."""
    return rows[: 2 + len(entry.passages)]


def _day(date: str) -> int:
    """2024-08-21 as 20240821, so that Chroma can compare dates; 0 for none."""
    return int(date.replace("-", "")) if date else 0


def _within(dates: NDArray[np.str_], bounds: tuple[str, str]) -> NDArray[np.bool_]:
    since, until = bounds
    inside = np.ones(len(dates), dtype=bool)
    if since:
        inside &= dates >= since
    if until:
        inside &= (dates != "") & (dates <= until)
    return inside
