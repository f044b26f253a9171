"""From answers to the HTML of the page: what is kept, what is escaped, what a reader can open."""

import re
from dataclasses import replace

import pytest
from standin import HOSTILE as GIVEN

from ingest.paper import Paper, Sentence
from rag.types import Answer, Citation, Evidence, Ranked
from rag.write.draft import Cell, Draft, Numbering, Row, Table
from rag.write.render import render as write
from ui import cards, exports, prose, render

OWL = Paper("Owls", "Owls see. Owls hear. Owls fly.", ("A. Owl", "B. Owl"), "2024-02-29", "https://owl.org/?a=1&b=2")
# Every tag and attribute that render may write; anything else in its output came from a text.
TAGS = re.compile(
    r"<(?:/?(?:div|p|ul|li|strong|button|span|h3|mark|a|table|thead|tbody|tr|th|td|blockquote|details|summary)|br)"
    r'(?: (?:class|dir|type|title|href|target|rel|role|scope)="[^"<>]*"| hidden)*>'
)


def nowhere(paper_id: str) -> Paper | None:
    return None


def plain(text: str) -> str:
    """The HTML of a text in which nothing is known."""
    return prose.prose(text, prose.Known())


def cited(*citations: Citation, text: str = "Owls see. [1]") -> str:
    return render.answer(Answer("q", text, citations, False, "q", (), 0.0), {OWL.id: OWL}.get)


def cite(number: int, start: int, end: int) -> Citation:
    return Citation(number, OWL.id, OWL.title, OWL.abstract[start:end], start, end)


def test_a_mark_becomes_a_button_that_names_number_paper_and_quote_where_there_is_a_citation() -> None:
    shown = cited(cite(1, 0, 9), text="Owls see. [1] Owls swim. [7]")
    assert '<button type="button" class="cite n1 p1" title="Owls see.">1</button>' in shown
    assert '<span class="cite">7</span>' in shown


def test_two_citations_of_one_paper_share_a_card() -> None:
    shown = cited(cite(1, 0, 9), cite(2, 21, 30), text="See. [1] Fly. [2]")
    assert '<p><mark class="n1">Owls see.</mark> Owls hear. <mark class="n2">Owls fly.</mark></p>' in shown
    assert shown.count('class="card ') == 1
    assert '<span class="numbers">1 2</span>' in shown


def test_spans_that_overlap_are_both_marked() -> None:
    marked = cards.highlighted(OWL.abstract, [cite(1, 0, 20), cite(2, 10, 30)])
    both = '<mark class="n1 n2">Owls hear.</mark>'
    assert marked == f'<p><mark class="n1">Owls see. </mark>{both}<mark class="n2"> Owls fly.</mark></p>'


def test_a_quote_that_no_longer_stands_in_the_abstract_is_shown_above_it() -> None:
    shown = cards.highlighted(OWL.abstract, [Citation(1, OWL.id, OWL.title, "Owls read.", 0, 10)])
    assert shown.startswith('<p><mark class="n1">Owls read.</mark></p><p class="note">This quote is not in')
    assert shown.endswith(f"<p>{OWL.abstract}</p>")


def test_a_paper_that_is_gone_still_shows_its_quote() -> None:
    shown = cited(Citation(1, "title:gone", "Lost Owls", "Owls were.", 0, 10))
    assert '<mark class="n1">Owls were.</mark>' in shown
    assert "not in the library" in shown


def test_the_markdown_of_answers_is_paragraphs_bold_and_lists() -> None:
    assert plain("One **two** three\nfour\n\n- five\n- **six**\n\n# seven") == (
        '<p dir="auto">One <strong>two</strong> three<br>four</p>'
        '<ul><li dir="auto">five</li><li dir="auto"><strong>six</strong></li></ul><p dir="auto">&#35; seven</p>'
    )


@pytest.mark.parametrize("so_far", ["Owls see. ", "Owls see. [", "Owls see. [1", "Owls see. **"])
def test_a_draft_holds_back_a_mark_that_is_not_complete(so_far: str) -> None:
    assert render.draft(so_far) == '<div class="answer draft"><p dir="auto">Owls see.</p></div>'


