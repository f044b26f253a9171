"""Taking sources in: once is as good as twice, the same paper is the same paper, an edit replaces."""

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.errors import ModelError, StoreError
from ingest.index import PaperIndex
from ingest.library import ingest_sources, rebuild
from ingest.paper import Paper, Unreadable
from ingest.pipeline import BATCH_PAPERS, SLICE_PAPERS, Report, ingest_papers, merge
from ingest.record import Record
from tests.corpus import (
    WordModel,
    check_finds_all,
    export,
    found_by_meaning,
    found_by_words,
    model,
    paper,
    papers,
    settings,
    use,
    write_source,
)

__all__ = ["model"]


def state(home: Path) -> tuple[int, bytes]:
    """The revision of the record and its very bytes."""
    record = Record(home)
    revision = record.revision()
    record.close()
    return revision, record.path.read_bytes()


def embedded_papers(model: WordModel) -> int:
    """How many papers a model was asked to embed: the first text of each begins with its title."""
    return sum(text.startswith("Own") for text in model.asked)


def test_a_second_ingest_of_the_same_source_writes_nothing(tmp_path: Path, model: WordModel) -> None:
    source = write_source(tmp_path / "a.jsonl", papers(70))
    first = ingest_sources(settings(tmp_path / "home"), [source])
    before, asked = state(tmp_path / "home"), len(model.asked)
    second = ingest_sources(settings(tmp_path / "home"), [source, source])
    assert (first.added, second.unchanged, second.changed) == (70, 140, 0)
    assert state(tmp_path / "home") == before
    assert len(model.asked) == asked


def test_sources_that_disagree_settle_after_one_command(tmp_path: Path, model: WordModel) -> None:
    one = write_source(tmp_path / "one.jsonl", papers(5))
    other = write_source(tmp_path / "other.jsonl", [replace(p, abstract=p.abstract + " More.") for p in papers(5)])
    first = ingest_sources(settings(tmp_path / "home"), [one, other])
    before = state(tmp_path / "home")
    second = ingest_sources(settings(tmp_path / "home"), [one, other])
    assert (first.added, first.updated) == (5, 5)
    assert (second.unchanged, second.changed) == (10, 0)
    assert state(tmp_path / "home") == before


def test_the_bundled_page_twice_is_the_bundled_page_once(page_home: Path) -> None:
    page = Path("ingest/pages/daily_papers_page.txt")
    before = export(page_home)
    again = ingest_sources(settings(page_home), [str(page.resolve())])
    assert (again.seen, again.unchanged, again.changed) == (90, 90, 0)
    assert export(page_home) == before


def test_a_changed_abstract_replaces_without_orphans(tmp_path: Path, model: WordModel) -> None:
    home = tmp_path / "home"
    long = " ".join(f"Sentence {n} speaks of quokkas at some length, again and again and again." for n in range(40))
    source = write_source(tmp_path / "a.jsonl", [*papers(3), paper(3, abstract=long)])
    ingest_sources(settings(home), [source])
    write_source(tmp_path / "a.jsonl", [*papers(3), paper(3, abstract="Now it is about numbats.")])
    report = ingest_sources(settings(home), [source])
    assert (report.updated, report.unchanged) == (1, 3)
    index = PaperIndex(settings(home))
    assert found_by_words(index, "quokkas") == set()
    assert found_by_words(index, "numbats") == {paper(3).id}
    assert found_by_meaning(index, f"{paper(3).title}. Now it is about numbats.", 1) == [paper(3).id]
    entries = list(index.record.entries())
    assert index._folder
    assert index._folder.rows() == 2 * len(entries) == 8
    index.close()


def test_an_edit_grows_and_shrinks_the_rows_of_a_paper_in_place(tmp_path: Path, model: WordModel) -> None:
    source = tmp_path / "a.jsonl"
    for sentences in (1, 30, 2, 17):
        text = " ".join(f"Clause {n} tells of {'deep ' * 20}water." for n in range(sentences))
        write_source(source, [paper(1), paper(2, abstract=text)])
        ingest_sources(settings(tmp_path / "home"), [str(source)])
        index = PaperIndex(settings(tmp_path / "home"))
        index.refresh()
        assert index._folder
        assert index._folder.rows() == 2 * index.record.count()
        rows = [len(entry.rows) for entry in index.record.entries(embedding=model.name) if entry.rows is not None]
        assert rows == [2 + len(entry.passages) + len(entry.sentences) for entry in index.record.entries()]
        index.close()


