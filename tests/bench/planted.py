"""Plants falsehoods in fluent sentences about the bundled papers and prints how many the check lets through.

    python -m tests.bench.planted [--misses] [--words]

Every sentence is made from a source sentence by templates (lead-ins, 'we' to 'the authors', the method's name for 'our
method', clauses dropped) and then made false in one place: a wrong number, another paper's name or span, a reversed
direction, an invented name. The seed is fixed. 'true' are the same rewordings left true, and the paraphrases of
data/true_paraphrases.jsonl, written by hand.
"""

import argparse
import json
import random
import re
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from ingest.embedding import make_embedder
from ingest.paper import Paper
from ingest.record import make_entry
from ingest.settings import Settings
from rag.answer import Evidence
from rag.check import Check, Checker, Verdict
from rag.claims import names_in, plain_sentence, stands_in, terms
from rag.names import nickname
from rag.quantities import equal, plain, read_quantities
from tests.bench.timing import bundled_papers, seconds

PARAPHRASES = Path(__file__).parent / "data" / "true_paraphrases.jsonl"
SEED, EACH = 11, 80
BARS = {"number": 0.02, "paper": 0.02, "cited to another": 0.02, "name": 0.02, "direction": 0.15}
PARAPHRASE_BAR = 0.08  # share of true paraphrases called unsupported

LEADS = (
    "According to the paper, {}",
    "The authors report that {}",
    "The abstract states that {}",
    "As the paper puts it, {}",
    "It is reported that {}",
    "{}",
    "{}",
)
OWN = (
    (r"^(?:In this (?:paper|work|study),? )?[Ww]e (?=\w)", "the authors "),
    (r"\b[Ww]e\b", "they"),
    (r"\b[Oo]ur (?:proposed )?(?:method|approach|framework|model|system|algorithm)\b", "NAME"),
    (r"\b[Tt]his (?:paper|work) ", "NAME "),
    (r"\b[Oo]ur\b", "their"),
)
OPENERS = re.compile(
    r"^(?:However|Moreover|Furthermore|In addition|Additionally|Specifically|In particular|Finally|Notably|Besides"
    r"|As a result|To this end|To address [^,]{3,80}|In this (?:paper|work)), ?",
)
TAIL = re.compile(r", (?:making|enabling|which|providing|offering|while|thereby|leading|with)\b[^,;]{10,120}\.$")
OPPOSITES = """increase:decrease increases:decreases increased:decreased increasing:decreasing reduce:increase
    reduces:increases reduced:increased reducing:increasing reduction:increase improve:degrade
    improves:degrades improved:degraded improving:degrading enhance:impair enhances:impairs higher:lower
    lower:higher faster:slower better:worse more:less fewer:more smaller:larger larger:smaller
    outperforms:underperforms outperform:underperform outperforming:underperforming surpasses:trails
    accelerate:slow accelerates:slows boosts:cuts without:with with:without superior:inferior
    enables:prevents significantly:never lowers:raises maintains:loses preserves:destroys high:low
    low:high achieves:fails-to-achieve""".split()
REVERSED = {first: second.replace("-", " ") for first, _, second in (pair.partition(":") for pair in OPPOSITES)}
REVERSIBLE = re.compile(rf"\b(?:{'|'.join(word for word in REVERSED if word != 'significantly')})\b")
VERBS = re.compile(r"\b(?:is|are|can|does|do)\b(?! not| no)")
HEADS, TAILS = (
    "Zor Nim Quor Vel Trax Hyp Mel Dra Fen Lum".split(),
    "Cache Net Former KV Bench Prune Mix Quant 2 GPT".split(),
)
NUMBER_WORDS = "two three four five six seven eight nine ten".split()


@dataclass(frozen=True)
class Planted:
    """A sentence, the source it cites, and what was done to it ('true' where nothing was)."""

    kind: str
    sentence: str
    evidence: Evidence


