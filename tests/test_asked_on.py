"""Turns as a strict reader asked them in long conversations, each kind of misunderstanding held once."""

import pytest
from rag.judge import Judge, weigh_words
from rag.unsaid import runs_of

from rag.engine import Engine
from tests.corpus import talk

CACHE = "Which papers reduce the KV cache?"


def titles(engine: Engine, *turns: str) -> list[str]:
    """The papers that the answer to the last turn cites, in order."""
    return list(dict.fromkeys(citation.title for citation in talk(engine, *turns).citations))


@pytest.mark.parametrize("instruction", ["without the ones about images", "drop those for images"])
def test_a_list_is_kept_but_for_a_topic(engine: Engine, instruction: str) -> None:
    images = "Memory-Efficient Visual Autoregressive Modeling with Scale-Aware KV Cache Compression"
    assert images in titles(engine, CACHE)
    kept = titles(engine, CACHE, instruction)
    assert images not in kept
    assert len(kept) >= len(titles(engine, CACHE)) - 3


def test_a_list_is_narrowed_even_where_the_topic_has_a_row_of_its_own(engine: Engine) -> None:
    answer = talk(engine, CACHE, "only those that are open source")
    assert answer.kind == "survey"
    assert answer.table is None


def test_another_topic_is_one_where_the_turn_says_so(engine: Engine) -> None:
    answer = talk(engine, "What is TPI-LLM?", "ok, different thing: which papers are about pruning?")
    assert "TPI-LLM" not in answer.understood
    assert answer.kind == "survey"


def test_others_are_not_those_just_spoken_of(engine: Engine) -> None:
    found = titles(engine, "What is KIVI?", "which other papers quantize the KV cache?")
    assert found
    assert not any("KIVI" in title for title in found)


def test_the_form_of_an_answer_is_no_topic_of_a_comparison(engine: Engine) -> None:
    answer = engine.ask("compare YOLOv9 and LeYOLO in a table")
    assert (answer.outcome, bool(answer.table)) == ("answered", True)
    assert talk(engine, "GNNPipe vs TokenRing", "as a markdown table").table


@pytest.mark.parametrize(
    ("first", "then", "missing"),
    [
        ("what is TPI-LLM", "does it drain the phone's battery?", "battery"),
        ("What is PhysiX?", "did they publish code?", "code"),
        ("what is KIVI", "does it use RLHF in chat mode?", "RLHF"),
    ],
)
def test_a_yes_or_no_about_what_is_not_spoken_of_is_refused(
    engine: Engine, first: str, then: str, missing: str
) -> None:
    answer = talk(engine, first, then)
    assert answer.outcome == "close"
    assert missing in answer.text.split(";")[0]


def test_the_words_of_a_yes_or_no_question_that_say_something() -> None:
    assert runs_of("does it drain the phone's battery?") == ["drain", "phone's battery"]
    assert runs_of("is it faster than that?") == []


@pytest.mark.parametrize(
    "asked",
    [
        "Hi, I'm writing a story on AI at home. Anything about 70B models on small devices?",
        "my boss wants to know if there are papers about federated learning",
        "about the brain?",
        "what other papers are there on federated learning?",
    ],
)
def test_a_search_in_other_words_is_a_list(engine: Engine, asked: str) -> None:
    assert engine.ask(asked).kind == "survey"


def test_what_can_be_done_with_papers_that_are_named_is_no_call_for_help(engine: Engine) -> None:
    answer = engine.ask("what can I do with KIVI that I can not do with ZipCache?")
    assert answer.kind == "compare"


@pytest.mark.parametrize("asked", ["whats redco?", "what's Redco", "Redco", "redco?"])
def test_what_a_thing_is_is_summed_up(engine: Engine, asked: str) -> None:
    assert engine.ask(asked).kind == "summary"


def test_of_a_hyphenated_name_an_english_part_is_no_word_of_the_topic(engine: Engine) -> None:
    shelf = Judge(engine.index).current()
    _, alone, _, _ = weigh_words(shelf, "ZQX-attention")
    _, beside, named, _ = weigh_words(shelf, "attention in ZQX-attention")
    assert alone.max() == 0 < beside.max()
    assert named.max() == 0


