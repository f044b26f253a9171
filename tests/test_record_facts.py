"""What the record says besides abstracts: authors, dates and links, as scopes and as answers."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from rag.asked_papers import read_bounds
from rag.bylines import Bylines
from rag.record_facts import CUT_TO, tell_records
from rag.record_wishes import Wish, mend, read_wishes

from ingest.authors import answers_to, fold
from ingest.library import ingest_sources
from ingest.paper import Paper
from ingest.settings import Settings
from rag.engine import Engine
from rag.retrieve.scope import Scope
from rag.types import Answer
from tests.corpus import talk

PAPERS = (
    (
        "GlowCam: Radiance Fields of Shiny Things",
        "We present GlowCam, which renders shiny scenes. GlowCam is twice as fast as splatting.",
        ["José Müller", "Ada Byron", "Wei Zhang"],
        "2024-10-22",
        "https://example.org/glowcam",
    ),
    (
        "TinyQuant: Two Bits Are Enough",
        "We propose TinyQuant, which quantizes language models to two bits. It prunes nothing.",
        ["Zhenyu Zhang", "Ada Byron"],
        "2024-11-02",
        "https://example.org/tinyquant",
    ),
    (
        "PruneBird: Pruning Language Models While They Fly",
        "We introduce PruneBird, which prunes language models during training. Pruning saves half of the memory.",
        ["Zhenyu Zhang", *(f"Person{letter} Number" for letter in "abcdefghijkl")],
        "2026-08-05",
        "",
    ),
    (
        "SilentOwl: Speech Without Sound",
        "We build SilentOwl, which reads lips. It needs no audio and works for whispered speech.",
        [],
        "",
        "",
    ),
)


def opened(folder: Path, rows: list[dict[str, object]]) -> Engine:
    """An engine over these papers, without an embedding model."""
    (folder / "papers.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n")
    settings = Settings(folder / "home", embedding="none")
    assert ingest_sources(settings, [str(folder / "papers.jsonl")]).added == len(rows)
    return Engine(settings)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine over four papers, of which one has neither authors nor a date."""
    keys = ("title", "abstract", "authors", "published", "url")
    rows: list[dict[str, object]] = [dict(zip(keys, row, strict=True)) for row in PAPERS]
    with opened(tmp_path_factory.mktemp("signed"), rows) as given:
        yield given


def listed(answer: Answer) -> list[str]:
    return sorted({cited.title.partition(":")[0] for cited in answer.citations})


# -- questions of the record ---------------------------------------------------------------------------------------


def test_who_wrote_a_paper_and_when_is_told_in_one_sentence_without_marks(engine: Engine) -> None:
    answer = engine.ask("who wrote GlowCam and when was it published?")
    assert answer.text == "GlowCam is by José Müller, Ada Byron and Wei Zhang; it is dated 2024-10-22."
    assert (answer.kind, answer.refused, answer.citations) == ("record", False, ())
    assert answer.note == "From the record of the paper, not from its abstract."
    assert answer.understood == "record · GlowCam · authors, date"


@pytest.mark.parametrize(
    ("questions", "text"),
    [
        (("What is GlowCam?", "who wrote it?"), "GlowCam is by José Müller, Ada Byron and Wei Zhang."),
        (("What is GlowCam?", "is there a link?"), "GlowCam has its page at https://example.org/glowcam."),
        (("who wrote GlowCam?", "and TinyQuant?"), "TinyQuant is by Zhenyu Zhang and Ada Byron."),
        (("who wrote GlowCam?", "publised when?"), "GlowCam is dated 2024-10-22."),
        (("athors of TinyQuant",), "TinyQuant is by Zhenyu Zhang and Ada Byron."),
        (("who is the first author of GlowCam?",), "GlowCam has José Müller as its first author."),
        (("did Ada Byron write GlowCam?",), "GlowCam has Ada Byron among its 3 authors."),
        (("is Zhenyu Zhang an author of GlowCam?",), "GlowCam does not have Zhenyu Zhang among its 3 authors."),
        (
            ("which is newer, GlowCam or TinyQuant?",),
            "TinyQuant, dated 2024-11-02, is the newest of the 2; the other is GlowCam 2024-10-22.",
        ),
        (
            ("was GlowCam published before TinyQuant?",),
            "GlowCam, dated 2024-10-22, is the oldest of the 2; the other is TinyQuant 2024-11-02.",
        ),
        (
            ("compare GlowCam and TinyQuant", "which of these is oldest?"),
            "GlowCam, dated 2024-10-22, is the oldest of the 2; the other is TinyQuant 2024-11-02.",
        ),
    ],
)
def test_the_record_answers_what_is_asked_of_it(engine: Engine, questions: tuple[str, ...], text: str) -> None:
    answer = talk(engine, *questions)
    assert (answer.text, answer.kind) == (text, "record")


