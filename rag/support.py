"""How far the papers found meet what a question asks for: signals from 0 (not at all) upwards, and what is missing.

Looks at words, numbers and names in titles and abstracts, and at the cosines behind the scores. Decides nothing.
"""

import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache

from ingest.names import nickname
from ingest.words import STOPWORDS, WORD, WordIndex, stem, stems, tokenize
from rag.answer import Evidence, Ranked
from rag.demand import FORMULA, Demand, Kind, about_stems, asking_part, content, read_demand
from rag.figures import FAR, UNITS, VALUE, words_between
from rag.focus import find_focus, says

NO_WORD = re.compile(r"[\W_]+")
# A name that is no dictionary word ('H100', 'LLaMA', 'TPU'), or a word with a capital within a sentence ('Swahili').
PROPER = re.compile(
    r"(?<![\w-])(?:[\w-]*[a-z\d][A-Z][\w-]*|[A-Z][A-Z\d-]+\w*|[A-Z][\w-]*\d[\w-]*)|(?<=[\w,] )[A-Z][a-z]{2,}\b"
)
LED_IN = re.compile(
    r"(?:^|[,;:(]|\b(?:an?|the|any|some|its|their|his|her|of|on|in|for|with|by|from|to|as|using|what|which|many|much|and|or"
    r"|about|than|like|under|over|at|into|per|between|without))\W*$",
    re.IGNORECASE,
)
COUNTS = re.compile(r"\bhow many\b(?! (?:more |fewer )?(?:times|percent|points|of)\b)", re.IGNORECASE)
RELEASE = re.compile(r"github|open[- ]?sourc|licen[cs]e|\bcode\b|\bavailable\b|\breleas", re.IGNORECASE)
SAME_ROOT, MISSPELT = 0.7, 0.8  # what a word is worth that shares its root, or all but a letter, with one in the text
LIKENESS = 0.8  # difflib's ratio from which a word that no paper has is taken for a misspelt one
SHORT_NAME = 2  # letters of a name that must be a word of the text, since any text has 'ap' in 'approach'
FIELDS = frozenset("ai ml nlp dl".split())  # names of what all papers are about, which need not say so
MOST_LACKING = 2.0  # rare words that others hold; more of them say no more
FEW_WORDS = 3  # of a question in which a single word may stand for all of it
ASIDE = 0.4  # weight of a word that tells of the asker's case, beside one of the question itself
LONG = 4.0  # square root of the number of words of a description beyond which length says no more


@dataclass(frozen=True, slots=True)
class Support:
    """The signals of one question, and the words for what is missing.

    `group`: 'named' (it names a paper), 'compared' (it sets two or more side by side) or 'described' (neither).
    `missing`: the thing asked for that is not stated, in the asker's words; `mentioned`: it is spoken of, but no
    number is given for it. `unheard`: words that no paper of the collection holds. `counts`: it asks how many there are
    of something.
    """

    group: str
    papers: tuple[Ranked, ...]
    signals: dict[str, float]
    missing: str = ""
    mentioned: bool = False
    unheard: str = ""
    counts: bool = False


def measure(question: str, ranked: Sequence[Ranked], words: WordIndex, named: Collection[str]) -> Support:
    """The support that the papers found, best first and at least one, give to a question."""
    demand = read_demand(question)
    group, papers = find_focus(question, ranked, words, named)
    weighing = Weighing.of(question, demand, papers, words)
    signals = weighing.words_lacking(question, ranked) | weighing.thing_lacking() | weighing.numbers()
    signals |= weighing.rest()
    cosines = sorted((each.cosine for found in papers for each in found.evidence), reverse=True)[:2]
    absent_names = weighing.absent_names(question)
    rare = sum(max((weighing.weight(token) for token in tokenize(name)), default=0.0) for name in absent_names)
    signals |= {
        "cosine": sum(cosines) / 2,
        "names": min(rare, 2.0) / math.sqrt(max(1.0, len(weighing.terms) / 4)),
        "formula": float(demand.kind is Kind.FORMULA and not weighing.has_formula(question)),
        "paper": float(demand.kind is Kind.PAPER),
        "topic": float(demand.topical),
        "outside": float(_is_outside(demand, weighing.text)),
        "length": min(math.sqrt(len(weighing.terms)), LONG),
        "asking": min(math.sqrt(len(weighing.core.intersection(weighing.terms))), LONG),
    }
    missing, mentioned = weighing.missing(question, absent_names)
    counts = demand.kind is Kind.NUMBER and bool(weighing.asked) and bool(COUNTS.search(question))
    return Support(group, papers, signals, missing, mentioned, weighing.unheard(question), counts)


