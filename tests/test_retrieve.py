"""Retrieval over the bundled page: words and meaning, scopes, and what each rank carries."""

import numpy as np
import pytest

from ingest.errors import UsageError
from rag.engine import Engine
from rag.retrieve.adapter import MODEL, towards_abstracts
from rag.retrieve.scope import Scope
from rag.types import MOST_CHARACTERS


def test_each_paper_comes_once_with_all_its_sentences_best_first(engine: Engine) -> None:
    ranked = engine.search("How many GB of memory does APOLLO need on a single GPU?", k=10)
    assert len({found.paper.id for found in ranked}) == 10
    assert [found.score for found in ranked] == sorted((found.score for found in ranked), reverse=True)
    for found in ranked:
        scores = [evidence.score for evidence in found.evidence]
        assert scores == sorted(scores, reverse=True)
        for evidence in found.evidence:
            sentence = evidence.sentence
            assert found.paper.abstract[sentence.start : sentence.end] == sentence.text
    assert "less than 12 GB" in ranked[0].evidence[0].sentence.text + ranked[0].evidence[1].sentence.text


def test_a_scope_of_papers_and_dates_is_kept_to(engine: Engine) -> None:
    inside = tuple(found.paper.id for found in engine.search("KV cache", k=3))
    assert {found.paper.id for found in engine.search("physics", k=10, scope=Scope(ids=inside))} == set(inside)
    assert engine.search("KV cache", scope=Scope(since="2031-01-01")) == []


@pytest.mark.parametrize("question", ["", "\n\t", "?!", "\u202e\u200b", "🙂🙂"])
def test_a_question_without_a_word_is_told_what_to_do(engine: Engine, question: str) -> None:
    with pytest.raises(UsageError, match="type one, such as"):
        engine.search(question)


def test_a_search_that_is_too_long_is_told_the_limit(engine: Engine) -> None:
    with pytest.raises(UsageError, match=r"has 4,001 characters; shorten it to 4,000"):
        engine.search("x" * (MOST_CHARACTERS + 1))


@pytest.mark.parametrize("odd", ["KV\x00 cache\x1b[31m", "KV \u202ecache\ud800", "KV cache" + "\u0301" * 400])
def test_control_characters_and_direction_marks_change_no_ranking(engine: Engine, odd: str) -> None:
    assert engine.search(odd, k=1)[0].paper.id in {found.paper.id for found in engine.search("KV cache", k=5)}


def test_a_paper_is_found_by_everyday_words_that_it_does_not_use(engine: Engine) -> None:
    question = "our machines die in the middle of a giant run; who spots the broken one by the rhythm of the traffic?"
    found = [ranked.paper.title for ranked in engine.search(question, k=5)]
    assert any(title.startswith("Boosting Large-scale Parallel Training Efficiency with C4") for title in found)


def test_a_question_is_moved_towards_abstracts_for_the_one_model_that_this_was_learnt_for() -> None:
    vector = np.random.default_rng(3).normal(size=384).astype(np.float32)
    vector /= np.linalg.norm(vector)
    assert towards_abstracts(vector, "some-other-model") is vector
    moved = towards_abstracts(vector, MODEL)
    assert float(np.linalg.norm(moved)) == pytest.approx(1.0, abs=1e-5)
    assert 0.8 < float(moved @ vector) < 0.9999
