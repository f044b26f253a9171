"""Who may ask, and how often: a password before everything, and a limit on the requests of each client.

In front of the page, its programs' endpoints, uploads and MCP alike. Knows nothing of papers.
"""

import base64
import binascii
import hmac
from collections import OrderedDict
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network
from time import monotonic

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.guard import UPLOAD

AT_ONCE, A_SECOND = 1_000, 50.0  # requests that a client may send: a page is opened with a hundred
UPLOADS_AT_ONCE, UPLOADS_A_SECOND = 30, 1 / 15  # each up to the guard's 42 MB, and kept for ten minutes
WRONG_AT_ONCE, WRONG_A_SECOND = 10, 1 / 30  # passwords that a client may get wrong
CLIENTS = 10_000  # remembered, those heard of last
STARTED = "/gradio_api/startup-events"  # Gradio calls itself there once, without a password, to see that it serves
CHALLENGE = {"WWW-Authenticate": 'Basic realm="paperchat", charset="UTF-8"'}


@dataclass(slots=True)
class Bucket:
    """What a client has left, and when that was so."""

    left: float
    at: float


class Limit:
    """So many at once, and so many a second after; each client by itself."""

    def __init__(self, at_once: int, a_second: float) -> None:
        self._at_once, self._a_second = at_once, a_second
        self._clients: OrderedDict[str, Bucket] = OrderedDict()

    def wait(self, client: str) -> float:
        """Seconds until the client may go on; 0 where it may now."""
        bucket = self._bucket(client)
        return 0.0 if bucket.left >= 1 else (1 - bucket.left) / self._a_second

    def take(self, client: str) -> None:
        self._bucket(client).left -= 1

    def _bucket(self, client: str) -> Bucket:
        now = monotonic()
        bucket = self._clients.setdefault(client, Bucket(self._at_once, now))
        bucket.left = min(self._at_once, bucket.left + (now - bucket.at) * self._a_second)
        bucket.at = now
        self._clients.move_to_end(client)
        if len(self._clients) > CLIENTS:
            self._clients.popitem(last=False)
        return bucket


class Gate:
    """ASGI middleware: 401 without the name and password of `auth` ('name:password'; empty for none), 429 for more
    requests or uploads than a client may send, or more wrong passwords."""

    def __init__(self, app: ASGIApp, auth: str = "") -> None:
        self.app = app
        self._auth = auth.encode()
        self._requests, self._wrong = Limit(AT_ONCE, A_SECOND), Limit(WRONG_AT_ONCE, WRONG_A_SECOND)
        self._uploads = Limit(UPLOADS_AT_ONCE, UPLOADS_A_SECOND)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self.refusal(scope) if scope["type"] == "http" else None
        await (refusal or self.app)(scope, receive, send)

    def refusal(self, scope: Scope) -> PlainTextResponse | None:
        """The response to a request that must not pass, or None."""
        client = network_of((scope.get("client") or ("",))[0])
        if wait := self._requests.wait(client) or (self._wrong.wait(client) if self._auth else 0.0):
            return too_many(wait)
        self._requests.take(client)
        return self._unknown(scope, client) or self._uploading(scope, client)

    def _unknown(self, scope: Scope, client: str) -> PlainTextResponse | None:
        if not self._auth or (scope["path"] == STARTED and scope["method"] in ("GET", "HEAD")):
            return None
        given = credentials(Headers(scope=scope).get("authorization", ""))
        if hmac.compare_digest(given, self._auth):
            return None
        if given:
            self._wrong.take(client)
        return PlainTextResponse("Sign in with a name and a password.", 401, CHALLENGE)

    def _uploading(self, scope: Scope, client: str) -> PlainTextResponse | None:
        if scope["method"] != "POST" or scope["path"].rstrip("/") != UPLOAD:
            return None
        if wait := self._uploads.wait(client):
            return too_many(wait)
        self._uploads.take(client)
        return None


def too_many(wait: float) -> PlainTextResponse:
    """The response to a client that has to wait so many seconds."""
    words = "Too many requests; wait a moment and try again."
    return PlainTextResponse(words, 429, {"Retry-After": str(int(wait) + 1)})


def network_of(address: str) -> str:
    """Whom an address counts as: whoever has one of IPv6 has all of its /64."""
    try:
        ip = IPv6Address(address)
    except ValueError:  # IPv4, or no address
        return address
    return str(ip.ipv4_mapped or IPv6Network((int(ip) >> 64 << 64, 64)))


def credentials(header: str) -> bytes:
    """The 'name:password' of an Authorization header; empty where it has none."""
    kind, _, encoded = header.partition(" ")
    if kind.lower() != "basic":
        return b""
    try:
        return base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return b"?"
