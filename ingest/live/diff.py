"""Two days compared: which papers came, went or are said otherwise, and what each day is about that the other is not.

The papers of a day are those that its feed listed; of a day that was never fetched, those dated on it.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from ingest.errors import UsageError
from ingest.live.names import DAILY, day_of
from ingest.paper import Paper
from ingest.record import Record
from ingest.terms import candidates, chosen, scored

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
    themes = _themes(record, before.keys(), after.keys())
    return Difference(
        (first, second),
        [papers[n] for n in sorted(after.keys() - both)],
        [papers[n] for n in sorted(before.keys() - both)],
        [papers[n] for n in sorted(changed)],
        len(both) - len(changed),
        (themes[0], themes[1]),
    )


def _themes(record: Record, before: Collection[int], after: Collection[int]) -> list[list[str]]:
    """The terms of each day, told apart from the other day and from what is said on any day.

    Only what stands in a title of the day is a theme; abstracts tell in how many papers it is.
    """
    others = [number for number in record.numbers()[-MOST_OTHERS:] if number not in before and number not in after]
    groups = [list(record.entries(sorted(numbers))) for numbers in (before, after, others)]
    sizes = [len(group) for group in groups]
    held: list[Counter[str]] = [Counter() for _ in groups]
    titled: list[dict[str, str]] = [{} for _ in groups]
    for group, entries in enumerate(groups):
        for entry in entries:
            held[group].update(dict(candidates(f"{entry.paper.title}. {entry.paper.abstract}")).keys())
            titled[group].update(candidates(entry.paper.title))
    told = [{k: v for k, v in scored(held, sizes, day).items() if k in titled[day]} for day in (0, 1)]
    best = Counter[str]()
    for scores in told:
        for key, score in scores.items():
            best[key] = max(best[key], score)  # type: ignore[assignment]
    return [[titled[day][key] for key in chosen(told[day], best, MOST_TERMS)] for day in (0, 1)]


def _listed(record: Record, day: str) -> dict[int, str]:
    """The numbers of a day's papers with the hash of what its feed said, empty where no feed did."""
    day_of(day)
    found = record.said_by(DAILY + day) or dict.fromkeys(record.select(since=day, until=day), "")
    if not found:
        raise UsageError(f"No papers of {day} yet; import the day with: paperchat ingest daily:{day}")
    return found
