"""From what a turn points back to ('it', 'the second one', 'and on memory?') to papers, and to the turn written out.

Knows the conversation and the names of papers; what kind of question it is, others decide.
"""

import re
from collections.abc import Callable, Sequence

from ingest.names import COINED_WORD
from ingest.words import tokenize
from rag import grammar, pointers
from rag.aspects import find_aspects
from rag.catalogue import Catalogue
from rag.described import Described, Find, end_of, gist
from rag.dialogue import Dialogue
from rag.elliptic import Elliptic
from rag.grammar import Kind
from rag.pointed import Pointed
from rag.reference import Earlier, Reference
from rag.retrieve import Retriever
from rag.strangers import HERE, is_name, sides_of
from rag.wording import Wording

# What stands around a description: 'the … thing'.
THING = re.compile(
    r"^\W*(?:the|that|this|your)\s+|\s+(?:thing|stuff|one|paper|work|method|topic|question|part)\W*$", re.I
)


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
        self._elliptic = Elliptic(catalogue, retriever, find, self._described, last)
        self.pointed = Pointed(retriever, find, wording)

    def resolve(self, question: str, dialogue: Dialogue, named: Sequence[str]) -> Reference:
        """What a turn points back to; `named` are the papers that it names itself."""
        unknown = pointers.AND_NAME.match(question) if dialogue.last and not named else None
        if unknown and COINED_WORD.fullmatch(unknown["name"]):
            return Reference((), self._of_unknown(unknown["name"], unknown["rest"]))
        if dialogue.last and not dialogue.focus and not named and pointers.ELLIPSIS.match(question):
            return self._elliptic.after_nothing(question, dialogue)
        if not dialogue.last or not dialogue.focus:
            return Reference((), question, "" if named else pointers.dangling(question))
        if (
            (back := pointers.BACK_TO.match(question))
            and not named
            and (meant := self._gone_back(back["what"], dialogue))
        ):
            return self._asked_anew(back["then"], meant)
        correction = pointers.CORRECTION.match(question)
        corrects = bool(correction and correction.end() > 2)
        if correction and corrects:
            question = question[correction.end() :] or question
        if pointers.ALIKE.search(question) and (like := self._find(dialogue.focus[0])):
            return Reference((), f"Which papers are like {like.title}?", told=dialogue.focus[:1])
        if more := pointers.ELSE.search(question):
            return self._elliptic.more(dialogue, more["also"] or "")
        compares = bool(grammar.STRONG_COMPARISON.search(question) or pointers.THAN.search(question))
        compares = compares or bool(named and pointers.COMPARED.search(question))
        points = self._points_back(question, compares)
        if named and not points:
            return self._named_only(question, dialogue, tuple(named), corrects, compares)
        if out := pointers.FORMER_LATTER.search(question):
            return self._former_latter(question, dialogue, out)
        if (
            not named
            and re.search(r"\bboth\b", question, re.IGNORECASE)
            and (topics := self._elliptic.topics(dialogue))
        ):
            return Reference((), f"Which papers are about {topics[0]} and {topics[1]}?", both=topics)
        if family := pointers.KIND_OF.search(question):
            name = self.name(dialogue.focus[0])
            return Reference((), f"{question[: family.start()]}methods like {name}{question[family.end() :]}")
        which = None if named else pointers.WHICH_ONE.match(question)
        if which and (options := self._options(dialogue, question)):
            return Reference(options, f"Which of {self.names(options)} {which['rest']}", ask=which["rest"])
        pointed = self._pointed(question, dialogue, named, corrects=corrects, compares=compares)
        return pointed or self._elliptic.complete(question, dialogue, named)

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
            if form is pointers.ORDINAL and len(places := list(form.finditer(question))) > 1:
                return self._by_places(question, dialogue, places)
            if found and (chosen := choose(found, dialogue, named)) is not None:
                papers, trouble = chosen
                if compares and not named and len(papers) == 1 and form is not pointers.ONE:
                    return self._beside(papers[0], dialogue, question)
                if not papers:
                    return Reference((), question, trouble)
                if corrects and (then := pointers.GOES_ON_ASKING.search(question)):
                    return self._asked_anew(then["then"], papers)
                if corrects and grammar.ASKS.match(question) and not pointers.ELLIPSIS.match(question):
                    return self._asked_anew(question, papers)
                bare = not tokenize(question[: found.start()] + question[end_of(found) :])
                if (corrects or bare) and not named and find_aspects(question) == ():
                    return self._corrected(dialogue, papers) if corrects else self._asked_of(dialogue, papers)
                return Reference(papers, self._write_out(question, found, papers), trouble, ask=question)
        return None

    def _by_places(self, question: str, dialogue: Dialogue, places: Sequence[re.Match[str]]) -> Reference:
        """'Why does the second one beat the first?': the papers of all the places that a turn names."""
        written, papers = question, dict[str, None]()
        for found in reversed(places):
            chosen, trouble = self.pointed.ordinal(found, dialogue)
            if trouble:
                return Reference((), question, trouble)
            written = self._write_out(written, found, chosen)
            papers = dict.fromkeys([*chosen, *papers])
        return Reference(tuple(papers), written)

    def _asked_anew(self, question: str, papers: tuple[str, ...]) -> Reference:
        """'No, the other one. What are its parts?': the question behind a correction, of the papers it meant."""
        it = pointers.ONE.search(question) or pointers.MANY.search(question)
        of_them = f"{question.rstrip(' ?.!')}, of {self.names(papers)}?"
        written = self._write_out(question, it, papers) if it else of_them
        return Reference(papers, written, ask=question, corrects=True)

    def _gone_back(self, what: str, dialogue: Dialogue) -> tuple[str, ...]:
        """The paper spoken of earlier that words describe: 'the test-time scaling thing'."""
        return self._described.among(gist(THING.sub("", what)), dialogue.papers)[:1]

    @staticmethod
    def _of_unknown(name: str, question: str) -> str:
        """A question of something that no paper goes by, with its name for the pronoun."""
        written = pointers.ONE.sub(name, question, count=1)
        return written if name in written else f"{written.rstrip(' ?.!')}, of {name}?"

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
    def _options(dialogue: Dialogue, question: str) -> tuple[str, ...]:
        """The papers that 'which one' chooses among: those of the last answer, or those set out before it; of 'the
        two' the two spoken of last."""
        if re.search(r"\bthe two\b", question, re.IGNORECASE) and len(dialogue.focus) != 2:
            return dialogue.latest(2)
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
        sides = [side for side in sides_of(question, self._catalogue) if HERE in side or is_name(side, self._catalogue)]
        alone = len(sides) < 2 and not self._has_sides(question, named)
        if len(named) == 1 and beside and pointers.SET_BESIDE.match(question):
            return Reference((*beside, *named), self._comparison((*beside, *named), find_aspects(question)))
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
