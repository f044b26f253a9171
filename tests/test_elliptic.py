"""Turns that leave out what they are about, point to several papers, or narrow a list, as people type them."""

import pytest
from rag.courtesy import plain
from rag.dialogue import papers_of

from rag.engine import Engine
from rag.retrieve.names import Catalogue
from tests.corpus import talk


@pytest.mark.parametrize(
    ("first", "then", "quoted"),
    [
        ("What is KIVI?", "is the code available?", "github.com"),
        ("what is FlashKAT", "how big is the speedup", "86.5"),
        ("what does CacheGen do", "how big is the bandwidth saving", "3.7-4.3x"),
        ("Hydragen?", "is that exact or approximate?", "exact implementation"),
    ],
)
def test_a_turn_without_a_pronoun_is_of_the_paper_just_spoken_of(
    engine: Engine, first: str, then: str, quoted: str
) -> None:
    answer = talk(engine, first, then)
    assert answer.outcome == "answered"
    assert any(quoted in citation.quote for citation in answer.citations)


def test_a_new_topic_is_not_of_the_paper_before(engine: Engine) -> None:
    answer = talk(engine, "What is KIVI?", "what is federated learning?")
    assert not any("KIVI" in citation.title for citation in answer.citations)


def test_the_three_are_those_just_compared(engine: Engine) -> None:
    answer = talk(engine, "compare Hydragen, ALISA and LazyEviction", "compare the three on throughput")
    assert answer.table
    assert answer.table.names == ("Hydragen", "ALISA", "LazyEviction")


def test_both_before_names_points_to_nothing_else(engine: Engine) -> None:
    answer = talk(engine, "Compare KIVI and ZipCache", "Do both APOLLO and 1-bit Adam save memory?")
    assert answer.understood.startswith("compare · APOLLO, 1-bit Adam")


def test_a_list_is_narrowed_to_a_topic(engine: Engine) -> None:
    answer = talk(engine, "which papers are about the kv cache", "only those for images")
    assert [citation.title for citation in answer.citations] == [
        "Memory-Efficient Visual Autoregressive Modeling with Scale-Aware KV Cache Compression"
    ]


def test_a_topic_in_front_is_what_is_asked_about(engine: Engine) -> None:
    answer = engine.ask("kv cache compression, what's known about it?")
    assert (answer.kind, answer.standalone) == ("summary", "What is known about kv cache compression?")
    assert len({citation.title for citation in answer.citations}) > 3


def test_more_papers_than_a_table_holds_are_summed_up(engine: Engine) -> None:
    answer = talk(engine, "which papers are about the kv cache", "what are they about?")
    assert answer.kind == "summary"
    assert answer.table is None


def test_the_table_alone_says_what_is_compared(engine: Engine) -> None:
    answer = talk(engine, "Compare KIVI and ZipCache", "shorter", "add APOLLO")
    assert answer.table
    assert answer.table.names == ("KIVI", "ZipCache", "APOLLO")


def test_the_options_for_a_need_are_counted(engine: Engine) -> None:
    need = "recommend me a way to compress the kv cache"
    assert talk(engine, need, "how many is that?").text == engine.ask(need).note


def test_a_list_that_found_nothing_is_not_what_is_counted(engine: Engine) -> None:
    first, nothing = "which papers are about federated learning?", "Which papers do not use GPUs?"
    assert talk(engine, first, nothing, "how many are there?").text == engine.ask(first).note


def test_papers_like_the_one_spoken_of_leave_it_out(engine: Engine) -> None:
    answer = talk(engine, "What is KIVI?", "are there others like it?")
    titles = [citation.title for citation in answer.citations]
    assert answer.kind == "survey"
    assert any(title.startswith("ZipCache") for title in titles)
    assert not any(title.startswith("KIVI") for title in titles)


@pytest.mark.parametrize(
    ("first", "then", "quoted"),
    [
        ("What is KIVI?", "and what throughput?", "throughput"),  # which other papers speak of too
        ("what does ZipCache do", "per token or per channel?", "channel"),
    ],
)
def test_a_fragment_hangs_on_the_paper_just_spoken_of(engine: Engine, first: str, then: str, quoted: str) -> None:
    answer = talk(engine, first, then)
    assert {citation.paper_id for citation in answer.citations} == {talk(engine, first).citations[0].paper_id}
    assert any(quoted in citation.quote for citation in answer.citations)


def test_another_topic_takes_the_place_of_a_verb_and_its_object(engine: Engine) -> None:
    answer = talk(engine, "which papers compress gradients?", "what about images?")
    assert answer.standalone == "Which papers are about images?"


def test_what_kinds_of_things_there_are_is_answered_by_a_list(engine: Engine) -> None:
    assert engine.ask("what benchmarks are there for continual learning?").kind == "survey"


