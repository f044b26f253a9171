"""When a written sentence stands in what it cites, and what is said where it does not."""

import pytest
from rag.check import Check, Checker, Verdict
from rag.closeness import MODELS

from ingest.entry import make_entry
from ingest.errors import ModelError
from ingest.paper import Paper
from rag.types import Evidence
from tests.corpus import WordModel

LENS = Paper(
    "Lens: Reading Caches from Afar",
    "Memory of the cache grows with the length of the text. We propose Lens, a 4-bit quantization of the cache. "
    "Our method reduces peak memory by up to 2.6× and increases throughput by 65.3% on three tasks. "
    "It does not require labels. Lens outperforms the pruning baselines on ImageNet with 5 models.",
)
PRISM = Paper(
    "Prism: Splitting Caches by Colour",
    "We introduce Prism, which splits the cache by the colour of its tokens. Prism reduces peak memory by 4.9×. "
    "It may help in long conversations with few tokens.",
)


def sources(paper: Paper) -> list[Evidence]:
    return [Evidence(paper, sentence, 0.0) for sentence in make_entry(paper).sentences]


GROWS, PROPOSE, REDUCES, LABELS, BEATS = sources(LENS)
SPLITS, PRISM_REDUCES, MAY = sources(PRISM)


def check(sentence: str, *evidence: Evidence) -> Check:
    return Checker().check(sentence, evidence)


@pytest.mark.parametrize(
    "sentence",
    [
        "It does not require labels.",
        "“Lens outperforms the pruning baselines on ImageNet with 5 models” [1].",
        "Lens outperforms the pruning baselines on ImageNet",
    ],
)
def test_the_words_of_the_source_are_verbatim(sentence: str) -> None:
    assert check(sentence, LABELS, BEATS) == Check(Verdict.VERBATIM, "", 1.0)


def test_a_part_that_leaves_out_a_denial_is_not_verbatim() -> None:
    source = Evidence(
        LENS, make_entry(Paper("T", "We do not claim that the cache can be read from afar.")).sentences[0], 0
    )
    assert check("The cache can be read from afar.", source).verdict is not Verdict.VERBATIM


@pytest.mark.parametrize(
    ("sentence", "source"),
    [
        ("Lens reduces peak memory by up to 2.6x.", REDUCES),
        ("According to the paper, throughput rises by 65.3 percent on three tasks [1].", REDUCES),
        ("Lens is a four-bit quantization of the cache.", PROPOSE),
        ("The pruning baselines are outperformed by Lens on ImageNet.", BEATS),
        ("Lens needs no labels.", LABELS),
    ],
)
def test_the_same_in_other_words_is_supported(sentence: str, source: Evidence) -> None:
    assert check(sentence, source).verdict is Verdict.SUPPORTED


@pytest.mark.parametrize(
    ("sentence", "source", "reason"),
    [
        ("Lens increases throughput by 75.3%.", REDUCES, "the source says 65.3%, not 75.3%"),
        ("Lens reduces peak memory by up to 3.5x.", REDUCES, "the source says 2.6×, not 3.5x"),
        ("Lens increases throughput on five tasks.", REDUCES, "the source says three, not five"),
        ("Lens does not require 32 GB of labels.", LABELS, "“32 GB” is not in the cited sentence"),
        ("Prism reduces peak memory by up to 2.6×.", REDUCES, "the source speaks of Lens, not Prism"),
        ("Lens outperforms the pruning baselines on CIFAR-10.", BEATS, "the source speaks of Lens, not CIFAR-10"),
        ("Lens increases peak memory by up to 2.6×.", REDUCES, "says “increases” where the source says “reduces”"),
        ("Lens requires labels.", LABELS, "affirms “labels”, which the source denies"),
        ("The pruning baselines outperform Lens.", BEATS, "the source says that the other way round"),
        (
            "Lens reduces peak memory by more than 2.6×.",
            REDUCES,
            "says “more than 2.6×” where the source says “up to 2.6×”",
        ),
        ("Penguins swim in cold seas near the pole.", REDUCES, "the cited sentence is about something else"),
    ],
)
def test_what_the_source_does_not_say_is_unsupported_and_the_reason_is_given(
    sentence: str, source: Evidence, reason: str
) -> None:
    found = Checker(named=lambda text: ["Prism"] if "Prism" in text else []).check(sentence, [source])
    assert (found.verdict, found.reason) == (Verdict.UNSUPPORTED, reason)


