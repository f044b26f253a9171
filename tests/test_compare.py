"""Papers set side by side: each cell a sentence of its own paper that speaks to the row, or nothing."""

from collections.abc import Sequence

import pytest
from rag.compare import Wish, compare
from rag.dialogue import read_dialogue
from rag.edit import Change, edit, read_change, split_request
from rag.names import without_names

from ingest.paper import Paper
from ingest.sentences import split_sentences
from rag.engine import Engine
from rag.types import Answer, Evidence, Ranked, Turn
from rag.write.draft import Draft, Paragraph, Table
from tests.corpus import talk

KIVI, ZIP = "KIVI", "ZipCache"


class Sides:
    """The papers of the engine by name, and how often they were looked at."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.calls = engine, 0

    def find(self, *names: str) -> list[Paper]:
        return [self.engine.search(name, k=1)[0].paper for name in names]

    def look(self, question: str, ids: Sequence[str]) -> list[Ranked]:
        self.calls += 1
        return self.engine._retriever.look(question, ids)

    def compare(self, question: str, *names: str, aspects: Sequence[str] = ()) -> Draft:
        return compare(question, self.find(*names), names, self.look, wish=Wish(tuple(aspects)))


@pytest.fixture
def sides(engine: Engine) -> Sides:
    return Sides(engine)


def table(draft: Draft) -> Table:
    assert isinstance(draft.parts[0], Table)
    return draft.parts[0]


def said(draft: Draft, aspect: str) -> list[str]:
    row = next(row for row in table(draft).rows if row.aspect == aspect)
    return [cell.evidence.sentence.text if cell.evidence else "" for cell in row.cells]


def test_the_usual_rows_say_the_problem_the_idea_and_the_result(sides: Sides) -> None:
    draft = sides.compare("Compare BottleFit and KIVI.", "BottleFit", KIVI)
    assert [row.aspect for row in table(draft).rows][:3] == ["problem", "idea", "result"]
    assert "propose a new framework called BottleFit" in said(draft, "idea")[0]
    assert "developed a tuning-free 2bit KV cache quantization algorithm" in said(draft, "idea")[1]
    assert any(digit.isdigit() for digit in said(draft, "result")[0])


def test_each_cell_is_a_sentence_of_its_own_paper_word_for_word_and_none_stands_twice(sides: Sides) -> None:
    draft = sides.compare("Compare them.", KIVI, ZIP, "MatryoshkaKV", "GEAR")
    found = table(draft)
    for i, paper in enumerate(found.papers):
        cells = [row.cells[i].evidence for row in found.rows if row.cells[i].evidence]
        assert all(cell and cell.paper == paper for cell in cells)
        assert all(
            cell and paper.abstract[cell.sentence.start : cell.sentence.end] == cell.sentence.text for cell in cells
        )
        assert len({cell.sentence.start for cell in cells if cell}) == len(cells)


def test_rows_are_the_aspects_asked_for_in_their_order(sides: Sides) -> None:
    draft = sides.compare("KIVI vs ZipCache: speed and memory?", KIVI, ZIP)
    assert [row.aspect for row in table(draft).rows] == ["speed", "memory"]
    assert "throughput" in said(draft, "speed")[0]
    assert "2.6times less peak memory" in said(draft, "memory")[0]
    assert "latency" in said(draft, "speed")[1]


def test_a_row_asked_for_stands_there_though_no_abstract_speaks_of_it(sides: Sides) -> None:
    draft = sides.compare("Compare KIVI and ZipCache on carbon emissions.", KIVI, ZIP)
    assert said(draft, "energy") == ["", ""]
    assert draft.note == "Neither abstract speaks of energy."
    assert all(said(draft, "idea")), "the head of each column is cited"


def test_a_row_nobody_asked_for_and_nobody_fills_is_left_out(sides: Sides) -> None:
    draft = sides.compare("Compare KIVI and ZipCache.", KIVI, ZIP)
    assert "limits" not in [row.aspect for row in table(draft).rows]
    assert draft.note == ""


def test_the_field_before_a_papers_own_work_fills_no_measured_cell(sides: Sides) -> None:
    draft = sides.compare("How fast are FlashAttention-2 and FlashKAT?", "FlashAttention-2", "FlashKAT")
    assert said(draft, "speed")[0].startswith(("These yield around", "We empirically validate"))
    assert "86.5x" in said(draft, "speed")[1]


def test_the_sharper_of_two_rows_has_the_sentence_that_both_want(sides: Sides) -> None:
    draft = sides.compare("What speedup does each claim, and what results?", "FlashKAT", "FlashAttention-2")
    assert "86.5x" in said(draft, "speed")[0]
    assert said(draft, "result")[0] == said(draft, "speed")[0], "asked for, and nothing else is a result"
    assert said(draft, "result")[1] not in ("", said(draft, "speed")[1])


def test_below_the_table_each_paper_says_what_the_table_does_not(sides: Sides) -> None:
    draft = sides.compare("At what granularity does each quantize: KIVI or ZipCache?", KIVI, ZIP)
    below = draft.parts[1]
    assert isinstance(below, Paragraph)
    spoken = [statement.evidence.sentence.text for statement in below.statements]
    in_cells = {text for row in table(draft).rows for text in said(draft, row.aspect)}
    assert any("per-channel" in text for text in (*spoken, *in_cells))
    assert any("channel-separable tokenwise" in text for text in spoken)
    assert not set(spoken) & in_cells
    assert {statement.evidence.paper for statement in below.statements} == set(table(draft).papers)


def test_a_lead_names_the_paper_once_where_its_sentence_does_not(sides: Sides) -> None:
    below = sides.compare("At what granularity does each quantize: KIVI or ZipCache?", KIVI, ZIP).parts[1]
    assert isinstance(below, Paragraph)
    for statement in below.statements:
        opening = statement.evidence.sentence.text[:40].casefold()
        assert not statement.lead or statement.lead.casefold() not in opening
    leads = [statement.lead for statement in below.statements if statement.lead]
    assert len(leads) == len(set(leads))


def test_given_aspects_are_the_rows_whatever_the_question_says(sides: Sides) -> None:
    draft = sides.compare("Compare their speed.", KIVI, ZIP, aspects=("memory", "idea"))
    assert [row.aspect for row in table(draft).rows] == ["memory", "idea"]


def test_at_most_six_papers_get_a_column_and_one_with_no_evidence_says_nothing(sides: Sides) -> None:
    papers = [found.paper for found in sides.engine.search("quantization", k=7)]
    papers[1] = Paper("Unknown", "Never indexed.")
    found = table(compare("Compare.", papers, [paper.title for paper in papers], sides.look))
    assert len(found.papers) == len(found.names) == 6
    assert not any(row.cells[1].evidence for row in found.rows)


def test_a_comparison_looks_once_for_the_question_and_once_for_each_aspect_looked_up(sides: Sides) -> None:
    sides.compare("Compare them.", KIVI, ZIP, "GEAR")
    assert sides.calls == 1
    sides.compare("Compare memory and speed.", KIVI, ZIP, "GEAR")
    assert sides.calls == 1 + 3


def test_the_same_question_gets_the_same_draft(sides: Sides) -> None:
    assert sides.compare("Which saves more memory?", KIVI, ZIP) == sides.compare("Which saves more memory?", KIVI, ZIP)


def test_names_are_left_out_of_what_is_looked_for() -> None:
    papers = [Paper("Ant: A Method", "We propose Ant."), Paper("Bee", "We propose Bee.")]
    assert without_names("Compare Ant with bee on speed", papers, ["Ant", "Bee"]) == "Compare with on speed"


def paper_of(*sentences: str, title: str = "Ant: A Method") -> Paper:
    return Paper(title, " ".join(sentences))


def made(*papers: Paper, question: str = "Compare them.", wish: Wish | None = None) -> Draft:
    """A comparison of made-up papers whose sentences are all as near to any question."""

    def look(_: str, ids: Sequence[str]) -> list[Ranked]:
        found = []
        for paper in (paper for paper in papers if paper.id in ids):
            evidence = tuple(Evidence(paper, sentence, 1.0) for sentence in split_sentences(paper.abstract))
            found.append(Ranked(paper, 1.0, evidence))
        return found

    return compare(question, papers, [paper.title for paper in papers], look, wish=wish)


BEE = paper_of(
    "However, existing methods suffer from high latency.",
    "We propose Bee, a hive.",
    "Experiments show that Bee is 2.5x faster.",
    title="Bee",
)


@pytest.mark.parametrize(
    "opening",
    [
        "The complex concepts in physics pose significant challenges for the extraction of facts.",
        "Learning from scores compresses an assessment into a number, discarding rich feedback.",
        "There are no standardized procedures for such testing.",
        "However, linear attention tends to be quick and crude.",
    ],
)
def test_an_opening_that_names_a_trouble_is_the_problem_where_none_is_said_outright(opening: str) -> None:
    ant = paper_of(opening, "We introduce Ant, a model of texts.", "Ant outperforms others on all tasks.")
    assert said(made(ant, BEE), "problem") == [opening, "However, existing methods suffer from high latency."]


def test_a_paper_that_names_no_trouble_says_nothing_of_a_problem() -> None:
    ant = paper_of("We introduce Ant, a model of texts.", "Ant outperforms others on all tasks.")
    assert said(made(ant, BEE), "problem")[0] == ""


def test_where_the_code_is_stands_in_no_cell() -> None:
    where = "Code is provided for all our experiments."
    ant = paper_of("Attention is costly.", "We first simplify Ant down to its parts.", where)
    draft = made(ant, BEE)
    assert where not in [text for row in table(draft).rows for text in said(draft, row.aspect)]
    assert said(made(ant, BEE, question="Is the code released?"), "code")[0] == where


def test_what_the_authors_did_in_any_verb_is_their_own_work() -> None:
    ant = paper_of(
        "Linear attention is cheap.",
        "To bridge the gap, we manipulate Mamba-2, a strong variant.",
        "This results in Ant, which is much more memory efficient.",
    )
    assert said(made(ant, BEE, question="Compare their memory."), "memory")[0].endswith("more memory efficient.")


def test_a_row_that_is_dropped_does_not_come_back_as_prose(sides: Sides) -> None:
    stood = ("problem", "idea", "result")
    ideas = said(sides.compare("Compare them.", KIVI, ZIP), "idea")
    wish = Wish(("problem", "result"), stood)
    draft = compare("Compare them.", sides.find(KIVI, ZIP), (KIVI, ZIP), sides.look, wish=wish)
    assert [row.aspect for row in table(draft).rows] == ["problem", "result"]
    spoken = [s.evidence.sentence.text for part in draft.parts if isinstance(part, Paragraph) for s in part.statements]
    assert not set(ideas) & set(spoken)


def test_rows_that_stay_are_filled_as_they_were(sides: Sides) -> None:
    before = sides.compare("Compare them.", KIVI, ZIP)
    wish = Wish(("problem", "idea", "result", "memory"), ("problem", "idea", "result"))
    after = compare("Compare them.", sides.find(KIVI, ZIP), (KIVI, ZIP), sides.look, wish=wish)
    assert table(after).rows[:3] == table(before).rows
    assert table(after).rows[3].aspect == "memory"


def test_an_added_row_stands_there_though_another_says_it_already() -> None:
    ant = paper_of("Models are slow.", "We propose Ant, a sieve.", "Experiments show that Ant is 3.0x faster.")
    draft = made(ant, BEE, wish=Wish(("problem", "idea", "result", "speed"), ("problem", "idea", "result")))
    assert [row.aspect for row in table(draft).rows] == ["problem", "idea", "result", "speed"]
    assert draft.note == ""


# -- later turns -------------------------------------------------------------------------------------------------------

LISTED = ("problem", "idea", "result")


@pytest.mark.parametrize(
    ("request_", "rows"),
    [
        ("drop the problem row", ("idea", "result")),
        ("add a row for energy", ("problem", "idea", "result", "energy")),
        ("only memory and speed", ("memory", "speed")),
        ("now with memory usage too, and drop the problem", ("idea", "result", "memory")),
        ("remove the problem, the idea and the result", LISTED),
    ],
)
def test_a_request_changes_the_rows(request_: str, rows: tuple[str, ...]) -> None:
    change = read_change(request_, LISTED)
    assert change
    assert edit(LISTED, change) == rows


def test_a_paper_is_dropped_by_its_name_and_what_is_new_is_handed_back() -> None:
    assert read_change("without KIVI and add GEAR", ("KIVI", "ZipCache")) == Change(
        drop=("KIVI",), unknown=(("add", "GEAR"),)
    )


@pytest.mark.parametrize("request_", ["How fast is KIVI with large batches?", "thanks", ""])
def test_a_question_is_no_change(request_: str) -> None:
    assert read_change(request_, ("KIVI", *LISTED)) is None


@pytest.mark.parametrize(
    ("request_", "changes"),
    [
        ("add GEAR and drop KIVI", ("add GEAR", "drop KIVI")),
        ("drop the idea, then add memory and speed", ("drop the idea", "add memory and speed")),
        ("add memory and speed", ("add memory and speed",)),
        ("remove it. Only results", ("remove it", "Only results")),
        ("How fast is it and add what?", ("How fast is it and add what?",)),
    ],
)
def test_a_request_of_several_changes_is_split_where_a_verb_begins_the_next(
    request_: str, changes: tuple[str, ...]
) -> None:
    assert split_request(request_) == changes


class Talk:
    """A conversation with the engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.turns: list[Turn] = []

    def say(self, *questions: str) -> Answer:
        for question in questions:
            answer = self.engine.ask(question, self.turns)
            self.turns += [Turn("user", question), Turn("assistant", answer.text, answer)]
        return answer


