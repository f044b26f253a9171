"""What each command does: settings and arguments in, results on standard output, an exit code back.

Progress and notices go to standard error. What a command does not need is not imported.
"""

import json
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from ingest.errors import PaperchatError, UsageError
from ingest.settings import Settings, load_settings
from ui.terminal import (
    answer_text,
    bar,
    difference_text,
    doing,
    figures_text,
    papers_text,
    print_json,
    ranking_text,
    report_text,
    safe,
    say,
    trace_text,
    update_text,
)

if TYPE_CHECKING:
    from ingest.library import Ingested, Source
    from ingest.paper import Paper
    from rag.engine import Engine
    from rag.llm.pieces import Waiting
    from rag.types import Answer

BUNDLED_PAGE = Path(__file__).parent.parent / "ingest" / "pages" / "daily_papers_page.txt"
CHECKS = {None: None, "meaning": True, "exact": False}
DRAWN = 30  # statements to label at a time
BEGUN = "bundled-page.begun"  # stands in the home until the whole of the bundled page is in
NO_PAPERS = "No papers yet; import some with: paperchat ingest SOURCE"


def serve(args: Namespace) -> int:
    from ui.serve import check_address, is_loopback, reach
    from ui.serve import serve as serve_page

    settings = replace(load_settings(), shared=not is_loopback(args.host))
    # Before a minute goes into an index that could then not be shown.
    check_address(args.host, args.port, settings.auth)
    _ingest_bundled_page(settings)
    say("Opening the page …")

    def make_engine() -> "Engine":
        from rag.engine import Engine

        try:
            engine = Engine(settings)
            engine.warm()
        except PaperchatError as error:  # the page says so when it is asked; whoever started it should know now
            say(f"paperchat: {error}")
            raise
        for notice in engine.notices:
            say(notice)
        return engine

    def ready(url: str) -> None:
        from rag.engine import mode_of

        print(f"paperchat is at {url}\n{reach(args.host, settings.auth)}", flush=True)
        print(f"{mode_of(settings)}\nPress Ctrl-C to stop.", flush=True)

    serve_page(make_engine, host=args.host, port=args.port, auth=settings.auth, ready=ready)
    return 0


def ingest(args: Namespace) -> int:
    settings = load_settings()
    if "-" in args.sources and sys.stdin and sys.stdin.isatty():
        say("Reading papers from the terminal: paste a page, then press Enter and Ctrl-D.")
    report = _ingest_into(settings, args.sources, limit=args.limit, spread=args.ray)
    print(report_text(report), flush=True)
    if report.kept:
        say(f"{report.kept:,} day{'s' * (report.kept > 1)} imported before and not fetched again.")
    for arxiv in report.missing:
        say(f"paperchat: {arxiv} was not found on arXiv; check the id.")
    for failure in report.failed:
        say(f"paperchat: {failure}")
    return 1 if report.failed or report.missing else 0


def update(args: Namespace) -> int:
    from ingest.live.feeds import due
    from ingest.record import Record

    settings = load_settings()
    with closing(Record(settings.home)) as record:
        pieces = due(record, settings.services)
    if not pieces:
        print("Nothing to update: no day or query was imported yet; start with: paperchat ingest daily:latest")
        return 0
    report = _ingest_into(settings, pieces)
    for sentence in (*report.noted, *report.failed):
        say(f"paperchat: {sentence}")
    if report.fetched or not report.failed:
        print(update_text(report), flush=True)
    return 1 if report.failed else 0


def diff(args: Namespace) -> int:
    from ingest.live.diff import compare_days
    from ingest.record import Record

    with closing(Record(load_settings().home)) as record:
        found = compare_days(record, *args.days)
    if args.json:
        print_json(asdict(found))
    else:
        print(difference_text(found))
    return 0


def papers(args: Namespace) -> int:
    from ingest.record import Record

    with closing(Record(load_settings().home)) as record:
        rows = [entry.paper for entry in record.entries()]
    if args.json:
        print_json([asdict(paper) for paper in rows])
    elif rows:
        print(papers_text(rows), flush=True)
        say(f"{len(rows):,} paper{'s' if len(rows) > 1 else ''}.")
    else:
        say(NO_PAPERS)
    return 0


def search(args: Namespace) -> int:
    with opened(load_settings()) as engine:
        ranked = engine.search(" ".join(args.query), k=args.k)
        count = engine.count()
    if args.json:
        print_json([found.as_dict() for found in ranked])
    elif ranked:
        print(ranking_text(ranked))
    else:
        say("No papers match; try other words." if count else NO_PAPERS)
    return 0


