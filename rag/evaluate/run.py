"""Measures the product: answers to questions with known answers, and rankings over a BEIR collection."""

import json
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean
from typing import Any

from ingest.entry import make_entry
from ingest.errors import SourceError, UsageError
from ingest.index import PaperIndex
from ingest.paper import Paper
from ingest.pipeline import BATCH_PAPERS, embed_entries
from ingest.settings import Settings
from ingest.text import clean
from rag.engine import Engine
from rag.evaluate.measures import Expected, ndcg, recall, reciprocal_rank, score_answer
from rag.retrieve.search import Retriever
from rag.types import Turn

MEASURES = ("hit@1", "R@5", "must", "cited P", "cited R", "quotes", "cited", "refused")
DEPTH = 100  # papers ranked for each query of a collection

Progress = Callable[[int], None]


class Row(dict[str, Any]):
    """An object of a JSON Lines file that knows its file and line."""

    def __init__(self, fields: dict[str, Any], path: Path, number: int) -> None:
        super().__init__(fields)
        self.number = number
        self.place = f"{path}, line {number}"


Rows = Sequence[Row]


def evaluate_questions(
    engine: Engine, questions: Rows, progress: Progress = lambda done: None
) -> dict[str, dict[str, float]]:
    """The mean of each measure by type of question, with their number as 'n'.

    Raises UsageError for a line that is no question, before the first is asked.
    """
    asked = [(_expected(row), read_question(row), read_history(row), row.place) for row in questions]
    abstracts = {entry.paper.title: entry.paper.abstract for entry in engine.index.record.entries()}
    scored: dict[str, list[dict[str, float]]] = defaultdict(list)
    for expected, question, history, place in asked:
        try:
            answer = engine.ask(question, history)
        except UsageError as error:
            raise UsageError(f"{place}: {error}") from error
        scored[expected.type].append(score_answer(expected, answer.as_dict(), abstracts))
        progress(1)
    return {kind: {"n": len(rows), **_means(rows)} for kind, rows in sorted(scored.items())}


def _means(scored: Sequence[dict[str, float]]) -> dict[str, float]:
    found = {measure: [row[measure] for row in scored if measure in row] for measure in MEASURES}
    return {measure: round(mean(values), 4) for measure, values in found.items() if values}


def _expected(row: Row) -> Expected:
    parts = []
    for key in ("papers", "optional", "must"):
        texts = row.get(key) or []
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise UsageError(f'{row.place}: {key!r} is not a list of texts; write it as ["…", "…"].')
        parts.append(tuple(texts))
    return Expected(str(row.get("type", "question")), *parts)


def read_question(row: Row) -> str:
    """The question of a line; raises UsageError where it has none."""
    question = row.get("question")
    if not isinstance(question, str):
        raise UsageError(f"{row.place}: no 'question' text.")
    return question


def read_history(row: Row) -> list[Turn]:
    """The earlier turns of a line; raises UsageError where they are not [{role, content}]."""
    try:
        return [Turn(str(turn["role"]), str(turn["content"])) for turn in row.get("history") or []]
    except (TypeError, KeyError) as error:
        raise UsageError(f"{row.place}: 'history' must be a list of objects with 'role' and 'content'.") from error


def read_lines(path: Path) -> list[Row]:
    """The objects of a JSON Lines file, blank lines left out.

    Raises UsageError naming the line that holds none, SourceError for what is no file of text.
    """
    rows = []
    for number, line in _text_lines(path):
        try:
            fields = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{path}, line {number}: not a JSON object.") from error
        if not isinstance(fields, dict):
            raise UsageError(f"{path}, line {number}: not a JSON object.")
        rows.append(Row(fields, path, number))
    if not rows:
        raise UsageError(f"{path} is empty; it needs one JSON object a line.")
    return rows


