"""Questions in everyday words are moved towards abstracts, for the one model of embedding that this was learnt for."""

import numpy as np
import pytest

from rag.engine import Engine
from rag.retrieve.adapter import MODEL, towards_abstracts


def test_a_moved_question_keeps_its_length_and_most_of_its_direction() -> None:
    rng = np.random.default_rng(3)
    vector = rng.normal(size=384).astype(np.float32)
    vector /= np.linalg.norm(vector)
    moved = towards_abstracts(vector, MODEL)
    assert moved.dtype == np.float32
    assert float(np.linalg.norm(moved)) == pytest.approx(1.0, abs=1e-5)
    assert 0.8 < float(moved @ vector) < 0.9999


def test_the_questions_of_another_model_are_left_as_they_are() -> None:
    vector = np.ones(3, dtype=np.float32)
    assert towards_abstracts(vector, "some-other-model") is vector


def test_a_paper_is_found_by_words_it_does_not_use(engine: Engine) -> None:
    question = "our machines die in the middle of a giant run; who spots the broken one by the rhythm of the traffic?"
    found = [ranked.paper.title for ranked in engine.search(question, k=5)]
    assert any(title.startswith("Boosting Large-scale Parallel Training Efficiency with C4") for title in found)
