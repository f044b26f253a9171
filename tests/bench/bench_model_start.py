"""Time to the first word of our chat model over that of a bare streaming call of `openai`, same endpoint. Bar: 1.3.

The endpoint is in this process and answers at once, so the figure is what we add to a call and nothing else.
"""

import sys
import tempfile
import time
from pathlib import Path

import openai
from timing import report

sys.path.insert(0, str(Path(__file__).parents[1]))
from model_endpoint import KEY, serving

from ingest.settings import Settings
from rag.llm.model import ChatModel, Message, Text

TURNS = 100
QUESTION = "What is KIVI?"


def main() -> None:
    with tempfile.TemporaryDirectory() as home, serving() as endpoint:
        settings = Settings(Path(home), openai_api_key=KEY, openai_base_url=endpoint.url, model="m")
        model, client = ChatModel(settings), openai.OpenAI(api_key=KEY, base_url=endpoint.url, max_retries=0)
        first_of_ours(model), first_of_openai(client)
        taken = [(first_of_ours(model), first_of_openai(client)) for _ in range(TURNS)]
        model.close(), client.close()
    report("to the first word / bare openai", [a for a, _ in taken], [b for _, b in taken], bar=1.3)


def first_of_ours(model: ChatModel) -> float:
    """Seconds to the first word; the rest of the answer is read outside of the time taken."""
    began = time.perf_counter()
    with model.stream([Message("user", QUESTION)], most_tokens=50) as stream:
        next(piece for piece in stream if isinstance(piece, Text))
        taken = time.perf_counter() - began
        assert [piece for piece in stream if isinstance(piece, Text)]
    return taken


def first_of_openai(client: openai.OpenAI) -> float:
    began = time.perf_counter()
    with client.chat.completions.create(
        model="m",
        messages=[{"role": "user", "content": QUESTION}],
        stream=True,
        temperature=0,
        max_tokens=50,
        stream_options={"include_usage": True},
    ) as stream:
        next(chunk for chunk in stream if chunk.choices and chunk.choices[0].delta.content)
        taken = time.perf_counter() - began
        assert list(stream)
    return taken


if __name__ == "__main__":
    main()
