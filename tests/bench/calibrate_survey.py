"""Fits the judgement of surveys (rag/judge.py) to questions with known papers over several pages of 90.

The pages are the bundled one and those of tests/bench/data/survey_papers.jsonl.gz: Daily Papers and arXiv, each of a
few days.

    python tests/bench/calibrate_survey.py [--plot FILE.svg]

Prints what cross-validation by question gives at several thresholds, then the constants of both models, with
vectors and by words alone, fitted to all questions, ready to be copied: those that judge a paper, and those that
tell whether any paper is about a topic, for which topics that no paper has are taken from the questions of
calibrate_refusal.py too.
"""

import argparse
import gzip
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[2]))

from ingest.index import PaperIndex
from ingest.library import ingest_sources
from ingest.settings import Settings
from rag.evaluate import read_lines
from rag.judge import Judge
from rag.likelihood import ANY, LISTED, RELATIVE, Model, chance_of_any, chances, describe, leave_out
from rag.measures import plain
from rag.topic import find_topic
from tests.bench.logistic import fit_logistic
from tests.bench.timing import PAGE

DATA = Path(__file__).parent / "data"
QUESTIONS, PAPERS = DATA / "survey_questions.jsonl", DATA / "survey_papers.jsonl.gz"
REFUSED, DRAWN = DATA / "refusal_questions.jsonl", DATA / "refusal_papers.jsonl"
PENALTY = 3.0  # of squared weights, in units of the data's own spread; 1 to 10 do equally well
ANY_PENALTY = 1.5  # the same for whether any paper is about a topic
FOLDS, DRAWS = 9, 3

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """A question's papers: what was measured for the topic wanted and the one ruled out, which belong, which count."""

    wanted: Floats | None
    unwanted: Floats | None
    belongs: Floats
    counts: NDArray[np.bool_]


def read_cases(judge: Judge, page: str) -> list[Case]:
    shelf = judge.current()
    titles = [plain(held.paper.title) for held in shelf.held]
    cases = []
    for row in asked_of(page):
        topic = find_topic(row["question"])
        wanted, unwanted = (judge.measure(shelf, t).signals if t else None for t in (topic.wanted, topic.unwanted))
        belong, optional = (set(map(plain, row[key])) for key in ("papers", "optional"))
        assert belong | optional <= set(titles), row["id"]
        belongs = np.asarray([title in belong for title in titles], dtype=float)
        cases.append(Case(wanted, unwanted, belongs, np.asarray([title not in optional for title in titles])))
    return cases


def fit(cases: Sequence[Case]) -> Model:
    """Logistic regression on the questions that rule nothing out, short lists weighing more."""
    plain_ones = [case for case in cases if case.wanted is not None and case.unwanted is None]
    relative = [case.wanted[:, :RELATIVE] for case in plain_ones if case.wanted is not None]
    means = np.mean([part.mean(axis=0) for part in relative], axis=0)
    spreads = np.sqrt(np.mean([part.var(axis=0) for part in relative], axis=0))
    usual = tuple((round(float(m), 4), round(float(s), 4)) for m, s in zip(means, spreads, strict=True))
    rows = np.concatenate([describe(c.wanted, usual)[c.counts] for c in plain_ones if c.wanted is not None])
    belongs = np.concatenate([c.belongs[c.counts] for c in plain_ones])
    weight = np.concatenate([np.full(c.counts.sum(), max(1.0, c.belongs.sum()) ** -0.5) for c in plain_ones])
    slopes, intercept = fit_logistic(rows, belongs, weight, ridge=PENALTY)
    return Model(usual, rounded(slopes, intercept))


def asked_of(page: str) -> list[dict[str, Any]]:
    """The questions asked of a page; those that name none are of the bundled one."""
    return [row for row in read_lines(QUESTIONS) if row.get("page", "page") == page]


Topic = tuple[Floats, bool]  # what was measured of a topic over all papers, and whether some are about it


def read_topics(judge: Judge, page: str) -> list[Topic]:
    """The topics asked of a page: those of both files that belong to it."""
    shelf = judge.current()
    asked = [(row["question"], False) for row in read_lines(REFUSED) if (row["kind"], row["page"]) == ("topic", page)]
    asked += [(row["question"], bool(row["papers"])) for row in asked_of(page)]
    wanted = [(find_topic(question).wanted, some) for question, some in asked]
    return [(judge.measure(shelf, topic).spoken.astype(float), some) for topic, some in wanted if topic]


def fit_any(topics: Sequence[Topic]) -> tuple[float, ...]:
    """Logistic regression on the topics, those that some paper is about weighing as much as the others together."""
    rows, some = np.stack([spoken for spoken, _ in topics]), np.array([some for _, some in topics], dtype=float)
    weight = np.where(some == 1, 0.5 / some.sum(), 0.5 / (1 - some).sum()) * len(some)
    return rounded(*fit_logistic(rows, some, weight, ridge=ANY_PENALTY))


def rounded(slopes: Floats, intercept: float) -> tuple[float, ...]:
    """Weights as they are written down, the intercept last."""
    return tuple(round(float(weight), 4) for weight in (*slopes, intercept))


def print_any(name: str, topics: Sequence[Topic]) -> None:
    """What thresholds on the chance of any paper lose, each topic judged by a model that never saw it."""
    held_out = np.zeros(len(topics))
    order = np.random.default_rng(0).permutation(len(topics))
    for fold in range(FOLDS):
        part = set(order[fold::FOLDS].tolist())
        model = fit_any([topic for i, topic in enumerate(topics) if i not in part])
        for i in part:
            held_out[i] = chance_of_any(topics[i][0].astype(np.float32), model)
    some = np.array([some for _, some in topics])
    for threshold in (0.2, 0.25, 0.3, 0.35, 0.4, 0.5):
        chosen = "  <- ANY" if threshold == ANY else ""
        lost, none = (held_out[some] < threshold).sum(), (held_out[~some] < threshold).sum()
        print(
            f"  any below {threshold:.2f}: {lost} of {some.sum()} topics that papers have, "
            f"{none} of {(~some).sum()} that none has{chosen}"
        )
    print(f"ANY_{name} = {fit_any(topics)}\n")


