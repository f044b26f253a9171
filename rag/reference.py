"""What a turn points back to, and the question before it that lends what it leaves out. Knows no papers."""

from dataclasses import dataclass

from rag.grammar import Kind


@dataclass(frozen=True, slots=True)
class Earlier:
    """The last question of a conversation as it was understood."""

    kind: Kind
    standalone: str
    papers: tuple[str, ...]
    aspects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """The papers a turn points back to, the turn written out with their names, and the trouble if that cannot be done.

    `ask` is the turn as it was said where only a pointer was replaced, else empty. `told` are papers not to tell again.
    """

    papers: tuple[str, ...]
    standalone: str
    trouble: str = ""
    ask: str = ""
    told: tuple[str, ...] = ()
    both: tuple[str, ...] = ()  # topics that are asked for together
    corrects: bool = False  # the papers are all that is meant, whatever else the turn names
