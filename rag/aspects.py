"""What a question asks papers about (memory, speed, limits, …), and whether a sentence of an abstract speaks of it.

Reads the words of `rag.lexicon`. Knows no paper and no index.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain

from ingest.words import stem, stems, tokenize
from rag.cues import FIGURE
from rag.lexicon import ASPECTS, BY_NAME, IDEA, LIMITS, PROBLEM, RESULT, RHETORICAL
from rag.rhetoric import Role, role

__all__ = [
    "IDEA",
    "LIMITS",
    "PROBLEM",
    "RESULT",
    "RHETORICAL",
    "Role",
    "aspect_query",
    "find_aspects",
    "measures",
    "role",
    "speaks_of",
]

# The part of a message that asks, where the rest of it tells what the asker is up to.
ASKS = re.compile(
    r"\?\s*$|(?:^|[,;:]\s*|\band )(?:how|what|which|why|where|who|is|are|do|does|can)\b"
    r"|\b(?:compar\w*|contrast\w*|differ\w*|vs\.?"
    r"|versus|table|tell|explain|show|give|put|list|add|include|drop"
    r"|remove|without|only|care|interested|matters?|important|row|column|about|on|in terms of)\b",
    re.IGNORECASE,
)
MESSAGE_PARTS = re.compile(r"(?<=[.!?])\s+")
# Aspects that no list holds, named as such: 'in terms of robustness and privacy'.
NAMED = re.compile(
    r"\b(?:in terms of|with (?:respect|regard) to|w\.?r\.?t\.?|regarding|rows? (?:for|on|about|with)"
    r"|when it comes to)\s+(?P<list>[^?.;:!]+)",
    re.IGNORECASE,
)
# 'compare them on speed and compression': what a comparison ends with.
COMPARED_ON = re.compile(
    r"\b(?:compar\w+|versus|vs\b\.?|contrast\w*|differ\w*|side by side)[^?.;:!]*\son\s+"
    r"(?P<list>[^?.;:!]+)\W*$",
    re.IGNORECASE,
)
ITEM = re.compile(r"\s*(?:,|/|&|\band\b|\bor\b|\bas well as\b)\s*", re.IGNORECASE)
FILLER = re.compile(
    r"^(?:the|their|its|a|an|any|both|each|also|please|how|much)\b\s*|\s*\b(?:too|please|as well)$", re.I
)
# Terms of the field that hold the word of an aspect and ask for none.
NOT_ASKED = re.compile(
    r"\bmachine[- ](?:learning|translation|unlearning|vision|intelligence|reading|generated)\w*|\benergy[- ]based\b"
    r"|\b(?:long|short)[- ]term memory\b|\bmemory[- ]augmented\b|\b(?:agent|agentic|episodic|semantic|working) memory\b"
    r"|\bproblem[- ]solving\b|\bcost functions?\b|\bdata[- ](?:driven|centric)\b|\b(?:mixed|low|half)[- ]precision\b"
    r"|\bdownstream tasks?\b|\btechnical reports?\b",
    re.IGNORECASE,
)
Hit = tuple[int, int, str]  # where an aspect is asked for, and its name
SHORT_TERM = 12  # characters of a term that is nothing else
LONGEST_TERM = 25  # characters of a phrase whose words ask for nothing else
BESIDE = 60  # characters between an aspect's word and a figure of it
LONGEST_ITEM = 3  # words of an aspect named in the asker's own
SHORTEST_GUESS = 6  # letters of a word that is recognised with a slip in it; two slips from one and a half times that


def find_aspects(question: str) -> tuple[str, ...]:
    """The aspects a question asks about, in the order it names them; a slip of the keys is forgiven."""
    parts = [part for part in MESSAGE_PARTS.split(question) if ASKS.search(part)] or [question]
    found = [name for part in parts for _, _, name in sorted(_unnested(list(_hits(part))))]
    return tuple(dict.fromkeys(found))


def beside_aspects(question: str) -> str:
    """A question without the words and terms that ask for aspects: 'is it open source?' is 'is it ?'."""
    for start, end, _ in _hits(question):
        if end - start <= SHORT_TERM:  # a longer phrase has words of the question between its own
            question = question[:start] + " " * (end - start) + question[end:]
    return question


def _hits(text: str) -> Iterator[Hit]:
    text = NOT_ASKED.sub(lambda found: " " * len(found[0]), text)
    for word in re.finditer(r"[A-Za-z][\w/@-]*", text):
        at = word.start()
        for part in [word[0]] if _of_word(word[0].casefold()) else word[0].split("-"):
            if name := _of_word(part.casefold()):
                yield at, at + len(part), name
            at += len(part) + 1
    for aspect in ASPECTS:
        for found in re.finditer(aspect.phrases, text, re.IGNORECASE) if aspect.phrases else ():
            yield found.start(), found.end(), aspect.name
    for listed in chain(NAMED.finditer(text), COMPARED_ON.finditer(text)):
        at = listed.start("list")
        for item in ITEM.split(listed["list"]):
            name = FILLER.sub("", FILLER.sub("", item.strip())).casefold()
            if tokenize(name) and len(name.split()) <= LONGEST_ITEM and not any(_known(name)):
                start = at + listed["list"].find(item)
                yield start, start + len(item), name


def _unnested(hits: list[Hit]) -> list[Hit]:
    """Without the words that are part of a longer term: 'size' in 'batch size'."""
    terms = [hit for hit in hits if hit[1] - hit[0] <= LONGEST_TERM]
    return [h for h in hits if not any(t[0] <= h[0] and h[1] <= t[1] and t[1] - t[0] > h[1] - h[0] for t in terms)]


def _known(text: str) -> Iterator[str]:
    yield from (_of_word(word) for word in re.findall(r"[\w/@-]+", text))
    yield from (a.name for a in ASPECTS if a.phrases and re.search(a.phrases, text, re.IGNORECASE))


@lru_cache(maxsize=1)
def _cues() -> dict[str, str]:
    return {stem(word): aspect.name for aspect in ASPECTS for word in aspect.words.split()}


@lru_cache(maxsize=4_000)
def _of_word(word: str) -> str:
    """The aspect a word asks for, read as the nearest cue where it is misspelt; empty where none is near."""
    if word.endswith("ing") and not any(word in aspect.words.split() for aspect in ASPECTS):
        return ""  # 'sampling' tells what is done, 'samples' what there is
    if stem(word) in _cues():
        return _cues()[stem(word)]
    if len(word) < SHORTEST_GUESS:
        return ""
    most = 1 if len(word) < 1.5 * SHORTEST_GUESS else 2
    for aspect in ASPECTS:
        for cue in aspect.words.split():
            if cue[0] == word[0] and len(cue) >= SHORTEST_GUESS and slips(word, cue, most) <= most:
                return aspect.name
    return ""


def slips(left: str, right: str, most: int) -> int:
    """How many letters must be put in, left out, changed or swapped with their neighbour; `most` + 1 where more."""
    if abs(len(left) - len(right)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, start=1):
        earlier, before, row = before, row, [i]
        for j, b in enumerate(right, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
    return min(row[-1], most + 1)


def aspect_query(aspect: str) -> str:
    """Words to look a paper's sentences up by; an aspect of the asker's own is its own query."""
    known = BY_NAME.get(aspect)
    return known.query if known else aspect


def speaks_of(aspect: str, sentence: str) -> bool:
    """Whether a sentence holds words of this aspect: the field's, or all of those the asker named it with."""
    known = BY_NAME.get(aspect)
    if known:
        return bool(known.says) and bool(_pattern(known.says).search(sentence))
    return set(tokenize(aspect)) <= stems(sentence)


def measures(aspect: str, sentence: str) -> bool:
    """Whether a sentence gives a figure of this aspect, one beside its words; for the asker's own any figure."""
    known = BY_NAME.get(aspect)
    if not known:
        return bool(FIGURE.search(sentence))
    places = [found.span() for found in _pattern(known.says).finditer(sentence)] if known.says else []
    figures = [found.span() for found in FIGURE.finditer(sentence)]
    return any(start - BESIDE <= f and t <= end + BESIDE for start, end in places for f, t in figures)


@lru_cache(maxsize=64)
def _pattern(says: str) -> re.Pattern[str]:
    return re.compile(says, re.IGNORECASE)
