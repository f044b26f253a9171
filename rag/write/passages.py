"""From papers found to quotes: one paper in full, several side by side, or a list."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from ingest.entry import Entry
from ingest.names import nickname, short_name
from rag.plan.context import opens_leaning
from rag.retrieve.learned import ROLES, roles_of
from rag.retrieve.sentences import sentence_rows
from rag.style import Length
from rag.types import Evidence, Ranked
from rag.write.draft import Cell, Draft, Group, Paragraph, Part, Row, Statement, Table

MOST_COMPARED = 6  # papers side by side
BEARS = -2.0  # log-odds that a sentence answers from which it is quoted beside the best
LEANS = 0.35  # taken off the chance of a role where a sentence leans on the one before it
TOLD = {"problem": "background", "approach": "approach", "result": "result"}  # of a paper as a whole, in order
CLOSEST = ("closest to the question", "next closest", "third closest")


@dataclass(frozen=True, slots=True)
class Amount:
    """How much is quoted: sentences of a paper that stands out, papers in a line each beside it, papers where none
    stands out, and sentences of each of those."""

    sentences: int
    beside: int
    papers: int
    each: int


AMOUNTS = {
    Length.SHORT: Amount(1, 0, 3, 1),
    Length.USUAL: Amount(4, 2, 5, 3),
    Length.LONG: Amount(6, 4, 8, 3),
}


def one_in_full(found: Ranked, others: Sequence[Ranked], amount: Amount) -> Draft:
    """The paper that stands out, and the next ones in a line each."""
    return several([found], amount.sentences, others[: amount.beside])


def several(found: Sequence[Ranked], each: int, beside: Sequence[Ranked] = ()) -> Draft:
    """Papers in paragraphs, the best first, and others `beside` them in a line each."""
    parts: list[Part] = [paragraph(one, each) for one in found if one.evidence]
    return Draft((*parts, listed(beside)) if beside else tuple(parts))


def paragraph(found: Ranked, most: int) -> Paragraph:
    """The sentences of a paper that bear on the question, in reading order, behind its name.

    A first sentence that leans on the one before it brings that along.
    """
    best = [e for place, e in enumerate(found.evidence[:most]) if place == 0 or e.score >= BEARS]
    best.sort(key=lambda e: e.sentence.start)
    if opens_leaning(best[0].sentence.text):
        before = [e for e in found.evidence if e.sentence.start < best[0].sentence.start]
        best = [*sorted(before, key=lambda e: e.sentence.start)[-1:], *best]
    return told(best)


def told(sentences: Sequence[Evidence]) -> Paragraph:
    """Sentences of one paper, the first behind the paper's name where it does not say it itself."""
    leads = [lead_of(sentences[0]), *[""] * (len(sentences) - 1)] if sentences else []
    return Paragraph(tuple(Statement(e, lead) for e, lead in zip(sentences, leads, strict=True)))


def lead_of(evidence: Evidence) -> str:
    """What names the paper in front of its first sentence; nothing where the sentence does so itself."""
    name = nickname(evidence.paper)
    says = bool(name) and name in evidence.sentence.text[: len(name) + 40]
    return "" if says else short_name(evidence.paper)


def as_a_whole(entry: Entry, most: int) -> Draft:
    """What a paper is about: its problem, approach and result in reading order, as many sentences as `most`."""
    roles = roles_told(entry)
    chosen = list(filter(None, (roles["approach"], roles["result"], roles["problem"])))
    rest = [Evidence(entry.paper, s, 0.0) for s in entry.sentences if not opens_leaning(s.text)]
    chosen += [e for e in rest if e.sentence.start not in {c.sentence.start for c in chosen}][: most - len(chosen)]
    return Draft((told(sorted(chosen[:most], key=lambda e: e.sentence.start)),))


def roles_told(entry: Entry) -> dict[str, Evidence | None]:
    """The sentence that tells a paper's problem, approach and result best, by their place where the entry has no
    vectors; each sentence once."""
    count = len(entry.sentences)
    rows = sentence_rows(entry)
    if rows is None:
        few = {"approach": 0} if count else {}
        places = dict(zip(TOLD, (0, count // 2, count - 1), strict=True)) if count >= len(TOLD) else few
    else:
        chances, whole = roles_of(rows), entry.rows[0].astype("float32")  # type: ignore[index]
        central = rows @ whole
        leaning = [LEANS * (place > 0 and opens_leaning(s.text)) for place, s in enumerate(entry.sentences)]
        places = dict[str, int]()
        for name, role in (("approach", "approach"), ("result", "result"), ("problem", "background")):
            worth = chances[:, ROLES.index(role)] * (1 + central) - leaning
            free = [place for place in range(count) if place not in places.values()]
            if free and (best := max(free, key=lambda place: float(worth[place]))) is not None and worth[best] > 0.3:
                places[name] = best
    return {
        name: Evidence(entry.paper, entry.sentences[places[name]], 0.0) if name in places else None for name in TOLD
    }


def told_by(found: Ranked, entry: Entry) -> Ranked:
    """A paper with the sentence that tells its approach, where nothing is asked of it."""
    roles = roles_told(entry)
    best = roles["approach"] or next(filter(None, roles.values()), None)
    return replace(found, evidence=(best,)) if best else found


def side_by_side(
    found: Sequence[Ranked], entry_of: Callable[[Ranked], Entry], aspects: Mapping[str, Sequence[Ranked]] | None = None
) -> Draft:
    """Papers in columns: what comes closest to the question in each, then problem, approach and result.

    `aspects` are the same papers with their sentences ranked for each aspect, which then head the rows.
    """
    papers = found[:MOST_COMPARED]
    roles = [roles_told(entry_of(one)) for one in papers]
    rows = [
        Row(aspect, tuple(Cell(next(iter(one.evidence), None)) for one in ranked))
        for aspect, ranked in (aspects or {}).items()
    ]
    if not aspects:
        told = [{e.sentence.start for e in column.values() if e} for column in roles]
        closest = [
            [e for place, e in enumerate(one.evidence) if place == 0 or e.sentence.start not in starts]
            for one, starts in zip(papers, told, strict=True)
        ]
        rows = [Row(name, tuple(Cell(next(iter(e[n:]), None)) for e in closest)) for n, name in enumerate(CLOSEST)]
    rows += [Row(name, tuple(Cell(column[name]) for column in roles)) for name in TOLD]
    names = tuple(short_name(one.paper) for one in papers)
    more = len(found) - len(papers)
    note = f"Showing the first {len(papers)} of {len(found)} papers." if more else ""
    rows = [row for row in rows if any(cell.evidence for cell in row.cells)]
    return Draft((Table(tuple(one.paper for one in papers), names, tuple(rows)),), note)


def listed(papers: Sequence[Ranked], heading: str = "") -> Group:
    """Papers as a list, a line each."""
    told = [Statement(one.evidence[0], short_name(one.paper)) for one in papers if one.evidence]
    return Group(tuple(told), heading)


def in_groups(strong: Sequence[Ranked], possible: Sequence[Ranked], counts: tuple[int, int]) -> Draft:
    """All papers that fit as two lists, a line each; `counts` are how many there are of both, listed or not."""
    named = (("Strong", strong, counts[0]), ("Possible", possible, counts[1]))
    groups = [listed(papers, f"{name} ({n:,})") for name, papers, n in named if papers]
    more = sum(counts) - len(strong) - len(possible)
    return Draft(tuple(groups), f"{more:,} more match; narrow the question to see them." if more else "")
