"""The two services that papers are fetched from. Their addresses stand here and nowhere else."""

from dataclasses import dataclass
from datetime import UTC, date, datetime


@dataclass(frozen=True, slots=True)
class Services:
    """Where they are, and how often each is asked; only code, such as a test, ever names others.

    `pauses` are seconds between two requests to Daily Papers and to arXiv, whose terms of use want three; `backoff`
    is seconds before the second attempt, doubled for each further one.
    """

    daily: str = "https://huggingface.co"
    arxiv: str = "https://export.arxiv.org"
    pauses: tuple[float, float] = (0.5, 3.0)
    backoff: float = 1.0
    fixed_today: date | None = None

    def today(self) -> date:
        """The day by which Daily Papers are dated."""
        return self.fixed_today or datetime.now(UTC).date()
