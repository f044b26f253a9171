"""A conversation kept within chosen papers: whatever is asked, nothing is told from outside of them."""

import pytest

from rag.engine import Engine
from rag.retrieve.scope import Scope
from rag.types import Answer, Turn


@pytest.fixture(scope="module")
def ids(engine: Engine) -> dict[str, str]:
    return {name: engine.search(name, k=1)[0].paper.id for name in ("KIVI", "ZipCache", "BottleFit")}


def ask(engine: Engine, question: str, *ids: str, history: tuple[Turn, ...] = ()) -> Answer:
    return engine.ask(question, history, scope=Scope(ids=ids))


@pytest.mark.parametrize(
    "question",
    ["How much memory does it save?", "What are these papers about?", "Compare KIVI and ZipCache", "Who wrote KIVI?"],
)
def test_no_answer_cites_or_finds_a_paper_outside(engine: Engine, ids: dict[str, str], question: str) -> None:
    chosen = {ids["ZipCache"], ids["BottleFit"]}
    answer = ask(engine, question, *chosen)
    assert {citation.paper_id for citation in answer.citations} <= chosen
    assert {ranked.paper.id for ranked in answer.retrieved} <= chosen


def test_a_question_within_is_answered(engine: Engine, ids: dict[str, str]) -> None:
    answer = ask(engine, "What does ZipCache compress?", ids["ZipCache"], ids["KIVI"])
    assert (answer.refused, answer.citations[0].title[:8]) == (False, "ZipCache")


def test_a_comparison_keeps_those_that_are_chosen_and_says_which_is_not(engine: Engine, ids: dict[str, str]) -> None:
    answer = ask(engine, "Compare KIVI, ZipCache and BottleFit", ids["ZipCache"], ids["BottleFit"])
    assert answer.table
    assert {paper.id for paper in answer.table.papers} == {ids["ZipCache"], ids["BottleFit"]}
    assert answer.text.startswith("KIVI is not among the papers being searched.")


def test_a_follow_up_does_not_lead_out(engine: Engine, ids: dict[str, str]) -> None:
    history = (Turn("user", "What is KIVI?"), Turn("assistant", engine.ask("What is KIVI?").text))
    answer = ask(engine, "How much memory does it save?", ids["BottleFit"], history=history)
    assert {citation.paper_id for citation in answer.citations} <= {ids["BottleFit"]}
    assert not answer.context


def test_a_choice_of_papers_that_are_gone_answers_nothing(engine: Engine) -> None:
    gone = ask(engine, "List all papers about pruning", "title:000000000000")
    assert (gone.outcome, gone.citations) == ("absent", ())
    assert gone.text == "None of the selected papers is in the library any more."
