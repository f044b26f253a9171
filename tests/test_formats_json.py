"""API answers, JSON arrays, saved web pages and JSON Lines: what is read, what is reported, what is refused."""

import html
import io
import json
from pathlib import Path

import pytest

from ingest.errors import SourceError
from ingest.formats.daily_api import read_json
from ingest.formats.fields import MAX_AUTHORS
from ingest.formats.json_lines import MAX_LINE, read_json_lines
from ingest.formats.page_html import read_html
from ingest.paper import Paper, Unreadable

SAMPLE = Path(__file__).parent / "samples" / "daily_papers.json"
ABSTRACT = "We prune small networks and find that half of the weights can go."
RECORD = {"title": "Pruning", "abstract": ABSTRACT}


def one(record):
    (read,) = read_json(json.dumps([record]))
    return read


def reason(record):
    read = one(record)
    assert isinstance(read, Unreadable)
    return read.reason


def test_an_api_answer_is_read_with_what_is_broken_in_it_reported():
    first, second, *rest = read_json(SAMPLE.read_text("utf-8"))
    abstract = "We prune small networks and find that half of the weights can go. Accuracy stays."
    assert first == Paper(
        "Pruning Small Networks",
        abstract,
        ("Ada Lane", "Bo Reed"),
        "2024-01-02",
        "https://arxiv.org/abs/2401.00001",
        "2401.00001",
    )
    assert (second.title, second.authors, second.arxiv) == ("Bo's Cache", ("Cy Dow",), "2401.00002")
    assert [(record.place, record.reason.split(" from")[0]) for record in rest] == [
        ("record 3", "Python notation that cannot be read"),
        ("record 4", "a title without an abstract"),
        ("record 5", "not an object with a title and an abstract"),
    ]


@pytest.mark.parametrize("wrapped", [RECORD, [RECORD], {"papers": [RECORD]}, {"dailyPapers": [{"paper": RECORD}]}])
def test_an_object_a_list_and_an_object_with_a_list_are_all_read(wrapped):
    (paper,) = read_json(json.dumps(wrapped))
    assert (paper.title, paper.abstract) == ("Pruning", ABSTRACT)


@pytest.mark.parametrize("key", ["abstract", "summary", "text"])
def test_the_abstract_may_be_called_summary_or_text(key):
    assert one({"_id": "4983", "title": "Pruning", key: ABSTRACT}) == Paper("Pruning", ABSTRACT)


@pytest.mark.parametrize(
    ("authors", "names"),
    [
        (["Ada Lane", "Bo Reed"], ("Ada Lane", "Bo Reed")),
        ([{"name": "Ada Lane"}, {"name": None}, {}, 5, None, "Bo Reed"], ("Ada Lane", "Bo Reed")),
        ("Ada Lane, Bo Reed", ("Ada Lane", "Bo Reed")),
        ("Lane, Ada and Reed, Bo", ("Lane, Ada", "Reed, Bo")),
        (None, ()),
        (7, ()),
        (["Ada"] * 9, ("Ada",)),
    ],
)
def test_authors_come_in_many_shapes(authors, names):
    assert one(RECORD | {"authors": authors}).authors == names


def test_at_most_a_thousand_authors_are_kept():
    assert len(one(RECORD | {"authors": [f"Ada {n}" for n in range(5_000)]}).authors) == MAX_AUTHORS


@pytest.mark.parametrize(
    ("given", "iso"),
    [
        ("2024-07-28T10:00:00.000Z", "2024-07-28"),
        ("2024/7/8", "2024-07-08"),
        ("20240728", "2024-07-28"),
        ("Sun, 28 Jul 2024 10:00:00 GMT", "2024-07-28"),
        ("July 28th, 2024", "2024-07-28"),
        ("2024-02-30", ""),
        ("28 Jul", ""),
        ("2024", "2024"),
        ("2024-7", "2024-07"),
        ("July 2024", "2024-07"),
        ("2024-13", ""),
        ("20240", ""),
        ("next week", ""),
        (1722160000, ""),
        (None, ""),
    ],
)
def test_dates_become_iso_as_far_as_they_go_or_nothing(given, iso):
    assert one(RECORD | {"date": given}).date == iso


@pytest.mark.parametrize(
    ("fields", "arxiv"),
    [
        ({"id": "2401.00001v3"}, "2401.00001"),
        ({"arxiv_id": "arXiv:2401.00001"}, "2401.00001"),
        ({"id": "hep-th/9901001"}, "hep-th/9901001"),
        ({"url": "https://arxiv.org/pdf/2401.00001v2.pdf"}, "2401.00001"),
        ({"link": "https://huggingface.co/papers/2401.00001"}, "2401.00001"),
        ({"url": "https://example.org/2401.00001"}, ""),
        ({"id": "order 2401.00001 of May"}, ""),
        ({"id": 2401.00001}, ""),
        ({"abstract": "We extend arXiv:2401.00001 to a larger class of models."}, ""),
    ],
)
def test_an_arxiv_id_comes_from_an_id_or_an_address_only(fields, arxiv):
    assert one(RECORD | fields).arxiv == arxiv


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "https://", "http://[", "https://a.b/c d", "https://a.b/" + "c" * 2_000, 5]
)
def test_an_address_that_cannot_be_opened_is_dropped(url):
    assert one(RECORD | {"url": url}).url == ""


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ({"title": "Pruning"}, "a title without an abstract"),
        ({"title": "Pruning", "abstract": " \u200b\n"}, "a title without an abstract"),
        ({"abstract": ABSTRACT}, "an abstract without a title"),
        ({}, "neither title nor abstract"),
        ({"title": "Pruning", "abstract": "Withdrawn."}, "an abstract of 10 characters, fewer than 20"),
        ({"title": 5, "abstract": ABSTRACT}, "the title is a number, not text"),
        ({"title": "Pruning", "abstract": ["a"]}, "the abstract is a list, not text"),
        ({"title": "P" * 2_001, "abstract": ABSTRACT}, "a title of 2,001 characters, more than 2,000"),
        ({"title": "Pruning", "abstract": "a" * 20_001}, "an abstract of 20,001 characters, more than 20,000"),
    ],
)
def test_a_record_that_is_no_paper_says_why(record, why):
    assert reason(record) == why


