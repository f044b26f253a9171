"""Days of Daily Papers to papers, by the interface behind its page.

`huggingface_hub` has the call too, but follows redirects to any host, reads answers of any length, and loses a whole
day to one damaged record, so the answer is read as one saved to a file is.
"""

import json
from datetime import date, timedelta
from urllib.parse import urlencode

from ingest.errors import SourceError
from ingest.formats.daily_api import read_json
from ingest.live.fetch import DamagedError, Service
from ingest.paper import Paper, Unreadable

PAGE = 100  # papers of one answer, the most it gives
MOST_PAGES = 10  # of one day; the fullest so far took one
LOOK_BACK = 7  # days that the newest paper may be old: week-ends and holidays have none


def read_day(service: Service, day: str) -> list[Paper | Unreadable]:
    """The papers and unreadable records of a day, none where nothing was listed; raises SourceError."""
    found: list[Paper | Unreadable] = []
    for page in range(MOST_PAGES):
        query = urlencode({"date": day, "limit": PAGE, "p": page})
        text = service.get(f"{service.base}/api/daily_papers?{query}", _check).decode()
        records = list(read_json(text))
        if records and records[0] in found:  # a service that knows no pages gives the first again
            break
        found += records
        if len(records) < PAGE:
            break
    return found


def newest_day(service: Service, today: date) -> tuple[str, list[Paper | Unreadable]]:
    """The last day that has papers, and what it has."""
    for back in range(LOOK_BACK + 1):
        day = (today - timedelta(days=back)).isoformat()
        if found := read_day(service, day):
            return day, found
    raise SourceError(
        f"Daily Papers listed nothing in the last {LOOK_BACK} days; name a day, such as daily:2026-08-21."
    )


def _check(body: bytes) -> None:
    """A list that JSON can read to its end: half of one would pass for a whole day."""
    try:
        whole = isinstance(json.loads(body, parse_int=float), list)
    except (ValueError, RecursionError):
        raise DamagedError("not JSON to its end") from None
    if not whole:
        raise DamagedError("not a list of papers")