def all_evidence(papers: Sequence[Paper]) -> list[Evidence]:
    return [Evidence(paper, sentence, 0.0) for paper in papers for sentence in make_entry(paper).sentences]


def reword(found: Evidence, draw: random.Random) -> str:
    """The source sentence in other clothes: same numbers, same names, same direction."""
    name = nickname(found.paper) or "the method"
    source = plain_sentence(found.sentence.text)
    text = OPENERS.sub("", source) if draw.random() < 0.7 else source
    for pattern, replacement in OWN:
        text = re.sub(pattern, replacement.replace("NAME", name), text)
    return TAIL.sub(".", text) if draw.random() < 0.4 else text


def introduce(text: str, draw: random.Random) -> str:
    """The sentence behind one of the lead-ins."""
    lead = draw.choice(LEADS)
    first = text.split()[0]
    if lead != "{}" and first[1:].islower() and not names_in(f"a {first}"):
        text = text[0].lower() + text[1:]
    led = lead.format(text)
    return led[0].upper() + led[1:]


def wrong_number(text: str, found: Evidence, draw: random.Random) -> str:
    given = read_quantities(plain(found.sentence.text), inside_names=True)
    places = [q for q in read_quantities(text) if re.match(r"[$~]?\d|[a-z]", q.written)]
    draw.shuffle(places)
    for quantity in places:
        written = quantity.written
        digits = re.search(r"\d[\d,]*(?:\.\d+)?", written)
        if digits:
            value = float(digits[0].replace(",", ""))
            made = draw.choice([value * 2, value + 1, value * 1.5, value / 2, value + 10, value * 3])
            shape = f"{made:.{len(digits[0].partition('.')[2])}f}"
            changed = written.replace(digits[0], shape)
        elif written.casefold() in NUMBER_WORDS:
            changed = draw.choice([word for word in NUMBER_WORDS if word != written.casefold()])
        else:
            continue
        new = text[: quantity.start] + text[quantity.start :].replace(written, changed, 1)
        fresh = [q for q in read_quantities(new) if q.start == quantity.start]
        if fresh and not any(equal(fresh[0], other) for other in given):
            return new
    return ""


def wrong_paper(text: str, found: Evidence, others: Sequence[str], draw: random.Random) -> str:
    own = nickname(found.paper)
    beside = f"{found.sentence.text} . {found.paper.title}"
    other = draw.choice([name for name in others if not stands_in(name, beside)])
    if own and re.search(rf"(?<!\w){re.escape(own)}(?!\w)", text):
        return re.sub(rf"(?<!\w){re.escape(own)}(?!\w)", other, text)
    swapped = re.sub(r"\b[Tt]he (?:authors|method|paper|abstract)\b", f"the {other} paper", text, count=1)
    return swapped[0].upper() + swapped[1:] if swapped != text else ""


def reversed_direction(text: str, draw: random.Random) -> str:
    places = list(REVERSIBLE.finditer(text))
    if places:
        at = draw.choice(places)
        return text[: at.start()] + REVERSED[at[0]] + text[at.end() :]
    if at := next(VERBS.finditer(text), None):
        return f"{text[: at.end()]} not{text[at.end() :]}"
    return ""


def invented_name(text: str, found: Evidence, draw: random.Random) -> str:
    made = draw.choice(HEADS) + draw.choice(TAILS)
    names = [name for name in names_in(text) if name != nickname(found.paper) and f" {name} " in f" {text} "]
    if names and draw.random() < 0.6:
        return text.replace(draw.choice(names), made, 1)
    if text.endswith("."):
        return (
            f"{text[:-1]}{draw.choice([' on the {} benchmark', ' by means of {}', ', compared with {}']).format(made)}."
        )
    return ""


def nearest_elsewhere(found: Evidence, every: Sequence[Evidence]) -> Evidence:
    """The sentence of another paper that shares most words."""
    words = set(terms(found.sentence.text))
    others = (other for other in every if other.paper.id != found.paper.id)
    return max(
        others, key=lambda other: len(words & set(terms(other.sentence.text))) / (5 + len(other.sentence.text.split()))
    )


