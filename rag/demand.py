"""What a question asks for: the thing, in the asker's words, and the kind of answer that would do.

Read off the grammar of English questions alone; knows no paper.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise

from ingest.words import STOPWORDS, stem, tokenize

WORD = re.compile(r"[^\W_]+(?:[-.,'’/+][^\W_]+)*")
OPENERS = frozenset("what which whats".split())
VERBS = frozenset("is are was were s".split())  # 'what is the price of …': the thing asked for follows
POSSESSIVE = re.compile(r"['’]s$|s['’]$")
ARTICLES = frozenset(
    "the a an its their his her your our my all exact actual typical average total final overall best".split()
)
# Nouns that only measure or sort what follows: 'the number of layers' asks for layers.
MEASURES = frozenset(
    """number numbers amount share fraction percentage percent proportion part parts portion kind kinds type types sort
    sorts form forms way ways value values size sizes level levels degree set list name names piece aspect aspects
    range choice choices role purpose meaning definition idea ideas reason reasons main field fields domain domains area
    areas problem problems drawback drawbacks disadvantage disadvantages advantage advantages benefit benefits weakness
    limitation limitations difference differences task tasks component components principle insight trick tricks effect
    effects result results finding findings conclusion conclusions property feature features step stage case cases
    goal aim item items setting settings margin margins drop drops gain gains reduction reductions increase increases
    improvement improvements saving savings boost score scores example examples instance instances""".split()
)
# Measures that are asked for by their own name: 'batch size', 'warm-up steps'.
SIZED = frozenset("size sizes setting settings level levels step steps stage stages".split())
# What is said of any paper, and so tells nothing of this one.
ABOUT = frozenset(
    """paper papers work works study studies article articles author authors abstract abstracts research publication
    publications report reports method methods approach approaches technique techniques use used uses using give gives
    given get gets reach reaches reached achieve need needs needed say says said find finds found show shows shown take
    takes took make makes tell told one two any anything something someone somebody anyone many much want like would
    could please know look looking help read compared compare according exactly here there let lets got thing things
    must might may shall deal deals cover covers covered propose proposes mention mentions run runs""".split()
)
COMPARATIVE = re.compile(
    r"more|less|fewer|better|worse|sooner|(?:fast|slow|larg|small|bigg|high|low|long|short|cheap|strong|quick|great|deep"
    r"|wid|eas[iy]|hard|accurat)er"
)
PAPER_WORDS = "paper papers work works study studies article articles research publication publications".split()
PAPERS = frozenset(PAPER_WORDS)
HOW_MUCH = re.compile(
    r"\bhow (?:much|many|large|big|small|fast|slow|long|far|often|high|low|deep|wide|expensive|accurate|close|exact)\b"
    r"|\bby (?:what|which) (?:factor|percentage)\b|\bnumber of\b",
    re.IGNORECASE,
)
MEASURED = re.compile(
    r"(?:numbers?|percent(?:age)?|fraction|share|proportion|ratio|factor|speed-?ups?|scores?|accurac(?:y|ies)|errors?"
    r"|latenc(?:y|ies)|throughput|sizes?|rates?|costs?|price|budget|dimensions?|threshold|coefficient|values?|gains?"
    r"|improvements?|temperature|length|area|duration|f1|psnr|fid|epochs?|(?:milli)?seconds?|hours)",
    re.IGNORECASE,
)
MONEY = re.compile(r"\b(?:costs?|price[sd]?|expensive|cheap(?:er)?|dollars?|usd|euros?|fees?|pay|salary)\b", re.I)
TIME = re.compile(r"\b(?:how (?:long|fast|slow)|latency|(?:milli)?seconds?|minutes|hours?|days|weeks|ms)\b", re.I)
WHO = re.compile(
    r"\bwho\s+(?:(?:is|are|was|were)\s+the\s+(?:\w+\s+){0,2}authors?|wrote|authored)\b"
    r"|\bauthors?\b[^?]*\b(?:from|at|work|affiliated)\b|\b(?:first|last|lead|senior|corresponding) author"
    r"|\baffiliat\w+|\b(?:which|what) (?:\w+ )?(?:universit(?:y|ies)|institut\w+|company|companies)\b",
    re.IGNORECASE,
)
WHERE_CODE = re.compile(
    r"\b(?:code(?:base)?|repositor(?:y|ies)|repo|github|implementation|checkpoints?|weights)\b.*"
    r"\b(?:available|released|public|published|download)\b|\bdownload\b|\blicen[cs]e\b|\bprogramming language\b",
    re.IGNORECASE,
)
WHEN = re.compile(
    r"\b(?:when|what year|which year|what date|on which date)\b[^?]*\b(?:publish|submit|release|appear|written|out)",
    re.IGNORECASE,
)
FORMULA = re.compile(
    r"\bhow (?:exactly )?(?:is|are|was|were)\b[^?,]*?\b(?:computed|calculated|derived|weighted|formulated|tuned)\b"
    r"|\bhow (?:do|does|did)\b[^?,]*?\b(?:compute|calculate|derive|formulate)\b"
    r"|\b(?:formulas?|formulae|equation|pseudo-?code|hyper-?parameters?)\b",
    re.IGNORECASE,
)
# A question mark, or a question word where a question or its main clause begins.
ASKS = re.compile(
    r"[?]|^(?:(?:and|but|so|in|for|with|on|at|by|to|from|up|when|compared)\b[^,]{0,60},? )?"
    r"(?:what|which|how|why|who|whose|where|is|are|was|were|do|does|did|can|could|has|have|will|would|whats)\b"
    r"|^when (?:is|are|was|were|do|does|did|will)\b"
    r"|[,:;.] (?:what|which|how|why)\b",
    re.IGNORECASE,
)
CLAUSE = re.compile(
    r"(?<=[.!?:;])\s+|(?<=,)\s+(?:and |so |but |then )?(?=(?:what|which|how|why|who|whose|is|are|does|do|can)\b)"
)
BEGINS = re.compile(
    r"\W*(?:(?:and|but|so|then|with|in|for|on)\b[^,?]{0,40},? )?"
    r"(?:what|which|how|why|who|whose|where|when|is|are|was|were|do|does|did|can|could|has|have|will|would|should)\b",
    re.IGNORECASE,
)
YES_NO = re.compile(r"^(?:and |but |so )?(?:is|are|was|were|do|does|did|can|could|has|have|will|would)\b", re.I)
EXISTS = re.compile(
    r"^(?:is|are|was) there\b"
    r"|\b(?:any|some)(?:one|body|thing)?\b.{0,30}\b(?:here|papers?|works?|on|about)\b",
    re.IGNORECASE,
)
ANY = re.compile(
    r"\b(?:papers?|works?|stud(?:y|ies)|(?:any|some)(?:thing|one|body)|who|there)\b",
    re.IGNORECASE,
)


class Kind(StrEnum):
    """The kind of answer that a question asks for."""

    PAPER = "paper"  # which paper, or a description without a question
    NUMBER = "number"
    PERSON = "person"
    CODE = "code"
    DATE = "date"
    FORMULA = "formula"
    YES_NO = "yes or no"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Demand:
    """What is asked for: `things`, each in the asker's words ('learning rate'), and the kind of answer."""

    kind: Kind
    things: tuple[str, ...]
    unit: str = ""  # 'money' or 'time' where the question says so
    topical: bool = False  # whether it speaks of papers, or of there being something, rather than describing one


