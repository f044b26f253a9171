"""Fits the small models of rag/retrieve/learned.npz and prints how well they do on pages and writers they never saw.

    python -m tests.bench.fit [--write] [--curve FILE.svg] [--folder FOLDER]

Data: tests/bench/data/page_papers.jsonl.gz, 16 pages of 90 Daily Papers (none of the bundled page), what each sentence
of them does told by a writer; page_questions.jsonl, for each paper a question that it answers, with the sentences that
do, and an unanswerable twin, and ten questions a page that want all papers that fit; message_kinds.jsonl, what 11
writers would type, by the kind of answer it wants. One writer a page, who saw that page and nothing else.

Signals of a page are measured with models fitted to other pages (FOLDS parts of four pages), and each figure
printed is of pages that no model was fitted to.
"""

import argparse
import gzip
import json
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score

from ingest.entry import Entry, make_entry
from ingest.index import PaperIndex
from ingest.minilm import MiniLM
from ingest.paper import Paper
from ingest.pipeline import embed_entries
from ingest.settings import Settings
from rag.retrieve import answerability, learned, relevance
from rag.retrieve.entities import Linker
from rag.retrieve.learned import KINDS, hashed_words
from rag.retrieve.names import Catalogue
from rag.retrieve.search import Retriever
from rag.retrieve.sentences import MEASURED, WORDS, measure_sentences, sentence_rows
from rag.types import Ranked

DATA = Path(__file__).parent / "data"
FOLDS = 4
ROLES = "BARO"  # letters of learned.ROLES
STRANGERS = 2  # every so many questions are asked of another page too
FLAGGED = 0.05  # of answerable questions, at which the threshold of a strong match is read off
NEVER = -10.0  # log-odds of an outcome that never came about
OUTER = (1, 99)  # percentiles of the signals between which the models are trusted
SHARED_DIRECTIONS = 2  # taken out of the table of words

Floats = NDArray[np.float64]


@dataclass
class Page:
    """A page as a library of its own, with its questions."""

    name: str
    index: PaperIndex
    entries: list[Entry]
    roles: list[str]
    questions: list[dict[str, Any]] = field(default_factory=list)
    every: list[dict[str, Any]] = field(default_factory=list)


class Embedded:
    """The vectors of texts, each made once."""

    def __init__(self, embedder: MiniLM) -> None:
        self._embedder, self._known = embedder, dict[str, Floats]()

    def __call__(self, texts: Sequence[str]) -> Floats:
        if fresh := [text for text in dict.fromkeys(texts) if text not in self._known]:
            self._known |= dict(zip(fresh, self._embedder.embed(fresh).astype(float), strict=True))
        return np.stack([self._known[text] for text in texts])


def read_pages(folder: Path) -> Iterator[Page]:
    """Each page, indexed in a folder of its own."""
    rows = defaultdict(list)
    for line in gzip.decompress((DATA / "page_papers.jsonl.gz").read_bytes()).decode().splitlines():
        rows[json.loads(line)["page"]].append(json.loads(line))
    asked = [json.loads(line) for line in (DATA / "page_questions.jsonl").read_text("utf-8").splitlines()]
    for name, papers in rows.items():
        index = PaperIndex(Settings(folder / f"page-{name}"))
        assert index.embedder
        made = [make_entry(Paper(row["title"], row["abstract"], date=row["date"])) for row in papers]
        if not index.count():
            embedded = embed_entries(made, index.embedder)
            index.record.write([(entry, "fit", "") for entry in embedded], embedding=index.embedder.name)
        index.refresh()
        found = index.entries(index.record.numbers())
        page = Page(name, index, found, [row["roles"] for row in papers])
        page.questions = [row for row in asked if row["page"] == name and "question" in row]
        page.every = [row for row in asked if row["page"] == name and "every" in row]
        yield page


# -- models of vectors ------------------------------------------------------------------------------------------------

Model = tuple[Floats, Floats]  # weights (signals, outcomes), bias


def logistic(x: Floats, y: NDArray[Any], *, c: float, weight: Floats | None = None) -> Model:
    """Ridge logistic regression of standardised signals, its weights for the signals as they are."""
    mean, spread = x.mean(axis=0), x.std(axis=0)
    spread[spread == 0] = 1
    fitted = LogisticRegression(C=c, max_iter=3000).fit((x - mean) / spread, y, sample_weight=weight)
    weights = (fitted.coef_ / spread).T
    return weights, fitted.intercept_ - mean @ weights


