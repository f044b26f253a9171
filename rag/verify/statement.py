"""From a statement that a model wrote to what is shown of it: its marks in our numbers, and how it was checked.

What a statement says is never replaced. A figure or name that its sources do not have is told beside it.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.gather.sources import Sources
from rag.plan.without_model import is_foreign
from rag.types import ABSENT, EXACT, MARK, SPACED_MARK, UNSOURCED, Checked, Evidence
from rag.verify.figures import Figure, equal, figures_of, read_figures, rounded
from rag.verify.names import capitalised_in, names_in, own_names, plain_sentence, stands_in
from rag.verify.source import Names, best_source, is_quote
from rag.write.draft import Numbering
from rag.write.layout import Piece, numbers_of

MOST_MARKS = 60  # of one statement; more than a writer is shown of a question's papers
FEWEST_WORDS = 4  # of a statement about something it names; a name alone, as in a cell, states nothing
COUNTABLE = 12  # up to here a writer may have counted what a source lists
YEARS = range(1900, 2100)
SHORT_FORM = 5  # letters
FEWEST_LETTERS = 3  # of a statement; what is shorter states nothing


@dataclass(frozen=True, slots=True)
class Shown:
    """The text of a statement with marks; `checked` is None where it states nothing."""

    text: str
    checked: Checked | None


class Verifier:
    """Verifies the statements of one answer, numbering what they cite.

    `known` is what is known of the library and the search: its figures need no source. Those of `asked`, the message
    and how it was understood, need none where nothing is cited, and are not called wrong where something is. `among` is
    how many papers were searched.
    """

    def __init__(
        self,
        sources: Sources,
        names: Names,
        numbering: Numbering,
        asked: str,
        known: str = "",
        *,
        among: int = 0,
    ) -> None:
        self._sources, self._names, self._numbering, self._among = sources, names, numbering, among
        self._asked, self._known, self._said = asked, known, f"{asked} {known}"

    def verify(self, piece: Piece) -> Shown:
        """A statement as it is shown."""
        if sum(c.isalnum() for c in piece.words) < FEWEST_LETTERS and not piece.numbers:
            return Shown(piece.text, None)
        cited = [found for n in piece.numbers[:MOST_MARKS] if (found := self._sources.get(n))]
        if cited:
            return self._cited(piece, cited)
        if 0 in piece.numbers:
            text = self._marked(piece.text)
            return Shown(text, Checked(text, ABSENT, f"searched {self._among:,} papers"))
        return self._uncited(piece)

    def fault(self, words: str, cited: Sequence[Evidence]) -> str:
        """The first figure or name of a wording that the cited sentences do not have; empty where they have all."""
        given = [figure for one in cited for figure in figures_of(one.sentence.text)]
        return self._wrong(words, read_figures(plain_sentence(words)), cited, given)

    def _cited(self, piece: Piece, cited: Sequence[Evidence]) -> Shown:
        stated = read_figures(plain_sentence(piece.words))
        given = [figure for one in cited for figure in figures_of(one.sentence.text)]
        if wrong := self._wrong(piece.words, stated, cited, given):
            if anew := self._cited_anew(piece, "citation corrected"):
                return anew
            text = self._marked(piece.text) + unverified(wrong)
            return Shown(text, Checked(text, "unsupported", wrong, self._numbers(cited)))
        text, numbers = self._marked(piece.text), self._numbers(cited)
        if any(is_quote(piece.words, found.sentence.text) for found in cited):
            return Shown(text, Checked(text, "verbatim", "", numbers))
        doubt = self._presupposed(stated, given)
        return Shown(text, Checked(text, "weak" if doubt else EXACT, doubt, numbers))

    def _presupposed(self, figures: Sequence[Figure], given: Sequence[Figure]) -> str:
        """A figure of the user's that the sources do not give, where the statement gives none of theirs beside it."""
        if any(equal(q, figure) for q in figures for figure in given):
            return ""
        stated = [q for q in figures if is_written(q) and not (self._is_in(q, self._known) or is_year(q))]
        asked = (q for q in stated if self._is_in(q, self._asked) and not self._is_count(q))
        return next((f"“{q.written}” comes from the question, not from the cited sentence" for q in asked), "")

    def _uncited(self, piece: Piece) -> Shown:
        """A statement without a source: one is sought where it states figures or names, or cites what there is not."""
        if quoted := [one for one in self._sources.evidence if one.sentence.text.rstrip(".") in piece.words]:
            text = with_marks(SPACED_MARK.sub("", piece.text), self._numbers(quoted))
            return Shown(text, Checked(text, "verbatim", "", self._numbers(quoted), "citation added"))
        said = plain_sentence(piece.words)
        stated = [q for q in read_figures(said) if is_written(q) and not self._is_said(q) and not self._is_count(q)]
        names = (*names_in(said), *(name for name, _ in self._names.named(said)))
        named = len(said.split()) >= FEWEST_WORDS and any(not stands_in(name, self._said) for name in names)
        needs_source = piece.numbers or stated or named
        if needs_source and (found := self._cited_anew(piece, "citation added")):
            return found
        text = self._marked(piece.text)
        if stated:
            reason = "no source given"
            text += unverified(reason)
            return Shown(text, Checked(text, "unsupported", reason))
        return Shown(text, Checked(text, UNSOURCED))

    def _cited_anew(self, piece: Piece, how: str) -> Shown | None:
        """The statement with the mark of a sentence that bears it out; None where there is none."""
        better = best_source(piece.words, self._sources.evidence)
        if not better:
            return None
        text = with_marks(SPACED_MARK.sub("", piece.text), self._numbers([better]))
        return Shown(text, Checked(text, EXACT, "", self._numbers([better]), how))

    def _wrong(self, words: str, stated: Sequence[Figure], cited: Sequence[Evidence], given: Sequence[Figure]) -> str:
        """The first figure that the sources give otherwise, or name that no paper has; empty where there is none.

        `given` are the figures of the cited sentences.
        """
        titles = [figure for one in cited for figure in figures_of(f"{one.paper.title} {one.paper.date[:4]}")]
        for figure in stated:
            if not is_written(figure) or self._is_said(figure) or is_rest(figure, stated, given):
                continue
            if any(equal(figure, one) or is_bare(figure, one) or rounded(figure, one) for one in (*given, *titles)):
                continue
            if not figure.unit and figure.value <= COUNTABLE:
                continue
            rivals = {one.written: one for one in given if one.unit == figure.unit and (one.unit or one.counts)}
            if len({one.value for one in rivals.values()}) == 1:
                return f"the source says {next(iter(rivals))}, not {figure.written}"
            return f"“{figure.written}” is not in the cited sentence"
        return self._wrong_name(plain_sentence(words), cited)

    def _wrong_name(self, words: str, cited: Sequence[Evidence]) -> str:
        """The first name that neither the cited sentences and their papers have nor the question; then the first paper
        named, where none of those that are named is cited."""
        beside = " . ".join(f"{e.sentence.text} . {own_names(e.paper)}" for e in cited)
        english = len(words.split()) >= FEWEST_WORDS and not is_foreign(words, fewest=FEWEST_WORDS)
        for name in (*names_in(words), *(capitalised_in(words) if english else ())):
            usual = is_short(name) and (not english or self._names.common(name))
            if not (usual or stands_in(name, beside) or stands_in(name, self._said)):
                return f"“{name}” is not in the cited sentence"
        named = [(name, ids) for name, ids in self._names.named(words) if not stands_in(name, beside)]
        papers = {e.paper.id for e in cited}
        strange = [name for name, ids in named if not papers & set(ids)]
        if strange and len(strange) == len(self._names.named(words)):
            return f"“{strange[0]}” is not what the cited sentence is about"
        return ""

    def _is_said(self, figure: Figure) -> bool:
        """Whether a figure stands in what was asked or is known."""
        return self._is_in(figure, self._asked) or self._is_in(figure, self._known)

    @staticmethod
    def _is_in(figure: Figure, text: str) -> bool:
        return any(equal(figure, one) for one in figures_of(text))

    def _is_count(self, figure: Figure) -> bool:
        """Whether a bare number may count the papers that an answer lists: 'Five papers fit'."""
        return not figure.unit and figure.value <= len(self._sources.papers)

    def _marked(self, text: str) -> str:
        """A text with its marks in our numbers, those of nothing left out."""

        def renumber(found: re.Match[str]) -> str:
            evidence = [one for n in numbers_of(MARK.search(found[0])[0]) if (one := self._sources.get(n))]  # type: ignore[index]
            return self._numbering.marks(evidence)

        return SPACED_MARK.sub(renumber, text)

    def _numbers(self, evidence: Sequence[Evidence]) -> tuple[int, ...]:
        return tuple(dict.fromkeys(map(self._numbering.number, evidence)))