def shown(answer: Answer) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names and the rows of an answer's table."""
    assert answer.table
    return answer.table.names, tuple(row.aspect for row in answer.table.rows)


def test_each_change_of_a_compound_instruction_is_made(engine: Engine) -> None:
    talk = Talk(engine)
    assert shown(talk.say("Compare KIVI and ZipCache.", "add GEAR and drop KIVI"))[0] == (ZIP, "GEAR")
    assert shown(talk.say("add memory and drop the problem"))[1] == ("idea", "result", "memory")


def test_shorter_keeps_idea_and_result_and_more_detail_brings_back_the_rest(engine: Engine) -> None:
    talk = Talk(engine)
    whole = talk.say("Compare KIVI and ZipCache.")
    short = talk.say("shorter")
    assert shown(short)[1] == ("idea", "result")
    assert talk.say("more detail").text == whole.text
    assert len(talk.say("more detail").citations) > len(whole.citations)
    assert talk.say("shorter").text == whole.text


def test_changes_to_a_shorter_table_are_made_to_the_rows_it_has_left(engine: Engine) -> None:
    answer = Talk(engine).say("Compare KIVI and ZipCache.", "shorter", "drop the findings and add latency")
    assert shown(answer)[1] == ("idea", "speed")


def test_a_table_as_a_list_has_a_heading_an_aspect_and_an_item_a_paper(engine: Engine) -> None:
    talk = Talk(engine)
    listed = talk.say("Compare KIVI and ZipCache.", "as a bullet list")
    lines = listed.text.splitlines()
    assert [line.split("**")[1] for line in lines if line.startswith("**")][:3] == ["Problem", "Idea", "Result"]
    assert sum(line.startswith("- KIVI: ") for line in lines) >= 3
    assert listed.table is None
    assert shown(talk.say("as a table"))[1] == ("problem", "idea", "result")


