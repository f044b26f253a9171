"""What a question asks a paper for that its abstract does not speak of: 'does it use reinforcement learning?'.

Reads the grammar of the question: the noun phrase that a paper is said to use, to be tested on, to say something about.
An answer to such a question has to speak of that thing, so where neither its words nor its meaning stand in the
abstract, no sentence answers. Knows no index.
"""

import re
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ingest.entry import Entry
from ingest.names import COINED_WORD, nickname
from ingest.words import STOPWORDS, WordIndex, stems, tokenize
from rag.demand import ABOUT, ARTICLES, BEGINS, COMPARATIVE, MEASURES, SIZED, WORD, YES_NO, clauses
from rag.pointers import ORDINAL_WORDS
from rag.support import SAME_ROOT, likeness

Embed = Callable[[str], NDArray[np.float32]]

# The cosine of a phrase and the nearest span from which the span speaks of it in other words. Of phrases that are
# absent from an abstract 99 in 100 lie below, of those that stand in it 3 in 4 above.
SPOKEN_OF = 0.4
LONGEST = 4  # words of a thing
# Share of a thing's words, weighed by rarity, from which a paper that has them speaks of it, if it lacks the first: one
# that has 'learning' does not speak of reinforcement learning.
MOST_OF_IT = 0.6
DOES = (
    r"(?:us|employ|reli|rel|appl|need|requir|involv|includ|incorporat|mention|report|discuss|cover|address|handl"
    r"|support|explor|exploit|leverag|combin|perform|provid|releas)(?:e[sd]?|s|y|ies|ied|ing|ed)?"
)
TRIES = (
    r"(?:(?:train|pre-?train|fine-?tun|test|evaluat|validat|benchmark|tr[iy]|appl|compar|demonstrat|deploy|us|scal"
    r"|transfer|extend|generali[sz])(?:e[sd]?|s|y|ies|ied|ing|ed)?|works?|working|runs?|usable|useful|suitable|good"
    r"|meant|made|designed|intended)"
)
FRAMES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{DOES}\s+(?:on\s+)?(?P<thing>.+)",
        rf"\b{TRIES}\s+(?:\w+\s+)?(?:on|for|with|in)\s+(?P<thing>.+)",
        r"\b(?:do|does|did|performs?|fares?|results?|numbers?|scores?|figures?|accurac(?:y|ies))\s+on\s+(?P<thing>.+)",
        r"\b(?:say|says|said|tell|tells|reveal|know|mention)\s+(?:\w+\s+)?(?:about|of|on)\s+(?P<thing>.+)",
        r"\b(?:deals?|dealt|cop(?:e|es))\s+with\s+(?P<thing>.+)",
        r"\b(?:mention|use|discussion|role|effect|importance)\s+of\s+(?P<thing>.+)",
        r"\brole\s+(?:do|does|did)\s+(?P<thing>.+?)\s+play\b",
        rf"\b(?:is|are|was|were)\s+(?P<thing>(?:[\w-]+\s+){{1,{LONGEST}}})(?:{DOES})\s+(?:in|by)\b",
        rf"\b(?:what|which)\s+(?P<thing>(?:[\w-]+\s+){{1,{LONGEST}}}?)(?:do|does|did|is|are|was|were|has|have)\b",
    )
)
# Behind these only a name is a thing that has to be spoken of: 'than before', but 'compared to TokenFlow'.
BESIDE = re.compile(
    r"\b(?:compared\s+(?:to|with)|versus|vs\.?|than|against|relative\s+to)\s+(?P<thing>.+)", re.IGNORECASE
)
REQUEST = re.compile(r"\W*(?:can|could|would|will|do) you\b", re.IGNORECASE)  # 'can you explain both?'
LEADS = frozenset("any some of more kind kinds type types sort".split())
PLACES = frozenset((*ORDINAL_WORDS, "last", "other"))  # 'the first paper' is no thing that it could speak of
ENDS = frozenset("besides instead according due based rather play work".split())


