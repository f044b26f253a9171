"""From a turn and what went before it to what is asked: its kind, its papers, and the question written out.

Deterministic: grammar, names, and where a description stands for a name, the vectors. Writes no answer.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from ingest.names import COINED_WORD, nickname, short_name
from ingest.words import stems
from rag import grammar, instructions
from rag.asked_papers import NOTHING
from rag.aspects import find_aspects
from rag.by_record import bounded, follow, of_record, one_of_author, read_words
from rag.bylines import Bylines
from rag.catalogue import Catalogue
from rag.courtesy import is_style, plain
from rag.demand import content
from rag.described import Find
from rag.dialogue import Dialogue
from rag.draft import MOST_COMPARED
from rag.grammar import Kind
from rag.instructed import Instructed
from rag.instructions import read_edit
from rag.names import without_names
from rag.negated import read_negated
from rag.record_wishes import CITED, PROLIFIC, UNCITED, Wish
from rag.refer import Resolver
from rag.reference import Earlier, Reference
from rag.retrieve import Retriever
from rag.sides import Sides
from rag.strangers import has, strangers
from rag.understood import Understood

REMEMBERED = 256  # turns whose understanding is kept, since later turns of a conversation lean on it
STYLED = (
    "There is no language model here to put it in other words: answers are quoted from the papers. Ask for it shorter, "
    "in more detail, as a list or as a table."
)
# Several things without names: 'one prunes, one quantizes', 'KIVI and the pruning study'.
SIDE_BY_SIDE = grammar.any_of(
    r"\bone\b.*\b(?:another|the other)\b|\bone\b[^.?!]{1,60}\bone\b|\bboth in\b|\bboth the\b.{3,80}\band the\b",
    r"\band the [^.?!]{2,60}? (?:paper|study|work)\b|\b(?:two|three|four) \w+",
)
# Stems of what an explanation of a whole paper may be asked for by.
OF_A_PAPER = stems("explain describe detail idea approach contribution point main whole work works method paper brief")
LONGEST_TOPIC = 4  # words of a topic typed as into a search box
KNOWN_TOPIC = 0.62  # score of a paper from which it is what an instruction to add one describes


class Understanding:
    """Understands turns over one collection."""

    def __init__(self, catalogue: Catalogue, retriever: Retriever, find: Find) -> None:
        self._catalogue, self._find = catalogue, find
        self.bylines = Bylines(retriever.index)
        self._search = retriever.search
        self._resolver = Resolver(catalogue, retriever, find, self._earlier)
        self._sides = Sides(catalogue, retriever, find)
        self._name = self._resolver.name
        self.instructed = Instructed(catalogue, self._resolver.pointed, self.named, self._nearest, self._last_of)
        self._revision = retriever.index.record.revision
        self._remembered = lru_cache(maxsize=REMEMBERED)(self._understand)

    def understand(self, question: str, dialogue: Dialogue) -> Understood:
        """What a cleaned question asks after what was said before."""
        return self._remembered(question, dialogue, self._revision())

    def _understand(self, question: str, dialogue: Dialogue, revision: int) -> Understood:
        """The same, of one revision of the record."""
        if is_style(question) and dialogue.standing.last and not read_edit(question):
            return Understood(Kind.FACT, question, trouble=STYLED, follows=True)
        question = grammar.CONTRACTED.sub(lambda found: f"{found[1]} is", question)
        length = None if read_edit(question) else instructions.length_wished(question)
        question = grammar.FRONTED.sub(r"What is known about \g<topic>?", plain(question))
        question = self._catalogue.mended(question)
        if grammar.STRONG_COMPARISON.search(question):
            question = grammar.IN_TABLE.sub("", question) or question
        question, wishes, bounds = read_words(question, self.bylines, self._catalogue.knows)
        if one := one_of_author(question, bounds):
            question, bounds = bounds.spoken.replace("\x00", self._name(one)), NOTHING
        if followed := follow(bounds, question, dialogue, lambda back: self._last(dialogue, back)):
            return followed
        asked = bounded(self._read(bounds.rest or question, dialogue), question, bounds)
        recorded = of_record(asked, question, wishes, dialogue, (self.named, self._nearest))
        return replace(self._with_names(recorded or asked), length=length)

    def _read(self, question: str, dialogue: Dialogue) -> Understood:
        """The same by the wording alone, whatever it says of dates and authors."""
        if grammar.GREETING.match(question) or grammar.HELP.search(question):
            return Understood(Kind.TALK, question)
        if grammar.HELP_WITH_THIS.search(question) and not dialogue.focus:
            return Understood(Kind.TALK, question)
        if CITED.search(question):
            return Understood(Kind.RECORD, question, trouble=UNCITED)
        if PROLIFIC.search(question):
            return Understood(Kind.RECORD, question, wishes=(Wish.PROLIFIC,))
        if instructed := self.instructed.read(question, dialogue):
            return instructed
        if dialogue.last and (other := instructions.INSTEAD.match(question)) and not grammar.ASKS.match(question):
            what = other["what"] or other["then"]
            question = f"no, I meant {what}" if self.named(what) else f"what about {what}?"
        if (anew := grammar.NEW_TOPIC.match(question)) and content(question[anew.end() :]):
            question, dialogue = question[anew.end() :], Dialogue()
        named = self._named_after(question, dialogue)
        reference = self._resolver.resolve(question, dialogue, named)
        trouble = reference.trouble or self._sides.trouble(question, named)
        if trouble:
            return Understood(Kind.FACT, question, trouble=trouble, follows=True)
        standalone = reference.standalone
        papers = tuple(dict.fromkeys([*reference.papers, *([] if reference.corrects else named)]))
        kind = self._kind_of(question, reference, papers)
        absent = strangers(standalone, self._catalogue) if kind is Kind.COMPARISON and not reference.told else ()
        if kind is Kind.COMPARISON and len(papers) < 2:
            papers = papers if absent else self._sides.describe(standalone, papers, dialogue.papers)
            kind = kind if len(papers) > 1 else Kind.FACT
        if kind is Kind.SURVEY and not reference.papers and not grammar.WHICH_OF.search(standalone):
            papers = ()  # a name in a survey is its topic, not its scope
            if grammar.OTHER_WORKS.search(standalone) and not reference.told:
                reference = replace(reference, told=dialogue.focus)
        understood = Understood(
            kind,
            standalone,
            papers,
            follows=bool(reference.papers),
            told=reference.told,
            absent=absent,
            both=reference.both,
        )
        understood = self._with_names(understood)
        ask = self._without_names(reference.ask or standalone, papers) or standalone
        return replace(understood, ask=ask, aspects=find_aspects(ask))

    def _without_names(self, question: str, ids: Sequence[str]) -> str:
        papers = [paper for paper in map(self._find, ids) if paper]
        return without_names(question, papers, [short_name(paper) for paper in papers])

    def _earlier(self, dialogue: Dialogue) -> Earlier:
        """The last question that was no instruction on an answer and pointed to something, itself written out."""
        places = range(len(dialogue.exchanges) - 1, -1, -1)
        asked = (i for i in places if not dialogue.exchanges[i].aside)
        asked = (i for i in asked if self._last_of(dialogue, i).kind is not Kind.EDIT)
        last = self._last_of(dialogue, next(asked, 0))
        return Earlier(last.kind, last.standalone, last.papers, last.aspects)

    def _last(self, dialogue: Dialogue, back: int) -> Understood:
        """The last question (0), or the one so many before it, as it was understood."""
        return self._last_of(dialogue, len(dialogue.exchanges) - 1 - back)

    def _last_of(self, dialogue: Dialogue, place: int) -> Understood:
        return self.understand(dialogue.exchanges[place].question, Dialogue(dialogue.exchanges[:place]))

    def _nearest(self, text: str) -> tuple[str, ...]:
        """The paper that a description clearly means."""
        return tuple(found.paper.id for found in self._search(text, k=1) if found.score >= KNOWN_TOPIC)

    # -- kinds -------------------------------------------------------------------------------------------------

    def _kind_of(self, question: str, reference: Reference, papers: Sequence[str]) -> Kind:
        """The kind of a turn that may point back to papers."""
        if reference.told or reference.both:
            return Kind.SURVEY
        kind, pointed = self._kind(reference.standalone, named=papers), len(reference.papers)
        if kind is Kind.SURVEY and pointed == 1 and not grammar.PAPERS.search(question):
            return Kind.FACT  # 'which models were tested?', 'how many case studies?' of the one paper spoken of
        if kind is Kind.COMPARISON and pointed > MOST_COMPARED and not grammar.STRONG_COMPARISON.search(question):
            return Kind.SURVEY if content(reference.ask or question) else Kind.SUMMARY  # 'what are they about?'
        return kind

    def _kind(self, question: str, *, named: Sequence[str]) -> Kind:
        strong = grammar.STRONG_COMPARISON.search(question)
        if strong and (len(named) > 1 or not grammar.SURVEY.search(question)):
            return Kind.COMPARISON
        if len(named) > 1 and grammar.WHICH_OF.search(question):
            return Kind.COMPARISON if grammar.DEGREE.search(question) else Kind.SURVEY
        if len(named) > 1 and (grammar.WEAK_COMPARISON.search(question) or not grammar.YES_NO.match(question)):
            return Kind.COMPARISON
        if grammar.COLLECTION.search(question) and not named:
            return Kind.COLLECTION
        if grammar.ONE_WORK.search(question):
            return Kind.FACT
        if grammar.ADVICE.search(question) and not named:
            return Kind.OPTIONS
        without = re.match(r"\W*(?:which|what|list|any|are there)\b", question, re.I) and read_negated(question)
        if grammar.SURVEY.search(question) or (without and not named):
            return Kind.SURVEY
        if len(named) < 2 and self._sets_side_by_side(question):
            return Kind.COMPARISON
        beside = self._without_names(question, named)
        if len(named) == 1 and not content(beside) and not grammar.MORE_THAN_TOPIC.search(beside):
            return Kind.SUMMARY  # a name and nothing else
        if not named and self._is_bare_topic(question):
            return Kind.SURVEY
        about = grammar.SUMMARY.search(question)
        if named and grammar.EXPLAIN.search(question) and set(content(beside)) - OF_A_PAPER:
            return Kind.FACT  # 'explain the two phases of KIVI'
        if about and len(question.split()) <= 14:
            what = about.groupdict().get("named")
            rest = self._without_names(what, named) if what and named else ""  # 'the limits of KIVI'
            return Kind.SUMMARY if not what or (named and not content(rest) and not find_aspects(rest)) else Kind.FACT
        return Kind.FACT

    @staticmethod
    def _is_bare_topic(question: str) -> bool:
        """Whether a turn is a topic and nothing else, as one types into a search box: 'object detection'."""
        words = question.split()
        bare = len(words) <= LONGEST_TOPIC and not grammar.MORE_THAN_TOPIC.search(question)
        return bare and bool(content(question)) and not COINED_WORD.search(question) and not find_aspects(question)

    @staticmethod
    def _sets_side_by_side(question: str) -> bool:
        """Whether a question without names speaks of several things of which each is asked the same."""
        each = re.search(r"\b(?:each|both|respectively|do they|which one)\b", question, re.IGNORECASE)
        return bool(each and SIDE_BY_SIDE.search(question))

    # -- sides of comparisons ----------------------------------------------------------------------------------

    def named(self, text: str) -> tuple[str, ...]:
        """The papers that a text names and does not set aside."""
        meant = [m for m in self._catalogue.mentions(text) if m.is_own]
        meant = [m for m in meant if not grammar.SET_ASIDE.search(text[: m.start])]
        return tuple(dict.fromkeys(mention.paper_ids[0] for mention in meant))

    def _named_after(self, question: str, dialogue: Dialogue) -> tuple[str, ...]:
        """The same, but for papers that only spell out a term which the papers spoken of use too: 'does it work with
        SGD?' of a paper that speaks of SGD names no other."""
        spoken = [paper for paper in map(self._find, dialogue.focus) if paper]
        terms = []
        for mention in self._catalogue.mentions(question) if spoken else ():
            text, paper = question[mention.start : mention.end], self._find(mention.paper_ids[0])
            own = paper is None or has(f"{nickname(paper)} {paper.title}", text)
            if not own and any(has(one.abstract, text) for one in spoken):
                terms.append(mention.paper_ids[0])
        return tuple(paper for paper in self.named(question) if paper not in terms or paper in dialogue.focus)

    def _with_names(self, understood: Understood) -> Understood:
        return replace(understood, names=tuple(self._name(paper) for paper in understood.papers))
