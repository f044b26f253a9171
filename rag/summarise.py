"""Summarises by quoting: one paper from its problem to its limits, or a topic by the strands of the papers on it.

Knows no index: papers are given with their sentences. A summary says nothing that no paper says.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ingest.entry import Entry
from ingest.names import short_name
from ingest.paper import Paper, Sentence
from ingest.words import stems
from rag.answer import Evidence, Ranked
from rag.draft import Draft, Group, Paragraph, Statement
from rag.judge import Judged, Judgement, fitting
from rag.rhetoric import Role, turning_point, weigh
from rag.shelf import Floats
from rag.strands import Strand, find_strands
from rag.survey import count_papers, state
from rag.topic import find_topic

FEWEST_SENTENCES, MOST_SENTENCES = 3, 5
# The roles in the order they are filled: what cannot be left out first.
ROLES = (Role.IDEA, Role.RESULT, Role.PROBLEM, Role.LIMITS, Role.RESULT)
PLAINLY = 0.35  # weight from which a sentence plays a role (rag.rhetoric gives 0 to about 1.5)
CENTRAL = 0.4  # of nearness to the whole abstract (a cosine) beside the weight of a role
SAME = 0.6  # share of a sentence's words already said from which it says nothing new
MOST_SORTED = 300  # papers that strands are found among
MOST_STRANDS, MOST_OF_STRAND, MOST_UNSORTED = 8, 3, 6  # of a summary that can be read in a minute


@dataclass(frozen=True, slots=True)
class Telling:
    """A sentence and what it is worth in each role."""

    evidence: Evidence
    weights: dict[Role, float]


def summarise_paper(found: Ranked | Entry) -> Draft:
    """Problem, idea, result and limits in three to five sentences of the abstract, in reading order.

    A shorter abstract is quoted whole; an `Entry` with vectors has the sentences near its whole abstract preferred.
    """
    paper, sentences = found.paper, _sentences(found)
    if not sentences:
        return Draft(())
    tellings = _tell(paper, sentences, _nearness(found, len(sentences)))
    chosen = tellings if len(sentences) <= FEWEST_SENTENCES else _choose(tellings)
    told = sorted((telling.evidence for telling in chosen), key=lambda evidence: evidence.sentence.start)
    names = [short_name(paper), *[""] * (len(told) - 1)]
    return Draft((Paragraph(tuple(Statement(e, name) for e, name in zip(told, names, strict=True))),))


def summarise_topic(question: str, judged: Judgement) -> Draft:
    """The strands among the papers that fit, each with the papers that show it best; no parts where none fits."""
    fit = fitting(judged)
    strands = find_strands(_some(fit), find_topic(question).wanted, most=MOST_STRANDS) if fit else []
    groups = [Group(tuple(map(state, _best(strand))), strand.heading) for strand in strands]
    quoted = sum(len(group.items) for group in groups)
    return Draft(tuple(groups), count_papers(judged.total, len(fit), quoted))


def _some(papers: Sequence[Judged]) -> Sequence[Judged]:
    """As many as can be sorted while one waits: the likeliest, or every so many where all are as likely."""
    if papers[0].probability > papers[-1].probability:
        return papers[:MOST_SORTED]
    return papers[:: 1 + (len(papers) - 1) // MOST_SORTED]


def _best(strand: Strand) -> Sequence[Judged]:
    """The likeliest papers of a strand; of those as likely, the ones in its middle."""
    middle = np.mean([judged.vector for judged in strand.papers], axis=0)
    order = sorted(strand.papers, key=lambda judged: (-round(judged.probability, 2), -float(judged.vector @ middle)))
    return order[: MOST_OF_STRAND if strand.heading else MOST_UNSORTED]


def _sentences(found: Ranked | Entry) -> tuple[Sentence, ...]:
    if isinstance(found, Entry):
        return found.sentences
    return tuple(sorted((evidence.sentence for evidence in found.evidence), key=lambda sentence: sentence.start))


def _nearness(found: Ranked | Entry, count: int) -> Floats:
    """The cosine of each sentence with the whole abstract; all 0 where there are no vectors."""
    if isinstance(found, Ranked) or found.rows is None:
        return np.zeros(count, dtype=np.float32)
    rows = found.rows.astype(np.float32)
    near: Floats = rows[len(rows) - count :] @ rows[0]
    return near


def _tell(paper: Paper, sentences: Sequence[Sentence], nearness: Floats) -> list[Telling]:
    turn, last = turning_point([sentence.text for sentence in sentences]), max(1, len(sentences) - 1)
    tellings = []
    for i, sentence in enumerate(sentences):
        weights = weigh(sentence.text, i / last, opening=i < turn)
        near = CENTRAL * float(nearness[i])
        tellings.append(Telling(Evidence(paper, sentence, near), weights))
    return tellings


def _choose(tellings: Sequence[Telling]) -> list[Telling]:
    """The best sentence of each role that one plainly plays, then the weightiest others up to the fewest."""
    chosen: list[Telling] = []
    for role in ROLES:
        fit = [t for t in tellings if t.weights[role] >= PLAINLY and _is_new(t, chosen)]
        if fit and len(chosen) < MOST_SENTENCES:
            chosen.append(max(fit, key=lambda t: t.weights[role] + t.evidence.score))
    rest = sorted(
        (t for t in tellings if t not in chosen),
        key=lambda t: (t.weights[Role.BACKGROUND] >= 1, -max(t.weights.values()) - t.evidence.score),
    )
    for telling in rest:
        if len(chosen) >= FEWEST_SENTENCES:
            break
        chosen.append(telling)
    return chosen


def _is_new(telling: Telling, chosen: Sequence[Telling]) -> bool:
    words = stems(telling.evidence.sentence.text)
    said = [stems(other.evidence.sentence.text) for other in chosen]
    return telling not in chosen and all(len(words & each) < SAME * max(1, len(words)) for each in said)
