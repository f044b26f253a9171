"""Papers set side by side: each cell a sentence of its own paper that speaks to the row, or nothing."""

from collections.abc import Sequence

import pytest

from ingest.paper import Paper
from rag.answer import Ranked
from rag.compare import Wish, compare
from rag.draft import Draft, Paragraph, Table
from rag.edit import Change, edit, read_change
from rag.engine import Engine
from rag.names import without_names

KIVI, ZIP = "KIVI", "ZipCache"


class Sides:
    """The papers of the engine by name, and how often they were looked at."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.calls = engine, 0

    def find(self, *names: str) -> list[Paper]:
        return [self.engine.search(name, k=1)[0].paper for name in names]

    def look(self, question: str, ids: Sequence[str]) -> list[Ranked]:
        self.calls += 1
        return self.engine._retriever.look(question, ids)

    def compare(self, question: str, *names: str, aspects: Sequence[str] = ()) -> Draft:
        return compare(question, self.find(*names), names, self.look, wish=Wish(tuple(aspects)))


@pytest.fixture
def sides(engine: Engine) -> Sides:
    return Sides(engine)


def table(draft: Draft) -> Table:
    assert isinstance(draft.parts[0], Table)
    return draft.parts[0]


def said(draft: Draft, aspect: str) -> list[str]:
    row = next(row for row in table(draft).rows if row.aspect == aspect)
    return [cell.evidence.sentence.text if cell.evidence else "" for cell in row.cells]


def test_the_usual_rows_say_the_problem_the_idea_and_the_result(sides: Sides) -> None:
    draft = sides.compare("Compare BottleFit and KIVI.", "BottleFit", KIVI)
    assert [row.aspect for row in table(draft).rows][:3] == ["problem", "idea", "result"]
    assert "propose a new framework called BottleFit" in said(draft, "idea")[0]
    assert "developed a tuning-free 2bit KV cache quantization algorithm" in said(draft, "idea")[1]
    assert any(digit.isdigit() for digit in said(draft, "result")[0])


def test_each_cell_is_a_sentence_of_its_own_paper_word_for_word_and_none_stands_twice(sides: Sides) -> None:
    draft = sides.compare("Compare them.", KIVI, ZIP, "MatryoshkaKV", "GEAR")
    found = table(draft)
    for i, paper in enumerate(found.papers):
        cells = [row.cells[i].evidence for row in found.rows if row.cells[i].evidence]
        assert all(cell and cell.paper == paper for cell in cells)
        assert all(
            cell and paper.abstract[cell.sentence.start : cell.sentence.end] == cell.sentence.text for cell in cells
        )
        assert len({cell.sentence.start for cell in cells if cell}) == len(cells)


def test_rows_are_the_aspects_asked_for_in_their_order(sides: Sides) -> None:
    draft = sides.compare("KIVI vs ZipCache: speed and memory?", KIVI, ZIP)
    assert [row.aspect for row in table(draft).rows] == ["speed", "memory"]
    assert "throughput" in said(draft, "speed")[0]
    assert "2.6times less peak memory" in said(draft, "memory")[0]
    assert "latency" in said(draft, "speed")[1]


def test_an_aspect_that_no_abstract_speaks_of_has_no_row_and_is_noted(sides: Sides) -> None:
    draft = sides.compare("Compare KIVI and ZipCache on carbon emissions.", KIVI, ZIP)
    assert "energy" not in [row.aspect for row in table(draft).rows]
    assert draft.note == "Neither abstract speaks of energy."
    assert all(said(draft, "idea")), "the head of each column is cited"


def test_a_row_nobody_asked_for_and_nobody_fills_is_left_out(sides: Sides) -> None:
    draft = sides.compare("Compare KIVI and ZipCache.", KIVI, ZIP)
    assert "limits" not in [row.aspect for row in table(draft).rows]
    assert draft.note == ""


def test_the_field_before_a_papers_own_work_fills_no_measured_cell(sides: Sides) -> None:
    draft = sides.compare("How fast are FlashAttention-2 and FlashKAT?", "FlashAttention-2", "FlashKAT")
    assert said(draft, "speed")[0].startswith(("These yield around", "We empirically validate"))
    assert "86.5x" in said(draft, "speed")[1]


def test_the_sharper_of_two_rows_has_the_sentence_that_both_want(sides: Sides) -> None:
    draft = sides.compare("What speedup does each claim, and what results?", "FlashKAT", "FlashAttention-2")
    assert "86.5x" in said(draft, "speed")[0]
    assert said(draft, "result")[0] == said(draft, "speed")[0], "asked for, and nothing else is a result"
    assert said(draft, "result")[1] not in ("", said(draft, "speed")[1])


def test_below_the_table_each_paper_says_what_the_table_does_not(sides: Sides) -> None:
    draft = sides.compare("At what granularity does each quantize: KIVI or ZipCache?", KIVI, ZIP)
    below = draft.parts[1]
    assert isinstance(below, Paragraph)
    spoken = [statement.evidence.sentence.text for statement in below.statements]
    in_cells = {text for row in table(draft).rows for text in said(draft, row.aspect)}
    assert any("per-channel" in text for text in (*spoken, *in_cells))
    assert any("channel-separable tokenwise" in text for text in spoken)
    assert not set(spoken) & in_cells
    assert {statement.evidence.paper for statement in below.statements} == set(table(draft).papers)


def test_a_lead_names_the_paper_once_where_its_sentence_does_not(sides: Sides) -> None:
    below = sides.compare("At what granularity does each quantize: KIVI or ZipCache?", KIVI, ZIP).parts[1]
    assert isinstance(below, Paragraph)
    for statement in below.statements:
        opening = statement.evidence.sentence.text[:40].casefold()
        assert not statement.lead or statement.lead.casefold() not in opening
    leads = [statement.lead for statement in below.statements if statement.lead]
    assert len(leads) == len(set(leads))


def test_given_aspects_are_the_rows_whatever_the_question_says(sides: Sides) -> None:
    draft = sides.compare("Compare their speed.", KIVI, ZIP, aspects=("memory", "idea"))
    assert [row.aspect for row in table(draft).rows] == ["memory", "idea"]


def test_at_most_six_papers_get_a_column_and_one_with_no_evidence_says_nothing(sides: Sides) -> None:
    papers = [found.paper for found in sides.engine.search("quantization", k=7)]
    papers[1] = Paper("Unknown", "Never indexed.")
    found = table(compare("Compare.", papers, [paper.title for paper in papers], sides.look))
    assert len(found.papers) == len(found.names) == 6
    assert not any(row.cells[1].evidence for row in found.rows)


def test_a_comparison_looks_once_for_the_question_and_once_for_each_aspect_looked_up(sides: Sides) -> None:
    sides.compare("Compare them.", KIVI, ZIP, "GEAR")
    assert sides.calls == 1
    sides.compare("Compare memory and speed.", KIVI, ZIP, "GEAR")
    assert sides.calls == 1 + 3


def test_the_same_question_gets_the_same_draft(sides: Sides) -> None:
    assert sides.compare("Which saves more memory?", KIVI, ZIP) == sides.compare("Which saves more memory?", KIVI, ZIP)


def test_names_are_left_out_of_what_is_looked_for() -> None:
    papers = [Paper("Ant: A Method", "We propose Ant."), Paper("Bee", "We propose Bee.")]
    assert without_names("Compare Ant with bee on speed", papers, ["Ant", "Bee"]) == "Compare with on speed"


# -- later turns -------------------------------------------------------------------------------------------------------

LISTED = ("problem", "idea", "result")


@pytest.mark.parametrize(
    ("request_", "rows"),
    [
        ("drop the problem row", ("idea", "result")),
        ("add a row for energy", ("problem", "idea", "result", "energy")),
        ("only memory and speed", ("memory", "speed")),
        ("now with memory usage too, and drop the problem", ("idea", "result", "memory")),
        ("remove the problem, the idea and the result", LISTED),
    ],
)
def test_a_request_changes_the_rows(request_: str, rows: tuple[str, ...]) -> None:
    change = read_change(request_, LISTED)
    assert change
    assert edit(LISTED, change) == rows


def test_a_paper_is_dropped_by_its_name_and_what_is_new_is_handed_back() -> None:
    assert read_change("without KIVI and add GEAR", ("KIVI", "ZipCache")) == Change(
        drop=("KIVI",), unknown=(("add", "GEAR"),)
    )


@pytest.mark.parametrize("request_", ["How fast is KIVI with large batches?", "thanks", ""])
def test_a_question_is_no_change(request_: str) -> None:
    assert read_change(request_, ("KIVI", *LISTED)) is None
