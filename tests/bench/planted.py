"""Plants falsehoods in fluent sentences about papers and prints how many the check lets through.

    python -m tests.bench.planted [--misses] [--words]

Three lots, each of a fixed seed: about the bundled papers, with which the check was made; a fresh draw on them, with
opposite words the check was not made with; and that draw on forty other papers. Beside them the true paraphrases of
data/true_paraphrases.jsonl, written by hand by two readers, of whom the second's are held out: their total is printed
and never their sentences.
"""

import argparse
import json
import random
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from statistics import median

from rag.check import Check, Checker, Verdict

from ingest.index import PaperIndex
from ingest.library import ingest_sources
from ingest.paper import Paper
from ingest.settings import Settings
from rag.engine import make_checker
from rag.retrieve.names import Catalogue
from rag.types import Evidence
from tests.bench.planting import NEW_REVERSED, REVERSED, Planted, all_evidence, plant
from tests.bench.timing import PAGE, bundled_papers, seconds

DATA = Path(__file__).parent / "data"
PARAPHRASES, OTHER_PAPERS = DATA / "true_paraphrases.jsonl", DATA / "refusal_papers.jsonl"
SEED, FRESH_SEED, EACH = 11, 2026, 120
BARS = {"number": 0.02, "paper": 0.02, "cited to another": 0.02, "name": 0.02, "direction": 0.15}
PARAPHRASE_BAR = 0.08  # share of true paraphrases called unsupported
PARAPHRASE, UNSEEN_PARAPHRASE = "paraphrase", "paraphrase, held out"


def other_papers() -> list[Paper]:
    rows = map(json.loads, OTHER_PAPERS.read_text("utf-8").splitlines())
    return [Paper(row["title"], row["abstract"]) for row in rows]


def paraphrases(every: Sequence[Evidence]) -> Iterator[Planted]:
    """The paraphrases written by hand, with the source sentence each was written from."""
    held = {(found.paper.title, found.sentence.text): found for found in every}
    for line in PARAPHRASES.read_text("utf-8").splitlines():
        row = json.loads(line)
        kind = UNSEEN_PARAPHRASE if row["held_out"] else PARAPHRASE
        if found := held.get((row["paper"], row["quote"])):
            yield Planted(kind, row["sentence"], found)
        else:
            print(f"no such sentence: {row['paper']}: {row['quote'][:60]}")


def print_shares(title: str, judged: Sequence[tuple[Planted, Check]]) -> None:
    kinds = defaultdict(list)
    for planted, check in judged:
        kinds[planted.kind].append(check)
    print(f"{title}:")
    for kind, checks in kinds.items():
        counts = Counter(check.verdict for check in checks)
        shares = ", ".join(f"{verdict} {counts[verdict] / len(checks):.3f}" for verdict in Verdict)
        verified = sum(check.verified for check in checks) / len(checks)
        bar = f" (bar {BARS[kind]:.2f})" if kind in BARS else ""
        if kind.startswith(PARAPHRASE):
            bar = f"; unsupported bar {PARAPHRASE_BAR:.2f}"
        print(f"  {kind}, {len(checks)}: shown as verified {verified:.3f}{bar}; {shares}")


def print_misses(judged: Sequence[tuple[Planted, Check]]) -> None:
    for case, check in judged:
        if check.verified is not (case.kind in ("true", PARAPHRASE)) and case.kind != UNSEEN_PARAPHRASE:
            print(f"\n{case.kind} | {check.verdict} {check.score:.2f} {check.reason}\n  {case.sentence}")
            print(f"  < {case.evidence.sentence.text}")


def judge(checker: Checker, cases: Sequence[Planted]) -> tuple[list[tuple[Planted, Check]], list[float]]:
    """Each case with its verdict, and the seconds each took, the sources' vectors known as an index has them."""
    for case in cases:
        checker.check(case.evidence.sentence.text + " So.", [case.evidence])
    judged: list[tuple[Planted, Check]] = []
    taken = [
        seconds(lambda case=case: judged.append((case, checker.check(case.sentence, [case.evidence]))))  # type: ignore[misc]
        for case in cases
    ]
    return judged, taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument(
        "--misses", action="store_true", help="list falsehoods of the first lot let through, and truths"
    )
    parser.add_argument("--words", action="store_true", help="without an embedding model")
    given = parser.parse_args()
    bundled, others = all_evidence(bundled_papers()), all_evidence(other_papers())
    lots: dict[str, tuple[list[Evidence], int, Mapping[str, str]]] = {
        "papers and opposites the check was made with": (bundled, SEED, REVERSED),
        "a fresh draw, other opposites": (bundled, FRESH_SEED, NEW_REVERSED),
        "other papers, other opposites": (others, FRESH_SEED, NEW_REVERSED),
    }
    with tempfile.TemporaryDirectory() as folder:
        home = Settings(Path(folder), embedding="none" if given.words else "minilm")
        ingest_sources(home, [str(PAGE), str(OTHER_PAPERS)])
        with closing(PaperIndex(home)) as index:
            checker = make_checker(index, Catalogue(index))
            timed: list[float] = []
            for number, (title, (every, seed, opposites)) in enumerate(lots.items()):
                cases = list(plant(every, random.Random(seed), each=EACH, opposites=opposites))
                judged, taken = judge(checker, [*cases, *(paraphrases(every) if not number else ())])
                print_shares(title, judged)
                timed += taken
                if given.misses and not number:
                    print_misses(judged)
    print(f"a check takes {1e3 * median(timed):.1f} ms in the median, of {len(timed)}")


if __name__ == "__main__":
    main()
