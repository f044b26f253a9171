"""The map: near points mean alike, groups have their own terms, what is kept is trusted only where it is true."""

from collections.abc import Iterator, Sequence
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

TOPICS = {
    "owls": "Owls hunt mice by night.",
    "lenses": "We grind lenses by hand.",
    "engines": "Steam engines burn coal.",
}
MODEL = "a model"


def blobs(each: int, *, seed: int = 0) -> np.ndarray:  # type: ignore[type-arg]
    """Three bundles of directions (3 * each, 64)."""
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
    record = Record(tmp_path)
    write(record, entries(20))
    yield record
    record.close()


def test_papers_that_mean_alike_lie_together() -> None:
    plane = lay_out(range(60), blobs(20))
    apart = np.linalg.norm(plane.xy[:, None] - plane.xy[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    nearest = apart.argsort(axis=1)[:, :5] // 20
    assert (nearest == np.arange(60)[:, None] // 20).mean() > 0.9
    assert np.abs(plane.xy).max() == pytest.approx(1.0)


def test_the_same_papers_lie_the_same_each_time() -> None:
    one, two = (lay_out(range(60), blobs(20)) for _ in range(2))
    assert (one.xy == two.xy).all()
    assert (one.group == two.group).all()


@pytest.mark.parametrize("count", [0, 1, 2, 3, FEWEST - 1, FEWEST, 40])
def test_any_number_of_papers_has_a_map(count: int) -> None:
    plane = lay_out(range(count), blobs(20)[:count])
    assert plane.xy.shape == (count, 2)
    assert np.isfinite(plane.xy).all()
    assert plane.groups <= MOST_GROUPS


def test_papers_that_are_all_the_same_have_a_map() -> None:
    assert np.isfinite(lay_out(range(30), np.ones((30, 64), np.float32)).xy).all()


def test_groups_are_numbered_by_size() -> None:
    sizes = np.bincount(lay_out(range(200), blobs(100)[:200]).group)
    assert list(sizes) == sorted(sizes, reverse=True)


def test_a_paper_that_comes_later_is_put_among_its_like() -> None:
    plane = lay_out(range(60), blobs(20))
    more = put(plane, blobs(20), [77], blobs(1, seed=5)[1:2])
    assert (more.xy[:60] == plane.xy).all()
    middle = plane.xy[20:40].mean(axis=0)
    assert np.linalg.norm(more.xy[60] - middle) < np.linalg.norm(plane.xy[20:40] - middle, axis=1).max()
    assert more.laid == 60
    assert only(more, more.numbers != 77).numbers.tolist() == list(range(60))


def test_each_group_has_terms_of_its_own() -> None:
    texts = [(place, f"{words} A new method is used.") for place, words in enumerate(TOPICS.values()) for _ in range(5)]
    told = terms_of(texts, 3)
    assert "Owls" in told[0] or "owls" in told[0]
    assert "lenses" in told[1]
    assert "engines" in told[2]
    assert not set.intersection(*(set(one.split(", ")) for one in told))
    assert "method" not in " ".join(told)


def test_a_term_is_spelled_as_most_papers_spell_it() -> None:
    texts = [
        (0, "A 3D Gaussian map of LLMs."),
        (0, "Two 3D Gaussian maps of LLMs."),
        (1, "Owls hunt."),
        (1, "Owls hunt."),
    ]
    assert "LLMs" in terms_of(texts, 2)[0]


def test_a_group_that_nothing_tells_apart_is_numbered() -> None:
    assert terms_of([(0, ""), (1, "")], 2) == ["group 1", "group 2"]


def test_the_map_is_kept_and_read_back(record: Record, tmp_path: Path) -> None:
    assert kept(tmp_path, record, MODEL) is None
    made = keep(tmp_path, record, MODEL)
    found = kept(tmp_path, record, MODEL)
    assert found
    assert (found.plane.xy == made.plane.xy).all()
    assert found.terms == made.terms
    assert found.revision == record.revision()


def test_new_papers_leave_the_others_where_they_are(record: Record, tmp_path: Path) -> None:
    made = keep(tmp_path, record, MODEL)
    write(record, entries(1, seed=3, name="new"))
    grown = keep(tmp_path, record, MODEL)
    assert len(grown.plane.numbers) == 63
    assert (grown.plane.xy[:60] == made.plane.xy).all()
    assert grown.revision == record.revision()


def test_many_new_papers_lay_everything_out_anew(record: Record, tmp_path: Path) -> None:
    keep(tmp_path, record, MODEL)
    write(record, entries(20, seed=3, name="new"))
    assert keep(tmp_path, record, MODEL).plane.laid == 120


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 nonsense", b"\x00" * 400])
def test_a_damaged_map_is_made_again(record: Record, tmp_path: Path, damage: bytes) -> None:
    keep(tmp_path, record, MODEL)
    (tmp_path / NAME).write_bytes(damage)
    assert kept(tmp_path, record, MODEL) is None
    assert len(keep(tmp_path, record, MODEL).plane.numbers) == 60


def test_the_map_of_another_record_or_model_is_not_trusted(record: Record, tmp_path: Path) -> None:
    keep(tmp_path, record, MODEL)
    assert kept(tmp_path, record, "another model") is None
    (tmp_path / "other").mkdir()
    other = Record(tmp_path / "other")
    write(other, entries(20))
    assert kept(tmp_path, other, MODEL) is None
    other.close()


def test_without_vectors_papers_lie_by_their_words(tmp_path: Path) -> None:
    record = Record(tmp_path)
    record.write([(make_entry(entry.paper), "test", entry.paper.id) for entry in entries(20)])
    plane = keep(tmp_path, record, "").plane
    assert len(plane.numbers) == 60
    assert len({tuple(plane.group[start : start + 20]) for start in (0, 20, 40)}) == 3
    record.close()


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
