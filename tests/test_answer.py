"""Answers without a model: papers with exact quotes, the form told by how sure the search is, nothing pretended."""

import json
import re
from collections.abc import Iterator

import pytest

from ingest.errors import UsageError
from ingest.library import ingest_sources
from ingest.settings import Settings
from rag.engine import Engine
from rag.style import Style
from rag.types import Answer, Turn


def asked_after(engine: Engine, *questions: str, style: Style = Style()) -> Answer:  # noqa: B008
    """The answer to the last of some questions, each asked after the others."""
    turns: list[Turn] = []
    for question in questions[:-1]:
        answer = engine.ask(question, turns)
        turns += [Turn("user", question), Turn("assistant", answer.text, answer)]
    return engine.ask(questions[-1], turns, style=style)


def titles(answer: Answer) -> list[str]:
    return list(dict.fromkeys(cited.title for cited in answer.citations))


@pytest.mark.parametrize(
    "question",
    [
        "Compare KIVI and ZipCache on memory.",
        "Which papers prune networks?",
        "GPU",
        "Write a poem about KIVI",
        "and why?",
    ],
)
def test_every_mark_is_a_quote_word_for_word(engine: Engine, question: str) -> None:
    answer = engine.ask(question)
    marks = dict.fromkeys(int(n) for n in re.findall(r"\[(\d+)\]", answer.text))
    assert list(marks) == [c.number for c in answer.citations] == list(range(1, len(answer.citations) + 1))
    assert answer.citations
    assert {check.verdict for check in answer.checks} == {"verbatim"}
    for cited in answer.citations:
        paper = engine.paper(cited.paper_id)
        assert paper
        assert (paper.title, paper.abstract[cited.start : cited.end]) == (cited.title, cited.quote)


def test_a_named_paper_is_quoted_in_full_and_two_others_in_a_line_each(engine: Engine) -> None:
    answer = engine.ask("How much memory does APOLLO need to train LLaMA-7B on a single GPU?")
    assert "less than 12 GB" in answer.text
    first, beside = answer.text.split("\n\n")
    assert {c.title[:7] for c in answer.citations if f"[{c.number}]" in first} == {"APOLLO:"}
    assert [line[:2] for line in beside.splitlines()] == ["- ", "- "]
    assert not answer.refused


def test_a_paper_as_a_whole_is_told_by_problem_approach_and_result_in_reading_order(engine: Engine) -> None:
    answer = engine.ask("what is KIVI")
    starts = [cited.start for cited in answer.citations]
    assert starts == sorted(starts)
    assert len(starts) >= 3
    assert "developed a tuning-free 2bit KV cache quantization algorithm, named KIVI" in answer.text
    assert not re.match(r"KIVI: (Yet|This|These|However|It)\b", answer.text)


@pytest.mark.parametrize("names", [["KIVI", "ZipCache"], ["ZipCache", "KIVI"], ["FedZip", "CELLM", "NoLoCo"]])
def test_papers_that_are_named_stand_side_by_side_in_that_order(engine: Engine, names: list[str]) -> None:
    table = engine.ask(f"Compare {', '.join(names[:-1])} and {names[-1]}").table
    assert table
    assert [name.casefold() for name in table.names] == [name.casefold() for name in names]
    assert [row.aspect for row in table.rows][-3:] == ["problem", "approach", "result"]


def test_all_papers_that_fit_come_in_two_groups_with_their_counts(engine: Engine) -> None:
    answer = engine.ask("Which papers quantize the KV cache?")
    assert answer.plan
    assert answer.plan.every
    counts = [int(n) for n in re.findall(r"^\*\*(?:Strong|Possible) \((\d+)\)\*\*$", answer.text, re.MULTILINE)]
    assert len(counts) == 2
    assert sum(counts) == len(re.findall(r"^- ", answer.text, re.MULTILINE)) == len(titles(answer))
    assert {"KIVI", "ZipCache", "GEAR"} <= {title.split(":")[0] for title in titles(answer)}


