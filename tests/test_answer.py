"""Answers without a model: papers with exact quotes, the form told by how sure the search is, nothing pretended."""

import json
import re
from pathlib import Path

import pytest

from ingest.errors import UsageError
from ingest.library import ingest_sources
from ingest.settings import Settings
from rag.engine import Engine
from rag.retrieve.scope import Scope
from rag.style import Length, Style
from rag.types import Answer, Turn
from rag.write.render import flow, mark

QUESTIONS = [
    "Which tasks was WaLLoC tried on?",
    "Compare KIVI and ZipCache on memory.",
    "Which papers prune networks?",
    "How much memory does APOLLO need to train LLaMA-7B?",
    "what is mutual information estimated with",
    "GPU",
    "Which robots walk on two legs over sand?",
    "Write a poem about KIVI",
    "and why?",
]


def asked_after(engine: Engine, *questions: str, style: Style = Style()) -> Answer:  # noqa: B008
    """The answer to the last of some questions, each asked after the others."""
    turns: list[Turn] = []
    for question in questions[:-1]:
        answer = engine.ask(question, turns)
        turns += [Turn("user", question), Turn("assistant", answer.text, answer)]
    return engine.ask(questions[-1], turns, style=style)


def titles(answer: Answer) -> list[str]:
    return list(dict.fromkeys(cited.title for cited in answer.citations))


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_mark_is_a_quote_word_for_word(engine: Engine, question: str) -> None:
    answer = engine.ask(question)
    marks = dict.fromkeys(int(n) for n in re.findall(r"\[(\d+)\]", answer.text))
    assert list(marks) == [c.number for c in answer.citations] == list(range(1, len(answer.citations) + 1))
    assert answer.citations
    assert {check.verdict for check in answer.checks} == {"verbatim"}
    for cited in answer.citations:
        paper = engine.paper(cited.paper_id)
        assert paper
        assert paper.title == cited.title
        assert paper.abstract[cited.start : cited.end] == cited.quote


def test_a_named_paper_is_quoted_in_full_and_two_others_in_a_line_each(engine: Engine) -> None:
    answer = engine.ask("How much memory does APOLLO need to train LLaMA-7B on a single GPU?")
    assert "less than 12 GB" in answer.text
    first, beside = answer.text.split("\n\n")
    assert first.startswith("APOLLO")
    assert {c.title for c in answer.citations if f"[{c.number}]" in first} == {
        "APOLLO: SGD-like Memory, AdamW-level Performance"
    }
    assert len(beside.splitlines()) == 2
    assert not answer.refused


def test_a_name_may_be_misspelt(engine: Engine) -> None:
    assert (
        engine.ask("how does ZipCahce tell salient tokens?").plan
        == engine.ask("how does ZipCahce tell salient tokens?").plan
    )
    assert titles(engine.ask("how does ZipCahce tell salient tokens?"))[0].startswith("ZipCache")


def test_a_paper_as_a_whole_is_told_by_problem_approach_and_result_in_reading_order(engine: Engine) -> None:
    answer = engine.ask("what is KIVI")
    starts = [cited.start for cited in answer.citations]
    assert starts == sorted(starts)
    assert len(starts) >= 3
    assert "developed a tuning-free 2bit KV cache quantization algorithm, named KIVI" in answer.text
    assert not re.match(r"KIVI: (Yet|This|These|However|It)\b", answer.text)


def test_papers_that_are_named_stand_side_by_side_in_the_order_they_were_named(engine: Engine) -> None:
    for names in (["KIVI", "ZipCache"], ["ZipCache", "KIVI"], ["FedZip", "CELLM", "NoLoCo"]):
        answer = engine.ask(f"Compare {', '.join(names[:-1])} and {names[-1]}")
        assert answer.table
        assert [name.casefold() for name in answer.table.names] == [name.casefold() for name in names]
        assert [row.aspect for row in answer.table.rows][-3:] == ["problem", "approach", "result"]


