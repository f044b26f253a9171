"""From a question to which papers of the record it allows: of some time, by some authors, the newest of them.

Takes these words out of the topic, so that papers are judged by the topic alone. Knows no abstract.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.bylines import OTHERS, WRITES, Bylines
from rag.grammar import WORKS
from rag.instructions import POLITE
from rag.retrieve import Scope
from rag.scope_words import IS, PUBLISHED, dates_alone, find_dates, without
from rag.topic import says_something

# NUL stands where an author's name was. 'What did X write about Y' asks for papers about Y.
DID_WRITE = re.compile(
    r"\b(?:what|which|how many)(?:\s+\w+){0,2}?\s+(?:did|does|do|has|have)\s+\x00[\x00\s,&]*(?:(?:and|or)\s*\x00)?\s*"
    rf"(?:(?:all|ever|also|been|actually)\s+)*{WRITES}\b",
    re.IGNORECASE,
)
AROUND_NAME = re.compile(
    r"\b(?:where|that have|which have|with)\s+\x00\s+(?:is|as)\s+(?:an?|the)\s+(?:\w+\s+)?(?:co-?)?author\b"
    rf"|(?:\b{IS}(?:{PUBLISHED}|co-?authored|written)\s+(?:in part\s+)?|\b(?:that|which)\s+(?:are|were)\s+)?"
    r"(?:\b(?:by|from|of|authors?(?:\s+(?:is|are))?)\s+)?"
    rf"\x00(?:\s*(?:,\s*(?:and|or)?|and|or|&|with)?\s*\x00)*{OTHERS}?(?:['’]s?\b)?"
    rf"(?:\s+(?:has|have|had|did)?\s*{WRITES}\b)?",
    re.IGNORECASE,
)
YEAR_BEHIND = re.compile(rf"(\x00{OTHERS}),?\s*\(?((?:19|20)\d\d)\b\)?", re.IGNORECASE)  # 'Fan et al. (2024)'
ORDER = re.compile(
    r"\b(?:the\s+)?(?P<count>\d{1,2}|two|three|four|five)?\s*(?P<order>newest|latest|most\s+recent|oldest|earliest)\s+"
    rf"(?P<count2>\d{{1,2}}|two|three|four|five)?\s*(?P<works>{WORKS}|ones?)\b",
    re.IGNORECASE,
)
OLD = ("oldest", "earliest")
MANY = re.compile(r"(?:papers|works|studies|articles|publications|abstracts|ones)$", re.IGNORECASE)
COUNTS = {"two": 2, "three": 3, "four": 4, "five": 5}
ONLY_SCOPE = re.compile(
    rf"^\W*{POLITE}(?:and|or|but|what about|how about|what of|only|just|same|(?:which|any) of|them|these|those"
    rf"|are|were|is|was|the ones?|ones?|show|keep|\s|{WORKS}|published"
    r"|written|dated|instead|please|again|now|also|too)*\W*$",
    re.IGNORECASE,
)


ONLY_ASKS = re.compile(rf"\b(?:{WRITES}|new)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Bounds:
    """Which papers a question allows. `ids` are those of its `authors`; `order` is '', 'newest' or 'oldest' and `most`
    how many of these (0: all that fit). `rest` is the question without the words that say so, `spoken` the question
    with NUL for each author, `joined` what stands between authors: 'or' where they have no paper together."""

    rest: str
    spoken: str = ""
    since: str = ""
    until: str = ""
    dates: str = ""
    authors: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    order: str = ""
    most: int = 0
    relative: bool = False
    joined: str = "and"

    def __bool__(self) -> bool:
        return bool(self.since or self.until or self.authors)

    @property
    def line(self) -> str:
        """'August 2026 · by Ming Yan'."""
        return " · ".join(filter(None, (self.dates, self._by)))

    @property
    def words(self) -> str:
        """'of August 2026 by Ming Yan', as it stands behind 'papers'."""
        time = self.dates if self.dates.startswith(("since", "up to")) else f"of {self.dates}" if self.dates else ""
        return " ".join(filter(None, (time, self._by)))

    @property
    def _by(self) -> str:
        if len(self.authors) > 1:
            return f"by {', '.join(self.authors[:-1])} {self.joined} {self.authors[-1]}"
        return f"by {self.authors[0]}" if self.authors else ""

    @property
    def empty(self) -> bool:
        """Whether nothing is asked but these papers."""
        return bool(ONLY_SCOPE.match(self.rest)) or not says_something(ONLY_ASKS.sub(" ", self.rest))

    @property
    def contradict(self) -> bool:
        """Whether no date can be within them."""
        return bool(self.until) and self.since > self.until


NOTHING = Bounds("")


def read_bounds(question: str, bylines: Bylines) -> Bounds:
    """What a question says of the time and the authors of the papers it asks for."""
    found = bylines.authors(question)
    marked = question
    for author in reversed(found):
        marked = f"{marked[: author.start]}\x00{marked[author.end :]}"
    bounds = Bounds("", re.sub(rf"\x00{OTHERS}", "\x00", marked, flags=re.IGNORECASE))
    if found:
        sets = [set(author.paper_ids) for author in found]
        joint = set() if re.search(r"\x00\s+or\s+\x00", marked) else set.intersection(*sets)
        either = dict.fromkeys(paper for author in found for paper in author.paper_ids)
        ids = tuple(paper for paper in either if not joint or paper in joint)
        names = tuple(dict.fromkeys(author.name for author in found))
        bounds = replace(bounds, authors=names, ids=ids, joined="and" if joint else "or")
        marked = DID_WRITE.sub("which papers are there", YEAR_BEHIND.sub(r"\1 published \2", marked))
        marked = without(marked, [one.span() for one in AROUND_NAME.finditer(marked)])
    return _ordered(_dated(bounds, marked.replace("\x00", ""), bylines.newest))


def _dated(bounds: Bounds, text: str, newest: str) -> Bounds:
    """The bounds with the time a text names, which is taken out of it."""
    lead = "papers: " if bounds.authors else ""  # by an author are papers, whether or not it says so
    dates, offset = find_dates(lead + text, newest), len(lead)
    alone = None if dates else dates_alone(text, newest)
    if alone and ONLY_SCOPE.match(without(text, [(alone.start, alone.end)])):
        dates, offset = alone, 0
    if not dates:
        return replace(bounds, rest=text)
    rest = without(text, [(max(0, dates.start - offset), dates.end - offset)])
    bounds = replace(bounds, rest=rest, since=dates.since, until=dates.until)
    return replace(bounds, dates=dates.words, relative=dates.relative)


def _ordered(bounds: Bounds) -> Bounds:
    """The bounds with 'the two newest papers' read as an order where something else is asked of them too."""
    found = ORDER.search(bounds.rest)
    if not found:
        return bounds
    rest = f"{bounds.rest[: found.start()]}papers{bounds.rest[found.end() :]}"
    if not bounds and not says_something(rest):
        return bounds  # the newest of all is for the collection to tell
    count = (found["count"] or found["count2"] or "").casefold()
    most = COUNTS.get(count) or int(count or 0) or (0 if MANY.search(found["works"]) else 1)
    return replace(bounds, rest=rest, order="oldest" if found["order"].casefold() in OLD else "newest", most=most)


def narrow(scope: Scope | None, bounds: Bounds, bylines: Bylines) -> Scope | str:
    """A scope given from outside cut down to what a question allows, or the sentence that says nothing is left."""
    scope = scope or Scope()
    if (bounds.since or bounds.until) and not bylines.newest:
        return "No paper here carries a date, so none can be picked by when it was published."
    ids: Sequence[str] = bounds.ids or scope.ids
    if bounds.ids and scope.ids:
        ids = [paper for paper in scope.ids if paper in set(bounds.ids)]
    until = min(filter(None, (scope.until, bounds.until)), default="")
    narrowed = Scope(tuple(ids), max(scope.since, bounds.since), until)
    if bounds.contradict or (scope.ids and (not ids or not bylines.any_in(narrowed))):
        return f"None of those papers is {bounds.words}."
    if not bylines.any_in(narrowed):
        return f"No paper here is {bounds.words}; {bylines.range()}."
    return narrowed


def replaced(before: Bounds, now: Bounds, *, within: bool) -> Bounds:
    """The bounds of the question before with those of a turn that names only bounds: 'and in 2025?', 'by Ming Yan?'.

    `within` keeps the time asked for before as well, for 'which of them are from 2025?'.
    """
    if now.dates:
        since, until = now.since, now.until
        if within:
            since = max(before.since, since)
            until = min(filter(None, (before.until, until)), default="")
        before = replace(before, since=since, until=until, dates=now.dates, relative=now.relative)
    if now.authors:
        before = replace(before, authors=now.authors, ids=now.ids, joined=now.joined)
    return before
