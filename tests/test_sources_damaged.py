"""Whatever a source holds: papers and unreadable records, or one plain line that refuses it, in bounded time."""

import json
import time

import pytest

from ingest.errors import SourceError
from ingest.paper import Paper, Unreadable
from ingest.sources import read_bytes

RECORD = {"title": "Pruning", "abstract": "We prune small networks and find that half of the weights can go."}
LINE = json.dumps(RECORD).encode() + b"\n"


def outcome(data):
    """Reads, and holds that there is a paper among the records or else a message of one line."""
    try:
        read = list(read_bytes(data, "pasted text"))
    except SourceError as error:
        message = str(error)
    else:
        assert {type(record) for record in read} in ({Paper}, {Paper, Unreadable})
        return
    assert message.startswith("pasted text: ")
    assert "\n" not in message


@pytest.mark.parametrize(
    "bomb",
    [
        b"<a " * 200_000,
        b"<html>" + b"</" * 300_000,
        b"<html>" + b'data-target="DailyPapers" a=b ' * 600_000,
        b"<html>" + b"<![CDATA[" * 100_000,
        b'<div data-target="DailyPapers" data-props="' + b"&#" + b"9" * 100_000 + b'">',
        b"[" * 500_000,
        b'[{"a":' * 200_000,
        b'["' + b'\\"' * 1_000_000,
        b"[" + b"x," * 500_000,
        b"[" + LINE + b"}" * 100_000,
        b"[" + LINE + b" 5" * 100_000,
        b"[" + LINE + b"," + b'{"a" 1},' * 2_000_000 + b"]",
        "a\u0316\u0301".encode() + "\u0316\u0301".encode() * 500_000,
        b"1" * 2_000_000,
        b"http://" * 300_000,
        (b"7" * 240 + b"x\n") * 5_000,
        (b"a, " * 80 + b"\n") * 5_000,
        b"Word " * 1_000_000,
        b"A b c d e f\n" * 150_000,
        b"A. " * 1_000_000,
    ],
    ids=lambda bomb: repr(bomb[:16]),
)
def test_content_made_to_stall_a_parser_is_done_within_ten_seconds(bomb):
    start = time.monotonic()
    outcome(bomb)
    assert time.monotonic() - start < 10


@pytest.mark.parametrize("data", [b'@str1ing{xperceptual\n@comno}\n@inproceedings{b, titd."}'])  # a line's end in a key
def test_what_tests_bench_fuzz_sources_found_is_read_or_refused_in_one_line(data):
    outcome(data)
