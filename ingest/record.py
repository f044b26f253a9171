"""The record of papers: one SQLite file that alone is the truth. Knows no Chroma, no model and no question.

Papers, their spans, their vectors and where each came from are written in one transaction a batch, so a kill
at any moment leaves whole batches. Everything else on disk is derived from this file and can be thrown away.
"""

import hashlib
import json
import sqlite3
import threading
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.errors import StoreError
from ingest.paper import Paper, Passage, Sentence, title_key
from ingest.sentences import make_passages, split_sentences

SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE papers (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, arxiv TEXT NOT NULL, title_key TEXT NOT NULL,
    title TEXT NOT NULL, abstract TEXT NOT NULL, authors TEXT NOT NULL, date TEXT NOT NULL, url TEXT NOT NULL,
    spans TEXT NOT NULL, revision INTEGER NOT NULL);
CREATE UNIQUE INDEX papers_arxiv ON papers (arxiv) WHERE arxiv != '';
CREATE INDEX papers_title ON papers (title_key);
CREATE INDEX papers_revision ON papers (revision);
CREATE INDEX papers_date ON papers (date);
CREATE TABLE said (paper INTEGER NOT NULL REFERENCES papers, source TEXT NOT NULL, hash TEXT NOT NULL,
    PRIMARY KEY (paper, source)) WITHOUT ROWID;
