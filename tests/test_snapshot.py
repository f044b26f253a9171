"""A snapshot holds all that is recorded, in open files, and comes back whole or not at all."""

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ingest.errors import SourceError, StoreError
from ingest.library import check, import_snapshot, ingest_sources
from ingest.live.taken import read_taken
from ingest.record import Record
from ingest.settings import Settings
from ingest.snapshot import LIVE, MANIFEST, PAPERS, VECTORS, checksum, export_snapshot
from tests.corpus import WordModel, model, paper, papers, settings, use, write_source
from ui.cli import main

__all__ = ["model"]

COUNT = 70  # more than a batch


@pytest.fixture
def home(tmp_path: Path, model: WordModel) -> Path:
    """Papers from two sources."""
    ingest_sources(settings(tmp_path / "home"), [write_source(tmp_path / "a.jsonl", papers(COUNT))])
    ingest_sources(settings(tmp_path / "home"), [write_source(tmp_path / "b.jsonl", papers(5))])
    model.asked.clear()
    return tmp_path / "home"


@pytest.fixture
def snapshot(home: Path, tmp_path: Path) -> Path:
    with closing(Record(home)) as record:
        assert export_snapshot(record, tmp_path / "snapshot") == COUNT
    return tmp_path / "snapshot"


@pytest.fixture
def there(tmp_path: Path) -> Settings:
    """An empty folder for it to be imported into."""
    return settings(tmp_path / "there")


def held(home: Path, model: WordModel) -> list[tuple[object, ...]]:
    """All that is recorded of each paper."""
    with closing(Record(home)) as record:
        said, entries = record.provenance(record.numbers()), list(record.entries(embedding=model.name))
    rows = [[] if entry.rows is None else entry.rows.tolist() for entry in entries]
    return [(replace(e, rows=None), of, said[e.number]) for e, of in zip(entries, rows, strict=True)]


def test_what_is_exported_comes_back(home: Path, snapshot: Path, there: Settings, model: WordModel) -> None:
    report = import_snapshot(there, snapshot)
    assert (report.added, report.there, report.bare, report.unreadable) == (COUNT, 0, 0, [])
    assert held(there.home, model) == held(home, model)
    assert model.asked == []
    again = ingest_sources(there, [str(home.parent / "a.jsonl")])
    assert (again.unchanged, again.changed) == (COUNT, 0)
    assert check(there) == []


def test_an_import_keeps_what_is_newer(snapshot: Path, there: Settings, tmp_path: Path, model: WordModel) -> None:
    newer = [paper(0, abstract="It was rewritten since. Nothing of it is old."), paper(COUNT + 1)]
    ingest_sources(there, [write_source(tmp_path / "c.jsonl", newer)])
    for added in (COUNT - 1, 0):
        report = import_snapshot(there, snapshot)
        assert (report.added, report.there) == (added, COUNT - added)
    with closing(Record(there.home)) as record:
        assert record.count() == COUNT + 1
        assert [e.paper.abstract for e in record.entries(record.select(ids=[paper(0).id]))] == [newer[0].abstract]


