"""Taking sources in: once is as good as twice, the same paper is the same paper, an edit replaces."""

from collections.abc import Iterator
from contextlib import closing
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
from tests.test_index import Opened, opened

__all__ = ["model", "opened"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def record(home: Path) -> Iterator[Record]:
    with closing(Record(home)) as record:
        yield record


def state(home: Path) -> tuple[int, bytes]:
    """The revision of the record and its very bytes."""
    with closing(Record(home)) as record:
        revision = record.revision()
    return revision, record.path.read_bytes()


def embedded_papers(model: WordModel) -> int:
    """How many papers a model was asked to embed: the first text of each begins with its title."""
    return sum(text.startswith("Own") for text in model.asked)


def taken(record: Record, *given: Paper | Unreadable) -> Report:
    """What became of these papers without a model."""
    report = Report()
    ingest_papers("source", given, record, None, report=report)
    return report


def test_a_second_ingest_of_the_same_source_writes_nothing(home: Path, model: WordModel) -> None:
    source = write_source(home.parent / "a.jsonl", papers(70))
    first = ingest_sources(settings(home), [source])
    before, asked = state(home), len(model.asked)
    second = ingest_sources(settings(home), [source, source])
    assert (first.added, second.unchanged, second.changed) == (70, 140, 0)
    assert (state(home), len(model.asked)) == (before, asked)


def test_an_edit_replaces_in_place_without_orphans(home: Path, model: WordModel) -> None:
    """An abstract that grows and shrinks, and speaks each time of something else."""
    before = ""
    for sentences, animal in ((1, "quokkas"), (30, "numbats"), (2, "wombats"), (17, "bilbies")):
        text = " ".join(f"Clause {n} tells of {animal} in {'deep ' * 20}water." for n in range(sentences))
        report = ingest_sources(
            settings(home), [write_source(home.parent / "a.jsonl", [paper(1), paper(2, abstract=text)])]
        )
        assert (report.updated, report.unchanged) == ((1, 1) if before else (0, 0))
        with closing(PaperIndex(settings(home))) as index:
            assert found_by_words(index, animal) == {paper(2).id}
            assert not before or found_by_words(index, before) == set()
            assert found_by_meaning(index, f"{paper(2).title}. {text}", 1) == [paper(2).id]
            assert index._folder
            assert index._folder.rows() == 2 * index.record.count() == 4
            rows = [len(entry.rows) for entry in index.record.entries(embedding=model.name) if entry.rows is not None]
            assert rows == [2 + len(entry.passages) + len(entry.sentences) for entry in index.record.entries()]
        before = animal


def test_a_date_that_is_less_exact_replaces_none() -> None:
    whole, year = paper(1, date="2024-08-21"), paper(1, date="2025")
    assert merge(whole, year).date == merge(year, whole).date == "2024-08-21"
    assert merge(year, paper(1, date="2024")).date == "2024"


def test_an_api_record_updates_the_paper_of_the_page(home: Path, model: WordModel) -> None:
    told = paper(1, arxiv="2401.00001", title=paper(1).title.upper() + ".")
    page = write_source(home.parent / "page.jsonl", [replace(paper(1), authors=("Ada Byron", "Bo Li"))])
    api = write_source(home.parent / "api.jsonl", [replace(told, authors=(), id="")])
    ingest_sources(settings(home), [page])
    report = ingest_sources(settings(home), [api])
    ((found, _),) = export(home)
    assert (report.added, report.updated) == (0, 1)
    assert (found.id, found.arxiv, found.authors) == (paper(1).id, "2401.00001", ("Ada Byron", "Bo Li"))
    assert ingest_sources(settings(home), [page, api]).changed == 0


def test_two_papers_of_one_title_and_two_arxiv_ids_are_two(record: Record) -> None:
    given = [paper(1, arxiv="2401.00001"), paper(1, arxiv="2401.00002", abstract="Quite another abstract.")]
    for added in (2, 0):
        report = taken(record, *given)
        assert (report.added, report.doubled, report.updated) == (added, 0, 0)
    assert [entry.paper.id for entry in record.entries()] == ["arxiv:2401.00001", "arxiv:2401.00002"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (paper(1), paper(1)),
        (paper(1), paper(1, title=paper(1).title.upper())),
        (paper(1, arxiv="2401.00001"), paper(1, arxiv="2401.00001", title="A new title")),
        (paper(1, arxiv="2401.00001"), paper(1)),
        (paper(1), paper(1, arxiv="2401.00001")),
        (paper(1, title="🚀🚀"), paper(1, title="🚀🚀")),
    ],
    ids=["equal", "spelling", "arxiv id", "title after arxiv id", "arxiv id after title", "titled in signs"],
)
@pytest.mark.parametrize("apart", [0, BATCH_PAPERS])
def test_the_first_of_two_tellings_in_a_source_stands(record: Record, first: Paper, second: Paper, apart: int) -> None:
    second = replace(second, abstract="The second telling.")
    between = [paper(number) for number in range(100, 100 + apart)]
    for added in (1 + apart, 0):
        report = taken(record, first, *between, second)
        assert (report.added, report.doubled, report.updated) == (added, 1, 0)
    assert record.revision() == (2 if apart else 1)
    assert record.find(first.id)


