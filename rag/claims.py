"""What a sentence claims that can be compared to the letter: numbers with units, names, directions, and what it denies.

Reads English alone; knows no paper. Lists are closed classes of the language: number words, opposites, negations.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from ingest.words import STOPWORDS, stem

Scope = frozenset[str]

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
WORDS = {
    word: n
    for n, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
        " seventeen eighteen nineteen twenty".split()
    )
} | {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "dozen": 12}
SCALE = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "b": 1e9, "bn": 1e9, "billion": 1e9, "t": 1e12}
SCALE |= {"trillion": 1e12, "hundred": 100.0}
TIMES = {"twice": 2.0, "double": 2.0, "doubles": 2.0, "doubled": 2.0, "doubling": 2.0, "triple": 3.0, "triples": 3.0}
TIMES |= {"tripled": 3.0, "threefold": 3.0, "twofold": 2.0, "tenfold": 10.0, "fourfold": 4.0, "fivefold": 5.0}
UNITS = {
    "percent": r"\\?\s?%|\s?percent(?:age)?(?: points?)?\b|\s?per ?cent\b|\s?pp\b|\s?points?\b",
    "times": r"\s?(?:×|x\b|times\b|\\times\b|-?fold\b|\$\\times\$)",
    "bit": r"[\s-]?bits?\b",
    "byte": r"[\s-]?(?:[kmgtp]i?b|[kmgtp]bytes?|gigabytes?|megabytes?|terabytes?|kilobytes?)\b",
    "time": r"[\s-]?(?:ms|milliseconds?|seconds?|secs?|s|minutes?|mins?|hours?|hrs?|h|days?|weeks?|months?|years?)\b",
}
UNIT = re.compile("|".join(f"(?P<{name}>{form})" for name, form in UNITS.items()), re.IGNORECASE)
DIGITS = r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+"
# A figure, not a digit within a name ('Qwen2.5-VL-7B', 'H100'); '2bit' and '4x' carry their unit.
FIGURE = re.compile(
    rf"(?<![\w.])(?<![A-Za-z]-)[~≈$€£]?(?P<number>{DIGITS})"
    r"(?P<scale>\s?(?:k|m|b|bn|t|thousand|million|billion|trillion|hundred)(?![\w-]))?(?=\W|$|[×x%]|bits?\b|[kmgt]b\b"
    r"|ms\b|s\b|h\b|times\b|fold\b)",
    re.IGNORECASE,
)
SPELLED = re.compile(
    rf"\b(?P<word>{'|'.join(WORDS)})(?P<scale>[\s-](?:hundred|thousand|million|billion|trillion))?\b"
    rf"|\b(?P<times>{'|'.join(TIMES)})\b|\b(?P<half>half|halves|halved|halving)\b",
    re.IGNORECASE,
)
SPAN = re.compile(rf"(?P<low>{DIGITS})(?P<one>\\?%|[×x])?\s?(?:-{{1,3}}|–|—|to|and)\s?(?P<high>{DIGITS})")
LATEX = re.compile(r"\\(?=[%$&#_])|[${}]")
# A name: capitals or digits inside ('KIVI', 'LLaMA-7B', 'L-GreCo'), or capitalised within a sentence ('Mistral').
NAME = re.compile(
    r"(?<![\w-])(?:[\w-]*[a-z\d][A-Z][\w-]*|[A-Z][A-Z\d][\w-]*|[A-Z][\w-]*\d[\w.-]*\w|[a-z]?[A-Z]-[A-Z]\w+)"
    r"|(?<=[\w,;:)] )[A-Z][a-z]{2,}(?:-[A-Z\d]\w*)*\b"
)
NO_LETTERS = re.compile(r"[\W_]+")

OPPOSITES = """increase/decrease increase/reduce increase/lower increase/cut increase/drop increase/shrink raise/lower
raise/reduce improve/degrade improve/worsen improve/deteriorate improve/harm improve/hurt enhance/degrade enhance/weaken
enhance/reduce boost/reduce boost/degrade higher/lower high/low more/less more/fewer most/least larger/smaller large/small
greater/less greater/smaller bigger/smaller big/small longer/shorter long/short faster/slower fast/slow accelerate/slow
accelerate/decelerate better/worse best/worst outperform/underperform exceed/trail gain/loss gain/drop gain/lose
gain/reduction above/below over/under up/down strengthen/weaken strong/weak stronger/weaker maximize/minimize
maximise/minimise upper/lower always/never before/after enable/prevent allow/prevent encourage/discourage with/without
positive/negative cheaper/costlier cheap/expensive easier/harder easy/hard necessary/unnecessary sufficient/insufficient
dependent/independent stable/unstable succeed/fail success/failure promote/inhibit promote/suppress activate/inhibit
activate/suppress upregulate/downregulate induce/inhibit induce/suppress stimulate/inhibit grow/shrink rise/fall
expand/shrink widen/narrow deeper/shallower deep/shallow efficient/inefficient accurate/inaccurate reliable/unreliable
known/unknown lossless/lossy sparse/dense same/different similar/different superior/inferior advantage/disadvantage
benefit/harm helps/hurts robust/fragile robust/brittle complex/simple increase/decline improvement/degradation
increase/reduction decrease/growth save/cost save/waste surpass/trail linear/quadratic sublinear/superlinear
minimum/maximum minimal/maximal majority/minority rarely/often frequent/rare early/late start/end first/last reduce/double
reduce/grow reduce/raise reduce/enlarge speedup/slowdown retain/lose preserve/lose preserve/destroy maintain/lose
maintain/sacrifice keep/drop""".split()
NEGATION = re.compile(
    r"^(?:not|no|never|without|cannot|nor|neither|none|nothing|hardly|barely|lack|lacks|lacking|fail|fails|failed|failing"
    r"|unable|avoid|avoids|avoiding|avoided|eliminate|eliminates|eliminating|eliminated|remove|removes|removing|removed"
    r"|obviate|obviates|obviating|prevent|prevents|preventing|unlike|absent|absence|instead|rather|\w+n['’]t|non)$"
)
FREE = re.compile(r"\b(?P<what>[a-z]+)-(?:free|less)\b", re.IGNORECASE)  # 'tuning-free'
REACH = 3  # content words that a negation denies
TURNS = re.compile(r"(?:in|un|de|dis|ir|im|non|mis)(?=[a-z])")
SHORTEST_TURNED = 4  # letters of a word without the prefix that turns it
# What goes up, and what goes down, whatever it is.
MORE = """increase raise induce promote enhance activate stimulate encourage elevate upregulate higher more greater grow
rise boost enable facilitate trigger accelerate expand strengthen amplify aggravate drive cause maximize gain larger
longer faster worsen heighten intensify double triple outperform exceed surpass improve"""
LESS = """decrease reduce lower impede inhibit suppress delay deactivate prevent impair attenuate diminish less fewer
downregulate block drop decline fall cut shrink weaken hinder mitigate minimize smaller shorter slower limit alleviate
ameliorate protect deplete halve underperform degrade worse abolish curb"""
NEAR = 5  # content words around a direction that tell of what it is said


@dataclass(frozen=True, slots=True)
class Number:
    """A value with its kind of unit ('percent', 'times', 'bit', 'byte', 'time' or ''), and as it is written."""

    value: float
    unit: str
    written: str
    spelled: bool = False

    def meets(self, other: "Number") -> bool:
        """Whether both say the same: equal values, and units where both have one."""
        same = abs(self.value - other.value) <= 1e-9 * max(1.0, abs(self.value))
        return same and (self.unit == other.unit or not self.unit or not other.unit)


@lru_cache(maxsize=20_000)
def numbers(text: str) -> tuple[Number, ...]:
    """The numbers of a text in order, those of a span both with its unit; digits within names are none."""
    text = LATEX.sub("", text)
    found: list[tuple[int, Number]] = []
    spans = {m.start("low"): m for m in SPAN.finditer(text)}
    for one in FIGURE.finditer(text):
        value = float(one["number"].replace(",", "")) * SCALE.get((one["scale"] or "").strip().casefold(), 1.0)
        unit = _unit(text, one.end())
        span = spans.get(one.start("number"))
        if span and not unit:
            unit = _unit(text, span.end("low")) or _unit(text, span.end("high"))
        found.append((one.start(), Number(value, unit, _written(text, one.start(), one.end()))))
    for one in SPELLED.finditer(text):
        if one["half"]:
            found.append((one.start(), Number(50.0, "percent", one[0], spelled=True)))
        elif one["times"]:
            found.append((one.start(), Number(TIMES[one["times"].casefold()], "times", one[0], spelled=True)))
        else:
            scale = SCALE.get((one["scale"] or "").strip(" -").casefold(), 1.0)
            value = WORDS[one["word"].casefold()] * scale
            found.append((one.start(), Number(value, _unit(text, one.end()), one[0], spelled=True)))
    return tuple(number for _, number in sorted(found, key=lambda pair: pair[0]))


def _unit(text: str, at: int) -> str:
    found = UNIT.match(text, at)
    return found.lastgroup or "" if found else ""


def _written(text: str, start: int, end: int) -> str:
    found = UNIT.match(text, end)
    return text[start : found.end() if found else end].strip()


@lru_cache(maxsize=20_000)
def names(text: str) -> tuple[str, ...]:
    """Names in a text, as written: of methods, models, data sets, people and places."""
    return tuple(dict.fromkeys(found.rstrip(".-") for found in NAME.findall(LATEX.sub("", text))))


def squeeze(text: str) -> str:
    """A text without case, spaces and marks."""
    return NO_LETTERS.sub("", text.casefold())


def initials(text: str) -> str:
    """The first letters of the words of a text, which an abbreviation may be made of."""
    return "".join(word[0] for word in WORD.findall(text.casefold()))


@lru_cache(maxsize=20_000)
def words(text: str) -> tuple[str, ...]:
    """The stems of a text in order, stopwords left out but for those that deny or direct."""
    kept = (w.casefold() for w in WORD.findall(text))
    return tuple(stem(w) if not NEGATION.match(w) else w for w in kept if w not in STOPWORDS or w in TELLING)


@lru_cache(maxsize=1)
def opposites() -> dict[str, frozenset[str]]:
    """Each direction's stem with the stems that say the opposite."""
    found: dict[str, set[str]] = {}
    for pair in OPPOSITES:
        left, right = (stem(word) for word in pair.split("/"))
        found.setdefault(left, set()).add(right)
        found.setdefault(right, set()).add(left)
    return {word: frozenset(others) for word, others in found.items()}