@pytest.mark.parametrize(
    ("question", "lack"),
    [
        ("who wrote SilentOwl?", "authors"),
        ("when was SilentOwl published?", "date"),
        ("is there a link to SilentOwl?", "link"),
    ],
)
def test_what_the_record_lacks_is_said_and_refused_as_close(engine: Engine, question: str, lack: str) -> None:
    answer = engine.ask(question)
    assert answer.text == f"The page gives no {lack} for SilentOwl."
    assert (answer.refused, answer.outcome) == (True, "close")


def test_many_authors_are_cut_and_counted(engine: Engine) -> None:
    text = engine.ask("who are the authors of PruneBird?").text
    assert text.endswith(f"and {13 - CUT_TO} others.")
    assert text.count(",") == CUT_TO - 1
    assert engine.ask("how many authors does PruneBird have?").text.startswith("PruneBird has 13 authors;")


def test_without_anything_said_before_it_is_nobody(engine: Engine) -> None:
    answer = engine.ask("link please")
    assert answer.refused
    assert answer.text == "There is nothing before this that it could refer to; name a paper."


def test_the_authors_of_what_is_not_here_are_not_told(engine: Engine) -> None:
    assert engine.ask("when was FrobnicatorNet published?").text.startswith("No paper here goes by “FrobnicatorNet”")


@pytest.mark.parametrize(
    "question",
    [
        "What do the authors of GlowCam propose?",
        "is there a link between pruning and memory?",
        "link to the code of GlowCam?",
        "how do they write their prompts?",
        "does it beat the latest methods?",
        "When does pruning save memory?",
    ],
)
def test_a_question_of_the_abstract_is_none_of_the_record(question: str) -> None:
    assert read_wishes(question) == ()


def test_what_looks_like_a_mark_or_a_page_in_a_record_is_neither() -> None:
    odd = Paper("Odd", "Odd things.", ("Eve [1]\nMallory",), "2024-01-01", "javascript:alert(1)")
    told = tell_records((Wish.AUTHORS, Wish.LINK), [odd])
    assert told.words == "Odd is by Eve (1) Mallory. The page gives no link for it."


def test_cue_words_are_mended_and_words_of_the_papers_stay() -> None:
    assert mend("athors of Quant, publised in Agust", lambda word: False) == "authors of Quant, published in August"
    assert mend("publised", lambda word: True) == "publised"
    assert mend("FrobnicatorNet", lambda word: False) == "FrobnicatorNet"


# -- scopes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "titles", "note"),
    [
        ("papers by Zhenyu Zhang", ["PruneBird", "TinyQuant"], "2 papers by Zhenyu Zhang."),
        ("what did zhenyu zhang write?", ["PruneBird", "TinyQuant"], "2 papers by Zhenyu Zhang."),
        ("Zhenyu Zhang's papers", ["PruneBird", "TinyQuant"], "2 papers by Zhenyu Zhang."),
        ("papers by Zhenyu Zang", ["PruneBird", "TinyQuant"], "2 papers by Zhenyu Zhang."),
        ("papers by Jose Muller", ["GlowCam"], "1 paper by José Müller."),
        ("papers by Z. Zhang", ["PruneBird", "TinyQuant"], "2 papers by Zhenyu Zhang."),
        ("papers by zhang", ["GlowCam", "PruneBird", "TinyQuant"], "3 papers by Zhang."),
        ("papers by Ada Byron and Zhenyu Zhang", ["TinyQuant"], "1 paper by Ada Byron and Zhenyu Zhang."),
        ("how many papers were published in August 2026?", ["PruneBird"], "1 paper of August 2026."),
        ("list the papers from 2024", ["GlowCam", "TinyQuant"], "2 papers of 2024."),
        ("papers by Ada Byron since November 2024", ["TinyQuant"], "1 paper since November 2024 by Ada Byron."),
        ("newest paper by Zhenyu Zhang", ["PruneBird"], "2 papers by Zhenyu Zhang. Quoted here: the newest."),
        ("what's new in August 2026?", ["PruneBird"], "1 paper of August 2026."),
        ("papers this month", ["PruneBird"], "Counted back from the newest paper here: 1 paper of August 2026."),
    ],
)
def test_a_scope_without_a_topic_lists_all_of_it(engine: Engine, question: str, titles: list[str], note: str) -> None:
    answer = engine.ask(question)
    assert (listed(answer), answer.note, answer.refused) == (titles, note, False)


