"""Live sources: days of Daily Papers and queries of arXiv, fetched politely, resumed, kept up to date, compared."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from live_services import Reply, Stand, feed, paper, standing

from ingest.errors import SourceError
from ingest.live import fetch
from ingest.paper import Paper, Unreadable
from ingest.settings import Settings
from ingest.sources import Given, read_given
from ui.cli import main

ARXIV_ERROR = (
    b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>https://arxiv.org/api/errors#bad</id>'
    b"<title>Error</title><summary>incorrect id format for abc</summary></entry></feed>"
)
DAY = "daily:2026-08-20"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def stand() -> Iterator[Stand]:
    with standing() as stand:
        stand.days = {"2026-08-20": [paper(1), paper(2)], "2026-08-21": [paper(3)]}
        yield stand


@pytest.fixture
def run(stand: Stand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command on a day, to its exit code, output and errors; `stand.asked` is then what it asked for."""

    def ran(*words: str, today: str = "2026-08-22") -> tuple[int, str, str]:
        settings = Settings(tmp_path / "home", embedding="none", services=stand.services(today))
        monkeypatch.setattr("ui.commands.load_settings", lambda: settings)
        stand.asked.clear()
        return main(list(words)), *capsys.readouterr()

    return ran


def test_a_day_is_taken_in_without_its_damaged_records(run: Run, stand: Stand) -> None:
    stand.days["2026-08-20"].insert(1, {"paper": {"title": 7, "authors": None}})
    code, out, _ = run("ingest", DAY)
    assert code == 0
    assert "2 papers seen: 2 added, 0 updated, 0 unchanged, 1 could not be read." in out


def test_a_range_is_taken_in_day_by_day_and_what_is_settled_is_not_fetched_again(run: Run, stand: Stand) -> None:
    for asked in (["2026-08-19", "2026-08-20", "2026-08-21", "2026-08-22"], ["2026-08-21", "2026-08-22"]):
        assert run("ingest", "daily:2026-08-19..2026-08-22")[0] == 0
        assert stand.asked == asked


def test_the_latest_day_is_the_last_that_has_papers(run: Run, stand: Stand) -> None:
    assert run("ingest", "daily:latest", today="2026-08-23")[0] == 0
    assert stand.asked == ["2026-08-23", "2026-08-22", "2026-08-21"]


def test_a_paper_of_arxiv_and_a_query_are_taken_in(run: Run, stand: Stand) -> None:
    assert run("ingest", "arxiv:2607.00003", "arxiv:cat:cs.LG AND kv cache", "--limit", "1")[0] == 0
    assert stand.asked == ["2607.00003", "cat:cs.LG AND kv cache"]
    listed = run("papers")[1]
    assert "Prism 1" in listed
    assert "Prism 3" in listed


def test_ids_and_links_are_fetched_in_one_request_and_one_that_is_not_there_is_told(run: Run, stand: Stand) -> None:
    links = ["2607.00001v2,", "https://arxiv.org/abs/2607.00002", "arxiv:2607.00003", "see 2607.00009 and 2607.00001"]
    code, out, err = run("ingest", *links)
    assert (code, err) == (1, "paperchat: 2607.00009 was not found on arXiv; check the id.\n")
    assert out == "3 papers seen: 3 added, 0 updated, 0 unchanged, 0 could not be read.\n"
    assert stand.asked == ["2607.00001,2607.00002,2607.00003,2607.00009"]
    assert run("ingest", "2607.00001")[:2] == (
        0,
        "1 paper seen: 0 added, 0 updated, 1 unchanged, 0 could not be read.\n",
    )


