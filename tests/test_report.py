"""What an import says of itself while it runs and when it is over; whatever a source says is harmless in it."""

import pytest
from standin import HOSTILE

from ingest.errors import UsageError
from ingest.intake import Taken
from ingest.library import HERE, IMPORTED, LEFT, MISSING, Fate, Ingested
from ingest.live.names import Ids
from ingest.paper import Unreadable
from ingest.sources import Given
from ui import report
from ui.tabs import adding


def test_the_rate_and_the_time_left_are_told() -> None:
    assert "Reading…" in report.progress(0, None, 1.0)
    assert "30 of 90 papers · 10 a second · about 6 seconds left" in report.progress(30, 90, 3.0)
    assert "2 of 500 papers · 6 a minute · about 83 minutes left" in report.progress(2, 500, 20.0)
    assert "90 of 90 papers · 10 a second · finishing" in report.progress(90, 90, 9.0)
    assert "Stopping" in report.progress(30, 90, 3.0, stopping=True)


def test_what_came_in_and_what_could_not_be_read_is_told_with_reasons() -> None:
    unreadable = [("given:a.jsonl", Unreadable(f"line {n}", "no title")) for n in range(40)]
    told = report.result(Taken(Ingested(93, 88, 1, 3, 1, unreadable), 89, ("On Owls",)), 178)
    assert "<strong>88 added, 1 updated, 3 unchanged, 1 duplicate, 40 unreadable.</strong>" in told
    assert "The library now has 178 papers." in told
    assert "On Owls</li><li>and 88 more</li>" in told
    assert "a.jsonl, line 0: no title</li>" in told
    assert told.count("no title") == report.MOST_REASONS
    assert "and 10 more" in told


def test_a_stopped_import_says_what_stays() -> None:
    assert report.headline(Taken(Ingested(70, 70), 64, stopped=True)) == "Stopped: 64 papers imported."
    assert report.headline(Taken(Ingested(3, 3), 0, stopped=True)) == "Stopped: nothing imported."


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_harmless(text: str) -> None:
    taken = Taken(Ingested(1, 1, unreadable=[(f"given:{text}", Unreadable(text, text))], failed=[text]), 1, (text,))
    for told in (report.result(taken, 1), report.trouble(text)):
        for tag in ("<script", "<img", "<svg", "<iframe", "<a ", "<style", "<math", "<form", "]("):
            assert tag not in told
        assert "\n" not in told


def test_what_cannot_be_imported_is_told() -> None:
    for given, said in (
        ((None, "", ""), "Nothing to import; choose a file, paste a page or enter a day."),
        ((["/nowhere/a.txt"], "", ""), "The upload has expired; choose the files again."),
        ((["a"] * 11, "", ""), "11 files are too many; import at most 10 at once."),
        ((None, "x" * 600_001, ""), "More than 600,000 characters were pasted; import a file instead."),
        ((None, "", "9999-01-01"), "9999-01-01 is in the future; enter a day up to today."),
        ((None, "", "http://169.254.169.254/"), "“http://169.254.169.254/” is not a date; use the form 2026-08-21."),
    ):
        with pytest.raises(UsageError) as caught:
            adding.read(*given)
        assert str(caught.value) == said


def test_a_doi_alone_and_too_many_ids_are_told() -> None:
    with pytest.raises(UsageError, match="DOIs other than arXiv's are not fetched yet; export the record as BibTeX"):
        adding.read(None, "https://doi.org/10.1145/3292500.3330701", "")
    with pytest.raises(UsageError, match="2,001 papers are named; name up to 2,000 at once"):
        adding.read(None, " ".join(f"2402.{n:05}" for n in range(2_001)), "")


SHORT = "Grinding Lenses\nWe grind lenses by hand and measure them. A wet cloth halves the scratches on each of them."
LONG = "Grinding Lenses\n" + "We grind lenses by hand, as in 2402.02750, and measure what comes of it. " * 5
REFERENCES = "@misc{a, title={A}, abstract={We grind lenses by hand.}, eprint={2402.02750}}"


@pytest.mark.parametrize("page", [f"{SHORT}\nhttps://arxiv.org/abs/2402.02750", LONG, REFERENCES, "A page", SHORT])
def test_a_page_of_papers_is_read_as_one_though_it_has_links(page: str) -> None:
    assert adding.read(None, page, "") == [Given(adding.PASTED, page.encode())]


@pytest.mark.parametrize(
    "text",
    [
        "2402.02750 2306.07174",
        "Please read https://arxiv.org/abs/2402.02750v2 and arXiv:2306.07174",
        "My reading list\nHere are two papers that I want to read this week; both are about caches, it seems: "
        "2402.02750, 2306.07174.",
        "KIVI: Tuning-Free Quantization https://arxiv.org/abs/2402.02750\nThe Other, huggingface.co/papers/2306.07174",
        "@misc{a, title={A}, eprint={2402.02750}}\n@misc{b, title={B}, eprint={2306.07174}}",
    ],
)
def test_of_a_text_that_names_papers_these_are_taken(text: str) -> None:
    assert adding.read(None, text, "") == [Ids(("2402.02750", "2306.07174"), anew=False)]


def test_what_came_of_each_paper_asked_for_by_id_is_told() -> None:
    fates = {
        "2402.02750": Fate(IMPORTED, "On <Owls>"),
        "2306.07174": Fate(HERE, "On Bats"),
        "2402.99999": Fate(MISSING),
        "cs/0112017": Fate(LEFT),
    }
    report_of = Ingested(1, 1, fates=fates, failed=["arXiv does not answer."])
    told = report.result(Taken(report_of, 1, ("On <Owls>",)), 7)
    assert (
        "1 imported, 1 already here, 1 not found on arXiv, 1 not fetched.</strong> The library now has 7 papers" in told
    )
    assert '<li dir="auto">2402.02750 <strong>imported</strong>: On &#60;Owls&#62;</li>' in told
    assert "2402.99999 <strong>not found on arXiv</strong></li>" in told
    assert "Imported" not in told
    assert "arXiv does not answer." in told
    assert "Imported" in report.result(Taken(Ingested(9, 9, fates=fates), 9, ("On Cats",)), 9)


def test_a_pasted_address_is_text_and_is_not_fetched() -> None:
    (source,) = adding.read(None, "http://169.254.169.254/latest", "")
    assert not isinstance(source, str)
    assert adding.read(None, "", "2026-08-21") == ["daily:2026-08-21"]
