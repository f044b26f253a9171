"""What a model states is checked against the sentences it cites and is never replaced by a quote."""

import time

import pytest

from ingest.entry import make_entry
from ingest.paper import Paper
from rag.gather.sources import Shown, Sources, number
from rag.types import Evidence
from rag.verify.source import Names
from rag.verify.statement import Verifier
from rag.write.draft import Numbering
from rag.write.layout import Layout

OWLS = Paper(
    "OwlNet: Counting Owls at Night",
    "We propose OwlNet, a network that counts owls. It needs 2.6x less memory than MouseNet. "
    "It is 40% faster at night.",
    ("Ada Owl",),
    "2024-02-01",
)
MICE = Paper("MouseNet", "MouseNet counts mice. It needs 12 GB of memory.")


KNOWN = "90 papers. 2 of 82 candidates among 90 papers match “owls”."


@pytest.fixture
def sources() -> Sources:
    papers = [
        Shown(p, tuple(Evidence(p, s, 1.0) for s in make_entry(p).sentences), detailed=True) for p in (OWLS, MICE)
    ]
    return number(papers, 1_000)


def verified(sources: Sources, text: str, question: str = "q") -> tuple[str, list[tuple[str, str]]]:
    """The text of a statement as it is shown, and the verdict and mending of each."""
    verifier = Verifier(sources, Names(), Numbering(), question, KNOWN)
    layout = Layout()
    shown = [(piece, verifier.verify(piece)) for piece in (*layout.hear(text), *layout.end())]
    checks = [(s.checked.verdict, s.checked.mended) for _, s in shown if s.checked]
    return "".join(piece.lead + s.text for piece, s in shown), checks


def test_the_sources_are_numbered_with_what_is_known_of_their_papers(sources: Sources) -> None:
    assert sources.text.splitlines()[0] == "Paper: OwlNet: Counting Owls at Night (Ada Owl; 2024-02-01)"
    assert len(sources.evidence) == 5


def test_a_statement_that_stands_is_shown_as_written_with_marks_of_our_own(sources: Sources) -> None:
    assert verified(sources, "OwlNet needs 2.6x less memory than MouseNet [2].") == (
        "OwlNet needs 2.6x less memory than MouseNet [1].",
        [("exact", "")],
    )


def test_marks_stay_where_they_stand_and_those_of_nothing_go(sources: Sources) -> None:
    text, _ = verified(sources, "OwlNet is 40% faster [3], while MouseNet needs 12 GB [5] [99].")
    assert text == "OwlNet is 40% faster [1], while MouseNet needs 12 GB [2]."


def test_a_wrong_figure_is_told_beside_it_and_the_words_stay(sources: Sources) -> None:
    text, checks = verified(sources, "OwlNet is 45% faster at night [3].")
    assert text == "OwlNet is 45% faster at night [1]. (unverified: the source says 40%, not 45%)"
    assert checks == [("unsupported", "")]


def test_a_name_that_no_paper_has_is_told(sources: Sources) -> None:
    text, checks = verified(sources, "OwlNet beats CatNet9 at night [3].")
    assert "(unverified: “CatNet9” is not in the cited sentence)" in text
    assert checks[0][0] == "unsupported"


def test_what_is_left_of_a_share_stands_beside_it(sources: Sources) -> None:
    assert "unverified" not in verified(sources, "It is 40% faster, so 60% of the time is left [3].")[0]
    assert "unverified" in verified(sources, "It takes 60% of the time [3].")[0]


def test_a_short_form_in_capitals_may_be_of_another_language(sources: Sources) -> None:
    assert "unverified" not in verified(sources, "OwlNet resuelve las EDP de noche [3].")[0]


def test_a_figure_or_name_of_the_question_needs_no_source(sources: Sources) -> None:
    asked = "Is OwlNet 45% faster than CatNet9?"
    text, checks = verified(sources, "It is not 45% but 40% faster at night, and CatNet9 is not compared [3].", asked)
    assert "unverified" not in text
    assert checks[0][0] != "unsupported"


def test_a_figure_that_the_user_presupposes_and_the_source_does_not_give_is_in_doubt(sources: Sources) -> None:
    asked = "So OwlNet needs 3.5x less memory, right?"
    text, checks = verified(sources, "Yes, OwlNet needs 3.5x less memory [2].", asked)
    assert (text, checks) == ("Yes, OwlNet needs 3.5x less memory [1].", [("weak", "")])
    for said in ("In 2024, OwlNet counts owls [1].", "2 papers count [1][4].", "It is one of 90 papers [1]."):
        assert verified(sources, said, "Which 2 of the 90 papers of 2024 count?")[1] == [("exact", "")], said
    _, checks = verified(sources, "No, OwlNet needs 2.6x less memory, not 3.5x [2].", asked)
    assert checks == [("exact", "")]