def plant(every: Sequence[Evidence], draw: random.Random) -> Iterator[Planted]:
    """EACH falsehoods of each kind, and as many rewordings left true."""
    names = sorted({nickname(found.paper) for found in every} - {""})
    made: Counter[str] = Counter()
    for found in draw.sample(list(every), len(every)):
        if len(found.sentence.text.split()) < 8:
            continue
        text = reword(found, draw)
        candidates = {
            "true": text,
            "number": wrong_number(text, found, draw),
            "paper": wrong_paper(text, found, names, draw),
            "direction": reversed_direction(text, draw),
            "name": invented_name(text, found, draw),
        }
        for kind, sentence in candidates.items():
            if sentence and made[kind] < EACH:
                made[kind] += 1
                yield Planted(kind, introduce(sentence, draw), found)
        if made["cited to another"] < EACH:
            made["cited to another"] += 1
            yield Planted("cited to another", introduce(text, draw), nearest_elsewhere(found, every))
        same = [other for other in every if other.paper.id == found.paper.id and other != found]
        if made["cited to another sentence"] < EACH and same:
            made["cited to another sentence"] += 1
            yield Planted("cited to another sentence", introduce(text, draw), draw.choice(same))


def paraphrases(every: Sequence[Evidence]) -> Iterator[Planted]:
    """The paraphrases written by hand, with the source sentence each was written from."""
    held = {(found.paper.title, found.sentence.text): found for found in every}
    for line in PARAPHRASES.read_text("utf-8").splitlines() if PARAPHRASES.exists() else ():
        row = json.loads(line)
        if found := held.get((row["paper"], row["quote"])):
            yield Planted("paraphrase", row["sentence"], found)
        else:
            print(f"no such sentence: {row['paper']}: {row['quote'][:60]}")


def print_shares(judged: Sequence[tuple[Planted, Check]]) -> None:
    kinds = defaultdict(list)
    for planted, check in judged:
        kinds[planted.kind].append(check)
    for kind, checks in kinds.items():
        counts = Counter(check.verdict for check in checks)
        shares = ", ".join(f"{verdict} {counts[verdict] / len(checks):.3f}" for verdict in Verdict)
        verified = sum(check.verified for check in checks) / len(checks)
        bar = f" (bar {BARS[kind]:.2f})" if kind in BARS else ""
        if kind == "paraphrase":
            bar = f"; unsupported bar {PARAPHRASE_BAR:.2f}"
        print(f"{kind}, {len(checks)}: shown as verified {verified:.3f}{bar}; {shares}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--misses", action="store_true", help="list falsehoods let through and truths refused")
    parser.add_argument("--words", action="store_true", help="without an embedding model")
    given = parser.parse_args()
    every = all_evidence(bundled_papers())
    with tempfile.TemporaryDirectory() as folder:
        checker = Checker(None if given.words else make_embedder(Settings(Path(folder))))
    cases = [*plant(every, random.Random(SEED)), *paraphrases(every)]
    checker.check("Warm.", every[:1])
    for found in every:
        checker.check(found.sentence.text + " So.", [found])  # the sources' vectors, as an index has them
    judged, taken = [], []
    for case in cases:
        taken.append(seconds(lambda case=case: judged.append((case, checker.check(case.sentence, [case.evidence])))))  # type: ignore[misc]
    print_shares(judged)
    print(f"a check takes {1e3 * median(taken):.1f} ms in the median, of {len(taken)}")
    if given.misses:
        for case, check in judged:
            truth = case.kind in ("true", "paraphrase")
            if (not truth and check.verified) or (truth and not check.verified):
                print(f"\n{case.kind} | {check.verdict} {check.score:.2f} {check.reason}\n  {case.sentence}")
                print(f"  < {case.evidence.sentence.text}")


if __name__ == "__main__":
    main()
