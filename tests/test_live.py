"""Live sources: days of Daily Papers and queries of arXiv, fetched politely, resumed, kept up to date, compared."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from live_services import Stand, feed, paper, standing

from ingest.errors import SourceError
from ingest.intake import Intake
from ingest.library import import_snapshot, ingest_sources
from ingest.live import fetch
from ingest.live.feeds import due
from ingest.paper import Paper, Unreadable
from ingest.record import Record
from ingest.settings import Settings
from ingest.snapshot import export_snapshot
from ingest.sources import Given, read_given
from rag.engine import Engine
from ui.cli import main

Run = Callable[..., int]


@pytest.fixture
def stand() -> Iterator[Stand]:
    with standing() as stand:
        stand.days = {"2026-08-20": [paper(1), paper(2)], "2026-08-21": [paper(3)]}
        yield stand


@pytest.fixture
def run(stand: Stand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    def ran(*words: str, today: str = "2026-08-22") -> int:
        settings = Settings(tmp_path / "home", embedding="none", services=stand.services(today))
        monkeypatch.setattr("ui.commands.load_settings", lambda: settings)
        return main(list(words))

    return ran


def test_a_day_is_taken_in(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("ingest", "daily:2026-08-20") == 0
    assert "2 papers seen: 2 added" in capsys.readouterr().out


def test_a_range_is_taken_in_day_by_day_and_what_is_settled_is_not_fetched_again(run: Run, stand: Stand) -> None:
    assert run("ingest", "daily:2026-08-19..2026-08-22") == 0
    assert stand.asked == ["2026-08-19", "2026-08-20", "2026-08-21", "2026-08-22"]
    assert run("ingest", "daily:2026-08-19..2026-08-22") == 0
    assert stand.asked[4:] == ["2026-08-21", "2026-08-22"]


def test_the_latest_day_is_the_last_that_has_papers(run: Run, stand: Stand) -> None:
    assert run("ingest", "daily:latest", today="2026-08-23") == 0
    assert stand.asked == ["2026-08-23", "2026-08-22", "2026-08-21"]


def test_a_paper_of_arxiv_and_a_query_are_taken_in(run: Run, stand: Stand, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("ingest", "arxiv:2407.03618", "arxiv:cat:cs.LG AND kv cache", "--limit", "1") == 0
    assert stand.asked == ["2407.03618", "cat:cs.LG AND kv cache"]
    assert run("papers") == 0
    assert "Prism 1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("daily:yesterday", "is no day"),
        ("daily:2026-02-30", "is no day"),
        ("daily:2026-08-21..2026-08-01", "ends before it begins"),
        ("daily:2010-01-01..2026-08-01", "more than 2,000"),
        ("daily:2026-09-01", "daily:2026-09-01: that day is yet to come"),
        ("arxiv:", "write arxiv:2407.03618"),
    ],
)
def test_what_names_nothing_is_told(run: Run, source: str, why: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("ingest", source) == 1
    assert why in capsys.readouterr().err


PASSING = [
    (500, {}, b""),
    (429, {"Retry-After": "0.05"}, b""),
    (200, {}, b'[{"paper": {"title": "Half'),
    (200, {}, b"<html>Sign in</html>"),
    (307, {"Location": "/api/daily_papers?date=2026-08-20"}, b""),
]


@pytest.mark.parametrize("trouble", PASSING)
def test_what_passes_is_tried_again(run: Run, stand: Stand, trouble: tuple[int, dict[str, str], bytes]) -> None:
    stand.troubles = [trouble]
    assert run("ingest", "daily:2026-08-20") == 0
    assert len(stand.asked) == 2


@pytest.mark.parametrize(
    ("trouble", "why", "tries"),
    [
        ((404, {}, b""), "refused with status 404", 1),
        ((429, {"Retry-After": "3600"}, b""), "asks to wait 3,600 seconds", 1),
        ((503, {}, b""), "status 503", fetch.ATTEMPTS),
        ((200, {}, b"[{"), "damaged answer", fetch.ATTEMPTS),
        ((302, {"Location": "http://127.0.0.2/elsewhere"}, b""), "another address (127.0.0.2)", 1),
        ((200, {}, b" " * 2_001), "more than", 1),
    ],
)
def test_what_does_not_pass_is_told_and_changes_nothing(
    run: Run,
    stand: Stand,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    trouble: object,
    why: str,
    tries: int,
) -> None:
    monkeypatch.setattr(fetch, "MAX_ANSWER", 2_000)
    stand.troubles = [trouble] * 9  # type: ignore[list-item]
    assert run("ingest", "daily:2026-08-20") == 1
    said = capsys.readouterr().err
    assert why in said
    assert said.count("\n") == 1
    assert len(stand.asked) == tries


def test_a_damaged_record_does_not_take_its_neighbours_with_it(
    run: Run, stand: Stand, capsys: pytest.CaptureFixture[str]
) -> None:
    stand.days["2026-08-20"].insert(1, {"paper": {"title": 7, "authors": None}})
    assert run("ingest", "daily:2026-08-20") == 0
    assert "2 papers seen: 2 added, 0 updated, 0 unchanged, 1 could not be read." in capsys.readouterr().out


def test_an_interrupted_range_goes_on_where_it_stopped(
    run: Run, stand: Stand, capsys: pytest.CaptureFixture[str]
) -> None:
    stand.days["2026-08-10"] = [paper(9)]
    assert run("ingest", "daily:2026-08-10..2026-08-10") == 0
    stand.troubles = [(503, {}, b"")] * fetch.ATTEMPTS
    assert run("ingest", "daily:2026-08-10..2026-08-21") == 1
    assert stand.asked == ["2026-08-10"] + ["2026-08-11"] * fetch.ATTEMPTS  # the rest was not even tried
    assert run("ingest", "daily:2026-08-10..2026-08-21") == 0
    assert stand.asked[1 + fetch.ATTEMPTS] == "2026-08-11"
    assert "1 day taken in before" in capsys.readouterr().err


def test_offline_is_told_once_in_plain_words(run: Run, stand: Stand, capsys: pytest.CaptureFixture[str]) -> None:
    stand.url = "http://127.0.0.1:9"
    assert run("ingest", "daily:2026-08-01..2026-08-21") == 1
    said = capsys.readouterr().err
    assert "Daily Papers cannot be reached (127.0.0.1: " in said
    assert "check the network and run again; what was fetched is kept" in said
    assert said.count("cannot be reached") == 1


def test_an_update_fetches_what_is_new_and_the_second_has_nothing_new(
    run: Run, stand: Stand, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("update") == 0
    assert capsys.readouterr().out.startswith("Nothing to update: no day and no query was taken in yet")
    run("ingest", "daily:2026-08-20", "arxiv:prisms")
    capsys.readouterr()
    stand.asked.clear()
    stand.found = feed(3, 1, 2)
    assert run("update") == 0
    assert capsys.readouterr().out == "2 new papers, 0 updated.\n"
    assert stand.asked == ["2026-08-21", "2026-08-22", "prisms"]
    assert run("update") == 0
    assert capsys.readouterr().out == "Nothing new.\n"


def test_an_update_tells_each_trouble_and_how_many_in_a_line_and_nothing_twice(
    run: Run, stand: Stand, capsys: pytest.CaptureFixture[str]
) -> None:
    run("ingest", "daily:2026-08-20", "arxiv:prisms")
    capsys.readouterr()
    up, stand.url = stand.url, "http://127.0.0.1:9"
    assert run("update") == 1  # offline
    out, err = capsys.readouterr()
    assert (out, err.count("\n"), err.count("cannot be reached")) == ("", 2, 2)
    stand.url, stand.found = up, b"no feed"
    assert run("update") == 1  # half of it is broken
    out, err = capsys.readouterr()
    assert (out, err.count("\n"), err.count("damaged answer")) == ("1 new paper, 0 updated.\n", 1, 1)


def test_a_damaged_memory_of_what_was_fetched_only_costs_fetching_again(run: Run, stand: Stand, tmp_path: Path) -> None:
    run("ingest", "daily:2026-08-20")
    (tmp_path / "home" / "live.json").write_text('{"days": 7}')
    assert run("ingest", "daily:2026-08-20") == 0
    assert stand.asked == ["2026-08-20", "2026-08-20"]


def test_when_the_record_is_lost_an_update_brings_all_of_it_back(run: Run, stand: Stand, tmp_path: Path) -> None:
    run("ingest", "daily:2026-08-20", "arxiv:prisms")
    for path in (tmp_path / "home").glob("papers.sqlite3*"):
        path.unlink()
    stand.asked.clear()
    assert run("update") == 0
    assert stand.asked == ["2026-08-20", "2026-08-21", "2026-08-22", "prisms"]
    with closing(Record(tmp_path / "home")) as record:
        assert record.count() == 5


def test_a_day_that_an_update_could_not_get_is_fetched_by_a_later_one(
    run: Run, stand: Stand, capsys: pytest.CaptureFixture[str]
) -> None:
    run("ingest", "daily:2026-08-20")
    stand.troubles = [(404, {}, b"")]
    assert run("update") == 1
    stand.asked.clear()
    assert run("update", today="2026-08-30") == 0
    assert stand.asked[:3] == ["2026-08-21", "2026-08-22", "2026-08-23"]
    stand.asked.clear()
    assert run("update", today="2026-09-01") == 0
    assert stand.asked == ["2026-08-29", "2026-08-30", "2026-08-31", "2026-09-01"]


def test_the_limit_of_a_query_does_not_cut_what_an_update_finds(
    run: Run, stand: Stand, capsys: pytest.CaptureFixture[str]
) -> None:
    run("ingest", "arxiv:prisms", "--limit", "1")
    stand.found = feed(1, 2, 3, 4)
    capsys.readouterr()
    for said in ("3 new papers, 0 updated.\n", "Nothing new.\n"):
        assert run("update") == 0
        assert capsys.readouterr().out == said


def test_what_an_update_leaves_of_a_query_is_told_and_taken_in_by_the_next_ones(
    run: Run, stand: Stand, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.live.feeds.MOST_FOUND", 4)
    stand.found = feed(1, published="2026-08-{:02}")
    run("ingest", "arxiv:prisms", today="2026-08-01")
    capsys.readouterr()
    stand.found = feed(*range(10, 0, -1), published="2026-08-{:02}")
    assert run("update", today="2026-08-10") == 0
    out, err = capsys.readouterr()
    assert out == "4 new papers, 0 updated.\n"
    assert err == (
        "paperchat: arxiv:prisms: more than 4 papers are new. The newest 4 were taken in; those of 2026-08-07 and "
        "before are left, and the next update goes on with them.\n"
    )
    stand.found = feed(*range(20, 0, -1), published="2026-08-{:02}")  # more is left before all of that came in
    left = [run("update", today="2026-08-20") or capsys.readouterr().err.count("are left") for _ in range(7)]
    assert left == [1] * 6 + [0]
    with closing(Record(tmp_path / "home")) as record:
        assert record.count() == 20
    assert run("update", today="2026-08-20") == 0
    assert capsys.readouterr() == ("Nothing new.\n", "")


def test_a_day_that_is_always_refused_is_told_once_and_left_out_after_a_week(
    run: Run, stand: Stand, capsys: pytest.CaptureFixture[str]
) -> None:
    run("ingest", "daily:2026-08-20")
    stand.refuses = {"2026-08-21"}
    capsys.readouterr()
    assert run("update") == 1
    out, err = capsys.readouterr()
    assert out == "Nothing new.\n"
    assert err == (
        "paperchat: daily:2026-08-21: Daily Papers refused with status 404. Each update of the next 7 days asks again, "
        "without a word.\n"
    )
    for today in ("2026-08-22", "2026-08-28", "2026-08-29", "2026-08-30"):
        stand.asked.clear()
        assert run("update", today=today) == 0
        assert capsys.readouterr() == ("Nothing new.\n", "")
        assert ("2026-08-21" in stand.asked) == (today < "2026-08-30")


def test_a_refused_day_that_comes_after_all_is_taken_in(
    run: Run, stand: Stand, capsys: pytest.CaptureFixture[str]
) -> None:
    run("ingest", "daily:2026-08-20")
    stand.refuses = {"2026-08-21"}
    assert run("update") == 1
    stand.refuses = set()
    capsys.readouterr()
    assert run("update", today="2026-08-25") == 0
    assert capsys.readouterr() == ("1 new paper, 0 updated.\n", "")


def test_a_service_that_refuses_every_day_is_told_in_one_line_each_time_and_costs_no_day(
    run: Run, stand: Stand, capsys: pytest.CaptureFixture[str]
) -> None:
    run("ingest", "daily:2026-08-20")
    stand.refuses = {f"2026-08-{day}" for day in range(20, 32)}
    capsys.readouterr()
    for today, more in (("2026-08-22", "1 more day"), ("2026-08-31", "10 more days")):
        assert run("update", today=today) == 1
        assert capsys.readouterr() == (
            "",
            f"paperchat: daily:2026-08-21 and {more}: Daily Papers refused with status 404; check what is asked, and "
            "run again; what was fetched is kept.\n",
        )
    stand.refuses = set()
    assert run("update", today="2026-08-31") == 0
    assert capsys.readouterr().out == "1 new paper, 0 updated.\n"


def test_after_the_import_of_a_snapshot_an_update_goes_on_from_there(run: Run, stand: Stand, tmp_path: Path) -> None:
    run("ingest", "daily:2026-08-19..2026-08-20", "arxiv:prisms", "--limit", "2")
    with closing(Record(tmp_path / "home")) as record:
        export_snapshot(record, tmp_path / "snapshot")
        here = due(record, stand.services("2026-08-23"))
    there = Settings(tmp_path / "there", embedding="none", services=stand.services("2026-08-23"))
    import_snapshot(there, tmp_path / "snapshot")
    with closing(Record(there.home)) as record:
        assert due(record, there.services) == here
    assert [piece.name for piece in here] == [f"daily:2026-08-{day}" for day in (21, 22, 23)] + ["arxiv:prisms"]
    assert (here[-1].since, here[-1].limit) == ("2026-08-19", 2_000)  # type: ignore[union-attr]


def test_what_live_sources_gave_to_two_libraries_is_known_where_they_become_one(
    run: Run, stand: Stand, tmp_path: Path
) -> None:
    run("ingest", "daily:2026-08-19", today="2026-08-19")
    run("ingest", "arxiv:prisms", "--limit", "2")
    with closing(Record(tmp_path / "home")) as record:
        export_snapshot(record, tmp_path / "snapshot")
    there = Settings(tmp_path / "there", embedding="none", services=stand.services())
    ingest_sources(there, ["daily:2026-08-19..2026-08-21"])
    import_snapshot(there, tmp_path / "snapshot")
    with closing(Record(there.home)) as record:
        names = [piece.name for piece in due(record, there.services)]
        assert names == ["daily:2026-08-21", "daily:2026-08-22", "arxiv:prisms"]


def test_two_days_are_compared(run: Run, stand: Stand, capsys: pytest.CaptureFixture[str]) -> None:
    stand.days["2026-08-21"] = [paper(2, abstract="We polish lens 2 with wool, and say so at length."), paper(3)]
    run("ingest", "daily:2026-08-20..2026-08-21")
    capsys.readouterr()
    assert run("diff", "2026-08-20", "2026-08-21") == 0
    told = capsys.readouterr().out
    assert "1 came: on 2026-08-21 only:\n- Lens 3" in told
    assert "1 went: on 2026-08-20 only:\n- Lens 1" in told
    assert "said differently:\n- Lens 2" in told
    assert "More on 2026-08-20: " in told
    assert run("diff", "--json", "2026-08-20", "2026-08-21") == 0
    assert [one["title"] for one in json.loads(capsys.readouterr().out)["came"]] == ["Lens 3"]
    assert run("diff", "2026-08-20", "2025-01-01") == 2
    assert "paperchat ingest daily:2025-01-01" in capsys.readouterr().err


def test_the_themes_of_a_day_stand_in_its_titles_and_in_more_of_its_papers(
    run: Run, stand: Stand, capsys: pytest.CaptureFixture[str]
) -> None:
    def about(number: int, topic: str) -> dict[str, object]:
        found = paper(number, abstract=f"We study {topic} with substantial progress, in {number} trials.")
        return {**found, "paper": {**found["paper"], "title": f"{topic.title()} {number}"}}  # type: ignore[dict-item]

    stand.days = {
        "2026-08-20": [about(n, "lens grinding") for n in range(1, 5)],
        "2026-08-21": [about(n, "kelp farming") for n in range(5, 9)],
    }
    run("ingest", "daily:2026-08-20..2026-08-21")
    capsys.readouterr()
    run("diff", "--json", "2026-08-20", "2026-08-21")
    assert json.loads(capsys.readouterr().out)["themes"] == [["lens grinding"], ["kelp farming"]]


def test_a_day_chosen_on_the_page_comes_in_by_the_same_way(stand: Stand, tmp_path: Path) -> None:
    with Engine(Settings(tmp_path / "home", embedding="none", services=stand.services())) as engine:
        intake: Intake = engine.intake
        taken = intake.take(["daily:2026-08-20"], stopped=lambda: False, progress=lambda papers=0, *, total=None: None)
        assert (taken.report.added, taken.changed) == (2, 2)


def test_no_other_address_is_fetched(tmp_path: Path) -> None:
    report = ingest_sources(Settings(tmp_path, embedding="none"), ["https://arxiv.org/abs/2407.03618"])
    assert "is a web address" in report.failed[0]


def test_what_arxiv_says_is_wrong_with_a_query_is_told(
    run: Run, stand: Stand, capsys: pytest.CaptureFixture[str]
) -> None:
    stand.found = (
        b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>https://arxiv.org/api/errors#bad</id>'
        b"<title>Error</title><summary>incorrect id format for abc</summary></entry></feed>"
    )
    assert run("ingest", "arxiv:abc") == 1
    assert "arXiv cannot answer that: incorrect id format for abc" in capsys.readouterr().err


def test_what_expands_is_not_read(run: Run, stand: Stand, capsys: pytest.CaptureFixture[str]) -> None:
    stand.found = b'<!DOCTYPE x [<!ENTITY a "b">]>' + feed(1)
    assert run("ingest", "arxiv:prisms") == 1
    assert "damaged answer" in capsys.readouterr().err


BIBTEX = rb"""% exported
@article{lens, title = {On {L}enses}, author = {Byron, Ada and M{\"u}ller, Jo}, year = 2024, eprint = {2407.03618},
  abstract = {We grind lenses by hand, slowly, and measure them.}}
@misc{bare, title = {No Abstract}}
"""
RIS = b"""TY  - JOUR
TI  - On Lenses
AU  - Byron, Ada
AB  - We grind lenses by hand, slowly, and measure them.
DA  - 2024/07/03
UR  - https://arxiv.org/abs/2407.03618
ER  -
"""


@pytest.mark.parametrize(("content", "authors"), [(BIBTEX, ("Ada Byron", "Jo Müller")), (RIS, ("Ada Byron",))])
def test_lists_of_references_are_told_by_their_content(content: bytes, authors: tuple[str, ...]) -> None:
    found = next(iter(read_given(Given("x.txt", content))))
    assert (found.title, found.arxiv, found.authors) == ("On Lenses", "2407.03618", authors)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("written", "date"),
    [
        ("year = 2024", "2024"),
        ("year = 2024, month = jul", "2024-07"),
        ("year = {2024}, month = {7}", "2024-07"),
        ("year = {2024}, month = {July}", "2024-07"),
        ("date = {2024-07-03}, year = 2025", "2024-07-03"),
        ("date = {2024-07-03/2024-07-05}, year = 2023, month = {someday}", "2024-07-03"),
        ("date = {soon}, year = 2024, month = {someday}", "2024"),
        ("year = {in press}", ""),
    ],
)
def test_a_bibtex_date_goes_as_far_as_it_is_written(written: str, date: str) -> None:
    content = BIBTEX[: BIBTEX.index(b"@misc")].replace(b"year = 2024", written.encode())
    (found,) = read_given(Given("x.bib", content))
    assert found.date == date  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("written", "date"),
    [
        ("PY  - 2024", "2024"),
        ("DA  - 2024/07//", "2024-07"),
        ("DA  - 2024///spring\nPY  - 2024", "2024"),
        ("DA  - ", ""),
    ],
)
def test_a_ris_date_goes_as_far_as_it_is_written(written: str, date: str) -> None:
    (found,) = read_given(Given("x.ris", RIS.replace(b"DA  - 2024/07/03", written.encode())))
    assert found.date == date  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "content", [b"Automatically generated by Mendeley.\n\n" + BIBTEX[BIBTEX.index(b"@") :], b"Provider: X\n\n" + RIS]
)
def test_what_a_program_writes_above_its_list_is_passed_over(content: bytes) -> None:
    assert [one.title for one in read_given(Given("x.txt", content)) if isinstance(one, Paper)] == ["On Lenses"]


@pytest.mark.parametrize("end", [b"", b"\nLINE\nER  -\n"])
def test_a_damaged_record_of_a_list_takes_no_other_with_it(end: bytes) -> None:
    damaged = b"TY  - JOUR\nTI  - Cut\nAB  - We cut this off before it" + end
    first, second, third = read_given(Given("x.ris", RIS + damaged + b"\n" + RIS))
    assert (first.title, third.title) == ("On Lenses", "On Lenses")  # type: ignore[union-attr]
    assert isinstance(second, Paper if end else Unreadable)


@pytest.mark.parametrize("gap", [b" ", b"\n", b" x\n"])
@pytest.mark.parametrize("start", [b"@article{x, title={A}, author={Ada", b"TY  - JOUR\nTI  - A\nAB  - We"])
def test_a_list_that_is_mostly_blanks_is_read_in_a_moment(start: bytes, gap: bytes) -> None:
    began = time.process_time()
    with pytest.raises(SourceError):
        list(read_given(Given("x.txt", start + gap * 1_000_000 + b"}}\nER  - \n")))
    assert time.process_time() - began < 8
