"""What an answer is made of: Evidence, Ranked, Citation, Answer. The same values reach CLI, page, export and API."""

import re
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ingest.paper import Paper, Sentence
from rag.llm.pieces import Usage
from rag.plan.plan import Plan
from rag.trace import Trace

MOST_CHARACTERS = 4_000  # of a question
MARK = re.compile(r"\[\d+(?:\s*[,–-]\s*\d+)*\]")
SPACED_MARK = re.compile(rf"\s*{MARK.pattern}")
STOP_THEN_MARK = re.compile(rf"([.!?])\s*((?:{MARK.pattern}\s*)+)")

if TYPE_CHECKING:
    from rag.write.draft import Cell, Table


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence of a paper found for a question; `score` is comparable within one question only.

    `cosine` is that of the sentence to the question, 0 where there is no embedding model.
    """

    paper: Paper
    sentence: Sentence
    score: float
    cosine: float = 0.0


@dataclass(frozen=True, slots=True)
class Ranked:
    """A paper found for a question, best first in a list, with its sentences, best first.

    `coverage` is the share of the question's words, weighed by rarity, that the paper literally holds (0 to 1);
    `number` is its row in the record, 0 where that is not known.
    """

    paper: Paper
    score: float
    evidence: tuple[Evidence, ...]
    coverage: float = 1.0
    number: int = 0

    def as_dict(self) -> dict[str, Any]:
        """The object that `search --json` gives; `sentence` is the paper's best one for the question."""
        best = self.evidence[0].sentence if self.evidence else Sentence("", 0, 0)
        return {
            "paper_id": self.paper.id,
            "title": self.paper.title,
            "date": self.paper.date,
            "url": self.paper.url,
            "score": round(self.score, 4),
            "sentence": best.text,
            "start": best.start,
            "end": best.end,
        }


@dataclass(frozen=True, slots=True)
class Checked:
    """One sentence or cell of an answer as it is shown, and how it stands to what it cites.

    `verdict` is that of the exact check: 'verbatim', 'exact' (its figures and names stand in what it cites), 'weak' or
    'unsupported'; 'absent' where it says what the sources do not say, 'unsourced' where it states nothing that needs a
    source. `meaning` is that of a language model, one of `MEANINGS`; empty where it was not checked. `reason` says in
    plain words why it is not supported. `mended`: '' as the writer wrote it, 'citation corrected', 'citation added',
    'corrected' or 'withdrawn'; then `was` is what was written.
    """

    text: str
    verdict: str
    reason: str = ""
    numbers: tuple[int, ...] = ()
    mended: str = ""
    meaning: str = ""
    was: str = ""

    @property
    def settled(self) -> str:
        """Both checks in one word, one of `VERDICTS`."""
        kept = self.verdict in (UNSUPPORTED, ABSENT, UNSOURCED) or not self.meaning
        return self.verdict if kept or (self.verdict, self.meaning) == (VERBATIM, SUPPORTED) else self.meaning

    @property
    def verified(self) -> bool:
        """Whether what it cites bears it out, as far as that was checked."""
        return self.settled in VERIFIED

    @property
    def counts(self) -> bool:
        """Whether it states something that a source has to bear out."""
        return self.verdict not in (ABSENT, UNSOURCED)


SEARCH_KINDS = ("few", "paper", "every", "about", "write")  # of answers: see `rag.plan.without_model.Kind`
VERBATIM, EXACT, WEAK, UNSUPPORTED = "verbatim", "exact", "weak", "unsupported"  # verdicts of the exact check
ABSENT, UNSOURCED = "absent", "unsourced"
SUPPORTED, PARTLY, CONTRADICTED, NOT_ADDRESSED = "supported", "partly", "contradicted", "not addressed"
MEANINGS = (SUPPORTED, PARTLY, CONTRADICTED, NOT_ADDRESSED)
VERDICTS = (CONTRADICTED, UNSUPPORTED, NOT_ADDRESSED, PARTLY, WEAK, EXACT, SUPPORTED, VERBATIM)  # the worst first
VERIFIED = (EXACT, SUPPORTED, VERBATIM)
CHECKING, CHECKED, FAILED = "checking", "checked", "failed"  # how far the check of meaning has come


class Outcome(StrEnum):
    """What could be said to a question."""

    ANSWERED = "answered"
    CLOSE = "close"  # the papers come near, and may not say it
    ABSENT = "absent"  # there is nothing to quote


@dataclass(frozen=True, slots=True)
class Citation:
    """Mark `[number]` of an answer: `quote == abstract[start:end]` of the paper, word for word.

    `verdict` is that of the sentence which cites it, the worst of several.
    """

    number: int
    paper_id: str
    title: str
    quote: str
    start: int
    end: int
    verdict: str = "verbatim"