def test_a_date_that_is_less_exact_replaces_none() -> None:
    whole, year = paper(1, date="2024-08-21"), paper(1, date="2025")
    assert merge(whole, year).date == merge(year, whole).date == "2024-08-21"
    assert merge(year, paper(1, date="2024")).date == "2024"


def test_an_api_record_updates_the_paper_of_the_page_and_keeps_its_id(tmp_path: Path, model: WordModel) -> None:
    home = tmp_path / "home"
    page = write_source(tmp_path / "page.jsonl", [replace(paper(1), authors=("Ada Byron", "Bo Li"))])
    api = write_source(
        tmp_path / "api.jsonl",
        [replace(paper(1, arxiv="2401.00001", title=paper(1).title.upper() + "."), authors=(), id="")],
    )
    ingest_sources(settings(home), [page])
    report = ingest_sources(settings(home), [api])
    (found,) = export(home)
    assert (report.added, report.updated) == (0, 1)
    assert (found[0].id, found[0].arxiv) == (paper(1).id, "2401.00001")
    assert found[0].authors == ("Ada Byron", "Bo Li")
    assert ingest_sources(settings(home), [page, api]).changed == 0


def test_two_papers_of_one_title_and_two_arxiv_ids_are_two(tmp_path: Path, model: WordModel) -> None:
    given = [paper(1, arxiv="2401.00001"), paper(1, arxiv="2401.00002", abstract="Quite another abstract.")]
    source = write_source(tmp_path / "a.jsonl", given)
    for added in (2, 0):
        report = ingest_sources(settings(tmp_path / "home"), [source])
        assert (report.added, report.doubled, report.updated) == (added, 0, 0)
    assert [entry.id for entry, _ in export(tmp_path / "home")] == ["arxiv:2401.00001", "arxiv:2401.00002"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (paper(1), paper(1)),
        (paper(1), paper(1, title=paper(1).title.upper())),
        (paper(1, arxiv="2401.00001"), paper(1, arxiv="2401.00001", title="A new title")),
        (paper(1, arxiv="2401.00001"), paper(1)),
        (paper(1), paper(1, arxiv="2401.00001")),
    ],
    ids=["equal", "spelling", "arxiv id", "title after arxiv id", "arxiv id after title"],
)
@pytest.mark.parametrize("apart", [0, BATCH_PAPERS])
def test_a_paper_doubled_in_a_source_is_counted_and_the_first_stands(
    tmp_path: Path, first: Paper, second: Paper, apart: int
) -> None:
    record = Record(tmp_path)
    second = replace(second, abstract="The second telling.")
    between = [paper(number) for number in range(100, 100 + apart)]
    for added in (1 + apart, 0):
        report = Report()
        ingest_papers("source", [first, *between, second], record, None, report=report)
        assert (report.added, report.doubled, report.updated) == (added, 1, 0)
    assert record.revision() == (2 if apart else 1)
    assert record.find(first.id)
    record.close()


def test_two_tellings_that_match_one_recorded_paper_count_as_doubled(tmp_path: Path) -> None:
    record = Record(tmp_path)
    ingest_papers("api", [paper(1, arxiv="2401.00001")], record, None, report=Report())
    given = [paper(1), paper(1, arxiv="2401.00001", title="Its new title")]
    for updated in (0, 0):
        report = Report()
        ingest_papers("page", given, record, None, report=report)
        assert (report.doubled, report.updated, report.unchanged) == (1, updated, 1)
    record.close()


def test_a_paper_titled_in_signs_is_taken_once(tmp_path: Path) -> None:
    record = Record(tmp_path)
    for _ in range(2):
        ingest_papers("a", [paper(1, title="🚀🚀"), paper(2, title="?!")], record, None, report=Report())
    assert record.count() == 2
    record.close()


