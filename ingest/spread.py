"""Reading and embedding spread over Ray Data: over the cores of this machine, or those of a cluster (RAY_ADDRESS).

Workers read sources and embed the papers that the record has not heard of; they write nothing. What they made comes
back in order, and this process takes it in as any ingest does: compared, committed batch by batch. So a kill loses a
batch, and a second run embeds nothing. Ray is an optional package.
"""

import json
import logging
import socket
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from importlib.util import find_spec
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.embedding import Embedder, make_embedder
from ingest.entry import make_entry
from ingest.errors import ModelError, PaperchatError, SourceError, SpreadError, UsageError
from ingest.formats import Records
from ingest.paper import Paper, Unreadable
from ingest.pipeline import BATCH_PAPERS, SLICE_PAPERS, content_hash
from ingest.record import Record
from ingest.settings import Settings
from ingest.sources import read_source

INSTALL = "pip install 'paperchat[ray]' (or: uv sync --extra ray)"
BLOCK = 50_000  # bytes from which what was read goes on to another worker: half of BATCH_PAPERS papers
JOIN_SECONDS = 5.0  # longest wait for a cluster's address to take a connection
THREADS = 4  # cores a worker that embeds can use

Row = dict[str, Any]


class Spread:
    """An embedder that already has the vectors of the papers its `read` last gave; embeds any other text itself."""

    def __init__(self, settings: Settings, record: Record, embedder: Embedder) -> None:
        """Raises UsageError where Ray is not installed."""
        if not all(map(find_spec, ("ray", "pyarrow"))):
            raise UsageError(f"--ray needs the package ray. Run: {INSTALL}")
        self._settings, self._record, self._embedder = settings, record, embedder
        self._ready: deque[dict[str, NDArray[np.float32]]] = deque(maxlen=BATCH_PAPERS)
        self.name = embedder.name
        self.spared = 0  # texts that this process had not to embed

    @property
    def dim(self) -> int:
        return self._embedder.dim

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        ready = {text: vector for paper in self._ready for text, vector in paper.items()}
        if not all(text in ready for text in texts):
            return self._embedder.embed(texts)
        self.spared += len(texts)
        return np.stack([ready[text] for text in texts])

    def embed_query(self, text: str) -> NDArray[np.float32]:
        return self._embedder.embed_query(text)

    def read(self, sources: Sequence[str]) -> Iterator[tuple[str, Records]]:
        """Each source with its records, which raise what `read_source` raises; SpreadError where Ray gives up."""
        if "-" in sources:
            raise UsageError("Standard input cannot be read by other processes; save it to a file and name that.")
        places = [str(Path(source).resolve()) for source in sources]
        for at, rows in groupby(_rows(places, self._settings, heard(self._record)), lambda row: int(row["source"])):
            yield sources[at], self._records(rows)

    def _records(self, rows: Iterable[Row]) -> Records:
        for row in rows:
            vectors = iter(np.frombuffer(row["vectors"], np.float32).reshape(-1, row["dim"] or 1))
            for kind, said, texts in json.loads(row["records"]):
                if kind == "failed":
                    raise SourceError(said)
                self._ready.append({text: next(vectors) for text in texts})
                yield Paper(**{**said, "authors": tuple(said["authors"])}) if kind == "paper" else Unreadable(**said)


def heard(record: Record) -> NDArray[np.uint64]:
    """The beginning of each hash of what was ever said of a paper, ascending: 8 bytes a paper for each worker.

    Two that begin alike cost no more than one paper embedded here instead.
    """
    return np.unique(np.fromiter((_mark(said) for said in record.hashes()), np.uint64))


def _mark(said: str) -> int:
    return int(said[:16], 16)


