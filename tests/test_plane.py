"""The map: near points mean alike, groups have their own terms, what is kept is trusted only where it is true."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from conftest import PAGE

from ingest import library
from ingest.atlas import NAME, keep, kept
from ingest.entry import Entry, make_entry
from ingest.paper import Paper
from ingest.plane import FEWEST, MOST_GROUPS, lay_out, only, put
from ingest.record import Record
from ingest.settings import Settings
from ingest.terms import terms_of
from rag.engine import Engine

TOPICS = {"owls": "Owls hunt mice by night.", "lenses": "We grind lenses.", "engines": "Steam engines burn coal."}
MODEL = "a model"


def blobs(each: int, *, seed: int = 0) -> np.ndarray:  # type: ignore[type-arg]
    """Three bundles of directions."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(9).normal(size=(3, 64))
    rows = np.concatenate([centre + rng.normal(scale=0.3, size=(each, 64)) for centre in centres])
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def entries(each: int, *, seed: int = 0, name: str = "") -> list[Entry]:
    out = []
    for place, vector in enumerate(blobs(each, seed=seed)):
        topic, words = list(TOPICS.items())[place // each]
        entry = make_entry(Paper(f"On {topic} {name}{place}", words, id=f"title:{name}{place}"))
        rows = np.tile(vector, (2 + len(entry.passages) + len(entry.sentences), 1)).astype(np.float16)
        out.append(Entry(0, entry.paper, entry.passages, entry.sentences, rows))
    return out


def write(record: Record, papers: Sequence[Entry]) -> None:
    record.write([(entry, "test", entry.paper.id) for entry in papers], embedding=MODEL)


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Record]:
    with closing(Record(tmp_path)) as record:
        write(record, entries(20))
        yield record


def test_papers_that_mean_alike_lie_together_and_the_same_each_time() -> None:
    plane = lay_out(range(60), blobs(20))
    apart = np.linalg.norm(plane.xy[:, None] - plane.xy[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    nearest = apart.argsort(axis=1)[:, :5] // 20
    assert (nearest == np.arange(60)[:, None] // 20).mean() > 0.9
    assert np.abs(plane.xy).max() == pytest.approx(1.0)
    assert (lay_out(range(60), blobs(20)).xy == plane.xy).all()


@pytest.mark.parametrize("count", [0, 1, 3, FEWEST - 1, FEWEST, 40])
def test_any_number_of_papers_has_a_map(count: int) -> None:
    plane = lay_out(range(count), blobs(20)[:count])
    assert plane.xy.shape == (count, 2)
    assert np.isfinite(plane.xy).all()
    assert plane.groups <= MOST_GROUPS


def test_a_paper_that_comes_later_is_put_among_its_like() -> None:
    plane = lay_out(range(60), blobs(20))
    more = put(plane, blobs(20), [77], blobs(1, seed=5)[1:2])
    assert (more.xy[:60] == plane.xy).all()
    middle = plane.xy[20:40].mean(axis=0)
    assert np.linalg.norm(more.xy[60] - middle) < np.linalg.norm(plane.xy[20:40] - middle, axis=1).max()
    assert only(more, more.numbers != 77).numbers.tolist() == list(range(60))


def test_each_group_has_terms_of_its_own() -> None:
    texts = [(place, f"{words} A new method is used.") for place, words in enumerate(TOPICS.values()) for _ in range(5)]
    told = terms_of(texts, 3)
    assert all(topic in terms.lower() for topic, terms in zip(TOPICS, told, strict=True))
    assert not set.intersection(*(set(one.split(", ")) for one in told))
    assert "method" not in " ".join(told)
    assert terms_of([(0, ""), (1, "")], 2) == ["group 1", "group 2"]  # nothing tells them apart


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 nonsense", b"\x00" * 400])
def test_the_map_is_kept_and_trusted_only_where_it_is_whole_and_of_this_record_and_model(
    record: Record, tmp_path: Path, damage: bytes
) -> None:
    assert kept(tmp_path, record, MODEL) is None
    made = keep(tmp_path, record, MODEL)
    found = kept(tmp_path, record, MODEL)
    assert found
    assert (found.plane.xy == made.plane.xy).all()
    assert (found.terms, found.revision) == (made.terms, record.revision())
    assert kept(tmp_path, record, "another model") is None
    with closing(Record(tmp_path / "other")) as other:
        write(other, entries(20))
        assert kept(tmp_path, other, MODEL) is None
    (tmp_path / NAME).write_bytes(damage)
    assert kept(tmp_path, record, MODEL) is None
    assert len(keep(tmp_path, record, MODEL).plane.numbers) == 60


def test_few_new_papers_leave_the_others_where_they_are_and_many_lay_everything_out_anew(
    record: Record, tmp_path: Path
) -> None:
    made = keep(tmp_path, record, MODEL)
    write(record, entries(1, seed=3, name="new"))
    grown = keep(tmp_path, record, MODEL)
    assert (len(grown.plane.numbers), grown.plane.laid, grown.revision) == (63, 60, record.revision())
    assert (grown.plane.xy[:60] == made.plane.xy).all()
    write(record, entries(20, seed=3, name="newer"))
    assert keep(tmp_path, record, MODEL).plane.laid == 123


def test_without_vectors_papers_lie_by_their_words(tmp_path: Path) -> None:
    with closing(Record(tmp_path)) as record:
        record.write([(make_entry(entry.paper), "test", entry.paper.id) for entry in entries(20)])
        plane = keep(tmp_path, record, "").plane
    assert len({tuple(plane.group[start : start + 20]) for start in (0, 20, 40)}) == 3


def test_an_ingest_lays_out_the_map(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "MAPPED_FROM", 1)
    library.ingest_sources(Settings(tmp_path, embedding="none"), [str(PAGE)])
    with Engine(Settings(tmp_path, embedding="none")) as engine:
        mapped = engine.atlas()
        assert len(mapped.spots) == engine.count() == 90
    assert not mapped.waits
    assert sum(len(mapped.members(group)) for group in range(len(mapped.terms))) == 90
    assert len(set(mapped.terms)) == len(mapped.terms) > 3


def test_a_missing_map_is_made_aside(page_home: Path) -> None:
    with Engine(Settings(page_home)) as engine:
        first = engine.atlas()
        assert (first.spots, first.waits) == ((), True)
        assert engine._atlases._process
        assert engine._atlases._process.wait(120) == 0
        assert len(engine.atlas().spots) == 90
