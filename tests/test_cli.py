"""The command line: what each command gives, where it goes, and how commands end."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import ui.commands
import ui.serve
from ingest.record import Record
from ingest.settings import load_settings
from rag.engine import Engine
from rag.types import Turn
from ui.cli import main

QUESTION = "What is KIVI?"
COMPARISON = "Compare KIVI and ZipCache"
PAPERCHAT = [sys.executable, "-c", "import sys; from ui.cli import main; sys.exit(main(sys.argv[1:]))"]
HEAVY = ("chromadb", "gradio", "llama_index", "onnxruntime", "openai")
KEYS = {"answer", "refused", "standalone", "retrieved", "citations", "seconds"}
LINES = (
    '{"title": "Grinding Lenses", "abstract": "We grind lenses by hand. A wet cloth halves the scratches."}\n'
    '{"title": "Casting Bells", "abstract": "We cast bells from bronze. The bronze cools for nine days."}\n'
)

Run = tuple[int, str, str]


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> Run:
    """Exit code, standard output and standard error of one command."""
    try:
        code = main(argv)
    except SystemExit as end:
        code = int(end.code or 0)
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return code, out, err


@pytest.fixture
def page(indexed_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The bundled page as the home, for commands that only read."""
    monkeypatch.setenv("PAPERCHAT_HOME", str(indexed_home))
    return indexed_home


@pytest.fixture
def words_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """No embedding model, so that an ingest takes no time."""
    monkeypatch.setenv("PAPERCHAT_EMBEDDING", "none")


