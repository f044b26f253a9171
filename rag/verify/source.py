"""Which source sentence bears a statement out: it has its figures and names, and is near by words and vectors."""

import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from ingest.embedding import Embedder
from ingest.errors import ModelError
from ingest.words import stems
from rag.types import Evidence
from rag.verify.figures import equal, figures_of, plain, read_figures
from rag.verify.names import names_in, own_names, plain_sentence, stands_in

# Share of a statement's words in a sentence plus the cosine of the two from which it is near: nearly all true
# rewordings reach it, and hardly any statement cited to the likest sentence of another paper; by words alone the share.
NEAR_FROM, NEAR_FROM_WORDS = 1.2, 0.7
CANDIDATES = 6  # source sentences looked at closely
REMEMBERED = 4096  # vectors kept, 1.5 KB each
FEWEST_WORDS = 4  # of a part of a source sentence that can be called its words
NO_LETTER = re.compile(r"[^\w%×.]+|\.(?!\d)")
ENDS = ",;:("  # before a part of a sentence that can stand by itself


class SourceFinder:
    """Finds the sentence that bears a statement out. Safe to share between threads.

    `embedder` may be None: then words alone tell. `named` gives the names of papers that stand in a text, each with
    the ids of the papers it may mean; `common` tells whether so many papers have a word that it names none of them.
    """

    def __init__(
        self,
        embedder: Embedder | None = None,
        named: Callable[[str], Sequence[tuple[str, tuple[str, ...]]]] = lambda text: (),
        common: Callable[[str], bool] = lambda name: False,
    ) -> None:
        self._embedder, self.named, self.common = embedder, named, common
        self._vectors: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        self._lock = Lock()

    def best(self, statement: str, candidates: Sequence[Evidence]) -> Evidence | None:
        """The candidate that bears a statement out best; None where none does."""
        said = plain_sentence(statement)
        words = stems(said)
        near = sorted(candidates, key=lambda e: -len(words & stems(e.sentence.text)))[:CANDIDATES]
        held = [e for e in near if holds_exactly(said, e)]
        worth = {id(e): len(words & stems(e.sentence.text)) / max(1, len(words)) for e in held}
        least = NEAR_FROM_WORDS
        if self._embedder and (cosines := self._cosines(said, [e.sentence.text for e in held])) is not None:
            least = NEAR_FROM
            worth = {id(e): worth[id(e)] + cosine for e, cosine in zip(held, cosines, strict=True)}
        best = max(held, key=lambda e: worth[id(e)], default=None)
        return best if best and worth[id(best)] >= least else None

    def _cosines(self, statement: str, sentences: Sequence[str]) -> list[float] | None:
        """Those of a statement to sentences; None where the model does not answer."""
        assert self._embedder
        with self._lock:
            missing = [text for text in (statement, *sentences) if text not in self._vectors]
        try:
            made = self._embedder.embed(missing) if missing else ()
        except ModelError:  # a remote model that does not answer: words tell alone
            return None
        with self._lock:
            self._vectors.update(zip(missing, made, strict=True))
            vectors = [self._vectors[text] for text in (statement, *sentences)]
            while len(self._vectors) > REMEMBERED:
                self._vectors.popitem(last=False)
        return [float(vectors[0] @ vector) for vector in vectors[1:]]


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
