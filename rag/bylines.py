"""Who wrote the papers of one index and when: from a question to the authors it names, and from these to their papers.

Knows no topic and no conversation. A name that no paper carries is no author.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from ingest.index import PaperIndex
from ingest.text import unaccented
from ingest.words import STOPWORDS
from rag.grammar import WORKS
from rag.retrieve import Scope

LONGEST_NAME = 6  # words of an author's name
CLOSE_ENOUGH = 0.86  # similarity (difflib) at which a full name that nobody has is a misspelt one
SHORTEST_MISSPELT = 7  # letters of a full name that may be one
WORD = re.compile(r"[^\W\d_]+(?:['’-](?!s\b)[^\W\d_]+)*\.?")
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
    """Authors and dates of the papers of one index, kept in step with it."""

    def __init__(self, index: PaperIndex) -> None:
        self._index = index
        self._revision = -1
        self._papers: dict[str, tuple[str, ...]] = {}  # an author's papers
        self._first: dict[str, str] = {}  # the surname of a paper's first author, folded
        self._known: dict[str, tuple[str, ...]] = {}  # who answers to a folded name
        self._surnames: dict[str, tuple[str, ...]] = {}
        self._full: dict[str, list[str]] = {}  # folded full names by their first letter
        self.words: frozenset[str] = frozenset()  # of all names, folded
        self.oldest, self.newest = "", ""  # dates, empty where no paper has one

    def refresh(self) -> None:
        """Reads authors and dates anew when the record has changed."""
        revision = self._index.record.revision()
        if revision == self._revision:
            return
        papers: dict[str, list[str]] = defaultdict(list)
        first: dict[str, str] = {}
        dates: list[str] = []
        for paper_id, authors, date in self._index.record.bylines():
            dates += [date] if date else []
            if authors and (words := fold(authors[0]).split()):
                first[paper_id] = words[-1]
            for author in dict.fromkeys(filter(fold, authors)):
                papers[author].append(paper_id)
        self._learn(papers)
        self._first = first
        self.oldest, self.newest = min(dates, default=""), max(dates, default="")
        self._revision = revision

    def _learn(self, papers: dict[str, list[str]]) -> None:
        known: dict[str, dict[str, None]] = defaultdict(dict)
        surnames: dict[str, dict[str, None]] = defaultdict(dict)
        full: dict[str, list[str]] = defaultdict(list)
        for author in papers:
            words = fold(author).split()
            for key in keys_of(author):
                known[key][author] = None
            if len(words) > 1:
                surnames[words[-1]][author] = None
                full[words[0][0]].append(" ".join(words))
        self._papers = {author: tuple(ids) for author, ids in papers.items()}
        self._known = {key: tuple(names) for key, names in known.items()}
        self._surnames = {key: tuple(names) for key, names in surnames.items()}
        self._full = dict(full)
        self.words = frozenset(word for author in papers for word in fold(author).split())

    def any_in(self, scope: Scope) -> bool:
        """Whether any paper is in a scope."""
        return bool(self._index.record.select(ids=scope.ids, since=scope.since, until=scope.until))

    def range(self) -> str:
        """'those here are dated 2024-05-24 to 2026-08-30'."""
        self.refresh()
        return f"those here are dated {self.oldest} to {self.newest}" if self.newest else "none here carries a date"

    def authors(self, question: str) -> list[Author]:
        """The authors a question names, in its order; a longer name wins over one inside it."""
        self.refresh()
        words = list(WORD.finditer(question)) if self._papers else []
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
                led = tuple(paper for paper in author.paper_ids if self._first.get(paper) == fold(text))
                if count == 1 and led and AND_OTHERS.match(behind):
                    author = replace(author, paper_ids=led)  # 'Fan et al.' goes by the first author
                return author, count
        return None, 1

    def _who(self, text: str, count: int, *, cue: bool) -> tuple[str, ...]:
        """The authors a text names: a full name anywhere, a surname or a misspelt name only where a cue is."""
        key = fold(text)
        if not key or (count == 1 and key in STOPWORDS):
            return ()
        if count > 1 and key in self._known and (cue or text[0].isupper()):
            return self._known[key]
        if not cue:
            return ()
        if count == 1:
            return self._known.get(key) or self._surnames.get(key, ())
        words = key.split()
        if len(words) < 2:
            return ()
        spelled = self._known.get(f"{words[0][0]} {words[-1]}", ())
        short = tuple(name for name in spelled if len(fold(name).split()[0]) == 1)  # the papers write 'Z. Zhang'
        if short or len(key) < SHORTEST_MISSPELT or any(word in STOPWORDS for word in words):
            return short
        near = [name for name in self._full.get(key[0], ()) if abs(len(name) - len(key)) <= 2]
        close = get_close_matches(key, near, n=1, cutoff=CLOSE_ENOUGH)
        return self._known[close[0]] if close else ()

    def _author(self, text: str, names: tuple[str, ...], start: int, end: int) -> Author:
        ids = dict.fromkeys(paper for name in names for paper in self._papers[name])
        several = text.title() if text.islower() else text
        return Author(names[0] if len(names) == 1 else several, tuple(ids), start, end)


def fold(name: str) -> str:
    """A name without case, accents and marks: 'François-B. Müller' is 'francois b muller'."""
    plain = unaccented(name.casefold()).replace("'", "").replace("’", "").replace("ł", "l").replace("ø", "o")
    return " ".join(re.findall(r"[^\W_]+", plain))


def keys_of(author: str) -> set[str]:
    """What an author answers to: the full name, first and last, last before first, and initials with the last."""
    words = fold(author).split()
    if len(words) < 2:
        return set(words)
    first, last, given = words[0], words[-1], words[:-1]
    initials = " ".join(word[0] for word in given)
    return {" ".join(words), f"{first} {last}", f"{last} {' '.join(given)}", f"{first[0]} {last}", f"{initials} {last}"}


def answers_to(author: str, name: str) -> bool:
    """Whether an author goes by a name: in full, with initials, or by the last name alone."""
    return fold(name) in keys_of(author) | set(fold(author).split()[-1:])
