"""From an answer as it was written to the same with its meaning checked: what failed is put right once or set apart."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import replace

from rag.llm.model import ChatModel
from rag.llm.pieces import Usage, Waiting
from rag.types import ABSENT, CONTRADICTED, EXACT, PARTLY, SUPPORTED, UNSUPPORTED, VERBATIM, WEAK, Checked, Evidence
from rag.verify.meaning import Claim, Finding, check_meaning
from rag.verify.statement import Verifier, with_marks
from rag.write.layout import bare
from rag.write.with_model import Written

MOST_ABSENT = 3  # statements of absence that are searched for once more
GROWTH = 2.5  # times as long as a statement that its corrected wording may be


def settle(
    model: ChatModel,
    question: str,
    written: Written,
    verifier: Verifier,
    search: Callable[[str], Sequence[Evidence]],
    used: list[Usage],
    *,
    within: float,
) -> Generator[Waiting, None, bool]:
    """Checks the meaning of what was written and puts the outcome in its place; False where that could not be done.

    `search` finds the sentences that come nearest to a statement of absence. Raises ModelError.
    """
    absent = [place for place, check in enumerate(written.checks) if check.verdict == ABSENT][:MOST_ABSENT]
    claims = {
        place: Claim(bare(check.text), tuple(written.numbering.evidence[n - 1] for n in check.numbers))
        for place, check in enumerate(written.checks)
        if check.numbers and check.verdict in (EXACT, WEAK, UNSUPPORTED)
    }
    claims |= {place: Claim(bare(written.checks[place].text), (), absent=True) for place in absent}
    claims = {place: replace(c, evidence=tuple(search(c.text))) if c.absent else c for place, c in claims.items()}
    if not claims:
        return True
    found = yield from check_meaning(model, question, list(claims.values()), used, within=within)
    if found is None:
        return False
    for (place, claim), finding in zip(claims.items(), found, strict=True):
        if finding:
            written.retell(place, settled(written, verifier, written.checks[place], claim, finding))
    return True


def settled(written: Written, verifier: Verifier, check: Checked, claim: Claim, finding: Finding) -> Checked:
    """One statement with what was found of it."""
    if claim.absent:
        return withdrawn(written, check, claim) if finding.verdict == CONTRADICTED else check
    if finding.verdict == SUPPORTED:
        return replace(check, meaning=SUPPORTED)
    words = finding.corrected
    if words and len(words) <= GROWTH * max(40, len(claim.text)) and not verifier.fault(words, claim.evidence):
        text = with_marks(words, check.numbers)
        return Checked(text, EXACT, finding.why, check.numbers, "corrected", "", claim.text)
    if check.verdict == UNSUPPORTED:  # which is told beside it already
        return replace(check, meaning=finding.verdict)
    why = finding.why or finding.verdict
    short = "only partly supported" if finding.verdict == PARTLY else "not supported"
    return replace(check, text=f"{check.text} ({short}: {why})", reason=why, meaning=finding.verdict)


def withdrawn(written: Written, check: Checked, claim: Claim) -> Checked:
    """A statement of absence that the search refutes, with the sentence that comes nearest to it."""
    best = claim.evidence[0]
    number = written.numbering.number(best)
    text = f"{check.text} (withdrawn: see what {best.paper.title} says [{number}])"
    return Checked(text, VERBATIM, "the papers do say something about it", (number,), "withdrawn", "", claim.text)
