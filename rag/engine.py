"""The public face: questions in, cited answers out. Wires all stages together.

Streaming is the implementation; `ask` drains it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from ingest.browse.listing import Listed, Listing, Looked
from ingest.browse.topic_map import Atlases, Mapped
from ingest.endpoint import OPENAI_URL, host_of
from ingest.errors import UsageError
from ingest.index import PaperIndex
from ingest.intake import Intake
from ingest.model_choice import ModelChoice, forget_choice, keep_choice
from ingest.names import nickname, short_name
from ingest.paper import Paper
from ingest.settings import Settings
from rag.evaluate.votes import Vote, keep
from rag.gather.evidence import Gatherer
from rag.gather.library import themes
from rag.llm.connect import Tested, try_model
from rag.llm.model import ChatModel
from rag.llm.pieces import Waiting
from rag.model_turn import Tools
from rag.plan.talk import Talk
from rag.question import take_query, take_question
from rag.retrieve.answerability import chances_of
from rag.retrieve.entities import Linker
from rag.retrieve.names import Catalogue
from rag.retrieve.scope import Scope
from rag.retrieve.search import Retriever
from rag.search_turn import SearchTurns
from rag.style import USUAL, Style, Writing
from rag.turn import Turns
from rag.types import Answer, Ranked, Turn
from rag.verify.source import Names
from rag.write.passages import MOST_COMPARED

LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")
RETRIEVED = 10  # papers of a search
TOLD = 60  # characters of a paper's description that a message repeats
DESCRIBED = 0.5  # chance that the paper found for a description is the one meant from which it is taken


class Engine:
    """Answers questions over the papers of one index. Safe to share between threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.index = PaperIndex(settings)
        self.intake = Intake(self.index)
        self._retriever = Retriever(self.index)
        self._catalogue = Catalogue(self.index)
        self._listing = Listing(self.index)
        self._atlases = Atlases(self.index)
        self._linker = Linker(self._catalogue, self.paper, lambda text: self._retriever.search(text, k=1))
        self._tools = Tools(
            self.index,
            Gatherer(self.index, self._retriever, self._linker),
            self._linker,
            Names(self._catalogue.named, self._catalogue.common),
            self.paper,
            settings.model_timeout,
            settings.check == "meaning",
        )
        self.model: ChatModel | None = None
        self._write_with(settings)

    def _write_with(self, settings: Settings) -> None:
        """Has the chat model of these settings write from now on."""
        self._settings = settings
        self.model = ChatModel(settings) if settings.chat_model is not None else None
        self._search = SearchTurns(self.index, self._retriever, self._linker, connected=self.has_model)
        self._turns = Turns(self._tools, self._search, self.model)

    def connect(self, choice: ModelChoice | None, *, keep: bool) -> None:
        """Has the chosen chat model write from the next answer on, None: none; `keep` it for the next start as well.

        An answer under way ends with the model that began it. Raises UsageError where it may not be changed or the
        choice cannot be meant, ModelError for an address that is none, StoreError where it cannot be kept.
        """
        choice = self._allowed(choice)
        before = self.model
        self._write_with(self._settings.with_choice(choice))
        if before:
            before.close()
        if choice and keep:
            keep_choice(self._settings.home, choice)
        else:
            forget_choice(self._settings.home)

    def try_choice(self, choice: ModelChoice) -> Tested:
        """Whether a chat model answers; raises as `connect`."""
        return try_model(self._settings.with_choice(self._allowed(choice)))

    def _allowed(self, choice: ModelChoice | None) -> ModelChoice | None:
        """The choice, cleaned; raises UsageError where the model may not be changed here, or not to this one."""
        if self._settings.locked:
            raise UsageError("Whoever runs this page has locked the model; ask them.")
        if self._settings.model_is_fixed:
            raise UsageError(
                "The model is set by OPENAI_API_KEY, OPENAI_BASE_URL or PAPERCHAT_MODEL, outside of this page."
            )
        choice = choice.cleaned() if choice else None
        url = choice.url if choice else ""
        if self._settings.shared and url and urlsplit(url).hostname not in LOCAL_HOSTS:
            raise UsageError("This page serves other machines, so only OpenAI or a server on this machine can be used.")
        return choice

    @property
    def can_choose(self) -> bool:
        """Whether the chat model can be chosen here."""
        return not (self._settings.locked or self._settings.model_is_fixed)

    @property
    def mode(self) -> str:
        """Who writes the answers, in a line."""
        return mode_of(self._settings)

    @property
    def writer(self) -> Writing | None:
        """The language model that is configured, without its key; None where none is."""
        if self.model is None:
            return None
        return Writing(self.model.name, self.model.endpoint, self._settings.model_price)

    @property
    def has_model(self) -> bool:
        """Whether a language model is configured."""
        return self.model is not None

    def close(self) -> None:
        self.intake.close()
        if self.model:
            self.model.close()
        self._atlases.close()
        self.index.close()

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def notices(self) -> list[str]:
        """Plain sentences on what is not as it should be, fit to show."""
        return self.index.notices

    def count(self) -> int:
        """How many papers are indexed."""
        return self.index.count()

    def paper(self, paper_id: str) -> Paper | None:
        found = self.index.record.find(paper_id)
        return found.paper if found else None

    def warm(self) -> None:
        """Opens everything a first question needs."""
        self._retriever.search("warm up", k=1)

    def browse(self, looked: Looked, *, first: int = 50) -> Listed:
        """The papers looked for in the list of all, the `first` of them in full."""
        return self._listing.find(looked, first=first)

    def nearest(self, paper_id: str, *, k: int = 6) -> list[Paper]:
        """The k papers nearest in meaning to one, nearest first."""
        return self._listing.nearest(paper_id, k=k)

    def atlas(self) -> Mapped:
        """The map of the papers; without any while the first one is laid out."""
        return self._atlases.current()

    def search(self, question: str, *, k: int = RETRIEVED, scope: Scope | None = None) -> list[Ranked]:
        """The k papers that fit a question best, best first; raises UsageError for a question that cannot be asked."""
        return self._retriever.search(take_query(question), k=k, scope=scope)

    def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        scope: Scope | None = None,
        model: bool = True,
        style: Style = USUAL,
    ) -> Answer:
        """The answer to a question; see `stream`."""
        answer = None
        for piece in self.stream(question, history, scope=scope, model=model, style=style):
            if isinstance(piece, Answer):
                answer = piece
        assert answer
        return answer

    def compare(self, papers: Sequence[str], aspects: Sequence[str] = (), *, model: bool = True) -> Answer:
        """Papers, each given by id, name or description, side by side; raises UsageError where one is not here."""
        self.index.refresh()
        if not 2 <= len(papers) <= MOST_COMPARED:
            raise UsageError(f"A comparison takes 2 to {MOST_COMPARED} papers; you gave {len(papers)}.")
        found = [self._given(one) for one in papers]
        for place, paper in enumerate(found):
            if paper.id in [one.id for one in found[:place]]:
                raise UsageError(
                    f"“{papers[place][:TOLD]}” is {short_name(paper)}, which is in the comparison already."
                )
        on = f" on {', '.join(aspects)}" if aspects else ""
        names = [self._linker.name_of(paper) for paper in found]
        question = f"Compare {', '.join(names[:-1])} and {names[-1]}{on}"
        if model and self.model:
            return self.ask(question)
        *_, answer = self._search.compare(question, [paper.id for paper in found], aspects)
        assert isinstance(answer, Answer)
        return answer

    def _given(self, given: str) -> Paper:
        """The paper that an id, a name, a title or a description means."""
        meant = self._linker.link([given], Talk()).papers or self._linker.named(given, misspelt=True)
        if meant and (paper := self.paper(meant[0])):
            return paper
        weighed = self._retriever.weigh(self._retriever.query(given))
        near = weighed.top(1)
        if near and chances_of(weighed, near[0], named=False)[1] >= DESCRIBED:
            return near[0].paper
        raise UsageError(
            f"No paper matches “{given[:TOLD]}”; give an id, a name or a description of a paper in the library."
        )

    def stream(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        scope: Scope | None = None,
        model: bool = True,
        style: Style = USUAL,
    ) -> Iterator[str | Waiting | Answer]:
        """Pieces of text as they are written, then the Answer whose text they make up. Where a model checks its meaning
        (`Answer.meaning` is 'checking'), the Answer comes again when that is done: then its text may be corrected.

        Between the pieces stand lines on what is waited for. `model=False` has nothing written by the language model.
        Of a question that is too long the beginning is answered, and the answer's note says so. Raises UsageError,
        before the first piece, for a question that cannot be asked.
        """
        question, notice = take_question(question)
        self.index.refresh()
        for piece in self._turns.run(question, history, scope, model=model, style=style):
            if notice and isinstance(piece, Answer):
                piece = replace(piece, note=f"{notice} {piece.note}".strip())
            yield piece

    def keep_vote(self, vote: Vote) -> Path:
        """Keeps what a reader thought of an answer; returns the file, which `paperchat eval` reads."""
        return keep(self._settings.home, vote)

    def starters(self) -> list[str]:
        """Up to four questions that the papers here can answer, to begin with; none where there are no papers."""
        papers = [entry.paper for entry in self.index.record.entries(self.index.record.numbers()[:200])]
        named = [paper for paper in papers if is_headed(paper)]
        questions = [f"What is {nickname(paper)}, and how well does it work?" for paper in named[:1]]
        for first in named[1:]:
            near = [found.paper for found in self._retriever.search(first.title, k=4) if found.paper.id != first.id]
            second = next(filter(is_headed, near), None)
            if second:
                questions.append(f"How do {nickname(first)} and {nickname(second)} differ?")
                break
        topic = next(iter(themes([paper.title for paper in papers])), "")
        if topic:
            questions.append(f"Which papers are about {topic}?")
        questions += [f"How does {nickname(paper)} work?" for paper in named[-1:]]
        return questions


def is_headed(paper: Paper) -> bool:
    """Whether a paper's title begins with the name of its method, so that readers know it by that."""
    return bool(nickname(paper)) and paper.title.startswith(nickname(paper))


def mode_of(settings: Settings) -> str:
    """Who writes the answers, and where what is asked goes."""
    if settings.chat_model is None:
        return "No language model: answers are quoted from the papers."
    name = settings.chat_model or "The first model available"
    where = host_of(settings.openai_base_url or OPENAI_URL)
    return f"{name} at {where} writes the answers, which are checked against the papers. Nothing is sent anywhere else."
