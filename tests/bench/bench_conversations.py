"""Scores answered conversations against what is known of each turn.

    paperchat batch tests/bench/data/conversations.jsonl ANSWERS.jsonl --jobs 4 --explain
    python -m tests.bench.bench_conversations tests/bench/data/conversations.jsonl ANSWERS.jsonl

must: share of the facts that stand in the answer. cited R, cited P: the papers cited against those wanted. refused: of
turns that the papers do not answer, and of the others. Then calls and tokens a turn, by whether all papers that fit
were wanted; tokens are as the endpoint counts them.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path
from statistics import mean, median
from typing import Any

from rag.evaluate.measures import Expected, score_answer

COLUMNS = ("must", "cited R", "cited P")


def rows(path: Path) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in map(json.loads, path.read_text("utf-8").splitlines())}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("conversations", type=Path)
    parser.add_argument("answers", type=Path)
    given = parser.parse_args()
    known, answered = rows(given.conversations), rows(given.answers)
    scored: dict[str, list[dict[str, float]]] = defaultdict(list)
    calls: dict[str, list[tuple[int, int]]] = defaultdict(list)
    refused: dict[bool, list[float]] = defaultdict(list)
    for name in known.keys() & answered.keys():
        for turn, answer in zip(known[name]["turns"], answered[name]["turns"], strict=True):
            expected = Expected(turn["kind"], tuple(turn["papers"]), tuple(turn["optional"]), tuple(turn["must"]))
            row = score_answer(expected, answer, {})
            refused[bool(turn["refuse"])].append(row["refused"])
            if not turn["refuse"]:
                scored[turn["kind"]].append(row)
                scored["all"].append(row)
            if answer.get("usage"):
                kind = "all papers wanted" if (answer.get("plan") or {}).get("every") else "usual"
                calls[kind].append((answer["usage"]["calls"], answer["usage"]["tokens_in"]))
    print(f"{'':14}{'n':>5}" + "".join(f"{column:>9}" for column in COLUMNS))
    for kind, found in sorted(scored.items()):
        means = [[row[column] for row in found if column in row] for column in COLUMNS]
        print(f"{kind:14}{len(found):>5}" + "".join(f"{mean(m):9.3f}" if m else f"{'–':>9}" for m in means))
    for refuse, shares in refused.items():
        print(
            f"refused, of {len(shares)} turns that the papers {'do not ' if refuse else ''}answer: {mean(shares):.3f}"
        )
    for kind, used in calls.items():
        most = max(count for count, _ in used)
        print(f"{kind}: {len(used)} turns, at most {most} calls, {median(t for _, t in used):,} tokens in (median)")


if __name__ == "__main__":
    main()
