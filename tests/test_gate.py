"""The layers in front of Gradio: a guard against foreign pages and too much, a gate with a password and limits."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from test_page import free_port
from test_serve import SERVER, serving

import ui.gate
from ingest.errors import UsageError
from ingest.settings import load_settings
from ui.gate import UPLOAD, Gate
from ui.guard import HEADERS, LOOPBACK, Guard
from ui.serve import check_address, reach

AUTH = "reader:correct-horse"
Knock = Callable[..., httpx.Response]


async def echo(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())))


APP = Starlette(
    routes=[Route("/{path:path}", echo, methods=["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE"])],
    middleware=[Middleware(Guard, hosts=(*LOOPBACK, "127.0.0.2"), most_bytes=1000)],
)


def send(
    method: str = "GET",
    headers: dict[str, str] | None = None,
    content: bytes | AsyncIterator[bytes] = b"",
    *,
    path: str = "/",
    client: str = "127.0.0.1",
    app: Starlette = APP,
) -> httpx.Response:
    async def go() -> httpx.Response:
        transport = httpx.ASGITransport(app=app, client=(client, 5))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:7860") as http:
            return await http.request(method, path, headers=headers, content=content)

    return asyncio.run(go())


@pytest.mark.parametrize("host", ["127.0.0.1:7860", "127.0.0.1", "localhost:1", "LOCALHOST", "[::1]:7860", "127.0.0.2"])
def test_this_machine_by_any_of_its_names_is_served(host: str) -> None:
    assert send(headers={"Host": host}).status_code == 200


def test_a_foreign_host_is_turned_away() -> None:
    for host in (
        *("evil.example:7860", "127.0.0.1.evil.example", "127.0.0.1@evil.example", "[::1]evil.example", "[::1"),
        *("[::2]:7860", "0.0.0.0:7860", "192.168.0.7:7860", "localhost,evil.example", "127.1", ":7860", ""),
    ):
        answer = send(headers={"Host": host})
        assert (answer.status_code, answer.json()) == (
            400,
            {"detail": "paperchat does not serve this address; open the one it printed."},
        ), host


@pytest.mark.parametrize("method", ["GET", "OPTIONS", "POST"])
def test_another_page_may_neither_read_nor_write_and_the_page_itself_may(method: str) -> None:
    for origin in (
        "http://evil.example",
        "null",
        "",
        "http://localhost:1",
        "http://127.0.0.1:7860",
        "file://localhost",
    ):
        assert send(method, {"Host": "localhost:7860", "Origin": origin}).status_code == 403, origin
    for origin in ("http://localhost:7860", "https://localhost:7860", "HTTP://LOCALHOST:7860"):
        assert send(method, {"Host": "localhost:7860", "Origin": origin}).status_code == 200, origin


def test_a_body_up_to_the_cap_passes_and_one_byte_more_does_not_whatever_length_it_states() -> None:
    async def chunks(count: int) -> AsyncIterator[bytes]:
        for _ in range(count):
            yield b"x" * 100

    assert [send("POST", content=content).text for content in (b"x" * 1000, chunks(10))] == ["1000"] * 2
    refused = send("POST", content=b"x" * 1001)
    assert (refused.status_code, refused.json()) == (
        413,
        {"detail": "The request is too large; the limit is 1,000 bytes."},
    )
    assert send("POST", content=chunks(11)).status_code == 413
    for length in ("-1", "1e3", "99999999999999999999999", "0000000000000000000000001001"):
        assert send("POST", {"Content-Length": length}, b"x").status_code == 413, length


def test_a_websocket_is_closed() -> None:
    sent: list[object] = []

    async def collect(message: dict[str, object]) -> None:
        sent.append(message["type"])

    asyncio.run(Guard(APP)({"type": "websocket", "headers": []}, None, collect))  # type: ignore[arg-type]
    assert sent == ["websocket.close"]


@pytest.mark.parametrize("headers", [{}, {"Host": "evil.example"}])
def test_every_response_carries_the_security_headers(headers: dict[str, str]) -> None:
    answer = send(headers=headers)
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS


def test_the_policy_lets_nothing_in_from_elsewhere_and_evaluates_nothing() -> None:
    policy = dict(part.split(" ", 1) for part in HEADERS["Content-Security-Policy"].split("; "))
    sources = {source for sources in policy.values() for source in sources.split()}
    assert sources <= {"'self'", "'none'", "'unsafe-inline'", "data:", "blob:"}
    assert policy["frame-ancestors"] == policy["object-src"] == policy["frame-src"] == "'none'"


def basic(pair: str) -> str:
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


@pytest.fixture
def knock() -> Knock:
    """Sends a request with an Authorization header, from a client, to a gate of its own."""
    routes = [Route("/{path:path}", echo, methods=["GET", "POST"])]
    app = Starlette(routes=routes, middleware=[Middleware(Gate, auth=AUTH)])

    def knock(authorization: str, client: str = "10.0.0.1", **asked: str) -> httpx.Response:
        headers = {"Authorization": authorization} if authorization else {}
        return send(headers=headers, client=client, app=app, **asked)

    return knock


def test_nothing_but_the_password_opens(knock: Knock) -> None:
    assert knock(basic(AUTH)).status_code == 200
    wrong = (basic("reader:wrong"), basic("reader"), basic(""), basic(f"{AUTH} "))
    for given in ("", "Basic", "Basic ???", f"Bearer {AUTH}", *wrong):
        answer = knock(given)
        assert (answer.status_code, answer.text) == (401, "Sign in with a name and a password."), given
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")


def test_who_guesses_has_to_wait_and_others_do_not(knock: Knock) -> None:
    codes = [knock(basic(f"reader:guess-{n}")).status_code for n in range(ui.gate.WRONG_AT_ONCE + 3)]
    assert codes == [401] * ui.gate.WRONG_AT_ONCE + [429] * 3
    waiting = knock(basic(AUTH))
    assert (waiting.status_code, 1 <= int(waiting.headers["Retry-After"]) <= 31) == (429, True)
    assert knock(basic(AUTH), "10.0.0.2").status_code == 200


def test_a_client_that_asks_too_often_has_to_wait(knock: Knock, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(ui.gate, "monotonic", lambda: now[0])
    codes = [knock(basic(AUTH)).status_code for _ in range(ui.gate.AT_ONCE + 2)]
    assert codes[-3:] == [200, 429, 429]
    now[0] += 2 / ui.gate.A_SECOND
    assert [knock(basic(AUTH)).status_code for _ in range(3)] == [200, 200, 429]


def test_a_client_that_uploads_too_often_has_to_wait_and_may_still_ask(knock: Knock) -> None:
    upload = {"method": "POST", "path": UPLOAD}
    codes = [knock(basic(AUTH), **upload).status_code for _ in range(ui.gate.UPLOADS_AT_ONCE + 1)]
    assert codes == [200] * ui.gate.UPLOADS_AT_ONCE + [429]
    assert knock(basic(AUTH)).status_code == 200


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page itself, served to this machine with a password."""
    port = free_port()
    with serving(SERVER % (port, AUTH), tmp_path_factory.mktemp("gate"), f"http://127.0.0.1:{port}/"):
        yield f"http://127.0.0.1:{port}/"


