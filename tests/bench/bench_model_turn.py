"""A turn by a model beside the bare calls that it makes, on one scripted endpoint. Bar: 1.1.

    python -m tests.bench.bench_model_turn [--home FOLDER] [--turns N]

The endpoint plans in 0.8 s and writes for 2.2 s, as a quick hosted model does; what is measured beyond that is ours:
the library card, the searches, the sources, the client, the check. FOLDER holds an index already made (such as of
80,000 papers); without it, the bundled page is ingested. Also printed: what each stage took, and tokens of prompts.
"""

import argparse
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import openai

from ingest.library import ingest_sources
from ingest.settings import Settings
from rag.engine import Engine
from rag.plan.plan import Plan
from tests.bench.timing import PAGE, machine, report, seconds
from tests.model_endpoint import DONE, KEY, Handler, delta, finish, serving
from tests.scripted_model import prompt, stage

QUESTION = "How does KV cache quantization save memory, and which method keeps the keys per channel?"
PLAN = Plan(
    question=QUESTION, searches=("KV cache quantization memory", "per-channel key quantization", "2bit KV cache")
).model_dump_json()
PLAN_SECONDS, FIRST_SECONDS, WRITE_SECONDS, SENTENCES = 0.8, 0.5, 1.7, 4


def reply(handler: Handler) -> None:
    """A plan after a pause; an answer that quotes its first sources, sentence by sentence."""
    handler.open_stream()
    if stage(handler.asked) == "plan":
        time.sleep(PLAN_SECONDS)
        handler.write(delta(PLAN))
    else:
        time.sleep(FIRST_SECONDS)
        for number, text in re.findall(r"^\[(\d+)\] (.*)$", prompt(handler), re.MULTILINE)[:SENTENCES]:
            time.sleep(WRITE_SECONDS / SENTENCES)
            handler.write(delta(f"{text.rstrip('.')} [{number}]. "))
    handler.write(finish() + DONE)
    handler.close_stream()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--home", type=Path, help="folder of an index already made")
    parser.add_argument("--turns", type=int, default=12, help="turns (default: 12)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, serving() as endpoint:
        endpoint.replies = [reply]
        home = given.home or Path(folder)
        settings = Settings(home, openai_api_key=KEY, openai_base_url=endpoint.url, model="scribe")
        if not given.home:
            ingest_sources(settings, [str(PAGE)])
        client = openai.OpenAI(api_key=KEY, base_url=endpoint.url, max_retries=0)
        with Engine(settings) as engine:
            answer = engine.ask(QUESTION)
            asked = endpoint.asked[-2:]
            compare(lambda: engine.ask(QUESTION), lambda: [drain(client, one) for one in asked], given.turns, engine)
    assert answer.trace
    print("stages:", ", ".join(f"{name} {1e3 * took:.0f} ms" for name, took in answer.trace.seconds.items()))
    print("calls:", ", ".join(f"{call.stage} {call.tokens_in:,} tokens in" for call in answer.trace.calls), machine())


def compare(ours: Callable[[], Any], bare: Callable[[], Any], turns: int, engine: Engine) -> None:
    pairs = [(seconds(ours), seconds(bare)) for _ in range(turns)]
    whole, calls = [a for a, _ in pairs], [b for _, b in pairs]
    report(f"{engine.count():,} papers: a turn / its bare calls", whole, calls, bar=1.1)
    print(f"a turn {median(whole):.2f} s, its calls alone {median(calls):.2f} s")


def drain(client: openai.OpenAI, asked: dict[str, Any]) -> None:
    with client.chat.completions.create(**asked) as stream:
        for _ in stream:
            pass


if __name__ == "__main__":
    main()
