"""Nearest vectors: in a Chroma collection, or exactly, out of the record. Derived, never the truth.

What is searched are two rows of `Entry.rows`, the whole abstract and its centroid: those of passages find no other
papers and make the index four times as large. A row's id is 'number:row'. Chroma is given vectors only: it embeds
nothing and keeps no text.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from ingest.entry import Entry
from ingest.errors import StoreError
from ingest.record import Record
from ingest.text import clean

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

SEARCHED = 2  # rows of a paper
LENGTH = 0.01  # how far from 1 the length of a row may be
PART = 500  # papers carried from the record to Chroma at a time
BATCH = 1_000  # rows a call: 8 MB on the way to a server; Chroma refuses more than 5,461
READ_ROWS = 50_000  # ids read at a time
HNSW = {"space": "cosine", "ef_construction": 128, "ef_search": 256, "max_neighbors": 24}
NEVER = 10_000_000  # rows of a collection that keeps its vector file off the disk and replays its log when opened

Dates = tuple[str, str]  # the first and the last, ISO 8601 or a beginning of it, both included; empty for no bound


class Nearest(Protocol):
    """Something that finds the nearest rows. Safe to share between threads."""

    def nearest(self, vector: NDArray[np.float32], k: int, *, dates: Dates = ("", "")) -> list[int]:
        """Numbers of the papers that hold the k rows nearest to `vector` (dim,), nearest first, each once.

        Raises StoreError.
        """
        ...


class ExactVectors:
    """Cosine against every row: for a process that does not own the index, and to measure one that does."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        numbers: list[int] = []
        dates: list[str] = []
        rows = []
        for entry in entries:
            searched = _searched(entry).copy()  # a view would keep the rows of the sentences in memory
            numbers += [entry.number] * len(searched)
            dates += [entry.paper.date] * len(searched)
            rows += [searched] if len(searched) else []
        self._numbers = np.asarray(numbers, dtype=np.int64)
        self._dates = np.asarray(dates, dtype=np.str_)
        self._rows = np.concatenate(rows, dtype=np.float32) if rows else np.zeros((0, 0), dtype=np.float32)

    def count(self) -> int:
        return len(self._rows)

    def nearest(self, vector: NDArray[np.float32], k: int, *, dates: Dates = ("", "")) -> list[int]:
        return list(dict.fromkeys(number for number, _ in self.ranked(vector, k, dates=dates)))

    def ranked(self, vector: NDArray[np.float32], k: int, *, dates: Dates = ("", "")) -> list[tuple[int, float]]:
        """The paper and the cosine of each of the k nearest rows."""
        if not len(self._rows):
            return []
        scores = self._rows @ vector
        if any(dates):
            scores[~_within(self._dates, dates)] = -2
        best = np.argsort(-scores, kind="stable")[:k]
        return [(int(self._numbers[i]), float(scores[i])) for i in best if scores[i] > -2]


class Collections(Protocol):
    """What is asked of a Chroma client."""

    def get_collection(self, name: str, embedding_function: None) -> "Collection": ...

    def create_collection(self, name: str, *, embedding_function: None, configuration: Any) -> "Collection": ...

    def delete_collection(self, name: str) -> None: ...


