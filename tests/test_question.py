"""A question is cut to what may be asked, at the end of a word, and says so."""

import pytest

from rag.question import cut, take_question
from rag.types import MOST_CHARACTERS


@pytest.mark.parametrize("length", [1, MOST_CHARACTERS])
def test_a_question_of_a_length_that_may_be_asked_stays_whole(length: int) -> None:
    assert take_question("x" * length) == ("x" * length, "")


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("four " * 900, 3_999),
        ("x " * 2_100, 3_999),
        ("seven77 " * 600, 3_999),
        ("seven\n77 " * 600, 3_995),
        ("a word of five " + "y" * 4_000, 4_000),  # no word ends near
        ("y" * 4_000 + " x", 4_000),
    ],
)
def test_what_is_too_long_is_cut_at_the_end_of_a_word(text: str, length: int) -> None:
    kept = cut(text)
    assert (len(kept), text.startswith(kept)) == (length, True)


def test_what_is_never_looked_at_is_told_too() -> None:
    assert take_question("What is KIVI?" + " " * 1_000_000 + "Tell me.") == (
        "What is KIVI?",
        "The question was cut to its first 13 characters, of at most 4,000; what came after them was not read.",
    )
