"""Fuzz the source readers, led by the branches they take: `uv run --with atheris python tests/bench/fuzz_sources.py`.

Whatever the bytes, a source is papers and unreadable records, or one plain SourceError, within some seconds. Begins
with a seed of each format; an input that breaks this is written to --found, to be kept in test_sources_damaged.py.
"""

import argparse
import gzip
import os
import sys
import tempfile
import time
from pathlib import Path

import atheris

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
with atheris.instrument_imports(include=["ingest", "bibtexparser", "rispy", "html.parser", "_markupbase"]):
    from ingest.errors import SourceError
    from ingest.paper import Paper, Unreadable
    from ingest.sources import read_bytes
    from ingest.text import clean

PAPER = b'{"title": "On Lenses", "abstract": "We grind lenses. They last.", "authors": ["Ada"], "date": "2025-01-02"}'
SEEDS = (
    PAPER + b"\n" + PAPER.replace(b"On", b"Of"),
    b"[" + PAPER + b"]",
    gzip.compress(PAPER + b"\n"),
    PAPER.decode().encode("utf-16"),
    b"<!doctype html><html><body><div data-target='DailyPapers' data-props='{&quot;dailyPapers&quot;: ["
    + PAPER.replace(b'"', b"&quot;")
    + b"]}'></div></body></html>",
    b"@article{ada, title={On {L}enses}, abstract={We grind lenses.}, author={Ada and Bo}, year=2025, month=jan}",
    b'@string{x={Lenses}}\n@comment{no}\n@inproceedings{b, title = x # { two}, abstract = "We \\\'e grind."}',
    b"TY  - JOUR\nTI  - On Lenses\nAB  - We grind lenses.\nAU  - Lovelace, Ada\nPY  - 2025/01/02\nER  - \n",
)
SLOWEST = 5.0  # seconds for one input of at most LONGEST bytes
LONGEST = 20_000


def read(data: bytes) -> None:
    """Read the bytes as an uploaded file; raises where what comes is neither papers nor a plain refusal."""
    begun, refused = time.monotonic(), "refused"
    try:
        for found in read_bytes(data, "fuzzed"):
            assert isinstance(found, Paper | Unreadable), found
            if isinstance(found, Paper):
                assert found.title == clean(found.title) != ""
                assert found.abstract == clean(found.abstract)
    except SourceError as error:
        refused = str(error)
    assert refused.strip(), "an empty message"
    assert "\n" not in refused, "a message of several lines"
    assert time.monotonic() - begun < SLOWEST, "too slow"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--found", type=Path, default=Path("fuzz-found"))
    args = parser.parse_args()
    args.found.mkdir(parents=True, exist_ok=True)
    corpus = Path(tempfile.mkdtemp(prefix="fuzz-"))
    for number, seed in enumerate(SEEDS):
        (corpus / f"seed-{number}").write_bytes(seed)
    pages = [*(ROOT / "tests" / "samples").rglob("*"), *(ROOT / "ingest" / "pages").glob("*.txt")]
    for path in pages:
        if path.is_file():
            (corpus / path.name).write_bytes(path.read_bytes()[:LONGEST])
    os.chdir(args.found)
    flags = [f"-max_total_time={args.seconds}", f"-max_len={LONGEST}", "-timeout=20", "-rss_limit_mb=2048"]
    atheris.Setup([sys.argv[0], *flags, "-print_final_stats=1", str(corpus)], read)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
