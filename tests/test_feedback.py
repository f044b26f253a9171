"""Votes on answers as a file that `paperchat eval` reads: one line an answer, never half written, never too long."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import pytest
from standin import LENSES, MIRRORS, grounded, refused

from ingest.errors import StoreError
from ingest.settings import Settings
from rag.engine import Engine
from rag.evaluate import votes as feedback
from rag.evaluate.votes import Vote, keep
from rag.types import Turn
from ui.cli import main

LIKED = Vote("a1", True, grounded("How are lenses ground?"), (Turn("user", "Hello"), Turn("assistant", "Hi.")))


def kept(home: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (home / feedback.FILE).read_text("utf-8").splitlines()]


def test_a_vote_is_a_question_with_the_papers_that_a_right_answer_cites(tmp_path: Path) -> None:
    for vote in (LIKED, replace(LIKED, id="a2", liked=False), Vote("a3", True, refused("What?"))):
        keep(tmp_path, vote)
    liked, disliked, unanswerable = kept(tmp_path)
    assert (liked["question"], liked["type"], liked["vote"]) == ("How are lenses ground?", "fact", "up")
    assert liked["papers"] == disliked["cited"] == [LENSES.title, MIRRORS.title]
    assert liked["history"] == [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi."}]
    assert (disliked["type"], disliked["papers"], disliked["vote"]) == ("disliked", [], "down")
    assert (unanswerable["type"], unanswerable["papers"]) == ("unanswerable", [])


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
    votes = [replace(LIKED, id=f"a{n}") for n in range(12)]
    with ThreadPoolExecutor(len(votes)) as pool:
        list(pool.map(lambda vote: keep(tmp_path, vote), votes))
    assert {line["id"] for line in kept(tmp_path)} == {vote.id for vote in votes}


@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_a_disk_that_fails_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    keep(tmp_path, LIKED)
    before = (tmp_path / feedback.FILE).read_bytes()
    monkeypatch.setattr(os, broken, Mock(side_effect=OSError(28, "No space left on device")))
    with pytest.raises(StoreError, match="No space left on device"):
        keep(tmp_path, replace(LIKED, id="a2"))
    assert (tmp_path / feedback.FILE).read_bytes() == before


def test_what_was_liked_is_a_test_that_the_engine_passes(page_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Engine(Settings(page_home)) as engine:
        for question in ("How does KIVI quantize the KV cache?", "Which robots walk on two legs over sand?"):
            path = engine.keep_vote(Vote(question, True, engine.ask(question)))
        engine.keep_vote(Vote("a9", False, engine.ask("What is BottleFit?")))
    assert path == page_home / feedback.FILE
    assert main(["eval", str(path), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["few"]["hit@1"] == 1.0
    assert figures["unanswerable"]["refused"] == 1.0
    assert "hit@1" not in figures["disliked"]
    assert figures["disliked"]["quotes"] == 1.0
