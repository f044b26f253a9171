"""What was fetched and when: a small file beside the record. Lost or damaged, all is only fetched once more."""

import json
import os
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

GROWS = timedelta(days=2)  # a day's list may still grow until the day after it


@dataclass
class Taken:
    """Each day wholly taken in, and each arXiv query with its limit, with the day that was done last."""

    path: Path
    days: dict[str, str] = field(default_factory=dict)
    queries: dict[str, tuple[int, str]] = field(default_factory=dict)

    def settled(self, day: str) -> bool:
        """Whether a day was wholly taken in when nothing more could come."""
        return day in self.days and self.days[day] >= (date.fromisoformat(day) + GROWS).isoformat()

    def keep(self) -> None:
        """Writes the file whole or not at all; without it, for want of space, the next run fetches again."""
        aside = self.path.with_suffix(".new")
        with suppress(OSError):
            with aside.open("w", encoding="utf-8") as out:
                json.dump({"days": self.days, "queries": self.queries}, out, indent=1)
                out.flush()
                os.fsync(out.fileno())
            os.replace(aside, self.path)


def read_taken(home: Path) -> Taken:
    """What the file says; what cannot be read of it counts as never fetched."""
    taken = Taken(home / "live.json")
    with suppress(OSError, ValueError, TypeError, AttributeError):
        kept = json.loads(taken.path.read_text("utf-8"))
        days = {str(date.fromisoformat(day)): str(date.fromisoformat(when)) for day, when in kept["days"].items()}
        queries = {str(text): (int(n), str(date.fromisoformat(when))) for text, (n, when) in kept["queries"].items()}
        taken.days, taken.queries = days, queries
    return taken
