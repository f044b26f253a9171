"""The field's measures over rankings and answers, as plain functions. Knows no index and no engine.

Ranking measures follow trec_eval; the measures of answers are those of the questions files: see `score_answer`.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any

from rag.types import MARK, STOP_THEN_MARK

BETWEEN = re.compile(r"(?<=[.!?])\s+(?=\S)|\n+")  # sentences
FEWEST_LETTERS = 12  # a shorter piece between two gaps is no sentence


def ndcg(ranking: Sequence[str], relevant: Mapping[str, int], *, k: int) -> float:
    """nDCG@k with linear gain (trec_eval's ndcg_cut); 0 where nothing is relevant."""
    gains = [relevant.get(name, 0) / math.log2(rank + 1) for rank, name in enumerate(ranking[:k], start=1)]
    ideal = sorted((grade for grade in relevant.values() if grade > 0), reverse=True)[:k]
    best = sum(grade / math.log2(rank + 1) for rank, grade in enumerate(ideal, start=1))
    return sum(gains) / best if best else 0.0


def recall(ranking: Sequence[str], relevant: Mapping[str, int], *, k: int) -> float:
    """Share of the relevant names among the first k; 0 where nothing is relevant."""
    wanted = {name for name, grade in relevant.items() if grade > 0}
    return len(wanted & set(ranking[:k])) / len(wanted) if wanted else 0.0


def reciprocal_rank(ranking: Sequence[str], relevant: Mapping[str, int], *, k: int) -> float:
    """1 / rank of the first relevant name among the first k, else 0 (MRR@k is its mean)."""
    return next((1 / rank for rank, name in enumerate(ranking[:k], start=1) if relevant.get(name, 0) > 0), 0.0)


@dataclass(frozen=True, slots=True)
class Expected:
    """What is known of the answer to a question: `papers` that hold it, `optional` ones that count neither way,
    and facts it `must` state, each with its alternatives between bars ('half|50%')."""

    type: str
    papers: tuple[str, ...]
    optional: tuple[str, ...] = ()
    must: tuple[str, ...] = ()


def score_answer(expected: Expected, answer: Mapping[str, Any], abstracts: Mapping[str, str]) -> dict[str, float]:
    """The measures that apply to one answer (`Answer.as_dict()`); `abstracts` are by title.

    hit@1, R@5: the papers retrieved against those expected (R@5 over at most five). must: share of the facts that
    stand in the text. cited P, cited R: the papers cited. quotes: share of quotes that stand word for word in their
    abstract. cited: share of sentences with a mark. refused: 1 or 0. Of an unanswerable question only quotes and
    refused are measured, of one whose papers are not known neither the ranking nor the papers cited.
    """
    known = {plain(title): plain(abstract) for title, abstract in abstracts.items()}
    citations = answer.get("citations", [])
    row = {"refused": float(bool(answer.get("refused")))}
    if citations:
        standing = (c["quote"] and plain(c["quote"]) in known.get(plain(c["title"]), "") for c in citations)
        row["quotes"] = mean(map(bool, standing))
    if expected.type == "unanswerable":
        return row
    wanted, optional = {plain(t) for t in expected.papers}, {plain(t) for t in expected.optional}
    found = [plain(title) for title in answer.get("retrieved", [])]
    cited = {plain(c["title"]) for c in citations} - optional
    if wanted:
        row["hit@1"] = float(bool(found) and found[0] in wanted)
        row["R@5"] = len(wanted & set(found[:5])) / min(5, len(wanted))
        row["cited R"] = len(wanted & cited) / len(wanted)
        row["cited P"] = len(wanted & cited) / len(cited) if cited else 0.0
    text = plain(MARK.sub(" ", str(answer.get("answer", ""))))
    if expected.must:
        row["must"] = mean(states(text, fact) for fact in expected.must)
    if not row["refused"]:
        sentences = answer_sentences(str(answer.get("answer", "")))
        row["cited"] = mean(bool(MARK.search(sentence)) for sentence in sentences) if sentences else 0.0
    return row


def states(text: str, fact: str) -> bool:
    """Whether one of the alternatives of a fact, between bars, stands in a text in lower case."""
    return any(way.strip().lower() in text for way in fact.split("|") if way.strip())


def answer_sentences(text: str) -> list[str]:
    """The sentences of an answer; a mark behind a full stop belongs to the sentence before it."""
    joined = STOP_THEN_MARK.sub(lambda found: f" {found[2].strip()}{found[1]} ", text)
    return [s for s in BETWEEN.split(joined) if sum(c.isalnum() for c in MARK.sub("", s)) > FEWEST_LETTERS]


def plain(text: str) -> str:
    """A text in lower case with single spaces, for comparing."""
    return " ".join(text.split()).lower()
