"""What a browser sent as JSON, which may be anything: the object or list it is, or an empty one."""

import json
from typing import Any, TypeVar

T = TypeVar("T", dict[str, Any], list[Any])


def parsed(sent: Any, kind: type[T], *, most: int | None = None) -> T:
    """The object or list in a text of JSON of at most `most` characters; an empty one for anything else."""
    if not isinstance(sent, str) or (most is not None and len(sent) > most):
        return kind()
    try:
        found = json.loads(sent)
    except (ValueError, RecursionError):
        return kind()
    return found if isinstance(found, kind) else kind()
