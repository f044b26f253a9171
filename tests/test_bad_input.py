"""Bad input of every kind: one line says what, where and what to do, and the papers stay as they were."""

import gzip
import json
import os
import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.test_cli import Run, run, words_only

__all__ = ["run", "words_only"]

ROOT = Path(__file__).parent.parent
ABSTRACT = "We grind lenses by hand. A wet cloth halves the scratches."
PAPER = json.dumps({"title": "Grinding Lenses", "abstract": ABSTRACT}) + "\n"
WORDS = "word " * 900
MANY = "".join(json.dumps({"title": f"Paper {n}", "abstract": f"Number {n}. {WORDS}"}) + "\n" for n in range(900))


class Shell:
    """Runs commands in this process, beside the file of a paper, `first.jsonl`, in a home that holds it."""

    def __init__(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        self.run, self.set = run, monkeypatch.setenv

    def fail(self, argv: list[str], *said: str, code: int = 1) -> str:
        """Runs what must fail with one line that says all this; its standard output."""
        ended, out, err = self.run(*argv)
        assert (ended, "defect" in err) == (code, False), err
        check_told(err, *said)
        return out

    def papers(self) -> list[dict[str, str]]:
        """All that the record gives."""
        return json.loads(self.run("papers", "--json")[1])


def check_told(err: str, *said: str) -> None:
    """One line that says all this."""
    assert (err[:9], err.count("\n")) == ("paperchat", 1), err
    assert [part for part in said if part not in err] == [], err


@pytest.fixture(autouse=True)
def shell(words_only: None, run: Run, monkeypatch: pytest.MonkeyPatch) -> Shell:
    shell = Shell(run, monkeypatch)
    Path("first.jsonl").write_text(PAPER)
    assert shell.run("ingest", "first.jsonl")[0] == 0
    return shell


SOURCES = {
    "empty": (b"", "it is empty"),
    "blank": (b" \n\n\t\n", "it is empty"),
    "binary": (bytes(4000) + b"x" * 4000, "a binary file"),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(99), "a PNG picture"),
    "invalid UTF-8": (b'[{"title": "A caf\xe9", "abstract": "We drink coffee."}]', "not UTF-8: byte 18"),
    "titles alone": (b'[{"title": "A"}, {"title": "B"}]', "titles but no abstracts (2 titles)"),
    "half a record": (PAPER[:40].encode(), "the JSON breaks off (character 41)"),
    "half a gzip": (gzip.compress(MANY.encode())[:9000], "gzip file is damaged"),
    "prose": (b"Dear Sir, I write to you about nothing.\n", "no papers found"),
    "wrong JSON": (b'{"papers": 7}', "paper"),
}


@pytest.mark.parametrize(("content", "said"), SOURCES.values(), ids=SOURCES)
def test_a_source_without_papers_is_refused_and_changes_nothing(content: bytes, said: str, shell: Shell) -> None:
    before = shell.papers()
    Path("bad").write_bytes(content)
    out = shell.fail(["ingest", "bad"], "paperchat: bad: ", said)
    assert out == "0 papers seen: 0 added, 0 updated, 0 unchanged, 0 could not be read.\n"
    assert shell.papers() == before


def test_a_source_that_is_no_file_is_refused(shell: Shell) -> None:
    before = shell.papers()
    for name, said in (
        ("missing", "no such file; check the name"),
        (".", "is a folder; name a file in it"),
        ("https://example.org/page", "is a web address; save the page and name the file"),
        ("a\x1b[31m\u202eb\nc", "no such file"),
        ("n" * 5000, "name too long"),
    ):
        code, _, err = shell.run("ingest", name)
        assert (code, set(err) & set("\x1b\u202e")) == (1, set())
        check_told(err.lower(), said)
    assert shell.papers() == before


def test_a_line_of_200_mb_is_left_out_by_its_number(shell: Shell) -> None:
    with gzip.open("long.jsonl.gz", "wb", compresslevel=1) as out:
        out.write(PAPER.replace("Lenses", "Mirrors").encode() + b'{"title": "Endless", "abstract": "')
        for _ in range(20):
            out.write(b"x" * 10_000_000)
        out.write(b'"}\n' + PAPER.replace("Lenses", "Prisms").encode())
    code, told, err = shell.run("ingest", "long.jsonl.gz")
    assert (code, err) == (0, "")
    assert "line 2" in told
    assert "2 papers seen: 2 added, 0 updated, 0 unchanged, 1 could not be read." in told
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024  # kilobytes on Linux
    assert peak < 2_000_000_000


