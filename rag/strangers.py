"""Names a comparison sets beside the papers here that are no paper's name: which they are, and what is said instead.

A name that stands in an abstract only as what a paper compares itself with, or tests on, is not that paper's name.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from ingest.names import COINED_WORD, short_name, squeeze
from ingest.paper import Paper
from ingest.sentences import split_sentences
from ingest.words import STOPWORDS
from rag import grammar
from rag.answer import Evidence
from rag.aspects import find_aspects
from rag.catalogue import Catalogue
from rag.draft import Draft, Paragraph, Statement
from rag.names import listed

MOST_SAID = 2  # sentences quoted from each paper that mentions a name
MOST_MENTIONING = 3  # papers quoted where no paper is named
SIDES = re.compile(rf"{grammar.PART_BREAK.pattern}|\s+(?:to|between)\s+", re.IGNORECASE)
# What stands around the name in a side: 'how does', 'the difference', 'on memory', 'compare'.
AROUND = re.compile(
    r"^\W*(?:(?:apart|aside|besides|except|unlike|how|what|whats|which|is|are|was|were|does|do|did|can|could|would|you"
    r"|please|pls|the|a|an|main|key|it|this"
    r"|that|they|them|these|those|difference|differences|different|differ|differs|compar\w+|contrast\w*|similar\w*|put|set"
    r"|show|side|by|me|tell|and|actually|ok|so|now|in|main|all|both|paper|method|model|of)\b\W*)+"
    r"|\W*\b(?:compar\w+|differ\w*|different|similar|side by side|paper|method|please|instead|too)?\W*$",
    re.IGNORECASE,
)
ON = re.compile(r"\s+(?:on|in|for|when|by|regarding|concerning|(?:and|but) (?:how|what|which|why))\b.*$", re.IGNORECASE)
# 'do they both generalise': a clause that asks, in which no name stands.
CLAUSE = re.compile(
    r"\W*(?:do|does|did|can|could|will|would|have|has)\s+(?:they|both|each|these|those|you)\b", re.IGNORECASE
)
FEW_WORDS = 6  # of a sentence that only names what the next compares
HERE = "PaperHere"
LONGEST = 3  # words of a name of several


def strangers(question: str, catalogue: Catalogue) -> tuple[str, ...]:
    """The sides of a comparison that are names, each as it was written, and no paper's own."""
    said = compared_in(question)
    openings = re.findall(r"(?:^|[.?!:;]\s)\W*(\w+)", question)
    sides = [side for side in sides_of(said, catalogue) if HERE not in side]
    return tuple(dict.fromkeys(s for s in sides if is_name(s, catalogue, opens=s.split()[0] in openings)))


def compared_in(question: str) -> str:
    """The sentences of a question that compare, and a short one before them ('KIVI and RWKV. How do they differ?')."""
    sentences = [sentence.text for sentence in split_sentences(question)]
    found: list[str] = []
    for before, sentence in pairwise(["", *sentences]):
        if grammar.STRONG_COMPARISON.search(sentence):
            found += [before, sentence] if len(before.split()) <= FEW_WORDS else [sentence]
    return " ".join(found)


def sides_of(question: str, catalogue: Catalogue) -> list[str]:
    """What a comparison sets side by side, without the words that only ask; HERE stands for a paper's name."""
    for mention in reversed(catalogue.mentions(question)):
        if mention.is_own:
            question = f"{question[: mention.start]}{HERE}{question[mention.end :]}"
    sides = [side for side in filter(None, SIDES.split(question)) if not CLAUSE.match(side)]
    return [side for side in map(_around, sides) if side]


def _around(side: str) -> str:
    before = ""
    while side != before:
        before, side = side, AROUND.sub("", ON.sub("", side))
    return side.strip(" ,.;:!?\"'“”()")


def is_name(text: str, catalogue: Catalogue, *, opens: bool = False) -> bool:
    """Whether a text is a name and no description: coined, capitalised where nothing asks for it, or one word that no
    paper here has. `opens` is whether it begins the turn."""
    words = text.split()
    said = [word for word in words if word.casefold() not in STOPWORDS]
    if not said or len(words) > LONGEST or len(said) < len(words) or find_aspects(text):
        return False
    if all(COINED_WORD.fullmatch(word) or word.isdigit() for word in words):
        return not catalogue.is_common(text)
    if len(words) == 1 and not catalogue.knows(text):
        return len(text) > 1 and text.isalpha()
    named = all(word[0].isupper() or word[0].isdigit() for word in words)
    return named and not opens and not catalogue.is_ordinary(text)


def any_of_these(names: Sequence[str]) -> str:
    """'“RWKV” or “Mamba”'."""
    return listed([f"“{name}”" for name in names], "or")


def mentioning(names: Sequence[str], papers: Sequence[Paper]) -> Draft:
    """The first sentences of each paper that have one of the names; no parts where none has."""
    parts: list[Paragraph] = []
    for paper in papers:
        said = [s for s in split_sentences(paper.abstract) if any(has(s.text, name) for name in names)][:MOST_SAID]
        leads = [short_name(paper), *[""] * MOST_SAID]
        statements = [Statement(Evidence(paper, s, 1.0), lead) for s, lead in zip(said, leads, strict=False)]
        parts += [Paragraph(tuple(statements))] if statements else []
    return Draft(tuple(parts[:MOST_MENTIONING]))


def has(text: str, name: str) -> bool:
    """Whether a text has a name, however it is spelled, as words of its own."""
    letters = r"[\W_]*".join(map(re.escape, squeeze(name)))
    return bool(letters) and bool(re.search(rf"(?<![^\W_]){letters}s?(?![^\W_])", text, re.IGNORECASE))


def tell_strangers(names: Sequence[str], named: Sequence[Paper], quoted: Draft) -> str:
    """The sentence that says what is not here and what stands below it; `quoted` is what mentions the names."""
    words = f"No paper here is {any_of_these(names)}"
    many = len(names) > 1
    if quoted.parts:
        return f"{words}; this is what the abstracts here say of {'them' if many else 'it'}."
    if len(named) == 1:
        it = "none of them" if len(names) > 2 else "either" if many else "it"
        return (
            f"{words}, and the abstract of {short_name(named[0])} does not mention {it}; this is what it says itself."
        )
    if named:
        return f"{words}; this is what is here."
    return f"{words}, and none mentions {'them' if many else 'it'}."
