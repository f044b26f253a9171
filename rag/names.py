"""Names in sentences: several in a row, and a question without those it names."""

import re
from collections.abc import Iterable, Sequence

from ingest.names import nickname, short_name
from ingest.paper import Paper


def listed(names: Sequence[str], last: str = "and") -> str:
    """'A', 'A and B', 'A, B and C'; `last` is the word before the last one."""
    return f" {last} ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def without_names(question: str, papers: Sequence[Paper], names: Iterable[str] = ()) -> str:
    """The question without what the papers are called in it, so that a name is not read as what is asked.

    `names` are further ways in which it may call them.
    """
    called = {name for paper in papers for name in (paper.title, nickname(paper), paper.title.partition(":")[0])}
    for name in sorted(called | {short_name(paper) for paper in papers} | set(names), key=len, reverse=True):
        if len(name) > 1:
            question = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", " ", question, flags=re.IGNORECASE)
    return " ".join(question.split())
