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

from ui.cli import main

ROOT = Path(__file__).parent.parent
ABSTRACT = "We grind lenses by hand. A wet cloth halves the scratches."
PAPER = json.dumps({"title": "Grinding Lenses", "abstract": ABSTRACT}) + "\n"
MANY = "".join(
    json.dumps({"title": f"Paper {n}", "abstract": f"Number {n}. " + "word " * 900}) + "\n" for n in range(900)
)
LINE_BYTES = 200_000_000

Run = tuple[int, str, str]


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> Run:
    """Exit code, standard output and standard error; an error is told in one line without a traceback."""
    try:
        code = main(argv)
    except SystemExit as end:
        code = int(end.code or 0)
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    assert "defect" not in err
    return code, out, err


def check_failed(ran: Run, *said: str, code: int = 1) -> None:
    """A failure with one line that says all this."""
    assert (ran[0], ran[2].count("\n")) == (code, 1), ran
    assert ran[2].startswith("paperchat")
    assert [part for part in said if part not in ran[2]] == [], ran[2]


def held(capsys: pytest.CaptureFixture[str]) -> str:
    """All that the record gives."""
    return run(capsys, "papers", "--json")[1]


@pytest.fixture(autouse=True)
def one_paper(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A home with a paper, searched by words, so that an ingest takes no time."""
    monkeypatch.setenv("PAPERCHAT_EMBEDDING", "none")
    (tmp_path / "first.jsonl").write_text(PAPER)
    assert run(capsys, "ingest", str(tmp_path / "first.jsonl"))[0] == 0


# -- sources ---------------------------------------------------------------------------------------------------------

SOURCES = {
    "empty": (b"", "it is empty"),
    "blank": (b" \n\n\t\n", "it is empty"),
    "binary": (bytes(4000) + b"x" * 4000, "a binary file"),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(99), "a PNG picture"),
    "invalid UTF-8": (b'[{"title": "A caf\xe9", "abstract": "We drink coffee."}]', "not UTF-8: byte 18"),
    "titles alone": (b'[{"title": "A"}, {"title": "B"}]', "titles and no abstracts (2 titles)"),
    "half a record": (PAPER[:40].encode(), "the JSON breaks off (character 41)"),
    "half a gzip": (gzip.compress(MANY.encode())[:9000], "gzip file is damaged"),
    "prose": (b"Dear Sir, I write to you about nothing.\n", "no paper found"),
    "wrong JSON": (b'{"papers": 7}', "paper"),
}


@pytest.mark.parametrize("kind", SOURCES)
def test_a_source_without_papers_is_refused_and_changes_nothing(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content, said = SOURCES[kind]
    before = held(capsys)
    (tmp_path / "bad").write_bytes(content)
    ran = run(capsys, "ingest", str(tmp_path / "bad"))
    check_failed(ran, str(tmp_path / "bad"), said)
    assert ran[1] == "0 papers seen: 0 added, 0 updated, 0 unchanged, 0 could not be read.\n"
    assert held(capsys) == before


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("missing", "no such file; check the name"),
        (".", "is a folder; name a file in it"),
        ("https://example.org/page", "is a web address; save the page and name the file"),
        ("a\x1b[31m\u202eb\nc", "no such file"),
        ("n" * 5000, "name too long"),
    ],
)
def test_a_source_that_is_no_file_is_refused(name: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = held(capsys)
    ran = run(capsys, "ingest", name)
    check_failed((ran[0], ran[1], ran[2].lower()), said)
    assert not set(ran[2]) & set("\x1b\u202e")
    assert held(capsys) == before


@pytest.fixture(scope="module")
def long_line(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A paper, a line of 200 MB and another paper."""
    path = tmp_path_factory.mktemp("long") / "long.jsonl.gz"
    with gzip.open(path, "wb", compresslevel=1) as out:
        out.write(PAPER.replace("Lenses", "Mirrors").encode() + b'{"title": "Endless", "abstract": "')
        for _ in range(LINE_BYTES // 10_000_000):
            out.write(b"x" * 10_000_000)
        out.write(b'"}\n' + PAPER.replace("Lenses", "Prisms").encode())
    return path


def test_a_line_of_200_mb_is_left_out_by_its_number(long_line: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "ingest", str(long_line))
    assert (code, err) == (0, "")
    assert "line 2" in out
    assert "2 papers seen: 2 added, 0 updated, 0 unchanged, 1 could not be read." in out
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024  # kilobytes on Linux
    assert peak < 2_000_000_000


def test_control_and_direction_marks_of_papers_are_not_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paper = {"title": "Evil \x1b[2J\u202eexe.gnp\x07", "abstract": "We \x9b31m steer\u2066 terminals.\x00"}
    (tmp_path / "evil.jsonl").write_text(json.dumps(paper))
    assert run(capsys, "ingest", str(tmp_path / "evil.jsonl"))[0] == 0
    shown = [run(capsys, *argv)[1] for argv in (["papers"], ["search", "evil"], ["ask", "Evil \x1b[31m\u202e?"])]
    for text in shown:
        assert "Evil" in text
        assert not set(text) & set("\x1b\x07\x9b\x00\u202e\u2066")


# -- questions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "question", "said"),
    [
        ("ask", "", "The question is empty; ask in a few words"),
        ("search", "", "The question is empty; ask in a few words"),
        ("ask", " \t\u202e?! ", "The question is empty"),
        ("ask", "?" * 5_000 + " What is KIVI", "The question is empty"),
        ("search", "word " * 200_000, "The question has 1,000,000 characters; ask in at most 4,000."),
    ],
)
def test_what_is_no_question_is_refused(
    command: str, question: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = run(capsys, command, question, "--json")
    check_failed(ran, said, code=2)
    assert ran[1] == ""


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('{"question": "a b"}\n{"question": "a b"\n', "line 2: not a JSON object"),
        ('{"question": "a b"}\n[]\n', "line 2: not a JSON object"),
        ('{"question": "a b"}\n{"question": 7}\n', "line 2"),
        ('{"question": "a b"}\n{"id": 2}\n', "line 2"),
        ('{"question": "a b"}\n{"question": "a b", "history": [{"role": "user"}]}\n', "ine 2"),
        ('{"question": "a b"}\n{"question": "a b", "history": "before"}\n', "ine 2"),
        ('{"question": "a b"}\n{"question": "a b", "history": {"role": "user", "content": ""}}\n', "ine 2"),
        ('{"question": "a b"}\n{"question": "a b", "history": 5}\n', "ine 2"),
        ("\n \n", "is empty"),
        ("[" * 100_000, "line 1"),
    ],
)
def test_a_malformed_line_of_a_batch_is_named_and_nothing_is_written(
    lines: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "q.jsonl").write_text(lines)
    (tmp_path / "a.jsonl").write_text("the answers of before")
    check_failed(run(capsys, "batch", str(tmp_path / "q.jsonl"), str(tmp_path / "a.jsonl")), said, code=2)
    assert (tmp_path / "a.jsonl").read_text() == "the answers of before"