def test_what_a_source_leaves_out_stays(tmp_path: Path) -> None:
    record = Record(tmp_path)
    full = replace(paper(1), url="https://example.org/1")
    ingest_papers("a", [full], record, None, report=Report())
    ingest_papers("b", [replace(full, authors=(), date="", url="", abstract="New.")], record, None, report=Report())
    entry = record.find(full.id)
    assert entry
    assert entry.paper == replace(full, abstract="New.")
    record.close()


def test_unreadable_records_are_counted_and_the_others_go_in(tmp_path: Path) -> None:
    record = Record(tmp_path)
    report = Report()
    given = [paper(1), Unreadable("line 2", "no title"), paper(3)]
    ingest_papers("a", given, record, None, report=report)
    assert (report.seen, report.added, report.unreadable) == (2, 2, [("a", given[1])])
    record.close()


def test_a_source_that_cannot_be_read_does_not_cost_the_others(tmp_path: Path, model: WordModel) -> None:
    source = write_source(tmp_path / "a.jsonl", papers(2))
    report = ingest_sources(settings(tmp_path / "home"), [str(tmp_path / "none.txt"), source])
    assert report.added == 2
    assert len(report.failed) == 1
    assert "no such file" in report.failed[0]


def test_standard_input_is_a_source(tmp_path: Path, model: WordModel, monkeypatch: pytest.MonkeyPatch) -> None:
    line = json.dumps({"title": "From a pipe", "abstract": "It flows from afar. It ends here."}).encode()
    stdin = io.TextIOWrapper(io.BytesIO(line + b"\n"))
    monkeypatch.setattr("sys.stdin", stdin)
    assert ingest_sources(settings(tmp_path / "home"), ["-"]).added == 1


def test_progress_hears_of_every_paper_and_of_their_number(tmp_path: Path, model: WordModel) -> None:
    source = write_source(tmp_path / "a.jsonl", papers(70))
    heard: list[int] = []
    totals: list[int | None] = []

    def progress(count: int = 0, *, total: int | None = None) -> None:
        heard.append(count)
        totals.append(total)

    ingest_sources(settings(tmp_path / "home"), [source], progress=progress)
    assert sum(heard) == 70
    assert totals[0] == 70


def test_progress_is_told_several_times_a_commit(tmp_path: Path, model: WordModel) -> None:
    source = write_source(tmp_path / "a.jsonl", papers(BATCH_PAPERS + 10))
    heard: list[tuple[int, int]] = []

    def progress(count: int = 0, *, total: int | None = None) -> None:
        if count:
            heard.append((count, embedded_papers(model)))

    ingest_sources(settings(tmp_path / "home"), [source], progress=progress)
    slices = BATCH_PAPERS // SLICE_PAPERS
    assert heard == [
        *((SLICE_PAPERS, (n + 1) * SLICE_PAPERS) for n in range(slices)),
        (10, BATCH_PAPERS + 10),
    ]
    record = Record(tmp_path / "home")
    assert record.revision() == 2  # commits
    record.close()
    heard.clear()
    rebuild(settings(tmp_path / "home"), progress=progress)
    assert [count for count, _ in heard] == [SLICE_PAPERS] * slices + [10]


def test_a_model_that_fails_leaves_whole_batches_and_the_next_ingest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing(WordModel):
        def embed(self, texts):  # type: ignore[no-untyped-def]
            if embedded_papers(self) == 2 * BATCH_PAPERS - SLICE_PAPERS:
                raise ModelError("The embedding server does not answer; try again.")
            return super().embed(texts)

    use(Failing(), monkeypatch)
    source = write_source(tmp_path / "a.jsonl", papers(2 * BATCH_PAPERS + 10))
    with pytest.raises(ModelError):
        ingest_sources(settings(tmp_path / "home"), [source])
    assert len(export(tmp_path / "home")) == BATCH_PAPERS
    use(WordModel(), monkeypatch)
    report = ingest_sources(settings(tmp_path / "home"), [source])
    assert (report.unchanged, report.added) == (BATCH_PAPERS, BATCH_PAPERS + 10)


# -- models ----------------------------------------------------------------------------------------------------------


