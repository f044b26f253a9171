"""Taking papers into an index that is searched meanwhile: seen at once, one at a time, stopped without loss."""

import json
import re
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from live_services import standing

from ingest.database import Database
from ingest.errors import BusyError
from ingest.intake import MOST_TITLES, Taken
from ingest.library import HERE, IMPORTED, LEFT, MISSING, Fate, Progress, Source
from ingest.live.names import Ids
from ingest.live.services import Services
from ingest.locks import writing
from ingest.pipeline import BATCH_PAPERS
from ingest.settings import Settings
from ingest.sources import Given
from rag.engine import Engine

NOWHERE = Services("http://127.0.0.1:9", "http://127.0.0.1:9", (0, 0), 0.01)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with Engine(Settings(tmp_path / "home", embedding="none", services=NOWHERE)) as opened:
        opened.warm()
        yield opened


def given(name: str, papers: Iterable[dict[str, str]]) -> Given:
    return Given(name, "\n".join(map(json.dumps, papers)).encode())


def lenses(first: int, last: int) -> Given:
    numbers = range(first, last)
    text = "We grind lens {0} with method Grindel{0}."
    return given("lenses.jsonl", ({"title": f"Lens {n}", "abstract": text.format(n)} for n in numbers))


def pair(version: int) -> Given:
    """Two papers that change together."""
    text = f"We grind {{0}} of {version} lux glass. {{0}} has {version} lux of light."
    names = ("Alphalens", "Betalens")
    return given("pair.jsonl", ({"title": f"{name}: a lens", "abstract": text.format(name)} for name in names))


def unheard(papers: int = 0, *, total: int | None = None) -> None:
    pass


def take(engine: Engine, *sources: Source, progress: Progress = unheard) -> Taken:
    """Takes sources in, not stopped."""
    return engine.intake.take(list(sources), stopped=lambda: False, progress=progress)


def holding(begun: threading.Event, end: threading.Event) -> Progress:
    """Waits at the first step until it may go on."""

    def wait(papers: int = 0, *, total: int | None = None) -> None:
        begun.set()
        assert end.wait(20)

    return wait


def test_a_paper_that_comes_in_is_found_by_the_next_question(engine: Engine) -> None:
    assert engine.ask("What is Grindel7?").refused
    taken = take(engine, lenses(1, 9))
    assert (taken.report.added, taken.changed, taken.titles[0]) == (8, 8, "Lens 1")
    answer = engine.ask("What is Grindel7?")
    assert [citation.title for citation in answer.citations] == ["Lens 7"]


def test_what_was_there_before_is_unchanged_and_what_cannot_be_read_or_had_is_told(engine: Engine) -> None:
    take(engine, lenses(1, 9))
    damaged = Given("b.jsonl", lenses(5, 12).content + b'\n{"title": "Alone"}\n{broken')
    taken = take(engine, damaged, Given("c", b"%PDF-1.7"), "daily:2026-08-21")
    report = taken.report
    assert (report.added, report.unchanged, len(report.unreadable), taken.changed) == (3, 4, 2, 3)
    pdf, day = report.failed
    assert pdf.startswith("c: it is a PDF file, not text")
    assert day.startswith("daily:2026-08-21")


def test_a_name_of_what_was_given_is_not_opened(engine: Engine, tmp_path: Path) -> None:
    secret = tmp_path / "secret.jsonl"
    secret.write_bytes(lenses(1, 3).content)
    for name in (str(secret), "../../../etc/passwd", "-", "http://127.0.0.1:9/"):
        report = take(engine, Given(name, b"no papers here")).report
        assert (report.seen, len(report.failed)) == (0, 1)


