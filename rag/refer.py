"""From what a turn points back to ('it', 'the second one', 'and on memory?') to papers, and to the turn written out.

Knows the conversation and the names of papers; what kind of question it is, others decide.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ingest.paper import Paper
from ingest.words import stems, tokenize
from rag import grammar
from rag.aspects import find_aspects
from rag.catalogue import Catalogue
from rag.demand import content
from rag.dialogue import Dialogue
from rag.grammar import Kind
from rag.names import short_name
from rag.retrieve import Retriever
from rag.topic import find_topic

SHORT = 4  # content words of a turn that may hang on the one before without saying so
MOST_NAMES = 4  # spelled out in a question that is written out; more are counted

Find = Callable[[str], Paper | None]


@dataclass(frozen=True, slots=True)
class Earlier:
    """The last question of a conversation as it was understood."""

    kind: Kind
    standalone: str
    papers: tuple[str, ...]
    aspects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """The papers a turn points back to, the turn written out with their names, and the trouble if that cannot be done.

    `ask` is the turn as it was said where only a pointer was replaced, else empty. `told` are papers not to tell again.
    """

    papers: tuple[str, ...]
    standalone: str
    trouble: str = ""
    ask: str = ""
    told: tuple[str, ...] = ()
    corrects: bool = False  # the papers are all that is meant, whatever else the turn names


Chosen = tuple[tuple[str, ...], str]  # papers, trouble


class Resolver:
    """Resolves what turns point to over one collection; `last` understands the last question of a dialogue."""

    def __init__(
        self, catalogue: Catalogue, retriever: Retriever, find: Find, last: Callable[[Dialogue], Earlier]
    ) -> None:
        self._catalogue, self._find, self._last = catalogue, find, last
        self._search, self._look = retriever.search, retriever.look

    def resolve(self, question: str, dialogue: Dialogue, named: Sequence[str]) -> Reference:
        """What a turn points back to; `named` are the papers that it names itself."""
        if not dialogue.last or not dialogue.focus:
            return Reference((), question, "" if named else dangling(question))
        correction = grammar.CORRECTION.match(question)
        corrects = bool(correction and correction.end() > 2)
        if correction and corrects:
            question = question[correction.end() :] or question
        if more := grammar.ELSE.search(question):
            return self._more(dialogue, more["also"] or "")
        compares = bool(grammar.STRONG_COMPARISON.search(question) or grammar.THAN.search(question))
        points = self._points_back(question, compares)
        if named and not points:
            return self._named_only(question, dialogue, tuple(named), corrects, compares)
        if out := grammar.FORMER_LATTER.search(question):
            return self._former_latter(question, dialogue, out)
        if family := grammar.KIND_OF.search(question):
            name = self.name(dialogue.focus[0])
            return Reference((), f"{question[: family.start()]}methods like {name}{question[family.end() :]}")
        if not named and (which := grammar.WHICH_ONE.match(question)) and (options := self._options(dialogue)):
            return Reference(options, f"Which of {self.names(options)} {which['rest']}", ask=which["rest"])
        pointed = self._pointed(question, dialogue, named, corrects=corrects, compares=compares)
        return pointed or self._hanging(question, dialogue, named)

    # -- by a word that points ---------------------------------------------------------------------------------

    def _points_back(self, question: str, compares: bool) -> bool:
        """Whether a pronoun means what was said before: not one behind a name of the same turn, unless it compares."""
        first = next(iter(self._catalogue.mentions(question)), None)
        found = [one for form in (grammar.ONE, grammar.MANY) if (one := form.search(question))]
        return any(not first or compares or one.start() < first.start for one in found)

    def _pointed(
        self, question: str, dialogue: Dialogue, named: Sequence[str], *, corrects: bool, compares: bool
    ) -> Reference | None:
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
                if compares and not named and len(papers) == 1 and form is not grammar.ONE:
                    return self._beside(papers[0], dialogue, question)
                if not papers:
                    return Reference((), question, trouble)
                bare = not tokenize(question[: found.start()] + question[found.end() :])
                if (corrects or bare) and not named and find_aspects(question) == ():
                    return Reference(papers, self._again(dialogue, papers), trouble)
                return Reference(papers, self._write_out(question, found, papers), trouble, ask=question)
        return None

    def _beside(self, paper: str, dialogue: Dialogue, question: str) -> Reference:
        """'How does it differ from the first?': the paper just spoken of beside the one pointed to."""
        just = dialogue.focus[0]
        if paper == just:
            return Reference((), question, f"{self.name(just)} is what was just spoken of; name what to set beside it.")
        return Reference((just, paper), self._comparison((just, paper), find_aspects(question)))

    def _ordinal(self, found: re.Match[str], dialogue: Dialogue, named: Sequence[str]) -> Chosen:
        place, options = grammar.ordinal(found), dialogue.choice or dialogue.focus
        if count := grammar.COUNTED.get((found["count"] or "").casefold(), 0):
            return (options[-count:] if place < 0 else options[place - 1 : place - 1 + count]), ""
        if place > len(options) or place == 0:
            held = "Only one paper was" if len(options) == 1 else f"Only {len(options)} papers were"
            names = ", ".join(self.name(paper) for paper in options)
            return (), f"{held} mentioned ({names}), so there is no number {place}; ask about one of them by name."
        return (options[place - 1 if place > 0 else -1],), ""

    def _other(self, found: re.Match[str], dialogue: Dialogue, named: Sequence[str]) -> Chosen:
        last = dialogue.last.papers if dialogue.last else ()
        rest = tuple(paper for paper in dialogue.choice if paper not in last) or tuple(
            paper for paper in dialogue.papers if paper not in last
        )
        if not rest and len(last) > 1:
            rest = last[1:]
        if not rest:
            return (), "Only one paper was mentioned before, so there is no other; ask about one by name."
        return (rest, "") if re.search(r"others|ones|two", found[0], re.IGNORECASE) else (rest[:1], "")

    def _by_description(self, found: re.Match[str], dialogue: Dialogue, named: Sequence[str]) -> Chosen | None:
        """'the 2-bit one': of the papers mentioned, the one that fits the description best, or all that have its words
        where several are meant."""
        options, what = dialogue.papers, (found["what"] or found["which"]).strip()
        if beyond := self._beyond(found, options):
            return beyond
        if not tokenize(what) or len(options) < 2 or what.split()[0].casefold() in grammar.ORDINAL_WORDS:
            return None
        ranked = sorted(self._look(what, options), key=lambda one: -one.score)
        if re.search(r"s$", found[0], re.IGNORECASE):
            wanted = set(tokenize(what))
            all_of = tuple(one.paper.id for one in ranked if wanted <= stems(f"{one.paper.title} {one.paper.abstract}"))
            if all_of:
                return tuple(paper for paper in options if paper in all_of), ""
        return ((ranked[0].paper.id,), "") if ranked else None

    def _beyond(self, found: re.Match[str], options: Sequence[str]) -> Chosen | None:
        """'the one with energy', of which no paper mentioned speaks: the paper whose title does."""
        wanted = set(tokenize(found["which"] or ""))
        papers = filter(None, map(self._find, options))
        if not wanted or any(wanted <= stems(f"{paper.title} {paper.abstract}") for paper in papers):
            return None
        near = self._search(found["which"], k=3)
        return next((((one.paper.id,), "") for one in near if wanted <= stems(one.paper.title)), None)

    def _many(self, found: re.Match[str], dialogue: Dialogue, named: Sequence[str]) -> Chosen | None:
        if re.match(r"(?:these|those) (?:papers|works|studies)", found[0], re.IGNORECASE) and len(dialogue.focus) < 2:
            return None  # 'these papers' are the collection unless several were just spoken of
        if grammar.TWO.search(found[0]) and len(dialogue.focus) != 2:
            return dialogue.latest(2), ""
        authors = re.fullmatch(r"they|them|their|theirs", found[0], re.IGNORECASE)
        return (dialogue.focus if authors or len(dialogue.focus) > 1 else dialogue.choice or dialogue.focus), ""

    def _one(self, found: re.Match[str], dialogue: Dialogue, named: Sequence[str]) -> Chosen:
        return dialogue.focus[:1] if not named else dialogue.focus[:2], ""

    def _former_latter(self, question: str, dialogue: Dialogue, found: re.Match[str]) -> Reference:
        options = (dialogue.choice or dialogue.focus)[:2]
        if len(options) < 2:
            return Reference((), question, "Only one paper was mentioned before; ask about one by name.")
        places = [0 if one[1].casefold() == "former" else 1 for one in grammar.FORMER_LATTER.finditer(question)]
        written = grammar.FORMER_LATTER.sub(
            lambda one: self.name(options[0 if one[1].casefold() == "former" else 1]), question
        )
        return Reference(tuple(dict.fromkeys(options[place] for place in places)), written)

    @staticmethod
    def _options(dialogue: Dialogue) -> tuple[str, ...]:
        """The papers that 'which one' chooses among: those of the last answer, or those set out before it."""
        return dialogue.focus if len(dialogue.focus) > 1 else dialogue.choice

    # -- with names of its own -----------------------------------------------------------------------------------

    def _named_only(
        self, question: str, dialogue: Dialogue, named: tuple[str, ...], corrects: bool, compares: bool
    ) -> Reference:
        if corrects:
            return self._corrected(dialogue, named)
        beside = tuple(paper for paper in dialogue.focus if paper not in named)[:1]
        if len(named) == 1 and beside and compares and not self._has_sides(question, named):
            return Reference(beside, f"{question.rstrip(' ?.!')}, beside {self.name(beside[0])}?")
        if grammar.LEAD_IN.match(question) and not self._besides_names(grammar.LEAD_IN.sub("", question)):
            last = self._last(dialogue)
            if last.kind is Kind.COMPARISON and len(last.papers) == 2 and len(named) == 1:  # 'and from KIVI?'
                papers = (last.papers[0], named[0])
                return Reference(papers, self._comparison(papers, last.aspects), corrects=True)
            return Reference(named, self._again(dialogue, named))  # 'and KIVI?'
        return Reference((), question)

    def _has_sides(self, question: str, named: Sequence[str]) -> bool:
        """Whether a comparison that names one paper describes the other ('compare KIVI and the 4-bit one')."""
        said = [side for side in grammar.sides(question) if self._besides_names(side)]
        joined = re.search(r"\b(?:and|with|to|from|versus|vs|than|or)\b", question, re.IGNORECASE)
        return len(said) > 1 and bool(joined) and bool(grammar.DESCRIBED.search(question))

    def _besides_names(self, text: str) -> list[str]:
        """The content words of a text that are not part of a paper's name."""
        for mention in reversed(self._catalogue.mentions(text)):
            text = text[: mention.start] + " " + text[mention.end :]
        return tokenize(text)

    def _corrected(self, dialogue: Dialogue, named: tuple[str, ...]) -> Reference:
        """The last question with the right paper in the place of the one that was guessed, else of the last one."""
        last = self._last(dialogue)
        if last.kind is not Kind.COMPARISON or len(last.papers) < 2 or len(named) > 1 or not dialogue.last:
            return Reference(named, self._again(dialogue, named))
        spoken = {mention.paper_ids[0] for mention in self._catalogue.mentions(dialogue.last.question)}
        wrong = ([paper for paper in last.papers if paper not in spoken] or list(last.papers))[-1]
        papers = tuple(dict.fromkeys(named[0] if paper == wrong else paper for paper in last.papers))
        return Reference(papers, self._comparison(papers, last.aspects), corrects=True)

    # -- without either ----------------------------------------------------------------------------------------

    def _hanging(self, question: str, dialogue: Dialogue, named: Sequence[str]) -> Reference:
        if not self._hangs_on(question, dialogue, named):
            return Reference((), question)
        last = self._last(dialogue)
        rest = grammar.LEAD_IN.sub("", question).strip(" ?.!")
        if rest and not grammar.ASKS.match(rest):
            if find_aspects(rest):  # 'and on memory?'
                several = len(dialogue.focus) > 1
                about = f"What about {rest} in {self.names(dialogue.focus)}?"
                return Reference(dialogue.focus, self._comparison(dialogue.focus, (), rest) if several else about)
            topic = find_topic(last.standalone).wanted
            if last.kind is Kind.SURVEY and not last.papers and topic in last.standalone:  # 'and quantization?'
                return Reference((), last.standalone.replace(topic, rest))
        elif rest:
            return Reference(dialogue.focus, f"{question.rstrip(' ?.!')}, of {self.names(dialogue.focus)}?")
        before = last.standalone.rstrip(" ?.!")
        return Reference(dialogue.focus, f"{before}, {question[0].lower()}{question[1:]}")

    def _hangs_on(self, question: str, dialogue: Dialogue, named: Sequence[str]) -> bool:
        """Whether a turn without a pointing word still needs the one before it: it opens like a continuation, or it is
        short and asks of nothing but what the papers just spoken of say."""
        if named or grammar.SURVEY.search(question) or grammar.COLLECTION.search(question):
            return False
        words = tokenize(question)
        if grammar.ELLIPSIS.match(question) and len(words) <= 2 * SHORT:
            return True
        if grammar.MODIFIER.match(question) and len(words) <= SHORT:
            return True
        if grammar.FRAGMENT.match(question):
            return True
        own = content(question)
        if len(own) > SHORT:
            return False
        if all(find_aspects(word) for word in own):
            return bool(own) or bool(grammar.ASKS.match(question))
        if not grammar.ASKS.match(question):
            return False
        text = " ".join(f"{paper.title} {paper.abstract}" for paper in map(self._find, dialogue.focus) if paper)
        ranked = self._search(question, k=1)
        return set(own) <= stems(text) and bool(ranked) and ranked[0].paper.id in dialogue.focus

    def _more(self, dialogue: Dialogue, also: str) -> Reference:
        """'Anything else?': the last question again, of the papers that were not told."""
        standalone = self._last(dialogue).standalone
        written = f"{standalone.rstrip(' ?.!')} {also.rstrip(' ?.!')}?" if also else standalone
        return Reference((), written, told=dialogue.papers)

    # -- writing out -------------------------------------------------------------------------------------------

    def name(self, paper_id: str) -> str:
        paper = self._find(paper_id)
        return short_name(paper) if paper else paper_id

    def names(self, ids: Sequence[str]) -> str:
        """'A, B and C', or how many where they are too many to read."""
        if len(ids) > MOST_NAMES:
            return f"these {len(ids)} papers"
        spelled = [self.name(paper) for paper in ids]
        return spelled[0] if len(spelled) == 1 else ", ".join(spelled[:-1]) + " and " + spelled[-1]

    def _comparison(self, papers: Sequence[str], aspects: Sequence[str], on: str = "") -> str:
        on = on or " and ".join(aspects)
        return f"Compare {self.names(papers)}" + (f" on {on}" if on else "")

    def _write_out(self, question: str, found: re.Match[str], papers: Sequence[str]) -> str:
        """The question with names for the words that pointed back to them."""
        spoken = self.names(papers)
        possessive = re.fullmatch(r"its|theirs?", found[0], re.IGNORECASE)
        which = re.match(r"(?:one|which|any|some|none|each|both|all) of |both(?= )", found[0], re.IGNORECASE)
        spoken = (which[0] if which else "") + spoken + ("'s" if possessive else "")
        return question[: found.start()] + spoken + question[found.end() :]

    def _again(self, dialogue: Dialogue, papers: Sequence[str]) -> str:
        """The last question, asked of other papers than it was."""
        last = self._last(dialogue).standalone.rstrip(" ?.!")
        mentions = self._catalogue.mentions(last)
        if not [mention for mention in mentions if mention.paper_ids[0] not in papers]:
            return f"{last} – {self.names(papers)}?"
        return f"{last[: mentions[0].start]}{self.names(papers)}{last[mentions[-1].end :]}?"


def dangling(question: str) -> str:
    """The trouble with a turn that points to something although nothing was said."""
    if grammar.COLLECTION.search(question) or grammar.SURVEY.search(question):
        return ""
    words = tokenize(question)
    points = (
        grammar.OTHER.search(question) or grammar.FORMER_LATTER.search(question) or grammar.ORDINAL.search(question)
    )
    bare = grammar.ONE.search(question) or grammar.MANY.search(question) or grammar.ELLIPSIS.match(question)
    if (points and len(words) <= SHORT + 2) or ((bare or grammar.ELSE.search(question)) and len(words) <= 2):
        return "There is nothing before this that it could refer to; name a paper, a method or a topic."
    return ""
