"""From the fields of one record, whatever their names and types, to a Paper or the reason why not."""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from ingest.formats.dates import iso_date
from ingest.paper import Paper, Unreadable, find_arxiv_id
from ingest.text import clean

MAX_TITLE = 2_000  # characters
MIN_ABSTRACT = 20  # characters; "Withdrawn." and "TBA" say nothing that could be cited
MAX_ABSTRACT = 20_000  # characters; the longest on arXiv have about 4,000
MAX_AUTHORS = 1_000  # names; the largest collaborations list some 3,000
MAX_NAME = 200  # characters of one author's name
MAX_URL = 2_000  # characters, what browsers take

NO_TITLE = "no title"
NO_ABSTRACT = "no abstract"
NOTHING = "no title and no abstract"

TITLE = ("title",)
ABSTRACT = ("abstract", "summary", "text")
AUTHORS = ("authors", "author")
DATE = ("date", "publishedAt", "published")
URL = ("url", "link")
ID = ("arxiv_id", "arxiv", "id", "_id")

ID_PREFIX = re.compile(r"^(?:(?:oai:)?arxiv(?:\.org)?[:.]|(?:doi:\s*)?10\.48550/arxiv\.)\s*", re.IGNORECASE)
ARXIV_HOSTS = ("arxiv.org", "alphaxiv.org", "ar5iv.org")
ARXIV_DOI = "/10.48550/arxiv."  # how arXiv's ids stand behind doi.org, in lower case


def checked_paper(
    place: str,
    title: str,
    abstract: str,
    *,
    authors: Iterable[str] = (),
    date: object = "",
    url: object = "",
    arxiv: str = "",
) -> Paper | Unreadable:
    """The cleaned paper, or why it is not one; an arXiv id is also looked for in the URL."""
    title, abstract = clean(title), clean(abstract)
    if not title:
        return Unreadable(place, NO_TITLE if abstract else NOTHING)
    if not abstract:
        return Unreadable(place, NO_ABSTRACT)
    if len(abstract) < MIN_ABSTRACT:
        return Unreadable(place, f"the abstract is too short: {len(abstract)} characters, fewer than {MIN_ABSTRACT}")
    if len(title) > MAX_TITLE:
        return Unreadable(place, f"the title is too long: {len(title):,} characters, more than {MAX_TITLE:,}")
    if len(abstract) > MAX_ABSTRACT:
        return Unreadable(place, f"the abstract is too long: {len(abstract):,} characters, more than {MAX_ABSTRACT:,}")
    link = web_address(url)
    arxiv = arxiv or arxiv_in_url(link)
    link = link or (f"https://arxiv.org/abs/{arxiv}" if arxiv else "")
    return Paper(title, abstract, _distinct(authors), iso_date(date), link, arxiv)


def paper_from(record: Mapping[str, object], place: str) -> Paper | Unreadable:
    """The paper in a JSON object; a Daily Papers object keeps most fields one level down, under `paper`."""
    inner = record.get("paper")
    layers = (inner, record) if isinstance(inner, dict) else (record,)
    title, abstract = _first(layers, TITLE), _first(layers, ABSTRACT)
    for name, value in (("title", title), ("abstract", abstract)):
        if not isinstance(value, str | None):
            return Unreadable(place, f"the {name} is {_kind(value)}, not text")
    return checked_paper(
        place,
        title if isinstance(title, str) else "",
        abstract if isinstance(abstract, str) else "",
        authors=author_names(_first(layers, AUTHORS)),
        date=_first(layers, DATE),
        url=_first(layers, URL),
        arxiv=next(filter(None, (arxiv_id(layer.get(key)) for layer in layers for key in ID)), ""),
    )


def author_names(value: object) -> list[str]:
    """Names from a list of strings, a list of objects with a name, or one string; others are passed over."""
    if isinstance(value, str):
        mark = next((mark for mark in (" and ", ";", ",") if mark in value), ",")
        value = value[: MAX_AUTHORS * MAX_NAME].split(mark)
    if not isinstance(value, list | tuple):
        return []
    names = (one.get("name") if isinstance(one, dict) else one for one in value)
    return [name for name in names if isinstance(name, str)]


def arxiv_id(value: object) -> str:
    """The arXiv id that an id, a DOI or an address consists of, without its version; empty where it is some other."""
    if not isinstance(value, str) or len(value) > MAX_URL:
        return ""
    value = value.strip()
    bare = ID_PREFIX.sub("", value).removesuffix(".pdf")
    return find_arxiv_id(bare, whole=True) or arxiv_in_url(value if "://" in value else f"https://{value}")


def web_address(value: object) -> str:
    """The value if it is a web address that can be opened, else empty."""
    if not isinstance(value, str) or len(value) >= MAX_URL:
        return ""
    value = clean(value)
    try:
        parts = urlsplit(value)
    except ValueError:
        return ""
    return value if parts.scheme in ("http", "https") and parts.netloc and " " not in value else ""


def arxiv_in_url(url: str) -> str:
    """The arXiv id in the address of a page of arXiv, of one that shows its papers, or of doi.org; else empty."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return ""
    arxiv = any(host == one or host.endswith(f".{one}") for one in ARXIV_HOSTS)
    daily = host in ("huggingface.co", "hf.co") and parts.path.startswith("/papers/")
    doi = host in ("doi.org", "dx.doi.org", "www.doi.org") and parts.path.lower().startswith(ARXIV_DOI)
    return find_arxiv_id(parts.path.rstrip("/")) if arxiv or daily or doi else ""


def _first(layers: Iterable[Mapping[str, object]], keys: Iterable[str]) -> object:
    """The first value that says something; an empty one is passed over for the next of its names."""
    values = (layer[key] for layer in layers for key in keys if key in layer)
    return next((value for value in values if value not in (None, "", [])), None)


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    cleaned = (clean(name[:MAX_NAME]) for name in names)
    return tuple(dict.fromkeys(filter(None, cleaned)))[:MAX_AUTHORS]


def _kind(value: object) -> str:
    names = {bool: "a truth value", float: "a number", int: "a number", list: "a list", dict: "an object"}
    return names.get(type(value), f"a {type(value).__name__}")
