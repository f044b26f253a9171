"""Turns that leave out what they are about ('and on memory?', 'how big is it?', 'anything else?').

Whether one needs the turn before it, and how it reads with what that one lends; what turns point to, others resolve.
"""

import re
from collections.abc import Callable, Sequence

from ingest.words import stems, tokenize
from rag import grammar, pointers
from rag.aspects import find_aspects
from rag.catalogue import Catalogue
from rag.demand import content
from rag.described import SOME_WORDS, Described, Find
from rag.dialogue import Dialogue
from rag.draft import MOST_COMPARED
from rag.grammar import Kind
from rag.reference import Earlier, Reference
from rag.retrieve import Retriever
from rag.topic import find_topic
from rag.wording import Wording

FOUND_AMONG = 3  # first papers of a search among which those just spoken of are likely meant
STRAY_WORDS = 0.34  # share of a new topic's words that the papers just spoken of may have by chance


class Elliptic:
    """Completes such turns over one collection; `last` understands the last question of a dialogue."""

    def __init__(
        self,
        catalogue: Catalogue,
        retriever: Retriever,
        find: Find,
        described: Described,
        last: Callable[[Dialogue], Earlier],
    ) -> None:
        self._catalogue, self._find, self._described, self._last = catalogue, find, described, last
        self._search = retriever.search
        self._wording = Wording(catalogue, find)

    def complete(self, question: str, dialogue: Dialogue, named: Sequence[str]) -> Reference:
        """The turn with what it leaves out, and the papers it is about; as it is where it leaves out nothing."""
        if not self._hangs_on(question, dialogue, named):
            return Reference((), question)
        last = self._last(dialogue)
        if pointers.ELLIPSIS.match(question) and self._is_new_topic(question, dialogue, last):
            return Reference((), pointers.LEAD_IN.sub("", question))
        rest = pointers.LEAD_IN.sub("", question).strip(" ?.!")
        if rest and not grammar.ASKS.match(rest):
            if find_aspects(rest):  # 'and on memory?'
                several = len(dialogue.focus) > 1
                about = f"What about {rest} in {self._wording.names(dialogue.focus)}?"
                return Reference(
                    dialogue.focus, self._wording.comparison(dialogue.focus, (), rest) if several else about
                )
            if last.kind is Kind.SURVEY and last.papers:  # of a list that was narrowed
                among = self._wording.names(last.papers)
                return Reference(last.papers, f"Which of {among} are about {rest}?", ask=f"papers about {rest}")
            topic = find_topic(last.standalone).wanted
            if last.kind is Kind.SURVEY and not last.papers and topic in last.standalone:  # 'and quantization?'
                before = last.standalone[: last.standalone.index(topic)]
                stands = re.search(rf"\b{grammar.MANY_WORKS}\b.*\b{pointers.TAKES_TOPIC}\W*$", before, re.IGNORECASE)
                written = last.standalone.replace(topic, rest) if stands else f"Which papers are about {rest}?"
                return Reference((), written)
        elif rest:
            return Reference(dialogue.focus, f"{question.rstrip(' ?.!')}, of {self._wording.names(dialogue.focus)}?")
        before = last.standalone.rstrip(" ?.!")
        return Reference(dialogue.focus, f"{before}, {question[0].lower()}{question[1:]}")

    def after_nothing(self, question: str, dialogue: Dialogue) -> Reference:
        """'And phase transitions?' after a question for which nothing was found: the same, or a question, of that."""
        rest = pointers.LEAD_IN.sub("", question).strip(" ?.!")
        points = (pointers.ORDINAL, pointers.OTHER, pointers.FORMER_LATTER, pointers.ONE, pointers.MANY)
        if not content(rest) or any(form.search(rest) for form in points):
            return Reference((), question, pointers.dangling(question))
        asks = grammar.ASKS.match(rest) or self._last(dialogue).kind is not Kind.SURVEY
        return Reference((), f"{rest}?" if asks else f"Which papers are about {rest}?")

    def topics(self, dialogue: Dialogue) -> tuple[str, ...]:
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
        if pointers.ON_WHICH.match(question):
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
        figures = re.findall(r"\d+(?:\.\d+)?", question)
        if figures and len(words) <= pointers.SHORT and self._held(dialogue).issuperset(figures):
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
        stray = [word for word in own if word not in pointers.OF_ANY]
        if not grammar.ASKS.match(question) and len(stray) < len(own) and self._held(dialogue).issuperset(stray):
            return True  # 'biggest model tested'
        if not grammar.ASKS.match(question):
            return False
        few = len(dialogue.focus) <= MOST_COMPARED  # of more, any question finds some
        return few and self._held(dialogue).issuperset(own) and self._is_found(question, dialogue)

    def _is_found(self, question: str, dialogue: Dialogue) -> bool:
        """Whether a search for the turn by itself finds the one paper just spoken of among the first, or one of several
        as the very first."""
        among = FOUND_AMONG if len(dialogue.focus) == 1 else 1
        return any(found.paper.id in dialogue.focus for found in self._search(question, k=among))

    def _held(self, dialogue: Dialogue) -> frozenset[str]:
        """The stems of the papers just spoken of."""
        return stems(" ".join(f"{paper.title} {paper.abstract}" for paper in map(self._find, dialogue.focus) if paper))

    def _is_of_it(self, question: str, dialogue: Dialogue) -> bool:
        """Whether a turn asks of the one paper just spoken of, in words of which none is of another topic."""
        if len(dialogue.focus) != 1 or not pointers.OF_IT.search(question) or grammar.ADVICE.search(question):
            return False
        own = content(question)
        if grammar.OTHER_WORKS.search(question) or grammar.A_WORK.search(question):
            return False
        if len(own) > pointers.SHORT or re.search(
            rf"\b(?:{grammar.MANY_WORKS}|here|{grammar.PLACE})\b", question, re.IGNORECASE
        ):
            return False
        held = self._held(dialogue)
        stray = [word for word in own if word not in held | pointers.OF_ANY and not find_aspects(word)]
        if not stray or (len(stray) < len(own) and not any(self._catalogue.knows(word) for word in stray)):
            return True
        return 2 * len(stray) <= len(own) and self._is_found(question, dialogue)

    def more(self, dialogue: Dialogue, also: str) -> Reference:
        """'Anything else?': the last question again, of the papers that were not told."""
        standalone = self._last(dialogue).standalone
        written = f"{standalone.rstrip(' ?.!')} {also.rstrip(' ?.!')}?" if also else standalone
        return Reference((), written, told=dialogue.papers)