WAYS_IN = [
    *("", "config", "theme.css", "gradio_api/info", "gradio_api/openapi.json", "gradio_api/heartbeat/x"),
    *("gradio_api/file=/etc/passwd", "gradio_api/queue/data", "gradio_api/mcp/schema", "gradio_api/mcp/sse", "atlas"),
    *("login", "docs", "monitoring", "favicon.ico", "manifest.json"),
    *("gradio_api/upload", "gradio_api/queue/join", "gradio_api/mcp", "gradio_api/call/ask"),
]


@pytest.mark.parametrize("way", WAYS_IN)
def test_no_way_in_goes_past_the_gate(url: str, way: str) -> None:
    assert httpx.get(url + way, headers={"Accept": "text/event-stream"}).status_code == 401
    assert httpx.post(url + way, json={}).status_code == 401


def test_with_the_password_the_page_is_served(url: str) -> None:
    auth = httpx.BasicAuth(*AUTH.split(":"))
    assert "paperchat" in httpx.get(url, auth=auth).text
    assert httpx.get(f"{url}gradio_api/info", auth=auth).status_code == 200


def test_an_address_that_others_reach_is_taken_with_a_password_and_the_start_line_says_for_whom() -> None:
    check_address("0.0.0.0", 0, AUTH)
    assert reach("127.0.0.1", "") == "Only this machine can reach it."
    assert "password" in reach("127.0.0.1", AUTH)
    assert "Whoever can reach this machine" in reach("0.0.0.0", AUTH)
    assert AUTH not in reach("0.0.0.0", AUTH) + reach("127.0.0.1", AUTH)


@pytest.mark.parametrize("value", ["reader", "reader:", ":correct-horse", "reader:short", "reader:hidden\x07horse"])
def test_a_password_that_is_none_is_refused_and_not_shown(value: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="name:password") as caught:
        load_settings({"PAPERCHAT_AUTH": value}, tmp_path)
    assert value not in str(caught.value)