@lru_cache(maxsize=256)  # each paper found is weighed against the same one
def read_demand(question: str) -> Demand:
    """What a question asks for; a description that asks nothing asks for the paper that fits it."""
    topical = bool(ANY.search(question))
    if not ASKS.search(question):
        return Demand(Kind.PAPER, (), topical=topical)
    things, papers = asked_things(question)
    unit = "money" if MONEY.search(question) else "time" if TIME.search(question) else ""
    kind = _kind(question, things, papers)
    return Demand(kind, tuple(dict.fromkeys(things)), unit, topical and kind is Kind.PAPER)


def clauses(question: str) -> list[str]:
    """The sentences and clauses of a question, which make it up."""
    cuts = [0, *(found.end() for found in CLAUSE.finditer(question)), len(question)]
    return [question[start:end] for start, end in pairwise(cuts)]


def asking_part(question: str) -> str:
    """The sentences and clauses of a question from the first that asks; all of it where none does."""
    parts = clauses(question)
    first = next((i for i, part in enumerate(parts) if BEGINS.match(part)), 0)
    return "".join(parts[first:])


def _kind(question: str, things: list[str], papers: bool) -> Kind:
    for kind, pattern in ((Kind.PERSON, WHO), (Kind.CODE, WHERE_CODE), (Kind.DATE, WHEN), (Kind.FORMULA, FORMULA)):
        if pattern.search(question):
            return kind
    if papers or EXISTS.search(question):
        return Kind.PAPER
    measured = any(MEASURED.fullmatch(word) for thing in things for word in thing.split())
    if measured or HOW_MUCH.search(question):
        return Kind.NUMBER
    return Kind.YES_NO if YES_NO.match(question) else Kind.OTHER


