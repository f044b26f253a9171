"""Queries of arXiv to papers, by the `arxiv` package; its requests go through our client, which is bounded."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import dropwhile, islice, takewhile
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from ingest.errors import SourceError
from ingest.formats.arxiv_atom import read_atom
from ingest.formats.fields import NOTHING, arxiv_id, checked_paper
from ingest.live.fetch import DamagedError, RefusedError, Service
from ingest.live.names import HOW_ARXIV, Query
from ingest.paper import Paper, Unreadable
from ingest.text import clean

if TYPE_CHECKING:
    import arxiv

PAGE = 100  # papers of one answer
ERRORS = "/api/errors"  # within the id of the entry with which arXiv says what is wrong with a query


def search(service: Service, query: Query) -> tuple[Query, list[Paper | Unreadable]]:
    """What arXiv has for a query, best first, or newest first from the day `query.since` on; raises SourceError.

    The query comes back with the moment up to which papers are left, where there are more than its limit.
    """
    import arxiv  # here: it and the XML library beneath take a quarter of a second

    newest, best = arxiv.SortCriterion.SubmittedDate, arxiv.SortCriterion.Relevance
    asked = arxiv.Search(
        query=query.text,
        max_results=None if query.since else query.limit,
        sort_by=newest if query.since else best,
    )
    logging.getLogger("arxiv").setLevel(logging.CRITICAL)  # what it passes over is not for a reader's terminal
    client = arxiv.Client(page_size=min(PAGE, query.limit), delay_seconds=0, num_retries=0)  # the service does both
    client.query_url_format = f"{service.base}/api/query?{{}}"
    client._session = _Session(service)
    try:
        results = client.results(asked)
        if query.since:
            results = _within(results, query)
        taken = list(islice(results, query.limit))
        if query.since and len(taken) == query.limit and next(results, None):
            query = replace(query, left=taken[-1].published.isoformat())
        found = list(_papers(taken))
    except (arxiv.ArxivError, ValueError, AttributeError) as error:  # dates and entries that are none
        raise SourceError(f"arXiv gave an answer that cannot be read ({type(error).__name__}); run again.") from None
    if not found and not query.since:
        raise SourceError(f"arXiv has nothing for {query.text[:100]!r}; {HOW_ARXIV}.")
    return query, found


def fetch(service: Service, ids: Sequence[str]) -> list[Paper | Unreadable]:
    """What arXiv has of these ids, in one request; an Unreadable has the id for its place. Raises SourceError.

    Where arXiv refuses them all for one that it cannot read, it is asked for each half.
    """
    query = urlencode({"id_list": ",".join(ids), "max_results": len(ids)})
    try:
        answer = service.get(f"{service.base}/api/query?{query}", _check).decode()
        found = list(read_atom(answer)) if "entry" in answer else []
    except RefusedError:
        if len(ids) == 1:
            return []
        half = len(ids) // 2
        return [*fetch(service, ids[:half]), *fetch(service, ids[half:])]
    except UnicodeDecodeError:
        raise SourceError("arXiv gave an answer that cannot be read; run again.") from None
    return [one for one in found if isinstance(one, Paper) or one.reason != NOTHING]


def _within(results: Iterator[arxiv.Result], query: Query) -> Iterator[arxiv.Result]:
    """Those of the time that is asked for, of results that come newest first."""
    if query.until:
        until = datetime.fromisoformat(query.until)
        results = dropwhile(lambda one: one.published > until, results)
    return takewhile(lambda one: one.published.date().isoformat() >= query.since, results)


def _papers(results: Iterable[arxiv.Result]) -> Iterator[Paper | Unreadable]:
    for number, one in enumerate(results, 1):
        yield checked_paper(
            f"result {number}",
            one.title,
            one.summary,
            authors=[author.name for author in one.authors],
            date=one.published.date().isoformat(),
            url=one.entry_id,
            arxiv=arxiv_id(one.entry_id),
        )


class _Session:
    """In the place of the package's connection, which would read answers of any length from any host."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def get(self, url: str, **_: Any) -> SimpleNamespace:
        return SimpleNamespace(status_code=200, content=self._service.get(url, _check))


def _check(body: bytes) -> None:
    """Whole XML without a document type: the package would pass over what is missing."""
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException  # type: ignore[import-untyped]
    from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]

    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise DamagedError("not XML to its end") from None
    if not str(root.tag).endswith("}feed"):
        raise DamagedError("not a feed")
    for entry in root:
        parts = {str(part.tag).rpartition("}")[2]: part.text or "" for part in entry}
        if ERRORS in parts.get("id", ""):
            raise RefusedError(f"arXiv cannot answer that: {clean(parts.get('summary', ''))[:200]}; {HOW_ARXIV}.")
