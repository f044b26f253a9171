"""The papers of one library on a Chroma server, for machines with no disk in common: one keeps it, others follow.

Its keeper is whose record it was made from. A follower copies what is new into a record of its own, a whole revision
at a time, under the same numbers, identity and stamp: so it has everything when the server is gone, and searches the
keeper's vectors there as if they were its own.
"""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.chroma_server import ServerClient
from ingest.copies import Copied, Origin, copy, followed, said_of
from ingest.entry import Entry
from ingest.errors import StoreError
from ingest.record import Record
from ingest.vectors import ChromaVectors, plain

FORMAT = 1
PART = 40  # papers a request: some 800 rows, 8 MB of JSON
UNSEARCHED = {"space": "l2", "ef_construction": 4, "max_neighbors": 2}  # rows are fetched by number, never searched


class LibraryRows(ChromaVectors):
    """Every row of every paper, the first with all that the record says of the paper."""

    record: Record
    revision: int

    def rows_of(self, entry: Entry) -> NDArray[np.float16]:
        return np.zeros((0, 0), np.float16) if entry.rows is None else entry.rows

    def notes_on(self, entry: Entry, rows: int) -> list[dict[str, str | int]]:
        said = json.dumps(said_of(self.record, entry.number))
        notes: list[dict[str, str | int]] = [{"paper": entry.number, "row": row} for row in range(rows)]
        if notes:
            notes[0] |= {"revision": self.revision, "said": said}
        return notes

    def changed(self, since: int) -> list[list[Any]]:
        """What the record said of each paper that was changed after a revision, in the order of their numbers."""
        where: Any = {"revision": {"$gt": since}}
        found: list[list[Any]] = []
        while True:
            with plain("read"):
                part = self._collection.get(where=where, include=["metadatas"], limit=500, offset=len(found))
            found += [_read(str(note["said"])) for note in part["metadatas"] or []]
            if len(part["ids"]) < 500:
                return sorted(found)

    def vectors(self, numbers: Sequence[int]) -> dict[int, bytes]:
        """The rows of papers as the record keeps them."""
        where: Any = {"paper": {"$in": list(numbers)}}
        with plain("read"):
            found: Any = self._collection.get(where=where, include=["embeddings"])
        rows: dict[int, dict[int, NDArray[np.float16]]] = {}
        for name, vector in zip(found["ids"], found["embeddings"], strict=True):
            number, _, row = name.partition(":")
            rows.setdefault(int(number), {})[int(row)] = np.asarray(vector, np.float16)
        return {number: np.stack([own[row] for row in sorted(own)]).tobytes() for number, own in rows.items()}


def _read(said: str) -> list[Any]:
    row = json.loads(said)
    if [type(value) for value in row] != [int, *[str] * 9]:
        raise ValueError("it says of a paper what no record does")
    return list(row)


def keep(client: ServerClient, record: Record, embedding: str, library: str, *, searched: int) -> None:
    """Makes the library what the record is; raises StoreError where it is another's. One process at a time may.

    `searched` is the revision of the vectors that the server searches.
    """
    rows = LibraryRows.find(client, _name(library))
    held = rows.state() if rows else {}
    origin = _origin(held, library)
    if origin and origin.identity != record.identity():
        raise StoreError(_another(library, record))
    revision = record.revision()
    known = bool(rows and origin and origin.embedding == embedding and record.stamp(origin.revision) == origin.stamp)
    if rows is None or not known or not (held["carried"] or rows.count() == held["rows"]):
        rows, known = LibraryRows.create(client, _name(library), hnsw=UNSEARCHED), False
    before = origin.revision if origin and known else 0
    if known and before == revision and not held["carried"]:
        return
    rows.record, rows.revision = record, revision
    stated: dict[str, str | int] = {"format": FORMAT, "identity": record.identity(), "embedding": embedding}
    stated |= {"searched": searched, "searched_stamp": record.stamp(searched)}
    rows.note(**stated, revision=before, stamp=record.stamp(before), rows=0, carried=revision)
    rows.carry(record, record.numbers(since=before), embedding)
    rows.note(**stated, revision=revision, stamp=record.stamp(revision), rows=rows.count(), carried=0)


def follow(client: ServerClient, record: Record, embedding: str, library: str) -> bool:
    """Whether the record is a copy of the library, brought up to date where its keeper is not at it just now.

    Raises StoreError where the record has papers of its own, or vectors of the library are of another model.
    """
    rows = LibraryRows.find(client, _name(library))
    held = rows.state() if rows else {}
    origin = _origin(held, library)
    follows = followed(record) == library
    if rows is None or origin is None or (origin.identity == record.identity() and not follows):
        return follows
    if record.count() and (not follows or origin.identity != record.identity()):
        raise StoreError(_another(library, record))
    if origin.embedding != embedding:
        raise StoreError(f"The library {library} has vectors of {origin.embedding}, not of {embedding}.")
    mine = record.revision()
    if held.get("carried") or (origin.revision, origin.stamp) == (mine, record.stamp(mine)):
        return follows
    if rows.count() != held["rows"]:  # its keeper will mend it
        return follows
    said = rows.changed(mine if origin.revision > mine else 0)
    papers: list[Copied] = []
    for start in range(0, len(said), PART):
        part = said[start : start + PART]
        vectors = rows.vectors([row[0] for row in part])
        papers += [(row, vectors.get(row[0], b"")) for row in part]
    again = LibraryRows.find(client, _name(library))
    if again is None or again.state() != held:  # its keeper has gone on meanwhile: what was read may be half of it
        return follows
    copy(record, papers, origin, searched=(int(held["searched"]), str(held["searched_stamp"])))
    return True


def _origin(held: dict[str, Any], library: str) -> Origin | None:
    if held.get("format") != FORMAT:
        return None
    return Origin(
        library, str(held["identity"]), str(held["embedding"]), int(held["revision"]), str(held.get("stamp", ""))
    )


def _name(library: str) -> str:
    return f"paperchat-library-{library}"


def _another(library: str, record: Record) -> str:
    return (
        f"{record.path.parent} has papers of its own, and the library {library} on the server is another's; set "
        "PAPERCHAT_HOME to a new folder to follow it, or CHROMA_LIBRARY to another name."
    )
