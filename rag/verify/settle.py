"""From an answer as it was written to the same with its meaning checked: what failed is put right once or set apart."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import replace

from ingest.words import WORD, stems
from rag.llm.model import ChatModel
from rag.llm.pieces import Usage, Waiting
from rag.types import ABSENT, CONTRADICTED, EXACT, PARTLY, SUPPORTED, UNSUPPORTED, VERBATIM, WEAK, Checked, Evidence
from rag.verify.meaning import Claim, Finding, check_meaning, inert
from rag.verify.statement import Verifier, with_marks, written_of
from rag.write.layout import bare
from rag.write.with_model import Written

MOST_ABSENT = 3  # statements of absence that are searched for once more
GROWTH = 2.5  # times as long as a statement that its corrected wording may be
FEWEST_KNOWN = 0.5  # share of its words that the statement or its sources have


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
    claims: dict[int, Claim] = {}
    absent = [place for place, check in enumerate(written.checks) if check.verdict == ABSENT][:MOST_ABSENT]
    for place, check in enumerate(written.checks):
        text = bare(written_of(check))
        if place in absent:
            claims[place] = Claim(text, tuple(search(text)), absent=True)
        elif check.numbers and check.verdict in (EXACT, WEAK, UNSUPPORTED, VERBATIM):
            claims[place] = Claim(text, tuple(written.numbering.evidence[n - 1] for n in check.numbers))
    claims = {place: claim for place, claim in claims.items() if claim.evidence and not is_sentence(claim)}
    if not claims:
        return True
    found = yield from check_meaning(model, question, list(claims.values()), used, within=within)
    if found is None:
        return False
    for (place, claim), finding in zip(claims.items(), found, strict=True):
        if finding:
            written.retell(place, settled(written, verifier, written.checks[place], claim, finding))
    return True


def is_sentence(claim: Claim) -> bool:
    """Whether a claim is a whole cited sentence, word for word, so that nothing can be wrong with it."""
    return any(bare(claim.text) == bare(e.sentence.text) for e in claim.evidence)


def settled(written: Written, verifier: Verifier, check: Checked, claim: Claim, finding: Finding) -> Checked:
    """One statement with what was found of it."""
    if claim.absent:
        return withdrawn(written, check, claim, finding) if finding.verdict == CONTRADICTED else check
    if finding.verdict == SUPPORTED:
        return replace(check, meaning=SUPPORTED)
    words = finding.corrected
    if corrects(words, claim) and not verifier.fault(words, claim.evidence):
        return Checked(with_marks(words, check.numbers), EXACT, finding.why, check.numbers, "corrected", "", claim.text)
    if check.verdict == UNSUPPORTED:  # which is told beside it already
        return replace(check, meaning=finding.verdict)
    why = finding.why or finding.verdict
    short = "only partly supported" if finding.verdict == PARTLY else "not supported"
    text = f"{check.text} ({short}: {why})"
    return replace(check, text=text, reason=why, meaning=finding.verdict, was=claim.text)


def corrects(words: str, claim: Claim) -> bool:
    """Whether a wording can stand in for a claim: another one, not much longer, most of whose words are those of the
    claim or of what it cites, so that it is no remark on it."""
    said = stems(words)
    known = stems(claim.text).union(*(stems(e.sentence.text) for e in claim.evidence))
    same = WORD.findall(words.casefold()) == WORD.findall(claim.text.casefold())
    if same or not said or len(words) > GROWTH * max(40, len(claim.text)):
        return False
    return len(said & known) >= FEWEST_KNOWN * len(said)


def withdrawn(written: Written, check: Checked, claim: Claim, finding: Finding) -> Checked:
    """A statement of absence that the search refutes, with the sentence that has most of what the finding says."""
    told = stems(f"{finding.why} {finding.corrected}")
    best = max(claim.evidence, key=lambda e: len(told & stems(e.sentence.text)))
    number = written.numbering.number(best)
    text = f"{check.text} (withdrawn: see what {inert(best.paper.title)} says [{number}])"
    why = finding.why or "the papers do say something about it"
    return Checked(text, ABSENT, why, (number,), "withdrawn", CONTRADICTED, claim.text)
