"""Whole ingests and rebuilds: sources into the record, the record into the index, one writer at a time."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Protocol

from ingest.atlas import is_near, keep
from ingest.copies import followed
from ingest.embedding import Embedder
from ingest.errors import SourceError, UsageError
from ingest.formats import Records
from ingest.formats.ids import NO_DOI, Named, read_ids
from ingest.index import PaperIndex
from ingest.live.names import LIMIT, Day, Ids, Piece, Query, by_ids, is_live, read_live
from ingest.locks import writing
from ingest.paper import Paper, Unreadable, paper_id
from ingest.pipeline import Report, embed_missing, ingest_papers
from ingest.restore import Restored, restore
from ingest.settings import Settings
from ingest.snapshot import Snapshot
from ingest.sources import Given, read_given
from ingest.spread import Spread
from ingest.verify import Finding, check_index, check_record, check_server, repair

MAPPED_FROM = 500  # papers from which an ingest also lays out their map
GIVEN = "given:"  # before the name of what was pasted or uploaded, which is no path
Source = str | Given | Piece
Told = Callable[[str], None]


class Progress(Protocol):
    """Hears of papers gone by, and, once it is known, of their total."""

    def __call__(self, papers: int = 0, *, total: int | None = None) -> None: ...


def _unheard(papers: int = 0, *, total: int | None = None) -> None:
    """For callers that show no progress."""


IMPORTED, HERE, MISSING = "imported", "already here", "not found on arXiv"
UNREAD, LEFT = "cannot be read", "not fetched"


@dataclass(frozen=True, slots=True)
class Fate:
    """What came of a paper that was asked for by its id, and its title where it is here."""

    what: str
    title: str = ""


@dataclass
class Ingested(Report):
    """A report with, besides, a plain sentence for each source that could not be read at all, and the fate of each
    paper that was asked for by its arXiv id."""

    failed: list[str] = field(default_factory=list)
    fetched: int = 0  # days and queries
    kept: int = 0  # days that were taken in before and not fetched again
    noted: list[str] = field(default_factory=list)  # plain sentences on what is left to do
    fates: dict[str, Fate] = field(default_factory=dict)

    @property
    def missing(self) -> list[str]:
        """The arXiv ids asked for that arXiv does not have."""
        return [arxiv for arxiv, fate in self.fates.items() if fate.what == MISSING]


def ingest_sources(
    settings: Settings,
    sources: Sequence[Source],
    *,
    told: Told = lambda sentence: None,
    progress: Progress = _unheard,
    limit: int = LIMIT,
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
            take_in_spread(index, _pieces(sources, report, limit), report, progress)
        else:
            take_in(index, count_papers(sources, report, progress, limit=limit), report, progress)
        _keep_map(index, told)
    return report


def take_in(index: PaperIndex, sources: Sequence[Source], report: Ingested, progress: Progress) -> None:
    """Takes sources into an index that is open, as the one writer, and brings it up to date."""
    live, read = _apart(sources)
    _check_own(index)
    _take_live(index, live, report, progress)
    _take(index, ((source, read_given(source)) for source in read), index.embedder, report, progress)


def take_in_spread(index: PaperIndex, sources: Sequence[Source], report: Ingested, progress: Progress) -> None:
    """The same, files read and embedded by other processes; their number of papers is not known before."""
    if index.embedder is None:
        raise UsageError("Without an embedding model there is nothing to spread; import without --ray.")
    spread = Spread(index.settings, index.record, index.embedder)
    live, read = _apart(sources)
    _check_own(index)
    _take_live(index, live, report, progress)
    _take(index, spread.read([str(source) for source in read]) if read else (), spread, report, progress)


def _apart(sources: Sequence[Source]) -> tuple[list[Piece], list[str | Given]]:
    """What is fetched over the network, and what is read."""
    live = [source for source in sources if isinstance(source, Piece)]
    return live, [source for source in sources if not isinstance(source, Piece)]


def _take(
    index: PaperIndex,
    read: Iterable[tuple[str | Given, Records]],
    embedder: Embedder | None,
    report: Ingested,
    progress: Progress,
) -> None:
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
        raise UsageError(f"The papers in {home} follow the library {library}; import papers where that is kept.")


def _take_live(index: PaperIndex, pieces: Sequence[Piece], report: Ingested, progress: Progress) -> None:
    """Takes live sources in piece by piece, each remembered once it is in, so that another run goes on after it."""
    if not pieces:
        return
    from ingest.live.feeds import Feeds

    with closing(Feeds(index.record, index.settings.services, progress)) as feeds:
        try:
            for piece in pieces:
                if isinstance(piece, Ids) and not (piece := _wanted(index, piece, report, progress)).ids:
                    continue
                if (fetched := feeds.fetch(piece)) is None:
                    continue
                found, records = fetched
                held = _held(index, records) if isinstance(piece, Ids) else set()
                name, record, embedder = found.name, index.record, index.embedder
                ingest_papers(name, records, record, embedder, report=report, progress=progress, committed=index.share)
                report.fetched += 1
                feeds.done(found)
                if isinstance(piece, Ids):
                    _settle(index, piece, records, held, report, progress)
        finally:
            report.kept += feeds.kept
            report.failed += feeds.failures()
            report.noted += feeds.noted.values()


def _wanted(index: PaperIndex, asked: Ids, report: Ingested, progress: Progress) -> Ids:
    """The papers of those asked for by id that are to be fetched; the fate of each is told as far as it is known."""
    report.failed += [f"{doi}: {NO_DOI}" for doi in asked.dois]
    for arxiv in asked.ids:
        entry = index.record.find(paper_id("", arxiv))
        report.fates[arxiv] = Fate(HERE, entry.paper.title) if entry else Fate(LEFT)
    wanted = tuple(arxiv for arxiv in asked.ids if asked.anew or report.fates[arxiv].what == LEFT)
    progress(len(asked.ids) - len(wanted))
    return Ids(wanted)


def _held(index: PaperIndex, records: Sequence[Paper | Unreadable]) -> set[str]:
    """The arXiv ids of those papers that are here, be it by their titles alone."""
    return {one.arxiv for one in records if isinstance(one, Paper) and index.record.match(one)}


def _settle(
    index: PaperIndex,
    asked: Ids,
    records: Sequence[Paper | Unreadable],
    held: set[str],
    report: Ingested,
    progress: Progress,
) -> None:
    """Tells the fate of the papers that were asked for by id, once what was found of them is in."""
    unread = {record.place for record in records if isinstance(record, Unreadable)}
    for arxiv in asked.ids:
        if report.fates[arxiv].what == LEFT:
            entry = index.record.find(paper_id("", arxiv))
            missing = UNREAD if arxiv in unread else MISSING
            what = HERE if arxiv in held else IMPORTED
            report.fates[arxiv] = Fate(what, entry.paper.title) if entry else Fate(missing)
    progress(max(0, len(asked.ids) - sum(isinstance(record, Paper) for record in records)))


def count_papers(
    sources: Sequence[Source], report: Ingested, progress: Progress, *, limit: int = LIMIT
) -> list[Source]:
    """The sources that can be read, their papers counted; reading is quick beside embedding.

    What is fetched over the network comes piece by piece, at most `limit` papers a query, and is not counted before.
    """
    readable: list[Source] = []
    total = 0
    for source in _pieces(sources, report, limit):
        try:
            # Standard input can be read only once, so its papers are not counted before they are taken in.
            if isinstance(source, Ids):
                total += len(source.ids)
            elif source != "-" and not isinstance(source, Piece):
                total += sum(isinstance(record, Paper) for record in read_given(source))
            readable.append(source)
        except SourceError as error:
            report.failed.append(str(error))
    if not any(source == "-" or isinstance(source, Day | Query) for source in readable):  # of which none knows how many
        progress(total=total)
    return readable


def _pieces(sources: Sequence[Source], report: Ingested, limit: int) -> list[Source]:
    """The sources with each live one as the days and queries it stands for, and ids and links as papers of arXiv."""
    pieces: list[Source] = []
    for source in sources:
        try:
            pieces += _read_name(source, limit) if isinstance(source, str) else [source]
        except SourceError as error:
            report.failed.append(str(error))
    named = [piece for piece in pieces if isinstance(piece, Ids) and piece.anew]
    ids, dois = (dict.fromkeys(chain(*part)) for part in ([one.ids for one in named], [one.dois for one in named]))
    together = by_ids(Named(tuple(ids), tuple(dois)), anew=True) if named else []
    return [*together, *(piece for piece in pieces if piece not in named)]


def _read_name(source: str, limit: int) -> Sequence[Source]:
    """What a name stands for: live pieces, papers of arXiv by their ids where it is no file, else itself."""
    if is_live(source):
        return read_live(source, limit=limit)
    if source != "-" and not os.path.exists(source) and (named := read_ids(source)):
        return by_ids(named, anew=True)
    return [source]


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
        today = settings.services.today()
        report = restore(snapshot, index.record, index.embedder, today=today, progress=progress)
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
        foldered = "" if settings.chroma_url else embedding
        findings = [
            *check_record(record, embedding, progress=progress),
            *check_index(settings.home, record, foldered),
            *check_server(index),
        ]
    if not (mend and findings):
        return findings
    with _writer(settings, told, foreign_vectors=True) as index:
        repair(index, findings, progress=progress)
    left = {finding.what: finding for finding in check(settings)}
    mended = [replace(finding, mended=True) for finding in findings if finding.what not in left]
    return [*mended, *left.values()]


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
