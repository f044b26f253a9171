"""One SQLite file: opened, changed all or nothing, its errors in plain words. Knows no papers."""

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ingest.errors import StoreError

BUSY_SECONDS = 30  # how long a statement waits for another process to end its transaction
FULL = 256 * 1024  # bytes free below which an error of the disk is one of space
DISK_FULL = (27, 28, 122)  # EFBIG, ENOSPC, EDQUOT


class Database:
    """An SQLite file, made with `schema` when missing. Safe to share between threads and processes.

    Every commit is on the disk when it returns; a kill or a failed write leaves the one before. Raises StoreError
    when the file cannot be opened, read or written, or states another version.
    """

    def __init__(self, path: Path, *, schema: str, version: int) -> None:
        self.path = path
        self._lock = threading.RLock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        except (OSError, sqlite3.Error) as error:
            raise _in_plain_words(error, path) from error
        try:
            self._open(schema, version)
        except BaseException:
            self._db.close()
            raise

    def _open(self, schema: str, version: int) -> None:
        found = self.rows("PRAGMA user_version")[0][0]
        if found not in (0, version):
            raise StoreError(
                f"{self.path} was made by another version of paperchat (format {found}, this one reads {version}); "
                "use that version, or set PAPERCHAT_HOME to a new folder and ingest again."
            )
        self.rows("PRAGMA journal_mode = WAL")
        self.rows("PRAGMA synchronous = FULL")
        if found == 0:
            with self.transaction():
                if self.rows("PRAGMA user_version")[0][0] == 0:  # another process may have been first
                    for statement in schema.split(";\n"):
                        self.rows(statement)
                    self.rows(f"PRAGMA user_version = {version}")

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commits what is done inside, or nothing of it."""
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield
                self._db.execute("COMMIT")
            except BaseException as error:
                with suppress(sqlite3.Error):  # the first error is the one to tell
                    if self._db.in_transaction:
                        self._db.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error):
                    raise _in_plain_words(error, self.path) from error
                raise

    def rows(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """All rows that a statement gives."""
        with self._lock:
            try:
                return self._db.execute(statement, values).fetchall()
            except sqlite3.Error as error:
                raise _in_plain_words(error, self.path) from error
            except UnicodeDecodeError as error:
                raise damaged(self.path, "text that is not UTF-8") from error

    def insert(self, statement: str, values: Sequence[object]) -> int:
        """The number of the row that a statement inserts."""
        with self._lock:
            return int(self._db.execute(statement, values).lastrowid or 0)

    def many(self, statement: str, values: Iterable[Sequence[object]]) -> None:
        """Runs a statement once for each of these."""
        with self._lock:
            self._db.executemany(statement, values)


def _in_plain_words(error: OSError | sqlite3.Error, path: Path) -> StoreError:
    """What a disk or SQLite reports, where, and what to do."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    text = getattr(error, "strerror", None) or str(error)
    full = code == sqlite3.SQLITE_FULL or getattr(error, "errno", 0) in DISK_FULL
    if full or (code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN) and _is_full(path)):
        return StoreError(f"The disk is full; nothing more was written to {path}. Free some space and run again.")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return damaged(path, text)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreError(f"{path} is in use by another process; wait for it to finish and run again.")
    if code == sqlite3.SQLITE_READONLY or isinstance(error, PermissionError) or "read-only" in text.lower():
        return StoreError(f"{path} cannot be written ({text}); make its folder writable or set PAPERCHAT_HOME anew.")
    if isinstance(error, FileExistsError | NotADirectoryError):
        return StoreError(f"{path.parent} is not a folder; set PAPERCHAT_HOME to one, or to a name that is free.")
    return StoreError(f"{path} cannot be opened or written ({text}); check PAPERCHAT_HOME and the disk.")


def damaged(path: Path, reason: str) -> StoreError:
    """The error for a file that holds what was never written to it."""
    return StoreError(
        f"{path} is damaged ({reason}); move it away, put back a copy of it, or ingest your sources again."
    )


def _is_full(path: Path) -> bool:
    try:
        found = os.statvfs(path.parent)
    except OSError:
        return False
    return found.f_bavail * found.f_frsize < FULL