def test_more_than_six_papers_are_not_set_side_by_side(engine: Engine) -> None:
    answer = engine.ask("Compare KIVI, ZipCache, GEAR, Keyformer, ALISA, Hydragen and LazyEviction")
    assert answer.table
    assert len(answer.table.names) == 6
    assert answer.note == "The first 6 of 7 papers are side by side."


def test_a_clear_winner_is_quoted_in_full_and_the_next_two_in_a_line_each(engine: Engine) -> None:
    answer = engine.ask("tensor parallel inference of 70B models on phones with a sliding window memory scheduler")
    first, *others = answer.text.split("\n\n")
    assert first.startswith("TPI-LLM")
    assert [line[:2] for line in others[0].splitlines()] == ["- ", "- "]


def test_where_none_stands_out_five_papers_are_quoted(engine: Engine) -> None:
    answer = engine.ask("how can a big network be made to run on a small device?")
    assert len(titles(answer)) == 5


def test_all_papers_that_fit_come_in_two_groups_with_their_counts(engine: Engine) -> None:
    answer = engine.ask("Which papers quantize the KV cache?")
    assert answer.plan
    assert answer.plan.every
    counts = [int(n) for n in re.findall(r"^\*\*(?:Strong|Possible) \((\d+)\)\*\*$", answer.text, re.MULTILINE)]
    assert len(counts) == 2
    assert sum(counts) == len(re.findall(r"^- ", answer.text, re.MULTILINE)) == len(titles(answer))
    assert {"KIVI", "ZipCache", "GEAR"} <= {title.split(":")[0] for title in titles(answer)}


@pytest.mark.parametrize(
    "question",
    [
        "Which robots walk on two legs over sand?",
        "Which papers are about medieval pottery?",
        "How does KIVI cook spaghetti?",
    ],
)
def test_a_weak_match_is_said_to_be_weak_and_shown(engine: Engine, question: str) -> None:
    answer = engine.ask(question)
    assert answer.outcome == "close"
    assert re.match(r"No strong match in (these 90 papers|KIVI)\. The closest:\n\n", answer.text)
    assert answer.citations
    assert not re.search(r"\b(does not|do not|mention)", answer.text.split("\n")[0])


def test_what_needs_no_paper_gets_one_honest_line(engine: Engine) -> None:
    for question in ("hello", "thank you so much!", "what can you do?"):
        answer = engine.ask(question)
        assert answer.text.startswith("Without a language model this is a search")
        assert "OPENAI_API_KEY" in answer.text
        assert not answer.citations
        assert not answer.refused


def test_a_task_for_a_writer_gets_that_line_and_the_passages_that_would_serve(engine: Engine) -> None:
    answer = engine.ask("Draft a paragraph of related work on KIVI for my thesis")
    assert answer.text.startswith("Writing takes a language model")
    assert titles(answer)[0].startswith("KIVI")


# -- the conversation -------------------------------------------------------------------------------------------------


def test_a_follow_up_leans_on_the_paper_spoken_of_and_says_so(engine: Engine) -> None:
    answer = asked_after(engine, "what is KIVI", "How much memory does it save?")
    assert titles(answer)[0].startswith("KIVI")
    assert answer.understood == "kept in mind: KIVI"
    assert answer.context == (answer.citations[0].paper_id,)


def test_a_follow_up_that_is_asked_anew_searches_all_papers(engine: Engine) -> None:
    leaning = asked_after(engine, "what is BottleFit", "And the energy?")
    anew = asked_after(engine, "what is BottleFit", "And the energy?", style=Style(context=False))
    assert leaning.context
    assert not anew.context
    assert anew.text == engine.ask("And the energy?").text


@pytest.mark.parametrize(
    ("words", "name"), [("the first one", "KIVI"), ("the second one", "ZipCache"), ("the latter", "ZipCache")]
)
def test_an_ordinal_picks_one_of_the_papers_shown(engine: Engine, words: str, name: str) -> None:
    answer = asked_after(engine, "Compare KIVI and ZipCache", f"How much memory does {words} need?")
    assert titles(answer)[0].startswith(name)


