"""Measures the product: answers to questions with known answers, and rankings over a BEIR collection."""

import json
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean
from typing import Any

from ingest.errors import SourceError, UsageError
from ingest.index import PaperIndex
from ingest.paper import Paper
from ingest.pipeline import BATCH_PAPERS, embed_entries
from ingest.record import make_entry
from ingest.settings import Settings
from ingest.text import clean
from rag.answer import Turn
from rag.engine import Engine
from rag.measures import Expected, ndcg, recall, reciprocal_rank, score_answer
from rag.retrieve import Retriever

MEASURES = ("hit@1", "R@5", "must", "cited P", "cited R", "quotes", "cited", "refused")
DEPTH = 100  # papers ranked for each query of a collection

Rows = list[dict[str, Any]]
Progress = Callable[[int], None]


def evaluate_questions(
    engine: Engine, questions: Rows, progress: Progress = lambda done: None
) -> dict[str, dict[str, float]]:
    """The mean of each measure by type of question, with their number as 'n'. Raises UsageError for a bad line."""
    rows: dict[str, list[dict[str, float]]] = defaultdict(list)
    abstracts = {entry.paper.title: entry.paper.abstract for entry in engine.index.record.entries()}
    for number, question in enumerate(questions, start=1):
        expected = _expected(question, number)
        answer = engine.ask(question["question"], read_history(question, number))
        rows[expected.type].append(score_answer(expected, answer.as_dict(), abstracts))
        progress(1)
    return {kind: {"n": len(scored), **_means(scored)} for kind, scored in sorted(rows.items())}


def _means(scored: Sequence[dict[str, float]]) -> dict[str, float]:
    found = {measure: [row[measure] for row in scored if measure in row] for measure in MEASURES}
    return {measure: round(mean(values), 4) for measure, values in found.items() if values}


def _expected(question: dict[str, Any], number: int) -> Expected:
    if not isinstance(question.get("question"), str) or not isinstance(question.get("papers", []), list):
        raise UsageError(f"Line {number} of the questions has no 'question' text or no list of 'papers'.")
    parts = (tuple(map(str, question.get(key) or ())) for key in ("papers", "optional", "must"))
    return Expected(str(question.get("type", "question")), *parts)


def read_history(question: dict[str, Any], number: int) -> list[Turn]:
    """The earlier turns of a line; raises UsageError where they are not [{role, content}]."""
    turns = question.get("history") or []
    try:
        return [Turn(str(turn["role"]), str(turn["content"])) for turn in turns]
    except (TypeError, KeyError) as error:
        raise UsageError(f"Line {number}: 'history' must be a list of objects with 'role' and 'content'.") from error


def read_lines(path: Path) -> Rows:
    """The objects of a JSON Lines file; raises UsageError naming the line that is none, SourceError for no file."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise SourceError(f"{path} cannot be read ({reason}); give a file of JSON Lines.") from error
    rows: Rows = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise UsageError(f"{path}, line {number}: not a JSON object.") from error
            if not isinstance(row, dict):
                raise UsageError(f"{path}, line {number}: not a JSON object.")
            rows.append(row)
    if not rows:
        raise UsageError(f"{path} is empty; it needs one JSON object a line.")
    return rows


def evaluate_beir(folder: Path, settings: Settings, progress: Progress = lambda done: None) -> dict[str, float]:
    """nDCG@10, recall@100 and MRR@10 over a BEIR folder, indexed in a temporary place with `settings`' model.

    The folder holds corpus.jsonl {_id, title, text}, queries.jsonl {_id, text} and qrels.tsv or qrels/test.tsv
    (query, document, grade). Only judged queries are asked.
    """
    qrels = _read_qrels(folder)
    queries = {str(row["_id"]): str(row["text"]) for row in read_lines(folder / "queries.jsonl")}
    with tempfile.TemporaryDirectory(prefix="paperchat-beir-") as home:
        index = PaperIndex(replace(settings, home=Path(home), chroma_url=""))
        try:
            for batch in _batches(read_lines(folder / "corpus.jsonl")):
                entries = [make_entry(_document(row)) for row in batch]
                embedded = embed_entries(entries, index.embedder) if index.embedder else entries
                name = index.embedder.name if index.embedder else ""
                index.record.write([(entry, "beir", "") for entry in embedded], embedding=name)
                progress(len(batch))
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


def _document(row: dict[str, Any]) -> Paper:
    """A document under its own id: a collection may hold two of the same title, or of none."""
    return Paper(clean(str(row.get("title") or "")), clean(str(row.get("text") or "")), id=str(row["_id"]))


def _batches(rows: Rows) -> Iterator[Rows]:
    for start in range(0, len(rows), BATCH_PAPERS):
        yield rows[start : start + BATCH_PAPERS]


def _read_qrels(folder: Path) -> dict[str, dict[str, int]]:
    path = next((p for p in (folder / "qrels.tsv", folder / "qrels" / "test.tsv") if p.is_file()), None)
    if path is None:
        raise SourceError(f"{folder} has no qrels.tsv nor qrels/test.tsv; give the folder of a BEIR collection.")
    qrels: dict[str, dict[str, int]] = defaultdict(dict)
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        fields = line.split("\t")
        if number == 1 and not fields[-1].strip().lstrip("-").isdigit():
            continue  # the header
        try:
            query, document, grade = fields[0], fields[-2], int(fields[-1])
        except (ValueError, IndexError) as error:
            raise UsageError(f"{path}, line {number}: not 'query, document, grade' between tabs.") from error
        qrels[query][document] = grade
    return qrels
