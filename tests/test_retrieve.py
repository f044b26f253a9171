"""Retrieval over the bundled page: words and meaning, scopes, and what each rank carries."""

import pytest

from ingest.errors import UsageError
from rag.engine import Engine
from rag.retrieve.scope import Scope
from rag.types import MOST_CHARACTERS


def test_a_name_is_found_by_its_word(engine: Engine) -> None:
    assert [found.paper.title[:8] for found in engine.search("ZipCache", k=1)] == ["ZipCache"]


def test_a_meaning_is_found_without_its_words(engine: Engine) -> None:
    found = engine.search("teaching a small net to copy a big one", k=5)
    assert any("istill" in f"{ranked.paper.title} {ranked.paper.abstract}" for ranked in found)


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


def test_a_scope_of_papers_is_kept_to(engine: Engine) -> None:
    inside = [found.paper.id for found in engine.search("KV cache", k=3)]
    assert {found.paper.id for found in engine.search("physics", k=10, scope=Scope(ids=tuple(inside)))} == set(inside)


def test_a_scope_of_dates_that_no_paper_has_finds_none(engine: Engine) -> None:
    assert engine.search("KV cache", scope=Scope(since="2031-01-01")) == []


@pytest.mark.parametrize("question", ["", "   ", "\n\t", "?!", "[1]" * 0, "\u202e\u200b", "🙂🙂"])
def test_a_question_without_a_word_is_told_what_to_do(engine: Engine, question: str) -> None:
    with pytest.raises(UsageError, match="ask in a few words"):
        engine.search(question)


@pytest.mark.parametrize("length", [MOST_CHARACTERS + 1, 1_000_000])
def test_a_search_that_is_too_long_is_told_the_limit(engine: Engine, length: int) -> None:
    with pytest.raises(UsageError, match=rf"has {length:,} characters; ask in at most 4,000"):
        engine.search("x" * length)


@pytest.mark.parametrize(
    "odd", ["KV\x00 cache\x1b[31m", "KV \u202ecache", "KV cache\ud800", "KV cache" + "\u0301" * 400]
)
def test_control_characters_and_direction_marks_change_no_ranking(engine: Engine, odd: str) -> None:
    assert engine.search(odd, k=1)[0].paper.id in {found.paper.id for found in engine.search("KV cache", k=5)}


def test_a_word_no_paper_has_is_read_as_the_form_or_spelling_they_have(engine: Engine) -> None:
    words = engine.index.words
    assert [words.known(word) for word in ("detector", "acuraci", "zebra")] == ["detect", "accuraci", "zebra"]
