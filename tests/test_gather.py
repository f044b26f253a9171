"""Names become papers, versions told apart; searches become numbered sentences within a budget."""

import json
from pathlib import Path

import pytest

from ingest.library import ingest_sources
from ingest.paper import Paper
from ingest.settings import Settings
from rag.engine import Engine
from rag.gather.evidence import DEPTH, MOST_LISTED, Gatherer, fuse, sources_of
from rag.gather.library import read_library, themes
from rag.gather.relevance import candidates_text, judged, read_choice
from rag.gather.sources import Shown, Sources, number, tokens
from rag.plan.plan import Plan
from rag.plan.talk import Talk, read_talk
from rag.retrieve.entities import Entities, Linker
from rag.retrieve.scope import Scope
from rag.types import Answer, Citation, Turn

KIVI_TITLE = "KIVI: A Tuning-Free Asymmetric 2bit Quantization for KV Cache"


@pytest.fixture
def gatherer(engine: Engine) -> Gatherer:
    return engine._turns._tools.gatherer


@pytest.fixture
def linker(engine: Engine) -> Linker:
    return engine._turns._tools.linker


def titles(engine: Engine, found: Entities) -> list[str]:
    return [paper.title for one in found.papers if (paper := engine.paper(one))]


@pytest.mark.parametrize(
    "name", ["KIVI", "kivi", "the KIVI paper", KIVI_TITLE, "Tuning-Free Asymmetric 2bit Quantization for KV Cache"]
)
def test_a_paper_is_found_by_any_of_its_names(engine: Engine, linker: Linker, name: str) -> None:
    assert titles(engine, linker.link([name], Talk())) == [KIVI_TITLE]


@pytest.mark.parametrize("name", ["KIVI-2", "KIVI 3", "FlashAttention-3", "FooNet", "YOLOv10"])
def test_another_version_and_a_name_that_is_not_here_are_no_paper(linker: Linker, name: str) -> None:
    assert linker.link([name], Talk()) == Entities((), (name,))


def test_a_handle_means_the_paper_spoken_of_and_one_that_was_not_offered_means_none(
    engine: Engine, linker: Linker
) -> None:
    kivi = linker.link(["KIVI"], Talk()).papers[0]
    cites = (Citation(1, kivi, KIVI_TITLE, "x", 0, 1),)
    talk = read_talk([Turn("assistant", "x", Answer("q", "x", cites, False, "q", (), 0.0))], linker.named)
    assert linker.link(["P1", "P7"], talk) == Entities((kivi,), ())


def test_a_plain_message_names_papers_but_not_by_words_that_are_english(engine: Engine, linker: Linker) -> None:
    assert titles(engine, Entities(linker.named("KIVI is small. It will save memory, unlike KIVI-2."))) == [KIVI_TITLE]


def test_papers_meant_come_first_and_whole_with_few_others(gatherer: Gatherer) -> None:
    plan = Plan(question="How much memory does KIVI save?", papers=("KIVI",))
    found = gatherer.find(plan, "how much?", Talk(), None, considered=10)
    sources = sources_of(found, plan, considered=10, budget=3_000)
    assert found.meant == (sources.papers[0].id,)
    whole = [one.sentence.start for one in sources.evidence if one.paper == sources.papers[0]]
    assert whole == sorted(whole)
    assert len(whole) == len(found.ranked[0].evidence)
    assert len(sources.papers) <= 3


def test_the_message_is_always_among_the_searches_so_that_a_bad_plan_finds_no_less(gatherer: Gatherer) -> None:
    message = "How does KIVI quantize the KV cache?"
    bad = Plan(question="pizza in Naples", searches=("cheese", "tomatoes"))
    found = gatherer.find(bad, message, Talk(), None, considered=10)
    assert KIVI_TITLE in [one.paper.title for one in found.ranked]