def ask(args: Namespace) -> int:
    from rag.style import Style

    if sum(map(bool, (args.table, args.json, args.bibtex))) > 1:
        raise UsageError("Use only one of --json, --table and --bibtex; the JSON includes the table.")
    with opened(load_settings()) as engine:
        style = Style(meaning=CHECKS[args.check])
        answer = drain(engine.stream(" ".join(args.question), model=args.model, style=style))
        papers = [paper for citation in answer.citations if (paper := engine.paper(citation.paper_id))]
    if answer.note and (args.bibtex or args.table):  # which have no place for it
        say(answer.note)
    if args.bibtex:
        print(_bibtex_text(papers))
    elif args.table:
        print(_table_text(answer, args.table))
    elif args.json:
        print_json(answer.as_dict(explain=args.explain))
    else:
        print(answer_text(answer))
    if args.explain and not args.json and sys.stderr:
        print(trace_text(answer), file=sys.stderr)
    return 0


def _table_text(answer: "Answer", form: str) -> str:
    """The table of an answer in a format; raises PaperchatError where it has none."""
    from ui.exports import texts

    if answer.table is None:
        raise PaperchatError("The answer has no table; compare papers by name, such as: Compare KIVI and ZipCache.")
    named = {name.casefold(): text for name, text in texts(answer, answer.table).items()}
    return safe(named[form].rstrip())


def _bibtex_text(papers: "Sequence[Paper]") -> str:
    """The papers an answer cites as BibTeX; raises PaperchatError where it cites none."""
    from ui.bibtex import bibtex

    if not papers:
        raise PaperchatError("The answer cites no papers; ask about something the papers cover.")
    return bibtex(papers).rstrip()


def drain(pieces: "Iterator[str | Waiting | Answer]") -> "Answer":
    """The answer at the end of a stream; on a terminal, what is waited for is told meanwhile."""
    from rag.llm.pieces import Waiting
    from rag.types import FAILED, Answer

    answer = None
    try:
        for piece in pieces:
            if isinstance(piece, Answer):
                answer = piece
            elif isinstance(piece, Waiting):
                doing(piece.words)
    except KeyboardInterrupt:
        if answer is None:
            raise
        answer = replace(answer, meaning=FAILED)  # it is there; only its check was stopped
    finally:
        doing("")
    assert answer, "a stream ends with its answer"
    return answer


def batch(args: Namespace) -> int:
    from concurrent.futures import ThreadPoolExecutor
    from threading import Event

    from rag.evaluate.run import read_lines
    from rag.style import Style
    from ui.batch import answered, read_row

    rows = read_lines(args.questions)
    if args.answers.exists() and args.answers.samefile(args.questions):
        raise UsageError(f"{args.answers} is the file of questions; name another file for the answers.")
    written = failed = 0
    try:
        with ExitStack() as stack:
            engine = stack.enter_context(opened(load_settings()))
            asked = [read_row(row, engine.paper) for row in rows]  # before the file, which would replace an older one
            out = stack.enter_context(_new_file(args.answers))
            step = stack.enter_context(bar(len(rows), "questions"))
            pool = stack.enter_context(ThreadPoolExecutor(args.jobs))
            stopped = Event()
            how = {"model": args.model, "explain": args.explain, "style": Style(meaning=CHECKS[args.check])}
            running = [pool.submit(answered, engine, one, stopped, **how) for one in asked]
            try:
                for row, one in zip(rows, running, strict=True):
                    answer, troubles = one.result()
                    failed += troubles
                    out.write(json.dumps({"id": row.get("id", row.number), **answer}, ensure_ascii=False) + "\n")
                    written += 1
                    step(1)
            finally:
                stopped.set()  # of no effect where all are done
                pool.shutdown(cancel_futures=True)
    finally:
        if written:
            say(f"{written:,} of {len(rows):,} answers in {args.answers}.")
    if failed:
        say(f"{failed:,} could not be asked; see 'answer' for the reason.")
    return 0


def evaluate(args: Namespace) -> int:
    from rag.evaluate.run import evaluate_beir, evaluate_questions, read_lines

    if sum(given is not None for given in (args.questions, args.beir, args.check)) != 1:
        raise UsageError("Give a file of questions, --beir FOLDER or --check FILE.")
    figures: dict[str, Any]
    if args.check:
        figures = label_statements(args.check)
    elif args.beir:
        with bar(None, "papers") as step:
            figures = evaluate_beir(args.beir, load_settings(), step)
    else:
        questions = read_lines(args.questions)
        with opened(load_settings()) as engine, bar(len(questions), "questions") as step:
            figures = evaluate_questions(engine, questions, step)
    if args.json:
        print_json(figures)
    else:
        print(figures_text(figures))
    return 0