def unverified(reason: str) -> str:
    """What is set beside a statement that the exact check finds fault with."""
    return f" (unverified: {reason})"


def written_of(check: Checked) -> str:
    """A statement as it is shown, without what the exact check set beside it."""
    return check.text.removesuffix(unverified(check.reason))


def with_marks(text: str, numbers: Sequence[int]) -> str:
    """'It does so.' as 'It does so [1] [4].'"""
    stop = text[-1] if text[-1:] in ".!?" else ""
    return text[: len(text) - len(stop)] + "".join(f" [{number}]" for number in numbers) + stop


def is_written(figure: Figure) -> bool:
    """Whether a figure is in digits; of words like 'half' only the meaning tells whether they are figures."""
    return any(c.isdigit() for c in figure.written)


def is_rest(figure: Figure, stated: Sequence[Figure], given: Sequence[Figure]) -> bool:
    """Whether a share is what is left of one that the statement gives too, as its source does: '79%, so 21% less'."""
    beside = [q for q in stated if q.unit == figure.unit == "%" and any(equal(q, one) for one in given)]
    return any(math.isclose(q.value + figure.value, 100) for q in beside)


def is_short(name: str) -> bool:
    """Whether a name is a short form in capitals, which other languages have of their own: 'EDP' for 'PDE'."""
    return name.isupper() and name.isalpha() and len(name) <= SHORT_FORM


def is_year(figure: Figure) -> bool:
    """Whether a figure may be a year."""
    return not figure.unit and figure.value in YEARS


def is_bare(figure: Figure, given: Figure) -> bool:
    """Whether a figure has the digits of one that is given and no unit that is known here, as in another language:
    '4500 millones' of '4.5B'."""
    ratio = given.value / figure.value if figure.value and math.isfinite(figure.value) else 0.0
    if figure.unit or not (math.isfinite(ratio) and ratio > 0):
        return False
    thousands = math.log(ratio, 1000)
    return math.isclose(thousands, round(thousands), abs_tol=1e-9)
