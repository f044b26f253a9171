"""What was fetched and when: a small file beside the record. Lost or damaged, all is only fetched once more.

It says of which state of the record it speaks. Of one that was begun anew, or put back from an older copy, it tells
only what was asked for, so that all of it is fetched again.
"""

import json
import os
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta

from ingest.record import Record

NAME = "live.json"
GROWS = timedelta(days=2)  # a day's list may still grow until the day after it


@dataclass
class Taken:
    """Each day and each arXiv query, with its limit, that was asked for, and when it was taken in last.

    A day that is yet to be taken in stands with itself, a query with an empty day.
    """

    record: Record
    days: dict[str, str] = field(default_factory=dict)
    queries: dict[str, tuple[int, str]] = field(default_factory=dict)

    def settled(self, day: str) -> bool:
        """Whether a day was wholly taken in when nothing more could come."""
        return day in self.days and self.days[day] >= (date.fromisoformat(day) + GROWS).isoformat()

    def keep(self) -> None:
        """Writes the file whole or not at all; without it, for want of space, the next run fetches again."""
        path, revision = self.record.path.with_name(NAME), self.record.revision()
        of = [revision, self.record.stamp(revision)]
        aside = path.with_suffix(".new")
        with suppress(OSError):
            with aside.open("w", encoding="utf-8") as out:
                json.dump({"of": of, "days": self.days, "queries": self.queries}, out, indent=1)
                out.flush()
                os.fsync(out.fileno())
            os.replace(aside, path)


def read_taken(record: Record) -> Taken:
    """What the file says of this record; what cannot be read of it counts as never asked for."""
    taken = Taken(record)
    with suppress(OSError, ValueError, TypeError, AttributeError, KeyError):
        kept = json.loads(record.path.with_name(NAME).read_text("utf-8"))
        revision, stamp = kept["of"]
        here = record.stamp(int(revision)) == stamp
        days = {str(date.fromisoformat(day)): str(date.fromisoformat(when)) for day, when in kept["days"].items()}
        queries = {
            text: (int(n), when and str(date.fromisoformat(when))) for text, (n, when) in kept["queries"].items()
        }
        taken.days = days if here else {day: day for day in days}
        taken.queries = queries if here else {text: (limit, "") for text, (limit, _) in queries.items()}
    return taken
