"""The record of papers: one SQLite file that alone is the truth. Knows no Chroma, no model and no question.

Papers, their spans, their vectors and where each came from are written in one transaction a batch, so a kill
at any moment leaves whole batches. Everything else on disk is derived from this file and can be thrown away.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.database import Database, damaged
from ingest.entry import Change, Entry, Head, Note, Text
from ingest.paper import OF_ARXIV, Paper, Passage, Sentence, title_key

FORMAT = 2
SCHEMA = """
CREATE TABLE identity (value TEXT NOT NULL);
INSERT INTO identity VALUES (lower(hex(randomblob(8))));
CREATE TABLE commits (revision INTEGER PRIMARY KEY, stamp TEXT NOT NULL);
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
CREATE TABLE vectors (paper INTEGER PRIMARY KEY REFERENCES papers, embedding TEXT NOT NULL, rows BLOB NOT NULL);
CREATE INDEX vectors_embedding ON vectors (embedding)
"""
# By the index, which holds no blobs.
EMBEDDED = "SELECT 1 FROM vectors INDEXED BY vectors_embedding WHERE embedding = ? AND paper = number"
WITHOUT_VECTORS = f"SELECT number FROM papers WHERE NOT EXISTS ({EMBEDDED}) ORDER BY number"
COLUMNS = "number, id, arxiv, title, abstract, authors, date, url, spans"
# The first rows of each, read without the rest: the number of passages and sentences tells how long a row is.
HEADS = """SELECT number, heads, substr(rows, 1, length(rows) / (heads + sentences) * heads) FROM (
    SELECT number, rows, 2 + json_array_length(spans, '$[0]') AS heads, json_array_length(spans, '$[1]') AS sentences
    FROM papers JOIN vectors ON paper = number AND embedding = ? WHERE number IN ({}))"""
# The days between which a date lies that may name a year or a month alone, as `ingest.paper.span_of` has them.
FIRST_DAY, LAST_DAY = (f"(date || substr('{rest}', length(date) - 3))" for rest in ("-01-01", "-12-31"))
OF_PAPERS, ORPHAN = ("said", "vectors"), "paper NOT IN (SELECT number FROM papers)"
LENGTH = 0.02  # how far from 1 the square of the length of a row may be
READ_PAPERS = 1_000  # a query; SQLite takes at most 32,766 parameters


class Record:
    """The SQLite file `papers.sqlite3` in a folder; made when missing. Safe to share between threads.

    Raises StoreError when the file cannot be opened, read or written.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "papers.sqlite3"
        self._db = Database(self.path, schema=SCHEMA, version=FORMAT)

    @property
    def database(self) -> Database:
        return self._db

    def close(self) -> None:
        self._db.close()

    # -- what stands in it -------------------------------------------------------------------------------------

    def identity(self) -> str:
        """What tells this record from any other, drawn when it was made (16 hexadecimal digits)."""
        return str(self._db.rows("SELECT value FROM identity")[0][0])

    def count(self) -> int:
        return int(self._db.rows("SELECT COUNT(*) FROM papers")[0][0])

    def revision(self) -> int:
        """The number of the last change; grows by one with each committed batch that changed anything."""
        return int(self._db.rows("SELECT MAX(revision) FROM commits")[0][0] or 0)

    def stamp(self, revision: int) -> str:
        """What was drawn when that revision was committed; empty if this record never had it.

        It tells whether something derived from 'revision 7' was derived from this history, not from a record
        that was since lost, put back from a copy, or begun anew.
        """
        found = self._db.rows("SELECT stamp FROM commits WHERE revision = ?", (revision,))
        return str(found[0][0]) if found else ""

    def entries(
        self, numbers: Iterable[int] | None = None, *, embedding: str = "", sound: bool = True
    ) -> Iterator[Entry]:
        """The entries with these numbers, in their order (default: all, in order of entry), read as they are used.

        Their rows are those of the model named `embedding`; a paper whose rows are not `sound` comes without.
        """
        wanted = iter(self.numbers() if numbers is None else numbers)
        joined = "LEFT JOIN vectors ON paper = number AND embedding = ?" if embedding else ""
        columns = f"{COLUMNS}, {'rows' if embedding else 'NULL'}"
        while part := list(islice(wanted, READ_PAPERS)):
            query = f"SELECT {columns} FROM papers {joined} WHERE number IN ({_marks(part)})"
            found = {row[0]: row for row in self._db.rows(query, [embedding, *part] if embedding else part)}
            yield from (self._entry(found[number], sound) for number in part if number in found)

    def _entry(self, row: tuple[Any, ...], sound: bool) -> Entry:
        number, paper_id, arxiv, title, text, authors, date, url, spans, blob = row
        try:
            passages, sentences = json.loads(spans)
            rows = None if blob is None else _rows(blob, 2 + len(passages) + len(sentences))
            return Entry(
                number,
                Paper(title, text, tuple(json.loads(authors)), date, url, arxiv, paper_id),
                tuple(Passage(text[a:b], a, b) for a, b in passages),
                tuple(Sentence(text[a:b], a, b) for a, b in sentences),
                None if rows is None or (sound and not _are_sound(rows)) else rows,
            )
        except (ValueError, TypeError) as error:
            raise damaged(self.path, f"paper {number} cannot be read") from error

    def heads(self, numbers: Sequence[int], *, embedding: str) -> Iterator[Head]:
        """The heads of the papers with these numbers that have sound vectors of the model named so, in their order."""
        wanted = iter(numbers)
        while part := list(islice(wanted, READ_PAPERS)):
            found = {row[0]: row for row in self._db.rows(HEADS.format(_marks(part)), [embedding, *part])}
            for number, count, blob in (found[number] for number in part if number in found):
                try:
                    rows = _rows(blob, count)
                except ValueError as error:
                    raise damaged(self.path, f"the vectors of paper {number} cannot be read") from error
                if _are_sound(rows):
                    yield Head(number, rows)

    def numbers(self, *, since: int = 0) -> list[int]:
        """Row numbers of the papers changed after revision `since`, in order of entry."""
        return self._numbers("SELECT number FROM papers WHERE revision > ? ORDER BY number", (since,))

    def without_vectors(self, embedding: str) -> list[int]:
        """Row numbers of the papers that have no vectors of the model of this name."""
        return self._numbers(WITHOUT_VECTORS, (embedding,))

    def embeddings(self) -> list[str]:
        """The names of the models whose vectors it holds."""
        return [str(name) for (name,) in self._db.rows("SELECT DISTINCT embedding FROM vectors ORDER BY 1")]

    def select(self, *, ids: Sequence[str] = (), since: str = "", until: str = "", author: str = "") -> list[int]:
        """Row numbers of papers with one of these ids (if any), a date from `since` to `until`, both included, and the
        words of `author` somewhere in the names of their authors, as parts of words too; accented words do not count.

        One that is dated by its year alone lies within where all of the year does.
        """
        where, values = _dated(since, until)
        if ids:
            where, values = f"{where} AND id IN ({_marks(ids)})", [*values, *ids]
        for word in re.findall(r"[A-Za-z]+", author if author.isascii() else ""):
            where, values = f"{where} AND authors LIKE ?", [*values, f"%{word}%"]
        return self._numbers(f"SELECT number FROM papers WHERE {where} ORDER BY number", values)

    def by_date(self, ends: int, *, since: str = "", until: str = "") -> list[int]:
        """Row numbers of the so many newest dated papers, from `since` to `until`, and of as many of the oldest."""
        where, values = _dated(since, until)
        query = f"SELECT number FROM papers WHERE date != '' AND {where} ORDER BY date"
        found = [self._numbers(f"{query} {way} LIMIT {int(ends)}", values) for way in ("DESC", "ASC")]
        return list(dict.fromkeys(chain(*found)))

    def texts(self, numbers: Iterable[int] | None = None) -> Iterator[Text]:
        """The texts of the papers with these numbers (default: all), in order of entry."""
        wanted = iter(self.numbers() if numbers is None else sorted(numbers))
        while part := list(islice(wanted, READ_PAPERS)):
            columns = "number, id, title, abstract, authors, date"
            query = f"SELECT {columns} FROM papers WHERE number IN ({_marks(part)}) ORDER BY number"
            for number, paper_id, title, abstract, authors, date in self._db.rows(query, part):
                try:
                    yield Text(number, paper_id, title, abstract, tuple(json.loads(authors)), date)
                except (ValueError, TypeError) as error:
                    raise damaged(self.path, f"the authors of {paper_id} cannot be read") from error

    def dates(self, *, whole: bool = False) -> tuple[str, str]:
        """The first and the last date of a paper, or of one whose date names a day; empty where none has one."""
        least = len("2024-08-21") if whole else 1
        first, last = self._db.rows("SELECT MIN(date), MAX(date) FROM papers WHERE length(date) >= ?", (least,))[0]
        return str(first or ""), str(last or "")

    def has_authors(self) -> bool:
        """Whether the authors of any paper are known."""
        return bool(self._db.rows("SELECT EXISTS (SELECT 1 FROM papers WHERE authors != '[]')")[0][0])

    def find(self, paper_id: str) -> Entry | None:
        """The entry with this id, or with the arXiv id that it stands for."""
        found = self.select(ids=[paper_id])
        if not found and paper_id.startswith(OF_ARXIV):
            found = self._by_arxiv(paper_id.removeprefix(OF_ARXIV))
        return next(self.entries(found), None)

    def _by_arxiv(self, arxiv: str) -> list[int]:
        return self._numbers("SELECT number FROM papers WHERE arxiv = ? AND arxiv != ''", (arxiv,))

    def match(self, paper: Paper) -> Entry | None:
        """The recorded entry that is the same paper: same arXiv id, else same title where not both have such an id."""
        found = self._by_arxiv(paper.arxiv)
        if not found:
            query = "SELECT number FROM papers WHERE title_key = ? AND (arxiv = '' OR ? = '') ORDER BY number"
            found = self._numbers(query, (_title_key(paper), paper.arxiv))
        return next(self.entries(found[:1]), None)

    def said(self, number: int, source: str) -> str:
        """The hash of what `source` said of this paper the last time; empty if it never did."""
        found = self._db.rows("SELECT hash FROM said WHERE paper = ? AND source = ?", (number, source))
        return str(found[0][0]) if found else ""

    def provenance(self, numbers: Sequence[int]) -> dict[int, list[tuple[str, str]]]:
        """What each source said, as (source, hash) pairs, of at most READ_PAPERS papers with these numbers."""
        found: dict[int, list[tuple[str, str]]] = {}
        query = f"SELECT paper, source, hash FROM said WHERE paper IN ({_marks(numbers)}) ORDER BY paper, source"
        for number, source, said in self._db.rows(query, numbers):
            found.setdefault(number, []).append((source, said))
        return found

    def hashes(self) -> Iterator[str]:
        """The hash of everything that any source last said of a paper."""
        for (said,) in self._db.rows("SELECT DISTINCT hash FROM said"):
            yield str(said)

    def said_by(self, source: str) -> dict[int, str]:
        """The numbers of the papers that a source gave, each with the hash of what it said the last time."""
        return dict(self._db.rows("SELECT paper, hash FROM said WHERE source = ? ORDER BY paper", (source,)))

    def _numbers(self, query: str, values: Sequence[object]) -> list[int]:
        return [int(number) for (number,) in self._db.rows(query, values)]

    def unsound(self) -> list[str]:
        """What SQLite finds wrong with the file, at most a few lines; empty where it is whole."""
        found = [str(line) for (line,) in self._db.rows("PRAGMA integrity_check(3)")]
        return [] if found == ["ok"] else found

    def orphans(self) -> int:
        """How many notes and vectors belong to no paper."""
        return sum(int(self._db.rows(f"SELECT COUNT(*) FROM {table} WHERE {ORPHAN}")[0][0]) for table in OF_PAPERS)

    # -- writing -----------------------------------------------------------------------------------------------

    def write(self, changes: Sequence[Change], notes: Sequence[Note] = (), *, embedding: str = "") -> None:
        """Commits, all or none, entries with the source of each and the hash of what it said.

        An entry numbered 0 is new; any other replaces the one with its number. `embedding` is the name of the model
        behind their rows. Writes nothing at all when there is nothing to say.
        """
        if not changes and not notes:
            return
        with self._db.transaction():
            said = list(notes)
            revision = self._next_revision() if changes else 0
            for entry, source, said_hash in changes:
                number = self._put_paper(entry, revision)
                self._put_rows(number, entry, embedding)
                said.append((number, source, said_hash))
            self._db.many("INSERT OR REPLACE INTO said VALUES (?, ?, ?)", said)

    def put_vectors(self, entries: Sequence[Entry], *, embedding: str) -> None:
        """Stores the rows of entries already recorded in place of what there was; each counts as changed."""
        with self._db.transaction():
            revision = self._next_revision()
            for entry in entries:
                self._put_rows(entry.number, entry, embedding)
            self._db.many("UPDATE papers SET revision = ? WHERE number = ?", [(revision, e.number) for e in entries])

    def drop_orphans(self) -> None:
        """Deletes notes and vectors that belong to no paper."""
        with self._db.transaction():
            for table in OF_PAPERS:
                self._db.rows(f"DELETE FROM {table} WHERE {ORPHAN}")

    def recut(self, entry: Entry) -> None:
        """Stores the spans of an entry already recorded, without vectors: they were those of other spans."""
        with self._db.transaction():
            self._put_paper(entry, self._next_revision())
            self._put_rows(entry.number, entry, "")

    def drop_vectors(self, embedding: str) -> None:
        """Forgets the vectors that the model of this name made."""
        with self._db.transaction():
            self._db.rows("DELETE FROM vectors WHERE embedding = ?", (embedding,))
            self._db.rows("UPDATE papers SET revision = ?", (self._next_revision(),))

    def _next_revision(self) -> int:
        return self._db.insert("INSERT INTO commits VALUES (NULL, lower(hex(randomblob(8))))", ())

    def _put_paper(self, entry: Entry, revision: int) -> int:
        paper = entry.paper
        spans = json.dumps([[[x.start, x.end] for x in part] for part in (entry.passages, entry.sentences)])
        authors = json.dumps(paper.authors, ensure_ascii=False)
        values = (paper.arxiv, _title_key(paper), paper.title, paper.abstract, authors, paper.date, paper.url)
        if not entry.number:
            row = (self._free_id(paper.id), *values, spans, revision)
            return self._db.insert(f"INSERT INTO papers VALUES (NULL, {_marks(row)})", row)
        columns = "arxiv, title_key, title, abstract, authors, date, url, spans, revision"
        changed = (*values, spans, revision)
        query = f"UPDATE papers SET ({columns}) = ({_marks(changed)}) WHERE number = ?"
        self._db.rows(query, (*changed, entry.number))
        return entry.number

    def _free_id(self, paper_id: str) -> str:
        """The id, with a suffix where another paper holds it: one that had this title before it was renamed."""
        taken, free = 1, paper_id
        while self.select(ids=[free]):
            taken, free = taken + 1, f"{paper_id}~{taken + 1}"
        return free

    def _put_rows(self, number: int, entry: Entry, embedding: str) -> None:
        self._db.rows("DELETE FROM vectors WHERE paper = ?", (number,))
        if entry.rows is not None:
            self._db.rows("INSERT INTO vectors VALUES (?, ?, ?)", (number, embedding, entry.rows.tobytes()))


def _rows(blob: bytes, count: int) -> NDArray[np.float16]:
    return np.frombuffer(blob, dtype=np.float16).reshape(count, -1)


def _are_sound(rows: NDArray[np.float16]) -> bool:
    """Whether the first is of length 1: rows that are cut by the number of other spans are longer or shorter."""
    first = rows[0].astype(np.float32)
    return abs(float(first @ first) - 1) < LENGTH


def _dated(since: str, until: str) -> tuple[str, list[str]]:
    """The condition that a paper's whole date lies within bounds, and its values; first what an index can tell."""
    where, values = "1", list[str]()
    if since:
        where, values = f"date >= ? AND {FIRST_DAY} >= ?", [since[: len("2024")], since]
    if until:
        where, values = f"{where} AND date != '' AND date <= ? AND {LAST_DAY} <= ?", [*values, until, until]
    return where, values


def _title_key(paper: Paper) -> str:
    return title_key(paper.title) or paper.title  # a title of signs alone is its own key


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))
