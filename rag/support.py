"""How far the papers found meet what a question asks for: signals from 0 (not at all) upwards, and what is missing.

Looks at words, numbers and names in titles and abstracts, and at the cosines behind the scores. Decides nothing.
"""

import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache

import numpy as np

from ingest.record import Entry
from ingest.words import STOPWORDS, WORD, WordIndex, stem, stems, tokenize
from rag.answer import Evidence, Ranked
from rag.demand import Demand, Kind, about_stems, content, read_demand
from rag.names import COINED_WORD, nickname
from rag.retrieve import QUANTITY, score_sentences

NO_WORD = re.compile(r"[\W_]+")
# Two things set side by side.
COMPARING = re.compile(
    r"\b(?:compare[ds]?|comparison|versus|vs|differ(?:s|ences?)?|both|each(?: of)?"
    r"|(?:one|first) (?:paper|work|study|method|of them)|two (?:\w+ ){0,3}(?:papers|works|methods))\b",
    re.IGNORECASE,
)
# A name that is no dictionary word ('H100', 'LLaMA', 'TPU'), or a word with a capital within a sentence ('Swahili').
PROPER = re.compile(
    r"(?<![\w-])(?:[\w-]*[a-z\d][A-Z][\w-]*|[A-Z][A-Z\d-]+\w*|[A-Z][\w-]*\d[\w-]*)|(?<=[\w,] )[A-Z][a-z]{2,}\b"
)
# A number that counts or measures, not one within a name ('Qwen2.5-VL-7B', '3D').
VALUE = re.compile(
    r"(?<![\w.\-])[$€]?\d[\d.,]*(?:(?:-|–|--)\d[\d.,]*)?(?:\s?\\?%|[x×]|[kKMBT]|[KMGT]B|ms|s|h|times)?(?:-[a-z]+|(?![\w-]))"
    r"|\b(?:two|three|four|five|six|seven|eight|nine|ten|half|twice|doubl\w+|third|million|thousand|hundreds?|billion"
    r"|orders? of magnitude|halv\w+|triples?)\b",
    re.IGNORECASE,
)
UNITS = {
    "money": re.compile(r"[$€£]\s?\d|\d\s*(?:dollars|usd|euros?|cents)|\bcosts?\b", re.IGNORECASE),
    "time": re.compile(
        r"\d\s*(?:ms|s|milliseconds?|seconds?|minutes?|hours?|days?|weeks?|GPU|fps)\b"
        r"|\b(?:speed\w*|faster|latency|slow\w*|time)\b",
        re.IGNORECASE,
    ),
}
RELEASE = re.compile(r"github|open[- ]?sourc|licen[cs]e|\bcode\b|\bavailable\b|\breleas", re.IGNORECASE)
SAME_ROOT, MISSPELT = 0.7, 0.8  # what a word is worth that shares its root, or all but a letter, with one in the text
LIKENESS = 0.8  # difflib's ratio from which a word that no paper has is taken for a misspelt one
FAR = 30  # words between two that have nothing to do with one another
SHORTEST_NAME = 4  # letters of a word that names a paper which it is not the name of
FEW_PAPERS = 2  # that hold a word which names one of them
NEAREST_PAPERS = 3  # that may be meant where two are compared and none is named


@dataclass(frozen=True, slots=True)
class Support:
    """The signals of one question, and the words for what is missing.

    `group`: 'named' (it names a paper), 'compared' (it sets two or more side by side) or 'described' (neither).
    `missing`: the thing asked for that is not stated, in the asker's words; `mentioned`: it is spoken of, but no
    number is given for it. `unheard`: words that no paper of the collection holds.
    """

    group: str
    papers: tuple[Ranked, ...]
    signals: dict[str, float]
    missing: str = ""
    mentioned: bool = False
    unheard: str = ""