def unsaid(question: str, entry: Entry, words: WordIndex, embed: Embed | None) -> tuple[list[str], bool]:
    """The things asked of one paper that it does not speak of, in the asker's words, and whether all that is asked is.

    `entry` has the paper's vectors where there are any, and `embed` gives that of a phrase; without either, words alone
    decide.
    """
    asking = [clause for clause in clauses(question) if BEGINS.match(clause)] or [question]
    alone = len(clauses(question)) == 1
    lacking = [missing_of(clause, entry, words, embed, alone=alone) for clause in asking]
    return list(dict.fromkeys(thing for things in lacking for thing in things)), all(lacking)


def missing_of(clause: str, entry: Entry, words: WordIndex, embed: Embed | None, *, alone: bool = False) -> list[str]:
    """The things of one clause that the paper does not speak of; empty where it speaks of any of them.

    `alone` is whether the clause is all of the question: then, asked for a yes or no, all its words are such things.
    """
    held = stems(f"{entry.paper.title}. {entry.paper.abstract}")
    own = set(tokenize(nickname(entry.paper)))
    asked = [thing for thing in things_of(clause) if (tokens := tokenize(thing)) and own.isdisjoint(tokens)]
    names = [thing for thing in asked if COINED_WORD.fullmatch(thing) and not _stands_in(thing, held, words)]
    if names and YES_NO.match(clause):
        return names  # 'does it use ASR in chat?', where it speaks of chat and of no ASR
    if not asked and alone and YES_NO.match(clause) and not REQUEST.match(clause):
        asked = [run for run in runs_of(clause) if own.isdisjoint(tokenize(run))]
        if any(likeness(token, held, known=token in words) >= SAME_ROOT for run in asked for token in tokenize(run)):
            return []
    if any(_stands_in(thing, held, words) for thing in asked):
        return []
    if embed and entry.rows is not None:
        rows = entry.rows.astype(np.float32)
        described = [thing for thing in asked if not COINED_WORD.search(thing)]  # a name stands as it is or not at all
        if any(float((rows @ embed(thing)).max()) >= SPOKEN_OF for thing in described):
            return []
    return asked


def _stands_in(thing: str, held: frozenset[str], words: WordIndex) -> bool:
    """Whether a text of these stems has a thing's first word, or most of it; of 'fine-tuning' either half will do."""
    parts = [tokens for word in thing.split() if (tokens := tokenize(word))]
    has = [any(likeness(token, held, known=token in words) >= SAME_ROOT for token in part) for part in parts]
    rarity = [sum(map(words.idf, part)) for part in parts]
    return has[0] or sum(r for r, h in zip(rarity, has, strict=True) if h) >= MOST_OF_IT * sum(rarity)


def things_of(clause: str) -> list[str]:
    """The noun phrases that a clause says a paper uses, is tested on or tells of, as written."""
    found = [noun_phrase(frame["thing"]) for pattern in FRAMES for frame in pattern.finditer(clause)]
    beside = [noun_phrase(frame["thing"]) for frame in BESIDE.finditer(clause)]
    return list(dict.fromkeys(filter(None, found + [name for name in beside if COINED_WORD.fullmatch(name)])))


def runs_of(clause: str) -> list[str]:
    """The stretches of words of a clause that say something, as written: 'drain', 'phone's battery'."""
    runs: list[list[str]] = [[]]
    for found in WORD.finditer(clause):
        word = found[0].casefold()
        if word in STOPWORDS | ABOUT | MEASURES or COMPARATIVE.fullmatch(word) or not tokenize(word):
            runs.append([])
        else:
            runs[-1].append(found[0])
    return [" ".join(run) for run in runs if run]


def noun_phrase(text: str) -> str:
    """The noun phrase that a text begins with; empty where it is none that a paper could be asked for."""
    phrase: list[str] = []
    end = 0
    for found in WORD.finditer(text):
        word = found[0].casefold()
        if phrase and text[end : found.start()].strip():
            break
        end = found.end()
        if not phrase and word in ARTICLES | PLACES | LEADS:
            continue
        if word in STOPWORDS or word in ENDS or word in ABOUT or len(phrase) == LONGEST:
            break
        phrase.append(found[0])
    if not phrase or (phrase[-1].casefold() in MEASURES - SIZED) or phrase[-1].endswith("ed"):
        return ""
    return " ".join(phrase)
