"""A model's Markdown is taken apart as it streams: statements with the layout before them, and nothing that can act."""

import time

import pytest

from rag.write.layout import Kind, Layout, Piece, clean_markup, numbers_in, numbers_of

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


@pytest.mark.parametrize("size", [1, 4, 1_000])
@pytest.mark.parametrize(
    ("text", "kept", "numbers"),
    [
        ('1. "Why so hard?" [1][2]\n2. "It is new." [3]', "", [(1, 2), (3,)]),
        (
            "It does [1]. [2] More [3]. So. [4]. Next (one [5].)",
            "It does [1] [2]. More [3]. So [4]. Next (one [5].)",
            [(1, 2), (3,), (4,), (5,)],
        ),
        ("Look:\n\n| KIVI | 2 bits [1] |\n| X | 3 bits [2] |\nDone [3].", "", [(1,), (2,), (3,)]),
        ("1. a [1]\n\n2. b [2]\n\n- c\n\n- d\n\nEnd.", "1. a [1]\n2. b [2]\n\n- c\n- d\n\nEnd.", [(1,), (2,)]),
    ],
    ids=["behind a closing quote", "behind a stop", "rows without a rule below", "a list with blank lines"],
)
def test_marks_belong_to_the_sentence_before_them(
    size: int, text: str, kept: str, numbers: list[tuple[int, ...]]
) -> None:
    pieces = heard(text, size)
    assert shown(pieces) == (kept or text)
    assert [piece.numbers for piece in pieces if piece.numbers] == numbers


@pytest.mark.parametrize("size", [1, 3, 100])
def test_a_wish_to_search_is_told_from_an_answer(size: int) -> None:
    assert heard("SEARCH: kv cache; memory", size) == [Piece(Kind.SEARCH, "", "kv cache; memory")]
    assert [piece.kind for piece in heard("SEARCH is what it does [1].", size)] == [Kind.STATEMENT]
    assert [piece.kind for piece in heard("It works [1].\nSEARCH: again", size)] == [Kind.STATEMENT] * 2


@pytest.mark.parametrize("size", [1, 4, 100])
@pytest.mark.parametrize(
    ("text", "found", "rest"),
    [
        ("FOUND: partly\n\nIt works [1].\nFOUND: later", ["partly"], "It works [1].\nFOUND: later"),
        ("**FOUND:** no\nIt works [1].", ["no"], "It works [1]."),
        ("FOUND: yes. It halves memory [3].", ["yes"], "It halves memory [3]."),
        ("FOUND: no evidence of it [0].", [], "FOUND: no evidence of it [0]."),
    ],
)
def test_whether_it_was_found_is_read_from_the_first_line(size: int, text: str, found: list[str], rest: str) -> None:
    pieces = heard(text, size)
    assert [piece.text for piece in pieces if piece.kind is Kind.FOUND] == found
    assert shown([piece for piece in pieces if piece.kind is not Kind.FOUND]) == rest


@pytest.mark.parametrize("size", [1, 50, 10_000])
def test_a_long_sentence_is_parted_at_spaces_and_at_no_mark(size: int) -> None:
    text = " ".join(f"caches{n} hold [{n}]" for n in range(1, 400)) + "."
    pieces = heard(text, size)
    assert len(pieces) > 5
    assert shown(pieces) == text
    assert [n for piece in pieces for n in piece.numbers] == list(range(1, 400))


@pytest.mark.parametrize(
    "text", ["It works! " + "[" * 4_000 + "A" + "x" * 45, "It works! " + "[a] " * 4_000, "It is [" + " " * 15_000 + "x"]
)
def test_open_brackets_without_end_take_no_time(text: str) -> None:
    began = time.monotonic()
    heard(text, 40)
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("See ![x](http://leak.test/a.png) and [this](http://leak.test) <b>now</b> [1].", "See and this now [1]."),
        ("It *really* _works_ `well`, **so** [1]", "It really works well, **so** [1]"),
        ("It **never closes [1]", "It never closes [1]"),
        ("https://leak.test/x", ""),
        ("javascript:alert(1) <script>x</script>", ") x"),
        ("data:text/html,x and mailto:a@b.c", "and"),
        ("a_b and 2*3 stay", "a_b and 2*3 stay"),
        ("training data: transferred, javascript: the parts", "training data: transferred, javascript: the parts"),
        ("from < 1 GFLOP to > 4 GFLOPs", "from < 1 GFLOP to > 4 GFLOPs"),
    ],
)
def test_links_images_html_and_loose_emphasis_go(text: str, clean: str) -> None:
    assert clean_markup(text) == clean


@pytest.mark.parametrize("text", ["", "\n\n\n", "|", "|||\n|||", "- ", "**", "[1] [2]", "```\n```", "#", ">>", "> > x"])
def test_what_states_nothing_gives_no_statement(text: str) -> None:
    assert all(piece.kind is not Kind.STATEMENT or not piece.numbers or piece.words for piece in heard(text, 1))


def test_numbers_are_read_from_any_kind_of_mark() -> None:
    assert numbers_in("x [3, 5-7] y [3]【2】") == (3, 5, 6, 7)
    assert (numbers_of("[1-99]"), numbers_of("[12345678901]")) == ([1, 99], [])