CREATE TABLE vectors (paper INTEGER PRIMARY KEY REFERENCES papers, rows BLOB NOT NULL);
"""
COLUMNS = "number, id, arxiv, title, abstract, authors, date, url, spans"
MAX_PARAMETERS = 30_000  # SQLite's own limit is 32,766 a statement


@dataclass(frozen=True, slots=True)
class Entry:
    """A paper as recorded, with its spans. `number` is its row, stable for the life of the record.

    `rows` holds its vectors, float16 (2 + passages + sentences, dim), each of length 1: title with abstract, the
    centroid of its sentences, each passage, each sentence; None where it was recorded without a model.
    """

    number: int
    paper: Paper
    passages: tuple[Passage, ...]
    sentences: tuple[Sentence, ...]
    rows: NDArray[np.float16] | None = None

    @property
    def texts(self) -> list[str]:
        """What is embedded, in the order of `rows` but for the centroid, which has no text of its own."""
        whole = f"{self.paper.title}. {self.paper.abstract}"
        return [whole, *(p.text for p in self.passages), *(s.text for s in self.sentences)]


Change = tuple[Entry, str, str]  # an entry, the source that said it, the hash of what it said


class Record:
    """The SQLite file `papers.sqlite3` in a folder; made when missing. Safe to share between threads.

    Raises StoreError when the file cannot be opened, read or written.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "papers.sqlite3"
        self._lock = threading.RLock()
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._db = sqlite3.connect(self.path, timeout=30, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._create()
        except (OSError, sqlite3.Error) as error:
            raise store_error(error, self.path) from error

    def _create(self) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            with self._transaction():
                if self._db.execute("PRAGMA user_version").fetchone()[0] == 0:  # another process may have been first
                    for statement in SCHEMA.split(";\n"):
                        self._db.execute(statement)
                    self._db.execute("INSERT INTO meta VALUES ('identity', ?)", (uuid.uuid4().hex,))
                    self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        elif version != SCHEMA_VERSION:
            raise StoreError(
                f"{self.path} was made by another version of paperchat (format {version}, this one reads "
                f"{SCHEMA_VERSION}); use that version, or set PAPERCHAT_HOME to a new folder and ingest again."
            )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield
                self._db.execute("COMMIT")
            except BaseException as error:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error):
                    raise store_error(error, self.path) from error
                raise

    def _all(self, query: str, parameters: Sequence[object] = ()) -> list[tuple[object, ...]]:
        with self._lock:
            try:
                return self._db.execute(query, parameters).fetchall()
            except sqlite3.Error as error:
                raise store_error(error, self.path) from error

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def identity(self) -> str:
        """What tells this record from any other, drawn when it was made."""
        return self.meta("identity")

    # -- what stands in it -------------------------------------------------------------------------------------

    def count(self) -> int:
        return int(str(self._all("SELECT COUNT(*) FROM papers")[0][0]))

    def revision(self) -> int:
        """The number of the last change; grows by one with each committed batch that changed anything."""
        return int(self.meta("revision") or 0)

    def meta(self, key: str) -> str:
        found = self._all("SELECT value FROM meta WHERE key = ?", (key,))
        return str(found[0][0]) if found else ""

    def set_meta(self, key: str, value: str) -> None:
        with self._transaction():
            self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def entries(self, numbers: Iterable[int] | None = None, *, vectors: bool = False) -> Iterator[Entry]:
        """The entries with these numbers (default: all, in order of entry), read a thousand at a time."""
        wanted = iter(self.numbers() if numbers is None else numbers)
        rows = ", rows" if vectors else ", NULL"
        while part := list(islice(wanted, 1000)):
            marks = ",".join("?" * len(part))
            query = f"SELECT {COLUMNS}{rows} FROM papers LEFT JOIN vectors ON paper = number WHERE number IN ({marks})"
            found = {int(str(row[0])): row for row in self._all(query + " ORDER BY number", part)}
            yield from (_entry(found[number]) for number in part if number in found)

    def numbers(self, *, since: int = 0) -> list[int]:
        """Row numbers of the papers changed after revision `since`, in order of entry."""
        query = "SELECT number FROM papers WHERE revision > ? ORDER BY number"
        return [int(str(n)) for (n,) in self._all(query, (since,))]

    def numbers_without_vectors(self) -> list[int]:
        query = "SELECT number FROM papers LEFT JOIN vectors ON paper = number WHERE rows IS NULL ORDER BY number"
        return [int(str(n)) for (n,) in self._all(query)]

    def select(self, *, ids: Sequence[str] = (), since: str = "", until: str = "") -> list[int]:
        """Row numbers of papers with one of these ids (if any) and a date from `since` to `until`, both included."""
        query, values = "SELECT number FROM papers WHERE 1", []
        if ids:
            query += f" AND id IN ({','.join('?' * len(ids))})"
            values += list(ids)
        if since:
            query, values = query + " AND date >= ?", [*values, since]
        if until:
            query, values = query + " AND date != '' AND date <= ?", [*values, until]
        return [int(str(n)) for (n,) in self._all(query, values)]

    def find(self, paper_id: str) -> Entry | None:
        numbers = self.select(ids=[paper_id])
        return next(self.entries(numbers), None)

    # -- writing -----------------------------------------------------------------------------------------------

    def match(self, paper: Paper) -> Entry | None:
        """The recorded entry that is the same paper: same arXiv id, else same normalised title."""
        key = title_key(paper.title)
        rows = self._all(
            "SELECT number, arxiv FROM papers WHERE (arxiv = ? AND arxiv != '') OR (title_key = ? AND ? != '')",
            (paper.arxiv, key, key),
        )
        same = [n for n, arxiv in rows if paper.arxiv and arxiv == paper.arxiv]
        alike = [n for n, arxiv in rows if not (paper.arxiv and arxiv)]
        chosen = same or alike or ([n for n, _ in rows] if not paper.arxiv else [])
        return next(self.entries([int(str(chosen[0]))]), None) if chosen else None

    def said(self, number: int, source: str) -> str:
        """The hash of what `source` said of this paper the last time; empty if it never did."""
        found = self._all("SELECT hash FROM said WHERE paper = ? AND source = ?", (number, source))
        return str(found[0][0]) if found else ""

    def write(
        self, changes: Sequence[Change], notes: Sequence[tuple[int, str, str]] = (), *, embedding: str = ""
    ) -> None:
        """Commits, all or none, entries with the source of each and the hash of what it said.

        An entry numbered 0 is new; any other replaces the one with its number. `notes` are (number, source, hash)
        of papers that a source said without changing them, `embedding` the name of the model behind the vectors.
        Writes nothing at all when there is nothing to say.
        """
        if not changes and not notes:
            return
        with self._transaction():
            revision = self.revision() + 1
            said = list(notes)
            for entry, source, said_hash in changes:
                said.append((self._put(entry, revision), source, said_hash))
            self._db.executemany("INSERT OR REPLACE INTO said VALUES (?, ?, ?)", said)
            self._put_meta(changes, revision, embedding)

    def _insert(self, paper_id: str) -> int:
        """A new row, found by its number; a paper whose derived id another one holds gets a suffix."""
        taken, unique = 1, paper_id
        while self._db.execute("SELECT 1 FROM papers WHERE id = ?", (unique,)).fetchone():
            taken, unique = taken + 1, f"{paper_id}~{taken + 1}"
        blank = (unique, *[""] * 8, 0)
        row = self._db.execute("INSERT INTO papers VALUES (NULL,?,?,?,?,?,?,?,?,?,?)", blank).lastrowid
        return int(row or 0)

    def _put(self, entry: Entry, revision: int) -> int:
        paper = entry.paper
        spans = json.dumps([[[x.start, x.end] for x in part] for part in (entry.passages, entry.sentences)])
        values = (
            *(paper.arxiv, title_key(paper.title), paper.title, paper.abstract),
            *(json.dumps(paper.authors, ensure_ascii=False), paper.date, paper.url, spans, revision),
        )
        number = entry.number or self._insert(paper.id)
        assignments = "arxiv, title_key, title, abstract, authors, date, url, spans, revision"
        self._db.execute(
            f"UPDATE papers SET ({assignments}) = ({','.join('?' * len(values))}) WHERE number = ?", (*values, number)
        )
        self._db.execute("DELETE FROM vectors WHERE paper = ?", (number,))
        if entry.rows is not None:
            self._db.execute("INSERT INTO vectors VALUES (?, ?)", (number, entry.rows.tobytes()))
        return number

    def put_vectors(self, entries: Sequence[Entry], *, embedding: str) -> None:
        """Stores the vectors of entries already recorded; each counts as changed."""
        with self._transaction():
            revision = self.revision() + 1
            for entry in entries:
                self._put(entry, revision)
            self._put_meta(entries, revision, embedding)

    def _put_meta(self, changes: Sequence[object], revision: int, embedding: str) -> None:
        values = [("revision", str(revision))] if changes else []
        values += [("embedding", embedding)] if embedding else []
        self._db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", values)

    def drop_vectors(self) -> None:
        """Forgets all vectors and which model made them."""
        with self._transaction():
            revision = self.revision() + 1
            self._db.execute("DELETE FROM vectors")
            self._db.execute("DELETE FROM meta WHERE key = 'embedding'")
            self._db.execute("UPDATE papers SET revision = ?", (revision,))
            self._put_meta(["all"], revision, "")


