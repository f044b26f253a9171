"""Which words of a question say when its papers are of, and which numbers are no dates."""

import pytest
from rag.scope_words import find_dates, without

NEWEST = "2026-08-20"


@pytest.mark.parametrize(
    ("question", "since", "until", "rest"),
    [
        ("papers from 2024 on language models", "2024", "2024-12-31", "papers on language models"),
        ("how many papers were published in August 2026?", "2026-08", "2026-08-31", "how many papers?"),
        ("papers since 2025", "2025", "", "papers"),
        ("which papers before March 2025 use diffusion?", "", "2025-02-31", "which papers use diffusion?"),
        ("papers between 2024 and 2025 on agents", "2024", "2025-12-31", "papers on agents"),
        ("papers from June 2024 to August 2024", "2024-06", "2024-08-31", "papers"),
        ("what was published on 2026-08-21?", "2026-08-21", "2026-08-21", "what?"),
        ("papers after 2024-12-31", "2025", "", "papers"),
        ("papers after March 2025", "2025-04", "", "papers"),
        ("papers published before 2025-03-01", "", "2025-02-28", "papers"),
        ("papers published 3 March 2025", "2025-03-03", "2025-03-03", "papers"),
        ("papers from 2025 onwards about agents", "2025", "", "papers about agents"),
        ("2024 papers on agents", "2024", "2024-12-31", "papers on agents"),
        ("papers from 2024-2025", "2024", "2025-12-31", "papers"),
    ],
)
def test_a_time_is_read_and_taken_out_of_the_topic(question: str, since: str, until: str, rest: str) -> None:
    found = find_dates(question, NEWEST)
    assert found
    assert (found.since, found.until) == (since, until)
    assert without(question, [(found.start, found.end)]) == rest


@pytest.mark.parametrize(
    ("question", "since", "until"),
    [
        ("papers this month", "2026-08", "2026-08-31"),
        ("papers of last month", "2026-07", "2026-07-31"),
        ("papers from this year on robots", "2026", "2026-12-31"),
        ("papers from last year", "2025", "2025-12-31"),
        ("papers published in the last 3 months", "2026-06", "2026-08-20"),
        ("papers from the last two weeks", "2026-08-07", "2026-08-20"),
        ("papers in October", "2025-10", "2025-10-31"),
        ("anything new this week?", "2026-08-14", "2026-08-20"),
    ],
)
def test_this_month_is_that_of_the_newest_paper(question: str, since: str, until: str) -> None:
    found = find_dates(question, NEWEST)
    assert found
    assert (found.since, found.until) == (since, until)


@pytest.mark.parametrize(
    "question",
    [
        "which papers train on 2024 tokens?",
        "which papers train with windows from 2024 to 2048 tokens?",
        "which papers use ImageNet 2012?",
        "which papers use ImageNet from 2012?",
        "which papers answer questions from 2024?",
        "papers with GPT-4 2024-08",
        "papers from CVPR 2024",
        "papers on 2024 elections",
        "papers that may help",
        "How fast was training in 2024?",
        "which papers reach 2,024 examples or 20.24 points?",
    ],
)
def test_a_number_that_is_no_publication_date_is_none(question: str) -> None:
    assert find_dates(question, NEWEST) is None


def test_without_any_date_in_the_record_last_month_is_still_read_as_a_time() -> None:
    dates = find_dates("papers from last month", "")
    assert dates
    assert (dates.words, dates.relative) == ("last month", True)
    assert find_dates("papers on quantization", "") is None


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("papers of August 2026", "August 2026"),
        ("papers before March 2025", "up to February 2025"),
        ("papers between 2024 and March 2025", "2024 to March 2025"),
        ("papers since July 2026", "since July 2026"),
    ],
)
def test_a_time_is_told_in_plain_words(question: str, words: str) -> None:
    found = find_dates(question, NEWEST)
    assert found
    assert found.words == words