def test_papers_asked_for_by_id_are_fetched_where_they_are_not_here_and_each_is_told(tmp_path: Path) -> None:
    with standing() as stand, Engine(Settings(tmp_path, embedding="none", services=stand.services())) as engine:
        ids = Ids(("2607.00001", "2607.00002"), anew=False)
        prism = {"title": "Prism 2", "abstract": "We cut prism 2 from glass, as told elsewhere."}
        take(engine, given("titles.jsonl", [prism]))
        steps: list[int | None] = []

        def step(papers: int = 0, *, total: int | None = None) -> None:
            steps.append(total if total is not None else papers)

        taken = take(engine, ids, Ids(("2607.00009",), anew=False), progress=step)
        assert taken.report.fates == {
            "2607.00001": Fate(IMPORTED, "Prism 1"),
            "2607.00002": Fate(HERE, "Prism 2"),  # by its title, until now
            "2607.00009": Fate(MISSING),
        }
        assert (steps[0], sum(filter(None, steps[1:]))) == (3, 3)
        stand.asked.clear()
        again = take(engine, ids)
        assert [fate.what for fate in again.report.fates.values()] == [HERE, HERE]
        assert stand.asked == []
        stand.troubles = [(403, {}, b"")]
        failed = take(engine, Ids(("2607.00001", "2607.00003"), anew=False)).report
        assert [fate.what for fate in failed.fates.values()] == [HERE, LEFT]
        assert failed.failed[0].startswith("arXiv refused the request (status 403)")


def test_papers_by_id_are_not_waited_for_once_stopped(tmp_path: Path) -> None:
    with standing() as stand, Engine(Settings(tmp_path, embedding="none", services=stand.services())) as engine:
        asked = [Ids(("2607.00001",), anew=False), Ids(("2607.00002",), anew=False)]
        taken = engine.intake.take(asked, stopped=lambda: bool(stand.asked), progress=unheard)
        assert (taken.stopped, stand.asked) == (True, ["2607.00001"])


def test_an_import_that_is_stopped_keeps_what_was_committed(engine: Engine) -> None:
    heard = 0

    def step(papers: int = 0, *, total: int | None = None) -> None:
        nonlocal heard
        heard += papers

    source = lenses(0, 3 * BATCH_PAPERS)
    taken = engine.intake.take([source], stopped=lambda: heard >= 2 * BATCH_PAPERS, progress=step)
    assert taken.stopped
    assert taken.changed == engine.count() == 2 * BATCH_PAPERS
    assert len(taken.titles) == MOST_TITLES
    again = take(engine, source)
    assert (again.report.added, again.report.unchanged) == (BATCH_PAPERS, 2 * BATCH_PAPERS)


def test_a_second_import_says_so(engine: Engine) -> None:
    begun, end = threading.Event(), threading.Event()
    first = threading.Thread(target=take, args=(engine, lenses(1, 3)), kwargs={"progress": holding(begun, end)})
    first.start()
    assert begun.wait(20)
    with pytest.raises(BusyError, match="Another import is running"):
        take(engine, lenses(5, 7))
    end.set()
    first.join(20)
    assert engine.count() == 2


def test_an_ingest_of_another_process_is_not_waited_for(engine: Engine, tmp_path: Path) -> None:
    with writing(tmp_path / "home", told=print), pytest.raises(BusyError, match="Another import is running"):
        take(engine, lenses(1, 3))


def test_closing_ends_an_import_between_two_steps(engine: Engine) -> None:
    begun, end = threading.Event(), threading.Event()
    came: list[bool] = []
    progress = holding(begun, end)
    thread = threading.Thread(target=lambda: came.append(take(engine, lenses(0, 200), progress=progress).stopped))
    thread.start()
    assert begun.wait(20)
    closer = threading.Thread(target=engine.intake.close)
    closer.start()
    end.set()
    closer.join(20)
    thread.join(20)
    assert came == [True]


@pytest.mark.parametrize("question", ["Compare the light of Alphalens and Betalens", "Which papers are about glass?"])
def test_an_answer_shows_no_half_of_an_update(engine: Engine, monkeypatch: pytest.MonkeyPatch, question: str) -> None:
    take(engine, pair(1))
    ours, rows = engine.index.record._db, Database.rows
    reads, version = 0, 1

    def reading(self: Database, *query: Any) -> list[tuple[Any, ...]]:
        nonlocal reads, version
        found = rows(self, *query)
        reads += self is ours
        if self is ours and reads == at:
            version += 1
            take(other, pair(version))
        return found

    with Engine(Settings(engine.index.settings.home, embedding="none")) as other:
        monkeypatch.setattr(Database, "rows", reading)
        for at in range(1, 60):
            reads, before = 0, version
            shown = set(re.findall(r"\d+(?= lux)", engine.ask(question).text))
            assert shown in ({str(before)}, {str(version)}), (at, shown)
            if version == before:  # a whole answer takes fewer readings
                break
    assert 5 < version < 60
