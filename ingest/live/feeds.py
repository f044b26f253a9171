"""Fetches pieces of live sources for an ingest, remembers what is in, and says what an update has to fetch."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from ingest.errors import SourceError
from ingest.live.arxiv_search import search
from ingest.live.daily import newest_day, read_day
from ingest.live.fetch import Service, UnreachableError
from ingest.live.names import LATEST, Day, Piece, Query
from ingest.live.services import Services
from ingest.live.taken import read_taken
from ingest.paper import Paper, Unreadable

OVERLAP = timedelta(days=3)  # arXiv announces papers some days after they were submitted
Found = list[Paper | Unreadable]


class Feeds:
    """The two services during one ingest; one that does not answer is not asked again. To be closed."""

    def __init__(self, home: Path, services: Services, resting: Callable[[], None]) -> None:
        self._taken = read_taken(home)
        self._today = services.today()
        daily, arxiv = services.pauses
        self._daily = Service("Daily Papers", services.daily, pause=daily, backoff=services.backoff, resting=resting)
        self._arxiv = Service("arXiv", services.arxiv, pause=arxiv, backoff=services.backoff, resting=resting)
        self._down: set[str] = set()

    def close(self) -> None:
        self._daily.close()
        self._arxiv.close()

    def fetch(self, piece: Piece) -> tuple[Piece, Found] | None:
        """A piece with its papers, 'latest' as the day it was; None for what need not or cannot now be fetched.

        Raises SourceError, of a service that cannot be reached only the first time.
        """
        service = self._daily if isinstance(piece, Day) else self._arxiv
        if service.name in self._down or (isinstance(piece, Day) and self._taken.settled(piece.day)):
            return None
        try:
            return self._fetched(piece)
        except UnreachableError:
            self._down.add(service.name)
            raise

    def _fetched(self, piece: Piece) -> tuple[Piece, Found]:
        if isinstance(piece, Query):
            return piece, search(self._arxiv, piece)
        if piece.day == LATEST:
            day, found = newest_day(self._daily, self._today)
            return Day(day), found
        if date.fromisoformat(piece.day) > self._today + timedelta(days=1):  # it is tomorrow east of here
            raise SourceError("that day is yet to come; name a day up to today.")
        return piece, read_day(self._daily, piece.day)

    def done(self, piece: Piece) -> None:
        """Remembers that all of a piece is in the record."""
        today = self._today.isoformat()
        if isinstance(piece, Day):
            self._taken.days[piece.day] = today
        elif not piece.arxiv:
            self._taken.queries[piece.text] = (piece.limit, today)
        self._taken.keep()


def due(home: Path, services: Services) -> list[Piece]:
    """What has to be fetched to be up to date: days since the last one fetched, and what is new of each query."""
    taken, today = read_taken(home), services.today()
    pieces: list[Piece] = []
    if taken.days:
        last = max(taken.days)
        begin = min([day for day in taken.days if not taken.settled(day)] or [last])
        day = date.fromisoformat(begin)
        while day <= today:
            pieces += [] if taken.settled(day.isoformat()) else [Day(day.isoformat())]
            day += timedelta(days=1)
    for text, (limit, when) in sorted(taken.queries.items()):
        pieces.append(Query(text, limit, (date.fromisoformat(when) - OVERLAP).isoformat()))
    return pieces
