"""From answers to the HTML of the page: what is kept, what is escaped, what a reader can open."""

import re
from dataclasses import replace

import pytest

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


def cited(*citations: Citation, text: str = "Owls see. [1]", retrieved: tuple[Ranked, ...] = ()) -> str:
    answer = Answer("q", text, citations, False, "q", retrieved, 0.0)
    return render.answer(answer, {OWL.id: OWL}.get)


def cite(number: int, start: int, end: int) -> Citation:
    return Citation(number, OWL.id, OWL.title, OWL.abstract[start:end], start, end)


def test_a_mark_becomes_a_button_that_names_number_paper_and_quote() -> None:
    assert '<button type="button" class="cite n1 p1" title="Owls see.">1</button>' in cited(cite(1, 0, 9))


def test_a_mark_without_a_citation_is_no_button() -> None:
    shown = cited(text="Owls swim. [7]")
    assert '<span class="cite">7</span>' in shown
    assert "<button" not in shown


def test_the_cited_sentence_stands_marked_in_its_abstract() -> None:
    assert '<p>Owls see. <mark class="n1">Owls hear.</mark> Owls fly.</p>' in cited(cite(1, 10, 20))


def test_two_citations_of_one_paper_share_a_card() -> None:
    shown = cited(cite(1, 0, 9), cite(2, 21, 30), text="See. [1] Fly. [2]")
    assert '<p><mark class="n1">Owls see.</mark> Owls hear. <mark class="n2">Owls fly.</mark></p>' in shown
    assert shown.count('class="card ') == 1
    assert '<span class="numbers">1 2</span>' in shown


def test_spans_that_overlap_are_both_marked() -> None:
    marked = cards.highlighted(OWL.abstract, [cite(1, 0, 20), cite(2, 10, 30)])
    first, both, second = "Owls see. ", "Owls hear.", " Owls fly."
    assert marked == (
        f'<p><mark class="n1">{first}</mark><mark class="n1 n2">{both}</mark><mark class="n2">{second}</mark></p>'
    )


def test_a_quote_that_no_longer_stands_in_the_abstract_is_shown_above_it() -> None:
    edited = Citation(1, OWL.id, OWL.title, "Owls read.", 0, 10)
    shown = cards.highlighted(OWL.abstract, [edited])
    assert shown.startswith('<p><mark class="n1">Owls read.</mark></p><p class="note">This does not stand')
    assert shown.endswith(f"<p>{OWL.abstract}</p>")


def test_a_paper_that_is_gone_still_shows_its_quote() -> None:
    shown = cited(Citation(1, "title:gone", "Lost Owls", "Owls were.", 0, 10))
    assert '<mark class="n1">Owls were.</mark>' in shown
    assert "not indexed here" in shown


def test_the_markdown_of_answers_is_paragraphs_bold_and_lists() -> None:
    shown = prose.prose("One **two** three\nfour\n\n- five\n- **six**\n\n# seven", prose.Known())
    assert shown == (
        '<p dir="auto">One <strong>two</strong> three<br>four</p>'
        '<ul><li dir="auto">five</li><li dir="auto"><strong>six</strong></li></ul>'
        '<p dir="auto">&#35; seven</p>'
    )


@pytest.mark.parametrize("so_far", ["Owls see. ", "Owls see. [", "Owls see. [1", "Owls see. *", "Owls see. **"])
def test_a_draft_holds_back_a_mark_that_is_not_complete(so_far: str) -> None:
    assert render.draft(so_far) == '<div class="answer draft"><p dir="auto">Owls see.</p></div>'


def test_a_draft_shows_complete_marks_that_cannot_be_opened_yet() -> None:
    assert '<span class="cite">1</span>' in render.draft("Owls see. [1] Owls")


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "' autofocus onfocus='alert(1)",
    "![x](http://leak.test/x.png)",
    "[x](javascript:alert(1))",
    "</div></div><form><input>",
    "```html\n<b>\n```",
    "$$\\href{javascript:alert(1)}{x}$$",
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
    evidence = Evidence(paper, Sentence(text, 0, len(text)), 1.0)
    answer = Answer(
        *(text, said, (citation,), False, text + ".", (), 0.0, "answered", text, text, text),
        table=Table((paper,), (text,), (Row(text, (Cell(evidence),)),)),
    )
    close = replace(answer, refused=True, outcome="close", kind="fact", retrieved=(Ranked(paper, 1.0, ()),))
    everywhere = [
        render.answer(answer, lambda _: paper),
        render.answer(close, lambda _: paper),
        prose.prose(grid, prose.Known()),
        render.answer(Answer(text, text, (), True, text, (Ranked(paper, 1.0, ()),), 0.0), nowhere),
        *(show(text) for show in (render.question, render.draft, render.problem, render.mode, render.notice)),
        render.cut(text, text),
        render.waiting(text),
    ]
    for shown in everywhere:
        left = TAGS.sub("", shown)
        assert not re.search(r"[<>\"'`*_~$\\\[\]!|\n\r\x00-\x08\x1b\x85\u2028\u202e\u2066\ud800]", left)
        assert "<a" not in shown
        shown.encode()


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "ftp://owl.org", "//owl.org", "http://", "http://[", ""]
)
def test_only_web_addresses_become_links(url: str) -> None:
    assert not cards.is_link(url)


