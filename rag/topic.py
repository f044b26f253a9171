"""From a question about many papers to what each paper is judged by: the topic wanted, and what it rules out.

Reads English grammar alone: knows no papers and no index.
"""

import re
from dataclasses import dataclass

from ingest.sentences import split_sentences
from ingest.words import STOPWORDS


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE | re.VERBOSE)


PAPERS = r"(?:papers?|stud(?:y|ies)|articles?|publications?|abstracts?|preprints?)"
# Words that also name other things ('the model works'): papers only behind a word that asks for several.
OTHERS = r"(?:works?|methods?|approaches|techniques?|systems?|models?|authors?|projects?|frameworks?|ones|entries)"
ASKS = r"""(?:which|what|wich|whose|how\s+many|every|each|all|any|these|those|the|other|some|many|several|few|more|of
    |list|name|show|find|give|get)"""
MINE = r"(?:(?:of\s+)?(?:the|these|those|my|our|your|other|all)\s+)"
PLACE = r"(?:collection|library|set|list|page|corpus|index|papers)"
HERE = rf"""(?:\s+(?:here|there|listed|included|(?:in|on)\s+(?:this|the|my|our|your)\s+(?:\w+\s+)?{PLACE}
    |of\s+(?:these|them|those)|you\s+(?:have|know)))*"""
ASKED = _pattern(rf"\b(?:{ASKS}\s+{MINE}*(?:\w+\s+)?{OTHERS}|{PAPERS}){HERE}\b")
# What stands between the papers and the topic: 'that are about', 'deal with', 'on'.
LINK = _pattern(
    r"""^[\s,:;–—-]*(?:(?:that|which|who|where|in\s+which|whose\s+authors|do|does|did|are|is|were|was|there|exist|have
    |has|to\s+do|can|could|would|should|you|i|we|me|please|pls|list|show|tell|also|all|here
    |(?:deal(?:s|ing)?|concerned|dealt)\s+with|concern(?:s|ed|ing)?|about|regarding|on|of|for|with|in|cover(?:s|ing)?
    |treat(?:s|ing)?|address(?:es|ing)?|discuss(?:es|ing)?|mention(?:s|ing)?|involv(?:e|es|ing)
    |relat(?:ed|ing)\s+to)\b[\s,:;]*)+"""
)
# What the papers are for: 'would matter for a newspaper story on', 'useful to my thesis about'.
PURPOSE = r"""(?:matter|useful|relevant|interesting|of\s+(?:use|interest)|helpful|good|suit\w*|fit)\s+(?:for|to|in)
    \s+(?:an?|my|our|the)\s+(?:[\w-]+\s+){1,3}?(?:on|about|regarding)"""
SOMETHING = r"(?:everything|anything|something)\s+(?:on|about)"
CARRIER = _pattern(
    rf"""\b(?:an?\s+)?(?:short\s+|brief\s+)?(?:overview|summary)\s+(?:of|on)(?:\s+the)?\b|\b(?:(?:would|could|might|may|be)\s+)*(?:{PURPOSE})\b|\b(?:please|pls|full\s+list|complete\s+list|list\s+(?:them\s+)?all|all\s+of\s+them|thanks?(?:\s+you)?|if\s+any
    |(?:give|show|tell|find|get)\s+(?:me|us)|list|name\s+all|is\s+there\s+{SOMETHING}|{SOMETHING}
    |i(?:'m|\s+am)?\s+(?:need|want|look(?:ing)?\s+for|search(?:ing)?\s+for|collect(?:ing)?)(?:\s+to\s+know)?)\b"""
)
# Begins a topic with what the sentence spoke of before it asked: 'reinforcement learning: which papers use it to …'.
IT = re.compile(r"\W*(?:[\w-]+\s+){0,2}(?:it|its)\b", re.IGNORECASE)
FRONTED = re.compile(r"(?P<what>.+)[:,–—-]\s*(?:\w+\s+){0,3}$")
# What a question rules out, up to the end of its clause: 'not X', 'except X', 'I don't mean X', 'papers that do not X'.
# 'networks that do not forget' is a topic, so a denied verb counts only of the papers or of the one who asks.
DENIED = r"(?:do(?:es)?\s+not|don['’]?t|doesn['’]?t|are\s+not|aren['’]?t|is\s+not|isn['’]?t|not)"
NOT = _pattern(
    rf"""(?:(?:\b(?:{PAPERS}|{OTHERS})\s+(?:that\s+|which\s+)?|\bi\s+(?:really\s+)?){DENIED}
    |(?:[,;(–—]\s*|\b(?:but|and|or)\s+)not\b
    |\b(?:except(?:ing)?(?:\s+for)?|excluding|other\s+than|apart\s+from|leav(?:e|ing)\s+out|ignor(?:e|ing)
    |rather\s+than|as\s+opposed\s+to|but\s+no|nothing\s+(?:on|about))\b)
    (?!\s+(?:only|just|necessarily|need|needing|require|matter))
    (?:\s+(?:mean|count|want|about|on|of|concerned\s+with|deal\s+with|those|the\s+ones|for|in|to|by))*
    \s+(?P<what>(?:(?!\bbut\b)[^.,;:!?()])+)"""
)
USELESS = _pattern(r"\b(?:no\s+use|no\s+interest|not\s+interest\w*|useless|irrelevant|out\s+of\s+scope)\b")
WORD = re.compile(r"[^\W_]+")
# Words of asking that are no stopwords.
EMPTY = frozenset(
    """paper papers work works study studies article articles list show name give tell find me please pls question
    many much there here everything anything one ones us i m d ll ve s t full complete whole fit fits qualify match
    belong apply should read cite see look start know recommend include consider relevant interesting worth first
    next""".split()
)


@dataclass(frozen=True, slots=True)
class Topic:
    """What papers are judged by. `wanted` is empty where all are asked for, `unwanted` where nothing is ruled out."""

    wanted: str
    unwanted: str = ""


def find_topic(question: str) -> Topic:
    """The topic of a question about many papers: 'Which papers here use X?' is about 'use X'.

    Sentences that ask for papers say what is wanted; those around them only where none does.
    """
    asking: list[str] = []
    around: list[str] = []
    unwanted: list[str] = []
    for sentence in (s.text for s in split_sentences(question)):
        if USELESS.search(sentence):
            unwanted.append(USELESS.split(sentence)[0])
            continue
        unwanted += [found["what"].strip() for found in NOT.finditer(sentence)]
        topic = strip_question(NOT.sub(" ", sentence))
        if says_something(topic):
            (asking if ASKED.search(sentence) else around).append(topic)
    return Topic(" ".join(asking or around), " ".join(filter(says_something, unwanted)))


def strip_question(sentence: str) -> str:
    """One sentence without the words that only ask: what follows the papers asked for, else what stands before."""
    asked = ASKED.search(sentence)
    if asked:
        before, after = sentence[: asked.start()], LINK.sub("", sentence[asked.end() :])
        if not says_something(CARRIER.sub(" ", after)):
            sentence = before
        else:
            fronted = FRONTED.match(before) if IT.match(after) else None
            sentence = f"{fronted['what']} {after}" if fronted else after
    sentence = LINK.sub("", CARRIER.sub(" ", sentence))
    return re.sub(r"\s+", " ", sentence).strip(" ?.!,:;-–—()")


def says_something(text: str) -> bool:
    """Whether a text holds a word that could tell one paper from another."""
    return any(word not in STOPWORDS and word not in EMPTY for word in map(str.casefold, WORD.findall(text)))
