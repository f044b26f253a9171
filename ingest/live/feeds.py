"""Fetches pieces of live sources for an ingest, remembers what is in, and says what an update has to fetch."""

from collections.abc import Callable
from datetime import date, timedelta

from ingest.errors import SourceError
from ingest.live.arxiv_search import search
from ingest.live.daily import newest_day, read_day
from ingest.live.fetch import Service, UnreachableError
from ingest.live.names import LATEST, MOST_FOUND, Day, Piece, Query
from ingest.live.services import Services
from ingest.live.taken import read_taken
from ingest.paper import Paper, Unreadable
from ingest.record import Record

OVERLAP = timedelta(days=3)  # arXiv announces papers some days after they were submitted
Found = list[Paper | Unreadable]


class Feeds:
    """The two services during one ingest; one that does not answer is not asked again. To be closed."""

    def __init__(self, record: Record, services: Services, resting: Callable[[], None]) -> None:
        self._taken = read_taken(record)
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
        except SourceError as error:
            if isinstance(error, UnreachableError):
                self._down.add(service.name)
            self._owe(piece)
            raise

    def _owe(self, piece: Piece) -> None:
        """Remembers a day that could not be had, so that the days after it do not make an update pass it over."""
        if isinstance(piece, Day) and self._taken.days and max(self._taken.days) < piece.day <= self._today.isoformat():
            self._taken.days[piece.day] = piece.day
            self._taken.keep()

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
            limit = self._taken.queries[piece.text][0] if piece.since else piece.limit
            self._taken.queries[piece.text] = (limit, today)
        self._taken.keep()


def due(record: Record, services: Services) -> list[Piece]:
    """What has to be fetched to be up to date: days that may have grown or are owed, those since, new of each query.

    The limit of a query is for the first time; were it to hold for what is new too, the rest would never come.
    """
    taken, today = read_taken(record), services.today().isoformat()
    days = {day for day in taken.days if day <= today and not taken.settled(day)}
    day = max(taken.days, default=today)
    while taken.days and day < today:
        day = (date.fromisoformat(day) + timedelta(days=1)).isoformat()
        days.add(day)
    pieces: list[Piece] = [Day(day) for day in sorted(days)]
    for text, (limit, when) in sorted(taken.queries.items()):
        since = (date.fromisoformat(when) - OVERLAP).isoformat() if when else ""
        pieces.append(Query(text, MOST_FOUND if since else limit, since))
    return pieces
