"""From the words of a question to the time its papers are of: 'from 2024', 'since March 2025', 'last month'.

Reads English forms alone: knows no papers. A number is a date only where it can be when papers were published.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ingest.formats.dates import MONTH, MONTHS
from rag.grammar import WORKS

# What a year in front of is counted, not dated ('in 2024 tokens').
COUNTED = (
    r"(?:tokens?|examples?|images?|samples?|steps?|questions?|languages?|gpus?|parameters?|words?|tasks?|times|hours?"
    r"|days?|dimensions?|frames?|pixels?|nodes?|layers?|items?|problems?|instances?|characters?|videos?|users?|episodes?)"
)
YEAR = rf"(?:19[5-9]\d|20\d\d)(?![\w%]|-\d{{1,3}}(?!\d)|[/.]\d|,\d|\s+(?:{COUNTED})\b)"
PLAIN_MONTH = re.sub(r"\?P<\w+>", "?:", MONTH)
DAY = r"(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
SPAN = r"(?:month|year|week)"
MOMENT = (
    r"(?:\d{4}[-/](?:0[1-9]|1[0-2])[-/](?:0[1-9]|[12]\d|3[01])(?!\w)|\d{4}[-/](?:0[1-9]|1[0-2])(?![\w-])"
    rf"|{PLAIN_MONTH}\s+{DAY},?\s+(?:of\s+)?{YEAR}|{DAY}\s+(?:of\s+)?{PLAIN_MONTH},?\s+{YEAR}"
    rf"|{PLAIN_MONTH},?\s+(?:of\s+)?{YEAR}|(?:the\s+year\s+)?{YEAR}"
    rf"|(?:this|last|the\s+(?:last|past|previous)|past|previous)\s+(?:\d+\s+|two\s+|three\s+|few\s+)?{SPAN}s?\b"
    rf"|{PLAIN_MONTH}(?=\W*$|\s+(?:on|about|that|which)\b))"
)
RELATIVE = re.compile(
    rf"(?P<which>this|last|past|previous)\s+(?:(?P<count>\d+|two|three|few)\s+)?(?P<span>{SPAN})s?$", re.IGNORECASE
)
COUNTS = {"two": 2, "three": 3, "few": 3}
PUBLISHED = (
    r"(?:publish\w*|dated|appear(?:ed|ing)?|releas(?:ed|ing)|c[oa]me? out|coming out|submitted|written|posted|uploaded"
    r"|put out|made public|authored)"
)
IS = r"(?:(?:that|which|who)\s+)?(?:(?:were|was|are|is|have been|has been|had been|did|got)\s+)?"
BOUND = {
    "from": r"(?:from|starting(?:\s+(?:in|from))?|beginning\s+in)",
    "in": r"(?:in|of|during|within|throughout)",
    "on": r"on",
    "since": r"(?:since|not\s+before|no\s+earlier\s+than)",
    "after": r"(?:after|later\s+than|newer\s+than|more\s+recent\s+than|past)",
    "before": r"(?:before|prior\s+to|earlier\s+than|older\s+than)",
    "until": r"(?:until|till|up\s+to|through|by|no\s+later\s+than)",
}
DATED = re.compile(
    rf"(?P<says>\b{IS}{PUBLISHED}\s+)?\b(?:"
    rf"(?:between\s+(?P<first>{MOMENT})\s+(?:and|to|-|–)\s+(?P<last>{MOMENT}))"
    rf"|(?:(?:from|in)\s+)?(?P<low>{MOMENT})\s*(?:to|until|till|through|-|–|—)\s*(?P<high>{MOMENT})"
    + "".join(rf"|{words}\s+(?P<{name}>{MOMENT})(?!\s*(?:to|till|-|–)\s*\d)" for name, words in BOUND.items())
    + rf"|(?P<bare>{MOMENT})(?:['’]s)?(?=\s+(?:{WORKS})\b)|(?P<now>(?:this|last)\s+{SPAN})"
    rf"|(?(says)(?P<said>{MOMENT})|(?!)))"
    r"(?P<later>\s+(?:on(?:wards?)?(?!\s+\w)|onwards?|or\s+later|and\s+(?:later|after|newer))\b)?",
    re.IGNORECASE,
)
BARE = re.compile(rf"^\W*(?:(?:and|what|how|about|in)\s+)+(?P<in>{MOMENT})(?P<later>)(?=\W*$)", re.IGNORECASE)
ABOUT_PAPERS = re.compile(
    rf"\b(?:{WORKS}|{PUBLISHED}|anything|something|everything|what(?:'s| is) new|of (?:them|these|those))\b",
    re.IGNORECASE,
)
# What a date can belong to that is not a paper: 'questions from 2024', 'uses ImageNet of 2012'.
DATA = re.compile(
    r"(?:\b(?:data|datasets?|benchmarks?|snapshots?|dumps?|corp(?:us|ora)|news|events?|competitions?|challenges?"
    r"|olympiads?|exams?|elections?|cut-?offs?|knowledge|facts|leaderboards?|questions|problems|prices|documents"
    r"|web ?pages)|\b(?:us(?:e|es|ed|ing)|(?:train|evaluat|test|tun)\w*\s+(?:on|with))\s+(?:[\w-]+\s+){0,2}[\w-]+)\s*$",
    re.IGNORECASE,
)
UNDATED = ("0001", "9998-12-31")  # where no paper has a date to count from; nothing can be picked then
NAMES = "January February March April May June July August September October November December".split()


@dataclass(frozen=True, slots=True)
class Dates:
    """The first and last date asked for, ISO 8601 and maybe partial, empty for no bound; `words` tell them ('August
    2026'), `relative` says they were counted from the newest paper. It stands in the question from `start` to `end`."""

    since: str
    until: str
    words: str
    relative: bool
    start: int
    end: int


def find_dates(question: str, newest: str) -> Dates | None:
    """The time a question asks papers to be of; None where it names none. `newest` is what 'this month' counts from.

    A page of papers is a snapshot: its month is that of its newest paper, whenever it is read, so that the same
    question has the same answer on any day.
    """
    if not ABOUT_PAPERS.search(question):
        return None
    for found in DATED.finditer(question):
        if not found["says"] and not found["bare"] and DATA.search(question[: found.start()]):
            continue
        if dates := _dates(found, newest):
            return dates
    return None


def dates_alone(question: str, newest: str) -> Dates | None:
    """The same of a turn that may be nothing but a date: 'and in 2025?', 'what about 2025?'."""
    found = [dates for one in DATED.finditer(question) if (dates := _dates(one, newest))]
    bare = BARE.search(question)
    return found[0] if found else _dates(bare, newest) if bare else None


def _dates(found: re.Match[str], newest: str) -> Dates | None:
    said = {name: text for name, text in found.groupdict().items() if text and name not in ("says", "later")}
    spans = {name: span for name, text in said.items() if (span := moment(text, newest))}
    if not spans or len(spans) < len(said):
        return None
    low, high = ("first", "last") if "first" in spans else ("low", "high")
    name = next(iter(spans))
    if name == "on" and len(spans[name][0]) < len("2024-08-21"):
        return None  # 'papers on 2024 elections'
    since, until = spans[name]
    if low in spans:
        since, until = spans[low][0], spans[high][1]
    elif name == "since" or found["later"]:
        until = ""
    elif name == "after":
        since, until = _next(until), ""
    elif name == "before":
        since, until = "", _before(since)
    elif name == "until":
        since = ""
    relative = any(RELATIVE.search(text) for text in said.values())
    words = tell(since, until) if newest or not relative else next(iter(said.values()))
    return Dates(since, until, words, relative, found.start(), found.end())


def moment(text: str, newest: str) -> tuple[str, str] | None:
    """The first and last date of what a text names: 'August 2026' is '2026-08' to '2026-08-31'; None where unknown."""
    text = " ".join(text.casefold().replace(",", " ").split())
    if relative := RELATIVE.search(text):
        return _relative(relative, newest)
    if iso := re.match(r"(\d{4})[-/](\d\d)(?:[-/](\d\d))?", text):
        return _span(iso[1], iso[2], iso[3] or "")
    month = re.search(rf"\b{PLAIN_MONTH}(?!\w)", text)
    number = f"{MONTHS.index(month[0][:3]) + 1:02}" if month else ""
    year = re.search(r"\b(?:19|20)\d\d\b", text)
    if not year:  # 'in August' is the latest one
        return _span(str(int(newest[:4]) - (number > newest[5:7])), number, "") if newest else None
    day = re.search(r"\b(\d{1,2})(?:st|nd|rd|th)?\b", text)
    return _span(year[0], number, f"{int(day[1]):02}" if day else "")


def _span(year: str, month: str, day: str) -> tuple[str, str]:
    """A partial date and its last day; 31 does for the last day of any month, since dates are compared as text."""
    since = "-".join(filter(None, (year, month, day)))
    return since, "-".join((year, month or "12", day or "31"))


def _relative(found: re.Match[str], newest: str) -> tuple[str, str] | None:
    if not newest:
        return UNDATED
    day, span, this = _day(newest), found["span"].casefold(), found["which"].casefold() == "this"
    said = (found["count"] or "").casefold()
    count = min(COUNTS.get(said) or int(said or 1) or 1, 1_000)
    if span == "week":
        return (day - timedelta(weeks=count) + timedelta(days=1)).isoformat(), newest
    ahead = day.year * 12 + day.month - 1
    if said or found["which"].casefold() == "past":  # the stretch that ends with the newest paper
        months = ahead - count * (12 if span == "year" else 1) + (span != "year")
        return f"{months // 12:04}-{months % 12 + 1:02}", newest
    if span == "year":
        return _span(str(day.year - (not this)), "", "")
    months = ahead - (not this)
    return _span(f"{months // 12:04}", f"{months % 12 + 1:02}", "")


def _day(text: str) -> date:
    """A date, of a partial one the last day that every month has."""
    parts = text.split("-")
    year, month, day = [*parts, *["12", "28"][len(parts) - 1 :]][:3]
    return date(int(year), int(month), int(day))


def _next(until: str) -> str:
    """The date after a last day: after '2024-12-31' is '2025'."""
    if until.endswith("-12-31"):
        return str(int(until[:4]) + 1)
    if until.endswith("-31"):
        return f"{until[:5]}{int(until[5:7]) + 1:02}"
    return (_day(until) + timedelta(days=1)).isoformat()


def _before(since: str) -> str:
    """The last day before a date: before '2025' is '2024-12-31'."""
    if len(since) == len("2024-08-21"):
        return (_day(since) - timedelta(days=1)).isoformat()
    if len(since) == len("2024-08") and since[5:] != "01":
        return f"{since[:5]}{int(since[5:]) - 1:02}-31"
    return f"{int(since[:4]) - 1:04}-12-31"


def tell(since: str, until: str) -> str:
    """'August 2026', '2024 to March 2025', 'since 2025', 'up to 2024'."""
    if not since or not until:
        return f"since {_spoken(since)}" if since else f"up to {_spoken(_coarse(until))}"
    if since == _coarse(until) or since == until:
        return _spoken(since)
    return f"{_spoken(since)} to {_spoken(_coarse(until))}"


def _coarse(until: str) -> str:
    return until[:4] if until.endswith("-12-31") else until[:7] if until.endswith("-31") else until


def _spoken(day: str) -> str:
    return f"{NAMES[int(day[5:]) - 1]} {day[:4]}" if len(day) == len("2024-08") else day


def without(question: str, spans: Sequence[tuple[int, int]]) -> str:
    """A question with these places taken out and the gap closed."""
    for start, end in sorted(spans, reverse=True):
        question = f"{question[:start].rstrip(' ,;(')} {question[end:].lstrip(' ,;)')}"
    return re.sub(r"\s+([?.!,;])", r"\1", " ".join(question.split())).strip(" ,;")
