"""Figures in a text as values with units, so that '2.6x' equals '2.6 times'."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from ingest.words import STOPWORDS

SCALES = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
# Numbers in words, with the unit that some have in them; a writer may put a figure for any of them.
WORDS = {
    w: (float(n), "")
    for n, w in enumerate("zero one two three four five six seven eight nine ten eleven twelve".split())
}
WORDS |= {"twenty": (20, ""), "fifty": (50, ""), "hundred": (100, ""), "half": (50, "%"), "dozen": (12, "")}
WORDS |= dict.fromkeys(("twice", "double", "doubles", "doubled", "doubling"), (2, "×"))
WORDS |= dict.fromkeys(("thrice", "triple", "triples", "tripled", "tripling"), (3, "×"))
WORDS |= {
    "halve": (50, "%"),
    "halves": (50, "%"),
    "halved": (50, "%"),
    "tenfold": (10, "×"),
    "an order of magnitude": (10, "×"),
}
OF = r"(?:[A-Z]\w{1,5}[- ])?"  # 'GPU' in '1200 GPU hours'
# What may stand behind a number, the unit it is kept in, and how many of those it is.
UNITS: Sequence[tuple[str, str, float]] = (
    (r"percentage[- ]points?\b|points?\b|pp\b", "points", 1),
    (r"%|percent\b|per cent\b", "%", 1),
    (r"[xX×](?!\w)(?!\s?\d)|times\b(?! per)|fold\b", "×", 1),
    (r"[Kk]i?bits?\b|[Kk]ilobits?\b", "bit", 1e3),
    (r"Mi?bits?\b|[Mm]egabits?\b", "bit", 1e6),
    (r"Gi?bits?\b|[Gg]igabits?\b", "bit", 1e9),
    (r"bits?\b", "bit", 1),
    (r"[Tt]i?B\b|terabytes?\b", "bytes", 1e12),
    (r"[Gg]i?B\b|gigabytes?\b", "bytes", 1e9),
    (r"[Mm]i?B\b|megabytes?\b", "bytes", 1e6),
    (r"[Kk]i?B\b|kilobytes?\b", "bytes", 1e3),
    (r"ms\b|milliseconds?\b|msec\b", "s", 1e-3),
    (r"[µμ]s\b|microseconds?\b", "s", 1e-6),
    (r"s\b|secs?\b|seconds?\b", "s", 1),
    (rf"mins?\b|{OF}minutes?\b", "s", 60),
    (rf"h\b|hrs?\b|{OF}hours?\b", "s", 3600),
    (rf"{OF}days?\b", "s", 86400),
    (rf"{OF}weeks?\b", "s", 7 * 86400),
    (r"(?:US )?dollars?\b|USD\b", "$", 1),
    (r"cents?\b", "$", 0.01),
    (r"dB\b", "dB", 1),
    (r"fps\b|FPS\b|frames per second\b", "fps", 1),
)
UNIT = re.compile("|".join(f"(?P<u{n}>{pattern})" for n, (pattern, _, _) in enumerate(UNITS)))
NUMBER = re.compile(
    r"(?P<money>[$€£]\s?)?(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|(?<!\d)\.\d+)(?!\d)"
    rf"|\b(?P<word>{'|'.join(WORDS)})\b",
    re.IGNORECASE,
)
SCALE = re.compile(r"[ -]?(?:(?P<letter>[kKMBT])(?![\w])|(?P<word>(?i:thousand|million|billion|trillion))s?\b)")
JOINED = re.compile(r"\d\S*\s?(?:-|–|—|--|x|×|to|and|or)\s?$")  # '6-8 times', '10 to 20%', '512x512'
RANGE = re.compile(r"\s?(?:-|–|—|--|\bto\b|\band\b|\bor\b)\s?(?=[$€£]?\d)")
SIGNS = re.compile(r"\s?\\times\b|\\%|\{,\}|[\u00a0\u2009\u202f\u2008−‑]|\$([~<>≤≥]?\d[\d.,]*\s?[×%]?|×)\$")
WRITTEN = {"\\%": "%", "{,}": ",", "−": "-", "‑": "-"}
ORDERS = ("order of magnitude", "orders of magnitude")
DECIMAL_COMMA = re.compile(r"(?<![\d.,])(\d{1,3}),(\d{1,2})(?![\d,])")  # '38,2 %', as much of the world writes it
NAMED = re.compile(r"(?:[A-Za-zα-ω]|[A-Za-z][-_./]|\d[-.][A-Z]?|[A-Z]\d*-)$")  # before a digit that is part of a name
BEHIND = re.compile(r"[ -]?([^\W\d_]+)")


@dataclass(frozen=True, slots=True)
class Figure:
    """A number in the base of its unit ('%', '×', 'bit', 'bytes', 's', '$', …; '' for none), as it is written, and
    whether a word behind it says what it counts."""

    value: float
    unit: str
    written: str
    counts: bool = False


def plain(text: str) -> str:
    """Text with the signs of LaTeX and the spaces of typesetters written as plain ones."""

    def sign(found: re.Match[str]) -> str:
        return found[1] or WRITTEN.get(found[0]) or ("×" if "times" in found[0] else " ")

    once = SIGNS.sub(sign, text)
    return DECIMAL_COMMA.sub(r"\1.\2", SIGNS.sub(sign, once))


@lru_cache(maxsize=20_000)
def read_figures(text: str, *, inside_names: bool = False) -> tuple[Figure, ...]:
    """The figures of a plain text in its order; with `inside_names` also those of 'LLaMA-7B' and 'H100'."""
    found: list[Figure] = []
    for match in NUMBER.finditer(text):
        before = text[max(0, match.start() - 40) : match.start()]
        named = bool(match["digits"]) and bool(NAMED.search(before)) and not JOINED.search(before)
        ordinal = match["digits"] and text[match.end() : match.end() + 2] in ("st", "nd", "rd", "th")
        if (named and not inside_names) or ordinal:
            continue
        figure = _read(match, text)
        if not (match["word"] and figure.value <= 1):  # 'one of the', 'zero-shot'
            found.append(figure)
    return tuple(found)


@lru_cache(maxsize=20_000)
def figures_of(text: str) -> tuple[Figure, ...]:
    """All figures of a text, those inside names as well."""
    straight = plain(text)
    return (*read_figures(straight), *read_figures(straight, inside_names=True))


def _read(match: re.Match[str], text: str) -> Figure:
    end, factor = match.end(), 1.0
    if match["word"]:
        value, unit = WORDS[match["word"].casefold()]
    else:
        value, unit = float(match["digits"].replace(",", "")), ""
    if not unit:
        end, factor, scaled = _scale(text, end)
        after = end
        if not scaled and (ahead := RANGE.match(text, end)) and (other := NUMBER.match(text, ahead.end())):
            after, factor, _ = _scale(text, other.end())  # '6-8 times' is 6 times and 8 times
        behind = after + 1 if text[after : after + 1] in (" ", "-") else after
        if text[behind : behind + 20].lower().startswith(ORDERS):
            value, unit = 10.0**value, "×"
        elif found := UNIT.match(text, behind):
            _, unit, times = UNITS[int(str(found.lastgroup)[1:])]
            factor *= times
            end = found.end() if after == end else end
    if match["money"]:
        unit = "$"
    word = BEHIND.match(text, end)
    counts = bool(word) and word[1].casefold() not in STOPWORDS if word else False
    return Figure(value * factor, unit, text[match.start() : end].strip(), counts)


def _scale(text: str, end: int) -> tuple[int, float, bool]:
    """Where a number ends with 'K' or ' million' behind it, and what that multiplies it by."""
    found = SCALE.match(text, end)
    if not found:
        return end, 1.0, False
    return found.end(), SCALES[(found["letter"] or found["word"]).casefold()], True


def same_unit(a: Figure, b: Figure) -> bool:
    """Whether two figures may be of one unit; a bare one that counts nothing may be of any."""
    return a.unit == b.unit or not (a.unit or a.counts) or not (b.unit or b.counts)


def equal(a: Figure, b: Figure) -> bool:
    return same_unit(a, b) and math.isclose(a.value, b.value, rel_tol=1e-9)


def rounded(a: Figure, b: Figure) -> bool:
    """Whether `a` is `b` with fewer digits, as '65%' is of '65.3%'."""
    digits = len(re.sub(r"\D", "", a.written).strip("0")) or 1
    if a.unit != b.unit or not b.value or digits >= len(re.sub(r"\D", "", b.written).strip("0")):
        return False
    return any(
        math.isclose(a.value, cut, rel_tol=1e-9) for cut in (float(f"{b.value:.{digits}g}"), math.floor(b.value))
    )
