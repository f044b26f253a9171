"""Names become papers, versions told apart; searches become numbered sentences within a budget."""

import json
from collections.abc import Iterator

import pytest

from ingest.library import ingest_sources
from ingest.settings import Settings
from rag.engine import Engine
from rag.gather.evidence import DEPTH, MOST_LISTED, Found, sources_of
from rag.gather.library import read_library
from rag.gather.relevance import candidates_text, read_choice
from rag.gather.sources import Shown, number, tokens
from rag.plan.plan import Plan
from rag.plan.talk import Talk
from rag.retrieve.entities import Entities, Linker
from rag.retrieve.scope import Scope

KIVI_TITLE = "KIVI: A Tuning-Free Asymmetric 2bit Quantization for KV Cache"


def find(engine: Engine, plan: Plan, message: str = "owls", scope: Scope | None = None) -> Found:
    return engine._turns._tools.gatherer.find(plan, message, Talk(), scope, considered=10)


@pytest.fixture
def linker(engine: Engine) -> Linker:
    return engine._turns._tools.linker


def titles(engine: Engine, found: Entities) -> list[str]:
    return [paper.title for one in found.papers if (paper := engine.paper(one))]


@pytest.mark.parametrize("name", ["kivi", "the KIVI paper", "Tuning-Free Asymmetric 2bit Quantization for KV Cache"])
def test_a_paper_is_found_by_any_of_its_names(engine: Engine, linker: Linker, name: str) -> None:
    assert titles(engine, linker.link([name], Talk())) == [KIVI_TITLE]


@pytest.mark.parametrize("name", ["KIVI-2", "KIVI 3", "FlashAttention-3", "FooNet"])
def test_another_version_and_a_name_that_is_not_here_are_no_paper(linker: Linker, name: str) -> None:
    assert linker.link([name], Talk()) == Entities((), (name,))


def test_a_plain_message_names_papers_but_not_by_words_that_are_english(engine: Engine, linker: Linker) -> None:
    assert titles(engine, Entities(linker.named("KIVI is small. It will save memory, unlike KIVI-2."))) == [KIVI_TITLE]


def test_papers_meant_come_first_and_whole_with_few_others(engine: Engine) -> None:
    plan = Plan(question="How much memory does KIVI save?", papers=("KIVI",))
    found = find(engine, plan, "how much?")
    sources = sources_of(found, plan, considered=10, budget=3_000)
    assert found.meant == (sources.papers[0].id,)
    whole = [one.sentence.start for one in sources.evidence if one.paper == sources.papers[0]]
    assert whole == sorted(whole)
    assert len(whole) == len(found.ranked[0].evidence)
    assert len(sources.papers) <= 3


def test_a_name_that_is_not_here_is_told_and_searched_for(engine: Engine) -> None:
    found = find(engine, Plan(papers=("FlashAttention-3",)), "have it?")
    assert found.unknown == ("FlashAttention-3",)
    assert any("FlashAttention-2" in one.paper.title for one in found.ranked)


def test_papers_outside_what_the_reader_chose_are_not_shown(engine: Engine) -> None:
    scope = Scope(tuple(one.paper.id for one in engine.search("lossy compression", k=3)))
    found = find(engine, Plan(papers=("KIVI",), searches=("kv cache",)), "KIVI?", scope)
    assert found.meant == ()
    assert {one.paper.id for one in found.ranked} <= set(scope.ids)


def test_where_all_that_fit_are_wanted_many_come_and_the_best_are_listed(engine: Engine) -> None:
    assert len(find(engine, Plan(searches=("learning",)), "learning").ranked) == 10
    plan = Plan(searches=("learning",), every=True, criterion="learn")
    wide = find(engine, plan, "learning")
    assert len(wide.ranked) >= 3 * DEPTH
    assert len(sources_of(wide, plan, considered=10, budget=10**6).papers) == MOST_LISTED


def test_sources_fit_their_budget_and_give_each_paper_its_best_sentence_first(engine: Engine) -> None:
    found = engine.search("compression", k=20)
    shown = [Shown(one.paper, one.evidence) for one in found]
    assert all(tokens(number(shown, budget).text) <= 1.15 * budget + 20 for budget in (300, 1_000, 4_000))
    best = {one.evidence[0].sentence.text for one in found}
    assert best <= {one.sentence.text for one in number(shown, 4_000).evidence}


@pytest.fixture(scope="module")
def dated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A paper on owls of each of eight years, half of them by two authors."""
    folder = tmp_path_factory.mktemp("dated")
    rows = [
        {"title": f"Owls {year}", "abstract": f"We count owls in {year}.", "date": f"{year}-03-01", "authors": authors}
        for year in range(2018, 2026)
        for authors in [["Ada Owl"] if year % 2 else ["Ben Mouse", "Ada Owl"]]
    ]
    (folder / "owls.jsonl").write_text("\n".join(map(json.dumps, rows)))
    settings = Settings(folder / "home", embedding="none")
    ingest_sources(settings, [str(folder / "owls.jsonl")])
    with Engine(settings) as opened:
        yield opened


def years(found: Found) -> list[str]:
    return [one.paper.date[:4] for one in found.ranked]


def test_filters_keep_the_papers_of_those_dates_and_authors_the_newest_first(dated: Engine) -> None:
    assert sorted(years(find(dated, Plan(searches=("owls",), since="2024")))) == ["2024", "2025"]
    assert years(find(dated, Plan(every=True, since="2020", until="2022"))) == ["2022", "2021", "2020"]
    assert years(find(dated, Plan(every=True, authors=("mouse",)))) == ["2024", "2022", "2020", "2018"]
    assert find(dated, Plan(every=True, authors=("Ben Owl",))).missed, "whole words of one name"


def test_a_filter_that_leaves_nothing_is_set_aside_and_told(dated: Engine) -> None:
    found = find(dated, Plan(searches=("owls",), since="2030"))
    assert found.ranked
    assert found.missed == "No papers match: from 2030; showing papers without that limit."


def test_the_library_is_told_with_its_dates_and_themes(dated: Engine, engine: Engine) -> None:
    told = read_library(dated.index).text().splitlines()
    assert told[0] == "8 papers, dated 2018-03-01 to 2025-03-01, authors known."
    here = read_library(engine.index)
    assert (here.count, here.newest, here.has_authors) == (90, "", False)
    assert "KV cache" in here.themes


def test_candidates_are_offered_by_name_and_only_offered_names_are_taken(engine: Engine) -> None:
    text = candidates_text(engine.search("compression", k=4))
    assert [line[:3] for line in text.splitlines() if not line.startswith(" ")] == ["C1:", "C2:", "C3:", "C4:"]
    assert read_choice('{"fits": ["C2", "c1", "C9", "C0", "C-1", 3, "C²", null]}', 4) == [0, 1, 2]
    assert read_choice('```{"fits": []}```', 4) == []
    assert read_choice("All of them fit.", 4) is None
