"""From something that makes an engine to a page being served: address, guard, Gradio's launch, and the end.

The page is served before the engine exists: Gradio's import fills most of the time to the first page, so
the engine is made right after, in the background, and a question asked early waits for it.
"""

import errno
import io
import ipaddress
import os
import signal
import socket
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import closing, redirect_stdout
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.errors import PaperchatError, UsageError

if TYPE_CHECKING:
    import gradio as gr

    from ui.engine import Engine

# Gradio reads these at import. By default its temporary folder may be read by all, and after every event it counts
# all events so far with pandas, for a monitoring page that is off here.
GRADIO = {"GRADIO_ANALYTICS_CACHE_FREQUENCY": "1000000000", "GRADIO_ANALYTICS_MAX_EVENTS": "1"}
SECONDS_TO_CLOSE = 2  # for answers under way when the page is told to stop
SECONDS_TO_OPEN = (
    10  # for an engine under way when the page is told to stop; it takes one or two, more where it is busy
)
SESSIONS = 500  # whose state Gradio keeps at most
NO_ADDRESS = "is not available: this machine has no such address; serve on 127.0.0.1 (--host)."
REFUSED = {
    errno.EADDRINUSE: "is in use by another program; choose another with --port.",
    errno.EACCES: "needs administrator rights; choose one from 1024 up with --port.",
    errno.EPERM: "is blocked by the system; choose another with --port.",
    errno.EADDRNOTAVAIL: NO_ADDRESS,
    errno.EAFNOSUPPORT: NO_ADDRESS,
}


def serve(
    make_engine: "Callable[[], Engine]",
    *,
    host: str = "127.0.0.1",
    port: int = 7860,
    auth: str = "",
    ready: Callable[[str], None],
) -> None:
    """Serve the page until Ctrl-C or SIGTERM; `ready` is given its address as soon as it answers.

    Raises UsageError for an address open to others, PaperchatError where the port cannot be had, KeyboardInterrupt
    for a signal before the page answers.
    """
    ended = threading.Event()

    def stop_starting(*_: object) -> None:
        ended.set()  # an import may swallow what is raised in it
        raise KeyboardInterrupt

    handle_ends(stop_starting)
    with tempfile.TemporaryDirectory(prefix="paperchat-", ignore_cleanup_errors=True) as folder:  # mode 0700
        served = start(make_engine, host=host, port=port, auth=auth, folder=folder)
        handle_ends(lambda *_: ended.set())
        try:
            if not ended.is_set():
                ready(served.url)
            ended.wait()
        finally:
            served.stop()


def handle_ends(handler: Callable[..., None]) -> None:
    """Have Ctrl-C and SIGTERM call this."""
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, handler)


@dataclass(frozen=True)
class Served:
    """A page being served in the background."""

    page: "gr.Blocks"
    url: str
    opening: "Future[Engine]"

    def stop(self) -> None:
        """Close page and engine; open connections (each browser keeps one) are given a moment, then cut.

        An engine still being made is waited for: Python ends hard (SIGABRT) on a thread that it cuts in native code.
        """
        self.page.server.config.timeout_graceful_shutdown = SECONDS_TO_CLOSE
        self.page.close(verbose=False)
        wait([self.opening], SECONDS_TO_OPEN)
        if self.opening.done() and not self.opening.exception():
            self.opening.result().close()


def start(make_engine: "Callable[[], Engine]", *, host: str, port: int, folder: str, auth: str = "") -> Served:
    """Serve the page in the background; `folder` takes what Gradio must put on disk.

    Where there is a password (`auth`: 'name:password'), nothing is given without it.
    """
    check_address(host, port, auth)
    os.environ |= GRADIO | {"GRADIO_TEMP_DIR": folder}
    go_direct(host)

    from starlette.middleware import Middleware

    from ui.gate import Gate
    from ui.guard import LOOPBACK, Guard
    from ui.look import ASSETS, look
    from ui.page import build_page  # importing Gradio takes seconds, so a bad address is told first
    from ui.programs.mcp import tell_json
    from ui.programs.refusal import misnamed
    from ui.tabs import atlas

    opening: Future[Engine] = Future()
    page = build_page(opening)
    name = f"[{host}]" if ":" in host else host
    # Others come by whatever name this machine has for them; what a foreign page could read there needs the password.
    hosts = (*LOOPBACK, name) if is_loopback(host) else None
    with redirect_stdout(io.StringIO()):  # Gradio tells of its MCP server even where it is to be quiet
        page.launch(
            server_name=host,
            server_port=port,
            prevent_thread_lock=True,
            quiet=True,
            share=False,
            ssr_mode=False,
            pwa=False,
            mcp_server=True,
            enable_monitoring=False,
            run_history=False,
            footer_links=[],
            show_error=False,
            state_session_capacity=SESSIONS,
            max_file_size="20mb",
            favicon_path=ASSETS / "icon.svg",
            app_kwargs={
                "middleware": [Middleware(Guard, hosts=hosts), Middleware(Gate, auth=auth)],
                "routes": [atlas.route(opening)],
                "exception_handlers": {KeyError: misnamed, TypeError: misnamed},
            },
            **look(),
        )
    tell_json(page)
    threading.Thread(target=open_engine, args=(make_engine, opening), name="engine", daemon=True).start()
    return Served(page, f"http://{name}:{port}/", opening)


def open_engine(make_engine: "Callable[[], Engine]", opening: "Future[Engine]") -> None:
    """Make the engine, or keep the reason why there is none for whoever asks."""
    try:
        opening.set_result(make_engine())
    except Exception as error:
        opening.set_exception(error)


def check_address(host: str, port: int, auth: str = "") -> None:
    """Refuse an address that others can reach where there is no password, and one that cannot be had."""
    if not is_loopback(host) and not auth:
        raise UsageError(
            f"Serving on {host} would expose your papers to the network without a password; set PAPERCHAT_AUTH to "
            "name:password first, or serve on 127.0.0.1."
        )
    try:
        with closing(socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OverflowError as error:
        raise PaperchatError(f"Port {port} on {host} does not exist; choose another with --port.") from error
    except OSError as error:
        reason = REFUSED.get(error.errno or 0, f"cannot be used ({error.strerror}); choose another with --port.")
        raise PaperchatError(f"Port {port} on {host} {reason}") from error


def is_loopback(host: str) -> bool:
    """Whether an address is reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def reach(host: str, auth: str) -> str:
    """Who can reach the page, in a sentence or two."""
    if is_loopback(host):
        return "Only this machine can reach it" + (", with the password of PAPERCHAT_AUTH." if auth else ".")
    return (
        "Whoever can reach this machine and knows the password of PAPERCHAT_AUTH can ask, read, import and spend what "
        "the model costs. Names and passwords cross the network unencrypted: put a proxy with TLS in front."
    )


def go_direct(host: str) -> None:
    """Keep requests to this machine off a proxy: Gradio calls its own page once while it starts."""
    for name in ("NO_PROXY", "no_proxy"):
        os.environ[name] = ",".join(filter(None, (os.environ.get(name, ""), host, "localhost", "127.0.0.1")))