HOSTILE = [
    *GIVEN,
    '" onmouseover="alert(1)',
    "' autofocus onfocus='alert(1)",
    "one\n\n\n<b>two</b>\r\n\r\n| a | b |\n|---|---|",
    "\u202egnp.exe\u2066 \x1b[31m \x00\x85\u2028 \ud800",
    "&lt;b&gt; &#60;b&#62;",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text_wherever_it_stands(text: str) -> None:
    paper = Paper(text, text, (text,), text, text)
    citation = Citation(1, paper.id, text, text, 0, len(text))
    cell = text.replace("|", "\\|").replace("\n", " ")
    grid = f"| {cell} | {cell} [1] |\n|---|---|\n| {cell} | {cell} [1] |"
    said = f"{text} **{text}** [1]\n\n- {text}\n\n**{cell}** [1]\n- {text}\n\n{grid}"
    rows = (Row(text, (Cell(Evidence(paper, Sentence(text, 0, len(text)), 1.0)),)),)
    given = Answer(text, said, (citation,), False, text + ".", (), 0.0, "answered", text, text, text)
    answer = replace(given, table=Table((paper,), (text,), rows))
    close = replace(answer, refused=True, outcome="close", kind="fact", retrieved=(Ranked(paper, 1.0, ()),))
    everywhere = [
        *(render.answer(answer, lambda _: paper), render.answer(close, lambda _: paper), plain(grid)),
        render.answer(Answer(text, text, (), True, text, (Ranked(paper, 1.0, ()),), 0.0), nowhere),
        *(show(text) for show in (render.question, render.draft, render.problem, render.mode, render.notice)),
        *(render.cut(text, text), render.waiting(text)),
    ]
    for shown in everywhere:
        left = TAGS.sub("", shown)
        assert not re.search(r"[<>\"'`*_~$\\\[\]!|\n\r\x00-\x08\x1b\x85\u2028\u202e\u2066\ud800]", left)
        assert "<a" not in shown
        shown.encode()


def test_only_web_addresses_become_links() -> None:
    for url in ("javascript:alert(1)", "data:text/html,x", "ftp://owl.org", "//owl.org", "http://", "http://[", ""):
        assert not cards.is_link(url), url
    link = '<a href="https://owl.org/?a=1&#38;b=2" target="_blank" rel="noopener noreferrer">Owls</a>'
    assert link in cited(cite(1, 0, 9))


def test_a_refusal_lists_the_closest_papers_to_open() -> None:
    many = tuple(Ranked(Paper(f"Owl {n}", "Owls."), 0.1, ()) for n in range(9))
    refusal = Answer("q", "Not in these papers.", (), True, "q", many, 0.0, outcome="absent", kind="few")
    shown = render.answer(refusal, nowhere)
    assert '<div class="answer refused absent">' in shown
    assert "Closest papers" in shown
    assert shown.count('class="source p') == shown.count('class="card p') == render.MOST_CLOSEST


def test_what_was_understood_is_said_and_can_be_edited_unless_it_is_what_was_asked() -> None:
    follow = Answer("and they?", "Owls.", (), False, "Do owls fly?", (), 0.0, understood="compare · owls")
    shown = render.answer(follow, nowhere)
    assert '<p class="understood"><span dir="auto">compare · owls</span>' in shown
    assert '<button type="button" class="edit" title="Do owls fly?">Edit</button>' in shown
    shown = render.answer(replace(follow, understood=""), nowhere)
    assert '<p class="understood"><span dir="auto">Do owls fly?</span>' in shown, "not the bare kind"
    assert "understood" not in cited(cite(1, 0, 9))


def test_names_that_sentences_open_with_are_set_apart_and_no_other_words() -> None:
    known = prose.Known(leads=prose.leads(["Owls", "Owls: Birds", ""]))
    shown = prose.prose("Owls: They see [1]. Owls: Birds: They fly [2]. We say, Owls: no.", known)
    assert re.findall(r'"lead">([^<]*)<', shown) == ["Owls", "Owls: Birds"]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("Owls see [1].", 'Owls <span class="glued">see@.</span>'),
        ("Owls [1] [2], so", '<span class="glued">Owls@</span><span class="glued">@,</span> so'),
        ("See x" + "x" * 24 + " [1].", "See x" + "x" * 24 + '<span class="glued">@.</span>'),
    ],
)
def test_a_mark_stays_on_the_line_of_its_word_and_stop(line: str, shown: str) -> None:
    assert re.sub(r'<span class="cite">\d</span>', "@", prose.inline(line, prose.Known())) == shown


