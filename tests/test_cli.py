"""The command line: what each command gives, where it goes, and how commands end."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest

import ui.commands
import ui.serve
from ingest.record import Record
from ingest.settings import load_settings
from rag.engine import Engine
from rag.types import Turn
from tests.model_endpoint import KEY, hang, serving
from tests.scripted_model import answer, plan, stage
from ui.batch import Asked, answered
from ui.cli import main

ROOT = Path(__file__).parent.parent
QUESTION = "What is KIVI?"
COMPARISON = "Compare KIVI and ZipCache"
KEYS = {"answer", "refused", "standalone", "retrieved", "citations", "seconds"}
LINES = (
    '{"title": "Grinding Lenses", "abstract": "We grind lenses by hand. A wet cloth halves the scratches."}\n'
    '{"title": "Casting Bells", "abstract": "We cast bells from bronze. The bronze cools for nine days."}\n'
)

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command: its exit code, standard output and standard error."""

    def ran(*argv: str) -> tuple[int, str, str]:
        try:
            code = main(argv)
        except SystemExit as end:
            code = int(end.code or 0)
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return code, out, err

    return ran


@pytest.fixture(autouse=True)
def words_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No embedding model, so that an ingest takes no time, and files lie in a folder of the test."""
    monkeypatch.setenv("PAPERCHAT_EMBEDDING", "none")
    monkeypatch.chdir(tmp_path)
    Path("two.jsonl").write_text(LINES)


@pytest.fixture
def page(indexed_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bundled page as the home, for commands that only read."""
    monkeypatch.setenv("PAPERCHAT_HOME", str(indexed_home))
    monkeypatch.delenv("PAPERCHAT_EMBEDDING")


@pytest.fixture
def two_papers(run: Run) -> None:
    assert run("ingest", "two.jsonl")[0] == 0


