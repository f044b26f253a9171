"""From the name of a source, or its bytes, to papers: opens, measures, unpacks and decodes it, and tells the format.

The content decides what a source is, never its name. What a paper is in each format is known in `ingest.formats`.
"""

import gzip
import io
import re
import sys
import zlib
from dataclasses import dataclass
from typing import BinaryIO, cast

from ingest.errors import SourceError
from ingest.formats import Records
from ingest.formats.arxiv_atom import read_atom
from ingest.formats.daily_api import read_json
from ingest.formats.fields import NO_ABSTRACT
from ingest.formats.json_lines import MAX_LINE, read_json_lines
from ingest.formats.page_html import read_html
from ingest.formats.page_text import read_page
from ingest.formats.references import BIBTEX, RIS, read_bibtex, read_ris
from ingest.paper import Paper
from ingest.text import clean

MAX_DOCUMENT = 20_000_000  # bytes, unpacked, of a page, web page, JSON document or feed; a day's page has 0.3 million
MAX_UNREADABLE = 10_000  # records that fail before the first paper; then the source is given up
HEAD = MAX_LINE + 1  # bytes looked at to tell the format

SAMPLE = 10  # lines that tell JSON Lines from other text

GZIP = b"\x1f\x8b"
LEAD = b"\xef\xbb\xbf \t\r\n"  # what may stand before the content: byte order mark and white space
MAGIC = (
    (b"%PDF", "a PDF file"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"PK\x03\x04", "a zip archive (or an office document)"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\xd0\xcf\x11\xe0", "an office document"),
    (b"{\\rtf", "an RTF document"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ", "an xz file"),
    (b"\x28\xb5\x2f\xfd", "a zstd file"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a rar archive"),
    (b"SQLite format 3", "an SQLite database"),
    (b"PAR1", "a Parquet file"),
    (b"\x7fELF", "a program"),
    (b"bplist", "a Safari web archive"),
    (b"%!PS", "a PostScript file"),
    (b"From: <Saved by", "a web archive (MHTML)"),
)
ACCEPTED = (
    "give the text of a Daily Papers page, a saved web page of it (HTML), an answer of its API (JSON), "
    "an arXiv feed (Atom), BibTeX or RIS with abstracts, or JSON Lines, as UTF-8"
)
BYTE_ORDER_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
ATOM = re.compile(r"<\?xml\b|<(?:\w{1,20}:)?(?:feed|entry|rss|rdf)\b", re.IGNORECASE)
HTML = re.compile(r"<(?:!doctype\s+html|html|head|body|main|div|section|article|meta|script|span)\b", re.IGNORECASE)
MARKUP = re.compile(rf"<!--|<!doctype\b|{ATOM.pattern}|{HTML.pattern}", re.IGNORECASE)
ARRAY = re.compile(r'\[\s*+(?:[{"\[\]]|\Z)')
OBJECT = re.compile(r'\{\s*+(?:["}]|\Z)')


@dataclass(frozen=True, slots=True)
class Given:
    """A source whose content is already here, pasted or uploaded; its name is only shown, never opened."""

    name: str
    content: bytes


def read_given(source: str | Given) -> Records:
    """`read_source` for a name, `read_bytes` for content that is already here."""
    return read_source(source) if isinstance(source, str) else read_bytes(source.content, source.name)


def read_source(name: str, stdin: BinaryIO | None = None) -> Records:
    """The papers and unreadable records of a file, or of standard input for the name "-", one by one.

    Raises SourceError while iterating: at once if the source cannot be read, at the end if it held no paper.
    """
    if name == "-":
        stream = stdin or getattr(sys.stdin, "buffer", None)
        if stream is None:
            raise SourceError("standard input is closed; name a file instead")
        yield from _read(stream, "standard input")
        return
    if re.match(r"https?://", name):
        raise SourceError(f"{_shown(name)} is a web address; save the page and name the file")
    with _opened(name) as stream:
        yield from _read(stream, _shown(name))


def read_bytes(data: bytes, name: str) -> Records:
    """The same for content that is already here, pasted or uploaded; the name is only shown."""
    yield from _read(io.BytesIO(data), _shown(name))


def _opened(name: str) -> BinaryIO:
    shown = _shown(name)
    try:
        return open(name, "rb")
    except FileNotFoundError:
        raise SourceError(f"{shown}: no such file; check the name") from None
    except IsADirectoryError:
        raise SourceError(f"{shown} is a folder; name a file in it") from None
    except PermissionError:
        raise SourceError(f"{shown}: no permission to read it; ask its owner for a copy") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SourceError(f"{shown}: cannot be opened ({reason}); check the name") from None


def _shown(name: str) -> str:
    """A name fit for a one-line message."""
    return clean(name[-200:]) or "the source"


def _read(stream: BinaryIO, name: str) -> Records:
    try:
        yield from _with_papers(_records(stream))
    except SourceError as error:
        raise SourceError(f"{name}: {error}") from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise SourceError(f"{name}: the gzip file is damaged or cut off; fetch or pack it again") from None
    except OSError as error:
        raise SourceError(f"{name}: could not be read to the end ({error.strerror or error}); try again") from None


def _with_papers(records: Records) -> Records:
    """The records as they come; raises SourceError if none of them is a paper."""
    papers = failed = alone = 0
    first = None
    for record in records:
        if isinstance(record, Paper):
            papers += 1
        else:
            first = first or record
            failed += 1
            alone += record.reason == NO_ABSTRACT
            if failed >= MAX_UNREADABLE and not papers:
                break
        yield record
    if papers:
        return
    if first is None:
        raise SourceError(f"no papers found; {ACCEPTED}")
    if alone == failed:
        raise SourceError(f"it has titles but no abstracts ({alone:,} titles); give a page that shows the abstracts")
    none = "its one record cannot be read" if failed == 1 else f"none of its {failed:,} records can be read; the first"
    raise SourceError(f"{none}, {first.place}: {first.reason}")


def _records(stream: BinaryIO) -> Records:
    head = stream.read(HEAD)
    if head.startswith(GZIP):
        stream = cast(BinaryIO, gzip.GzipFile(fileobj=_joined(head, stream)))
        head = stream.read(HEAD)
        if head.startswith(GZIP):
            raise SourceError("a gzip file within a gzip file; unpack it first")
    encoding = next((encoding for mark, encoding in BYTE_ORDER_MARKS if head.startswith(mark)), "")
    if encoding:
        stream = io.BytesIO(_text(_whole(head, stream), encoding).encode())
        head = stream.read(HEAD)
    _refuse_binary(head)
    if _is_json_lines(head):
        return read_json_lines(_joined(head, stream))
    if head.lstrip(LEAD).startswith(b"{") and len(head) == HEAD and b"\n" not in head:
        return _one_long_object(head, stream)
    return _document(_whole(head, stream))


def _one_long_object(head: bytes, stream: BinaryIO) -> Records:
    """A first line longer than a line may be: an object that fills the whole document, or JSON Lines after all."""
    head += stream.read(MAX_DOCUMENT + 1 - len(head))
    if len(head) > MAX_DOCUMENT or b"\n{" in head:
        return read_json_lines(_joined(head, stream))
    return _document(head)


def _document(data: bytes) -> Records:
    text = _text(data, "utf-8-sig").lstrip("\ufeff \t\r\n")
    if OBJECT.match(text) or ARRAY.match(text):
        return read_json(text)
    if MARKUP.match(text):
        page = HTML.search(text, 0, HEAD)
        feed = ATOM.search(text, 0, page.start() if page else HEAD)
        # An XHTML page begins with an XML declaration too, and its first element tells.
        return read_html(text) if page and not (feed and feed[0] != "<?xml") else read_atom(text)
    if BIBTEX.match(text):
        return read_bibtex(text)
    if RIS.match(text):
        return read_ris(text)
    return read_page(_text(data, "utf-8-sig"))


def _whole(head: bytes, stream: BinaryIO) -> bytes:
    data = head + stream.read(MAX_DOCUMENT + 1 - len(head))
    if len(data) > MAX_DOCUMENT:
        raise SourceError(
            f"more than {MAX_DOCUMENT // 1_000_000} MB; split it, or give JSON Lines, which may be longer"
        )
    return data


def _text(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        name = encoding.removesuffix("-sig").upper()
        line = data.count(b"\n", 0, error.start) + 1
        raise SourceError(
            f"not {name}: byte {error.start + 1:,} (line {line:,}) is not a character; save it as UTF-8"
        ) from None


def _refuse_binary(head: bytes) -> None:
    if not head.strip(LEAD):
        raise SourceError(f"it is empty; {ACCEPTED}")
    kind = next((kind for mark, kind in MAGIC if head.startswith(mark)), "")
    # A single zero byte is damage that cleaning removes; more of them are not text.
    if not kind and head.count(0) * 100 > len(head):
        kind = "a binary file, or UTF-16 text without its byte order mark"
    if kind:
        raise SourceError(f"it is {kind}, not text; {ACCEPTED}")


def _is_json_lines(head: bytes) -> bool:
    """Whether the lines are objects of their own, not those of one document spread over several."""
    lines = [line.strip() for line in head.lstrip(LEAD).split(b"\n", SAMPLE)[:SAMPLE]]
    lines = [line for line in lines if line]
    if not lines or ARRAY.match(lines[0].decode("utf-8", "replace")):
        return False
    objects = [bool(re.match(rb'\{\s*+"', line)) for line in lines]
    if lines[0].startswith(b"{"):
        return objects[:2] == [True, True] and not lines[0].endswith(b"[")
    return 2 * sum(objects) > len(lines)  # the first line is damaged or no object


def _joined(head: bytes, stream: BinaryIO) -> BinaryIO:
    """The stream with what was read of it put back in front."""
    return cast(BinaryIO, io.BufferedReader(_Rejoined(head, stream), 65_536))


class _Rejoined(io.RawIOBase):
    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self.head, self.rest = io.BytesIO(head), rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        data = self.head.read(len(buffer)) or self.rest.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
