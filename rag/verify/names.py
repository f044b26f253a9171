"""Names of methods, models and data in a sentence, and whether a text has them in any spelling."""

import re
from functools import lru_cache

from ingest.names import COINED_WORD, names_of
from ingest.paper import Paper
from ingest.vocabulary import ordinary_words
from rag.types import MARK
from rag.verify.figures import plain

MARKUP = re.compile(r"[*_`]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}")
# Capitals that are measures or figures of speech, not names of methods or data; numbers with a unit.
NO_NAME = re.compile(
    r"[KMGT]i?Bs?|dB|ms|FPS|fps|AI|ML|IDs?|OK|US|UK|[A-Z]|\d+[a-zA-Z%×]{1,2}|[x×]\d+|\d+[DdKMBT]?(?:-.*)?"
    r"|[+.-]?\d[\d.]*[a-zA-Z×]*|\d+(?:\.\d+)?(?:[x×-][^A-Z]*)?"
)
CAPITALISED = re.compile(r"(?<=[a-z,;] )[A-Z][a-z]{2,}\b")  # a word behind another one
PART = re.compile(r"[^\W_]+(?:\+\+?)?")
SMALL_WORDS = ("of", "the", "a", "an", "and", "for", "in", "on", "with")  # that initials leave out
GIVEN = 1  # weight from which a name is one that the paper gives (see `ingest.names.names_of`)
MOST_PARTS = 4  # words or parts of words that a name is written in


def plain_sentence(sentence: str) -> str:
    """A sentence without citation marks, list bullets and emphasis."""
    return MARKUP.sub("", MARK.sub("", plain(sentence))).strip().lstrip("•-–* ").strip()


@lru_cache(maxsize=20_000)
def names_in(text: str) -> tuple[str, ...]:
    """The coined words of a plain text."""
    coined = (found[0].strip(".-+_") for found in COINED_WORD.finditer(text))
    return tuple(dict.fromkeys(name for name in coined if name and not NO_NAME.fullmatch(name)))


@lru_cache(maxsize=20_000)
def capitalised_in(text: str) -> tuple[str, ...]:
    """The words of an English text that have a capital within a sentence and are no English words, as names do."""
    found = CAPITALISED.findall(text)
    return tuple(dict.fromkeys(word for word in found if word.casefold().removesuffix("s") not in ordinary_words()))


@lru_cache(maxsize=20_000)
def spellings(text: str) -> frozenset[str]:
    """All runs of one to four words or parts of words of a text, joined: 'zip cache', 'Zip-Cache' and 'ZipCache'."""
    parts = [part.casefold() for part in PART.findall(text)]
    runs = ("".join(parts[i : i + size]) for size in range(1, MOST_PARTS + 1) for i in range(len(parts) - size + 1))
    return frozenset(form for joined in runs for form in (joined, joined.removesuffix("s")))


@lru_cache(maxsize=20_000)
def initials(text: str) -> str:
    """First letters of the words of a text and of the parts of compounds, in order, small words left out."""
    return "".join(word[0] for word in map(str.casefold, PART.findall(text)) if word not in SMALL_WORDS)


def stands_in(name: str, text: str) -> bool:
    """Whether a text has the name, joined or apart, or the words it abbreviates."""
    held = spellings(text)
    key = "".join(PART.findall(name)).casefold()
    if key in held or key.removesuffix("s") in held:
        return True
    bare = name.removesuffix("s")
    if bare.isupper() and 2 <= len(bare) <= 6 and bare.isalpha() and bare.casefold() in initials(text):
        return True
    parts = [part for part in name.replace("/", "-").split("-") if part]
    coined = [part for part in parts if not part.islower()]
    return len(parts) > 1 and bool(coined) and all(stands_in(part, text) for part in coined)


@lru_cache(maxsize=2_000)
def own_names(paper: Paper) -> str:
    """What a sentence may call the paper: its title, what it gives a name to, its authors."""
    given = [name for name, weight in names_of(paper) if weight >= GIVEN]
    return " . ".join((paper.title, *given, " ".join(paper.authors)))