def test_prose_as_a_list_has_an_item_a_sentence(engine: Engine) -> None:
    prose = Talk(engine).say("What is KIVI?")
    listed = Talk(engine).say("What is KIVI?", "as a bullet list")
    assert all(line.startswith("- ") for line in listed.text.splitlines())
    assert [c.quote for c in listed.citations] == [c.quote for c in prose.citations]


def test_a_word_that_names_no_paper_is_a_row_of_the_askers_own(engine: Engine) -> None:
    answer = Talk(engine).say("Compare KIVI and ZipCache.", "add robustness")
    assert shown(answer)[0] == (KIVI, ZIP)
    assert answer.note == "Neither abstract speaks of robustness."


def test_what_is_not_there_cannot_be_dropped(engine: Engine) -> None:
    answer = Talk(engine).say("Compare KIVI and ZipCache.", "drop GEAR")
    assert answer.text == "No paper and no aspect of the last answer goes by 'GEAR'; name one of them."


@pytest.mark.parametrize(
    ("question", "words", "outcome", "titles"),
    [
        (
            "How does BottleFit compare to GPT-4?",
            "No paper here is “GPT-4”, and the abstract of BottleFit does not mention it; this is what it says itself.",
            "close",
            1,
        ),
        (
            "How does BASED differ from Mamba?",
            "No paper here is “Mamba”; this is what the abstracts here say of it.",
            "answered",
            1,
        ),
        ("Compare Foo with Bar", "No paper here is “Foo” or “Bar”, and none mentions them.", "absent", 0),
        ("Compare KIVI, ZipCache and RWKV", "No paper here is “RWKV”; this is what is here.", "answered", 2),
    ],
)
def test_a_comparison_with_what_is_not_here_says_so_and_tells_what_is(
    engine: Engine, question: str, words: str, outcome: str, titles: int
) -> None:
    answer = engine.ask(question)
    assert answer.text.split("\n\n")[0] == words
    assert (answer.outcome, len({citation.title for citation in answer.citations})) == (outcome, titles)


