"""The nouns of a corpus: Paper, Sentence, Passage. Plain values that know neither files nor databases."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass, field

DATE = re.compile(r"[0-9]{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12][0-9]|3[01]))?)?")  # YYYY, YYYY-MM or YYYY-MM-DD
ARXIV_ID = re.compile(r"(?<!\d)(?<!\d\.)(\d{4}\.\d{4,5}|[a-z][a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?(?![\d/])")


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper as a source gave it, its text cleaned (`ingest.text.clean`).

    `date` is ISO 8601, as exact as the source is (YYYY, YYYY-MM or YYYY-MM-DD), or empty; `arxiv` is a version-less
    arXiv id or empty.
    """

    title: str
    abstract: str
    authors: tuple[str, ...] = ()
    date: str = ""
    url: str = ""
    arxiv: str = ""
    id: str = field(default="")

    def __post_init__(self) -> None:
        if not self.id:
            object.__setattr__(self, "id", paper_id(self.title, self.arxiv))


@dataclass(frozen=True, slots=True)
class Sentence:
    """The unit of citation: `text == abstract[start:end]`, offsets in code points."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """The unit of retrieval: neighbouring sentences of one abstract, `abstract[start:end]`."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Unreadable:
    """One record of a source that could not be taken: where it stands and why."""

    place: str
    reason: str


def span_of(date: str) -> tuple[str, str]:
    """The first and last day that a date may mean; 31 does for the last of any month. Empty where there is none."""
    missing = slice(len(date) - len("2024"), None)
    return (date + "-01-01"[missing], date + "-12-31"[missing]) if date else ("", "")


def title_key(title: str) -> str:
    """A title reduced to what makes two spellings the same paper: letters and digits, case folded."""
    return "".join(c for c in unicodedata.normalize("NFKC", title).casefold() if c.isalnum())


def paper_id(title: str, arxiv: str = "") -> str:
    """The id derived from the arXiv id, else from the normalised title (12 hexadecimal digits of SHA-256)."""
    if arxiv:
        return f"arxiv:{arxiv}"
    key = title_key(title) or title
    return "title:" + hashlib.sha256(key.encode()).hexdigest()[:12]


def find_arxiv_id(text: str) -> str:
    """The first arXiv id in a string or URL, without its version; empty where there is none."""
    found = ARXIV_ID.search(text)
    return found[1] if found else ""
