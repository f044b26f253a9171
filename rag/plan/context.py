"""Whether a message leans on the papers spoken of last, told by English function words alone.

The words below are all the grammar there is: they are a closed class, and none is about any subject.
"""

from ingest.words import WORD

CONJUNCTIONS = frozenset("and but or so then also yet however otherwise though while whereas".split())
POINTING = frozenset("it its itself they them their theirs these those this both either neither former latter".split())
ORDINALS = {"first": 0, "former": 0, "1st": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2, "fourth": 3, "4th": 3}
ORDINALS |= {"fifth": 4, "5th": 4, "latter": -1, "last": -1}
ONE = ("one", "")  # what stands behind an ordinal that picks a paper


def opens_leaning(text: str) -> bool:
    """Whether a text begins with a word that joins it to what stands before it."""
    first = WORD.search(text)
    return first is not None and first[0].casefold() in CONJUNCTIONS | POINTING


def points(message: str) -> bool:
    """Whether a message has a word that stands for something said before."""
    return any(word.casefold() in POINTING for word in WORD.findall(message))


def other(message: str) -> bool:
    """Whether a message asks for what was not spoken of last."""
    return any(word.casefold() == "other" for word in WORD.findall(message))


def chosen(message: str, count: int) -> int | None:
    """Which of `count` papers an ordinal picks ('the second one'); None where it picks none."""
    words = ["", *(word.casefold() for word in WORD.findall(message)), ""]
    places = set()
    for before, word, after in zip(words, words[1:], words[2:], strict=False):
        if word in ORDINALS and ((before == "the" and after in ONE) or word in POINTING):
            places.add(ORDINALS[word] if ORDINALS[word] >= 0 else count - 1)
    place = places.pop() if len(places) == 1 else count
    return place if place < count else None
