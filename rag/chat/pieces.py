"""What is said to a chat model and what comes back of it: messages, words as they arrive, and what they cost."""

from dataclasses import dataclass
from typing import Literal

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


CHARACTERS_A_TOKEN = 4  # of English, by OpenAI's rule of thumb


def tokens_of(characters: int) -> int:
    """About how many tokens so many characters are, rounded up."""
    return -(-characters // CHARACTERS_A_TOKEN)
