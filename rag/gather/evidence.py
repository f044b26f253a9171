"""From a plan to numbered source sentences: the papers meant whole, others by the sentences that fit the searches best.

No call of a model. Rankings of several searches are joined by reciprocal rank.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ingest.index import PaperIndex
from rag.gather.sources import Shown, Sources, number
from rag.plan.plan import Plan
from rag.plan.talk import Talk
from rag.retrieve.entities import Linker
from rag.retrieve.scope import Filters, Scope, inside, narrowed, words_of
from rag.retrieve.search import Retriever
from rag.types import Evidence, Ranked

RRF_K = 20  # of reciprocal rank fusion (Cormack et al. 2009 use 60 for rankings of thousands; these have tens)
MESSAGE_WEIGHT = 0.5  # of the message as typed, beside the question written out and the searches
OF_MESSAGE = 3  # papers found for the message as typed that are kept, whatever a plan searches for
DEPTH = 20  # papers ranked for each search
WIDE = 60  # papers ranked for each search where all that fit are wanted
CANDIDATES = 80  # papers that are judged for a criterion
LARGE, OF_LARGE = 1_000, 160  # papers of a library in which more may fit, and how many of it are judged
WHOLE = 4  # papers found that are shown with all their sentences, where none is meant
SOME, FEW = 3, 2  # sentences of each further paper; where papers are meant and nothing else is searched for
BESIDE, BESIDE_FEW = 4, 2  # papers shown beside those that are meant; where nothing else is searched for
MOST_LISTED = 30  # papers that a list is written from
NEAREST = 3  # papers looked at once more where something is said to be absent


@dataclass(frozen=True, slots=True)
class Found:
    """Papers found for a plan, best first, each with its sentences, best first.

    `meant` are the ids of those that the plan means, `unknown` the names no paper here has; `searches` is what was
    searched for, `missed` a plain line on a filter that was set aside and on how many candidates fit.
    """

    ranked: tuple[Ranked, ...]
    meant: tuple[str, ...]
    unknown: tuple[str, ...]
    searches: tuple[str, ...]
    missed: str = ""

    @property
    def facts(self) -> str:
        """What the search found out besides the sources, in plain sentences."""
        return " ".join([*(f"No paper here is called “{name}”." for name in self.unknown), self.missed]).strip()


class Gatherer:
    """Gathers evidence from one index. Safe to share between threads."""

    def __init__(self, index: PaperIndex, retriever: Retriever, linker: Linker) -> None:
        self._index, self._retriever, self._linker = index, retriever, linker

    def find(self, plan: Plan, message: str, talk: Talk, scope: Scope | None, *, considered: int) -> Found:
        """The papers for a plan; `considered` is how many of those found may be used."""
        linked = self._linker.link(plan.papers, talk)
        within, missed = self._within(plan, scope)
        kept = inside(self._index, linked.papers, scope)
        wide = WIDE if plan.every else DEPTH
        searches = tuple(dict.fromkeys(filter(None, (plan.question, plan.criterion, *plan.searches, *linked.unknown))))
        as_typed = self._retriever.search(message, k=wide, scope=within)
        rankings = [(self._retriever.search(text, k=wide, scope=within), 1.0) for text in searches if text != message]
        ranked = fuse([*rankings, (as_typed, 1.0 if message in searches else MESSAGE_WEIGHT)])
        if plan.every and not (plan.criterion or plan.searches):
            ranked = self._all_within(within, ranked)
        places = {one.paper.id: one for one in ranked}
        missing = self._retriever.look(plan.question or message, [one for one in kept if one not in places])
        places |= {one.paper.id: one for one in missing}
        meant = [places[paper] for paper in kept if paper in places]
        most = self._candidates() if plan.every else max(considered, len(meant) + BESIDE)
        others = [one for one in ranked if one.paper.id not in kept]
        typed = [one.paper.id for one in as_typed[:OF_MESSAGE]]
        as_asked = [one for one in others[most:] if one.paper.id in typed]
        others = [*others[: most - len(as_asked)], *as_asked]
        return Found((*meant, *others)[:most], tuple(kept), linked.unknown, searches, missed)

    def further(self, found: Found, plan: Plan, scope: Scope | None, *, considered: int) -> Found:
        """What the searches of a further plan find, in place of what was found besides the papers meant."""
        within, _ = self._within(plan, scope)
        fresh = fuse([(self._retriever.search(text, k=DEPTH, scope=within), 1.0) for text in plan.searches])
        meant = [one for one in found.ranked if one.paper.id in found.meant]
        known = {one.paper.id for one in meant}
        others = [one for one in fresh if one.paper.id not in known][:considered]
        return replace(found, ranked=(*meant, *others), searches=(*found.searches, *plan.searches))

    def nearest(self, texts: Sequence[str], plan: Plan, found: Found, scope: Scope | None) -> list[Evidence]:
        """The sentences that come nearest to what is said to be absent: the best of the best papers, of those that the
        plan means where it means some."""
        within, _ = self._within(plan, scope)
        scope = Scope(found.meant) if found.meant else within
        ranked = fuse([(self._retriever.search(text, k=NEAREST, scope=scope), 1.0) for text in texts])
        return [evidence for one in ranked[:NEAREST] for evidence in one.evidence[:FEW]]

    def _candidates(self) -> int:
        """How many papers are judged where all that fit are wanted."""
        return OF_LARGE if self._index.count() > LARGE else CANDIDATES

    def _within(self, plan: Plan, scope: Scope | None) -> tuple[Scope | None, str]:
        """The scope of the reader narrowed by the filters of a plan; these are set aside where they leave nothing."""
        filters = Filters(plan.since, plan.until, tuple(author for author in plan.authors if words_of(author)))
        found = narrowed(self._index, scope, filters) if filters else scope
        if filters and found is None:
            return scope, f"No papers match: {filters}; showing papers without that limit."
        return found, ""

    def _all_within(self, scope: Scope | None, ranked: Sequence[Ranked]) -> list[Ranked]:
        """The newest papers of a scope, where nothing but the scope tells which are wanted."""
        if not scope or scope == Scope():
            return list(ranked)
        record, most, dates = self._index.record, self._candidates(), {"since": scope.since, "until": scope.until}
        held = record.select(ids=scope.ids, **dates) if scope.ids else record.by_date(most, **dates)
        newest = sorted(record.texts(held), key=lambda text: text.date, reverse=True)[:most]
        return self._retriever.look("", [text.id for text in newest])


def fuse(rankings: Sequence[tuple[Sequence[Ranked], float]]) -> list[Ranked]:
    """Weighed rankings as one by reciprocal rank, of papers and of the sentences within each."""
    papers: dict[str, float] = defaultdict(float)
    sentences: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    seen: dict[str, Ranked] = {}
    for ranking, weight in rankings:
        for place, one in enumerate(ranking):
            papers[one.paper.id] += weight / (RRF_K + place)
            seen.setdefault(one.paper.id, one)
            for at, evidence in enumerate(one.evidence):
                sentences[one.paper.id][evidence.sentence.start] += weight / (1 + at)
    order = sorted(papers, key=lambda paper: -papers[paper])
    return [
        replace(
            seen[paper],
            score=papers[paper],
            evidence=tuple(sorted(seen[paper].evidence, key=lambda e: -sentences[paper][e.sentence.start])),
        )
        for paper in order
    ]


def sources_of(found: Found, plan: Plan, *, considered: int, budget: int) -> Sources:
    """The sentences that a writer is shown, within a budget of tokens: no more of them than the question needs."""
    if plan.every:
        listed = found.ranked[:MOST_LISTED]
        return number([Shown(one.paper, one.evidence, detailed=len(listed) <= considered) for one in listed], budget)
    meant = [one for one in found.ranked if one.paper.id in found.meant]
    others = [one for one in found.ranked if one.paper.id not in found.meant]
    shown = [Shown(one.paper, one.evidence, detailed=True) for one in meant]
    if meant:
        beside, some = (BESIDE, SOME) if plan.searches else (BESIDE_FEW, FEW)
        shown += [Shown(one.paper, one.evidence[:some]) for one in others[:beside]]
    else:
        shown += [
            Shown(one.paper, one.evidence[: None if place < WHOLE else SOME], detailed=place < WHOLE)
            for place, one in enumerate(others[:considered])
        ]
    return number(shown, budget)
