"""What a library holds, in a few lines that a planner reads: how many papers, from when, about what."""

import re
from collections import Counter
from dataclasses import dataclass

from ingest.index import PaperIndex
from ingest.words import STOPWORDS, tokenize

MOST_READ = 2_000  # titles that themes are taken from, the latest
MOST_THEMES = 12
FEWEST = 3  # titles that share a theme
WORD = re.compile(r"[^\W\d_]+(?:-[^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Library:
    """How many papers there are, the first and last of their dates ('' where none is known), whether any has authors,
    and pairs of words that their titles share, the commonest first."""

    count: int
    oldest: str
    newest: str
    has_authors: bool
    themes: tuple[str, ...]

    def text(self) -> str:
        """As lines for a prompt."""
        dates = f"dated {self.oldest} to {self.newest}" if self.newest else "dates unknown"
        authors = "authors known" if self.has_authors else "authors unknown"
        themes = f"\nAmong the themes: {', '.join(self.themes)}." if self.themes else ""
        return f"{self.count:,} papers, {dates}, {authors}.{themes}"


def read_library(index: PaperIndex) -> Library:
    """The library as it stands in the record."""
    record = index.record
    titles = [text.title for text in record.texts(record.numbers()[-MOST_READ:])]
    return Library(record.count(), *record.dates(), record.has_authors(), themes(titles))


def themes(titles: list[str]) -> tuple[str, ...]:
    """The pairs of neighbouring words that the most titles share, as most of them write it."""
    spelled: dict[tuple[str, ...], Counter[str]] = {}
    for title in titles:
        words = WORD.findall(title)
        pairs = {tuple(words[at : at + 2]) for at in range(len(words) - 1)}
        for pair in pairs:
            if all(word.casefold() not in STOPWORDS and len(word) > 1 for word in pair):
                key = tuple(token for word in pair for token in tokenize(word)[:1])
                spelled.setdefault(key, Counter())[" ".join(pair)] += 1
    shared = sorted(spelled.values(), key=lambda counter: -counter.total())
    return tuple(_running(c.most_common(1)[0][0]) for c in shared[:MOST_THEMES] if c.total() >= FEWEST)


def _running(text: str) -> str:
    """Words of a title as they stand in running text: 'KV Cache' is 'KV cache'."""
    return " ".join(word if word != word.capitalize() else word.casefold() for word in text.split())
