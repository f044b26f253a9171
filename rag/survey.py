"""Answers 'which papers …', 'list …', 'how many …': a list of the papers that fit, each with the sentence that says so.

Knows no index: what was judged is given.
"""

from collections.abc import Sequence
from dataclasses import replace

from ingest.names import short_name
from rag.asked_papers import NOTHING, Bounds
from rag.draft import Draft, Group, Statement
from rag.judge import Judged, fitting
from rag.strands import find_strands
from rag.topic import find_topic

MOST_LISTED = 200  # papers of one answer
UNDATED = " None of them carries a date."
OTHERS = "Others"  # heads the papers of no strand
FOUND = 0.98  # of the papers that fit among 80,301, by judging all: tests/bench/bench_survey.py
ONE_LIST = 6  # papers that are read at a glance, without headings


def survey(question: str, judged: Sequence[Judged], looked_at: int, *, bounds: Bounds = NOTHING) -> Draft:
    """The list of papers that fit, in strands where there are many, its count in the note; no parts where none fits.

    `bounds` are those of the papers looked at; where they ask for the newest or oldest, the list goes by date.
    """
    fit = fitting(judged)
    listed = fit[:MOST_LISTED]
    note = count_papers(looked_at, len(fit), len(listed), bounds=bounds)
    if not bounds.order or not fit:
        return Draft(tuple(group_papers(question, listed)), note)
    if not any(one.paper.date for one in fit):
        note += UNDATED
    elif bounds.most and bounds.most < len(fit):
        note += f" Quoted here: the {bounds.order}."
    return Draft((by_date(fit, bounds),), note)


def sifted(judged: int) -> str:
    """What a reader should know of a list out of more papers than are judged one by one."""
    return (
        f"Judged one by one: the {judged:,} with the most of these words or nearest in meaning, among which "
        f"{FOUND:.0%} of those that fit were found when it was measured."
    )


def by_date(papers: Sequence[Judged], bounds: Bounds) -> Group:
    """The papers as one list, dated, in the order asked for, those without a date last."""
    dated = sorted((one for one in papers if one.paper.date), key=lambda one: one.paper.date)
    ordered = (dated if bounds.order == "oldest" else dated[::-1]) + [one for one in papers if not one.paper.date]
    shown = ordered[: bounds.most or MOST_LISTED]
    leads = [f"{short_name(one.paper)} ({one.paper.date or 'no date'})" for one in shown]
    return Group(tuple(replace(state(one), lead=lead) for one, lead in zip(shown, leads, strict=True)))


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


def count_papers(looked_at: int, fit: int, listed: int, *, bounds: Bounds = NOTHING) -> str:
    """'90 papers looked at, 7 fit.', '11 papers of August 2026 looked at, 3 fit.'"""
    looked = "1 paper" if looked_at == 1 else f"{looked_at:,} papers"
    looked = f"{looked} {bounds.words}".rstrip()
    if bounds.relative:
        looked = f"Counted back from the newest paper here: {looked}"
    many = "none fits" if not fit else "1 fits" if fit == 1 else f"{fit:,} fit"
    if fit == looked_at > 1:
        many = "all fit"
    said = f"{looked}." if bounds and bounds.empty else f"{looked} looked at, {many}."
    return said + (f" Quoted here: {listed:,} of them." if listed < fit else "")
