"""A folder `index-N`: the vector and word indexes made from the record, with a manifest that says of what.

The manifest is removed before anything in the folder changes and written last, with the size and time of every
file, so that a kill, a full disk or a flipped byte leaves a folder that is not trusted. Such a folder is never
mended: another is made beside it, out of the record, without embedding anything again.
"""

import json
import shutil
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ingest.errors import StoreError
from ingest.record import Record
from ingest.vectors import ChromaVectors, embedded_client
from ingest.words import WordIndex

FORMAT = 1  # grows when what is derived, or how, changes
PART = 1_000  # papers carried from the record to Chroma at a time


def facts(revision: int, embedding: str) -> dict[str, Any]:
    """What makes a derived index this one and no other."""
    return {"format": FORMAT, "revision": revision, "embedding": embedding, "chroma": version("chromadb")}


class IndexFolder:
    """An open index folder. Raises StoreError or OSError; after either it is not to be used any more."""

    def __init__(self, path: Path, words: WordIndex, vectors: ChromaVectors | None, stated: dict[str, Any]) -> None:
        self.path = path
        self.words = words
        self.vectors = vectors
        self._stated = stated

    @classmethod
    def find(cls, home: Path, record: Record, embedding: str) -> "IndexFolder | None":
        """The newest folder that can be trusted, of this or an earlier revision; any other is deleted."""
        found = None
        for path in sorted(home.glob("index-*"), key=_number, reverse=True):
            if found is None:
                with suppress(StoreError, OSError, ValueError, KeyError, EOFError):
                    found = cls._open(path, record, embedding)
            if found is None or found.path != path:
                shutil.rmtree(path, ignore_errors=True)
        return found

    @classmethod
    def _open(cls, path: Path, record: Record, embedding: str) -> "IndexFolder | None":
        manifest = json.loads((path / "manifest.json").read_text())
        stated = {key: manifest.get(key) for key in ("format", "revision", "embedding", "chroma", "rows")}
        expected = facts(stated["revision"], embedding)
        if {**stated, **expected} != stated or manifest.get("files") != _files(path):
            return None
        if stated["revision"] > record.revision():
            return None  # of a record that was lost or put back
        words = WordIndex.load(path / f"words-{stated['revision']}")
        vectors = ChromaVectors.find(embedded_client(path / "chroma")) if embedding else None
        if (vectors.count() if vectors else 0) != stated["rows"]:
            return None
        folder = cls(path, words, vectors, stated)
        folder._seal()  # opening touched Chroma's files
        return folder

    @classmethod
    def make(cls, home: Path, record: Record, embedding: str) -> "IndexFolder":
        """A new folder for the whole record; all others are deleted."""
        path = home / f"index-{max((_number(p) for p in home.glob('index-*')), default=0) + 1}"
        (path / "chroma").mkdir(parents=True, mode=0o700)
        revision = record.revision()
        vectors = None
        if embedding:
            rows = sum(2 + len(entry.passages) for entry in record.entries())
            vectors = ChromaVectors.create(embedded_client(path / "chroma"), rows=rows)
            fill(vectors, record, record.numbers())
        folder = cls(path, WordIndex.build(record.entries()), vectors, facts(revision, embedding))
        folder.words.save(path / f"words-{revision}")
        folder._seal()
        for other in home.glob("index-*"):
            if other != path:
                shutil.rmtree(other, ignore_errors=True)
        return folder

    @property
    def revision(self) -> int:
        return int(self._stated["revision"])

    def catch_up(self, record: Record) -> None:
        """Carries over what changed in the record since the folder's revision."""
        revision, changed = record.revision(), record.numbers(since=self.revision)
        (self.path / "manifest.json").unlink(missing_ok=True)
        if self.vectors:
            self.vectors.remove(changed)
            fill(self.vectors, record, changed)
        before = self.path / f"words-{self.revision}"
        self.words = WordIndex.build(record.entries())
        self.words.save(self.path / f"words-{revision}")
        shutil.rmtree(before, ignore_errors=True)  # what is mapped from it stays readable
        self._stated["revision"] = revision
        self._seal()

    def close(self) -> None:
        """Closes Chroma and seals the folder for the next process."""
        if self.vectors:
            self.vectors.close()
        self._seal()

    def _seal(self) -> None:
        if not (self.vectors and self.vectors.closed):
            self._stated["rows"] = self.vectors.count() if self.vectors else 0
        aside = self.path / "manifest.new"
        aside.write_text(json.dumps({**self._stated, "files": _files(self.path)}))
        aside.replace(self.path / "manifest.json")


def fill(vectors: ChromaVectors, record: Record, numbers: list[int]) -> None:
    """Puts the rows of these papers into a collection that does not hold them."""
    for start in range(0, len(numbers), PART):
        vectors.put(list(record.entries(numbers[start : start + PART], vectors=True)))


def _number(path: Path) -> int:
    digits = path.name.removeprefix("index-")
    return int(digits) if digits.isdecimal() else 0


def _files(folder: Path) -> dict[str, list[int]]:
    """Size in bytes and time of change in nanoseconds of each file below a folder, but its manifest."""
    found = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("manifest."))
    return {str(path.relative_to(folder)): [path.stat().st_size, path.stat().st_mtime_ns] for path in sorted(found)}
