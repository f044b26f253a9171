"""Records the conversations of tests/samples/conversations.json anew, as the engine now answers them.

    python -m tests.record_conversations

Read each changed answer before committing it: the file says what is expected, and why it was recorded.
"""

import json
import tempfile
from pathlib import Path
from typing import Any

from ingest.library import ingest_sources
from ingest.settings import Settings
from rag.engine import Engine
from rag.types import Turn
from tests.bench.timing import PAGE

RECORDED = Path(__file__).parent / "samples" / "conversations.json"


def hold(engine: Engine, questions: list[str]) -> list[dict[str, Any]]:
    """The turns of one conversation: each question with what was understood and what was answered."""
    history: list[Turn] = []
    turns = []
    for question in questions:
        answer = engine.ask(question, history)
        history += [Turn("user", question), Turn("assistant", answer.text, answer)]
        turns.append(
            {
                "question": question,
                "understood": answer.understood,
                "standalone": answer.standalone,
                "outcome": answer.outcome,
                "note": answer.note,
                "answer": answer.text.split("\n"),
            }
        )
    return turns


def main() -> None:
    recorded = json.loads(RECORDED.read_text("utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(Path(folder))
        ingest_sources(settings, [str(PAGE)])
        with Engine(settings) as engine:
            for conversation in recorded:
                conversation["turns"] = hold(engine, [turn["question"] for turn in conversation["turns"]])
    RECORDED.write_text(json.dumps(recorded, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
