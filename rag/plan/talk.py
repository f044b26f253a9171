"""From the turns so far to what planner and writer read of them: the messages, trimmed, and the papers spoken of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ingest.names import short_name
from ingest.paper import Paper
from ingest.text import clean
from rag.types import SPACED_MARK, Turn

MOST_TURNS = 12  # messages that are read, the latest
MOST_HANDLES = 30  # papers spoken of that are offered, the latest
LONGEST_TITLE = 110  # characters of a title beside its handle
LONGEST = 8_000  # characters of a message that are read at all: its beginning and its end
WHOLE, SHORT = 2_400, 420  # characters of the last answer and of any other message; the middle goes


@dataclass(frozen=True, slots=True)
class Said:
    """One message, and the ids of the papers that it spoke of."""

    role: str
    text: str
    papers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation so far, oldest message first."""

    said: tuple[Said, ...] = ()

    @property
    def papers(self) -> tuple[str, ...]:
        """The ids of all papers spoken of, in order of first mention: paper n has the handle Pn."""
        return tuple(dict.fromkeys(paper for one in self.said for paper in one.papers))

    @property
    def spoken_last(self) -> tuple[str, ...]:
        """The papers of the latest message that spoke of any."""
        return next((one.papers for one in reversed(self.said) if one.papers), ())

    @property
    def asked_last(self) -> str:
        """The latest message of the user."""
        return next((one.text for one in reversed(self.said) if one.role == "user"), "")

    @property
    def choice(self) -> tuple[str, ...]:
        """The papers of the latest message that spoke of more than one."""
        return next((one.papers for one in reversed(self.said) if len(one.papers) > 1), ())

    def handle(self, name: str) -> str | None:
        """The id of the paper with a handle ('P3', 'p3: KIVI'); None where no such handle was offered."""
        head = name.strip().split(":")[0].split(" ")[0].upper()
        if head[:1] != "P" or not (head[1:].isascii() and head[1:].isdecimal()) or len(head) > 6:
            return None
        place, papers = int(head[1:]), self.papers
        return papers[place - 1] if len(papers) - MOST_HANDLES < place <= len(papers) and place > 0 else None

    def handles(self, find: Callable[[str], Paper | None]) -> str:
        """'P1: KIVI: A Tuning-Free …', a line for each of the latest papers spoken of."""
        papers = list(enumerate(self.papers, start=1))[-MOST_HANDLES:]
        found = [(place, paper) for place, paper_id in papers if (paper := find(paper_id))]
        return "\n".join(f"P{place}: {_called(paper)}" for place, paper in found)

    def text(self, *, last: int = WHOLE, most: int = 10**6) -> str:
        """The messages as lines 'user: …', an answer with the handles of its papers; marks of citations are left out.

        `last` is how many characters of the last answer are kept, `most` of them all: then the first message and the
        latest stay.
        """
        places = {paper: place for place, paper in enumerate(self.papers, start=1)}
        final = max((n for n, one in enumerate(self.said) if one.role == "assistant"), default=-1)
        lines = []
        for n, one in enumerate(self.said):
            of = ", ".join(f"P{places[paper]}" for paper in one.papers) if one.role == "assistant" else ""
            words = trimmed(one.text, last if n == final else SHORT)
            lines.append(f"{one.role}{f' (of {of})' if of else ''}: {words}")
        return "\n".join(fitting(lines, most))


def read_talk(history: Sequence[Turn], named: Callable[[str], Sequence[str]]) -> Talk:
    """The last messages of a conversation. An answer's papers are those of its record; a plain message that has none is
    read for names of papers (`named`: ids of the papers that a text names)."""
    said = []
    for turn in history[-MOST_TURNS:]:
        said_so = turn.content if isinstance(turn.content, str) else ""
        if len(said_so) > LONGEST:
            said_so = f"{said_so[: LONGEST // 2]} […] {said_so[-LONGEST // 2 :]}"
        text = SPACED_MARK.sub("", said_so)
        if turn.role in ("user", "assistant") and text.strip():
            papers = turn.answer.papers if turn.answer else tuple(named(text))
            said.append(Said(turn.role, text.strip(), tuple(papers)))
    return Talk(tuple(said))


def fitting(lines: list[str], most: int) -> list[str]:
    """The first line and as many of the latest as have at most `most` characters together."""
    left, kept = most - sum(map(len, lines[:1])), list[str]()
    for line in reversed(lines[1:]):
        left -= len(line)
        if left < 0:
            break
        kept.append(line)
    if len(kept) < len(lines) - 1:
        return [*(lines[:1] if kept or len(lines[0]) <= most else []), "[…]", *reversed(kept)]
    return lines


def trimmed(text: str, most: int) -> str:
    """A text of at most about `most` characters, its lines kept; what is too much goes from the middle."""
    lines = "\n".join(filter(None, map(clean, text.splitlines())))
    if len(lines) <= most:
        return lines
    head, tail = lines[: most * 2 // 3].rsplit(" ", 1)[0], lines[-most // 3 :].split(" ", 1)[-1]
    return f"{head} […] {tail}"


def _called(paper: Paper) -> str:
    title = clean(paper.title)[:LONGEST_TITLE]
    name = clean(short_name(paper))
    return title if title.startswith(name[:LONGEST_TITLE]) else f"{name}: {title}"
