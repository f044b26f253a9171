"""Fits the models of rag/sufficiency.py to questions with known outcomes and prints how well they tell them apart.

    python -m tests.bench.calibrate_refusal [--corpus PAPERS.jsonl] [--plot FILE.svg] [--misses]

Each question is judged by models fitted without any question on its paper (five folds by paper); the coefficients
printed last are those of all questions. Questions on drawn papers are asked of those 40 with the bundled page, and
with --corpus of as many other papers as make 300; questions on the page of the page alone.
"""

import argparse
import hashlib
import json
import math
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.library import ingest_sources
from ingest.settings import Settings
from rag.engine import Engine
from rag.sufficiency import MODELS, Outcome, answers, weigh
from rag.support import Support, measure
from tests.bench.logistic import fit_logistic
from tests.bench.timing import PAGE

DATA = Path(__file__).parent / "data"
QUESTIONS, PAPERS = DATA / "refusal_questions.jsonl", DATA / "refusal_papers.jsonl"
FOLDS = 5
RIDGE = 1.5  # penalty on standardised coefficients, in observations
COLLECTION = 300  # papers with --corpus
BINS = 8

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """One question asked of one collection."""

    question: str
    kind: str
    outcome: str
    fold: int
    share: float  # 1 / number of collections it was asked of
    support: Support
    said: Outcome


