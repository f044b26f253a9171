"""From what a turn points back to ('it', 'the second one', 'and on memory?') to papers, and to the turn written out.

Knows the conversation and the names of papers; what kind of question it is, others decide.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ingest.words import stems, tokenize
from rag import grammar, pointers
from rag.aspects import find_aspects
from rag.catalogue import Catalogue
from rag.demand import content
from rag.described import SOME_WORDS, Described, Find, end_of, gist
from rag.dialogue import Dialogue
from rag.grammar import Kind
from rag.pointed import Pointed
from rag.retrieve import Retriever
from rag.strangers import sides_of
from rag.topic import find_topic
from rag.wording import Wording

STRAY_WORDS = 0.34  # share of a new topic's words that the papers just spoken of may have by chance


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
    both: tuple[str, ...] = ()  # topics that are asked for together
    corrects: bool = False  # the papers are all that is meant, whatever else the turn names


class Resolver:
    """Resolves what turns point to over one collection; `last` understands the last question of a dialogue."""

    def __init__(
        self, catalogue: Catalogue, retriever: Retriever, find: Find, last: Callable[[Dialogue], Earlier]
    ) -> None:
        self._catalogue, self._find, self._last = catalogue, find, last
        self._search = retriever.search
        wording = Wording(catalogue, find)
        self.name, self.names = wording.name, wording.names
        self._comparison, self._write_out, self._again = wording.comparison, wording.write_out, wording.again
        self._described = Described(retriever, find)
        self.pointed = Pointed(retriever, find, wording)

    def resolve(self, question: str, dialogue: Dialogue, named: Sequence[str]) -> Reference:
        """What a turn points back to; `named` are the papers that it names itself."""
        if not dialogue.last or not dialogue.focus:
            return Reference((), question, "" if named else pointers.dangling(question))
        correction = pointers.CORRECTION.match(question)
        corrects = bool(correction and correction.end() > 2)
        if correction and corrects:
            question = question[correction.end() :] or question
        if pointers.ALIKE.search(question) and (like := self._find(dialogue.focus[0])):
            return Reference((), f"Which papers are like {like.title}?", told=dialogue.focus[:1])
        if more := pointers.ELSE.search(question):
            return self._more(dialogue, more["also"] or "")
        compares = bool(grammar.STRONG_COMPARISON.search(question) or pointers.THAN.search(question))
        points = self._points_back(question, compares)
        if named and not points:
            return self._named_only(question, dialogue, tuple(named), corrects, compares)
        if out := pointers.FORMER_LATTER.search(question):
            return self._former_latter(question, dialogue, out)
        if not named and re.search(r"\bboth\b", question, re.IGNORECASE) and (topics := self._topics(dialogue)):
            return Reference((), f"Which papers are about {topics[0]} and {topics[1]}?", both=topics)
        if family := pointers.KIND_OF.search(question):
            name = self.name(dialogue.focus[0])
            return Reference((), f"{question[: family.start()]}methods like {name}{question[family.end() :]}")
        if not named and (which := pointers.WHICH_ONE.match(question)) and (options := self._options(dialogue)):
            return Reference(options, f"Which of {self.names(options)} {which['rest']}", ask=which["rest"])
        pointed = self._pointed(question, dialogue, named, corrects=corrects, compares=compares)
        return pointed or self._hanging(question, dialogue, named)

    # -- by a word that points ---------------------------------------------------------------------------------

    def _points_back(self, question: str, compares: bool) -> bool:
        """Whether a pronoun means what was said before: not one behind a name of the same turn, unless it compares."""
        names = [mention for mention in self._catalogue.mentions(question) if mention.is_own]
        for form, enough in ((pointers.ONE, 1), (pointers.MANY, 2)):
            found = form.search(question)
            if found and found[0].casefold() == "both" and len(names) > 1:
                continue  # 'both APOLLO and KIVI' names what it means
            before = [mention for mention in names if found and mention.start < found.start()]
            if found and (not before or (compares and (form is pointers.ONE or len(before) < enough))):
                return True
        return False

    def _pointed(
        self, question: str, dialogue: Dialogue, named: Sequence[str], *, corrects: bool, compares: bool
    ) -> Reference | None:
        for form, choose in self.pointed.forms:
            found = form.search(question)
            if found and (chosen := choose(found, dialogue, named)) is not None:
                papers, trouble = chosen
                if compares and not named and len(papers) == 1 and form is not pointers.ONE:
                    return self._beside(papers[0], dialogue, question)
                if not papers:
                    return Reference((), question, trouble)
                bare = not tokenize(question[: found.start()] + question[end_of(found) :])
                if (corrects or bare) and not named and find_aspects(question) == ():
                    return self._corrected(dialogue, papers) if corrects else self._asked_of(dialogue, papers)
                return Reference(papers, self._write_out(question, found, papers), trouble, ask=question)
        return None

    def _beside(self, paper: str, dialogue: Dialogue, question: str) -> Reference:
        """'How does it differ from the first?': the paper just spoken of beside the one pointed to."""
        just = dialogue.focus[0]
        if paper == just:
            return Reference((), question, f"{self.name(just)} is what was just spoken of; name what to set beside it.")
        return Reference((just, paper), self._comparison((just, paper), find_aspects(question)))

    def _former_latter(self, question: str, dialogue: Dialogue, found: re.Match[str]) -> Reference:
        options = (dialogue.choice or dialogue.focus)[:2]
        if len(options) < 2:
            return Reference((), question, "Only one paper was mentioned before; ask about one by name.")
        places = [0 if one[1].casefold() == "former" else 1 for one in pointers.FORMER_LATTER.finditer(question)]
        written = pointers.FORMER_LATTER.sub(
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
        described = self._described_beside(question, dialogue, named)
        if described and compares:
            return described
        beside = tuple(paper for paper in dialogue.focus if paper not in named)[:1]
        alone = len(sides_of(question, self._catalogue)) < 2 and not self._has_sides(question, named)
        if len(named) == 1 and beside and compares and alone:
            return Reference(beside, f"{question.rstrip(' ?.!')}, beside {self.name(beside[0])}?")
        if pointers.LEAD_IN.match(question) and not self._besides_names(pointers.LEAD_IN.sub("", question)):
            instead = pointers.AGAINST.match(question)
            return self._asked_of(dialogue, named, instead=bool(instead))  # 'and KIVI?', 'and from KIVI?'
        return Reference((), question)

    def _asked_of(self, dialogue: Dialogue, papers: tuple[str, ...], *, instead: bool = False) -> Reference:
        """The last question asked of other papers; a comparison takes one in, or `instead` of its second side."""
        last = self._last(dialogue)
        if last.kind is not Kind.COMPARISON or len(last.papers) < 2:
            return Reference(papers, self._again(last.standalone, papers))
        if set(papers) <= set(last.papers):
            on = f" on {' and '.join(last.aspects)}" if last.aspects else ""
            return Reference(papers, f"Tell me about {self.names(papers)}{on}.")
        kept = last.papers[:1] if instead and len(last.papers) == 2 else last.papers
        papers = tuple(dict.fromkeys((*kept, *papers)))
        return Reference(papers, self._comparison(papers, last.aspects), corrects=True)

    def _described_beside(self, question: str, dialogue: Dialogue, named: Sequence[str]) -> Reference | None:
        """'Is the 2-bit one faster than GEAR?': the paper mentioned that is described beside the one named."""
        found = pointers.DESCRIBED.search(question)
        if not found or self._besides_names(found["what"] or found["which"]) == []:
            return None
        meant = self._described.among(gist(found["which"] or found["what"]), dialogue.papers)
        meant = tuple(paper for paper in meant if paper not in named)[:1]
        return Reference(meant, self._write_out(question, found, meant)) if meant else None

    def _has_sides(self, question: str, named: Sequence[str]) -> bool:
        """Whether a comparison that names one paper describes the other ('compare KIVI and the 4-bit one')."""
        said = [side for side in grammar.sides(question) if self._besides_names(side)]
        joined = re.search(r"\b(?:and|with|to|from|versus|vs|than|or)\b", question, re.IGNORECASE)
        return len(said) > 1 and bool(joined) and bool(pointers.DESCRIBED.search(question))

    def _besides_names(self, text: str) -> list[str]:
        """The content words of a text that are not part of a paper's name."""
        for mention in reversed(self._catalogue.mentions(text)):
            text = text[: mention.start] + " " + text[mention.end :]
        return tokenize(text)

    def _corrected(self, dialogue: Dialogue, named: tuple[str, ...]) -> Reference:
        """The last question with the right paper in the place of the one that was guessed, else of the last one."""
        last = self._last(dialogue)
        if last.kind is not Kind.COMPARISON or len(last.papers) < 2 or len(named) > 1 or not dialogue.last:
            return Reference(named, self._again(self._last(dialogue).standalone, named))
        spoken = {mention.paper_ids[0] for mention in self._catalogue.mentions(dialogue.last.question)}
        wrong = ([paper for paper in last.papers if paper not in spoken] or list(last.papers))[-1]
        papers = tuple(dict.fromkeys(named[0] if paper == wrong else paper for paper in last.papers))
        return Reference(papers, self._comparison(papers, last.aspects), corrects=True)

    # -- without either ----------------------------------------------------------------------------------------

    def _hanging(self, question: str, dialogue: Dialogue, named: Sequence[str]) -> Reference:
        if not self._hangs_on(question, dialogue, named):
            return Reference((), question)
        last = self._last(dialogue)
        if pointers.ELLIPSIS.match(question) and self._is_new_topic(question, dialogue, last):
            return Reference((), pointers.LEAD_IN.sub("", question))
        rest = pointers.LEAD_IN.sub("", question).strip(" ?.!")
        if rest and not grammar.ASKS.match(rest):
            if find_aspects(rest):  # 'and on memory?'
                several = len(dialogue.focus) > 1
                about = f"What about {rest} in {self.names(dialogue.focus)}?"
                return Reference(dialogue.focus, self._comparison(dialogue.focus, (), rest) if several else about)
            topic = find_topic(last.standalone).wanted
            if last.kind is Kind.SURVEY and not last.papers and topic in last.standalone:  # 'and quantization?'
                before = last.standalone[: last.standalone.index(topic)]
                stands = re.search(rf"\b{grammar.MANY_WORKS}\b.*\b{pointers.TAKES_TOPIC}\W*$", before, re.IGNORECASE)
                written = last.standalone.replace(topic, rest) if stands else f"Which papers are about {rest}?"
                return Reference((), written)
        elif rest:
            return Reference(dialogue.focus, f"{question.rstrip(' ?.!')}, of {self.names(dialogue.focus)}?")
        before = last.standalone.rstrip(" ?.!")
        return Reference(dialogue.focus, f"{before}, {question[0].lower()}{question[1:]}")

    def _topics(self, dialogue: Dialogue) -> tuple[str, ...]:
        """The two topics last asked for, in one question ('pruning or quantization') or in two; empty where not two."""
        last = self._last(dialogue)
        if last.kind is not Kind.SURVEY or last.papers:
            return ()
        now = find_topic(last.standalone).wanted
        parts = [part for part in re.split(r"\s*(?:,|\b(?:and|or)\b)\s*", now) if tokenize(part)]
        if len(parts) == 2:
            return tuple(parts)
        before = self._last(Dialogue(dialogue.exchanges[:-1])) if len(dialogue.exchanges) > 1 else last
        then = find_topic(before.standalone).wanted
        return (then, now) if before.kind is Kind.SURVEY and not before.papers and then != now else ()

    def _is_new_topic(self, question: str, dialogue: Dialogue, last: Earlier) -> bool:
        """Whether a turn that opens like a continuation names a topic of its own: hardly a word of it is in the papers
        spoken of, another paper has it, and it is no part of them ('the …') nor takes the place of a word before."""
        rest = pointers.LEAD_IN.sub("", question)
        own = content(rest)
        if not own or find_aspects(rest) or pointers.DEFINITE.match(rest) or pointers.FRAGMENT.match(rest):
            return False
        if not grammar.ASKS.match(rest) and (last.kind is Kind.SURVEY or grammar.YES_NO.match(last.standalone)):
            return False
        papers = [paper for paper in map(self._find, dialogue.focus) if paper]
        held = max((self._described.share(rest, paper) for paper in papers), default=0.0)
        found = max((self._described.share(rest, one.paper) for one in self._search(rest, k=3)), default=0.0)
        return held <= STRAY_WORDS and found >= held + SOME_WORDS

    def _hangs_on(self, question: str, dialogue: Dialogue, named: Sequence[str]) -> bool:
        """Whether a turn without a pointing word still needs the one before it: it opens like a continuation, or it is
        short and asks of nothing but what the papers just spoken of say."""
        if named or grammar.COLLECTION.search(question):
            return False
        if self._is_of_it(question, dialogue):
            return True
        if grammar.SURVEY.search(question):
            return False
        words = tokenize(question)
        if pointers.ELLIPSIS.match(question) and len(words) <= 2 * pointers.SHORT:
            return True
        if pointers.MODIFIER.match(question) and len(words) <= pointers.SHORT:
            return True
        if pointers.FRAGMENT.match(question):
            return True
        own = content(question)
        if pointers.CHOICE.match(question) and "?" in question and not self._held(dialogue).isdisjoint(own):
            return True
        if len(own) > pointers.SHORT:
            return False
        if not own and len(words) <= pointers.SHORT and find_aspects(question):
            return True
        if all(find_aspects(word) for word in own):
            return bool(own) or bool(grammar.ASKS.match(question))
        if not grammar.ASKS.match(question):
            return False
        ranked = self._search(question, k=1)
        return self._held(dialogue).issuperset(own) and bool(ranked) and ranked[0].paper.id in dialogue.focus

    def _held(self, dialogue: Dialogue) -> frozenset[str]:
        """The stems of the papers just spoken of."""
        return stems(" ".join(f"{paper.title} {paper.abstract}" for paper in map(self._find, dialogue.focus) if paper))

    def _is_of_it(self, question: str, dialogue: Dialogue) -> bool:
        """Whether a turn asks of the one paper just spoken of, in words of which none is of another topic."""
        if len(dialogue.focus) != 1 or not pointers.OF_IT.search(question) or grammar.ADVICE.search(question):
            return False
        own = content(question)
        if len(own) > pointers.SHORT or re.search(rf"\b(?:{grammar.MANY_WORKS}|here)\b", question, re.IGNORECASE):
            return False
        paper = self._find(dialogue.focus[0])
        held = stems(f"{paper.title} {paper.abstract}") if paper else frozenset()
        stray = [word for word in own if word not in held | pointers.OF_ANY and not find_aspects(word)]
        return not stray or (len(stray) < len(own) and not any(self._catalogue.knows(word) for word in stray))

    def _more(self, dialogue: Dialogue, also: str) -> Reference:
        """'Anything else?': the last question again, of the papers that were not told."""
        standalone = self._last(dialogue).standalone
        written = f"{standalone.rstrip(' ?.!')} {also.rstrip(' ?.!')}?" if also else standalone
        return Reference((), written, told=dialogue.papers)
