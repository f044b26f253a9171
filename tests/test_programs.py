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
from mcp.types import CallToolResult, TextContent

from ingest.browse.listing import Looked
from ingest.errors import UsageError
from ingest.settings import Settings
from rag.engine import Engine
from rag.types import Turn
from tests.test_page import free_port
from tests.test_readme import BLOCKS, COMMANDS
from ui.programs import read

ENDPOINTS = ["/ask", "/search", "/compare", "/papers", "/paper"]
KIVI, ZIPCACHE = "title:abddb0496f5f", "title:e51e9cb4a47a"
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


# -- the endpoints ---------------------------------------------------------------------------------------------------


def test_the_five_endpoints_and_no_event_of_the_page_are_described(address: str) -> None:
    info = httpx.get(f"{address}/gradio_api/info").json()
    assert list(info["named_endpoints"]) == ENDPOINTS
    assert info["unnamed_endpoints"] == {}
    openapi = httpx.get(f"{address}/gradio_api/openapi.json").json()
    assert [path for path in openapi["paths"] if path.startswith("/gradio_api/call/v2")] == [
        f"/gradio_api/call/v2{name}" for name in ENDPOINTS
    ]


def test_each_endpoint_says_what_it_does_what_it_takes_and_what_it_gives(address: str) -> None:
    for name, endpoint in httpx.get(f"{address}/gradio_api/info").json()["named_endpoints"].items():
        assert endpoint["description"].endswith((".", ";")), name
        assert all(parameter["type"] for parameter in endpoint["parameters"]), name
        assert endpoint["returns"][0]["type"]["type"] in ("object", "array"), name


def test_an_answer_is_the_object_that_the_command_line_gives(address: str, engine: Engine) -> None:
    question = "How much memory does APOLLO need?"
    given, told = post(address, "ask", question, [], [], True), engine.ask(question).as_dict()
    assert given | {"seconds": 0} == json.loads(json.dumps(told | {"seconds": 0}))
    assert given["citations"]


def test_a_question_that_is_too_long_is_answered_as_far_as_it_is_read(address: str) -> None:
    answer = post(address, "ask", "What is KIVI?" + " and" * 300_000, [], [], True)
    assert answer["note"].startswith("The question was cut to its first 3,997 characters, of at most 4,000;")
    assert answer["citations"]


def test_earlier_messages_say_what_it_is(address: str) -> None:
    earlier = [{"role": "user", "content": "What is KIVI?"}, {"role": "assistant", "content": "KIVI is a quantizer."}]
    assert post(address, "ask", "Does it need tuning?", earlier, [], True)["understood"] == "kept in mind: KIVI"


def test_a_question_is_kept_to_the_papers_it_is_asked_of(address: str) -> None:
    answer = post(address, "ask", "How is the cache quantized?", [], [ZIPCACHE], True)
    assert {citation["paper_id"] for citation in answer["citations"]} == {ZIPCACHE}


def test_a_search_gives_what_the_command_line_gives_within_the_dates(address: str, engine: Engine) -> None:
    assert post(address, "search", "key-value cache", 3, "", "") == [
        ranked.as_dict() for ranked in engine.search("key-value cache", k=3)
    ]
    assert post(address, "search", "key-value cache", 3, "2999", "") == []


@pytest.mark.parametrize("first", [KIVI, "KIVI", "tuning-free asymmetric 2bit quantization of caches"])
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
    paper = engine.paper(KIVI)
    assert paper
    assert post(address, "paper", KIVI) == json.loads(json.dumps(asdict(paper)))


