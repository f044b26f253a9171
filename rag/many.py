"""Answers that look at every paper: which fit, which do without something, which may serve a need, what all are about.

Judges papers one by one; what is not about many papers, others answer.
"""

from collections.abc import Sequence
from dataclasses import replace

from ingest.index import PaperIndex
from rag.answer import Ranked
from rag.collection import describe_collection
from rag.demand import content
from rag.draft import MOST_COMPARED, Draft, Group
from rag.grammar import WHICH_OF
from rag.judge import Judge, Judged, Judgement, about_each, fitting
from rag.likelihood import ANY, LISTED, presumed
from rag.negated import Negated, read_negated, says_without
from rag.options import options
from rag.retrieve import Scope
from rag.seek import RETRIEVED, Reply, Seeker
from rag.sufficiency import NEAREST, Outcome, Verdict
from rag.survey import UNDATED, sifted, state, survey
from rag.understood import Understood

FAINT = 0.2  # chance that any paper is about a topic from which the nearest are quoted, as near and no more
STANDS_OUT = 0.6  # share of the best chance that another paper needs where some are to choose from


class Many:
    """Looks at all the papers of one index. Safe to share between threads."""

    def __init__(self, index: PaperIndex, seeker: Seeker) -> None:
        self._index, self._seeker = index, seeker
        self._judge = Judge(index)

    def judge(self, question: str, scope: Scope | None) -> Judgement:
        """Every paper of the scope, the likeliest first."""
        return self._judge.judge(question, scope=scope)

    def survey(self, asked: Understood, scope: Scope | None) -> Reply:
        """Every paper that fits, or a refusal with the nearest where none does."""
        bounds = asked.bounds
        scope = Scope(asked.papers) if asked.papers and not bounds else scope
        question = asked.topic or (asked.ask if asked.papers else asked.standalone)
        found = self._judge.judge(question, scope=scope)
        judged: Sequence[Judged] = found
        if asked.both:
            judged = about_each([self._judge.judge(topic, scope=scope) for topic in asked.both])
        looked_at = found.total
        if asked.told:
            judged = [one for one in judged if one.paper.id not in asked.told]
            looked_at -= len(asked.told)
        if asked.listed:
            return _kept(asked, question, judged)
        if asked.papers and len(asked.papers) <= MOST_COMPARED and WHICH_OF.search(asked.standalone):
            judged = [replace(one, probability=presumed(one.probability)) for one in judged]
        if asked.papers and judged and not bounds:  # 'which of them': those that stand out among them
            judged = [one for one in judged if one.probability >= STANDS_OUT * judged[0].probability]
        if (negated := read_negated(question)) and not bounds:
            return self._without(negated, found, ranked=tuple(one.ranked() for one in judged[:RETRIEVED]), scope=scope)
        draft = survey(question, judged if asked.papers or found.any >= ANY else (), looked_at, bounds=bounds)
        if len(found) < found.total:
            draft = replace(draft, note=f"{draft.note} {sifted(len(found))}")
        ranked = tuple(one.ranked() for one in judged[:RETRIEVED])
        if draft.parts:
            return Reply(draft, ranked)
        _, where = self._seeker.looked_at(asked, scope)
        if judged and found.any >= FAINT and not bounds:
            near = Draft((Group(tuple(map(state, judged[:NEAREST]))),), draft.note)
            return Reply(near, ranked, f"No paper {where} clearly fits that; these come nearest.", Outcome.CLOSE)
        return self._seeker.refuse(Verdict(Outcome.ABSENT, 0.0), ranked, looked_at, where)

    def _without(self, negated: Negated, found: Judgement, *, ranked: tuple[Ranked, ...], scope: Scope | None) -> Reply:
        """The papers on the topic that say they do without a thing; not those that are silent on it."""
        about = fitting(self._judge.judge(negated.topic, scope=scope)) if content(negated.topic) else found
        said = [(one, evidence) for one in about if (evidence := says_without(one.paper, negated.thing))]
        draft = survey(
            negated.topic, [replace(one, evidence=evidence, probability=1.0) for one, evidence in said], found.total
        )
        silent = f"Papers that are silent on “{negated.thing}” are not listed: they may do without it or not."
        if draft.parts:
            return Reply(replace(draft, note=f"{draft.note} {silent}"), ranked)
        words = f"No abstract here says that it does without “{negated.thing}”. {silent}"
        return Reply(Draft(()), ranked, words, Outcome.CLOSE)

    def options(self, asked: Understood, scope: Scope | None) -> Reply:
        """The few papers that may serve a need, or a refusal."""
        if asked.listed:
            return self.survey(asked, scope)
        ranked = self._seeker.near(asked, scope)
        judged = self._judge.judge(asked.topic or asked.standalone, scope=scope)
        draft = options(ranked, judged)
        if not draft.parts:
            return self._seeker.refuse(Verdict(Outcome.ABSENT, 0.0), ranked, *self._seeker.looked_at(asked, scope))
        return Reply(draft, ranked)

    def collection(self, asked: Understood, scope: Scope | None) -> Reply:
        """What is said of all papers at once: their number, the newest, what they are about."""
        judged = self._judge.judge("all papers", scope=scope)
        draft = describe_collection(asked.topic or asked.standalone, judged)
        note = draft.note.replace(" here", f" {asked.bounds.words}", 1) if asked.bounds else draft.note
        if not draft.parts:
            return Reply(Draft(()), self._seeker.near(asked, scope), note)
        return Reply(replace(draft, note=note), self._seeker.near(asked, scope))


def _kept(asked: Understood, question: str, judged: Sequence[Judged]) -> Reply:
    """The papers of a list as later turns left it, each by its best sentence."""
    papers = set(asked.papers)
    kept = [replace(one, probability=max(one.probability, LISTED)) for one in judged if one.paper.id in papers]
    draft = survey(question, kept, len(kept), bounds=asked.bounds)
    note = f"{len(kept)} papers of the list before." if len(kept) != 1 else "1 paper of the list before."
    undated = UNDATED if asked.bounds.order and not any(one.paper.date for one in kept) else ""
    return Reply(replace(draft, note=note + undated), tuple(one.ranked() for one in judged[:RETRIEVED]))
