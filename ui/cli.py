"""The `paperchat` command: reads what was asked for, shows what came of it. Exit codes: 0 done, 1 failed, 2 wrong use.

Results go to standard output, progress and messages to standard error. What a command does not need is not imported.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.errors import PaperchatError, UsageError
from ingest.settings import Settings, load_settings

if TYPE_CHECKING:
    from rag.engine import Engine

DESCRIPTION = """Chat with a page of research papers: every sentence of an answer is cited to the sentence it rests on.
Without a command: index the bundled page if there is nothing yet, then serve the chat in the browser."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit code."""
    args = parser().parse_args(argv)
    try:
        command: Callable[[argparse.Namespace], int] = args.run
        return command(args)
    except PaperchatError as error:
        say(f"paperchat: {error}")
        return 2 if isinstance(error, UsageError) else 1
    except KeyboardInterrupt:
        say("paperchat: stopped; what was done so far is kept.")
        return 1
    except BrokenPipeError:  # the reader of our output has gone, as in `paperchat papers | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        say(f"paperchat: {error.filename or 'the system'}: {error.strerror or error}.")
        return 1


def parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(prog="paperchat", description=DESCRIPTION)
    root.set_defaults(run=serve, host="127.0.0.1", port=7860)
    commands = root.add_subparsers(title="commands", metavar="COMMAND")

    def add(run: Callable[[argparse.Namespace], int], name: str, text: str, *flags: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run=run)
        if "json" in flags:
            command.add_argument("--json", action="store_true", help="print JSON instead of text")
        return command

    command = add(serve, "serve", "Serve the chat in the browser.")
    command.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    command.add_argument("--port", type=int, default=7860, help="port to listen on (default: 7860)")
    command = add(ingest, "ingest", "Take papers in from pages, feeds and files.")
    command.add_argument("sources", nargs="+", metavar="SOURCE", help="a file, or - for standard input")
    add(papers, "papers", "List the papers.", "json")
    command = add(search, "search", "Rank papers for a query.", "json")
    command.add_argument("query", metavar="QUERY")
    command.add_argument("-k", type=int, default=10, help="how many papers (default: 10)")
    command = add(ask, "ask", "Answer one question.", "json")
    command.add_argument("question", metavar="QUESTION")
    command = add(batch, "batch", "Answer a file of questions.")
    command.add_argument("questions", type=Path, metavar="QUESTIONS.jsonl")
    command.add_argument("answers", type=Path, metavar="ANSWERS.jsonl")
    command = add(evaluate, "eval", "Measure answers to known questions, or ranking on a BEIR collection.", "json")
    command.add_argument("questions", type=Path, nargs="?", metavar="QUESTIONS.jsonl")
    command.add_argument("--beir", type=Path, metavar="FOLDER", help="corpus.jsonl, queries.jsonl, qrels.tsv")
    add(rebuild, "rebuild", "Embed all papers anew with the configured model and make the index again.")
    return root


# -- commands --------------------------------------------------------------------------------------------------------


def serve(args: argparse.Namespace) -> int:
    from ui.serve import serve as serve_page

    settings = load_settings()
    if _is_empty(settings):
        _ingest_into(settings, [str(BUNDLED_PAGE)])

    def make_engine() -> "Engine":
        from rag.engine import Engine

        engine = Engine(settings)
        engine.warm()
        for notice in engine.notices:
            say(notice)
        return engine

    def ready(url: str) -> None:
        from rag.engine import Engine

        print(f"paperchat is at {url}\n{Engine.mode}\nPress Ctrl-C to stop.", flush=True)

    serve_page(make_engine, host=args.host, port=args.port, ready=ready)
    return 0


def ingest(args: argparse.Namespace) -> int:
    return _ingest_into(load_settings(), args.sources)


def papers(args: argparse.Namespace) -> int:
    from ingest.record import Record
    from ui.terminal import safe

    record = Record(load_settings().home)
    rows = [entry.paper for entry in record.entries()]
    if args.json:
        print_json([asdict(paper) for paper in rows])
    else:
        print(safe("\n".join(f"{paper.date or '–':>10}  {paper.title}" for paper in rows)))
        say(f"{len(rows)} papers.")
    return 0


def search(args: argparse.Namespace) -> int:
    from ui.terminal import ranking_text

    if args.k < 1:
        raise UsageError(f"-k is {args.k}; ask for at least one paper.")
    with opened(load_settings()) as engine:
        ranked = engine.search(args.query, k=args.k)
    if args.json:
        print_json([found.as_dict() for found in ranked])
    else:
        print(ranking_text(ranked) or "No papers yet; take some in with: paperchat ingest SOURCE")
    return 0