def test_progress_is_told_several_times_a_commit(home: Path, model: WordModel) -> None:
    source = write_source(home.parent / "a.jsonl", papers(BATCH_PAPERS + 10))
    heard: list[tuple[int, int]] = []
    totals: list[int | None] = []

    def progress(count: int = 0, *, total: int | None = None) -> None:
        totals.append(total)
        if count:
            heard.append((count, embedded_papers(model)))

    ingest_sources(settings(home), [source], progress=progress)
    whole = [(SLICE_PAPERS, (n + 1) * SLICE_PAPERS) for n in range(BATCH_PAPERS // SLICE_PAPERS)]
    assert heard == [*whole, (10, BATCH_PAPERS + 10)]
    assert totals[0] == BATCH_PAPERS + 10
    assert state(home)[0] == 2  # commits


# -- models ----------------------------------------------------------------------------------------------------------


def test_papers_get_the_vectors_they_lack(home: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    ingest_sources(settings(home, embedding="none"), [write_source(home.parent / "a.jsonl", papers(5))])
    model = use(WordModel(), monkeypatch)
    with closing(PaperIndex(settings(home))) as index:
        index.refresh()
        (notice,) = index.notices
    assert notice == "5 papers have no vectors of words and can be found by words alone; run: paperchat rebuild"
    ingest_sources(settings(home), [write_source(home.parent / "b.jsonl", [paper(5)])])
    assert embedded_papers(model) == 6
    index = opened(home)
    check_finds_all(index, 6)
    assert index.notices == []


def test_another_model_is_refused_by_name(home: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    use(WordModel("first", 32), monkeypatch)
    ingest_sources(settings(home), [write_source(home.parent / "a.jsonl", papers(70))])
    second = use(WordModel("second", 48), monkeypatch)
    for wrong in (lambda: opened(home), lambda: ingest_sources(settings(home), [])):
        with pytest.raises(StoreError, match=r"embedding model first, but second .* Run 'paperchat rebuild'") as caught:
            wrong()
        assert "\n" not in str(caught.value)
    assert rebuild(settings(home)) == 70
    index = opened(home)
    assert len(second.asked) == sum(len(entry.texts) for entry in index.record.entries())
    check_finds_all(index, 70)
    assert index.record.embeddings() == ["second"]


def test_an_interrupted_rebuild_goes_on(home: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stopped(WordModel):
        def embed(self, texts):  # type: ignore[no-untyped-def]
            if embedded_papers(self) == BATCH_PAPERS:
                raise KeyboardInterrupt
            return super().embed(texts)

    use(WordModel("first"), monkeypatch)
    ingest_sources(settings(home), [write_source(home.parent / "a.jsonl", papers(3 * BATCH_PAPERS))])
    use(Stopped("second"), monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        rebuild(settings(home))
    with closing(Record(home)) as record:
        missing = [len(record.without_vectors(name)) for name in ("first", "second")]
    assert missing == [BATCH_PAPERS, 2 * BATCH_PAPERS]
    second = use(WordModel("second"), monkeypatch)
    assert rebuild(settings(home)) == 3 * BATCH_PAPERS
    assert embedded_papers(second) == 2 * BATCH_PAPERS
    index = opened(home)
    index.refresh()
    assert index.notices == []


def test_a_silent_model_costs_no_vectors(home: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent(WordModel):
        def embed_query(self, text):  # type: ignore[no-untyped-def]
            raise ModelError("no answer")

    use(WordModel("first"), monkeypatch)
    ingest_sources(settings(home), [write_source(home.parent / "a.jsonl", papers(3))])
    for name in ("first", "second"):
        use(Silent(name), monkeypatch)
        with pytest.raises(ModelError):
            rebuild(settings(home))
    use(WordModel("first"), monkeypatch)
    check_finds_all(opened(home), 3)


@pytest.mark.parametrize(("embedding", "times"), [("minilm", 2), ("none", 1)])
def test_a_rebuild_embeds_all_anew_and_without_a_model_keeps_the_vectors(
    home: Path, opened: Opened, model: WordModel, embedding: str, times: int
) -> None:
    ingest_sources(settings(home), [write_source(home.parent / "a.jsonl", papers(4))])
    asked = len(model.asked)
    with pytest.MonkeyPatch.context() as patched:
        if embedding == "none":
            patched.setattr("ingest.index.make_embedder", lambda settings: None)
        assert rebuild(settings(home, embedding=embedding)) == 4
    check_finds_all(opened(home), 4)
    assert len(model.asked) == times * asked
