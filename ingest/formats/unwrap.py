"""From the lines of a text to its paragraphs: lines that an editor or a mail program wrapped are joined again.

A line was wrapped where the first word of the next one did not fit on it any more. Browsers do not wrap what they
copy, so most pages pass through unchanged.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import groupby, pairwise

from ingest.formats.page_lines import Line, Look, is_prose, is_sentence, is_titled

TEXT = (Look.SHORT, Look.PROSE, Look.LINK)
WIDTHS = range(40, 201)  # characters; whatever wraps lines does so within these
MIN_LINES = 3  # lines that make a wrapped paragraph recognisable by itself
SLACK = 5  # characters by which a line may exceed the width that most lines keep to
WORD = re.compile(r"[^\W\d_][\w'’]{3,}")


def paragraphs(lines: Iterable[Line]) -> Iterator[Line]:
    """The lines with each wrapped paragraph as one line that stands where it began."""
    blocks = [list(block) for _, block in groupby(lines, key=lambda line: line.look in TEXT)]
    wrapped = sorted(_width(block) for block in blocks if any(len(group) >= MIN_LINES for group in _groups(block)))
    width = wrapped[len(wrapped) // 2] if wrapped else 0
    for block in blocks:
        # A title wrapped over two lines shows only against the width of the page's paragraphs.
        groups = _groups(block) if len(block) >= MIN_LINES or not width else _groups(block, width)
        for group in groups:
            yield from _one(group, len(group) >= MIN_LINES or bool(width))


def _one(group: list[Line], sure: bool) -> Iterator[Line]:
    text = " ".join([group[0].text, *(line.plain or line.text for line in group[1:])])
    if len(group) == 1 or not sure:
        yield from group
    else:
        yield Line(group[0].number, text, Look.PROSE if is_prose(text) else Look.SHORT)


def _groups(block: list[Line], width: int = 0) -> list[list[Line]]:
    """The block's lines in groups of those that belong together; each line alone where nothing was wrapped."""
    if block[0].look not in TEXT or (not width and len(block) < MIN_LINES):
        return [[line] for line in block]
    width = width or _width(block)
    if width not in WIDTHS:
        return [[line] for line in block]
    headings = {at for at in range(len(block) - 1) if _is_heading(block, at)}
    groups = [[block[0]]]
    for at, (line, following) in enumerate(pairwise(block)):
        full = (
            width <= len(line.text) + 1 + len(following.text.split(maxsplit=1)[0]) and len(line.text) <= width + SLACK
        )
        if full and at not in headings and at + 1 not in headings:
            groups[-1].append(following)
        else:
            groups.append([following])
    return groups


def _width(block: list[Line]) -> int:
    return sorted(len(line.text) for line in block)[len(block) * 9 // 10]


def _is_heading(block: list[Line], at: int) -> bool:
    """Whether a line can only be a title, however full it is: capitalised words between two sentences."""
    line, following = block[at].text, block[at + 1].text
    if (at and not is_sentence(block[at - 1].text)) or not following[0].isupper() or not is_titled(line):
        return False
    words = WORD.findall(line)
    return len(block) > MIN_LINES and 4 * sum(word[0].isupper() for word in words) >= 3 * len(words) > 0
