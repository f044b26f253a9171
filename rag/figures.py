"""Numbers in a sentence: what counts as one, of which unit, and how near it stands to a word."""

import re
from collections.abc import Sequence

from ingest.words import WORD, stem

# A number that counts or measures, not one within a name ('Qwen2.5-VL-7B', '3D').
VALUE = re.compile(
    r"(?<![\w.\-])[$€]?\d[\d.,]*(?:(?:-|–|--)\d[\d.,]*)?"
    r"(?:\s?\\?%|[x×]|[kKMBT]|[KMGT]B|ms|s|h|times)?(?:-[a-z]+|(?![\w-]))"
    r"|\b(?:two|three|four|five|six|seven|eight|nine|ten|half|twice|doubl\w+|third|million|thousand|hundreds?|billion"
    r"|orders? of magnitude|halv\w+|triples?)\b",
    re.IGNORECASE,
)
UNITS = {
    "money": re.compile(r"[$€£]\s?\d|\d\s*(?:dollars|usd|euros?|cents)|\bcosts?\b", re.IGNORECASE),
    "time": re.compile(
        r"\d\s*(?:ms|s|milliseconds?|seconds?|minutes?|hours?|days?|weeks?|GPU|fps)\b"
        r"|\b(?:speed\w*|faster|latency|slow\w*|time)\b",
        re.IGNORECASE,
    ),
}
FAR = 30  # words between two that have nothing to do with one another


def words_between(text: str, asked: Sequence[str]) -> int:
    """How many words a number of a sentence stands from one of these stems, at the least."""
    starts = [found.start() for found in WORD.finditer(text)]
    places = [i for i, found in enumerate(WORD.finditer(text)) if stem(found[0].casefold()) in asked]
    values = [sum(start <= found.start() + 1 for start in starts) - 1 for found in VALUE.finditer(text)]
    return min((abs(a - b) for a in places for b in values), default=FAR)
