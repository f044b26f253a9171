"""What a paper is called in passing."""

import pytest

from ingest.names import nickname, short_name
from ingest.paper import Paper


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
        ("", "", ""),
    ],
)
def test_the_name_is_the_one_the_paper_gives_its_own_method(title: str, abstract: str, name: str) -> None:
    assert nickname(Paper(title, abstract)) == name


def test_a_paper_without_a_name_goes_by_its_title_cut_at_a_word() -> None:
    assert short_name(Paper("How Does It Help?", "It does.")) == "How Does It Help?"
    long = short_name(Paper("word " * 60, "It does."))
    assert long.endswith("word …")
    assert len(long) < 110


def test_empty_brackets_behind_what_is_proposed_are_no_name() -> None:
    assert nickname(Paper("On Frames", "We propose a framework of frames ( ) and more () for all.")) == ""
