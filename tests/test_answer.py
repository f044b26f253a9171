"""Answers without a model: what is said, that all of it is cited, and when nothing is said."""

import json
import re

import pytest
from rag.extract import as_paragraphs, choose, flow, mark
from rag.revise import shorten

from ingest.paper import Paper, Sentence
from rag.engine import Engine
from rag.evaluate.measures import MARK, answer_sentences
from rag.types import Answer, Evidence, Ranked
from rag.write.draft import Numbering
from rag.write.render import render

QUESTIONS = [
    "Which tasks was WaLLoC tried on?",
    "Compare KIVI and ZipCache on memory.",
    "Which papers prune networks?",
    "How much memory does APOLLO need to train LLaMA-7B?",
    "what is mutual information estimated with",
    "GPU",
]


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_sentence_is_cited_and_every_mark_is_a_quote_word_for_word(engine: Engine, question: str) -> None:
    answer = engine.ask(question)
    assert not answer.refused
    assert all(MARK.search(sentence) for sentence in answer_sentences(answer.text))
    marks = dict.fromkeys(int(n) for n in re.findall(r"\[(\d+)\]", answer.text))
    assert list(marks) == [c.number for c in answer.citations] == list(range(1, len(answer.citations) + 1))
    for cited in answer.citations:
        paper = engine.paper(cited.paper_id)
        assert paper
        assert paper.title == cited.title
        assert paper.abstract[cited.start : cited.end] == cited.quote


def test_a_fact_gets_one_to_three_sentences_of_its_paper(engine: Engine) -> None:
    answer = engine.ask("How much memory does APOLLO need to train LLaMA-7B on a single GPU?")
    assert "less than 12 GB" in answer.text
    assert 1 <= len(answer.citations) <= 3
    assert {cited.title for cited in answer.citations} == {"APOLLO: SGD-like Memory, AdamW-level Performance"}


def test_both_papers_that_a_question_names_are_cited(engine: Engine) -> None:
    titles = [cited.title.partition(":")[0] for cited in engine.ask("KIVI vs ZipCache").citations]
    assert set(titles) == {"KIVI", "ZipCache"}


def test_sentences_of_a_paper_stand_in_reading_order(engine: Engine) -> None:
    citations = engine.ask("What does Hydragen do and how fast is it?").citations
    assert [cited.start for cited in citations] == sorted(cited.start for cited in citations)


@pytest.mark.parametrize("question", ["asdf qwer zxcv", "best pizza dough recipe"])
def test_what_no_paper_is_about_is_refused_in_one_sentence_with_the_closest(engine: Engine, question: str) -> None:
    answer = engine.ask(question)
    assert (answer.refused, answer.outcome, answer.citations) == (True, "absent", ())
    assert answer.text.startswith("None of the 90 papers here ")
    assert "\n" not in answer.text
    assert len(answer.retrieved) == 10


def test_what_a_paper_comes_close_to_is_refused_with_what_it_does_say(engine: Engine) -> None:
    answer = engine.ask("How fast is FlashAttention-2 on H100 in FP8?")
    assert (answer.refused, answer.outcome) == (True, "close")
    first, *neighbours = answer.text.split("\n\n")
    assert first == "The abstract of FlashAttention-2 does not mention “H100”; this comes nearest."
    assert all(MARK.search(sentence) for text in neighbours for sentence in answer_sentences(text))
    assert {cited.title.partition(":")[0] for cited in answer.citations} == {"FlashAttention-2"}


def test_streamed_pieces_make_up_the_answer_which_comes_last_and_once(engine: Engine) -> None:
    pieces = list(engine.stream(QUESTIONS[0]))
    assert [isinstance(piece, Answer) for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    assert "".join(str(piece) for piece in pieces[:-1]) == pieces[-1].text  # type: ignore[union-attr]


def test_the_same_question_gets_the_same_answer(engine: Engine) -> None:
    first, second = engine.ask(QUESTIONS[1]), engine.ask(QUESTIONS[1])
    assert (first.text, first.citations) == (second.text, second.citations)


def test_the_object_for_programs_is_plain_json(engine: Engine) -> None:
    row = json.loads(json.dumps(engine.ask(QUESTIONS[0]).as_dict()))
    assert set(row) >= {"answer", "refused", "standalone", "retrieved", "citations", "seconds"}
    assert set(row["citations"][0]) == {"number", "paper_id", "title", "quote", "start", "end", "verdict"}
    assert len(row["retrieved"]) == 10


def test_starters_can_be_answered(engine: Engine) -> None:
    starters = engine.starters()
    assert 3 <= len(starters) <= 4
    assert not any(engine.ask(question).refused for question in starters)


# -- the writer by itself ----------------------------------------------------------------------------------------------


def ranked(title: str, score: float, *sentences: tuple[str, float]) -> Ranked:
    paper = Paper(title, " ".join(text for text, _ in sentences))
    found = []
    for text, weight in sentences:
        start = paper.abstract.index(text)
        found.append(Evidence(paper, Sentence(text, start, start + len(text)), weight))
    return Ranked(paper, score, tuple(sorted(found, key=lambda evidence: -evidence.score)))


def said(question: str, *papers: Ranked) -> str:
    return "".join(render(as_paragraphs(choose(question, papers)), Numbering()))


def test_a_sentence_that_repeats_another_is_left_out() -> None:
    paper = ranked(
        "Lenses", 1.0, ("We grind lenses by hand.", 1.0), ("By hand, we grind lenses.", 0.9), ("Each costs 3.", 0.8)
    )
    assert said("how", paper) == "Lenses: We grind lenses by hand [1]. Each costs 3 [2]."


def test_a_weak_sentence_is_left_out() -> None:
    assert (
        said("how", ranked("Lenses", 1.0, ("We grind lenses.", 1.0), ("Birds sing.", 0.3)))
        == "Lenses: We grind lenses [1]."
    )


def test_a_paper_far_below_the_first_is_left_out_of_a_list() -> None:
    papers = [ranked("A", 1.0, ("Ants.", 1.0)), ranked("B", 0.8, ("Bees.", 1.0)), ranked("C", 0.4, ("Cats.", 1.0))]
    assert said("which papers are about animals?", *papers) == "A: Ants [1].\n\nB: Bees [2]."


def test_full_stops_within_a_quoted_sentence_do_not_end_it() -> None:
    assert flow("As Jones et al. (2019) and Smith vs. Wood say, e.g. here.") == (
        "As Jones et al (2019) and Smith vs Wood say, e.g here."
    )


@pytest.mark.parametrize(
    ("sentence", "marked"), [("So.", "So [7]."), ("So?", "So [7]?"), ("https://a.b/c", "https://a.b/c [7].")]
)
def test_a_mark_stands_before_the_stop(sentence: str, marked: str) -> None:
    assert mark(sentence, 7) == marked


def test_a_shorter_answer_keeps_the_first_sentence_of_each_paper() -> None:
    papers = [ranked("A", 1.0, ("Ants.", 1.0), ("Big ones run.", 0.9)), ranked("B", 1.0, ("Bees.", 1.0))]
    draft = shorten(as_paragraphs(choose("what", papers)))
    assert "".join(render(draft, Numbering())) == "A: Ants [1].\n\nB: Bees [2]."


def test_what_only_looks_like_a_mark_is_none() -> None:
    assert flow("As shown in [16] and [2, 3], it works.") == "As shown in (16) and (2, 3), it works."
