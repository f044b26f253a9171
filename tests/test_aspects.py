"""Aspects that questions ask about, and what the sentences of an abstract are there to say."""

import pytest
from rag.aspects import aspect_query, find_aspects, measures, role, speaks_of
from rag.lexicon import ASPECTS
from rag.rhetoric import Role, admits_price, only_shares, turning_point, weigh


@pytest.mark.parametrize(
    ("question", "aspects"),
    [
        ("How much RAM do they need?", ("memory",)),
        ("memmory and latancy?", ("memory", "speed")),
        ("tok/s and batch size of each", ("speed", "batch size")),
        ("is it cheap? what accurcy", ("cost", "accuracy")),
        ("Which one is more energy-efficient?", ("energy", "cost")),
        ("What are the limtations?", ("limits",)),
        ("what's the idea behind each", ("idea",)),
        ("compare the power draw", ("energy",)),
        ("does it follow a power law?", ()),
        ("on which GPUs, and on what data?", ("hardware", "data")),
        ("Which bottleneck does each one attack and what speedup does it claim?", ("problem", "speed", "result")),
        ("compare them in terms of robustness, privacy and cost", ("robustness", "privacy", "cost")),
        ("making sampling faster", ("speed",)),
        ("methods of machine learning with long-term memory", ("idea",)),
        ("Compare them.", ()),
        ("", ()),
    ],
)
def test_aspects_are_found_in_the_order_they_are_asked_for(question: str, aspects: tuple[str, ...]) -> None:
    assert find_aspects(question) == aspects


def test_what_the_asker_is_up_to_asks_for_nothing() -> None:
    assert find_aspects("My GPU memory is full. How do they differ?") == ()


def test_every_aspect_has_words_to_look_it_up_by_and_one_of_the_asker_is_its_own() -> None:
    assert all(aspect_query(aspect.name) for aspect in ASPECTS)
    assert aspect_query("robustness") == "robustness"


def test_a_sentence_speaks_of_an_aspect_in_the_words_of_the_field() -> None:
    assert speaks_of("memory", "It fits in 12 GB.")
    assert not speaks_of("memory", "It is twice as fast.")
    assert speaks_of("robustness", "The model is robust.")
    assert not speaks_of("memory", "The agent's external memory is a canvas.")
    assert not speaks_of("accuracy", "It controls the score function.")
    assert not speaks_of("problem", "A problem."), "what a sentence argues is told by its role"


@pytest.mark.parametrize(
    ("sentence", "position", "expected"),
    [
        ("Language models have become widely used.", 0.0, Role.BACKGROUND),
        ("However, existing methods suffer from high latency.", 0.2, Role.PROBLEM),
        ("To address this, we propose Ant, a method that prunes tokens.", 0.4, Role.IDEA),
        ("Ant splits each sequence into blocks.", 0.6, Role.BACKGROUND),
        ("PruneNet splits each sequence into blocks.", 0.5, Role.IDEA),
        ("Experiments show that Ant is 2.5x faster at equal accuracy.", 0.9, Role.RESULT),
        ("We do not evaluate models above 7B.", 1.0, Role.LIMITS),
        ("Code is available at https://example.org.", 1.0, Role.BACKGROUND),
    ],
)
def test_a_role_is_read_from_turns_of_phrase_and_place(sentence: str, position: float, expected: Role) -> None:
    assert role(sentence, position) == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "Prior work does not scale to long inputs.",
        "This overcomes their limitation, which is speed.",
        "The gain does not come at the cost of accuracy.",
        "To this end, we do not evaluate on toy data.",
    ],
)
def test_limits_that_are_of_others_or_overcome_are_not_the_papers_own(sentence: str) -> None:
    assert weigh(sentence, 0.9)[Role.LIMITS] == 0


def test_a_price_is_a_loss_admitted_and_not_one_avoided() -> None:
    assert admits_price("It saves half the memory with a 2% drop in accuracy.")
    assert not admits_price("It saves half the memory with no accuracy drop.")


def test_an_abstract_turns_to_its_own_work_where_it_first_speaks_of_it() -> None:
    assert turning_point(["Models are large.", "However, we lack tools.", "We propose a tool.", "It works."]) == 2
    assert turning_point(["We propose a tool.", "It works."]) == 0
    assert turning_point(["Models are large.", "Tools are few."]) == 0


def test_before_the_turn_nothing_is_an_idea_or_a_result() -> None:
    sentence = "Adam achieves 90% accuracy."
    assert weigh(sentence, 0.2)[Role.RESULT] > 0
    assert weigh(sentence, 0.2, opening=True)[Role.RESULT] == 0


@pytest.mark.parametrize(
    ("sentence", "alone"),
    [
        ("Code is provided for all our experiments.", True),
        ("We release our code and data along with this paper.", True),
        ("Our benchmark and scripts are open-sourced.", True),
        ("Models are good at code generation, yet fail at the repository level.", False),
        ("We take 119 tasks from 98 GitHub repositories.", False),
    ],
)
def test_a_sentence_that_only_shares_says_where_something_is(sentence: str, alone: bool) -> None:
    assert only_shares(sentence) is alone


def test_a_figure_is_of_an_aspect_where_it_stands_beside_its_words() -> None:
    assert measures("speed", "It is 2.5x faster.")
    assert not measures(
        "data", "On real datasets, our approach halves the errors that we see most, by up to about 25%, in tests."
    )
    assert measures("robustness", "It gains 5%.")


@pytest.mark.parametrize("verb", ["manipulate", "simplify", "scale", "evaluate", "treat"])
def test_any_verb_of_the_authors_turns_to_their_own_work(verb: str) -> None:
    assert turning_point(["Models are large.", f"We {verb} them.", "It works.", "It lasts."]) == 1


def test_what_the_authors_have_or_need_does_not() -> None:
    assert turning_point(["We have many models.", "We need them.", "We propose a tool.", "It works."]) == 2
