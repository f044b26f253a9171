"""Fits the models of rag/closeness.py to claims that are known to be supported or not, and prints how well they tell.

    python -m tests.bench.calibrate_check --scifact FOLDER [--misses]

FOLDER holds SciFact's corpus.jsonl and claims_with_evidence.jsonl. Each claim is judged by a model that saw no claim on
its abstract (five folds). 'labelled': against the labelled sentences, and where a claim has none against the sentence
of the abstract that the check itself takes for the best (93 % of the labelled have one sentence). 'chosen': against
the best sentence for all claims alike. 'MISPLACED' are supported claims against another sentence of their abstract;
they are in the fit, with little weight, and not in the accuracy. The coefficients printed last are those of all claims,
both ways together.
"""

import argparse
import hashlib
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.embedding import make_embedder
from ingest.paper import Paper, Sentence
from ingest.sentences import split_sentences
from ingest.settings import Settings
from rag.answer import Evidence
from rag.check import SUPPORTED_FROM, Checker
from rag.closeness import probability
from tests.bench.logistic import fit_logistic

FOLDS = 5
RIDGE = 1.5  # penalty on standardised coefficients, in observations
SUPPORT, CONTRADICT, NO_EVIDENCE = "SUPPORT", "CONTRADICT", "NO_EVIDENCE"
MISPLACED = "MISPLACED"  # a supported claim against a sentence of its abstract that is not among the labelled
MISPLACED_WEIGHT = (
    0.2  # of such a case in the fit, beside 1 for a labelled one; more of it costs accuracy on the labelled
)
SIGNALS = (
    *"cover abstract names numbers hedge sweeping length cosine opposed contest".split(),
    *("claim denies", "source denies", "both deny"),
)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Pair:
    """A claim and the abstract it is checked against; `labelled` are the sentences that decide it, or none."""

    claim: str
    label: str
    sentences: tuple[Evidence, ...]
    labelled: tuple[Evidence, ...]

    @property
    def fold(self) -> int:
        return int(hashlib.sha256(self.sentences[0].paper.id.encode()).hexdigest(), 16) % FOLDS


@dataclass(frozen=True)
class Case:
    label: str
    fold: int
    signals: dict[str, float]
    claim: str
    verified: bool  # by the whole check as it stands


def read_rows(path: Path) -> Iterator[dict[str, object]]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def read_pairs(folder: Path) -> Iterator[Pair]:
    """Every claim with every abstract it was written about or is cited by."""
    corpus = {str(row["_id"]): row for row in read_rows(folder / "corpus.jsonl")}
    for row in read_rows(folder / "claims_with_evidence.jsonl"):
        labelled = row["evidence_sentences"]
        ids = [row["doc_id"]] if row["doc_id"] else row["cited_doc_ids"]
        assert isinstance(ids, list)
        assert isinstance(labelled, list)
        for document in (str(one) for one in ids if str(one) in corpus):
            given = row["abstract_sentences"] or [s.text for s in split_sentences(str(corpus[document]["text"]))]
            assert isinstance(given, list)
            evidence = as_evidence(document, str(corpus[document]["title"]), given)
            decisive = tuple(evidence[number] for number in labelled)
            yield Pair(str(row["claim"]), str(row["label"]), evidence, decisive)


def as_evidence(document: str, title: str, texts: Sequence[str]) -> tuple[Evidence, ...]:
    paper, found, start = Paper(title, " ".join(texts), id=document), [], 0
    for text in texts:
        found.append(Evidence(paper, Sentence(text, start, start + len(text)), 0.0))
        start += len(text) + 1
    return tuple(found)