def test_the_words_of_the_scope_are_not_its_topic_and_the_note_counts_within_it(engine: Engine) -> None:
    answer = engine.ask("which papers by Zhenyu Zhang are about two bits?")
    assert listed(answer) == ["TinyQuant"]
    assert answer.note == "2 papers by Zhenyu Zhang looked at, 1 fits."
    assert answer.understood.endswith(" · by Zhenyu Zhang")


def test_nothing_in_the_scope_is_said_with_what_there_is(engine: Engine) -> None:
    answer = engine.ask("papers from 2019 on pruning")
    assert answer.text == "No paper here is of 2019; those here are dated 2024-10-22 to 2026-08-05."
    assert answer.refused


def test_a_turn_that_names_only_a_time_asks_the_list_before_again(engine: Engine) -> None:
    answer = talk(engine, "papers by Zhenyu Zhang", "and in 2024?")
    assert listed(answer) == ["TinyQuant"]
    assert answer.understood == "survey · 2024 · by Zhenyu Zhang"


def test_which_of_them_stays_within_the_list_before(engine: Engine) -> None:
    answer = talk(engine, "papers from 2024", "which of them are from 2026?")
    assert answer.text == "None of those papers is of 2026."


def test_which_of_two_that_were_compared_are_of_a_year_lists_these(engine: Engine) -> None:
    answer = talk(engine, "compare TinyQuant and PruneBird", "which of them is from 2026?")
    assert (listed(answer), answer.note) == (["PruneBird"], "1 paper of 2026.")


def test_a_scope_from_outside_is_cut_down_never_widened(engine: Engine) -> None:
    assert listed(engine.ask("papers by Zhenyu Zhang", scope=Scope(since="2025"))) == ["PruneBird"]
    assert engine.ask("papers from 2024", scope=Scope(since="2025")).refused
    assert listed(engine.ask("papers until 2026", scope=Scope(until="2024-10-31"))) == ["GlowCam"]


def test_the_one_paper_of_an_author_is_meant_by_the_name(engine: Engine) -> None:
    answer = engine.ask("when was José Müller's paper published?")
    assert answer.text == "GlowCam is dated 2024-10-22."


def test_the_papers_of_an_author_are_compared_where_that_is_asked(engine: Engine) -> None:
    answer = engine.ask("compare the papers by Ada Byron")
    assert (answer.kind, bool(answer.table)) == ("compare", True)


def test_an_unknown_name_is_no_author(engine: Engine) -> None:
    bylines = Bylines(engine.index)
    for question in ("papers by John Smith", "papers that scale by long training", "who wrote GlowCam?"):
        assert not read_bounds(question, bylines)


def test_a_page_without_dates_says_so(tmp_path: Path) -> None:
    with opened(tmp_path, [{"title": "GlowCam: Radiance Fields", "abstract": PAPERS[0][1]}]) as undated:
        answer = undated.ask("papers from 2024 on radiance")
    assert answer.text == "No paper here carries a date, so none can be picked by when it was published."
    assert answer.refused


