"""One turn of a conversation: the question is cleaned, evidence found, an answer written and checked.

The evidence is fixed before a word is written. Streaming is the implementation; `ask` drains it.
"""

import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain

from ingest.errors import UsageError
from ingest.index import PaperIndex
from ingest.paper import Paper
from ingest.settings import Settings
from ingest.text import clean
from ingest.words import STOPWORDS, tokenize
from rag.answer import Answer, Ranked, Turn
from rag.catalogue import Catalogue
from rag.dialogue import read_dialogue
from rag.draft import Numbering, Table
from rag.measures import MARK
from rag.names import nickname
from rag.prose import render
from rag.reply import RETRIEVED, Replies
from rag.retrieve import Retriever, Scope
from rag.sufficiency import Outcome
from rag.understand import Understanding

MOST_CHARACTERS = 4_000  # of a question


class Engine:
    """Answers questions over the papers of one index. Safe to share between threads."""

    mode = "No language model: answers are quoted from the papers."

    def __init__(self, settings: Settings) -> None:
        self.index = PaperIndex(settings)
        self._retriever = Retriever(self.index)
        self._catalogue = Catalogue(self.index)
        self._understanding = Understanding(self._catalogue, self._retriever, self.paper)
        self._replies = Replies(self.index, self._retriever, self._understanding)

    def close(self) -> None:
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
        self._catalogue.refresh()

    def search(self, question: str, *, k: int = RETRIEVED, scope: Scope | None = None) -> list[Ranked]:
        """The k papers that fit a question best, best first; raises UsageError for a question that cannot be asked."""
        return self._retriever.search(check_question(question), k=k, scope=scope)

    def ask(self, question: str, history: Sequence[Turn] = (), *, scope: Scope | None = None) -> Answer:
        """The answer to a question; see `stream`."""
        answer = None
        for piece in self.stream(question, history, scope=scope):
            if isinstance(piece, Answer):
                answer = piece
        assert answer
        return answer

    def stream(
        self, question: str, history: Sequence[Turn] = (), *, scope: Scope | None = None
    ) -> Iterator[str | Answer]:
        """Pieces of text as they are written, then exactly one Answer whose text they make up.

        Raises UsageError, before the first piece, for a question that cannot be asked.
        """
        started = time.perf_counter()
        question = check_question(question)
        self.index.refresh()
        dialogue = read_dialogue(history, self._catalogue)
        asked = self._understanding.understand(question, dialogue)
        reply = self._replies.reply(asked, dialogue, scope)
        numbering = Numbering()
        said: list[str] = []
        for piece in chain([reply.words] if reply.words else [], render(reply.draft, numbering)):
            text = f"\n\n{piece}" if said and reply.words and len(said) == 1 else piece
            said.append(text)
            yield text
        tables = [part for part in reply.draft.parts if isinstance(part, Table)]
        yield Answer(
            question,
            "".join(said),
            tuple(numbering.citations),
            reply.outcome is not Outcome.ANSWERED,
            asked.standalone,
            reply.ranked,
            time.perf_counter() - started,
            outcome=reply.outcome.value,
            kind=asked.kind.value,
            understood=asked.line,
            note=reply.draft.note,
            table=tables[0] if tables else None,
        )

    def starters(self) -> list[str]:
        """Up to four questions that the papers here can answer, to begin with; none where there are no papers."""
        papers = [entry.paper for entry in self.index.record.entries(self.index.record.numbers()[:200])]
        named = [paper for paper in papers if nickname(paper)]
        questions = [f"What is {nickname(paper)}, and how well does it work?" for paper in named[:1]]
        for first in named[1:]:
            near = [found.paper for found in self._retriever.search(first.title, k=4) if found.paper.id != first.id]
            second = next((paper for paper in near if nickname(paper)), None)
            if second:
                questions.append(f"How do {nickname(first)} and {nickname(second)} differ?")
                break
        topic = common_topic([paper.title for paper in papers])
        if topic:
            questions.append(f"Which papers are about {topic}?")
        questions += [f"What results does {nickname(paper)} report?" for paper in named[-1:]]
        return questions


def check_question(question: str) -> str:
    """The question cleaned; raises UsageError where nothing is left or it is too long to be one."""
    if len(question) > 50 * MOST_CHARACTERS:
        raise UsageError(f"The question has {len(question):,} characters; ask in at most {MOST_CHARACTERS:,}.")
    cleaned = clean(question)
    if len(cleaned) > MOST_CHARACTERS:
        raise UsageError(f"The question has {len(cleaned):,} characters; ask in at most {MOST_CHARACTERS:,}.")
    if not any(c.isalnum() for c in MARK.sub("", cleaned)):
        if MARK.search(cleaned):
            raise UsageError(f"{cleaned} is only a mark; ask in words about what it stands for.")
        raise UsageError("The question is empty; ask in a few words, such as: Which papers are about pruning?")
    return cleaned


def common_topic(titles: Sequence[str]) -> str:
    """The pair of neighbouring words that the most titles share, as most of them write it; empty where none recurs."""
    spelled: dict[tuple[str, ...], Counter[str]] = {}
    for title in titles:
        words = re.findall(r"[^\W_]+(?:-[^\W_]+)*", title)
        for pair in {tuple(words[i : i + 2]) for i in range(len(words) - 1)}:
            if all(w.casefold() not in STOPWORDS and len(w) > 1 for w in pair):
                key = tuple(t for w in pair for t in tokenize(w)[:1])
                spelled.setdefault(key, Counter())[" ".join(pair)] += 1
    if not spelled:
        return ""
    most = max(spelled.values(), key=lambda counter: counter.total())
    text = most.most_common(1)[0][0]
    return " ".join(w if w != w.capitalize() else w.casefold() for w in text.split()) if most.total() > 2 else ""
