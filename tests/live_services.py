"""A server on loopback in the place of Daily Papers and arXiv: recorded answers, and whatever can go wrong."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

from ingest.live.services import Services

Reply = tuple[int, dict[str, str], bytes]
TODAY = "2026-08-22"


def services_at(url: str, today: str = TODAY) -> Services:
    """A server in the place of both services, asked without a pause."""
    return Services(url, url, (0, 0), 0.01, date.fromisoformat(today))


def paper(number: int, *, abstract: str = "") -> dict[str, object]:
    """A paper as Daily Papers gives it."""
    text = abstract or f"We grind lens {number} with the method Grindel{number}, and halve the scratches."
    told = {"title": f"Lens {number}", "summary": text, "publishedAt": "2026-08-20T00:00:00.000Z"}
    return {"paper": {"id": f"2608.{number:05}", "authors": [{"name": "Ada Byron"}], **told}, **told}


def feed(*numbers: int, published: str = "2026-08-20") -> bytes:
    """An answer of arXiv with these papers; in `published`, {:02} stands for the number of the paper."""
    entries = "".join(
        f"<entry><id>http://arxiv.org/abs/2607.{n:05}v1</id><title>Prism {n}</title>"
        f"<updated>{published.format(n)}T00:00:00Z</updated><published>{published.format(n)}T00:00:00Z</published>"
        f"<summary>We cut prism {n} from glass and measure its "
        "edges.</summary><author><name>Ada Byron</name></author></entry>"
        for n in numbers
    )
    return (
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">'
        f"<opensearch:totalResults>{len(numbers)}</opensearch:totalResults>{entries}</feed>"
    ).encode()


class Stand:
    """What it was asked; it answers with `days`, `found`, the first `held` papers by id, before those each of
    `troubles` once; papers of all ids where it `has_all`; 404 to `refuses`, 400 to a request that has one of
    `malformed` among its ids."""

    def __init__(self) -> None:
        self.days: dict[str, list[dict[str, object]]] = {}
        self.found = feed(1, 2)
        self.troubles: list[Reply] = []
        self.refuses: set[str] = set()
        self.held = 3
        self.has_all = False
        self.malformed: set[str] = set()
        self.asked: list[str] = []
        self.url = ""

    def reply(self, path: str) -> Reply:
        parts = urlsplit(path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.asked.append(query.get("date") or query.get("search_query") or query.get("id_list") or path)
        if self.troubles:
            return self.troubles.pop(0)
        if query.get("date") in self.refuses:
            return 404, {}, b""
        if parts.path == "/api/daily_papers":
            return 200, {}, json.dumps(self.days.get(query["date"], [])).encode()
        if ids := query.get("id_list", "").split(",") if "id_list" in query else []:
            if self.malformed.intersection(ids):
                return 400, {}, b""
            if self.has_all:
                found = feed(*range(1, len(ids) + 1))
                for n, one in enumerate(ids, start=1):
                    found = found.replace(f"2607.{n:05}".encode(), one.encode())
                return 200, {}, found
            return 200, {}, feed(*(n for n in range(1, self.held + 1) if f"2607.{n:05}" in ids))
        return 200, {}, self.found

    def services(self, today: str = TODAY) -> Services:
        return services_at(self.url, today)


@contextmanager
def standing() -> Iterator[Stand]:
    stand = Stand()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = stand.reply(self.path)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    stand.url = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield stand
    finally:
        server.shutdown()
        server.server_close()
