"""The `paperchat` command line: what can be asked for and how each way of ending is told.

Exit codes: 0 done, 1 failed with a message, 2 wrong use. What the commands do stands in `ui.commands`.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from ingest.errors import PaperchatError, UsageError
from ingest.secrecy import hiding, secrets_of
from ingest.settings import load_settings
from ui import commands, upkeep
from ui.terminal import say

Command = Callable[[argparse.Namespace], int]

DESCRIPTION = """Ask research papers questions; every statement in an answer cites the exact sentence behind it.
Without a command: index the bundled papers if the library is empty, then serve the chat in the browser."""
EPILOG = """Papers and their index are kept in PAPERCHAT_HOME; .env.example explains every setting.
Exit codes: 0 done, 1 failed with a message, 2 wrong use."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit code. Raises SystemExit for --help, --version and wrong use."""
    for stream in (sys.stdout, sys.stderr):  # a character that a stream cannot show must not end the command
        with suppress(AttributeError):  # a closed stream is None
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    args = parser().parse_args(argv)
    with hiding(sys.stderr, _secrets()):
        return _run(args)


def _run(args: argparse.Namespace) -> int:
    try:
        command: Command = args.run
        code = command(args)
        if sys.stdout:
            sys.stdout.flush()
        return code
    except PaperchatError as error:
        say(f"paperchat: {error}")
        return 2 if isinstance(error, UsageError) else 1
    except KeyboardInterrupt:
        say("paperchat: stopped; what was done so far is kept.")
        return 1
    except BrokenPipeError:  # the reader has all it wanted, as in `paperchat papers | head`
        _drop_output()
        return 0
    except OSError as error:
        _drop_output()
        place = error.filename or "the output"
        say(f"paperchat: {place}: {error.strerror or error}; check that it can be read and written, and run again.")
        return 1
    except Exception as error:  # a defect: nobody further out could act on it, and a user is owed one line
        say(f"paperchat: a defect in paperchat ({_place(error)}): {type(error).__name__}: {error}. Please report it.")
        return 1


