"""A question that asks nothing of a paper but an aspect is answered by sentences that speak of it, or not at all."""

import pytest
from rag.aspects import beside_aspects

from rag.engine import Engine
from tests.corpus import talk


@pytest.mark.parametrize(
    ("question", "on"),
    [
        ("what are the weaknesses of KIVI?", "limits"),
        ("what about YOLOv9 speed", "speed"),
        ("what is Keyformer's energy use", "energy"),
    ],
)
def test_what_no_sentence_speaks_of_is_not_said(engine: Engine, question: str, on: str) -> None:
    answer = engine.ask(question)
    assert answer.outcome == "close"
    assert f"does not plainly speak of its {on}; this comes nearest." in answer.text


@pytest.mark.parametrize(
    ("turns", "says"),
    [
        (["how fast is Keyformer"], "reduces inference latency by 2.1x"),
        (["does ZipCache have drawbacks"], "0.38% drop in accuracy"),
        (["what is Keyformer", "and its speed?"], "reduces inference latency by 2.1x"),
        (["temperature sampling vs scalarization", "what is their solution"], "we propose Cooldown"),
        (["what is Mixture-of-Recursions", "On which model sizes?"], "135M to 1.7B parameters"),
        (["WTA-CRS how does the column row one work"], "which only requires storing the sub-sampled activations"),
    ],
)
def test_the_sentence_that_stands_for_an_aspect_is_quoted(engine: Engine, turns: list[str], says: str) -> None:
    answer = talk(engine, *turns)
    assert answer.outcome == "answered"
    assert any(says in citation.quote for citation in answer.citations)


def test_what_is_asked_beside_an_aspect_is_not_answered_by_it_alone(engine: Engine) -> None:
    answer = engine.ask("how much memory does KIVI need on a Raspberry Pi?")
    assert "plainly speak" not in answer.text


def test_a_figure_near_by_under_another_name_is_not_denied(engine: Engine) -> None:
    answer = engine.ask("How many GPU hours does TPI-LLM need?")
    assert answer.outcome == "close"
    assert "gives no number" not in answer.text or "in so many words" in answer.text


def test_a_term_of_two_words_is_an_aspect_and_nothing_beside_it() -> None:
    assert beside_aspects("is it open source?").split() == ["is", "it", "?"]
    assert "carbon" not in beside_aspects("its carbon footprint")
    assert "Part II" in beside_aspects("What did Part II of it find out?")
