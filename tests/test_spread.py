"""An ingest spread over other processes: the same record, nothing embedded twice, plain words where it cannot be."""

import gzip
import socket
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import ingest.spread
from ingest.errors import SpreadError, UsageError
from ingest.library import ingest_sources
from ingest.record import Record
from ingest.settings import Settings
from ingest.spread import Row, Worker, read_rows
from tests.conftest import PAGE
from tests.corpus import WordModel, export, model, paper, papers, settings, write_source
from ui.cli import main

__all__ = ["model"]

RAY = all(map(find_spec, ("ray", "pyarrow")))


@pytest.fixture
def workers(model: WordModel, monkeypatch: pytest.MonkeyPatch) -> WordModel:
    """What workers do, done here one after the other; the model they have."""
    theirs = WordModel()

    def rows(places: Sequence[str], settings: Settings, known: NDArray[np.uint64]) -> Iterator[Row]:
        worker = Worker(settings, known)
        for at, place in enumerate(places):
            for row in read_rows({"source": np.asarray([at]), "place": np.asarray([place], dtype=object)}):
                made = worker(row)
                yield {name: values[0] for name, values in made.items()}

    monkeypatch.setattr(ingest.spread, "_rows", rows)
    monkeypatch.setattr(ingest.spread, "find_spec", lambda name: name)
    monkeypatch.setattr(ingest.spread, "make_embedder", lambda settings: theirs)
    return theirs


def check_same(one: Path, other: Path) -> None:
    assert export(one) == export(other)
    records = [Record(home) for home in (one, other)]
    embedding = records[0].embeddings()[0]
    for a, b in zip(*(record.entries(embedding=embedding) for record in records), strict=True):
        assert a.rows is not None
        assert b.rows is not None
        assert np.allclose(a.rows, b.rows, atol=1e-3)
    said = [record._db.rows("SELECT * FROM said ORDER BY paper, source") for record in records]
    assert said[0] == said[1]
    for record in records:
        record.close()


def test_a_spread_ingest_makes_the_same_record(tmp_path: Path, model: WordModel, workers: WordModel) -> None:
    a = write_source(tmp_path / "a.jsonl", [*papers(150), paper(3)])
    b = write_source(tmp_path / "b.jsonl", [paper(7, abstract="Spoken of: numbats alone."), *papers(160)])
    packed = tmp_path / "c.gz"
    packed.write_bytes(gzip.compress(Path(a).read_bytes() + b"\n{broken\n"))
    reports = [
        ingest_sources(settings(tmp_path / name), [a, b, str(packed), "missing"], spread=spread)
        for name, spread in (("one", False), ("other", True))
    ]
    assert [len(report.failed) for report in reports] == [1, 1]
    assert reports[1].failed[0].endswith(f"/{reports[0].failed[0]}")  # workers are given the whole path
    assert [place for _, place in reports[0].unreadable] == [place for _, place in reports[1].unreadable]
    counts = [(r.seen, r.added, r.updated, r.unchanged, r.doubled) for r in reports]
    assert counts[0] == counts[1]
    check_same(tmp_path / "one", tmp_path / "other")


def test_workers_embed_what_is_new_and_this_process_nothing(
    tmp_path: Path, model: WordModel, workers: WordModel
) -> None:
    source = write_source(tmp_path / "a.jsonl", papers(130))
    assert ingest_sources(settings(tmp_path), [source], spread=True).added == 130
    assert (len(model.asked) == 0, len(workers.asked) > 130) == (True, True)
    workers.asked.clear()
    assert ingest_sources(settings(tmp_path), [source], spread=True).unchanged == 130
    write_source(tmp_path / "a.jsonl", papers(131))
    assert ingest_sources(settings(tmp_path), [source], spread=True).added == 1
    assert workers.asked[0].startswith("Own130 ")
    assert len(workers.asked) < 20
    assert model.asked == []


def test_a_spread_ingest_that_stops_goes_on_where_it_was(
    tmp_path: Path, model: WordModel, workers: WordModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_source(tmp_path / "a.jsonl", papers(200))
    rows = ingest.spread._rows

    def stopping(*given: Any) -> Iterator[Row]:
        yield from list(rows(*given))[:2]
        raise SpreadError("Ray gave up.")

    monkeypatch.setattr(ingest.spread, "_rows", stopping)
    with pytest.raises(SpreadError):
        ingest_sources(settings(tmp_path), [source], spread=True)
    monkeypatch.setattr(ingest.spread, "_rows", rows)
    report = ingest_sources(settings(tmp_path), [source], spread=True)
    assert (report.added, report.unchanged) == (72, 128)


def test_without_the_package_it_says_how_to_install_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest.spread, "find_spec", lambda name: None)
    assert main(["ingest", "--ray", write_source(tmp_path / "a.jsonl", papers(2))]) == 2
    said = "paperchat: --ray needs the package ray. Run: pip install 'paperchat[ray]' (or: uv sync --extra ray)\n"
    assert capsys.readouterr().err.endswith(said)


def test_what_cannot_be_spread_is_told(tmp_path: Path, model: WordModel, workers: WordModel) -> None:
    with pytest.raises(UsageError, match="save it to a file"):
        ingest_sources(settings(tmp_path), ["-"], spread=True)


@pytest.mark.parametrize(
    ("cores", "shares"),
    [([2], (2, 1)), ([1], (1, 1)), ([16], (4, 4)), ([8, 8, 2], (2, 9)), ([], (4, 1)), ([0], (1, 1))],
)
def test_workers_share_the_cores_of_all_nodes(cores: list[int], shares: tuple[int, int]) -> None:
    assert ingest.spread._shares(cores) == shares


@pytest.mark.skipif(not RAY, reason="the optional package ray is not installed: uv sync --extra ray")
def test_a_cluster_that_does_not_answer_is_told_soon(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{closed.getsockname()[1]}"
        there = replace(Settings(tmp_path / "home"), ray_address=address)
        with pytest.raises(SpreadError, match="No Ray cluster answers at RAY_ADDRESS, 127"):
            ingest_sources(there, [write_source(tmp_path / "a.jsonl", papers(2))], spread=True)


@pytest.mark.skipif(not RAY, reason="the optional package ray is not installed: uv sync --extra ray")
@pytest.mark.filterwarnings("default")
def test_ray_on_this_machine_makes_the_same_record(tmp_path: Path, indexed_home: Path) -> None:
    report = ingest_sources(Settings(tmp_path / "home"), [str(PAGE)], spread=True)
    assert (report.added, report.failed) == (90, [])
    check_same(indexed_home, tmp_path / "home")
