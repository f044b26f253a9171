"""The conversations of a file answered by LlamaIndex as its tutorial has it: condense the question, then answer over
the eight nearest abstracts. For setting beside `paperchat batch` with the same chat and embedding model.

    python -m tests.bench.bench_llamaindex CONVERSATIONS.jsonl ANSWERS.jsonl [--jobs N]

The settings name the model, as for paperchat. Papers whose names or titles stand in an answer count as cited.
"""

import argparse
import json
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from llama_index.core import VectorStoreIndex
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.chat_engine import CondensePlusContextChatEngine
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.schema import TextNode
from pydantic import PrivateAttr

from ingest.embedding import Embedder
from ingest.library import ingest_sources
from ingest.settings import load_settings
from rag.engine import Engine
from rag.llm.llama import PaperLLM
from rag.llm.model import ChatModel
from tests.bench.timing import PAGE

TOP = 8  # abstracts


class OurEmbedding(BaseEmbedding):
    """The embedding model of paperchat as LlamaIndex's."""

    _embedder: Embedder = PrivateAttr()

    def __init__(self, embedder: Embedder) -> None:
        super().__init__()
        self._embedder = embedder

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._embedder.embed([text])[0].tolist()  # type: ignore[no-any-return]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._embedder.embed_query(query).tolist()  # type: ignore[no-any-return]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("conversations", type=Path)
    parser.add_argument("answers", type=Path)
    parser.add_argument("--jobs", type=int, default=1)
    given = parser.parse_args()
    rows = [json.loads(line) for line in given.conversations.read_text("utf-8").splitlines() if line.strip()]
    settings = load_settings()
    with tempfile.TemporaryDirectory() as folder:
        from dataclasses import replace

        home = replace(settings, home=Path(folder))
        ingest_sources(home, [str(PAGE)])
        with Engine(home) as engine, ThreadPoolExecutor(given.jobs) as pool, given.answers.open("w") as out:
            papers = [entry.paper for entry in engine.index.record.entries(engine.index.record.numbers())]
            nodes = [TextNode(id_=p.id, text=f"{p.title}\n{p.abstract}") for p in papers]
            assert engine.index.embedder
            index = VectorStoreIndex(nodes, embed_model=OurEmbedding(engine.index.embedder))
            llm = PaperLLM(ChatModel(settings))

            def hold(row: dict[str, Any]) -> dict[str, Any]:
                chat = CondensePlusContextChatEngine.from_defaults(
                    retriever=index.as_retriever(similarity_top_k=TOP),
                    llm=llm,
                    memory=ChatMemoryBuffer.from_defaults(token_limit=6_000, llm=llm),
                )
                turns = []
                for turn in row["turns"]:
                    text = str(chat.chat(turn["user"]))
                    named = engine._turns.tools.linker.named(text)
                    cited = [p for p in papers if p.id in named or p.title.lower() in text.lower()]
                    turns.append({"answer": text, "citations": [{"title": p.title, "quote": ""} for p in cited]})
                return {"id": row["id"], "turns": turns}

            for done in pool.map(hold, rows):
                out.write(json.dumps(done, ensure_ascii=False) + "\n")
                out.flush()


if __name__ == "__main__":
    main()
