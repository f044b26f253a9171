"""Which source sentence a statement is taken from: one that has its figures and names, and most of its words."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ingest.words import stems
from rag.types import Evidence
from rag.verify.figures import equal, figures_of, plain, read_figures
from rag.verify.names import names_in, own_names, plain_sentence, stands_in

FEWEST_SHARED = 0.5  # share of a statement's words that its source has, where it names none
FEWEST_WORDS = 4  # of a part of a source sentence that can be called its words
NO_LETTER = re.compile(r"[^\w%×.]+|\.(?!\d)")
ENDS = ",;:("  # before a part of a sentence that can stand by itself


@dataclass(frozen=True, slots=True)
class Names:
    """What is known of names in a library: `named` gives the names of papers that stand in a text, each with the ids of
    the papers it may mean; `common` tells whether so many papers have a word that it names none of them."""

    named: Callable[[str], Sequence[tuple[str, tuple[str, ...]]]] = lambda text: ()
    common: Callable[[str], bool] = lambda name: False


def best_source(statement: str, candidates: Sequence[Evidence]) -> Evidence | None:
    """The candidate that has the figures and names of a statement, and the most of its words; None where none has half
    of them."""
    said = plain_sentence(statement)
    words = stems(said)
    shared = {id(e): len(words & stems(e.sentence.text)) for e in candidates}
    near = [e for e in candidates if shared[id(e)] >= FEWEST_SHARED * max(1, len(words))]
    return next((e for e in sorted(near, key=lambda e: -shared[id(e)]) if holds_exactly(said, e)), None)


def holds_exactly(statement: str, evidence: Evidence) -> bool:
    """Whether a source sentence has all figures and names of a plain statement, those of its paper counted in."""
    text = plain(evidence.sentence.text)
    beside = f"{text} . {own_names(evidence.paper)}"
    given = figures_of(text)
    figures = all(any(equal(figure, one) for one in given) for figure in read_figures(statement))
    return figures and all(stands_in(name, beside) for name in names_in(statement))


def is_quote(statement: str, source: str) -> bool:
    """Whether a statement is the source, or a part of it that begins where a clause does, word for word."""
    quote, whole = _letters(plain_sentence(statement)), _letters(plain(source))
    if quote == whole:
        return bool(quote)
    at = f" {whole} ".find(f" {quote} ")
    if at < 0 or len(quote.split()) < FEWEST_WORDS:
        return False
    before = re.search(r"(\S+)\s+" + r"\W+".join(map(re.escape, quote.split()[:FEWEST_WORDS])), plain(source), re.I)
    return at == 0 or bool(before and before[1][-1] in ENDS)


def _letters(text: str) -> str:
    return " ".join(NO_LETTER.sub(" ", text.casefold()).split())