def plain_logistic(x: Floats, y: NDArray[Any], *, c: float, weight: Floats | None = None, outcomes: int = 1) -> Model:
    """The same of vectors, whose parts are alike already; outcomes that never came about are all but ruled out."""
    fitted = LogisticRegression(C=c, max_iter=3000).fit(x, y, sample_weight=weight)
    if outcomes == 1:
        return fitted.coef_.T, fitted.intercept_
    weights, bias = np.zeros((x.shape[1], outcomes)), np.full(outcomes, NEVER)
    weights[:, fitted.classes_], bias[fitted.classes_] = fitted.coef_.T, fitted.intercept_
    return weights, bias


def role_signals(entry: Entry) -> Floats:
    rows = sentence_rows(entry)
    assert rows is not None
    place = np.arange(len(rows)) / max(1, len(rows) - 1)
    ends = np.arange(len(rows)) == 0, np.arange(len(rows)) == len(rows) - 1
    return np.column_stack([rows, place, place**2, *ends])


def fit_readers(pages: Sequence[Page], kinds: Sequence[dict[str, Any]], embed: Embedded) -> dict[str, Model]:
    """The models that read vectors of questions and sentences."""
    sentences = [
        (role_signals(e), [ROLES.index(c) for c in r]) for p in pages for e, r in zip(p.entries, p.roles, strict=True)
    ]
    questions = [(p, row) for p in pages for row in p.questions]
    asked = embed([row["question"] for _, row in questions])
    twins = embed([row["twin"] for _, row in questions])
    first = [p.entries[row["paper"] - 1].sentences[row["evidence"][0] - 1].text for p, row in questions]
    does = [ROLES.index(p.roles[row["paper"] - 1][row["evidence"][0] - 1]) for p, row in questions]
    every = embed([row["every"] for p in pages for row in p.every])
    texts = embed([row["text"] for row in kinds])
    said = [row["text"] for row in kinds] + [row["every"] for p in pages for row in p.every]
    words = np.stack([hashed_words(text) for text in (*said, *(row["question"] for _, row in questions))])
    of_kind = [KINDS.index(row["kind"]) for row in kinds]
    both = np.concatenate([asked, twins])
    few = np.concatenate([texts, every, asked])
    weight = np.concatenate([np.ones(len(texts) + len(every)), np.full(len(asked), 0.2)])
    labels = np.array([*of_kind, *[KINDS.index("every")] * len(every), *[0] * len(asked)])
    return {
        "roles": plain_logistic(
            np.vstack([x for x, _ in sentences]), np.concatenate([y for _, y in sentences]), c=1.0, outcomes=len(ROLES)
        ),
        "wanted": plain_logistic(asked, np.array(does), c=1.0, outcomes=len(ROLES)),
        "figure": plain_logistic(asked, np.array([any(c.isdigit() for c in text) for text in first]), c=1.0),
        "usual": plain_logistic(both, np.repeat([1, 0], len(asked)), c=0.3),
        "kinds words": plain_logistic(words, labels, c=10.0, weight=weight, outcomes=len(KINDS)),
        "kinds meaning": plain_logistic(np.hstack([few, words]), labels, c=10.0, weight=weight, outcomes=len(KINDS)),
    }


def word_table(embedder: MiniLM) -> Model:
    """The mean of the model's table of words, and the directions that most of it shares."""
    table = np.asarray(embedder._table, np.float64)
    mean = table.mean(axis=0)
    _, _, directions = np.linalg.svd((table - mean)[::7], full_matrices=False)
    return directions[:SHARED_DIRECTIONS].T, -mean


def put(models: dict[str, Model], path: Path) -> None:
    """Writes models and has the product use them from now on."""
    arrays = {
        f"{name} {part}": value
        for name, model in models.items()
        for part, value in zip(("weights", "bias"), model, strict=True)
    }
    np.savez_compressed(
        path, **{name: value.astype(np.float16 if value.size > 500 else np.float32) for name, value in arrays.items()}
    )
    learned.LEARNT = path
    learned.model.cache_clear()
    answerability._word_vector.cache_clear()


# -- signals measured by the product ----------------------------------------------------------------------------------


