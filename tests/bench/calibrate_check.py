"""Fits the graded part of the check (rag/check.py) to SciFact's claims and prints how well it tells them apart.

    python -m tests.bench.calibrate_check --scifact FOLDER

FOLDER holds claims_with_evidence.jsonl and corpus.jsonl (https://github.com/allenai/scifact). Each claim is
checked against the two sentences of its abstract nearest to it, whatever the label, as an answer's sentence would be;
beside it stands what comes of the labelled evidence sentences where there are any.
Five folds by abstract: every figure is of abstracts the model never saw.
"""

import argparse
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.embedding import Embedder
from ingest.minilm import MiniLM
from ingest.paper import Paper
from ingest.record import make_entry
from rag import check
from rag.answer import Evidence
from rag.check import Checker, Source, Verdict, share_held

FOLDS, RIDGE = 5, 1.0
NEAREST = 2  # sentences of an abstract that a claim is checked against; 1 and 3 give 0.70 and 0.71
SIGNALS = ("cover", "cosine", "clash", "way", "same way", "denial", "number", "name", "denies")

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """A claim, what it is checked against, and whether that bears it out."""

    claim: str
    evidence: tuple[Evidence, ...]
    label: str
    fold: int


def read_cases(folder: Path, checker: Checker, *, find: bool) -> list[Case]:
    corpus = {row["_id"]: row for row in map(json.loads, (folder / "corpus.jsonl").read_text("utf-8").splitlines())}
    cases = []
    for line in (folder / "claims_with_evidence.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        doc = row["doc_id"] or (row["cited_doc_ids"] or [None])[0]
        if doc not in corpus:
            continue
        paper = Paper(corpus[doc]["title"], corpus[doc]["text"])
        sentences = [Evidence(paper, sentence, 0.0) for sentence in make_entry(paper).sentences]
        held = {text.strip() for text in row["evidence_text"]}
        told = [
            one for one in sentences if any(one.sentence.text in text or text in one.sentence.text for text in held)
        ]
        if find or not told:
            told = nearest(checker, row["claim"], sentences)
        fold = int(hashlib.sha256(str(doc).encode()).hexdigest(), 16) % FOLDS
        if told:
            cases.append(Case(row["claim"], tuple(told), row["label"], fold))
    return cases


def nearest(checker: Checker, claim: str, sentences: Sequence[Evidence]) -> list[Evidence]:
    def merit(one: Evidence) -> float:
        cosine = checker.measure(claim, Source((one.sentence.text,), "", ""))["cosine"]
        return cosine + share_held(claim, one.sentence.text, one.paper.title)

    return sorted(sentences, key=merit, reverse=True)[:NEAREST]


def fit(x: Floats, y: Floats) -> Floats:
    """Ridge logistic regression by Newton's method; the intercept last. Both classes weigh the same."""
    mean, spread = x.mean(axis=0), x.std(axis=0) + 1e-9
    z = np.column_stack([(x - mean) / spread, np.ones(len(x))])
    weight = np.where(y > 0, 0.5 / y.mean(), 0.5 / (1 - y.mean()))
    penalty = np.diag([RIDGE] * x.shape[1] + [1e-6])
    b = np.zeros(z.shape[1])
    for _ in range(40):
        p = 1 / (1 + np.exp(-z @ b))
        b -= np.linalg.solve((z.T * (weight * p * (1 - p))) @ z + penalty, z.T @ (weight * (p - y)) + penalty @ b)
    slopes = b[:-1] / spread
    return np.append(slopes, b[-1] - slopes @ mean)


def report(name: str, checker: Checker, cases: Sequence[Case]) -> None:
    x = np.array([[checker.measure(c.claim, Source.of(c.evidence))[s] for s in SIGNALS] for c in cases])
    y = np.array([c.label == "SUPPORT" for c in cases], dtype=float)
    folds = np.array([c.fold for c in cases])
    chances = np.zeros(len(cases))
    for fold in range(FOLDS):
        weights = fit(x[folds != fold], y[folds != fold])
        chances[folds == fold] = 1 / (1 + np.exp(-(x[folds == fold] @ weights[:-1] + weights[-1])))
    print(f"{name}: {len(cases)} claims, {int(y.sum())} supported")
    for threshold in (0.4, 0.45, 0.5, 0.55, 0.6):
        said = chances >= threshold
        true, false = said[y > 0].mean(), (~said[y == 0]).mean()
        precision = y[said].mean() if said.any() else 0.0
        chosen = "  <- SUPPORTED_FROM" if threshold == check.SUPPORTED_FROM else ""
        print(
            f"  from {threshold:.2f}: balanced accuracy {(true + false) / 2:.3f}, precision {precision:.3f}, "
            f"of the supported {true:.3f}{chosen}"
        )
    for label in ("CONTRADICT", "NO_EVIDENCE"):
        mine = np.array([c.label == label for c in cases])
        print(f"  {label}: taken for supported {(chances[mine] >= check.SUPPORTED_FROM).mean():.3f}")
    weights = fit(x, y)
    named = dict(zip((*SIGNALS, ""), (round(float(w), 2) for w in weights), strict=True))
    print(f"  {json.dumps(named)}")
    good = [checker.check(c.claim, c.evidence).verdict in (Verdict.VERBATIM, Verdict.SUPPORTED) for c in cases]
    said = np.array(good)
    print(f"  as it stands, verdicts: balanced accuracy {(said[y > 0].mean() + (~said[y == 0]).mean()) / 2:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--scifact", type=Path, required=True, help="folder of SciFact's claims and corpus")
    folder = parser.parse_args().scifact
    model: Embedder = MiniLM()
    for name, embedder in (("BY_MEANING", model), ("BY_WORDS", None)):
        checker = Checker(embedder)
        report(name, checker, read_cases(folder, checker, find=True))
        report(f"{name}, labelled evidence", checker, read_cases(folder, checker, find=False))


if __name__ == "__main__":
    main()
