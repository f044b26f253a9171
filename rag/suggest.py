"""Questions to go on with after an answer, each of which the papers answer: made from the papers and aspects of the
answer, asked of the engine without a model, and kept only where something new is said to the point.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice, zip_longest

from ingest.names import nickname
from ingest.paper import Paper
from ingest.sentences import split_sentences
from ingest.words import STOPWORDS, stems
from rag.answer import Answer, Evidence
from rag.aspects import IDEA, LIMITS, RESULT, find_aspects, measures, speaks_of
from rag.dialogue import Dialogue
from rag.grammar import Kind
from rag.names import listed, without_names
from rag.reply import Replies
from rag.retrieve import Scope
from rag.rhetoric import Role, weigh
from rag.sufficiency import Outcome
from rag.understand import Understanding
from rag.writer.sheet import said

MOST = 3  # suggestions under an answer
MOST_ASKED = 6  # questions that are tried for them; each costs about as much as an answer without a model
MOST_PAPERS = 4  # of the answer, whose abstracts are looked through
MOST_LISTED = 20  # papers of a survey that is suggested; a longer one tells no more than the library
LONGEST_NAME = 40  # characters of a paper's name in a suggestion
SHARED_BY = 2  # other papers found whose titles or abstracts hold a topic that is suggested
AKIN = 0.2  # share of a title's words, weighed by rarity, that another must hold to be set beside it
# How an aspect is asked of a paper that gives a figure of it, and of one that only speaks of it.
ASKS = {
    "memory": ("How much memory does {} save?", "What does {} do about memory?"),
    "speed": ("How fast is {}?", "What makes {} fast?"),
    RESULT: ("What results does {} report?", "What results does {} report?"),
    IDEA: ("How does {} work?", "How does {} work?"),
    "energy": ("How much energy does {} use?", "What does {} do about energy?"),
    LIMITS: ("What are the limits of {}?", "What are the limits of {}?"),
    "accuracy": ("How accurate is {}?", "What does {} do about accuracy?"),
    "size": ("How far does {} reduce the size of a model?", "What does {} do about model size?"),
    "bandwidth": ("How much communication does {} need?", "What does {} do about communication?"),
    "cost": ("How much compute does {} cost?", "What does {} do about cost?"),
    "data": ("What data is {} evaluated on?", "What data is {} evaluated on?"),
    "hardware": ("What hardware does {} run on?", "What hardware does {} run on?"),
}
COMPARE = "Compare "
TOLD_ONCE = (Kind.SUMMARY, Kind.COMPARISON)  # kinds of answer that told the idea and the result already
Rarity = Callable[[str], float]  # of a stem in the collection
WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")


class Suggestions:
    """Suggests over one collection. Safe to share between threads."""

    def __init__(
        self, understanding: Understanding, replies: Replies, find: Callable[[str], Paper | None], rarity: Rarity
    ) -> None:
        self._understanding, self._replies, self._find, self._rarity = understanding, replies, find, rarity

    def suggest(self, answer: Answer, scope: Scope | None = None) -> tuple[str, ...]:
        """Up to three questions that the papers of a scope answer and this answer did not; the same ones each time."""
        if answer.kind in (Kind.TALK, Kind.EDIT) and not answer.citations:
            return ()
        cited = {(citation.paper_id, citation.start) for citation in answer.citations}
        kept: list[str] = []
        tried = islice(candidates(answer, self._papers(answer), self._rarity), MOST_ASKED)
        for question, aspect in tried:
            found = self._evidence(question, scope)
            fresh = [evidence for evidence in found if (evidence.paper.id, evidence.sentence.start) not in cited]
            told = found if question.startswith(COMPARE) else fresh
            if fresh and (not aspect or any(is_about(aspect, evidence) for evidence in told)):
                kept.append(question)
            if len(kept) == MOST:
                break
        return tuple(kept)

    def _papers(self, answer: Answer) -> list[Paper]:
        """The papers an answer is about, as named in a comparison, else the most cited first; refused, the nearest."""
        if answer.table:
            return list(answer.table.papers[:MOST_PAPERS])
        ids = [citation.paper_id for citation in answer.citations]
        order = sorted(dict.fromkeys(ids), key=lambda paper_id: -ids.count(paper_id))
        found = [paper for paper in map(self._find, order[:MOST_PAPERS]) if paper]
        return found or [ranked.paper for ranked in answer.retrieved[:2]]

    def _evidence(self, question: str, scope: Scope | None) -> list[Evidence]:
        """The sentences that the engine answers a question with; none where it refuses, or lists more than is read."""
        asked = self._understanding.understand(question, Dialogue())
        reply = self._replies.reply(asked, Dialogue(), scope)
        found = said(reply.draft)
        too_many = asked.kind is Kind.SURVEY and len({evidence.paper.id for evidence in found}) > MOST_LISTED
        return [] if asked.trouble or too_many or reply.outcome is not Outcome.ANSWERED else found


def candidates(answer: Answer, papers: Sequence[Paper], rarity: Rarity) -> Iterator[tuple[str, str]]:
    """Questions to try, the most promising first, each with the aspect it asks for ('' for none).

    By turns one on the papers of the answer, one that sets two papers beside each other, one on their topic.
    """
    near = [ranked.paper for ranked in answer.retrieved]
    named = [paper for paper in papers if name_of(paper)]
    told = set(find_aspects(without_names(answer.standalone, papers)))
    if answer.kind in TOLD_ONCE:
        told |= {IDEA, RESULT}
    told |= {row.aspect for row in answer.table.rows} if answer.table else set()
    if answer.outcome == Outcome.ABSENT:
        single = [(f"What is {name_of(paper)}?", "") for paper in named]
    else:
        single = list(on_aspects(named, told, together=answer.kind == Kind.COMPARISON))
    done = answer.outcome == Outcome.ABSENT or answer.kind == Kind.COMPARISON
    beside = [] if done else list(comparisons(named, near, rarity))
    topic = [] if answer.kind == Kind.SURVEY else list(on_topic(papers[:1], near))
    in_turn = chain.from_iterable(zip_longest(single[:1], beside[:1], topic[:1]))
    asked = answer.question.casefold()
    for one in chain(filter(None, in_turn), single[1:], beside[1:]):
        if one[0].casefold() != asked:
            yield one


def on_aspects(papers: Sequence[Paper], told: set[str], *, together: bool) -> Iterator[tuple[str, str]]:
    """What the abstracts speak of beside what was told; of a comparison's papers first what all of them speak of."""
    if together and len(papers) > 1:
        names = [name_of(paper) for paper in papers[:3]]
        for aspect in ASKS:
            if aspect not in told and all(tells_of(aspect, paper) for paper in papers[:3]):
                yield f"{COMPARE}{listed(names)} on {aspect}", aspect
    for paper in papers[:2]:
        spoken = [aspect for aspect in ASKS if aspect not in told and tells_of(aspect, paper)]
        figures = {aspect: gives_figure(aspect, paper) for aspect in spoken}
        for aspect in sorted(spoken, key=lambda each: not figures[each]):
            yield ASKS[aspect][not figures[aspect]].format(name_of(paper)), aspect


