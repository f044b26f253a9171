"""The measures of whole runs: against the reference scorer where it is at hand, and against worked-out figures."""

import json
import subprocess
import sys
from math import log2
from pathlib import Path

import pytest

from rag.engine import Engine
from rag.evaluate.run import read_lines
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


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("corpus.jsonl", b'{"title": "Zebra", "text": "No id."}'),
        ("corpus.jsonl", b'{"_id": null}'),
        ("corpus.jsonl", b'{"_id": "d9", "text": "caf\xe9"}'),
        ("queries.jsonl", b'{"text": "zebra"}'),
        ("queries.jsonl", b'{"_id": "q9"}'),
        ("queries.jsonl", b'{"_id": "q9", "text": null}'),
        ("queries.jsonl", b"[]"),
        ("qrels.tsv", b"q1\tcaf\xe9\t1"),
        ("qrels.tsv", b"q1\t1"),
    ],
)
def test_a_line_that_is_not_of_a_collection_is_named(
    name: str, line: bytes, collection: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    judge(collection, header=False)
    lines_before = (collection / name).read_bytes().count(b"\n")
    with (collection / name).open("ab") as out:
        out.write(b"\r\n" + line + b"\n")
    code, out_text, err = run(capsys, "eval", "--beir", str(collection))
    assert (code, out_text, err.count("\n")) == (1 if b"\xe9" in line else 2, "", 1)
    assert f"{name}, line {lines_before + 2}: n" in err


def test_lines_are_counted_as_an_editor_counts_them(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_bytes('\ufeff{"question": "one\u2028and\x85the same"}\r\n\n  \r\n{"question": "two"}'.encode())
    rows = read_lines(path)
    assert [(row.number, row["question"]) for row in rows] == [(1, "one\u2028and\x85the same"), (4, "two")]
    assert rows[1].place == f"{path}, line 4"


@pytest.mark.parametrize(
    ("command", "fields", "said"),
    [
        ("eval", {"must": "abc"}, "'must' is no list of texts"),
        ("eval", {"papers": "Zebra"}, "'papers' is no list of texts"),
        ("eval", {"papers": {"Zebra": 1}}, "'papers' is no list of texts"),
        ("eval", {"optional": ["Zebra", None]}, "'optional' is no list of texts"),
        ("eval", {"question": None}, "no 'question' text"),
        ("batch", {"question": None}, "no 'question' text"),
        ("eval", {"history": "abc"}, "'history' must be a list"),
        ("batch", {"history": "abc"}, "'history' must be a list"),
    ],
)
def test_a_question_that_is_none_is_named_before_the_first_is_asked(
    command: str,
    fields: dict[str, object],
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(Engine, "ask", lambda self, question, history=(): asked.append(question))
    path = tmp_path / "questions.jsonl"
    path.write_text('{"question": "bells?"}\n\n' + json.dumps({"question": "lenses?", **fields}))
    code, out, err = run(capsys, command, str(path), *([str(tmp_path / "a.jsonl")] if command == "batch" else []))
    assert (code, out, err.count("\n"), asked) == (2, "", 1, [])
    assert f"{path}, line 3: {said}" in err


def test_a_question_that_cannot_be_asked_is_named_by_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text('\n{"question": " "}\n')
    code, _, err = run(capsys, "eval", str(path))
    assert code == 2
    assert f"{path}, line 2: The question is empty" in err


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