def test_one_broken_element_does_not_take_its_neighbours_with_it():
    good = json.dumps(RECORD)
    broken = ['{"title": "x" "abstract": [1, {"a": "]}"}]}', "nonsense", "[" * 5_000 + "]" * 5_000, '{"a": "\t"}']
    read = list(read_json("[" + ",".join(part for bad in broken for part in (good, bad)) + "," + good + "]"))
    assert [isinstance(record, Paper) for record in read] == [True, False] * 4 + [True]
    assert read[5].reason == "JSON nested too deeply"


@pytest.mark.parametrize("at", range(0, 400, 7))
def test_a_cut_array_gives_the_records_before_the_cut(at):
    whole = json.dumps([RECORD] * 3)
    cut = max(1, len(whole) - 1 - at % len(whole))
    read = list(read_json(whole[:cut]))
    assert sum(isinstance(record, Paper) for record in read) in (
        cut // (len(whole) // 3),
        cut // (len(whole) // 3) - 1,
        3,
    )
    assert not read or cut > len(whole) - 2 or isinstance(read[-1], Unreadable)


@pytest.mark.parametrize("bomb", ['{"title":' * 5_000, '{"title": "half', '{"a": 1} x', "{'title': 'x'}"])
def test_an_object_broken_as_a_whole_is_refused(bomb):
    with pytest.raises(SourceError, match="JSON"):
        list(read_json(bomb))


def test_huge_numbers_doubled_keys_and_nan_are_harmless():
    text = f'{{"n": {"9" * 9_000}, "m": NaN, "title": "First", "title": "Last", "abstract": "{ABSTRACT}"}}'
    assert [paper.title for paper in read_json(text)] == ["Last"]


def test_lone_surrogates_in_escapes_become_replacement_characters():
    (paper,) = read_json(f'[{{"title": "A \\ud800 title", "abstract": "{ABSTRACT}"}}]')
    assert paper.title == "A \ufffd title"


@pytest.mark.parametrize(
    "text",
    [
        "{'a': " * 60 + "1" + "}" * 60,
        "{" + "(" * 300_000,
        "{'a': __import__('os')}",
        "{'a': 1" + "0" * 5_000 + "}",
        "{'a': '\\N{DIGIT ONE}'}",
        "{" + "-" * 5_000 + "1}",
    ],
)
def test_python_notation_beyond_plain_values_is_reported(text):
    assert "Python notation" in reason(text)


def saved_page(props, attributes='data-target="DailyPapers" data-props="{}"'):
    escaped = html.escape(json.dumps(props))
    banner = '<div data-target="DailyPapersBannerSubscribe" data-props="{}"></div>'
    return f"<!doctype html><html><body>{banner}<div {attributes.format(escaped)}><h3>Pruning</h3></div></body></html>"


@pytest.mark.parametrize(
    "attributes",
    [
        'data-target="DailyPapers" data-props="{}"',
        'class="a" data-target="DailyPapers" id=x data-props="{}"',
        'data-props="{}" class="b" data-target="DailyPapers"',
        "data-target = 'DailyPapers'\n data-props='{}'",
    ],
)
def test_a_saved_web_page_is_read_from_its_data(attributes):
    record = RECORD | {"id": "2401.00001", "title": "If 1 < 2 & \"3\" > 'x'"}
    (paper,) = read_html(saved_page({"dailyPapers": [{"paper": record}]}, attributes))
    assert (paper.title, paper.arxiv) == (record["title"], "2401.00001")


def test_another_web_page_is_refused_with_advice():
    with pytest.raises(SourceError, match="not one of Daily Papers; save the page"):
        list(read_html("<html><body><h1>News</h1></body></html>"))


def test_a_cut_web_page_is_refused():
    page = saved_page({"dailyPapers": [{"paper": RECORD}] * 3})
    for part in range(1, 100):
        try:
            assert list(read_html(page[: len(page) * part // 100]))
        except SourceError:
            continue


def lines(*parts):
    return list(
        read_json_lines(
            io.BytesIO(b"\n".join(part if isinstance(part, bytes) else json.dumps(part).encode() for part in parts))
        )
    )


def test_json_lines_are_read_with_each_bad_line_reported():
    read = lines(
        b"\xef\xbb\xbf" + json.dumps(RECORD).encode() + b"\r",
        b"",
        b'{"title": "ha',
        RECORD,
        b'{"title": "\xff"}',
        b"[" * 9_000,
        b"5",
    )
    assert [isinstance(record, Paper) for record in read] == [True, False, True, False, False, False]
    assert [record.place for record in read if isinstance(record, Unreadable)] == [
        "line 3",
        "line 5",
        "line 6",
        "line 7",
    ]
    assert read[3].reason == "not UTF-8 (byte 12 of the line)"


@pytest.mark.parametrize(("spare", "good"), [(0, True), (1, False)])
def test_a_line_of_the_longest_length_is_read_and_a_longer_one_reported(spare, good):
    line = json.dumps(RECORD).encode()
    long, last = lines(line + b" " * (MAX_LINE - 1 - len(line) + spare), RECORD)
    assert isinstance(long, Paper) is good
    assert isinstance(last, Paper)