# -- what does not fit -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("ask", ("", [], [], True), "The question is empty"),
        ("search", ("x" * 4001, 5, "", ""), "'query' has 4,001 characters; send at most 4,000."),
        ("ask", (["a"], [], [], True), "'question' is to be text; a list was sent."),
        ("ask", ("a", "b", [], True), "'history' is to be a list of messages; text was sent."),
        ("ask", ("a", [{"role": "system", "content": "b"}], [], True), "'history[0]' is no message; send"),
        ("ask", ("a", [{"role": "user", "content": 5}], [], True), "'history[0]' is no message; send"),
        ("ask", ("a", [], ["arxiv:0"], True), "No paper here has the id “arxiv:0”"),
        ("ask", ("a", [], [""], True), "'papers[0]' is empty; leave it out."),
        ("ask", ("a", [], ["b"] * 1001, True), "'papers' has 1,001 entries; send at most 1,000."),
        ("ask", ("a", [], [], "yes"), "'model' is to be true or false; text was sent."),
        ("search", ("a", 0, "", ""), "'k' is 0; send a number from 1 to 100."),
        ("search", ("a", True, "", ""), "'k' is to be a whole number; true or false was sent."),
        ("search", ("a", 2.5, "", ""), "'k' is to be a whole number; a number was sent."),
        ("search", ("a", 5, "soon", ""), "'since' is 'soon', no date"),
        ("search", ("a", 5, "", None), "'until' is to be text; nothing was sent."),
        ("compare", (["KIVI"], [], True), "1 papers were given; a comparison has from 2 to 6."),
        ("compare", (["KIVI", KIVI], [], True), f"“{KIVI}” is KIVI, which was given before."),
        ("compare", (["KIVI", "GPT-9000"], [], True), "No paper here is “GPT-9000”; give an id"),
        ("compare", (["a"] * 7, [], True), "'papers' has 7 entries; send at most 6."),
        ("papers", ("", -1, 50), "'offset' is -1; send a number from 0"),
        ("papers", ("", 0, 10**30), "'limit' is 10000000000000000000; send a number from 1 to 200."),
        ("paper", ("<b>\x1b[31m",), "No paper here has the id “<b>"),
        ("paper", ({"a": 1},), "'id' is to be text; an object was sent."),
        ("search", ("a",), "'search' takes query, k, since, until, in this order and all of them"),
        ("ask", ("a", [{"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}], [], True), "'ask' takes"),
    ],
)
def test_what_does_not_fit_is_told_in_a_sentence(
    address: str, name: str, values: tuple[Any, ...], said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert post(address, name, *values).startswith(said)
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize(
    ("call", "status", "said"),
    [
        ("nothing", 404, "There is no such endpoint"),
        ("ask", 422, "Parameter `q` is not a valid key-word argument; "),
    ],
)
def test_a_call_by_name_that_nothing_takes_is_told(address: str, call: str, status: int, said: str) -> None:
    answer = httpx.post(f"{address}/gradio_api/call/v2/{call}", json={"q": "What is KIVI?"})
    assert answer.status_code == status
    assert answer.json()["detail"].startswith(said)


def test_a_long_history_is_read_from_its_end_and_a_huge_one_refused() -> None:
    message = {"role": "user", "content": "x\x00y"}
    assert read.messages([message] * 30, "history", lambda _: None) == [Turn("user", "xy")] * 20
    with pytest.raises(UsageError, match="'history' has 1,001 messages; send the last 20"):
        read.messages([message] * 1001, "history", lambda _: None)
    with pytest.raises(UsageError, match="more than 1,000,000 bytes"):
        read.messages([message | {"content": "x" * 600_000}] * 2, "history", lambda _: None)


@pytest.mark.parametrize(
    "path", ["run/ask", "call/ask", "call/v2/ask", "queue/join", "mcp/", "mcp/http/", "mcp/messages/"]
)
def test_a_body_over_the_cap_and_a_foreign_page_are_turned_away_everywhere(address: str, path: str) -> None:
    url = f"{address}/gradio_api/{path}"
    assert httpx.post(url, content=b"x" * 3_000_000).status_code == 413
    assert httpx.post(url, json={}, headers={"Origin": "http://evil.example"}).status_code == 403
    assert httpx.post(url, json={}, headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("path", ["mcp/", "mcp/sse", "mcp/schema", "info", "openapi.json"])
def test_a_foreign_page_may_not_read_either(address: str, path: str) -> None:
    headers = {"Origin": "http://evil.example", "Accept": "text/event-stream"}
    assert httpx.get(f"{address}/gradio_api/{path}", headers=headers).status_code == 403
    assert httpx.get(f"{address}/gradio_api/{path}", headers={"Host": "evil.example:80"}).status_code == 400


def test_a_browser_that_opens_the_place_of_mcp_gets_nothing_that_could_run(address: str) -> None:
    for path in ("", "/", "/%3C/script%3E%3Cscript%3Ealert(1)%3C/script%3E/gradio_api/mcp"):
        answer = httpx.get(f"{address}/gradio_api/mcp{path}", headers={"Accept": "text/html,*/*"})
        assert (answer.status_code, answer.headers["content-type"]) == (406, "application/json")
        assert "script" not in answer.text


# -- MCP -------------------------------------------------------------------------------------------------------------


def with_tools(address: str, use: Callable[[ClientSession], Awaitable[Any]]) -> Any:
    async def go() -> Any:
        async with (
            streamable_http_client(f"{address}/gradio_api/mcp/") as (reading, writing, _),
            ClientSession(reading, writing) as session,
        ):
            await session.initialize()
            return await use(session)

    return anyio.run(go)


def text_of(result: CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


def test_each_endpoint_is_a_tool_whose_arguments_are_described(address: str) -> None:
    tools = with_tools(address, lambda session: session.list_tools()).tools
    assert [f"/{tool.name}" for tool in tools] == ENDPOINTS
    for tool in tools:
        assert tool.description
        assert all(one["description"] and one["type"] for one in tool.inputSchema["properties"].values()), tool.name
    assert tools[0].inputSchema["required"] == ["question"]


def test_a_tool_gives_the_object_of_the_endpoint_as_json(address: str) -> None:
    result = with_tools(address, lambda session: session.call_tool("ask", {"question": "What is KIVI?"}))
    answer = json.loads(text_of(result))
    assert answer | {"seconds": 0} == post(address, "ask", "What is KIVI?", [], [], True) | {"seconds": 0}
    found = with_tools(address, lambda session: session.call_tool("search", {"query": "cache", "k": 2}))
    assert json.loads(text_of(found)) == post(address, "search", "cache", 2, "", "")


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("paper", {"id": "arxiv:0"}, "No paper here has the id “arxiv:0”; `search` and `papers` give ids."),
        ("paper", {}, "Input validation error: 'id' is a required property"),
        ("search", {"query": "a", "k": 1000}, "'k' is 1000; send a number from 1 to 100."),
    ],
)
def test_an_error_of_a_tool_is_told_in_a_sentence(
    address: str, name: str, arguments: dict[str, Any], said: str
) -> None:
    result = with_tools(address, lambda session: session.call_tool(name, arguments))
    assert (result.isError, text_of(result)) == (True, said)


def test_clients_of_the_older_transport_are_served_too(address: str) -> None:
    async def go() -> list[str]:
        async with sse_client(f"{address}/gradio_api/mcp/sse") as streams, ClientSession(*streams) as session:
            await session.initialize()
            return [tool.name for tool in (await session.list_tools()).tools]

    assert [f"/{name}" for name in anyio.run(go)] == ENDPOINTS


# -- the README ------------------------------------------------------------------------------------------------------


def test_the_readme_asks_each_endpoint_with_gradios_client(address: str) -> None:
    (code,) = [text for kind, text in BLOCKS if kind == "python" and "gradio_client" in text]
    names: dict[str, Any] = {}
    exec(compile(code.replace(HOME, address), "README.md", "exec"), names)
    assert sorted(re.findall(r'api_name="(/\w+)"', code)) == sorted([*ENDPOINTS, "/ask"])
    assert "APOLLO" in names["answer"]["answer"]
    assert names["follow_up"]["understood"] == "kept in mind: KIVI"
    assert names["table"]["names"] == ["KIVI", "ZipCache"]
    assert names["listed"]["total"] > 0
    assert names["paper"]["id"] == names["found"][0]["paper_id"]


def test_the_readme_asks_with_curl(address: str) -> None:
    (command,) = [line for line in COMMANDS if line.startswith("curl")]
    done = subprocess.run(shlex.split(command.replace(HOME, address)), capture_output=True, check=True, timeout=60)
    assert "KIVI" in json.loads(done.stdout)["data"][0]["answer"]


def test_the_readme_asks_by_mcp(address: str) -> None:
    (code,) = [text for kind, text in BLOCKS if kind == "python" and "ClientSession" in text]
    names: dict[str, Any] = {}
    exec(compile(code.replace(HOME, address), "README.md", "exec"), names)
    assert "KIVI" in json.loads(names["answer"])["answer"]
