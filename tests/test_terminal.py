"""What a terminal is shown: wrapped to its width, and nothing in it that steers it."""

import io
import json

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
    report = Report(seen=0, unreadable=[(STEERING, Unreadable(STEERING, STEERING))])
    say(STEERING)
    shown = [
        answer_text(answer(STEERING)),
        answer_text(answer(STEERING, refused=True, note=STEERING)),
        ranking_text([Ranked(PAPER, 1.0, ())]),
        papers_text([PAPER]),
        report_text(report),
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
    item = next(at for at, line in enumerate(lines) if line.startswith("- item"))
    assert lines[item + 1].startswith("  item")
    cited = next(at for at, line in enumerate(lines) if line.startswith("[1] A long"))
    assert lines[cited + 1].startswith("    ")
    assert "90 papers looked at." in lines


def test_a_table_is_shown_as_blocks_that_fit() -> None:
    shown = answer_text(answer(TABLE)).splitlines()[1:9]
    assert shown == [
        "They differ.",
        "Memory",
        "  KIVI: 2.6 times less [1]",
        "  GEAR: –",
        "Speed",
        "  KIVI: 2 [2]",
        "  GEAR: 3 [3]",
        "End.",
    ]


@pytest.mark.parametrize("text", ["|", "||\n|", "|---|", "| a |\n| b | c | d |\n||"])
def test_a_table_that_is_none_is_no_failure(text: str) -> None:
    assert answer_text(answer(text))


def test_a_refusal_names_the_closest_papers() -> None:
    near = Paper("Near", "We are near.")
    shown = Answer("q", "The papers do not say.", (), True, "q", (Ranked(near, 0.1, ()),) * 5, 0.1, kind="few")
    assert answer_text(shown).splitlines()[-3:] == ["- Near"] * 3


def test_papers_are_a_line_each_with_dates_where_there_are_any() -> None:
    plain, dated = Paper("A " * 60, "We."), Paper("B", "We.", (), "2025-07-28")
    assert papers_text([plain]) == "A " * 60
    assert [line[:12] for line in papers_text([plain, dated]).split("\n")] == ["–           ", "2025-07-28  "]


def test_a_message_is_one_line_of_bounded_length(capsys: pytest.CaptureFixture[str]) -> None:
    say("first\nsecond\r\n" + "x" * 1_000_000)
    err = capsys.readouterr().err
    assert (err.count("\n"), err[:13]) == (1, "first second ")
    assert len(err) < 1_100


def test_a_message_never_reaches_standard_output(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("sys.stderr", None)  # closed by the caller; print() would turn to standard output
        say("A notice.")
    assert capsys.readouterr().out == ""


def test_json_survives_an_output_that_is_not_utf_8(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    monkeypatch.setattr("sys.stdout", stream)
    print_json({"title": "Łódź 👩‍🔬"})
    stream.flush()
    assert json.loads(raw.getvalue()) == {"title": "Łódź 👩‍🔬"}


def test_single_figures_are_shown_a_line_each() -> None:
    assert figures_text({"nDCG@10": 0.5, "queries": 3}).split() == ["nDCG@10", "0.5", "queries", "3"]
    assert figures_text({}) == ""
