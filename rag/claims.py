"""What one sentence claims: the numbers, the names, the direction, the reserve, the words. Knows no other sentence."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from ingest.names import COINED_WORD, nickname
from ingest.paper import Paper
from ingest.words import STOPWORDS, WORD, stem
from rag.polarity import Polarity, read_polarity
from rag.quantities import Quantity, plain, read_quantities

MARK = re.compile(r"\s*\[\d+(?:\s*[,–-]\s*\d+)*\]")
MARKUP = re.compile(r"[*_`]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}")
PLAIN_NAME = re.compile(r"(?<=[\w,)] )[A-Z][a-z]{2,}(?:-[A-Z]?[a-z]+)*\b")  # 'Swahili', within a sentence
# 'Hydragen overcomes': a first word without an article before a verb may be a name no spelling betrays.
LEADING_NAME = re.compile(
    r"^(?:According to |As |In )?([A-Z][a-z]{3,})(?='s\b| (?:is|was|has|can|does|will|[a-z]{4,}s)\b)"
)
COMMON = re.compile(
    r"(?:al|ive|ous|ful|ic|ing|ion|ment|ity|ness|ed|er|or|ary|able|ent|ant|ism|ance|ence|(?<!ic)s)$"
)  # no name
QUOTED = re.compile(r"[\"“”][^\"“”]{3,}[\"“”]")
# Capitals that are measures or figures of speech, not names of methods or data.
NO_NAME = re.compile(
    r"[KMGT]i?Bs?|dB|ms|FPS|fps|AI|ML|IDs?|OK|US|UK|[A-Z]|\d+[a-zA-Z%×]{1,2}|[x×]\d+|\d+[DdKMBT]?(?:-.*)?|[+.-]?\d[\d.]*[a-zA-Z×]*"
)
HEDGE = re.compile(
    r"\b(?:may|might|could|can|potential(?:ly)?|possib(?:le|ly)|likely|suggest(?:s|ed|ing)?|appears?|seems?"
    r"|hypothesi[sz]es?|presumabl[ey]|perhaps|some|sometimes|often|in some cases)\b",
    re.IGNORECASE,
)
SWEEPING = re.compile(
    r"\b(?:all|always|every|never|proves?|proven|guarantees?|guaranteed|entirely|completely|only|solely)\b",
    re.IGNORECASE,
)
# Said in a sentence about a paper whatever the paper says; no evidence need hold them.
FRAME = frozenset(
    map(
        stem,
        """paper papers authors author work works study studies researchers article abstract present presents propose
    proposes proposed introduce introduces introduced describe describes method methods approach approaches technique
    techniques framework system systems model models show shows shown showing demonstrate demonstrates report reports
    reported result results find finds found finding achieve achieves achieved achieving use uses used using usage
    according called named new novel based also well experiments experimental evaluate evaluated evaluation
    need needs needed require requires required allow allows enable enables let lets give gives help helps say
    says bit bits thereby thus hence respectively additionally furthermore moreover while make makes provide
    provides""".split(),
    )
)


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence taken apart; `terms` are its content stems in order, without those any paper's sentence has."""

    text: str
    quantities: tuple[Quantity, ...]
    names: tuple[str, ...]
    polarity: Polarity
    terms: tuple[str, ...]
    hedged: bool
    sweeping: bool


@lru_cache(maxsize=20_000)
def read_claim(sentence: str) -> Claim:
    """What a sentence says, its marks and emphasis aside."""
    text = plain_sentence(sentence)
    return Claim(
        text,
        read_quantities(text),
        tuple(dict.fromkeys(names_in(text))),
        read_polarity(text),
        tuple(dict.fromkeys(term for term in terms(text) if term not in FRAME)),
        bool(HEDGE.search(text)),
        bool(SWEEPING.search(text)),
    )


def plain_sentence(sentence: str) -> str:
    """A sentence without citation marks, list bullets and emphasis."""
    return MARKUP.sub("", MARK.sub("", plain(sentence))).strip().lstrip("•-–* ").strip()


def terms(text: str) -> list[str]:
    """The stems of the content words of a text, numbers left out."""
    words = (word.casefold() for word in WORD.findall(text))
    return [stem(word) for word in words if word not in STOPWORDS and len(word) > 1 and not word[0].isdigit()]


def names_in(text: str) -> list[str]:
    """Names of methods, models and data in a plain text: coined words, and capitals within a sentence."""
    coined = (found[0].strip(".-+_") for found in COINED_WORD.finditer(text))
    names = [name for name in coined if not NO_NAME.fullmatch(name) and not _is_count(name)]
    leading = LEADING_NAME.match(text)
    within = ([leading[1]] if leading and not COMMON.search(leading[1]) else []) + PLAIN_NAME.findall(
        QUOTED.sub(" ", text)
    )
    return names + [name for name in within if name.casefold() not in STOPWORDS and stem(name.casefold()) not in FRAME]


def _is_count(name: str) -> bool:
    """'1000-class' and '8xA100'-like words begin with a number; 'ten-fold' has none."""
    return bool(re.match(r"\d+(?:\.\d+)?(?:[x×-]|$)", name)) and not re.search(r"[A-Z]", name)


@lru_cache(maxsize=20_000)
def spellings(text: str) -> frozenset[str]:
    """All runs of one to four words or parts of words of a text, joined: 'zip cache', 'Zip-Cache' and 'ZipCache'."""
    parts = [part.casefold() for part in re.findall(r"[^\W_]+(?:\+\+?)?", text)]
    found: set[str] = set()
    for size in range(1, 5):
        for i in range(len(parts) - size + 1):
            joined = "".join(parts[i : i + size])
            found.update((joined, joined.removesuffix("s")))
    return frozenset(found)


@lru_cache(maxsize=20_000)
def initials(text: str) -> str:
    """First letters of the content words of a text and of the parts of compounds, in order."""
    words = re.findall(r"[^\W\d_]+", text.casefold())
    return "".join(word[0] for word in words if word not in ("of", "the", "a", "an", "and", "for", "in", "on", "with"))


def stands_in(name: str, text: str) -> bool:
    """Whether a text has the name, joined or apart, or the words it abbreviates."""
    held = spellings(text)
    key = re.sub(r"[^\w+]|_", "", name).casefold()
    if key in held or key.removesuffix("s") in held:
        return True
    bare = name.removesuffix("s")
    if bare.isupper() and 2 <= len(bare) <= 6 and bare.isalpha() and bare.casefold() in initials(text):
        return True
    parts = [part for part in re.split(r"[-/]", name) if part]
    if len(parts) < 2:
        return False
    coined = [part for part in parts if not part.islower()]
    return bool(coined) and all(stands_in(part, text) for part in coined)


def own_names(paper: Paper) -> str:
    """What a sentence may call the paper: its title, its method, its authors."""
    return f"{paper.title} . {nickname(paper)} . {' '.join(paper.authors)}"


def spelled_out(claim_terms: Iterable[str], text: str) -> frozenset[str]:
    """Stems of the claim whose initials a text writes as an abbreviation ('large language models' for 'LLMs')."""
    run = list(claim_terms)
    letters = "".join(token[0] for token in run)
    found: set[str] = set()
    for word in re.findall(r"\b[A-Z]{2,6}(?=s?\b)", text):
        at = letters.find(word.casefold())
        if at >= 0:
            found.update(run[at : at + len(word)])
    return frozenset(found)
