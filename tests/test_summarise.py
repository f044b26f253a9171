"""Summaries: what is quoted of one paper, and how a topic falls into strands."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from rag.judge import Judge, Judged
from rag.strands import find_strands, phrases_of
from rag.summarise import MOST_OF_STRAND, MOST_STRANDS, MOST_UNSORTED, summarise_paper, summarise_topic

from ingest.entry import Entry, make_entry
from ingest.index import PaperIndex
from ingest.paper import Paper, Sentence
from ingest.settings import Settings
from rag.evaluate.measures import MARK, answer_sentences
from rag.types import Evidence, Ranked
from rag.write.draft import Draft, Group, Numbering, Paragraph
from rag.write.render import render

ABSTRACT = (
    "Bees are found on every continent. However, existing methods of counting them are costly. "
    "We propose BeeCam, a camera that counts bees as they leave the hive. It is made of wood. "
    "The hive is painted white. BeeCam counts 98% of all bees, 4x faster than a person. "
    "Our main limitation is that it does not work at night. Our code is available at https://example.org."
)


@pytest.fixture(scope="module")
def judge(indexed_home: Path) -> Iterator[Judge]:
    index = PaperIndex(Settings(indexed_home))
    yield Judge(index)
    index.close()


def sentences(draft: Draft) -> list[str]:
    return [s.evidence.sentence.text for part in draft.parts if isinstance(part, Paragraph) for s in part.statements]


def as_ranked(entry: Entry) -> Ranked:
    """The paper as a search gives it: its sentences out of order, with no vectors."""
    found = [Evidence(entry.paper, sentence, 0.0) for sentence in entry.sentences]
    return Ranked(entry.paper, 1.0, tuple(found[::-1]))


def test_problem_idea_result_and_limit_are_quoted_in_reading_order() -> None:
    assert sentences(summarise_paper(make_entry(Paper("BeeCam: Counting", ABSTRACT)))) == [
        "However, existing methods of counting them are costly.",
        "We propose BeeCam, a camera that counts bees as they leave the hive.",
        "BeeCam counts 98% of all bees, 4x faster than a person.",
        "Our main limitation is that it does not work at night.",
    ]


def test_a_paper_found_is_summarised_as_the_one_recorded_is() -> None:
    entry = make_entry(Paper("BeeCam: Counting", ABSTRACT))
    assert summarise_paper(as_ranked(entry)) == summarise_paper(entry)


def test_only_the_first_sentence_names_the_paper() -> None:
    part = summarise_paper(make_entry(Paper("BeeCam: Counting", ABSTRACT))).parts[0]
    assert isinstance(part, Paragraph)
    assert [statement.lead for statement in part.statements] == ["BeeCam", "", "", ""]


def test_a_short_abstract_is_quoted_whole() -> None:
    text = "Bees dance. We film them. They turn left."
    assert sentences(summarise_paper(make_entry(Paper("Dance", text)))) == [
        "Bees dance.",
        "We film them.",
        "They turn left.",
    ]


def test_an_abstract_that_plays_no_role_still_gets_three_sentences() -> None:
    text = "Bees hum. Wasps buzz. Ants march. Moths flutter. Flies circle."
    assert len(sentences(summarise_paper(make_entry(Paper("Insects", text))))) == 3


def test_a_paper_without_an_abstract_has_no_summary() -> None:
    assert summarise_paper(make_entry(Paper("Silence", ""))) == Draft(())


def test_of_two_equal_sentences_the_one_nearer_to_the_whole_is_quoted() -> None:
    text = "Bees hum all day. Bees hum all noon. Bees hum all hour. Bees hum all week. Bees hum all year."
    entry = make_entry(Paper("Hum", text))
    rows = np.zeros((2 + len(entry.passages) + 5, 2), dtype=np.float16)
    rows[:, 1] = 1  # every row at right angles to the whole abstract, but for it and the last two sentences
    rows[[0, -1, -2]] = (1, 0)
    vivid = Entry(0, entry.paper, entry.passages, entry.sentences, rows)
    assert sentences(summarise_paper(vivid))[-2:] == ["Bees hum all week.", "Bees hum all year."]


def test_every_paper_of_the_page_gets_three_to_five_sentences_all_cited(judge: Judge) -> None:
    for number in judge.index.record.numbers():
        entry = judge.index.entries([number])[0]
        draft = summarise_paper(entry)
        told = [
            s.evidence.sentence.start for part in draft.parts if isinstance(part, Paragraph) for s in part.statements
        ]
        assert 3 <= len(told) <= 5
        assert told == sorted(set(told))
        assert all(MARK.search(sentence) for sentence in answer_sentences("".join(render(draft, Numbering()))))


def test_a_topic_falls_into_strands_with_a_few_papers_each(judge: Judge) -> None:
    draft = summarise_topic("What are these papers about?", judge.judge("all papers"))
    groups = [part for part in draft.parts if isinstance(part, Group)]
    assert 3 <= len(groups) <= MOST_STRANDS + 1
    assert all(len(group.items) <= (MOST_OF_STRAND if group.heading else MOST_UNSORTED) for group in groups)
    assert len({group.heading for group in groups}) == len(groups)
    quoted = sum(len(group.items) for group in groups)
    assert draft.note == f"90 papers looked at, all fit. Quoted here: {quoted} of them."


def test_a_topic_that_no_paper_has_is_not_summarised(judge: Judge) -> None:
    question = "Summarise the work on pizza dough."
    assert summarise_topic(question, judge.judge(question)) == Draft((), "90 papers looked at, none fits.")


# -- strands -----------------------------------------------------------------------------------------------------------


def made(title: str, text: str, probability: float, vector: Sequence[float] = (0.0, 0.0)) -> Judged:
    paper = Paper(title, text)
    evidence = Evidence(paper, Sentence(text, 0, len(text)), probability)
    return Judged(paper, evidence, probability, np.asarray(vector, dtype=np.float32))


BEES = [made(f"Honey bees {n}", "Honey bees dance. Honey bees fly.", 1 - n / 10, (1.0, 0.1 * n)) for n in range(3)]
RIVERS = [made(f"River deltas {n}", "River deltas flood.", 0.6 - n / 10, (0.1 * n, 1.0)) for n in range(3)]


def test_papers_near_one_another_stand_under_the_words_they_share() -> None:
    strands = find_strands([*BEES, *RIVERS])
    assert [(strand.heading, strand.papers) for strand in strands] == [
        ("Honey bees", tuple(BEES)),
        ("River deltas", tuple(RIVERS)),
    ]


def test_what_all_were_asked_for_heads_no_strand() -> None:
    assert [strand.heading for strand in find_strands([*BEES, *RIVERS], "honey bees")] == [""]


def test_few_papers_and_papers_without_vectors_are_one_strand() -> None:
    unknown = [made(one.paper.title, one.paper.abstract, 0.5) for one in [*BEES, *RIVERS]]
    assert [len(strand.papers) for strand in find_strands(BEES)] == [3]
    assert [len(strand.papers) for strand in find_strands(unknown)] == [6]
    assert sum(len(strand.papers) for strand in find_strands([])) == 0


def test_a_heading_is_true_of_every_paper_under_it(judge: Judge) -> None:
    strands = find_strands(judge.judge("all papers"), most=8)
    assert len(strands) > 4
    for strand in filter(lambda strand: strand.heading, strands):
        said = [
            {text.casefold() for text in phrases_of(one.paper.title, one.paper.abstract).values()}
            for one in strand.papers
        ]
        stems = [set(phrases_of(one.paper.title, one.paper.abstract)) for one in strand.papers]
        assert set.intersection(*stems), strand.heading
        assert any(strand.heading.casefold() in each for each in said)
