"""'Which papers do not need X?' lists those that say so, and no paper that is only silent on it."""

import pytest
from rag.negated import Negated, read_negated, says_without

from ingest.paper import Paper
from rag.engine import Engine


@pytest.mark.parametrize(
    ("question", "read"),
    [
        ("Which KV cache methods do NOT need retraining?", Negated("Which KV cache methods", "retraining")),
        ("which papers don't use human annotations", Negated("which papers", "human annotations")),
        ("Which papers are about pruning?", None),
        ("Which papers do not only quantize weights?", None),
        ("papers on split models, I don't mean split computing", None),
        ("methods that compress without retraining", None),
        ("Which of them needs no fine-tuning?", Negated("Which of them", "fine-tuning")),
        ("which work without calibration data", Negated("which", "calibration data")),
        ("works that need no training at all to improve a model", Negated("works that", "training")),
    ],
)
def test_what_papers_are_to_do_without_is_read(question: str, read: Negated | None) -> None:
    assert read_negated(question) == read


@pytest.mark.parametrize(
    ("abstract", "says"),
    [
        ("We quantize. It works without any retraining of the model.", True),
        ("We propose a retraining-free method.", True),
        ("Retraining is not needed. Our cache shrinks, avoiding costly retraining.", True),
        ("We retrain for a day. Nothing else is needed.", False),
        ("Our cache shrinks.", False),
        ("Freezing the cache makes retraining cheap.", False),
        ("It does not only spare retraining.", False),
        ("We present a training-free method.", True),
    ],
)
def test_only_a_sentence_that_says_so_counts(abstract: str, says: bool) -> None:
    assert bool(says_without(Paper("Shrink", abstract), "retraining")) is says


def test_papers_that_are_silent_are_not_listed(engine: Engine) -> None:
    answer = engine.ask("Which methods for long context LLM inference don't need any fine-tuning?")
    assert [citation.quote for citation in answer.citations] == [
        "From this analysis, we developed a tuning-free 2bit KV cache quantization algorithm, named KIVI."
    ]
    assert "Papers that are silent on “fine-tuning” are not listed" in answer.note
    silent = engine.ask("Which papers do not use GPUs?")
    assert (silent.outcome, silent.citations) == ("close", ())
    assert silent.text.startswith("No abstract here says that it does without “GPUs”.")
