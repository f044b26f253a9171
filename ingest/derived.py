"""A folder `index-N`: the vector, word and name indexes made from the record, with a manifest that says of what.

The manifest is removed before anything in the folder changes and written last, with the mark of every file, so
that a kill, a full disk or a flipped byte leaves a folder that is not trusted. Such a folder is never opened nor
mended: another is made in its place, out of the record, without embedding anything again.
"""

import json
import re
import shutil
import zlib
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.calls import CallIndex
from ingest.errors import StoreError
from ingest.record import Record
from ingest.vectors import ChromaVectors, close, embedded_client
from ingest.words import WordIndex

if TYPE_CHECKING:
    from chromadb.api import ClientAPI

FORMAT = 5  # grows when what is derived, or how, changes
UNFLUSHED = 1_000  # papers up to which Chroma's vector file stays off the disk; replaying them takes 0.3 s
MARKED = 32_000_000  # bytes up to which a file is known by its content (10 ms), beyond by its time of change
WORDS, CALLS = "words-", "calls-"  # before the names of the folders that hold the parts of the two inverted indexes
NAME = re.compile(r"index-(\d{1,9})")


def facts(record: Record, revision: int, embedding: str) -> dict[str, Any]:
    """What makes a derived index this one and no other."""
    versions = f"{FORMAT} chromadb {version('chromadb')}"
    return {"format": versions, "embedding": embedding, "revision": revision, "stamp": record.stamp(revision)}


class IndexFolder:
    """An open index folder. Raises StoreError or OSError; after either it is to be discarded."""

    def __init__(self, path: Path, stated: dict[str, Any]) -> None:
        self.path = path
        self.words, self.calls = load_words(path, stated["words"])
        self.vectors: ChromaVectors | None = None
        self._client: ClientAPI | None = None
        self._stated = stated
        self._wrote = False

    @classmethod
    def find(cls, home: Path, record: Record, embedding: str) -> "IndexFolder | None":
        """The newest folder that can be trusted, of this or an earlier revision; all others are then deleted."""
        for path in _folders(home):
            with suppress(StoreError, OSError, ValueError, KeyError, TypeError, EOFError):
                if found := cls._open(path, record, embedding):
                    _delete(_folders(home), but=path)
                    return found
        return None

    @classmethod
    def _open(cls, path: Path, record: Record, embedding: str) -> "IndexFolder | None":
        stated = _trusted(path, record, embedding)
        if stated is None:
            return None
        folder = cls(path, stated)
        try:
            if embedding:
                folder._client = embedded_client(path / "chroma")
                folder.vectors = ChromaVectors.find(folder._client, stated["collection"])
            if folder.rows() != stated["rows"]:
                raise StoreError(f"{path} does not hold what it states.")
            folder._write_manifest()  # opening rewrote Chroma's files
        except BaseException:
            folder.discard()
            raise
        return folder

    @classmethod
    def make(cls, home: Path, record: Record, embedding: str) -> "IndexFolder":
        """A new folder for the whole record in place of any other."""
        path = home / f"index-{max(map(_number, home.glob('index-*')), default=0) + 1}"
        _delete(_folders(home), but=path)  # first, for the space they take
        flushed = record.count() > UNFLUSHED
        name = f"paperchat-{record.identity()}"
        stated = {**facts(record, 0, embedding), "collection": name, "flushed": flushed, "words": [[], []]}
        folder = cls(path, stated)
        try:
            (path / "chroma").mkdir(parents=True, mode=0o700)
            if embedding:
                folder._client = embedded_client(path / "chroma")
                folder.vectors = ChromaVectors.create(folder._client, name, flushed=flushed)
            folder.catch_up(record)
        except BaseException:
            folder.discard()
            raise
        return folder

    def outgrown(self, record: Record) -> bool:
        """Whether it was made for so few papers that opening it is going to take long."""
        return not self._stated["flushed"] and record.count() > 2 * UNFLUSHED

    def catch_up(self, record: Record) -> None:
        """Carries over what changed in the record since the folder's revision."""
        before, revision = self._stated["revision"], record.revision()  # what is changed later, is carried again
        self._wrote = True
        (self.path / "manifest.json").unlink(missing_ok=True)
        changed = record.numbers(since=before)
        if self.vectors:
            self.vectors.carry(record, changed, self._stated["embedding"])
        self.words = self.words.grown(record, changed, self.path, f"{WORDS}{revision}")
        self.calls = self.calls.grown(record, changed, self.path, f"{CALLS}{revision}")
        kept = [self.words.folders, self.calls.folders]
        for folder in chain(self.path.glob(f"{WORDS}*"), self.path.glob(f"{CALLS}*")):
            if folder.name not in chain(*kept):
                shutil.rmtree(folder, ignore_errors=True)  # what is mapped from it stays readable
        self._stated |= {**facts(record, revision, self._stated["embedding"]), "words": kept}
        self._seal()

    @property
    def revision(self) -> int:
        """The revision of the record that it holds, if not a later one."""
        return int(self._stated["revision"])

    def rows(self) -> int:
        return self.vectors.count() if self.vectors else 0

    def close(self) -> None:
        """Closes Chroma and, where it was written to, seals the folder for the next process."""
        self._stated["rows"] = self.rows()
        self._close_chroma()
        if self._wrote:
            self._write_manifest()

    def discard(self) -> None:
        """Closes and deletes it, so that neither this process nor another can trust it again."""
        with suppress(OSError):
            (self.path / "manifest.json").unlink(missing_ok=True)
        with suppress(StoreError):
            self._close_chroma()
        shutil.rmtree(self.path, ignore_errors=True)

    def _close_chroma(self) -> None:
        """Lets go of Chroma's files; an open client would be handed out again for the same path."""
        client, self._client = self._client, None
        if client:
            close(client)

    def _seal(self) -> None:
        self._stated["rows"] = self.rows()
        self._write_manifest()

    def _write_manifest(self) -> None:
        aside = self.path / "manifest.new"
        aside.write_text(json.dumps({**self._stated, "files": dict(_marks(self.path))}))
        aside.replace(self.path / "manifest.json")


