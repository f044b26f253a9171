"""From the evidence of a turn to the numbered source sentences a model is shown, within its budget of tokens.

Every sentence is one line without marks of its own. Knows no model and no prompt.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.answer import Evidence, Ranked
from rag.draft import Draft, Group, Paragraph, Table
from rag.measures import MARK

TOKEN = 3.6  # characters of English prose a token, a little low to be safe
WHOLE = 4  # papers shown with all their sentences
MOST_PAPERS = 10
SOME = 4  # sentences of each further paper
LINE_BREAKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Sheet:
    """Source sentences by number: `evidence[n - 1]` is number n; `text` is what a model reads."""

    evidence: tuple[Evidence, ...]
    text: str

    def get(self, number: int) -> Evidence | None:
        return self.evidence[number - 1] if 0 < number <= len(self.evidence) else None


def tokens(text: str) -> int:
    """About how many tokens a text has."""
    return int(len(text) / TOKEN) + 1


def said(draft: Draft) -> list[Evidence]:
    """The evidence a draft cites, in its order."""
    found: list[Evidence] = []
    for part in draft.parts:
        if isinstance(part, Paragraph):
            found += [statement.evidence for statement in part.statements]
        elif isinstance(part, Group):
            found += [item.evidence for item in part.items]
        elif isinstance(part, Table):
            found += [cell.evidence for row in part.rows for cell in row.cells if cell.evidence]
    return found


def make_sheet(draft: Draft, ranked: Sequence[Ranked], *, budget: int, most: int = MOST_PAPERS) -> Sheet:
    """The papers a draft cites and then the best of those found, in reading order, in at most `budget` tokens.

    They are `most` papers at most. What the draft cites is never left out for want of room.
    """
    cited = said(draft)
    by_paper = {found.paper.id: found for found in ranked}
    order = dict.fromkeys([*(evidence.paper.id for evidence in cited), *by_paper])
    chosen: list[list[Evidence]] = []
    left = budget
    for place, paper_id in enumerate(list(order)[:most]):
        quoted = {evidence.sentence.start: evidence for evidence in cited if evidence.paper.id == paper_id}
        found = by_paper.get(paper_id)
        others = (found.evidence if found else ())[: None if place < WHOLE else SOME]
        for evidence in (*quoted.values(), *others):
            cost = tokens(line_of(evidence)) + 3
            if evidence.sentence.start not in quoted:
                if cost > left:
                    continue
                quoted[evidence.sentence.start] = evidence
            left -= cost
        if quoted:
            chosen.append([quoted[start] for start in sorted(quoted)])
    return number(chosen)


def number(papers: Sequence[Sequence[Evidence]]) -> Sheet:
    """Groups of sentences, one a paper, numbered through, each group under its paper's title."""
    evidence: list[Evidence] = []
    lines: list[str] = []
    for group in papers:
        lines.append(f"Paper: {plain(group[0].paper.title)}")
        for one in group:
            evidence.append(one)
            lines.append(f"[{len(evidence)}] {line_of(one)}")
        lines.append("")
    return Sheet(tuple(evidence), "\n".join(lines).strip())


def line_of(evidence: Evidence) -> str:
    return plain(evidence.sentence.text)


def plain(text: str) -> str:
    """A text on one line in which nothing looks like one of our marks."""
    return LINE_BREAKS.sub(" ", MARK.sub(lambda found: f"({found[0][1:-1]})", text)).strip()
