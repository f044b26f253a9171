"""Fetches pieces of live sources for an ingest, remembers what is in, and says what an update has to fetch.

A day that the service refuses while it answers for others is told once, asked for again with each update of a week,
and then left out: a line that comes every morning is not read.
"""

from collections.abc import Callable
from datetime import date, timedelta

from ingest.errors import SourceError
from ingest.live.arxiv_search import fetch, search
from ingest.live.daily import newest_day, read_day
from ingest.live.fetch import Service, UnreachableError
from ingest.live.names import LATEST, MOST_FOUND, Day, Ids, Piece, Query
from ingest.live.services import Services
from ingest.live.taken import read_taken
from ingest.paper import Paper, Unreadable
from ingest.record import Record

OVERLAP = timedelta(days=3)  # arXiv announces papers some days after they were submitted
PATIENCE = timedelta(days=7)  # for which a day that is refused is asked for again
Found = list[Paper | Unreadable]


class Feeds:
    """The two services during one ingest; one that does not answer is not asked again. To be closed.

    `kept` counts days that were taken in before and not fetched; `noted` has a sentence for each query of which
    papers are left.
    """

    def __init__(self, record: Record, services: Services, resting: Callable[[], None]) -> None:
        self._taken = read_taken(record)
        self._today = services.today()
        daily, arxiv = services.pauses
        self._daily = Service("Daily Papers", services.daily, pause=daily, backoff=services.backoff, resting=resting)
        self._arxiv = Service("arXiv", services.arxiv, pause=arxiv, backoff=services.backoff, resting=resting)
        self._down: set[str] = set()
        self._answers = False  # whether Daily Papers gave any day
        self._refused: dict[str, SourceError] = {}  # what it said of each day that an update asked for
        self._failed: list[str] = []
        self.kept = 0
        self.noted: dict[str, str] = {}

    def close(self) -> None:
        self._daily.close()
        self._arxiv.close()

    def fetch(self, piece: Piece) -> tuple[Piece, Found] | None:
        """A piece with its papers, 'latest' as the day it was; None for what need not or cannot now be fetched.

        Why it cannot is told by `failures`, of a service that cannot be reached only once.
        """
        service = self._daily if isinstance(piece, Day) else self._arxiv
        if isinstance(piece, Day) and self._taken.settled(piece.day):
            self.kept += 1
            return None
        if service.name in self._down:
            return None
        try:
            return self._fetched(piece)
        except SourceError as error:
            self._owe(piece)
            if isinstance(error, UnreachableError):
                self._down.add(service.name)
            elif isinstance(piece, Day) and piece.due:
                self._refused[piece.day] = error
                return None
            self._failed.append(str(error) if isinstance(piece, Ids) else f"{piece.name}: {error}")
            return None

    def _owe(self, piece: Piece) -> None:
        """Remembers a day that could not be had, so that the days after it do not make an update pass it over."""
        if isinstance(piece, Day) and self._taken.days and max(self._taken.days) < piece.day <= self._today.isoformat():
            self._taken.days[piece.day] = piece.day
            self._taken.keep()

    def _fetched(self, piece: Piece) -> tuple[Piece, Found]:
        if isinstance(piece, Query):
            return search(self._arxiv, piece)
        if isinstance(piece, Ids):
            return piece, fetch(self._arxiv, piece.ids)
        if piece.day == LATEST:
            day, found = newest_day(self._daily, self._today)
            return Day(day), found
        if date.fromisoformat(piece.day) > self._today + timedelta(days=1):  # it is tomorrow east of here
            raise SourceError("that day is in the future; name a day up to today.")
        found = read_day(self._daily, piece.day)
        self._answers = True
        return piece, found

    def done(self, piece: Piece) -> None:
        """Remembers that all of a piece is in the record."""
        today = self._today.isoformat()
        if isinstance(piece, Day):
            self._taken.days[piece.day] = today
            self._taken.refused.pop(piece.day, None)
        elif isinstance(piece, Query):
            self._done(piece, today)
        self._taken.keep()

    def _done(self, query: Query, today: str) -> None:
        taken = self._taken
        if query.until:
            taken.rests.pop(query.text, None)
        else:
            limit = taken.queries[query.text][0] if query.since else query.limit
            taken.queries[query.text] = (limit, today)
        if query.left:
            taken.leave(query.text, query.since, query.left)
            many = f"{query.limit:,}"
            self.noted[query.name] = (
                f"{query.name}: more than {many} papers are new. The newest {many} were imported; the next "
                f"update continues with those of {query.left[:10]} and before."
            )

    def failures(self) -> list[str]:
        """A sentence for each piece that could not be had; of days that are always refused only the first time."""
        refused = sorted(self._refused.items())
        if refused and not self._answers:  # then it is the service, not the day
            (first, error), more = refused[0], len(refused) - 1
            others = f" and {more:,} more day{'s' * (more > 1)}" if more else ""
            return [*self._failed, f"{Day(first).name}{others}: {error}"]
        return [*self._failed, *(told for day, error in refused if (told := self._refusal(day, error)))]

    def _refusal(self, day: str, error: SourceError) -> str:
        """What is to be told of a day that is refused where others are not, and what is remembered of it."""
        began = self._taken.refused.get(day)
        if began and date.fromisoformat(began) + PATIENCE <= self._today:
            self._taken.days.pop(day, None)
            self._taken.refused.pop(day)
        else:
            self._taken.refused.setdefault(day, self._today.isoformat())
        self._taken.keep()
        if began:
            return ""
        why = str(error).partition(";")[0].rstrip(".")  # without the advice, which is for one who waits for it
        return f"{Day(day).name}: {why}. Updates try again for {PATIENCE.days} days without further notice."


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
    pieces: list[Piece] = [Day(day, due=True) for day in sorted(days)]
    # First what is left from before: what of today's is left then is added to nothing that is done with.
    pieces += [Query(text, MOST_FOUND, since, until) for text, (since, until) in sorted(taken.rests.items())]
    for text, (limit, when) in sorted(taken.queries.items()):
        since = (date.fromisoformat(when) - OVERLAP).isoformat() if when else ""
        pieces.append(Query(text, MOST_FOUND if since else limit, since))
    return pieces
