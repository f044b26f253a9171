"""Search operators in a message, as search engines have them: `author:liu since:2024-05 title:"kv cache"`."""

import re

from ingest.errors import UsageError
from ingest.paper import DATE, span_of
from rag.retrieve.scope import Filters, words_of

OPERATOR = re.compile(r"(?<!\S)(?P<name>author|since|until|title):(?P<value>\"[^\"]*\"|“[^”]*”|\S+)", re.IGNORECASE)


def read_operators(message: str) -> tuple[str, Filters]:
    """The message without its operators, and the filters they stand for; the rest of it is left as it is.

    A name with nothing behind its colon is no operator. Raises UsageError for an empty value, or a date that is none.
    """
    given: dict[str, list[str]] = {"author": [], "since": [], "until": [], "title": []}
    for found in OPERATOR.finditer(message):
        name, value = found["name"].lower(), found["value"].strip('"“”').strip()
        example = {"author": "author:liu", "title": 'title:"kv cache"'}.get(name, f"{name}:2024-08")
        if not value or (name in ("author", "title") and not words_of(value)):
            raise UsageError(f"“{found[0]}” needs a value after the colon, such as {example}.")
        if name in ("since", "until") and not DATE.fullmatch(value):
            raise UsageError(f"“{found[0]}” needs a date such as {name}:2024, {name}:2024-08 or {name}:2024-08-21.")
        given[name].append(value)
    rest = " ".join(OPERATOR.sub(" ", message).split()) if any(given.values()) else message
    until = min(given["until"], key=lambda date: span_of(date)[1], default="")
    since = max(given["since"], default="")
    return rest, Filters(since, until, tuple(given["author"]), tuple(given["title"]))
