"""What readers thought of answers, kept as JSON Lines in the form that `paperchat eval` reads.

An answer that was liked is a question with a known answer: the papers it cited, or that the papers do not say it. Of
one that was not, nothing is known but that; whoever knows better adds the 'papers' and what it 'must' say.
"""

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ingest.errors import BusyError, StoreError
from rag.types import Answer, Turn

FILE = "feedback.jsonl"
MOST_LINES = 5_000
MOST_BYTES = 20_000_000
MOST_HISTORY = 12  # turns kept with a question: as many as are read to understand it
LONGEST = 4_000  # characters of a turn
LOCK_WAIT = 10.0  # seconds


@dataclass(frozen=True, slots=True)
class Vote:
    """A reader's word on one answer: `liked`, or not, or None to take it back. `id` is that of the answer."""

    id: str
    liked: bool | None
    answer: Answer
    history: tuple[Turn, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The line that is kept; 'vote', 'answer', 'cited' and 'at' are for people, `eval` passes over them."""
        cited = list(dict.fromkeys(citation.title for citation in self.answer.citations))
        kind = "unanswerable" if self.answer.refused else self.answer.kind
        turns = self.history[-MOST_HISTORY:]
        return {
            "id": self.id,
            "type": kind if self.liked else "disliked",
            "question": self.answer.question[:LONGEST],
            "history": [{"role": turn.role, "content": turn.content[:LONGEST]} for turn in turns],
            "papers": cited if self.liked and not self.answer.refused else [],
            "vote": "up" if self.liked else "down",
            "cited": cited,
            "answer": self.answer.text[:LONGEST],
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
        }


def keep(home: Path, vote: Vote) -> Path:
    """Writes a vote to the file in `home`, in place of an earlier one on the same answer; returns the file.

    The file is replaced as a whole once it is on the disk, so it is never half written; the oldest lines go where it
    grows too long. Raises StoreError where it cannot be written, BusyError where another process holds it.
    """
    path = home / FILE
    try:
        with FileLock(home / f"{FILE}.lock", timeout=LOCK_WAIT):
            others = [line for line in _lines(path) if _id(line) != vote.id]
            fresh = [] if vote.liked is None else [json.dumps(vote.as_dict(), ensure_ascii=False)]
            _replace(path, _bounded([*others, *fresh]))
    except Timeout as error:
        raise BusyError(f"Another process is writing {path}; vote again in a moment.") from error
    except OSError as error:
        raise StoreError(f"{path} cannot be written ({error.strerror}); check PAPERCHAT_HOME and the disk.") from error
    return path


def _lines(path: Path) -> list[str]:
    """The lines of the file as they stand; those that someone else wrote are kept too."""
    try:
        text = path.read_bytes().decode("utf-8", "backslashreplace")
    except FileNotFoundError:
        return []
    return [line for line in text.split("\n") if line.strip()]


def _id(line: str) -> str:
    with suppress(ValueError, RecursionError):
        fields = json.loads(line)
        return str(fields.get("id", "")) if isinstance(fields, dict) else ""
    return ""


def _bounded(lines: Sequence[str]) -> list[str]:
    """The latest lines that may be kept, in their order."""
    kept: list[str] = []
    size = 0
    for line in reversed(lines[-MOST_LINES:]):
        size += len(line.encode(errors="backslashreplace")) + 1
        if size > MOST_BYTES:
            break
        kept.append(line)
    return kept[::-1]


def _replace(path: Path, lines: Sequence[str]) -> None:
    """Puts a file in place of another once its bytes are on the disk."""
    beside = path.with_name(f"{path.name}.new")
    with beside.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as out:
        out.writelines(f"{line}\n" for line in lines)
        out.flush()
        os.fsync(out.fileno())
    os.replace(beside, path)
    with suppress(OSError):  # a system that opens no folders needs none of it
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
