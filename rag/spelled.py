"""What short forms stand for: 'what does KV mean?' is answered by the sentences that spell it out.

Knows no index; an abstract spells a form out where it stands in brackets behind its words, or they behind it.
"""

import re
from collections.abc import Iterable

from ingest.paper import Paper
from ingest.sentences import split_sentences
from rag.answer import Evidence

FORM = r"(?P<form>[A-Z][\w-]{0,11}|[\w-]*[A-Z\d][\w-]*)"
ASKED = (
    re.compile(
        rf"\bwhat (?:does|do|did) (?:the (?:term|acronym|abbreviation) )?[\"“']?{FORM}[\"”']? (?:stand for|mean)\W*$",
        re.IGNORECASE,
    ),
    re.compile(rf"\bwhat is [\"“']?{FORM}[\"”']? (?:short for|an? (?:acronym|abbreviation))\b", re.IGNORECASE),
    re.compile(rf"^\W*(?:meaning|definition|full form|expansion) of [\"“']?{FORM}[\"”']?\W*$", re.IGNORECASE),
)
MOST_TOLD = 3  # papers that spell it out


def asked_form(question: str) -> str:
    """The short form that a question asks the words of; empty where it asks for none."""
    found = next((found for form in ASKED if (found := form.search(question))), None)
    return found["form"] if found else ""


def spelled_out(form: str, papers: Iterable[Paper]) -> list[Evidence]:
    """The first sentence of each paper that spells a short form out."""
    letters = re.escape(form)
    words = re.compile(rf"[\w-]+ \({letters}s?\)|(?<![\w-]){letters}s? \([A-Za-z][\w -]{{5,}}\)")
    told: list[Evidence] = []
    for paper in papers:
        said = next((s for s in split_sentences(paper.abstract) if words.search(s.text)), None)
        told += [Evidence(paper, said, 1.0)] if said else []
        if len(told) == MOST_TOLD:
            break
    return told
