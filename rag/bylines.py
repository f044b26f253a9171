"""Who wrote the papers of one index and when: from a question to the authors it names, and from these to their papers.

Knows no topic and no conversation. A name that no paper carries is no author.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from ingest.authors import fold, keys_of
from ingest.calls import AUTHOR, FULL_NAME, PART_OF_NAME, SURNAME
from ingest.index import PaperIndex
from ingest.words import STOPWORDS
from rag.grammar import WORKS
from rag.retrieve import Scope

LONGEST_NAME = 6  # words of an author's name
CLOSE_ENOUGH = 0.86  # similarity (difflib) at which a full name that nobody has is a misspelt one
SHORTEST_MISSPELT = 7  # letters of a full name that may be one
WORD = re.compile(r"(?<!\w)[^\W\d_]+(?:['’-](?!s\b)[^\W\d_]+)*\.?(?!\w)")
WRITES = r"(?:write|wrote|written|publish|published|author|authored|co-?author|co-?authored)"
OTHERS = r"(?:\s*,?\s*(?:et\.?\s+al\b\.?|and (?:colleagues|co-?authors|others)\b))"
AND_OTHERS = re.compile(OTHERS, re.IGNORECASE)
# What stands before or behind a name that is an author's.
BEFORE = re.compile(
    rf"(?:\b(?:{WORKS}|anything|something|everything|all|{WRITES}|one|ones|there|here)\s+(?:\w+\s+)?(?:by|from|of)"
    r"|\bauthors?(?:\s+(?:is|are|named|called))?|^\W*(?:by|from)|\bco-?authored by)\s+$",
    re.IGNORECASE,
)
BY = re.compile(r"\bby\s+$", re.IGNORECASE)
ASKED = re.compile(r"\b(?:did|does|do|has|have)\s+$", re.IGNORECASE)
BEHIND = re.compile(
    rf"{OTHERS}|['’]s?\s+(?:\w+\s+)?{WORKS}\b|\s+(?:is|as)\s+(?:an?|the)\s+(?:\w+\s+)?(?:co-?)?author", re.IGNORECASE
)
WROTE = re.compile(rf"\s+(?:(?:and|or)\s+[\w .-]+?\s+)?(?:ever\s+|also\s+)?{WRITES}\b", re.IGNORECASE)
AND = re.compile(r"\s*(?:,\s*(?:and|or)?|and|or|&|with)\s+$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Author:
    """An author a question names: as the papers spell the name, or as asked where several answer to it ('Zhang')."""

    name: str
    paper_ids: tuple[str, ...]
    start: int
    end: int


class Bylines:
    """Authors and dates of the papers of one index. Safe to share between threads."""

    def __init__(self, index: PaperIndex) -> None:
        self._index = index

    @property
    def newest(self) -> str:
        """The last day that a paper is dated by, else the last date, empty where none has one."""
        return self._index.record.dates(whole=True)[1] or self._index.record.dates()[1]

    def is_part(self, word: str) -> bool:
        """Whether a word, folded, is part of an author's name."""
        return PART_OF_NAME + word in self._index.calls

    def any_in(self, scope: Scope) -> bool:
        """Whether any paper is in a scope."""
        return bool(self._index.record.select(ids=scope.ids, since=scope.since, until=scope.until))

    def range(self) -> str:
        """'those here are dated 2024-05-24 to 2026-08-30'."""
        oldest, newest = self._index.record.dates()
        return f"those here are dated {oldest} to {newest}" if newest else "none here carries a date"

    def authors(self, question: str) -> list[Author]:
        """The authors a question names, in its order; a longer name wins over one inside it."""
        self._index.refresh()
        words = list(WORD.finditer(question))
        found: list[Author] = []
        at = 0
        while at < len(words):
            author, step = self._longest(question, words[at : at + LONGEST_NAME], found[-1:])
            found += [author] if author else []
            at += step
        return found

    def _longest(self, question: str, words: list[re.Match[str]], last: Sequence[Author]) -> tuple[Author | None, int]:
        for count in range(len(words), 0, -1):
            start, end = words[0].start(), words[count - 1].end()
            if question[start:end].endswith(".") and not question[end:].strip():
                end -= 1
            text, before, behind = question[start:end], question[:start], question[end:]
            cue = bool(
                BEFORE.search(before)
                or BEHIND.match(behind)
                or (ASKED.search(before) and WROTE.match(behind))
                or (last and AND.fullmatch(question[last[-1].end : start]))
                or (BY.search(before) and text[0].isupper())
            )
            if names := self._who(text, count, cue=cue):
                author = self._author(text, names, start, end)
                led = self._led_by(fold(text)) if count == 1 else ()
                if led and AND_OTHERS.match(behind):
                    author = replace(author, paper_ids=led)  # 'Fan et al.' goes by the first author
                return author, count
        return None, 1

    def _who(self, text: str, count: int, *, cue: bool) -> tuple[str, ...]:
        """The authors a text names: a full name anywhere, a surname or a misspelt name only where a cue is."""
        key = fold(text)
        if not key or (count == 1 and key in STOPWORDS):
            return ()
        known = self._answering(AUTHOR, key)
        if count > 1 and known and (cue or (text[0].isupper() and text.split()[-1] not in STOPWORDS)):
            return known
        if not cue:
            return ()
        if count == 1:
            return known or self._answering(SURNAME, key)
        words = key.split()
        if len(words) < 2:
            return ()
        spelled = self._answering(AUTHOR, f"{words[0][0]} {words[-1]}")
        short = tuple(name for name in spelled if len(fold(name).split()[0]) == 1)  # the papers write 'Z. Zhang'
        if short or len(key) < SHORTEST_MISSPELT or any(word in STOPWORDS for word in words):
            return short
        full = [term.removeprefix(FULL_NAME) for term in self._index.calls.beginning(FULL_NAME + key[0])]
        close = get_close_matches(
            key, [name for name in full if abs(len(name) - len(key)) <= 2], n=1, cutoff=CLOSE_ENOUGH
        )
        return self._answering(AUTHOR, close[0]) if close else ()

    def _answering(self, kind: str, key: str) -> tuple[str, ...]:
        """The authors who answer to a folded name or have it as their surname, in order of their first papers."""
        texts = self._index.record.texts(self._index.calls.holders(kind + key).tolist())
        authors = dict.fromkeys(author for text in texts for author in text.authors)
        return tuple(a for a in authors if key in (keys_of(a) if kind == AUTHOR else fold(a).split()[1:][-1:]))

    def _led_by(self, surname: str) -> tuple[str, ...]:
        """The papers whose first author has this surname, or no other name."""
        calls = self._index.calls
        numbers = {*calls.holders(SURNAME + surname).tolist(), *calls.holders(AUTHOR + surname).tolist()}
        texts = self._index.record.texts(numbers)
        return tuple(text.id for text in texts if text.authors and fold(text.authors[0]).split()[-1:] == [surname])

    def _author(self, text: str, names: tuple[str, ...], start: int, end: int) -> Author:
        numbers = {number for name in names for number in self._index.calls.holders(AUTHOR + fold(name)).tolist()}
        wrote = [(text.id, set(text.authors)) for text in self._index.record.texts(numbers)]
        ids = dict.fromkeys(paper for name in names for paper, authors in wrote if name in authors)
        several = text.title() if text.islower() else text
        return Author(names[0] if len(names) == 1 else several, tuple(ids), start, end)
