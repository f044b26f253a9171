"""What a short form stands for is answered by the sentences that spell it out."""

import pytest
from rag.spelled import asked_form, spelled_out

from ingest.paper import Paper
from rag.engine import Engine


@pytest.mark.parametrize(
    ("question", "form"),
    [
        ("What does KV mean?", "KV"),
        ("what does the acronym 'MoR' stand for", "MoR"),
        ("What is LLM short for?", "LLM"),
        ("What does KIVI do?", ""),
        ("What does it mean that KIVI is tuning-free?", ""),
    ],
)
def test_the_short_form_asked_for_is_read(question: str, form: str) -> None:
    assert asked_form(question) == form


def test_only_a_sentence_that_spells_it_out_is_told() -> None:
    papers = [
        Paper("Caches", "The KV cache grows."),
        Paper("Stores", "It grows. The key-value (KV) cache is a bottleneck."),
        Paper("Names", "We use KV (key and value) pairs."),
    ]
    assert [evidence.paper.title for evidence in spelled_out("KV", papers)] == ["Stores", "Names"]


@pytest.mark.parametrize(("form", "words"), [("KV", "key-value (KV)"), ("MoR", "Mixture-of-Recursions (MoR)")])
def test_a_short_form_is_answered_with_its_words(engine: Engine, form: str, words: str) -> None:
    answer = engine.ask(f"What does {form} stand for?")
    assert answer.outcome == "answered"
    assert all(f"({form}" in citation.quote for citation in answer.citations)
    assert any(words in citation.quote for citation in answer.citations)