def test_the_title_links_to_the_paper() -> None:
    assert '<a href="https://owl.org/?a=1&#38;b=2" target="_blank" rel="noopener noreferrer">Owls</a>' in cited(
        cite(1, 0, 9)
    )


def test_a_refusal_lists_the_closest_papers_to_open() -> None:
    many = tuple(Ranked(Paper(f"Owl {n}", "Owls."), 0.1, ()) for n in range(9))
    shown = render.answer(
        Answer("q", "Not in these papers.", (), True, "q", many, 0.0, outcome="absent", kind="few"), nowhere
    )
    assert '<div class="answer refused absent">' in shown
    assert "The closest papers" in shown
    assert shown.count('class="source p') == shown.count('class="card p') == render.MOST_CLOSEST


def test_what_was_understood_is_said_and_can_be_edited() -> None:
    follow = Answer(
        "and they?", "Owls.", (), False, "Do owls fly?", (), 0.0, kind="compare", understood="compare · owls"
    )
    shown = render.answer(follow, nowhere)
    assert '<p class="understood"><span dir="auto">compare · owls</span>' in shown
    assert '<button type="button" class="edit" title="Do owls fly?">edit</button>' in shown


def test_a_line_that_names_nothing_gives_way_to_the_whole_question() -> None:
    follow = Answer("and they?", "Owls.", (), False, "Do owls fly?", (), 0.0, understood="fact")
    assert "fact · Do owls fly?" in render.answer(follow, nowhere)


def test_of_a_question_understood_as_it_stands_nothing_is_said() -> None:
    assert "understood" not in cited(cite(1, 0, 9))
    assert "understood" not in render.answer(Answer("hi", "Ask.", (), False, "hi", (), 0.0, kind="talk"), nowhere)


def test_what_a_search_kept_in_mind_is_said_with_a_way_to_search_all_papers() -> None:
    leaning = Answer("and it?", "Owls.", (), False, "and it?", (), 0.0, kind="few", understood="kept in mind: Owls")
    shown = render.answer(replace(leaning, context=("owls",)), nowhere)
    assert '<span dir="auto">kept in mind: Owls</span> <button type="button" class="anywhere"' in shown
    assert 'class="anywhere"' not in render.answer(replace(leaning, understood="Owls"), nowhere)


def test_a_note_stands_below_the_answer_and_above_its_sources() -> None:
    given = Answer("q", "Owls see. [1]", (cite(1, 0, 9),), False, "q", (), 0.0, note="9 papers looked at.")
    places = [render.answer(given, {OWL.id: OWL}.get).index(part) for part in ("Owls see.", "9 papers", "Sources")]
    assert places == sorted(places)


def test_an_answer_that_comes_close_quotes_the_nearest_sentences_and_lists_the_closest_papers() -> None:
    text = "No strong match in these 90 papers. The closest:\n\nOwls: Owls see [1]."
    found = (Ranked(Paper("Bats", "Bats hear."), 0.1, ()), Ranked(OWL, 0.1, ()))
    close = Answer("q", text, (cite(1, 0, 9),), True, "q", found, 0.0, outcome="close", kind="few")
    shown = render.answer(close, nowhere)
    assert '<div class="answer refused close">' in shown
    assert "The closest:</p><blockquote><p" in shown
    assert '<span class="lead">Owls</span>: Owls <span class="glued">see<' in shown
    assert shown.index("The closest papers") < shown.index(">Bats<")


def test_names_that_sentences_open_with_are_set_apart_and_no_other_words() -> None:
    known = prose.Known(leads=prose.leads(["Owls", "Owls: Birds", ""]))
    shown = prose.prose("Owls: They see [1]. Owls: Birds: They fly [2]. We say, Owls: no.", known)
    assert re.findall(r'"lead">([^<]*)<', shown) == ["Owls", "Owls: Birds"]
    assert prose.leads([]) is None


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("Owls see [1].", 'Owls <span class="glued">see@.</span>'),
        ("Owls see. [1] Owls", 'Owls <span class="glued">see.@</span> Owls'),
        ("Owls [1] [2], so", '<span class="glued">Owls@</span><span class="glued">@,</span> so'),
        ("See x" + "x" * 24 + " [1].", "See x" + "x" * 24 + '<span class="glued">@.</span>'),
    ],
)
def test_a_mark_stays_on_the_line_of_its_word_and_stop(line: str, shown: str) -> None:
    assert re.sub(r'<span class="cite">\d</span>', "@", prose.inline(line, prose.Known())) == shown


def test_many_sources_are_folded() -> None:
    papers = [Paper(f"Owl {n}", "Owls see.") for n in range(cards.MANY_SOURCES + 1)]
    many = tuple(Citation(n, paper.id, paper.title, "Owls see.", 0, 9) for n, paper in enumerate(papers, 1))
    shown = cited(*many)
    assert f'<summary class="heading">Sources: {len(many)} papers</summary>' in shown
    assert "<details" not in cited(*many[:-1])