@pytest.mark.parametrize("command", [["batch", "{}", "answers"], ["eval", "{}"]])
def test_questions_that_cannot_be_read_are_said(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "latin").write_bytes(b'{"question": "caf\xe9"}')
    for name, said in (("missing", "No such file"), (".", "Is a directory"), ("latin", "not UTF-8")):
        argv = [part.format(tmp_path / name) for part in command]
        check_failed(run(capsys, *argv), str(tmp_path / name), said)


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"question": 7}, "'question'"),
        ({"text": "lenses?"}, "'question'"),
        ({"question": "lenses?", "papers": "Lenses"}, "'papers'"),
    ],
)
def test_a_question_to_be_measured_without_its_fields_is_named(
    row: dict[str, object], field: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "q.jsonl").write_text(json.dumps(row) + "\n")
    ran = run(capsys, "eval", str(tmp_path / "q.jsonl"), "--json")
    check_failed(ran, "ine 1", field, code=2)
    assert ran[1] == ""


# -- settings, places, ports -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PAPERCHAT_EMBEDDING", "word2vec", "write minilm, none, fastembed:MODEL or openai:MODEL"),
        ("PAPERCHAT_EMBEDDING", "openai:", "write minilm, none, fastembed:MODEL or openai:MODEL"),
        ("CHROMA_URL", "localhost:8000", "such as http://localhost:8000"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused(
    name: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, value)
    for argv in (["ask", "lenses?"], ["papers"], ["ingest", "x"], ["serve"]):
        check_failed(run(capsys, *argv), name, repr(value), said, code=2)


def test_a_chroma_server_that_does_not_answer_is_said_and_the_record_searched(
    indexed_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        monkeypatch.setenv("CHROMA_URL", f"http://127.0.0.1:{probe.getsockname()[1]}")
        monkeypatch.setenv("PAPERCHAT_EMBEDDING", "minilm")
        monkeypatch.setenv("PAPERCHAT_HOME", str(indexed_home))
        code, out, err = run(capsys, "search", "pruning", "--json")
    assert (code, len(json.loads(out)), err.count("\n")) == (0, 10, 1)
    assert "Chroma server" in err
    assert "Papers are searched in the record itself." in err


def test_a_home_that_is_a_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("mine")
    monkeypatch.setenv("PAPERCHAT_HOME", str(tmp_path / "file"))
    for argv in (["ask", "lenses?"], ["papers"], ["ingest", str(tmp_path / "first.jsonl")], ["rebuild"]):
        check_failed(run(capsys, *argv), f"{tmp_path / 'file'} is not a folder; set PAPERCHAT_HOME")
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_home_that_may_not_be_written_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    monkeypatch.setenv("PAPERCHAT_HOME", str(tmp_path / "locked" / "home"))
    check_failed(run(capsys, "ingest", str(tmp_path / "first.jsonl")), "locked", "PAPERCHAT_HOME")


def test_a_home_that_no_one_may_write_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PAPERCHAT_HOME", "/proc/paperchat")
    if not Path("/proc/self").exists():
        pytest.skip("there is no /proc here")
    check_failed(run(capsys, "ingest", str(tmp_path / "first.jsonl")), "/proc/paperchat", "PAPERCHAT_HOME")


@pytest.fixture
def sealed_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The home with its paper, on a file system that became read-only."""
    home = tmp_path / "home"
    bind, seal = ["mount", "--bind", str(home), str(home)], ["mount", "-o", "remount,ro,bind", str(home)]
    if os.geteuid() or subprocess.run(bind, capture_output=True).returncode:
        pytest.skip("only root may make a file system read-only")
    try:
        subprocess.run(seal, check=True)
        yield home
    finally:
        subprocess.run(["umount", str(home)], check=True)


def test_each_command_on_a_read_only_home_says_so_in_a_line(
    sealed_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = str(tmp_path / "first.jsonl")
    for argv in (["papers"], ["search", "lenses"], ["ask", "lenses?"], ["ingest", more], ["rebuild"], ["check"]):
        check_failed(run(capsys, *argv), str(sealed_home), "PAPERCHAT_HOME")


def test_a_port_in_use_is_told_before_anything_is_indexed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PAPERCHAT_HOME", str(tmp_path / "new"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        check_failed(run(capsys, "serve", "--port", port), f"Port {port}", "choose another with --port")
    assert not (tmp_path / "new").exists()


def test_an_address_open_to_others_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    check_failed(run(capsys, "serve", "--host", "0.0.0.0"), "without a password", code=2)


# -- a full disk -----------------------------------------------------------------------------------------------------


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


def test_a_full_disk_is_said_and_once_freed_everything_goes_in(
    small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PAPERCHAT_HOME", str(small_disk / "home"))
    assert run(capsys, "ingest", str(tmp_path / "first.jsonl"))[0] == 0
    filler = small_disk / "filler"
    with filler.open("wb", buffering=0) as filling, suppress(OSError):
        while filling.write(b"x" * 512):
            pass
    (tmp_path / "many.jsonl").write_text(MANY[:200_000].rpartition("\n")[0])
    check_failed(run(capsys, "ingest", str(tmp_path / "many.jsonl")), "The disk is full", "Free some space")
    filler.unlink()
    assert json.loads(held(capsys))[0]["title"] == "Grinding Lenses"
    code, out, _ = run(capsys, "ingest", str(tmp_path / "many.jsonl"))
    assert (code, "0 could not be read" in out) == (0, True)
    assert len(json.loads(held(capsys))) == 1 + MANY[:200_000].count("\n")


def test_a_file_that_may_not_grow_is_said_and_what_was_there_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = json.loads(held(capsys))
    (tmp_path / "many.jsonl").write_text(MANY)
    ended = subprocess.run(
        [sys.executable, "-m", "ui.cli", "ingest", str(tmp_path / "many.jsonl")],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000)),
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    check_failed(
        (ended.returncode, ended.stdout, ended.stderr), "cannot be opened or written" if False else "paperchat:"
    )
    assert "Traceback" not in ended.stderr
    assert [paper for paper in json.loads(held(capsys)) if paper in before] == before
    assert run(capsys, "ask", "Who grinds lenses?")[0] == 0
