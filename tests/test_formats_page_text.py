"""Pasted pages: which line is a title, which an abstract, and what of the rest is reported."""

import textwrap
from pathlib import Path

import pytest

from ingest.errors import SourceError
from ingest.formats.page_text import MAX_LINES, read_page
from ingest.paper import Paper, Unreadable

PAGE = Path(__file__).resolve().parents[1] / "ingest" / "pages" / "daily_papers_page.txt"
FURNITURE = [
    "new",
    "Get trending papers in your email inbox!",
    "Subscribe",
    "Daily Papers",
    "byAK and the research community",
]
ABOUT_PRUNING = "We prune small networks. Half of the weights can go, and accuracy stays where it was before pruning."
ABOUT_CACHES = (
    "We study caches for keys and values. They grow with the context, and we show how to bound them by a constant."
)
PRUNING = ("Pruning Small Networks at Once", ABOUT_PRUNING)
CACHES = ("Caches of Bounded Size for Long Contexts", ABOUT_CACHES)


def pairs(text):
    return [(paper.title, paper.abstract) for paper in read_page(text) if isinstance(paper, Paper)]


def unreadable(text):
    return [(record.place, record.reason) for record in read_page(text) if isinstance(record, Unreadable)]


@pytest.fixture(scope="module")
def bundled():
    return PAGE.read_text("utf-8")


@pytest.fixture(scope="module")
def expected(bundled):
    """The bundled page read in the plainest way: after the date, every other line that is not blank is a title."""
    lines = [line for line in bundled.splitlines() if line.strip()]
    lines = lines[lines.index("Jul 28") + 1 :]
    return list(zip(lines[::2], lines[1::2], strict=True))


def test_the_bundled_page_gives_ninety_exact_papers_and_nothing_unreadable(bundled, expected):
    assert len(expected) == 90
    assert pairs(bundled) == expected
    assert unreadable(bundled) == []


def test_blank_lines_and_line_ends_make_no_difference(bundled, expected):
    assert pairs(bundled.replace("\n\n", "\n")) == expected
    assert pairs(bundled.replace("\n", "\r\n")) == expected
    assert pairs(bundled.replace("\n", "\n\n\n")) == expected


@pytest.mark.parametrize("width", [72, 80, 120])
def test_wrapped_abstracts_are_joined(expected, width):
    text = "\n\n".join(
        f"{title}\n\n{textwrap.fill(abstract, width, break_on_hyphens=False)}" for title, abstract in expected
    )
    assert len(set(pairs(text)) & set(expected)) >= 88  # of 90; a long word can make a line look unwrapped


def test_a_wrapped_title_is_joined_on_a_wrapped_page():
    title = "Caches of Bounded Size for Very Long Contexts and for Many Users Who Share Them at Once"
    page = "\n\n".join([textwrap.fill(title, 60), textwrap.fill(ABOUT_CACHES * 3, 60), PRUNING[0], ABOUT_PRUNING])
    assert pairs(page)[0][0] == title


def test_furniture_between_the_papers_is_passed_over():
    page = [
        *FURNITURE,
        "Jul 28",
        "42",
        PRUNING[0],
        "· 7 authors",
        ABOUT_PRUNING,
        "Upvote",
        "103",
        "+107",
        "GitHub 1.2k",
    ]
    page += [
        "Submitted by",
        "taesiri",
        CACHES[0],
        "2",
        ABOUT_CACHES,
        "View all activity",
        "View arXiv page",
        "https://a.b/c",
    ]
    assert pairs("\n".join(page)) == [PRUNING, CACHES]
    assert unreadable("\n".join(page)) == []


def test_an_abstract_in_two_paragraphs_is_joined():
    page = f"{PRUNING[0]}\n\n{ABOUT_PRUNING}\n\n{ABOUT_CACHES}\n\nCode is at https://a.b/c.\n\n{CACHES[0]}\n\n{ABOUT_CACHES}"
    assert pairs(page) == [(PRUNING[0], f"{ABOUT_PRUNING} {ABOUT_CACHES} Code is at https://a.b/c."), CACHES]


