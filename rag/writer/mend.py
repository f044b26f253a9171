"""From a model's sentence to what is shown of it: checked against its source, cited better, replaced, or struck.

Nothing that fails the check stands as if it were fact. Knows no model and no stream.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from rag.answer import Checked, Evidence
from rag.check import Check, Checker, Verdict
from rag.draft import Draft, Numbering
from rag.extract import flow, mark
from rag.prose import render
from rag.writer.prompts import DECLINE
from rag.writer.sheet import Sheet, said
from rag.writer.spoken import Spoken

GOOD = (Verdict.VERBATIM, Verdict.SUPPORTED)
RANK = {Verdict.VERBATIM: 3, Verdict.SUPPORTED: 2, Verdict.WEAK: 1, Verdict.UNSUPPORTED: 0}
MOST_MARKS = 4  # of one sentence
SAYS_IT = 0.5  # score from which a source sentence says what a failed one was about
FEWEST_WORDS = 4  # a shorter sentence without a mark claims nothing
DECLINES = re.compile(
    r"\b(?:sources?|papers?|abstracts?|sentences?|text|context|passages?|excerpts?)\b[^.]{0,60}?"
    r"\b(?:do(?:es)?(?: not|n['’]t)|did(?: not|n['’]t)|never|no\b[^.]{0,20}?\b(?:information|mention))\b[^.]{0,40}?"
    r"\b(?:say|state|mention|give|provide|contain|specify|specified|include|discuss|address|report|answer|cover"
    r"|describe|information)"
    r"|\b(?:is|are|was|were)(?: not|n['’]t) (?:\w+ )?(?:mentioned|stated|specified|given|provided|discussed|reported"
    r"|available|covered|found|in the sources?)\b|\bno (?:information|mention|answer|details?)\b[^.]{0,40}?"
    r"\b(?:about|on|of|is|are|in|for|regarding)\b"
    r"|\bI (?:can(?:not|['’]t)|could(?: not|n['’]t)|am (?:not able|unable)|do(?: not|n['’]t) (?:know|have))\b"
    r"|\b(?:cannot|can['’]t|unable to) (?:be )?(?:answer|determin|find|infer|say)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Shown:
    """What is written for one sentence: its text with marks, empty where nothing is, and how it was checked."""

    text: str
    checked: Checked


def declines(words: str) -> bool:
    """Whether a sentence says that the sources hold no answer."""
    return DECLINE.casefold() in words.casefold() or bool(DECLINES.search(words))


def mend(spoken: Spoken, sheet: Sheet, checker: Checker, numbering: Numbering, told: Collection[str]) -> Shown | None:
    """What is shown of a sentence: itself where its source says it; else a better source is cited; else the source
    sentence itself stands for it; else it is struck through. None for what claims nothing or was said before."""
    cited = [found for n in spoken.numbers[:MOST_MARKS] if (found := sheet.get(n))]
    check = checker.check(spoken.words, cited) if cited else None
    if check and check.verdict in GOOD:
        return show(spoken.words, cited, check, numbering)
    better = checker.best(spoken.words, sheet.evidence)
    if better and better[1].verdict in GOOD:
        return show(spoken.words, better[0], better[1], numbering, "cited anew" if cited else "given its source")
    if check and check.verdict is Verdict.WEAK:
        return show(spoken.words, cited, check, numbering)
    if not cited and not better and len(spoken.words.split()) < FEWEST_WORDS:
        return None
    reason = check.reason if check else "it names no source"
    source = _source(cited, better, checker, spoken.words)
    if source:
        if source.sentence.text in told:
            return None
        return quote(source, reason, spoken.words, numbering)
    if not cited and spoken.words.endswith(":"):
        return None
    return strike(spoken.words, reason)


def show(words: str, cited: Sequence[Evidence], check: Check, numbering: Numbering, mended: str = "") -> Shown:
    numbers = tuple(dict.fromkeys(map(numbering.number, cited)))
    text = marked(words, numbers)
    return Shown(text, Checked(text, str(check.verdict), check.reason, numbers, mended))


def quote(source: Evidence, reason: str, instead_of: str, numbering: Numbering) -> Shown:
    """The source sentence in place of a sentence that it does not bear out."""
    number = numbering.number(source)
    text = mark(flow(source.sentence.text), number)
    return Shown(text, Checked(text, str(Verdict.VERBATIM), reason, (number,), "quoted instead", instead_of))


def strike(words: str, reason: str) -> Shown:
    """A sentence struck through, its reason in sight."""
    text = f"~~{flow(words).replace('~', '')}~~ ({reason})"
    return Shown(text, Checked(text, str(Verdict.UNSUPPORTED), reason, (), "struck", words))


def marked(words: str, numbers: Sequence[int]) -> str:
    """'It does so.' as 'It does so [1] [4].'"""
    first, *rest = numbers
    text = mark(flow(words), first)
    stop = text[-1]
    return text[:-1] + "".join(f" [{number}]" for number in rest) + stop


def _source(
    cited: Sequence[Evidence], better: tuple[Sequence[Evidence], Check] | None, checker: Checker, words: str
) -> Evidence | None:
    """The source sentence that says what a failed sentence was about: one it cites, else the nearest."""
    if cited:
        return max(cited, key=lambda one: checker.check(words, [one]).score)
    if better and better[1].score >= SAYS_IT:
        return better[0][0]
    return None


def quoted(draft: Draft, numbering: Numbering, checks: list[Checked]) -> Iterator[str]:
    """A draft of quotes as text, and each of its sentences among the checks: word for word, since it is a quote."""
    yield from render(draft, numbering)
    checks += [
        Checked(mark(flow(one.sentence.text), number), str(Verdict.VERBATIM), "", (number,))
        for one in dict.fromkeys(said(draft))
        for number in (numbering.number(one),)
    ]
