"""How often the check of an answer errs, on statements that models wrote and on falsehoods made from them.

    python -m tests.bench.bench_check [--split dev|test] [--meaning] [--jobs N]
    python -m tests.bench.bench_check --scifact claims_with_evidence.jsonl [--jobs N]

Data: tests/bench/data/checked_statements.jsonl.gz. `kind` is 'true' for a statement as a model wrote it, with the
`label` of two readers (a third settled where they differed); else how a falsehood was made from it. 'dev' is of the
bundled page, 'test' of two other pages, other askers and other readers, with falsehoods by another writer. The exact
check needs nothing; `--meaning` asks the model that is configured, an answer's statements a call, as the product does.
`--scifact` draws 200 claims with evidence, half of them contradicted, ten a call, and gives the balanced accuracy.
"""

import argparse
import gzip
import json
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from statistics import mean, median
from typing import Any

from ingest.entry import make_entry
from ingest.errors import ModelError
from ingest.formats.page_text import read_page
from ingest.index import PaperIndex
from ingest.paper import Paper
from ingest.settings import Settings, load_settings
from rag.gather.sources import Shown, number
from rag.llm.model import ChatModel
from rag.llm.pieces import Usage
from rag.retrieve.names import Catalogue
from rag.types import CONTRADICTED, SUPPORTED, Evidence
from rag.verify.meaning import Claim, Finding, check_meaning
from rag.verify.source import Names
from rag.verify.statement import Verifier
from rag.write.draft import Numbering
from rag.write.layout import Kind, Piece

DATA = Path(__file__).parent / "data"
PAGE = Path(__file__).parents[2] / "ingest" / "pages" / "daily_papers_page.txt"
EXACT_KINDS = ("number", "unit", "name", "wrong_paper")

Row = dict[str, Any]


class Library:
    """The papers of a page, indexed without vectors, so that their names are known."""

    def __init__(self, papers: Sequence[Paper], folder: Path) -> None:
        self.index = PaperIndex(Settings(folder, embedding="none"))
        entries = [make_entry(paper) for paper in papers]
        self.index.record.write([(entry, "bench", "") for entry in entries])
        self.index.refresh()
        catalogue = Catalogue(self.index)
        self.names = Names(catalogue.named, catalogue.common)
        self.entries = {entry.paper.title: entry for entry in entries}

    def evidence(self, row: Row) -> list[Evidence]:
        """The sentences that a statement cites."""
        found = []
        for title, text in row["cited"]:
            entry = self.entries[title]
            found.append(Evidence(entry.paper, next(s for s in entry.sentences if s.text == text), 1.0))
        return found

    def flagged(self, row: Row) -> bool:
        """Whether the exact check finds fault with a statement."""
        evidence = self.evidence(row)
        papers = {e.paper.id: e.paper for e in evidence}.values()
        shown = [Shown(paper, tuple(e for e in evidence if e.paper.id == paper.id)) for paper in papers]
        sources = number(shown, 10**6)
        numbers = tuple(range(1, len(sources.evidence) + 1))
        text = row["statement"] + "".join(f" [{n}]" for n in numbers)
        asked = f"{row['question']} {row['asked']}"
        verifier = Verifier(sources, self.names, Numbering(), asked, f"{len(self.entries)} papers")
        checked = verifier.verify(Piece(Kind.STATEMENT, "", text, numbers)).checked
        return checked is not None and not checked.verified


def read_rows(split: str) -> tuple[list[Row], dict[str, list[Paper]]]:
    """The statements of a split, and the papers of each page."""
    lines = gzip.decompress((DATA / "checked_statements.jsonl.gz").read_bytes()).decode().splitlines()
    rows = [row for row in map(json.loads, lines) if row.get("split") == split]
    papers: dict[str, list[Paper]] = defaultdict(list)
    for row in map(json.loads, lines):
        if "abstract" in row:
            papers[row["page"]].append(Paper(row["title"], row["abstract"], tuple(row["authors"]), row["date"]))
    papers["bundled"] = [paper for paper in read_page(PAGE.read_text("utf-8")) if isinstance(paper, Paper)]
    return rows, papers


def sheets(rows: Sequence[Row]) -> list[list[Row]]:
    """The statements of each answer twice: some replaced by their falsehoods the first time, the rest the second."""
    chance = Random(18)
    true: dict[str, list[Row]] = defaultdict(list)
    false: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        (true[row["answer"]].append if row["kind"] == "true" else false[row["of"]].append)(row)
    found = []
    for answer in true.values():
        first, second = list[Row](), list[Row]()
        for row in answer:
            pair = [row, *false[row["id"]]]
            chance.shuffle(pair)
            first += pair[::2]
            second += pair[1::2]
        found += [sheet for sheet in (first, second) if sheet]
    return found


def ask(model: ChatModel, question: str, claims: Sequence[Claim]) -> tuple[list[Finding | None], Usage]:
    """What the model finds of each statement of a sheet."""
    used: list[Usage] = []
    asking = check_meaning(model, question, claims, used, within=model._limits.total)
    found = None
    try:
        while True:
            next(asking)
    except StopIteration as end:
        found = end.value
    except ModelError as error:
        print(f"{question}: {error}")
    return found or [None] * len(claims), used[0]


