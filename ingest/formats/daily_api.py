"""From an answer of the Daily Papers API, or any JSON list of papers, to papers. Knows no file."""

from collections.abc import Iterable

from ingest.errors import SourceError
from ingest.formats import Records
from ingest.formats.fields import paper_from
from ingest.formats.json_records import RecordError, decode, elements, literal
from ingest.paper import Paper, Unreadable

MAX_RECORDS = 50_000  # records of one JSON document; at the size of real ones 20 MB hold some 13,000
LISTS = ("dailyPapers", "papers", "results", "data")  # where an object keeps its list of papers


def read_json(text: str) -> Records:
    """The papers of a JSON array, of an object that holds one, or of one object that is a paper.

    Raises SourceError for an object that is broken as a whole; a broken element of an array is Unreadable.
    """
    if text.lstrip().startswith("["):
        yield from read_elements(elements(text))
        return
    try:
        value = decode(text)
    except RecordError as error:
        raise SourceError(f"{error}; save it again as a whole") from None
    lists = [value[key] for key in LISTS if isinstance(value.get(key), list)] if isinstance(value, dict) else []
    yield from read_elements(lists[0] if lists else [value])


def read_elements(values: Iterable[object]) -> Records:
    """The papers of decoded elements; a string is taken for an element in Python's notation."""
    for number, value in enumerate(values, 1):
        if number > MAX_RECORDS:
            raise SourceError(f"more than {MAX_RECORDS:,} records; split it, or give JSON Lines, which may be longer")
        yield read_element(value, f"record {number}")


def read_element(value: object, place: str) -> Paper | Unreadable:
    """The paper in one decoded element."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = literal(value)
        except RecordError as error:
            value = error
    if isinstance(value, RecordError):
        return Unreadable(place, str(value))
    if not isinstance(value, dict):
        return Unreadable(place, "not an object with a title and an abstract")
    return paper_from(value, place)
