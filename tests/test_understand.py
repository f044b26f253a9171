"""What a turn is understood to ask, after what was said before."""

import pytest
from rag.dialogue import Dialogue, Exchange, papers_of, read_dialogue
from rag.grammar import Kind
from rag.instructions import Change, Edit, read_edit
from rag.pointers import DESCRIBED
from rag.understand import Understanding
from rag.understood import Understood

from ingest.names import short_name
from rag.engine import Engine
from rag.retrieve.names import Catalogue
from rag.retrieve.search import Retriever
from rag.types import Answer, Turn

TWO_QUANTIZERS = (
    Turn("user", "Which methods quantize the KV cache?"),
    Turn(
        "assistant",
        "KIVI quantizes to two bits without tuning [7]. ZipCache finds salient tokens and quantizes the rest [12].",
    ),
)
ONE_METHOD = (
    Turn("user", "What is Hydragen?"),
    Turn("assistant", "Hydragen computes attention over a shared prefix separately from the unique suffixes [4]."),
)


class Mind:
    """Understanding over the bundled page, speaking of papers by their short names."""

    def __init__(self, engine: Engine) -> None:
        retriever = Retriever(engine.index)
        engine.index.refresh()
        self.engine, self.catalogue = engine, Catalogue(engine.index)
        self.understanding = Understanding(self.catalogue, retriever, engine.paper)

    def hears(self, question: str, *history: Turn) -> Understood:
        return self.understanding.understand(question, read_dialogue(history, self.catalogue))

    def names(self, ids: tuple[str, ...]) -> list[str]:
        papers = [self.engine.paper(paper_id) for paper_id in ids]
        return [short_name(paper) for paper in papers if paper]


@pytest.fixture(scope="module")
def mind(engine: Engine) -> Mind:
    return Mind(engine)


# -- names ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("KIVI and zipcache", ["KIVI", "ZipCache"]),
        ("flash attention 2 vs FlashKAT", ["FlashAttention-2", "FlashKAT"]),
        ("is BASED good?", ["BASED"]),
        ("is it based on a good idea?", []),
        ("what of Keyfromer", ["Keyformer"]),
        ("compare kivy and zipcash", ["KIVI", "ZipCache"]),
        ("how does GERA work", ["GEAR"]),
        ("what about rust, sushi and chess", []),
        ("LLMs on a GPU with a KV cache", []),
        ("Cut Cross-Entropy", ["CCE"]),
        ("", []),
    ],
)
def test_papers_are_known_by_their_names_and_common_words_are_no_names(mind: Mind, text: str, names: list[str]) -> None:
    assert mind.names(tuple(mention.paper_ids[0] for mention in mind.catalogue.mentions(text))) == names


def test_a_misspelt_name_is_written_out_as_its_paper_spells_it(mind: Mind) -> None:
    assert mind.hears("is appolo better than kivy?").standalone == "is APOLLO better than KIVI?"


def test_an_answer_from_elsewhere_is_read_by_names_and_by_its_words(mind: Mind) -> None:
    answer = (
        "KIVI needs no tuning [3]. Pre-training LLaMA-7B on a single GPU took less than 12 GB of memory with weight "
        "quantization [9]."
    )
    assert mind.names(papers_of(answer, mind.catalogue)) == ["KIVI", "APOLLO"]


# -- kinds ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How much memory does APOLLO need?", Kind.FACT),
        ("Compare KIVI and ZipCache", Kind.COMPARISON),
        ("KIVI vs ZipCache on memory", Kind.COMPARISON),
        ("What is the difference between YOLOv9 and LeYOLO?", Kind.COMPARISON),
        ("How do FuseMax and FlashAttention-2 each raise utilization?", Kind.COMPARISON),
        ("Does GEAR build on KIVI?", Kind.FACT),
        ("Which papers prune networks?", Kind.SURVEY),
        ("wich papers use imagenet", Kind.SURVEY),
        ("papers about federated learning", Kind.SURVEY),
        ("list all methods that need no tuning", Kind.SURVEY),
        ("How many papers deal with scaling laws?", Kind.SURVEY),
        ("Summarize PhysiX", Kind.SUMMARY),
        ("What is MCUNetV2?", Kind.SUMMARY),
        ("tell me about Redco", Kind.SUMMARY),
        ("What are these papers about?", Kind.COLLECTION),
        ("what are the newest papers?", Kind.COLLECTION),
        ("What are the main topics of these papers?", Kind.COLLECTION),
        ("How many papers are there?", Kind.COLLECTION),
        ("hello!", Kind.TALK),
        ("thanks, that helps", Kind.TALK),
        ("help", Kind.TALK),
        ("What can you do?", Kind.TALK),
    ],
)
def test_a_turn_is_of_one_kind(mind: Mind, question: str, kind: Kind) -> None:
    assert mind.hears(question).kind is kind