def test_an_instruction_after_a_refused_turn_changes_the_last_real_answer(engine: Engine) -> None:
    talk = Talk(engine)
    talk.say("Compare KIVI and ZipCache.", "How many cats does the pope have?", "thanks")
    assert shown(talk.say("add GEAR"))[0] == (KIVI, ZIP, "GEAR")
    talk.say("What learning rate does KIVI use?", "add the cost")
    assert shown(talk.say("drop the problem row")) == ((KIVI, ZIP, "GEAR"), ("idea", "result", "cost"))


def test_what_was_refused_is_read_as_refused(engine: Engine) -> None:
    talk = Talk(engine)
    talk.say(
        "Is there anything on cats?", "and the second one?", "What learning rate does KIVI use?", "hello", "shorter"
    )
    exchanges = read_dialogue(talk.turns, engine._catalogue).exchanges
    assert [(e.refused, e.aside) for e in exchanges] == [
        (True, False),
        (True, False),
        (True, False),
        (False, True),
        (True, False),
    ]


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("speed instead", ("speed",)),
        ("no, show memory instead", ("memory",)),
        ("and also limitations", ("problem", "idea", "result", "limits")),
        ("energy too", ("problem", "idea", "result", "energy")),
        ("limitations?", ("idea", "limits")),
        ("add a row on energy", ("problem", "idea", "result", "energy")),
    ],
)
def test_other_rows_are_asked_for_without_a_verb(engine: Engine, question: str, rows: tuple[str, ...]) -> None:
    answer = Talk(engine).say("Compare KIVI and ZipCache.", question)
    assert shown(answer) == ((KIVI, ZIP), rows)


