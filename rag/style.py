"""How a reader wants answers, and who may write them: how many papers are considered, how much is said, which model."""

from dataclasses import dataclass
from enum import StrEnum

MOST_CONSIDERED = 30  # papers


class Length(StrEnum):
    """How long an answer in sentences is. Tables, lists and summaries are as long as what they tell."""

    SHORT = "short"
    USUAL = "usual"
    LONG = "long"


@dataclass(frozen=True, slots=True)
class Style:
    """`papers` are considered for an answer, from 1 to `MOST_CONSIDERED`.

    Without a model, `table` sets what is found side by side, and `context` keeps the papers spoken of in mind. With
    one, `meaning` is whether it checks what it wrote, beyond figures and names; None: as the settings say.
    """

    papers: int = 10
    length: Length = Length.USUAL
    table: bool = False
    context: bool = True
    meaning: bool | None = None


USUAL = Style()


@dataclass(frozen=True, slots=True)
class Writing:
    """A language model by its name (empty until it is known), its host, and its price per million tokens in and out."""

    name: str
    endpoint: str
    price: tuple[float, float] | None = None
