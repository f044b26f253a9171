"""Papers as others write them down, in JSON, feeds, saved and pasted pages: what is read, reported and refused."""

import html
import io
import json
import textwrap
from pathlib import Path

import pytest
from conftest import PAGE

from ingest.errors import SourceError
from ingest.formats.arxiv_atom import read_atom
from ingest.formats.daily_api import read_json
from ingest.formats.fields import MAX_AUTHORS
from ingest.formats.json_lines import read_json_lines
from ingest.formats.page_html import read_html
from ingest.formats.page_text import MAX_LINES, read_page
from ingest.paper import Paper, Unreadable

SAMPLES = Path(__file__).parent / "samples"
ABSTRACT = "We prune small networks and find that half of the weights can go."
RECORD = {"title": "Pruning", "abstract": ABSTRACT}


def one(record):
    (read,) = read_json(json.dumps([record]))
    return read


def are_papers(read):
    return [isinstance(record, Paper) for record in read]


def test_an_api_answer_is_read_with_what_is_broken_in_it_reported():
    first, second, *rest = read_json((SAMPLES / "daily_papers.json").read_text("utf-8"))
    assert (first.title, first.abstract) == ("Pruning Small Networks", f"{ABSTRACT} Accuracy stays.")
    assert (first.authors, first.date) == (("Ada Lane", "Bo Reed"), "2024-01-02")
    assert (first.url, first.arxiv) == ("https://arxiv.org/abs/2401.00001", "2401.00001")
    assert (second.title, second.authors, second.arxiv) == ("Bo's Cache", ("Cy Dow",), "2401.00002")
    assert [record.place for record in rest] == ["record 3", "record 4", "record 5"]
    assert rest[0].reason.startswith("Python notation that cannot be read")


@pytest.mark.parametrize("wrapped", [RECORD, [RECORD], {"papers": [RECORD]}, {"dailyPapers": [{"paper": RECORD}]}])
def test_an_object_a_list_and_an_object_with_a_list_are_all_read(wrapped):
    (paper,) = read_json(json.dumps(wrapped))
    assert (paper.title, paper.abstract) == ("Pruning", ABSTRACT)


@pytest.mark.parametrize(
    ("fields", "name", "read"),
    [
        ({"abstract": None, "summary": ABSTRACT}, "abstract", ABSTRACT),
        ({"title": "A \ud800 title"}, "title", "A \ufffd title"),
        ({"authors": [{"name": "Ada"}, {"name": None}, {}, 5, None, "Bo Reed"]}, "authors", ("Ada", "Bo Reed")),
        ({"authors": "Lane, Ada and Reed, Bo"}, "authors", ("Lane, Ada", "Reed, Bo")),
        ({"authors": ["Ada"] * 9}, "authors", ("Ada",)),
        ({"authors": [f"Ada {n}" for n in range(5_000)]}, "authors", tuple(f"Ada {n}" for n in range(MAX_AUTHORS))),
        ({"date": "2024-07-28T10:00:00.000Z"}, "date", "2024-07-28"),
        ({"date": "Sun, 28 Jul 2024 10:00:00 GMT"}, "date", "2024-07-28"),
        ({"date": "July 28th, 2024"}, "date", "2024-07-28"),
        ({"date": "2024-02-30"}, "date", ""),
        ({"date": "2024"}, "date", "2024"),
        ({"date": "July 2024"}, "date", "2024-07"),
        ({"id": "2401.00001v3"}, "arxiv", "2401.00001"),
        ({"arxiv_id": "arXiv:2401.00001"}, "arxiv", "2401.00001"),
        ({"id": "hep-th/9901001"}, "arxiv", "hep-th/9901001"),
        ({"url": "https://arxiv.org/pdf/2401.00001v2.pdf"}, "arxiv", "2401.00001"),
        ({"url": "https://example.org/2401.00001"}, "arxiv", ""),
        ({"id": "order 2401.00001 of May"}, "arxiv", ""),
        ({"abstract": "We extend arXiv:2401.00001 to a larger class of models."}, "arxiv", ""),
        ({"url": "javascript:alert(1)"}, "url", ""),
        ({"url": "https://a.b/" + "c" * 2_000}, "url", ""),
    ],
    ids=lambda value: getattr(value, "__name__", str(value))[:60],
)
def test_a_field_is_read_in_any_of_its_shapes(fields, name, read):
    assert getattr(one(RECORD | fields), name) == read


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ({"title": "Pruning"}, "no abstract"),
        ({"abstract": ABSTRACT}, "no title"),
        ({"title": "Pruning", "abstract": "Withdrawn."}, "the abstract is too short: 10 characters, fewer than 20"),
        ({"title": "Pruning", "abstract": ["a"]}, "the abstract is a list, not text"),
        ({"title": "P" * 2_001, "abstract": ABSTRACT}, "the title is too long: 2,001 characters, more than 2,000"),
        (
            {"title": "Pruning", "abstract": "a" * 20_001},
            "the abstract is too long: 20,001 characters, more than 20,000",
        ),
    ],
    ids=lambda value: getattr(value, "__name__", str(value))[:60],
)
def test_a_record_that_is_no_paper_says_why(record, why):
    assert one(record) == Unreadable("record 1", why)


