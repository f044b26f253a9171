"""From an answer of the arXiv API, an Atom feed, to papers. Document types and entities are refused unread."""

import io
import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import iterparse  # type: ignore[import-untyped]

from ingest.errors import SourceError
from ingest.formats import Records
from ingest.formats.fields import arxiv_id, checked_paper
from ingest.paper import Paper, Unreadable

MAX_DEPTH = 50  # elements inside each other; a feed has 4
MAX_CHILDREN = 50_000  # elements in one entry; one of 3,000 authors with affiliations has about 9,000
# The text is already decoded, so what the declaration says of its encoding no longer holds.
DECLARATION = re.compile(r"\A\s*+<\?xml[^>]{0,200}\?>")
ERROR_IDS = ("http://arxiv.org/api/errors", "https://arxiv.org/api/errors")


def read_atom(text: str) -> Records:
    """The papers of a feed's entries; an error entry and what follows a break in the XML are Unreadable.

    Raises SourceError for XML that is no feed, that declares a document type, or whose feed holds no entry.
    """
    number = 0
    try:
        for number, entry in enumerate(_entries(DECLARATION.sub("", text)), 1):
            yield _paper(entry, arxiv_id(_text(entry, "id")) or f"entry {number}")
            entry.clear()
    except ParseError as error:
        line, column = error.position
        reason = f"the XML breaks off or is damaged at line {line}, column {column + 1}"
        if not number:
            raise SourceError(f"{reason}; fetch the feed again") from None
        yield Unreadable(f"entry {number + 1}", reason)
    except DefusedXmlException:
        raise SourceError(
            "XML with a document type or entities, which are not allowed; give a plain Atom feed"
        ) from None
    if not number:
        raise SourceError("the feed holds no entry; check the query it answers")


def _entries(text: str) -> Iterator[Element]:
    """Each entry as soon as it is complete; nothing before it is kept in memory."""
    open_elements: list[Element] = []
    count = 0
    for event, element in iterparse(io.BytesIO(text.encode()), events=("start", "end"), forbid_dtd=True):
        if event == "start":
            open_elements.append(element)
            count += 1
            if len(open_elements) == 1 and _name(element) not in ("feed", "entry"):
                raise SourceError(f"XML, but a {_name(element)[:50]!r} document and not an Atom feed")
            if len(open_elements) > MAX_DEPTH or count > MAX_CHILDREN:
                raise SourceError("XML with too many elements for a feed; give a feed of the arXiv API")
            continue
        open_elements.pop()
        if _name(element) == "entry" and len(open_elements) <= 1:
            yield element
        if len(open_elements) <= 1:
            count = 0
            for parent in open_elements:
                parent.remove(element)


def _paper(entry: Element, place: str) -> Paper | Unreadable:
    identity = _text(entry, "id")
    if identity.startswith(ERROR_IDS):
        return Unreadable(place, f"arXiv answered with an error: {_text(entry, 'summary')[:200] or 'no reason given'}")
    names = [_text(author, "name") for author in entry if _name(author) == "author"]
    links = [link.get("href", "") for link in entry if _name(link) == "link" and link.get("rel") == "alternate"]
    return checked_paper(
        place,
        _text(entry, "title"),
        _text(entry, "summary"),
        authors=names,
        date=_text(entry, "published"),
        url=links[0] if links else identity,
        arxiv=arxiv_id(identity),
    )


def _text(element: Element, name: str) -> str:
    """All text of the first child of that name, with that of any markup within it."""
    child = next((child for child in element if _name(child) == name), None)
    return "".join(child.itertext()).strip() if child is not None else ""


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
