"""From what a user writes, `daily:…` or `arxiv:…`, to the pieces that are fetched one by one. Fetches nothing."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from ingest.errors import SourceError
from ingest.formats.fields import arxiv_id
from ingest.formats.ids import Named
from ingest.text import clean

DAILY, ARXIV = "daily:", "arxiv:"
LATEST = "latest"
MOST_DAYS = 2_000  # of one range; Daily Papers began in May 2023
LIMIT, MOST_FOUND = 100, 2_000  # papers of one arXiv query: by default, and at most
MOST_IDS = 100  # papers of one request by id
LONGEST_QUERY = 500  # characters
HOW_DAILY = "write daily:2026-08-21, daily:2026-08-01..2026-08-21 or daily:latest"
HOW_ARXIV = 'write arxiv:2407.03618 or arxiv:"cat:cs.LG AND kv cache"'


@dataclass(frozen=True, slots=True)
class Day:
    """One day of Daily Papers as YYYY-MM-DD; 'latest' is the newest that has any.

    `due` where an update asks for it: that it is refused need then be told only once.
    """

    day: str
    due: bool = False

    @property
    def name(self) -> str:
        return DAILY + self.day


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of arXiv in its query language; only papers from the day `since` on, newest first.

    Only those submitted up to the moment `until`, if any. Once fetched, `left` is the moment up to which papers are
    left, more than the limit; empty where none are.
    """

    text: str
    limit: int = LIMIT
    since: str = ""
    until: str = ""
    left: str = ""

    @property
    def name(self) -> str:
        return ARXIV + self.text


@dataclass(frozen=True, slots=True)
class Ids:
    """Papers of arXiv by their ids, fetched in one request; those that are here too only where `anew`.

    `dois` were given beside them, and are not fetched.
    """

    ids: tuple[str, ...]
    anew: bool = True
    dois: tuple[str, ...] = ()
    name = "arXiv"


Piece = Day | Query | Ids


def is_live(name: str) -> bool:
    return name.startswith((DAILY, ARXIV))


def read_live(name: str, *, limit: int = LIMIT) -> list[Piece]:
    """The pieces of a live source, in the order they are fetched; raises SourceError for what is none."""
    kind, _, text = name.partition(":")
    text = clean(text[: LONGEST_QUERY + 1])
    if kind == "daily":
        return [Day(LATEST)] if text == LATEST else [Day(day) for day in _days(text)]
    if not text or len(text) > LONGEST_QUERY:
        raise SourceError(f"{clean(name[:60])!r} is not something arXiv can search for; {HOW_ARXIV}.")
    return [Ids((arxiv,))] if (arxiv := arxiv_id(text)) else [Query(text, limit)]


def by_ids(named: Named, *, anew: bool) -> list[Ids]:
    """What has to be asked for papers named by their ids, so many in a request."""
    first = Ids(named.arxiv[:MOST_IDS], anew, named.dois)
    return [first, *(Ids(named.arxiv[n : n + MOST_IDS], anew) for n in range(MOST_IDS, len(named.arxiv), MOST_IDS))]


def day_of(text: str) -> date:
    """A day written YYYY-MM-DD; raises SourceError for any other text."""
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise SourceError(f"{text[:40]!r} is not a date; {HOW_DAILY}.")


def _days(text: str) -> list[str]:
    first, dots, last = text.partition("..")
    begin, end = day_of(first), day_of(last if dots else first)
    count = (end - begin).days + 1
    if count < 1:
        raise SourceError(f"daily:{text} ends before it begins; write the earlier day first.")
    if count > MOST_DAYS:
        raise SourceError(f"daily:{text} has {count:,} days, more than {MOST_DAYS:,}; import fewer at once.")
    return [(begin + timedelta(days=n)).isoformat() for n in range(count)]
