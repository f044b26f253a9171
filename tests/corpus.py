"""What tests share: made-up papers, sources of them, and a model that reads words."""

import json
import re
import zlib
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

import ingest.index
from ingest.entry import Entry, make_entry
from ingest.index import PaperIndex
from ingest.paper import Paper
from ingest.pipeline import embed_entries
from ingest.record import Record
from ingest.settings import Settings
from ingest.words import tokenize

if TYPE_CHECKING:
    from rag.engine import Engine


class WordModel:
    """A model whose vectors depend on the words of a text; keeps the documents it was asked for."""

    def __init__(self, name: str = "words", dim: int = 32) -> None:
        self.name, self.dim = name, dim
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked += texts
        return np.stack([self.embed_query(text) for text in texts])

    def embed_query(self, text: str) -> NDArray[np.float32]:
        words = re.findall(r"\w+", text.lower())
        vector = np.zeros(self.dim, dtype=np.float32)
        for word in [self.name, *words]:
            seed = np.random.default_rng(zlib.crc32(f"{self.name} {word}".encode()))
            vector += seed.normal(size=self.dim).astype(np.float32)
        return vector / np.linalg.norm(vector)


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> WordModel:
    """The model that every index of the test has."""
    return use(WordModel(), monkeypatch)


def use(model: WordModel, monkeypatch: pytest.MonkeyPatch) -> WordModel:
    monkeypatch.setattr(ingest.index, "make_embedder", lambda settings: model)
    return model


WORDS = "amber birch cedar delta ember fjord grove heath inlet juniper kelp lagoon marsh notch ocean prairie".split()


def paper(number: int, *, abstract: str = "", arxiv: str = "", title: str = "", date: str = "") -> Paper:
    """A paper with a word of its own, `own{number}`, in title and abstract."""
    first, second = WORDS[number % 16], WORDS[number // 16 % 16]
    text = abstract or (
        f"We study {first} and {second} under the name own{number}. The method of own{number} is {first}. "
        f"It improves {second} by {number} percent. Code for own{number} is public."
    )
    return Paper(title or f"Own{number} of {first} {second}", text, ("Ada Byron",), date or "2024-08-21", "", arxiv)


def papers(count: int) -> list[Paper]:
    return [paper(number) for number in range(count)]


def write_source(path: Path, given: Iterable[Paper]) -> str:
    """A file of JSON Lines with these papers; its name."""
    lines = []
    for one in given:
        fields = {"title": one.title, "abstract": one.abstract, "authors": list(one.authors), "published": one.date}
        lines.append(json.dumps(fields | ({"id": one.arxiv} if one.arxiv else {})))
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def record_papers(record: Record, given: Iterable[Paper], model: WordModel | None = None) -> None:
    """One commit of papers as new entries."""
    entries = [make_entry(one) for one in given]
    entries = embed_entries(entries, model) if model else entries
    record.write([(entry, "test", "") for entry in entries], embedding=model.name if model else "")


def change_abstract(record: Record, paper_id: str, abstract: str, model: WordModel) -> None:
    known = record.find(paper_id)
    assert known
    entry = make_entry(replace(known.paper, abstract=abstract), number=known.number)
    record.write([(embed_entries([entry], model)[0], "test", "")], embedding=model.name)


def settings(home: Path, *, chroma_url: str = "", embedding: str = "minilm") -> Settings:
    return Settings(home, chroma_url, embedding)


def found_by_words(index: PaperIndex, word: str) -> set[str]:
    """Ids of the papers that the word index finds."""
    index.refresh()
    words = index.words  # another thread may put a later one in its place
    return {entry.paper.id for entry in index.entries(words.numbers[words.scores(tokenize(word)) > 0].tolist())}


def found_by_meaning(index: PaperIndex, text: str, k: int = 3) -> list[str]:
    """Ids of the papers nearest to a text."""
    index.refresh()
    assert index.embedder
    return [entry.paper.id for entry in index.entries(index.nearest(index.embedder.embed_query(text), k))]


def whole(entry: Entry) -> str:
    """The text of an entry whose vector is its own."""
    return entry.texts[0]


def check_finds_all(index: PaperIndex, count: int, *, every: int = 1) -> None:
    """Each of `count` papers is there once; each `every`-th is found by its own word and, with a model, its vector."""
    index.refresh()
    entries = list(index.record.entries())
    assert len(entries) == index.count() == count
    for number, entry in list(enumerate(entries))[::every]:
        assert found_by_words(index, f"own{number}") == {entry.paper.id}
        if index.embedder:
            assert found_by_meaning(index, whole(entry), 1) == [entry.paper.id]


def check_entries_found(index: PaperIndex) -> None:
    """Each paper that is recorded is found by the words of its title and, where it has vectors, by its own."""
    index.refresh()
    assert index.embedder
    entries = list(index.record.entries(embedding=index.embedder.name))
    assert len({entry.paper.id for entry in entries}) == len(entries) == index.count()
    for entry in entries:
        assert entry.paper.id in found_by_words(index, entry.paper.title)
        assert entry.rows is None or found_by_meaning(index, whole(entry), 1) == [entry.paper.id]


def export(home: Path) -> list[tuple[Paper, int]]:
    """All that the record says, in order of entry: papers and how many spans each has."""
    with closing(Record(home)) as record:
        return [(e.paper, len(e.passages) + len(e.sentences)) for e in record.entries()]


def brightness(engine: "Engine") -> set[str]:
    """The figures that one answer gives of two papers that are always changed together: never more than one."""
    text = engine.ask("Compare the brightness of Alphalens and Betalens").text
    shown = set(re.findall(r"(\d+) lumens", text))
    assert len(shown) <= 1, text
    return shown
