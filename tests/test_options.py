"""Who asks which method to use gets the papers that may serve, each by what it does or found; or a plain refusal."""

import pytest
from rag.grammar import ADVICE

from rag.engine import Engine


@pytest.mark.parametrize(
    "question",
    [
        "Which method should I pick to run a vision model on a microcontroller?",
        "recommend me a way to compress the kv cache",
        "I have 8 GB, what can I use to train?",
        "what is the best way to send less between machines?",
        "My vocabulary is huge. What helps?",
        "i need to compress gradients",
        "How can I reduce the memory of the optimizer?",
        "which quantization method is best for the KV cache?",
    ],
)
def test_a_need_asks_for_methods(question: str) -> None:
    assert ADVICE.search(question)


@pytest.mark.parametrize(
    "question",
    [
        "Which guidance scale works best?",
        "In the recommender approach that trains a sparse network, which weights stay?",
        "How do I know whether KIVI was tested on Mistral?",
        "What do the authors use?",
    ],
)
def test_a_setting_or_a_fact_is_no_need(question: str) -> None:
    assert not ADVICE.search(question)


def test_a_need_is_met_by_a_list_of_papers_each_by_its_own_work(engine: Engine) -> None:
    answer = engine.ask("recommend me a way to compress the kv cache without retraining")
    assert (answer.kind, answer.outcome) == ("options", "answered")
    titles = {citation.title for citation in answer.citations}
    assert 2 <= len(titles) == len(answer.citations) <= 6
    assert all("cache" in title.casefold() or "KV" in title for title in titles)
    assert answer.note == f"90 papers looked at, these {len(titles)} may serve, the likeliest first."


def test_the_paper_for_a_need_stands_first(engine: Engine) -> None:
    answer = engine.ask("my vocabulary is huge and the loss takes too much memory, what helps?")
    assert answer.citations[0].title == "Cut Your Losses in Large-Vocabulary Language Models"


@pytest.mark.parametrize(
    "question",
    [
        "How do I get the stain of red wine out of a carpet?",
        "Which method should I use to detect tumours in MRI scans?",
        "what should I use to predict the weather",
    ],
)
def test_a_need_that_no_paper_meets_is_refused(engine: Engine, question: str) -> None:
    answer = engine.ask(question)
    assert (answer.outcome, answer.citations) == ("absent", ())
    assert answer.text.startswith("None of the 90 papers here answers that")
