"""From a question's words to what of a paper's record it asks for: its authors, its date, its link.

Reads English forms alone, misspelt ones too: knows no papers.
"""

import re
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from enum import StrEnum

from ingest.words import STOPWORDS
from rag.grammar import MANY_WORKS, WORKS


class Wish(StrEnum):
    """What of a paper's record is asked for."""

    HOW_MANY = "number of authors"
    AUTHORS = "authors"
    FIRST_AUTHOR = "first author"
    DATE = "date"
    LINK = "link"
    NEWEST = "newest"
    OLDEST = "oldest"
    PROLIFIC = "authors of most papers"


def _any(*forms: str) -> re.Pattern[str]:
    return re.compile("|".join(forms), re.IGNORECASE)


AUTHOR = r"(?:authors?|writers?|co-?authors?)"
MADE = r"(?:proposed|introduced|developed|invented|created|made|presented|came up with)"
OF_IT = rf"(?:it|its|this|that|the {WORKS}|them|their|these|those)"
WISHES: tuple[tuple[Wish, re.Pattern[str]], ...] = (
    (Wish.HOW_MANY, _any(rf"\bhow many (?:{AUTHOR}|people (?:wrote|worked on))\b")),
    (Wish.FIRST_AUTHOR, _any(r"\b(?:first|lead|main)[ -]authors?\b(?! (?:paper|publication))")),
    (
        Wish.AUTHORS,
        _any(
            r"\bwho (?:all )?(?:wrote|writes|ha(?:s|ve) written|(?:co-?)?authored|published)\b",
            rf"\bwho (?:did|conducted|ran|carried out) (?:this|that|the) {WORKS}\W*$",
            rf"\bwho (?:is|are|was|were) behind\b|\bwho (?:first )?{MADE}\b",
            rf"\bwho(?:'s|’s| is| are| was| were) (?:\w+ ){{0,3}}?{AUTHOR}\b|\b{AUTHOR} of (?:the )?{WORKS}\W*$",
            rf"\b(?:what|which) (?:is|are|was|were) the (?:names? of the )?{AUTHOR}\b",
            rf"\b(?:list|name|show|give(?: me)?|tell me|see) (?:all )?(?:(?:of|the|its|their|names of) )*{AUTHOR}\b",
            rf"^\W*(?:(?:and|ok|so)\W+)?(?:(?:the|its|their) )?{AUTHOR}(?: names| list)?(?:\s+of\s+[^?]+)?\W*$",
            rf"\b{AUTHOR}\s*\?$|\bhow many (?:{AUTHOR}|people (?:wrote|worked on))\b",
            r"\b(?:written|authored) by (?:whom|who)\b|\bby whom\b",
            rf"\bwho (?:is|are|was|were) {OF_IT} (?:written )?by\b",
            rf"\b(?:is|was|are|were)\s+(?:an?|one of the|among the|the|not an?)\s+{AUTHOR}\b",
        ),
    ),
    (
        Wish.DATE,
        _any(
            r"\bwhen (?:was|were|is|did|has)\b.{1,90}?\b(?:publish\w*|written|releas\w+|appear\w*|c[oa]me out"
            r"|submitted|posted|dated|uploaded|put out|out|introduced|proposed|made public)\b",
            r"\bwhen (?:it|they|this|that) (?:was|were) (?:published|written|released|submitted|posted|uploaded)\b",
            r"\b(?:publication|release|submission|upload) (?:date|year|month)s?\b",
            r"\b(?:date|year) of (?:publication|release)\b",
            r"\b(?:what|which) (?:year|month|date|day)\b.{0,80}\b(?:publish\w*|appear\w*|come out|from|written|released"
            r"|submitted|of (?:it|this|that))\b",
            r"^\W*(?:what|which) (?:year|date)(?: (?:is|was) (?:it|this|that)(?: from)?)?\W*$",
            rf"\bhow (?:old|recent|new) (?:is|are) (?:{OF_IT}\W*$|[^\s?]+\W*$)",
            r"\bwho (?:wrote|made|published)\b.{0,80}\band when\b",
            rf"\bwhat(?:'s|’s| is| was) (?:the|its) date\b|\bdate of {OF_IT}|^\W*(?:and )?when\W*$",
            r"\bwhen (?:was|were) (?:it|this|that|they)\W*$|\bpublished when\b",
        ),
    ),
    (
        Wish.LINK,
        _any(
            r"\b(?:is there|got|have|has|with|what is|what's|give|show|send|me|need|want|where is"
            r"|open|the|its|an?y?)\s+(?:(?:the|a|an|its|any|arxiv|web|hugging ?face|direct)\s+)*"
            r"(?:links?|urls?|web ?page|pdf|doi|arxiv(?: id| number| page)?)"
            r"(?=\W*$|\s+(?:to|for|of|please|pls|too|and|there|here)\b)",
            r"^\W*(?:link|url)s?(?:\s+(?:to|for|of)\b[^?]*)?(?: please)?\W*$",
            r"\bwhere (?:can|could|do) (?:i|we|one) (?:read|find|get|download|see|open) "
            rf"(?:{OF_IT}|[^\s?]+)(?: {WORKS})?(?: online| in full| itself)?\W*$",
            r"\b(?:link|url)s? to (?:it|this|that|them|the (?:full )?paper|the pdf)\b|\band (?:a |the )?links?\W*$",
        ),
    ),
    (
        Wish.OLDEST,
        _any(
            r"\bwhich\b(?: \S+){0,5}? (?:(?:the|is|was|are) )+(?:oldest|earliest|older|first published)\b",
            r"^\W*(?:(?:and|so|what(?:'s| is)|show|the)\W+)*(?:oldest|earliest)(?: one)?(?: of .*)?\W*$",
            r"\b(?:older than|oldest of|came (?:out )?first|published (?:first|earlier|before)|appeared first)\b",
        ),
    ),
    (
        Wish.NEWEST,
        _any(
            r"\bwhich\b(?: \S+){0,5}? (?:(?:the|is|was|are) )+(?:newest|latest|most recent|newer|more recent)\b",
            r"^\W*(?:(?:and|so|what(?:'s| is)|show|the)\W+)*(?:newest|latest|most recent)(?: one)?(?: of .*)?\W*$",
            r"\b(?:newer than|more recent than|(?:newest|latest|most recent) of"
            r"|(?:came|came out|published) (?:last|later)|published after)\b",
        ),
    ),
)
CITED = _any(
    r"\bwho (?:all |else )?(?:cites|cited|has cited)\b|\bwhich (?:other )?papers cite\b|\bcited by\b",
    r"\bhow (?:often|many times|much)\b.{0,60}\bcited\b|\b(?:how many|number of) citations\b|\bcitation counts?\b",
    r"\b(?:most|highly)[- ]cited\b|\bh-?index\b",
)
UNCITED = "Who cites a paper, and how often, stands neither on the page nor in the abstracts."
PROLIFIC = _any(
    rf"\bmost (?:prolific|productive|published|frequent) {AUTHOR}\b",
    rf"\b(?:which|what|who)\b[^?]{{0,30}}\b{AUTHOR}\b[^?]{{0,30}}\bmost\b(?: \w+){{0,2}} ?(?:{MANY_WORKS}|often)?\W*$",
    r"\bwho (?:has |have )?(?:wrote|written|published|authored) (?:the )?most\b",
)
NOT_LINK = re.compile(
    r"\b(?:code|github|repo\w*|datasets?|data|weights|checkpoints?|models?|demo|project|website|videos?)\b"
    r"|\blinks? (?:between|prediction)",
    re.IGNORECASE,
)
# Cue words as they are spelled right; a word like one of them that is none may be it, misspelt.
CUES = tuple(
    """wrote author authors published newest oldest latest written when papers link january february march april june
    july august september october november december later dated write writes links paper publish authored publication
    whose who where dates lately author's""".split()
)
ASKING = frozenset(CUES) | frozenset(
    """co-author co-authors coauthor coauthors first lead main last name names list show give tell see many people
    year month date day released release appear appeared come came submitted posted uploaded public made title titles
    url urls pdf doi arxiv page web webpage id number address read find get download open online full got please pls
    ok need want send direct hugging face huggingface us work works study article articles studies it's what's who's s
    old recent new say know""".split()
)
SHORTEST, CLOSE_ENOUGH = 4, 0.82  # letters of a misspelt cue word, and its likeness (difflib) to the one meant


