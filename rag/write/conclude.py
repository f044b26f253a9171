"""From what a writer wrote to the Answer: its outcome, its citations with their verdicts, its table."""

from dataclasses import replace

from ingest.names import short_name
from rag.gather.evidence import Found
from rag.plan.plan import Plan
from rag.types import ABSENT, VERDICTS, Answer, Citation, Outcome
from rag.write.table import read_table
from rag.write.with_model import Written


def conclude(message: str, plan: Plan, found: Found, written: Written, *, considered: int) -> Answer:
    """The answer to a message; what it took is left to be added. `considered` papers are reported as found."""
    outcome = outcome_of(written)
    ranked = {one.paper.id: one for one in found.ranked}
    cited = {c.number: (ranked[c.paper_id], c) for c in written.numbering.citations if c.paper_id in ranked}
    names = [short_name(ranked[paper].paper) for paper in found.meant if paper in ranked]
    return Answer(
        message,
        written.text,
        judge_citations(written),
        outcome is not Outcome.ANSWERED,
        plan.question or message,
        found.ranked[: max(considered, len(found.meant))],
        0.0,
        outcome=outcome.value,
        kind="talk" if plan.is_talk else "survey" if plan.every else "fact",
        understood=", ".join(names) or plan.criterion,
        table=read_table(written.text, cited),
        checks=tuple(written.checks),
        suggestions=tuple(written.suggestions),
        plan=plan.model_copy(update={"papers": found.meant}),
    )


def outcome_of(written: Written) -> Outcome:
    """Whether the sources hold what was asked, as the writer says; where it does not, whether it opens with what is
    absent."""
    first = next((check for check in written.checks if check.counts or check.verdict == ABSENT), None)
    opens_absent = first is not None and first.verdict == ABSENT
    if written.found in ("yes", "partly") or not (written.found or opens_absent):
        return Outcome.ANSWERED
    return Outcome.CLOSE if written.numbering.citations else Outcome.ABSENT


def judge_citations(written: Written) -> tuple[Citation, ...]:
    """The citations, each with the worst verdict of the statements that cite it."""
    verdicts: dict[int, str] = {}
    for check in filter(lambda check: check.counts, written.checks):
        for number in check.numbers:
            verdicts[number] = min(verdicts.get(number, "verbatim"), check.settled, key=VERDICTS.index)
    return tuple(replace(c, verdict=verdicts.get(c.number, "verbatim")) for c in written.numbering.citations)
