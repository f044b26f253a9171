"""Which sentences of the papers found answer a question of fact, and how a sentence is quoted in prose.

Nothing is said but quotes and the names of papers. Knows no index and no conversation.
"""

import re
from collections.abc import Collection, Sequence

from ingest.names import nickname, short_name
from ingest.words import stems
from rag.answer import Evidence, Ranked
from rag.draft import Draft, Paragraph, Statement
from rag.manner import USUAL, Length, Manner
from rag.measures import MARK
from rag.retrieve import GATE_CENTRE

MOST_PAPERS = 6
# Share of the best sentence's score that another needs to be said as well; less where a long answer is wished for.
NEAR_BEST, NEAR_IN_LONG = 0.5, 0.3
NEAR_TOP = 0.7  # share of the first paper's score that another needs where several are asked for
SAME = 0.995  # share of it that makes two papers equally good
MOST_BY_MEANING, NEAR_MEANING = 4, 0.8  # papers given where only the meaning meets, and their share of the first
NEWS = 0.35  # share of a sentence's own words that must not have been said yet
SEVERAL = re.compile(
    r"\b(?:which|what|list|name|any|all|other|how many)\b[^?]{0,40}"
    r"\b(?:papers|works|studies|methods|approaches|techniques|models|authors|articles)\b|^\s*papers\b",
    re.IGNORECASE,
)
INNER_STOP = re.compile(r"[.!?](?=\s+\S)")


def choose(
    question: str, ranked: Sequence[Ranked], *, named: Collection[str] = (), manner: Manner = USUAL
) -> list[Evidence]:
    """The sentences that answer the question, grouped by paper, in reading order within each.

    `named` are the ids of papers that the question is about, however it says so.
    """
    papers = choose_papers(question, ranked, named)
    most = manner.quoted(len(papers))
    chosen: list[Evidence] = []
    for found in papers:
        near = NEAR_IN_LONG if manner.length is Length.LONG else NEAR_BEST
        best = choose_sentences(found, most=most, near=near)
        chosen += sorted(best, key=lambda evidence: evidence.sentence.start)
    return chosen


def choose_papers(question: str, ranked: Sequence[Ranked], named: Collection[str]) -> list[Ranked]:
    """The papers an answer speaks of: those the question is about, else those about as close as the closest.

    A question in words that no paper has can only be met by its meaning, which is less sure: then several are given.
    """
    about = [found for found in ranked if found.paper.id in named]
    if about:
        return about[:MOST_PAPERS]
    several = bool(SEVERAL.search(question))
    by_meaning = max(found.coverage for found in ranked) < GATE_CENTRE
    near = NEAR_TOP if several else NEAR_MEANING if by_meaning else SAME
    close = [found for found in ranked if found.score >= near * ranked[0].score]
    return close[: MOST_PAPERS if several else MOST_BY_MEANING if by_meaning else 2]


def choose_sentences(found: Ranked, *, most: int, near: float = NEAR_BEST) -> list[Evidence]:
    """The best sentence of a paper and up to `most` - 1 more that come near it and say something new."""
    first, *rest = found.evidence
    chosen, said = [first], set(stems(first.sentence.text))
    for evidence in rest:
        if len(chosen) == most or evidence.score < near * first.score:
            break
        words = stems(evidence.sentence.text)
        if len(words - said) >= NEWS * len(words):
            chosen.append(evidence)
            said |= words
    return chosen


def lead_of(evidence: Evidence) -> str:
    """What names the paper in front of its first sentence; nothing where the sentence does so itself."""
    name = nickname(evidence.paper)
    says = bool(name) and name.casefold() in evidence.sentence.text[: len(name) + 40].casefold()
    return "" if says else short_name(evidence.paper)


def flow(text: str) -> str:
    """A sentence as it reads within an answer: each full stop ends a cited sentence, each [n] is a mark of ours.

    Stops inside it go ('et al.', 'e.g.'), and what only looks like a mark is put in round brackets.
    """
    return INNER_STOP.sub("", MARK.sub(lambda found: f"({found[0][1:-1]})", text))


def mark(sentence: str, number: int) -> str:
    """'It does so.' as 'It does so [1].'"""
    stop = sentence[-1] if sentence[-1:] in ".!?" else ""
    return f"{sentence[: len(sentence) - len(stop)]} [{number}]{stop or '.'}"


def as_paragraphs(chosen: Sequence[Evidence]) -> Draft:
    """Sentences as paragraphs, one a paper, each led by the paper's name."""
    paragraphs: dict[str, list[Statement]] = {}
    for evidence in chosen:
        said = paragraphs.setdefault(evidence.paper.id, [])
        said.append(Statement(evidence, "" if said else lead_of(evidence)))
    return Draft(tuple(Paragraph(tuple(statements)) for statements in paragraphs.values()))
