"""When a question is answered, when the papers only come close, when it is about nothing here, and what is said."""

import json
from pathlib import Path

import pytest
from rag.demand import Kind, read_demand
from rag.figures import VALUE, words_between
from rag.focus import find_focus
from rag.sufficiency import MODELS, NEIGHBOURS, Outcome, Verdict, refusal, weigh
from rag.support import measure
from tests.bench.calibrate_refusal import Case, draw, fit

from ingest.paper import Paper, Sentence
from rag.engine import Engine
from rag.types import Evidence, Ranked
from tests.bench.timing import bundled_papers

DATA = Path(__file__).parent / "bench" / "data"
Weighed = list[tuple[dict[str, str], list[Ranked], Verdict]]


def judge(engine: Engine, question: str) -> Verdict:
    return weigh(question, engine.search(question), engine.index.words)


@pytest.fixture(scope="module")
def weighed(engine: Engine) -> Weighed:
    """The labelled questions on the bundled page, what was found for each and the verdict."""
    rows = map(json.loads, (DATA / "refusal_questions.jsonl").read_text("utf-8").splitlines())
    asked = [(row, engine.search(row["question"])) for row in rows if row["page"] == "page"]
    return [(row, found, weigh(row["question"], found, engine.index.words)) for row, found in asked]


def ranked(title: str, *sentences: str) -> Ranked:
    paper = Paper(title, " ".join(sentences))
    spans = [(paper.abstract.index(text), text) for text in sentences]
    return Ranked(
        paper, 1.0, tuple(Evidence(paper, Sentence(text, start, start + len(text)), 1.0) for start, text in spans)
    )


# -- outcomes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "question",
    [
        "How much memory does APOLLO need to train LLaMA-7B on a single GPU?",
        "Which tasks was WaLLoC tried on?",
        "What is KIVI?",
        "KIVI",
        "How does Zipcache identfy salient tokans?",
        "What speedup does FuseMax achieve over FLAT?",
        "keep what matters in the memory of past tokens finely and the rest coarsely",
    ],
)
def test_what_an_abstract_says_is_answered(engine: Engine, question: str) -> None:
    assert judge(engine, question).outcome is Outcome.ANSWERED


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("What learning rate does APOLLO use to train LLaMA-7B?", "learning rate"),
        ("How fast is FlashAttention-2 on H100 in FP8?", "H100"),
        ("How many layers does PhysiX have?", "layers"),
        ("How does ZipCache use an arithmetic coder to exploit locality?", "arithmetic coder"),
        ("Who wrote the 1-bit Adam paper?", ""),
    ],
)
def test_a_paper_that_is_here_and_does_not_say_it_comes_close(engine: Engine, question: str, missing: str) -> None:
    verdict = judge(engine, question)
    assert (verdict.outcome, verdict.missing) == (Outcome.CLOSE, (missing,) if missing else ())


@pytest.mark.parametrize(
    "question",
    ["best pizza dough recipe", "Is there anything on text-to-speech synthesis?", "asdf qwer zxcv", "capital of Peru"],
)
def test_what_no_paper_is_about_is_absent(engine: Engine, question: str) -> None:
    assert judge(engine, question).outcome is Outcome.ABSENT


def test_without_papers_everything_is_absent(engine: Engine) -> None:
    assert weigh("What is KIVI?", [], engine.index.words) == Verdict(Outcome.ABSENT, 0.0)


def test_a_paper_known_to_be_meant_comes_close_where_it_would_else_be_absent(engine: Engine) -> None:
    question = "How should it be baked at high altitude?"
    found = engine.search(question)
    assert weigh(question, found, engine.index.words).outcome is Outcome.ABSENT
    meant = found[0].paper.id
    verdict = weigh(question, found, engine.index.words, named=[meant])
    assert (verdict.outcome, verdict.papers) == (Outcome.CLOSE, (meant,))


# -- what is then said -------------------------------------------------------------------------------------------------


def test_close_names_the_paper_and_what_is_missing_and_quotes_the_nearest_sentences() -> None:
    paper = ranked("Lenses: on glass", "We grind lenses.", "Each costs 3.", "Birds sing.")
    text, near = refusal(Verdict(Outcome.CLOSE, 0.1, ("focal length",)), [paper], 90)
    assert text == "The abstract of Lenses does not mention “focal length”; this comes nearest."
    assert near == paper.evidence[:NEIGHBOURS]


def test_close_speaks_of_the_paper_that_was_meant_before_the_one_ranked_first() -> None:
    first, meant = ranked("First paper", "Ants."), ranked("Second paper", "Bees.")
    text, near = refusal(Verdict(Outcome.CLOSE, 0.1, papers=(meant.paper.id,)), [first, meant], 90)
    assert text == "The abstract of Second paper does not plainly say that; this comes nearest."
    assert near == meant.evidence


def test_a_thing_that_is_spoken_of_without_a_number_is_not_called_unmentioned() -> None:
    text, _ = refusal(Verdict(Outcome.CLOSE, 0.1, ("cost",), mentioned=True), [ranked("Lenses", "They cost much.")], 90)
    assert text == "The abstract of Lenses gives no number for “cost”; this comes nearest."


def test_an_empty_abstract_is_not_said_to_come_near() -> None:
    text, near = refusal(Verdict(Outcome.CLOSE, 0.1), [Ranked(Paper("Lenses", ""), 1.0, ())], 90)
    assert (text, near) == ("The abstract of Lenses does not plainly say that.", ())


