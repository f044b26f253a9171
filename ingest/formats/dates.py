"""From the ways dates are written to YYYY-MM-DD, or YYYY or YYYY-MM where no more is said; nothing is ever guessed."""

import re
from datetime import date

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
WEEKDAY = r"(?:(?:mon|tue|tues|wed|wednes|thu|thur|thurs|fri|sat|satur|sun)(?:day)?\.?,?\s+)?"
DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
YEAR = r"(?P<year>\d{4})"
# 2024-07-28, 2024/7/28, 20240728, each with or without a time of day after it
NUMERIC = re.compile(
    r"(?P<year>\d{4})(?:(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})|(\d\d)(\d\d))(?!\d)"
)
# Jul 28 | July 28th, 2024 | Sun, Jul 28 2024
MONTH_FIRST = re.compile(rf"{WEEKDAY}{MONTH}\s+{DAY}(?:(?:,\s*|\s+){YEAR})?(?!\w)", re.IGNORECASE)
# 28 July | 28 Jul 2024 | Sun, 28 Jul 2024
DAY_FIRST = re.compile(rf"{WEEKDAY}{DAY}\s+{MONTH}(?:,?\s+{YEAR})?(?!\w)", re.IGNORECASE)
# 2024, 2024-07, 2024/7 | July 2024
PARTIAL = re.compile(r"(?P<year>[12]\d{3})(?:[-/.](?P<month>\d{1,2}))?")
MONTH_ALONE = re.compile(rf"{MONTH},?\s+{YEAR}", re.IGNORECASE)
LONGEST = 60  # characters of a date with weekday, time and zone


def iso_date(value: object) -> str:
    """The day, month or year that a date field names, empty where it names none. A time of day after it is ignored."""
    if not isinstance(value, str) or len(value) > LONGEST:
        return ""
    value = value.strip()
    found = NUMERIC.match(value) or MONTH_FIRST.match(value) or DAY_FIRST.match(value)
    if found:
        return _iso(found)
    found = PARTIAL.fullmatch(value) or MONTH_ALONE.fullmatch(value)
    return _iso_month(found["year"], found["month"]) if found else ""


def date_heading(line: str) -> str | None:
    """The day named by a line that holds nothing else: YYYY-MM-DD, empty without a year, None for other lines."""
    if len(line) > LONGEST:
        return None
    found = NUMERIC.fullmatch(line) or MONTH_FIRST.fullmatch(line) or DAY_FIRST.fullmatch(line)
    return _iso(found) if found else None


def _iso(found: re.Match[str]) -> str:
    year, month, day = found["year"], found["month"], found["day"]
    if not month:
        month, day = found[5], found[6]
    try:
        return date(int(year or 0), _number(month), int(day)).isoformat()
    except ValueError:
        return ""


def _iso_month(year: str, month: str | None) -> str:
    if month is None:
        return year
    number = _number(month)
    return f"{year}-{number:02}" if 1 <= number <= 12 else ""


def _number(month: str) -> int:
    return int(month) if month.isdigit() else MONTHS.index(month[:3].lower()) + 1