def mend(question: str, is_known: Callable[[str], bool]) -> str:
    """The question with cue words set right where they are misspelt ('publised'); words the papers have stay."""

    def right(found: re.Match[str]) -> str:
        word = found[0]
        lowered = word.casefold()
        if len(word) < SHORTEST or lowered in CUES or lowered in STOPWORDS or is_known(word):
            return word
        meant = next(iter(get_close_matches(lowered, CUES, n=1, cutoff=CLOSE_ENOUGH)), "")
        return (meant.capitalize() if word[0].isupper() else meant) or word

    return re.sub(r"\b[^\W\d_]+\b", right, question)


def read_wishes(question: str) -> tuple[Wish, ...]:
    """What of a record a question asks for, in the order of WISHES; empty where it asks for something else."""
    found = tuple(wish for wish, form in WISHES if form.search(question))
    if Wish.FIRST_AUTHOR in found:
        found = tuple(wish for wish in found if wish is not Wish.AUTHORS)
    return tuple(wish for wish in found if wish is not Wish.LINK or not NOT_LINK.search(question))


def beside(question: str) -> list[str]:
    """The words of a question on a record that say which paper is meant: none in 'is there a link?'."""
    words = re.findall(r"[^\W_]+(?:[-.][^\W_]+)*", question)
    return [word for word in words if word.casefold() not in STOPWORDS | ASKING]


def picks(wishes: Sequence[Wish]) -> bool:
    """Whether one of several papers is asked for."""
    return Wish.NEWEST in wishes or Wish.OLDEST in wishes