@pytest.mark.parametrize("question", ["Which robots walk on two legs over sand?", "How does KIVI cook spaghetti?"])
def test_a_weak_match_is_said_to_be_weak_and_shown(engine: Engine, question: str) -> None:
    answer = engine.ask(question)
    assert answer.outcome == "close"
    assert re.match(r"No strong match in (your 90 papers|KIVI)\. The closest:\n\n", answer.text)
    assert answer.citations


@pytest.mark.parametrize("message", ["hello", "thank you so much!", "what can you do?"])
def test_what_needs_no_paper_gets_one_honest_line(engine: Engine, message: str) -> None:
    answer = engine.ask(message)
    assert answer.text.startswith("Without a language model this is a search")
    assert "connect a language model under Settings" in answer.text
    assert (answer.citations, answer.refused) == ((), False)


def test_a_follow_up_leans_on_the_paper_spoken_of_and_says_so(engine: Engine) -> None:
    answer = asked_after(engine, "what is KIVI", "How much memory does it save?")
    assert titles(answer)[0].startswith("KIVI")
    assert answer.understood == "following up on KIVI"
    assert answer.context == (answer.citations[0].paper_id,)
    assert (len(answer.checks), answer.tally) == (len(answer.citations), "")


def test_a_follow_up_that_is_asked_anew_searches_all_papers(engine: Engine) -> None:
    anew = asked_after(engine, "what is BottleFit", "And the energy?", style=Style(context=False))
    assert asked_after(engine, "what is BottleFit", "And the energy?").context
    assert (anew.context, anew.text) == ((), engine.ask("And the energy?").text)


@pytest.mark.parametrize(
    ("questions", "name"),
    [
        (["how does ZipCahce tell salient tokens?"], "ZipCache"),
        (["Compare KIVI and ZipCache", "How much memory does the first one need?"], "KIVI"),
        (["Compare KIVI and ZipCache", "How much memory does the latter need?"], "ZipCache"),
        (["what is KIVI", "And what does BottleFit do for it?"], "BottleFit"),
        (["what is BottleFit", "Thank you. And how much power does an edge device then need?"], "BottleFit"),
    ],
    ids=["misspelt", "ordinal", "latter", "another name", "second sentence"],
)
def test_the_paper_that_is_meant_comes_first(engine: Engine, questions: list[str], name: str) -> None:
    assert titles(asked_after(engine, *questions))[0].startswith(name)


@pytest.fixture(scope="module")
def dated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder = tmp_path_factory.mktemp("dated")
    rows = [
        ("Pruning Trees", "We prune decision trees by their leaves.", ["Ada Liu", "Bo Chen"], "2023-05-02"),
        ("Growing Trees", "We grow decision trees from their leaves.", ["Cy Ramanujan"], "2024-02-10"),
        ("Pruning Networks", "We prune neural networks by their weights.", ["Ada Liu"], "2024-11-30"),
    ]
    keys = ("title", "abstract", "authors", "date")
    (folder / "papers.jsonl").write_text("\n".join(json.dumps(dict(zip(keys, row, strict=True))) for row in rows))
    ingest_sources(Settings(folder / "home"), [str(folder / "papers.jsonl")])
    with Engine(Settings(folder / "home")) as opened:
        yield opened


@pytest.mark.parametrize(
    ("operators", "found"),
    [
        ("author:liu", {"Pruning Trees", "Pruning Networks"}),
        ('author:"ada liu" since:2024', {"Pruning Networks"}),
        ("until:2024-02", {"Pruning Trees", "Growing Trees"}),
        ('title:"decision trees"', set()),
        ("author:ramanujan author:chen", {"Pruning Trees", "Growing Trees"}),
    ],
)
@pytest.mark.parametrize("rest", ["", " how are trees pruned?"])
def test_operators_keep_the_search_to_what_they_say(dated: Engine, operators: str, found: set[str], rest: str) -> None:
    answer = dated.ask(operators + rest)
    assert {one.paper.title for one in answer.retrieved} == found
    assert found or answer.text == "No papers match: with “decision trees” in the title."


