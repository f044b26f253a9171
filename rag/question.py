"""From any text to a question that can be asked: cleaned, and cut where it is longer than one may be."""

from ingest.errors import UsageError
from ingest.text import clean
from rag.types import MARK, MOST_CHARACTERS

LONGEST_WORD = 100  # characters; what has no blank for longer, as some scripts have none, is cut within
MOST_READ = 50 * MOST_CHARACTERS  # characters that are cleaned at all


def take_question(given: str) -> tuple[str, str]:
    """The question to answer, and a sentence that says where it was cut, empty where it is whole.

    Raises UsageError where nothing is left to ask.
    """
    cleaned = clean(given[:MOST_READ])
    question = cut(cleaned)
    _check(question)
    if question == cleaned and len(given) <= MOST_READ:
        return question, ""
    return question, (
        f"Your question is too long: only its first {len(question):,} characters were read (the limit is "
        f"{MOST_CHARACTERS:,})."
    )


def take_query(given: str) -> str:
    """Words to search for, cleaned; raises UsageError where there are none or more than a question may have.

    A ranking has no room for a word on what was cut.
    """
    cleaned = clean(given[:MOST_READ])
    length = len(given) if len(given) > MOST_READ else len(cleaned)
    if length > MOST_CHARACTERS:
        raise UsageError(f"The question has {length:,} characters; shorten it to {MOST_CHARACTERS:,}.")
    _check(cleaned)
    return cleaned


def cut(text: str) -> str:
    """As much of a text from its beginning as a question may have, to the end of a word."""
    if len(text) <= MOST_CHARACTERS:
        return text
    head = text[:MOST_CHARACTERS]
    if not (text[MOST_CHARACTERS].isspace() or head[-1].isspace()):
        whole = head.rsplit(None, 1)[0]
        head = whole if len(whole) >= MOST_CHARACTERS - LONGEST_WORD else head
    return head.rstrip()


def _check(question: str) -> None:
    """Raises UsageError for what holds no word."""
    if any(c.isalnum() for c in MARK.sub("", question)):
        return
    if MARK.search(question):
        raise UsageError(f"{question} is only a citation number; ask about it in words.")
    raise UsageError("The question is empty; type one, such as: Which papers are about pruning?")
