"""What an author answers to. Knows no question."""

import re

from ingest.text import unaccented


def fold(name: str) -> str:
    """A name without case, accents and marks: 'François-B. Müller' is 'francois b muller'."""
    plain = unaccented(name.casefold()).replace("'", "").replace("’", "").replace("ł", "l").replace("ø", "o")
    return " ".join(re.findall(r"[^\W_]+", plain))


def keys_of(author: str) -> set[str]:
    """What an author answers to: the full name, first and last, last before first, and initials with the last."""
    words = fold(author).split()
    if len(words) < 2:
        return set(words)
    first, last, given = words[0], words[-1], words[:-1]
    initials = " ".join(word[0] for word in given)
    return {" ".join(words), f"{first} {last}", f"{last} {' '.join(given)}", f"{first[0]} {last}", f"{initials} {last}"}