def test_absent_names_the_three_nearest() -> None:
    papers = [ranked(f"Paper {name}", "Ants.") for name in "ABCD"]
    text, near = refusal(Verdict(Outcome.ABSENT, 0.1), papers, 90)
    assert text == "None of the 90 papers here answers that; the nearest are Paper A, Paper B and Paper C."
    assert near == ()
    text, _ = refusal(Verdict(Outcome.ABSENT, 0.1, ("lidar",)), papers[:1], 1)
    assert text == "The one paper here does not mention “lidar”."
    assert refusal(Verdict(Outcome.ABSENT, 0.0), [], 0) == ("There are no papers here to answer from.", ())


def test_no_abstract_that_is_said_not_to_mention_a_thing_mentions_it(weighed: Weighed) -> None:
    checked = 0
    for row, found, verdict in weighed:
        if verdict.missing and not verdict.mentioned:
            meant = [one.paper for one in found if one.paper.id in verdict.papers]
            papers = meant if verdict.outcome is Outcome.CLOSE else bundled_papers()
            assert not any(verdict.missing[0].casefold() in f"{p.title} {p.abstract}".casefold() for p in papers), row
            checked += 1
    assert checked > 20


# -- what is asked for -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "kind", "things"),
    [
        ("What learning rate did they use?", Kind.NUMBER, ("learning rate",)),
        ("How many GPU hours did it take?", Kind.NUMBER, ("GPU hours",)),
        ("What is the number of layers of PhysiX?", Kind.NUMBER, ("layers",)),
        ("Which optimizer was SAM 3 trained with?", Kind.OTHER, ("optimizer",)),
        ("Who is the first author of MotionCrafter?", Kind.PERSON, ()),
        ("When was the paper published?", Kind.DATE, ()),
        ("Under which license is MultiRef released?", Kind.CODE, ("license",)),
        ("How is the reward computed?", Kind.FORMULA, ()),
        ("Does it need fine-tuning?", Kind.YES_NO, ()),
        ("Which papers prune networks?", Kind.PAPER, ()),
        ("bake-off of the cheap replacements for attention", Kind.PAPER, ()),
        ("What is KIVI?", Kind.OTHER, ()),
    ],
)
def test_the_kind_of_answer_and_the_thing_asked_for_are_read_off_the_question(
    question: str, kind: Kind, things: tuple[str, ...]
) -> None:
    demand = read_demand(question)
    assert (demand.kind, demand.things) == (kind, things)


@pytest.mark.parametrize(
    ("question", "group", "names"),
    [
        ("How does KIVI work?", "named", ["KIVI"]),
        ("Compare KIVI and ZipCache.", "compared", ["KIVI", "ZipCache"]),
        ("How many parameters does MiniMA have?", "named", ["Towards the Law of Capacity Gap in Distilling LM"]),
    ],
)
def test_a_paper_is_named_by_its_name_or_by_a_rare_name_it_gives(
    engine: Engine, question: str, group: str, names: list[str]
) -> None:
    found, papers = find_focus(question, engine.search(question), engine.index.words, ())
    assert found == group
    assert {one.paper.title.split()[0].strip(":") for one in papers} == {name.split()[0] for name in names}


@pytest.mark.parametrize("text", ["It takes 12 GB.", "up to 6-8 times", "2.78times", "30-min windows", "half of it"])
def test_a_number_counts_or_measures(text: str) -> None:
    assert VALUE.search(text)


@pytest.mark.parametrize("text", ["Qwen-2.5 is a model.", "GPT-4o and 3D scenes", "the H100", "no number"])
def test_a_number_within_a_name_is_none(text: str) -> None:
    assert not VALUE.search(text)


def test_words_between_a_number_and_a_thing_are_counted() -> None:
    assert words_between("We use 3 new lenses.", ["lens"]) == 2


# -- the models --------------------------------------------------------------------------------------------------------


def test_models_hold_signals_that_are_measured(engine: Engine) -> None:
    question = "What is KIVI?"
    support = measure(question, engine.search(question), engine.index.words, ())
    assert all(set(model) - {""} <= set(support.signals) for model in MODELS.values())


def test_refused_and_answered_questions_on_the_page_are_told_apart(weighed: Weighed) -> None:
    good = [verdict.outcome for row, _, verdict in weighed if row["outcome"] == Outcome.ANSWERED]
    bad = [verdict.outcome for row, _, verdict in weighed if row["outcome"] != Outcome.ANSWERED]
    assert good.count(Outcome.ANSWERED) > 0.85 * len(good)
    assert bad.count(Outcome.ANSWERED) < 0.3 * len(bad)


def test_the_fit_finds_what_tells_questions_apart(engine: Engine, weighed: Weighed) -> None:
    cases = []
    for row, found, verdict in weighed:
        support = measure(row["question"], found, engine.index.words, ())
        cases.append(Case(row["question"], row["kind"], row["outcome"], 0, 1.0, support, verdict.outcome))
    model = fit([case for case in cases if case.support.group == "named"], ["elsewhere", "cosine"])
    assert model["elsewhere"] < 0 < model["cosine"]


def test_a_reliability_plot_has_a_dot_for_each_bin() -> None:
    assert draw([(0.1, 0.2, 5), (0.9, 0.8, 20)]).count("<circle") == 2