@pytest.mark.parametrize(
    "question", ["shorter", "as a table", "drop the cost row", "add APOLLO", "make it longer please"]
)
def test_with_no_answer_before_there_is_nothing_to_change(engine: Engine, question: str) -> None:
    assert engine.ask(question).text == "There is no answer to change yet; ask a question first."


def test_what_reads_like_an_instruction_may_be_a_topic(engine: Engine) -> None:
    assert engine.ask("skip connections").text != "There is no answer to change yet; ask a question first."


def test_of_several_changes_those_that_can_be_made_are_and_the_rest_is_told(engine: Engine) -> None:
    answer = Talk(engine).say("Compare KIVI and ZipCache.", "add LOMO and drop the problem row")
    assert answer.text.startswith("No paper here is “LOMO”.\n\n|")
    assert shown(answer) == ((KIVI, ZIP), ("idea", "result"))
    answer = Talk(engine).say("Compare KIVI and ZipCache.", "add GEAR and drop the cost row")
    assert answer.text.startswith("The last answer has no “cost” to drop.\n\n|")
    assert shown(answer)[0] == (KIVI, ZIP, "GEAR")
    answer = Talk(engine).say("Compare KIVI and ZipCache.", "add RWKV")
    assert answer.text == "No paper here is “RWKV”; name one that is here, or describe it."


def test_another_paper_instead_takes_the_place_of_the_last(engine: Engine) -> None:
    assert shown(Talk(engine).say("Compare KIVI and ZipCache.", "GEAR instead"))[0] == (KIVI, "GEAR")


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("compare KIVI and ZipCache", "which one wins?"), True),
        (("is BitStack faster than KIVI?",), True),
        (("Compare KIVI and ZipCache",), False),  # asks for no winner
        (("Which of BASED and FlashAttention-2 is faster?",), False),  # one is measured against the other
    ],
)
def test_which_is_ahead_is_said_to_be_unsaid_where_no_abstract_mentions_the_other(
    engine: Engine, asked: tuple[str, ...], told: bool
) -> None:
    assert ("which is ahead is not said" in talk(engine, *asked).note) is told


@pytest.mark.parametrize(
    ("question", "compared"),
    [
        # a clause that asks holds no name, and what is described is found
        (
            "PhysiX versus the active matter network: do they both generalise to something new?",
            ("PhysiX", "active matter"),
        ),
        (
            "MIP for hypernetworks and MCUNetV2... no wait, MIP and 1-bit Adam. What did each find?",
            ("MIP", "1-bit Adam"),
        ),
        (
            "KIVI and the data pruning study - one quantizes, one prunes, right? what does each save?",
            ("KIVI", "pruning"),
        ),
    ],
)
def test_sides_are_read_as_they_were_meant(engine: Engine, question: str, compared: tuple[str, str]) -> None:
    answer = engine.ask(question)
    assert answer.table
    assert len(answer.table.papers) == 2
    for said, paper in zip(compared, answer.table.papers, strict=True):
        assert said in f"{paper.title} {paper.abstract}"


def test_a_name_beside_no_comparison_is_no_side(engine: Engine) -> None:
    answer = engine.ask(
        "The private inference paper and the activation paper talk of Shannon. How do their aims differ?"
    )
    assert "No paper here is" not in answer.text
