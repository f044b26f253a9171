"""What a question asks a named paper for that its abstract does not speak of is said to be missing, not guessed."""

import pytest
from rag.unsaid import noun_phrase, things_of

from rag.engine import Engine


@pytest.mark.parametrize(
    ("clause", "things"),
    [
        ("How does it use reinforcement learning?", ["reinforcement learning"]),
        ("Is it tested on medical data?", ["medical data"]),
        ("Was it trained with weather data?", ["weather data"]),
        ("What does it say about its carbon footprint?", ["carbon footprint"]),
        ("What role does pruning play in it?", ["pruning"]),
        ("Is distillation used in it?", ["distillation"]),
        ("What batch size does it use?", ["batch size"]),
        ("Does it work for speech recognition and for vision?", ["speech recognition"]),
        ("How much faster is it?", []),
        ("What share of the memory is saved?", []),
        ("When is the job considered finished?", []),
    ],
)
def test_the_thing_that_a_paper_is_asked_for_is_read_off_the_grammar(clause: str, things: list[str]) -> None:
    assert things_of(clause) == things


@pytest.mark.parametrize(
    ("text", "phrase"),
    [("the learning rate of Adam", "learning rate"), ("any kind of noisy data", "noisy data"), ("which", ""), ("", "")],
)
def test_a_noun_phrase_ends_before_what_is_said_of_it(text: str, phrase: str) -> None:
    assert noun_phrase(text) == phrase


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("How does KIVI use reinforcement learning?", "“reinforcement learning”"),
        ("How does BottleFit use reinforcement learning?", "“reinforcement learning”"),  # whose title has 'learning'
        ("Does MiniMA report numbers on ImageNet?", "“ImageNet”"),
        ("Is ZipCache tested on medical data?", "“medical data”"),
        ("What does APOLLO say about carbon footprint?", "“carbon footprint”"),
        ("Does ALISA mention robustness?", "“robustness”"),
        ("How does BD-KD handle adversarial attacks?", "“adversarial attacks”"),
    ],
)
def test_an_abstract_that_does_not_speak_of_it_is_said_not_to_mention_it(
    engine: Engine, question: str, missing: str
) -> None:
    answer = engine.ask(question)
    assert (answer.outcome, answer.refused) == ("close", True)
    first, _, near = answer.text.partition("\n\n")
    assert f"does not mention {missing}; this comes nearest." in first
    assert near
    assert answer.citations


@pytest.mark.parametrize(
    "question",
    [
        "Does KIVI need fine-tuning?",
        "Does MCUNetV2 run on tiny chips?",  # in other words: the abstract says microcontrollers
        "What does CacheGen say about network bandwidth?",
        "How does MiniMA use distillation?",
        "Does FedZip deal with federated learning?",
    ],
)
def test_what_an_abstract_says_in_these_words_or_others_is_answered(engine: Engine, question: str) -> None:
    assert engine.ask(question).outcome == "answered"


def test_one_part_of_a_question_that_is_not_spoken_of_is_noted_beside_the_answer_to_the_other(engine: Engine) -> None:
    answer = engine.ask("Does KIVI use reinforcement learning, and how much peak memory does it save?")
    assert answer.outcome == "answered"
    assert "2.6" in answer.text
    assert answer.note == "The abstract of KIVI does not mention “reinforcement learning”."


def test_a_comparison_on_what_neither_abstract_speaks_of_says_so_first(engine: Engine) -> None:
    answer = engine.ask("Which of KIVI and ZipCache uses less energy?")
    assert (answer.outcome, answer.refused) == ("close", True)
    assert answer.text.startswith("Neither abstract speaks of energy; this comes nearest.\n\n|")
    assert answer.table


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("Why does KIVI use reinforcement learning while ZipCache does not?", "“reinforcement learning”"),
        ("Why do KIVI and GEAR both require retraining?", "“retraining”"),
        ("How did KIVI and ZipCache both beat FlashAttention-3?", "“FlashAttention-3”"),
    ],
)
def test_what_no_side_of_a_comparison_speaks_of_is_said_before_the_table(
    engine: Engine, question: str, missing: str
) -> None:
    answer = engine.ask(question)
    assert (answer.kind, answer.outcome) == ("compare", "close")
    assert answer.text.startswith(f"Neither abstract speaks of {missing}; this comes nearest.")
    assert answer.table
