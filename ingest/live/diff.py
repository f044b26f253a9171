"""Two days compared: which papers came, went or are said otherwise, and what each day is about that the other is not.

The papers of a day are those that its feed listed; of a day that was never fetched, those dated on it.
"""

from collections.abc import Collection
from dataclasses import dataclass

from ingest.errors import UsageError
from ingest.live.names import DAILY, day_of
from ingest.paper import Paper
from ingest.record import Record
from ingest.terms import terms_of

MOST_TERMS = 6  # of a day
MOST_OTHERS = 1_000  # other papers that tell which words are common


@dataclass(frozen=True, slots=True)
class Difference:
    """Papers only on the second day, only on the first, on both but said otherwise; and the themes of each day."""

    days: tuple[str, str]
    came: list[Paper]
    went: list[Paper]
    changed: list[Paper]
    stayed: int
    themes: tuple[list[str], list[str]]


def compare_days(record: Record, first: str, second: str) -> Difference:
    """Raises UsageError for a day without papers, SourceError for what is no day."""
    before, after = _listed(record, first), _listed(record, second)
    both = before.keys() & after.keys()
    papers = {entry.number: entry.paper for entry in record.entries(sorted(before.keys() | after.keys()))}
    changed = {number for number in both if before[number] and after[number] and before[number] != after[number]}
    told = _themes(record, before.keys(), after.keys())
    themes = [[] if terms.startswith("group ") else terms.split(", ") for terms in told[:2]]
    return Difference(
        (first, second),
        [papers[n] for n in sorted(after.keys() - both)],
        [papers[n] for n in sorted(before.keys() - both)],
        [papers[n] for n in sorted(changed)],
        len(both) - len(changed),
        (themes[0], themes[1]),
    )


def _themes(record: Record, before: Collection[int], after: Collection[int]) -> list[str]:
    """The terms of each day, told apart from the other day and from what abstracts say on any day."""
    others = [number for number in record.numbers()[-MOST_OTHERS:] if number not in before and number not in after]
    groups = [
        (group, f"{entry.paper.title}. {entry.paper.abstract}")
        for group, numbers in enumerate((before, after, others))
        for entry in record.entries(sorted(numbers))
    ]
    return terms_of(groups, 3, most=MOST_TERMS)


def _listed(record: Record, day: str) -> dict[int, str]:
    """The numbers of a day's papers with the hash of what its feed said, empty where no feed did."""
    day_of(day)
    found = record.said_by(DAILY + day) or dict.fromkeys(record.select(since=day, until=day), "")
    if not found:
        raise UsageError(f"No paper of {day} is here; take the day in with: paperchat ingest daily:{day}")
    return found
