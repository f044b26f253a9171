"""The measures, on cases small enough to work out by hand."""

from math import log2

import pytest

from rag.evaluate.measures import Expected, answer_sentences, ndcg, recall, reciprocal_rank, score_answer


def test_ndcg_discounts_by_rank() -> None:
    assert ndcg(["b", "a"], {"a": 1}, k=10) == pytest.approx(1 / log2(3))
    assert ndcg(["a", "x", "b"], {"a": 1, "b": 1}, k=10) == pytest.approx((1 + 1 / log2(4)) / (1 + 1 / log2(3)))
    assert ndcg(["b", "a"], {"a": 2, "b": 1}, k=2) == pytest.approx((1 + 2 / log2(3)) / (2 + 1 / log2(3)))


def test_nothing_relevant_scores_nothing() -> None:
    assert ndcg(["a"], {}, k=10) == recall(["a"], {"b": 0}, k=10) == reciprocal_rank(["a"], {}, k=10) == 0


def test_recall_and_reciprocal_rank_look_at_the_first_k_only() -> None:
    relevant = {"a": 1, "b": 1, "c": 1}
    assert recall(["x", "a", "b", "c"], relevant, k=3) == pytest.approx(2 / 3)
    assert reciprocal_rank(["x", "y", "a"], relevant, k=3) == pytest.approx(1 / 3)
    assert reciprocal_rank(["x", "y", "a"], relevant, k=2) == 0


ABSTRACTS = {"Paper A": "It has 50% less. It is fast.", "Paper B": "It is slow."}


def answer(text: str, *cited: tuple[str, str], refused: bool = False) -> dict[str, object]:
    citations = [{"number": n, "title": t, "quote": q} for n, (t, q) in enumerate(cited, start=1)]
    return {"answer": text, "citations": citations, "retrieved": ["Paper B", "Paper A"], "refused": refused}


def test_an_answer_is_scored_on_what_it_found_said_and_cited() -> None:
    expected = Expected("fact", ("Paper A",), must=("half|50%", "blue"))
    row = score_answer(
        expected,
        answer("It has 50% less than before [1]. So.", ("Paper A", "It has 50% less."), ("Paper B", "It is quick.")),
        ABSTRACTS,
    )
    assert row == {
        "refused": 0, "quotes": 1 / 2, "hit@1": 0, "R@5": 1, "must": 1 / 2, "cited R": 1, "cited P": 1 / 2, "cited": 1,
    }  # fmt: skip


def test_optional_papers_count_neither_way() -> None:
    expected = Expected("survey", ("Paper A",), optional=("Paper B",))
    row = score_answer(expected, answer("x", ("Paper A", "It is fast."), ("Paper B", "It is slow.")), ABSTRACTS)
    assert (row["cited P"], row["cited R"]) == (1, 1)


def test_of_an_unanswerable_question_only_the_refusal_and_quotes_count() -> None:
    assert score_answer(Expected("unanswerable", ()), answer("No.", refused=True), ABSTRACTS) == {"refused": 1}


def test_a_mark_behind_the_full_stop_belongs_to_the_sentence_before() -> None:
    text = "This sentence is cited. [1] This other one is cited [2]. And this one here is not!\nNor this line of it"
    assert [("[" in sentence) for sentence in answer_sentences(text)] == [True, True, False, False]
