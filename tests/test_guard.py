"""The layer in front of Gradio: what it lets through and what it turns away."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from ui.guard import HEADERS, LOOPBACK, Guard


async def echo(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())))


APP = Starlette(
    routes=[Route("/", echo, methods=["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE"])],
    middleware=[Middleware(Guard, hosts=(*LOOPBACK, "127.0.0.2"), most_bytes=1000)],
)


def send(
    method: str = "GET", headers: dict[str, str] | None = None, content: bytes | AsyncIterator[bytes] = b""
) -> httpx.Response:
    async def go() -> httpx.Response:
        transport = httpx.ASGITransport(app=APP)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:7860") as client:
            return await client.request(method, "/", headers=headers, content=content)

    return asyncio.run(go())


@pytest.mark.parametrize("host", ["127.0.0.1:7860", "127.0.0.1", "localhost:1", "LOCALHOST", "[::1]:7860", "127.0.0.2"])
def test_this_machine_by_any_of_its_names_is_served(host: str) -> None:
    assert send(headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "evil.example:7860", "127.0.0.1.evil.example", "127.0.0.1@evil.example", "[::1]evil.example"),
        *("[::1", "[::2]:7860", "0.0.0.0:7860", "192.168.0.7:7860", "localhost,evil.example", "127.1", ":7860", ""),
    ],
)
def test_a_foreign_host_is_turned_away(host: str) -> None:
    answer = send(headers={"Host": host})
    assert answer.status_code == 400
    assert answer.json() == {"detail": "This address is not served here."}


@pytest.mark.parametrize("origin", ["http://localhost:7860", "https://localhost:7860", "HTTP://LOCALHOST:7860", None])
def test_the_page_itself_may_write(origin: str | None) -> None:
    headers = {"Host": "localhost:7860"} | ({"Origin": origin} if origin else {})
    assert send("POST", headers).status_code == 200


@pytest.mark.parametrize("method", ["GET", "OPTIONS", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "", "http://localhost:1", "http://127.0.0.1:7860", "file://localhost:7860"],
)
def test_another_page_may_neither_read_nor_write(method: str, origin: str) -> None:
    assert send(method, {"Host": "localhost:7860", "Origin": origin}).status_code == 403


def test_a_body_up_to_the_cap_passes_and_one_byte_more_does_not() -> None:
    assert send("POST", content=b"x" * 1000).text == "1000"
    refused = send("POST", content=b"x" * 1001)
    assert (refused.status_code, refused.json()) == (413, {"detail": "That is too much at once: over 1,000 bytes."})


def test_a_body_that_states_no_length_is_counted() -> None:
    async def chunks(count: int) -> AsyncIterator[bytes]:
        for _ in range(count):
            yield b"x" * 100

    assert send("POST", content=chunks(10)).text == "1000"
    assert send("POST", content=chunks(11)).status_code == 413


@pytest.mark.parametrize("length", ["-1", "1e3", "99999999999999999999999", "0000000000000000000000001001", "²"])
def test_a_length_that_is_no_number_is_refused(length: str) -> None:
    async def go() -> int:
        sent: list[int] = []
        headers = [(b"host", b"localhost"), (b"content-length", length.encode())]
        scope = {"type": "http", "method": "POST", "path": "/", "headers": headers, "query_string": b""}

        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": b"x", "more_body": False}

        async def collect(message: dict[str, object]) -> None:
            if message["type"] == "http.response.start":
                sent.append(int(str(message["status"])))

        await APP(scope, receive, collect)  # type: ignore[arg-type]
        return sent[0]

    assert asyncio.run(go()) == 413


@pytest.mark.parametrize("headers", [{}, {"Host": "evil.example"}])
def test_every_response_carries_the_security_headers(headers: dict[str, str]) -> None:
    answer = send(headers=headers)
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS


def test_the_policy_lets_nothing_in_from_elsewhere_and_evaluates_nothing() -> None:
    policy = dict(part.split(" ", 1) for part in HEADERS["Content-Security-Policy"].split("; "))
    assert "unsafe-eval" not in str(policy)
    assert {source for sources in policy.values() for source in sources.split()} <= {
        "'self'", "'none'", "'unsafe-inline'", "data:", "blob:",
    }  # fmt: skip
    assert policy["frame-ancestors"] == policy["object-src"] == policy["frame-src"] == "'none'"


def test_a_websocket_is_closed() -> None:
    async def go() -> list[str]:
        sent: list[str] = []

        async def receive() -> dict[str, str]:
            return {"type": "websocket.connect"}

        async def collect(message: dict[str, str]) -> None:
            sent.append(message["type"])

        await Guard(APP)({"type": "websocket", "headers": []}, receive, collect)  # type: ignore[arg-type]
        return sent

    assert asyncio.run(go()) == ["websocket.close"]
