"""A model's Markdown is taken apart as it streams: statements with the layout before them, and nothing that can act."""

import time

import pytest

from rag.write.layout import Kind, Layout, Piece, bare, clean_markup, numbers_in, numbers_of

TEXT = """KIVI, e.g. with Llama 2, works [1]. So does it. [2] [3]

## Results
- **KIVI**: It saves *memory* [4].
* Dr. Who agrees 【5】
1. First
2) Second [6]

| Paper | Memory [9] |
|---|---|
| KIVI | 2.6x [7] |
| A \\| B | – |
Last one [8]
>> What else?
>>Why?"""
SHOWN = """KIVI, e.g. with Llama 2, works [1]. So does it [2] [3].

**Results**
- **KIVI**: It saves memory [4].
- Dr. Who agrees [5]
1. First
2. Second [6]

| Paper | Memory |
|---|---|
| KIVI | 2.6x [7] |
| A \\| B | – |
Last one [8]"""


def heard(text: str, size: int) -> list[Piece]:
    layout = Layout()
    pieces = [piece for at in range(0, len(text), size) for piece in layout.hear(text[at : at + size])]
    return [*pieces, *layout.end()]


def shown(pieces: list[Piece]) -> str:
    return "".join(piece.lead + piece.text for piece in pieces if piece.kind is not Kind.GO_ON)


@pytest.mark.parametrize("size", [1, 2, 5, 17, 1_000])
def test_paragraphs_lists_headings_and_tables_stay_however_they_are_cut(size: int) -> None:
    pieces = heard(TEXT, size)
    assert shown(pieces) == SHOWN
    assert [piece.text for piece in pieces if piece.kind is Kind.GO_ON] == ["What else?", "Why?"]
    assert [piece.numbers for piece in pieces if piece.kind is Kind.STATEMENT and piece.numbers] == [
        (1,), (2, 3), (4,), (5,), (6,), (7,), (8,),
    ]  # fmt: skip
    heads = [piece.words for piece in pieces if piece.kind is Kind.HEADING]
    assert heads == ["Results", "Paper", "Memory"]


@pytest.mark.parametrize("size", [1, 6, 1_000])
def test_marks_behind_a_closing_quote_belong_to_its_sentence(size: int) -> None:
    pieces = heard('1. "Why so hard?" [1][2]\n2. "It is new." [3]', size)
    assert [piece.numbers for piece in pieces] == [(1, 2), (3,)]
    assert shown(pieces) == '1. "Why so hard?" [1][2]\n2. "It is new." [3]'


def test_a_statement_comes_as_soon_as_it_is_whole() -> None:
    layout = Layout()
    assert [piece.text for piece in layout.hear("It saves memory [1]. And it")] == ["It saves memory [1]."]
    assert [piece.text for piece in layout.hear(" is fast [2]. [3] Th")] == ["And it is fast [2] [3]."]


@pytest.mark.parametrize("size", [1, 3, 100])
def test_a_wish_to_search_is_told_from_an_answer(size: int) -> None:
    assert heard("SEARCH: kv cache; memory", size) == [Piece(Kind.SEARCH, "", "kv cache; memory")]
    assert [piece.kind for piece in heard("SEARCH is what it does [1].", size)] == [Kind.STATEMENT]
    assert [piece.kind for piece in heard("It works [1].\nSEARCH: again", size)] == [Kind.STATEMENT] * 2


@pytest.mark.parametrize("size", [1, 4, 100])
def test_whether_it_was_found_is_a_line_of_its_own(size: int) -> None:
    pieces = heard("FOUND: partly\n\nIt works [1].\nFOUND: later", size)
    assert [(piece.kind, piece.lead + piece.text) for piece in pieces] == [
        (Kind.FOUND, "partly"),
        (Kind.STATEMENT, "It works [1]."),
        (Kind.STATEMENT, "\nFOUND: later"),
    ]
    assert [piece.kind for piece in heard("FOUND: no\nSEARCH: memory", size)] == [Kind.FOUND, Kind.SEARCH]


@pytest.mark.parametrize("line", ["**FOUND:** no", "Found: no.", "FOUND: no — ", "## FOUND: NO"])
def test_whether_it_was_found_is_read_however_it_is_written(line: str) -> None:
    pieces = heard(f"{line}\nIt works [1].", 3)
    assert [(piece.kind, piece.text) for piece in pieces if piece.text.strip("— ")] == [
        (Kind.FOUND, "no"),
        (Kind.STATEMENT, "It works [1]."),
    ]


