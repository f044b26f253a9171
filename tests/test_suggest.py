"""Suggestions after an answer, on the bundled page: each is answered, says something new, and is the same each time."""

import pytest

from ingest.paper import Paper
from rag.answer import Answer, Citation, Ranked
from rag.aspects import speaks_of
from rag.engine import Engine
from rag.suggest import MOST, candidates, name_of

QUESTIONS = (
    "How does KIVI quantize the KV cache?",
    "Compare KIVI and ZipCache on memory",
    "Which papers are about federated learning?",
    "What is BottleFit?",
    "How much memory does APOLLO need to train LLaMA-7B?",
    "What learning rate does KIVI use?",
    "What is the capital of France?",
)
OWLS = Paper("OwlNet: Quiet Flight Control", "OwlNet flies at 3 ms latency. It saves 20% energy.")
CROWS = Paper("CrowNet: Loud Flight Control", "CrowNet does flight control. It flies.")
ROOKS = Paper("A Survey of Flight Control", "We list flight control.")


def answered(paper: Paper, question: str, *, kind: str = "fact", outcome: str = "answered") -> Answer:
    cite = Citation(1, paper.id, paper.title, paper.abstract, 0, len(paper.abstract))
    near = tuple(Ranked(one, 1.0, ()) for one in (OWLS, CROWS, ROOKS))
    return Answer(question, "", (cite,), outcome != "answered", question, near, 0.0, kind=kind, outcome=outcome)


@pytest.mark.parametrize("question", QUESTIONS)
def test_each_suggestion_is_answered_with_a_sentence_that_was_not_cited(engine: Engine, question: str) -> None:
    answer = engine.suggest(engine.ask(question))
    assert 1 <= len(answer.suggestions) <= MOST
    told = {(citation.paper_id, citation.start) for citation in answer.citations}
    for suggestion in answer.suggestions:
        reply = engine.ask(suggestion)
        assert not reply.refused
        assert {(citation.paper_id, citation.start) for citation in reply.citations} - told


def test_the_same_answer_has_the_same_suggestions(engine: Engine) -> None:
    first, second = (engine.suggest(engine.ask(QUESTIONS[0])).suggestions for _ in range(2))
    assert first == second
    assert first[0] == "How much memory does KIVI save?"


def test_a_suggestion_on_an_aspect_is_answered_with_a_sentence_on_it(engine: Engine) -> None:
    (suggestion,) = [one for one in engine.suggest(engine.ask(QUESTIONS[0])).suggestions if "memory" in one]
    assert any(speaks_of("memory", citation.quote) for citation in engine.ask(suggestion).citations)


@pytest.mark.parametrize("question", ["Hello", "Thanks!"])
def test_small_talk_has_none(engine: Engine, question: str) -> None:
    assert engine.suggest(engine.ask(question)).suggestions == ()


def test_suggestions_are_part_of_the_answer_as_json(engine: Engine) -> None:
    answer = engine.suggest(engine.ask(QUESTIONS[0]))
    assert answer.as_dict()["suggestions"] == list(answer.suggestions)


def asked(answer: Answer, paper: Paper = OWLS) -> list[str]:
    return [question for question, _ in candidates(answer, [paper], lambda word: 1.0)]


def test_a_figure_in_the_abstract_is_asked_for_first_then_a_neighbour_then_the_topic() -> None:
    assert asked(answered(OWLS, "Who flies?"))[:3] == [
        "How fast is OwlNet?",
        "How do OwlNet and CrowNet differ?",
        "Which papers are about flight control?",
    ]


def test_what_was_asked_is_not_asked_again() -> None:
    assert "How fast is OwlNet?" not in asked(answered(OWLS, "How fast is OwlNet?"))
    assert "How much energy does OwlNet use?" in asked(answered(OWLS, "How fast is OwlNet?"))


def test_of_an_absent_answer_only_what_the_nearest_papers_are_is_asked() -> None:
    questions = asked(answered(OWLS, "How fast are bees?", outcome="absent"))
    assert questions[0] == "What is OwlNet?"
    assert not any("differ" in question for question in questions)


def test_a_paper_without_a_short_name_is_not_asked_about() -> None:
    long = Paper("On the Many Ways in which the Birds of the North Fly over the Sea at Night", "It flies fast.")
    assert name_of(long) == ""
    assert asked(answered(long, "Who flies?"), long) == []