@pytest.mark.parametrize(
    ("turns", "standalone"),
    [
        (
            ("What is Predictable Scale?", "how many hours did it take", "no i meant how many models did they train"),
            "how many models did Predictable Scale train",
        ),
        (("What is KIVI?", "and FooNAS, does it keep memory low?"), "does FooNAS keep memory low?"),
        (
            ("What is Predictable Scale?", "Give me a list of the papers on scaling laws"),
            "Give me a list of the papers on scaling laws",
        ),
    ],
)
def test_a_turn_is_of_what_it_names_itself(engine: Engine, turns: tuple[str, ...], standalone: str) -> None:
    assert talk(engine, *turns).standalone == standalone


def test_the_other_paper_that_is_described_is_sought(engine: Engine) -> None:
    found = titles(engine, "what is BottleFit about?", "And the other paper on split computing?")
    assert any("Supervised Compression" in title for title in found)


def test_one_of_a_list_is_dropped_by_what_it_is_about(engine: Engine) -> None:
    asked = "which papers are about scaling laws?"
    dropped = set(titles(engine, asked)) - set(titles(engine, asked, "drop the one about data pruning"))
    assert dropped == {"Beyond neural scaling laws: beating power law scaling via data pruning"}


def test_the_two_are_those_spoken_of_last(engine: Engine) -> None:
    turns = ("which papers are about federated learning", "what does the second one do", "and the first?")
    assert "Which of FEDZIP and CELLM" in talk(engine, *turns, "which of the two saves energy?").standalone


def test_two_places_are_two_papers(engine: Engine) -> None:
    answer = talk(engine, "compare KIVI and ZipCache", "why does the second one beat the first?")
    assert answer.standalone == "why does ZipCache beat KIVI?"


def test_a_narrowed_list_is_narrowed_by_another_topic(engine: Engine) -> None:
    answer = talk(engine, CACHE, "which of them needs no fine-tuning?", "and for long contexts?")
    assert answer.kind == "survey"
    assert answer.standalone.endswith("are about long contexts?")


@pytest.mark.parametrize(
    ("turns", "says"),
    [
        (["what is NoLoCo", "biggest model tested"], "6.8B"),
        (["what is ALISA", "accuracy loss number?"], "negligible accuracy loss"),
        (["alisa throughput vs vllm", "and flexgen?", "accuracy loss number?"], "negligible accuracy loss"),
    ],
)
def test_a_turn_without_a_verb_or_a_pointer_hangs_on_the_paper_spoken_of(
    engine: Engine, turns: list[str], says: str
) -> None:
    assert any(says in citation.quote for citation in talk(engine, *turns).citations)


def test_a_term_of_the_paper_spoken_of_names_no_other(engine: Engine) -> None:
    assert titles(engine, "what is 1-bit Adam", "does it work with SGD?") == titles(engine, "what is 1-bit Adam")


@pytest.mark.parametrize(
    "question",
    [
        "ok who else quantizes the kv cache?",
        "is there any other paper about quantization?",
        "which of these is about quantization?",
        "is there something better here?",
    ],
)
def test_others_are_sought_among_all_papers(engine: Engine, question: str) -> None:
    answer = talk(engine, "what is KIVI", question)
    assert answer.kind == "survey"
    assert answer.citations


def test_the_paper_spoken_of_is_set_beside_the_one_named(engine: Engine) -> None:
    for question in ("what is the throughput vs FlashAttention-2?", "what throughput compared to FlashAttention-2"):
        answer = talk(engine, "what is BASED", question)
        assert answer.table
        assert answer.table.names == ("BASED", "FlashAttention-2")


def test_a_comparison_has_the_rows_it_ends_with(engine: Engine) -> None:
    table = engine.ask("compare WaLLoC and BottleFit on compression, energy and accuracy").table
    assert table
    assert [row.aspect for row in table.rows] == ["compression", "energy", "accuracy"]


def test_what_is_in_the_collection_is_told(engine: Engine) -> None:
    assert engine.ask("what's in this collection in general?").kind == "collection"


def test_a_need_with_a_call_for_ideas_is_answered_with_options(engine: Engine) -> None:
    assert engine.ask("hi! i need to run llama on my phone. ideas?").kind == "options"


def test_two_of_something_else_are_no_two_papers(engine: Engine) -> None:
    answer = talk(
        engine, "compare KIVI and ZipCache", "explain the two phases of SGD training in the information plane"
    )
    assert "KIVI" not in answer.understood
    assert any("representation compression phase" in citation.quote for citation in answer.citations)


