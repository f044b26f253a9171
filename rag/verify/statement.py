"""From a statement that a model wrote to what is shown of it: its marks in our numbers, and how it was checked.

What a statement says is never replaced. A figure or name that its sources do not have is told beside it.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.answer import ABSENT, EXACT, UNSOURCED, Checked, Evidence
from rag.attribution import check_names, check_number
from rag.check import Checker, Verdict, is_quote
from rag.claims import Claim, read_claim, stands_in
from rag.closeness import numbers_of as figures_of
from rag.draft import Numbering
from rag.gather.sources import Sources
from rag.measures import MARK
from rag.quantities import Quantity, equal, plain
from rag.write.layout import Piece, numbers_of

MOST_MARKS = 60  # of one statement; more than a writer is shown of a question's papers
FEWEST_WORDS = 4  # of a statement about something it names; a name alone, as in a cell, states nothing
YEARS = range(1900, 2100)
SHORT_FORM = 5  # letters
FEWEST_LETTERS = 3  # of a statement; what is shorter states nothing
SPACED_MARK = re.compile(rf"\s*{MARK.pattern}")


@dataclass(frozen=True, slots=True)
class Shown:
    """The text of a statement with marks; `checked` is None where it states nothing."""

    text: str
    checked: Checked | None


class Verifier:
    """Verifies the statements of one answer, numbering what they cite.

    `known` is what is known of the library and the search: its figures need no source. Those of `asked`, the message
    and how it was understood, need none where nothing is cited, and are not called wrong where something is.
    """

    def __init__(self, sources: Sources, checker: Checker, numbering: Numbering, asked: str, known: str = "") -> None:
        self._sources, self._checker, self._numbering = sources, checker, numbering
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
            return Shown(text, Checked(text, ABSENT))
        return self._uncited(piece)

    def _cited(self, piece: Piece, cited: Sequence[Evidence]) -> Shown:
        claim = read_claim(piece.words)
        given = [figure for one in cited for figure in figures_of(plain(one.sentence.text))]
        if wrong := self._wrong(claim, cited, given):
            if anew := self._cited_anew(piece, "cited anew"):
                return anew
            text = f"{self._marked(piece.text)} (unverified: {wrong})"
            return Shown(text, Checked(text, str(Verdict.UNSUPPORTED), wrong, self._numbers(cited)))
        text, numbers = self._marked(piece.text), self._numbers(cited)
        if any(is_quote(piece.words, found.sentence.text) for found in cited):
            return Shown(text, Checked(text, str(Verdict.VERBATIM), "", numbers))
        doubt = self._presupposed(claim, given)
        return Shown(text, Checked(text, str(Verdict.WEAK) if doubt else EXACT, doubt, numbers))

    def _presupposed(self, claim: Claim, given: Sequence[Quantity]) -> str:
        """A figure of the user's that the sources do not give, where the statement gives none of theirs beside it."""
        if any(equal(q, figure) for q in claim.quantities for figure in given):
            return ""
        stated = [q for q in claim.quantities if is_written(q) and not (self._is_in(q, self._known) or is_year(q))]
        figures = (q for q in stated if self._is_in(q, self._asked) and not self._is_count(q))
        return next((f"“{q.written}” is the question's, and not in the cited sentence" for q in figures), "")

    def _uncited(self, piece: Piece) -> Shown:
        """A statement without a source: one is sought where it states figures or names, or cites what there is not."""
        claim = read_claim(piece.words)
        if quoted := [one for one in self._sources.evidence if one.sentence.text.rstrip(".") in piece.words]:
            text = with_marks(SPACED_MARK.sub("", piece.text), self._numbers(quoted))
            return Shown(text, Checked(text, str(Verdict.VERBATIM), "", self._numbers(quoted), "given its source"))
        stated = [q for q in claim.quantities if is_written(q) and not self._is_said(q) and not self._is_count(q)]
        named = len(piece.words.split()) >= FEWEST_WORDS and any(
            not stands_in(name, self._said) for name in claim.names
        )
        needs_source = piece.numbers or stated or named
        if needs_source and (found := self._cited_anew(piece, "given its source")):
            return found
        text = self._marked(piece.text)
        if stated:
            reason = "it names no source"
            text = f"{text} (unverified: {reason})"
            return Shown(text, Checked(text, str(Verdict.UNSUPPORTED), reason))
        return Shown(text, Checked(text, UNSOURCED))

    def _cited_anew(self, piece: Piece, how: str) -> Shown | None:
        """The statement with the marks of sentences that bear it out; None where there are none."""
        better = self._checker.best(piece.words, self._sources.evidence)
        if not better or not better[1].verified:
            return None
        evidence, check = better
        text = with_marks(SPACED_MARK.sub("", piece.text), self._numbers(evidence))
        return Shown(text, Checked(text, str(check.verdict), "", self._numbers(evidence), how))

    def _wrong(self, claim: Claim, cited: Sequence[Evidence], given: Sequence[Quantity]) -> str:
        """The first figure that the sources give otherwise, or name that no paper has; empty where there is none.

        `given` are the figures of the cited sentences.
        """
        for quantity in claim.quantities:
            if not is_written(quantity) or self._is_said(quantity) or is_rest(quantity, claim, given):
                continue
            if any(is_bare(quantity, figure) for figure in given):
                continue
            found = check_number(quantity, claim, cited)
            if found and found.wrong:
                rivals = {figure.value for figure in given if figure.unit == quantity.unit}
                return found.reason if len(rivals) == 1 else f"“{quantity.written}” is not in the cited sentence"
        names = tuple(name for name in claim.names if not stands_in(name, self._said))
        known = self._checker.knows
        unknown = [n for n in names if known and not n.istitle() and not is_short(n) and not known(n)]
        absent = check_names(_of_names(claim, unknown), cited, (), known) if unknown else []
        return next((one.reason for one in absent if one.wrong), "")

    def _is_said(self, quantity: Quantity) -> bool:
        """Whether a figure stands in what was asked or is known."""
        return self._is_in(quantity, self._asked) or self._is_in(quantity, self._known)

    @staticmethod
    def _is_in(quantity: Quantity, text: str) -> bool:
        return any(equal(quantity, figure) for figure in figures_of(text))

    def _is_count(self, quantity: Quantity) -> bool:
        """Whether a bare number may count the papers that an answer lists: 'Five papers fit'."""
        return not quantity.unit and quantity.value <= len(self._sources.papers)

    def _marked(self, text: str) -> str:
        """A text with its marks in our numbers, those of nothing left out."""

        def renumber(found: re.Match[str]) -> str:
            evidence = [one for n in numbers_of(MARK.search(found[0])[0]) if (one := self._sources.get(n))]  # type: ignore[index]
            return self._numbering.marks(evidence)

        return SPACED_MARK.sub(renumber, text)

    def _numbers(self, evidence: Sequence[Evidence]) -> tuple[int, ...]:
        return tuple(dict.fromkeys(map(self._numbering.number, evidence)))


