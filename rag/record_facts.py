"""Answers from the records of papers: who wrote one, when it is dated, where its page is, which of several is newest.

Says in plain words what a record has, or that it has none; reads no question and no abstract.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from ingest.authors import answers_to
from ingest.names import short_name
from ingest.paper import Paper, span_of
from rag.names import listed
from rag.record_wishes import Wish, picks

MOST_PROLIFIC = 5
MOST_NAMES, CUT_TO = 10, 8  # authors named in full, and how many of more
NOTE = "From the record of the paper, not from its abstract."
NOTE_MANY = "From the records of the papers, not from their abstracts."
NOTE_NAMES = f"{NOTE_MANY} Counted by name: people who share one are told as one."
MISSING = {
    Wish.AUTHORS: "authors",
    Wish.HOW_MANY: "authors",
    Wish.FIRST_AUTHOR: "authors",
    Wish.LINK: "link",
}  # anything else is its date


@dataclass(frozen=True, slots=True)
class Told:
    """What the record says in plain words; `lacks` is true where it has nothing of what was asked."""

    words: str
    note: str
    lacks: bool


def tell_records(wishes: Sequence[Wish], papers: Sequence[Paper], asked: Sequence[str] = ()) -> Told:
    """What the records of these papers say; `asked` are authors of whom it is asked whether they wrote them."""
    if picks(wishes) and len(papers) > 1:
        return _tell_pick(Wish.OLDEST if Wish.OLDEST in wishes else Wish.NEWEST, wishes, papers)
    told = [_tell(wishes, paper, asked) for paper in papers]
    lines = [words for words, _ in told]
    words = lines[0] if len(lines) == 1 else "\n".join(f"- {line}" for line in lines)
    return Told(words, NOTE if len(papers) == 1 else NOTE_MANY, all(lacks for _, lacks in told))


def tell_prolific(authors: Iterable[Sequence[str]], where: str) -> Told:
    """Who wrote the most papers, counted by name; `authors` are those of each paper, `where` says which papers."""
    counts = Counter(_safe(name) for names in authors for name in dict.fromkeys(names))
    if not counts:
        return Told(f"The page gives no authors for the papers {where}.", NOTE_MANY, True)
    most = [f"{name} ({count:,} paper{'s' * (count > 1)})" for name, count in counts.most_common(MOST_PROLIFIC)]
    return Told(f"Of {len(counts):,} authors {where}, those of the most papers are {listed(most)}.", NOTE_NAMES, False)


def _tell_pick(wish: Wish, wishes: Sequence[Wish], papers: Sequence[Paper]) -> Told:
    dated = sorted((paper for paper in papers if paper.date), key=lambda paper: paper.date)
    if not dated:
        return Told(f"The page gives no dates for {listed([_name(paper) for paper in papers])}.", NOTE_MANY, True)
    ordered = dated if wish is Wish.OLDEST else dated[::-1]
    best = [paper for paper in ordered if paper.date == ordered[0].date]
    rest = [f"{_name(paper)} {paper.date}" for paper in ordered[len(best) :]]
    verb = "is" if len(best) == 1 else "are"
    words = f"{listed([_name(paper) for paper in best])}, dated {best[0].date}, {verb} the {wish} of the {len(papers)}"
    words += f"; the {'other is' if len(rest) == 1 else 'others are'} {listed(rest)}." if rest else "."
    first, last = span_of(best[0].date)
    spans = ((_name(paper), span_of(paper.date)) for paper in ordered[len(best) :])
    unsure = [name for name, (a, b) in spans if (a < last if wish is Wish.OLDEST else b > first)]
    if unsure:  # where a year is all that is known
        words += f" {listed(unsure)} may be {'older' if wish is Wish.OLDEST else 'newer'}: not every date names a day."
    if missing := [_name(paper) for paper in papers if not paper.date]:
        words += f" The page gives no date for {listed(missing)}."
    more = [one for one in wishes if one not in (Wish.NEWEST, Wish.OLDEST, Wish.DATE)]
    words += f" {_tell(more, best[0], ())[0]}" if more else ""
    return Told(words, NOTE_MANY, False)


def _tell(wishes: Sequence[Wish], paper: Paper, asked: Sequence[str]) -> tuple[str, bool]:
    """One paper's record in a sentence or two, and whether it lacks all that was asked."""
    said = {wish: _say(wish, paper, asked) for wish in wishes}
    name, has = _name(paper), [words for words in said.values() if words]
    lacks = dict.fromkeys(MISSING.get(wish, "date") for wish, words in said.items() if not words)
    sentences = [f"{name} {'; it '.join(has)}."] if has else []
    if lacks:
        sentences.append(f"The page gives no {' and no '.join(lacks)} for {'it' if has else name}.")
    return " ".join(sentences), not has


def _say(wish: Wish, paper: Paper, asked: Sequence[str]) -> str:
    """What the record says to one wish, as it reads behind the paper's name; empty where it has none."""
    count = len(paper.authors)
    if wish is Wish.LINK:
        return f"has its page at {paper.url}" if may_be_followed(paper.url) else ""
    if wish is Wish.AUTHORS:
        return _authors(paper, asked)
    if wish is Wish.HOW_MANY:
        return f"has {count:,} author{'s' * (count > 1)}" if count else ""
    if wish is Wish.FIRST_AUTHOR:
        return f"has {_safe(paper.authors[0])} as its first author" if count else ""
    return f"is dated {paper.date}" if paper.date else ""


def _authors(paper: Paper, asked: Sequence[str]) -> str:
    names = [_safe(author) for author in paper.authors]
    if names and asked:
        among = f"among its {len(names):,} author{'s' * (len(names) > 1)}"
        are = [name for name in asked if any(answers_to(author, name) for author in paper.authors)]
        others = [name for name in asked if name not in are]
        said = [f"has {listed(list(map(_safe, are)))} {among}"] if are else []
        said += [f"does not have {listed(list(map(_safe, others)))} {among}"] if others else []
        return " but ".join(said)
    if len(names) > MOST_NAMES:
        return f"is by {', '.join(names[:CUT_TO])} and {len(names) - CUT_TO:,} others"
    return f"is by {listed(names)}" if names else ""


def may_be_followed(url: str) -> bool:
    """Whether an address is one of the web, with a host and nothing in it that would read as Markdown."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"[\s\[\]<>\"`|*]", url)


def _name(paper: Paper) -> str:
    return _safe(short_name(paper))


def _safe(text: str) -> str:
    """A text of the record in one line, in which nothing looks like a mark."""
    return " ".join(text.split()).replace("[", "(").replace("]", ")")
