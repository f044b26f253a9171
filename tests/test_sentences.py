"""Sentences and passages: where one ends, and that spans never lie."""

from itertools import pairwise

import pytest
from conftest import PAGE

from ingest.paper import Paper
from ingest.sentences import PASSAGE_CHARACTERS, make_passages, split_sentences
from ingest.sources import read_source


def texts(abstract: str) -> list[str]:
    return [sentence.text for sentence in split_sentences(abstract)]


@pytest.mark.parametrize(
    "sentence",
    [
        "We follow Goldfeld et al. (2019) and add a step.",
        "It keeps memory (e.g. GPU SRAM) small, i.e. under 1.5 GB.",
        "Data are i.i.d. and plentiful.",
        "It wins by 0.38% vs. a baseline, cf. Fig. 3 and Eq. (2).",
        "J. Smith and A. B. Jones agree.",
        "The code is at https://example.org/a.b/c and free.",
        "Version 2.0 of the U.S. census is used.",
    ],
)
def test_a_full_stop_inside_a_sentence_does_not_end_it(sentence: str) -> None:
    assert texts(f"First one here. {sentence} Last one here.") == ["First one here.", sentence, "Last one here."]


@pytest.mark.parametrize(
    "abstract",
    [
        "Is it so? Yes. It is!",
        "It helps (see Table 2). We stop.",
        "We show three things: (i) it works. (ii) It scales.",
        "As Figure 1 shows. The end.",
        "They call it “good.” We agree.",
        "We train mT5. mT5 wins.",
        "The method of Brown et al. We extend it.",
    ],
)
def test_a_sentence_ends_where_the_next_begins(abstract: str) -> None:
    assert len(texts(abstract)) == abstract.count(". ") + abstract.count("? ") + abstract.count("” ") + 1


def test_spans_are_word_for_word_and_cover_everything_but_gaps() -> None:
    for paper in read_source(str(PAGE)):
        assert isinstance(paper, Paper)
        sentences = split_sentences(paper.abstract)
        assert all(paper.abstract[s.start : s.end] == s.text for s in sentences)
        assert "".join("".join(s.text.split()) for s in sentences) == "".join(paper.abstract.split())


@pytest.mark.parametrize(
    "abstract", ["", "   ", ".", "...", "No stop at all", "a. b. c. d", "? ! .", "\n\nTwo.\n\nLines."]
)
def test_odd_abstracts_give_true_spans(abstract: str) -> None:
    for sentence in split_sentences(abstract):
        assert abstract[sentence.start : sentence.end] == sentence.text != ""


def test_passages_overlap_by_a_sentence_and_reach_the_end() -> None:
    abstract = " ".join(f"Sentence number {n} says something of a fair length about lenses." for n in range(30))
    sentences = split_sentences(abstract)
    passages = make_passages(abstract, sentences)
    assert passages[0].start == 0
    assert passages[-1].end == len(abstract)
    assert all(len(passage.text) <= PASSAGE_CHARACTERS for passage in passages)
    starts = [sentence.start for sentence in sentences]
    for before, after in pairwise(passages):
        assert after.start in starts
        assert before.start < after.start < before.end


def test_a_sentence_longer_than_a_passage_is_one_by_itself() -> None:
    abstract = "Short one. Long " + "long " * 300 + "end. Short two."
    passages = make_passages(abstract, split_sentences(abstract))
    assert [passage.text[:5] for passage in passages] == ["Short", "Long ", "Short"]
