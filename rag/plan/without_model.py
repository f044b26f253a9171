"""The plan of a turn without a model: what kind of answer is wanted, by a small trained model of the message's vector,
and the papers it names or leans on. The message itself is the search."""

from dataclasses import dataclass
from enum import StrEnum

from ingest.sentences import split_sentences
from ingest.vocabulary import ordinary_words
from ingest.words import STOPWORDS, WORD, tokenize
from rag.plan.context import chosen, opens_leaning, other, points
from rag.plan.talk import Talk
from rag.retrieve.learned import Reading

SURE = {"about": 0.6, "write": 0.6, "every": 0.45, "paper": 0.4}  # chances from which a message is taken for one
SURE_WITHIN = 0.8  # the same for 'about' within a conversation
# Words of a message from which its language is told, and shares of English words and of English function words below
# which it is none: of the 3,280 messages in tests/bench/data/message_kinds.jsonl two English ones lie below.
FEWEST_TOLD, ENGLISH, SMALL = 8, 0.6, 0.15
FEW_PAPERS = 2  # that a word may point back to; among more it may mean any, and the search tells which
FEW_WORDS = 3  # words of a message, stopwords aside, up to which it may lean on what was said before


class Kind(StrEnum):
    """What kind of answer a message wants."""

    FEW = "few"  # what one or a few papers say
    PAPER = "paper"  # one paper as a whole
    EVERY = "every"  # all papers that fit
    ABOUT = "about"  # no paper: a greeting, a question on the product
    WRITE = "write"  # a task for a writer


@dataclass(frozen=True, slots=True)
class Leaning:
    """The papers spoken of that a message may be about, the likeliest first, and how much that adds to their scores."""

    papers: tuple[str, ...] = ()
    bonus: float = 0.0
    chosen: bool = False  # one of them was picked by its place


POINTED, JOINED = 1.0, 0.4  # added where a word points back; where a message is short or begins with a conjunction
LATER = 0.85  # of the bonus of one paper that the next one gets


def read_kind(reading: Reading, *, begun: bool = False) -> Kind:
    """The kind that a message most likely is of, where that is sure enough; within a conversation that has `begun` few
    are about the product."""
    kind, chance = max(reading.kinds.items(), key=lambda one: one[1])
    least = SURE_WITHIN if begun and kind == Kind.ABOUT else SURE.get(kind, 0.0)
    return Kind(kind) if chance >= least else Kind.FEW


def is_foreign(message: str, *, fewest: int = FEWEST_TOLD) -> bool:
    """Whether so few words of a message, of at least `fewest`, are English that a search by English is lost on it."""
    words = [word for word in WORD.findall(message.casefold()) if word.isalpha()]
    english = sum(word in ordinary_words() for word in words)
    small = sum(word in STOPWORDS for word in words)
    return len(words) >= fewest and english < ENGLISH * len(words) and small < SMALL * len(words)


def leaning_of(message: str, talk: Talk, kind: Kind = Kind.FEW) -> Leaning:
    """What a message that names no paper leans on; a task for a writer may be about the last answer."""
    last, several = talk.spoken_last, talk.choice
    place = chosen(message, len(several))
    if place is not None:
        return Leaning((several[place],), POINTED, chosen=True)
    if other(message) and (others := tuple(paper for paper in reversed(talk.papers) if paper not in last[:1])):
        return Leaning(others, POINTED)
    if points(message):
        return Leaning(last, POINTED if len(last) <= FEW_PAPERS or kind is Kind.WRITE else JOINED)
    if (
        any(opens_leaning(s.text) for s in split_sentences(message))
        or len(tokenize(message)) <= FEW_WORDS
        or kind is Kind.WRITE
    ):
        return Leaning(last, JOINED)
    return Leaning()