def test_vectors_of_other_models_are_replaced(snapshot: Path, there: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    other = use(WordModel("other", dim=16), monkeypatch)
    report = import_snapshot(there, snapshot)
    assert (report.added, report.bare) == (COUNT, COUNT)
    assert all(len(rows[0]) == 16 for _, rows, _ in held(there.home, other))


def test_the_files_are_open_and_say_what_they_hold(snapshot: Path) -> None:
    import pyarrow.parquet as pq

    lines = [json.loads(line) for line in (snapshot / PAPERS).read_text().splitlines()]
    stated = json.loads((snapshot / MANIFEST).read_text())
    assert [line["title"] for line in lines] == [p.title for p in papers(COUNT)]
    assert [len(line["said"]) for line in lines] == [2] * 5 + [1] * (COUNT - 5)
    assert all(line["abstract"][slice(*span)] for line in lines for span in line["sentences"])
    assert stated["files"][VECTORS]["sha256"] == checksum(snapshot / VECTORS)
    rows = pq.read_table(snapshot / VECTORS)  # type: ignore[no-untyped-call]
    assert rows.column_names == ["paper", "row", "vector"]
    assert rows.num_rows == sum(2 + len(line["passages"]) + len(line["sentences"]) for line in lines)


def restate(snapshot: Path, change: dict[str, Any]) -> None:
    """Changes what the manifest states."""
    stated = json.loads((snapshot / MANIFEST).read_text())
    (snapshot / MANIFEST).write_text(json.dumps(stated | change))


def put(snapshot: Path, name: str, content: str | bytes) -> None:
    """Puts a file in place of the one of that name and states its checksum."""
    path = snapshot / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    files = json.loads((snapshot / MANIFEST).read_text())["files"]
    restate(snapshot, {"files": files | {name: {"bytes": path.stat().st_size, "sha256": checksum(path)}}})


def change_first(snapshot: Path, change: dict[str, Any]) -> None:
    """Changes the first of the papers."""
    first, *rest = (snapshot / PAPERS).read_text().splitlines()
    put(snapshot, PAPERS, "\n".join([json.dumps(json.loads(first) | change), *rest]) + "\n")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("name", [PAPERS, VECTORS, MANIFEST])
@pytest.mark.parametrize("damage", [cut, flip, Path.unlink])
def test_a_damaged_one_is_refused(snapshot: Path, there: Settings, name: str, damage: Callable[[Path], None]) -> None:
    damage(snapshot / name)
    with pytest.raises(SourceError, match="snapshot"):
        import_snapshot(there, snapshot)
    assert not (there.home / "papers.sqlite3").exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": 99}, "newer version of paperchat"),
        ({"files": {"../../papers.sqlite3": {}}}, "cannot be read"),
        ({"files": []}, "cannot be read"),
        ({"papers": "all"}, "cannot be read"),
    ],
)
def test_a_manifest_is_believed_in_nothing(snapshot: Path, there: Settings, change: dict[str, Any], words: str) -> None:
    restate(snapshot, change)
    with pytest.raises(SourceError, match=words):
        import_snapshot(there, snapshot)


@pytest.mark.parametrize(
    ("change", "unreadable", "bare"),
    [
        ({"title": ""}, 1, 0),
        ({"abstract": "Hidden \u202e text."}, 1, 0),
        ({"authors": "Ada"}, 1, 0),
        ({"said": {}}, 1, 0),
        ({"sentences": [[0, 3]]}, 0, 1),
        ({"passages": [[5, 10**9]]}, 0, 1),
        ({"sentences": "none"}, 1, 0),
    ],
)
def test_a_line_that_is_no_paper_is_named_and_the_others_go_in(
    snapshot: Path, there: Settings, model: WordModel, change: dict[str, Any], unreadable: int, bare: int
) -> None:
    change_first(snapshot, change)
    report = import_snapshot(there, snapshot)
    assert (report.added, len(report.unreadable), report.bare) == (COUNT - unreadable, unreadable, bare)
    assert all(reason.startswith("line 1: ") for reason in report.unreadable)
    with closing(Record(there.home)) as record:
        assert record.without_vectors(model.name) == []


@pytest.mark.parametrize(
    ("text", "words"), [("", "states 70 papers and holds 0"), ("[]\n", "line 1: no paper"), ("9" * 2_000_000, "line 1")]
)
def test_papers_that_are_not_those_stated_are_told(snapshot: Path, there: Settings, text: str, words: str) -> None:
    put(snapshot, PAPERS, text)
    with pytest.raises(SourceError, match=words):
        import_snapshot(there, snapshot)


LIVE_POINTS = {"days": {"2026-08-20": "2026-08-22"}, "queries": {"cat:cs.LG": [100, "2026-08-22"]}}


@pytest.mark.parametrize(
    "change",
    [
        {"days": 7},
        {"days": {"yesterday": "2026-08-22"}},
        {"queries": {"x" * 501: [100, ""]}},
        {"queries": {"all": [10**9, ""]}},
        {"rests": {"all": ["2026-08-22", "then"]}},
        None,
    ],
)
def test_impossible_resume_points_are_refused(snapshot: Path, there: Settings, change: dict[str, Any] | None) -> None:
    put(snapshot, LIVE, json.dumps(LIVE_POINTS | change) if change else '{"days": ' + "[" * 9_999)
    with pytest.raises(SourceError, match=r"live\.json cannot be read"):
        import_snapshot(there, snapshot)
    assert Record(there.home).count() == 0