def test_a_description_means_the_paper_whose_title_has_it(engine: Engine) -> None:
    answer = talk(engine, "what is BottleFit", "compare it with the energy-based one")
    assert answer.table
    assert answer.table.names == ("BottleFit", "Energy-Based Concept Bottleneck Models")


def test_who_says_what_they_work_on_is_recommended_papers_on_it(engine: Engine) -> None:
    assert "TPI-LLM" in engine.ask("I work with edge devices. which paper should i read first?").text


@pytest.mark.parametrize("then", ["and on which models?", "compared to what?", "by how much"])
def test_a_preposition_with_a_question_word_hangs_on_the_question_before(engine: Engine, then: str) -> None:
    assert titles(engine, "how does CacheGen work", then) == titles(engine, "how does CacheGen work")


def test_a_place_is_no_thing_that_an_abstract_could_mention(engine: Engine) -> None:
    answer = talk(engine, "compare KIVI and ZipCache", "tell me about the first paper")
    assert answer.outcome == "answered"
    assert "KIVI" in answer.understood


def test_what_is_new_in_a_field_is_a_list(engine: Engine) -> None:
    assert engine.ask("whats new in optimizer research here").kind == "survey"


@pytest.mark.parametrize(
    ("turns", "says"),
    [
        (["what is WaLLoC", "on what tasks did they show it works?"], "colorization"),
        (["what is TPI-LLM", "how many case studies did they do on memory?"], ""),
        (["The Entropy Mechanism of Reinforcement Learning", "what r the two tricks called?"], "Clip-Cov and KL-Cov"),
        (
            ["what is Kinetics", "what is KIVI", "ok back to Kinetics scaling: how many points did it gain?"],
            "60 points",
        ),
        (
            ["what is Kinetics", "what is KIVI", "back to the test-time scaling thing: how many points did it gain?"],
            "60 points",
        ),
    ],
)
def test_what_looks_like_a_list_is_asked_of_the_paper_spoken_of(engine: Engine, turns: list[str], says: str) -> None:
    answer = talk(engine, *turns)
    assert answer.kind == "fact"
    assert any(says in citation.quote for citation in answer.citations)


def test_one_of_few_is_taken_to_fit(engine: Engine) -> None:
    answer = talk(
        engine,
        "compare TPI-LLM, MCUNetV2 and BitStack",
        "which of these lets me change the size of the model on the fly depending on how much RAM is free?",
    )
    assert (answer.outcome, [citation.title.split(":")[0] for citation in answer.citations]) == (
        "answered",
        ["BitStack"],
    )


def test_a_count_is_refused_where_no_number_stands_beside_what_is_counted(engine: Engine) -> None:
    assert engine.ask("With how many clients did they run the federated experiments in CELLM?").outcome == "close"
    assert engine.ask("how many functions does a Redco user have to write?").outcome == "answered"


def test_an_example_is_no_thing_that_an_abstract_has_to_mention(engine: Engine) -> None:
    answer = engine.ask("what example do Energy-Based Concept Bottleneck Models give of a wrong concept?")
    assert "does not mention “example”" not in answer.text


@pytest.mark.parametrize(
    "question",
    [
        "I need quantization papers",
        "edge device papers plz",
        "which quantization methods are in this collection",
        "anything else here using distillation",
    ],
)
def test_a_wish_for_papers_is_a_list(engine: Engine, question: str) -> None:
    answer = engine.ask(question)
    assert (answer.kind, bool(answer.citations)) == ("survey", True)


def test_a_row_is_left_out_from_the_first(engine: Engine) -> None:
    table = engine.ask("compare KIVI and ZipCache, without the problem row").table
    assert table
    assert [row.aspect for row in table.rows] == ["idea", "result"]


def test_an_apostrophe_left_out_hides_no_question(engine: Engine) -> None:
    assert engine.ask("whats the peak memory of TPI-LLM?").standalone == "what is the peak memory of TPI-LLM?"


def test_another_paper_is_not_sought_in_the_one_spoken_of(engine: Engine) -> None:
    assert "KIVI" not in talk(engine, "what is KIVI", "is there a paper that claims the opposite?").understood
