"""From reference lists, BibTeX and RIS, to papers; read by `bibtexparser` and `rispy`."""

import logging
import re
from collections.abc import Mapping
from typing import Any

from ingest.errors import SourceError
from ingest.formats import Records
from ingest.formats.fields import arxiv_id, checked_paper
from ingest.paper import Unreadable

BIBTEX = re.compile(r"(?:\s*+%[^\n]*+\n)*+\s*+@[A-Za-z]{1,30}\s*+[{(]")
RIS = re.compile(r"\s*+TY  ?-")
BRACES = re.compile(r"(?<!\\)[{}]")
MAX_ENTRIES = 50_000


def read_bibtex(text: str) -> Records:
    """The papers of a BibTeX file; an entry that cannot be read is Unreadable, one without abstract too."""
    from bibtexparser.entrypoint import parse_string  # here: of use for this format alone
    from bibtexparser.middlewares import LatexDecodingMiddleware

    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)  # what fails is told below
    try:
        library = parse_string(text, append_middleware=[LatexDecodingMiddleware()])
    except (ValueError, RecursionError, IndexError, KeyError) as error:
        raise SourceError(f"BibTeX that cannot be read ({type(error).__name__}); export it again") from None
    if len(library.blocks) > MAX_ENTRIES:
        raise SourceError(f"more than {MAX_ENTRIES:,} entries; split it")
    for entry in library.entries:
        fields = {field.key.lower(): BRACES.sub("", str(field.value)) for field in entry.fields}
        yield _paper(fields, f"entry {entry.key}"[:100])
    for block in library.failed_blocks:
        yield Unreadable(f"line {(block.start_line or 0) + 1}", "an entry that is damaged or stands there twice")


def _paper(fields: Mapping[str, str], place: str) -> Any:
    date = fields.get("date", "") or fields.get("year", "")
    return checked_paper(
        place,
        fields.get("title", ""),
        fields.get("abstract", ""),
        authors=[_turned(name) for name in re.split(r"\s+and\s+", fields.get("author", ""))],
        date=date,
        url=fields.get("url", "") or _doi(fields.get("doi", "")),
        arxiv=arxiv_id(fields.get("eprint", "")),
    )


def read_ris(text: str) -> Records:
    """The papers of a RIS file; a record without abstract is Unreadable."""
    import rispy

    try:
        records = rispy.loads(text.replace("\r\n", "\n").replace("\r", "\n"))
    except (rispy.parser.ParseError, ValueError, KeyError, TypeError, AttributeError, IndexError, OSError) as error:
        raise SourceError(f"RIS that cannot be read ({type(error).__name__}); export it again") from None
    for number, record in enumerate(records, 1):
        urls = record.get("urls") or []
        yield checked_paper(
            f"record {number}",
            _first(record, "title", "primary_title", "translated_title"),
            _first(record, "abstract", "notes_abstract"),
            authors=[_turned(name) for name in record.get("authors") or record.get("first_authors") or []],
            date=_first(record, "date", "year", "publication_year").strip("/"),
            url=urls[0] if urls else _first(record, "url") or _doi(_first(record, "doi")),
        )


def _first(record: Mapping[str, Any], *names: str) -> str:
    return next((value for name in names if isinstance(value := record.get(name), str) and value), "")


def _turned(name: str) -> str:
    """'Byron, Ada' as 'Ada Byron'."""
    last, comma, first = name.partition(",")
    return f"{first.strip()} {last.strip()}" if comma and "," not in first else name


def _doi(doi: str) -> str:
    return f"https://doi.org/{doi}" if doi.startswith("10.") else ""