def test_a_name_that_is_an_english_word_is_none_in_a_quote(engine: Engine) -> None:
    catalogue = Catalogue(engine.index)
    named = papers_of("KIVI: It shifts from one gear to another, based on need.", catalogue)
    assert named == papers_of("KIVI: It is fast.", catalogue)
    assert papers_of("It is set against GEAR and BASED.", catalogue)


def test_what_a_paper_is_measured_against_has_to_stand_in_it(engine: Engine) -> None:
    answer = engine.ask("How fast is KIVI compared to StreamingLLM?")
    assert (answer.outcome, "does not mention “StreamingLLM”" in answer.text) == ("close", True)


@pytest.mark.parametrize(
    ("turns", "standalone"),
    [
        (("which papers study grokking?", "and federated learning?"), "Which papers are about federated learning?"),
        (("What is MatryoshkaKV?", "vs KIVI?"), "Compare MatryoshkaKV and KIVI"),
        (("What is YOLOv9?", "compare with leyolo on accuracy"), "Compare YOLOv9 and LeYOLO on accuracy"),
        (
            ("what is the physics-informed thing", "no, the one about pruning data"),
            "Tell me about Beyond neural scaling laws: beating power law scaling via data pruning.",
        ),
        (
            ("Compare KIVI and ZipCache", "What is KIVI?", "No, I meant the other one. What is new in it?"),
            "What is new in ZipCache?",
        ),
    ],
)
def test_what_a_turn_leaves_out_is_written_out(engine: Engine, turns: tuple[str, ...], standalone: str) -> None:
    assert talk(engine, *turns).standalone == standalone


def test_a_figure_is_of_the_paper_that_gave_it(engine: Engine) -> None:
    answer = talk(engine, "What is MatryoshkaKV?", "60% of what?")
    assert "MatryoshkaKV" in answer.understood
    assert any("60%" in citation.quote for citation in answer.citations)


@pytest.mark.parametrize("asked", ["which one would you pick?", "which one should I use?"])
def test_advice_between_two_is_a_comparison(engine: Engine, asked: str) -> None:
    answer = talk(engine, "Compare KIVI and ZipCache", asked)
    assert (answer.kind, bool(answer.table)) == ("compare", True)
    assert "which is ahead is not said" in answer.note


def test_who_wrote_the_one_described_is_told_of_that_paper(engine: Engine) -> None:
    answer = engine.ask("who wrote the active matter one?")
    assert answer.kind == "record"
    assert "active matter" in answer.understood


def test_a_table_as_a_file_is_pointed_to(engine: Engine) -> None:
    assert "CSV" in talk(engine, "Compare KIVI and ZipCache", "as csv").text


@pytest.mark.parametrize(
    "asked",
    [
        "any on federated learning?",
        "what methods reduce optimizer memory?",
        "I need to serve a 70B model on small devices. what's out there?",
        "which of these papers would matter for a newspaper story on federated learning?",
    ],
)
def test_these_ask_for_a_list(engine: Engine, asked: str) -> None:
    answer = engine.ask(asked)
    assert (answer.kind, answer.outcome) == ("survey", "answered")


def test_who_cites_a_paper_is_not_known(engine: Engine) -> None:
    assert talk(engine, "What is KIVI?", "who cites it?").text.startswith("Who cites a paper, and how often,")


def test_an_overview_of_some_papers_tells_of_each(engine: Engine) -> None:
    answer = engine.ask("give me an overview of the concept bottleneck papers")
    assert (answer.kind, answer.outcome) == ("summary", "answered")
    assert len({citation.title for citation in answer.citations if "Concept Bottleneck" in citation.title}) >= 3


def test_which_say_is_asked_of_what_was_listed(engine: Engine) -> None:
    answer = talk(engine, "which papers are about the information bottleneck?", "which say compression happens")
    assert answer.standalone.startswith("Which of these")
    assert answer.kind == "survey"


def test_which_needs_fewer_is_a_comparison(engine: Engine) -> None:
    assert talk(engine, "Compare KIVI and ZipCache", "which needs fewer bits?").kind == "compare"


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("thx! one more: what is KIVI", "what is KIVI"),
        ("great, and what is KIVI?", "and what is KIVI?"),
        ("what is KIVI on this page?", "what is KIVI"),
        ("KIVI, no wait, GEAR and ZipCache differ how?", "GEAR and ZipCache differ how?"),
        (
            "models trained from scratch that reach it on less data?",
            "models trained from scratch that reach it on less data?",
        ),
        ("perfect matching in bipartite graphs", "perfect matching in bipartite graphs"),
    ],
)
def test_what_is_said_around_a_question_is_left_out(said: str, asked: str) -> None:
    assert plain(said).rstrip("?") == asked.rstrip("?")
