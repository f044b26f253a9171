"""A loopback server that speaks OpenAI's chat completions, or breaks them as a test wants."""

import json
import select
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-canary-0123456789"
Reply = Callable[["Handler"], None]
DONE = b"data: [DONE]\n\n"


class Handler(BaseHTTPRequestHandler):
    """Keeps each request's body, and answers with the server's next reply, or its last again."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # as servers of models do: else a kept connection waits 40 ms for the first word
    server: "ModelEndpoint"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.asked = json.loads(body)
        self.server.asked.append(self.asked)
        self.server.keys.append(self.headers["Authorization"])
        self._reply()

    def do_GET(self) -> None:
        self.asked = {}
        self.server.listings += 1
        listed = [{"id": name, **self.server.told} for name in self.server.models]
        self.send(200, json.dumps({"data": listed}).encode())

    def _reply(self) -> None:
        replies = self.server.replies
        try:
            (replies.pop(0) if len(replies) > 1 else replies[0])(self)
        except OSError:  # the client has left
            self.server.left.set()
            self.close_connection = True

    def _head(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def send(self, status: int, body: bytes, content_type: str = "application/json", **headers: str) -> None:
        self._head(status, Content_Length=str(len(body)), Content_Type=content_type, **headers)
        self.wfile.write(body)

    def open_stream(self, *chunks: bytes, **headers: str) -> None:
        """The head and the first chunks of a stream."""
        self._head(200, Content_Type="text/event-stream; charset=utf-8", Transfer_Encoding="chunked", **headers)
        for chunk in chunks:
            self.write(chunk)

    def write(self, content: bytes) -> None:
        """One chunk of a stream."""
        self.wfile.write(b"%x\r\n%s\r\n" % (len(content), content))

    def close_stream(self) -> None:
        self.wfile.write(b"0\r\n\r\n")

    def wait_for_leave(self, seconds: float = 10) -> None:
        """Until the client ends the connection, the test is over, or time is up."""
        for _ in range(int(seconds / 0.02)):
            if self.server.released.is_set():
                break
            if select.select([self.connection], [], [], 0.02)[0] and not self.connection.recv(1):
                self.server.left.set()
                break
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        pass


class ModelEndpoint(ThreadingHTTPServer):
    """The server. `left` is set when a client goes while a reply hangs or is being written."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.replies: list[Reply] = [words("Hello", " world.")]
        self.models = ["first-model", "second-model"]
        self.told: dict[str, Any] = {}  # what the list says of each model
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.listings = 0
        self.released = threading.Event()
        self.left = threading.Event()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}/v1"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that leaves is no error here."""


@contextmanager
def serving() -> Iterator[ModelEndpoint]:
    with ModelEndpoint() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.released.set()
            server.shutdown()
            thread.join()


def event(**fields: Any) -> bytes:
    return b"data: " + json.dumps(fields).encode() + b"\n\n"


def delta(text: object, **more: object) -> bytes:
    """An event with words."""
    return event(choices=[{"index": 0, "delta": {"content": text, **more}, "finish_reason": None}])


def finish(reason: str = "stop") -> bytes:
    return event(choices=[{"index": 0, "delta": {}, "finish_reason": reason}])


def usage(tokens_in: int, tokens_out: int) -> bytes:
    return event(choices=[], usage={"prompt_tokens": tokens_in, "completion_tokens": tokens_out})


def raw(*chunks: bytes, **headers: str) -> Reply:
    """A stream of these chunks, ended in order whatever they hold."""

    def reply(handler: Handler) -> None:
        handler.open_stream(*chunks, **headers)
        handler.close_stream()

    return reply


def words(*texts: object) -> Reply:
    """A good answer, with its count of tokens."""
    return raw(delta("", role="assistant"), *[delta(text) for text in texts], finish(), usage(12, len(texts)), DONE)


def status(code: int, message: str = "", **headers: str) -> Reply:
    """An error whose body repeats the key, as some servers do."""
    body = json.dumps({"error": {"message": f"{message} Incorrect API key provided: {KEY}"}}).encode()
    return lambda handler: handler.send(code, body, **headers)


def page(code: int) -> Reply:
    return lambda handler: handler.send(code, b"<html><h1>Sign in</h1></html>", "text/html")


def hang(handler: Handler) -> None:
    """Nothing, not even headers."""
    handler.wait_for_leave()


def hang_after(*chunks: bytes) -> Reply:
    """Headers and these chunks, then nothing."""

    def reply(handler: Handler) -> None:
        handler.open_stream(*chunks)
        handler.wait_for_leave()

    return reply


def repeat(chunk: bytes, *, every: float, first: bytes = b"") -> Reply:
    """The same chunk for ever: each comes in time, so that no read ever times out."""

    def reply(handler: Handler) -> None:
        handler.open_stream(*([first] if first else []))
        while not handler.server.released.wait(every):
            handler.write(chunk)
        handler.close_connection = True

    return reply


def cut(*chunks: bytes, reset: bool = False) -> Reply:
    """Breaks off within a chunk, or by resetting the connection."""

    def reply(handler: Handler) -> None:
        handler.open_stream(*chunks)
        if reset:
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            handler.connection.close()
        else:
            handler.wfile.write(b"1000\r\ndata: {")
        handler.close_connection = True

    return reply


def unknown(*names: str, complaint: str = "Unsupported parameter: '{}' is not supported with this model.") -> Reply:
    """Refuses the first of the named parameters that a request holds; otherwise answers."""

    def reply(handler: Handler) -> None:
        named = next((name for name in names if name in handler.asked), None)
        (status(400, complaint.format(named)) if named else words("Understood."))(handler)

    return reply