def _is_outside(demand: Demand, text: str) -> bool:
    """Whether it asks for what abstracts do not hold: people and dates; code where none is spoken of."""
    return demand.kind in (Kind.PERSON, Kind.DATE) or (demand.kind is Kind.CODE and not RELEASE.search(text))


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
    titled: frozenset[str]  # stems of the titles of the papers meant
    sentences: tuple[Evidence, ...]
    most: float
    core: frozenset[str] = frozenset()  # stems of the part that asks
    _held: dict[str, float] = field(default_factory=dict)
    _weights: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, question: str, demand: Demand, papers: Sequence[Ranked], words: WordIndex) -> "Weighing":
        names = [nickname(found.paper) for found in papers if says(question, nickname(found.paper))]
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
            frozenset(token for found in papers for token in tokenize(found.paper.title)),
            tuple(evidence for found in papers for evidence in found.evidence),
            math.log(1 + (len(words.numbers) + 0.5) / 0.5),
            frozenset(tokenize(asking_part(question))),
        )

    def weight(self, token: str) -> float:
        """0 to 1: how rare a stem is, 1 for one that no paper holds; less in what only leads up to the question."""
        if token not in self._weights:
            share = ASIDE if self.core and token not in self.core else 1.0
            self._weights[token] = share * self.words.idf(token) / self.most
        return self._weights[token]

    def held(self, token: str) -> float:
        """How surely the papers meant hold a word: 1 as it stands, less by its root or misspelt, else 0."""
        if token not in self._held:
            self._held[token] = likeness(token, stems(self.text), known=token in self.words)
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
            "known": min(MOST_LACKING, sum(lacks[token] for token in gone if token in self.words)),
            "elsewhere": min(
                MOST_LACKING, sum(lacks[token] for token in gone if any(token in other for other in others))
            ),
            "unknown": sum(lacks[token] for token in gone if token not in self.words) / max(1, len(self.terms)),
            "lack": sum(lacks.values()) / max(1, len(self.terms)),
            "run": max((sum(map(self.lack, run)) for run, _ in self.runs(question)), default=0.0),
            "best": max((self._cover(e, self.terms) for e in self.sentences), default=0.0) / mass,
        }

    def has_formula(self, question: str) -> bool:
        """Whether the papers speak of what a question asks the formula or setting of in so many words."""
        cue = FORMULA.search(question)
        return cue is not None and all(self.held(token) == 1 for token in tokenize(cue[0].split()[-1]))

    def rest(self) -> dict[str, float]:
        """How much of what a question says beyond the titles of the papers meant they hold, and their best sentence."""
        rest = [token for token in self.terms if token not in self.titled]
        mass = sum(map(self.weight, rest))
        held = sum(self.weight(token) * self.held(token) for token in rest)
        best = max((self._cover(e, rest) for e in self.sentences), default=0.0)
        return {"rest": held / mass if mass else 1.0, "rest together": best / mass if mass else 1.0}

    def thing_lacking(self) -> dict[str, float]:
        """Words of the thing asked for that the papers do not hold."""
        mass = sum(map(self.weight, self.asked)) or 1.0
        lack = sum(map(self.lack, self.asked))
        return {"thing": lack, "thing share": lack / mass}

    def numbers(self) -> dict[str, float]:
        """Where a number is asked for: whether there is one, beside the thing asked for, of the right unit."""
        if self.demand.kind is not Kind.NUMBER:
            return dict.fromkeys(("number", "number sentence", "number near", "unit"), 0.0)
        valued = [evidence for evidence in self.sentences if VALUE.search(evidence.sentence.text)]
        terms, asked = (sum(map(self.weight, tokens)) or 1.0 for tokens in (self.terms, self.asked))
        joint = (self._cover(e, self.terms) / terms + self._cover(e, self.asked) / asked for e in valued)
        apart = min((words_between(e.sentence.text, self.asked) for e in valued), default=FAR)
        unit = UNITS.get(self.demand.unit)
        return {
            "number": 1.0,
            "number sentence": max(joint, default=0.0) / 2,
            "number near": 1 / (1 + apart) if self.asked else 0.3 * bool(valued),
            "unit": float(bool(unit) and not any(unit.search(e.sentence.text) for e in self.sentences if unit)),
        }

    def _cover(self, evidence: Evidence, tokens: Sequence[str]) -> float:
        held = stems(evidence.sentence.text)
        return sum(self.weight(t) * (1.0 if t in held else 0.0) for t in tokens)

    def absent_names(self, question: str) -> list[str]:
        """Names in the question that the papers meant do not have."""
        if not (found := dict.fromkeys(PROPER.findall(question))):
            return []
        text, words = _squeeze(self.text), {_squeeze(word).rstrip("s") for word in re.split(r"[\s/(),.-]+", self.text)}
        squeezed = {name: _squeeze(name).rstrip("s") for name in found if _squeeze(name) not in self.names}
        absent = [name for name, key in squeezed.items() if key not in (words if len(key) <= SHORT_NAME else text)]
        absent = [name for name in absent if name.casefold() not in FIELDS]
        return [name for name in absent if not all(self.held(token) for token in tokenize(name))]

    def runs(self, question: str) -> list[tuple[list[str], str]]:
        """Stretches of neighbouring words that the papers meant do not hold, as stems and as written."""
        found: list[tuple[list[str], str]] = []
        run: list[re.Match[str]] = []
        terms = set(self.terms)
        for word in [*WORD.finditer(question), None]:
            lowered = word[0].casefold() if word else ""
            token = stem(lowered) if word and lowered not in STOPWORDS and lowered != "whose" else ""
            missing = bool(word and token in terms and self.held(token) < SAME_ROOT)
            apart = bool(run and word and set(question[run[-1].end() : word.start()]) & set(",;:.?!"))
            if run and (apart or not missing):
                written = question[run[0].start() : run[-1].end()]
                found.append(([stem(part[0].casefold()) for part in run], written))
                run = []
            if word and missing:
                run.append(word)
        return found

    def missing(self, question: str, absent_names: Sequence[str]) -> tuple[str, bool]:
        """What is asked for and not stated, in the asker's words, and whether it is spoken of without a number."""
        if self.demand.kind in (Kind.PERSON, Kind.DATE):
            return "", False
        for thing in self.demand.things:
            tokens = tokenize(thing)
            short = any(self.held(token) < SAME_ROOT for token in tokens) and self.own.isdisjoint(tokens)
            if short and not says(self.text, thing):
                return thing, False
        if absent_names:
            return absent_names[0], False
        if self.demand.kind is Kind.NUMBER and self.demand.things:
            return self.demand.things[0], True
        runs = [run for run in self.runs(question) if 1 < len(run[0]) < 4 and _is_phrase(run[1], question)]
        return max(runs, key=lambda run: sum(map(self.lack, run[0])), default=([], ""))[1], False

    def unheard(self, question: str) -> str:
        """The longest stretch of words of the question that no paper of the collection holds."""
        fewest = 1 if len(self.terms) <= FEW_WORDS else 2
        runs = [run for run in self.runs(question) if all(token not in self.words for token in run[0])]
        return max((written for run, written in runs if len(run) >= fewest), key=len, default="")


def _is_phrase(words: str, question: str) -> bool:
    """Whether words stand in a question as a thing of their own: not as in “entropy hits zero”."""
    return bool(LED_IN.search(question[: question.index(words)]))


@lru_cache(maxsize=50_000)
def likeness(token: str, held: frozenset[str], *, known: bool) -> float:
    """How surely a stem stands among others: 1 as it is, less by its root or, where no paper knows it, misspelt."""
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


def _squeeze(text: str) -> str:
    return NO_WORD.sub("", text.casefold())