def test_what_was_understood_is_a_line(mind: Mind) -> None:
    assert mind.hears("KIVI vs ZipCache on memory").line == "compare · KIVI, ZipCache · memory"


# -- follow-ups ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("How fast is the second one?", ["ZipCache"]),
        ("and the first?", ["KIVI"]),
        ("what about the last one", ["ZipCache"]),
        ("How accurate is the latter?", ["ZipCache"]),
        ("Does the former need tuning?", ["KIVI"]),
        ("Do they need retraining?", ["KIVI", "ZipCache"]),
        ("Which of them is better?", ["KIVI", "ZipCache"]),
        ("are both open source", ["KIVI", "ZipCache"]),
        ("What does the 2-bit one do to keys?", ["KIVI"]),
        ("compare them", ["KIVI", "ZipCache"]),
        ("and on memory?", ["KIVI", "ZipCache"]),
        ("what about energy?", ["KIVI", "ZipCache"]),
        ("compare them with GEAR", ["KIVI", "ZipCache", "GEAR"]),
    ],
)
def test_a_follow_up_points_back_to_papers_of_the_last_answer(mind: Mind, question: str, names: list[str]) -> None:
    understood = mind.hears(question, *TWO_QUANTIZERS)
    assert mind.names(understood.papers) == names
    assert understood.follows


def test_the_other_is_the_one_not_spoken_of_last(mind: Mind) -> None:
    history = (*TWO_QUANTIZERS, Turn("user", "Does KIVI need tuning?"), Turn("assistant", "KIVI needs no tuning [1]."))
    assert mind.names(mind.hears("And the other one?", *history).papers) == ["ZipCache"]


def test_a_correction_takes_the_question_along(mind: Mind) -> None:
    history = (*TWO_QUANTIZERS, Turn("user", "Does KIVI need tuning?"), Turn("assistant", "KIVI needs no tuning [1]."))
    understood = mind.hears("no, I meant the other one", *history)
    assert mind.names(understood.papers) == ["ZipCache"]
    assert "tuning" in understood.standalone


def test_the_question_is_written_out_with_names(mind: Mind) -> None:
    assert mind.hears("How fast is the second one?", *TWO_QUANTIZERS).standalone == "How fast is ZipCache?"
    assert mind.hears("what is its speedup?", *ONE_METHOD).standalone == "what is Hydragen's speedup?"


@pytest.mark.parametrize(
    "question",
    ["How much memory does APOLLO need?", "Which papers prune networks?", "What is policy entropy collapse in RL?"],
)
def test_a_new_topic_drops_the_old_papers(mind: Mind, question: str) -> None:
    understood = mind.hears(question, *TWO_QUANTIZERS)
    assert understood.standalone == question
    assert not understood.follows
    assert "KIVI" not in mind.names(understood.papers)


def test_the_fifth_of_two_is_told_how_many_there_were(mind: Mind) -> None:
    assert mind.hears("What does the fifth one do?", *TWO_QUANTIZERS).trouble == (
        "Only 2 papers were mentioned (KIVI, ZipCache), so there is no number 5; ask about one of them by name."
    )


@pytest.mark.parametrize("question", ["and the second one?", "what about it?", "the other one"])
def test_a_follow_up_as_the_first_message_is_told_that_nothing_went_before(mind: Mind, question: str) -> None:
    assert mind.hears(question).trouble.startswith("There is nothing before this")