def find_focus(
    question: str, ranked: Sequence[Ranked], words: WordIndex, named: Collection[str]
) -> tuple[str, tuple[Ranked, ...]]:
    """Which papers the question is about, and whether it names, compares or describes them."""
    rare = [name for name in COINED_WORD.findall(question) if len(name) >= SHORTEST_NAME and _is_rare(name, words)]
    spelled = [
        found for found in ranked if _is_named(found, question, words) or any(_says(found.paper.title, n) for n in rare)
    ]
    first = ranked[0]
    if first not in spelled and any(_says(first.paper.abstract, name) for name in rare):
        spelled.insert(0, first)
    ids = {found.paper.id for found in spelled}.union(named)
    meant = tuple(found for found in ranked if found.paper.id in ids)
    if len(meant) > 1 or COMPARING.search(question):
        return "compared", meant if len(meant) > 1 else tuple(ranked[:NEAREST_PAPERS])
    return ("named" if spelled else "described"), meant or tuple(ranked[:1])


def _is_named(found: Ranked, question: str, words: WordIndex) -> bool:
    name = nickname(found.paper)
    spelled = bool(name) and (name in question or (_says(question, name) and _is_rare(name, words)))
    return spelled or _says(question, found.paper.title)


def _is_rare(name: str, words: WordIndex) -> bool:
    """Whether a name is one that few papers use."""
    held = max((words.idf(token) for token in tokenize(name)), default=0.0)
    return held >= math.log(1 + (len(words.numbers) - FEW_PAPERS + 0.5) / (FEW_PAPERS + 0.5))


def _says(text: str, name: str) -> bool:
    return _plain(name) in _plain(text)


def measure(question: str, ranked: Sequence[Ranked], words: WordIndex, named: Collection[str]) -> Support:
    """The support that the papers found, best first and at least one, give to a question."""
    demand = read_demand(question)
    group, papers = find_focus(question, ranked, words, named)
    weighing = Weighing.of(question, demand, papers, words)
    signals = weighing.words_lacking(question, ranked) | weighing.thing_lacking() | weighing.numbers()
    cosines = sorted((value for found in papers for value in sentence_cosines(question, found)), reverse=True)[:2]
    absent_names = weighing.absent_names(question)
    rare = sum(max((weighing.weight(token) for token in tokenize(name)), default=0.0) for name in absent_names)
    signals |= {
        "cosine": sum(cosines) / 2,
        "names": min(rare, 2.0) / math.sqrt(max(1.0, len(weighing.terms) / 4)),
        "formula": float(demand.kind is Kind.FORMULA),
        "paper": float(demand.kind is Kind.PAPER),
        "topic": float(demand.topical),
        "yes or no": float(demand.kind is Kind.YES_NO),
        "outside": float(_is_outside(demand, weighing.text)),
        "terms": math.sqrt(len(weighing.terms)),
    }
    missing, mentioned = weighing.missing(question, absent_names)
    return Support(group, papers, signals, missing, mentioned, weighing.unheard(question))


def _is_outside(demand: Demand, text: str) -> bool:
    """Whether it asks for what abstracts do not hold: people and dates; code where none is spoken of."""
    return demand.kind in (Kind.PERSON, Kind.DATE) or (demand.kind is Kind.CODE and not RELEASE.search(text))


def sentence_cosines(question: str, found: Ranked) -> list[float]:
    """What is left of the scores of a paper's sentences without what words, numbers and manner gave them."""
    if not found.evidence:
        return []
    entry = Entry(0, found.paper, (), tuple(evidence.sentence for evidence in found.evidence))
    tokens, nothing = list(dict.fromkeys(tokenize(question))), np.zeros(len(found.evidence), dtype=np.float32)
    rest = score_sentences(entry, nothing, tokens, wants_number=bool(QUANTITY.search(question)))
    return [evidence.score - float(extra) for evidence, extra in zip(found.evidence, rest, strict=True)]


