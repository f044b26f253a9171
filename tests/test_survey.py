"""Surveys: which papers fit a question about many, by which sentence, and how the list is told."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from rag.judge import Judge, Judged
from rag.likelihood import ANY, BY_MEANING, LISTED, SIGNALS, chances, leave_out
from rag.shelf import Shelf, abbreviations
from rag.survey import MOST_LISTED, count_papers, survey
from rag.topic import Topic, find_topic

from ingest.entry import make_entry
from ingest.index import PaperIndex
from ingest.library import ingest_sources
from ingest.paper import Paper, Sentence
from ingest.settings import Settings
from rag.engine import Engine
from rag.evaluate.measures import MARK, answer_sentences
from rag.retrieve.scope import Scope
from rag.types import Evidence
from rag.write.draft import Draft, Group, Numbering
from rag.write.render import render


@pytest.fixture(scope="module")
def judge(indexed_home: Path) -> Iterator[Judge]:
    index = PaperIndex(Settings(indexed_home))
    yield Judge(index)
    index.close()


@pytest.fixture(scope="module")
def word_judge(tmp_path_factory: pytest.TempPathFactory, indexed_home: Path) -> Iterator[Judge]:
    """A judge of the bundled page that has no embedding model."""
    from tests.conftest import PAGE

    settings = Settings(tmp_path_factory.mktemp("words"), embedding="none")
    ingest_sources(settings, [str(PAGE)])
    index = PaperIndex(settings)
    yield Judge(index)
    index.close()


def listed(judge: Judge, question: str, *, scope: Scope | None = None) -> list[str]:
    return [
        one.paper.title.partition(":")[0] for one in judge.judge(question, scope=scope) if one.probability >= LISTED
    ]


def items(draft: Draft) -> list[str]:
    return [item.evidence.paper.title for part in draft.parts if isinstance(part, Group) for item in part.items]


# -- the topic of a question -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("Which papers here use ImageNet in their experiments?", Topic("use ImageNet in their experiments")),
        ("How many of these papers are about speech?", Topic("speech")),
        ("object detection papers", Topic("object detection")),
        ("reinforcement learning: full list please", Topic("reinforcement learning")),
        ("Please show me everything on graph networks.", Topic("graph networks")),
        ("I write a thesis. Which studies prove bounds?", Topic("prove bounds")),
        ("I need help with pruning. Which papers should I read?", Topic("help with pruning")),
        ("Which papers prune networks, except vision models?", Topic("prune networks", "vision models")),
        ("papers on images (not video)", Topic("images", "video")),
        ("Which papers do training? I don't mean inference.", Topic("training", "inference")),
        ("Which papers study networks that do not forget?", Topic("study networks that do not forget")),
        ("Which papers need not only one GPU?", Topic("need not only one GPU")),
        ("papers not about language models", Topic("", "language models")),
        ("list all papers", Topic("")),
        ("Which papers are there?", Topic("")),
    ],
)
def test_the_topic_is_what_remains_when_the_asking_is_taken_away(question: str, topic: Topic) -> None:
    assert find_topic(question) == topic


# -- the judgement -----------------------------------------------------------------------------------------------------


def test_every_paper_is_judged_once_the_likeliest_first(judge: Judge) -> None:
    judged = judge.judge("Which papers are about federated learning?")
    assert len({one.paper.id for one in judged}) == len(judged) == 90
    assert [one.probability for one in judged] == sorted((one.probability for one in judged), reverse=True)
    assert all(0 <= one.probability <= 1 for one in judged)


def test_the_sentence_of_each_paper_is_one_of_its_abstract(judge: Judge) -> None:
    for one in judge.judge("Which papers save energy?"):
        sentence = one.evidence.sentence
        assert one.paper.abstract[sentence.start : sentence.end] == sentence.text
        assert one.evidence.paper == one.paper == one.ranked().paper


@pytest.mark.parametrize(
    ("question", "titles"),
    [
        ("Which papers deal with federated learning?", {"CELLM", "FEDZIP"}),
        (
            "object detection papers",
            {"LeYOLO, New Scalable and Efficient CNN Architecture for Object Detection", "YOLOv9"},
        ),
        ("wich papers adress graph nueral networks?", {"GNNPipe"}),
    ],
)
def test_papers_that_belong_are_found_by_words_and_meaning_or_by_words_alone(
    judge: Judge, word_judge: Judge, question: str, titles: set[str]
) -> None:
    assert titles <= set(listed(judge, question))
    assert titles <= set(listed(word_judge, question))


@pytest.mark.parametrize("question", ["Which papers are about pizza dough?", "How many papers predict stock prices?"])
def test_none_is_listed_for_what_no_paper_is_about(judge: Judge, word_judge: Judge, question: str) -> None:
    for by in (judge, word_judge):
        assert not listed(by, question) or by.judge(question).any < ANY


def test_all_are_listed_where_no_topic_is_named(judge: Judge, word_judge: Judge) -> None:
    assert len(listed(judge, "list all papers")) == len(listed(word_judge, "Which papers are there?")) == 90


def test_what_is_ruled_out_is_left_out(judge: Judge) -> None:
    every = set(listed(judge, "communication-efficient training"))
    assert "CELLM" in every
    assert "CELLM" not in listed(judge, "communication-efficient training, except federated learning")


def test_a_topic_ruled_out_and_the_same_topic_asked_for_share_out_the_papers(judge: Judge) -> None:
    about = listed(judge, "papers about language models")
    others = listed(judge, "papers not about language models")
    assert 20 < len(about) < 70
    assert sorted(about + others) == sorted(listed(judge, "all papers"))


def test_a_paper_is_as_likely_in_a_scope_as_in_the_whole_collection(judge: Judge) -> None:
    judged = judge.judge("Which papers prune networks?")
    few = tuple(one.paper.id for one in judged[10:20])
    inside = judge.judge("Which papers prune networks?", scope=Scope(few))
    assert [(one.paper.id, one.probability) for one in inside] == [
        (one.paper.id, one.probability) for one in judged[10:20]
    ]
    assert not judge.judge("list all papers", scope=Scope(("nobody",)))


def test_a_name_in_the_topic_finds_the_papers_that_have_it_with_a_number_too(judge: Judge) -> None:
    found = listed(judge, "How many of these papers mention FlashAttention?")
    assert "FlashAttention-2" in found
    assert "The I/O Complexity of Attention, or How Optimal is Flash Attention?" in found


def test_an_empty_index_has_nothing_to_judge(tmp_path: Path) -> None:
    index = PaperIndex(Settings(tmp_path, embedding="none"))
    assert not Judge(index).judge("Which papers prune networks?")
    index.close()


def test_a_paper_without_an_abstract_cannot_be_cited_and_is_left_out(tmp_path: Path) -> None:
    index = PaperIndex(Settings(tmp_path, embedding="none"))
    papers = Paper("Bees", "We count bees."), Paper("Wasps", "")
    index.record.write([(make_entry(paper), "a test", paper.title) for paper in papers])
    assert [one.paper.title for one in Judge(index).judge("list all papers")] == ["Bees"]
    index.close()


def test_papers_that_come_or_change_are_judged_at_once(tmp_path: Path) -> None:
    index = PaperIndex(Settings(tmp_path, embedding="none"))
    judge = Judge(index)
    index.record.write([(make_entry(Paper("Bees", "We count bees.")), "a test", "1")])
    assert [one.evidence.sentence.text for one in judge.judge("all papers")] == ["We count bees."]
    changed = make_entry(Paper("Bees", "We breed bees."), number=index.record.numbers()[0])
    index.record.write([(changed, "a test", "2"), (make_entry(Paper("Ants", "We feed ants.")), "a test", "3")])
    assert {one.evidence.sentence.text for one in judge.judge("all papers")} == {"We breed bees.", "We feed ants."}
    index.close()


def test_the_probability_grows_with_each_signal() -> None:
    low = np.zeros((2, len(SIGNALS)), dtype=np.float32)
    for at in range(len(SIGNALS)):
        signals = low.copy()
        signals[1, at] = 0.2
        first, second = chances(signals, BY_MEANING)
        assert second > first


def test_what_would_not_be_listed_for_a_topic_is_listed_without_it() -> None:
    found = leave_out(1 - np.asarray([0.01, LISTED - 0.01, LISTED + 0.01, 0.99], dtype=np.float32))
    assert [chance >= LISTED for chance in found] == [True, True, False, False]


def test_an_abbreviation_is_what_its_letters_begin() -> None:
    text = "We use graph neural networks (GNNs), a Mixture-of-Experts (MoE) and good luck (NASA)."
    assert dict(abbreviations(text)) == {"gnn": ("graph", "neural", "network"), "moe": ("mixtur", "expert")}


def test_a_shelf_of_nothing_holds_nothing() -> None:
    assert [len(units) for units in Shelf([], {}).find(["bee"])] == [0]


# -- the list ----------------------------------------------------------------------------------------------------------


def made(title: str, text: str, probability: float, vector: Sequence[float] = (0.0, 0.0)) -> Judged:
    paper = Paper(title, text)
    evidence = Evidence(paper, Sentence(text, 0, len(text)), probability)
    return Judged(paper, evidence, probability, np.asarray(vector, dtype=np.float32))


def test_papers_under_the_threshold_are_not_listed() -> None:
    judged = [made("Ants", "We feed ants.", 0.9), made("Bees", "Bees.", LISTED), made("Cats", "Cats.", LISTED - 0.01)]
    draft = survey("Which papers are about insects?", judged, 3)
    assert items(draft) == ["Ants", "Bees"]
    assert draft.note == "3 papers looked at, 2 fit."


def test_a_survey_that_nothing_fits_has_no_parts() -> None:
    assert survey("Which?", [made("Ants", "We feed ants.", 0.01)], 1) == Draft((), "1 paper looked at, none fits.")


@pytest.mark.parametrize(
    ("counts", "note"),
    [
        ((90, 7, 7), "90 papers looked at, 7 fit."),
        ((90, 1, 1), "90 papers looked at, 1 fits."),
        ((90, 90, 90), "90 papers looked at, all fit."),
        ((9877, 1200, 200), "9,877 papers looked at, 1,200 fit. Quoted here: 200 of them."),
    ],
)
def test_the_note_counts_what_was_looked_at_what_fits_and_what_is_quoted(
    counts: tuple[int, int, int], note: str
) -> None:
    assert count_papers(*counts) == note


def test_a_list_has_an_end() -> None:
    judged = [made(f"Paper {n}", f"We count to {n}.", 1.0) for n in range(MOST_LISTED + 5)]
    assert len(items(survey("list all papers", judged, len(judged)))) == MOST_LISTED


@pytest.mark.parametrize("question", ["list all papers", "Which papers are about language models?", "KV cache papers"])
def test_each_paper_stands_in_a_list_once_and_every_line_is_cited(judge: Judge, question: str) -> None:
    judged = judge.judge(question)
    draft, numbering = survey(question, judged, len(judged)), Numbering()
    titles = items(draft)
    assert len(titles) == len(set(titles)) == sum(one.probability >= LISTED for one in judged)
    text = "".join(render(draft, numbering))
    assert all(MARK.search(line) for line in text.splitlines() if line.strip())
    assert all(MARK.search(sentence) for sentence in answer_sentences(text))
    assert {int(n) for n in re.findall(r"\[(\d+)\]", text)} >= {cited.number for cited in numbering.citations}


@pytest.mark.parametrize(
    ("topic", "spoken_of"),
    [
        ("Which papers are about KV cache compression?", True),
        ("which papers prune networks", True),
        ("Which papers deal with training across several sites?", True),
        ("Which papers are about pizza dough?", False),
        ("Which of these predict protein structures?", False),
        ("Are there any papers on sign language translation?", False),
    ],
)
def test_the_chance_that_any_paper_fits_tells_topics_here_from_others(
    judge: Judge, topic: str, spoken_of: bool
) -> None:
    assert (judge.judge(topic).any >= ANY) == spoken_of


def test_a_topic_that_no_paper_is_about_gets_no_list(engine: Engine) -> None:
    answer = engine.ask("Which papers study sign language translation?")
    assert (answer.refused, answer.outcome) == (True, "absent")
    assert answer.text.startswith("None of the 90 papers here")


@pytest.mark.parametrize("asked", ["how many papers are on robots?", "how many papers are there about pruning?"])
def test_how_many_papers_of_a_topic_is_a_question_of_the_topic(engine: Engine, asked: str) -> None:
    assert engine.ask(asked).kind == "survey"


def test_where_no_paper_clearly_fits_the_nearest_are_quoted_as_near(engine: Engine) -> None:
    answer = engine.ask("which papers deal with speech recognition for languages with few recordings?")
    assert (answer.outcome, answer.refused) == ("close", True)
    assert answer.text.startswith("No paper here clearly fits that; these come nearest.")
    assert answer.note == "90 papers looked at, none fits."
    assert len({citation.paper_id for citation in answer.citations}) == 3


def test_a_topic_goes_back_to_what_the_sentence_spoke_of_first() -> None:
    topic = find_topic("reinforcement learning used outside of text: which papers use it to train models for robots?")
    assert topic.wanted == "reinforcement learning used outside of text use it to train models for robots"
    assert find_topic("Which papers would matter for a story on energy use?").wanted == "energy use"
    assert find_topic("I only care about 3D objects. Which papers should I look at?").wanted.endswith("3D objects")