def test_a_new_topic_with_a_name_leaves_the_conversation(engine: Engine) -> None:
    answer = asked_after(engine, "what is KIVI", "And what does BottleFit do for it?")
    assert titles(answer)[0].startswith("BottleFit")
    assert not answer.context


def test_papers_named_in_plain_messages_from_outside_are_kept_in_mind(engine: Engine) -> None:
    history = [Turn("user", "tell me of FedZip"), Turn("assistant", "FedZip compresses what clients send.")]
    assert titles(engine.ask("How far does it compress?", history))[0].startswith("FEDZIP")


# -- operators --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def dated(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """Three papers with authors and dates."""
    folder = tmp_path_factory.mktemp("dated")
    rows = [
        ("Pruning Trees", "We prune decision trees by their leaves.", ["Ada Liu", "Bo Chen"], "2023-05-02"),
        ("Growing Trees", "We grow decision trees from their leaves.", ["Cy Ramanujan"], "2024-02-10"),
        ("Pruning Networks", "We prune neural networks by their weights.", ["Ada Liu"], "2024-11-30"),
    ]
    source = folder / "papers.jsonl"
    keys = ("title", "abstract", "authors", "date")
    source.write_text("\n".join(json.dumps(dict(zip(keys, row, strict=True))) for row in rows), "utf-8")
    settings = Settings(folder / "home")
    ingest_sources(settings, [str(source)])
    return Engine(settings)


@pytest.mark.parametrize(
    ("operators", "found"),
    [
        ("author:liu", {"Pruning Trees", "Pruning Networks"}),
        ('author:"ada liu" since:2024', {"Pruning Networks"}),
        ("until:2023", {"Pruning Trees"}),
        ("until:2024-02", {"Pruning Trees", "Growing Trees"}),
        ('title:"decision trees"', set()),
        ("title:trees", {"Pruning Trees", "Growing Trees"}),
        ("author:ramanujan author:chen", {"Pruning Trees", "Growing Trees"}),
    ],
)
@pytest.mark.parametrize("rest", ["", " how are trees pruned?"])
def test_operators_keep_the_search_to_what_they_say(dated: Engine, operators: str, found: set[str], rest: str) -> None:
    answer = dated.ask(operators + rest)
    assert {one.paper.title for one in answer.retrieved} == found
    assert answer.question == operators + rest
    if not found:
        assert answer.text == "There is no paper here with “decision trees” in the title."


@pytest.mark.parametrize("question", ["since:yesterday trees", "author:? trees", 'title:"" trees', "until:2024-13"])
def test_an_operator_without_a_value_of_its_kind_is_told_how_to_write_it(dated: Engine, question: str) -> None:
    with pytest.raises(UsageError, match="such as"):
        dated.ask(question)


def test_what_only_looks_like_an_operator_is_left_alone(dated: Engine) -> None:
    for question in ("coauthor:liu", "the title: trees", "http://author:liu@x", "author:"):
        answer = dated.ask(question)
        assert answer.standalone == question


# -- shape ------------------------------------------------------------------------------------------------------------


def test_an_answer_is_shorter_longer_or_a_table_as_wished(engine: Engine) -> None:
    question = "how can a big network be made to run on a small device?"
    counts = [len(engine.ask(question, style=Style(length=length)).citations) for length in Length]
    assert counts[0] < counts[1] < counts[2]
    table = engine.ask(question, style=Style(table=True)).table
    assert table
    assert len(table.names) == 5


def test_streamed_pieces_make_up_the_answer_which_comes_last_and_once(engine: Engine) -> None:
    *pieces, answer = engine.stream("Which papers prune networks?")
    assert isinstance(answer, Answer)
    assert "".join(map(str, pieces)) == answer.text


def test_the_same_question_gets_the_same_answer(engine: Engine) -> None:
    assert engine.ask("Which papers prune networks?").text == engine.ask("Which papers prune networks?").text


