"""Answers 'which papers …', 'list …', 'how many …': a list of the papers that fit, each with the sentence that says so.

Knows no index: what was judged is given.
"""

from collections.abc import Sequence

from rag.draft import Draft, Group, Statement
from rag.judge import ANY, Judged, fitting
from rag.names import short_name
from rag.strands import find_strands
from rag.topic import find_topic

MOST_LISTED = 200  # papers of one answer
OTHERS = "Others"  # heads the papers of no strand
ONE_LIST = 6  # papers that are read at a glance, without headings


def survey(question: str, judged: Sequence[Judged], looked_at: int, *, at_best: float = ANY) -> Draft:
    """The list of papers that fit, in strands where there are many, its count in the note; no parts where none fits."""
    fit = fitting(judged, at_best=at_best)
    listed = fit[:MOST_LISTED]
    return Draft(tuple(group_papers(question, listed)), count_papers(looked_at, len(fit), len(listed)))


def group_papers(question: str, papers: Sequence[Judged]) -> list[Group]:
    """The papers as lists, an item a paper, headed where there are more than can be read at a glance."""
    if not papers:
        return []
    if len(papers) <= ONE_LIST:
        return [Group(tuple(map(state, papers)))]
    strands = find_strands(papers, find_topic(question).wanted)
    rest = OTHERS if len(strands) > 1 else ""
    return [Group(tuple(map(state, strand.papers)), strand.heading or rest) for strand in strands]


def state(judged: Judged) -> Statement:
    return Statement(judged.evidence, short_name(judged.paper))


def count_papers(looked_at: int, fit: int, listed: int) -> str:
    """'90 papers looked at, 7 fit.'"""
    looked = "1 paper" if looked_at == 1 else f"{looked_at:,} papers"
    many = "none fits" if not fit else "1 fits" if fit == 1 else f"{fit:,} fit"
    if fit == looked_at > 1:
        many = "all fit"
    return f"{looked} looked at, {many}." + (f" Quoted here: {listed:,} of them." if listed < fit else "")
