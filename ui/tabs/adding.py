"""Import: files, a pasted page or a day are taken in while the chat goes on.

What comes is content. The name of a file is shown and never opened, and no address is fetched for a reader: of links
to papers of arXiv only the id is read, and asked of arXiv.
"""

import re
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import gradio as gr

from ingest.errors import SourceError, UsageError
from ingest.formats.ids import NO_DOI, read_ids
from ingest.formats.page_lines import PROSE_SIZE
from ingest.library import LEFT, Source
from ingest.live.names import MOST_FOUND, by_ids
from ingest.paper import Paper
from ingest.sources import Given, read_given
from ingest.text import clean
from ui import report
from ui.engine import Engine, explain
from ui.importing import Importer, Job
from ui.tabs import chat

MOST_FILES = 10
MOST_FILE_BYTES = 20_000_000  # of one file, as ingest reads
MOST_BYTES = 40_000_000  # of all files together
MOST_PASTED = 600_000  # characters: all that the guard lets in, were each of three bytes
BEAT = 0.25  # seconds between two looks at an import
PASTED = "pasted text"

Told = tuple[str, Any, Any, Any, Any, Any]


@dataclass(frozen=True)
class Parts:
    files: gr.File
    text: gr.Textbox
    day: gr.Textbox
    add: gr.Button
    stop: gr.Button
    told: gr.Markdown


def build() -> Parts:
    markdown: dict[str, Any] = {"container": False, "latex_delimiters": []}
    with gr.Column(elem_id="import"):
        gr.Markdown(
            "<h2>Import papers</h2><p>Links or ids of arXiv papers, Daily Papers (copied text, a saved web page or API "
            "answers), arXiv feeds, BibTeX or RIS with abstracts, or JSON Lines with title and abstract. The format is "
            "detected automatically.</p>",
            **markdown,
        )
        files = gr.File(
            elem_id="files", label=f"Files (up to {MOST_FILES}, 20 MB each)", file_count="multiple", height=140
        )
        text = gr.Textbox(
            elem_id="pasted",
            label="Or paste a page, or arXiv links",
            placeholder="Titles, authors and abstracts, or https://arxiv.org/abs/2402.02750",
            lines=3,
            max_length=MOST_PASTED + 1,  # so that more arrives as too much, not as nothing
            max_lines=12,
        )
        with gr.Row(elem_id="take"):
            day = gr.Textbox(elem_id="day", label="Or a day of Daily Papers", placeholder="2026-08-21", max_lines=1)
            add = gr.Button("Import", elem_id="add", variant="primary")
            stop = gr.Button("Stop", elem_id="halt", elem_classes="quiet", visible=False)
        told = gr.Markdown("", elem_id="told", **markdown)
    return Parts(files, text, day, add, stop, told)


def wire(opening: "Future[Engine]", parts: Parts, tab: gr.Tab, talking: chat.Parts) -> None:
    """Which event calls what. When papers came in, the empty conversation greets anew."""
    intake, talk = Adding(opening), chat.Talk(opening)
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    every = [parts.told, parts.add, parts.stop, parts.files, parts.text, parts.day]
    watching = {**quiet, "concurrency_id": "import", "concurrency_limit": 20}
    given = [parts.files, parts.text, parts.day]
    taken = parts.add.click(intake.take, given, every, trigger_mode="once", **watching)
    taken.then(talk.welcome, None, [talking.mode, talking.chat, talking.pen], **quiet)
    parts.day.submit(intake.take, given, every, trigger_mode="once", **watching)
    tab.select(intake.look, None, every, trigger_mode="once", **watching)
    parts.stop.click(intake.importer.stop, None, None, queue=False, **quiet)


