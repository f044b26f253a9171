"""The measures of whole runs, against worked-out figures; what is no collection or question is named by its line."""

import io
import json
from collections.abc import Callable
from math import log2
from pathlib import Path
from typing import Any

import pytest

from rag.engine import Engine
from rag.evaluate.run import read_lines
from ui.cli import main

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


@pytest.fixture(autouse=True)
def words_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAPERCHAT_EMBEDDING", "none")


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    """A small BEIR collection."""
    folder = tmp_path / "collection"
    (folder / "qrels").mkdir(parents=True)
    for name, rows in (("corpus.jsonl", CORPUS), ("queries.jsonl", QUERIES)):
        (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    judge(folder)
    return folder


def judge(folder: Path, name: str = "qrels.tsv", form: str = "{}\t{}\t{}", head: str = "") -> None:
    (folder / name).write_text(head + "".join(form.format(*row) + "\n" for row in QRELS))


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command: its exit code, and what it says on both streams."""
    return lambda *argv: (main([str(arg) for arg in argv]), *capsys.readouterr())


@pytest.mark.parametrize("head", ["", "query-id\tcorpus-id\tscore\n"])
@pytest.mark.parametrize(
    ("name", "form"), [("qrels.tsv", "{}\t{}\t{}"), ("qrels/test.tsv", "{}\t{}\t{}"), ("qrels.tsv", "{}\t0\t{}\t{}")]
)
def test_a_collection_is_measured_by_the_book_and_the_papers_of_the_home_left_alone(
    name: str, form: str, head: str, collection: Path, tmp_path: Path, run: Run
) -> None:
    (collection / "qrels.tsv").unlink()
    judge(collection, name, form, head)
    code, out, err = run("eval", "--beir", collection, "--json")
    figures = json.loads(out)
    assert (code, err) == (0, "")
    assert figures.pop("seconds a query") >= 0
    recall, rank = (1 + 1 / 2 + 1) / 3, (1 / 2 + 1 + 1) / 3
    expected = {"queries": 3, "nDCG@10": NDCG, "recall@100": recall, "MRR@10": rank}
    assert figures == pytest.approx(expected, abs=0.00006)
    assert f"nDCG@10          {round(NDCG, 4)}" in run("eval", "--beir", collection)[1].splitlines()
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("missing", ["corpus.jsonl", "queries.jsonl", "qrels.tsv"])
def test_a_file_missing_from_a_collection_is_named(missing: str, collection: Path, run: Run) -> None:
    (collection / missing).unlink()
    code, out, err = run("eval", "--beir", collection, "--json")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert missing in err
    assert str(collection) in err


def test_judgements_of_other_queries_are_said(collection: Path, run: Run) -> None:
    (collection / "qrels.tsv").write_text("other\td1\t1\n")
    code, _, err = run("eval", "--beir", collection)
    assert (code, "No query" in err) == (2, True)


@pytest.mark.parametrize(
    ("name", "line", "code"),
    [
        ("corpus.jsonl", b'{"_id": "d9", "text": "caf\xe9"}', 1),
        ("queries.jsonl", b'{"text": "zebra"}', 2),
        ("queries.jsonl", b'{"_id": "q9", "text": null}', 2),
        ("qrels.tsv", b"q1\tcaf\xe9\t1", 1),
        ("qrels.tsv", b"q1\td1\thigh", 2),
    ],
)
def test_a_line_that_is_none_is_named(name: str, line: bytes, code: int, collection: Path, run: Run) -> None:
    before = (collection / name).read_bytes()
    (collection / name).write_bytes(before + b"\r\n" + line + b"\n")
    given, out, err = run("eval", "--beir", collection)
    assert (given, out, err.count("\n")) == (code, "", 1)
    assert f"{name}, line {len(before.splitlines()) + 2}: " in err


def test_lines_are_counted_as_an_editor_counts_them(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_bytes('\ufeff{"question": "one\u2028and\x85the same"}\r\n\n  \r\n{"question": "two"}'.encode())
    rows = read_lines(path)
    assert [(row.number, row["question"]) for row in rows] == [(1, "one\u2028and\x85the same"), (4, "two")]
    assert rows[1].place == f"{path}, line 4"


@pytest.mark.parametrize(
    ("command", "fields", "said"),
    [
        ("eval", {"must": "abc"}, "'must' is not a list of texts"),
        ("eval", {"optional": ["Zebra", None]}, "'optional' is not a list of texts"),
        ("eval", {"question": None}, "no 'question' text"),
        ("batch", {"question": None}, "no 'question' text"),
        ("eval", {"history": "abc"}, "'history' must be a list"),
    ],
)
def test_a_question_that_is_none_is_named_before_the_first_is_asked(
    command: str, fields: dict[str, object], said: str, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(Engine, "ask", lambda self, question, history=(): asked.append(question))
    path = tmp_path / "questions.jsonl"
    path.write_text('{"question": "bells?"}\n\n' + json.dumps({"question": "lenses?", **fields}))
    code, out, err = run(command, path, *([tmp_path / "a.jsonl"] if command == "batch" else []))
    assert (code, out, err.count("\n"), asked) == (2, "", 1, [])
    assert f"{path}, line 3: {said}" in err


def test_a_reader_labels_statements_of_kept_answers_and_sees_both_error_rates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def check(text: str, verdict: str, meaning: str = "") -> dict[str, Any]:
        return {"text": text, "verdict": verdict, "numbers": [1], "meaning": meaning}

    cited = {"number": 1, "title": "OwlNet", "quote": "It counts owls."}
    checks = [check("It counts owls [1].", "verbatim"), check("It flies [1].", "exact", "contradicted")]
    answer = {"standalone": "q?", "usage": {}, "citations": [cited], "checks": checks}
    file = tmp_path / "answers.jsonl"
    for kept in (
        {"id": "1", **answer, "usage": {"model": "m"}},
        {"turns": [{"question": "q?", "answer": answer | {"usage": {"m": 1}}}]},
    ):
        file.write_text(json.dumps(kept), "utf-8")
        monkeypatch.setattr("sys.stdin", io.StringIO("y\ny\n"))
        assert main(["eval", "--check", str(file), "--json"]) == 0
        out, err = capsys.readouterr()
        assert "“OwlNet: It counts owls.”" in err
        assert json.loads(out) == {
            "labelled": 2,
            "passed but not borne out": 0.0,
            "borne out but flagged": 0.5,
        }
    for bad in ("", "[]", '{"turns": 5}', "\x00"):
        file.write_text(bad)
        assert main(["eval", "--check", str(file)]) == 2
        assert "holds no answers" in capsys.readouterr().err
