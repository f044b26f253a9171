"""One module a format: each turns decoded content into papers and unreadable records. None opens a file."""

from collections.abc import Iterator

from ingest.paper import Paper, Unreadable

Records = Iterator[Paper | Unreadable]
