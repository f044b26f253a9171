"""Which paper is which."""

import pytest

from ingest.paper import Paper, find_arxiv_id, title_key


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("https://arxiv.org/abs/2407.03618v2", "2407.03618"),
        ("2407.03618", "2407.03618"),
        ("http://arxiv.org/abs/quant-ph/0201082v1", "quant-ph/0201082"),
        ("https://doi.org/10.48550/arXiv.2401.00001", "2401.00001"),
        ("https://example.org/12407.036181", ""),
        ("10.1000/182", ""),
        ("", ""),
    ],
)
def test_an_arxiv_id_is_found_without_its_version(text: str, found: str) -> None:
    assert find_arxiv_id(text) == found


def test_titles_that_differ_in_case_space_and_marks_are_the_same_paper() -> None:
    assert Paper("KIVI: A  Tuning-Free…", "x").id == Paper("kivi – a tuning‑free", "y").id
    assert Paper("One", "x").id != Paper("Two", "x").id


def test_titles_without_a_letter_still_tell_papers_apart() -> None:
    assert title_key("???") == ""
    assert Paper("???", "x").id != Paper("!!!", "x").id
