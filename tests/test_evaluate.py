"""The measures of whole runs: against the reference scorer where it is at hand, and against worked-out figures."""

import json
import subprocess
import sys
from math import log2
from pathlib import Path

import pytest

from ui.cli import main

REFERENCE = Path(__file__).resolve().parents[2] / "shared" / "gold"
PAGE = Path(__file__).parent.parent / "ingest" / "pages" / "daily_papers_page.txt"
EACH = 4  # every so many questions of the reference are asked

CORPUS = (
    {"_id": "d1", "title": "Zebra", "text": "Zebra, zebra and zebra."},
    {"_id": "d2", "title": "Savanna", "text": "Many animals live on grass, and among them one may see a zebra."},
    {"_id": "d3", "title": "Savanna", "text": "Glass is ground into a lens."},
    {"_id": "d4", "title": "", "text": "Bells are cast from bronze."},
)
QUERIES = (
    {"_id": "q1", "text": "zebra"},
    {"_id": "q2", "text": "lens"},
    {"_id": "q3", "text": "bronze bells"},
    {"_id": "unjudged", "text": "grass"},
)
# q1 finds its one relevant document second, q2 the better of two first and not the other, q3 its one first.
QRELS = (("q1", "d2", 1), ("q1", "d1", 0), ("q2", "d3", 2), ("q2", "d4", 1), ("q3", "d4", 1))
NDCG = (1 / log2(3) + 2 / (2 + 1 / log2(3)) + 1) / 3
LAYOUTS = {
    "qrels.tsv": "{}\t{}\t{}",
    "qrels/test.tsv": "{}\t{}\t{}",
    "qrels.tsv of TREC": "{}\t0\t{}\t{}",
}


@pytest.fixture(autouse=True)
def words_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAPERCHAT_EMBEDDING", "none")


def lines(rows: object) -> str:
    assert isinstance(rows, tuple)
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    """A small BEIR collection without its judgements."""
    folder = tmp_path / "collection"
    (folder / "qrels").mkdir(parents=True)
    (folder / "corpus.jsonl").write_text(lines(CORPUS))
    (folder / "queries.jsonl").write_text(lines(QUERIES))
    return folder


def judge(folder: Path, layout: str = "qrels.tsv", *, header: bool = True) -> None:
    rows = [LAYOUTS[layout].format(*row) for row in QRELS]
    head = ["query-id\tcorpus-id\tscore"] if header else []
    (folder / layout.split()[0]).write_text("\n".join([*head, *rows]) + "\n")


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = main(argv)
    return code, *capsys.readouterr()


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_collection_is_measured_by_the_book(
    layout: str, header: bool, collection: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    judge(collection, layout, header=header)
    code, out, err = run(capsys, "eval", "--beir", str(collection), "--json")
    figures = json.loads(out)
    assert (code, err) == (0, "")
    assert figures.pop("seconds a query") >= 0
    assert figures == {
        "queries": 3,
        "nDCG@10": round(NDCG, 4),
        "recall@100": round((1 + 1 / 2 + 1) / 3, 4),
        "MRR@10": round((1 / 2 + 1 + 1) / 3, 4),
    }


def test_a_collection_leaves_the_papers_of_the_home_alone(
    collection: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    judge(collection)
    assert run(capsys, "eval", "--beir", str(collection))[0] == 0
    assert not (tmp_path / "home").exists()


def test_figures_of_a_collection_are_shown_a_line_each(collection: Path, capsys: pytest.CaptureFixture[str]) -> None:
    judge(collection)
    _, out, _ = run(capsys, "eval", "--beir", str(collection))
    assert f"nDCG@10          {round(NDCG, 4)}" in out.splitlines()


@pytest.mark.parametrize("missing", ["corpus.jsonl", "queries.jsonl", "qrels.tsv"])
def test_a_file_missing_from_a_collection_is_named(
    missing: str, collection: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    judge(collection)
    (collection / missing).unlink()
    code, out, err = run(capsys, "eval", "--beir", str(collection), "--json")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert missing in err
    assert str(collection) in err


def test_judgements_of_other_queries_are_said(collection: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (collection / "qrels.tsv").write_text("other\td1\t1\n")
    code, _, err = run(capsys, "eval", "--beir", str(collection))
    assert code == 2
    assert "No query" in err


def test_a_judgement_without_a_grade_is_named_by_its_line(collection: Path, capsys: pytest.CaptureFixture[str]) -> None:
    judge(collection, header=False)
    with (collection / "qrels.tsv").open("a") as out:
        out.write("q1\td1\thigh\n")
    code, _, err = run(capsys, "eval", "--beir", str(collection))
    assert (code, err.count("\n")) == (2, 1)
    assert f"line {len(QRELS) + 1}" in err


@pytest.mark.skipif(not (REFERENCE / "score.py").is_file(), reason="the reference scorer is not beside this project")
def test_our_measures_are_those_of_the_reference_scorer(
    indexed_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAPERCHAT_HOME", str(indexed_home))
    monkeypatch.setenv("PAPERCHAT_EMBEDDING", "minilm")
    questions, answers = tmp_path / "questions.jsonl", tmp_path / "answers.jsonl"
    all_of_them = (REFERENCE / "questions.jsonl").read_text("utf-8").splitlines(keepends=True)
    questions.write_text("".join(all_of_them[::EACH]), "utf-8")
    assert run(capsys, "batch", str(questions), str(answers))[0] == 0
    _, out, _ = run(capsys, "eval", str(questions), "--json")
    scorer = [sys.executable, str(REFERENCE / "score.py"), str(questions), str(answers)]
    scored = subprocess.run([*scorer, "--page", str(PAGE), "--json"], capture_output=True, text=True, check=True)
    ours, theirs = json.loads(out), json.loads(scored.stdout)
    assert sum(row.pop("n") for row in ours.values()) == len(all_of_them[::EACH])
    assert ours.keys() == theirs.keys()
    for kind, row in theirs.items():
        assert ours[kind] == pytest.approx(row, abs=0.0006), kind  # they round to three places, we to four