@dataclass
class Measured:
    """What was measured of a page's questions. Of each question and twin: its signals, whether its paper answers it and
    whether that was found first; the same of `strangers`, questions on
    other pages; of each question for all papers, the signals of all and which fit."""

    sentences: list[tuple[Floats, NDArray[np.bool_]]] = field(default_factory=list)
    answers: list[tuple[Floats, bool, bool, bool]] = field(default_factory=list)
    strangers: list[tuple[Floats, bool, bool, bool]] = field(default_factory=list)
    every: dict[str, list[tuple[Floats, Floats, NDArray[np.bool_]]]] = field(default_factory=lambda: defaultdict(list))


def measure_sentences_of(page: Page) -> Measured:
    """The signals of the sentences of each question's paper, and which of them answer it."""
    measured, retriever = Measured(), Retriever(page.index)
    for row in page.questions:
        query = retriever.query(row["question"])
        entry = page.entries[row["paper"] - 1]
        right = np.isin(np.arange(len(entry.sentences)), np.array(row["evidence"]) - 1)
        signals = measure_sentences(entry, query.vector, query.idf, query.reading)
        measured.sentences.append((signals.astype(float), right))
    return measured


def measure_answer(page: Page, text: str, number: int) -> tuple[Floats, bool, bool, bool]:
    """The signals of what is found on a page for a question that the paper with a number answers, 0 for none."""
    retriever, find = Retriever(page.index), page.index.record.find
    linker = Linker(Catalogue(page.index), lambda name: found.paper if (found := find(name)) else None, lambda _: ())
    weighed = retriever.weigh(retriever.query(text))
    named = [n for paper in linker.named(text) for n in page.index.record.select(ids=[paper])]
    found: Ranked = weighed.top(1, bonus=dict.fromkeys(named[:1], 10.0))[0]
    signals = answerability.measure(weighed, found, named=bool(named)).astype(float)
    return signals, bool(number), found.number == number, bool(named)


def measure_page(page: Page, elsewhere: Page) -> Measured:
    """The signals of the answers and of the questions for all papers; `elsewhere` cannot answer questions on a page."""
    measured, retriever = Measured(), Retriever(page.index)
    for row in page.questions:
        number = page.entries[row["paper"] - 1].number
        measured.answers.append(measure_answer(page, row["question"], number))
        measured.answers.append(measure_answer(page, row["twin"], 0))
    for row in page.questions[::STRANGERS]:
        measured.strangers.append(measure_answer(elsewhere, row["question"], 0))
    numbers = [entry.number for entry in page.entries]
    for row in page.every:
        weighed = retriever.weigh(retriever.query(row["every"]))
        places = [numbers.index(number) for number in weighed.signals.numbers]
        fits = np.isin(np.arange(len(numbers)), np.array(row["papers"]) - 1)[places].astype(float)
        counts = ~np.isin(np.arange(len(numbers)), np.array(row["possible"], int) - 1)[places]
        for kind in ("meaning", "words"):
            measured.every[kind].append((relevance.measure(weighed, kind).astype(float), fits, counts))
    return measured


# -- what is fitted to the signals ------------------------------------------------------------------------------------


def fit_sentences(parts: Sequence[Measured], columns: Sequence[int]) -> Model:
    x = np.vstack([x[:, columns] for part in parts for x, _ in part.sentences])
    y = np.concatenate([right for part in parts for _, right in part.sentences])
    return logistic(x, y, c=1.0)


def fit_answers(parts: Sequence[Measured], columns: Sequence[int], *, named: bool) -> Model:
    """The model of questions that name a paper, or of those that do not."""
    rows = [row for part in parts for row in (*part.answers, *part.strangers) if row[3] == named]
    return logistic(np.array([x[columns] for x, *_ in rows]), np.array([answered for _, answered, *_ in rows]), c=0.3)


def fit_first(parts: Sequence[Measured]) -> Model:
    columns = answerability.FIRST
    rows = [row for part in parts for row in part.answers if row[1] and not row[3]]
    return logistic(np.array([x[columns] for x, *_ in rows]), np.array([right for _, _, right, _ in rows]), c=1.0)


def fit_relevance(parts: Sequence[Measured], kind: str) -> Model:
    cases = [case for part in parts for case in part.every[kind]]
    x = np.vstack([x[counts] for x, _, counts in cases])
    y = np.concatenate([fits[counts] for _, fits, counts in cases])
    weight = np.concatenate([np.full(counts.sum(), max(1.0, fits.sum()) ** -0.5) for _, fits, counts in cases])
    return logistic(x, y, c=0.3, weight=weight)


