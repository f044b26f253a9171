"""Whatever a source holds: papers and unreadable records, or one plain line that refuses it, in bounded time."""

import json
import random
import time
from pathlib import Path

import pytest

from ingest.errors import SourceError
from ingest.paper import Paper, Unreadable
from ingest.sources import read_bytes

PAGE = Path(__file__).resolve().parents[1] / "ingest" / "pages" / "daily_papers_page.txt"
SAMPLES = Path(__file__).parent / "samples"
RECORD = {"title": "Pruning", "abstract": "We prune small networks and find that half of the weights can go."}
LINE = json.dumps(RECORD).encode() + b"\n"
HTML = b'<div data-target="DailyPapers" data-props=\'{"dailyPapers": [%s]}\'></div>' % LINE.strip()


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
        b"<!--" * 100_000,
        b"<html>" + b"</" * 300_000,
        b"<html>" + b'data-target="DailyPapers" a=b ' * 600_000,
        b"<?xml " + b"<?" * 300_000,
        b"<html>" + b"<![CDATA[" * 100_000,
        b'<div data-target="DailyPapers" data-props="' + b"&#" + b"9" * 100_000 + b'">',
        b"[" * 500_000,
        b'[{"a":' * 200_000,
        b'["' + b'\\"' * 1_000_000,
        b"[" + b"x," * 500_000,
        b"[" + LINE + b"}" * 100_000,
        b"[" + LINE + b",}," * 100_000,
        b"[" + LINE + b" 5" * 100_000,
        b"[" + LINE + b"," + b'{"a" 1},' * 100_000 + b"]",
        b"[" + LINE + b"," + b'{"a" 1},' * 2_000_000 + b"]",
        "a\u0316\u0301".encode() + "\u0316\u0301".encode() * 500_000,
        b"1" * 2_000_000,
        b"http://" * 300_000,
        (b"7" * 240 + b"x\n") * 5_000,
        (b"-" * 240 + b"x\n") * 5_000,
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


def damaged(page):
    """The page cut at every 1 %, and 200 times with lines lost, swapped, doubled, torn or their bytes changed."""
    chance = random.Random(2024)
    yield from (page[: len(page) * part // 100] for part in range(100))
    for _ in range(200):
        lines = page.split(b"\n")
        for _ in range(chance.randrange(1, 30)):
            first, second = chance.randrange(len(lines)), chance.randrange(len(lines))
            damage = chance.randrange(5)
            if damage == 0:
                del lines[first : first + chance.randrange(4)]
                lines = lines or [b""]
            elif damage == 1:
                lines[first], lines[second % len(lines)] = lines[second % len(lines)], lines[first]
            elif damage == 2:
                lines.insert(first, lines[second % len(lines)])
            elif damage == 3:
                cut = chance.randrange(len(lines[first]) + 1)
                lines[first : first + 1] = [lines[first][:cut], lines[first][cut:]]
            elif chance.random() < 0.1:
                lines[first] = lines[first] + bytes([chance.randrange(256)])
        yield b"\n".join(lines)
    text = page.decode()
    yield from (
        text.encode(charset, "replace")
        for charset in ("latin-1", "cp1252", "utf-16", "utf-16-be", "shift_jis", "utf-7")
    )


@pytest.mark.parametrize(
    "source", [PAGE, SAMPLES / "feed.xml", SAMPLES / "daily_papers.json", HTML, LINE * 20], ids=repr
)
def test_a_damaged_source_is_read_or_refused_and_never_anything_else(source):
    page = source if isinstance(source, bytes) else source.read_bytes()
    for data in damaged(page):
        start = time.monotonic()
        outcome(data)
        assert time.monotonic() - start < 5


def test_lost_lines_cost_only_the_papers_they_belong_to():
    lines = PAGE.read_bytes().split(b"\n")
    for at in range(20, len(lines), 9):
        assert (
            sum(isinstance(record, Paper) for record in read_bytes(b"\n".join(lines[:at] + lines[at + 1 :]), "")) >= 88
        )


# What tests/bench/fuzz_sources.py found: each broke a reader once.
FUZZED = [
    b'@str1ing{xperceptual\n@comno}\n@inproceedings{b, titd."}',  # a key with a line's end in it, in a message
]


@pytest.mark.parametrize("data", FUZZED)
def test_what_fuzzing_found_is_read_or_refused_in_one_line(data):
    outcome(data)
