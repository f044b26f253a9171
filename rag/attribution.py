"""Whether each number and each name of a sentence stands in the source sentence of the paper it is said of."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from ingest.names import nickname, short_name
from rag.answer import Evidence
from rag.claims import Claim, names_in, own_names, stands_in, terms
from rag.closeness import numbers_of, worth
from rag.quantities import Bound, Quantity, equal, plain, rounded

COUNTABLE = 12  # up to here a writer may have counted what a source lists
MAY_REACH = re.compile(r"\b(?:can|could|maximum|at best|as much as|up to)\b", re.IGNORECASE)
RESPECTIVELY = re.compile(r"\brespectively\b", re.IGNORECASE)
OPPOSITE = ((Bound.MORE, Bound.UP_TO), (Bound.MORE, Bound.LESS), (Bound.LESS, Bound.MORE), (Bound.UP_TO, Bound.MORE))


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not stand in the source: `wrong` where it cannot be right, else only not said so."""

    wrong: bool
    reason: str


def check_numbers(claim: Claim, evidence: Sequence[Evidence]) -> list[Finding]:
    """The numbers of a sentence that its sources do not give, or give otherwise; what is wrong first."""
    found = [finding for quantity in claim.quantities if (finding := check_number(quantity, claim, evidence))]
    return sorted(found, key=lambda finding: not finding.wrong)


def check_number(quantity: Quantity, claim: Claim, evidence: Sequence[Evidence]) -> Finding | None:
    mine, others = _said_of(quantity, claim, evidence)
    given = [number for found in mine for number in numbers_of(plain(found.sentence.text))]
    same = [number for number in given if equal(quantity, number)]
    if same:
        return _otherwise_counted(quantity, same, given) or _otherwise_bound(quantity, same, claim)
    for found in others:
        if any(equal(quantity, number) for number in numbers_of(plain(found.sentence.text))):
            names = short_name(found.paper), short_name(mine[0].paper)
            return Finding(True, f"{quantity.written} is said of {names[0]}, not of {names[1]}")
    if any(equal(quantity, n) for e in mine for n in numbers_of(plain(e.paper.title))) or _is_year(quantity, mine):
        return None
    return _missing(quantity, given)


def _missing(quantity: Quantity, given: Sequence[Quantity]) -> Finding:
    for number in given:
        if rounded(quantity, number):
            return Finding(False, f"the source says {number.written}, not {quantity.written}")
    for number in given:
        if number.value == quantity.value and {number.unit, quantity.unit} == {"%", "points"}:
            return Finding(False, f"the source says {number.written}, not {quantity.written}")
    rivals = [
        number for number in given if number.unit == quantity.unit and (quantity.unit or _same_things(number, quantity))
    ]
    rivals = rivals or [number for number in given if number.unit == quantity.unit and number.unit]
    if rivals:
        nearest = max(
            rivals, key=lambda number: (len(number.things & quantity.things), -abs(number.value - quantity.value))
        )
        return Finding(True, f"the source says {nearest.written}, not {quantity.written}")
    counted = not quantity.unit and quantity.value <= COUNTABLE
    return Finding(not counted, f"“{quantity.written}” is not in the cited sentence")


def _same_things(a: Quantity, b: Quantity) -> bool:
    return bool(a.things & b.things)


def _otherwise_counted(quantity: Quantity, same: Sequence[Quantity], given: Sequence[Quantity]) -> Finding | None:
    """A number that the source gives, but of something else: '5 models on 3 tasks' turned to '3 models'."""
    if (
        quantity.unit
        or not quantity.things
        or any(n.unit != quantity.unit or not n.things or _same_things(n, quantity) for n in same)
    ):
        return None
    for number in given:
        if number.unit == quantity.unit and number.value != quantity.value and _same_things(number, quantity):
            return Finding(True, f"the source says {number.written}, not {quantity.written}")
    return None