def test_a_name_that_is_not_here_is_told_and_searched_for(gatherer: Gatherer) -> None:
    found = gatherer.find(Plan(papers=("FlashAttention-3",)), "have it?", Talk(), None, considered=10)
    assert found.unknown == ("FlashAttention-3",)
    assert any("FlashAttention-2" in one.paper.title for one in found.ranked)


def test_papers_outside_what_the_reader_chose_are_not_shown(engine: Engine, gatherer: Gatherer) -> None:
    chosen = engine.search("lossy compression", k=3)
    scope = Scope(tuple(one.paper.id for one in chosen))
    found = gatherer.find(Plan(papers=("KIVI",), searches=("kv cache",)), "KIVI?", Talk(), scope, considered=10)
    assert found.meant == ()
    assert {one.paper.id for one in found.ranked} <= set(scope.ids)


def test_where_all_that_fit_are_wanted_many_candidates_come(gatherer: Gatherer) -> None:
    usual = gatherer.find(Plan(searches=("compression",)), "compression", Talk(), None, considered=10)
    wide = gatherer.find(
        Plan(searches=("compression",), every=True, criterion="compress"), "compression", Talk(), None, considered=10
    )
    assert len(usual.ranked) == 10
    assert len(wide.ranked) >= 3 * DEPTH


def test_rankings_are_joined_by_place_and_weight(engine: Engine) -> None:
    one, two = engine.search("kv cache", k=5), engine.search("federated learning", k=5)
    assert [r.paper for r in fuse([(one, 1.0), (two, 0.1)])][:5] == [r.paper for r in one]
    both = fuse([(one, 1.0), (one[::-1], 1.0)])
    assert {r.paper.id for r in both} == {r.paper.id for r in one}


def test_sources_fit_their_budget_and_give_each_paper_its_best_sentence_first(engine: Engine) -> None:
    found = engine.search("compression", k=20)
    shown = [Shown(one.paper, one.evidence) for one in found]
    for budget in (300, 1_000, 4_000):
        sources = number(shown, budget)
        assert tokens(sources.text) <= 1.15 * budget + 20
    best = {one.evidence[0].sentence.text for one in found}
    assert best <= {one.sentence.text for one in number(shown, 4_000).evidence}


def test_numbers_of_sources_stand_for_their_sentences() -> None:
    sources = Sources((), "")
    assert (sources.get(0), sources.get(1)) == (None, None)


DATED = [
    {"title": f"Owls and Mice {year}", "abstract": f"We count owls in {year}. Mice are fewer.", "date": f"{year}-03-01",
     "authors": ["Ada Owl"] if year % 2 else ["Ben Mouse", "Ada Owl"]}
    for year in range(2018, 2026)
]  # fmt: skip


@pytest.fixture
def dated(tmp_path: Path) -> Engine:
    file = tmp_path / "owls.jsonl"
    file.write_text("\n".join(map(json.dumps, DATED)))
    settings = Settings(tmp_path / "dated", embedding="none")
    ingest_sources(settings, [str(file)])
    return Engine(settings)


def test_filters_keep_the_papers_of_those_dates_and_authors(dated: Engine) -> None:
    with dated as engine:
        gather = engine._turns._tools.gatherer
        late = gather.find(Plan(searches=("owls",), since="2024"), "owls", Talk(), None, considered=10)
        assert sorted(one.paper.date[:4] for one in late.ranked) == ["2024", "2025"]
        mouse = gather.find(Plan(searches=("owls",), authors=("ben mouse",)), "owls", Talk(), None, considered=10)
        assert {one.paper.authors[0] for one in mouse.ranked} == {"Ben Mouse"}
        newest = gather.find(Plan(every=True, authors=("Ada Owl",)), "all of hers", Talk(), None, considered=10)
        assert [one.paper.date[:4] for one in newest.ranked] == [str(year) for year in range(2025, 2017, -1)]


