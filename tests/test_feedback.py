"""Votes on answers as a file that `paperchat eval` reads: one line an answer, never half written, never too long."""

import json
import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from standin import LENSES, MIRRORS, grounded, refused

from ingest.errors import StoreError
from ingest.settings import Settings
from rag.engine import Engine
from rag.evaluate import votes as feedback
from rag.evaluate.measures import Expected, score_answer
from rag.evaluate.run import evaluate_questions, read_lines
from rag.evaluate.votes import Vote, keep
from rag.types import Turn
from ui.cli import main

LIKED = Vote("a1", True, grounded("How are lenses ground?"), (Turn("user", "Hello"), Turn("assistant", "Hi.")))


def kept(home: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (home / feedback.FILE).read_text("utf-8").splitlines()]


def test_a_liked_answer_is_a_question_with_the_papers_it_cited(tmp_path: Path) -> None:
    keep(tmp_path, LIKED)
    (line,) = kept(tmp_path)
    assert line["question"] == "How are lenses ground?"
    assert line["type"] == "fact"
    assert line["papers"] == [LENSES.title, MIRRORS.title]
    assert line["history"] == [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi."}]
    assert line["vote"] == "up"


def test_a_refusal_that_was_right_is_an_unanswerable_question(tmp_path: Path) -> None:
    keep(tmp_path, Vote("a", True, refused("What?")))
    (line,) = kept(tmp_path)
    assert (line["type"], line["papers"]) == ("unanswerable", [])


def test_of_a_disliked_answer_no_papers_are_known(tmp_path: Path) -> None:
    keep(tmp_path, replace(LIKED, liked=False))
    (line,) = kept(tmp_path)
    assert (line["type"], line["papers"], line["vote"]) == ("disliked", [], "down")
    assert line["cited"] == [LENSES.title, MIRRORS.title]


def test_a_second_vote_on_an_answer_takes_the_place_of_the_first_and_none_takes_it_away(tmp_path: Path) -> None:
    keep(tmp_path, LIKED)
    keep(tmp_path, replace(LIKED, id="a2"))
    keep(tmp_path, replace(LIKED, liked=False))
    assert [(line["id"], line["vote"]) for line in kept(tmp_path)] == [("a2", "up"), ("a1", "down")]
    keep(tmp_path, replace(LIKED, liked=None))
    assert [line["id"] for line in kept(tmp_path)] == ["a2"]


def test_lines_that_someone_added_by_hand_stay_as_they_are(tmp_path: Path) -> None:
    own = '{"question": "Mine?",  "papers": ["Owls"]}\nnot JSON\n[1]\n'
    (tmp_path / feedback.FILE).write_text(own, "utf-8")
    keep(tmp_path, LIKED)
    assert (tmp_path / feedback.FILE).read_text("utf-8").startswith(own)


def test_the_oldest_lines_go_where_the_file_grows_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feedback, "MOST_LINES", 3)
    for number in range(5):
        keep(tmp_path, replace(LIKED, id=f"a{number}"))
    assert [line["id"] for line in kept(tmp_path)] == ["a2", "a3", "a4"]
    monkeypatch.setattr(feedback, "MOST_BYTES", 2 * len(json.dumps(kept(tmp_path)[0], ensure_ascii=False).encode()) + 9)
    keep(tmp_path, replace(LIKED, id="a5"))
    assert [line["id"] for line in kept(tmp_path)] == ["a4", "a5"]


def test_votes_from_many_threads_are_all_kept(tmp_path: Path) -> None:
    threads = [threading.Thread(target=keep, args=(tmp_path, replace(LIKED, id=f"a{n}"))) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {line["id"] for line in kept(tmp_path)} == {f"a{n}" for n in range(12)}


@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_a_disk_that_fails_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    keep(tmp_path, LIKED)
    before = (tmp_path / feedback.FILE).read_bytes()

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, broken, fail)
    with pytest.raises(StoreError, match="No space left on device"):
        keep(tmp_path, replace(LIKED, id="a2"))
    assert (tmp_path / feedback.FILE).read_bytes() == before


def test_broken_characters_are_kept_as_escapes(tmp_path: Path) -> None:
    keep(tmp_path, replace(LIKED, answer=grounded("How \ud800?")))
    (line,) = kept(tmp_path)
    assert line["question"] == "How \ud800?"


def test_what_was_liked_is_a_test_that_the_engine_passes(engine: Engine, tmp_path: Path) -> None:
    for number, question in enumerate(
        ("How does KIVI quantize the KV cache?", "Which robots walk on two legs over sand?")
    ):
        keep(tmp_path, Vote(f"a{number}", True, engine.ask(question)))
    keep(tmp_path, Vote("a9", False, engine.ask("What is BottleFit?")))
    figures = evaluate_questions(engine, read_lines(tmp_path / feedback.FILE))
    assert figures["few"]["hit@1"] == 1.0
    assert figures["unanswerable"]["refused"] == 1.0
    assert "hit@1" not in figures["disliked"]
    assert figures["disliked"]["quotes"] == 1.0


def test_the_command_line_measures_by_the_file(page_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Engine(Settings(page_home)) as engine:
        path = engine.keep_vote(Vote("a1", True, engine.ask("How does KIVI quantize the KV cache?")))
    assert path == page_home / feedback.FILE
    assert main(["eval", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["few"]["hit@1"] == 1.0


def test_papers_that_are_not_known_are_not_measured() -> None:
    row = score_answer(
        Expected("disliked", ()), {"answer": "Owls see very well at night. [1]", "retrieved": ["Owls"]}, {}
    )
    assert "hit@1" not in row
    assert "cited P" not in row
    assert row["cited"] == 1.0