TELLING = frozenset("no not nor more most up down with without before after above below over under same".split())


@lru_cache(maxsize=20_000)
def denied(text: str) -> tuple[Scope, Scope]:
    """The stems that a text denies ('without retraining'), and those it says without denying them."""
    sequence = words(FREE.sub(lambda found: f"without {found['what']}", text))
    no: set[str] = set()
    yes: set[str] = set()
    reach = 0
    for word in sequence:
        if NEGATION.match(word):
            reach = REACH
        elif reach:
            no.add(word)
            reach -= 1
        else:
            yes.add(word)
    return frozenset(no), frozenset(yes)


def clash(claim: str, source: str) -> tuple[str, str]:
    """A word of the claim and the opposite that the source says in its place; empty strings where there is none."""
    said, told = words(claim), words(source)
    for place, word in enumerate(said):
        against = opposites().get(word, frozenset()) & set(told)
        if not against:
            continue
        mine = _around(said, place)
        same = max((len(mine & _around(told, at)) for at, w in enumerate(told) if w == word), default=-1)
        other = max((len(mine & _around(told, at)), w) for at, w in enumerate(told) if w in against)
        if other[0] > same and (other[0] > 0 or len(said) < NEAR):
            return _written_as(word, claim), _written_as(other[1], source)
    return "", ""