@pytest.fixture
def two_papers(words_only: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    source = tmp_path / "two.jsonl"
    source.write_text(LINES)
    assert run(capsys, "ingest", str(source))[0] == 0
    return source


def write_questions(path: Path, *rows: object) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def count_papers() -> int:
    record = Record(load_settings().home)
    try:
        return record.count()
    finally:
        record.close()


# -- results ---------------------------------------------------------------------------------------------------------


def test_papers_are_listed_a_line_each(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "papers")
    assert (code, len(out.splitlines()), err) == (0, 90, "90 papers.\n")
    code, out, err = run(capsys, "papers", "--json")
    listed = json.loads(out)
    assert (code, len(listed), err) == (0, 90, "")
    assert {"id", "title", "abstract", "authors", "date", "url"} <= set(listed[0])


def test_search_gives_k_papers_each_with_its_best_sentence(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "search", "quantization of the key value cache", "-k", "3", "--json")
    found = json.loads(out)
    assert (code, len(found)) == (0, 3)
    assert all(paper["sentence"] and paper["title"] for paper in found)
    assert [paper["score"] for paper in found] == sorted((paper["score"] for paper in found), reverse=True)
    code, out, _ = run(capsys, "search", "quantization of the key value cache", "-k", "3")
    assert [line.split()[0] for line in out.splitlines() if line[:5].strip()] == ["1.", "2.", "3."]


def test_more_papers_asked_for_than_there_are_gives_those_there_are(
    two_papers: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, "search", "we", "lenses", "bells", "-k", "999999999", "--json")
    assert (code, len(json.loads(out))) == (0, 2)


def test_ask_prints_one_json_object_and_nothing_else(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "ask", QUESTION, "--json")
    answer = json.loads(out)
    assert (code, err) == (0, "")
    assert set(answer) >= KEYS
    assert len(answer["retrieved"]) == 10
    assert {"number", "paper_id", "title", "quote", "start", "end"} <= set(answer["citations"][0])


def test_a_question_needs_no_quotes(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, quoted, _ = run(capsys, "ask", QUESTION)
    _, bare, _ = run(capsys, "ask", *QUESTION.split())
    assert quoted == bare
    assert "[1] KIVI" in quoted


def test_the_json_of_a_comparison_holds_its_table(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = json.loads(run(capsys, "ask", COMPARISON, "--json")[1])
    assert answer["table"]["names"] == ["KIVI", "ZipCache"]
    quotes = {citation["number"]: citation["quote"] for citation in answer["citations"]}
    cells = [cell for row in answer["table"]["rows"] for cell in row["cells"] if cell]
    assert cells
    assert all(quotes[cell["number"]] == cell["quote"] for cell in cells)
    assert json.loads(run(capsys, "ask", QUESTION, "--json")[1])["table"] is None


@pytest.mark.parametrize(
    ("form", "start", "end"),
    [
        ("markdown", "|  | KIVI", "- ["),
        ("csv", "aspect,KIVI", "result,"),
        ("latex", r"\begin{tabular}", r"\noindent ["),
    ],
)
def test_a_table_is_printed_alone_with_its_references(
    page: Path, capsys: pytest.CaptureFixture[str], form: str, start: str, end: str
) -> None:
    code, out, err = run(capsys, "ask", COMPARISON, "--table", form)
    assert (code, err) == (0, "")
    assert out.startswith(start)
    assert out.splitlines()[-1].startswith(end)


def test_an_answer_without_a_table_cannot_be_printed_as_one(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "ask", QUESTION, "--table", "csv")
    assert (code, out) == (1, "")
    assert err.startswith("paperchat: The answer has no table; compare papers by name")


def test_a_table_is_given_as_json_or_in_a_format(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "ask", QUESTION, "--table", "csv", "--json")[0] == 2
    assert run(capsys, "ask", QUESTION, "--bibtex", "--json")[0] == 2


def test_the_papers_an_answer_cites_are_printed_as_bibtex(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "ask", COMPARISON, "--bibtex")
    assert (code, err) == (0, "")
    assert out.startswith("@misc{kivi,\n  title = {{KIVI}: A Tuning-Free")
    assert out.count("@misc{") == 2
    code, out, err = run(capsys, "ask", "What is the capital of France?", "--bibtex")
    assert (code, out) == (1, "")
    assert err.startswith("paperchat: The answer cites no paper")


def test_an_answer_fits_the_terminal(
    page: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    _, out, _ = run(capsys, "ask", QUESTION)
    assert max(len(line) for line in out.splitlines()) <= 50
    assert len(out.splitlines()) > 8


def test_a_notice_does_not_reach_the_json(
    page: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Engine, "notices", ["Something is not as it should be."])
    _, out, err = run(capsys, "ask", QUESTION, "--json")
    assert json.loads(out)["citations"]
    assert err == "Something is not as it should be.\n"


def test_without_papers_each_command_says_how_to_take_some_in(
    words_only: None, capsys: pytest.CaptureFixture[str]
) -> None:
    for argv in (["papers"], ["search", "lenses"]):
        code, out, err = run(capsys, *argv)
        assert (code, out) == (0, "")
        assert "paperchat ingest" in err
        assert json.loads(run(capsys, *argv, "--json")[1]) == []
    code, out, _ = run(capsys, "ask", "What are lenses?", "--json")
    assert (code, json.loads(out)["refused"]) == (0, True)


# -- ingest and rebuild ----------------------------------------------------------------------------------------------


def test_ingest_counts_what_became_of_the_papers(
    words_only: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "papers.jsonl"
    source.write_text(LINES)
    report = "2 papers seen: {}, 0 could not be read.\n"
    assert run(capsys, "ingest", str(source))[:2] == (0, report.format("2 added, 0 updated, 0 unchanged"))
    source.write_text(LINES.replace("nine days", "ten days"))
    assert run(capsys, "ingest", str(source))[:2] == (0, report.format("0 added, 1 updated, 1 unchanged"))


def test_each_record_that_cannot_be_read_is_named_with_its_reason(
    words_only: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "papers.jsonl"
    source.write_text(LINES + '{"title": "Alone"}\n' * 30)
    code, out, _ = run(capsys, "ingest", str(source))
    assert code == 0
    assert out.count("line ") == 30
    assert out.splitlines()[-1] == "2 papers seen: 2 added, 0 updated, 0 unchanged, 30 could not be read."


def test_one_source_that_cannot_be_read_costs_no_other_its_papers(
    words_only: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "papers.jsonl"
    source.write_text(LINES)
    code, out, err = run(capsys, "ingest", str(tmp_path / "missing"), str(source))
    assert code == 1
    assert out.startswith("2 papers seen: 2 added")
    assert err.endswith("missing: no such file; check the name\n")


class Keyboard(io.TextIOWrapper):
    """Standard input that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("kind", "told"), [(Keyboard, "Ctrl-D"), (io.TextIOWrapper, "")])
def test_standard_input_is_a_source_and_a_terminal_is_told_what_is_waited_for(
    kind: type[io.TextIOWrapper],
    told: str,
    words_only: None,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdin", kind(io.BytesIO(LINES.encode())))
    code, out, err = run(capsys, "ingest", "-")
    assert (code, out.partition(",")[0]) == (0, "2 papers seen: 2 added")
    assert told in err
    assert bool(told) == bool(err)


def test_rebuild_says_how_many_papers_it_indexed(two_papers: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "rebuild") == (0, "2 papers indexed anew.\n", "")


# -- batch -----------------------------------------------------------------------------------------------------------


def test_a_batch_answers_in_order_with_the_ids_given(
    page: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    history = [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": "A way to quantise."}]
    rows = [
        {"id": "b", "question": QUESTION},
        {"id": 7, "question": "How fast is it?", "history": history},
        {"question": "Who won the football?", "history": None},
    ]
    code, out, err = run(capsys, "batch", write_questions(tmp_path / "q.jsonl", *rows), str(tmp_path / "answers.jsonl"))
    assert (code, out) == (0, "")
    assert "3 of 3 answers" in err
    answers = [json.loads(line) for line in (tmp_path / "answers.jsonl").read_text("utf-8").splitlines()]
    assert [answer["id"] for answer in answers] == ["b", 7, 3]
    assert all(set(answer) >= KEYS for answer in answers)
    asked = json.loads(run(capsys, "ask", QUESTION, "--json")[1])
    assert {**answers[0], "seconds": 0} == {"id": "b", **asked, "seconds": 0}


def test_a_question_that_cannot_be_asked_costs_no_other_its_answer(
    two_papers: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        {"id": 1, "question": " "},
        {"id": "\ud800", "question": "lenses \ud800?"},
        {"id": 3, "question": "x" * 9999},
    ]
    code, _, err = run(capsys, "batch", write_questions(tmp_path / "q.jsonl", *rows), str(tmp_path / "a.jsonl"))
    assert code == 0
    assert "1 could not be asked" in err
    answers = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text("utf-8").splitlines()]
    assert [answer["id"] for answer in answers] == [1, "\ud800", 3]
    assert answers[0]["answer"].startswith("The question is empty")
    assert "cut to its first 4,000 characters" in answers[2]["note"]


@pytest.mark.parametrize("form", [[], ["--json"], ["--bibtex"]])
def test_a_question_that_is_too_long_is_cut_and_the_notice_says_so(
    page: Path, capsys: pytest.CaptureFixture[str], form: list[str]
) -> None:
    code, out, err = run(capsys, "ask", QUESTION + " Is it so?" * 1000, *form)
    assert code == 0
    assert "cut to its first 3,999 characters" in " ".join((err if form == ["--bibtex"] else out).split())


def test_a_stopped_batch_keeps_the_answers_it_has(
    two_papers: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = Engine.stream

    def stopped(self: Engine, question: str, history: Sequence[Turn] = (), *, model: bool = True) -> object:
        if "bells" in question:
            raise KeyboardInterrupt
        return stream(self, question, history, model=model)

    monkeypatch.setattr(Engine, "stream", stopped)
    questions = write_questions(tmp_path / "q.jsonl", {"question": "lenses?"}, {"question": "bells?"})
    code, _, err = run(capsys, "batch", questions, str(tmp_path / "a.jsonl"))
    assert (code, err.count("\n")) == (1, 2)
    assert "1 of 2 answers" in err
    assert json.loads((tmp_path / "a.jsonl").read_text("utf-8"))["id"] == 1


def test_answers_do_not_overwrite_the_questions(
    words_only: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    questions = write_questions(tmp_path / "q.jsonl", {"question": "lenses?"})
    before = Path(questions).read_bytes()
    (tmp_path / "link.jsonl").symlink_to(questions)
    for same in (questions, str(tmp_path / "link.jsonl")):
        code, _, err = run(capsys, "batch", questions, same)
        assert (code, Path(questions).read_bytes()) == (2, before)
        assert "name another file for the answers" in err


@pytest.mark.parametrize("answers", ["folder", "missing/answers.jsonl"])
def test_answers_that_cannot_be_written_are_said(
    answers: str, words_only: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "folder").mkdir()
    questions = write_questions(tmp_path / "q.jsonl", {"question": "lenses?"})
    code, _, err = run(capsys, "batch", questions, str(tmp_path / answers))
    assert (code, err.count("\n")) == (1, 1)
    assert f"{answers} cannot be written" in err


# -- eval ------------------------------------------------------------------------------------------------------------


def test_eval_shows_a_row_for_each_type(two_papers: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    questions = write_questions(
        tmp_path / "q.jsonl",
        {"type": "fact", "question": "Which paper is about lenses?", "papers": ["Grinding Lenses"]},
        {"type": "a type with a long name", "question": "bells?", "papers": ["Casting Bells"]},
    )
    code, out, _ = run(capsys, "eval", questions)
    head, *rows = out.splitlines()
    assert code == 0
    assert head.split()[:2] == ["n", "hit@1"]
    assert [row[:24].strip() for row in rows] == ["a type with a long name", "fact"]
    assert {len(line) for line in (head, *rows)} == {len(head)}


@pytest.mark.parametrize("argv", [["eval"], ["eval", "q.jsonl", "--beir", "folder"]])
def test_eval_wants_questions_or_a_collection(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, *argv) == (2, "", "paperchat: Give either a file of questions or --beir FOLDER.\n")


# -- first start -----------------------------------------------------------------------------------------------------


@pytest.fixture
def served(words_only: None, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hosts that were served; nothing is."""
    hosts: list[str] = []
    monkeypatch.setattr(ui.serve, "serve", lambda make_engine, *, host, port, auth, ready: hosts.append(host))
    monkeypatch.setattr(ui.serve, "check_address", lambda host, port, auth: None)
    return hosts


def test_the_first_start_takes_the_bundled_page_in_and_the_next_does_not(
    served: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    _, _, first = run(capsys)
    _, _, second = run(capsys, "serve", "--host", "localhost")
    assert first.startswith("Indexing the bundled page of 90 papers, once …\n90 papers seen: 90 added")
    assert second == "Opening the page …\n"
    assert served == ["127.0.0.1", "localhost"]


def test_a_first_start_that_was_stopped_is_finished_by_the_next(
    served: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Record.write

    def stopped(self: Record, *args: object, **named: object) -> None:
        write(self, *args, **named)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Record, "write", stopped)
        code, _, err = run(capsys)
        assert (code, err.splitlines()[-1]) == (1, "paperchat: stopped; what was done so far is kept.")
    assert 0 < count_papers() < 90
    assert run(capsys)[0] == 0
    assert count_papers() == 90


def test_papers_of_ones_own_are_not_joined_by_the_bundled_page(
    two_papers: Path, served: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, "serve") == (0, "", "Opening the page …\n")
    assert count_papers() == 2


def test_the_first_start_says_what_it_does_before_anything_heavy_is_imported(tmp_path: Path) -> None:
    code = f"""
import sys, ui.commands, ui.cli
ui.commands.say = lambda text: sys.exit(f"{{text}} {{[name for name in {HEAVY!r} if name in sys.modules]}}")
ui.cli.main(["serve", "--port", "1024"])
"""
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parent.parent
    )
    assert ended.stderr == "Indexing the bundled page of 90 papers, once … []\n"


# -- ways of ending --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["serve", "ingest", "papers", "search", "ask", "batch", "eval", "rebuild"])
def test_each_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, command, "--help")
    assert (code, err) == (0, "")
    assert f"usage: paperchat {command}" in out


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--version")
    assert code == 0
    assert out.split()[0] == "paperchat"
    assert out.split()[1][0].isdigit()


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["dance"], "invalid choice: 'dance'"),
        (["ask"], "QUESTION"),
        (["ingest"], "SOURCE"),
        (["papers", "--jsn"], "--jsn"),
        (["search", "x", "-k", "0"], "ask for 1 or more"),
        (["search", "x", "-k", "-3"], "-k"),
        (["search", "x", "-k", "9" * 5000], "ask for 1 or more"),
        (["serve", "--port", "0"], "give a number from 1 to 65535"),
        (["serve", "--port", "65536"], "give a number from 1 to 65535"),
        (["serve", "--port", "http"], "give a number from 1 to 65535"),
    ],
)
def test_wrong_use_is_told_in_one_line(argv: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, *argv)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert said in err
    assert err.endswith("--help\n")


def test_a_defect_is_told_in_one_line_with_its_place(
    words_only: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Engine, "stream", lambda self, question, model: 1 // 0)
    code, out, err = run(capsys, "ask", QUESTION)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "test_cli.py, line" in err
    assert "ZeroDivisionError" in err


def in_process(*argv: str, home: Path, stdout: int) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own, its output to a file descriptor."""
    environ = os.environ | {"PAPERCHAT_HOME": str(home)}
    root = Path(__file__).parent.parent
    return subprocess.run(
        [*PAPERCHAT, *argv], env=environ, cwd=root, stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=60
    )


def test_a_reader_that_leaves_early_is_no_failure(indexed_home: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ended = in_process("papers", home=indexed_home, stdout=writing)
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_an_output_that_is_full_is_a_failure_told_in_one_line(indexed_home: Path) -> None:
    with open("/dev/full", "wb") as full:
        ended = in_process("papers", "--json", home=indexed_home, stdout=full.fileno())
    assert ended.returncode == 1
    assert ended.stderr.startswith("paperchat: the output: No space left on device;")
    assert ended.stderr.count("\n") == 1
