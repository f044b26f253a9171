"""The README stays true: its file tree, its commands and its pictures."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
from live_services import paper, standing

from ingest.settings import Settings
from ui.cli import main

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
COMMANDS = [line for kind, text in BLOCKS if kind == "sh" for line in text.splitlines() if line.strip()]
SET_UP = ["pip install uv && uv run paperchat", "pip install uv && uv run pytest"]


def test_the_tree_names_each_folder_of_the_project_and_no_other() -> None:
    block = next(text for kind, text in BLOCKS if kind == "text" and "ingest/" in text)
    listed = [line.split()[0] for line in block.splitlines()]
    files = subprocess.run(
        ["git", "ls-files"], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.splitlines()
    folders = {f"{Path(name).parent.as_posix()}/" for name in files if "/" in name and not name.startswith(".")}
    assert sorted(listed) == sorted(
        folder for folder in folders if not re.match(r"tests/(?:samples|bench/data)", folder)
    )


def test_the_two_commands_of_the_set_up_stand_in_the_readme() -> None:
    assert [command for command in SET_UP if command not in COMMANDS] == []


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("paperchat ") and "serve" not in c])
def test_each_command_of_the_readme_runs(
    command: str, page_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "more.jsonl").write_text('{"title": "On Lenses", "abstract": "We grind lenses by hand, slowly."}\n')
    (tmp_path / "questions.jsonl").write_text('{"id": 1, "question": "What is KIVI?", "type": "fact", "papers": []}\n')
    (tmp_path / "conversations.jsonl").write_text('{"id": 1, "turns": ["What is KIVI?", "And ZipCache?"]}\n')
    words = shlex.split(command.partition("#")[0])
    with standing() as stand:
        stand.days = {"2026-08-20": [paper(1), paper(2)], "2026-08-21": [paper(3)]}
        settings = Settings(page_home, services=stand.services())
        monkeypatch.setattr("ui.commands.load_settings", lambda: settings)
        if words[1] == "diff":
            assert main(["ingest", "daily:2026-08-20..2026-08-21"]) == 0
        if "import" in words:
            main(["export", "snapshot"])
        assert main(words[1:]) == 0


def test_the_code_of_the_readme_runs(page_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (code,) = [text for kind, text in BLOCKS if kind == "python" and "PaperQueryEngine" in text]
    names: dict[str, object] = {}
    exec(compile(code, "README.md", "exec"), names)
    assert len(names["nodes"]) == 5  # type: ignore[arg-type]
    assert "BottleFit" in str(names["response"])


def test_each_picture_of_the_readme_is_there_and_small() -> None:
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert pictures
    assert all((ROOT / path).stat().st_size < 300_000 for path in pictures)


def test_the_project_is_under_version_control_without_a_lock_file() -> None:
    listed = subprocess.run(["git", "ls-files", "uv.lock"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert listed.stdout == ""