def judge_case(case: Case, model: Model) -> Floats:
    unlikely = np.ones(len(case.belongs)) if case.unwanted is None else 1 - chances(case.unwanted, model)
    return leave_out(unlikely) if case.wanted is None else chances(case.wanted, model) * unlikely


def cross_validate(cases: Sequence[Case]) -> list[Floats]:
    """The chances of each question's papers by models that never saw the question, averaged over several draws."""
    found: list[list[Floats]] = [[] for _ in cases]
    for draw in range(DRAWS):
        order = np.random.default_rng(draw).permutation(len(cases))
        for fold in range(FOLDS):
            held_out = set(order[fold::FOLDS].tolist())
            model = fit([case for i, case in enumerate(cases) if i not in held_out])
            for i in held_out:
                found[i].append(judge_case(cases[i], model))
    return [np.mean(parts, axis=0) for parts in found]


def recall_and_precision(cases: Sequence[Case], judged: Sequence[Floats], threshold: float) -> tuple[float, float]:
    """Means over the questions; optional papers count neither way, an empty list has precision 0."""
    recalls, precisions = [], []
    for case, p in zip(cases, judged, strict=True):
        listed = (p >= threshold) & case.counts
        right = (listed * case.belongs).sum()
        if not case.belongs.any():
            continue
        recalls.append(right / case.belongs.sum())
        precisions.append(right / listed.sum() if listed.any() else 0.0)
    return float(np.mean(recalls)), float(np.mean(precisions))


def reliability(cases: Sequence[Case], judged: Sequence[Floats]) -> list[tuple[float, float, int]]:
    """For tenths of probability: the mean said, the share that belongs, how many papers."""
    said = np.concatenate([p[c.counts] for c, p in zip(cases, judged, strict=True)])
    true = np.concatenate([c.belongs[c.counts] for c in cases])
    tenth = np.minimum((said * 10).astype(int), 9)
    parts = [tenth == t for t in range(10) if t in tenth]
    return [(float(said[part].mean()), float(true[part].mean()), int(part.sum())) for part in parts]


def plot(points: Sequence[tuple[float, float, int]], path: Path) -> None:
    dots = "".join(
        f'<circle cx="{20 + 200 * said:.1f}" cy="{220 - 200 * true:.1f}" r="{2 + np.log10(n):.1f}"/>'
        for said, true, n in points
    )
    path.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 240 240" font-family="sans-serif" font-size="9">'
        '<rect x="20" y="20" width="200" height="200" fill="none" stroke="#888"/>'
        f'<line x1="20" y1="220" x2="220" y2="20" stroke="#bbb"/><g fill="#246">{dots}</g>'
        '<text x="80" y="234">probability given</text><text x="22" y="16">share that belongs</text></svg>\n',
        "utf-8",
    )


def measure_pages(embedding: str) -> tuple[list[Case], list[Topic]]:
    """The cases and the topics of all pages, each page a library of its own."""
    cases: list[Case] = []
    topics: list[Topic] = []
    with tempfile.TemporaryDirectory() as folder:
        for page, source in sources(Path(folder)).items():
            settings = Settings(Path(folder) / page, embedding=embedding)
            ingest_sources(settings, [str(source)])
            index = PaperIndex(settings)
            cases += read_cases(Judge(index), page)
            topics += read_topics(Judge(index), page)
            index.close()
    return cases, topics


def sources(folder: Path) -> dict[str, Path]:
    """The files to take pages in from, by the names of the pages; those kept packed are unpacked into the folder."""
    found = {"page": PAGE, "drawn": DRAWN}
    rows = [json.loads(line) for line in gzip.decompress(PAPERS.read_bytes()).decode().splitlines()]
    for page in dict.fromkeys(row["page"] for row in rows):
        found[page] = folder / f"{page}.jsonl"
        of_page = [json.dumps({k: v for k, v in row.items() if k != "page"}) for row in rows if row["page"] == page]
        found[page].write_text("\n".join(of_page), "utf-8")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--plot", type=Path, metavar="FILE", help="write a reliability plot as SVG")
    arguments = parser.parse_args()
    for name, embedding in (("BY_MEANING", "minilm"), ("BY_WORDS", "none")):
        cases, topics = measure_pages(embedding)
        judged = cross_validate(cases)
        print(f"{name}: {len(cases)} questions, {FOLDS}-fold by question, {DRAWS} draws")
        for threshold in (0.15, 0.2, 0.25, 0.3, 0.35, 0.4):
            recall, precision = recall_and_precision(cases, judged, threshold)
            chosen = "  <- LISTED" if threshold == LISTED else ""
            none = [(p >= threshold).any() for case, p in zip(cases, judged, strict=True) if not case.belongs.any()]
            print(
                f"  threshold {threshold:.2f}: cited R {recall:.3f}, cited P {precision:.3f}, "
                f"something listed for {sum(none)} of {len(none)} topics that no paper has{chosen}"
            )
        for said, true, count in reliability(cases, judged):
            print(f"  said {said:.2f}, so it was {true:.2f} of {count} papers")
        print(f"{name} = {fit(cases)}")
        print_any(name, topics)
        if arguments.plot and name == "BY_MEANING":
            plot(reliability(cases, judged), arguments.plot)


if __name__ == "__main__":
    main()
