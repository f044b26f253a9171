"""What is said around a question is no part of it."""

import pytest
from rag.courtesy import is_style, plain


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("hi, I am a PhD student. Which papers do pruning?", "Which papers do pruning?"),
        ("Hello there! My name is Bob and I'm new to this. What is KIVI? Thanks!", "What is KIVI?"),
        ("Good morning, as a physicist, which papers treat PDEs?", "which papers treat PDEs?"),
        ("explain KIVI in plain words", "explain KIVI"),
        ("what is quantization, briefly, for a beginner", "what is quantization"),
        ("in simple terms, how does Hydragen work?", "how does Hydragen work?"),
        ("Briefly: what does GEAR do?", "what does GEAR do?"),
        ("What is KIVI, in one sentence, like I'm five?", "What is KIVI?"),
    ],
)
def test_greetings_introductions_and_style_are_left_out(said: str, asked: str) -> None:
    assert plain(said) == asked


@pytest.mark.parametrize(
    "said",
    [
        "hello!",
        "thanks, that helps",
        "Which papers are about learning in simple cells?",
        "I'm a biologist who must cut the memory of a huge net. Is there a library for it?",
        "I am looking for papers on pruning. What is here?",
        "How quickly does it converge?",
        "merge the same step in other words",
    ],
)
def test_what_says_what_is_looked_for_stays(said: str) -> None:
    assert plain(said) == said


@pytest.mark.parametrize(
    ("said", "style"),
    [
        ("in plain words please", True),
        ("explain it for a beginner", True),
        ("explain KIVI for a beginner", False),
        ("what is it, in one sentence?", False),
    ],
)
def test_a_turn_may_be_nothing_but_a_wish_of_style(said: str, style: bool) -> None:
    assert is_style(said) is style
