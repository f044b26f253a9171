"""Numbers in a sentence as values with units, bounds and what they count, so that '2.6x' equals '2.6 times'.

Reads one sentence; knows no other.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from ingest.words import STOPWORDS, stem

SMALL = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen".split()
WORDS = {word: float(value) for value, word in enumerate(SMALL)} | {
    "twenty": 20.0,
    "thirty": 30.0,
    "forty": 40.0,
    "fifty": 50.0,
    "hundred": 100.0,
}
# Words that are a number and its unit at once.
WHOLE = {
    "twice": (2.0, "×"),
    "double": (2.0, "×"),
    "doubles": (2.0, "×"),
    "doubled": (2.0, "×"),
    "doubling": (2.0, "×"),
    "thrice": (3.0, "×"),
    "triple": (3.0, "×"),
    "triples": (3.0, "×"),
    "tripled": (3.0, "×"),
    "tripling": (3.0, "×"),
    "quadruple": (4.0, "×"),
    "quadruples": (4.0, "×"),
    "tenfold": (10.0, "×"),
    "half": (50.0, "%"),
    "halve": (50.0, "%"),
    "halves": (50.0, "%"),
    "halved": (50.0, "%"),
    "halving": (50.0, "%"),
    "dozen": (12.0, ""),
}
SCALES = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
# What may stand behind a number, the unit it is kept in, and how many of those it is.
UNITS: Sequence[tuple[str, str, float]] = (
    (r"percentage[- ]points?\b|points?\b|pp\b", "points", 1),
    (r"%|percent\b|per cent\b", "%", 1),
    (r"[xX×](?!\w)(?!\s?\d)|times\b(?! per)|fold\b", "×", 1),
    (r"bits?\b", "bit", 1),
    (r"[Tt]i?B\b|terabytes?\b", "bytes", 1e12),
    (r"[Gg]i?B\b|gigabytes?\b", "bytes", 1e9),
    (r"[Mm]i?B\b|megabytes?\b", "bytes", 1e6),
    (r"[Kk]i?B\b|kilobytes?\b", "bytes", 1e3),
    (r"ms\b|milliseconds?\b|msec\b", "s", 1e-3),
    (r"[µμ]s\b|microseconds?\b", "s", 1e-6),
    (r"s\b|secs?\b|seconds?\b", "s", 1),
    (r"min\b|mins\b|minutes?\b", "s", 60),
    (r"h\b|hrs?\b|hours?\b", "s", 3600),
    (r"days?\b", "s", 86400),
    (r"weeks?\b", "s", 7 * 86400),
    (r"(?:US )?dollars?\b|USD\b", "$", 1),
    (r"cents?\b", "$", 0.01),
    (r"dB\b", "dB", 1),
    (r"fps\b|FPS\b|frames per second\b", "fps", 1),
)
UNIT = re.compile("|".join(f"(?P<u{n}>{pattern})" for n, (pattern, _, _) in enumerate(UNITS)))
NUMBER = re.compile(
    r"(?P<money>[$€£]\s?)?(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|(?<!\d)\.\d+)(?!\d)"
    r"|\b(?P<word>" + "|".join([*WORDS, *WHOLE]) + r"|an order of magnitude)\b",
    re.IGNORECASE,
)
ORDERS = re.compile(r"orders? of magnitude", re.IGNORECASE)
SCALE = re.compile(r"[ -]?(?:(?P<letter>[kKMBT])(?![\w])|(?P<word>(?i:thousand|million|billion|trillion))s?\b)")
JOINED = re.compile(r"\d\S*\s?(?:-|–|—|--|x|×|to|and|or)\s?$")  # '6-8 times', '10 to 20%', '512x512'
RANGE = re.compile(r"\s?(?:-|–|—|--|\bto\b|\band\b|\bor\b)\s?(?=[$€£]?\d)")
MOST = re.compile(
    r"(?:up to|at most|no more than|less than|fewer than|lower than|smaller than|below|under|within|as much as"
    r"|as many as|as high as|maximum of|not exceeding|[<≤])\s*(?:an? |the |about |~)?$",
    re.IGNORECASE,
)
LEAST = re.compile(
    r"(?:at least|no less than|more than|greater than|higher than|larger than|over|above|exceeding|exceeds?"
    r"|upwards of|in excess of|beyond|minimum of|[>≥])\s*(?:an? |the |about |~)?$",
    re.IGNORECASE,
)
UP_TO = re.compile(r"up to|as (?:much|many|high) as|maximum", re.IGNORECASE)
NEAR = re.compile(r"(?:about|around|approximately|roughly|nearly|almost|some|close to|circa|[~≈])\s*$", re.IGNORECASE)
BY_OR_TO = re.compile(
    r"\b(by|(?<!up )to|from)\s+(?:(?:up to|about|around|over|nearly|only|just|more than|at least)\s+)?[~$]?$"
)
LATEX_NUMBER = re.compile(r"\$([~<>≤≥]?\d[\d.,]*\s?[×%]?|×)\$")
DECIMAL_COMMA = re.compile(r"(?<![\d.,])(\d{1,3}),(\d{1,2})(?![\d,])")  # '38,2 %', as much of the world writes it
NAMED = re.compile(r"(?:[A-Za-zα-ω]|[A-Za-z][-_./]|\d[-.][A-Z]?|[A-Z]\d*-)$")  # before a digit that is part of a name
PRONOUN = re.compile(r"\s+(?:is|are|was|were|have|can|do|may|will)\b")
ORDINAL = re.compile(r"(?:st|nd|rd|th)\b")
COUNTED = 3  # words behind a number among which the thing it counts stands


class Bound(StrEnum):
    """Which side of the number the truth lies on."""

    EXACT = ""
    UP_TO = "up to"
    LESS = "less than"
    MORE = "more than"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in the base of its unit ('%', '×', 'bit', 'bytes', 's', '$', …; '' where it counts things).

    `relation` is 'by', 'to' or 'from' where that word leads up to it; `things` are stems of the words behind it.
    """

    value: float
    unit: str
    written: str
    start: int
    bound: Bound = Bound.EXACT
    near: bool = False
    relation: str = ""
    things: frozenset[str] = frozenset()