def parser() -> argparse.ArgumentParser:
    root = OneLineParser(
        prog="paperchat", description=DESCRIPTION, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    root.add_argument("--version", action="store_const", dest="run", const=commands.version, help="show the version")
    root.set_defaults(run=commands.serve, host="127.0.0.1", port=7860)
    group = root.add_subparsers(title="commands", metavar="COMMAND")

    def add(run: Command, name: str, text: str, *, json: bool = False) -> argparse.ArgumentParser:
        command = group.add_parser(name, help=text, description=text)
        command.set_defaults(run=run)
        if json:
            command.add_argument("--json", action="store_true", help="print JSON instead of text")
        return command

    command = add(commands.serve, "serve", "Serve the chat in the browser.")
    command.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    command.add_argument("--port", type=port, default=7860, help="port to listen on (default: 7860)")
    command = add(commands.ingest, "ingest", "Add papers from pages, feeds and files.")
    command.add_argument(
        "sources",
        nargs="+",
        metavar="SOURCE",
        help="a file, - for standard input, daily:DAY, daily:DAY..DAY, daily:latest, arXiv ids or links, arxiv:QUERY",
    )
    command.add_argument(
        "--ray", action="store_true", help="read and embed in parallel with Ray (RAY_ADDRESS names a cluster)"
    )
    command.add_argument(
        "--limit", type=found, default=100, help="at most this many papers of an arXiv query (default: 100)"
    )
    add(commands.update, "update", "Fetch new papers for the days and arXiv queries added before.")
    command = add(commands.diff, "diff", "Show which papers came, went or changed between two days.", json=True)
    command.add_argument("days", nargs=2, metavar="DAY", help="a day such as 2026-08-21")
    add(commands.papers, "papers", "List the papers.", json=True)
    command = add(commands.search, "search", "Rank papers for a query, each with its best sentence.", json=True)
    command.add_argument("query", nargs="+", metavar="QUERY", help="words or a question")
    command.add_argument("-k", type=at_least_one, default=10, help="how many papers (default: 10)")
    command = add(commands.ask, "ask", "Answer one question and cite the source of each statement.", json=True)
    command.add_argument("question", nargs="+", metavar="QUESTION", help="in quotes, because a shell may expand '?'")
    no_model(command)
    check(command)
    explain(command)
    command.add_argument(
        "--table",
        choices=("markdown", "csv", "latex"),
        help="print only the table and its references, in this format",
    )
    command.add_argument("--bibtex", action="store_true", help="print the cited papers as BibTeX")
    command = add(commands.batch, "batch", "Answer a file of questions, one answer per line in the same order.")
    lines = "one JSON object per line: {id, question, history} or {id, turns}"
    command.add_argument("questions", type=Path, metavar="QUESTIONS.jsonl", help=lines)
    command.add_argument(
        "answers", type=Path, metavar="ANSWERS.jsonl", help="overwritten; each line as `ask --json` prints it"
    )
    command.add_argument("--jobs", type=jobs, default=1, help="lines answered in parallel (default: 1)")
    explain(command)
    no_model(command)
    check(command)
    command = add(
        commands.evaluate,
        "eval",
        "Score answers to questions with known answers, or ranking on a BEIR collection.",
        json=True,
    )
    command.add_argument(
        "questions",
        type=Path,
        nargs="?",
        metavar="QUESTIONS.jsonl",
        help="one JSON object per line: {id, type, question, history, papers, optional, must}",
    )
    command.add_argument(
        "--beir", type=Path, metavar="FOLDER", help="a folder with corpus.jsonl, queries.jsonl and qrels.tsv"
    )
    command.add_argument(
        "--check", type=Path, metavar="FILE", help="label statements from saved answers to see how often the check errs"
    )
    command = add(commands.model, "model", "Show, find, test and choose the language model.")
    command.add_argument("--look", action="store_true", help="list the models of servers on this machine's usual ports")
    command.add_argument("--test", action="store_true", help="ask the model for one word, and say what happened")
    command.add_argument(
        "--use", metavar="ADDRESS", help="from now on use this server, such as http://localhost:11434/v1, or: openai"
    )
    command.add_argument("--name", default="", metavar="MODEL", help="the model's name there (default: the usual one)")
    command.add_argument("--key", action="store_true", help="read its key from standard input, unseen on a terminal")
    command.add_argument("--forget", action="store_true", help="forget the model chosen here, and its key")
    command = add(upkeep.export_folder, "export", "Write all papers, vectors and sources to a folder, in open formats.")
    command.add_argument("folder", type=Path, metavar="FOLDER", help="a new or empty folder")
    command = add(upkeep.import_folder, "import", "Add what is missing here from a folder written by export.")
    command.add_argument("folder", type=Path, metavar="FOLDER", help="a folder written by export")
    command = add(upkeep.check_home, "check", "Check papers, vectors and indexes against one another.", json=True)
    command.add_argument("--repair", action="store_true", help="repair what can be rebuilt from the stored papers")
    add(commands.rebuild, "rebuild", "Embed all papers again with the configured model and rebuild the index.")
    return root


def no_model(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--no-model", dest="model", action="store_false", help="answer with quotes even if a model is configured"
    )


def check(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--check",
        choices=("meaning", "exact"),
        help="how to check what a model wrote: its meaning too, or only figures and names (default: as configured)",
    )


def explain(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--explain",
        action="store_true",
        help="also show how the answer was made: plan, searches, sentences shown, calls",
    )


class OneLineParser(argparse.ArgumentParser):
    """Says what is wrong with a command in one line, and where to read on."""

    def error(self, message: str) -> NoReturn:
        say(f"{self.prog}: {message}; see: {self.prog} --help")
        sys.exit(2)


def port(text: str) -> int:
    if not (text.isdecimal() and len(text) <= 5 and 1 <= int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text[:20]!r} is not a port; give a number from 1 to 65535")
    return int(text)


def at_least_one(text: str) -> int:
    if not (text.isdecimal() and len(text) <= 9 and int(text) >= 1):
        raise argparse.ArgumentTypeError(f"{text[:20]!r} is not a number of papers; ask for 1 or more")
    return int(text)


def jobs(text: str) -> int:
    if not (text.isdecimal() and len(text) <= 2 and 1 <= int(text) <= 64):
        raise argparse.ArgumentTypeError(f"{text[:20]!r} is not a number of jobs; give 1 to 64")
    return int(text)


def found(text: str) -> int:
    if not (text.isdecimal() and len(text) <= 4 and 1 <= int(text) <= 2000):
        raise argparse.ArgumentTypeError(f"{text[:20]!r} is not a number of papers; ask for 1 to 2000")
    return int(text)


def _secrets() -> list[str]:
    """What nothing may show; none where the settings cannot be read, which the command itself then tells."""
    try:
        return secrets_of(load_settings())
    except (PaperchatError, OSError):
        return []


def _drop_output() -> None:
    """Keeps the interpreter from writing, as it ends, what could not be written."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _place(error: Exception) -> str:
    """'engine.py, line 12': the innermost place an error passed through."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}, line {trace.tb_lineno}" if trace else "unknown place"


if __name__ == "__main__":
    sys.exit(main())