@dataclass
class Weighing:
    """A question's stems, each with its rarity in the collection (0 to 1), against the text of the papers meant."""

    demand: Demand
    words: WordIndex
    own: frozenset[str]  # stems of the names of the papers meant
    terms: tuple[str, ...]
    asked: tuple[str, ...]  # stems of the things asked for
    text: str
    names: frozenset[str]
    sentences: tuple[Evidence, ...]
    most: float
    _held: dict[str, float] = field(default_factory=dict)
    _weights: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, question: str, demand: Demand, papers: Sequence[Ranked], words: WordIndex) -> "Weighing":
        names = [nickname(found.paper) for found in papers if _plain(nickname(found.paper)) in _plain(question)]
        own = frozenset(token for name in names for token in tokenize(name))
        things = (token for thing in demand.things for token in tokenize(thing))
        return cls(
            demand,
            words,
            own,
            tuple(token for token in content(question) if token not in own),
            tuple(dict.fromkeys(t for t in things if t not in own and t not in about_stems())),
            " ".join(f"{found.paper.title}. {found.paper.abstract}" for found in papers),
            frozenset(map(_squeeze, names)),
            tuple(evidence for found in papers for evidence in found.evidence),
            math.log(1 + (len(words.numbers) + 0.5) / 0.5),
        )

    def weight(self, token: str) -> float:
        """0 to 1: how rare a stem is; 1 for one that no paper holds."""
        if token not in self._weights:
            self._weights[token] = self.words.idf(token) / self.most
        return self._weights[token]

    def held(self, token: str) -> float:
        """How surely the papers meant hold a word: 1 as it stands, less by its root or misspelt, else 0."""
        if token not in self._held:
            self._held[token] = _likeness(token, stems(self.text), known=token in self.words)
        return self._held[token]

    def lack(self, token: str) -> float:
        return self.weight(token) * (1 - self.held(token))

    def words_lacking(self, question: str, ranked: Sequence[Ranked]) -> dict[str, float]:
        """Words of the question that the papers meant do not hold, and where else they stand."""
        lacks = {token: self.lack(token) for token in self.terms}
        gone = [token for token in self.terms if not self.held(token)]
        meant = {evidence.paper.id for evidence in self.sentences}
        others = [stems(f"{r.paper.title}. {r.paper.abstract}") for r in ranked if r.paper.id not in meant]
        mass = sum(map(self.weight, self.terms)) or 1.0
        return {
            "known": sum(lacks[token] for token in gone if token in self.words),
            "elsewhere": sum(lacks[token] for token in gone if any(token in other for other in others)),
            "unknown": sum(lacks[token] for token in gone if token not in self.words) / max(1, len(self.terms)),
            "lack": sum(lacks.values()) / max(1, len(self.terms)),
            "rarest": max(lacks.values(), default=0.0),
            "run": max((sum(map(self.lack, run)) for run, _ in self.runs(question)), default=0.0),
            "best": max((self._cover(e, self.terms) for e in self.sentences), default=0.0) / mass,
        }

    def thing_lacking(self) -> dict[str, float]:
        """Words of the thing asked for that the papers, and their best sentence, do not hold."""
        mass = sum(map(self.weight, self.asked)) or 1.0
        best = max((self._cover(e, self.asked) for e in self.sentences), default=0.0) / mass
        lack = sum(map(self.lack, self.asked))
        return {"thing": lack, "thing share": lack / mass, "thing sentence": best if self.asked else 0.5}

    def numbers(self) -> dict[str, float]:
        """Where a number is asked for: whether there is one, beside the thing asked for, of the right unit."""
        if self.demand.kind is not Kind.NUMBER:
            return dict.fromkeys(("number", "no number", "number sentence", "number near", "unit"), 0.0)
        valued = [evidence for evidence in self.sentences if VALUE.search(evidence.sentence.text)]
        terms, asked = (sum(map(self.weight, tokens)) or 1.0 for tokens in (self.terms, self.asked))
        joint = (self._cover(e, self.terms) / terms + self._cover(e, self.asked) / asked for e in valued)
        apart = min((_words_between(e.sentence.text, self.asked) for e in valued), default=FAR)
        unit = UNITS.get(self.demand.unit)
        return {
            "number": 1.0,
            "no number": float(not valued),
            "number sentence": max(joint, default=0.0) / 2,
            "number near": 1 / (1 + apart) if self.asked else 0.3 * bool(valued),
            "unit": float(bool(unit) and not any(unit.search(e.sentence.text) for e in self.sentences if unit)),
        }

    def _cover(self, evidence: Evidence, tokens: Sequence[str]) -> float:
        held = stems(evidence.sentence.text)
        return sum(self.weight(t) * (1.0 if t in held else 0.0) for t in tokens)

    def absent_names(self, question: str) -> list[str]:
        """Names in the question that the papers meant do not have."""
        text = _squeeze(self.text)
        found = dict.fromkeys(PROPER.findall(question))
        absent = (name for name in found if _squeeze(name) not in self.names and _squeeze(name).rstrip("s") not in text)
        return [name for name in absent if not all(self.held(token) for token in tokenize(name))]

    def runs(self, question: str) -> list[tuple[list[str], str]]:
        """Stretches of neighbouring words that the papers meant do not hold, as stems and as written."""
        found: list[tuple[list[str], str]] = []
        run: list[re.Match[str]] = []
        terms = set(self.terms)
        for word in [*WORD.finditer(question), None]:
            lowered = word[0].casefold() if word else ""
            token = stem(lowered) if word and lowered not in STOPWORDS else ""
            if word and token in terms and self.held(token) < SAME_ROOT:
                run.append(word)
            elif run:
                written = question[run[0].start() : run[-1].end()]
                found.append(([stem(part[0].casefold()) for part in run], written))
                run = []
        return found

    def missing(self, question: str, absent_names: Sequence[str]) -> tuple[str, bool]:
        """What is asked for and not stated, in the asker's words, and whether it is spoken of without a number."""
        for thing in self.demand.things:
            if any(self.held(token) < SAME_ROOT for token in tokenize(thing) if token not in self.own):
                return thing, False
        if absent_names:
            return absent_names[0], False
        if self.demand.kind is Kind.NUMBER and self.demand.things:
            return self.demand.things[0], True
        runs = sorted(self.runs(question), key=lambda run: -sum(map(self.lack, run[0])))
        return (runs[0][1], False) if runs and len(runs[0][0]) < 4 else ("", False)

    def unheard(self, question: str) -> str:
        """The longest stretch of words of the question that no paper of the collection holds."""
        runs = [run for run in self.runs(question) if all(token not in self.words for token in run[0])]
        return max(runs, key=lambda run: len(run[0]))[1] if runs else ""


