"""A question is cut to what may be asked, at the end of a word, and says so."""

from rag.question import cut, take_question
from rag.types import MOST_CHARACTERS


def test_what_is_too_long_is_cut_at_the_end_of_a_word() -> None:
    assert take_question("x" * MOST_CHARACTERS) == ("x" * MOST_CHARACTERS, "")
    assert cut("four " * 900) == ("four " * 900)[:3_999]
    assert cut("a word of five " + "y" * 4_000) == "a word of five " + "y" * 3_985, "no word ends near"


def test_what_is_never_looked_at_is_told_too() -> None:
    assert take_question("What is KIVI?" + " " * 1_000_000 + "Tell me.") == (
        "What is KIVI?",
        "Your question is too long: only its first 13 characters were read (the limit is 4,000).",
    )
