"""Whether a sentence stands in what it cites: numbers, names, direction and denial exactly, the rest by closeness."""

import pytest

from ingest.paper import Paper
from ingest.record import make_entry
from rag.answer import Evidence
from rag.check import Checker, Verdict

LENS = Paper(
    "LensKit: Grinding Lenses Fast",
    "We introduce LensKit, a method for grinding lenses. LensKit reduces grinding time by 65% without polishing on the "
    "Opticon data set. It uses up to 2.6x less power than MirrorNet. The lenses do not crack under heat.",
)
MIRROR = Paper(
    "MirrorNet: Bending Light", "We propose MirrorNet. MirrorNet increases brightness by 30% on four mirrors."
)


def said(paper: Paper, *places: int) -> list[Evidence]:
    """The sentences of a paper at these places, from 0."""
    sentences = make_entry(paper).sentences
    return [Evidence(paper, sentences[place], 1.0) for place in places]


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker(None)


@pytest.mark.parametrize(
    ("sentence", "verdict"),
    [
        ("LensKit reduces grinding time by 65% without polishing on the Opticon data set.", Verdict.VERBATIM),
        ("LensKit cuts grinding time by 65 percent without polishing on Opticon.", Verdict.SUPPORTED),
        ("LensKit reduces grinding time by 75% without polishing on the Opticon data set.", Verdict.UNSUPPORTED),
        ("MirrorNet reduces grinding time by 65% without polishing on the Opticon data set.", Verdict.WEAK),
        ("LensKit increases grinding time by 65% without polishing on the Opticon data set.", Verdict.UNSUPPORTED),
        ("LensKit reduces grinding time by 65% with polishing on the Opticon data set.", Verdict.UNSUPPORTED),
        ("LensKit reduces grinding time by 65% without polishing on the Telescopia data set.", Verdict.WEAK),
        ("Owls hunt at night in silence.", Verdict.UNSUPPORTED),
    ],
)
def test_a_sentence_stands_or_falls_with_what_it_cites(checker: Checker, sentence: str, verdict: Verdict) -> None:
    check = checker.check(sentence, said(LENS, 1))
    assert check.verdict is verdict, check.reason
    assert bool(check.reason) is (verdict in (Verdict.WEAK, Verdict.UNSUPPORTED))


def test_what_a_source_denies_cannot_be_affirmed(checker: Checker) -> None:
    assert checker.check("The lenses crack under heat.", said(LENS, 3)).verdict is Verdict.UNSUPPORTED
    assert checker.check("The lenses don't crack under heat.", said(LENS, 3)).verified


def test_a_reason_says_which_number_is_wrong(checker: Checker) -> None:
    check = checker.check("LensKit reduces grinding time by 75% without polishing.", said(LENS, 1))
    assert "75%" in check.reason


def test_the_best_source_of_a_sentence_is_found_among_many(checker: Checker) -> None:
    every = [*said(LENS, 0, 1, 2, 3), *said(MIRROR, 0, 1)]
    best = checker.best("MirrorNet makes four mirrors 30% brighter, since it increases brightness by 30%.", every)
    assert best
    assert [(one.paper, one.sentence.text) for one in best[0]] == [(MIRROR, said(MIRROR, 1)[0].sentence.text)]


def test_nothing_is_best_of_nothing_and_no_source_supports(checker: Checker) -> None:
    assert checker.best("Owls hunt.", []) is None
    assert checker.check("Owls hunt.", []).verdict is Verdict.UNSUPPORTED
