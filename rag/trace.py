"""How an answer came about, stage by stage, for those who want to see it: plan, searches, what was shown, calls."""

from dataclasses import asdict, dataclass, field
from typing import Any

from rag.llm.pieces import Usage


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a language model: for which stage, how many tokens went in and out, and how long it took."""

    stage: str
    tokens_in: int
    tokens_out: int
    seconds: float


@dataclass
class Trace:
    """Filled in as a turn goes on.

    `planned_by` is 'model' or 'without model', `looked_at` how many papers were weighed, `shown` the papers that the
    writer saw, each with its sentences. `events` are plain lines on what went otherwise than usual, `seconds` what the
    stages without a model took.
    """

    planned_by: str = ""
    searches: tuple[str, ...] = ()
    looked_at: int = 0
    shown: list[dict[str, Any]] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    def called(self, stage: str, usages: list[Usage]) -> None:
        """Notes calls of one stage."""
        self.calls += [Call(stage, one.tokens_in, one.tokens_out, round(one.seconds, 3)) for one in usages]

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)
