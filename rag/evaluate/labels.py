"""From kept answers to statements that a reader labels, and the two error rates of the check that follow."""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.errors import SourceError, UsageError
from rag.types import Checked
from rag.verify.statement import written_of

NO_ANSWERS = "holds no answers; give a conversation exported as JSON, or the answers of `paperchat batch`."


@dataclass(frozen=True, slots=True)
class Labelled:
    """A statement of an answer with the quotes it cites; `passed` is what the check said of it."""

    question: str
    text: str
    quotes: tuple[str, ...]
    passed: bool


def read_statements(path: Path) -> list[Labelled]:
    """The statements with sources in a file of answers.

    Raises SourceError for a file that cannot be read, UsageError for one that holds no answers.
    """
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise SourceError(f"{path} cannot be read ({error.strerror}); check its name and permissions.") from error
    except UnicodeDecodeError as error:
        raise SourceError(f"{path} is not UTF-8 text; save the file as UTF-8.") from error
    try:
        try:
            values = [json.loads(text)]
        except ValueError:
            values = [json.loads(line) for line in text.splitlines() if line.strip()]
        found = [one for value in values for one in _statements(value)]
    except (ValueError, RecursionError, TypeError, KeyError, AttributeError) as error:
        raise UsageError(f"{path} {NO_ANSWERS}") from error
    if not found:
        raise UsageError(f"{path} {NO_ANSWERS}")
    return found


def _statements(value: dict[str, Any]) -> Iterator[Labelled]:
    """Those of an exported conversation, of a line of answers, or of one answer."""
    for turn in value.get("turns", [value]):
        answer = turn["answer"] if isinstance(turn.get("answer"), dict) else turn
        quotes = {cited["number"]: f"{cited['title']}: {cited['quote']}" for cited in answer.get("citations", [])}
        for check in answer.get("checks", []):
            told = (check.get(name, "") for name in ("mended", "meaning", "was"))
            checked = Checked(check["text"], check["verdict"], check.get("reason", ""), tuple(check["numbers"]), *told)
            was = "" if checked.mended else checked.was
            text = was or written_of(checked)  # without what the checks set beside it
            cited = tuple(quotes[number] for number in checked.numbers if number in quotes)
            if cited and answer.get("usage"):
                yield Labelled(answer.get("standalone", ""), text, cited, checked.verified)


def draw(statements: Sequence[Labelled], count: int) -> list[Labelled]:
    """So many of them by lot, half of them flagged where there are enough: flagged ones are rare."""
    chance = random.SystemRandom()
    flagged = [one for one in statements if not one.passed]
    some = chance.sample(flagged, min(len(flagged), count // 2))
    passed = [one for one in statements if one.passed]
    some += chance.sample(passed, min(len(passed), count - len(some)))
    chance.shuffle(some)
    return some


def error_rates(statements: Sequence[Labelled], labelled: Sequence[tuple[Labelled, bool]]) -> dict[str, Any]:
    """How many were labelled, the share of those that passed which are not borne out, and of the borne out which were
    flagged. `labelled` are some of the `statements`, each with whether its sources bear it out; as flagged ones are
    drawn more often, each group counts for as many as it stands for."""
    passed = [right for one, right in labelled if one.passed]
    flagged = [right for one, right in labelled if not one.passed]
    count = sum(one.passed for one in statements)
    of_passed = count * sum(passed) / len(passed) if passed else 0.0
    of_flagged = (len(statements) - count) * sum(flagged) / len(flagged) if flagged else 0.0
    true = of_passed + of_flagged
    return {
        "labelled": len(labelled),
        "passed but not borne out": round(1 - sum(passed) / len(passed), 3) if passed else None,
        "borne out but flagged": round(of_flagged / true, 3) if true and passed else None,
    }