# -- tables ----------------------------------------------------------------------------------------------------------

NORMS = Paper("Norms", "We bound |x| by two. It costs 5 % & more.", url="https://norms.org")
TABLE = "|  | Owls [1] | A \\|x\\| B [2] |\n| --- | --- | --- |\n| Idea | They see [1] | – |"


def compared() -> Answer:
    """Two papers with bars in a name, an aspect and a cell; a paragraph before them takes the first number."""

    def cell(paper: Paper, start: int, end: int) -> Cell:
        return Cell(Evidence(paper, Sentence(paper.abstract[start:end], start, end), 1.0))

    rows = (
        Row("a|b", (cell(OWL, 10, 20), cell(NORMS, 0, 20))),
        Row("cost", (Cell(None), cell(NORMS, 21, 41))),
        Row("limits", (Cell(None), Cell(None))),
    )
    table = Table((OWL, NORMS), ("Owls", "|Norms|"), rows)
    numbering = Numbering()
    numbering.number(Evidence(OWL, Sentence("Owls fly.", 21, 30), 1.0))
    text = "Owls fly [1].\n\n" + "".join(write(Draft((table,)), numbering))
    return Answer("q", text, tuple(numbering.citations), False, "q", (), 0.0, kind="compare", table=table)


def test_a_table_becomes_one_whose_heads_say_what_they_head() -> None:
    shown = prose.prose(TABLE, prose.Known())
    assert shown.startswith('<table class="compared of2" role="table"><thead')
    head = 'A &#124;x&#124; <span class="glued">B<span class="cite">2</span></span>'
    assert f'<th scope="col" role="columnheader" dir="auto">{head}</th>' in shown
    assert '<th scope="row" role="rowheader" dir="auto">Idea</th>' in shown
    assert (
        '<td role="cell"><span class="whose" dir="auto">Owls</span><span dir="auto">They <span class="glued">see<'
        in shown
    )


def test_a_cell_that_says_nothing_is_marked_as_silent() -> None:
    silent = '<td class="silent" role="cell"><span class="whose" dir="auto">A &#124;x&#124; B</span>'
    assert silent + '<span dir="auto">–</span></td>' in prose.prose(TABLE, prose.Known())


def test_marks_in_a_table_open_their_paper() -> None:
    shown = render.answer(compared(), {OWL.id: OWL, NORMS.id: NORMS}.get)
    assert [shown.count(f'<button type="button" class="cite n{n} p') for n in (1, 2, 3, 4)] == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("line", "cells"), [("| a |", ["", ""]), ("| a | b | c | d |", ["b", "c &#124; d"]), ("| a | b |", ["b", ""])]
)
def test_a_row_that_does_not_fit_its_head_loses_nothing(line: str, cells: list[str]) -> None:
    shown = prose.prose(f"|  | X | Y |\n|---|---|---|\n{line}", prose.Known())
    assert re.findall(r'</span><span dir="auto">(.*?)</span></td>', shown) == cells


@pytest.mark.parametrize(
    "text", ["|x| is a norm.", "| a | b |\n| c | d |", "| a | b |\n| --- |", "|\n|", "|---|\n|---|"]
)
def test_lines_that_only_begin_like_a_table_are_a_paragraph(text: str) -> None:
    shown = prose.prose(text, prose.Known())
    assert shown.startswith("<p")
    assert "<t" not in shown


def test_a_growing_table_is_shown_row_by_row_and_never_broken() -> None:
    whole = f"Owls.\n\n{TABLE}\n| Cost | a | b |\n\nEnd."
    seen = set()
    for end in range(len(whole)):
        shown = prose.prose(prose.settled(whole[:end]), prose.Known())
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
    assert references.splitlines() == [
        "- [2] Owls. https://owl.org/?a=1&b=2",
        "- [3] Norms. https://norms.org",
        "- [4] Norms. https://norms.org",
    ]
    assert texts["CSV"].startswith("aspect,Owls,Owls: reference,")
    assert all("[4] Norms." in texts[name] for name in ("CSV", "LaTeX"))


def test_a_table_is_copied_from_hidden_text_beside_each_button() -> None:
    shown = render.answer(compared(), nowhere)
    copied = re.findall(r'class="copy"[^>]*>(\w+)</button><span class="copied" hidden>([^<]*)</span>', shown)
    assert [name for name, _ in copied] == ["Markdown", "CSV", "LaTeX"]
    assert "exports" not in cited(cite(1, 0, 9))


# -- the rest --------------------------------------------------------------------------------------------------------


def test_dates_authors_and_bylines_read_as_in_a_reference_list() -> None:
    assert cards.readable("2024-02-29") == "29 February 2024"
    assert cards.readable("spring 2024") == "spring 2024"
    assert cards.authors([f"A{n}" for n in range(14)]).endswith("A11 and 2 more")
    assert cards.byline(OWL) == "A. Owl et al., 2024"
    assert cards.byline(Paper("x", "y")) == ""


def test_notices_that_say_nothing_is_wrong_look_calm() -> None:
    assert 'class="notice calm"' in render.notice("Kept.", calm=True)
    assert 'class="notice"' in render.notice("Lost.")
