"""Whole ingests and rebuilds: sources into the record, the record into the index, one writer at a time."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ingest.atlas import keep
from ingest.errors import SourceError
from ingest.index import PaperIndex
from ingest.live.names import LIMIT, Day, Piece, Query, is_live, read_live
from ingest.locks import writing
from ingest.paper import Paper
from ingest.pipeline import Report, embed_missing, ingest_papers
from ingest.settings import Settings
from ingest.sources import Given, read_given

MAPPED_FROM = 500  # papers from which an ingest also lays out their map
GIVEN = "given:"  # before the name of what was pasted or uploaded, which is no path
Source = str | Given | Piece
Told = Callable[[str], None]


class Progress(Protocol):
    """Hears of papers gone by, and, once it is known, of their total."""

    def __call__(self, papers: int = 0, *, total: int | None = None) -> None: ...


def _unheard(papers: int = 0, *, total: int | None = None) -> None:
    """For callers that show no progress."""


@dataclass
class Ingested(Report):
    """A report with, besides, a plain sentence for each source that could not be read at all."""

    failed: list[str] = field(default_factory=list)
    fetched: int = 0  # days and queries
    kept: int = 0  # days that were taken in before and not fetched again


def ingest_sources(
    settings: Settings,
    sources: Sequence[Source],
    *,
    told: Told = lambda sentence: None,
    progress: Progress = _unheard,
    limit: int = LIMIT,
) -> Ingested:
    """Takes each source in, then brings the index up to date where this process may.

    A source that cannot be read at all is reported and the others go in. `told` hears plain sentences on what is not
    as it should be. Raises StoreError or ModelError.
    """
    report = Ingested()
    readable = count_papers(sources, report, progress, limit=limit)
    with _writer(settings, told) as index:
        take_in(index, readable, report, progress)
        _keep_map(index, told)
    return report


def take_in(index: PaperIndex, sources: Sequence[Source], report: Ingested, progress: Progress) -> None:
    """Takes sources into an index that is open, as the one writer, and brings it up to date."""
    _take_live(index, [source for source in sources if isinstance(source, Day | Query)], report, progress)
    for source in sources:
        if isinstance(source, Day | Query):
            continue
        try:
            records = read_given(source)
            ingest_papers(_named(source), records, index.record, index.embedder, report=report, progress=progress)
        except SourceError as error:
            report.failed.append(str(error))
    if index.embedder:
        embed_missing(index.record, index.embedder)
    index.settle()


def _take_live(index: PaperIndex, pieces: Sequence[Piece], report: Ingested, progress: Progress) -> None:
    """Takes live sources in piece by piece, each remembered once it is in, so that another run goes on after it."""
    if not pieces:
        return
    from ingest.live.feeds import Feeds

    with closing(Feeds(index.settings.home, index.settings.services, progress)) as feeds:
        for piece in pieces:
            try:
                if (fetched := feeds.fetch(piece)) is None:
                    report.kept += isinstance(piece, Day)
                    continue
            except SourceError as error:
                report.failed.append(f"{piece.name}: {error}")
                continue
            found, records = fetched
            ingest_papers(found.name, records, index.record, index.embedder, report=report, progress=progress)
            report.fetched += 1
            feeds.done(found)


def count_papers(
    sources: Sequence[Source], report: Ingested, progress: Progress, *, limit: int = LIMIT
) -> list[Source]:
    """The sources that can be read, their papers counted; reading is quick beside embedding.

    What is fetched over the network comes piece by piece, at most `limit` papers a query, and is not counted before.
    """
    readable: list[Source] = []
    total = 0
    for source in sources:
        try:
            if isinstance(source, str) and is_live(source):
                readable += read_live(source, limit=limit)
                continue
            if isinstance(source, Day | Query):
                readable.append(source)
                continue
            # Standard input can be read only once, so its papers are not counted before they are taken in.
            total += 0 if source == "-" else sum(isinstance(record, Paper) for record in read_given(source))
            readable.append(source)
        except SourceError as error:
            report.failed.append(str(error))
    if not any(source == "-" or isinstance(source, Day | Query) for source in readable):
        progress(total=total)
    return readable


def _named(source: str | Given) -> str:
    """The name under which the record remembers what a source said."""
    if isinstance(source, Given):
        return f"{GIVEN}{source.name}"
    return source if source == "-" else str(Path(source).resolve())


def rebuild(settings: Settings, *, told: Told = lambda sentence: None, progress: Progress = _unheard) -> int:
    """Embeds every recorded paper anew with the configured model and makes the index again; the number of papers.

    One that was interrupted goes on where it stopped. Without a model the vectors stay and the index is made again.
    """
    with _writer(settings, told, foreign_vectors=True) as index:
        if index.embedder:
            index.embedder.embed_query("Is there a model?")  # one that does not answer costs no vectors
            name = index.embedder.name
            if not index.record.without_vectors(name):
                index.record.drop_vectors(name)
            progress(total=len(index.record.without_vectors(name)))
            embed_missing(index.record, index.embedder, progress=progress)
        index.settle(anew=True)
        _keep_map(index, told)
        return index.count()


def _keep_map(index: PaperIndex, told: Told) -> None:
    """The map of the papers as they are now; without it, for want of space, everything else goes on.

    Of a few papers the page has it made when it is looked at: that takes seconds, of which most go into an import.
    """
    if index.count() < MAPPED_FROM:
        return
    with suppress(OSError):
        keep(index.settings.home, index.record, index.embedder.name if index.embedder else "", told=told)


@contextmanager
def _writer(settings: Settings, told: Told, *, foreign_vectors: bool = False) -> Iterator[PaperIndex]:
    """The index, for the one process that may write; its notices, once each, are told when it is opened and left."""
    index = PaperIndex(settings, foreign_vectors=foreign_vectors)
    try:
        before = index.notices
        for notice in before:
            told(notice)
        with writing(settings.home, told=told):
            yield index
        for notice in index.notices:
            if notice not in before:
                told(notice)
    finally:
        index.close()