def test_one_broken_element_does_not_take_its_neighbours_with_it():
    good = json.dumps(RECORD)
    broken = ['{"title": "x" "abstract": [1, {"a": "]}"}]}', "nonsense", "[" * 5_000 + "]" * 5_000, '{"a": "\t"}']
    read = list(read_json("[" + ",".join(part for bad in broken for part in (good, bad)) + "," + good + "]"))
    assert are_papers(read) == [True, False] * 4 + [True]
    assert read[5].reason == "JSON nested too deeply"


def test_a_cut_array_gives_the_records_before_the_cut_and_reports_the_break():
    whole = json.dumps([RECORD] * 3)
    for cut in range(1, len(whole) - 1):
        read = are_papers(read_json(whole[:cut]))
        assert read in ([], *([True] * n + [False] for n in range(4)))
        assert sum(read) >= cut // (len(whole) // 3) - 1


BEYOND = ["{'a': " * 60 + "1" + "}" * 60, "{" + "(" * 300_000, "{'a': __import__('os')}", "{'a': '\\N{DIGIT ONE}'}"]


@pytest.mark.parametrize("text", BEYOND, ids=lambda text: text[:20])
def test_python_notation_beyond_plain_values_is_reported(text):
    assert "Python notation" in one(text).reason


def saved_page(props, attributes='data-target="DailyPapers" data-props="{}"'):
    escaped = html.escape(json.dumps(props))
    banner = '<div data-target="DailyPapersBannerSubscribe" data-props="{}"></div>'
    return f"<!doctype html><html><body>{banner}<div {attributes.format(escaped)}><h3>Pruning</h3></div></body></html>"


@pytest.mark.parametrize(
    "attributes",
    ['data-props="{}" class="b" data-target="DailyPapers"', "data-target = 'DailyPapers'\n data-props='{}'"],
)
def test_a_saved_web_page_is_read_from_its_data(attributes):
    record = RECORD | {"id": "2401.00001", "title": "If 1 < 2 & \"3\" > 'x'"}
    (paper,) = read_html(saved_page({"dailyPapers": [{"paper": record}]}, attributes))
    assert (paper.title, paper.arxiv) == (record["title"], "2401.00001")


def test_json_lines_are_read_with_each_bad_line_reported():
    good = json.dumps(RECORD).encode()
    lines = [b"\xef\xbb\xbf" + good + b"\r", b"", b'{"title": "ha', good, b'{"title": "\xff"}', b"[" * 9_000, b"5"]
    read = list(read_json_lines(io.BytesIO(b"\n".join(lines))))
    assert are_papers(read) == [True, False, True, False, False, False]
    assert [bad.place for bad in read if isinstance(bad, Unreadable)] == ["line 3", "line 5", "line 6", "line 7"]
    assert read[3].reason == "not UTF-8 (byte 12 of the line)"


# Feeds of arXiv

