"""Instructions on a list: narrowed, shortened, ordered, set out as a table, with a paper dropped by its place."""

import pytest

from rag.engine import Engine
from tests.corpus import talk

QUANTIZE = "which papers do quantization?"


def listed(engine: Engine, *turns: str) -> list[str]:
    """The papers that the answer to the last turn cites, in order."""
    return list(dict.fromkeys(citation.title.split(":")[0] for citation in talk(engine, *turns).citations))


def test_what_is_asked_of_a_narrowed_list_is_asked_of_it_alone(engine: Engine) -> None:
    narrowed = listed(engine, QUANTIZE, "only those on KV caches")
    assert 1 < len(narrowed) < len(listed(engine, QUANTIZE))
    for then in ("newest first", "as a table"):
        assert set(listed(engine, QUANTIZE, "only those on KV caches", then)) == set(narrowed)
    assert set(listed(engine, QUANTIZE, "only those on KV caches", "shorter")) < set(narrowed)


@pytest.mark.parametrize(
    ("instruction", "kept"),
    [
        ("drop the first", slice(1, None)),
        ("drop the last two", slice(None, -2)),
        ("keep only the first three", slice(None, 3)),
        ("only the second one", slice(1, 2)),
    ],
)
def test_papers_of_a_list_are_dropped_and_kept_by_their_place(engine: Engine, instruction: str, kept: slice) -> None:
    assert set(listed(engine, QUANTIZE, instruction)) == set(listed(engine, QUANTIZE)[kept])


def test_a_changed_list_stays_changed(engine: Engine) -> None:
    first = listed(engine, QUANTIZE)
    answer = talk(engine, QUANTIZE, "drop the first", "newest first")
    assert answer.note.startswith(f"{len(first) - 1} papers of the list before.")
    assert len(answer.citations) == len(first) - 1


def test_a_list_is_shorter_each_time(engine: Engine) -> None:
    counts = [len(listed(engine, QUANTIZE, *["shorter"] * times)) for times in range(4)]
    assert counts == sorted(set(counts), reverse=True)
    assert "Quoted here: the likeliest" in talk(engine, QUANTIZE, "shorter").note


def test_a_list_as_a_table_has_a_column_a_paper_and_can_be_cut(engine: Engine) -> None:
    asked = "which papers use knowledge distillation?"
    table = talk(engine, asked, "as a table").table
    assert table
    assert len(table.papers) == len(listed(engine, asked))
    shorter = talk(engine, asked, "as a table", "shorter").table
    assert shorter
    assert len(shorter.rows) < len(table.rows)


def test_papers_that_may_serve_are_dropped_too(engine: Engine) -> None:
    need = "what should i use to shrink the kv cache?"
    assert set(listed(engine, need, "drop the first one")) == set(listed(engine, need)[1:])


def test_a_column_goes_by_its_place(engine: Engine) -> None:
    answer = talk(engine, "compare KIVI, ZipCache and GEAR", "drop the second one")
    assert answer.table
    assert answer.table.names == ("KIVI", "GEAR")


def test_the_only_paper_of_a_list_is_not_dropped(engine: Engine) -> None:
    answer = talk(engine, "which papers are about pruning?", "only the first", "drop the first")
    assert answer.text == "That would leave nothing of the last answer."


def test_a_place_beyond_the_list_is_told(engine: Engine) -> None:
    assert "there is no number 5" in talk(engine, "compare KIVI and ZipCache", "drop the fifth").text


def test_a_question_asked_again_has_its_rows_again(engine: Engine) -> None:
    asked = "compare KIVI and ZipCache"
    table = talk(engine, asked, "drop the problem row", asked, "drop the result row").table
    assert table
    assert [row.aspect for row in table.rows] == ["problem", "idea"]


def sentences(engine: Engine, *turns: str) -> int:
    """The sentences that the answer to the last turn quotes."""
    return len(talk(engine, *turns).citations)


