"""From names to papers: handles, arXiv ids, titles and names of methods, versions told apart."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ingest.names import short_name
from ingest.paper import Paper, find_arxiv_id
from ingest.vocabulary import ordinary_words
from ingest.words import WORD, stems, tokenize
from rag.plan.talk import Talk
from rag.retrieve.names import Catalogue, Mention
from rag.types import Ranked

SAME_TITLE = 0.8  # share of a name's words that the title of the nearest paper must have to be the paper meant
FEWEST_WORDS = 3  # of a name that can be known by them
DIGITS = re.compile(r"\d+(?:\.\d+)*")


@dataclass(frozen=True, slots=True)
class Entities:
    """The ids of the papers that names mean, in order, and the names that no paper here has."""

    papers: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


class Linker:
    """Links names to the papers of one index. Safe to share between threads."""

    def __init__(
        self, catalogue: Catalogue, find: Callable[[str], Paper | None], search: Callable[[str], Sequence[Ranked]]
    ) -> None:
        self._catalogue, self._find, self._search = catalogue, find, search

    def link(self, names: Sequence[str], talk: Talk) -> Entities:
        """The papers meant by names, which may be handles of a conversation, ids, titles or names of methods."""
        papers: dict[str, None] = {}
        unknown = []
        for name in names:
            found = self._one(name, talk)
            papers |= dict.fromkeys(found)
            if not found and talk.handle(name) is None and not _is_handle(name):
                unknown.append(name)
        return Entities(tuple(papers), tuple(unknown))

    def named(self, text: str, *, misspelt: bool = False) -> tuple[str, ...]:
        """The papers whose own names stand in a text, in its order; a name that is an English word is none.

        `misspelt` is whether a word that no paper has may be a name written wrongly.
        """
        own = [m for m in self._catalogue.mentions(text, misspelt=misspelt) if m.is_own]
        meant = [m for m in own if text[m.start : m.end] not in ordinary_words()]
        return tuple(dict.fromkeys(m.paper_ids[0] for m in meant if _same_version(text, m)))

    def spoken_of(self, text: str) -> tuple[str, ...]:
        """The papers that a message from outside speaks of: those it names, else the one that has most of its words."""
        return self.named(text) or self._catalogue.holder(text)

    def name_of(self, paper: Paper) -> str:
        """What a question can call a paper so that this one is understood."""
        return next(
            (name for name in (short_name(paper), paper.title) if self.named(name)[:1] == (paper.id,)), paper.title
        )

    def _one(self, name: str, talk: Talk) -> tuple[str, ...]:
        if handled := talk.handle(name):
            return (handled,)
        arxiv = find_arxiv_id(name)
        if paper := self._find(name) or (self._find(f"arxiv:{arxiv}") if arxiv else None):
            return (paper.id,)
        own = [mention for mention in self._catalogue.mentions(name) if mention.is_own]
        if len(own) == 1 and _is_whole(name, own[0]):
            return own[0].paper_ids[:1]
        return self._titled(name)

    def _titled(self, name: str) -> tuple[str, ...]:
        """The paper whose title has nearly all words of a name, where those are enough to tell."""
        words = stems(name)
        near = self._search(name) if len(words) >= FEWEST_WORDS else ()
        if near and DIGITS.findall(name) == DIGITS.findall(near[0].paper.title):
            held = set(tokenize(near[0].paper.title))
            if len(words & held) >= SAME_TITLE * len(words):
                return (near[0].paper.id,)
        return ()


def _is_handle(name: str) -> bool:
    name = name.strip()
    return name[:1] in ("P", "p") and name[1:].isdecimal()


def _is_whole(name: str, mention: Mention) -> bool:
    """Whether a name is that of the paper mentioned in it, and what stands beside it names nothing.

    'the KIVI paper' is; 'KIVI 2' is not, nor 'FlashAttention-3', which only looks like FlashAttention-2.
    """
    said = name[mention.start : mention.end]
    beside = name[: mention.start] + " " + name[mention.end :]
    if DIGITS.findall(name) != DIGITS.findall(mention.meant or said):
        return False
    return all(word.islower() or word.lower() in ordinary_words() for word in WORD.findall(beside))


def _same_version(text: str, mention: Mention) -> bool:
    """Whether no further number hangs on a name, as on 'FlashAttention' in 'FlashAttention-3'."""
    return not text[mention.end : mention.end + 2].removeprefix("-").removeprefix(".")[:1].isdecimal()
