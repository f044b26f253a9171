"""A polite client of one named service: paced, retried a few times, bounded in size and time, never led elsewhere.

Knows addresses and bytes; not what a paper is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ingest.endpoint import PASSING, asked_wait
from ingest.errors import SourceError

if TYPE_CHECKING:
    import httpx

ATTEMPTS = 4
MAX_WAIT = 60.0  # seconds before one further attempt; a service that asks for more is left alone
MAX_ANSWER = 20_000_000  # bytes, unpacked; a day has 60,000, a hundred papers of arXiv 300,000
MAX_SECONDS = 60.0  # for one answer, however slowly it drips
TIMEOUT = 20.0  # seconds without a byte
MOST_REDIRECTS = 3  # within the service
MEANINGLESS = 400  # status of a request that the service cannot make sense of
SLICE = 0.25  # seconds slept between two looks whether to stop
AGENT = "paperchat"
AGAIN = "run again; what was fetched is saved"


class UnreachableError(SourceError):
    """The service does not answer, so nothing else of it need be tried now."""


class RefusedError(SourceError):
    """The service answers that it cannot make sense of what is asked."""


class DamagedError(Exception):
    """An answer came and makes no sense; another attempt may get a whole one."""


class Service:
    """One service; `resting` is called at least four times a second while it waits, and may raise to stop."""

    def __init__(
        self, name: str, base: str, *, pause: float, backoff: float, resting: Callable[[], None] = lambda: None
    ) -> None:
        self.name, self.base = name, base
        self._pause, self._backoff, self._resting = pause, backoff, resting
        self._next = 0.0
        self._client: httpx.Client | None = None

    @property
    def host(self) -> str:
        return urlsplit(self.base).hostname or self.base

    def close(self) -> None:
        if self._client:
            self._client.close()

    def get(self, url: str, check: Callable[[bytes], None]) -> bytes:
        """The body of an address of the service that passes `check`, which raises DamagedError.

        Raises UnreachableError where the service does not answer or refuses for now, SourceError for any other
        answer that is of no use.
        """
        import httpx  # here: who fetches nothing need not wait for it

        reason, wait = "", 0.0
        for attempt in range(ATTEMPTS):
            self._sleep(wait)
            wait = self._backoff * 2**attempt
            try:
                status, headers, body = self._once(url)
                if status == 200:
                    check(body)
                    return body
            except httpx.TransportError as error:
                reason = self._unreachable(error)
                continue
            except (DamagedError, httpx.DecodingError) as error:
                reason = f"{self.name} gave a damaged answer ({error})"
                continue
            if status not in PASSING:
                refused = RefusedError if status == MEANINGLESS else SourceError
                raise refused(f"{self.name} refused the request (status {status}); check it and {AGAIN}.")
            reason = f"{self.name} refuses for now (status {status} from {self.host})"
            wait = max(wait, asked_wait(headers))
            if wait > MAX_WAIT:
                raise UnreachableError(f"{reason} and asks to wait {wait:,.0f} seconds; wait, and {AGAIN}.")
        if reason.startswith(f"{self.name} gave"):
            raise SourceError(f"{reason}; {AGAIN}.")
        raise UnreachableError(f"{reason}; check the network and {AGAIN}.")

    def _once(self, url: str) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and body after at most a few redirects within the service."""
        for _ in range(MOST_REDIRECTS + 1):
            self._sleep(self._next - time.monotonic())
            self._next = time.monotonic() + self._pause
            with self._opened().stream("GET", url) as response:
                if not response.is_redirect:
                    return response.status_code, response.headers, self._body(response)
                target = response.url.join(response.headers.get("location", ""))
            if _origin(str(target)) != _origin(self.base):
                raise SourceError(
                    f"{self.name} redirects to another address ({target.host[:100]}), which is not followed."
                )
            url = str(target)
        raise SourceError(f"{self.name} redirects in a loop; {AGAIN}.")

    def _body(self, response: httpx.Response) -> bytes:
        body = bytearray()
        began = time.monotonic()
        for chunk in response.iter_bytes():
            self._resting()
            body += chunk
            if len(body) > MAX_ANSWER:
                raise SourceError(
                    f"{self.name} answered with more than {MAX_ANSWER // 1_000_000} MB; nothing was imported."
                )
            if time.monotonic() - began > MAX_SECONDS:
                raise UnreachableError(f"{self.name} answers too slowly ({self.host}); {AGAIN}.")
        return bytes(body)

    def _opened(self) -> httpx.Client:
        import httpx

        if self._client is None:
            self._client = httpx.Client(follow_redirects=False, timeout=TIMEOUT, headers={"User-Agent": AGENT})
        return self._client

    def _sleep(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        self._resting()
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, SLICE))
            self._resting()

    def _unreachable(self, error: Exception) -> str:
        return f"{self.name} cannot be reached ({self.host}: {str(error)[:200] or type(error).__name__})"


def _origin(url: str) -> tuple[str, str | None, int | None]:
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port
    except ValueError:
        return "", None, None
