"""From answers to the HTML of the page: what is kept, what is escaped, what a reader can open."""

import re

import pytest

from ingest.paper import Paper
from rag.answer import Answer, Citation, Ranked
from ui import render

OWL = Paper("Owls", "Owls see. Owls hear. Owls fly.", ("A. Owl", "B. Owl"), "2024-02-29", "https://owl.org/?a=1&b=2")
# Every tag and attribute that render may write; anything else in its output came from a text.
TAGS = re.compile(
    r"<(?:/?(?:div|p|ul|li|strong|button|span|h3|mark|a)|br)"
    r'(?: (?:class|dir|type|title|href|target|rel|role)="[^"<>]*"| hidden)*>'
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
    marked = render.highlighted(OWL.abstract, [cite(1, 0, 20), cite(2, 10, 30)])
    first, both, second = "Owls see. ", "Owls hear.", " Owls fly."
    assert marked == (
        f'<p><mark class="n1">{first}</mark><mark class="n1 n2">{both}</mark><mark class="n2">{second}</mark></p>'
    )


def test_a_quote_that_no_longer_stands_in_the_abstract_is_shown_above_it() -> None:
    edited = Citation(1, OWL.id, OWL.title, "Owls read.", 0, 10)
    assert render.highlighted(OWL.abstract, [edited]) == (
        f'<p><mark class="n1">Owls read.</mark></p><p>{OWL.abstract}</p>'
    )


def test_a_paper_that_is_gone_still_shows_its_quote() -> None:
    shown = cited(Citation(1, "title:gone", "Lost Owls", "Owls were.", 0, 10))
    assert '<mark class="n1">Owls were.</mark>' in shown
    assert "no longer indexed" in shown


def test_the_markdown_of_answers_is_paragraphs_bold_and_lists() -> None:
    shown = render.prose("One **two** three\nfour\n\n- five\n- **six**\n\n# seven", {}, {})
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
    answer = Answer(text, f"{text} **{text}** [1]\n\n- {text}", (citation,), False, text + ".", (), 0.0)
    everywhere = [
        render.answer(answer, lambda _: paper),
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
    assert not render.is_link(url)


def test_the_title_links_to_the_paper() -> None:
    assert '<a href="https://owl.org/?a=1&#38;b=2" target="_blank" rel="noopener noreferrer">Owls</a>' in cited(
        cite(1, 0, 9)
    )


def test_a_refusal_lists_the_closest_papers_to_open() -> None:
    many = tuple(Ranked(Paper(f"Owl {n}", "Owls."), 0.1, ()) for n in range(9))
    shown = render.answer(Answer("q", "Not in these papers.", (), True, "q", many, 0.0), nowhere)
    assert '<div class="answer refused">' in shown
    assert "The closest papers" in shown
    assert shown.count('class="source p') == shown.count('class="card p') == render.MOST_CLOSEST


def test_a_follow_up_says_how_it_was_read() -> None:
    follow = Answer("and they?", "Owls.", (), False, "Do owls fly?", (), 0.0)
    assert "Read as: Do owls fly?" in render.answer(follow, nowhere)
    assert "Read as" not in cited(cite(1, 0, 9))


def test_dates_authors_and_bylines_read_as_in_a_reference_list() -> None:
    assert render.readable("2024-02-29") == "29 February 2024"
    assert render.readable("spring 2024") == "spring 2024"
    assert render.authors([f"A{n}" for n in range(14)]).endswith("A11 and 2 more")
    assert render.byline(OWL) == "A. Owl et al., 2024"
    assert render.byline(Paper("x", "y")) == ""


@pytest.mark.parametrize(
    "text", ["Owls see. [1]", "One & <two> *three* [1] four [12]", "A **b**\n\nC `d` $e$\n\n- f [1]\n- g", "1 < 2 > 0"]
)
def test_a_message_can_be_read_back_as_plain_words(text: str) -> None:
    def words(shown: str) -> str:
        return " ".join(shown.replace("**", "").split())

    assert words(render.plain(cited(cite(1, 0, 9), text=text))) == words(text)
    assert words(render.plain(render.draft(text))) == words(text)
    assert render.plain(render.question(text)) == text


def test_reading_back_takes_linear_time_even_of_forged_messages() -> None:
    assert render.plain("<" * 300_000 + "a" * 300_000)
    assert render.plain('<p class="note">' * 30_000) == ""