@pytest.mark.parametrize(
    ("sentence", "source", "reason"),
    [
        ("Lens increases throughput by 65%.", REDUCES, "the source says 65.3%, not 65%"),
        ("Lens reduces peak memory by 2.6×.", REDUCES, "the source says “up to 2.6×”"),
        ("Lens outperforms the pruning baselines in Swahili.", BEATS, "“Swahili” is not in the cited sentence"),
        (
            "On ImageNet, Lens does not require labels.",
            LABELS,
            "“ImageNet” stands elsewhere in the abstract, not in the cited sentence",
        ),
    ],
)
def test_what_is_only_nearly_said_is_weak(sentence: str, source: Evidence, reason: str) -> None:
    found = check(sentence, source)
    assert (found.verdict, found.reason) == (Verdict.WEAK, reason)


@pytest.mark.parametrize(
    ("sentence", "verdict"),
    [
        ("LensKit cuts grinding time by 65 percent without polishing on Opticon.", Verdict.SUPPORTED),
        ("LensKit reduces grinding time by 65% with polishing on the Opticon data set.", Verdict.UNSUPPORTED),
        ("MirrorNet reduces grinding time by 65% without polishing on the Opticon data set.", Verdict.UNSUPPORTED),
    ],
)
def test_one_word_more_or_less_decides(sentence: str, verdict: Verdict) -> None:
    paper = Paper(
        "LensKit: Grinding Fast", "LensKit reduces grinding time by 65% without polishing on the Opticon data set."
    )
    found = Checker(named=lambda text: ["MirrorNet"] if "MirrorNet" in text else []).check(sentence, sources(paper))
    assert found.verdict is verdict, found.reason
    assert bool(found.reason) is not found.verified


def test_what_a_source_denies_cannot_be_affirmed() -> None:
    (source,) = sources(Paper("Glass", "The lenses do not crack under heat."))
    assert check("The lenses crack under heat.", source).verdict is Verdict.UNSUPPORTED
    assert check("The lenses don't crack under heat.", source).verified


def test_a_weak_sentence_names_the_words_it_adds() -> None:
    found = check("Lens does not require labels, compilers, licences or electricity.", LABELS)
    assert found.verdict is Verdict.WEAK
    assert "“compilers”, “licences”, “electricity”" in found.reason


def test_a_name_that_no_paper_has_is_called_so() -> None:
    found = Checker(knows=lambda name: name == "ImageNet").check("Lens outperforms them on ZorNet.", [BEATS])
    assert (found.verdict, found.reason) == (Verdict.UNSUPPORTED, "“ZorNet” is in no paper here")


def test_without_a_source_nothing_is_supported() -> None:
    assert check("Lens reads caches.") == Check(Verdict.UNSUPPORTED, "no source is cited", 0.0)


def test_each_number_must_stand_in_the_paper_it_is_said_of() -> None:
    right = check("Lens reduces peak memory by up to 2.6×, and Prism by 4.9×.", REDUCES, PRISM_REDUCES)
    wrong = check("Lens reduces peak memory by 4.9×, and Prism by up to 2.6×.", REDUCES, PRISM_REDUCES)
    assert right.verified
    assert (wrong.verdict, wrong.reason) == (Verdict.UNSUPPORTED, "4.9× is said of Prism, not of Lens")


def test_the_best_source_is_found_among_those_of_the_turn() -> None:
    found = Checker().best("Lens needs no labels.", [*sources(PRISM), *sources(LENS)])
    assert found
    assert found[0] == (LABELS,)
    assert found[1].verdict is Verdict.SUPPORTED


def test_two_sources_are_taken_where_one_does_not_say_it_all() -> None:
    sentence = "Lens reduces peak memory by up to 2.6×, and Prism by 4.9×."
    found = Checker().best(sentence, [*sources(LENS), *sources(PRISM)])
    assert found
    assert set(found[0]) == {REDUCES, PRISM_REDUCES}
    assert found[1].verified


def test_of_no_candidates_none_is_best() -> None:
    assert Checker().best("Lens reads caches.", []) is None


def test_a_source_is_embedded_once() -> None:
    model = WordModel()
    checker = Checker(model)
    for sentence in ("Lens needs no labels.", "No labels are required."):
        assert checker.check(sentence, [LABELS]).score > 0
    assert model.asked.count(LABELS.sentence.text) == 1


def test_a_model_that_does_not_answer_leaves_the_words() -> None:
    class Silent(WordModel):
        def embed(self, texts: object) -> object:  # type: ignore[override]
            raise ModelError("no answer")

    assert Checker(Silent()).check("Lens needs no labels.", [LABELS]) == check("Lens needs no labels.", LABELS)


def test_models_hold_signals_that_are_measured() -> None:
    measured = set(Checker(WordModel()).signals("Lens needs no labels.", [LABELS]))
    assert all(set(model) - {""} <= measured for model in MODELS.values())


@pytest.mark.parametrize("sentence", ["", " ", "[1]", "...", "**", "65%", "“”", "x" * 5000, "((((", "１２３"])
def test_any_text_gets_a_verdict(sentence: str) -> None:
    assert check(sentence, REDUCES).verdict in Verdict