def ask(args: argparse.Namespace) -> int:
    from ui.terminal import answer_text

    with opened(load_settings()) as engine:
        answer = engine.ask(args.question)
    if args.json:
        print_json(answer.as_dict())
    else:
        print(answer_text(answer))
    return 0


def batch(args: argparse.Namespace) -> int:
    from rag.evaluate import read_history, read_lines

    rows = read_lines(args.questions)
    asked = []
    for number, row in enumerate(rows, start=1):
        if not isinstance(row.get("question"), str):
            raise UsageError(f"{args.questions}, line {number}: no 'question' text.")
        asked.append((row.get("id", number), row["question"], read_history(row, number)))
    failed = 0
    with (
        opened(load_settings()) as engine,
        args.answers.open("w", encoding="utf-8") as out,
        bar(len(asked), "questions") as step,
    ):
        for name, question, history in asked:
            try:
                answer = engine.ask(question, history).as_dict()
            except UsageError as error:  # one question that cannot be asked does not cost the others their answers
                failed += 1
                answer = unanswered(question, str(error))
            out.write(json.dumps({"id": name, **answer}, ensure_ascii=False) + "\n")
            step(1)
    say(
        f"{len(asked)} answers in {args.answers}."
        + (f" {failed} could not be asked; the line says why." if failed else "")
    )
    return 0


def evaluate(args: argparse.Namespace) -> int:
    from rag.evaluate import evaluate_beir, evaluate_questions, read_lines

    if (args.questions is None) == (args.beir is None):
        raise UsageError("Give either a file of questions or --beir FOLDER.")
    if args.beir:
        with bar(None, "papers") as step:
            figures: dict[str, Any] = evaluate_beir(args.beir, load_settings(), step)
    else:
        questions = read_lines(args.questions)
        with opened(load_settings()) as engine, bar(len(questions), "questions") as step:
            figures = evaluate_questions(engine, questions, step)
    if args.json:
        print_json(figures)
    else:
        print(figures_text(figures))
    return 0


def rebuild(args: argparse.Namespace) -> int:
    from ingest.library import rebuild as rebuild_index

    with bar(None, "papers") as step:
        count = rebuild_index(load_settings(), told=say, progress=step)
    say(f"{count} papers embedded and indexed anew.")
    return 0


# -- what they share -------------------------------------------------------------------------------------------------

BUNDLED_PAGE = Path(__file__).parent.parent / "ingest" / "pages" / "daily_papers_page.txt"


def _is_empty(settings: Settings) -> bool:
    from ingest.record import Record

    record = Record(settings.home)
    count = record.count()
    record.close()
    return count == 0


def _ingest_into(settings: Settings, sources: Sequence[str]) -> int:
    from ingest.library import ingest_sources
    from ui.terminal import report_text, safe

    with bar(None, "papers") as step:
        report = ingest_sources(settings, sources, told=say, progress=step)
    say(report_text(report))
    for failure in report.failed:
        say(safe(f"paperchat: {failure}"))
    return 1 if report.failed else 0


@contextmanager
def opened(settings: Settings) -> Iterator["Engine"]:
    """An engine for one command, its notices told."""
    from rag.engine import Engine

    with Engine(settings) as engine:
        yield engine
        for notice in engine.notices:
            say(notice)


@contextmanager
def bar(total: int | None, unit: str) -> Iterator[Callable[..., None]]:
    """A progress bar with rate and time left on standard error, where that is a terminal.

    The function given counts steps, and learns the total with `total=`.
    """
    from tqdm import tqdm

    with tqdm(total=total, unit=f" {unit}", disable=None, delay=0.5, leave=False, dynamic_ncols=True) as shown:

        def step(steps: int = 0, *, total: int | None = None) -> None:
            if total is not None:
                shown.total = total
            shown.update(steps)

        yield step


def say(sentence: str) -> None:
    """Shows a message; never on standard output, which is for results."""
    print(sentence, file=sys.stderr, flush=True)


def print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=1))


def unanswered(question: str, reason: str) -> dict[str, Any]:
    """The object for a question that could not be asked."""
    nothing: dict[str, Any] = {"retrieved": [], "citations": [], "seconds": 0.0}
    return {"answer": reason, "refused": True, "standalone": question[:4000], **nothing}


def figures_text(figures: dict[str, Any]) -> str:
    """A table of measures, a row a type, or a line a figure."""
    if not all(isinstance(row, dict) for row in figures.values()):
        return "\n".join(f"{name:16} {value}" for name, value in figures.items())
    columns = list(dict.fromkeys(name for row in figures.values() for name in row))
    lines = [" " * 14 + "".join(f"{column:>9}" for column in columns)]
    for kind, row in figures.items():
        cells = (f"{row[c]:9.3f}" if isinstance(row.get(c), float) else f"{row.get(c, '–'):>9}" for c in columns)
        lines.append(f"{kind:14}" + "".join(cells))
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
