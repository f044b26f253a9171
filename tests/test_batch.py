"""Files of questions and conversations answered by command, with earlier turns that carry their records."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.model_endpoint import KEY, serving
from tests.scripted_model import answer, plan, stage
from ui.cli import main

KIVI = "What is KIVI?"


def batch(tmp_path: Path, lines: list[dict[str, Any]], *options: str) -> tuple[int, list[dict[str, Any]]]:
    """The exit code and the answers of a file of lines."""
    asked, answers = tmp_path / "asked.jsonl", tmp_path / "answers.jsonl"
    asked.write_text("\n".join(map(json.dumps, lines)))
    code = main(["batch", str(asked), str(answers), *options])
    return code, [json.loads(line) for line in answers.read_text().splitlines()] if answers.exists() else []


def test_a_conversation_is_answered_turn_by_turn(page_home: Path, tmp_path: Path) -> None:
    code, (row,) = batch(tmp_path, [{"id": "c", "turns": [KIVI, {"user": "How much memory does it save?"}]}])
    assert (code, row["id"], len(row["turns"])) == (0, "c", 2)
    assert {turn["citations"][0]["title"][:4] for turn in row["turns"]} == {"KIVI"}


def test_lines_are_answered_side_by_side_and_written_in_their_order(page_home: Path, tmp_path: Path) -> None:
    lines = [{"id": n, "question": KIVI} for n in range(6)] + [{"id": 6, "turns": [KIVI]}]
    code, rows = batch(tmp_path, lines, "--jobs", "4")
    assert (code, [row["id"] for row in rows]) == (0, list(range(7)))
    assert all("answer" in row for row in rows[:6])


def test_a_question_that_cannot_be_asked_costs_no_other_its_answer(page_home: Path, tmp_path: Path) -> None:
    code, (row, last) = batch(tmp_path, [{"turns": [" ", KIVI]}, {"question": KIVI}])
    assert code == 0
    assert row["turns"][0]["refused"]
    assert row["turns"][1]["citations"] == last["citations"]


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ({"turns": []}, "'turns' must be a list of 1 to 200 questions"),
        ({"turns": "What?"}, "'turns' must be"),
        ({"turns": [7]}, "'turns' must be"),
        ({"turns": [KIVI] * 201}, "'turns' must be"),
        ({"question": KIVI, "history": [7]}, "'history' must be a list"),
        ({"question": KIVI, "history": [{"role": "assistant", "content": "x", "answer": 7}]}, "no JSON object"),
        (
            {"question": KIVI, "history": [{"role": "assistant", "content": "x", "answer": {"citations": [{}]}}]},
            "'number' is missing",
        ),
    ],
)
def test_a_line_that_is_none_is_named(
    page_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], line: dict[str, Any], wrong: str
) -> None:
    code, _ = batch(tmp_path, [{"question": KIVI}, line])
    told = capsys.readouterr().err
    assert code == 2
    assert wrong in told
    assert "line 2" in told


@pytest.mark.parametrize("jobs", ["0", "65", "two"])
def test_jobs_are_a_number_from_1_to_64(tmp_path: Path, jobs: str) -> None:
    with pytest.raises(SystemExit):
        main(["batch", "a", "b", "--jobs", jobs])


def test_with_a_model_the_record_of_an_earlier_answer_brings_its_papers_and_explain_tells_the_calls(
    page_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving() as endpoint:
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
        monkeypatch.setenv("PAPERCHAT_MODEL", "scribe")
        good = answer("KIVI is a tuning-free 2bit KV cache quantization algorithm [[named KIVI]].")
        endpoint.replies = [plan(question=KIVI, papers=["KIVI"]), good]
        _, (first,) = batch(tmp_path, [{"question": KIVI}], "--explain")
        assert [call["stage"] for call in first["trace"]["calls"]] == ["plan", "write"]
        history = [{"role": "user", "content": "x"}, {"role": "assistant", "content": "It.", "answer": first}]
        endpoint.replies = [plan(question="memory of KIVI", papers=["P1"]), good]
        _, (second,) = batch(tmp_path, [{"question": "and its memory?", "history": history}])
        assert "P1: KIVI" in next(a for a in endpoint.asked[2:] if stage(a) == "plan")["messages"][-1]["content"]
        assert "trace" not in second
        assert second["plan"]["papers"] == first["plan"]["papers"]
        endpoint.replies = [plan(question=KIVI, papers=["KIVI"]), good]
        capsys.readouterr()
        assert main(["ask", KIVI, "--explain"]) == 0
        out, err = capsys.readouterr()
        assert "KIVI is a tuning-free" in out
        assert "planned by: model" in err
        assert "call, write: " in err
        assert KEY not in out + err


def test_without_a_model_explain_says_how_sure_the_search_was(
    page_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ask", KIVI, "--explain"]) == 0
    err = capsys.readouterr().err
    assert "planned by: without model" in err
    assert "chance of an answer" in err


def test_a_batch_that_is_stopped_ends_the_calls_it_had_begun(page_home: Path, tmp_path: Path) -> None:
    from threading import Event, Timer

    from ingest.settings import Settings
    from rag.engine import Engine
    from tests.model_endpoint import hang
    from ui.batch import Asked, answered

    with serving() as endpoint:
        endpoint.replies = [hang]
        settings = Settings(page_home, openai_api_key=KEY, openai_base_url=endpoint.url, model="scribe")
        stopped = Event()
        Timer(0.5, stopped.set).start()
        with Engine(settings) as engine, pytest.raises(KeyboardInterrupt):
            answered(engine, Asked((KIVI,) * 10, (), single=False), stopped, model=True, explain=False)
        assert endpoint.left.wait(2)
        assert len(endpoint.asked) == 1