@pytest.mark.parametrize(
    ("wish", "count"), [("in two sentences", 2), ("make it one sentence", 1), ("in 3 lines please", 3)]
)
def test_an_answer_has_as_many_sentences_as_wished(engine: Engine, wish: str, count: int) -> None:
    assert sentences(engine, "what is TPI-LLM", wish) == count
    assert sentences(engine, f"what is TPI-LLM, in {count} sentences") == count


def test_a_comparison_in_two_sentences_has_one_of_each_paper(engine: Engine) -> None:
    answer = talk(engine, "compare KIVI and ZipCache", "in two sentences")
    assert not answer.table
    assert len({citation.paper_id for citation in answer.citations}) == 2
    again = talk(engine, "compare KIVI and ZipCache", "in two sentences", "as a table")
    assert again.table
    assert again.table.names == ("KIVI", "ZipCache")


def test_bullets_are_counted(engine: Engine) -> None:
    lines = [line for line in talk(engine, "summarise KIVI in 3 bullet points").text.splitlines() if line]
    assert [line[:2] for line in lines] == ["- "] * 3


def test_the_best_of_a_list_are_the_first_of_it(engine: Engine) -> None:
    answer = talk(engine, QUANTIZE, "just the three most relevant")
    kept = listed(engine, QUANTIZE, "just the three most relevant")
    assert (kept[0], len(kept)) == (listed(engine, QUANTIZE)[0], 3)
    assert "Quoted here: 3 of" in answer.note


def test_columns_are_swapped(engine: Engine) -> None:
    swapped = talk(engine, "compare KIVI and ZipCache", "swap the columns", "add speed").table
    assert swapped
    assert swapped.names == ("ZipCache", "KIVI")


def test_a_row_goes_by_its_place(engine: Engine) -> None:
    first = talk(engine, "compare KIVI and ZipCache").table
    left = talk(engine, "compare KIVI and ZipCache", "drop the first row").table
    assert first
    assert left
    assert [row.aspect for row in left.rows] == [row.aspect for row in first.rows][1:]


def test_a_paper_that_was_added_leaves_no_row_behind(engine: Engine) -> None:
    turns = ("compare BitStack and KIVI", "add sequential gradient coding", "drop KIVI")
    table = talk(engine, *turns).table
    assert table
    assert "sequential gradient coding" not in [row.aspect for row in table.rows]
    assert len(table.names) == 2


def test_one_paper_is_set_out_in_a_table_with_the_row_wished_for(engine: Engine) -> None:
    table = talk(engine, "what is KIVI", "table please, with memory as well").table
    assert table
    assert (table.names, table.rows[-1].aspect) == (("KIVI",), "memory")


def test_papers_are_put_in_the_order_of_nothing_but_their_dates(engine: Engine) -> None:
    assert "dates alone" in talk(engine, QUANTIZE, "sort them by accuracy").text


def test_a_refusal_is_not_made_shorter(engine: Engine) -> None:
    answer = talk(engine, "what is KIVI", "what licence does it have?", "shorter")
    assert answer.text.startswith("The last answer was that the papers do not say it")


def test_a_sentence_each_is_one_of_each_paper(engine: Engine) -> None:
    answer = talk(engine, "compare KIVI, ZipCache and GEAR", "in one sentence each")
    assert [citation.title.split(":")[0].split()[0] for citation in answer.citations] == ["KIVI", "ZipCache", "GEAR"]


def test_what_is_listed_is_not_cut_by_words_of_its_topic(engine: Engine) -> None:
    assert listed(engine, "which papers quantize a model in a few lines of code?")
    asked = "which papers quantize the KV cache in one sentence?"
    assert "Quoted here" not in engine.ask(asked).note


def test_a_sentence_that_fills_two_cells_is_said_once(engine: Engine) -> None:
    answer = talk(engine, "MoR vs block transformer", "in six sentences")
    quotes = [citation.quote for citation in answer.citations]
    assert len(quotes) == len(set(quotes))
    assert all(answer.text.count(f"[{citation.number}]") == 1 for citation in answer.citations)