def asked_things(question: str) -> tuple[list[str], bool]:
    """The noun phrases that follow 'what', 'which', 'how many', and whether one of them asks for papers."""
    words = [found[0] for found in WORD.finditer(question)]
    lowered = [word.casefold() for word in words]
    things, papers = [], False
    for i, word in enumerate(lowered):
        if word in OPENERS:
            start = i + 1
            if start < len(lowered) and lowered[start] in VERBS:
                start += 1
                if start < len(lowered) and lowered[start] not in ARTICLES and not POSSESSIVE.search(lowered[start]):
                    continue  # 'what is KIVI' asks for all of it
        elif word in ("many", "much") and i and lowered[i - 1] == "how":
            start = i + 1
        else:
            continue
        phrase = _phrase(lowered, start)
        if len(phrase) == 1 and COMPARATIVE.fullmatch(lowered[phrase[0]]):
            continue
        papers = papers or any(lowered[k] in PAPERS for k in phrase)
        if phrase and not any(lowered[k] in PAPERS for k in phrase):
            things.append(" ".join(words[k] for k in phrase))
    return things, papers


def _phrase(lowered: list[str], start: int) -> list[int]:
    """Places of the words of a noun phrase from `start`, beyond an 'of' where its first noun only measures."""
    while start < len(lowered) and (
        lowered[start] in ARTICLES | {"of", "these", "those"} or POSSESSIVE.search(lowered[start])
    ):
        start += 1
    phrase: list[int] = []
    for k in range(start, min(start + 8, len(lowered))):
        word = lowered[k]
        if word in ARTICLES | {"of", "in"} and all(lowered[p] in MEASURES for p in phrase):
            continue
        if word in STOPWORDS or word in ABOUT - PAPERS or len(phrase) == 4:
            break
        phrase.append(k)
    while len(phrase) > 1 and lowered[phrase[0]] in MEASURES:
        del phrase[0]
    nouns = [k for k in phrase if lowered[k] not in MEASURES - SIZED]
    return nouns or phrase


@lru_cache(maxsize=1)
def about_stems() -> frozenset[str]:
    """Stems of the words that are said of any paper or only measure."""
    return frozenset(stem(word) for word in ABOUT | MEASURES)


def content(question: str) -> tuple[str, ...]:
    """The distinct stems of a question that say what it is about."""
    return tuple(dict.fromkeys(token for token in tokenize(question) if token not in about_stems()))
