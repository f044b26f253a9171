"""From a question about many papers to what each paper is judged by: the topic wanted, and what it rules out.

Knows words only: no papers, no index.
"""

import re
from dataclasses import dataclass

from ingest.sentences import split_sentences
from ingest.words import STOPWORDS

PAPERS = r"(?:papers?|stud(?:y|ies)|articles?|publications?|abstracts?|preprints?)"
# Words that also name other things ('the model works'): only behind a word that asks for several.
OTHERS = r"(?:works?|methods?|approaches|techniques?|systems?|models?|authors?|projects?|frameworks?|ones|entries|texts)"
ASKS = (
    r"(?:which|what|wich|whic|whose|how\s+many|every|each|all|any|these|those|the|other|some|many|several|few|more|more\s+"
    r"of\s+the|list|name|show|find|give|get|of)"
)
HERE = r"(?:\s+(?:here|there|listed|included|in\s+(?:this|the|my|our|your)\s+(?:\w+\s+)?(?:collection|library|set|list|page|corpus|index|papers)|on\s+(?:this|the)\s+(?:page|list)|of\s+(?:these|them|those)|you\s+(?:have|know)))*"
ASKED = re.compile(rf"\b(?:{ASKS}\s+(?:(?:of\s+)?(?:the|these|those|my|our|your|other|all)\s+)*(?:\w+\s+)?{OTHERS}|{PAPERS}){HERE}\b", re.I)
# What stands between the papers and the topic: 'that are about', 'deal with', 'on'.
LINK = re.compile(
    r"^[\s,:;–—-]*(?:(?:that|which|who|where|in\s+which|whose\s+authors|do|does|did|are|is|were|was|there|exist|have|has|to\s+do|can|"
    r"you|i|we|me|please|pls|list|show|tell|would|could|should|also|all|here|"
    r"(?:deal(?:s|ing)?|concerned|dealt)\s+with|concern(?:s|ed|ing)?|about|regarding|on|of|for|with|in|cover(?:s|ing)?|"
    r"treat(?:s|ing)?|address(?:es|ing)?|discuss(?:es|ing)?|mention(?:s|ing)?|involv(?:e|es|ing)|relat(?:ed|ing)\s+to)\b[\s,:;]*)+",
    re.I,
)
CARRIER = re.compile(
    r"\b(?:please|pls|full\s+list|complete\s+list|list\s+(?:them\s+)?all|all\s+of\s+them|thanks?(?:\s+you)?|if\s+any|"
    r"(?:give|show|tell|find|get)\s+(?:me|us)|list|name\s+all|is\s+there\s+(?:anything|something)\s+(?:on|about)|everything\s+(?:on|about)|"
    r"(?:anything|something)\s+(?:on|about)|i(?:'m| am)?\s+(?:need|want|look(?:ing)?\s+for|search(?:ing)?\s+for|collect(?:ing)?)(?:\s+to\s+know)?)\b",
    re.I,
)
# What a question rules out, up to the end of its clause.
NOT = re.compile(
    r"(?:\b(?:do(?:es)?\s+not|don['’]?t|doesn['’]?t|are\s+not|aren['’]?t|is\s+not|isn['’]?t|not)\b"
    r"(?!\s+(?:only|just|necessarily|need|needing|require|matter))(?:\s+(?:mean|count|want|about|on|concerned\s+with|deal\s+with|those|the\s+ones|for|in))*"
    r"|\b(?:except(?:ing)?(?:\s+for)?|excluding|other\s+than|apart\s+from|leav(?:e|ing)\s+out|ignor(?:e|ing)|rather\s+than|"
    r"instead\s+of\s+those|but\s+no|nothing\s+(?:on|about))\b)\s*(?P<what>[^.,;:!?()]+)",
    re.I,
)
USELESS = re.compile(r"\b(?:no\s+use|no\s+interest|not\s+interest\w*|useless|irrelevant|out\s+of\s+scope)\b", re.I)
WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Topic:
    """What papers are judged by. `wanted` is empty where all are asked for, `unwanted` where nothing is ruled out."""

    wanted: str
    unwanted: str = ""


def find_topic(question: str) -> Topic:
    """The topic of a question about many papers: 'Which papers here use X?' is about 'use X'."""
    wanted, unwanted = [], []
    for sentence in (s.text for s in split_sentences(question)):
        if USELESS.search(sentence):
            unwanted.append(USELESS.split(sentence)[0])
            continue
        unwanted += [found["what"].strip() for found in NOT.finditer(sentence)]
        kept = strip_question(NOT.sub(" ", sentence))
        if says_something(kept):
            wanted.append(kept)
    return Topic(" ".join(wanted), " ".join(filter(says_something, unwanted)))


def strip_question(sentence: str) -> str:
    """One sentence without the words that only ask: what follows the papers asked for, else what stands before."""
    asked = ASKED.search(sentence)
    if asked:
        before, after = sentence[: asked.start()], sentence[asked.end() :]
        after = LINK.sub("", after)
        sentence = after if says_something(CARRIER.sub(" ", after)) else before
    sentence = LINK.sub("", CARRIER.sub(" ", sentence))
    return re.sub(r"\s+", " ", sentence).strip(" ?.!,:;-–—()")


def says_something(text: str) -> bool:
    """Whether a text holds a word that could tell one paper from another."""
    return any(word not in STOPWORDS and word not in EMPTY for word in map(str.casefold, WORD.findall(text)))


EMPTY = frozenset(
    """paper papers work works study studies article articles list show name give tell find me please pls question
    many much there here everything anything one ones us i m d ll ve s t full complete whole""".split()
)
