"""What was fetched and when: a small file beside the record. Lost or damaged, all is only fetched once more.

It says of which state of the record it speaks. Of one that was begun anew, or put back from an older copy, it tells
only what was asked for, so that all of it is fetched again. A snapshot holds the same, without that state.
"""

import json
import os
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from ingest.live.names import LONGEST_QUERY, MOST_FOUND
from ingest.record import Record
from ingest.text import clean

NAME = "live.json"
GROWS = timedelta(days=2)  # a day's list may still grow until the day after it


@dataclass
class Taken:
    """Each day and each arXiv query, with its limit, that was asked for, and when it was taken in last.

    A day that is yet to be taken in stands with itself, a query with an empty day. `rests` are what an update left of
    a query, papers from a day up to a moment; `refused` days that the service refuses, with the day it began to.
    """

    record: Record
    days: dict[str, str] = field(default_factory=dict)
    queries: dict[str, tuple[int, str]] = field(default_factory=dict)
    rests: dict[str, tuple[str, str]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)

    def settled(self, day: str) -> bool:
        """Whether a day was wholly taken in when nothing more could come."""
        return day in self.days and self.days[day] >= (date.fromisoformat(day) + GROWS).isoformat()

    def leave(self, text: str, since: str, until: str) -> None:
        """Remembers what is left of a query, besides what is left of it from before."""
        before = self.rests.get(text, (since, until))
        self.rests[text] = min(since, before[0]), max(until, before[1])

    def points(self) -> dict[str, Any]:
        """All of it as JSON."""
        return {"days": self.days, "queries": self.queries, "rests": self.rests, "refused": self.refused}

    def keep(self) -> None:
        """Writes the file whole or not at all; without it, for want of space, the next run fetches again."""
        path, revision = self.record.path.with_name(NAME), self.record.revision()
        of = [revision, self.record.stamp(revision)]
        aside = path.with_suffix(".new")
        with suppress(OSError):
            with aside.open("w", encoding="utf-8") as out:
                json.dump({"of": of, **self.points()}, out, indent=1)
                out.flush()
                os.fsync(out.fileno())
            os.replace(aside, path)

    def read(self, points: Any) -> None:
        """Takes over what `points` gave; raises one of UNREADABLE for what it cannot have given."""
        days = {_day(day): _day(when) for day, when in points["days"].items()}
        queries = {_query(text): (_limit(n), when and _day(when)) for text, (n, when) in points["queries"].items()}
        rests = {_query(text): (_day(a), _moment(b)) for text, (a, b) in points.get("rests", {}).items()}
        refused = {_day(day): _day(when) for day, when in points.get("refused", {}).items()}
        self.days, self.queries, self.rests, self.refused = days, queries, rests, refused

    def forget(self) -> None:
        """Has all that was asked for fetched again."""
        self.days = {day: day for day in self.days}
        self.queries = {text: (limit, "") for text, (limit, _) in self.queries.items()}
        self.rests, self.refused = {}, {}

    def add(self, other: "Taken", today: date) -> None:
        """Takes over what another record had taken in, where its papers came into this one; nothing yet to come."""
        last = (today + timedelta(days=1)).isoformat()
        for day, when in other.days.items():
            if max(day, when) <= last:
                self.days[day] = max(when, self.days.get(day, ""))
        for text, (limit, when) in other.queries.items():
            own = self.queries.get(text, (limit, ""))
            if when <= last:
                self.queries[text] = (own[0], max(when, own[1]))
        for text, (since, until) in other.rests.items():
            if text in self.queries:
                self.leave(text, since, until)
        self.refused = {day: when for day, when in other.refused.items() if when <= last} | self.refused


UNREADABLE = (OSError, ValueError, TypeError, AttributeError, KeyError, RecursionError)


def read_taken(record: Record) -> Taken:
    """What the file says of this record; what cannot be read of it counts as never asked for."""
    taken = Taken(record)
    with suppress(*UNREADABLE):
        kept = json.loads(record.path.with_name(NAME).read_text("utf-8"))
        revision, stamp = kept["of"]
        here = record.stamp(int(revision)) == stamp
        taken.read(kept)
        if not here:
            taken.forget()
    return taken


def _day(text: str) -> str:
    return date.fromisoformat(text).isoformat()


def _moment(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(UTC).isoformat()


def _query(text: str) -> str:
    if not 0 < len(text) <= LONGEST_QUERY or text != clean(text):
        raise ValueError("no query")
    return text


def _limit(number: Any) -> int:
    if not 1 <= int(number) <= MOST_FOUND:
        raise ValueError("no limit")
    return int(number)