def label_statements(path: Path) -> "dict[str, Any]":
    """Asks whoever sits there of statements drawn from kept answers whether their sources bear them out."""
    from rag.evaluate.labels import Labelled, draw, error_rates, read_statements

    statements = read_statements(path)
    drawn = draw(statements, DRAWN)
    labelled: list[tuple[Labelled, bool]] = []
    say("Do the quotes support the statement? y: yes, n: no, s: skip, q: quit. Nothing is saved.")
    for place, one in enumerate(drawn, start=1):
        quotes = "\n".join(f"   “{quote}”" for quote in one.quotes)
        shown = safe(f"\n{place} of {len(drawn)}. {one.question}\n-> {one.text}\n{quotes}")
        print(shown, file=sys.stderr, flush=True)
        reply = sys.stdin.readline() if sys.stdin else ""
        if reply.strip().lower() == "q" or not reply:
            break
        if reply.strip().lower() in ("y", "n"):
            labelled.append((one, reply.strip().lower() == "y"))
    return error_rates(statements, labelled)


def model(args: Namespace) -> int:
    from getpass import getpass

    from ingest.model_choice import ModelChoice, forget_choice, keep_choice
    from rag.engine import mode_of
    from rag.llm.connect import local_servers, try_model

    if sum(map(bool, (args.look, args.use, args.forget))) > 1:
        raise UsageError("Give one of --look, --use and --forget.")
    settings = load_settings()
    if args.look:
        servers = local_servers()
        for server in servers:
            print(safe("\n".join(f"{server.url}  {name}  ({server.name})" for name in server.models)))
        if not servers:
            say("No server answered. Start Ollama, LM Studio, llama.cpp or vLLM, or name its address with --use.")
        return 0
    if (args.use or args.forget) and settings.model_is_fixed:
        raise UsageError("The model is set by OPENAI_API_KEY, OPENAI_BASE_URL or PAPERCHAT_MODEL; unset them first.")
    if args.forget:
        forget_choice(settings.home)
        settings = settings.with_choice(None)
    if args.use:
        asked = args.key and sys.stdin is not None
        key = "" if not asked else getpass("Key: ") if sys.stdin.isatty() else sys.stdin.readline()
        url = "" if args.use.lower() == "openai" else args.use
        choice = ModelChoice(url, key, args.name).cleaned()
        keep_choice(settings.home, choice)
        settings = settings.with_choice(choice)
    print(safe(mode_of(settings)))
    if settings.chat_model is not None:
        print("Set by the environment." if settings.model_is_fixed else "Chosen here.")
    if args.test:
        tested = try_model(settings)
        print(safe(tested.words))
        return 0 if tested.works else 1
    return 0


def rebuild(args: Namespace) -> int:
    from ingest.library import rebuild as rebuild_index

    with bar(None, "papers") as step:
        count = rebuild_index(load_settings(), told=say, progress=step)
    print(f"{count:,} papers reindexed.")
    return 0


def version(args: Namespace) -> int:
    from importlib.metadata import version as version_of

    print(f"paperchat {version_of('paperchat')}")
    return 0


@contextmanager
def opened(settings: Settings) -> Iterator["Engine"]:
    """An engine for one command, its notices told."""
    from rag.engine import Engine

    with Engine(settings) as engine:
        yield engine
        for notice in engine.notices:
            say(notice)


def _ingest_bundled_page(settings: Settings) -> None:
    """Takes the bundled page in where there are no papers, or where an earlier start was stopped while it did."""
    from ingest.record import Record

    if settings.chroma_library:  # whose keeper decides what is in it
        return
    with closing(Record(settings.home)) as record:
        count = record.count()
    begun = settings.home / BEGUN
    if count == 0:
        begun.touch()
    elif not begun.exists():
        return
    say("Indexing the bundled page of 90 papers; this happens once …")
    report = _ingest_into(settings, [str(BUNDLED_PAGE)])
    begun.unlink(missing_ok=True)
    say(report_text(report))


def _ingest_into(
    settings: Settings, sources: "Sequence[Source]", *, limit: int = 100, spread: bool = False
) -> "Ingested":
    with bar(None, "papers") as step:
        from ingest.library import ingest_sources

        return ingest_sources(settings, sources, told=say, progress=step, limit=limit, spread=spread)


@contextmanager
def _new_file(path: Path) -> Iterator[TextIO]:
    """A file written line by line, so that what is done is kept; raises PaperchatError where it cannot be written."""
    try:
        # Half a surrogate pair, which JSON may hold and UTF-8 may not, goes out as the escape it came in as.
        with path.open("w", encoding="utf-8", errors="backslashreplace", buffering=1) as out:
            yield out
    except OSError as error:
        raise PaperchatError(
            f"{safe(str(path))} cannot be written ({error.strerror}); name a file in a folder that you can write to, "
            "on a disk with free space."
        ) from error
