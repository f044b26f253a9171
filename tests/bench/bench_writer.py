"""A model's first checked sentence beside a bare `openai` call and one search, on one scripted endpoint. Bar: 1.1.

    python -m tests.bench.bench_writer [--pause SECONDS]

The endpoint thinks for PAUSE seconds (default 0.3, as a small hosted model does) and then writes a whole sentence at
once, so what is measured beyond it is ours: understanding, evidence, prompt, client and check. Also printed: the time
from the endpoint's first word to the sentence being shown. Bar: 50 ms.
"""

import argparse
import re
import tempfile
import time
from pathlib import Path
from statistics import median

import openai

from ingest.library import ingest_sources
from ingest.settings import Settings
from rag.engine import Engine
from tests.bench.timing import PAGE, machine, report, seconds
from tests.model_endpoint import DONE, KEY, Handler, delta, finish, serving

QUESTION, TURNS = "How does KIVI quantize the KV cache?", 25


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pause", type=float, default=0.3, help="seconds the endpoint thinks")
    pause = parser.parse_args().pause
    spoke: list[float] = []

    def reply(handler: Handler) -> None:
        numbers = re.findall(r"^\[(\d+)\] .*named KIVI", handler.asked["messages"][-1]["content"], re.MULTILINE)
        handler.open_stream()
        time.sleep(pause)
        spoke.append(time.perf_counter())
        handler.write(delta(f"KIVI is a tuning-free 2bit KV cache quantization algorithm [{(numbers or [1])[0]}]."))
        handler.write(finish() + DONE)
        handler.close_stream()

    with tempfile.TemporaryDirectory() as folder, serving() as endpoint:
        endpoint.replies = [reply]
        home = Settings(Path(folder), openai_api_key=KEY, openai_base_url=endpoint.url, model="scribe")
        ingest_sources(home, [str(PAGE)])
        client = openai.OpenAI(api_key=KEY, base_url=endpoint.url, max_retries=0)
        shown: list[float] = []

        with Engine(home) as engine:

            def ours() -> None:
                next(piece for piece in engine.stream(QUESTION) if isinstance(piece, str))
                shown.append(time.perf_counter() - spoke[-1])

            def bare() -> None:
                engine.search(QUESTION)
                messages = [{"role": "user", "content": QUESTION}]
                stream = client.chat.completions.create(model="scribe", messages=messages, stream=True)  # type: ignore
                with stream:
                    next(iter(stream))

            ours(), bare()
            shown.clear()
            taken = [(seconds(ours), seconds(bare)) for _ in range(TURNS)]
    report("first checked sentence / search and bare call", [a for a, _ in taken], [b for _, b in taken], bar=1.1)
    print(f"from the endpoint's first word to the sentence shown: {1e3 * median(shown):.1f} ms (bar 50); {machine()}")


if __name__ == "__main__":
    main()