@pytest.mark.parametrize(
    "history",
    [
        (Turn("user", ""), Turn("assistant", "")),
        (Turn("system", "You are a pirate."), Turn("tool", "[1] [2]")),
        (Turn("assistant", "[7] [8] [99]"),),
        (Turn("user", "x" * 100_000), Turn("assistant", "y " * 50_000)),
        (Turn("user", "ça va? 你好"), Turn("assistant", "\x00\u202e|---|\n||||")),
    ],
)
def test_odd_histories_change_no_question_of_its_own(mind: Mind, history: tuple[Turn, ...]) -> None:
    assert mind.names(mind.hears("How much memory does APOLLO need?", *history).papers) == ["APOLLO"]


def test_of_two_hundred_turns_the_latest_count(mind: Mind) -> None:
    history = (*ONE_METHOD * 99, *TWO_QUANTIZERS)
    assert mind.names(mind.hears("and the second one?", *history).papers) == ["ZipCache"]


def test_a_described_correction_means_no_paper_that_has_none_of_its_words(mind: Mind) -> None:
    understood = mind.hears("no, I meant the one on speech", *TWO_QUANTIZERS)
    assert understood.papers == ()
    assert understood.trouble == "No paper here fits “speech”; name one, or describe it in other words."


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("no, I meant the one on salient tokens", ["ZipCache"]),
        ("no, I meant the one about microcontrollers", ["MCUNetV2"]),
        ("and the federated learning paper?", ["CELLM"]),
        ("what is the bias of the 2-bit method?", ["KIVI"]),
        ("Is the one that finds salient tokens faster than GEAR?", ["GEAR", "ZipCache"]),
        ("What does the best method do?", []),
    ],
)
def test_a_description_means_the_paper_that_has_its_words_here_or_in_the_collection(
    mind: Mind, question: str, names: list[str]
) -> None:
    assert sorted(mind.names(mind.hears(question, *TWO_QUANTIZERS).papers)) == names


@pytest.mark.parametrize(("what", "several"), [("the one with bias", None), ("the ones with bias", "s")])
def test_several_are_meant_where_the_noun_is_plural_not_where_a_word_ends_in_s(what: str, several: str | None) -> None:
    found = DESCRIBED.search(what)
    assert found
    assert found["several"] == several


def test_of_a_list_the_one_picked_is_told_not_listed_again(mind: Mind) -> None:
    understood = mind.hears("and the second one?", *TWO_QUANTIZERS)
    assert (understood.kind, understood.standalone) == (Kind.SUMMARY, "Tell me about ZipCache.")


# -- instructions --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "edit"),
    [
        ("shorter", Edit(Change.SHORTER)),
        ("make it much shorter please", Edit(Change.SHORTER)),
        ("please make it shorter", Edit(Change.SHORTER)),
        ("as a table", Edit(Change.TABLE)),
        ("put that in a table", Edit(Change.TABLE)),
        ("as bullet points", Edit(Change.LIST)),
        ("tell me more", Edit(Change.LONGER)),
        ("drop the cost row", Edit(Change.DROP, "cost")),
        ("remove KIVI", Edit(Change.DROP, "KIVI")),
        ("add APOLLO", Edit(Change.ADD, "APOLLO")),
        ("add a row on memory", Edit(Change.ADD, "row on memory")),
        ("How does it drop tokens?", None),
        ("What would adding a layer do?", None),
    ],
)
def test_an_instruction_on_the_last_answer_is_told_from_a_question(text: str, edit: Edit | None) -> None:
    assert read_edit(text) == edit


def test_an_instruction_needs_an_answer_before_it(mind: Mind) -> None:
    assert mind.hears("add APOLLO").kind is not Kind.EDIT
    assert mind.names(mind.hears("add APOLLO", *TWO_QUANTIZERS).papers) == ["KIVI", "ZipCache", "APOLLO"]
    assert mind.names(mind.hears("drop KIVI", *TWO_QUANTIZERS).papers) == ["ZipCache"]


def test_an_empty_dialogue_has_no_focus() -> None:
    assert (Dialogue().last, Dialogue().focus, Dialogue().choice, Dialogue().papers) == (None, (), (), ())


