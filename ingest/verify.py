"""Whether what is kept is whole: the record, paper by paper, and the indexes against it. Mends what can be mended.

Nothing that is told here costs a paper: the record is read, and written only to put right what follows from its texts.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ingest.derived import IndexFolder, lacking
from ingest.entry import Entry, make_entry
from ingest.errors import StoreError
from ingest.index import PaperIndex
from ingest.locks import OwnedFile
from ingest.pipeline import embed_missing
from ingest.record import Record
from ingest.vectors import SEARCHED, are_of, paper_of, row_id

PART = 500  # papers read at a time
NAMED = 5  # papers named where several are wrong in the same way

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong and what mends it; `mended` once it is."""

    what: str
    mend: str
    mended: bool = False


REPAIR = "run: paperchat check --repair"
COPY = "put back a copy of papers.sqlite3, or move it away and ingest your sources or import a snapshot"


def check_record(record: Record, embedding: str, *, progress: Progress = lambda papers: None) -> Iterator[Finding]:
    """What is wrong with the file and with single papers. Raises StoreError where it cannot be read at all."""
    for reason in record.unsound():
        yield Finding(f"{record.path}: {reason}", COPY)
    if lost := record.orphans():
        yield Finding(f"{lost:,} notes or vectors belong to no paper", REPAIR)
    torn, cut, bad, without = [], [], [], []
    numbers = record.numbers()
    for at in range(0, len(numbers), PART):
        for number, entry in _read(record, numbers[at : at + PART], embedding):
            if entry is None:
                torn.append(f"number {number}")
            elif not _is_cut_right(entry):
                cut.append(entry.paper.id)
            elif embedding and entry.rows is None:
                without.append(entry.paper.id)
            elif entry.rows is not None and not _has_sound_rows(entry):
                bad.append(entry.paper.id)
        progress(len(numbers[at : at + PART]))
    yield from _named(torn, "cannot be read", COPY)
    yield from _named(cut, "have spans that are not those of their sentences", REPAIR)
    yield from _named(bad, "have vectors that are no vectors of their texts", REPAIR)
    yield from _named(without, f"have no vectors of {embedding}", REPAIR)


def check_index(home: Path, record: Record, embedding: str) -> Iterator[Finding]:
    """What is wrong with the index of a folder, where no other process is at it."""
    owner = OwnedFile(home, "index")
    if not owner.take():
        yield Finding("The index is in use, so it was not checked", f"end {owner.holder()} and run it again")
        return
    try:
        if record.count() and (reason := lacking(home, record, embedding)):
            yield Finding(f"The index {reason}; it is made anew when it is next used", REPAIR)
            return
        folder = IndexFolder.find(home, record, embedding)
        if folder:
            try:
                yield from _disagreements(folder, record, embedding)
            except StoreError as error:
                yield Finding(f"The index cannot be read ({error})", REPAIR)
            folder.close()
    finally:
        owner.release()


def _disagreements(folder: IndexFolder, record: Record, embedding: str) -> Iterator[Finding]:
    """Where the three indexes of a folder hold other papers than the record."""
    numbers = record.numbers()
    if folder.words.numbers.tolist() != numbers or folder.calls.numbers.tolist() != numbers:
        yield Finding("The index of words does not hold the papers of the record", REPAIR)
    if folder.vectors and folder.vectors.ids() != _rows_of(record, embedding):
        yield Finding("The index of vectors does not hold the papers of the record", REPAIR)


def check_server(index: PaperIndex) -> Iterator[Finding]:
    """Whether the Chroma server, where one is configured, has the vectors of the record."""
    if index.settings.chroma_url and index.embedder and index.record.count():
        try:
            found = index.on_server()
        except StoreError as error:
            yield Finding(f"{error} So it was not checked", "start it, or unset CHROMA_URL")
            return
        wanted = _rows_of(index.record, index.embedder.name)
        held, behind = found or (set(), frozenset())
        if {row for row in held ^ wanted if paper_of(row) not in behind}:
            yield Finding("The index on the Chroma server does not hold the papers of the record", REPAIR)


def _rows_of(record: Record, embedding: str) -> set[str]:
    """The ids of the rows that an index of vectors has to hold."""
    bare = set(record.without_vectors(embedding))
    return {row_id(number, row) for number in record.numbers() if number not in bare for row in range(SEARCHED)}


def repair(index: PaperIndex, findings: list[Finding], *, progress: Progress = lambda papers: None) -> None:
    """Mends what can be, as the one writer. Raises StoreError or ModelError."""
    record = index.record
    embedding = index.embedder.name if index.embedder else ""
    record.drop_orphans()
    numbers = record.numbers()
    for at in range(0, len(numbers), PART):
        for _, entry in _read(record, numbers[at : at + PART], embedding):
            if entry and not (_is_cut_right(entry) and (entry.rows is None or _has_sound_rows(entry))):
                record.recut(make_entry(entry.paper, number=entry.number))
        progress(len(numbers[at : at + PART]))
    if index.embedder:
        embed_missing(record, index.embedder)
    index.settle(anew=any("index" in finding.what for finding in findings))


def _read(record: Record, numbers: list[int], embedding: str) -> Iterator[tuple[int, Entry | None]]:
    """Each paper by its number, whatever its vectors are; None for one that cannot be read."""
    read = partial(record.entries, embedding=embedding, sound=False)
    try:
        yield from [(entry.number, entry) for entry in read(numbers)]
    except StoreError:
        for number in numbers:
            try:
                yield from [(entry.number, entry) for entry in read([number])]
            except StoreError:
                yield number, None


def _is_cut_right(entry: Entry) -> bool:
    """Whether the spans are those that its abstract is cut into."""
    made = make_entry(entry.paper)
    return (made.passages, made.sentences) == (entry.passages, entry.sentences)


def _has_sound_rows(entry: Entry) -> bool:
    return entry.rows is not None and are_of(entry.rows, len(entry.texts))


def _named(papers: list[str], what: str, mend: str) -> Iterator[Finding]:
    if papers:
        more = f" and {len(papers) - NAMED:,} more" if len(papers) > NAMED else ""
        yield Finding(f"{len(papers):,} papers {what}: {', '.join(papers[:NAMED])}{more}", mend)
