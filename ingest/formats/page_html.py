"""From a saved Daily Papers web page to papers. Reads the data the page carries for its script, not its markup.

No HTML parser: the standard one takes quadratic time on broken markup, and one attribute is all that is needed.
"""

import html
import re
from collections.abc import Iterator
from itertools import islice

from ingest.errors import SourceError
from ingest.formats import Records
from ingest.formats.daily_api import read_json

MAX_ELEMENTS = 20  # elements looked at; a page has one
MAX_ATTRIBUTES = 100  # attributes looked at of one element; it has three
TARGET = re.compile(r"""data-target\s*+=\s*+(?:"DailyPapers"|'DailyPapers')""", re.IGNORECASE)
ATTRIBUTE = re.compile(r"""\s*+([^\s=<>"'/]++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++)))?""")
ADVICE = "save the page https://huggingface.co/papers as HTML, or copy its text"


def read_html(text: str) -> Records:
    """The papers in the `data-props` of the page's DailyPapers elements; raises SourceError where there are none."""
    found = list(_data(text))
    if not found:
        raise SourceError(f"a web page, but not one of Daily Papers; {ADVICE}")
    for value in found:
        try:
            props = html.unescape(value)
        except ValueError:  # a character reference of more than 4,300 digits
            raise SourceError(f"the web page's data is damaged; {ADVICE}") from None
        yield from read_json(props)


def _data(text: str) -> Iterator[str]:
    for target in islice(TARGET.finditer(text), MAX_ELEMENTS):
        value = _after(text, target.end()) or _before(text, target.start())
        if value:
            yield value


def _after(text: str, at: int) -> str:
    for _ in range(MAX_ATTRIBUTES):
        attribute = ATTRIBUTE.match(text, at)
        if not attribute:
            break
        if attribute[1].lower() == "data-props":
            return attribute[2] or attribute[3] or ""
        at = attribute.end()
    return ""


def _before(text: str, end: int) -> str:
    start = text.rfind("data-props", 0, end)
    attribute = ATTRIBUTE.match(text, start) if start >= 0 else None
    # Between the two only other attributes may stand, or they belong to different elements.
    if not attribute or not attribute[2] or ">" in text[attribute.end() : end]:
        return ""
    return attribute[2]
