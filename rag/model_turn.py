"""One turn by a language model: plan, gather, write, verify. See `rag.turn` for what stands in where it fails."""

import logging
import secrets
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import TypeVar

from ingest.errors import ModelError, TooLongError
from ingest.index import PaperIndex
from ingest.paper import Paper
from rag.gather.evidence import Found, Gatherer, sources_of
from rag.gather.library import Library
from rag.gather.relevance import MOST_CALLS, judge, judged
from rag.gather.sources import Sources, tokens
from rag.llm.model import ChatModel
from rag.llm.pieces import Message, Usage, Waiting
from rag.plan.plan import Plan
from rag.plan.talk import Talk
from rag.plan.with_model import LAST_ANSWER, plan_with_model
from rag.plan.without_model import leaning_of
from rag.retrieve.entities import Linker
from rag.retrieve.scope import Scope, selected
from rag.style import Style
from rag.trace import Trace
from rag.types import ABSENT, CHECKED, CHECKING, FAILED, Answer
from rag.verify.settle import settle
from rag.verify.source import Names
from rag.verify.statement import Verifier
from rag.write import prompts
from rag.write.budget import Budget
from rag.write.conclude import conclude
from rag.write.with_model import Written, write_with_model

PLAN_SHARE = 0.5  # of the time of a turn, that the plan may take
JUDGE_SHARE = 0.5  # of what is left of it then, that judging candidates may take
SLOW = 40  # tokens read a second below which reading, not thinking, is taken to be what lasts: a small machine's pace
NEAREST = 3  # papers shown where none fits
CHECK_SECONDS = 60.0  # that the check of meaning may take; the answer is there meanwhile
SHRINK = 0.5  # of the sources, where the endpoint says that they are too long
MOST_KEPT = 3  # papers spoken of last that a message without a name may be about
TYPED = "The model's search plan could not be read, so your message was searched for as typed."
NO_WORD = "The model's answer cited no source."
NOTHING = Found((), (), (), ())

log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Tools:
    """What the stages of a turn work with. `find` gives a paper by its id; `seconds` is what a turn may take, `meaning`
    whether what was written is checked by the model as well."""

    index: PaperIndex
    gatherer: Gatherer
    linker: Linker
    names: Names
    find: Callable[[str], Paper | None]
    seconds: float
    meaning: bool


