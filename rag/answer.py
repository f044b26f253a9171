"""What an answer is made of: Evidence, Ranked, Citation, Answer. The same values reach CLI, page, export and API."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ingest.paper import Paper, Sentence
from rag.chat.pieces import Usage

MOST_CHARACTERS = 4_000  # of a question

if TYPE_CHECKING:
    from rag.draft import Table


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

    `coverage` is the share of the question's words, weighed by rarity, that the paper literally holds (0 to 1).
    """

    paper: Paper
    score: float
    evidence: tuple[Evidence, ...]
    coverage: float = 1.0

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
    """One sentence of an answer as it is shown, and how it stands to what it cites.

    `verdict` is 'verbatim', 'supported', 'weak' or 'unsupported', `reason` says why in plain words where it is not
    verbatim. `mended`: '' as the model wrote it, 'cited anew', 'given its source', 'quoted instead' (of `instead_of`,
    the model's words) or 'struck'.
    """

    text: str
    verdict: str
    reason: str = ""
    numbers: tuple[int, ...] = ()
    mended: str = ""
    instead_of: str = ""

    @property
    def verified(self) -> bool:
        return self.verdict in VERIFIED


VERIFIED = ("verbatim", "supported")


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

    `standalone` is the question as it was understood and written out, `understood` the same in a line ('compare ·
    KIVI, ZipCache · memory'), `retrieved` the papers found, best first. `outcome` is 'answered', 'close' (the papers
    come near but do not say it) or 'absent'; the last two are refusals. `note` is beside the text, not part of it.
    `checks` has an entry a sentence, in order; `usage` is what a language model took for it, None where none wrote;
    `plain` is the answer to the same question without the model, on the same evidence. `suggestions` are questions to
    go on with, which the papers answer (`Engine.suggest`).
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
    plain: "Answer | None" = None
    suggestions: tuple[str, ...] = ()

    @property
    def tally(self) -> str:
        """'7 of 7 sentences verified'; empty where nothing was said that could be."""
        if not self.checks:
            return ""
        good, count = sum(check.verified for check in self.checks), len(self.checks)
        return f"{good} of {count} sentence{'s' if count > 1 else ''} verified"

    def as_dict(self) -> dict[str, Any]:
        """The object that `ask --json`, `batch` and the API give."""
        return {
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
            "plain": self.plain.as_dict() if self.plain else None,
            "suggestions": list(self.suggestions),
            "seconds": round(self.seconds, 4),
        }

    def _table(self) -> dict[str, Any] | None:
        """The table with a quote and its number in each cell; None in a cell where an abstract does not say."""
        if self.table is None:
            return None
        numbers = {(citation.paper_id, citation.start): citation.number for citation in self.citations}
        rows: list[dict[str, Any]] = []
        for row in self.table.rows:
            said = [cell.evidence for cell in row.cells]
            cells = [
                {"quote": e.sentence.text, "number": numbers[e.paper.id, e.sentence.start]} if e else None for e in said
            ]
            rows.append({"aspect": row.aspect, "cells": cells})
        return {"names": list(self.table.names), "rows": rows}


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation; `role` is 'user' or 'assistant'."""

    role: str
    content: str
