"""What a later turn wants changed about a table: rows or columns to add, to drop, or to keep alone.

Reads the request, of one change or several, and changes the list; the table itself is made anew by `rag.compare`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.aspects import FILLER, ITEM, find_aspects

DROP = (
    r"drop|remove|delete|without|leave out|omit|skip|exclude|hide|take (?:out|away)|get rid of|minus|no"
    r"|(?:don't|do not) (?:need|want|show)"
)
ONLY = r"only|just|nothing but|keep|limit(?:ed)? (?:it |this |the table )?to|restrict(?:ed)? (?:it |this )?to|focus on"
ADD = r"add|include|also|plus|with|extend(?: it)?|insert|put in|append|as well"
VERB = re.compile(rf"\b(?:(?P<drop>{DROP})|(?P<only>{ONLY})|(?P<add>{ADD}))\b", re.IGNORECASE)
# Where a request goes on to another change, which begins with a verb of its own.
NEXT = re.compile(
    rf"(?:[,;]|\.|\b(?:and|but|then)\b)\s*(?:(?:and|but|then|also|please)\s+)*"
    rf"(?P<verb>(?:{DROP}|{ONLY}|add|include|put in|insert|append)\s)",
    re.IGNORECASE,
)
JOINS = re.compile(r"[\s,;.]*(?:\b(?:and|but|then|also|please)\b[\s,]*)*$", re.IGNORECASE)
TABLE_WORDS = re.compile(
    r"\b(?:rows?|columns?|lines?|table|comparison|aspects?|papers?|methods?|please|thanks?|to|in|into|from|for|about|on|of|by"
    r"|it|this|that|now|then|me|one|another|the|a|an|and show|show|what)\b",
    re.IGNORECASE,
)
QUESTION = re.compile(r"\s*(?:how|what|which|why|where|when|who|whose|does|do|did|is|are|was|were)\b", re.IGNORECASE)
LONGEST_NAME = 8  # words of what may be the name of a paper or an aspect of the asker's own


@dataclass(frozen=True, slots=True)
class Change:
    """What to do with the entries of a table. `add`, `drop` and `only` are aspects or names it was told of; `unknown`
    are further words to add or keep, with their verb, which may name a paper or an aspect of the asker's own."""

    add: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    unknown: tuple[tuple[str, str], ...] = ()


def read_change(request: str, listed: Sequence[str] = ()) -> Change | None:
    """The change a request asks for; None where it asks for none. `listed` are the names and rows of the table."""
    verbs = [] if QUESTION.match(request) else list(VERB.finditer(request))
    told: dict[str, list[str]] = {"add": [], "drop": [], "only": []}
    unknown: list[tuple[str, str]] = []
    ends = [*(verb.start() for verb in verbs[1:]), len(request)][: len(verbs)]
    for verb, end in zip(verbs, ends, strict=True):
        does, clause = str(verb.lastgroup), request[verb.end() : end]
        for entry in sorted(listed, key=len, reverse=True):
            found = re.search(rf"(?<!\w){re.escape(entry)}(?!\w)", clause, re.IGNORECASE)
            if found:
                told[does].append(entry)
                clause = f"{clause[: found.start()]} {clause[found.end() :]}"
        for item in ITEM.split(clause.strip(" .!?;:,")):
            aspects = find_aspects(item) if item.strip() else ()
            rest = FILLER.sub("", " ".join(TABLE_WORDS.sub(" ", item).split())).strip(" .!?;:,")
            if aspects:
                told[does] += aspects
            elif rest and does != "drop" and len(rest.split()) <= LONGEST_NAME:
                unknown.append((does, rest))
    add, drop, only = (tuple(dict.fromkeys(told[does])) for does in ("add", "drop", "only"))
    change = Change(add, drop, only, tuple(unknown))
    return change if change != Change() else None


def split_request(request: str) -> tuple[str, ...]:
    """The changes that one request asks for, each a request of its own: 'add speed', 'drop the idea'."""
    starts = [found.start("verb") for found in NEXT.finditer(request)]
    if not VERB.match(request.lstrip()) or not starts:
        return (request,)
    pieces = [request[start:end] for start, end in zip([0, *starts], [*starts, len(request)], strict=True)]
    return tuple(filter(None, (JOINS.sub("", piece).strip(" ,;.!") for piece in pieces)))


def edit(listed: Sequence[str], change: Change) -> tuple[str, ...]:
    """The entries with the change made: those to keep alone, or all but those dropped, then those added.

    An entry that `only` names is kept or, where it is new, taken in. A change that would leave nothing leaves all.
    """
    kept = tuple(change.only) or tuple(entry for entry in listed if entry not in change.drop)
    return tuple(dict.fromkeys((*kept, *change.add))) or tuple(listed)
