"""From a turn as its wording was understood to what its record words make of it: a scope, or a question of the record.

Fits the words on dates, authors and links to kind, papers and topic. Reads no abstract and writes no answer.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from ingest.authors import fold
from ingest.names import COINED_WORD
from rag.asked_papers import NOTHING, ONLY_SCOPE, Bounds, read_bounds, replaced
from rag.bylines import WRITES, Bylines
from rag.dialogue import Dialogue
from rag.grammar import MANY_WORKS, STRONG_COMPARISON, WORKS, YES_NO, Kind
from rag.pointers import ELLIPSIS
from rag.record_wishes import MADE, Wish, beside, mend, picks, read_wishes
from rag.understood import Understood

LONGEST = 600  # characters of a question that asks of the record; what is longer describes a topic
MOST_ASKED = 12  # papers of an author whose records are told one by one
MOST_BACK = 3  # exchanges read back to the list that a turn narrows
MOST_WORDS = 4  # of a name that no paper has
SHORT_TURN = 8  # words of 'and what about KIVI?'
WITHIN = re.compile(r"^\W*(?:(?:and|so|but)\s+)?which of\b", re.IGNORECASE)
BACK = re.compile(
    r"^\W*(?:which of (?:them|these|those)|and|or|but|what about|how about|what of|only|just|same|those|the ones?"
    r"|ones?|keep|in|from|by|since|before|after|until|between|published|written)\b",
    re.IGNORECASE,
)
ON_PAPER = re.compile(
    rf"\bthe {WORKS}\s+(?P<what>(?:on|about|that|which|introducing|proposing|for|with|where|of)\s+[^?]+)", re.IGNORECASE
)
THE_ONE = re.compile(rf"\b(?:the|that) (?P<what>(?:[\w-]+ ){{1,5}}?)(?:ones?|{WORKS})\W*$", re.IGNORECASE)
IT = re.compile(rf"\b(?:it|this|that|this {WORKS}|that {WORKS})\W*$", re.IGNORECASE)
ABOUT = re.compile(r"\b(?:about|topics?|themes?|overview|summar\w*)\b", re.IGNORECASE)
WHETHER_WROTE = re.compile(rf"\b(?:{WRITES}|author)", re.IGNORECASE)
SEVERAL = re.compile(rf"\b{MANY_WORKS}\b", re.IGNORECASE)

Find = Callable[[str], Sequence[str]]


def read_words(
    question: str, bylines: Bylines, is_known: Callable[[str], bool]
) -> tuple[str, tuple[Wish, ...], Bounds]:
    """A question with its record words spelled right, what it asks of the record, and its bounds."""
    if len(question) > LONGEST:
        return question, (), NOTHING
    mended = mend(question, lambda word: is_known(word) or bylines.is_part(fold(word)))
    wishes, bounds = read_wishes(mended), read_bounds(mended, bylines)
    return (mended, wishes, bounds) if wishes or bounds or bounds.order else (question, (), NOTHING)


def one_of_author(question: str, bounds: Bounds) -> str:
    """The paper that an author's name stands for in 'what does Fan et al. propose?'; empty where it asks for papers."""
    whether = YES_NO.match(question) and WHETHER_WROTE.search(question)
    if len(bounds.ids) != 1 or bounds.empty or bounds.dates or bounds.order or whether:
        return ""
    return "" if SEVERAL.search(bounds.rest) else bounds.ids[0]


def follow(bounds: Bounds, question: str, dialogue: Dialogue, back: Callable[[int], Understood]) -> Understood | None:
    """The list before with other bounds, where a turn names nothing else ('and in 2025?'); None for other turns.

    `back` understands the last question (0) or one before it.
    """
    if not (dialogue.last and bounds and BACK.match(question) and ONLY_SCOPE.match(bounds.rest)):
        return None
    earlier = range(min(len(dialogue.exchanges), MOST_BACK))
    before = next((asked for k in earlier if (asked := back(k)).kind not in (Kind.RECORD, Kind.EDIT)), back(0))
    if before.kind not in (Kind.SURVEY, Kind.COLLECTION):
        return None
    topic = before.topic or before.standalone
    bounds = replace(replaced(before.bounds, bounds, within=bool(WITHIN.match(question))), rest=topic)
    standalone = written(topic, bounds)
    return replace(before, kind=Kind.SURVEY, bounds=bounds, topic=topic, standalone=standalone, follows=True)


