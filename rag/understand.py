"""From a turn and what went before it to what is asked: its kind, its papers, and the question written out.

Deterministic: grammar, names, and where a description stands for a name, the vectors. Writes no answer.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ingest.paper import Paper
from ingest.words import tokenize
from rag import grammar
from rag.aspects import find_aspects
from rag.catalogue import Catalogue
from rag.dialogue import Dialogue
from rag.grammar import Change, Edit, Kind
from rag.names import COINED_WORD, short_name
from rag.retrieve import Retriever

MOST_PAPERS = 12  # papers one turn is about
DESCRIBED_FROM = 15  # papers among which descriptions are looked up
SECOND_SIDE = 0.75  # share of the best score that the second paper of a described comparison has
MOST_SIDES = 6  # pieces of a question looked up as descriptions
MOST_BACK = 3  # exchanges read back to write out the question before
SHORT = 4  # content words of a turn that may hang on the one before without saying so
KNOWN_TOPIC = 0.62  # score of the best paper from which a short turn stands by itself

Find = Callable[[str], Paper | None]


@dataclass(frozen=True, slots=True)
class Understood:
    """What a turn asks. `papers` are the ids it is about, in order; `trouble` is a plain sentence instead of an answer.

    `standalone` is the question written out, with names for what it pointed to.
    """

    kind: Kind
    standalone: str
    papers: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    aspects: tuple[str, ...] = ()
    edit: Edit | None = None
    follows: bool = False
    trouble: str = ""

    @property
    def line(self) -> str:
        """'compare · KIVI, ZipCache · memory'."""
        change = f"{self.edit.change} {self.edit.what}".strip() if self.edit else ""
        return " · ".join(filter(None, (self.kind.value, change, ", ".join(self.names), ", ".join(self.aspects))))


class Understanding:
    """Understands turns over one collection."""

    def __init__(self, catalogue: Catalogue, retriever: Retriever, find: Find) -> None:
        self._catalogue, self._find = catalogue, find
        self._search, self._look = retriever.search, retriever.look

    def understand(self, question: str, dialogue: Dialogue) -> Understood:
        """What a cleaned question asks after what was said before."""
        if grammar.GREETING.match(question) or grammar.HELP.search(question):
            return Understood(Kind.TALK, question)
        if dialogue.last and (edit := grammar.read_edit(question)):
            return self._edited(question, edit, dialogue)
        named = self._named(question)
        resolved, standalone, trouble = self._resolve(question, dialogue, named)
        trouble = trouble or self._unknown_side(question, named)
        if trouble:
            return Understood(Kind.FACT, question, trouble=trouble, follows=True)
        papers = tuple(dict.fromkeys([*resolved, *named]))[:MOST_PAPERS]
        kind = self._kind(standalone, named=papers)
        if kind is Kind.COMPARISON and len(papers) < 2:
            papers = self._described(standalone, papers)
            kind = kind if len(papers) > 1 else Kind.FACT
        if kind is Kind.SURVEY and not resolved and not grammar.WHICH_OF.search(standalone):
            papers = ()  # a name in a survey is its topic, not its scope
        understood = Understood(kind, standalone, papers, aspects=find_aspects(standalone), follows=bool(resolved))
        return self._with_names(understood)

    # -- kinds -------------------------------------------------------------------------------------------------

    def _kind(self, question: str, *, named: Sequence[str]) -> Kind:
        strong = grammar.STRONG_COMPARISON.search(question)
        if strong and (len(named) > 1 or not grammar.SURVEY.search(question)):
            return Kind.COMPARISON
        if len(named) > 1 and grammar.WHICH_OF.search(question):
            return Kind.SURVEY
        if len(named) > 1 and (grammar.WEAK_COMPARISON.search(question) or not grammar.YES_NO.match(question)):
            return Kind.COMPARISON
        if grammar.COLLECTION.search(question) and not named:
            return Kind.COLLECTION
        if grammar.ONE_WORK.search(question):
            return Kind.FACT
        if grammar.SURVEY.search(question):
            return Kind.SURVEY
        if len(named) < 2 and self._sets_side_by_side(question):
            return Kind.COMPARISON
        about = grammar.SUMMARY.search(question)
        if about and len(question.split()) <= 14:
            return Kind.SUMMARY if named or not about.groupdict().get("named") else Kind.FACT
        return Kind.FACT

    @staticmethod
    def _sets_side_by_side(question: str) -> bool:
        """Whether a question without names speaks of several things of which each is asked the same."""
        each = re.search(r"\b(?:each|both|respectively|do they|which one)\b", question, re.IGNORECASE)
        sides = re.search(
            r"\bone\b.*\b(?:another|the other)\b|\bboth in\b|\b(?:two|three|four) \w+", question, re.IGNORECASE
        )
        return bool(each and sides)

    # -- what is pointed to ------------------------------------------------------------------------------------

    def _named(self, text: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(mention.paper_ids[0] for mention in self._catalogue.mentions(text)))

    def _resolve(self, question: str, dialogue: Dialogue, named: Sequence[str]) -> tuple[tuple[str, ...], str, str]:
        """The papers a turn points back to, the turn written out, and the trouble if that cannot be done."""
        if not dialogue.last or not dialogue.focus:
            return (), question, "" if named else self._dangling(question)
        correction = grammar.CORRECTION.match(question)
        if correction and correction.end() > 2:
            question = question[correction.end() :] or question
        beside = tuple(paper for paper in dialogue.focus if paper not in named)[:1]
        sides = grammar.STRONG_COMPARISON.search(question) or grammar.THAN.search(question)
        if len(named) == 1 and beside and sides and not grammar.MANY.search(question):  # 'what is the difference to …'
            pointed = grammar.ONE.search(question) or grammar.OTHER.search(question)
            return beside, question if pointed else f"{question.rstrip(' ?.!')}, beside {self._name(beside[0])}?", ""
        if named and not grammar.ONE.search(question) and not grammar.MANY.search(question):
            if correction and correction.end() > 2:
                return tuple(named), self._again(dialogue, tuple(named)), ""
            return (), question, ""
        if out := grammar.FORMER_LATTER.search(question):
            return self._former_latter(question, dialogue, out)
        for form, choose in (
            (grammar.ORDINAL, self._ordinal),
            (grammar.OTHER, self._other),
            (grammar.DESCRIBED, self._by_description),
            (grammar.MANY, self._many),
            (grammar.ONE, self._one),
        ):
            found = form.search(question)
            if found and (chosen := choose(found, dialogue, named)) is not None:
                papers, trouble = chosen
                written = self._write_out(question, found, papers, dialogue, corrected=bool(correction))
                return papers, written, trouble
        if self._hangs_on(question, dialogue, named):
            return dialogue.focus, f"{self._before(dialogue)}, {question[0].lower()}{question[1:]}", ""
        return (), question, ""

    @staticmethod
    def _dangling(question: str) -> str:
        """The trouble with a turn that points to something although nothing was said."""
        if grammar.COLLECTION.search(question) or grammar.SURVEY.search(question):
            return ""
        words = tokenize(question)
        points = (
            grammar.OTHER.search(question) or grammar.FORMER_LATTER.search(question) or grammar.ORDINAL.search(question)
        )
        bare = grammar.ONE.search(question) or grammar.MANY.search(question) or grammar.ELLIPSIS.match(question)
        if (points and len(words) <= SHORT + 2) or (bare and len(words) <= 2):
            return "There is nothing before this that it could refer to; name a paper, a method or a topic."
        return ""

    def _unknown_side(self, question: str, named: Sequence[str]) -> str:
        """The trouble with a comparison of a paper with itself, or with something that no paper here speaks of."""
        if len(named) > 1 or not grammar.STRONG_COMPARISON.search(question):
            return ""
        if not named:
            strange = [word for word in COINED_WORD.findall(question) if not self._catalogue.knows(word)]
            return f"No paper here speaks of “{strange[0]}”; compare papers that are here." if strange else ""
        name = self._name(named[0])
        if re.search(r"\bitself\b", question, re.IGNORECASE):
            return f"{name} compared with itself shows no difference; name another paper or method."
        sides = [re.sub(r"^\W*compar\w+\s+", "", side, flags=re.IGNORECASE) for side in grammar.sides(question)]
        strange = [side for side in sides if tokenize(side) and not self._catalogue.knows(side)]
        return f"No paper here speaks of “{strange[0]}”; compare {name} with one that is here." if strange else ""

    def _ordinal(
        self, found: re.Match[str], dialogue: Dialogue, named: Sequence[str]
    ) -> tuple[tuple[str, ...], str] | None:
        place = grammar.ordinal(found)
        options = dialogue.choice or dialogue.focus
        if place > len(options) or place == 0:
            count = "Only one paper was" if len(options) == 1 else f"Only {len(options)} papers were"
            names = ", ".join(self._name(paper) for paper in options)
            return (), f"{count} mentioned ({names}), so there is no number {place}; ask about one of them by name."
        return (options[place - 1 if place > 0 else -1],), ""

    def _other(
        self, found: re.Match[str], dialogue: Dialogue, named: Sequence[str]
    ) -> tuple[tuple[str, ...], str] | None:
        last = dialogue.last.papers if dialogue.last else ()
        rest = tuple(paper for paper in dialogue.choice if paper not in last) or tuple(
            paper for paper in dialogue.papers if paper not in last
        )
        if not rest and len(last) > 1:
            rest = last[1:]
        if not rest:
            return (), "Only one paper was mentioned before, so there is no other; ask about one by name."
        return (rest, "") if re.search(r"others|ones|two", found[0], re.IGNORECASE) else (rest[:1], "")

    def _by_description(
        self, found: re.Match[str], dialogue: Dialogue, named: Sequence[str]
    ) -> tuple[tuple[str, ...], str] | None:
        """'the 2-bit one': of the papers mentioned, the one that fits the description best."""
        options, what = dialogue.papers, found["what"].strip()
        if not tokenize(what) or len(options) < 2 or what.split()[0].casefold() in grammar.ORDINAL_WORDS:
            return None
        ranked = sorted(self._look(what, options), key=lambda one: -one.score)
        return ((ranked[0].paper.id,), "") if ranked else None

    def _many(
        self, found: re.Match[str], dialogue: Dialogue, named: Sequence[str]
    ) -> tuple[tuple[str, ...], str] | None:
        if re.match(r"(?:these|those) (?:papers|works|studies)", found[0], re.IGNORECASE) and len(dialogue.focus) < 2:
            return None  # 'these papers' are the collection unless several were just spoken of
        if grammar.TWO.search(found[0]) and len(dialogue.focus) != 2:
            return dialogue.latest(2), ""
        authors = re.fullmatch(r"they|them|their|theirs", found[0], re.IGNORECASE)
        return (dialogue.focus if authors or len(dialogue.focus) > 1 else dialogue.choice or dialogue.focus), ""

    def _one(
        self, found: re.Match[str], dialogue: Dialogue, named: Sequence[str]
    ) -> tuple[tuple[str, ...], str] | None:
        return dialogue.focus[:1] if not named else dialogue.focus, ""

    def _former_latter(
        self, question: str, dialogue: Dialogue, found: re.Match[str]
    ) -> tuple[tuple[str, ...], str, str]:
        options = (dialogue.choice or dialogue.focus)[:2]
        if len(options) < 2:
            return (), question, "Only one paper was mentioned before; ask about one by name."
        places = [0 if one[1].casefold() == "former" else 1 for one in grammar.FORMER_LATTER.finditer(question)]
        written = grammar.FORMER_LATTER.sub(
            lambda one: self._name(options[0 if one[1].casefold() == "former" else 1]), question
        )
        return tuple(dict.fromkeys(options[place] for place in places)), written, ""

    def _hangs_on(self, question: str, dialogue: Dialogue, named: Sequence[str]) -> bool:
        """Whether a turn without a pointing word still needs the one before it."""
        if named or grammar.SURVEY.search(question) or grammar.COLLECTION.search(question):
            return False
        words = tokenize(question)
        if grammar.ELLIPSIS.match(question) and len(words) <= 2 * SHORT:
            return True
        if len(words) > SHORT:
            return False
        ranked = self._search(question)
        return not ranked or ranked[0].score < KNOWN_TOPIC or ranked[0].paper.id in dialogue.focus

    def _write_out(
        self, question: str, found: re.Match[str], papers: Sequence[str], dialogue: Dialogue, *, corrected: bool
    ) -> str:
        """The question with names for the words that pointed back to them."""
        if not papers:
            return question
        names = [self._name(paper) for paper in papers]
        spoken = names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
        possessive = re.fullmatch(r"its|theirs?", found[0], re.IGNORECASE)
        which = re.match(r"(?:one|which|any|some|none|each|both|all) of |both(?= )", found[0], re.IGNORECASE)
        spoken = (which[0] if which else "") + spoken + ("'s" if possessive else "")
        written = question[: found.start()] + spoken + question[found.end() :]
        bare = not tokenize(question[: found.start()] + question[found.end() :])
        return self._again(dialogue, papers) if corrected or bare else written

    def _before(self, dialogue: Dialogue) -> str:
        """The last question, itself written out."""
        assert dialogue.last
        earlier = Dialogue(dialogue.exchanges[:-1][-MOST_BACK:])
        return self.understand(dialogue.last.question, earlier).standalone.rstrip(" ?.!")

    def _again(self, dialogue: Dialogue, papers: Sequence[str]) -> str:
        """The last question, asked of other papers than it was."""
        last = self._before(dialogue)
        names = " and ".join(self._name(paper) for paper in papers)
        old = [mention for mention in self._catalogue.mentions(last) if mention.paper_ids[0] not in papers]
        if not old:
            return f"{last} – {names}?"
        return f"{last[: old[0].start]}{names}{last[old[-1].end :]}?"

    # -- comparisons by description, edits ---------------------------------------------------------------------

    def _described(self, question: str, named: tuple[str, ...]) -> tuple[str, ...]:
        """The papers that the sides of a comparison describe, one for each side, besides those named."""
        count = grammar.counted(question)
        sides = [s for s in grammar.sides(question) if len(tokenize(s)) > 1 and not grammar.ASKS.match(s)]
        ranked = self._search(question, k=DESCRIBED_FROM)
        whole = {found.paper.id: found.score / ranked[0].score for found in ranked if found.score > 0}
        if not named and not count and len(ranked) > 1 and whole.get(ranked[1].paper.id, 0.0) < SECOND_SIDE:
            return ()  # it is about one paper
        fits: list[tuple[float, int, str]] = []
        for place, side in enumerate(sides[:MOST_SIDES]):
            found = self._look(side, list(whole))
            best = max((one.score for one in found), default=0.0) or 1.0
            fits += [(2 * whole[one.paper.id] + (one.score / best) ** 2, place, one.paper.id) for one in found]
        chosen = dict.fromkeys(named)
        told: set[int] = set()
        for _, place, paper in sorted(fits, reverse=True):  # a side has one paper
            if place not in told and paper not in chosen:
                told |= set() if grammar.counted(sides[place]) else {place}  # 'two papers on …' is both of them
                chosen[paper] = None
        return tuple(chosen)[: count or max(2, len(named))]

    def _edited(self, question: str, edit: Edit, dialogue: Dialogue) -> Understood:
        assert dialogue.last
        papers = dialogue.focus
        aspects = find_aspects(edit.what)
        meant = self._named(edit.what)
        if edit.change is Change.ADD:
            if not meant and not aspects:
                meant = tuple(found.paper.id for found in self._search(edit.what, k=1) if found.score >= KNOWN_TOPIC)
            papers = tuple(dict.fromkeys([*papers, *meant]))
        elif edit.change is Change.DROP:
            papers = tuple(paper for paper in papers if paper not in meant)
        elif edit.change is Change.ONLY and meant:
            papers = meant
        understood = Understood(Kind.EDIT, dialogue.last.question, papers, aspects=aspects, edit=edit, follows=True)
        return self._with_names(understood)

    # -- names -------------------------------------------------------------------------------------------------

    def _name(self, paper_id: str) -> str:
        paper = self._find(paper_id)
        return short_name(paper) if paper else paper_id

    def _with_names(self, understood: Understood) -> Understood:
        return replace(understood, names=tuple(self._name(paper) for paper in understood.papers))