class ModelTurn:
    """One turn by a model. `run` gives its answer; where there is none, a `note` says why."""

    def __init__(
        self,
        tools: Tools,
        library: Callable[[], Library],
        model: ChatModel,
        message: str,
        talk: Talk,
        scope: Scope | None,
        style: Style,
    ) -> None:
        self._tools, self._library, self._model = tools, library, model
        self.message, self._talk, self.scope, self.style = message, talk, scope, style
        self._started = time.monotonic()
        self._used: list[Usage] = []
        self._check_used: list[Usage] = []
        self._verifier: Verifier | None = None
        self.trace = Trace(planned_by="model")
        self.note = ""
        self._shown_tokens = 0  # of the sources that the writer was shown last

    @property
    def usage(self) -> Usage | None:
        """What all calls of the turn took together; the first word is that of the answer."""
        if not self._used:
            return None
        written = sum(self._used[1:], self._used[0])
        return replace(sum(self._check_used, written), seconds_to_first=written.seconds_to_first)

    @property
    def _budget(self) -> Budget:
        """What the model has room for, which is known better once it was asked."""
        return Budget(self._model.context)

    @property
    def _said(self) -> str:
        """The conversation as the writer reads it."""
        return self._talk.text(most=self._budget.talk)

    @property
    def _readable(self) -> float:
        """Tokens that one call may be sent: what the model reads at once and, where the plan came slowly, in time."""
        pace = max((one.tokens_in / max(one.seconds_to_first, 0.01) for one in self._used), default=SLOW)
        in_time = pace * JUDGE_SHARE * self._left / MOST_CALLS
        return min(self._model.context, in_time) if pace < SLOW else self._model.context

    @property
    def _left(self) -> float:
        """Seconds of the turn that are left."""
        return self._tools.seconds - (time.monotonic() - self._started)

    def run(self) -> Generator[str | Waiting | Answer, None, None]:
        """Plan, gather, write, and look again once where the writer asks for it; then the answer. Where its meaning is
        checked, it comes before that and again after it."""
        try:
            plan = yield from self._plan()
            if plan.is_talk:
                yield plan.reply
                yield self._answer(plan, NOTHING, Written(text=plan.reply))
                return
            found = yield from self._gather(plan)
            written = yield from self._write(plan, found, may_search=not plan.every)
            if written.searches and not written.text:
                self.trace.events.append(f"looked again for: {'; '.join(written.searches)}")
                yield Waiting(f"Searching: {'; '.join(written.searches)}")
                again = plan.model_copy(update={"searches": tuple(written.searches)})
                found = self._timed("gather", lambda: self._further(found, again))
                written = yield from self._write(again, found, may_search=False)
        except ModelError as error:
            self.note = str(error)
            self.trace.events.append(self.note)
            return
        if not written.text:
            self.note = written.note or NO_WORD
            self.trace.events.append(self.note)
            return
        state = ""
        wanted = self._tools.meaning if self.style.meaning is None else self.style.meaning
        if wanted and any(c.numbers or c.verdict == ABSENT for c in written.checks):
            yield self._answer(plan, found, written, CHECKING)
            state = yield from self._settle(plan, found, written)
        yield self._answer(plan, found, written, state)

    # -- verify ------------------------------------------------------------------------------------------------

    def _settle(self, plan: Plan, found: Found, written: Written) -> Generator[Waiting, None, str]:
        """How the check of meaning ended; what it found stands in what was written. Nothing that goes wrong here costs
        the answer."""
        question, nearest = plan.question or self.message, self._tools.gatherer.nearest
        assert self._verifier
        done = False
        try:
            done = yield from settle(
                self._model,
                question,
                written,
                self._verifier,
                lambda text: nearest((question, text), plan, found, self.scope),
                self._check_used,
                within=min(CHECK_SECONDS, self._tools.seconds),
            )
            self.trace.events += [] if done else ["The check of meaning could not be used."]
        except ModelError as error:
            self.trace.events.append(str(error))
        except Exception:
            log.exception("the check of meaning failed")
            self.trace.events.append("The check of meaning failed; the log says why.")
        self.trace.called("check", self._check_used)
        return CHECKED if done else FAILED

    # -- plan --------------------------------------------------------------------------------------------------

    def _plan(self) -> Generator[Waiting, None, Plan]:
        yield Waiting("Reading the question")
        tools, talk = self._tools, self._talk
        library = self._timed("library", self._library).text()
        plan = yield from plan_with_model(
            self._model,
            self._used,
            self.message,
            talk.text(last=LAST_ANSWER, most=self._budget.talk),
            talk.handles(tools.find),
            library,
            within=PLAN_SHARE * tools.seconds,
        )
        self.trace.called("plan", self._used)
        if plan is None:
            self.note = TYPED
            self.trace.events.append(TYPED)
            self.trace.planned_by = "without model"
            papers = tools.linker.named(self.message) or leaning_of(self.message, talk).papers[:MOST_KEPT]
            plan = Plan(question=self.message, papers=papers, searches=(self.message,))
        log.info("plan: %d papers, %d searches, every=%s", len(plan.papers), len(plan.searches), plan.every)
        return plan

    # -- gather ------------------------------------------------------------------------------------------------

    def _gather(self, plan: Plan) -> Generator[Waiting, None, Found]:
        yield Waiting(f"Searching: {'; '.join(plan.searches) or plan.question or self.message}")
        gatherer, considered = self._tools.gatherer, self.style.papers
        found = self._timed(
            "gather", lambda: gatherer.find(plan, self.message, self._talk, self.scope, considered=considered)
        )
        self.trace.searches, self.trace.looked_at = found.searches, len(found.ranked)
        log.info("evidence: %d papers, %d of them meant", len(found.ranked), len(found.meant))
        if plan.every and (plan.criterion or plan.searches):
            found = yield from self._judged(plan, found)
        return found

    def _further(self, found: Found, plan: Plan) -> Found:
        more = self._tools.gatherer.further(found, plan, self.scope, considered=self.style.papers)
        self.trace.searches, self.trace.looked_at = more.searches, len(more.ranked)
        return more

    def _judged(self, plan: Plan, found: Found) -> Generator[Waiting, None, Found]:
        """The candidates that fit the criterion; the best of them as they were found where that could not be told."""
        criterion = plan.criterion or plan.question or self.message
        candidates, used = judged(found.ranked, self._readable), list[Usage]()
        within = JUDGE_SHARE * self._left / MOST_CALLS
        fit = None
        try:
            fit = yield from judge(self._model, criterion, candidates, used, within=within)
        except ModelError as error:
            self.trace.events.append(str(error))
        self._take("relevance", used)
        if fit is None:
            self.trace.events.append("The candidates could not be judged; the best found are shown.")
            return found
        self.trace.events.append(f"{len(fit)} of {len(candidates)} candidates fit")
        of_all, total = f"{len(candidates):,}", self._library().count
        of_all += " papers" if len(candidates) == total else f" candidates among {total:,} papers"
        count = f"{len(fit):,} of {of_all} match “{criterion}”."
        named = [one for one in found.ranked if one.paper.id in found.meant]  # which the user means, fit or not
        shown = (*named, *(one for one in fit if one not in named)) or found.ranked[:NEAREST]
        return replace(found, ranked=shown, missed=f"{found.missed} {count}".strip())

    # -- write -------------------------------------------------------------------------------------------------

    def _write(self, plan: Plan, found: Found, *, may_search: bool) -> Generator[str | Waiting, None, Written]:
        """The answer by the writer; with half of the sources once where the endpoint finds them too long."""
        room = self._budget.sources(plan, f"{self.message} {self._said}")
        try:
            return (yield from self._write_from(plan, found, room, may_search=may_search))
        except TooLongError:
            self.trace.events.append("The sources were too long for the model; half of them are shown.")
            shorter = int(SHRINK * min(room, self._shown_tokens))
            return (yield from self._write_from(plan, found, shorter, may_search=may_search))

    def _write_from(
        self, plan: Plan, found: Found, room: int, *, may_search: bool
    ) -> Generator[str | Waiting, None, Written]:
        sources = self._timed("sources", lambda: sources_of(found, plan, considered=self.style.papers, budget=room))
        self.trace.shown, self._shown_tokens = sources.as_trace(), tokens(sources.text)
        count = len(sources.papers)
        yield Waiting(f"Reading {count} paper{'' if count == 1 else 's'}")
        written, known = Written(), f"{self._library().text()} {found.facts}"
        asked = " ".join((self.message, plan.question, *(one.text for one in self._talk.said if one.role == "user")))
        self._verifier = Verifier(sources, self._tools.names, written.numbering, asked, known, among=self._among())
        try:
            yield from write_with_model(
                self._model,
                self._messages(plan, found, sources, may_search=may_search),
                self._verifier,
                written,
                most_tokens=self._budget.answer(plan),
                within=self._left,
            )
        finally:
            self._take("write", written.used)
        return written

    def _among(self) -> int:
        """How many papers are searched."""
        scope = self.scope
        if not scope or scope == Scope():
            return self._library().count
        return len(selected(self._tools.index, scope))

    def _messages(self, plan: Plan, found: Found, sources: Sources, *, may_search: bool) -> list[Message]:
        length = prompts.LENGTHS[self.style.length.value]
        asked = prompts.write_request(
            self.message,
            plan,
            self._said,
            sources.text,
            found.facts,
            word=secrets.token_hex(4),
            may_search=may_search,
        )
        return [Message("system", prompts.WRITE.replace("{length}", length)), Message("user", asked)]

    def _answer(self, plan: Plan, found: Found, written: Written, meaning: str = "") -> Answer:
        made = conclude(self.message, plan, found, written, considered=self.style.papers)
        return replace(
            made,
            seconds=time.monotonic() - self._started,
            note=" ".join(filter(None, (self.note, written.note, found.missed))),
            usage=self.usage,
            meaning=meaning,
            trace=self.trace,
        )

    def _take(self, stage: str, used: list[Usage]) -> None:
        self._used += used
        self.trace.called(stage, used)

    def _timed(self, stage: str, work: Callable[[], T]) -> T:
        began = time.perf_counter()
        done = work()
        self.trace.seconds[stage] = round(self.trace.seconds.get(stage, 0.0) + time.perf_counter() - began, 4)
        return done
