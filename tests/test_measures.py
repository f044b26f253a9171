"""The measures, on cases small enough to work out by hand."""

import pytest

from rag.evaluate.measures import Expected, ndcg, recall, reciprocal_rank, score_answer


def test_nothing_relevant_scores_nothing() -> None:
    assert ndcg(["a"], {}, k=10) == recall(["a"], {"b": 0}, k=10) == reciprocal_rank(["a"], {}, k=10) == 0


def test_recall_and_reciprocal_rank_look_at_the_first_k_only() -> None:
    relevant = {"a": 1, "b": 1, "c": 1}
    assert recall(["x", "a", "b", "c"], relevant, k=3) == pytest.approx(2 / 3)
    assert reciprocal_rank(["x", "y", "a"], relevant, k=3) == pytest.approx(1 / 3)
    assert reciprocal_rank(["x", "y", "a"], relevant, k=2) == 0


def score(expected: Expected, text: str, *cited: tuple[str, str], refused: bool = False) -> dict[str, float]:
    citations = [{"number": n, "title": t, "quote": q} for n, (t, q) in enumerate(cited, start=1)]
    given = {"answer": text, "citations": citations, "retrieved": ["Paper B", "Paper A"], "refused": refused}
    return score_answer(expected, given, {"Paper A": "It has 50% less. It is fast.", "Paper B": "It is slow."})


def test_an_answer_is_scored_on_what_it_found_said_and_cited() -> None:
    expected = Expected("fact", ("Paper A",), must=("half|50%", "blue"))
    cited = (("Paper A", "It has 50% less."), ("Paper B", "It is quick."))
    row = score(expected, "It has 50% less than before [1]. So.", *cited)
    assert (row["hit@1"], row["R@5"], row["must"], row["quotes"]) == (0, 1, 1 / 2, 1 / 2)
    assert (row["cited R"], row["cited P"], row["cited"], row["refused"]) == (1, 1 / 2, 1, 0)


def test_optional_papers_count_neither_way() -> None:
    expected = Expected("survey", ("Paper A",), optional=("Paper B",))
    row = score(expected, "x", ("Paper A", "It is fast."), ("Paper B", "It is slow."))
    assert (row["cited P"], row["cited R"]) == (1, 1)


def test_of_an_unanswerable_question_only_the_refusal_and_quotes_count() -> None:
    assert score(Expected("unanswerable", ()), "No.", refused=True) == {"refused": 1}