@dataclass(frozen=True, slots=True)
class Answer:
    """One checked answer: `text` with `[n]` marks, each resolving to the citation with that number.

    `standalone` is the question as it was understood and written out, `understood` the papers and limits in a line
    ('KIVI, ZipCache · from 2024'), `retrieved` the papers found, best first. `outcome` is one of `Outcome`; all but
    'answered' are refusals. `note` is beside the text, not part of it. `checks` has an entry a sentence, in order;
    `usage` is what a language model took for it, None where none wrote; `plan` is what it looked up, its papers by id;
    `context` are the papers spoken of before that a search leant on, by id. `suggestions` are questions to go on with
    that its sources answer. `meaning` is how far the check of meaning has come: 'checking', 'checked' or 'failed';
    empty where there is none. `trace` tells how it came about.
    """

    question: str
    text: str
    citations: tuple[Citation, ...]
    refused: bool
    standalone: str
    retrieved: tuple[Ranked, ...]
    seconds: float
    outcome: str = "answered"
    kind: str = "fact"
    understood: str = ""
    note: str = ""
    table: "Table | None" = None
    checks: tuple[Checked, ...] = ()
    usage: Usage | None = None
    suggestions: tuple[str, ...] = ()
    plan: Plan | None = None
    context: tuple[str, ...] = ()
    meaning: str = ""
    trace: Trace | None = field(default=None, compare=False)

    @property
    def tally(self) -> str:
        """'Figures and names verified in 7 of 7 sentences' or 'Meaning checked: 7 of 7 sentences supported'; empty if
        no model wrote, since quotes need none, and if nothing was said that could be checked."""
        counted = [check for check in self.checks if check.counts]
        if not (counted and self.usage) or self.by_search:
            return ""
        good, of = sum(check.verified for check in counted), f"of {len(counted)} sentence{'s' * (len(counted) > 1)}"
        if self.meaning == CHECKED:
            borne = sum(check.settled in (SUPPORTED, VERBATIM) for check in counted)
            corrected = sum(check.mended == "corrected" for check in counted)
            left = sum(check.settled in (EXACT, WEAK) for check in counted) - corrected
            withdrawn = sum(check.mended == "withdrawn" for check in self.checks)
            told = (corrected, "corrected"), (left, "not checked"), (withdrawn, "withdrawn")
            return ", ".join([f"Meaning checked: {borne} {of} supported", *(f"{n} {what}" for n, what in told if n)])
        state = {CHECKING: "; checking meaning", FAILED: "; meaning not checked"}.get(self.meaning, "")
        return f"Figures and names verified in {good} {of}{state}"

    @property
    def by_search(self) -> bool:
        """Whether it was found by the search without a model: then it is made of quotes."""
        return self.kind in SEARCH_KINDS

    @property
    def papers(self) -> tuple[str, ...]:
        """The ids of the papers it spoke of, in order: those of a search's plan, else those it cites and its plan's."""
        meant = self.plan.papers if self.plan else ()
        if self.by_search and meant:
            return meant
        return tuple(dict.fromkeys([*(citation.paper_id for citation in self.citations), *meant]))

    def as_dict(self, *, explain: bool = False) -> dict[str, Any]:
        """The object that `ask --json`, `batch` and the API give; `explain` adds the trace."""
        told = {"trace": self.trace.as_dict() if self.trace else None} if explain else {}
        return told | {
            "answer": self.text,
            "refused": self.refused,
            "outcome": self.outcome,
            "kind": self.kind,
            "understood": self.understood,
            "note": self.note,
            "standalone": self.standalone,
            "retrieved": [ranked.paper.title for ranked in self.retrieved],
            "citations": [asdict(citation) for citation in self.citations],
            "table": self._table(),
            "checks": [asdict(check) for check in self.checks],
            "tally": self.tally,
            "usage": self.usage.as_dict() if self.usage else None,
            "suggestions": list(self.suggestions),
            "plan": self.plan.model_dump(mode="json") if self.plan else None,
            "context": list(self.context),
            "meaning": self.meaning,
            "seconds": round(self.seconds, 4),
        }

    def _table(self) -> dict[str, Any] | None:
        """The table, in each cell a quote and its number, and the words that a model wrote for it; None in a cell that
        says nothing."""
        if self.table is None:
            return None
        numbers = {(citation.paper_id, citation.start): citation.number for citation in self.citations}

        def told(cell: "Cell") -> dict[str, Any] | None:
            said = {"words": cell.words} if cell.words else {}
            if e := cell.evidence:
                return said | {"quote": e.sentence.text, "number": numbers[e.paper.id, e.sentence.start]}
            return said or None

        rows = [{"aspect": row.aspect, "cells": [told(cell) for cell in row.cells]} for row in self.table.rows]
        return {"names": list(self.table.names), "rows": rows}


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation; `role` is 'user' or 'assistant'. An answer of ours carries its record."""

    role: str
    content: str
    answer: Answer | None = None
