"""Source sentences as a writer is shown them: numbered through, each paper's under its title, within a token budget."""

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.paper import Paper
from rag.types import MARK, Evidence

TOKEN = 3.6  # characters of English prose a token, a little low to be safe
MOST_AUTHORS = 8


@dataclass(frozen=True, slots=True)
class Shown:
    """A paper as it is to be shown: its sentences, the most useful first; `detailed` with authors and link."""

    paper: Paper
    evidence: tuple[Evidence, ...]
    detailed: bool = False


@dataclass(frozen=True, slots=True)
class Sources:
    """Source sentences by number: `evidence[n - 1]` is number n; `text` is what a model reads."""

    evidence: tuple[Evidence, ...]
    text: str

    @property
    def papers(self) -> tuple[Paper, ...]:
        """The papers shown, in order."""
        return tuple({one.paper.id: one.paper for one in self.evidence}.values())

    def as_trace(self) -> list[dict[str, object]]:
        """The papers shown, each with its numbered sentences."""
        numbered = list(enumerate(self.evidence, start=1))
        return [
            {"title": paper.title, "sentences": {n: e.sentence.text for n, e in numbered if e.paper.id == paper.id}}
            for paper in self.papers
        ]

    def get(self, number: int) -> Evidence | None:
        """The sentence with a number; None where there is none."""
        return self.evidence[number - 1] if 0 < number <= len(self.evidence) else None


def number(papers: Sequence[Shown], budget: int) -> Sources:
    """The papers as numbered sources in at most `budget` tokens: each paper's best sentence first, then of all papers
    the second, and so on; within a paper they stand in reading order."""
    left = budget - sum(tokens(heading(one)) for one in papers)
    chosen: list[list[Evidence]] = [[] for _ in papers]
    for depth in range(max((len(one.evidence) for one in papers), default=0)):
        for place, one in enumerate(papers):
            if depth < len(one.evidence) and (cost := tokens(plain(one.evidence[depth].sentence.text)) + 3) <= left:
                left -= cost
                chosen[place].append(one.evidence[depth])
    evidence: list[Evidence] = []
    lines: list[str] = []
    for one, kept in zip(papers, chosen, strict=True):
        if kept:
            lines.append(heading(one))
            for sentence in sorted(kept, key=lambda found: found.sentence.start):
                evidence.append(sentence)
                lines.append(f"[{len(evidence)}] {plain(sentence.sentence.text)}")
            lines.append("")
    return Sources(tuple(evidence), "\n".join(lines).strip())


def heading(one: Shown) -> str:
    """'Paper: KIVI: … (Zirui Liu, Jiayi Yuan; 2024-02-05; https://…)'."""
    paper = one.paper
    authors = list(paper.authors[:MOST_AUTHORS])
    if len(paper.authors) > MOST_AUTHORS:
        authors.append(f"{len(paper.authors) - MOST_AUTHORS} more")
    facts = [", ".join(authors), paper.date, paper.url] if one.detailed else [paper.date]
    told = "; ".join(filter(None, facts))
    return plain(f"Paper: {paper.title}{f' ({told})' if told else ''}")


def tokens(text: str) -> int:
    """About how many tokens a text has."""
    return int(len(text) / TOKEN) + 1


def plain(text: str) -> str:
    """A text on one line in which nothing looks like one of our marks."""
    return " ".join(MARK.sub(lambda found: f"({found[0][1:-1]})", text).split())
