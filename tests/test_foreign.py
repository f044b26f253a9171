"""A question in another language is told from one in English by its script and its small words."""

import pytest
from rag.foreign import NOTE, is_foreign

from rag.engine import Engine


@pytest.mark.parametrize(
    "question",
    [
        "Welche Arbeiten behandeln Pruning?",
        "Was ist KIVI?",
        "Quelle est la perte de précision de KIVI ?",
        "¿Qué artículos tratan de cuantización?",
        "quali articoli parlano di pruning",
        "哪些论文是关于剪枝的?",
        "KIVIとは何ですか",
        "Какие статьи о квантовании?",
        "مقالات الضغط",
    ],
)
def test_other_languages_are_told(question: str) -> None:
    assert is_foreign(question)


@pytest.mark.parametrize(
    "question",
    [
        "What is KIVI?",
        "KIVI vs ZipCache",
        "pruning",
        "de novo design",
        "wich papers use imagenet",
        "α-divergence in the ε-ball",
        "?!",
        "",
    ],
)
def test_english_names_and_signs_are_not(question: str) -> None:
    assert not is_foreign(question)


def test_an_answer_says_so(engine: Engine) -> None:
    assert NOTE in engine.ask("Quelle est la perte de précision de KIVI ?").note
    assert NOTE not in engine.ask("What is KIVI?").note
