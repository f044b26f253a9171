"""From what went wrong with a chat endpoint to a line that says it, and the setting to check.

Looks into what an endpoint complains of, but shows none of it: it may hold a key, or anything.
"""

import re
import socket
import ssl
from collections.abc import Iterator

from ingest.endpoint import PASSING, Fault, asked_wait
from ingest.errors import TooLongError
from rag.llm.events import MalformedError, ReportedError
from rag.llm.line import RefusedError

CHECK = "Check OPENAI_BASE_URL and the network, or set PAPERCHAT_MODEL=none."
REASONS = {
    400: "refused the request for model {model!r}. Check PAPERCHAT_MODEL.",
    401: "refused the key. Check OPENAI_API_KEY.",
    402: "requires payment. Check the account behind OPENAI_API_KEY.",
    403: "refused the key or the model {model!r}. Check OPENAI_API_KEY and PAPERCHAT_MODEL.",
    404: "has no model {model!r} at this path. Check PAPERCHAT_MODEL and OPENAI_BASE_URL.",
    422: "refused the request for model {model!r}. Check PAPERCHAT_MODEL.",
    429: "has reached the limit of this key. Wait a minute, or check the account behind OPENAI_API_KEY.",
}
TOO_LONG = "got more text than it can read. Lower PAPERCHAT_CONTEXT, or set PAPERCHAT_MODEL to a model that reads more."
COMPLAINS_OF_LENGTH = re.compile(
    r"context.?length|context.?window|context.?size|maximum context|prompt is too long|too many (?:input )?tokens"
    r"|input is too long|reduce the length",
    re.IGNORECASE,
)


def fault_of(error: Exception, host: str, model: str) -> Fault:
    """What an error of the endpoint, the connection or the stream means to a user."""
    if isinstance(error, RefusedError):
        return _refusal(error, host, model)
    if isinstance(error, ReportedError):
        if COMPLAINS_OF_LENGTH.search(error.complaint):
            return Fault(f"{host}: {model!r} {TOO_LONG}", error=TooLongError)
        return Fault(f"{host} began to answer, then reported an error. Try again later, or check PAPERCHAT_MODEL.")
    if isinstance(error, MalformedError):
        return Fault(f"{host} {error}. {CHECK}")
    return _broken_connection(error, host)


def _refusal(error: RefusedError, host: str, model: str) -> Fault:
    status, complaint = error.status, error.complaint
    if status == 413 or (status in (400, 422, 500) and COMPLAINS_OF_LENGTH.search(complaint)):
        return Fault(f"{host} (HTTP {status}): {model!r} {TOO_LONG}", error=TooLongError)
    if 300 <= status < 400:
        reason = "redirects to another address, which is not followed. Check OPENAI_BASE_URL."
    else:
        reason = REASONS.get(status, f"could not answer. Try again later. {CHECK}").format(model=model)
    passing = status in PASSING and "insufficient_quota" not in complaint  # OpenAI's for an account without credit
    return Fault(f"{host} (HTTP {status}) {reason}", passing, asked_wait(error.headers))


def _broken_connection(error: Exception, host: str) -> Fault:
    import httpx  # with openai, here: who uses no chat model need not pay for the imports
    import openai

    causes = list(_causes(error))
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return Fault(f"{host} has no trusted certificate. Check OPENAI_BASE_URL.")
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return Fault(f"{host} could not be found. {CHECK}", passing=True)
    if any(isinstance(cause, openai.APITimeoutError | httpx.TimeoutException) for cause in causes):
        return Fault(f"{host} does not answer. {CHECK}", passing=True)
    if any(isinstance(cause, openai.OpenAIError | httpx.HTTPError | OSError) for cause in causes):
        return Fault(f"{host} cannot be reached, or closed the connection. {CHECK}", passing=True)
    return Fault(f"{host} sent an answer that could not be read. {CHECK}")


def _causes(error: BaseException) -> Iterator[BaseException]:
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__ or found.__context__
