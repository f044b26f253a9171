"""Whether the evidence found can carry an answer at all. Knows no prose."""

import re
from collections.abc import Sequence

from rag.answer import Ranked

WEAKEST = 0.30  # score of the best paper below which a question is about something else; made on the bundled page
CODE = re.compile(r"(?<![\w.])(?=[\w-]*[A-Z])(?=[\w-]*\d)[A-Za-z][\w-]*")  # 'H100', 'FP8': a name with a number in it
NO_WORD = re.compile(r"[\W_]+")


def is_too_weak(question: str, ranked: Sequence[Ranked]) -> bool:
    """Whether an answer would be a guess: nothing comes near, or the question names what no paper found mentions."""
    if not ranked or ranked[0].score < WEAKEST:
        return True
    texts = [NO_WORD.sub("", f"{found.paper.title} {found.paper.abstract}".casefold()) for found in ranked]
    named = [NO_WORD.sub("", name.casefold()) for name in CODE.findall(question)]
    return any(not any(name in text for text in texts) for name in named)