def _text_lines(path: Path) -> list[tuple[int, str]]:
    """The lines of a file that are not blank, with their numbers. Other signs that break a line may stand in JSON."""
    try:
        data = path.read_bytes()
        lines = data.decode("utf-8-sig").split("\n")
    except OSError as error:
        raise SourceError(f"{path} cannot be read ({error.strerror}); check its name and permissions.") from error
    except UnicodeDecodeError as error:
        number = error.object.count(b"\n", 0, error.start) + 1
        raise SourceError(f"{path}, line {number}: not UTF-8 text; save the file as UTF-8.") from error
    return [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def evaluate_beir(folder: Path, settings: Settings, progress: Progress = lambda done: None) -> dict[str, float]:
    """nDCG@10, recall@100 and MRR@10 over a BEIR folder, indexed in a temporary place with `settings`' model.

    The folder holds corpus.jsonl {_id, title, text}, queries.jsonl {_id, text} and qrels.tsv or qrels/test.tsv
    (query, document, grade). Only judged queries are asked. Raises UsageError naming the line that is none of these,
    SourceError for a file that cannot be read.
    """
    qrels = _read_qrels(folder)
    queries = {_id(row): _query_text(row) for row in read_lines(folder / "queries.jsonl")}
    corpus = [_document(row) for row in read_lines(folder / "corpus.jsonl")]
    with tempfile.TemporaryDirectory(prefix="paperchat-beir-") as home:
        index = PaperIndex(replace(settings, home=Path(home), chroma_url=""))
        try:
            for start in range(0, len(corpus), BATCH_PAPERS):
                entries = [make_entry(paper) for paper in corpus[start : start + BATCH_PAPERS]]
                embedded = embed_entries(entries, index.embedder) if index.embedder else entries
                name = index.embedder.name if index.embedder else ""
                index.record.write([(entry, "beir", "") for entry in embedded], embedding=name)
                progress(len(entries))
            started = time.perf_counter()
            retriever = Retriever(index)
            asked = {query: clean(queries[query]) for query in qrels if query in queries}
            found = {query: [r.paper.id for r in retriever.search(text, k=DEPTH)] for query, text in asked.items()}
            seconds = time.perf_counter() - started
        finally:
            index.close()
    scored = [(found[query], relevant) for query, relevant in qrels.items() if query in found]
    if not scored:
        raise UsageError(f"No query of {folder} is judged in its qrels; check that the files belong together.")
    return {
        "queries": len(scored),
        "nDCG@10": round(mean(ndcg(ranking, relevant, k=10) for ranking, relevant in scored), 4),
        "recall@100": round(mean(recall(ranking, relevant, k=100) for ranking, relevant in scored), 4),
        "MRR@10": round(mean(reciprocal_rank(ranking, relevant, k=10) for ranking, relevant in scored), 4),
        "seconds a query": round(seconds / len(scored), 4),
    }


def _document(row: Row) -> Paper:
    """A document under its own id: a collection may hold two of the same title, or of none."""
    return Paper(clean(str(row.get("title") or "")), clean(str(row.get("text") or "")), id=_id(row))


def _id(row: Row) -> str:
    name = row.get("_id")
    if not isinstance(name, str | int):
        raise UsageError(f"{row.place}: no '_id'.")
    return str(name)


def _query_text(row: Row) -> str:
    text = row.get("text")
    if not isinstance(text, str):
        raise UsageError(f"{row.place}: no 'text' of the query.")
    return text


def _read_qrels(folder: Path) -> dict[str, dict[str, int]]:
    path = next((p for p in (folder / "qrels.tsv", folder / "qrels" / "test.tsv") if p.is_file()), None)
    if path is None:
        raise SourceError(f"{folder} has no qrels.tsv nor qrels/test.tsv; give the folder of a BEIR collection.")
    qrels: dict[str, dict[str, int]] = defaultdict(dict)
    for number, line in _text_lines(path):
        fields = line.split("\t")
        if number == 1 and not fields[-1].strip().lstrip("-").isdigit():
            continue  # the header
        try:
            query, *_, document, grade = fields
            qrels[query][document] = int(grade)
        except ValueError as error:
            raise UsageError(f"{path}, line {number}: not 'query, document, grade' between tabs.") from error
    return qrels