@lru_cache(maxsize=1)
def _ways() -> tuple[frozenset[str], frozenset[str]]:
    return frozenset(map(stem, MORE.split())), frozenset(map(stem, LESS.split()))


@lru_cache(maxsize=20_000)
def way(text: str) -> int:
    """Whether what a text tells goes up (1) or down (-1); 0 where it tells of both or neither. A denied way counts as
    none."""
    more, less = _ways()
    said = set(words(text)) - denied(text)[0]
    return int(bool(said & more)) - int(bool(said & less))


def turned(claim: str, source: str) -> tuple[str, str]:
    """A word of either that only a prefix turns into one of the other ('inaccurate', 'accurate'); else empty."""
    said, told = set(words(claim)), set(words(source))
    for mine, theirs in ((said, told), (told, said)):
        for word in mine - theirs:
            found = TURNS.match(word)
            bare = word[found.end() :] if found else ""
            if len(bare) >= SHORTEST_TURNED and bare in theirs - mine:
                pair = _written_as(word, claim + " " + source), _written_as(bare, claim + " " + source)
                return pair if mine is said else pair[::-1]
    return "", ""


def _around(sequence: tuple[str, ...], at: int) -> set[str]:
    return set(sequence[max(0, at - NEAR) : at]) | set(sequence[at + 1 : at + 1 + NEAR])


def _written_as(stemmed: str, text: str) -> str:
    return next((w for w in WORD.findall(text) if stem(w.casefold()) == stemmed), stemmed)


def contradiction(claim: str, source: str) -> str:
    """A word that the claim denies and the source says, or the other way round; empty where there is none."""
    (claim_no, claim_yes), (source_no, source_yes) = denied(claim), denied(source)
    denies = (claim_no - claim_yes) & (source_yes - source_no)
    affirms = (claim_yes - claim_no) & (source_no - source_yes)
    either = denies or affirms
    return _written_as(max(either, key=len), claim) if either else ""
