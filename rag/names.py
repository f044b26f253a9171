"""What a paper is called in passing: the name it gives its own method, else its title. Knows no question."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from ingest.paper import Paper

TITLE_NAME = re.compile(r"^([^:–—?]{2,40}?)\s*[:–—]\s")
# A word no dictionary holds: capitals or digits inside, as in 'BottleFit', 'L-GreCo', 'YOLOv9', 'KIVI'.
COINED = r"(?:[\w+.-]*(?:[a-zε\d][A-Z]|[A-Z][A-Z\d]|[A-Za-z]-?\d)[\w+-]*(?:\.\d+[\w+-]*)*)"
COINED_WORD = re.compile(COINED)
MAKES = r"(?:propos|introduc|present|develop|design|creat|build|describ|offer)\w*"
CALLS = r"(?:called|named|termed|dubbed|denoted|namely|as)"
# 'we propose NAME, …', 'a method called NAME', 'we propose Words That Spell It (NAME)'
INTRODUCED = re.compile(
    rf"\b(?:{MAKES}\s+(?:an?\s+|the\s+)?(?P<direct>{COINED})(?=[\s,.:;]*(?:[,(:]|which|that|for|to\b|an?\b|--|–))"
    rf"|{CALLS}\s+(?:the\s+)?[\"“']?(?P<called>{COINED})"
    rf"|{MAKES}\b[^.;]{{0,110}}?\((?P<short>{COINED}?)s?\))"
)
# What stands before a name that a paper gives to something of its own, and behind one that it tells of: 'our CS-IB',
# 'i.e., LPINNs', 'named as A and KL-Cov'; 'DEpS starts', 'the SSDTrain framework'.
GIVES = re.compile(
    r"(?:\b(?:called|named|termed|dubbed|denoted|namely|(?:known|denoted|named|referred to) as|our|i\.e\."
    rf"|(?<!previously )(?<!been ){MAKES})[,:]?\s+(?:(?:an?|the|our|new|novel|\w+ly)\s+)*[\"“'(]*"
    rf"|\b(?:named|called|namely|termed)\s+{COINED}(?:,\s+{COINED})*,?\s+and\s+|[\w-]+\.\w{{2,3}}/[\w.-]+/)$",
    re.IGNORECASE,
)
SUBJECT = re.compile(
    r"(?:(?:^|[.;:!?,]\s)(?:[Tt]he\s)?|\b(?:that|show|while|where|Notably|Overall|Finally|First|In this way)[,]?\s)$"
)
SYSTEM = re.compile(r"\s+(?:\w+ )?(?:framework|method|algorithm|system|approach|pipeline|toolkit|library)\b")
TELLS = re.compile(rf"\s+(?:\w+ly\s+|also\s+|then\s+)?(?:is|are|has|have|can|[a-z]{{2,}}s)\s|{SYSTEM.pattern}")
KIND_OF_MODEL = re.compile(r"[A-Z\d-]+s")  # 'DNNs' are many, not one method
SHORTEST_OWN = 4  # letters of a nickname that longer names may extend: 'LeYOLO-Small'
LONGEST_TITLE = 80  # characters of a title that stands for a name


@lru_cache(maxsize=20_000)
def nickname(paper: Paper) -> str:
    """The name of the paper's own method, as the paper spells it; empty where it gives none.

    Taken from 'Name: what it does' in the title, from a coined word that title and abstract share, or from what the
    abstract says it introduces.
    """
    head = TITLE_NAME.match(paper.title)
    if head and len(head[1].split()) <= 3 and (COINED_WORD.search(head[1]) or _says(paper.abstract, head[1])):
        return head[1].strip()
    introduced = [next(filter(None, one.groups()), "").rstrip(".-") for one in INTRODUCED.finditer(paper.abstract)]
    own = [n for n in introduced if len(n) > 2 and not KIND_OF_MODEL.fullmatch(n) and _count(paper.abstract, n) > 1]
    titled = [name for name in own if _says(paper.title, name)]
    return (titled or own or [""])[0]


def is_given(paper: Paper, name: str) -> bool:
    """Whether a name in an abstract is the paper's own for something, not that of data, a baseline or a machine.

    It is where it extends the paper's nickname, is introduced, or is what sentences of the abstract tell of.
    """
    own = nickname(paper).casefold()
    if own and re.fullmatch(re.sub(r"[α-ω]", ".", re.escape(own)), name.casefold()):
        return True  # 'DEpS' of 'DεpS'
    if len(own) >= SHORTEST_OWN and re.match(rf"{re.escape(own)}(?:s?$|[\W_\d])", name.casefold()):
        return True
    places = list(re.finditer(rf"(?<![\w-]){re.escape(name)}(?![\w/-])", paper.abstract))
    if any(GIVES.search(paper.abstract[: place.start()]) for place in places):
        return True
    told = [
        place
        for place in places
        if SUBJECT.search(paper.abstract[: place.start()]) and TELLS.match(paper.abstract[place.end() :])
    ]
    several = len(places) > 1 or (not own and any(SYSTEM.match(paper.abstract[place.end() :]) for place in places))
    return bool(told) and several and not KIND_OF_MODEL.fullmatch(name)


def short_name(paper: Paper) -> str:
    """The nickname, else the title: where it is long, what stands before its colon, or the title cut at a word."""
    name = nickname(paper)
    if name or len(paper.title) <= LONGEST_TITLE:
        return name or paper.title
    if head := TITLE_NAME.match(paper.title):
        return head[1].strip()
    return paper.title[:LONGEST_TITLE].rsplit(" ", 1)[0].rstrip(" ,:;–—-") + " …"


def listed(names: Sequence[str], last: str = "and") -> str:
    """'A', 'A and B', 'A, B and C'; `last` is the word before the last one."""
    return f" {last} ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def without_names(question: str, papers: Sequence[Paper], names: Iterable[str] = ()) -> str:
    """The question without what the papers are called in it, so that a name is not read as what is asked.

    `names` are further ways in which it may call them.
    """
    called = {name for paper in papers for name in (paper.title, nickname(paper), paper.title.partition(":")[0])}
    for name in sorted(called | {short_name(paper) for paper in papers} | set(names), key=len, reverse=True):
        if len(name) > 1:
            question = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", " ", question, flags=re.IGNORECASE)
    return " ".join(question.split())


def _says(text: str, name: str) -> bool:
    return _count(text, name) > 0


def _count(text: str, name: str) -> int:
    return len(re.findall(rf"(?<!\w){re.escape(name)}s?(?!\w)", text, re.IGNORECASE))
