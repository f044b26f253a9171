"""From texts to vectors by any server that speaks OpenAI's embeddings protocol.

What comes back is checked before it is believed; no message holds the key, a body or an address's password.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ingest.endpoint import ATTEMPTS, MAX_WAIT, OPENAI_URL, PASSING, Fault, asked_wait, host_of, open_client
from ingest.errors import ModelError
from ingest.model_io import readable, unit_rows

BATCH = 128  # texts a request
MAX_CHARACTERS = 8192  # a text; OpenAI's models refuse one of more than 8,192 tokens
MAX_BYTES = 64_000_000  # an answer; 128 vectors of 4,096 numbers of 25 characters are 13 MB


class OpenAIEmbedder:
    """An embedding model behind an OpenAI-compatible address (`base_url`; empty: OpenAI's own).

    `timeout` bounds each request in seconds, even one that drips. Redirects are not followed: they would carry
    the texts to another host. Raises ModelError, naming the setting to check.
    """

    def __init__(
        self,
        model: str,
        api_key: str = "",
        base_url: str = "",
        *,
        timeout: float = 30,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = f"openai:{model}"
        self._model, self._timeout, self._pause = model, timeout, pause
        self._host = host_of(base_url or OPENAI_URL)
        self._client = open_client(api_key, base_url, timeout=timeout)
        self._size = 0

    @property
    def dim(self) -> int:
        """Numbers a vector; before the first answer it costs one request, and may raise ModelError."""
        if not self._size:
            self.embed_query("size")
        return self._size

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of texts, shape (len(texts), dim), each of length 1; raises ModelError."""
        if not texts:
            return np.empty((0, self.dim), np.float32)
        return np.concatenate([self._embed(texts[start : start + BATCH]) for start in range(0, len(texts), BATCH)])

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """The vector of a question, shape (dim,), of length 1; raises ModelError."""
        vector: NDArray[np.float32] = self.embed([text])[0]
        return vector

    def _embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        inputs = [readable(text, MAX_CHARACTERS).strip() or "-" for text in texts]  # OpenAI refuses an empty text
        rows = unit_rows(_read_rows(self._ask(inputs), len(inputs), self._host), self._host)
        size = rows.shape[1]
        if self._size and size != self._size:
            raise ModelError(f"{self._host} changed from {self._size} to {size} numbers a vector. {CHECK_ADDRESS}")
        self._size = size
        return rows

    def _ask(self, inputs: list[str]) -> bytes:
        """The body of the first good answer to at most ATTEMPTS requests."""
        left = MAX_WAIT
        for attempt in range(1, ATTEMPTS + 1):
            found = self._try(inputs)
            if isinstance(found, bytes):
                return found
            wait = max(found.wait, 0.5 * attempt)
            if not found.passing or attempt == ATTEMPTS or wait > left:
                raise ModelError(found.message)
            left -= wait
            self._pause(wait)
        raise AssertionError(ATTEMPTS)

    def _try(self, inputs: list[str]) -> bytes | Fault:
        """One request. Faults are values here, so that no raised error has the server's body for its cause."""
        import httpx  # with openai, here: who embeds by another model need not pay for the imports
        import openai

        deadline = time.monotonic() + self._timeout
        ask = self._client.embeddings.with_streaming_response.create
        try:
            with ask(model=self._model, input=inputs, encoding_format="float") as response:
                body = bytearray()
                for chunk in response.iter_bytes():
                    body += chunk
                    if time.monotonic() > deadline or len(body) > MAX_BYTES:
                        return Fault(f"{self._host} answers too slowly or too much. {CHECK_ADDRESS}")
                return bytes(body)
        except openai.APIStatusError as error:
            return _status_fault(error.status_code, error.response.headers, self._host, self._model)
        except (openai.APITimeoutError, httpx.TimeoutException):
            return Fault(f"{self._host} did not answer within {self._timeout:g} seconds. {CHECK_ADDRESS}")
        except (openai.OpenAIError, httpx.HTTPError):
            return Fault(f"{self._host} cannot be reached, or broke off. {CHECK_ADDRESS}", passing=True)


CHECK_ADDRESS = "Check OPENAI_BASE_URL and the network, or set PAPERCHAT_EMBEDDING=minilm."
REASONS = {
    400: "refused the texts for model {model!r}. Check that PAPERCHAT_EMBEDDING names an embedding model.",
    401: "refused the key. Check OPENAI_API_KEY.",
    403: "refused the key or the model {model!r}. Check OPENAI_API_KEY and PAPERCHAT_EMBEDDING.",
    404: "has no embedding model {model!r} at this path. Check PAPERCHAT_EMBEDDING and OPENAI_BASE_URL.",
    429: "has reached the limit of this key. Wait a minute, or check the account behind OPENAI_API_KEY.",
}


def _status_fault(status: int, headers: Mapping[str, str], host: str, model: str) -> Fault:
    if 300 <= status < 400:
        reason = "redirects to another address, which is not followed. Check OPENAI_BASE_URL."
    else:
        reason = REASONS.get(status, f"could not embed. Try again later. {CHECK_ADDRESS}").format(model=model)
    return Fault(f"{host} (HTTP {status}) {reason}", status in PASSING, asked_wait(headers))


def _read_rows(body: bytes, count: int, host: str) -> NDArray[np.float64]:
    """The vectors of an answer in the order of its indexes, shape (count, size); raises ModelError."""
    try:
        entries = {int(entry["index"]): entry["embedding"] for entry in json.loads(body)["data"]}
        rows = np.array([entries[position] for position in range(count)], np.float64)
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        rows, entries = np.empty(0), {}
    if rows.ndim != 2 or not rows.shape[1] or len(entries) != count:
        # Outside the `except`: as an error's cause, the body would be shown with a traceback.
        raise ModelError(f"{host} did not answer with {count} embeddings. {CHECK_ADDRESS}")
    return rows