def test_papers_taken_in_without_a_model_get_vectors_at_the_next_ingest_with_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    source = write_source(tmp_path / "a.jsonl", papers(5))
    other = write_source(tmp_path / "b.jsonl", [paper(9)])
    ingest_sources(settings(home, embedding="none"), [source])
    model = use(WordModel(), monkeypatch)
    with_notice = PaperIndex(settings(home))
    with_notice.refresh()
    assert with_notice.notices == [
        "5 papers have no vectors of words and can be found by words alone; run: paperchat rebuild"
    ]
    with_notice.close()
    ingest_sources(settings(home), [other])
    assert embedded_papers(model) == 6
    index = PaperIndex(settings(home))
    assert found_by_meaning(index, f"{paper(2).title}. {paper(2).abstract}", 1) == [paper(2).id]
    assert index.notices == []
    index.close()


def test_another_model_is_refused_by_name_and_rebuild_embeds_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    use(WordModel("first", 32), monkeypatch)
    ingest_sources(settings(home), [write_source(tmp_path / "a.jsonl", papers(70))])
    second = use(WordModel("second", 48), monkeypatch)
    for wrong in (lambda: PaperIndex(settings(home)), lambda: ingest_sources(settings(home), [])):
        with pytest.raises(StoreError, match=r"embedding model first, but second .* Run 'paperchat rebuild'") as caught:
            wrong()
        assert "\n" not in str(caught.value)
    assert rebuild(settings(home)) == 70
    index = PaperIndex(settings(home))
    assert len(second.asked) == sum(len(entry.texts) for entry in index.record.entries())
    check_finds_all(index, 70)
    assert index.record.embeddings() == ["second"]
    index.close()


def test_an_interrupted_rebuild_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    use(WordModel("first"), monkeypatch)
    ingest_sources(settings(home), [write_source(tmp_path / "a.jsonl", papers(3 * BATCH_PAPERS))])

    class Stopped(WordModel):
        def embed(self, texts):  # type: ignore[no-untyped-def]
            if embedded_papers(self) == BATCH_PAPERS:
                raise KeyboardInterrupt
            return super().embed(texts)

    use(Stopped("second"), monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        rebuild(settings(home))
    record = Record(home)
    assert len(record.without_vectors("second")) == 2 * BATCH_PAPERS
    assert len(record.without_vectors("first")) == BATCH_PAPERS
    record.close()
    second = use(WordModel("second"), monkeypatch)
    assert rebuild(settings(home)) == 3 * BATCH_PAPERS
    assert embedded_papers(second) == 2 * BATCH_PAPERS
    index = PaperIndex(settings(home))
    index.refresh()
    assert index.notices == []
    index.close()


def test_a_rebuild_with_a_model_that_does_not_answer_costs_no_vectors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    use(WordModel("first"), monkeypatch)
    ingest_sources(settings(home), [write_source(tmp_path / "a.jsonl", papers(3))])

    class Silent(WordModel):
        def embed_query(self, text):  # type: ignore[no-untyped-def]
            raise ModelError("no answer")

    for name in ("first", "second"):
        use(Silent(name), monkeypatch)
        with pytest.raises(ModelError):
            rebuild(settings(home))
    use(WordModel("first"), monkeypatch)
    index = PaperIndex(settings(home))
    check_finds_all(index, 3)
    index.close()


def test_a_rebuild_with_the_same_model_embeds_all_anew(tmp_path: Path, model: WordModel) -> None:
    home = tmp_path / "home"
    ingest_sources(settings(home), [write_source(tmp_path / "a.jsonl", papers(4))])
    asked = len(model.asked)
    assert rebuild(settings(home)) == 4
    assert len(model.asked) == 2 * asked
    index = PaperIndex(settings(home))
    check_finds_all(index, 4)
    index.close()


def test_a_rebuild_without_a_model_keeps_the_vectors(tmp_path: Path, model: WordModel) -> None:
    home = tmp_path / "home"
    ingest_sources(settings(home), [write_source(tmp_path / "a.jsonl", papers(4))])
    asked = len(model.asked)
    with pytest.MonkeyPatch.context() as patched:
        patched.undo()
        patched.setattr("ingest.index.make_embedder", lambda settings: None)
        assert rebuild(settings(home, embedding="none")) == 4
    index = PaperIndex(settings(home))
    check_finds_all(index, 4)
    assert len(model.asked) == asked
    index.close()