def test_a_line_of_names_under_the_title_gives_the_authors():
    paper, other = read_page(f"{PRUNING[0]}\nAda Lane, Bo de Reed\n{ABOUT_PRUNING}\n{CACHES[0]}\n{ABOUT_CACHES}")
    assert (paper.title, paper.authors, other.authors) == (PRUNING[0], ("Ada Lane", "Bo de Reed"), ())


def test_names_listed_line_by_line_under_a_heading_give_the_authors():
    page = [
        PRUNING[0],
        "Published on Jul 31, 2024",
        "Upvote",
        "115",
        "Authors:",
        "Ada Lane",
        ",",
        "Maria Elena Rossi",
        ",",
    ]
    (paper,) = read_page("\n".join([*page, "Abstract", ABOUT_PRUNING, "View PDF", "Community"]))
    assert paper == Paper(*PRUNING, ("Ada Lane", "Maria Elena Rossi"))


def test_labels_and_markdown_are_taken_off():
    page = f"## {PRUNING[0]}\n\n{ABOUT_PRUNING}\n\n"
    page += f"Title: {CACHES[0]}\nAuthors: Ada Lane, Bo Reed\nAbstract: {ABOUT_CACHES}"
    papers = list(read_page(page))
    assert [(paper.title, paper.abstract) for paper in papers] == [PRUNING, CACHES]
    assert papers[1].authors == ("Ada Lane", "Bo Reed")


def test_a_date_heading_holds_for_the_papers_after_it_and_is_not_guessed_without_a_year():
    first, second, third = (
        "\n".join(paper) for paper in (PRUNING, CACHES, ("A Third Paper on Other Matters", ABOUT_CACHES))
    )
    page = f"{first}\nMonday, July 28, 2025\n{second}\nJul 27\n{third}\n2025-07-26\n{first}"
    assert [paper.date for paper in read_page(page)] == ["", "2025-07-28", "", "2025-07-26"]


def test_doubled_papers_are_both_given():
    page = "\n".join([*PRUNING, *PRUNING])
    assert pairs(page) == [PRUNING, PRUNING]


def test_a_title_without_an_abstract_is_reported_with_its_line():
    page = "\n".join([*PRUNING, "A Title That Stands Alone", *CACHES])
    assert pairs(page) == [PRUNING, CACHES]
    assert unreadable(page) == [("line 3", "a title without an abstract")]


def test_an_abstract_without_a_title_is_reported():
    assert unreadable(f"Daily Papers\n{ABOUT_PRUNING}\nJul 28\n" + "\n".join(CACHES)) == [
        ("line 2", "an abstract without a title")
    ]


def test_a_title_of_two_sentences_is_not_taken_for_an_abstract():
    title = "Language Models Mirror Human Causal Reasoning Biases. How Can We Help Them Think Like Scientists?"
    page = "\n".join([*PRUNING, title, ABOUT_CACHES * 3, *CACHES])
    assert pairs(page) == [PRUNING, (title, ABOUT_CACHES * 3), CACHES]


def test_an_abstract_of_one_short_sentence_is_taken():
    short = (
        "Clustered Automata of the Moore Kind",
        "We introduce clustered Moore automata, study how they behave in time, and apply them.",
    )
    assert pairs("\n".join([*PRUNING, *short, *CACHES])) == [PRUNING, short, CACHES]


def test_an_abstract_over_the_limit_is_reported_with_its_length():
    page = "\n".join([*PRUNING, CACHES[0], "A sentence. " * 2_000])
    assert unreadable(page) == [("line 3", "an abstract of 23,999 characters, more than 20,000")]


def test_chinese_abstracts_are_prose():
    title, abstract = "检索增强生成的综述", "我们研究检索增强生成。" * 8
    assert pairs(f"{title}\n{abstract}") == [(title, abstract)]


def test_right_to_left_marks_and_control_characters_leave_no_trace():
    dirty = f"\u200f{PRUNING[0][:7]}\u202e{PRUNING[0][7:]}\x00\n\u2067{ABOUT_PRUNING}\u2069\x07"
    assert pairs(dirty) == [PRUNING]


def test_a_page_of_too_many_lines_is_refused():
    with pytest.raises(SourceError, match="split it"):
        list(read_page("a\n" * MAX_LINES))
