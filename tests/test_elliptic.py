"""Turns that leave out what they are about, point to several papers, or narrow a list, as people type them."""

import pytest

from rag.engine import Engine
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