def scores(model: Model, x: Floats) -> Floats:
    return np.asarray(x @ model[0] + model[1])[..., 0]


def chances(model: Model, x: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-scores(model, x))))


Held = tuple[Sequence[Measured], Measured]


def left_out(parts: dict[str, Measured]) -> Iterator[Held]:
    """Each page's measures with those of all others."""
    for name, part in parts.items():
        yield [other for key, other in parts.items() if key != name], part


def print_sentences(parts: dict[str, Measured], columns: Sequence[int], name: str) -> None:
    first = among = cover = count = 0.0
    for others, part in left_out(parts):
        model = fit_sentences(others, columns)
        for x, right in part.sentences:
            order = np.argsort(-scores(model, x[:, columns]))
            first, among = first + right[order[0]], among + right[order[:3]].any()
            cover, count = cover + right[order[:3]].sum() / right.sum(), count + 1
    shares = f"first right {first / count:.3f}, any of three {among / count:.3f}, of those wanted {cover / count:.3f}"
    print(f"sentences by {name}: {shares}")


def print_answers(parts: dict[str, Measured], columns: Sequence[int], name: str) -> list[tuple[float, float, float]]:
    """How well answerable questions are told from their twins; the curve (threshold, answerable and twins flagged)."""
    given, answers, found, names, strange = [], [], [], [], []
    for others, part in left_out(parts):
        models = {named: fit_answers(others, columns, named=named) for named in (True, False)}
        for x, answered, first, named in part.answers:
            given.append(float(chances(models[named], x[columns])))
            answers.append(answered)
            found.append(answered and first)
            names.append(named)
        strange += [float(chances(models[named], x[columns])) for x, _, _, named in part.strangers]
    p, y, right, has_name = np.array(given), np.array(answers), np.array(found), np.array(names)
    for kind, group in (("named", has_name), ("not named", ~has_name)):
        bar = float(np.quantile(p[group & right], FLAGGED))
        print(f"answerable by {name}, {kind}: AUC {roc_auc_score(y[group], p[group]):.3f}; below {bar:.3f}: ", end="")
        print(f"{FLAGGED:.0%} of questions whose paper was found, {(p[group & ~y] < bar).mean():.3f} of twins", end="")
        print(f", {(np.array(strange) < bar).mean():.3f} of questions on other pages" if kind == "not named" else "")
    return [(t, float((p[right] < t).mean()), float((p[~y] < t).mean())) for t in np.arange(0.02, 1.0, 0.02)]


def print_first(parts: dict[str, Measured]) -> None:
    columns = answerability.FIRST
    given, right = [], []
    for others, part in left_out(parts):
        rows = [row for row in part.answers if row[1] and not row[3]]
        given += chances(fit_first(others), np.array([x[columns] for x, *_ in rows])).tolist()
        right += [row[2] for row in rows]
    p, y = np.array(given), np.array(right)
    told = ", ".join(
        f"{t}: {(p >= t).mean():.2f} of them, right {y[p >= t].mean():.3f}" for t in (0.5, 0.6, 0.7, 0.8, 0.9)
    )
    print(f"first paper right {y.mean():.3f} where none is named; with a chance from {told}")


def print_relevance(parts: dict[str, Measured], kind: str) -> None:
    found: list[tuple[Floats, Floats]] = []
    for others, part in left_out(parts):
        model = fit_relevance(others, kind)
        found += [(chances(model, x)[counts], fits[counts]) for x, fits, counts in part.every[kind]]
    best = np.quantile([p.max() for p, _ in found], FLAGGED)
    print(f"relevance by {kind}: the best chance is below {best:.3f} for {FLAGGED:.0%} of questions; ", end="")
    print(
        f"average precision {np.mean([average_precision_score(y, p) for p, y in found]):.3f}; recall / precision from",
        end="",
    )
    for t in (0.05, 0.08, 0.1, 0.12, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6):
        recall = np.mean([y[p >= t].sum() / y.sum() for p, y in found])
        precision = np.mean([y[p >= t].mean() for p, y in found if (p >= t).any()])
        print(f" {t}: {recall:.2f} / {precision:.2f}", end=";")
    print()


