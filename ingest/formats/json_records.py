"""From JSON text to its records, one at a time, so that a broken record does not take its neighbours with it.

Knows JSON and the Python notation some feeds were saved in; not what a paper is.
"""

import ast
import json
import re
from collections.abc import Iterator

MAX_LITERAL = 262_144  # characters of a record in Python notation; parsing one takes some 50 times its size
MAX_DEPTH = 50  # brackets inside each other in Python notation

# Integers come as floats: Python refuses to read integers of more than 4,300 digits, and none is needed here.
DECODER = json.JSONDecoder(parse_int=float)
SPACE = re.compile(r"[ \t\r\n]*")
# Possessive, so that a string that never closes is passed once and not once for every quote within it.
STRING_OR_MARK = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[\]{},]', re.DOTALL)
LITERAL_TOKEN = re.compile(
    r"""\s*+(?:
      '[^'\\\n]*+(?:\\[\\'"abfnrtvxuU][^'\\\n]*+)*+'
    | "[^"\\\n]*+(?:\\[\\'"abfnrtvxuU][^"\\\n]*+)*+"
    | -?\d[\d.eE+-]*+ | True\b | False\b | None\b | (?P<open>[\[{(]) | (?P<close>[\]})]) | [,:]
    )\s*+""",
    re.VERBOSE,
)


class RecordError(ValueError):
    """One record cannot be decoded; the message is its reason."""


def decode(text: str) -> object:
    """The one JSON value that a text consists of; raises RecordError."""
    start = _skip(text, 0)
    value, end = _value(text, start)
    if text[end:].strip():
        raise RecordError(f"not JSON: more follows after character {end:,}")
    return value


def elements(text: str) -> Iterator[object | RecordError]:
    """The elements of the JSON array that a text consists of; one that cannot be decoded comes as its RecordError."""
    at = _skip(text, _skip(text, 0) + 1)
    damaged = False
    while text[at : at + 1] != "]":
        if at >= len(text):
            yield RecordError("the file breaks off here")
            return
        # An error costs time in proportion to the text it is found in, so damaged text is decoded in pieces.
        end = _element_end(text, at) if damaged else at
        try:
            if damaged:
                value = decode(text[at:end])
            else:
                value, end = _value(text, at)
        except RecordError as error:
            damaged, end = True, end if damaged else _element_end(text, at)
            yield error
            if end >= len(text):
                return
        else:
            yield value
        end = _skip(text, end)
        if text[end : end + 1] not in (",", "]", ""):
            yield RecordError("not JSON: no comma after the record before this one")
            end = _element_end(text, end)
        if text[end : end + 1] == "}":  # closes what never opened: where the next record begins cannot be told
            return
        at = _skip(text, end + 1) if text[end : end + 1] == "," else end


def literal(text: str) -> object:
    """The value of a record in Python's own notation (`{'title': …}`); raises RecordError."""
    if len(text) > MAX_LITERAL:
        raise RecordError(f"{len(text):,} characters of Python notation, more than {MAX_LITERAL:,}")
    # Only plain values in shallow brackets reach the parser, which deep or odd expressions can bring down.
    at = depth = 0
    while at < len(text):
        token = LITERAL_TOKEN.match(text, at)
        depth += bool(token and token["open"]) - bool(token and token["close"])
        if not token or depth > MAX_DEPTH:
            raise RecordError(f"Python notation that cannot be read from character {at + 1:,} on")
        at = token.end()
    try:
        value: object = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise RecordError("Python notation that cannot be read") from None
    return value


def _value(text: str, start: int) -> tuple[object, int]:
    try:
        return DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        cut = _skip(text, error.pos) >= len(text) or error.msg.startswith("Unterminated string")
        what = "the JSON breaks off" if cut else f"not JSON: {error.msg.lower()}"
        raise RecordError(f"{what} (character {error.pos - start + 1:,})") from None
    except RecursionError:
        raise RecordError("JSON nested too deeply") from None


def _element_end(text: str, start: int) -> int:
    """Where the comma or bracket stands that ends the element at `start`; the text's end where none does."""
    depth = 0
    for mark in STRING_OR_MARK.finditer(text, start):
        if mark[0] in "[{":
            depth += 1
        elif depth == 0 and mark[0] in "],}":
            return mark.start()
        elif mark[0] in "]}":
            depth -= 1
    return len(text)


def _skip(text: str, at: int) -> int:
    space = SPACE.match(text, at)
    return space.end() if space else at