def test_only_the_papers_of_an_author_are_read_to_find_that_author(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = engine.index.record
    read: list[list[int]] = []
    given = record.texts
    monkeypatch.setattr(record, "texts", lambda numbers=None: read.append(list(numbers)) or given(numbers))
    (author,) = Bylines(engine.index).authors("papers by Zhenyu Zhang")
    assert author.paper_ids
    assert {number for numbers in read for number in numbers} == set(record.select(ids=author.paper_ids))


def test_a_name_is_known_whatever_its_case_accents_and_order() -> None:
    assert fold("  JOSÉ-M. O’Müller ") == "jose m omuller"
    assert answers_to("José María Müller", "j. muller")
    assert answers_to("José Müller", "Muller José")
    assert not answers_to("José Müller", "Jose")


@pytest.mark.parametrize(
    ("wish", "dates", "words"),
    [
        (Wish.NEWEST, ("2024-03-01", "2024"), "newest of the 2; the other is B 2024. B may be newer: not every date"),
        (Wish.OLDEST, ("2024", "2024-03-01"), "oldest of the 2; the other is B 2024-03-01. B may be older: not every"),
        (Wish.NEWEST, ("2025", "2024-03-01"), "newest of the 2; the other is B 2024-03-01."),
    ],
)
def test_where_a_year_is_all_that_is_known_it_is_said_what_may_be(
    wish: Wish, dates: tuple[str, str], words: str
) -> None:
    papers = [Paper(name, "", date=date) for name, date in zip("AB", dates, strict=True)]
    assert tell_records([wish], papers).words.startswith(f"A, dated {dates[0]}, is the {words}")


@pytest.mark.parametrize("embedding", ["minilm", "none"])
def test_papers_of_a_year_are_those_dated_by_it_alone_too(tmp_path: Path, embedding: str) -> None:
    abstract = "We grind lenses by hand, slowly, and measure them."
    listed = [("Lens A", "year = 2024"), ("Lens B", "year = 2024, month = feb"), ("Lens C", "year = 2023")]
    entries = (f"@misc{{x{n}, title = {{{t}}}, {d}, abstract = {{{abstract}}}}}" for n, (t, d) in enumerate(listed))
    (tmp_path / "x.bib").write_text("\n".join(entries))
    ingest_sources(Settings(tmp_path / "home", embedding=embedding), [str(tmp_path / "x.bib")])
    with Engine(Settings(tmp_path / "home", embedding=embedding)) as engine:
        for since, until, titles in (("2024", "", "AB"), ("", "2024-06", "BC"), ("2024-02", "2024-02", "B")):
            found = engine.search("grinding lenses", scope=Scope((), since, until))
            assert sorted(ranked.paper.title[-1] for ranked in found) == list(titles)


def test_a_list_is_put_in_the_order_of_its_dates(engine: Engine) -> None:
    names = ("TinyQuant (2024-11-02)", "PruneBird (2026-08-05)")
    oldest = talk(engine, "Which papers are about language models?", "oldest first please")
    assert [oldest.text.find(name) >= 0 for name in names] == [True, True]
    assert oldest.text.find(names[0]) < oldest.text.find(names[1])
    newest = talk(engine, "Which papers are about language models?", "sort by date")
    assert newest.text.find(names[1]) < newest.text.find(names[0])
    assert newest.note == oldest.note


def test_a_comparison_is_put_in_the_order_of_its_dates(engine: Engine) -> None:
    answer = talk(engine, "Compare GlowCam and PruneBird", "newest first")
    assert answer.table
    assert answer.table.names == ("PruneBird", "GlowCam")


def test_what_is_no_list_has_no_order(engine: Engine) -> None:
    assert talk(engine, "What is GlowCam?", "newest first").text == (
        "Only a list or a comparison can be put in the order of its dates."
    )


def test_a_list_is_counted(engine: Engine) -> None:
    listed = engine.ask("Which papers are about language models?")
    counted = talk(engine, "Which papers are about language models?", "how many are there?")
    assert counted.text == listed.note == "4 papers looked at, 2 fit."


def test_the_papers_are_counted_with_their_dates(engine: Engine) -> None:
    assert engine.ask("how many papers do you have?").text == "4 papers here. They are dated 2024-10-22 to 2026-08-05."


def test_the_authors_of_most_papers_are_told_by_name(engine: Engine) -> None:
    answer = engine.ask("Which authors have the most papers?")
    assert "Ada Byron (2 papers), Zhenyu Zhang (2 papers)" in answer.text
    assert "Counted by name" in answer.note


def test_who_wrote_the_first_of_a_list_is_told_of_that_paper(engine: Engine) -> None:
    newest = talk(engine, "what are the newest papers", "who wrote the first one?")
    assert newest.text.startswith("PruneBird is by Zhenyu Zhang")
    assert talk(engine, "what are the newest papers", "who wrote the second one?").text.startswith("TinyQuant is by")


def test_a_verb_of_the_question_is_no_paper(tmp_path: Path) -> None:
    titles = ("SAVE: Single Cells in Varied Environments", "MagicPhone: Small Models on Phones")
    said = (
        "We present SAVE, which tells cells apart.",
        "We present MagicPhone, which saves 41% of the power of a phone.",
    )
    rows: list[dict[str, object]] = [{"title": t, "abstract": a} for t, a in zip(titles, said, strict=True)]
    with opened(tmp_path, rows) as given:
        assert "SAVE" not in given.ask("how much power does MagicPhone save?").understood
        assert "SAVE" in given.ask("what does SAVE do?").understood