def print_kinds(pages: Sequence[Page], kinds: Sequence[dict[str, Any]], embed: Embedded) -> None:
    right = defaultdict(list)
    for writer in sorted({row["writer"] for row in kinds}):
        models = fit_readers(pages, [row for row in kinds if row["writer"] != writer], embed)
        mine = [row for row in kinds if row["writer"] == writer]
        words = np.stack([hashed_words(row["text"]) for row in mine])
        signals = {"words": words, "meaning": np.hstack([embed([row["text"] for row in mine]), words])}
        for name, x in signals.items():
            weights, bias = models[f"kinds {name}"]
            for row, place in zip(mine, (x @ weights + bias).argmax(axis=1).tolist(), strict=True):
                right[f"{name}: {row['kind']}"].append(KINDS[place] == row["kind"])
                right[f"{name}: all"].append(KINDS[place] == row["kind"])
    print(
        "kinds of writers left out:", ", ".join(f"{kind} {np.mean(said):.3f}" for kind, said in sorted(right.items()))
    )


def draw(curve: Sequence[tuple[float, float, float]]) -> str:
    """Of unanswerable twins flagged (upwards) against answerable questions flagged (to the right), as SVG."""
    points = " ".join(f"{40 + 300 * flagged:.1f},{340 - 300 * caught:.1f}" for _, flagged, caught in curve)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 380 390" font-family="sans-serif" font-size="12">'
        '<rect x="40" y="40" width="300" height="300" fill="none" stroke="#999"/>'
        '<line x1="40" y1="340" x2="340" y2="40" stroke="#999" stroke-dasharray="4"/>'
        f'<polyline points="{points}" fill="none" stroke="#2a6f97" stroke-width="2"/>'
        '<text x="190" y="372" text-anchor="middle">answerable questions flagged as weak</text>'
        '<text x="14" y="190" transform="rotate(-90 14 190)" text-anchor="middle">their twins flagged</text></svg>\n'
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="put the models in place")
    parser.add_argument("--curve", type=Path, help="where to draw how questions and twins are told apart (SVG)")
    parser.add_argument("--kinds", action="store_true", help="also how well kinds of messages are told (minutes)")
    parser.add_argument("--folder", type=Path, help="where the indexed pages are kept for another run")
    given = parser.parse_args()
    kinds = [json.loads(line) for line in (DATA / "message_kinds.jsonl").read_text("utf-8").splitlines()]
    place = learned.LEARNT
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        pages = list(read_pages(folder))
        embedder = pages[0].index.embedder
        assert isinstance(embedder, MiniLM)
        embed = Embedded(embedder)
        if given.kinds:
            print_kinds(pages, kinds, embed)
        models = fit_readers(pages, kinds, embed) | {"table": word_table(embedder)}
        folds = [pages[start::FOLDS] for start in range(FOLDS)]
        readers = [fit_readers([p for p in pages if p not in fold], kinds, embed) for fold in folds]
        parts: dict[str, Measured] = {}
        for fold, read in zip(folds, readers, strict=True):
            put(models | read, Path(temporary) / "learned.npz")
            parts |= {page.name: measure_sentences_of(page) for page in fold}
        columns = {"meaning": list(range(len(MEASURED))), "words": WORDS}
        for name, some in columns.items():
            print_sentences(parts, some, name)
            models[f"sentence {name}"] = fit_sentences(list(parts.values()), some)
        for fold, read in zip(folds, readers, strict=True):
            put(models | read, Path(temporary) / "learned.npz")
            for page in fold:
                parts[page.name] = measure_page(page, pages[(pages.index(page) + len(pages) // 2) % len(pages)])
        for page in pages:
            page.index.close()
    everything = list(parts.values())
    curve = []
    for name, some in {"words": answerability.BY_WORDS, "meaning": list(range(len(answerability.MEASURED)))}.items():
        curve = print_answers(parts, some, name)
        for named in (True, False):
            models[f"answerable {name} {named}"] = fit_answers(everything, some, named=named)
        print_relevance(parts, name)
        models[f"relevance {name}"] = fit_relevance(everything, name)
    print(
        "threshold: answerable / twins flagged:", "  ".join(f"{t:.2f}: {a:.3f} / {b:.3f}" for t, a, b in curve[:30:2])
    )
    print_first(parts)
    signals = np.array([x for part in everything for x, *_ in part.answers])
    models["range"] = np.percentile(signals, OUTER, axis=0).T, np.zeros(2)
    models["first"] = fit_first(everything)
    if given.curve:
        given.curve.write_text(draw(curve), "utf-8")
    if given.write:
        put(models, place)


if __name__ == "__main__":
    main()