def test_control_and_direction_marks_of_papers_are_not_printed(shell: Shell) -> None:
    paper = {"title": "Evil \x1b[2J\u202eexe.gnp\x07", "abstract": "We \x9b31m steer\u2066 terminals.\x00"}
    Path("evil.jsonl").write_text(json.dumps(paper))
    assert shell.run("ingest", "evil.jsonl")[0] == 0
    for argv in (["papers"], ["search", "evil"], ["ask", "Evil \x1b[31m\u202e?"]):
        shown = shell.run(*argv)[1]
        assert "Evil" in shown
        assert not set(shown) & set("\x1b\x07\x9b\x00\u202e\u2066")


def test_what_is_no_question_is_refused(shell: Shell) -> None:
    for command, question, said in (
        ("ask", "", "The question is empty; type one"),
        ("search", "", "The question is empty; type one"),
        ("ask", " \t\u202e?! ", "The question is empty"),
        ("ask", "?" * 5_000 + " What is KIVI", "The question is empty"),
        ("search", "word " * 200_000, "The question has 1,000,000 characters; shorten it to 4,000."),
    ):
        assert shell.fail([command, question, "--json"], said, code=2) == ""


def test_what_cannot_be_measured_is_named(shell: Shell) -> None:
    for line, field in (
        ('{"question": 7}', "'question'"),
        ('{"text": "lenses?"}', "'question'"),
        ('{"question": "lenses?", "papers": "Lenses"}', "'papers'"),
    ):
        Path("q.jsonl").write_text(line)
        assert shell.fail(["eval", "q.jsonl", "--json"], "ine 1", field, code=2) == ""


def test_a_malformed_line_of_a_batch_is_named_and_nothing_is_written(shell: Shell) -> None:
    good = '{"question": "a b"}\n'
    Path("a.jsonl").write_text("the answers of before")
    for lines, said in (
        (good + '{"question": "a b"\n', "line 2: not a JSON object"),
        (good + "[]\n", "line 2: not a JSON object"),
        (good + '{"question": 7}\n', "line 2"),
        (good + '{"id": 2}\n', "line 2"),
        (good + '{"question": "a b", "history": [{"role": "user"}]}\n', "ine 2"),
        (good + '{"question": "a b", "history": "before"}\n', "ine 2"),
        (good + '{"question": "a b", "history": {"role": "user", "content": ""}}\n', "ine 2"),
        (good + '{"question": "a b", "history": 5}\n', "ine 2"),
        ("\n \n", "is empty"),
        ("[" * 100_000, "line 1"),
    ):
        Path("q.jsonl").write_text(lines)
        shell.fail(["batch", "q.jsonl", "a.jsonl"], said, code=2)
        assert Path("a.jsonl").read_text() == "the answers of before"