def test_the_object_for_programs_is_plain_json(engine: Engine) -> None:
    told = engine.ask("What is KIVI?").as_dict(explain=True)
    assert json.loads(json.dumps(told))["answer"] == told["answer"]
    assert told["trace"]["planned_by"] == "without model"
    assert told["trace"]["events"]


def test_starters_can_be_answered(engine: Engine) -> None:
    starters = engine.starters()
    assert len(starters) >= 3
    for question in starters:
        assert not engine.ask(question).refused


def test_without_an_embedding_model_words_alone_find_and_quote(tmp_path: Path) -> None:
    page = Path(__file__).parent.parent / "ingest" / "pages" / "daily_papers_page.txt"
    settings = Settings(tmp_path / "words", embedding="none")
    ingest_sources(settings, [str(page)])
    with Engine(settings) as engine:
        assert "less than 12 GB" in engine.ask("How much memory does APOLLO need to train LLaMA-7B?").text
        assert engine.ask("Compare KIVI and ZipCache").table
        assert engine.ask("zzz qqq").outcome == "absent"


@pytest.mark.parametrize(
    ("sentence", "marked"), [("It works.", "It works [1]."), ("Does it?", "Does it [1]?"), ("No stop", "No stop [1].")]
)
def test_a_mark_stands_before_the_stop(sentence: str, marked: str) -> None:
    assert mark(sentence, 1) == marked


def test_full_stops_and_marks_within_a_quoted_sentence_are_not_ours() -> None:
    assert flow("Smith et al. show, e.g. in [3], that it works.") == "Smith et al show, e.g in (3), that it works."


@pytest.mark.parametrize(
    ("question", "foreign"),
    [
        (
            "Gibt es hier Arbeiten, die sich am Gehirn oder an den Sinnen orientieren? Bitte auf Deutsch antworten.",
            True,
        ),
        ("¿Hay aquí algún artículo sobre un modelo para simulaciones físicas?", True),
        ("Is there a paper in this collection that takes the brain as its model?", False),
        ("ZipCache vs KIVI", False),
    ],
)
def test_a_question_in_another_language_is_told_that_the_papers_are_english(
    engine: Engine, question: str, foreign: bool
) -> None:
    assert ("only questions in English" in engine.ask(question).note) == foreign


def test_a_second_sentence_may_lean_on_what_was_said(engine: Engine) -> None:
    answer = asked_after(engine, "what is BottleFit", "Thank you. And how much power does an edge device then need?")
    assert titles(answer)[0].startswith("BottleFit")


def test_a_long_message_about_something_else_is_a_weak_match(engine: Engine) -> None:
    bread = (
        "For a good sourdough loaf you should feed the starter twice a day with rye flour and lukewarm water, then mix "
        "the dough by hand, fold it every half hour, let it rest in a cool place overnight, shape it gently, score the "
        "crust with a sharp razor and bake it in a very hot iron pot with steam for forty minutes, because otherwise "
        "the crumb stays gummy and the crust turns pale and soft, which nobody would ever want to serve to friends."
    )
    assert engine.ask(bread).outcome == "close"


def test_where_nothing_at_all_is_found_that_is_said(engine: Engine) -> None:
    gone = engine.ask("List all papers about pruning", scope=Scope(ids=("title:000000000000",)))
    assert (gone.outcome, gone.text) == ("absent", "None of the papers chosen is here any more.")


def test_operators_with_no_word_beside_them_list_their_papers(dated: Engine) -> None:
    answer = dated.ask("author:liu ?!")
    assert [line.split(":")[0] for line in answer.text.splitlines()] == ["- Pruning Networks", "- Pruning Trees"]


def test_the_short_form_of_a_paper_as_a_whole_is_its_approach(engine: Engine) -> None:
    answer = engine.ask("what is KIVI", style=Style(length=Length.SHORT))
    assert "named KIVI" in answer.text
    assert len(answer.citations) == 1
