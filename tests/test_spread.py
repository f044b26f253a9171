"""An ingest spread over other processes: the same record, nothing embedded twice, plain words where it cannot be."""

import gzip
from collections.abc import Iterator, Sequence
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import ingest.spread
from ingest.errors import SpreadError
from ingest.library import ingest_sources
from ingest.record import Record
from ingest.settings import Settings
from ingest.spread import Row, Worker, read_rows
from tests.conftest import PAGE
from tests.corpus import WordModel, export, model, paper, papers, settings, write_source
from ui.cli import main

__all__ = ["model"]


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
    with closing(Record(one)) as a, closing(Record(other)) as b:
        numbers, embedding = a.numbers(), a.embeddings()[0]
        assert a.provenance(numbers) == b.provenance(numbers)
        for mine, theirs in zip(a.entries(embedding=embedding), b.entries(embedding=embedding), strict=True):
            np.testing.assert_allclose(mine.rows, theirs.rows, atol=1e-3)


def test_a_spread_ingest_makes_the_same_record(tmp_path: Path, model: WordModel, workers: WordModel) -> None:
    a = write_source(tmp_path / "a.jsonl", [*papers(150), paper(3)])
    b = write_source(tmp_path / "b.jsonl", [paper(7, abstract="Spoken of: numbats alone."), *papers(160)])
    packed = tmp_path / "c.gz"
    packed.write_bytes(gzip.compress(Path(a).read_bytes() + b"\n{broken\n"))
    given = [a, b, str(packed), "missing"]
    one = ingest_sources(settings(tmp_path / "one"), given)
    other = ingest_sources(settings(tmp_path / "other"), given, spread=True)
    assert other.failed[0].endswith(f"/{one.failed[0]}")  # workers are given the whole path
    assert (len(one.failed), len(other.failed)) == (1, 1)
    assert [place for _, place in one.unreadable] == [place for _, place in other.unreadable]
    for counted in ("seen", "added", "updated", "unchanged", "doubled"):
        assert getattr(one, counted) == getattr(other, counted)
    check_same(tmp_path / "one", tmp_path / "other")


def test_a_spread_ingest_that_stops_goes_on_where_it_was_and_only_workers_embed(
    tmp_path: Path, model: WordModel, workers: WordModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_source(tmp_path / "a.jsonl", papers(200))

    def stopping(*given: Any, rows: Any = ingest.spread._rows) -> Iterator[Row]:
        yield from list(rows(*given))[:2]
        raise SpreadError("Ray gave up.")

    with monkeypatch.context() as patch:
        patch.setattr(ingest.spread, "_rows", stopping)
        with pytest.raises(SpreadError):
            ingest_sources(settings(tmp_path), [source], spread=True)
    report = ingest_sources(settings(tmp_path), [source], spread=True)
    assert (report.added, report.unchanged) == (72, 128)
    workers.asked.clear()
    write_source(tmp_path / "a.jsonl", papers(201))
    assert ingest_sources(settings(tmp_path), [source], spread=True).added == 1
    assert workers.asked[0].startswith("Own200 ")
    assert len(workers.asked) < 20
    assert model.asked == []


def test_without_the_package_it_says_how_to_install_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest.spread, "find_spec", lambda name: None)
    assert main(["ingest", "--ray", write_source(tmp_path / "a.jsonl", papers(2))]) == 2
    said = "paperchat: --ray needs the package ray. Run: pip install 'paperchat[ray]' (or: uv sync --extra ray)\n"
    assert capsys.readouterr().err.endswith(said)


@pytest.mark.skipif(not find_spec("ray"), reason="ray is not installed: uv sync --extra ray")
@pytest.mark.filterwarnings("default")
def test_ray_on_this_machine_makes_the_same_record(tmp_path: Path, indexed_home: Path) -> None:
    report = ingest_sources(Settings(tmp_path / "home"), [str(PAGE)], spread=True)
    assert (report.added, report.failed) == (90, [])
    check_same(indexed_home, tmp_path / "home")
