"""The layer in front of Gradio: who may talk to the page, how much, and what the browser is told to forbid.

Gradio itself answers any Host (so a foreign page can rebind its name to this machine), takes bodies of any
size and sends no security headers. Knows nothing of papers.
"""

import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
MOST_BYTES = 2 * 1024 * 1024
UPLOAD = "/gradio_api/upload"  # the one place for files
MOST_UPLOAD = 42_000_000  # bytes of it: all files of one import, with what frames them
HOST = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]*)(?::\d*)?")
# Where programs speak MCP. To a plain GET Gradio would give a page that repeats the address unescaped in a script.
MCP = "/gradio_api/mcp"
MCP_PLACES = (MCP, f"{MCP}/", f"{MCP}/http", f"{MCP}/http/", f"{MCP}/schema", f"{MCP}/sse", f"{MCP}/messages/")

# Gradio's page starts from inline scripts and styles and carries KaTeX's fonts as data. Nothing is evaluated
# ('unsafe-eval' is absent, so `gr.HTML` and `js=` handlers do not work, which is meant), nothing comes from elsewhere.
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-src 'none'",
        "object-src 'none'",
        "base-uri 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


# Gradio's page names Gradio, and a picture of it elsewhere, where it is shown as a link, and has no title until its
# script runs.
SHARED = re.compile(rb'\s*<meta\s+(?:property="og:|name="twitter:)[^>]*>')
TITLE = b'<title>paperchat</title><meta property="og:title" content="paperchat" />'


class TooLargeError(Exception):
    """The body went over the cap while it was read."""


class Guard:
    """ASGI middleware: a foreign Host is 400, a foreign Origin 403, a body over 2 MB (files: 42 MB) 413."""

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...] | None = LOOPBACK, most_bytes: int = MOST_BYTES) -> None:
        """`hosts` are the names it is served under, None for any."""
        self.app = app
        self.hosts = None if hosts is None else frozenset(host.lower() for host in hosts)
        self.most_bytes = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":  # the page uses no WebSocket; refusing all leaves nothing to check there
            await send({"type": "websocket.close", "code": 1008})
            return
        refusal = self.refusal(scope["method"], scope["path"], Headers(scope=scope))
        if refusal is not None:
            await refusal(scope, receive, with_headers(send))
            return
        titled = with_title(send) if scope["path"] == "/" else send
        await self.pass_on(scope, receive, with_headers(titled))

    def refusal(self, method: str, path: str, headers: Headers) -> Response | None:
        """The response to a request that must not pass, or None."""
        host = headers.get("host", "").lower()
        name = name_of(host)
        known = bool(name) if self.hosts is None else name in self.hosts
        if not known or len(headers.getlist("host")) != 1:
            return says("paperchat does not serve this address; open the one it printed.", 400)
        # Browsers send an Origin with every write and with what a foreign page reads; a command-line client sends none.
        origin = headers.get("origin")
        if origin is not None and origin.lower() not in (f"http://{host}", f"https://{host}"):
            return says("Requests from other sites are not allowed.", 403)
        if path.startswith(MCP) and not speaks_mcp(method, path, headers.get("accept", "")):
            return says("This address is for MCP clients; there is nothing to see in a browser.", 406)
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit() and len(length) < 20) or int(length) > self.cap(path):
            return self.too_large(path)
        return None

    def cap(self, path: str) -> int:
        """How many bytes a body may have."""
        return MOST_UPLOAD if path.rstrip("/") == UPLOAD else self.most_bytes

    def too_large(self, path: str) -> Response:
        words = f"The request is too large; the limit is {self.cap(path):,} bytes."
        # Gradio's client shows a refused upload as it came.
        return PlainTextResponse(words, 413) if path.startswith(UPLOAD) else says(words, 413)

    async def pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request to Gradio, counting its body, because a chunked one states no length."""
        seen = 0
        started = False

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self.cap(scope["path"]):
                raise TooLargeError
            return message

        async def noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, counted, noted)
        except TooLargeError:
            if not started:
                await self.too_large(scope["path"])(scope, receive, send)


def says(words: str, status: int) -> JSONResponse:
    """A refusal in the form that Gradio's client shows as a message."""
    return JSONResponse({"detail": words}, status)


def speaks_mcp(method: str, path: str, accept: str) -> bool:
    """Whether a request is one of a program, to a place where MCP is spoken."""
    if path not in MCP_PLACES:
        return False
    return method != "GET" or path.endswith(("/schema", "/sse")) or "text/event-stream" in accept


def name_of(host: str) -> str:
    """The name in a Host header without its port, an IPv6 address in its brackets; empty where it has no such form."""
    found = HOST.fullmatch(host)
    return found[1] if found else ""


def with_headers(send: Send) -> Send:
    """A `send` that adds the security headers to the response."""

    async def sender(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(HEADERS)
        await send(message)

    return sender


def with_title(send: Send) -> Send:
    """A `send` that puts the page's title into the head of HTML, in place of what Gradio says of itself there."""
    start: Message = {}
    body = b""

    async def sender(message: Message) -> None:
        nonlocal start, body
        if message["type"] == "http.response.start":
            start = message
            return
        body += message.get("body", b"")
        if message.get("more_body"):
            return
        headers = MutableHeaders(scope=start)
        if headers.get("content-type", "").startswith("text/html"):
            head, mark, rest = body.partition(b"</head>")
            body = SHARED.sub(b"", head).replace(b"<head>", b"<head>" + TITLE, 1) + mark + rest
            headers["content-length"] = str(len(body))
        await send(start)
        await send({**message, "body": body})

    return sender
