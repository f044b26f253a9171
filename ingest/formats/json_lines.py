"""From a stream of JSON Lines, one paper a line, to papers. Holds one line at a time, never the file."""

from collections.abc import Iterator
from typing import BinaryIO

from ingest.formats import Records
from ingest.formats.daily_api import read_element
from ingest.formats.json_records import RecordError, decode
from ingest.paper import Unreadable

MAX_LINE = 1_000_000  # bytes; a paper with 3,000 authors and a long abstract takes about 100,000


def read_json_lines(stream: BinaryIO) -> Records:
    """The papers of the lines; a line that is too long, not UTF-8 or not JSON is Unreadable, an empty one nothing."""
    for number, (line, length) in enumerate(_lines(stream), 1):
        place = f"line {number}"
        if length > MAX_LINE:
            yield Unreadable(place, f"the line is too long: {length:,} bytes, more than {MAX_LINE:,}")
            continue
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
            if text:
                yield read_element(decode(text), place)
        except UnicodeDecodeError as error:
            yield Unreadable(place, f"not UTF-8 (byte {error.start + 1:,} of the line)")
        except RecordError as error:
            yield Unreadable(place, str(error))


def _lines(stream: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Each line with its length in bytes; of one over the limit only the length is kept."""
    while line := stream.readline(MAX_LINE + 1):
        length, piece = len(line), line
        while len(piece) > MAX_LINE and not piece.endswith(b"\n"):
            piece = stream.readline(MAX_LINE + 1)
            length += len(piece)
        yield (line if length <= MAX_LINE else b""), length
