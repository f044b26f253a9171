"""The gate: nothing is given without the password, whatever the way in, and nobody asks too often."""

import asyncio
import base64
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from test_page import free_port

import ui.gate
from ingest.errors import UsageError
from ingest.settings import load_settings
from ui.gate import Gate, network_of
from ui.serve import check_address, reach

AUTH = "reader:correct-horse"


async def hello(request: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


def basic(pair: str) -> str:
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


@pytest.fixture
def send() -> Callable[..., httpx.Response]:
    """Sends a request with an Authorization header, from a client, to a gate of its own."""
    app = Starlette(routes=[Route("/", hello)], middleware=[Middleware(Gate, auth=AUTH)])

    def send(authorization: str = "", client: str = "10.0.0.1") -> httpx.Response:
        async def go() -> httpx.Response:
            transport = httpx.ASGITransport(app=app, client=(client, 5))
            headers = {"Authorization": authorization} if authorization else {}
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
                return await http.get("/", headers=headers)

        return asyncio.run(go())

    return send


def test_the_password_opens(send: Callable[..., httpx.Response]) -> None:
    assert send(basic(AUTH)).text == "hello"


@pytest.mark.parametrize(
    "given",
    ["", basic("reader:wrong"), basic("reader"), basic(""), "Basic ???", f"Bearer {AUTH}", basic(f"{AUTH} "), "Basic"],
)
def test_anything_else_does_not(send: Callable[..., httpx.Response], given: str) -> None:
    answer = send(given)
    assert (answer.status_code, answer.text) == (401, "A name and a password are needed here.")
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")


def test_who_guesses_has_to_wait_and_others_do_not(send: Callable[..., httpx.Response]) -> None:
    codes = [send(basic(f"reader:guess-{n}")).status_code for n in range(ui.gate.WRONG_AT_ONCE + 3)]
    assert codes == [401] * ui.gate.WRONG_AT_ONCE + [429] * 3
    waiting = send(basic(AUTH))
    assert (waiting.status_code, 1 <= int(waiting.headers["Retry-After"]) <= 31) == (429, True)
    assert send(basic(AUTH), client="10.0.0.2").status_code == 200


def test_who_has_many_addresses_counts_once(send: Callable[..., httpx.Response]) -> None:
    codes = [send(basic("reader:guess"), f"2001:db8:0:1::{n:x}").status_code for n in range(ui.gate.WRONG_AT_ONCE + 2)]
    assert codes[-2:] == [429, 429]
    assert send(basic(AUTH), "2001:db8:0:2::1").status_code == 200
    assert network_of("::ffff:10.0.0.1") == "10.0.0.1"
    assert network_of("fe80::1%eth0") == "fe80::/64"


def test_a_client_that_asks_too_often_has_to_wait(
    send: Callable[..., httpx.Response], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(ui.gate, "monotonic", lambda: now[0])
    codes = [send(basic(AUTH)).status_code for _ in range(ui.gate.AT_ONCE + 2)]
    assert codes[-3:] == [200, 429, 429]
    now[0] += 2 / ui.gate.A_SECOND
    assert [send(basic(AUTH)).status_code for _ in range(3)] == [200, 200, 429]


def test_a_client_that_uploads_too_often_has_to_wait_and_may_still_ask() -> None:
    routes = [Route("/gradio_api/upload", hello, methods=["POST"]), Route("/", hello)]
    app = Starlette(routes=routes, middleware=[Middleware(Gate)])

    async def go() -> list[int]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as http:
            ways = ["/gradio_api/upload"] * (ui.gate.UPLOADS_AT_ONCE + 1)
            return [(await http.post(way)).status_code for way in ways] + [(await http.get("/")).status_code]

    assert asyncio.run(go()) == [200] * ui.gate.UPLOADS_AT_ONCE + [429, 200]


def test_no_more_clients_are_remembered_than_may_be(
    send: Callable[..., httpx.Response], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ui.gate, "CLIENTS", 3)
    limit = ui.gate.Limit(2, 1.0)
    for client in "abcde":
        limit.take(client)
    assert len(limit._clients) == 3


SERVER = """
import sys
from standin import StandIn
from ui.serve import serve
serve(StandIn, port=int(sys.argv[1]), auth=sys.argv[2], ready=lambda url: print(url, flush=True))
"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The page itself, served to this machine with a password."""
    command = [sys.executable, "-c", SERVER, str(free_port()), AUTH]
    here = Path(__file__).parent
    environ = os.environ | {"PYTHONPATH": os.pathsep.join((str(here), str(here.parent)))}
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield process.stdout.readline().strip()
        process.terminate()
        process.stdout.read()


WAYS_IN = [
    *("", "config", "theme.css", "gradio_api/info", "gradio_api/openapi.json", "gradio_api/heartbeat/x"),
    *("gradio_api/file=/etc/passwd", "gradio_api/queue/data", "gradio_api/mcp/schema", "gradio_api/mcp/sse", "atlas"),
    *("login", "docs", "monitoring", "favicon.ico", "manifest.json"),
]


@pytest.mark.parametrize("way", WAYS_IN)
def test_no_way_in_goes_past_the_gate(url: str, way: str) -> None:
    assert httpx.get(url + way).status_code == 401


@pytest.mark.parametrize("way", ["gradio_api/upload", "gradio_api/queue/join", "gradio_api/mcp", "gradio_api/call/ask"])
def test_nothing_can_be_sent_past_the_gate(url: str, way: str) -> None:
    assert httpx.post(url + way, json={}).status_code == 401


def test_with_the_password_the_page_is_served(url: str) -> None:
    auth = httpx.BasicAuth(*AUTH.split(":"))
    assert "paperchat" in httpx.get(url, auth=auth).text
    assert httpx.get(f"{url}gradio_api/info", auth=auth).status_code == 200


def test_an_address_that_others_reach_is_taken_with_a_password() -> None:
    check_address("0.0.0.0", 0, AUTH)


def test_the_start_line_says_what_is_open_to_whom() -> None:
    assert reach("127.0.0.1", "") == "Only this machine can reach it."
    assert "password" in reach("127.0.0.1", AUTH)
    assert "Whoever can reach this machine" in reach("0.0.0.0", AUTH)
    assert AUTH not in reach("0.0.0.0", AUTH) + reach("127.0.0.1", AUTH)


@pytest.mark.parametrize("value", ["reader", "reader:", ":correct-horse", "reader:short", "reader:hidden\x07horse"])
def test_a_password_that_is_none_is_refused_and_not_shown(value: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="name:password") as caught:
        load_settings({"PAPERCHAT_AUTH": value}, tmp_path)
    assert value not in str(caught.value)


def test_settings_do_not_show_the_password(tmp_path: Path) -> None:
    settings = load_settings({"PAPERCHAT_AUTH": AUTH}, tmp_path)
    assert settings.auth == AUTH
    assert "correct-horse" not in repr(settings)
