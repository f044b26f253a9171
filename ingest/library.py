"""Whole ingests and rebuilds: sources into the record, the record into the index, one writer at a time."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ingest.atlas import is_near, keep
from ingest.copies import followed
from ingest.embedding import Embedder
from ingest.errors import SourceError, UsageError
from ingest.formats import Records
from ingest.index import PaperIndex
from ingest.locks import writing
from ingest.paper import Paper
from ingest.pipeline import Report, embed_missing, ingest_papers
from ingest.restore import Restored, restore
from ingest.settings import Settings
from ingest.snapshot import Snapshot
from ingest.sources import Given, read_given
from ingest.spread import Spread
from ingest.verify import Finding, check_index, check_record, repair

MAPPED_FROM = 500  # papers from which an ingest also lays out their map
GIVEN = "given:"  # before the name of what was pasted or uploaded, which is no path
Source = str | Given
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


def ingest_sources(
    settings: Settings,
    sources: Sequence[str],
    *,
    told: Told = lambda sentence: None,
    progress: Progress = _unheard,
    spread: bool = False,
) -> Ingested:
    """Takes each source in, then brings the index up to date where this process may.

    Where it is to be `spread`, other processes read and embed; what is taken in is the same.

    A source that cannot be read at all is reported and the others go in. `told` hears plain sentences on what is not
    as it should be. Raises StoreError or ModelError.
    """
    report = Ingested()
    with _writer(settings, told) as index:
        if spread:
            take_in_spread(index, sources, report, progress)
        else:
            take_in(index, count_papers(sources, report, progress), report, progress)
        _keep_map(index, told)
    return report


def take_in(index: PaperIndex, sources: Sequence[Source], report: Ingested, progress: Progress) -> None:
    """Takes sources into an index that is open, as the one writer, and brings it up to date."""
    _take(index, ((source, read_given(source)) for source in sources), index.embedder, report, progress)


def take_in_spread(index: PaperIndex, sources: Sequence[str], report: Ingested, progress: Progress) -> None:
    """The same, read and embedded by other processes; their number of papers is not known before."""
    if index.embedder is None:
        raise UsageError("Without an embedding model there is nothing to spread; ingest without --ray.")
    spread = Spread(index.settings, index.record, index.embedder)
    _take(index, spread.read(sources), spread, report, progress)


def _take(
    index: PaperIndex,
    read: Iterable[tuple[Source, Records]],
    embedder: Embedder | None,
    report: Ingested,
    progress: Progress,
) -> None:
    _check_own(index)
    for source, records in read:
        try:
            name = _named(source)
            ingest_papers(
                name, records, index.record, embedder, report=report, progress=progress, committed=index.share
            )
        except SourceError as error:
            report.failed.append(str(error))
    if index.embedder:
        embed_missing(index.record, index.embedder)
    index.settle()


def _check_own(index: PaperIndex) -> None:
    """Raises UsageError where the papers are a copy of a library that is kept elsewhere."""
    index.keep_up()
    if library := followed(index.record):
        home = index.settings.home
        raise UsageError(f"The papers in {home} follow the library {library}; take papers in where that is kept.")


def count_papers(sources: Sequence[Source], report: Ingested, progress: Progress) -> list[Source]:
    """The sources that can be read, their papers counted; reading is quick beside embedding."""
    readable: list[Source] = []
    total = 0
    for source in sources:
        try:
            # Standard input can be read only once, so its papers are not counted before they are taken in.
            total += 0 if source == "-" else sum(isinstance(record, Paper) for record in read_given(source))
            readable.append(source)
        except SourceError as error:
            report.failed.append(str(error))
    if "-" not in readable:
        progress(total=total)
    return readable


def _named(source: Source) -> str:
    """The name under which the record remembers what a source said."""
    if isinstance(source, Given):
        return f"{GIVEN}{source.name}"
    return source if source == "-" else str(Path(source).resolve())


def rebuild(settings: Settings, *, told: Told = lambda sentence: None, progress: Progress = _unheard) -> int:
    """Embeds every recorded paper anew with the configured model and makes the index again; the number of papers.

    One that was interrupted goes on where it stopped. Without a model the vectors stay and the index is made again.
    """
    with _writer(settings, told, foreign_vectors=True) as index:
        _check_own(index)
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


def import_snapshot(
    settings: Settings, folder: Path, *, told: Told = lambda sentence: None, progress: Progress = _unheard
) -> Restored:
    """Takes in what a snapshot holds and is not there yet, and brings the index up to date.

    Run again after an interruption it goes on where it stopped. Raises SourceError, StoreError or ModelError.
    """
    snapshot = Snapshot(folder)
    with _writer(settings, told) as index:
        progress(total=snapshot.papers)
        embedding = index.embedder.name if index.embedder else ""
        report = restore(snapshot, index.record, embedding, progress=progress)
        if index.embedder:
            embed_missing(index.record, index.embedder)
        index.settle()
        _keep_map(index, told)
    return report


def check(
    settings: Settings, *, mend: bool = False, told: Told = lambda sentence: None, progress: Progress = _unheard
) -> list[Finding]:
    """What is wrong with what is kept and, where it is to be mended, what became of it.

    Raises StoreError where the record cannot be read at all, ModelError where vectors cannot be made.
    """
    with closing(PaperIndex(settings, foreign_vectors=True)) as index:
        record, embedding = index.record, index.embedder.name if index.embedder else ""
        progress(total=record.count() * (2 if mend else 1))
        findings = [*check_record(record, embedding, progress=progress), *check_index(settings.home, record, embedding)]
    if mend and findings:
        with _writer(settings, told, foreign_vectors=True) as index:
            findings = repair(index, findings, progress=progress)
    return findings


def _keep_map(index: PaperIndex, told: Told) -> None:
    """The map of the papers as they are now; without it, for want of space, everything else goes on.

    Of a few papers the page has it made when it is looked at: that takes seconds, of which most go into an import.
    """
    home, record, embedding = index.settings.home, index.record, index.embedder.name if index.embedder else ""
    if record.count() < MAPPED_FROM or is_near(home, record, embedding):
        return
    with suppress(OSError):
        keep(home, record, embedding, told=told)


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