def test_a_figure_cited_to_the_wrong_sentence_is_cited_anew(sources: Sources) -> None:
    text, checks = verified(sources, "OwlNet needs 2.6x less memory than MouseNet [5].")
    assert text == "OwlNet needs 2.6x less memory than MouseNet [1]."
    assert checks == [("exact", "citation corrected")]


def test_a_figure_without_a_source_is_given_one_or_told(sources: Sources) -> None:
    assert verified(sources, "It is 40% faster at night.")[1] == [("verbatim", "citation added")]
    text, checks = verified(sources, "It costs 77 dollars.")
    assert text == "It costs 77 dollars. (unverified: no source given)"
    assert checks == [("unsupported", "")]


@pytest.mark.parametrize(
    "text", ["The abstracts give no energy figures [0].", "Energy is not reported for either of them [0]."]
)
def test_what_the_sources_do_not_say_needs_no_source(sources: Sources, text: str) -> None:
    assert verified(sources, text) == (text.replace(" [0]", ""), [("absent", "")])


@pytest.mark.parametrize("text", ["In plain words, here is the idea:", "That depends on your needs."])
def test_a_gloss_or_connecting_sentence_needs_none(sources: Sources, text: str) -> None:
    assert verified(sources, text) == (text, [("unsourced", "")])


def test_a_quote_without_a_mark_is_given_its_source(sources: Sources) -> None:
    text, checks = verified(sources, 'OwlNet: "We propose OwlNet, a network that counts owls."')
    assert text == 'OwlNet: "We propose OwlNet, a network that counts owls." [1]'
    assert checks == [("verbatim", "citation added")]


def test_counts_of_what_is_listed_and_of_the_library_need_no_source(sources: Sources) -> None:
    for said in ("Two papers fit:", "2 of the 90 papers fit, of 82 looked at.", "That is half the story."):
        assert verified(sources, said) == (said, [("unsourced", "")])


@pytest.mark.parametrize(
    "said",
    [
        " ".join(map(str, range(3_600))) + " [1].",
        "**" + " ".join(f"Net{n}X" for n in range(2_200)) + " [1].",
        "| a [1] |\n|---|\n| " + " ".join(f"{n}%" for n in range(3_000)) + " [1] |",
        "word " * 4_000 + "[1].",
        "It needs 10 x " + "1" * 400 + " [2].",
        "- It is 77% faster [1].\n" * 700,
    ],
)
def test_statements_of_any_shape_cost_little(sources: Sources, said: str) -> None:
    began = time.monotonic()
    text, checks = verified(sources, said)
    assert time.monotonic() - began < 15
    assert text
    assert checks


def test_a_papers_title_authors_and_year_count_as_said(sources: Sources) -> None:
    for said in (
        "OwlNet: Counting Owls at Night is by Ada Owl (2024) [1].",
        "“Counting Owls at Night” counts owls [1].",
    ):
        text, checks = verified(sources, said)
        assert "unverified" not in text
        assert checks[0][0] != "unsupported"


def test_cells_of_a_table_are_checked_one_by_one(sources: Sources) -> None:
    table = "| Net | Memory |\n|---|---|\n| OwlNet | 2.6x less [2] |\n| MouseNet | 99 GB [5] |\n| Both | not said [0] |"
    text, checks = verified(sources, table)
    assert text.splitlines()[2] == "| OwlNet | 2.6x less [1] |"
    assert text.splitlines()[3] == "| MouseNet | 99 GB [2] (unverified: the source says 12 GB, not 99 GB) |"
    assert text.splitlines()[4] == "| Both | not said |"
    assert [verdict for verdict, _ in checks if verdict not in ("unsourced",)][1:] == ["unsupported", "absent"]


@pytest.mark.parametrize(
    "said",
    [
        "OwlNet braucht 2,6-mal weniger Speicher als MouseNet [2].",
        "OwlNet ist nachts um 40,0 % schneller [3].",
        "OwlNet est 40 fois sur cent plus rapide la nuit [3].",
        "MouseNet 需要 12 GB 内存 [5]。",
        "MouseNet necesita 12000 millones de bytes [5].",
    ],
)
def test_another_language_is_not_taken_for_a_falsehood(sources: Sources, said: str) -> None:
    text, checks = verified(sources, said)
    assert "unverified" not in text
    assert [verdict for verdict, _ in checks] == ["exact"]
