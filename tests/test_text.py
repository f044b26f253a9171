"""Cleaned text, where its sentences and passages end, which paper is which, and what one is called in passing."""

import re
import time
from itertools import pairwise

import pytest

from ingest.names import nickname, short_name
from ingest.paper import Paper, find_arxiv_id
from ingest.sentences import PASSAGE_CHARACTERS, make_passages, split_sentences
from ingest.text import MAX_MARKS, clean


@pytest.mark.parametrize(
    ("dirty", "cleaned"),
    [
        ("  two\n\n lines\tand\r\nmore\u00a0 ", "two lines and more"),
        ("a\x00b\x07c\x1b[31md\x7fe\x85f", "abc[31mde f"),
        ("\ufeffbom, pro\u200bmpt, \u2060LoRA\u2060", "bom, prompt, LoRA"),
        ("\u202egnp.exe\u202c \u2066isolate\u2069 \u200fאב\u200e", "gnp.exe isolate אב"),
        ("ask\U000e0061\U000e0067\U000e007f me", "ask me"),
        ("e\u0301 \u2126", "é Ω"),
        ("lone \ud83d end", "lone \ufffd end"),
        ("a\ufe0f\U000e0101\U000e0102b", "a\ufe0fb"),
        ("\u200b \x00", ""),
    ],
)
def test_invisible_and_control_characters_are_taken_out(dirty, cleaned):
    assert clean(dirty) == clean(cleaned) == cleaned


@pytest.mark.parametrize(
    "text", ["👨\u200d👩\u200d👧", "می\u200cخواهم", "क्\u200dष", "检索增强生成", "DεpS: x² ≤ ½", "❤\ufe0f"]
)
def test_what_scripts_and_emoji_need_stays(text):
    assert clean(text) == text


@pytest.mark.parametrize("bomb", ["\u0344\u0301" * 500_000, ("a" + "\u0316\u0301" * 16) * 20_000])
def test_runs_of_combining_marks_are_cut_in_less_than_five_seconds(bomb):
    start = time.monotonic()
    cleaned = clean("a" + bomb + "b")
    assert time.monotonic() - start < 5
    assert not re.search(rf"[\u0300-\u036f]{{{MAX_MARKS + 1}}}", cleaned)
    assert cleaned[-1] == "b"


def texts(abstract: str) -> list[str]:
    return [sentence.text for sentence in split_sentences(abstract)]


@pytest.mark.parametrize(
    "sentence",
    [
        "We follow Goldfeld et al. (2019) and add a step.",
        "It keeps memory (e.g. GPU SRAM) small, i.e. under 1.5 GB.",
        "It wins by 0.38% vs. a baseline, cf. Fig. 3 and Eq. (2).",
        "J. Smith and A. B. Jones agree.",
        "The code is at https://example.org/a.b/c and free.",
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
        "They call it “good.” We agree.",
        "We train mT5. mT5 wins.",
        "The method of Brown et al. We extend it.",
    ],
)
def test_a_sentence_ends_where_the_next_begins(abstract: str) -> None:
    assert len(texts(abstract)) == abstract.count(". ") + abstract.count("? ") + abstract.count("” ") + 1


def test_passages_overlap_by_a_sentence_and_reach_the_end() -> None:
    abstract = " ".join(f"Sentence number {n} says something of a fair length about lenses." for n in range(30))
    sentences = split_sentences(abstract)
    passages = make_passages(abstract, sentences)
    assert (passages[0].start, passages[-1].end) == (0, len(abstract))
    assert all(len(passage.text) <= PASSAGE_CHARACTERS for passage in passages)
    starts = [sentence.start for sentence in sentences]
    for before, after in pairwise(passages):
        assert after.start in starts
        assert before.start < after.start < before.end
    abstract = "Short one. Long " + "long " * 300 + "end. Short two."
    passages = make_passages(abstract, split_sentences(abstract))
    assert [passage.text[:5] for passage in passages] == ["Short", "Long ", "Short"]  # a long one is one by itself


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("https://arxiv.org/abs/2407.03618v2", "2407.03618"),
        ("http://arxiv.org/abs/quant-ph/0201082v1", "quant-ph/0201082"),
        ("https://doi.org/10.48550/arXiv.2401.00001", "2401.00001"),
        ("https://example.org/12407.036181", ""),
        ("https://arxiv.org/abs/math.GT/0309136", "math/0309136"),
        ("1234.56789", ""),  # there is no month 34
        ("10.1000/182", ""),
        ("", ""),
    ],
)
def test_an_arxiv_id_is_found_without_its_version(text: str, found: str) -> None:
    assert find_arxiv_id(text) == found


def test_titles_that_differ_in_case_space_and_marks_are_the_same_paper() -> None:
    assert Paper("KIVI: A  Tuning-Free…", "x").id == Paper("kivi – a tuning‑free", "y").id
    assert Paper("One", "x").id != Paper("Two", "x").id
    assert Paper("???", "x").id != Paper("!!!", "x").id  # without a letter


@pytest.mark.parametrize(
    ("title", "abstract", "name"),
    [
        ("BottleFit: Learning Representations", "We propose BottleFit.", "BottleFit"),
        ("Kinetics: Rethinking Scaling Laws", "We introduce the Kinetics scaling law.", "Kinetics"),
        ("Learned Compression", "We introduce WaLLoC (Wavelet Compression), a codec. WaLLoC wins.", "WaLLoC"),
        ("Cut Your Losses", "We propose Cut Cross-Entropy (CCE), a method. CCE saves memory.", "CCE"),
        ("On Bits", "A 2bit algorithm, named KIVI, is built. KIVI needs no tuning.", "KIVI"),
        ("How Does It Help?", "We study large models. LLMs are large.", ""),
        ("Why: A Question", "It is asked.", ""),
        ("On Frames", "We propose a framework of frames ( ) and more () for all.", ""),
    ],
)
def test_the_name_is_the_one_the_paper_gives_its_own_method(title: str, abstract: str, name: str) -> None:
    assert nickname(Paper(title, abstract)) == name


def test_a_paper_without_a_name_goes_by_its_title_cut_at_a_word() -> None:
    assert short_name(Paper("How Does It Help?", "It does.")) == "How Does It Help?"
    long = short_name(Paper("word " * 60, "It does."))
    assert long.endswith("word …")
    assert len(long) < 110
