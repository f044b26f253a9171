"""What is said to a chat model and what comes back of it: messages, words as they arrive, and what they cost."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

Role = Literal["system", "user", "assistant"]
Finish = Literal["stop", "length", "cut"]


@dataclass(frozen=True)
class Message:
    """One message to the model."""

    role: Role
    content: str


@dataclass(frozen=True)
class Text:
    """Words of the answer, in the order they came."""

    words: str


@dataclass(frozen=True)
class Waiting:
    """No words yet: a plain line on what is waited for. It comes several times a second, often the same."""

    words: str


@dataclass(frozen=True)
class Usage:
    """What an answer took. `estimated`: the endpoint counted no tokens, so characters were; `money` needs a price."""

    model: str
    tokens_in: int
    tokens_out: int
    seconds_to_first: float
    seconds: float
    money: float | None = None
    estimated: bool = False
    calls: int = 1

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it, seconds to the millisecond."""
        rounded = {"seconds_to_first": round(self.seconds_to_first, 3), "seconds": round(self.seconds, 3)}
        return asdict(self) | rounded

    def __add__(self, other: "Usage") -> "Usage":
        """Both together, as of one answer that took two calls; the first word is that of the other."""
        money = None if self.money is None or other.money is None else self.money + other.money
        return Usage(
            other.model or self.model,
            self.tokens_in + other.tokens_in,
            self.tokens_out + other.tokens_out,
            self.seconds + other.seconds_to_first,
            self.seconds + other.seconds,
            money,
            self.estimated or other.estimated,
            self.calls + other.calls,
        )


CHARACTERS_A_TOKEN = 4  # of English, by OpenAI's rule of thumb


def tokens_of(characters: int) -> int:
    """About how many tokens so many characters are, rounded up."""
    return -(-characters // CHARACTERS_A_TOKEN)
