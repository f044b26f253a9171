"""What a paper is called: the name of its own method, its title, what its abstract spells out. Knows no question."""

import re
from collections.abc import Iterator
from functools import lru_cache

from ingest.paper import Paper

GREEK_NAMES = dict(
    zip(
        "αβγδεζηθικλμνξοπρστυφχψω",
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon phi"
        " chi psi omega".split(),
        strict=True,
    )
)
GREEK = re.compile("[αβγδεζηθικλμνξοπρστυφχψω]")
TITLE_NAME = re.compile(r"^([^:–—?]{2,40}?)\s*[:–—]\s")
# A word no dictionary holds: capitals or digits inside, as in 'BottleFit', 'L-GreCo', 'YOLOv9', 'KIVI'.
COINED = r"(?:[\w+.-]*(?:[a-zε\d][A-Z]|[A-Z][A-Z\d]|[A-Za-z]-?\d)[\w+-]*(?:\.\d+[\w+-]*)*)"
COINED_WORD = re.compile(COINED)
MAKES = (
    r"(?:(?:propos|introduc|creat|describ)(?:e|es|ed|ing)|(?:present|develop|design|offer)(?:s|ed|ing)?"
    r"|buil(?:d|ds|t|ding))"
)
CALLS = r"(?:called|named|termed|dubbed|denoted|namely|(?:known|denoted|abbreviated|referred to) as)"
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
BEFORE = 120  # characters before a name in which it may be given
SPELLED = re.compile(  # 'Cut Cross-Entropy (CCE)'
    r"((?:[A-Z][\w-]*\s+(?:(?:of|for|and|the|in|to|with)\s+)?){1,5})\(([A-Z][\w-]*?[A-Z\d][\w-]*?)s?\)"
)
SHORTENED = re.compile(r"\(([A-Z][\w-]*[A-Z\d][\w-]*?)s?\)")  # 'concept bottleneck models (PCBMs)'
PARENTHESISED = re.compile(r"\(([A-Z][\w-]+(?: [A-Z][\w-]+){1,3})\)")  # 'a student with … (Entropic Student)'
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
    before = [paper.abstract[max(0, place.start() - BEFORE) : place.start()] for place in places]
    if any(map(GIVES.search, before)):
        return True
    told = [
        place
        for place, text in zip(places, before, strict=True)
        if SUBJECT.search(text) and TELLS.match(paper.abstract, place.end())
    ]
    several = len(places) > 1 or (not own and any(SYSTEM.match(paper.abstract, place.end()) for place in places))
    return bool(told) and several and not KIND_OF_MODEL.fullmatch(name)


def is_own_short(paper: Paper, short: str) -> bool:
    """Whether a short form behind small letters is of something of the paper's own: not 'large models (LMs)'."""
    if _says(paper.title, short) or is_given(paper, short):
        return True
    introduced = re.search(rf"\b{MAKES}\b[^.;]{{0,{BEFORE}}}\(\s*{re.escape(short)}s?\s*\)", paper.abstract)
    return bool(introduced)


def short_name(paper: Paper) -> str:
    """The nickname, else the title: where it is long, what stands before its colon, or the title cut at a word."""
    name = nickname(paper)
    if name or len(paper.title) <= LONGEST_TITLE:
        return name or paper.title
    if head := TITLE_NAME.match(paper.title):
        return head[1].strip()
    return paper.title[:LONGEST_TITLE].rsplit(" ", 1)[0].rstrip(" ,:;–—-") + " …"


def names_of(paper: Paper) -> Iterator[tuple[str, int]]:
    """What a paper can be called and how much it is its own: 4 its title, 3 the name it gives itself, 2 in its title,
    1 a name it gives or spells out in the abstract, 0 one that stands there."""
    yield paper.title, 4
    if name := nickname(paper):
        yield name, 3 if squeeze(name) in squeeze(paper.title) else 2
    yield short_name(paper).removesuffix(" …"), 3
    if head := TITLE_NAME.match(paper.title):
        yield head[1], 3
    for word in COINED_WORD.findall(paper.title):
        yield word, 2
    for phrase in PARENTHESISED.findall(paper.abstract):
        yield phrase, 1
    for spelled, short in SPELLED.findall(paper.abstract):
        if not short.startswith(spelled.strip()):  # 'Llama (Llama-2)' spells out nothing
            yield short, 1
            yield spelled.strip(), 1
    for short in SHORTENED.findall(paper.abstract):
        yield short, int(is_own_short(paper, short))
    for word in COINED_WORD.findall(paper.abstract):
        if not word[0].isdigit():  # '175B' is a size
            yield word, int(is_given(paper, word))


def squeeze(name: str) -> str:
    """A name without case, spaces and marks, so that 'Flash Attention 2' is 'FlashAttention-2' and τ is tau."""
    return re.sub(r"[\W_]+", "", GREEK.sub(lambda letter: GREEK_NAMES[letter[0]], name.casefold()))


def _says(text: str, name: str) -> bool:
    return _count(text, name) > 0


def _count(text: str, name: str) -> int:
    return len(re.findall(rf"(?<!\w){re.escape(name)}s?(?!\w)", text, re.IGNORECASE))