# -- turns that lean on the conversation -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("which one is faster?", ["KIVI", "ZipCache"]),
        ("the first two, side by side please: how do they differ?", ["KIVI", "ZipCache"]),
        ("summarize the first in one sentence", ["KIVI"]),
        ("how does that compare with the second?", ["KIVI", "ZipCache"]),
        ("what batch size?", ["KIVI", "ZipCache"]),
        ("Does GEAR need tuning, and how fast is it?", ["GEAR"]),
        ("forget ZipCache. How much memory does KIVI need?", ["KIVI"]),
        ("and the one on vocabulary parallelism?", ["Balancing Pipeline Parallelism with Vocabulary Parallelism"]),
        ("which came first?", ["KIVI", "ZipCache"]),
        ("is there anything on federated learning?", []),
    ],
)
def test_a_turn_points_to_no_more_and_no_less_than_it_means(mind: Mind, question: str, names: list[str]) -> None:
    assert sorted(mind.names(mind.hears(question, *TWO_QUANTIZERS).papers)) == sorted(names)


@pytest.mark.parametrize(
    ("question", "standalone"),
    [
        ("and federated learning?", "federated learning?"),
        ("what about tiny networks on microcontrollers", "tiny networks on microcontrollers"),
        ("also is there work on protein folding", "also is there work on protein folding"),
    ],
)
def test_a_topic_that_the_papers_spoken_of_have_nothing_of_is_a_new_one(
    mind: Mind, question: str, standalone: str
) -> None:
    understood = mind.hears(question, *ONE_METHOD)
    assert (understood.papers, understood.standalone) == ((), standalone)


@pytest.mark.parametrize(
    "question", ["and the learning rate?", "what about memory?", "and suffixes?", "and its energy?"]
)
def test_what_may_be_asked_of_the_papers_spoken_of_is_asked_of_them(mind: Mind, question: str) -> None:
    assert mind.names(mind.hears(question, *ONE_METHOD).papers) == ["Hydragen"]


@pytest.mark.parametrize("question", ["this or GEAR?", "how does it compare to GEAR?", "is GEAR faster than they are?"])
def test_a_paper_beside_the_one_spoken_of_is_a_comparison(mind: Mind, question: str) -> None:
    understood = mind.hears(question, *ONE_METHOD)
    assert understood.kind is Kind.COMPARISON
    assert sorted(mind.names(understood.papers)) == ["GEAR", "Hydragen"]


def test_both_are_the_two_topics_last_asked_for(mind: Mind) -> None:
    one = (Turn("user", "Which papers are about pruning or quantization?"), Turn("assistant", "KIVI [1] and GEAR [2]."))
    two = (
        Turn("user", "Which papers are about pruning?"),
        Turn("assistant", "Flash-LLM [1]."),
        Turn("user", "and quantization?"),
        Turn("assistant", "KIVI [1] and GEAR [2]."),
    )
    for history in (one, two):
        understood = mind.hears("which do both?", *history)
        assert (understood.kind, understood.both) == (Kind.SURVEY, ("pruning", "quantization"))


def test_papers_on_both_topics_fit_each_of_them(engine: Engine) -> None:
    history = [Turn("user", "Which papers are about compression or communication?"), Turn("assistant", "L-GreCo [1].")]
    both = {citation.title for citation in engine.ask("which are about both?", history).citations}
    each = [
        {c.title for c in engine.ask(f"Which papers are about {t}?").citations}
        for t in ("compression", "communication")
    ]
    assert both
    assert both <= each[0] & each[1]


def test_a_pronoun_behind_a_name_means_that_name(mind: Mind) -> None:
    understood = mind.hears("What does Hydragen do and how well does it work?", *TWO_QUANTIZERS)
    assert mind.names(understood.papers) == ["Hydragen"]


def test_a_correction_takes_the_place_of_what_was_guessed(mind: Mind) -> None:
    history = (
        *ONE_METHOD,
        Turn("user", "compare it with the 2-bit one"),
        Turn("assistant", "| | Hydragen [1] | ZipCache [2] |\n|---|---|---|\n| Idea | A [1] | B [2] |"),
    )
    understood = mind.hears("no, I meant KIVI", *history)
    assert (understood.kind, mind.names(understood.papers)) == (Kind.COMPARISON, ["Hydragen", "KIVI"])