@pytest.mark.parametrize(("command", "more"), [("batch", ["answers"]), ("eval", [])])
def test_questions_that_cannot_be_read_are_said(command: str, more: list[str], shell: Shell) -> None:
    Path("latin").write_bytes(b'{"question": "caf\xe9"}')
    for name, said in (("missing", "No such file"), (".", "Is a directory"), ("latin", "not UTF-8")):
        shell.fail([command, name, *more], name, said)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PAPERCHAT_EMBEDDING", "word2vec", "write minilm, none, fastembed:MODEL or openai:MODEL"),
        ("PAPERCHAT_EMBEDDING", "openai:", "write minilm, none, fastembed:MODEL or openai:MODEL"),
        ("CHROMA_URL", "localhost:8000", "such as http://localhost:8000"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused(name: str, value: str, said: str, shell: Shell) -> None:
    shell.set(name, value)
    for argv in (["ask", "lenses?"], ["papers"], ["ingest", "x"], ["serve"]):
        shell.fail(argv, name, repr(value), said, code=2)


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that a program holds."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


def test_without_its_chroma_server_the_record_is_searched(taken: int, indexed_home: Path, shell: Shell) -> None:
    shell.set("CHROMA_URL", f"http://127.0.0.1:{taken}")
    shell.set("PAPERCHAT_EMBEDDING", "minilm")
    shell.set("PAPERCHAT_HOME", str(indexed_home))
    code, out, err = shell.run("search", "pruning", "--json")
    assert (code, len(json.loads(out)), err.count("\n")) == (0, 10, 1)
    assert "Chroma server" in err
    assert "Papers are searched in the record itself." in err


def test_a_port_in_use_is_told_before_anything_is_indexed(taken: int, shell: Shell) -> None:
    shell.set("PAPERCHAT_HOME", "new")
    shell.fail(["serve", "--port", str(taken)], f"Port {taken}", "choose another with --port")
    assert not Path("new").exists()


def test_an_address_open_to_others_is_refused(shell: Shell) -> None:
    shell.fail(["serve", "--host", "0.0.0.0"], "without a password", code=2)


def test_a_home_that_is_a_file_is_refused(shell: Shell) -> None:
    Path("file").write_text("mine")
    shell.set("PAPERCHAT_HOME", "file")
    for command in ("ask lenses?", "papers", "ingest first.jsonl", "rebuild"):
        shell.fail(command.split(), "file is not a folder; set PAPERCHAT_HOME")
    assert Path("file").read_text() == "mine"


@pytest.mark.parametrize(
    "home",
    [
        pytest.param("locked/home", marks=pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")),
        pytest.param("/proc/paperchat", marks=pytest.mark.skipif(not Path("/proc/self").exists(), reason="no /proc")),
    ],
)
def test_a_home_that_may_not_be_written_is_refused(home: str, shell: Shell) -> None:
    Path("locked").mkdir(mode=0o500)
    shell.set("PAPERCHAT_HOME", home)
    shell.fail(["ingest", "first.jsonl"], home.removesuffix("/home"), "PAPERCHAT_HOME")


@pytest.fixture
def sealed_home(tmp_path: Path) -> Iterator[str]:
    """The home with its paper, on a file system that became read-only."""
    home = str(tmp_path / "home")
    if os.geteuid() or subprocess.run(["mount", "--bind", home, home], capture_output=True).returncode:
        pytest.skip("only root may make a file system read-only")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", home], check=True)
        yield home
    finally:
        subprocess.run(["umount", home], check=True)


def test_each_command_on_a_read_only_home_says_so_in_a_line(sealed_home: str, shell: Shell) -> None:
    for command in ("papers", "search lenses", "ask lenses?", "ingest first.jsonl", "rebuild", "check"):
        shell.fail(command.split(), sealed_home, "PAPERCHAT_HOME")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)]
    if os.geteuid() or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root may mount a small disk; a limit on the size of files is tested instead")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_full_disk_is_said_and_once_freed_everything_goes_in(small_disk: Path, shell: Shell) -> None:
    shell.set("PAPERCHAT_HOME", str(small_disk / "home"))
    assert shell.run("ingest", "first.jsonl")[0] == 0
    filler = small_disk / "filler"
    with filler.open("wb", buffering=0) as filling, suppress(OSError):
        while filling.write(b"x" * 512):
            pass
    Path("many.jsonl").write_text(MANY[:200_000].rpartition("\n")[0])
    shell.fail(["ingest", "many.jsonl"], "The disk is full", "Free some space")
    filler.unlink()
    assert shell.papers()[0]["title"] == "Grinding Lenses"
    code, out, _ = shell.run("ingest", "many.jsonl")
    assert (code, "0 could not be read" in out) == (0, True)
    assert len(shell.papers()) == 1 + MANY[:200_000].count("\n")


def test_a_file_that_may_not_grow_is_said_and_what_was_there_stays(shell: Shell) -> None:
    before = shell.papers()
    Path("many.jsonl").write_text(MANY)
    command = [sys.executable, "-m", "ui.cli", "ingest", str(Path("many.jsonl").resolve())]
    limited = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))}
    ended = subprocess.run(command, **limited, capture_output=True, text=True, cwd=ROOT)
    assert ended.returncode == 1
    check_told(ended.stderr, "papers.sqlite3")
    assert [paper for paper in shell.papers() if paper in before] == before
    assert shell.run("ask", "Who grinds lenses?")[0] == 0
