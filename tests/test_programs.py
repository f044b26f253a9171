"""What programs ask over HTTP, through Gradio's client, plain POSTs and MCP, of the bundled page's papers."""

import asyncio
import json
import re
import shlex
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from mcp import ClientSession
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client

from ingest.browse.listing import Looked
from ingest.settings import Settings
from rag.engine import Engine
from tests.test_layout import BLOCKS, COMMANDS
from tests.test_page import free_port

ENDPOINTS = ["/ask", "/search", "/compare", "/papers", "/paper"]
KIVI, ZIPCACHE = "title:abddb0496f5f", "title:e51e9cb4a47a"
SAID = {"role": "user", "content": "What is KIVI?"}
HOME = "http://127.0.0.1:7860"  # where the README has the page


@pytest.fixture(scope="module")
def address(indexed_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    from ui.serve import Served, start

    async def opened() -> Served:  # where no loop runs, Gradio makes some that it never closes
        folder = str(tmp_path_factory.mktemp("gradio"))
        return start(lambda: Engine(Settings(indexed_home)), host="127.0.0.1", port=free_port(), folder=folder)

    served = asyncio.run(opened())
    yield served.url.rstrip("/")
    served.stop()


def post(address: str, name: str, *values: Any) -> Any:
    """The result of an endpoint, or the words of its error."""
    told = httpx.post(f"{address}/gradio_api/run/{name}", json={"data": values}, timeout=60).json()
    return told["data"][0] if "data" in told else told["error"]


def test_the_five_endpoints_are_described_and_no_event_of_the_page_is(address: str) -> None:
    info = httpx.get(f"{address}/gradio_api/info").json()
    assert list(info["named_endpoints"]) == ENDPOINTS
    assert info["unnamed_endpoints"] == {}
    for name, endpoint in info["named_endpoints"].items():
        assert endpoint["description"].endswith((".", ";")), name
        assert all(parameter["type"] for parameter in endpoint["parameters"]), name
        assert endpoint["returns"][0]["type"]["type"] in ("object", "array"), name
    paths = httpx.get(f"{address}/gradio_api/openapi.json").json()["paths"]
    called = [path.removeprefix("/gradio_api/call/v2") for path in paths if path.startswith("/gradio_api/call/v2")]
    assert called == ENDPOINTS


def test_an_answer_is_the_object_that_the_command_line_gives(address: str, engine: Engine) -> None:
    question = "How much memory does APOLLO need?"
    given, told = post(address, "ask", question, [], [], True), engine.ask(question).as_dict()
    assert given | {"seconds": 0} == json.loads(json.dumps(told | {"seconds": 0}))
    assert given["citations"]


def test_a_question_is_kept_to_the_papers_it_is_asked_of(address: str) -> None:
    answer = post(address, "ask", "How is the cache quantized?", [], [ZIPCACHE], True)
    assert {citation["paper_id"] for citation in answer["citations"]} == {ZIPCACHE}


def test_a_search_gives_what_the_command_line_gives_within_the_dates(address: str, engine: Engine) -> None:
    assert post(address, "search", "key-value cache", 3, "", "") == [
        ranked.as_dict() for ranked in engine.search("key-value cache", k=3)
    ]
    assert post(address, "search", "key-value cache", 3, "2999", "") == []


@pytest.mark.parametrize("first", [KIVI, "tuning-free asymmetric 2bit quantization of caches"])
def test_papers_are_compared_by_id_name_or_description(address: str, first: str) -> None:
    table = post(address, "compare", [first, "ZipCache"], ["memory"], True)["table"]
    assert table["names"] == ["KIVI", "ZipCache"]
    assert "memory" in [row["aspect"] for row in table["rows"]]


def test_papers_are_listed_a_page_at_a_time_and_by_words(address: str, engine: Engine) -> None:
    first, second = post(address, "papers", "", 0, 50), post(address, "papers", "", 50, 50)
    assert (first["total"], len(first["papers"]), len(second["papers"])) == (90, 50, 40)
    listed = [paper["id"] for paper in first["papers"] + second["papers"]]
    assert tuple(listed) == engine.browse(Looked(), first=0).ids
    assert [paper["id"] for paper in post(address, "papers", "tuning-free kivi", 0, 50)["papers"]] == [KIVI]


def test_a_paper_is_given_by_its_id(address: str, engine: Engine) -> None:
    assert post(address, "paper", KIVI) == json.loads(json.dumps(asdict(engine.paper(KIVI))))


def test_what_does_not_fit_is_told_in_a_sentence(address: str, capfd: pytest.CaptureFixture[str]) -> None:
    for name, values, said in (
        ("ask", ("", [], [], True), "The question is empty"),
        ("search", ("x" * 4001, 5, "", ""), "'query' has 4,001 characters; send at most 4,000."),
        ("ask", ("a", "b", [], True), "'history' must be a list of messages, not text."),
        ("ask", ("a", [SAID] * 1001, [], True), "'history' has 1,001 messages; send the last 20."),
        ("ask", ("a", [SAID | {"content": "x" * 600_000}] * 2, [], True), "'history' has more than 1,000,000 bytes"),
        ("ask", ("a", [{"role": "system", "content": "b"}], [], True), "'history[0]' is not a message; send"),
        ("ask", ("a", [], ["b"] * 1001, True), "'papers' has 1,001 entries; send at most 1,000."),
        ("search", ("a", 0, "", ""), "'k' is 0; send a number from 1 to 100."),
        ("search", ("a", 5, "soon", ""), "'since' is 'soon', not a date"),
        ("compare", (["KIVI", KIVI], [], True), f"“{KIVI}” is KIVI, which is in the comparison already."),
        ("compare", (["KIVI", "GPT-9000"], [], True), "No paper matches “GPT-9000”; give an id"),
        ("papers", ("", 0, 10**30), "'limit' is 10000000000000000000; send a number from 1 to 200."),
        ("paper", ("<b>\x1b[31m",), "No paper has the id “<b>"),
        ("paper", ({"a": 1},), "'id' must be text, not an object."),
        ("search", ("a",), "'search' takes all of query, k, since, until, in this order;"),
        ("ask", ("a", [{"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}], [], True), "'ask' takes"),
    ):
        told = post(address, name, *values)
        assert told.startswith(said), told
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("path", ["run/ask", "call/ask", "queue/join", "mcp/", "mcp/messages/", "mcp/sse", "info"])
def test_a_body_over_the_cap_and_a_foreign_page_are_turned_away_everywhere(address: str, path: str) -> None:
    url, foreign = f"{address}/gradio_api/{path}", {"Origin": "http://evil.example"}
    assert httpx.post(url, content=b"x" * 3_000_000).status_code == 413
    assert [httpx.post(url, headers=foreign).status_code, httpx.get(url, headers=foreign).status_code] == [403, 403]
    assert httpx.post(url, json={}, headers={"Host": "evil.example"}).status_code == 400


def test_a_browser_that_opens_the_place_of_mcp_gets_nothing_that_could_run(address: str) -> None:
    for path in ("", "/", "/%3C/script%3E%3Cscript%3Ealert(1)%3C/script%3E/gradio_api/mcp"):
        answer = httpx.get(f"{address}/gradio_api/mcp{path}", headers={"Accept": "text/html,*/*"})
        assert (answer.status_code, answer.headers["content-type"]) == (406, "application/json")
        assert "script" not in answer.text


def with_tools(address: str, use: Callable[[ClientSession], Awaitable[Any]], *, older: bool = False) -> Any:
    url = f"{address}/gradio_api/mcp/"

    async def go() -> Any:
        async with (
            sse_client(f"{url}sse") if older else streamable_http_client(url) as streams,
            ClientSession(*streams[:2]) as session,
        ):
            await session.initialize()
            return await use(session)

    return anyio.run(go)


def test_each_endpoint_is_a_tool_with_described_arguments_over_both_transports(address: str) -> None:
    tools = with_tools(address, lambda session: session.list_tools()).tools
    assert [f"/{tool.name}" for tool in tools] == ENDPOINTS
    for tool in tools:
        assert tool.description
        assert all(one["description"] and one["type"] for one in tool.inputSchema["properties"].values()), tool.name
    assert tools[0].inputSchema["required"] == ["question"]
    older = with_tools(address, lambda session: session.list_tools(), older=True)
    assert older.tools == tools


def test_an_error_of_a_tool_is_told_in_a_sentence(address: str) -> None:
    result = with_tools(address, lambda session: session.call_tool("search", {"query": "a", "k": 1000}))
    assert (result.isError, result.content[0].text) == (True, "'k' is 1000; send a number from 1 to 100.")


def run_readme(address: str, word: str) -> tuple[str, dict[str, Any]]:
    """The example of the README that has this word in it, and what it names when it ran."""
    (code,) = [text for kind, text in BLOCKS if kind == "python" and word in text]
    names: dict[str, Any] = {}
    exec(compile(code.replace(HOME, address), "README.md", "exec"), names)
    return code, names


def test_the_readme_asks_each_endpoint_with_gradios_client(address: str) -> None:
    code, names = run_readme(address, "gradio_client")
    assert sorted(re.findall(r'api_name="(/\w+)"', code)) == sorted([*ENDPOINTS, "/ask"])
    assert "APOLLO" in names["answer"]["answer"]
    assert names["follow_up"]["understood"] == "following up on KIVI"
    assert names["table"]["names"] == ["KIVI", "ZipCache"]
    assert names["listed"]["total"] > 0
    assert names["paper"]["id"] == names["found"][0]["paper_id"]


def test_the_readme_asks_with_curl_and_by_mcp(address: str) -> None:
    (command,) = [line for line in COMMANDS if line.startswith("curl")]
    done = subprocess.run(shlex.split(command.replace(HOME, address)), capture_output=True, check=True, timeout=60)
    assert "KIVI" in json.loads(done.stdout)["data"][0]["answer"]
    assert "KIVI" in json.loads(run_readme(address, "ClientSession")[1]["answer"])["answer"]
