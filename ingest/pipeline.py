"""Takes sources into the record, batch by batch: read, compare, embed what is new, commit. Knows no index."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from ingest.embedding import Embedder
from ingest.entry import Change, Entry, Note, make_entry
from ingest.paper import Paper, Unreadable, title_key
from ingest.record import Record

BATCH_PAPERS = 64  # a commit; two seconds of embedding where nothing else runs
# Embedded at a time, between two steps of the progress. A call groups its texts by length: with 16 papers that costs
# no more a paper than with 64, with 8 a third more.
SLICE_PAPERS = 16

Progress = Callable[[int], None]


def _unheard(papers: int) -> None:
    """For callers that show no progress."""


def _unshared() -> None:
    """For callers to whom a commit means nothing."""


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


class Seen:
    """The papers a source has given so far."""

    def __init__(self) -> None:
        self._arxiv: set[str] = set()
        self._titles: dict[str, set[str]] = {}  # the arXiv ids, or '' for none, given with each title
        self._numbers: set[int] = set()

    def add(self, paper: Paper, known: Entry | None) -> bool:
        """Remembers a paper, and the entry it was found to be; False where the source gave that paper before."""
        titled = self._titles.setdefault(title_key(paper.title) or paper.title, set())
        if paper.arxiv in self._arxiv or (titled and ("" in titled or not paper.arxiv)):
            return False
        if known and known.number in self._numbers:
            return False
        titled.add(paper.arxiv)
        self._arxiv |= {paper.arxiv} - {""}
        self._numbers |= {known.number} if known else set()
        return True


def ingest_papers(
    source: str,
    records: Iterable[Paper | Unreadable],
    record: Record,
    embedder: Embedder | None,
    *,
    report: Report,
    progress: Progress = _unheard,
    committed: Callable[[], None] = _unshared,
) -> None:
    """Commits the papers of one source and counts them in `report`; `progress` hears how many more went by.

    `committed` is called after each commit.

    A source changes a paper only when what it says of the paper has changed since it said it last. Of a paper
    doubled within a source the first stands.
    """
    seen = Seen()
    papers = _readable(source, records, report)
    while batch := list(islice(papers, BATCH_PAPERS)):
        changes, notes = _compare(source, batch, record, seen, report)
        progress(len(batch) - len(changes))
        embedded = _embedded(changes, embedder, progress)
        record.write(embedded, notes, embedding=embedder.name if embedder else "")
        committed()


def _readable(source: str, records: Iterable[Paper | Unreadable], report: Report) -> Iterator[Paper]:
    for found in records:
        if isinstance(found, Unreadable):
            report.unreadable.append((source, found))
        else:
            report.seen += 1
            yield found


def _compare(
    source: str, papers: Sequence[Paper], record: Record, seen: Seen, report: Report
) -> tuple[list[Change], list[Note]]:
    """What the papers change in the record, and what is only to be noted."""
    changes: list[Change] = []
    notes: list[Note] = []
    for paper in papers:
        known = record.match(paper)
        said = content_hash(paper)
        if not seen.add(paper, known):
            report.doubled += 1
        elif known is None:
            report.added += 1
            changes.append((make_entry(paper), source, said))
        elif record.said(known.number, source) == said:
            report.unchanged += 1
        elif (merged := merge(known.paper, paper)) == known.paper:
            report.unchanged += 1
            notes.append((known.number, source, said))
        else:
            report.updated += 1
            changes.append((make_entry(merged, number=known.number), source, said))
    return changes, notes


def merge(recorded: Paper, said: Paper) -> Paper:
    """What a source says of a recorded paper: its text replaces, what it leaves out stays, and so does a date that is
    more exact; the id never changes."""
    return replace(
        said,
        id=recorded.id,
        authors=said.authors or recorded.authors,
        date=said.date if len(said.date) >= len(recorded.date) else recorded.date,
        url=said.url or recorded.url,
        arxiv=said.arxiv or recorded.arxiv,
    )


def content_hash(paper: Paper) -> str:
    """SHA-256 (hexadecimal) over everything a source says of a paper."""
    said = [paper.title, paper.abstract, list(paper.authors), paper.date, paper.url, paper.arxiv]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _embedded(changes: list[Change], embedder: Embedder | None, progress: Progress) -> list[Change]:
    if embedder is None:
        progress(len(changes))
        return changes
    entries = embed_entries([entry for entry, _, _ in changes], embedder, progress=progress)
    return [(entry, source, said) for entry, (_, source, said) in zip(entries, changes, strict=True)]


def embed_entries(entries: Sequence[Entry], embedder: Embedder, *, progress: Progress = _unheard) -> list[Entry]:
    """The entries with their vectors; `progress` hears of each slice."""
    embedded: list[Entry] = []
    for start in range(0, len(entries), SLICE_PAPERS):
        part = entries[start : start + SLICE_PAPERS]
        vectors = embedder.embed([text for entry in part for text in entry.texts])
        ends = np.cumsum([len(entry.texts) for entry in part])
        rows = np.split(vectors, ends[:-1])
        embedded += [replace(e, rows=_with_centroid(e, own)) for e, own in zip(part, rows, strict=True)]
        progress(len(part))
    return embedded


def _with_centroid(entry: Entry, vectors: NDArray[np.float32]) -> NDArray[np.float16]:
    sentences = vectors[1 + len(entry.passages) :]
    middle = sentences.mean(axis=0) if len(sentences) else vectors[0]  # a title alone is its own middle
    middle = middle / (np.linalg.norm(middle) or 1.0)
    return np.insert(vectors, 1, middle, axis=0).astype(np.float16)


def embed_missing(record: Record, embedder: Embedder, *, progress: Progress = _unheard) -> int:
    """Embeds the papers that have no vectors of this model; the number of them."""
    numbers = record.without_vectors(embedder.name)
    for start in range(0, len(numbers), BATCH_PAPERS):
        entries = list(record.entries(numbers[start : start + BATCH_PAPERS]))
        record.put_vectors(embed_entries(entries, embedder, progress=progress), embedding=embedder.name)
    return len(numbers)
