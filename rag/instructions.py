"""Whether a turn is an instruction on the last answer ('shorter', 'as a table', 'drop the cost row'), and which.

Forms of English alone: knows no papers and no conversation.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from rag.grammar import any_of


class Change(StrEnum):
    """What is to be done to the last answer."""

    SHORTER = "shorter"
    LONGER = "longer"
    TABLE = "as a table"
    LIST = "as a list"
    DROP = "drop"
    ADD = "add"
    ONLY = "only"
    NEWEST = "newest first"
    OLDEST = "oldest first"
    COUNT = "how many"
    SWAP = "the other way round"


@dataclass(frozen=True, slots=True)
class Edit:
    """An instruction on the last answer; `what` is named by DROP and ADD, `most` sentences are wished for, 0 where
    it does not say, of `each` paper or in all."""

    change: Change
    what: str = ""
    most: int = 0
    each: bool = False


POLITE = (
    r"(?:(?:please|pls|actually|ok(?:ay)?|now|and|so|then|just|can you|could you|would you|make (?:it|that|this)"
    r"|give (?:me )?(?:it|that)|a bit|much|even)[\s,]+)*"
)

SORTED = (
    r"(?:(?:show|list|put|sort(?:ed)?|order(?:ed)?|rank(?:ed)?|arranged?)\s+)?"
    r"(?:(?:it|that|them|these|those|this|the list|the papers|papers)\s+)?(?:with )?(?:the )?"
)
DATED = r"(?:the )?(?:publication )?(?:date|year|time|recency|age)"
THEM = (
    r"(?:(?:it|that|this|them|these|those|all|both|everything)(?: (?:papers|of them))?"
    r"|the (?:papers|answer|result|list))"
)
PLEASE = r"(?:\s+(?:please|pls))?\W*$"
EDITS: tuple[tuple[re.Pattern[str], Change], ...] = (
    (
        any_of(
            rf"^\W*{POLITE}(?:shorter|briefer|shorten(?: it| that)?|more concise(?:ly)?|in (?:short|brief)"
            rf"|tl;?dr|too long){PLEASE}"
        ),
        Change.SHORTER,
    ),
    (
        any_of(
            rf"^\W*{POLITE}(?:longer|more detail(?:s|ed)?|in more detail|elaborate|expand(?: on)?(?: it| that)?"
            rf"|tell me more|more){PLEASE}"
        ),
        Change.LONGER,
    ),
    (
        any_of(
            rf"^\W*{POLITE}{SORTED}(?:newest|latest|most recent)(?: ones?| papers?)? first{PLEASE}",
            rf"^\W*{POLITE}{SORTED}(?:by|on) {DATED}(?:,? (?:newest first|descending))?{PLEASE}",
            rf"^\W*{POLITE}{SORTED}(?:in )?reverse chronological(?:ly| order)?{PLEASE}",
        ),
        Change.NEWEST,
    ),
    (
        any_of(
            rf"^\W*{POLITE}{SORTED}(?:oldest|earliest)(?: ones?| papers?)? first{PLEASE}",
            rf"^\W*{POLITE}{SORTED}(?:by|on) {DATED},? (?:oldest first|ascending){PLEASE}",
            rf"^\W*{POLITE}{SORTED}(?:in )?chronological(?:ly| order)?{PLEASE}",
        ),
        Change.OLDEST,
    ),
    (
        any_of(
            rf"^\W*{POLITE}how many(?: of them)?(?: (?:are|were) (?:there|they|these|those|that))?"
            rf"(?: (?:in total|altogether|in all))?{PLEASE}",
            rf"^\W*{POLITE}how many (?:is (?:it|that)|did you find|fit|match){PLEASE}|^\W*{POLITE}count them{PLEASE}",
        ),
        Change.COUNT,
    ),
    (
        any_of(
            rf"^\W*{POLITE}(?:(?:as|in|into|make|back to|again as|return to"
            rf"|(?:put|show|give|lay out)(?: me)? {THEM} (?:in(?:to)?|as)) )?"
            rf"(?:(?:a|the) )?(?:markdown )?table{PLEASE}",
            rf"^\W*{POLITE}tabulate(?: it| that| them)?{PLEASE}",
        ),
        Change.TABLE,
    ),
    (
        any_of(
            rf"^\W*{POLITE}(?:(?:as|in|into|back to) )?(?:a |the )?(?:bullet(?:ed)? )?"
            rf"(?:list|bullets|bullet points){PLEASE}"
        ),
        Change.LIST,
    ),
)
# 'in two sentences', 'in 3 bullet points', of an answer or of one that is asked for.
COUNTS = {"a": 1, "one": 1, "single": 1, "two": 2, "couple of": 2, "three": 3, "few": 3, "four": 4, "five": 5, "six": 6}
AT_MOST = r"(?:only|just|at most|max(?:imum)?|no more than)"
COUNTED = (
    rf"(?:an?\s+|the\s+)?(?:{AT_MOST}\s+)?(?P<count>{'|'.join(COUNTS)}|[1-9])\s+(?:(?:short|single|simple|brief|key|main)\s+)?"
    r"(?:sentences?|lines?|(?P<bullets>bullet(?:ed)?(?: points?)?s?|points))\b"
    r"(?!\s+of\b)(?P<each>\s+(?:each|apiece|per (?:paper|method|one)|for (?:each|both|every one)))?"
)
SENTENCES = re.compile(rf"\b(?:in|with|into|to|as|{AT_MOST})\s+{COUNTED}", re.IGNORECASE)
IN_SENTENCES = re.compile(
    rf"^\W*{POLITE}(?:(?:say|put|sum|summ?ari[sz]e|explain|tell|describe|shorten|cut|keep|answer|rephrase|give|show)\s+)?"
    rf"(?:(?:it|that|this|them|both|me|up|down|all)\s+)*(?:(?:in|with|into|to|as|{AT_MOST})\s+)?{COUNTED}{PLEASE}",
    re.IGNORECASE,
)
# 'just the three most relevant', 'top 5 only'
BEST = r"(?:most (?:relevant|important|fitting)|best|top|closest|likeliest|main)"
THE_BEST = re.compile(
    rf"^\W*{POLITE}(?:(?:only|just|keep|show|list)(?: me)? )*(?:the )?(?:{BEST} (?P<then>{'|'.join(COUNTS)}|[1-9])"
    rf"|(?P<count>{'|'.join(COUNTS)}|[1-9]) {BEST})(?: (?:ones?|papers?|of (?:them|these|those)|only))*{PLEASE}",
    re.IGNORECASE,
)
SWAP = re.compile(
    rf"^\W*{POLITE}(?:swap|switch|flip|exchange|reverse)(?: (?:the|their|its|order of|around|two|both))* "
    rf"(?:columns?|papers?|sides?|order)(?: around)?{PLEASE}",
    re.IGNORECASE,
)
# An order of papers by anything but their dates.
SORT_BY = re.compile(
    rf"^\W*{POLITE}(?:sort|order|rank|arrange)\b(?: (?:it|them|that|this|these|those|all|the \w+))*"
    r" (?:by|on|from|according to)\b",
    re.IGNORECASE,
)
EXPORT = re.compile(
    rf"^\W*{POLITE}(?:(?:export|download|save|copy|give|get)\s+(?:\w+\s+){{0,3}})?(?:as|in|to|into)\s+(?:an?\s+)?"
    rf"(?:csv|latex|tex|markdown(?! table)|excel|word|pdf|bibtex|spread ?sheet)(?: (?:file|format|table))?{PLEASE}",
    re.IGNORECASE,
)
# 'table please, with memory as well': a table with one more row.
TABLE_WITH = re.compile(
    rf"^\W*{POLITE}(?:(?:as|in|into|make)\s+)?(?:(?:a|the)\s+)?table(?:\s+(?:please|pls))?[\s,]+"
    r"(?:with|including|plus|and also|also)\s+(?P<what>.+?)"
    r"(?:\s+(?:rows?|columns?|too|as well|also|please|in it))*\W*$",
    re.IGNORECASE,
)
DROP = re.compile(
    rf"^\W*{POLITE}(?:drop|remove|delete|leave out|take out|skip|hide|without|lose|forget(?: about)?|get rid of"
    rf"|exclude)\s+(?P<what>.+?)"
    r"(?:\s+(?:row|column|line|aspect|from (?:it|the table|the comparison)))*\W*$",
    re.IGNORECASE,
)
ADD = re.compile(
    rf"^\W*{POLITE}(?:add|include|put in|throw in|also (?:add|include)|bring in)\s+(?P<what>.+?)"
    r"(?:\s+(?:row|column|line|aspect|too|as well|to (?:it|the table|the comparison|that|them)))*\W*$",
    re.IGNORECASE,
)


ONLY = re.compile(
    rf"^\W*{POLITE}(?:only|just|keep(?: only| just)?|show only|nothing but)\s+(?P<what>.+?)"
    r"(?:\s+(?:rows?|columns?|aspects?|please))*\W*$",
    re.IGNORECASE,
)
# 'speed instead', 'and also limitations': a change where it is of the table before, else a turn like any other.
INSTEAD = re.compile(
    rf"^\W*{POLITE}(?:(?:no|but|rather|show|do|with|use|try|take)\W+)*(?P<what>[^,;.?!]{{2,60}}?)\s+instead\W*$"
    r"|^\W*instead,?\s+(?:show\s+|of that,?\s+)?(?P<then>[^,;.?!]{2,60}?)\W*$",
    re.IGNORECASE,
)
ALSO = re.compile(
    r"^\W*(?:(?:and|but|ok(?:ay)?)\W+)*(?:also|plus)\W+(?:the\s+)?(?P<what>[^,;.?!]{2,60}?)\W*$"
    r"|^\W*(?:and\W+)?(?:the\s+)?(?P<then>[^,;.?!]{2,60}?)\s+(?:too|as well|also)\W*$",
    re.IGNORECASE,
)
# What stands around a topic in 'only those for images', 'only the text-to-music ones'.
ONES = re.compile(
    r"^\s*(?:(?:the|those|these|papers|ones|methods|that|which|are|is|on|about|for|with|of|from|in)\b\s*)+"
    r"|\s*\b(?:ones|papers|methods|works)\s*$",
    re.IGNORECASE,
)
# 'the one about data pruning', of the papers of the last answer.
THE_ONE = re.compile(
    r"(?:one|paper|method|work) (?:on|about|for|with|that|which|using|from)\s+(?P<which>[^?.,;]{3,60})", re.IGNORECASE
)
OF_ROW = re.compile(r"\b(?:row|aspect)s?\b", re.IGNORECASE)
ROW = re.compile(r"\b(?:row|column|aspect|paper)s?\b", re.IGNORECASE)


def read_edit(question: str) -> Edit | None:
    """The instruction on the last answer that a turn is; None where it is a question."""
    if len(question.split()) > 12 or re.search(r"[.!?;]\s+\S", question):  # it goes on to something else
        return None
    if found := IN_SENTENCES.match(question) or THE_BEST.match(question):
        return counted(found)
    if SWAP.match(question):
        return Edit(Change.SWAP)
    for form, change in EDITS:
        if form.match(question):
            return Edit(change)
    if found := TABLE_WITH.match(question):
        return Edit(Change.ADD, _bare(found["what"]))
    if found := DROP.match(question):
        return Edit(Change.DROP, _bare(found["what"]))
    if found := ADD.match(question):
        return Edit(Change.ADD, _bare(found["what"]))
    if (found := ONLY.match(question)) and len(question.split()) <= 6:
        return Edit(Change.ONLY, _bare(found["what"]))
    return None


def length_wished(question: str) -> Edit | None:
    """How long a question wishes its answer ('what is KIVI, in two sentences'); None where it does not say."""
    found = SENTENCES.search(question)
    return counted(found) if found else None


def counted(found: re.Match[str]) -> Edit:
    """The instruction of a match that tells a number of sentences, or of items of a list."""
    groups = found.groupdict()
    count = (groups["count"] or groups["then"]).casefold()
    change, most = Change.LIST if groups.get("bullets") else Change.SHORTER, COUNTS.get(count) or int(count)
    return Edit(change, most=most, each=bool(groups.get("each")))


def _bare(what: str) -> str:
    return re.sub(r"^(?:the|a|an|also)\s+|[\s?.!]+$", "", what, flags=re.IGNORECASE)
