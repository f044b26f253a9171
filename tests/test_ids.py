"""arXiv ids and DOIs in what people paste."""

import time

import pytest

from ingest.formats.ids import Named, read_ids

KIVI = "2402.02750"


@pytest.mark.parametrize(
    "pasted",
    [
        KIVI,
        f" {KIVI}v2.\n",
        f"arXiv:{KIVI}",
        f"arXiv: {KIVI}v1 [cs.CL]",
        f"https://arxiv.org/abs/{KIVI}v2",
        f"HTTP://www.ArXiv.org/pdf/{KIVI}v2.pdf#page=3",
        f"arxiv.org/pdf/{KIVI}",
        f"https://arxiv.org/html/{KIVI}v1/",
        f"https://www.alphaxiv.org/abs/{KIVI}?chat=1",
        f"https://huggingface.co/papers/{KIVI}#community",
        f"hf.co/papers/{KIVI}",
        f"https://ar5iv.labs.arxiv.org/html/{KIVI}",
        f"10.48550/arXiv.{KIVI}",
        f"doi: 10.48550/ARXIV.{KIVI}",
        f"https://doi.org/10.48550/arXiv.{KIVI}",
        f"[KIVI](https://arxiv.org/abs/{KIVI}),",
        f"<https://arxiv.org/abs/{KIVI}>; ({KIVI}v2)",
    ],
)
def test_a_paper_is_known_by_any_of_its_ids_and_links(pasted: str) -> None:
    expected = ("KIVI",) if pasted.startswith("[") else ()
    named = read_ids(pasted)
    assert (named.arxiv, named.dois, named.alone) == ((KIVI,), (), not expected)


@pytest.mark.parametrize("between", [" ", ",", ", ", "\n", "\r\n", ";", "\t", " | "])
def test_several_are_told_apart_whatever_stands_between_them(between: str) -> None:
    ids = (KIVI, "cs/0112017", "2306.07174")
    assert read_ids(between.join(ids)) == Named(ids, (), True)
    assert read_ids(f"Read {between.join(ids)}, please") == Named(ids, (), False)


def test_a_doi_of_another_is_no_id() -> None:
    for doi in ("10.1145/3292500.3330701", "10.1016/S0140-6736(20)30183-5"):
        for pasted in (doi, f"doi:{doi}", f"DOI: {doi}", f"https://doi.org/{doi}."):
            assert read_ids(pasted) == Named((), (doi,), True)
    assert read_ids(f"{KIVI} 10.1145/1") == Named((KIVI,), ("10.1145/1",), True)


@pytest.mark.parametrize(
    "pasted",
    [
        "",
        "KIVI",
        "1234.56789",
        "v2.14",
        "papers/2402.02750",
        "https://example.org/2402.02750",
        "https://arxiv.org/list/cs.CL/new",
        "model-2402.02750x",
        "3.14",
        "https://[",
        "\x00",
        "2402.02750.txt",
    ],
)
def test_what_is_no_id_is_none(pasted: str) -> None:
    assert not read_ids(pasted)
    assert not read_ids(pasted).alone


@pytest.mark.parametrize("piece", ["2402.02750 ", "10.1145/", "(", "[a-", "arxiv: ", "a/", "https://arxiv.org/"])
def test_a_long_paste_is_read_in_a_moment(piece: str) -> None:
    began = time.process_time()
    read_ids(piece * (600_000 // len(piece)))
    assert time.process_time() - began < 5
