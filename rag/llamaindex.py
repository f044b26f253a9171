"""The seams to LlamaIndex: its retriever and query-engine interfaces over our index and answers.

With these, LlamaIndex's rerankers, response evaluators and agents work on paperchat's papers. No model of
LlamaIndex's is used or asked for.
"""

from typing import Any

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.response.schema import RESPONSE_TYPE, Response
from llama_index.core.callbacks.base import CallbackManager
from llama_index.core.prompts.mixin import PromptMixinType
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from rag.engine import Engine
from rag.retrieve.scope import Scope
from rag.types import Answer, Ranked


class PaperRetriever(BaseRetriever):
    """The papers that fit a question, best first: one node a paper, its text the abstract.

    Metadata: paper_id, title, date, url and, as 'sentence', the paper's best sentence for the question. All but
    the title is kept out of what a language or embedding model is shown.
    """

    def __init__(self, engine: Engine, *, k: int = 10, scope: Scope | None = None) -> None:
        self._engine, self._k, self._scope = engine, k, scope
        super().__init__(callback_manager=CallbackManager([]))

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        ranked = self._engine.search(query_bundle.query_str, k=self._k, scope=self._scope)
        return [paper_node(found) for found in ranked]


class PaperQueryEngine(BaseQueryEngine):
    """Grounded answers: the response's text carries marks [n], its source nodes are the cited sentences in order."""

    def __init__(self, engine: Engine, *, scope: Scope | None = None) -> None:
        self._engine, self._scope = engine, scope
        super().__init__(callback_manager=CallbackManager([]))

    def _query(self, query_bundle: QueryBundle) -> RESPONSE_TYPE:
        return as_response(self._engine.ask(query_bundle.query_str, scope=self._scope))

    async def _aquery(self, query_bundle: QueryBundle) -> RESPONSE_TYPE:
        return self._query(query_bundle)

    def _get_prompt_modules(self) -> PromptMixinType:
        return {}


def paper_node(found: Ranked) -> NodeWithScore:
    """A ranked paper as LlamaIndex's node."""
    paper = found.paper
    metadata = {"paper_id": paper.id, "title": paper.title, "date": paper.date, "url": paper.url}
    metadata |= {"sentence": found.evidence[0].sentence.text} if found.evidence else {}
    hidden = [key for key in metadata if key != "title"]
    node = TextNode(
        id_=paper.id,
        text=paper.abstract,
        metadata=metadata,
        excluded_llm_metadata_keys=hidden,
        excluded_embed_metadata_keys=hidden,
    )
    return NodeWithScore(node=node, score=found.score)


def as_response(answer: Answer) -> Response:
    """An answer as LlamaIndex's response; its metadata is the object that `ask --json` gives."""
    nodes = [
        TextNode(
            id_=f"{cited.paper_id}:{cited.start}-{cited.end}",
            text=cited.quote,
            start_char_idx=cited.start,
            end_char_idx=cited.end,
            metadata={"number": cited.number, "paper_id": cited.paper_id, "title": cited.title},
            excluded_llm_metadata_keys=["number", "paper_id"],
            excluded_embed_metadata_keys=["number", "paper_id"],
        )
        for cited in answer.citations
    ]
    metadata: dict[str, Any] = answer.as_dict()
    return Response(answer.text, source_nodes=[NodeWithScore(node=node) for node in nodes], metadata=metadata)