def plain(text: str) -> str:
    """Text with the signs of LaTeX and the spaces of typesetters written as plain ones."""
    text = re.sub(r"\s?\\times\b", "×", text.replace("\\%", "%").replace("{,}", ","))
    text = DECIMAL_COMMA.sub(r"\1.\2", re.sub("[\u00a0\u2009\u202f\u2008]", " ", text))
    return LATEX_NUMBER.sub(r"\1", text).replace("−", "-").replace("‑", "-")


@lru_cache(maxsize=20_000)
def read_quantities(text: str, *, inside_names: bool = False) -> tuple[Quantity, ...]:
    """The numbers of a plain text in its order; with `inside_names` also those of 'LLaMA-7B' and 'H100'."""
    found: list[Quantity] = []
    for match in NUMBER.finditer(text):
        before = text[max(0, match.start() - 40) : match.start()]
        named = bool(match["digits"]) and bool(NAMED.search(before)) and not JOINED.search(before)
        if (named and not inside_names) or (match["digits"] and ORDINAL.match(text, match.end())):
            continue
        if match["word"] and PRONOUN.match(text, match.end()) and before.casefold().endswith("the "):  # 'the two are'
            continue
        quantity = _read(match, text, before)
        if quantity and not (quantity.value <= 1 and match["word"] and not quantity.unit):  # 'one of the', 'zero-shot'
            found.append(quantity)
    return tuple(found)


def _read(match: re.Match[str], text: str, before: str) -> Quantity | None:
    end, unit, factor, scaled = match.end(), "", 1.0, False
    lowered = (match["word"] or "").casefold()
    if lowered == "an order of magnitude":
        value, unit = 10.0, "×"
    elif lowered in WHOLE:
        value, unit = WHOLE[lowered]
    else:
        value = WORDS[lowered] if lowered else float(match["digits"].replace(",", ""))
        end, factor, scaled = _scale(text, end)
        after = end
        if not scaled and (ahead := RANGE.match(text, end)) and (other := NUMBER.match(text, ahead.end())):
            after, factor, _ = _scale(text, other.end())  # '6-8 times' is 6 times and 8 times
        if ORDERS.match(text, _skip(text, after)):
            value, unit = 10.0**value, "×"
        elif behind := UNIT.match(text, _skip(text, after)):
            _, unit, times = UNITS[int(str(behind.lastgroup)[1:])]
            factor *= times
            end = behind.end() if after == end else end
    if match["money"]:
        unit = "$"
    most, least = MOST.search(before), LEAST.search(before)
    bound = Bound.UP_TO if most and UP_TO.search(most[0]) else Bound.LESS if most else Bound.EXACT
    relation = BY_OR_TO.search(before)
    return Quantity(
        value * factor,
        unit,
        text[match.start() : end].strip(),
        match.start(),
        Bound.MORE if least else bound,
        bool(NEAR.search(before)),
        relation[1] if relation else "",
        _things(text[end : end + 60]),
    )


def _scale(text: str, end: int) -> tuple[int, float, bool]:
    """Where a number ends with 'K' or ' million' behind it, and what that multiplies it by."""
    found = SCALE.match(text, end)
    if not found:
        return end, 1.0, False
    return found.end(), SCALES[(found["letter"] or found["word"]).casefold()], True


def _skip(text: str, at: int) -> int:
    return at + 1 if text[at : at + 1] in (" ", "-") else at


def _things(after: str) -> frozenset[str]:
    clause = re.split(r"[,;:.()]|\b(?:and|while|with|on|in|for|to|of|from|by|than|over|across|as|at|per)\b", after)[0]
    words = [word for word in re.findall(r"[^\W\d_]+", clause.casefold()) if word not in STOPWORDS]
    return frozenset(stem(word) for word in words[:COUNTED])


def same_unit(a: Quantity, b: Quantity) -> bool:
    """Whether two numbers may be of one unit; a bare one that counts nothing may be of any."""
    return a.unit == b.unit or (not a.unit and not a.things) or (not b.unit and not b.things)


def equal(a: Quantity, b: Quantity) -> bool:
    return same_unit(a, b) and math.isclose(a.value, b.value, rel_tol=1e-9)


def rounded(a: Quantity, b: Quantity) -> bool:
    """Whether `a` is `b` with fewer digits, as '65%' is of '65.3%'."""
    if not same_unit(a, b) or not b.value:
        return False
    digits = len(re.sub(r"\D", "", a.written).strip("0")) or 1
    if a.unit != b.unit or digits >= len(re.sub(r"\D", "", b.written).strip("0")):
        return False
    return math.isclose(a.value, float(f"{b.value:.{digits}g}"), rel_tol=1e-9) or math.isclose(
        a.value, math.floor(b.value), rel_tol=1e-9
    )