class Adding:
    """The tab's handlers around one engine."""

    def __init__(self, opening: "Future[Engine]") -> None:
        self.opening = opening
        self.importer = Importer(opening)

    def take(self, files: Any, text: Any, day: Any) -> Iterator[Told]:
        """Import what was given, and tell how far it is until it is done."""
        try:
            job = self.importer.begin(read(files, text, day))
        except Exception as error:
            yield report.trouble(explain(error)), *IDLE, gr.skip(), gr.skip(), gr.skip()
            return
        yield from self.follow(job)

    def look(self) -> Iterator[Told]:
        """Follow the import that runs, if one does, when the tab is opened."""
        job = self.importer.running
        if job is None:
            yield gr.skip(), gr.skip(), gr.skip(), gr.skip(), gr.skip(), gr.skip()
        else:
            yield from self.follow(job)

    def follow(self, job: Job) -> Iterator[Told]:
        kept = (gr.skip(), gr.skip(), gr.skip())
        while not job.ended.wait(BEAT):
            stopping = job.stopping.is_set()
            busy = (gr.Button(interactive=False), gr.Button(visible=True, interactive=not stopping))
            yield report.progress(job.done, job.total, job.seconds, stopping=stopping), *busy, *kept
        if job.taken is None:
            yield report.trouble(job.trouble), *IDLE, *kept
            return
        told = report.result(job.taken, self.opening.result().count())
        given = job.taken.report
        left = any(fate.what == LEFT for fate in given.fates.values())
        nothing = job.taken.stopped or left or not (given.seen or given.unreadable or given.fates)
        yield told, *IDLE, *(kept if nothing else (None, "", ""))


IDLE = (gr.update(interactive=True), gr.update(visible=False))  # the buttons when nothing runs


def read(files: Any, text: Any, day: Any) -> list[Source]:
    """The sources in what a browser sent; raises UsageError for nothing, or more than is taken at once."""
    sources: list[Source] = []
    paths = [Path(path) for path in files or [] if isinstance(path, str)]  # Gradio's own, in its folder for uploads
    if len(paths) > MOST_FILES:
        raise UsageError(f"{len(paths)} files are too many; import at most {MOST_FILES} at once.")
    if not all(path.is_file() for path in paths):  # an upload that was not used is thrown away after a while
        raise UsageError("The upload has expired; choose the files again.")
    sizes = [path.stat().st_size for path in paths]
    for path, size in zip(paths, sizes, strict=True):
        if size > MOST_FILE_BYTES:
            raise UsageError(f"{clean(path.name)} is too large ({size / 1e6:,.0f} MB); the limit is 20 MB a file.")
    if sum(sizes) > MOST_BYTES:
        raise UsageError(f"The files are too large ({sum(sizes) / 1e6:,.0f} MB in total); import up to 40 MB at once.")
    sources += [Given(clean(path.name)[:200] or "a file", path.read_bytes()) for path in paths]
    pasted = text if isinstance(text, str) else ""
    if len(pasted) > MOST_PASTED:
        raise UsageError(f"More than {MOST_PASTED:,} characters were pasted; import a file instead.")
    if pasted.strip():
        sources += read_pasted(pasted)
    chosen = day.strip() if isinstance(day, str) else ""
    if chosen:
        sources.append(f"daily:{read_day(chosen)}")
    if not sources:
        raise UsageError("Nothing to import; choose a file, paste a page or enter a day.")
    return sources


def read_pasted(text: str) -> list[Source]:
    """The page that was pasted or, where it is none, the papers of arXiv that the text names by id or link."""
    page = Given(PASTED, text.encode(errors="replace"))
    named = read_ids(text)
    if not named or (not named.alone and holds_paper(page)):
        return [page]
    if not named.arxiv:
        raise UsageError(NO_DOI)
    if len(named.arxiv) > MOST_FOUND:
        raise UsageError(f"{len(named.arxiv):,} papers are named; name up to {MOST_FOUND:,} at once.")
    return list(by_ids(named, anew=False))


def holds_paper(page: Given) -> bool:
    """Whether a page has a paper to read; a line of prose that itself names papers is not taken for an abstract."""
    try:
        papers = (record for record in read_given(page) if isinstance(record, Paper))
        return any(len(paper.abstract) >= PROSE_SIZE or not read_ids(paper.abstract) for paper in papers)
    except SourceError:
        return False


def read_day(text: str) -> str:
    """A day as YYYY-MM-DD; raises UsageError for what is none, or not yet."""
    try:
        found = date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII) else None
    except ValueError:
        found = None
    if found is None:
        raise UsageError(f"“{clean(text)[:40]}” is not a date; use the form 2026-08-21.")
    if found > date.today():
        raise UsageError(f"{text} is in the future; enter a day up to today.")
    return text