def lacking(home: Path, record: Record, embedding: str) -> str:
    """Why the newest folder is not what the record now says ('is not there'); empty where it is."""
    path = next(iter(_folders(home)), None)
    if path is None:
        return "is not there"
    try:
        stated = _trusted(path, record, embedding)
    except (OSError, ValueError, KeyError, TypeError, EOFError):
        return "was not finished, or its manifest is damaged"
    if stated is None:
        return "is not as it was written, or of another version, model or record"
    return "" if stated["revision"] == record.revision() else "is behind the record"


def recorded(home: Path, record: Record) -> tuple[WordIndex, CallIndex]:
    """The words and names of this very revision, from the folder of the process that owns it, or made anew."""
    for path in _folders(home):
        with suppress(OSError, ValueError, KeyError, TypeError, EOFError):
            manifest = _manifest(path)
            stated = facts(record, record.revision(), manifest["embedding"])
            files = {name: mark for name, mark in manifest["files"].items() if name.startswith((WORDS, CALLS))}
            found = {**dict(_marks(path, f"{WORDS}*/*")), **dict(_marks(path, f"{CALLS}*/*"))}
            if manifest == {**manifest, **stated} and files == found:
                return load_words(path, manifest["words"])
    return WordIndex.build(record.entries()), CallIndex.build(record.entries())


def load_words(path: Path, folders: list[list[str]]) -> tuple[WordIndex, CallIndex]:
    """The parts of these names in a folder. Raises OSError, ValueError or KeyError."""
    words, calls = folders
    return WordIndex.load(path, words), CallIndex.load(path, calls)


def _trusted(path: Path, record: Record, embedding: str) -> dict[str, Any] | None:
    """What the manifest of a folder states, where all of it is true."""
    stated = _manifest(path)
    files = stated.pop("files")
    same = stated == {**stated, **facts(record, stated["revision"], embedding)}
    return stated if same and files == dict(_marks(path)) else None


def _manifest(path: Path) -> dict[str, Any]:
    """What a folder states; raises OSError or ValueError where it states nothing."""
    stated = json.loads((path / "manifest.json").read_text())
    if not isinstance(stated, dict):
        raise ValueError(f"{path} states no facts")
    return stated


def _marks(folder: Path, pattern: str = "**/*") -> Iterator[tuple[str, list[int]]]:
    """The name of each such file below a folder, but its manifest, with its size and what it holds."""
    for path in sorted(folder.glob(pattern)):
        if path.is_file() and not path.name.startswith("manifest."):
            found = path.stat()
            content = zlib.crc32(path.read_bytes()) if found.st_size <= MARKED else found.st_mtime_ns
            yield path.relative_to(folder).as_posix(), [found.st_size, content]


def _folders(home: Path) -> list[Path]:
    """The index folders, newest first."""
    return sorted((p for p in home.glob("index-*") if _number(p) and p.is_dir()), key=_number, reverse=True)


def _delete(folders: list[Path], *, but: Path) -> None:
    for path in folders:
        if path != but:
            shutil.rmtree(path, ignore_errors=True)


def _number(path: Path) -> int:
    found = NAME.fullmatch(path.name)
    return int(found[1]) if found else 0
