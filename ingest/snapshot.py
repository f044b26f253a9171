"""All that is recorded, as open files in a folder: `papers.jsonl`, vectors as Parquet, and a manifest with checksums.

A line of `papers.jsonl` is a paper with its spans and with what each source said of it (as a hash); a row of
`vectors.parquet` is one vector: the paper's id, its place among the paper's rows and float16 values. `live.json` says
which days and queries were taken in and when, so that an update goes on from there. The manifest is written last and
the folder named last, so that one that was not finished is never taken for a whole one.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.entry import Entry
from ingest.errors import SourceError, StoreError
from ingest.formats.json_lines import MAX_LINE
from ingest.live.taken import read_taken
from ingest.record import Record

FORMAT = 2  # grows when older versions could no longer read what is written
PAPERS, VECTORS, LIVE, MANIFEST = "papers.jsonl", "vectors.parquet", "live.json", "manifest.json"
PART = 500  # papers written at a time: 6,000 vectors, 5 MB
PIECE = 1_000_000  # bytes read at a time for a checksum
MAX_MANIFEST = 1_000_000  # bytes

Progress = Callable[[int], None]


def export_snapshot(record: Record, folder: Path, *, progress: Progress = lambda papers: None) -> int:
    """Writes the record to a folder that is new or empty; the number of papers.

    Raises StoreError where the folder holds something or cannot be written.
    """
    target = folder.resolve()
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise StoreError(f"{folder} holds something already; name a folder that is new or empty.")
    aside = target.with_name(f".{target.name}.unfinished")
    try:
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        count = _write(record, aside, progress)
        if target.exists():
            target.rmdir()
        aside.rename(target)
    except OSError as error:
        raise StoreError(f"{folder} cannot be written ({error.strerror}); name one on a disk with space.") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return count


def _write(record: Record, folder: Path, progress: Progress) -> int:
    numbers = record.numbers()
    # While papers are embedded anew there are two models; the vectors of the one that has more come along.
    embedding = min(record.embeddings(), key=lambda name: len(record.without_vectors(name)), default="")
    with (folder / PAPERS).open("w", encoding="utf-8") as papers, _VectorFile(folder / VECTORS, embedding) as vectors:
        for at in range(0, len(numbers), PART):
            part = numbers[at : at + PART]
            said = record.provenance(part)
            for entry in record.entries(part, embedding=embedding):
                line = _line(entry, said.get(entry.number, []))
                papers.write(json.dumps(line, ensure_ascii=False) + "\n")
                vectors.add(entry)
            vectors.flush()
            progress(len(part))
    taken = read_taken(record).points()
    if any(taken.values()):
        (folder / LIVE).write_text(json.dumps(taken, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    _settle(folder / PAPERS, folder / VECTORS, folder / LIVE)
    files = {path.name: {"bytes": path.stat().st_size, "sha256": checksum(path)} for path in sorted(folder.iterdir())}
    stated = {"format": FORMAT, "made_by": f"paperchat {version('paperchat')}", "papers": len(numbers)}
    text = json.dumps({**stated, "embedding": embedding if vectors.rows else "", "files": files}, indent=1)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")
    _settle(folder / MANIFEST)
    return len(numbers)


def _settle(*paths: Path) -> None:
    """Has files, where they are there, on the disk before what is written next."""
    for path in filter(Path.exists, paths):
        with path.open("rb") as file:
            os.fsync(file.fileno())


def _line(entry: Entry, said: list[tuple[str, str]]) -> dict[str, Any]:
    paper = entry.paper
    return {
        "id": paper.id,
        "title": paper.title,
        "abstract": paper.abstract,
        "authors": list(paper.authors),
        "date": paper.date,
        "url": paper.url,
        "arxiv": paper.arxiv,
        "passages": [[passage.start, passage.end] for passage in entry.passages],
        "sentences": [[sentence.start, sentence.end] for sentence in entry.sentences],
        "said": [{"source": source, "hash": hash_} for source, hash_ in said],
    }


class _VectorFile:
    """The Parquet file of vectors, made with the first of them: a record without any has none."""

    def __init__(self, path: Path, embedding: str) -> None:
        self._path, self._embedding = path, embedding
        self._writer: Any = None
        self._papers: list[str] = []
        self._parts: list[NDArray[np.float16]] = []
        self.rows = 0

    def __enter__(self) -> "_VectorFile":
        return self

    def __exit__(self, *error: object) -> None:
        if self._writer:
            self._writer.close()

    def add(self, entry: Entry) -> None:
        if entry.rows is not None:
            self._papers += [entry.paper.id] * len(entry.rows)
            self._parts.append(entry.rows)

    def flush(self) -> None:
        if not self._parts:
            return
        import pyarrow as pa
        import pyarrow.parquet as pq

        places = np.concatenate([np.arange(len(part), dtype=np.int32) for part in self._parts])
        values = np.concatenate(self._parts)
        vectors = pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), values.shape[1])
        table = pa.table({"paper": self._papers, "row": places, "vector": vectors})
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, table.schema)  # type: ignore[no-untyped-call]
        self._writer.write_table(table)
        self.rows += len(values)
        self._papers, self._parts = [], []


class Snapshot:
    """A folder that `export_snapshot` made, its files verified. Raises SourceError for any other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        stated = self._manifest()
        self.papers: int = stated["papers"]
        self.embedding: str = stated["embedding"]
        self._has_vectors, self.has_live = VECTORS in stated["files"], LIVE in stated["files"]
        for name, mark in stated["files"].items():
            self._verify(folder / name, mark)

    def _manifest(self) -> dict[str, Any]:
        path = self.folder / MANIFEST
        try:
            if path.stat().st_size > MAX_MANIFEST:
                raise ValueError("it is too long")
            stated = json.loads(path.read_text(encoding="utf-8"))
            made = stated["format"]
            if not isinstance(made, int) or made > FORMAT:
                raise SourceError(
                    f"{self.folder} was exported by a newer version of paperchat (format {made!r}, this one reads up "
                    f"to {FORMAT}); import it with that version."
                )
            names = set(stated["files"])
            if not (names <= {PAPERS, VECTORS, LIVE} and PAPERS in names):
                raise ValueError("its files are not those of a snapshot")
            if not (isinstance(stated["papers"], int) and isinstance(stated["embedding"], str)):
                raise ValueError("it does not state what it holds")
            return dict(stated)
        except FileNotFoundError:
            raise SourceError(
                f"{self.folder} is no snapshot: it has no {MANIFEST}; name a folder made by export."
            ) from None
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise SourceError(f"{path} cannot be read ({error}); export again, or take another copy.") from error

    def _verify(self, path: Path, mark: Any) -> None:
        try:
            whole = mark["bytes"] == path.stat().st_size and mark["sha256"] == checksum(path)
        except (OSError, KeyError, TypeError) as error:
            raise SourceError(f"{path} cannot be read ({error}); take another copy of the snapshot.") from error
        if not whole:
            raise SourceError(f"{path} is not as it was exported (its checksum differs); take another copy.")

    def lines(self) -> Iterator[tuple[int, dict[str, Any], NDArray[np.float16] | None]]:
        """Number of the line, what stands in it, and the paper's vectors (rows, dim), for one paper after another.

        Raises SourceError for a line that is no JSON object.
        """
        vectors = self._vectors()
        ahead = next(vectors, None)
        number = 0
        with (self.folder / PAPERS).open(encoding="utf-8", errors="replace") as file:
            while text := file.readline(MAX_LINE + 1):
                number += 1
                try:
                    if len(text) > MAX_LINE:
                        raise ValueError(f"a line of more than {MAX_LINE:,} characters")
                    line = json.loads(text)
                    paper_id = str(line["id"])
                except (ValueError, KeyError, TypeError, RecursionError) as error:
                    raise SourceError(f"{self.folder / PAPERS}, line {number}: no paper ({error}).") from error
                own = None
                if ahead and ahead[0] == paper_id:
                    own, ahead = ahead[1], next(vectors, None)
                yield number, line, own
        if number != self.papers:
            raise SourceError(f"{self.folder} states {self.papers:,} papers and holds {number:,}; take another copy.")

    def _vectors(self) -> Iterator[tuple[str, NDArray[np.float16]]]:
        """The id of each paper that has vectors, with them, in the order of the papers."""
        if not self._has_vectors:
            return
        import pyarrow as pa
        import pyarrow.parquet as pq

        paper, rows = "", list[NDArray[np.float16]]()
        # What comes after damage has no vectors, and is embedded anew.
        with suppress(pa.ArrowException, OSError, LookupError, ValueError, TypeError, AttributeError):
            file: Any = pq.ParquetFile(self.folder / VECTORS)  # type: ignore[no-untyped-call]
            for batch in file.iter_batches(batch_size=4_096):
                ids = batch.column("paper").to_pylist()
                values = batch.column("vector").flatten().to_numpy(zero_copy_only=False).reshape(len(ids), -1)
                for own, row in zip(ids, values, strict=True):
                    if own != paper and rows:
                        yield paper, np.stack(rows)
                        rows = []
                    paper = own
                    rows.append(row)
        if rows:
            yield paper, np.stack(rows)


def checksum(path: Path) -> str:
    """The SHA-256 of a file's content, in hexadecimal digits."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            found.update(piece)
    return found.hexdigest()
