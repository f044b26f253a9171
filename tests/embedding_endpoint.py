"""A loopback server that speaks OpenAI's embeddings protocol, or breaks it as a test wants."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-canary-0123456789"
Reply = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Keeps each request's body, and answers with the server's next reply, or its last again."""

    server: "Endpoint"

    def do_POST(self) -> None:
        self.asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(self.asked)
        self.server.keys.append(self.headers["Authorization"])
        replies = self.server.replies
        (replies.pop(0) if len(replies) > 1 else replies[0])(self)

    def send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


class Endpoint(ThreadingHTTPServer):
    """A loopback server that speaks the embeddings protocol, or breaks it as a test wants."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.replies: list[Reply] = [embeddings()]
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.released = threading.Event()  # ends a reply that hangs

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


def vector_of(text: str) -> list[float]:
    return [float(len(text)), 1.0, -2.0]


def embeddings(change: Callable[[list[dict[str, Any]]], object] = lambda data: None) -> Reply:
    """A good answer, unless `change` alters its entries."""

    def reply(handler: Handler) -> None:
        texts = handler.asked["input"]
        data: list[dict[str, Any]] = [{"index": i, "embedding": vector_of(text)} for i, text in enumerate(texts)]
        change(data)
        handler.send(200, json.dumps({"object": "list", "data": data}).encode(), Content_Type="application/json")

    return reply


def status(code: int, **headers: str) -> Reply:
    """An error whose body repeats the key, as some servers do."""
    body = json.dumps({"error": {"message": f"Incorrect API key provided: {KEY}"}}).encode()
    return lambda handler: handler.send(code, body, Content_Type="application/json", **headers)


def body(content: bytes, content_type: str = "application/json") -> Reply:
    return lambda handler: handler.send(200, content, Content_Type=content_type)


def hang(handler: Handler) -> None:
    handler.server.released.wait(10)


def drip(handler: Handler) -> None:
    """Spaces without end: each comes in time, so that no read ever times out."""
    handler.send_response(200)
    handler.end_headers()
    try:
        while not handler.server.released.wait(0.02):
            handler.wfile.write(b" " * 100)
    except OSError:
        return


def break_off(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"data": [')
