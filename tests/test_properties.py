"""What holds whatever the text: readers end in papers or a plain sentence, spans are exact, quotes stand word for word,
and nothing that is shown can act. The examples are drawn anew only when the tests change, so nothing depends on luck.
"""

from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.entry import make_entry
from ingest.errors import SourceError, UsageError
from ingest.paper import Paper, Unreadable
from ingest.parts import Inverted
from ingest.postings import Part
from ingest.sources import read_bytes
from ingest.text import clean
from rag.engine import Engine
from ui import cards, papers, render
from ui.prose import Known, prose

steady = settings(
    max_examples=150, deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
few = settings(steady, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])

HERE = Path(__file__).parent
SAMPLES = [path.read_bytes()[:6_000] for path in sorted((HERE / "samples").glob("*")) if path.is_file()]
BEGINNINGS = [
    *(b"", b"{", b"[{", b'{"title": "', b'[{"paper": {"title": "A", "summary": "', b"\x1f\x8b\x08", b"\xff\xfe", b"PK"),
    *(b"<?xml version='1.0'?><feed><entry>", b"<!doctype html><html><body>", b"@article{a, title={"),
    *(b"TY  - JOUR\nTI  - ", b'{"title": "A", "abstract": "B"}\n'),
]
# Text as papers, models and askers give it, and as nobody should: markup, marks, controls, other scripts.
PIECES = st.sampled_from(
    [
        *("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[a](javascript:alert(1))", "![x](//evil/x)"),
        *("[1]", "[99]", "**", "`", "|", "\n", "\u202e", "\u200b", "\x1b[31m", "&lt;", "&#106;", "</p></div>"),
        *('" onx="', "e.g. ", "et al. ", "Fig. 2. ", "We show 3.5x. ", "الورقة", "論文。", "𝒳", "\u0301" * 5, "$x<y$"),
        *("http://a.b/c", "👩\u200d🔬"),
    ]
)
TEXT = st.lists(st.one_of(PIECES, st.text(max_size=20)), max_size=12).map("".join)


@st.composite
def sources(draw: st.DrawFn) -> bytes:
    """Bytes that begin as some format does, or a real source with a stretch of it replaced."""
    noise = draw(st.one_of(st.binary(max_size=200), TEXT.map(lambda text: text.encode("utf-8", "surrogatepass"))))
    if draw(st.booleans()):
        return draw(st.sampled_from(BEGINNINGS)) + noise
    whole = draw(st.sampled_from(SAMPLES))
    at = draw(st.integers(0, len(whole)))
    return whole[:at] + noise + whole[at + draw(st.integers(0, 50)) :]


def check_told(error: Exception) -> None:
    """That an error is one plain line."""
    assert str(error).strip()
    assert "\n" not in str(error)


@steady
@given(sources())
def test_any_bytes_end_in_papers_or_in_a_plain_sentence(data: bytes) -> None:
    try:
        for found in read_bytes(data, "given"):
            assert isinstance(found, Paper | Unreadable)
            if isinstance(found, Paper):
                assert found.title == clean(found.title) != ""
                assert found.abstract == clean(found.abstract)
    except SourceError as error:
        check_told(error)


@steady
@given(TEXT)
def test_cleaned_text_is_one_line_and_clean(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned == " ".join(cleaned.split())
    assert not any(c in cleaned for c in "\n\r\x1b\u202e\u200b")


@steady
@given(TEXT.map(clean), TEXT.map(clean))
def test_spans_are_exact_ordered_and_leave_nothing_out(title: str, abstract: str) -> None:
    entry = make_entry(Paper(title or "Untitled", abstract))
    for span in (*entry.sentences, *entry.passages):
        assert span.text == abstract[span.start : span.end]
    ends = [0, *(sentence.end for sentence in entry.sentences)]
    starts = [*(sentence.start for sentence in entry.sentences), len(abstract)]
    assert all(end <= start and not abstract[end:start].strip() for end, start in zip(ends, starts, strict=True))


@steady
@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=6), max_size=8), max_size=8))
def test_an_inverted_index_finds_what_was_put_in_and_nothing_else(documents: list[list[str]]) -> None:
    index = Inverted([Part.build(list(enumerate(documents, start=1)))])  # type: ignore[abstract]
    for term in {term for document in documents for term in document} | {"never there"}:
        holders = [number for number, document in enumerate(documents, start=1) if term in document]
        assert index.holders(term).tolist() == holders


class Tags(HTMLParser):
    """What a page is made of that could act."""

    HARMLESS = frozenset(
        """div p span a b strong em i code pre ul ol li table thead tbody tr th td details summary blockquote mark br hr
        h1 h2 h3 h4 h5 h6 del button label input small time article section""".split()
    )

    def __init__(self) -> None:
        super().__init__()
        self.acting: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.HARMLESS:
            self.acting.append(tag)
        for name, value in attrs:
            scheme = (value or "").strip().partition(":")[0].lower()
            if name.startswith("on") or name in ("src", "srcdoc", "style", "formaction"):
                self.acting.append(f"{tag} {name}={value}")
            if name == "href" and ":" in (value or "") and scheme not in ("http", "https", "mailto"):
                self.acting.append(f"{tag} {name}={value}")


def acting(html: str) -> list[str]:
    tags = Tags()
    tags.feed(html)
    tags.close()
    return tags.acting


@steady
@given(TEXT, TEXT)
def test_nothing_that_is_shown_can_act(one: str, other: str) -> None:
    cleaned = clean(one) or "Untitled"
    paper = Paper(cleaned, clean(other), (cleaned,), "2026-01-01", one, "", cleaned)
    shown = (
        *(render.question(one), render.draft(one, other), render.cut(one, other), render.notice(one)),
        *(render.problem(one), prose(one, Known()), papers.rows([paper], [paper.id])),
        *(papers.detail(paper, [paper], True), cards.card(paper, (), 1)),
    )
    assert [acting(html) for html in shown] == [[]] * len(shown)


@few
@given(question=TEXT)
def test_whatever_is_asked_every_quote_stands_word_for_word(engine: Engine, question: str) -> None:
    try:
        answer = engine.ask(f"What about {question}")
    except UsageError as error:
        check_told(error)
        return
    for citation in answer.citations:
        paper = engine.paper(citation.paper_id)
        assert paper
        assert paper.abstract[citation.start : citation.end] == citation.quote


@pytest.mark.parametrize("name", ["pickle", "marshal", "shelve", "dill", "cloudpickle"])
def test_nothing_is_ever_unpickled(name: str) -> None:
    root = Path(__file__).parent.parent
    code = {
        path: path.read_text("utf-8") for folder in ("ingest", "rag", "ui") for path in (root / folder).rglob("*.py")
    }
    assert [path.name for path, text in code.items() if f"import {name}" in text] == []
    assert [path.name for path, text in code.items() if "allow_pickle=True" in text] == []
    loads = [(path.name, line) for path, text in code.items() for line in text.splitlines() if "np.load(" in line]
    assert [where for where in loads if "allow_pickle=False" not in where[1]] == []