def bounded(asked: Understood, question: str, bounds: Bounds) -> Understood:
    """A turn limited to what its words on time and authors allow."""
    if not (bounds or bounds.order) or asked.kind in (Kind.EDIT, Kind.TALK):
        return asked
    pointed = bounds.empty and asked.follows  # 'which of them are from 2025?'
    if asked.kind is Kind.COMPARISON and len(asked.papers) > 1 and not pointed:
        return asked
    rewritten = asked.standalone != bounds.rest and not pointed
    if bounds.authors and not asked.papers and not bounds.dates and not bounds.order:
        several = len(bounds.ids) > 1 and STRONG_COMPARISON.search(bounds.rest)
        if asked.kind is Kind.SUMMARY or several:  # 'compare the papers by Ming Yan'
            kind = Kind.COMPARISON if several else Kind.SUMMARY
            return replace(asked, kind=kind, papers=bounds.ids[:MOST_ASKED], bounds=bounds, standalone=question)
    topic, trouble = ("papers", "") if bounds.empty else (asked.standalone, asked.trouble)
    asked = replace(asked, bounds=bounds, topic=topic, trouble=trouble)
    dated = asked.kind is Kind.FACT and bounds.dates and not asked.papers
    if bounds.empty or bounds.order or dated or SEVERAL.search(bounds.rest):
        about = asked.kind in (Kind.COLLECTION, Kind.SUMMARY) and ABOUT.search(bounds.rest)
        papers = asked.papers if asked.follows else ()
        asked = replace(asked, kind=asked.kind if about else Kind.SURVEY, papers=papers)
    return replace(asked, standalone=written(asked.standalone, bounds) if rewritten else question)


def written(topic: str, bounds: Bounds) -> str:
    """'Which papers prune, papers of 2024 by Ming Yan?'"""
    return f"{topic.rstrip(' ?.!')}, papers {bounds.words}?" if bounds else topic


def of_record(
    asked: Understood, question: str, wishes: Sequence[Wish], dialogue: Dialogue, find: tuple[Find, Find]
) -> Understood | None:
    """The question of a paper's record that a turn is, with the papers meant; None where it is none or means none.

    `find` are two ways from words to papers: by their names, and by a description.
    """
    named, described = find
    bounds = asked.bounds
    own = tuple(named(bounds.rest or question))
    if not wishes and dialogue.last and own and ELLIPSIS.match(question) and len(question.split()) <= SHORT_TURN:
        wishes = read_wishes(dialogue.last.question)  # 'and SpectroMotion?' after 'who wrote KIVI?'
    if bounds.authors and own and YES_NO.match(question) and WHETHER_WROTE.search(question):
        return replace(asked, kind=Kind.RECORD, papers=own, wishes=(Wish.AUTHORS,), trouble="")
    if not wishes or asked.kind is Kind.EDIT or bounds.dates:
        return None
    recorded = replace(asked, kind=Kind.RECORD, wishes=tuple(wishes), trouble="")
    papers = own or asked.papers
    if picks(wishes):
        papers = papers if len(papers) > 1 or own else dialogue.choice
        return replace(recorded, papers=papers) if len(papers) > 1 else None
    if not own and not asked.follows and (on_paper := ON_PAPER.search(question) or THE_ONE.search(question)):
        papers = tuple(described(on_paper["what"]))
    if not papers and len(bounds.ids) <= MOST_ASKED:
        papers = bounds.ids
    words = beside(question)
    if not papers and (not words or IT.search(question)):
        papers = dialogue.focus
    if not papers and (trouble := _unnamed(words, question, bounds)):
        return replace(recorded, papers=(), trouble=trouble, follows=True)
    several = SEVERAL.search(bounds.rest or question) and not own and not asked.follows
    if not papers or several:
        return None
    return replace(recorded, papers=papers, bounds=NOTHING, topic="")


def _unnamed(words: Sequence[str], question: str, bounds: Bounds) -> str:
    """The trouble with a question on the record of a paper that is not here, or not named; else empty."""
    if bounds or SEVERAL.search(question) or re.search(rf"\b{MADE}\b", question, re.IGNORECASE):
        return ""
    if not words:
        return "There is nothing before this that it could refer to; name a paper."
    if len(words) <= MOST_WORDS and any(COINED_WORD.fullmatch(word) for word in words):
        return f"No paper here goes by “{' '.join(words)}”; name one that is here, or a method of one."
    return ""
