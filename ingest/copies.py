"""A record that is a copy of another: under the same numbers, identity and stamps, a whole revision at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ingest.errors import StoreError
from ingest.record import Record

COLUMNS = "number, id, arxiv, title_key, title, abstract, authors, date, url, spans"

Copied = tuple[Sequence[Any], bytes]  # what the record says of a paper, in the order of COLUMNS, and its vectors


@dataclass(frozen=True, slots=True)
class Origin:
    """A record elsewhere, known as `library`, at one of its revisions."""

    library: str
    identity: str
    embedding: str
    revision: int
    stamp: str


def followed(record: Record) -> str:
    """The name of the library that a record is a copy of; empty where it is its own."""
    if not record.database.rows("SELECT 1 FROM sqlite_master WHERE name = 'followed'"):
        return ""
    return str(record.database.rows("SELECT library FROM followed")[0][0])


def said_of(record: Record, number: int) -> list[Any]:
    """What a record says of a paper, in the order of COLUMNS."""
    return list(record.database.rows(f"SELECT {COLUMNS} FROM papers WHERE number = ?", (number,))[0])


def copy(record: Record, papers: Sequence[Copied], origin: Origin, *, searched: tuple[int, str]) -> None:
    """Commits, all or none, what is new in another record at its present revision, of which this one is a copy.

    `searched` is another of its revisions, with its stamp, that something derived may be of.
    """
    database = record.database
    with database.transaction():
        if followed(record) != origin.library and record.count():  # taken in since this was looked at
            raise StoreError(f"{record.path} has papers of its own and cannot become a copy of {origin.library}.")
        database.rows("CREATE TABLE IF NOT EXISTS followed (library TEXT NOT NULL)")
        database.rows("DELETE FROM followed")
        database.rows("INSERT INTO followed VALUES (?)", (origin.library,))
        database.rows("UPDATE identity SET value = ?", (origin.identity,))
        commits = [commit for commit in (searched, (origin.revision, origin.stamp)) if commit[1]]
        database.many("INSERT OR REPLACE INTO commits VALUES (?, ?)", commits)
        numbers = [(row[0],) for row, _ in papers]
        database.many("DELETE FROM vectors WHERE paper = ?", numbers)
        database.many("DELETE FROM papers WHERE number = ?", numbers)
        marks = ", ".join("?" * (len(COLUMNS.split()) + 1))
        rows = [(*row, origin.revision) for row, _ in papers]
        database.many(f"INSERT INTO papers ({COLUMNS}, revision) VALUES ({marks})", rows)
        database.many("INSERT INTO vectors VALUES (?, ?, ?)", [(r[0], origin.embedding, rows) for r, rows in papers])
