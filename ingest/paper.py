"""The nouns of a corpus: Paper, Sentence, Passage. Plain values that know neither files nor databases."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass, field

DATE = re.compile(r"[0-9]{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12][0-9]|3[01]))?)?")  # YYYY, YYYY-MM or YYYY-MM-DD
OF_ARXIV = "arxiv:"  # before the arXiv id of a paper, in its own id
YEAR_MONTH = r"\d\d(?:0[1-9]|1[0-2])"
ARXIV_ID = re.compile(
    rf"(?<!\d)(?<!\d\.)(?:({YEAR_MONTH}\.\d{{4,5}})|([a-z][a-z-]+)(?:\.[A-Z]{{2}})?(/{YEAR_MONTH}\d{{3}}))(?:v\d+)?(?![\d/])"
)


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
        return f"{OF_ARXIV}{arxiv}"
    key = title_key(title) or title
    return "title:" + hashlib.sha256(key.encode()).hexdigest()[:12]


def find_arxiv_id(text: str, *, whole: bool = False) -> str:
    """The first arXiv id in a string or URL, without its version and, of an old one, its subject class; empty where
    there is none. Where it is to be the `whole` string, nothing may stand beside it."""
    found = ARXIV_ID.fullmatch(text) if whole else ARXIV_ID.search(text)
    return "".join(filter(None, found.groups())) if found else ""
