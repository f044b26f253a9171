"""A turn as it was understood: its kind, its papers, and the question written out. Knows no conversation."""

from dataclasses import dataclass

from rag.asked_papers import NOTHING, Bounds
from rag.grammar import Kind
from rag.instructions import Edit
from rag.manner import USUAL, Manner
from rag.record_wishes import Wish

MOST_NAMED = 6  # papers named in the line on what was understood


@dataclass(frozen=True, slots=True)
class Understood:
    """What a turn asks. `papers` are the ids it is about, in order; `trouble` is a plain sentence instead of an answer.

    `standalone` is the question written out, with names for what it pointed to; `ask` is what it asks of the papers,
    without their names. `told` are papers that were
    told before and are not to be told again. `topic` is `standalone` without the words of its `bounds`, empty where it
    has none; `wishes` are what it asks of the papers' records; `manner` is how the reader wants answers. `absent` are
    names it sets beside papers that no paper here goes by, `both` topics of which papers are to be about each; of a
    question that is `listed`, the papers are all those of a list that later turns changed; `length` is how long
    it wishes the answer, None where it does not say.
    """

    kind: Kind
    standalone: str
    papers: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    aspects: tuple[str, ...] = ()
    edit: Edit | None = None
    follows: bool = False
    trouble: str = ""
    ask: str = ""
    told: tuple[str, ...] = ()
    bounds: Bounds = NOTHING
    topic: str = ""
    wishes: tuple[Wish, ...] = ()
    manner: Manner = USUAL
    absent: tuple[str, ...] = ()
    both: tuple[str, ...] = ()
    listed: bool = False
    length: Edit | None = None

    @property
    def line(self) -> str:
        """'compare · KIVI, ZipCache · memory'."""
        change = f"{self.edit.change} {self.edit.what}".strip() if self.edit else ""
        names = list(self.names[:MOST_NAMED])
        if len(self.names) > MOST_NAMED:
            names.append(f"{len(self.names) - MOST_NAMED} more")
        wished = ", ".join(wish.value for wish in self.wishes)
        said = (self.kind.value, change, ", ".join(names), wished or ", ".join(self.aspects), self.bounds.line)
        return " · ".join(filter(None, said))