def read_rows(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def ask_all(corpus: Path | None, folder: Path) -> Iterator[Case]:
    """Every question on every collection it is meant for."""
    sources = {"page": [str(PAGE)], "drawn": [str(PAPERS), str(PAGE)]}
    if corpus:
        others = corpus.read_text("utf-8").splitlines()[: COLLECTION - len(read_rows(PAPERS))]
        (folder / "others.jsonl").write_text("\n".join(others), "utf-8")
        sources["drawn, more"] = [str(PAPERS), str(folder / "others.jsonl")]
    for name, given in sources.items():
        home = Settings(folder / name.replace(", ", "-"))
        ingest_sources(home, given)
        with Engine(home) as engine:
            for row in read_rows(QUESTIONS):
                if name.startswith(str(row["page"])):
                    yield ask(engine, row, 1.0 if row["page"] == "page" else 1 / (len(sources) - 1))


def ask(engine: Engine, row: dict[str, object], share: float) -> Case:
    question, papers = str(row["question"]), row["papers"]
    ranked = engine.search(question)
    key = sorted(papers)[0] if isinstance(papers, list) and papers else question
    fold = int(hashlib.sha256(str(key).encode()).hexdigest(), 16) % FOLDS
    support = measure(question, ranked, engine.index.words, ())
    said = weigh(question, ranked, engine.index.words).outcome
    return Case(question, str(row["kind"]), str(row["outcome"]), fold, share, support, said)


def fit(cases: Sequence[Case], names: Sequence[str]) -> dict[str, float]:
    """Log-odds for each signal, '' being the constant: ridge logistic regression."""
    signals = np.array([[case.support.signals[name] for name in names] for case in cases])
    answered = np.array([case.outcome == Outcome.ANSWERED for case in cases], dtype=float)
    weight = np.array([case.share for case in cases])
    slopes, intercept = fit_logistic(signals, answered, weight, ridge=RIDGE)
    return {"": intercept, **{n: float(s) for n, s in zip(names, slopes, strict=True)}}


def chance(model: dict[str, float], case: Case) -> float:
    return 1 / (1 + math.exp(-sum(value * case.support.signals.get(name, 1.0) for name, value in model.items())))


def held_out(cases: Sequence[Case]) -> list[float]:
    """The chance of each case by a model that saw none of its paper."""
    models = {}
    for group, signals in MODELS.items():
        names = [name for name in signals if name]
        for fold in range(FOLDS):
            seen = [case for case in cases if case.support.group == group and case.fold != fold]
            models[group, fold] = fit(seen, names)
    return [chance(models[case.support.group, case.fold], case) for case in cases]


def rate(cases: Sequence[tuple[Case, bool]]) -> float:
    """Share refused, each question counting once."""
    return sum(c.share * refused for c, refused in cases) / (sum(c.share for c, _ in cases) or 1.0)


def print_rates(title: str, cases: Sequence[Case], chances: Sequence[float]) -> None:
    judged = [(c, not answers(c.support, p)) for c, p in zip(cases, chances, strict=True)]
    good = [pair for pair in judged if pair[0].outcome == Outcome.ANSWERED]
    bad = [pair for pair in judged if pair[0].outcome != Outcome.ANSWERED]
    print(f"{title}: balanced accuracy {(1 - rate(good) + rate(bad)) / 2:.3f}, of the unanswerable refused ", end="")
    print(f"{rate(bad):.3f}, of the answerable refused {rate(good):.3f}")
    for name, part in (("answerable", good), ("not", bad)):
        kinds = defaultdict(list)
        for case, refused in part:
            kinds[case.kind].append((case, refused))
        print(f"  {name}: " + ", ".join(f"{k} {rate(v):.2f} ({len(v)})" for k, v in sorted(kinds.items())))


def print_curve(cases: Sequence[Case], chances: Sequence[float]) -> None:
    """For each group, what a threshold refuses of the unanswerable and of the answerable."""
    for group in MODELS:
        mine = [(c, p) for c, p in zip(cases, chances, strict=True) if c.support.group == group]
        print(f"  {group}:", end="")
        for t in (0.1, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6):
            bad = rate([(c, p < t) for c, p in mine if c.outcome != Outcome.ANSWERED])
            print(
                f"  {t}: {bad:.2f}/{rate([(c, p < t) for c, p in mine if c.outcome == Outcome.ANSWERED]):.2f}", end=""
            )
        print()


def reliability(cases: Sequence[Case], chances: Sequence[float]) -> list[tuple[float, float, int]]:
    """For bins of the chance: its mean, the share that was answerable, and how many cases there were."""
    answered = np.array([case.outcome == Outcome.ANSWERED for case in cases], dtype=float)
    given, rows = np.array(chances), []
    for low in np.arange(BINS) / BINS:
        inside = (given >= low) & (given < low + 1 / BINS)
        if inside.any():
            rows.append((float(given[inside].mean()), float(answered[inside].mean()), int(inside.sum())))
    return rows


def draw(rows: Sequence[tuple[float, float, int]]) -> str:
    """The reliability plot as SVG: given chance to the right, share that was answerable upwards, area by cases."""
    most = max(count for *_, count in rows)
    dots = "".join(
        f'<circle cx="{40 + 300 * p:.1f}" cy="{340 - 300 * share:.1f}" r="{3 + 9 * math.sqrt(count / most):.1f}" '
        f'fill="#2a6f97" fill-opacity="0.7"><title>{p:.2f} given, {share:.2f} answerable, {count}</title></circle>'
        for p, share, count in rows
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 380 390" font-family="sans-serif" font-size="12">'
        '<rect x="40" y="40" width="300" height="300" fill="none" stroke="#999"/>'
        '<line x1="40" y1="340" x2="340" y2="40" stroke="#999" stroke-dasharray="4"/>'
        '<text x="190" y="372" text-anchor="middle">chance given that the papers answer</text>'
        '<text x="14" y="190" transform="rotate(-90 14 190)" text-anchor="middle">share that they did</text>'
        f"{dots}</svg>\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--corpus", type=Path, help="JSON Lines of other papers that make the collection larger")
    parser.add_argument("--plot", type=Path, help="where to write the reliability plot (SVG)")
    parser.add_argument("--misses", action="store_true", help="list the questions judged wrongly")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cases = list(ask_all(given.corpus, Path(folder)))
    chances = held_out(cases)
    print_rates("held out", cases, chances)
    print("refused of the unanswerable / of the answerable, by threshold:")
    print_curve(cases, chances)
    rows = reliability(cases, chances)
    print("reliability (given, answerable, cases):", "  ".join(f"{p:.2f} {s:.2f} {n}" for p, s, n in rows))
    refused = [c for c in cases if c.outcome != Outcome.ANSWERED and c.said != Outcome.ANSWERED]
    told = sum(c.said == c.outcome for c in refused)
    print(f"close told from absent, as it stands: {told} of {len(refused)}")
    if given.misses:
        for case, p in sorted(zip(cases, chances, strict=True), key=lambda pair: pair[1]):
            if answers(case.support, p) != (case.outcome == Outcome.ANSWERED):
                print(f"  {p:.2f} {case.outcome} {case.kind} ({case.support.group}): {case.question}")
    if given.plot:
        given.plot.write_text(draw(rows), "utf-8")
    print("MODELS = {")
    for group, signals in MODELS.items():
        model = fit([case for case in cases if case.support.group == group], [name for name in signals if name])
        print(f'    "{group}": {json.dumps({name: round(value, 2) for name, value in model.items()})},')
    print("}")


if __name__ == "__main__":
    main()