def _rows(places: Sequence[str], settings: Settings, known: NDArray[np.uint64]) -> Iterator[Row]:
    """What the workers made of the sources, in order, while they make more."""
    import ray  # two seconds of import
    import ray.data

    try:
        _join(settings.ray_address)
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        context.execution_options.preserve_order = True
        context.target_max_block_size = BLOCK
        nodes: list[Row] = ray.nodes()  # type: ignore[no-untyped-call, unused-ignore]
        cores, workers = _shares([int(node["Resources"].get("CPU", 0)) for node in nodes if node["Alive"]])
        given = [{"source": at, "place": place} for at, place in enumerate(places)]
        read = ray.data.from_items(given, override_num_blocks=len(given)).map_batches(
            read_rows, batch_size=1, num_cpus=0
        )
        embedded = read.map_batches(
            Worker,
            batch_size=1,
            num_cpus=cores,
            compute=ray.data.ActorPoolStrategy(min_size=1, max_size=workers),
            fn_constructor_args=(replace(settings, home=Path(tempfile.gettempdir()) / "paperchat-worker"), known),
        )
        yield from embedded.iter_rows()
    except PaperchatError:
        raise
    except Exception as error:  # those of Ray, of what it runs and of the network have no common base
        cause = getattr(error, "cause", None) or error
        reason = next(iter(str(cause).strip().splitlines()), "") or type(cause).__name__
        raise SpreadError(
            f"Ray gave up ({reason[:200]}); what was imported is kept. Run the same command again, or without --ray."
        ) from error
    finally:
        ray.shutdown()


def _join(address: str) -> None:
    """Joins the cluster at an address, or starts Ray on this machine, without a word on the way."""
    import ray

    if address:
        host, _, port = address.rpartition("://")[2].rpartition(":")
        try:  # Ray itself would try for minutes
            socket.create_connection((host, int(port)), timeout=JOIN_SECONDS).close()
        except OSError as error:
            reason = error.strerror or error
            raise SpreadError(f"No Ray cluster answers at RAY_ADDRESS, {address} ({reason}); is it started?") from error
    logging.getLogger("ray").setLevel(logging.ERROR)
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if address:
        ray.init(address, **quiet)
    else:
        ray.init("local", include_dashboard=False, **quiet)


def _shares(cores: Sequence[int]) -> tuple[int, int]:
    """Cores for each worker that embeds, and how many workers these nodes have room for."""
    each = max(1, min([THREADS, *cores]))
    return each, max(1, sum(count // each for count in cores))


def read_rows(batch: Row) -> Iterator[Row]:
    """In a worker: the records of a source, some at a time; an error of the source as the last of them."""
    records = _told(str(batch["place"][0]))
    while part := list(islice(records, BATCH_PAPERS)):
        yield {"source": batch["source"], "records": np.asarray([json.dumps(part)], dtype=object)}


def _told(place: str) -> Iterator[tuple[str, Any]]:
    try:
        for record in read_source(place):
            yield "paper" if isinstance(record, Paper) else "unreadable", asdict(record)
    except SourceError as error:
        yield "failed", str(error)


class Worker:
    """In a worker: embeds what the record has not heard of, the slices of an ingest at a time."""

    def __init__(self, settings: Settings, known: NDArray[np.uint64]) -> None:
        embedder = make_embedder(settings)
        if embedder is None:
            raise ModelError("There is no embedding model to spread over workers.")
        self._embedder, self._known = embedder, known

    def __call__(self, batch: Row) -> Row:
        told, vectors = [], []
        texts: list[list[str]] = []
        for kind, said in json.loads(str(batch["records"][0])):
            new = kind == "paper" and self._texts(said)
            told.append((kind, said, new or []))
            texts += [new] if new else []
        for start in range(0, len(texts), SLICE_PAPERS):
            vectors.append(self._embedder.embed([text for own in texts[start : start + SLICE_PAPERS] for text in own]))
        made = np.concatenate(vectors, dtype=np.float32) if vectors else np.zeros((0, 0), np.float32)
        return {
            "source": batch["source"],
            "records": np.asarray([json.dumps(told)], dtype=object),
            "vectors": np.asarray([made.tobytes()], dtype=object),
            "dim": np.asarray([made.shape[1]]),
        }

    def _texts(self, said: dict[str, Any]) -> list[str]:
        paper = Paper(**{**said, "authors": tuple(said["authors"])})
        mark = _mark(content_hash(paper))
        at = int(np.searchsorted(self._known, np.uint64(mark)))
        known = at < len(self._known) and int(self._known[at]) == mark
        return [] if known else make_entry(paper).texts