class ChromaVectors:
    """One Chroma collection. Every failure of Chroma's, panics of its native core included, is a StoreError."""

    def __init__(self, collection: "Collection") -> None:
        self._collection = collection

    @classmethod
    def create(cls, client: Collections, name: str, *, flushed: bool = True, hnsw: Mapping[str, Any] = HNSW) -> Self:
        """An empty collection in place of any of the same name; one that is not `flushed` leaves no vector file."""
        configuration: Any = {"hnsw": {**hnsw} if flushed else {**hnsw, "sync_threshold": NEVER}}
        if cls.find(client, name):
            with plain("made"):
                client.delete_collection(name)
        with plain("made"):
            return cls(client.create_collection(name, embedding_function=None, configuration=configuration))

    @classmethod
    def find(cls, client: Collections, name: str) -> Self | None:
        """The collection of that name, if there is one."""
        from chromadb.errors import NotFoundError

        with plain("opened"):
            try:
                return cls(client.get_collection(name, embedding_function=None))
            except NotFoundError:
                return None

    def count(self) -> int:
        with plain("read"):
            return self._collection.count()

    def ids(self) -> set[str]:
        """The ids of all rows."""
        found: set[str] = set()
        with plain("read"):
            while part := self._collection.get(limit=READ_ROWS, offset=len(found), include=[])["ids"]:
                found.update(part)
        return found

    def state(self) -> dict[str, Any]:
        """What was last noted about the collection with `note`."""
        return dict(self._collection.metadata or {})

    def note(self, **state: str | int) -> None:
        with plain("written"):
            self._collection.modify(metadata=state)

    def carry(self, record: Record, numbers: Sequence[int], embedding: str) -> None:
        """Makes the rows of these papers what they are in the record; a search meanwhile finds the old or the new."""
        empty = self.count() == 0
        for start in range(0, len(numbers), PART):
            part = numbers[start : start + PART]
            held = set() if empty else self._ids(part)
            ids = self._put(record.entries(part, embedding=embedding))
            if surplus := sorted(held.difference(ids)):
                with plain("written"):
                    self._collection.delete(ids=surplus)

    def _ids(self, numbers: Sequence[int]) -> set[str]:
        where: Any = {"paper": {"$in": list(numbers)}}
        with plain("read"):
            return set(self._collection.get(where=where, include=[])["ids"])

    def _put(self, entries: Iterable[Entry]) -> list[str]:
        ids: list[str] = []
        metadatas: Any = []
        rows = []
        for entry in entries:
            sent = self.rows_of(entry)
            ids += [row_id(entry.number, row) for row in range(len(sent))]
            metadatas += self.notes_on(entry, len(sent))
            rows += [sent] if len(sent) else []
        if rows:
            stacked = np.concatenate(rows, dtype=np.float32)
            for at in range(0, len(ids), BATCH):
                cut = slice(at, at + BATCH)
                with plain("written"):
                    self._collection.upsert(ids=ids[cut], embeddings=stacked[cut], metadatas=metadatas[cut])
        return ids

    def rows_of(self, entry: Entry) -> NDArray[np.float16]:
        """The rows that are kept of a paper."""
        return _searched(entry)

    def notes_on(self, entry: Entry, rows: int) -> list[dict[str, str | int]]:
        """What is noted beside each of them."""
        return [{"paper": entry.number, "day": _day(entry.paper.date)}] * rows

    def nearest(self, vector: NDArray[np.float32], k: int, *, dates: Dates = ("", "")) -> list[int]:
        return list(dict.fromkeys(paper_of(row) for row in self._query(vector, k, dates, [])["ids"][0]))

    def ranked(self, vector: NDArray[np.float32], k: int, *, dates: Dates = ("", "")) -> list[tuple[int, float]]:
        """The paper and the cosine of each of the k nearest rows."""
        found = self._query(vector, k, dates, ["distances"])
        return [
            (paper_of(row), 1 - distance) for row, distance in zip(found["ids"][0], found["distances"][0], strict=True)
        ]

    def _query(self, vector: NDArray[np.float32], k: int, dates: Dates, include: Any) -> Any:
        since, until = (_day(date) for date in dates)
        bounds: list[Any] = [{"day": {"$gte": since}}] if since else []
        bounds += [{"day": {"$lte": until}}, {"day": {"$gt": 0}}] if until else []
        where = {"$and": bounds} if len(bounds) > 1 else bounds[0] if bounds else None
        with plain("searched"):
            vectors: Any = [vector]
            return self._collection.query(query_embeddings=vectors, n_results=k, where=where, include=include)


def embedded_client(folder: Path) -> "ClientAPI":
    """Chroma in a folder, for this process alone. No `.env` of the working folder reaches it."""
    import chromadb  # a second of import that commands without search do not need
    from chromadb.api.shared_system_client import SharedSystemClient
    from chromadb.config import Settings

    with plain("opened"):
        try:
            return chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False, _env_file=None))  # type: ignore[call-arg]
        except BaseException:
            # Else what could not be opened is handed out for this path once more, to no good.
            SharedSystemClient._identifier_to_system.pop(str(folder), None)
            raise


def close(client: "ClientAPI") -> None:
    """Ends a client and frees what it holds open."""
    with plain("closed"):
        client.close()  # type: ignore[attr-defined]


@contextmanager
def plain(what: str, *, where: str = "The vector index") -> Iterator[None]:
    """Turns whatever Chroma raises into a StoreError; its native core panics with a BaseException."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit, GeneratorExit, StoreError):
        raise
    except BaseException as error:
        reason = str(error).strip().splitlines()
        text = clean(reason[0])[:200] if reason else type(error).__name__
        raise StoreError(f"{where} cannot be {what} ({text}).") from error


def are_of(rows: NDArray[np.float16], texts: int) -> bool:
    """Whether rows can be those of a paper with so many texts: one for each, one for their middle, all of length 1."""
    lengths = np.linalg.norm(rows.astype(np.float32), axis=1)
    return len(rows) == texts + 1 and bool(np.all(np.abs(lengths - 1) < LENGTH))


def row_id(number: int, row: int) -> str:
    """What a row is called in an index; `paper_of` tells its paper again."""
    return f"{number}:{row}"


def _searched(entry: Entry) -> NDArray[np.float16]:
    """The rows a search is made over: whole abstract and centroid, without passages and sentences."""
    return np.zeros((0, 0), np.float16) if entry.rows is None else entry.rows[:SEARCHED]


def paper_of(row: str) -> int:
    """The number of the paper that a row, by its id, is of."""
    return int(row.partition(":")[0])


def _day(date: str) -> int:
    """2024-08-21 as 20240821, so that Chroma can compare dates, and 2024-08 as 20240800; 0 for none."""
    return int(date.replace("-", "").ljust(8, "0")) if date else 0


def _within(dates: NDArray[np.str_], bounds: Dates) -> NDArray[np.bool_]:
    since, until = bounds
    inside = np.ones(len(dates), dtype=bool)
    if since:
        inside &= dates >= since
    if until:
        inside &= (dates != "") & (dates <= until)
    return inside
