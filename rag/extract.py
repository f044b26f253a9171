"""The writer that needs no model: chooses sentences of the papers found and strings them together, each cited.

It says nothing of its own but the name of a paper. Knows no index and no conversation.
"""

import re
from collections.abc import Iterator, Sequence

from ingest.words import stems
from rag.answer import Citation, Evidence, Ranked
from rag.names import nickname, short_name

MOST_SENTENCES = 3  # of one paper
MOST_PAPERS = 6
NEAR_BEST = 0.62  # share of the best sentence's score that another needs to be said as well
NEAR_TOP = 0.7  # share of the first paper's score that another needs where several are asked for
NEWS = 0.35  # share of a sentence's own words that must not have been said yet
SEVERAL = re.compile(
    r"\b(?:which|what|list|name|any|all|other|how many)\b[^?]{0,40}"
    r"\b(?:papers|works|studies|methods|approaches|techniques|models|authors|articles)\b|^\s*papers\b",
    re.IGNORECASE,
)
NO_WORD = re.compile(r"[\W_]+")
INNER_STOP = re.compile(r"[.!?](?=\s+\S)")


def choose(question: str, ranked: Sequence[Ranked]) -> list[Evidence]:
    """The sentences that answer the question, grouped by paper, in reading order within each."""
    papers = choose_papers(question, ranked)
    most = MOST_SENTENCES if len(papers) == 1 else 2 if len(papers) == 2 else 1
    chosen: list[Evidence] = []
    for found in papers:
        best = choose_sentences(found, most=most)
        chosen += sorted(best, key=lambda evidence: evidence.sentence.start)
    return chosen


def choose_papers(question: str, ranked: Sequence[Ranked]) -> list[Ranked]:
    """The papers an answer speaks of: those the question names, else those about as close as the closest."""
    asked = plain(question)
    named = [found for found in ranked if _named(found, asked)]
    if named:
        return named[:MOST_PAPERS]
    several = bool(SEVERAL.search(question))
    near = NEAR_TOP if several else 0.995
    close = [found for found in ranked if found.score >= near * ranked[0].score]
    return close[: MOST_PAPERS if several else 2]


def _named(found: Ranked, asked: str) -> bool:
    name = nickname(found.paper)
    return (bool(name) and plain(name) in asked) or plain(found.paper.title) in asked


def plain(text: str) -> str:
    """The words of a text between single spaces, case folded, so that whole words can be looked for."""
    return f" {NO_WORD.sub(' ', text.casefold()).strip()} "


def choose_sentences(found: Ranked, *, most: int) -> list[Evidence]:
    """The best sentence of a paper and up to `most` - 1 more that come near it and say something new."""
    first, *rest = found.evidence
    chosen, said = [first], set(stems(first.sentence.text))
    for evidence in rest:
        if len(chosen) == most or evidence.score < NEAR_BEST * first.score:
            break
        words = stems(evidence.sentence.text)
        if len(words - said) >= NEWS * len(words):
            chosen.append(evidence)
            said |= words
    return chosen


def write(chosen: Sequence[Evidence]) -> Iterator[tuple[str, Citation]]:
    """Each sentence as it is said, with the separator before it, and its citation, numbered from 1."""
    before = ""
    for number, evidence in enumerate(chosen, start=1):
        paper, sentence = evidence.paper, evidence.sentence
        gap = "" if number == 1 else " " if paper.id == before else "\n\n"
        lead = "" if paper.id == before or _opens_with_name(evidence) else f"{short_name(paper)}: "
        citation = Citation(number, paper.id, paper.title, sentence.text, sentence.start, sentence.end)
        yield gap + flow(lead) + mark(flow(sentence.text), number), citation
        before = paper.id


def _opens_with_name(evidence: Evidence) -> bool:
    name = nickname(evidence.paper)
    return bool(name) and name.casefold() in evidence.sentence.text[: len(name) + 40].casefold()


def flow(text: str) -> str:
    """A sentence without the full stops inside it ('et al.', 'e.g.'), so that each stop ends a cited sentence."""
    return INNER_STOP.sub("", text)


def mark(sentence: str, number: int) -> str:
    """'It does so.' as 'It does so [1].'"""
    stop = sentence[-1] if sentence[-1:] in ".!?" else ""
    return f"{sentence[: len(sentence) - len(stop)]} [{number}]{stop or '.'}"


def refuse(ranked: Sequence[Ranked], count: int) -> str:
    """One plain sentence that says the papers do not answer; the closest are shown with it."""
    if not ranked:
        return "There are no papers here to answer from."
    return (
        "The one paper here does not answer that." if count == 1 else f"None of the {count} papers here answers that."
    )
