"""The map of the papers on disk: `plane.npz` beside the index, made from the record and made again when it changed.

Derived, never the truth: one that is missing, damaged or of another record is laid out anew. A paper that came since
is put among its nearest, so that the map a reader knows stays as it is, until a good part of it is new.
As a program it brings the map of a folder up to date: python -m ingest.atlas HOME EMBEDDING
"""

import json
import sys
import zlib
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from ingest.entry import Entry
from ingest.plane import FEWEST, Floats, Plane, by_words, lay_out, only, put
from ingest.record import Record
from ingest.terms import terms_of

FORMAT = 1  # grows when what is laid out, or how, changes
NEW = 0.15  # share of the papers that may be put in before all are laid out again
LAG = 0.02  # share of the papers that an ingest leaves for later: all are read to put one on the map
LONG = 2_000  # papers from which laying out takes long enough to be told
NAME = "plane.npz"


@dataclass(frozen=True, slots=True)
class Atlas:
    """A map as it was at a revision of the record: where the papers lie, and terms for each group."""

    plane: Plane
    terms: tuple[str, ...]
    revision: int


def kept(home: Path, record: Record, embedding: str) -> Atlas | None:
    """The map on disk, of this or an earlier revision of this very record; None where there is none to trust."""
    with suppress(OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile, zlib.error):
        with np.load(BytesIO((home / NAME).read_bytes()), allow_pickle=False) as file:
            stated = json.loads(str(file["stated"]))
            plane = Plane(file["numbers"], file["xy"], file["group"], int(stated["laid"]))
        terms, revision = tuple(map(str, stated["terms"])), int(stated["revision"])
        sound = len(plane.numbers) == len(plane.xy) == len(plane.group) and plane.groups <= len(terms)
        if sound and stated == {**stated, **facts(record, revision, embedding)}:
            return Atlas(plane, terms, revision)
    return None


def keep(home: Path, record: Record, embedding: str, *, told: Callable[[str], None] = lambda sentence: None) -> Atlas:
    """The map of the record as it is, made or brought up to date, and kept. Raises OSError where it cannot be."""
    revision = record.revision()
    old = kept(home, record, embedding)
    if old and old.revision == revision:
        return old
    entries = [light(entry) for entry in record.entries(embedding=embedding)]
    numbers, vectors = vectors_of(entries)
    atlas = None
    if old and any(entry.rows is not None for entry in entries):  # words alone are weighed anew by each paper
        atlas = grown(old, numbers, vectors, set(record.numbers(since=old.revision)), revision)
    if atlas is None:
        if len(numbers) > LONG:
            told(f"Laying out the map of {len(numbers):,} papers, which takes a minute …")
        plane = lay_out(numbers, vectors)
        atlas = Atlas(plane, tuple(terms_of(texts_by_group(plane, entries), plane.groups)), revision)
    write(home / NAME, atlas, facts(record, revision, embedding))
    return atlas


def is_near(home: Path, record: Record, embedding: str) -> bool:
    """Whether the map on disk lacks so few of many papers that it can wait until somebody looks at it."""
    count = record.count()
    old = kept(home, record, embedding) if count >= LONG else None
    return old is not None and len(record.numbers(since=old.revision)) <= LAG * count


def facts(record: Record, revision: int, embedding: str) -> dict[str, Any]:
    """What makes a map this one and no other."""
    stamp = record.stamp(revision)
    return {"format": FORMAT, "embedding": embedding, "revision": revision, "stamp": stamp, "of": record.identity()}


def light(entry: Entry) -> Entry:
    """An entry with the vector of its whole alone: ten thousand with all of theirs fill 150 MB."""
    rows = None if entry.rows is None else entry.rows[:1].copy()
    return Entry(entry.number, entry.paper, (), (), rows)


def vectors_of(entries: list[Entry]) -> tuple[list[int], Floats]:
    """The papers on the map with their vectors: those that have one, or, where none has, all by their words."""
    with_rows = [entry for entry in entries if entry.rows is not None]
    if with_rows:
        rows = [entry.rows[0] for entry in with_rows if entry.rows is not None]
        return [entry.number for entry in with_rows], np.stack(rows).astype(np.float32)
    texts = [f"{entry.paper.title}. {entry.paper.abstract}" for entry in entries]
    few = len(texts) < FEWEST
    return [entry.number for entry in entries], np.zeros((len(texts), 2), np.float32) if few else by_words(texts)


def grown(old: Atlas, numbers: list[int], vectors: Floats, changed: set[int], revision: int) -> Atlas | None:
    """The old map with what changed put in its place; None where that is too much."""
    every = np.asarray(numbers, np.int64)
    stays = np.isin(old.plane.numbers, every) & ~np.isin(old.plane.numbers, list(changed))
    plane = only(old.plane, stays)
    if len(plane.numbers) < FEWEST or len(numbers) - plane.laid > NEW * plane.laid:
        return None
    is_new = ~np.isin(every, plane.numbers)
    if is_new.any():
        fresh = [number for number, new in zip(numbers, is_new, strict=True) if new]
        plane = put(plane, vectors[~is_new], fresh, vectors[is_new])
    return Atlas(plane, old.terms, revision)


def texts_by_group(plane: Plane, entries: list[Entry]) -> list[tuple[int, str]]:
    group = dict(zip(plane.numbers.tolist(), plane.group.tolist(), strict=True))
    papers = [(entry.number, entry.paper) for entry in entries if entry.number in group]
    return [(group[number], f"{paper.title}. {paper.abstract}") for number, paper in papers]


def write(path: Path, atlas: Atlas, stated: dict[str, Any]) -> None:
    """Written aside and moved into place, so that a kill leaves the old one or the new."""
    aside = path.with_name(f"{path.name}.new")
    text = json.dumps({**stated, "terms": atlas.terms, "laid": atlas.plane.laid})
    with aside.open("wb") as file:
        np.savez_compressed(
            file, stated=np.array(text), numbers=atlas.plane.numbers, xy=atlas.plane.xy, group=atlas.plane.group
        )
    aside.replace(path)


if __name__ == "__main__":
    with closing(Record(Path(sys.argv[1]))) as opened:
        keep(Path(sys.argv[1]), opened, sys.argv[2])