def test_a_file_of_the_name_of_an_id_is_read(
    run: Run, stand: Stand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("2607.00001").write_text('{"title": "Mine", "abstract": "A paper of mine, in a file of mine."}')
    assert run("ingest", "2607.00001")[0] == 0
    assert stand.asked == []
    assert "Mine" in run("papers")[1]


def test_an_id_that_arxiv_cannot_read_costs_no_other(run: Run, stand: Stand) -> None:
    stand.malformed = {"page/0112017"}
    code, out, err = run("ingest", "2607.00001 page/0112017 2607.00002")
    assert (code, err) == (1, "paperchat: page/0112017 was not found on arXiv; check the id.\n")
    assert out.startswith("2 papers seen: 2 added")


def test_more_papers_than_a_request_has_are_fetched_in_several(run: Run, stand: Stand) -> None:
    run("ingest", " ".join(f"2607.{n:05}" for n in range(1, 151)))
    assert [len(asked.split(",")) for asked in stand.asked] == [100, 50]


def test_a_doi_of_arxiv_is_an_id_and_any_other_is_told(run: Run, stand: Stand) -> None:
    code, _, err = run("ingest", "10.48550/arXiv.2607.00001", "https://doi.org/10.1145/3292500.3330701")
    assert (code, stand.asked) == (1, ["2607.00001"])
    assert err == (
        "paperchat: 10.1145/3292500.3330701: DOIs other than arXiv's are not fetched yet; export the record as BibTeX "
        "or RIS and import the file.\n"
    )


@pytest.mark.parametrize(
    ("trouble", "why"),
    [
        ((503, {}, b""), "paperchat: arXiv refuses for now (status 503 from 127.0.0.1); check the network"),
        ((403, {}, b""), "paperchat: arXiv refused the request (status 403)"),
        ((200, {}, b"<html>Sign in</html>"), "paperchat: arXiv gave a damaged answer"),
    ],
)
def test_what_keeps_arxiv_from_giving_papers_by_id_is_told(run: Run, stand: Stand, trouble: Reply, why: str) -> None:
    stand.troubles = [trouble] * fetch.ATTEMPTS
    code, _, err = run("ingest", "2607.00001", "2607.00002")
    assert (code, err[: len(why)], err.count("\n")) == (1, why, 1)


def test_what_names_nothing_is_told(run: Run) -> None:
    for source, why in (
        ("daily:2026-02-30", "is not a date"),
        ("daily:2026-08-21..2026-08-01", "ends before it begins"),
        ("daily:2010-01-01..2026-08-01", "more than 2,000"),
        ("daily:2026-09-01", "daily:2026-09-01: that day is in the future"),
        ("arxiv:", "write arxiv:2407.03618"),
    ):
        code, _, err = run("ingest", source)
        assert (code, why in err) == (1, True), source


@pytest.mark.parametrize(
    "trouble",
    [
        (429, {"Retry-After": "0.05"}, b""),
        (200, {}, b"<html>Sign in</html>"),
        (307, {"Location": "/api/daily_papers?date=2026-08-20"}, b""),
    ],
)
def test_what_passes_is_tried_again(run: Run, stand: Stand, trouble: Reply) -> None:
    stand.troubles = [trouble]
    assert run("ingest", DAY)[0] == 0
    assert len(stand.asked) == 2


@pytest.mark.parametrize(
    ("source", "trouble", "why", "tries"),
    [
        (DAY, (404, {}, b""), "refused the request (status 404)", 1),
        (DAY, (429, {"Retry-After": "3600"}, b""), "asks to wait 3,600 seconds", 1),
        (DAY, (503, {}, b""), "status 503", fetch.ATTEMPTS),
        (DAY, (200, {}, b"[{"), "damaged answer", fetch.ATTEMPTS),
        (DAY, (302, {"Location": "http://127.0.0.2/elsewhere"}, b""), "another address (127.0.0.2)", 1),
        (DAY, (200, {}, b" " * 2_001), "more than", 1),
        ("arxiv:abc", (200, {}, ARXIV_ERROR), "arXiv cannot answer that: incorrect id format for abc", 1),
        ("arxiv:abc", (200, {}, b'<!DOCTYPE x [<!ENTITY a "b">]>' + feed(1)), "damaged answer", fetch.ATTEMPTS),
    ],
)
def test_what_does_not_pass_is_told(
    run: Run, stand: Stand, monkeypatch: pytest.MonkeyPatch, source: str, trouble: Reply, why: str, tries: int
) -> None:
    monkeypatch.setattr(fetch, "MAX_ANSWER", 2_000)
    stand.troubles = [trouble] * 9
    code, _, err = run("ingest", source)
    assert (code, err.count("\n"), len(stand.asked)) == (1, 1, tries)
    assert why in err


def test_an_interrupted_range_goes_on_where_it_stopped(run: Run, stand: Stand) -> None:
    stand.days["2026-08-10"] = [paper(9)]
    run("ingest", "daily:2026-08-10")
    stand.troubles = [(503, {}, b"")] * fetch.ATTEMPTS
    assert run("ingest", "daily:2026-08-10..2026-08-21")[0] == 1
    assert stand.asked == ["2026-08-11"] * fetch.ATTEMPTS  # the rest was not even tried
    code, _, err = run("ingest", "daily:2026-08-10..2026-08-21")
    assert (code, stand.asked[0]) == (0, "2026-08-11")
    assert "1 day imported before" in err


def test_an_update_fetches_what_is_new_and_the_second_has_nothing_new(run: Run, stand: Stand) -> None:
    assert run("update")[1].startswith("Nothing to update: no day or query was imported yet")
    run("ingest", DAY, "arxiv:prisms")
    stand.found = feed(3, 1, 2)
    assert run("update") == (0, "2 new papers, 0 updated.\n", "")
    assert stand.asked == ["2026-08-21", "2026-08-22", "prisms"]
    assert run("update") == (0, "Nothing new.\n", "")


def test_an_update_tells_each_trouble_in_a_line_and_nothing_twice(run: Run, stand: Stand) -> None:
    run("ingest", DAY, "arxiv:prisms")
    up, stand.url = stand.url, "http://127.0.0.1:9"
    code, out, err = run("update")  # offline
    assert (code, out, err.count("\n"), err.count("cannot be reached")) == (1, "", 2, 2)
    assert "Daily Papers cannot be reached (127.0.0.1: " in err
    assert err.count("check the network and run again; what was fetched is saved") == 2
    stand.url, stand.found = up, b"no feed"
    code, out, err = run("update")  # half of it is broken
    assert (code, out, err.count("\n"), err.count("damaged answer")) == (1, "1 new paper, 0 updated.\n", 1, 1)


def test_a_damaged_memory_of_what_was_fetched_only_costs_fetching_again(run: Run, stand: Stand, tmp_path: Path) -> None:
    run("ingest", DAY)
    (tmp_path / "home" / "live.json").write_text('{"days": 7}')
    assert run("ingest", DAY)[0] == 0
    assert stand.asked == ["2026-08-20"]


def test_when_the_record_is_lost_an_update_brings_all_of_it_back(run: Run, stand: Stand, tmp_path: Path) -> None:
    run("ingest", DAY, "arxiv:prisms")
    for path in (tmp_path / "home").glob("papers.sqlite3*"):
        path.unlink()
    assert run("update")[0] == 0
    assert stand.asked == ["2026-08-20", "2026-08-21", "2026-08-22", "prisms"]
    assert run("papers")[2] == "5 papers.\n"


def test_the_limit_of_a_query_does_not_cut_what_an_update_finds(run: Run, stand: Stand) -> None:
    run("ingest", "arxiv:prisms", "--limit", "1")
    stand.found = feed(1, 2, 3, 4)
    assert run("update") == (0, "3 new papers, 0 updated.\n", "")
    assert run("update") == (0, "Nothing new.\n", "")


def test_what_an_update_leaves_of_a_query_comes_with_the_next(
    run: Run, stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.live.feeds.MOST_FOUND", 4)
    stand.found = feed(1, published="2026-08-{:02}")
    run("ingest", "arxiv:prisms", today="2026-08-01")
    stand.found = feed(*range(10, 0, -1), published="2026-08-{:02}")
    assert run("update", today="2026-08-10") == (
        0,
        "4 new papers, 0 updated.\n",
        "paperchat: arxiv:prisms: more than 4 papers are new. The newest 4 were imported; the next update "
        "continues with those of 2026-08-07 and before.\n",
    )
    stand.found = feed(*range(20, 0, -1), published="2026-08-{:02}")  # more is left before all of that came in
    assert [run("update", today="2026-08-20")[2].count("continues with") for _ in range(7)] == [1] * 6 + [0]
    assert run("papers")[2] == "20 papers.\n"
    assert run("update", today="2026-08-20") == (0, "Nothing new.\n", "")


def test_a_day_that_is_always_refused_is_told_once_and_left_out_after_a_week(run: Run, stand: Stand) -> None:
    run("ingest", DAY)
    stand.refuses = {"2026-08-21"}
    said = "Daily Papers refused the request (status 404). Updates try again for 7 days without further notice."
    assert run("update") == (1, "Nothing new.\n", f"paperchat: daily:2026-08-21: {said}\n")
    for today in ("2026-08-22", "2026-08-28", "2026-08-29", "2026-08-30"):
        assert run("update", today=today) == (0, "Nothing new.\n", "")
        assert ("2026-08-21" in stand.asked) == (today < "2026-08-30")


def test_a_service_that_refuses_every_day_is_told_each_time_and_costs_no_day(run: Run, stand: Stand) -> None:
    run("ingest", DAY)
    stand.refuses = {f"2026-08-{day}" for day in range(20, 32)}
    said = "Daily Papers refused the request (status 404); check it and run again; what was fetched is saved."
    for today, more in (("2026-08-22", "1 more day"), ("2026-08-31", "10 more days")):
        assert run("update", today=today) == (1, "", f"paperchat: daily:2026-08-21 and {more}: {said}\n")
    stand.refuses = set()
    assert run("update", today="2026-08-31")[:2] == (0, "1 new paper, 0 updated.\n")


def test_two_days_are_compared(run: Run, stand: Stand) -> None:
    stand.days["2026-08-21"] = [paper(2, abstract="We polish lens 2 with wool, and say so at length."), paper(3)]
    run("ingest", "daily:2026-08-20..2026-08-21")
    code, told, _ = run("diff", "2026-08-20", "2026-08-21")
    assert code == 0
    assert "1 added: on 2026-08-21 only:\n- Lens 3" in told
    assert "1 removed: on 2026-08-20 only:\n- Lens 1" in told
    assert "with another text:\n- Lens 2" in told
    assert "More on 2026-08-20: " in told
    came = json.loads(run("diff", "--json", "2026-08-20", "2026-08-21")[1])["came"]
    assert [one["title"] for one in came] == ["Lens 3"]
    code, _, err = run("diff", "2026-08-20", "2025-01-01")
    assert code == 2
    assert "paperchat ingest daily:2025-01-01" in err


BIBTEX = rb"""% exported
@article{lens, title = {On {L}enses}, author = {Byron, Ada and M{\"u}ller, Jo}, year = 2024, month = jul,
  eprint = {2407.03618}, abstract = {We grind lenses by hand, slowly, and measure them.}}
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


def papers_in(content: bytes) -> list[Paper]:
    return [one for one in read_given(Given("x.txt", content)) if isinstance(one, Paper)]


@pytest.mark.parametrize("above", [b"", b"Automatically generated by Mendeley.\n\n"])
def test_a_list_of_references_is_told_by_its_content(above: bytes) -> None:
    for content, authors, date in (
        (BIBTEX, ("Ada Byron", "Jo Müller"), "2024-07"),
        (RIS, ("Ada Byron",), "2024-07-03"),
    ):
        (found,) = papers_in(above + content)
        assert (found.title, found.arxiv, found.authors, found.date) == ("On Lenses", "2407.03618", authors, date)


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
