"""Surveys that ask for what papers do without: 'which KV cache methods do not need retraining?'.

An abstract that is silent on a thing does not say that it does without it, so only a sentence that says so counts.
Knows no index.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.paper import Paper
from ingest.sentences import split_sentences
from ingest.words import tokenize
from rag.answer import Evidence

VERBS = (
    r"(?:(?:need|requir|us|involv|rely|reli|depend|hav|has|train|fine-?tun|retrain|chang|modif|hurt|los|employ|ask"
    r"|releas)\w*)"
)
NEGATION = re.compile(
    r"(?<!\bi )(?<!\bwe )(?<!\byou )(?<!\bthey )\b(?:do|does|did)(?:\s+not|n['’]?t)\s+"
    rf"(?:(?:really|actually|even|any|{VERBS}|on|upon|the|an?|additional|further|extra|to)\s+)*"
    rf"(?P<thing>(?!(?:only|about|in|just)\b)[^?.!,;]{{3,60}}?|(?<=\s){VERBS})\W*$",
    re.IGNORECASE,
)
# 'needs no retraining', 'work without calibration data'
HAS_NO = re.compile(
    rf"\b(?:{VERBS}\s+no|(?:do|does|work|run|get\s+by|get|manage|operate|train)s?\s+without(?:\s+any)?)\s+"
    r"(?:(?:additional|further|extra|more|the)\s+)*(?P<thing>[^?.!,;]{3,60}?)"
    r"(?:\s+(?:at all|to|for|when|while|during|in order)\b[^?.!,;]*)?\W*$",
    re.IGNORECASE,
)
DENIES = re.compile(
    r"without|no|not|never|neither|nor|instead|[a-z]+n['’]t|(?:avoid|eliminat|remov|obviat)[a-z]*", re.IGNORECASE
)
FIRST_PART = re.compile(r"\b\w+-(?=\w)")
AGAIN = re.compile(r"(?<=\bre)[a-z]{4,}ing\b", re.IGNORECASE)
REACH = 5  # words between a denial and what it denies
LEAST = 3  # letters of a word that says what is denied


@dataclass(frozen=True, slots=True)
class Negated:
    """What a survey asks for, `topic`, and the `thing` that papers are to do without, as written."""

    topic: str
    thing: str


def read_negated(question: str) -> Negated | None:
    """The thing a question asks papers to do without; None where it asks for none."""
    found = NEGATION.search(question) or HAS_NO.search(question)
    if not found:
        return None
    thing = found["thing"].strip()
    if not tokenize(thing):
        return None
    return Negated(question[: found.start()].strip(), thing)


def says_without(paper: Paper, thing: str) -> Evidence | None:
    """The first sentence of a paper that says it does without a thing; None where none does."""
    wanted = {token for token in tokenize(_denied(thing)) if len(token) >= LEAST}
    for sentence in split_sentences(paper.abstract):
        if _denies(re.findall(r"[^\W_]+(?:['’]t)?", sentence.text.casefold()), wanted):
            return Evidence(paper, sentence, 1.0)
    return None


def _denied(thing: str) -> str:
    """The words that a sentence has to deny: of 'fine-tuning' only 'tuning'; what needs no training needs no retraining
    either."""
    heads = FIRST_PART.sub("", thing)
    return " ".join([heads, *AGAIN.findall(heads)])


def _denies(words: Sequence[str], wanted: set[str]) -> bool:
    holds = [i for i, word in enumerate(words) if wanted.intersection(tokenize(word))]
    if any(words[i + 1 : i + 2] == ["free"] for i in holds):
        return True  # 'tuning-free'
    denials = [i for i, word in enumerate(words) if DENIES.fullmatch(word) and words[i + 1 : i + 2] != ["only"]]
    return any(place < i <= place + REACH for place in denials for i in holds)