def with_marks(text: str, numbers: Sequence[int]) -> str:
    """'It does so.' as 'It does so [1] [4].'"""
    stop = text[-1] if text[-1:] in ".!?" else ""
    return text[: len(text) - len(stop)] + "".join(f" [{number}]" for number in numbers) + stop


def is_written(quantity: Quantity) -> bool:
    """Whether a figure is in digits; of words like 'half' only the meaning tells whether they are figures."""
    return any(c.isdigit() for c in quantity.written)


def is_rest(quantity: Quantity, claim: Claim, given: Sequence[Quantity]) -> bool:
    """Whether a share is what is left of one that the statement gives too, as its source does: '79%, so 21% less'."""
    beside = [q for q in claim.quantities if q.unit == quantity.unit == "%" and any(equal(q, one) for one in given)]
    return any(math.isclose(q.value + quantity.value, 100) for q in beside)


def is_short(name: str) -> bool:
    """Whether a name is a short form in capitals, which other languages have of their own: 'EDP' for 'PDE'."""
    return name.isupper() and name.isalpha() and len(name) <= SHORT_FORM


def is_year(quantity: Quantity) -> bool:
    """Whether a figure may be a year."""
    return not quantity.unit and quantity.value in YEARS


def is_bare(quantity: Quantity, given: Quantity) -> bool:
    """Whether a figure has the digits of one that is given and no unit that is known here, as in another language:
    '4500 millones' of '4.5B'."""
    ratio = given.value / quantity.value if quantity.value and math.isfinite(quantity.value) else 0.0
    if quantity.unit or not (math.isfinite(ratio) and ratio > 0):
        return False
    thousands = math.log(ratio, 1000)
    return math.isclose(thousands, round(thousands), abs_tol=1e-9)


def _of_names(claim: Claim, names: Sequence[str]) -> Claim:
    return Claim(claim.text, (), tuple(names), claim.polarity, claim.terms, claim.hedged, claim.sweeping)