FEED = (SAMPLES / "feed.xml").read_text("utf-8")
EMPTY = '<feed xmlns="http://www.w3.org/2005/Atom"><title>arXiv Query</title></feed>'


def test_entries_of_a_feed_are_read_with_line_breaks_collapsed_and_errors_reported():
    first, error, last = read_atom(FEED.replace("UTF-8", "UTF-16", 1))  # decoded text: what it declares is ignored
    assert first.title == r"On $\ell_1$ Pruning"
    assert first.abstract == r"We show that $\alpha < 1$ suffices for pruning with $\ell_1$ penalties."
    assert (first.authors, first.date) == (("Ada Lane", "Dirk Wübben"), "2024-01-02")
    assert (first.url, first.arxiv) == ("https://arxiv.org/abs/2401.00001v2", "2401.00001")
    assert error == Unreadable("entry 2", "arXiv answered with an error: incorrect id format for abc")
    assert (last.arxiv, last.url) == ("quant-ph/0201082", "http://arxiv.org/abs/quant-ph/0201082v1")


@pytest.mark.parametrize(
    ("read", "text", "said"),
    [
        (read_atom, EMPTY, "the feed holds no entry"),
        (read_atom, "<rss><channel/></rss>", "'rss' document and not an Atom feed"),
        (read_atom, '<!DOCTYPE feed SYSTEM "file:///etc/passwd">' + EMPTY, "document type or entities"),
        (read_atom, '<!DOCTYPE feed [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + EMPTY, "document type or entities"),
        (read_atom, "<feed>" + "<a>" * 100_000, "too many elements"),
        (read_atom, "<feed><entry>" + "<a/>" * 200_000, "too many elements"),
        (read_atom, FEED[:600], "breaks off"),
        (read_html, "<html><body><h1>News</h1></body></html>", "not one of Daily Papers; save the page"),
        (read_json, '{"title":' * 5_000, "JSON nested too deeply"),
        (read_json, '{"title": "half', "JSON"),
        (read_json, '{"a": 1} x', "not JSON: more follows"),
        (read_page, "a\n" * MAX_LINES, "split it"),
    ],
    ids=lambda value: getattr(value, "__name__", str(value))[:40],
)
def test_what_cannot_be_read_is_refused_with_what_it_is(read, text, said):
    with pytest.raises(SourceError, match=said):
        list(read(text))


def test_a_cut_feed_gives_the_entries_before_the_cut_and_reports_the_break():
    first, cut = read_atom(FEED[: FEED.index("</entry>") + 40])
    assert isinstance(first, Paper)
    assert cut.place == "entry 2"
    assert cut.reason.startswith("the XML breaks off or is damaged at line 2")


# Pasted pages

ABOUT_PRUNING = "We prune small networks. Half of the weights can go, and accuracy stays where it was before pruning."
ABOUT_CACHES = "We study caches for keys and values. They grow with the context, and we bound them by a constant."
PRUNING = ("Pruning Small Networks at Once", ABOUT_PRUNING)
CACHES = ("Caches of Bounded Size for Long Contexts", ABOUT_CACHES)
SHORT = "We introduce clustered Moore automata, study how they behave in time, and apply them."
BEFORE = "new|Get trending papers in your email inbox!|Subscribe|Daily Papers|byAK and the research community|Jul 28|42"
BETWEEN = "Upvote|103|+107|GitHub 1.2k|Submitted by|taesiri"
AFTER = "View all activity|View arXiv page|https://a.b/c"


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


@pytest.mark.parametrize(("old", "new"), [("\n\n", "\n"), ("\n", "\r\n"), ("\n", "\n\n\n")])
def test_blank_lines_and_line_ends_make_no_difference(bundled, expected, old, new):
    assert pairs(bundled.replace(old, new)) == expected


@pytest.mark.parametrize("width", [72, 120])
def test_wrapped_abstracts_are_joined(expected, width):
    wrapped = (f"{title}\n\n{textwrap.fill(text, width, break_on_hyphens=False)}" for title, text in expected)
    assert len(set(pairs("\n\n".join(wrapped))) & set(expected)) >= 88  # a long word can make a line look unwrapped


def test_furniture_between_the_papers_is_passed_over():
    (pruning, about_pruning), (caches, about_caches) = PRUNING, CACHES
    page = [*BEFORE.split("|"), pruning, "· 7 authors", about_pruning]
    page += [*BETWEEN.split("|"), caches, "2", about_caches, *AFTER.split("|")]
    assert pairs("\n".join(page)) == [PRUNING, CACHES]
    assert unreadable("\n".join(page)) == []


def test_an_abstract_in_two_paragraphs_is_joined():
    page = "\n\n".join([*PRUNING, ABOUT_CACHES, "Code is at https://a.b/c.", *CACHES])
    assert pairs(page) == [(PRUNING[0], f"{ABOUT_PRUNING} {ABOUT_CACHES} Code is at https://a.b/c."), CACHES]


def test_names_under_the_title_give_the_authors_in_a_line_or_listed_under_a_heading():
    paper, other = read_page("\n".join([PRUNING[0], "Ada Lane, Bo de Reed", ABOUT_PRUNING, *CACHES]))
    assert (paper.title, paper.authors, other.authors) == (PRUNING[0], ("Ada Lane", "Bo de Reed"), ())
    page = [PRUNING[0], *"Published on Jul 31, 2024|Upvote|115|Authors:|Ada Lane|,|Maria Elena Rossi|,".split("|")]
    (paper,) = read_page("\n".join([*page, "Abstract", ABOUT_PRUNING, "View PDF", "Community"]))
    assert paper == Paper(*PRUNING, ("Ada Lane", "Maria Elena Rossi"))


def test_labels_and_markdown_are_taken_off():
    page = f"## {PRUNING[0]}\n\n{ABOUT_PRUNING}\n\n"
    page += f"Title: {CACHES[0]}\nAuthors: Ada Lane, Bo Reed\nAbstract: {ABOUT_CACHES}"
    assert pairs(page) == [PRUNING, CACHES]
    assert [paper.authors for paper in read_page(page)] == [(), ("Ada Lane", "Bo Reed")]


def test_a_date_heading_holds_for_the_papers_after_it_and_is_not_guessed_without_a_year():
    page = [*PRUNING, "Monday, July 28, 2025", *CACHES, "Jul 27", "A Third Paper on Other Matters", ABOUT_CACHES]
    page += ["2025-07-26", *PRUNING]
    assert [paper.date for paper in read_page("\n".join(page))] == ["", "2025-07-28", "", "2025-07-26"]


@pytest.mark.parametrize(
    ("lines", "bad"),
    [
        ([*PRUNING, "A Title That Stands Alone", *CACHES], ("line 3", "no abstract")),
        ([*PRUNING, "Jul 28", ABOUT_PRUNING, "Jul 27", *CACHES], ("line 4", "no title")),
        (
            [*PRUNING, CACHES[0], "A sentence. " * 2_000, "Jul 27", *CACHES],
            ("line 3", "the abstract is too long: 23,999 characters, more than 20,000"),
        ),
    ],
    ids=["title alone", "abstract alone", "too long"],
)
def test_what_is_no_paper_is_reported_with_its_line_and_costs_no_other(lines, bad):
    assert pairs("\n".join(lines)) == [PRUNING, CACHES]
    assert unreadable("\n".join(lines)) == [bad]


@pytest.mark.parametrize(
    "odd",
    [
        ("Language Models Mirror Human Biases. How Can We Help Them Think Like Scientists?", ABOUT_CACHES * 3),
        ("Clustered Automata of the Moore Kind", SHORT),
        ("检索增强生成的综述", "我们研究检索增强生成。" * 8),
        PRUNING,
    ],
    ids=["title of two sentences", "abstract of one short sentence", "Chinese", "doubled"],
)
def test_an_odd_paper_is_told_from_its_neighbours(odd):
    assert pairs("\n".join([*PRUNING, *odd, *CACHES])) == [PRUNING, odd, CACHES]
