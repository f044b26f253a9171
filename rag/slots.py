"""One word put in the place of another where a sentence otherwise follows its source: 'inflates' for 'reduces'.

Knows which words point the same way, and nothing else of what words mean.
"""

import re
from difflib import SequenceMatcher

from ingest.words import STOPWORDS, stem
from rag.claims import FRAME
from rag.closeness import worth
from rag.polarity import opposites

WORD = re.compile(r"[^\W\d_]+")
LONGEST = 2  # words of a source in whose place one may stand


def exchanged(claim: str, source: str) -> tuple[str, str] | None:
    """The one word of a claim that the source has not, and what stands there instead; None where more is changed.

    A lead-in ('The authors report that') is no change, nor is a word of like meaning as far as that is known.
    """
    said, given = _content(claim), _content(source)
    stems, held = [stem(word) for word in said], [stem(word) for word in given]
    matcher = SequenceMatcher(None, stems, held, autojunk=False)
    blocks = [block for block in matcher.get_matching_blocks() if block.size]
    if not blocks or len(stems) - blocks[0].a - sum(block.size for block in blocks) != 1:
        return None
    for kind, start, end, first, last in matcher.get_opcodes():
        alone = kind == "replace" and start > blocks[0].a and end == start + 1 and last - first <= LONGEST
        if alone and not _is_akin(stems[start], held[first], held, source):
            return said[start], " ".join(given[first:last])
    return None


def _content(text: str) -> list[str]:
    return [word for word in WORD.findall(text.casefold()) if word not in STOPWORDS and len(word) > 1]


def _is_akin(said: str, given: str, held: list[str], source: str) -> bool:
    """Whether two stems are of any paper's, or the first stands in the source or points as a word of it."""
    ways = {way for token in held for way in opposites().get(token, ())}
    return {said, given} <= FRAME or worth(said, held, source) > 0 or bool(ways & set(opposites().get(said, ())))
