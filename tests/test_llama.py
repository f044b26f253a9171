"""LlamaIndex over the papers: postprocessors plug in, a response holds what was cited, no model is asked."""

import asyncio

import pytest
from llama_index.core.postprocessor import LongContextReorder, SimilarityPostprocessor
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
    nodes = PaperRetriever(engine, k=4).retrieve(QUESTION)
    ranked = engine.search(QUESTION, k=4)
    assert [(node.node_id, node.score) for node in nodes] == [(found.paper.id, found.score) for found in ranked]
    assert [node.text for node in nodes] == [found.paper.abstract for found in ranked]
    assert [node.metadata["sentence"] for node in nodes] == [found.evidence[0].sentence.text for found in ranked]


def test_a_model_is_shown_title_and_abstract_alone(engine: Engine) -> None:
    (node,) = PaperRetriever(engine, k=1).retrieve(QUESTION)
    for mode in (MetadataMode.LLM, MetadataMode.EMBED):
        shown = node.get_content(mode)
        assert node.metadata["title"] in shown
        assert node.text in shown
        assert node.metadata["paper_id"] not in shown


def test_a_scope_narrows_the_retriever(engine: Engine) -> None:
    second = engine.search(QUESTION, k=2)[1].paper.id
    nodes = PaperRetriever(engine, scope=Scope(ids=(second,))).retrieve(QUESTION)
    assert [node.node_id for node in nodes] == [second]


def test_postprocessors_of_llama_index_plug_in(engine: Engine) -> None:
    nodes = PaperRetriever(engine, k=6).retrieve(QUESTION)
    cutoff = nodes[2].get_score()
    kept = SimilarityPostprocessor(similarity_cutoff=cutoff).postprocess_nodes(nodes, QueryBundle(QUESTION))
    assert [node.node_id for node in kept] == [node.node_id for node in nodes[:3]]
    reordered = LongContextReorder().postprocess_nodes(nodes, query_str=QUESTION)
    assert [node.node_id for node in reordered] != [node.node_id for node in nodes]
    assert {node.node_id for node in reordered} == {node.node_id for node in nodes}


def test_the_source_nodes_of_a_response_are_the_citations(engine: Engine) -> None:
    response = PaperQueryEngine(engine).query(QUESTION)
    answer = engine.ask(QUESTION)
    assert str(response) == answer.text
    assert answer.citations
    for source, cited in zip(response.source_nodes, answer.citations, strict=True):
        node = source.node
        span = (node.start_char_idx, node.end_char_idx)  # type: ignore[attr-defined]
        assert (source.text, *span) == (cited.quote, cited.start, cited.end)
        assert node.metadata == {"number": cited.number, "paper_id": cited.paper_id, "title": cited.title}
        paper = engine.paper(cited.paper_id)
        assert paper
        assert paper.abstract[cited.start : cited.end] == source.text
    assert response.metadata
    assert {**response.metadata, "seconds": 0} == {**answer.as_dict(), "seconds": 0}


def test_a_refusal_is_a_response_without_sources(engine: Engine) -> None:
    response = PaperQueryEngine(engine).query("author:nobody who won?")
    assert response.source_nodes == []
    assert response.metadata
    assert response.metadata["refused"] is True
    assert str(response)


def test_the_awaited_response_is_the_same(engine: Engine) -> None:
    awaited = asyncio.run(PaperQueryEngine(engine).aquery(QUESTION))
    assert str(awaited) == str(PaperQueryEngine(engine).query(QUESTION))


def test_the_query_engine_asks_for_no_prompt_and_no_model(engine: Engine) -> None:
    assert PaperQueryEngine(engine).get_prompts() == {}
