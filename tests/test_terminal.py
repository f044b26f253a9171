"""What a terminal is shown: wrapped to its width, and nothing in it that steers it."""

import io
import json
import re

import pytest

from ingest.paper import Paper, Unreadable
from ingest.pipeline import Report
from rag.types import Answer, Citation, Ranked
from ui.terminal import answer_text, figures_text, papers_text, print_json, ranking_text, report_text, safe, say

STEERING = "red \x1b[31m\x9b2J\x07 evil\u202eexe.gnp\u2066 gone\x08\x08 \u200bhidden \r\nnext"
PAPER = Paper(STEERING, f"We say {STEERING}.", (STEERING,), "2025-07-28")
TABLE = (
    "They differ.\n| | KIVI | GEAR |\n|---|---|---|\n| Memory | 2.6 times less [1] | |\n| Speed | 2 [2] | 3 [3] |\nEnd."
)


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")


def answer(text: str, *, refused: bool = False, note: str = "") -> Answer:
    cited = Citation(1, PAPER.id, "A " + "long " * 20 + "title", "We say", 0, 6)
    return Answer("q", text, () if refused else (cited,), refused, "q", (Ranked(PAPER, 1.0, ()),), 0.1, note=note)


def test_nothing_a_paper_or_a_file_is_called_steers_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    say(STEERING)
    shown = [
        answer_text(answer(STEERING)),
        answer_text(answer(STEERING, refused=True, note=STEERING)),
        ranking_text([Ranked(PAPER, 1.0, ())]),
        papers_text([PAPER]),
        report_text(Report(seen=0, unreadable=[(STEERING, Unreadable(STEERING, STEERING))])),
        figures_text({STEERING: {"n": 1}}),
        capsys.readouterr().err,
    ]
    for text in shown:
        assert "evil" in text
        assert not set(text) & set("\x1b\x9b\x07\x08\r\u202e\u2066\u200b")


def test_letters_of_every_script_stay() -> None:
    for text in ("Łódź – naïve", "مقاله‌ها", "क्‍ष", "量子化", "👩‍🔬"):
        assert safe(text) == text


def test_an_answer_is_wrapped_with_its_marks_papers_and_note() -> None:
    text = answer_text(answer("word " * 30 + "[1].\n\n- " + "item " * 20 + "[1]", note="90 papers looked at."))
    lines = text.splitlines()
    assert max(map(len, lines)) <= 40
    assert re.search(r"^- item.*\n  item", text, re.MULTILINE)
    assert re.search(r"^\[1\] A long.*\n    ", text, re.MULTILINE)
    assert "90 papers looked at." in lines


def test_a_table_is_shown_as_blocks_that_fit() -> None:
    memory = ["Memory", "  KIVI: 2.6 times less [1]", "  GEAR: –"]
    speed = ["Speed", "  KIVI: 2 [2]", "  GEAR: 3 [3]"]
    assert answer_text(answer(TABLE)).splitlines()[1:9] == ["They differ.", *memory, *speed, "End."]


@pytest.mark.parametrize("text", ["|", "||\n|", "|---|", "| a |\n| b | c | d |\n||"])
def test_a_table_that_is_none_is_no_failure(text: str) -> None:
    assert answer_text(answer(text))


def test_a_message_is_one_line_of_bounded_length_and_never_on_standard_output(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    say("first\nsecond\r\n" + "x" * 1_000_000)
    out, err = capsys.readouterr()
    assert (err.count("\n"), err[:13], out) == (1, "first second ", "")
    assert len(err) < 1_100
    with monkeypatch.context() as patch:
        patch.setattr("sys.stderr", None)  # closed by the caller; print() would turn to standard output
        say("A notice.")
    assert capsys.readouterr().out == ""


def test_json_survives_an_output_that_is_not_utf_8(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", stream)
    print_json({"title": "Łódź 👩‍🔬"})
    stream.flush()
    assert json.loads(stream.buffer.getvalue()) == {"title": "Łódź 👩‍🔬"}
