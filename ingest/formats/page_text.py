"""From the text of a Daily Papers page, as a browser copies it, to papers.

Decides by what lines look like, not by where they stand: an abstract is prose, its title the short line before it,
and a line that is neither is page furniture.
"""

import re
from dataclasses import dataclass, field
from itertools import pairwise

from ingest.errors import SourceError
from ingest.formats import Records
from ingest.formats.dates import date_heading
from ingest.formats.fields import NO_ABSTRACT, checked_paper
from ingest.formats.page_lines import PROSE_SIZE, Line, Look, is_name, is_sentence, is_titled, names_in, read_line
from ingest.formats.unwrap import paragraphs
from ingest.paper import Unreadable

LINE_END = re.compile(r"\r\n?|\n|\u2028|\u2029")
MAX_LINES = 200_000  # lines of a page; 20,000 papers with ten lines each
SHORT_ABSTRACT = 80  # characters of one sentence that can be a whole abstract


def read_page(text: str) -> Records:
    """The papers of the page in their order; a title or an abstract left alone is Unreadable.

    A date heading holds for the papers after it; without a year their date stays empty.
    """
    page = _Page()
    raw_lines = LINE_END.split(text)
    if len(raw_lines) > MAX_LINES:
        raise SourceError(f"a page of {len(raw_lines):,} lines, more than {MAX_LINES:,}; split it")
    all_lines = paragraphs(read_line(number, raw) for number, raw in enumerate(raw_lines, 1))
    lines = [line for line in all_lines if line.look not in (Look.BLANK, Look.FURNITURE, Look.LINK)]
    for line, following in pairwise([*lines, None]):
        if line is not None:
            yield from page.take(line, following)
    yield from page.close()


@dataclass(slots=True)
class _Page:
    """What has been seen since the last finished paper."""

    date: str = ""
    shorts: list[Line] = field(default_factory=list)
    authors: list[str] = field(default_factory=list)
    listing: bool = False  # a heading "Authors" was seen, and names follow line by line
    title: Line | None = None
    abstract: list[str] = field(default_factory=list)

    def take(self, line: Line, following: Line | None) -> Records:
        if self._is_abstract(line, following):
            if self.shorts or self.title is None:
                yield from self._begin(line)
            self.abstract.append(line.text)
        elif line.look is Look.AUTHORS:
            self.authors += re.split(r",|;|\band\b", line.text) if self.shorts else []
            self.listing = bool(self.shorts) and not line.text
        elif self.listing and is_name(line.text):
            self.authors.append(line.text)
        elif line.look is Look.DATE:
            yield from self.close()
            self.date = date_heading(line.text) or ""
        elif self._continues(line, following):
            self.abstract.append(line.text)
        else:
            yield from self._finish()
            self.shorts.append(line)

    def close(self) -> Records:
        """What a date heading or the end of the page completes."""
        yield from self._finish()
        yield from self._left_alone(self.shorts)
        self.shorts, self.authors = [], []

    def _continues(self, line: Line, following: Line | None) -> bool:
        """A short line after an abstract belongs to it if it ends as a sentence and is not itself a title."""
        if not self.abstract or self.shorts or line.look is Look.TITLE:
            return False
        return is_sentence(line.text) and not (following and (following.look is Look.PROSE or names_in(following.text)))

    def _is_abstract(self, line: Line, following: Line | None) -> bool:
        """Whether prose is not a long title after all, or a lone sentence is the abstract of the title before it."""
        before_prose = bool(following and following.look is Look.PROSE)
        if line.look is Look.PROSE:
            long_title = len(line.text) < PROSE_SIZE <= len(following.text if following else "")
            return not (long_title and before_prose and not self.shorts)
        after_title = bool(self.shorts) and is_titled(self.shorts[-1].text) and not is_sentence(self.shorts[-1].text)
        alone = line.look is Look.SHORT and len(line.text) >= SHORT_ABSTRACT and line.text.endswith(".")
        return alone and after_title and not before_prose

    def _begin(self, line: Line) -> Records:
        yield from self._finish()
        self.listing = False
        self.title = self._choose_title()
        place = self.shorts.index(self.title) if self.title else 0
        yield from self._left_alone(self.shorts[:place])
        for later in self.shorts[place + 1 :]:
            self.authors += names_in(later.text)
        self.shorts = []
        if self.title is None:
            self.title = Line(line.number, "", Look.SHORT)

    def _choose_title(self) -> Line | None:
        """The short line nearest the abstract that has a title's shape and is no list of names; else the nearest."""
        named = [line for line in self.shorts if line.look is Look.TITLE]
        if named or not self.shorts:
            return named[-1] if named else None
        others = [line for line in self.shorts if not names_in(line.text)]
        titled = [line for line in others if is_titled(line.text)]
        named_titles = [line for line in self.shorts if is_titled(line.text)]
        return (titled or named_titles or others or self.shorts)[-1]

    def _finish(self) -> Records:
        if self.title is not None:
            abstract = " ".join(self.abstract)
            yield checked_paper(
                f"line {self.title.number}", self.title.text, abstract, authors=self.authors, date=self.date
            )
            self.authors = []
        self.title, self.abstract = None, []

    @staticmethod
    def _left_alone(shorts: list[Line]) -> Records:
        for line in shorts:
            if line.look is Look.TITLE or (is_titled(line.text) and not is_sentence(line.text)):
                yield Unreadable(f"line {line.number}", NO_ABSTRACT)