def claims(sheet: Sequence[Row], libraries: dict[str, Library]) -> list[Claim]:
    return [Claim(row["statement"], tuple(libraries[row["page"]].evidence(row))) for row in sheet]


def scifact(path: Path, jobs: int) -> None:
    """Balanced accuracy on drawn claims: of what is contradicted and what is not, and of what is supported and not."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    chance = Random(18)
    drawn = [
        row
        for label in ("SUPPORT", "CONTRADICT")
        for row in chance.sample([r for r in rows if r["label"] == label], 100)
    ]
    chance.shuffle(drawn)

    def claim_of(row: Row) -> Claim:
        paper = Paper("", " ".join(row["abstract_sentences"]), id=row["doc_id"])
        sentences = make_entry(paper).sentences
        cited = [s for s in sentences if any(s.text in text or text in s.text for text in row["evidence_text"])]
        return Claim(row["claim"], tuple(Evidence(paper, s, 1.0) for s in cited or sentences))

    model = ChatModel(load_settings())
    groups = [drawn[start : start + 10] for start in range(0, len(drawn), 10)]
    question = "Which of these claims do the sentences bear out?"
    with ThreadPoolExecutor(jobs) as pool:
        found = [
            one
            for sheet, _ in pool.map(lambda g: ask(model, question, list(map(claim_of, g))), groups)
            for one in sheet
        ]
    for name, verdict, label in (("contradicted", CONTRADICTED, "CONTRADICT"), ("supported", SUPPORTED, "SUPPORT")):
        right: dict[str, list[bool]] = defaultdict(list)
        for row, one in zip(drawn, found, strict=True):
            if one:
                right[row["label"]].append((one.verdict == verdict) == (row["label"] == label))
        told = ", ".join(f"{kind} {mean(hits):.3f} of {len(hits)}" for kind, hits in right.items())
        print(f"{name} or not: balanced accuracy {mean(map(mean, right.values())):.3f} ({told})")


def tell(name: str, rows: Sequence[Row], flags: dict[str, bool]) -> None:
    """The share of true statements flagged and of falsehoods passed, by kind."""
    true = [flags[row["id"]] for row in rows if row["kind"] == "true" and row["label"] == "supported"]
    print(f"{name}: true statements flagged {mean(true):.3f} of {len(true)}")
    kinds: dict[str, list[bool]] = defaultdict(list)
    for row in rows:
        if row["kind"] != "true":
            for kind in (row["kind"], "exact kinds" if row["kind"] in EXACT_KINDS else "kinds of meaning"):
                kinds[kind].append(not flags[row["id"]])
        elif row["label"] != "supported":
            kinds["a model's own, not supported"].append(not flags[row["id"]])
    for kind, passed in sorted(kinds.items()):
        print(f"  {kind:30} passed {mean(passed):.3f} of {len(passed)}")
    shown = [row for row in rows if row["kind"] == "true" and not flags[row["id"]]]
    wrong = mean(row["label"] != "supported" for row in shown)
    print(f"  of {len(shown)} statements of a model that passed, {wrong:.3f} are not supported")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--split", choices=("dev", "test"), default="test")
    parser.add_argument("--meaning", action="store_true", help="also by the model that is configured")
    parser.add_argument("--jobs", type=int, default=4, help="calls side by side (default: 4)")
    parser.add_argument("--most", type=int, help="calls at most (default: all, two an answer)")
    parser.add_argument("--keep", type=Path, help="where to write what the model found, a JSON line a statement")
    parser.add_argument("--scifact", type=Path, help="claims with evidence, instead")
    given = parser.parse_args()
    if given.scifact:
        scifact(given.scifact, given.jobs)
        return
    rows, papers = read_rows(given.split)
    with tempfile.TemporaryDirectory() as folder:
        pages = {row["page"] for row in rows}
        libraries = {page: Library(papers[page], Path(folder) / page) for page in pages}
        exact = {row["id"]: libraries[row["page"]].flagged(row) for row in rows}
        tell("figures and names alone", rows, exact)
        if given.meaning:
            model = ChatModel(load_settings())
            asked = sheets(rows)[: given.most]
            with ThreadPoolExecutor(given.jobs) as pool:
                done = list(pool.map(lambda sheet: ask(model, sheet[0]["question"], claims(sheet, libraries)), asked))
            found = {
                row["id"]: one
                for sheet, (all_of, _) in zip(asked, done, strict=True)
                for row, one in zip(sheet, all_of, strict=True)
            }
            judged = [row for row in rows if found.get(row["id"])]
            print(f"{len(judged)} of {len(found)} statements judged, in {len(asked)} calls")
            flags = {row["id"]: exact[row["id"]] or found[row["id"]].verdict != SUPPORTED for row in judged}  # type: ignore[union-attr]
            tell("with the model's check", judged, flags)
            tokens = [(used.tokens_in, used.tokens_out) for _, used in done]
            print(f"tokens a call, median: {median(t for t, _ in tokens):,} in, {median(t for _, t in tokens):,} out")
            if given.keep:
                lines = [
                    {
                        "id": row["id"],
                        "kind": row["kind"],
                        "exact": exact[row["id"]],
                        "verdict": one.verdict,
                        "why": one.why,
                        "corrected": one.corrected,
                    }
                    for row in judged
                    if (one := found[row["id"]])
                ]
                given.keep.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
        for library in libraries.values():
            library.index.close()


if __name__ == "__main__":
    main()
