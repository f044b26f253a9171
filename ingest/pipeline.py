"""Takes sources into the record, batch by batch: read, compare, embed what is new, commit. Knows no index."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from ingest.embedding import Embedder
from ingest.paper import Paper, Unreadable
from ingest.record import Entry, Record, content_hash, make_entry, merge

BATCH_PAPERS = 64  # a commit; about two seconds of embedding


@dataclass
class Report:
    """What became of the papers of some sources. `unreadable` holds (source, record) pairs."""

    seen: int = 0
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    doubled: int = 0
    unreadable: list[tuple[str, Unreadable]] = field(default_factory=list)

    @property
    def changed(self) -> int:
        return self.added + self.updated


def ingest_papers(
    source: str,
    records: Iterable[Paper | Unreadable],
    record: Record,
    embedder: Embedder | None,
    *,
    report: Report,
    progress: Callable[[int], None] = lambda papers: None,
) -> None:
    """Commits the papers of one source and counts them in `report`; `progress` hears how many went by.

    A source changes a paper only when what it says of the paper has changed since it said it last. Of a paper
    doubled within a source the first stands.
    """
    seen: set[str] = set()
    papers = _readable(source, records, report)
    while batch := list(islice(papers, BATCH_PAPERS)):
        fresh = _first_of_each(batch, seen, report)
        _commit(source, fresh, record, embedder, report)
        progress(len(batch))


def _readable(source: str, records: Iterable[Paper | Unreadable], report: Report) -> Iterator[Paper]:
    for found in records:
        if isinstance(found, Unreadable):
            report.unreadable.append((source, found))
        else:
            report.seen += 1
            yield found


def _first_of_each(batch: Sequence[Paper], seen: set[str], report: Report) -> list[Paper]:
    fresh = []
    for paper in batch:
        keys = {paper.id, Paper(paper.title, "").id if not paper.arxiv else paper.id}
        if keys & seen:
            report.doubled += 1
        else:
            fresh.append(paper)
        seen |= keys
    return fresh


def _commit(source: str, papers: Sequence[Paper], record: Record, embedder: Embedder | None, report: Report) -> None:
    changes: list[tuple[Entry, str, str]] = []
    notes: list[tuple[int, str, str]] = []
    for paper in papers:
        said = content_hash(paper)
        known = record.match(paper)
        if known is None:
            report.added += 1
            changes.append((make_entry(paper), source, said))
            continue
        before = record.said(known.number, source)
        merged = merge(known.paper, paper)
        if before == said or merged == known.paper:
            report.unchanged += 1
            if before != said:
                notes.append((known.number, source, said))
        else:
            report.updated += 1
            changes.append((make_entry(merged, number=known.number), source, said))
    if embedder and changes:
        embedded = embed_entries([entry for entry, _, _ in changes], embedder)
        changes = [(entry, source, said) for entry, (_, _, said) in zip(embedded, changes, strict=True)]
    record.write(changes, notes, embedding=embedder.name if embedder and changes else "")


def embed_entries(entries: Sequence[Entry], embedder: Embedder) -> list[Entry]:
    """The entries with their vectors, all texts embedded in one call."""
    texts = [text for entry in entries for text in entry.texts]
    ends = np.cumsum([len(entry.texts) for entry in entries])
    parts = np.split(embedder.embed(texts), ends[:-1])
    return [replace(entry, rows=_with_centroid(entry, part)) for entry, part in zip(entries, parts, strict=True)]


def _with_centroid(entry: Entry, vectors: NDArray[np.float32]) -> NDArray[np.float16]:
    middle = vectors[1 + len(entry.passages) :].mean(axis=0)
    middle /= np.linalg.norm(middle) or 1.0
    return np.insert(vectors, 1, middle, axis=0).astype(np.float16)


def embed_missing(record: Record, embedder: Embedder, *, progress: Callable[[int], None] = lambda papers: None) -> int:
    """Embeds the papers that were recorded without a model; the number of them."""
    numbers = record.numbers_without_vectors()
    for start in range(0, len(numbers), BATCH_PAPERS):
        entries = list(record.entries(numbers[start : start + BATCH_PAPERS]))
        record.put_vectors(embed_entries(entries, embedder), embedding=embedder.name)
        progress(len(entries))
    return len(numbers)