def test_an_author_is_met_by_whole_words_of_one_name(dated: Engine) -> None:
    with dated as engine:
        gather = engine._turns._tools.gatherer
        for name, count in (("mouse", 4), ("Mou", 0), ("Ben Owl", 0), ("owl", 8), ("-", 8)):
            scope, missed = gather._within(Plan(authors=(name,)), None)
            assert bool(missed) == (count == 0), name
            assert len((scope or Scope()).ids) in (count, 0), name


def test_papers_that_the_reader_chose_are_kept_to_the_dates_too(dated: Engine) -> None:
    with dated as engine:
        chosen = Scope(tuple(one.paper.id for one in engine.search("owls", k=8)))
        gather = engine._turns._tools.gatherer
        found = gather.find(Plan(every=True, since="2024"), "since 2024?", Talk(), chosen, considered=10)
        assert [one.paper.date[:4] for one in found.ranked] == ["2025", "2024"]


def test_dates_alone_name_no_papers_so_that_a_library_may_be_large(dated: Engine) -> None:
    with dated as engine:
        scope, _ = engine._turns._tools.gatherer._within(Plan(since="2020", until="2024"), None)
        assert scope == Scope((), "2020", "2024")
        gather = engine._turns._tools.gatherer
        all_late = gather.find(Plan(every=True, since="2023"), "what came since 2023?", Talk(), None, considered=10)
        assert [one.paper.date[:4] for one in all_late.ranked] == ["2025", "2024", "2023"]


def test_a_filter_that_leaves_nothing_is_set_aside_and_told(dated: Engine) -> None:
    with dated as engine:
        found = engine._turns._tools.gatherer.find(
            Plan(searches=("owls",), since="2030"), "owls", Talk(), None, considered=10
        )
        assert found.ranked
        assert found.missed == "No paper here is from 2030; papers without that limit are shown."


def test_the_library_is_told_with_its_dates_and_themes(dated: Engine, engine: Engine) -> None:
    with dated as opened:
        assert read_library(opened.index).text().splitlines()[0] == (
            "8 papers, dated 2018-03-01 to 2025-03-01, authors known."
        )
    here = read_library(engine.index)
    assert (here.count, here.newest, here.has_authors) == (90, "", False)
    assert "KV cache" in here.themes


def test_themes_are_pairs_of_words_that_titles_share() -> None:
    assert themes(["KV Cache Compression", "On the KV cache", "Owls", "The KV caches"]) == ("KV cache",)
    assert themes(["One thing", "Another matter"]) == ()


def test_a_list_is_written_from_the_best_that_fit(engine: Engine, gatherer: Gatherer) -> None:
    plan = Plan(searches=("learning",), every=True, criterion="learn")
    found = gatherer.find(plan, "learning", Talk(), None, considered=10)
    assert len(sources_of(found, plan, considered=10, budget=10**6).papers) == MOST_LISTED


def test_candidates_are_offered_by_name_and_only_offered_names_are_taken(engine: Engine) -> None:
    found = engine.search("compression", k=4)
    text = candidates_text(found)
    assert [line[:3] for line in text.splitlines() if not line.startswith(" ")] == ["C1:", "C2:", "C3:", "C4:"]
    assert read_choice('{"fits": ["C2", "c1", "C9", "C0", "C-1", 3, "C²", null]}', 4) == [0, 1, 2]
    assert read_choice('```{"fits": []}```', 4) == []
    assert read_choice("All of them fit.", 4) is None


def test_no_more_candidates_are_judged_than_two_prompts_hold(engine: Engine) -> None:
    found = engine.search("compression", k=90) * 3
    assert len(judged(found, 128_000)) == 160
    assert len(judged(found, 8_000)) == 80
    assert len(judged(found, 1_024)) == 10
    assert len(judged(found, 10)) == 10


def test_a_paper_whose_sentences_give_orders_stays_numbered_lines() -> None:
    paper = Paper("Owls\nPaper: Another", "x", ("A\nB",), "2024", "u", id="o")
    assert number([Shown(paper, (), detailed=True)], 500).text == ""
