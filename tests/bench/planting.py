"""Makes sentences whose truth is known: source sentences of papers reworded, left true or made false in one place.

A rewording takes templates: lead-ins, 'we' to 'the authors', the method's name for 'our method', clauses dropped. A
falsehood is a wrong number, another paper's name or span, a reversed direction or an invented name.
"""

import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ingest.entry import make_entry
from ingest.names import nickname
from ingest.paper import Paper
from rag.types import Evidence
from rag.verify.figures import equal, plain, read_quantities
from rag.verify.names import names_in, plain_sentence, read_claim, stands_in, terms

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


def pairs(text: str) -> dict[str, str]:
    """'a:b c:d-e' as words and what stands for them."""
    return {first: second.replace("-", " ") for first, _, second in (pair.partition(":") for pair in text.split())}


# The opposites the check was made with, and words it was not made with.
REVERSED = pairs(
    """increase:decrease increases:decreases increased:decreased increasing:decreasing reduce:increase
    reduces:increases reduced:increased reducing:increasing reduction:increase improve:degrade improves:degrades
    improved:degraded improving:degrading enhance:impair enhances:impairs higher:lower lower:higher
    faster:slower better:worse more:less fewer:more smaller:larger larger:smaller outperforms:underperforms
    outperform:underperform outperforming:underperforming surpasses:trails accelerate:slow accelerates:slows
    boosts:cuts without:with with:without superior:inferior enables:prevents lowers:raises
    maintains:loses preserves:destroys high:low low:high achieves:fails-to-achieve"""
)
NEW_REVERSED = pairs(
    """improve:deteriorate improves:erodes improved:eroded improving:eroding reduces:inflates reduce:inflate
    reduced:inflated reducing:inflating increases:curbs increase:curb increased:curbed increasing:curbing
    enhances:spoils enhance:spoil enhancing:spoiling outperforms:is-outperformed-by outperform:fall-behind
    outperforming:falling-behind surpasses:falls-behind achieves:misses achieve:miss enables:rules-out
    enable:rule-out enabling:ruling-out allows:keeps-from accurate:inaccurate efficient:wasteful effective:useless
    effectively:in-vain robust:fragile stable:unstable simple:complicated scalable:unscalable consistent:inconsistent
    consistently:rarely significantly:barely substantially:hardly highly:hardly strong:feeble fast:sluggish
    cheap:costly expensive:cheap limited:unlimited scarce:abundant narrow:wide shallow:deep early:late
    mitigates:aggravates mitigate:aggravate alleviates:aggravates alleviate:aggravate addresses:ignores
    address:ignore overcomes:suffers-from solves:leaves-open accelerates:delays accelerate:delay supports:thwarts
    captures:misses capture:miss preserves:wrecks preserve:wreck retains:forfeits maintaining:forfeiting
    reliable:unreliable flexible:rigid often:seldom always:seldom large:tiny better:poorer higher:weaker lower:steeper
    faster:more-slowly more:hardly-any fewer:extra smaller:bulkier larger:tinier"""
)
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


def reversed_direction(text: str, opposites: Mapping[str, str], draw: random.Random) -> str:
    places = list(re.finditer(rf"\b(?:{'|'.join(opposites)})\b", text))
    if places:
        at = draw.choice(places)
        return text[: at.start()] + opposites[at[0]] + text[at.end() :]
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


def says_all(found: Evidence, text: str) -> bool:
    """Whether a sentence has every content word of a text: then citing it is no falsehood."""
    return set(read_claim(text).terms) <= set(terms(found.sentence.text))


def plant(
    every: Sequence[Evidence], draw: random.Random, *, each: int, opposites: Mapping[str, str] = REVERSED
) -> Iterator[Planted]:
    """`each` falsehoods of each kind, and as many rewordings left true, where the sentences allow so many."""
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
            "direction": reversed_direction(text, opposites, draw),
            "name": invented_name(text, found, draw),
        }
        for kind, sentence in candidates.items():
            if sentence and made[kind] < each:
                made[kind] += 1
                yield Planted(kind, introduce(sentence, draw), found)
        elsewhere = nearest_elsewhere(found, every)
        if made["cited to another"] < each and not says_all(elsewhere, text):
            made["cited to another"] += 1
            yield Planted("cited to another", introduce(text, draw), elsewhere)
        same = [other for other in every if other.paper.id == found.paper.id and other != found]
        if made["cited to another sentence"] < each and same:
            made["cited to another sentence"] += 1
            yield Planted("cited to another sentence", introduce(text, draw), draw.choice(same))