def test_resume_points_come_in_with_all_the_papers(snapshot: Path, there: Settings, tmp_path: Path) -> None:
    put(snapshot, LIVE, json.dumps(LIVE_POINTS | {"days": {"2026-08-20": "2026-08-22", "9999-12-31": "9999-12-31"}}))
    import_snapshot(there, snapshot)
    taken = read_taken(Record(there.home))
    assert (taken.days, taken.queries) == ({"2026-08-20": "2026-08-22"}, {"cat:cs.LG": (100, "2026-08-22")})
    change_first(snapshot, {"title": ""})
    import_snapshot(settings(tmp_path / "part"), snapshot)
    taken = read_taken(Record(tmp_path / "part"))
    assert (taken.days["2026-08-20"], taken.queries) == ("2026-08-20", {"cat:cs.LG": (100, "")})


def of_three_numbers(rows: Any) -> Any:
    return np.tile(np.float16([1, 0, 0]), (len(rows), 1))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(of_three_numbers, id="of another dimension"),
        pytest.param(lambda rows: rows, id="of another type"),
        pytest.param(lambda rows: (rows * np.nan).astype(np.float16), id="of no numbers"),
        pytest.param(lambda rows: ["no vector"] * len(rows), id="that are words"),
        pytest.param(None, id="in no Parquet"),
    ],
)
def test_impossible_vectors_are_made_anew(snapshot: Path, there: Settings, change: Callable[[Any], Any] | None) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    if change:
        table = pq.read_table(snapshot / VECTORS)  # type: ignore[no-untyped-call]
        made = change(np.stack(table["vector"].to_pylist()).astype(np.float32))
        if not isinstance(made, list):
            made = pa.FixedSizeListArray.from_arrays(pa.array(made.ravel()), made.shape[1])
        table = table.set_column(2, "vector", pa.array(made))
        pq.write_table(table, snapshot / VECTORS)  # type: ignore[no-untyped-call]
        put(snapshot, VECTORS, (snapshot / VECTORS).read_bytes())
    else:
        put(snapshot, VECTORS, b"PAR1" + b"nonsense" * 99 + b"PAR1")
    report = import_snapshot(there, snapshot)
    assert (report.added, report.bare) == (COUNT, COUNT)
    assert check(there) == []


def test_a_folder_with_something_in_it_is_left_alone(home: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("years of work")
    with closing(Record(home)) as record, pytest.raises(StoreError, match="holds something already"):
        export_snapshot(record, tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.tex").read_text() == "years of work"


def test_an_export_that_fails_leaves_no_folder(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.snapshot.checksum", lambda path: (_ for _ in ()).throw(OSError(28, "No space left")))
    with closing(Record(home)) as record, pytest.raises(StoreError, match="No space left"):
        export_snapshot(record, tmp_path / "snapshot")
    assert [path.name for path in tmp_path.iterdir() if "snapshot" in path.name] == []


def test_the_commands_tell(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(home.parent / "out")
    monkeypatch.setenv("PAPERCHAT_HOME", str(home))
    assert main(["export", folder]) == 0
    assert capsys.readouterr().out == f"{COUNT} papers exported to {folder}.\n"
    assert main(["export", folder]) == 1
    assert "holds something already" in capsys.readouterr().err
    monkeypatch.setenv("PAPERCHAT_HOME", str(home.parent / "there"))
    assert main(["export", str(home.parent / "empty")]) == 1
    assert "No papers yet" in capsys.readouterr().err
    assert main(["import", folder]) == 0
    assert capsys.readouterr().out == f"{COUNT} papers imported, 0 were there already, 0 could not be read.\n"
    assert main(["import", str(home.parent)]) == 1
    assert "no snapshot" in capsys.readouterr().err
