"""From a snapshot back into a record: what is not there yet, batch by batch, and nothing twice.

A paper that is there already stays as it is, since it may have changed after the snapshot was made.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.embedding import Embedder
from ingest.entry import Change, Entry, make_entry
from ingest.errors import SourceError
from ingest.live.taken import UNREADABLE, Taken, read_taken
from ingest.paper import Paper
from ingest.pipeline import BATCH_PAPERS, Seen
from ingest.record import Record
from ingest.snapshot import LIVE, Snapshot
from ingest.text import clean
from ingest.vectors import are_of

EARLIER = "snapshot"  # the source of a paper that states none
MOST_SOURCES = 1_000  # of one paper
MAX_LIVE = 5_000_000  # bytes; a thousand days have 30,000

Vectors = NDArray[np.float16] | None
Said = tuple[str, str]  # a source, and the hash of what it said


@dataclass
class Restored:
    """What became of the papers of a snapshot. `unreadable` are places with reasons; `bare` came without vectors."""

    added: int = 0
    there: int = 0
    bare: int = 0
    unreadable: list[str] = field(default_factory=list)


def restore(
    snapshot: Snapshot,
    record: Record,
    embedder: Embedder | None,
    *,
    today: date,
    progress: Callable[[int], None] = lambda papers: None,
) -> Restored:
    """Adds the papers of a snapshot to a record, with their vectors where they are of this model.

    What live sources it had taken in counts as taken in here, or is to be fetched where a paper could not be read.
    """
    embedding = embedder.name if embedder else ""
    dim = embedder.dim if embedder and snapshot.embedding == embedding else 0
    seen = Seen()
    report = Restored()
    live = _live(snapshot, record)
    lines = iter(snapshot.lines())
    while batch := list(islice(lines, BATCH_PAPERS)):
        fresh: list[tuple[Change, list[Said]]] = []
        for number, line, vectors in batch:
            try:
                entry, said = make_entry(_paper(line)), _said(line)
                fits = _fit(vectors, dim, line, entry.texts)
            except (KeyError, TypeError, ValueError) as error:
                report.unreadable.append(f"line {number}: {error}")
                continue
            known = record.match(entry.paper)
            if known or not seen.add(entry.paper, None):
                report.there += 1
                _note(record, known, said)
                continue
            report.bare += not fits
            fresh.append(((replace(entry, rows=vectors if fits else None), *said[0]), said[1:]))
        _write(record, fresh, embedding, report)
        progress(len(batch))
    if report.unreadable:
        live.forget()
    if snapshot.has_live:
        taken = read_taken(record)
        taken.add(live, today)
        taken.keep()
    return report


def _live(snapshot: Snapshot, record: Record) -> Taken:
    """The days and queries that went into a snapshot, none in one of an older version; raises SourceError."""
    found, path = Taken(record), snapshot.folder / LIVE
    try:
        if snapshot.has_live:
            if path.stat().st_size > MAX_LIVE:
                raise ValueError("it is too long")
            found.read(json.loads(path.read_text(encoding="utf-8")))
    except UNREADABLE as error:
        raise SourceError(f"{path} cannot be read ({error}); take another copy of the snapshot.") from error
    return found


def _write(record: Record, fresh: list[tuple[Change, list[Said]]], embedding: str, report: Restored) -> None:
    """Commits new papers, and then what further sources said of them."""
    report.added += len(fresh)
    record.write([change for change, _ in fresh], embedding=embedding)
    for change, further in fresh:
        if further:
            _note(record, record.match(change[0].paper), further)


def _note(record: Record, known: Entry | None, said: list[Said]) -> None:
    """Remembers what sources said that the record has not heard of, so that hearing them again changes nothing."""
    if known:
        unheard = [(known.number, source, hash_) for source, hash_ in said if not record.said(known.number, source)]
        record.write([], unheard)


def _paper(line: dict[str, Any]) -> Paper:
    """The paper of a line; raises ValueError for text that no reader of sources would have let in."""
    texts = {name: line[name] for name in ("title", "abstract", "date", "url", "arxiv", "id")}
    authors = line["authors"]
    if not isinstance(authors, list) or not all(isinstance(text, str) for text in (*texts.values(), *authors)):
        raise ValueError("a paper's fields are texts, its authors a list of them")
    for name, text in (*texts.items(), *(("authors", author) for author in authors)):
        if text != clean(text):
            raise ValueError(f"the {name} holds characters that are not shown")
    if not texts["title"] or not texts["id"]:
        raise ValueError("no title or no id")
    return Paper(**texts, authors=tuple(authors))


def _said(line: dict[str, Any]) -> list[Said]:
    """What the sources said of a paper, as (source, hash) pairs, at least one."""
    said = [(str(one["source"]), str(one["hash"])) for one in line["said"][:MOST_SOURCES]]
    return said or [(EARLIER, "")]


def _fit(vectors: Vectors, dim: int, line: dict[str, Any], texts: list[str]) -> bool:
    """Whether vectors can be those of a paper's texts as they are cut here."""
    spans = [*line.get("passages", ()), *line.get("sentences", ())]
    cut = [line["abstract"][start:end] for start, end in spans]
    if vectors is None or vectors.dtype != np.float16 or vectors.shape[1] != dim or cut != texts[1:]:
        return False
    return are_of(vectors, len(texts))
