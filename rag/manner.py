"""How a reader wants answers, and who may write them: how many papers are considered, how much is said, which model."""

from dataclasses import dataclass
from enum import StrEnum

MOST_CONSIDERED = 30  # papers


class Length(StrEnum):
    """How long an answer in sentences is. Tables, lists and summaries are as long as what they tell."""

    SHORT = "short"
    USUAL = "usual"
    LONG = "long"


# Sentences quoted of a paper where the answer is of one, of two, and of more papers.
QUOTED = {Length.SHORT: (1, 1, 1), Length.USUAL: (3, 2, 1), Length.LONG: (6, 4, 2)}


@dataclass(frozen=True, slots=True)
class Manner:
    """`papers` are considered for an answer, from 1 to `MOST_CONSIDERED`."""

    papers: int = 10
    length: Length = Length.USUAL

    def quoted(self, papers: int) -> int:
        """Sentences quoted of each of so many papers."""
        return QUOTED[self.length][min(papers, 3) - 1]


USUAL = Manner()


@dataclass(frozen=True, slots=True)
class Writing:
    """A language model by its name (empty until it is known), its host, and its price per million tokens in and out."""

    name: str
    endpoint: str
    price: tuple[float, float] | None = None