NORMS = Paper("Norms", "We bound |x| by two. It costs 5 % & more.", url="https://norms.org")
TABLE = "|  | Owls [1] | A \\|x\\| B [2] |\n| --- | --- | --- |\n| Idea | They see [1] | – |"


def compared() -> Answer:
    """Two papers with bars in a name, an aspect and a cell; a paragraph before them takes the first number."""

    def evidence(paper: Paper, start: int, end: int) -> Evidence:
        return Evidence(paper, Sentence(paper.abstract[start:end], start, end), 1.0)

    rows = (
        Row("a|b", (Cell(evidence(OWL, 10, 20)), Cell(evidence(NORMS, 0, 20)))),
        Row("cost", (Cell(None), Cell(evidence(NORMS, 21, 41)))),
    )
    table = Table((OWL, NORMS), ("Owls", "|Norms|"), rows)
    numbering = Numbering()
    numbering.number(evidence(OWL, 21, 30))
    text = "Owls fly [1].\n\n" + "".join(write(Draft((table,)), numbering))
    return Answer("q", text, tuple(numbering.citations), False, "q", (), 0.0, kind="compare", table=table)


def test_a_table_becomes_one_whose_heads_say_what_they_head_and_whose_empty_cells_are_silent() -> None:
    shown = plain(TABLE)
    assert shown.startswith('<table class="compared of2" role="table"><thead')
    head = 'A &#124;x&#124; <span class="glued">B<span class="cite">2</span></span>'
    assert f'<th scope="col" role="columnheader" dir="auto">{head}</th>' in shown
    assert '<th scope="row" role="rowheader" dir="auto">Idea</th>' in shown
    assert '<td role="cell"><span class="whose" dir="auto">Owls</span><span dir="auto">They <span' in shown
    silent = '<td class="silent" role="cell"><span class="whose" dir="auto">A &#124;x&#124; B</span>'
    assert silent + '<span dir="auto">–</span></td>' in shown


@pytest.mark.parametrize(("line", "cells"), [("| a |", ["", ""]), ("| a | b | c | d |", ["b", "c &#124; d"])])
def test_a_row_that_does_not_fit_its_head_loses_nothing(line: str, cells: list[str]) -> None:
    shown = plain(f"|  | X | Y |\n|---|---|---|\n{line}")
    assert re.findall(r'</span><span dir="auto">(.*?)</span></td>', shown) == cells


@pytest.mark.parametrize("text", ["|x| is a norm.", "| a | b |\n| c | d |", "| a | b |\n| --- |", "|---|\n|---|"])
def test_lines_that_only_begin_like_a_table_are_a_paragraph(text: str) -> None:
    assert plain(text).startswith("<p")
    assert "<t" not in plain(text)


def test_a_growing_table_is_shown_row_by_row_and_never_broken() -> None:
    whole = f"Owls.\n\n{TABLE}\n| Cost | a | b |\n\nEnd."
    seen = set()
    for end in range(len(whole)):
        shown = plain(prose.settled(whole[:end]))
        assert not re.search(r"\||&#124;|---", shown.replace("&#124;x&#124;", ""))
        rows = shown.count("<tr")
        assert rows == 0 or shown.count("<td") == 1 + 2 * (rows - 1)
        seen.add(rows)
    assert seen == {0, 1, 2, 3}


def test_a_copied_table_has_the_numbers_of_its_answer() -> None:
    given = compared()
    assert given.table
    texts = exports.texts(given, given.table)
    table, _, references = texts["Markdown"].partition("\n\n")
    assert table in given.text
    owls, norms = "Owls. https://owl.org/?a=1&b=2", "Norms. https://norms.org"
    assert references.splitlines() == [f"- [2] {owls}", f"- [3] {norms}", f"- [4] {norms}"]
    assert all("[4] Norms." in texts[name] for name in ("CSV", "LaTeX"))


def test_ids_of_papers_that_are_not_here_bring_a_button_to_import_them() -> None:
    def offered(question: str) -> str:
        return render.offer(Answer(question, "", (), True, question, (), 0.0), {"arxiv:2402.00001": OWL}.get)

    assert "Import 2402.00002</button><span hidden>2402.00002</span>" in offered("2402.00001 arXiv:2402.00002v2")
    assert "Import these 2 papers</button><span hidden>cs/0112017 2402.00002</span>" in offered("cs/0112017 2402.00002")
    for question in ("2402.00001", "What is 2402.00002?", "10.1145/7", *GIVEN):
        assert offered(question) == ""