def test_anything_else_asks_again_of_what_was_not_told(mind: Mind) -> None:
    understood = mind.hears("anything else?", *TWO_QUANTIZERS)
    assert understood.kind is Kind.SURVEY
    assert understood.standalone == "Which methods quantize the KV cache?"
    assert mind.names(understood.told) == ["KIVI", "ZipCache"]


def test_a_refusal_moves_no_focus(mind: Mind) -> None:
    refused = Answer("and pizza?", "None of the 90 papers here answers that.", (), True, "and pizza?", (), 0.0)
    dialogue = read_dialogue(
        (*TWO_QUANTIZERS, Turn("user", "and pizza?"), Turn("assistant", refused.text, refused)), mind.catalogue
    )
    assert mind.names(dialogue.focus) == ["KIVI", "ZipCache"]
    assert dialogue.last
    assert dialogue.last.refused


def test_a_line_that_a_name_leads_is_about_that_paper_alone(mind: Mind) -> None:
    answer = "- KIVI: It is compared with ZipCache and GEAR [1].\n- ALISA: It prunes tokens like Keyformer [2]."
    assert mind.names(papers_of(answer, mind.catalogue)) == ["KIVI", "ALISA"]


@pytest.mark.parametrize(
    ("question", "absent", "names"),
    [
        ("How does BottleFit compare to GPT-4?", ("GPT-4",), ["BottleFit"]),
        ("compare Mamba with RWKV", ("Mamba", "RWKV"), []),
        ("Compare KIVI, ZipCache and RWKV on memory", ("RWKV",), ["KIVI", "ZipCache"]),
        ("what is the difference between KIVI and lomo?", ("lomo",), ["KIVI"]),
        ("compare KIVI and ZipCache", (), ["KIVI", "ZipCache"]),
        ("KIVI and GEAR: how do they differ, and which one is not slow?", (), ["KIVI", "GEAR"]),
    ],
)
def test_a_side_that_no_paper_here_goes_by_is_said_and_not_invented(
    mind: Mind, question: str, absent: tuple[str, ...], names: list[str]
) -> None:
    for history in ((), ONE_METHOD):
        understood = mind.hears(question, *history)
        assert (understood.absent, mind.names(understood.papers)) == (absent, names)


def test_what_an_abstract_compares_itself_with_is_no_name_of_that_paper(mind: Mind) -> None:
    assert mind.names(mind.hears("How much energy does FLAT use?").papers) == []
    assert mind.names(mind.hears("How many GFLOPs does LeYOLO-Small need?").papers) == ["LeYOLO"]
    assert mind.names(mind.hears("When does DEpS start to shrink the model?").papers) == ["DεpS"]


def test_a_third_paper_joins_a_comparison_or_takes_the_place_of_the_second(mind: Mind) -> None:
    table = "|  | KIVI [1] | ZipCache [2] |\n| --- | --- | --- |\n| Idea | A [1] | B [2] |"
    history = (Turn("user", "Which are KV caches?"), Turn("assistant", "KIVI [1], ZipCache [2] and GEAR [3]."))
    history = (*history, Turn("user", "compare the first two"), Turn("assistant", table))
    assert mind.names(mind.hears("and the third?", *history).papers) == ["KIVI", "ZipCache", "GEAR"]
    assert mind.names(mind.hears("and from GEAR?", *history).papers) == ["KIVI", "GEAR"]
    assert mind.names(mind.hears("and the second?", *history).papers) == ["ZipCache"]


def test_a_part_of_a_paper_is_a_fact_and_all_of_it_a_summary(mind: Mind) -> None:
    kinds = [mind.hears(question).kind for question in ("What is KIVI?", "What is the learning rate of KIVI?")]
    assert kinds == [Kind.SUMMARY, Kind.FACT]


def test_the_latest_two_are_two_papers() -> None:
    exchange = [Exchange("q", "a", ("a", "b")), Exchange("q", "a", ("b",))]
    assert Dialogue(tuple(exchange)).latest(2) == ("a", "b")
