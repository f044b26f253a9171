"""The inverted indexes grow by parts: whatever came when, they say what an index made at one stroke says."""

import random
from pathlib import Path

import numpy as np
import pytest

from ingest.calls import NAME, CallIndex
from ingest.entry import make_entry
from ingest.paper import Paper
from ingest.postings import Part
from ingest.record import Record
from ingest.words import WordIndex

WORDS = "cache eviction attention prune quantize token memory video diffusion graph sparse protein".split()


def paper(number: int, draw: random.Random) -> Paper:
    words = " ".join(draw.choices(WORDS, k=12))
    text = f"We propose Tool{number}. {words}."
    return Paper(f"Tool{number}: on {words[:20]}", text, (f"Ada Nr{number}",), id=f"p{number}")


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record(tmp_path)


def test_an_index_grown_in_any_steps_scores_as_one_made_at_once(record: Record, tmp_path: Path) -> None:
    draw = random.Random(5)
    grown, folder = WordIndex(), tmp_path / "index"
    for step in range(12):
        before = record.revision()
        changes = [make_entry(paper(100 * step + i, draw)) for i in range(draw.randint(1, 20))]
        again = draw.sample(record.numbers(), min(3, record.count()))
        changes += [make_entry(paper(number, draw), number=number) for number in again]
        record.write([(entry, "here", "") for entry in changes])
        grown = grown.grown(record, record.numbers(since=before), folder, f"words-{step}")
    whole = WordIndex.build(record.entries())
    loaded = WordIndex.load(folder, grown.folders)
    assert len(grown.parts) < 6
    for index in (grown, loaded):
        assert index.numbers.tolist() == whole.numbers.tolist() == record.numbers()
        np.testing.assert_allclose(index.scores(["cach", "prune"]), whole.scores(["cach", "prune"]), rtol=1e-5)
        assert [index.held(word) for word in WORDS] == [whole.held(word) for word in WORDS]
        assert index.beginning("d") == whole.beginning("d")


def test_names_lead_to_their_papers(record: Record) -> None:
    record.write([(make_entry(paper(n, random.Random(n))), "", "") for n in (1, 2)])
    calls = CallIndex.build(record.entries())
    numbers, weights = calls.named("tool1")
    assert (numbers.tolist(), weights.tolist()) == ([1], [3])
    both = calls.beginning(NAME + "tool1") + calls.beginning(NAME + "tool2")
    assert calls.beginning(NAME + "tool") == sorted(both)
    assert "n nothing" not in calls


def test_a_part_whose_files_do_not_belong_together_is_refused(tmp_path: Path) -> None:
    Part.build([(1, ["a", "b"])]).save(tmp_path / "one")
    Part.build([(1, ["a"]), (2, ["c", "d"])]).save(tmp_path / "two")
    (tmp_path / "two" / "holders.npy").replace(tmp_path / "one" / "holders.npy")
    with pytest.raises(ValueError, match="do not belong together"):
        Part.load(tmp_path / "one")
    (tmp_path / "one" / "starts.npy").unlink()
    with pytest.raises(OSError, match="starts"):
        Part.load(tmp_path / "one")