@pytest.mark.parametrize("question", ["since:yesterday trees", "author:? trees", 'title:"" trees', "until:2024-13"])
def test_an_operator_without_a_value_of_its_kind_is_told_how_to_write_it(dated: Engine, question: str) -> None:
    with pytest.raises(UsageError, match="such as"):
        dated.ask(question)


@pytest.mark.parametrize("question", ["coauthor:liu", "the title: trees", "http://author:liu@x", "author:"])
def test_what_only_looks_like_an_operator_is_left_alone(dated: Engine, question: str) -> None:
    assert dated.ask(question).standalone == question


def test_streamed_pieces_make_up_the_answer_which_comes_last_and_is_always_the_same(engine: Engine) -> None:
    *pieces, answer = engine.stream("Which papers prune networks?")
    assert isinstance(answer, Answer)
    assert "".join(map(str, pieces)) == answer.text == engine.ask("Which papers prune networks?").text


def test_starters_can_be_answered(engine: Engine) -> None:
    starters = engine.starters()
    assert len(starters) >= 3
    assert not any(engine.ask(question).refused for question in starters)


def test_who_asks_in_another_language_is_told_to_ask_in_english(engine: Engine) -> None:
    assert "ask in English" in engine.ask("¿Hay aquí algún artículo sobre un modelo para simulaciones?").note
    assert "only questions in English" not in engine.ask("ZipCache vs KIVI").note


@pytest.fixture(scope="module")
def numbered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Two papers with arXiv ids."""
    told = {
        "1": ("Alphalens: A Lens", "We grind Alphalens from glass."),
        "2": ("Betalens", "We cast Betalens of sand."),
    }
    papers = [{"id": f"2402.0000{n}", "title": title, "abstract": text} for n, (title, text) in told.items()]
    settings = Settings(tmp_path_factory.mktemp("numbered"), embedding="none")
    source = settings.home / "two.jsonl"
    source.write_text("\n".join(map(json.dumps, papers)))
    ingest_sources(settings, [str(source)])
    with Engine(settings) as engine:
        yield engine


@pytest.mark.parametrize(
    ("message", "cited", "note"),
    [
        ("2402.00001", ["Alphalens: A Lens"], ""),
        ("https://arxiv.org/abs/2402.00002v3", ["Betalens"], ""),
        ("2402.00002, arxiv.org/pdf/2402.00001", ["Betalens", "Alphalens: A Lens"], ""),
        (
            "2402.00001 2402.00003 10.1145/7",
            ["Alphalens: A Lens"],
            "No paper here has the arXiv id 2402.00003; import it to ask about it. DOIs other than arXiv's are not "
            "fetched yet; export the record as BibTeX or RIS and import the file.",
        ),
    ],
)
def test_ids_alone_are_answered_as_names_of_the_papers_that_are_here(
    numbered: Engine, message: str, cited: list[str], note: str
) -> None:
    answer = numbered.ask(message)
    assert (answer.question, titles(answer)) == (message, cited)
    assert answer.note == note


def test_ids_alone_of_papers_that_are_not_here_are_told(numbered: Engine) -> None:
    ids = " ".join(f"2402.1000{n}" for n in range(8))
    answer = numbered.ask(ids)
    assert (answer.outcome, answer.citations) == ("absent", ())
    assert answer.text == (
        "No papers here have the arXiv ids 2402.10000, 2402.10001, 2402.10002, 2402.10003, 2402.10004 and 3 more; "
        "import them to ask about them."
    )
    assert numbered.ask("10.1145/7").text.startswith("DOIs other than arXiv's are not fetched yet;")
