"""What a sentence claims: numbers as values, names as spelled, and which way it points."""

import pytest
from rag.polarity import contest_turned, denied, read_polarity, turned_round

from ingest.paper import Paper
from rag.verify.figures import Bound, Quantity, equal, plain, read_quantities, rounded
from rag.verify.names import initials, names_in, own_names, plain_sentence, read_claim, stands_in


def number(text: str) -> Quantity:
    (found,) = read_quantities(plain(text))
    return found


# -- numbers -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2.6x", "2.6 times"),
        ("2.6×", r"2.6$\times$"),
        ("2.6times", r"$2.6\times$"),
        ("65%", "65 percent"),
        ("65 %", r"65\%"),
        ("1.5B parameters", "1.5 billion parameters"),
        ("128K tokens", "128,000 tokens"),
        ("4-bit", "four bits"),
        ("2bit", "2-bit"),
        ("1,000 images", "1000 images"),
        ("twice as fast", "2x as fast"),
        ("halves it", "by 50%"),
        ("1,500 ms", "1.5 seconds"),
        ("24 GB", "24 gigabytes"),
        ("tenfold", "ten-fold"),
        ("ten times", "an order of magnitude"),
        ("100x", "two orders of magnitude"),
        ("3X", "3 times"),
        ("a 175-billion model", "the 175 Billion model"),
    ],
)
def test_two_ways_to_write_a_number_are_equal(one: str, other: str) -> None:
    assert equal(number(one), number(other))


@pytest.mark.parametrize(("one", "other"), [("65%", "75%"), ("4-bit", "4x"), ("1.5B", "1.5M"), ("3 GB", "3 MB")])
def test_other_values_and_other_units_are_not_equal(one: str, other: str) -> None:
    assert not equal(number(one), number(other))


def test_a_range_is_two_numbers_of_one_unit() -> None:
    assert [(q.value, q.unit) for q in read_quantities("6-8 times faster")] == [(6.0, "×"), (8.0, "×")]
    assert [(q.value, q.unit) for q in read_quantities("10 to 20%")] == [(10.0, "%"), (20.0, "%")]


def test_a_number_within_a_name_is_read_only_where_asked() -> None:
    assert read_quantities("LLaMA-7B and H100 with GPT-4o") == ()
    assert [q.value for q in read_quantities("LLaMA-7B", inside_names=True)] == [7e9]


@pytest.mark.parametrize("text", ["one of the methods", "the 1st and the 2nd", "zero-shot"])
def test_what_only_looks_like_a_count_is_none(text: str) -> None:
    assert read_quantities(text) == ()


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("up to 4x", Bound.UP_TO),
        ("as much as 4x", Bound.UP_TO),
        ("less than 4x", Bound.LESS),
        ("more than 4x", Bound.MORE),
        ("at least 4x", Bound.MORE),
        ("by 4x", Bound.EXACT),
    ],
)
def test_which_side_of_a_number_the_truth_lies_on_is_read(text: str, bound: Bound) -> None:
    assert number(text).bound is bound


def test_by_and_to_are_told_apart() -> None:
    assert [number(text).relation for text in ("reduced by 10%", "reduced to 10%", "up to 10%")] == ["by", "to", ""]


def test_a_number_with_fewer_digits_is_rounded() -> None:
    assert rounded(number("65%"), number("65.3%"))
    assert not rounded(number("66%"), number("65.3%"))
    assert not rounded(number("65.3%"), number("65%"))


# -- names -------------------------------------------------------------------------------------------------------------


def test_names_are_coined_words_and_capitals_within_a_sentence() -> None:
    assert names_in("However, KIVI is tested on ImageNet with GPT-4o and in Swahili.") == [
        "KIVI",
        "ImageNet",
        "GPT-4o",
        "Swahili",
    ]


def test_measures_are_no_names() -> None:
    assert names_in("it takes 12 GB and 30 FPS at 4K with 8x less") == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ZipCache", "we call it Zip-Cache"),
        ("KV-cache", "the KV cache"),
        ("LLMs", "large language models are big"),
        ("LLM-based", "LLMs"),
        ("imagenet", "on ImageNet-1K"),
    ],
)
def test_a_name_stands_however_it_is_joined_or_spelled_out(name: str, text: str) -> None:
    assert stands_in(name, text)


@pytest.mark.parametrize(("name", "text"), [("FlashAttention-2", "FlashAttention"), ("RL", "the world"), ("KIVI", "")])
def test_a_name_that_is_not_there_does_not_stand(name: str, text: str) -> None:
    assert not stands_in(name, text)


def test_a_paper_goes_by_its_title_its_method_and_its_authors() -> None:
    paper = Paper("Lens: seeing far", "We grind lenses.", ("Ada Byron",))
    assert all(name in own_names(paper) for name in ("seeing far", "Lens", "Byron"))


def test_marks_and_emphasis_are_not_part_of_a_sentence() -> None:
    assert plain_sentence("- **KIVI** is `fast` [1][2, 3].") == "KIVI is fast."


def test_initials_run_through_compounds() -> None:
    assert initials("key-value cache of the model") == "kvcm"


def test_words_that_any_paper_may_have_are_no_terms() -> None:
    assert read_claim("The authors propose a novel method for pruning.").terms == ("prune",)


# -- direction ---------------------------------------------------------------------------------------------------------


def turned(claim: str, source: str) -> tuple[str, str] | None:
    return turned_round(read_polarity(claim), read_polarity(source), close=True)


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("It increases peak memory.", "It reduces peak memory, with larger batches."),
        ("It lowers throughput.", "The throughput is higher."),
        ("It degrades accuracy.", "It improves accuracy."),
        ("It reduces accuracy.", "It improves accuracy."),
        ("It does not increase accuracy.", "It increases accuracy."),
        ("It increases memory and reduces speed.", "It reduces memory and increases speed."),
    ],
)
def test_opposite_words_about_the_same_thing_are_found(claim: str, source: str) -> None:
    assert turned(claim, source)


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("It cuts peak memory and allows larger batches.", "It reduces peak memory, with larger batches."),
        ("It reduces latency.", "It improves latency."),
        ("Faster convergence comes from lower variance.", "The faster convergence is due to lower variance."),
        ("It keeps quality.", "It does not degrade quality."),
    ],
)
def test_words_that_agree_or_are_about_other_things_are_not_opposed(claim: str, source: str) -> None:
    assert turned(claim, source) is None


def test_what_one_side_alone_denies_is_found() -> None:
    affirms, denies = read_polarity("It requires labels."), read_polarity("It does not require labels.")
    assert denied(affirms, denies) == ("label", False)
    assert denied(denies, affirms) == ("label", True)
    assert denied(read_polarity("It works without labels."), denies) is None
    assert denied(read_polarity("It avoids labels."), denies) is None


@pytest.mark.parametrize(
    "claim",
    [
        "The baselines outperform Lens.",
        "Lens is outperformed by the baselines.",
        "Lens underperforms the baselines.",
        "The baselines are better than Lens.",
    ],
)
def test_winner_and_loser_exchanged_are_found(claim: str) -> None:
    assert contest_turned(read_polarity(claim), read_polarity("Lens outperforms the baselines."))


@pytest.mark.parametrize("claim", ["Lens beats the baselines.", "The baselines are outperformed by Lens."])
def test_the_same_winner_in_other_words_is_no_turn(claim: str) -> None:
    assert not contest_turned(read_polarity(claim), read_polarity("Lens outperforms the baselines."))