def write_questions(*rows: object) -> None:
    Path("q.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def batch(run: Run, rows: Sequence[object], *options: str) -> tuple[int, str, list[dict[str, Any]]]:
    """The exit code, the errors and the answers of a file of lines."""
    write_questions(*rows)
    code, out, err = run("batch", "q.jsonl", "a.jsonl", *options)
    assert out == ""
    answers = Path("a.jsonl").read_text("utf-8") if Path("a.jsonl").exists() else ""
    return code, err, [json.loads(line) for line in answers.splitlines()]


def test_papers_are_listed_a_line_each(page: None, run: Run) -> None:
    code, out, err = run("papers")
    assert (code, len(out.splitlines()), err) == (0, 90, "90 papers.\n")
    code, out, err = run("papers", "--json")
    assert (code, len(json.loads(out)), err) == (0, 90, "")
    assert {"id", "title", "abstract", "authors", "date", "url"} <= set(json.loads(out)[0])


def test_search_gives_k_papers_each_with_its_best_sentence(page: None, run: Run) -> None:
    code, out, _ = run("search", "quantization of the key value cache", "-k", "3", "--json")
    found = json.loads(out)
    assert (code, len(found)) == (0, 3)
    assert all(paper["sentence"] and paper["title"] for paper in found)
    assert [paper["score"] for paper in found] == sorted((paper["score"] for paper in found), reverse=True)
    _, out, _ = run("search", "quantization of the key value cache", "-k", "3")
    assert [line.split()[0] for line in out.splitlines() if line[:5].strip()] == ["1.", "2.", "3."]


def test_ask_prints_one_json_object_and_nothing_else(page: None, run: Run) -> None:
    code, out, err = run("ask", *COMPARISON.split(), "--json")  # a question needs no quotes
    answer = json.loads(out)
    assert (code, err) == (0, "")
    assert set(answer) >= KEYS
    quotes = {citation["number"]: citation["quote"] for citation in answer["citations"]}
    assert {"number", "paper_id", "title", "quote", "start", "end"} <= set(answer["citations"][0])
    cells = [cell for row in answer["table"]["rows"] for cell in row["cells"] if cell]
    assert answer["table"]["names"] == ["KIVI", "ZipCache"]
    assert cells
    assert all(quotes[cell["number"]] == cell["quote"] for cell in cells)


def test_a_table_or_the_papers_cited_are_printed_alone(page: None, run: Run) -> None:
    for form, start, end in (
        (["--table", "markdown"], "|  | KIVI", "- ["),
        (["--table", "csv"], "aspect,KIVI", "result,"),
        (["--bibtex"], "@misc{kivi,\n  title = {{KIVI}: A Tuning-Free", "}"),
    ):
        code, out, err = run("ask", COMPARISON, *form)
        assert (code, err, out[: len(start)]) == (0, "", start)
        assert out.splitlines()[-1].startswith(end)


def test_what_an_answer_cannot_be_printed_as_is_told(page: None, run: Run) -> None:
    for question, form, said in (
        (QUESTION, ["--table", "csv"], "The answer has no table; compare papers by name"),
        ("What is the capital of France?", ["--bibtex"], "The answer cites no papers"),
    ):
        code, out, err = run("ask", question, *form)
        assert (code, out, err.partition(";")[0]) == (1, "", f"paperchat: {said}".partition(";")[0])
        assert run("ask", question, *form, "--json")[:2] == (2, "")


def test_without_papers_each_command_says_how_to_take_some_in(run: Run) -> None:
    for argv in (["papers"], ["search", "lenses"]):
        code, out, err = run(*argv)
        assert (code, out) == (0, "")
        assert "paperchat ingest" in err
        assert json.loads(run(*argv, "--json")[1]) == []
    code, out, _ = run("ask", "What are lenses?", "--json")
    assert (code, json.loads(out)["refused"]) == (0, True)


def test_ingest_counts_what_became_of_the_papers(run: Run) -> None:
    report = "2 papers seen: {}, 0 could not be read.\n"
    assert run("ingest", "two.jsonl")[:2] == (0, report.format("2 added, 0 updated, 0 unchanged"))
    Path("two.jsonl").write_text(LINES.replace("nine days", "ten days"))
    assert run("ingest", "two.jsonl")[:2] == (0, report.format("0 added, 1 updated, 1 unchanged"))
    assert run("rebuild") == (0, "2 papers reindexed.\n", "")


def test_what_cannot_be_read_is_named_and_costs_nothing_else(run: Run) -> None:
    Path("two.jsonl").write_text(LINES + '{"title": "Alone"}\n' * 30)
    code, out, err = run("ingest", "missing", "two.jsonl")
    assert (code, out.count("line ")) == (1, 30)
    assert out.splitlines()[-1] == "2 papers seen: 2 added, 0 updated, 0 unchanged, 30 could not be read."
    assert err.endswith("missing: no such file; check the name\n")


def test_standard_input_is_a_source_and_a_terminal_is_told_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for terminal in (True, False):
        given = io.TextIOWrapper(io.BytesIO(LINES.encode()))
        given.isatty = lambda at=terminal: at  # type: ignore[method-assign, misc]
        monkeypatch.setattr(sys, "stdin", given)
        code, out, err = run("ingest", "-")
        assert (code, out.partition(":")[0]) == (0, "2 papers seen")
        assert ("Ctrl-D" in err, bool(err)) == (terminal, terminal)


def test_a_batch_answers_in_order_whatever_cannot_be_asked(page: None, run: Run) -> None:
    history = [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": "A way to quantise."}]
    rows = [
        {"id": "b", "question": QUESTION},
        {"id": 7, "question": "How fast is it?", "history": history},
        {"question": "Who won the football?", "history": None},
        {"id": "\ud800", "question": " "},
    ]
    code, err, answers = batch(run, rows)
    assert code == 0
    assert "4 of 4 answers" in err
    assert "1 could not be asked" in err
    assert [answer["id"] for answer in answers] == ["b", 7, 3, "\ud800"]
    assert all(set(answer) >= KEYS for answer in answers)
    asked = json.loads(run("ask", QUESTION, "--json")[1])
    assert {**answers[0], "seconds": 0} == {"id": "b", **asked, "seconds": 0}


def test_a_stopped_batch_keeps_the_answers_it_has(two_papers: None, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Engine.stream

    def stopped(self: Engine, question: str, history: Sequence[Turn] = (), **how: Any) -> object:
        if "bells" in question:
            raise KeyboardInterrupt
        return stream(self, question, history, **how)

    monkeypatch.setattr(Engine, "stream", stopped)
    code, err, answers = batch(run, [{"question": "lenses?"}, {"question": "bells?"}])
    assert (code, err.count("\n"), [answer["id"] for answer in answers]) == (1, 2, [1])
    assert "1 of 2 answers" in err


def test_answers_that_cannot_be_written_do_not_overwrite_the_questions(run: Run) -> None:
    write_questions({"question": "lenses?"})
    before = Path("q.jsonl").read_bytes()
    Path("link.jsonl").symlink_to("q.jsonl")
    Path("folder").mkdir()
    for answers, code, said in (
        ("q.jsonl", 2, "name another file for the answers"),
        ("link.jsonl", 2, "name another file for the answers"),
        ("folder", 1, "folder cannot be written"),
        ("missing/answers.jsonl", 1, "missing/answers.jsonl cannot be written"),
    ):
        ended, _, err = run("batch", "q.jsonl", answers)
        assert (ended, err.count("\n"), said in err) == (code, 1, True), err
        assert Path("q.jsonl").read_bytes() == before


def test_a_conversation_is_answered_turn_by_turn_whatever_turn_cannot_be_asked(page: None, run: Run) -> None:
    code, _, (row,) = batch(run, [{"id": "c", "turns": [" ", QUESTION, {"user": "How much memory does it save?"}]}])
    empty, *answers = row["turns"]
    assert (code, row["id"], len(answers), empty["refused"]) == (0, "c", 2, True)
    assert {turn["citations"][0]["title"][:4] for turn in answers} == {"KIVI"}


def test_lines_are_answered_side_by_side_and_written_in_their_order(page: None, run: Run) -> None:
    lines = [{"id": n, "question": QUESTION} for n in range(6)] + [{"id": 6, "turns": [QUESTION]}]
    code, _, rows = batch(run, lines, "--jobs", "4")
    assert (code, [row["id"] for row in rows]) == (0, list(range(7)))
    assert all("answer" in row for row in rows[:6])


def test_a_line_that_asks_nothing_is_named(run: Run) -> None:
    said = {"role": "assistant", "content": "x"}
    for line, wrong in (
        ({"turns": []}, "'turns' must be a list of 1 to 200 questions"),
        ({"turns": [QUESTION] * 201}, "'turns' must be"),
        ({"question": QUESTION, "history": [said | {"answer": 7}]}, "not a JSON object"),
        ({"question": QUESTION, "history": [said | {"answer": {"citations": [{}]}}]}, "'number' is missing"),
    ):
        code, err, _ = batch(run, [{"question": QUESTION}, line])
        assert (code, wrong in err, "line 2" in err) == (2, True, True), err


def test_with_a_model_an_earlier_answer_brings_its_papers_and_explain_tells_the_calls(
    page: None, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving() as endpoint:
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
        monkeypatch.setenv("PAPERCHAT_MODEL", "scribe")
        monkeypatch.setenv("PAPERCHAT_CHECK", "exact")
        good = answer("KIVI is a tuning-free 2bit KV cache quantization algorithm [[named KIVI]].")
        endpoint.replies = [plan(question=QUESTION, papers=["KIVI"]), good]
        _, _, (first,) = batch(run, [{"question": QUESTION}], "--explain")
        assert [call["stage"] for call in first["trace"]["calls"]] == ["plan", "write"]
        history = [{"role": "user", "content": "x"}, {"role": "assistant", "content": "It.", "answer": first}]
        endpoint.replies = [plan(question="memory of KIVI", papers=["P1"]), good]
        _, _, (second,) = batch(run, [{"question": "and its memory?", "history": history}])
        assert "P1: KIVI" in next(a for a in endpoint.asked[2:] if stage(a) == "plan")["messages"][-1]["content"]
        assert "trace" not in second
        assert second["plan"]["papers"] == first["plan"]["papers"]
        endpoint.replies = [plan(question=QUESTION, papers=["KIVI"]), good]
        _, out, err = run("ask", QUESTION, "--explain")
        assert "KIVI is a tuning-free" in out
        assert "planned by: model" in err
        assert "call, write: " in err
        assert KEY not in out + err


def test_a_batch_that_is_stopped_ends_the_calls_it_had_begun(page: None) -> None:
    with serving() as endpoint:
        stopped = Event()
        endpoint.replies = [lambda handler: (stopped.set(), hang(handler))]
        settings = replace(load_settings(), openai_api_key=KEY, openai_base_url=endpoint.url, model="scribe")
        with Engine(settings) as engine, pytest.raises(KeyboardInterrupt):
            answered(engine, Asked((QUESTION,) * 10, (), single=False), stopped, model=True, explain=False)
        assert endpoint.left.wait(20)
        assert len(endpoint.asked) == 1


def test_eval_shows_a_row_for_each_type(two_papers: None, run: Run) -> None:
    write_questions(
        {"type": "fact", "question": "Which paper is about lenses?", "papers": ["Grinding Lenses"]},
        {"type": "a type with a long name", "question": "bells?", "papers": ["Casting Bells"]},
    )
    code, out, _ = run("eval", "q.jsonl")
    head, *rows = out.splitlines()
    assert (code, head.split()[:2]) == (0, ["n", "hit@1"])
    assert [row[:24].strip() for row in rows] == ["a type with a long name", "fact"]
    assert {len(line) for line in (head, *rows)} == {len(head)}


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hosts that were served; nothing is."""
    hosts: list[str] = []
    monkeypatch.setattr(ui.serve, "serve", lambda make_engine, *, host, port, auth, ready: hosts.append(host))
    monkeypatch.setattr(ui.serve, "check_address", lambda host, port, auth: None)
    return hosts


def test_the_first_start_takes_the_bundled_page_in_and_the_next_does_not(served: list[str], run: Run) -> None:
    assert run()[2].startswith("Indexing the bundled page of 90 papers; this happens once …\n90 papers seen: 90 added")
    assert run("serve", "--host", "localhost") == (0, "", "Opening the page …\n")
    assert served == ["127.0.0.1", "localhost"]


def test_papers_of_ones_own_are_not_joined_by_the_bundled_page(two_papers: None, served: list[str], run: Run) -> None:
    assert run("serve") == (0, "", "Opening the page …\n")
    assert run("papers")[2] == "2 papers.\n"


def test_a_stopped_first_start_is_finished_by_the_next(
    served: list[str], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Record.write

    def stopped(self: Record, *args: object, **named: object) -> None:
        write(self, *args, **named)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Record, "write", stopped)
        code, _, err = run()
    assert (code, err.splitlines()[-1]) == (1, "paperchat: stopped; what was done so far is kept.")
    assert 0 < int(run("papers")[2].split()[0]) < 90
    assert run()[0] == 0
    assert run("papers")[2] == "90 papers.\n"


def test_wrong_use_is_told_in_one_line(run: Run) -> None:
    for command, said in (
        ("dance", "invalid choice: 'dance'"),
        ("ask", "QUESTION"),
        ("papers --jsn", "--jsn"),
        ("search x -k 0", "ask for 1 or more"),
        ("serve --port 65536", "give a number from 1 to 65535"),
        ("batch a b --jobs 65", "give 1 to 64"),
    ):
        code, out, err = run(*command.split())
        assert (code, out, err.count("\n"), said in err) == (2, "", 1, True), command
        assert err.endswith("--help\n")


def test_a_defect_is_told_in_one_line_with_its_place(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Engine, "stream", lambda self, question, **how: 1 // 0)
    code, out, err = run("ask", QUESTION)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "test_cli.py, line" in err
    assert "ZeroDivisionError" in err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_output_is_told_in_one_line_and_a_reader_that_leaves_early_is_no_failure(page: None) -> None:
    def papers(stdout: int) -> tuple[int, str]:
        command = [sys.executable, "-m", "ui.cli", "papers", "--json"]
        ended = subprocess.run(command, cwd=ROOT, stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=60)
        return ended.returncode, ended.stderr

    with open("/dev/full", "wb") as full:
        code, err = papers(full.fileno())
    assert (code, err.count("\n")) == (1, 1)
    assert err.startswith("paperchat: the output: No space left on device;")
    reading, writing = os.pipe()
    os.close(reading)
    assert papers(writing) == (0, "")
    os.close(writing)