def _otherwise_bound(quantity: Quantity, same: Sequence[Quantity], claim: Claim) -> Finding | None:
    """'up to', 'more than', 'by' and 'to' that stand on one side alone."""
    bounds = {number.bound for number in same}
    if quantity.bound in bounds:
        return _otherwise_led(quantity, same)
    bound = next(iter(bounds))
    if any((quantity.bound, other) in OPPOSITE for other in bounds):
        return Finding(
            True, f"says “{quantity.bound} {quantity.written}” where the source says “{bound} {quantity.written}”"
        )
    if quantity.bound in (Bound.MORE, Bound.LESS) and bound is Bound.EXACT:
        return Finding(False, f"the source says {quantity.written}, not {quantity.bound} {quantity.written}")
    if bound in (Bound.UP_TO, Bound.LESS) and quantity.bound is Bound.EXACT and not MAY_REACH.search(claim.text):
        return Finding(False, f"the source says “{bound} {quantity.written}”")
    return _otherwise_led(quantity, same)


def _otherwise_led(quantity: Quantity, same: Sequence[Quantity]) -> Finding | None:
    led = {number.relation for number in same} - {""}
    if quantity.relation and led and quantity.relation not in led:
        written = quantity.written
        return Finding(False, f"says “{quantity.relation} {written}” where the source says “{min(led)} {written}”")
    return None


def _said_of(quantity: Quantity, claim: Claim, evidence: Sequence[Evidence]) -> tuple[list[Evidence], list[Evidence]]:
    """The evidence of the paper a number is said of, and that of the others; all of it where no other is named."""
    names = {found.paper.id: nickname(found.paper) for found in evidence}
    if len(names) < 2 or RESPECTIVELY.search(claim.text):
        return list(evidence), []
    places = [
        (match.start(), paper_id)
        for paper_id, name in names.items()
        if name
        for match in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", claim.text, re.IGNORECASE)
    ]
    before = [place for place in places if place[0] < quantity.start]
    if len({paper_id for _, paper_id in places}) < 2 or not before:
        return list(evidence), []
    meant = max(before)[1]
    return [e for e in evidence if e.paper.id == meant], [e for e in evidence if e.paper.id != meant]


def _is_year(quantity: Quantity, evidence: Sequence[Evidence]) -> bool:
    return any(found.paper.date.startswith(quantity.written) for found in evidence) and len(quantity.written) == 4


def check_names(
    claim: Claim, evidence: Sequence[Evidence], others: Collection[str], knows: Callable[[str], bool] | None
) -> list[Finding]:
    """The names of a sentence that are neither in its sources nor those of their papers; what is wrong first.

    `others` are names of papers of the collection that the sentence mentions.
    """
    beside = " . ".join([*(plain(e.sentence.text) for e in evidence), *(own_names(e.paper) for e in evidence)])
    held = terms(beside)
    names = dict.fromkeys([*claim.names, *others])
    absent = [name for name in names if not stands_in(name, beside) and not _is_word(name, held, beside)]
    found = [_check_name(name, evidence, knows, sure=name in others) for name in absent]
    return sorted(found, key=lambda finding: not finding.wrong)


def _is_word(name: str, held: Sequence[str], text: str) -> bool:
    """Whether a name that only its capital makes one shares its root with a word of the source ('Theory')."""
    return name.istitle() and any(worth(term, held, text) > 0 for term in terms(name))


def _check_name(name: str, evidence: Sequence[Evidence], knows: Callable[[str], bool] | None, *, sure: bool) -> Finding:
    if any(stands_in(name, plain(found.paper.abstract)) for found in evidence):
        return Finding(False, f"“{name}” stands elsewhere in the abstract, not in the cited sentence")
    if name.istitle() and not sure:
        return Finding(False, f"“{name}” is not in the cited sentence")
    if knows and not sure and not knows(name):
        return Finding(True, f"“{name}” is in no paper here")
    own = list(dict.fromkeys(nickname(found.paper) for found in evidence))
    said = own if all(own) else names_in(" ".join(plain(found.sentence.text) for found in evidence))[:1]
    if said:
        return Finding(True, f"the source speaks of {' and '.join(said)}, not {name}")
    return Finding(True, f"“{name}” is not in the cited sentence")
