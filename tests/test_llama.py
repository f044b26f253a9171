"""LlamaIndex over the papers: postprocessors plug in, a response holds what was cited, no model is asked."""

import asyncio

import pytest
from llama_index.core.postprocessor import SimilarityPostprocessor
from llama_index.core.schema import MetadataMode, QueryBundle
from llama_index.core.settings import Settings

from rag.engine import Engine
from rag.llamaindex import PaperQueryEngine, PaperRetriever
from rag.retrieve.scope import Scope

QUESTION = "How much memory does APOLLO need?"


@pytest.fixture(autouse=True)
def no_model_of_llama_index(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking LlamaIndex for its default models, which are OpenAI's, fails the test."""
    for name in ("llm", "embed_model"):
        monkeypatch.setattr(type(Settings), name, property(lambda self: pytest.fail("a default model was asked for")))


def test_the_retriever_gives_the_papers_that_search_gives(engine: Engine) -> None:
    nodes, ranked = PaperRetriever(engine, k=4).retrieve(QUESTION), engine.search(QUESTION, k=4)
    for node, found in zip(nodes, ranked, strict=True):
        assert (node.node_id, node.score, node.text) == (found.paper.id, found.score, found.paper.abstract)
        assert node.metadata["sentence"] == found.evidence[0].sentence.text
        for mode in (MetadataMode.LLM, MetadataMode.EMBED):  # a model is shown title and abstract alone
            assert found.paper.title in node.get_content(mode)
            assert found.paper.id not in node.get_content(mode)


def test_postprocessors_of_llama_index_plug_in_and_a_scope_narrows(engine: Engine) -> None:
    nodes = PaperRetriever(engine, k=6).retrieve(QUESTION)
    cutoff = SimilarityPostprocessor(similarity_cutoff=nodes[2].get_score())
    assert cutoff.postprocess_nodes(nodes, QueryBundle(QUESTION)) == nodes[:3]
    (kept,) = PaperRetriever(engine, scope=Scope(ids=(nodes[1].node_id,))).retrieve(QUESTION)
    assert kept.node_id == nodes[1].node_id


def test_the_source_nodes_of_a_response_are_the_citations(engine: Engine) -> None:
    response = PaperQueryEngine(engine).query(QUESTION)
    answer = engine.ask(QUESTION)
    assert str(response) == answer.text
    assert answer.citations
    for source, cited in zip(response.source_nodes, answer.citations, strict=True):
        span = (source.node.start_char_idx, source.node.end_char_idx)  # type: ignore[attr-defined]
        assert (source.text, *span) == (cited.quote, cited.start, cited.end)
        assert source.node.metadata == {"number": cited.number, "paper_id": cited.paper_id, "title": cited.title}
    assert response.metadata
    assert {**response.metadata, "seconds": 0} == {**answer.as_dict(), "seconds": 0}
    assert str(asyncio.run(PaperQueryEngine(engine).aquery(QUESTION))) == answer.text


def test_a_refusal_is_a_response_without_sources(engine: Engine) -> None:
    response = PaperQueryEngine(engine).query("author:nobody who won?")
    assert (response.source_nodes, (response.metadata or {})["refused"]) == ([], True)
    assert str(response)