def choose(checker: Checker, claim: str, sentences: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """The one sentence that the signals of the check put nearest to the claim."""

    def nearness(found: Evidence) -> float:
        signals = checker.signals(claim, (found,))
        return 0.5 * signals["span"] + signals.get("cosine", 0.0)

    return (max(sentences, key=nearness),)


def as_case(checker: Checker, pair: Pair, label: str, spans: Sequence[Evidence]) -> Case:
    signals = checker.signals(pair.claim, spans)
    return Case(label, pair.fold, signals, pair.claim, checker.check(pair.claim, spans).verified)


def measure_all(checker: Checker, pairs: Sequence[Pair], *, labelled: bool) -> list[Case]:
    cases = []
    for pair in pairs:
        spans = pair.labelled if labelled and pair.labelled else choose(checker, pair.claim, pair.sentences)
        cases.append(as_case(checker, pair, pair.label, spans))
    return cases


def misplace(checker: Checker, pairs: Sequence[Pair]) -> list[Case]:
    """Supported claims, each cited to the sentence in the middle of those that were not labelled."""
    cases = []
    for pair in pairs:
        rest = [found for found in pair.sentences if found not in pair.labelled]
        if pair.label == SUPPORT and rest:
            cases.append(as_case(checker, pair, MISPLACED, (rest[len(rest) // 2],)))
    return cases


def fit(cases: Sequence[Case], names: Sequence[str]) -> dict[str, float]:
    """Log-odds for each signal, '' being the constant: ridge logistic regression, both sides weighing the same."""
    signals = np.array([[case.signals[name] for name in names] for case in cases])
    good = np.array([case.label == SUPPORT for case in cases], dtype=float)
    weight = np.array([MISPLACED_WEIGHT if case.label == MISPLACED else 1.0 for case in cases])
    bad = np.array([case.label in (CONTRADICT, NO_EVIDENCE) for case in cases])
    weight *= np.where(good > 0, len(good) / 2 / good.sum(), len(good) / 2 / bad.sum())
    slopes, intercept = fit_logistic(signals, good, weight, ridge=RIDGE)
    return {"": intercept, **{n: float(s) for n, s in zip(names, slopes, strict=True)}}


def chances(model: dict[str, float], cases: Sequence[Case]) -> Floats:
    rows = np.array([[case.signals.get(name, 1.0) for name in model] for case in cases])
    return np.asarray(1 / (1 + np.exp(-rows @ np.array(list(model.values())))))


def held_out(cases: Sequence[Case], names: Sequence[str]) -> Floats:
    """The chance of each case by a model that saw none of its abstract."""
    found = np.zeros(len(cases))
    for fold in range(FOLDS):
        rows = np.array([case.fold == fold for case in cases])
        model = fit([case for case in cases if case.fold != fold], names)
        found[rows] = chances(model, [case for case in cases if case.fold == fold])
    return found


def balanced(cases: Sequence[Case], found: Floats, threshold: float) -> tuple[float, float]:
    """Balanced accuracy of SUPPORT against the rest, and precision of what is called supported."""
    good, said = np.array([case.label == SUPPORT for case in cases]), found >= threshold
    bad = np.array([case.label in (CONTRADICT, NO_EVIDENCE) for case in cases])
    precision = float(good[said & (good | bad)].mean()) if said.any() else 0.0
    return float((said[good].mean() + (~said[bad]).mean()) / 2), precision


def report(title: str, cases: Sequence[Case], found: Floats) -> None:
    labels = np.array([case.label for case in cases])
    for threshold in (SUPPORTED_FROM, 0.4, 0.6):
        accuracy, precision = balanced(cases, found, threshold)
        shares = ", ".join(
            f"{label} {float((found[labels == label] >= threshold).mean()):.2f} ({int((labels == label).sum())})"
            for label in (SUPPORT, CONTRADICT, NO_EVIDENCE, MISPLACED)
            if (labels == label).any()
        )
        print(f"{title}, from {threshold}: balanced accuracy {accuracy:.3f}, precision {precision:.3f}", end="")
        print(f"; called supported: {shares}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--scifact", type=Path, required=True, help="folder with SciFact's claims and corpus")
    parser.add_argument("--misses", action="store_true", help="list the claims that are judged wrongly by most")
    given = parser.parse_args()
    pairs = list(read_pairs(given.scifact))
    with tempfile.TemporaryDirectory() as folder:
        checker = Checker(make_embedder(Settings(Path(folder))))
    away = misplace(checker, pairs)
    both = {
        "labelled": measure_all(checker, pairs, labelled=True) + away,
        "chosen": measure_all(checker, pairs, labelled=False) + away,
    }
    names = {"vectors": SIGNALS, "words": [name for name in SIGNALS if name != "cosine"]}
    for kind, signals in names.items():
        for title, cases in both.items():
            report(f"{kind}, {title}, held out", cases, held_out(cases, signals))
    joint = [case for cases in both.values() for case in cases]
    for title, cases in both.items():
        as_it_stands = np.array([probability(case.signals) for case in cases])
        print(
            f"as it stands, {title} (seen in the fit): {balanced(cases, as_it_stands, SUPPORTED_FROM)[0]:.3f}", end=""
        )
        verdicts = np.array([float(case.verified) for case in cases])
        accuracy, precision = balanced(cases, verdicts, SUPPORTED_FROM)
        print(f"; the whole check, exact parts included: {accuracy:.3f}, precision {precision:.3f}")
    if given.misses:
        found = held_out(both["labelled"], SIGNALS)
        worst = sorted(
            zip(found, both["labelled"], strict=True), key=lambda pair: abs(pair[0] - (pair[1].label == SUPPORT))
        )
        for chance, case in worst[-40:]:
            print(f"  {chance:.2f} {case.label}: {case.claim}")
    print("MODELS = {")
    for kind, signals in names.items():
        print(f'    "{kind}": {json.dumps({n: round(v, 2) for n, v in fit(joint, signals).items()})},')
    print("}")


if __name__ == "__main__":
    main()
