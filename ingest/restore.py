"""From a snapshot back into a record: what is not there yet, batch by batch, and nothing twice.

A paper that is there already stays as it is, since it may have changed after the snapshot was made.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.paper import Paper
from ingest.pipeline import BATCH_PAPERS
from ingest.record import Change, Entry, Record, make_entry
from ingest.snapshot import Snapshot
from ingest.text import clean

LENGTH = 0.01  # how far from 1 the length of a vector may be
EARLIER = "snapshot"  # the source of a paper that states none
MOST_SOURCES = 1_000  # of one paper

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
    snapshot: Snapshot, record: Record, embedding: str, *, progress: Callable[[int], None] = lambda papers: None
) -> Restored:
    """Adds the papers of a snapshot to a record; vectors of the model named `embedding` come with them."""
    report = Restored()
    lines = iter(snapshot.lines())
    while batch := list(islice(lines, BATCH_PAPERS)):
        fresh: list[tuple[Change, list[Said]]] = []
        for number, line, vectors in batch:
            try:
                entry, said = make_entry(_paper(line)), _said(line)
                fits = snapshot.embedding == embedding and _fit(vectors, line, entry.texts)
            except (KeyError, TypeError, ValueError) as error:
                report.unreadable.append(f"line {number}: {error}")
                continue
            if known := record.match(entry.paper):
                report.there += 1
                _note(record, known, said)
                continue
            report.bare += not fits
            fresh.append(((replace(entry, rows=vectors if fits else None), *said[0]), said[1:]))
        _write(record, fresh, embedding, report)
        progress(len(batch))
    return report


def _write(record: Record, fresh: list[tuple[Change, list[Said]]], embedding: str, report: Restored) -> None:
    """Commits new papers; one that a batch holds twice goes in once."""
    first: dict[str, tuple[Change, list[Said]]] = {}
    for change, further in fresh:
        first.setdefault(change[0].paper.id, (change, further))
    report.added += len(first)
    report.there += len(fresh) - len(first)
    record.write([change for change, _ in first.values()], embedding=embedding)
    for change, further in first.values():
        if further and (known := record.match(change[0].paper)):
            _note(record, known, further)


def _note(record: Record, known: Entry, said: list[Said]) -> None:
    """Remembers what sources said that the record has not heard of, so that hearing them again changes nothing."""
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


def _fit(vectors: Vectors, line: dict[str, Any], texts: list[str]) -> bool:
    """Whether vectors can be those of a paper's texts as they are cut here."""
    spans = [*line.get("passages", ()), *line.get("sentences", ())]
    cut = [line["abstract"][start:end] for start, end in spans]
    if vectors is None or len(vectors) != len(texts) + 1 or cut != texts[1:]:
        return False
    lengths = np.linalg.norm(vectors.astype(np.float32), axis=1)
    return bool(np.all(np.abs(lengths - 1) < LENGTH))