def test_an_answer_on_the_same_line_is_kept() -> None:
    pieces = heard("FOUND: yes. It halves memory [3]. It is fast [4].", 5)
    assert [piece.text for piece in pieces] == ["yes", "It halves memory [3].", "It is fast [4]."]


@pytest.mark.parametrize(
    "text", ["Found no evidence of it [0].", "FOUND: no evidence of it [0].", "Found: no one says it [1]."]
)
def test_a_sentence_that_begins_likewise_keeps_its_words(text: str) -> None:
    assert shown(heard(text, 4)) == text
    assert [piece.kind for piece in heard(text, 4)] == [Kind.STATEMENT]


@pytest.mark.parametrize("size", [1, 3, 1_000])
def test_a_row_without_a_rule_below_it_states_what_it_says(size: int) -> None:
    pieces = heard("Look:\n\n| KIVI | 2 bits [1] |\n| X | 3 bits [2] |\nDone [3].", size)
    assert shown(pieces) == "Look:\n\n| KIVI | 2 bits [1] |\n| X | 3 bits [2] |\nDone [3]."
    assert [piece.numbers for piece in pieces if piece.numbers] == [(1,), (2,), (3,)]
    assert shown(heard("| A [1] | B |", size)) == "| A [1] | B |"
    below = "| A [1] | B |\nThis is so [2]. And that [3]."
    assert shown(heard(below, size)) == below


def test_a_list_with_blank_lines_between_its_items_is_one_list() -> None:
    assert shown(heard("1. a [1]\n\n2. b [2]\n\n- c\n\n- d\n\nEnd.", 3)) == "1. a [1]\n2. b [2]\n\n- c\n- d\n\nEnd."


@pytest.mark.parametrize("size", [1, 3, 7, 50, 10_000])
def test_a_long_sentence_is_parted_at_spaces_and_at_no_mark(size: int) -> None:
    text = " ".join(f"caches{n} hold [{n}]" for n in range(1, 400)) + "."
    pieces = heard(text, size)
    assert shown(pieces) == text
    assert [n for piece in pieces for n in piece.numbers] == list(range(1, 400))


@pytest.mark.parametrize("size", [1, 4, 1_000])
def test_all_marks_behind_a_stop_belong_to_its_sentence(size: int) -> None:
    pieces = heard("It does [1]. [2] More is said [3]. So. [4]. Next (one [5].) End", size)
    assert [piece.numbers for piece in pieces][:3] == [(1, 2), (3,), (4,)]
    assert ".." not in shown(pieces)


def test_open_brackets_without_end_take_no_time() -> None:
    began = time.monotonic()
    heard("It works! " + "[" * 4_000 + "A" + "x" * 45, 500)
    heard("It works! " + "[a] " * 4_000, 500)
    heard("It is [" + " " * 15_000 + "x", 40)
    heard("It is good" + " " * 15_000 + "x", 40)
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("See ![x](http://leak.test/a.png) and [this](http://leak.test) <b>now</b> [1].", "See and this now [1]."),
        ("It *really* _works_ `well`, **so** [1]", "It really works well, **so** [1]"),
        ("It **never closes [1]", "It never closes [1]"),
        ("https://leak.test/x", ""),
        ("javascript:alert(1) <script>x</script>", ") x"),
        ("a_b and 2*3 stay", "a_b and 2*3 stay"),
        (
            "the training data: transferred, javascript: the parts",
            "the training data: transferred, javascript: the parts",
        ),
        ("from < 1 GFLOP to > 4 GFLOPs", "from < 1 GFLOP to > 4 GFLOPs"),
        ("data:text/html,x and mailto:a@b.c", "and"),
    ],
)
def test_links_images_html_and_loose_emphasis_go(text: str, clean: str) -> None:
    assert clean_markup(text) == clean


def test_numbers_are_read_from_any_kind_of_mark() -> None:
    assert numbers_in("x [3, 5-7] y [3]【2】") == (3, 5, 6, 7)
    assert numbers_of("[1-99]") == [1, 99]
    assert numbers_of("[12345678901]") == []
    assert bare("**It** works [3].") == "It works."


def test_a_sentence_that_never_ends_is_cut_into_statements() -> None:
    pieces = heard("word " * 4_000, 50)
    assert len(pieces) > 5
    assert "".join(shown(pieces).split()) == "word" * 4_000


@pytest.mark.parametrize("text", ["", "\n\n\n", "|", "|||\n|||", "- ", "**", "[1] [2]", "```\n```", "#", ">>", "> > x"])
def test_what_states_nothing_gives_no_statement(text: str) -> None:
    assert all(piece.kind is not Kind.STATEMENT or not piece.numbers or piece.words for piece in heard(text, 1))