@lru_cache(maxsize=50_000)
def _likeness(token: str, held: frozenset[str], *, known: bool) -> float:
    if token in held:
        return 1.0
    if len(token) < 5:
        return 0.0
    root = token[: max(5, len(token) - 3)]
    if any(word.startswith(root) and len(word) - len(token) <= 3 for word in held):
        return SAME_ROOT
    if known:
        return 0.0
    near = (word for word in held if word[0] == token[0] and abs(len(word) - len(token)) <= 2)
    return MISSPELT * any(SequenceMatcher(None, word, token).ratio() >= LIKENESS for word in near)


def _words_between(text: str, asked: Sequence[str]) -> int:
    """How many words a number of a sentence stands from one of these stems, at the least."""
    starts = [found.start() for found in WORD.finditer(text)]
    places = [i for i, found in enumerate(WORD.finditer(text)) if stem(found[0].casefold()) in asked]
    values = [sum(start <= found.start() + 1 for start in starts) - 1 for found in VALUE.finditer(text)]
    return min((abs(a - b) for a in places for b in values), default=FAR)


def _plain(text: str) -> str:
    return f" {NO_WORD.sub(' ', text.casefold()).strip()} "


def _squeeze(text: str) -> str:
    return NO_WORD.sub("", text.casefold())
