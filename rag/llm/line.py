"""A connection to a chat endpoint which any thread can break off, even while another waits for its first byte.

Knows bytes and statuses alone. Closing a response from another thread would not wake the thread that reads it,
nor tell the endpoint, so the socket itself is shut down; it is learned from httpx's trace of the connection.
"""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from ingest.endpoint import Hooks, open_client

if TYPE_CHECKING:
    import httpx

MAX_REFUSAL = 20_000  # bytes of an error's body; what it complains of stands in the first lines
MAX_LISTED = 5_000_000  # bytes of a list of models
IDENTITY = {"Accept-Encoding": "identity"}  # words are few, and a compressed stream can be a bomb


class RefusedError(Exception):
    """The endpoint answered with another status than success; the message holds nothing of the endpoint's."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        super().__init__(f"HTTP {status}")
        self.status, self.headers = status, headers
        self.complaint = body.decode("utf-8", "replace")


class Line:
    """One connection, for one call at a time; kept open between calls where the endpoint keeps it."""

    def __init__(self, api_key: str, base_url: str, *, timeout: float) -> None:
        hooks: Hooks = {"request": [self._watch_connecting], "response": [_refuse]}
        self._client = open_client(api_key, base_url, timeout=timeout, hooks=hooks)
        self._socket: socket.socket | None = None
        self._broken_off = False
        self._lock = threading.Lock()

    @contextmanager
    def ask(self, body: Mapping[str, Any]) -> Iterator["httpx.Response"]:
        """The answer to a request, to be read while it comes; raises RefusedError and httpx's and openai's errors."""
        create: Any = self._client.chat.completions.with_streaming_response.create  # typed for each stream apart
        with _unwrapped(), create(**body, extra_headers=IDENTITY) as response:
            yield response.http_response

    def list_models(self) -> bytes:
        """The body of the list of models, cut after MAX_LISTED bytes; raises as `ask`."""
        with _unwrapped(), self._client.models.with_streaming_response.list(extra_headers=IDENTITY) as response:
            return _read_most(response.http_response, MAX_LISTED)

    def break_off(self) -> None:
        """Ends the connection at once, and any that is being made as soon as it is."""
        with self._lock:
            self._broken_off = True
            if self._socket is not None:
                _shut(self._socket)

    def mend(self) -> None:
        """Fit for the next call."""
        with self._lock:
            self._broken_off = False

    def close(self) -> None:
        """Closes the connection; no call may run."""
        self._client.close()

    def _watch_connecting(self, request: "httpx.Request") -> None:
        request.extensions = {**request.extensions, "trace": self._note_connection}

    def _note_connection(self, event: str, info: Mapping[str, Any]) -> None:
        """Keeps the socket of a connection when it is made, and when it turns to TLS, which makes a new one."""
        if not event.endswith(("connect_tcp.complete", "start_tls.complete")):
            return
        stream = info["return_value"]
        with self._lock:
            self._socket = stream.get_extra_info("socket")
            if not self._broken_off:
                return
        stream.close()
        raise ConnectionAbortedError


@contextmanager
def _unwrapped() -> Iterator[None]:
    """Raises a refusal as itself, where the client has made a failed connection of it."""
    import openai  # here, as the whole client is: see `open_client`

    try:
        yield
    except openai.APIConnectionError as error:
        if isinstance(error.__cause__, RefusedError):
            raise error.__cause__ from None
        raise


def _refuse(response: "httpx.Response") -> None:
    """Takes an error before the client does, which would read its body without a bound."""
    if not response.is_success:
        raise RefusedError(response.status_code, response.headers, _read_most(response, MAX_REFUSAL))


def _read_most(response: "httpx.Response", most: int) -> bytes:
    """The first bytes of a body, however it ends."""
    import httpx

    body = bytearray()
    with suppress(httpx.HTTPError):
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) >= most:
                break
    return bytes(body[:most])


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):  # closed already
        # The plain socket's own: that of a TLS socket first takes the ground from under the thread that reads.
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