def make_entry(paper: Paper, *, number: int = 0) -> Entry:
    """An entry, not yet recorded, with the spans of its passages and sentences."""
    sentences = split_sentences(paper.abstract)
    return Entry(number, paper, tuple(make_passages(paper.abstract, sentences)), tuple(sentences))


def merge(recorded: Paper, said: Paper) -> Paper:
    """What a source says of a recorded paper: its text replaces, what it leaves out stays; the id never changes."""
    return replace(
        said,
        id=recorded.id,
        authors=said.authors or recorded.authors,
        date=said.date or recorded.date,
        url=said.url or recorded.url,
        arxiv=said.arxiv or recorded.arxiv,
    )


def content_hash(paper: Paper) -> str:
    """SHA-256 (hexadecimal) over everything a source says of a paper."""
    said = [paper.title, paper.abstract, list(paper.authors), paper.date, paper.url, paper.arxiv]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def store_error(error: OSError | sqlite3.Error, path: Path) -> StoreError:
    """The plain sentence for what a disk or SQLite reports."""
    text = str(error)
    if "disk is full" in text or getattr(error, "errno", 0) in (27, 28, 122):  # EFBIG, ENOSPC, EDQUOT
        return StoreError(
            f"The disk is full; nothing of this batch was written to {path}. Free some space and run again."
        )
    if "readonly" in text or "read-only" in text.lower() or isinstance(error, PermissionError):
        return StoreError(
            f"{path} cannot be written (read-only); make its folder writable or set PAPERCHAT_HOME to another."
        )
    if "locked" in text:
        return StoreError(f"{path} is in use by another process; wait for it to finish and run again.")
    if "not a database" in text or "malformed" in text:
        return StoreError(
            f"{path} is damaged ({text}); move it away, restore a copy of it, or ingest your sources again."
        )
    return StoreError(f"{path} cannot be opened or written ({text}); check PAPERCHAT_HOME and the disk.")


def _entry(row: tuple[object, ...]) -> Entry:
    number, paper_id, arxiv, title, abstract, authors, date, url, spans, blob = row
    text = str(abstract)
    passages, sentences = json.loads(str(spans))
    count = 2 + len(passages) + len(sentences)
    rows = np.frombuffer(blob, dtype=np.float16).reshape(count, -1) if isinstance(blob, bytes) else None
    return Entry(
        int(str(number)),
        Paper(str(title), text, tuple(json.loads(str(authors))), str(date), str(url), str(arxiv), str(paper_id)),
        tuple(Passage(text[a:b], a, b) for a, b in passages),
        tuple(Sentence(text[a:b], a, b) for a, b in sentences),
        rows,
    )