def comparisons(papers: Sequence[Paper], near: Sequence[Paper], rarity: Rarity) -> Iterator[tuple[str, str]]:
    """The answer's paper beside another of it, else beside that of those found whose title is most like its own."""
    if not papers:
        return
    first, *rest = papers
    words = stems(first.title) - stems(name_of(first))
    mass = sum(map(rarity, words)) or 1.0
    likeness = {paper.id: sum(map(rarity, words & stems(paper.title))) / mass for paper in near if paper != first}
    akin = sorted((one for one in near if likeness.get(one.id, 0.0) >= AKIN), key=lambda one: -likeness[one.id])
    for second in [*rest[:1], *akin]:
        if name_of(second):
            yield f"How do {name_of(first)} and {name_of(second)} differ?", ""


def on_topic(papers: Sequence[Paper], near: Sequence[Paper]) -> Iterator[tuple[str, str]]:
    """Which papers share two or three words in a row of the first one's title: those that most of the found share."""
    for paper in papers:
        words = WORD.findall(paper.title.partition(":")[2] or paper.title)
        runs = [words[i : i + length] for length in (2, 3) for i in range(len(words) - length + 1)]
        texts = [f"{other.title} {other.abstract}".casefold() for other in near if other.id != paper.id]
        shared = {" ".join(run): sum(" ".join(run).casefold() in text for text in texts) for run in runs if keen(run)}
        fit = [run for run in shared if shared[run] >= SHARED_BY]
        best = max(fit, key=lambda run: shared[run] * run.count(" "), default="")
        if best:
            topic = " ".join(word.casefold() if word == word.capitalize() else word for word in best.split())
            yield f"Which papers are about {topic}?", ""


def keen(words: Sequence[str]) -> bool:
    """Whether all of these words say something."""
    return all(word.casefold() not in STOPWORDS and len(word) > 1 for word in words)


def name_of(paper: Paper) -> str:
    """What a suggestion calls a paper: its method's name, else a short title; empty where it has neither."""
    name = nickname(paper) or paper.title
    return name if len(name) <= LONGEST_NAME else ""


def tells_of(aspect: str, paper: Paper) -> bool:
    """Whether an abstract has a sentence on an aspect."""
    return any(is_on(aspect, text, place) for text, place in placed(paper))


def gives_figure(aspect: str, paper: Paper) -> bool:
    """Whether an abstract has a figure of an aspect."""
    return aspect in (IDEA, RESULT, LIMITS) or any(measures(aspect, text) for text, _ in placed(paper))


def is_about(aspect: str, evidence: Evidence) -> bool:
    """Whether a sentence found speaks of an aspect."""
    place = evidence.sentence.start / max(1, len(evidence.paper.abstract))
    return is_on(aspect, evidence.sentence.text, place)


def is_on(aspect: str, text: str, place: float) -> bool:
    """Whether a sentence at a place (0 to 1) of its abstract speaks of an aspect, or plays the role of that name."""
    return weigh(text, place)[Role(aspect)] > 0.5 if aspect in (IDEA, RESULT, LIMITS) else speaks_of(aspect, text)


def placed(paper: Paper) -> list[tuple[str, float]]:
    """An abstract's sentences, each with its place from 0 to 1."""
    return [(one.text, one.start / max(1, len(paper.abstract))) for one in split_sentences(paper.abstract)]
