"""A snapshot holds all that is recorded, in open files, and comes back whole or not at all."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ingest.entry import Entry
from ingest.errors import SourceError, StoreError
from ingest.index import PaperIndex
from ingest.library import check, import_snapshot, ingest_sources
from ingest.live.taken import read_taken
from ingest.record import Record
from ingest.snapshot import LIVE, MANIFEST, PAPERS, VECTORS, checksum, export_snapshot
from tests.corpus import WordModel, check_finds_all, model, paper, papers, settings, use, write_source
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
    record = Record(home)
    assert export_snapshot(record, tmp_path / "snapshot") == COUNT
    record.close()
    return tmp_path / "snapshot"


def held(home: Path, model: WordModel) -> list[tuple[Entry, list[float], list[tuple[str, str]]]]:
    """All that is recorded of each paper."""
    record = Record(home)
    said = record.provenance(record.numbers())
    entries = list(record.entries(embedding=model.name))
    record.close()
    return [
        (Entry(e.number, e.paper, e.passages, e.sentences), [] if e.rows is None else e.rows.tolist(), said[e.number])
        for e in entries
    ]


def test_what_is_exported_comes_back_with_spans_vectors_and_sources_and_embeds_nothing(
    home: Path, snapshot: Path, tmp_path: Path, model: WordModel
) -> None:
    there = tmp_path / "there"
    report = import_snapshot(settings(there), snapshot)
    assert (report.added, report.there, report.bare, report.unreadable) == (COUNT, 0, 0, [])
    assert held(there, model) == held(home, model)
    assert model.asked == []
    index = PaperIndex(settings(there))
    check_finds_all(index, COUNT)
    index.close()
    again = ingest_sources(settings(there), [str(tmp_path / "a.jsonl")])
    assert (again.unchanged, again.changed) == (COUNT, 0)


def test_importing_twice_doubles_nothing_and_keeps_what_is_newer(
    snapshot: Path, tmp_path: Path, model: WordModel
) -> None:
    there = settings(tmp_path / "there")
    newer = [paper(0, abstract="It was rewritten since. Nothing of it is old."), paper(COUNT + 1)]
    ingest_sources(there, [write_source(tmp_path / "c.jsonl", newer)])
    for added in (COUNT - 1, 0):
        report = import_snapshot(there, snapshot)
        assert (report.added, report.there) == (added, COUNT - added)
    record = Record(there.home)
    assert record.count() == COUNT + 1
    assert [e.paper.abstract for e in record.entries(record.select(ids=[paper(0).id]))] == [newer[0].abstract]
    record.close()


def test_vectors_of_another_model_are_made_anew(
    snapshot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = use(WordModel("other", dim=16), monkeypatch)
    report = import_snapshot(settings(tmp_path / "there"), snapshot)
    assert (report.added, report.bare) == (COUNT, COUNT)
    assert all(len(rows[0]) == 16 for _, rows, _ in held(tmp_path / "there", other))


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


def rewrite(snapshot: Path, name: str, change: Callable[[Any], Any]) -> None:
    """Changes a line of the papers, or the manifest, and states the checksum of what there is now."""
    path = snapshot / name
    if name == PAPERS:
        first, *rest = path.read_text().splitlines()
        path.write_text("\n".join([json.dumps(change(json.loads(first))), *rest]) + "\n")
    stated = json.loads((snapshot / MANIFEST).read_text())
    stated["files"][PAPERS] = {"bytes": (snapshot / PAPERS).stat().st_size, "sha256": checksum(snapshot / PAPERS)}
    (snapshot / MANIFEST).write_text(json.dumps(change(stated) if name == MANIFEST else stated))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("name", [PAPERS, VECTORS, MANIFEST])
@pytest.mark.parametrize("damage", [cut, flip, Path.unlink])
def test_a_damaged_snapshot_is_refused_before_anything_is_taken_in(
    snapshot: Path, tmp_path: Path, model: WordModel, name: str, damage: Callable[[Path], None]
) -> None:
    damage(snapshot / name)
    with pytest.raises(SourceError, match="snapshot"):
        import_snapshot(settings(tmp_path / "there"), snapshot)
    assert not (tmp_path / "there" / "papers.sqlite3").exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": 99}, "newer version of paperchat"),
        ({"files": {"../../papers.sqlite3": {}}}, "cannot be read"),
        ({"files": []}, "cannot be read"),
        ({"papers": "all"}, "cannot be read"),
    ],
)
def test_a_manifest_is_believed_in_nothing(snapshot: Path, tmp_path: Path, change: dict[str, Any], words: str) -> None:
    rewrite(snapshot, MANIFEST, lambda stated: stated | change)
    with pytest.raises(SourceError, match=words):
        import_snapshot(settings(tmp_path / "there"), snapshot)


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
    snapshot: Path, tmp_path: Path, model: WordModel, change: dict[str, Any], unreadable: int, bare: int
) -> None:
    rewrite(snapshot, PAPERS, lambda line: line | change)
    report = import_snapshot(settings(tmp_path / "there"), snapshot)
    assert (report.added, len(report.unreadable), report.bare) == (COUNT - unreadable, unreadable, bare)
    assert all(reason.startswith("line 1: ") for reason in report.unreadable)
    index = PaperIndex(settings(tmp_path / "there"))
    index.refresh()
    assert index.record.without_vectors(model.name) == []
    index.close()


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
def test_resume_points_that_cannot_be_are_refused_before_anything_is_taken_in(
    snapshot: Path, tmp_path: Path, change: dict[str, Any] | None
) -> None:
    put_live(snapshot, json.dumps(LIVE_POINTS | change) if change else '{"days": ' + "[" * 9_999)
    with pytest.raises(SourceError, match=r"live\.json cannot be read"):
        import_snapshot(settings(tmp_path / "there"), snapshot)
    assert Record(tmp_path / "there").count() == 0


def test_resume_points_come_in_with_the_papers_and_only_with_all_of_them(
    snapshot: Path, tmp_path: Path, model: WordModel
) -> None:
    put_live(snapshot, json.dumps(LIVE_POINTS | {"days": {"2026-08-20": "2026-08-22", "9999-12-31": "9999-12-31"}}))
    import_snapshot(settings(tmp_path / "there"), snapshot)
    taken = read_taken(Record(tmp_path / "there"))
    assert (taken.days, taken.queries) == ({"2026-08-20": "2026-08-22"}, {"cat:cs.LG": (100, "2026-08-22")})
    rewrite(snapshot, PAPERS, lambda line: line | {"title": ""})
    import_snapshot(settings(tmp_path / "part"), snapshot)
    taken = read_taken(Record(tmp_path / "part"))
    assert (taken.days["2026-08-20"], taken.queries) == ("2026-08-20", {"cat:cs.LG": (100, "")})


def test_a_snapshot_of_an_older_version_holds_no_resume_points_and_comes_in(
    snapshot: Path, tmp_path: Path, model: WordModel
) -> None:
    rewrite(snapshot, MANIFEST, lambda stated: stated | {"format": 1})
    assert import_snapshot(settings(tmp_path / "there"), snapshot).added == COUNT
    assert not (tmp_path / "there" / "live.json").exists()


def put_live(snapshot: Path, text: str) -> None:
    """Resume points in a snapshot, with their checksum."""
    (snapshot / LIVE).write_text(text)
    stated = json.loads((snapshot / MANIFEST).read_text())
    stated["files"][LIVE] = {}
    (snapshot / MANIFEST).write_text(json.dumps(stated))
    reseal(snapshot)


def reseal(snapshot: Path) -> None:
    """States the checksums of what there is now."""
    stated = json.loads((snapshot / MANIFEST).read_text())
    for name in stated["files"]:
        path = snapshot / name
        stated["files"][name] = {"bytes": path.stat().st_size, "sha256": checksum(path)}
    (snapshot / MANIFEST).write_text(json.dumps(stated))


def put_vectors(snapshot: Path, change: Callable[[Any], Any]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(snapshot / VECTORS)  # type: ignore[no-untyped-call]
    made = change(np.stack(table["vector"].to_pylist()).astype(np.float32))
    if not isinstance(made, list):
        made = pa.FixedSizeListArray.from_arrays(pa.array(made.ravel()), made.shape[1])
    table = table.set_column(2, "vector", made if not isinstance(made, list) else pa.array(made))
    pq.write_table(table, snapshot / VECTORS)  # type: ignore[no-untyped-call]
    reseal(snapshot)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda rows: np.tile(np.float16([1, 0, 0]), (len(rows), 1)), id="of another dimension"),
        pytest.param(lambda rows: rows, id="of another type"),
        pytest.param(lambda rows: (rows * np.nan).astype(np.float16), id="of no numbers"),
        pytest.param(lambda rows: ["no vector"] * len(rows), id="that are words"),
    ],
)
def test_vectors_that_cannot_be_are_made_anew(
    snapshot: Path, tmp_path: Path, model: WordModel, change: Callable[[Any], Any]
) -> None:
    put_vectors(snapshot, change)
    report = import_snapshot(settings(tmp_path / "there"), snapshot)
    assert (report.added, report.bare) == (COUNT, COUNT)
    assert check(settings(tmp_path / "there")) == []


def test_vectors_that_are_no_parquet_are_made_anew(snapshot: Path, tmp_path: Path, model: WordModel) -> None:
    (snapshot / VECTORS).write_bytes(b"PAR1" + b"nonsense" * 99 + b"PAR1")
    reseal(snapshot)
    assert import_snapshot(settings(tmp_path / "there"), snapshot).bare == COUNT
    assert check(settings(tmp_path / "there")) == []


def test_a_paper_that_stands_there_twice_goes_in_once(snapshot: Path, tmp_path: Path, model: WordModel) -> None:
    first, second, *rest = [json.loads(line) for line in (snapshot / PAPERS).read_text().splitlines()]
    lines = [first | {"arxiv": "2401.00001"}, second | {"arxiv": "2401.00001", "id": "other"}, *rest]
    (snapshot / PAPERS).write_text("".join(json.dumps(line) + "\n" for line in lines))
    reseal(snapshot)
    report = import_snapshot(settings(tmp_path / "there"), snapshot)
    assert (report.added, report.there) == (COUNT - 1, 1)
    assert check(settings(tmp_path / "there")) == []


@pytest.mark.parametrize(
    ("text", "words"), [("", "states 70 papers and holds 0"), ("[]\n", "line 1: no paper"), ("9" * 2_000_000, "line 1")]
)
def test_papers_that_are_not_those_stated_are_told(
    snapshot: Path, tmp_path: Path, model: WordModel, text: str, words: str
) -> None:
    (snapshot / PAPERS).write_text(text)
    reseal(snapshot)
    with pytest.raises(SourceError, match=words):
        import_snapshot(settings(tmp_path / "there"), snapshot)


def test_a_folder_with_something_in_it_is_left_alone(home: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("years of work")
    record = Record(home)
    with pytest.raises(StoreError, match="holds something already"):
        export_snapshot(record, tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.tex").read_text() == "years of work"
    record.close()


def test_an_export_that_ends_early_leaves_no_folder(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = Record(home)
    monkeypatch.setattr("ingest.snapshot.checksum", lambda path: (_ for _ in ()).throw(OSError(28, "No space left")))
    with pytest.raises(StoreError, match="No space left"):
        export_snapshot(record, tmp_path / "snapshot")
    assert [path.name for path in tmp_path.iterdir() if "snapshot" in path.name] == []
    record.close()


def test_the_commands_tell_what_they_did(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(tmp_path / "out")
    monkeypatch.setenv("PAPERCHAT_HOME", str(home))
    assert main(["export", folder]) == 0
    assert capsys.readouterr().out == f"{COUNT} papers exported to {folder}.\n"
    assert main(["export", folder]) == 1
    assert "holds something already" in capsys.readouterr().err
    monkeypatch.setenv("PAPERCHAT_HOME", str(tmp_path / "there"))
    assert main(["export", str(tmp_path / "empty")]) == 1
    assert "No papers yet" in capsys.readouterr().err
    assert main(["import", folder]) == 0
    assert capsys.readouterr().out == f"{COUNT} papers imported, 0 were there already, 0 could not be read.\n"
    assert main(["import", str(tmp_path)]) == 1
    assert "no snapshot" in capsys.readouterr().err
