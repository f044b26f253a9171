"""What is said of the collection as a whole: how many papers, the newest ones, what they are about."""

import re
from collections.abc import Sequence

from ingest.names import short_name
from rag.draft import Draft, Group, Statement
from rag.judge import Judged, Judgement
from rag.summarise import summarise_topic

NEWEST = re.compile(r"\b(?:newest|latest|most recent|recent|new)\b", re.IGNORECASE)
OLDEST = re.compile(r"\boldest\b", re.IGNORECASE)
HOW_MANY = re.compile(r"\bhow many\b", re.IGNORECASE)
ALL = re.compile(r"\b(?:list|show|what papers|which papers)\b", re.IGNORECASE)
MOST_NEWEST = 5
MOST_LISTED = 50


def describe_collection(question: str, judged: Judgement) -> Draft:
    """The newest or oldest papers, all of them, or the strands they fall into; each by one cited sentence."""
    count = f"{judged.total:,} papers here." if judged.total != 1 else "One paper here."
    if HOW_MANY.search(question):
        dates = sorted(one.paper.date for one in judged if one.paper.date)
        spread = f"They are dated {dates[0]} to {dates[-1]}." if dates else "None carries a date."
        return Draft((), f"{count} {spread}")
    if NEWEST.search(question) or OLDEST.search(question):
        dated = sorted((one for one in judged if one.paper.date), key=lambda one: one.paper.date)
        if not dated:
            return Draft((_list(judged[:MOST_NEWEST]),), f"{count} None carries a date; these stand first.")
        chosen = dated[:MOST_NEWEST] if OLDEST.search(question) else dated[::-1][:MOST_NEWEST]
        return Draft((_list(chosen, dates=True),), count)
    if ALL.search(question):
        shown = judged[:MOST_LISTED]
        more = f" The first {len(shown)} are listed." if len(shown) < judged.total else ""
        return Draft((_list(shown),), count + more)
    draft = summarise_topic(question, judged)
    return Draft(draft.parts, count)


def _list(judged: Sequence[Judged], *, dates: bool = False) -> Group:
    names = [short_name(one.paper) + (f" ({one.paper.date})" if dates else "") for one in judged]
    return Group(tuple(Statement(one.evidence, name) for one, name in zip(judged, names, strict=True)))
