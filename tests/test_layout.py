"""The shape of the project: which package may know which, and a README that stays true."""

import ast
import io
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from live_services import paper, standing

from ingest.settings import NAMES, Settings
from ui.cli import main

ROOT = Path(__file__).parent.parent
DOCS = [ROOT / "README.md", *sorted((ROOT / "ui" / "docs").glob("*.md"))]
BLOCKS = [block for path in DOCS for block in re.findall(r"```(\w+)\n(.*?)```", path.read_text("utf-8"), re.DOTALL)]
COMMANDS = [line for kind, text in BLOCKS if kind == "sh" for line in text.splitlines() if line.strip()]
MAY_IMPORT = {"ingest": {"ingest"}, "rag": {"ingest", "rag"}, "ui": {"ingest", "rag", "ui"}}


def imported(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_run_one_way(package: str) -> None:
    for path in (ROOT / package).rglob("*.py"):
        assert imported(path) & set(MAY_IMPORT) <= MAY_IMPORT[package], path


def test_one_file_alone_reads_the_settings() -> None:
    paths = [path for package in MAY_IMPORT for path in (ROOT / package).rglob("*.py")]
    reading = re.compile(rf"(?:environ|getenv).{{0,40}}(?:{'|'.join(NAMES)})")
    assert [path for path in paths if reading.search(path.read_text("utf-8"))] == []


def test_the_example_of_settings_names_each_setting_once() -> None:
    lines = (ROOT / ".env.example").read_text("utf-8").splitlines()
    assert sorted(line.partition("=")[0] for line in lines if line and not line.startswith("#")) == sorted(NAMES)


def test_every_direct_dependency_is_bounded_above() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    assert [one for one in listed if not re.search(r">=[\d.]+,<\d", one)] == []


def test_importing_the_code_imports_no_heavy_library() -> None:
    heavy = ("chromadb", "gradio", "llama_index", "onnxruntime", "openai", "torch")
    code = "import sys, ingest.index, rag.llm.model, rag.engine, ui.cli\n"
    code += f"print([name for name in {heavy!r} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert found.stdout.strip() == "[]"


def test_the_readme_names_each_folder_and_how_to_set_up() -> None:
    block = next(text for kind, text in BLOCKS if kind == "text" and "ingest/" in text)
    listed = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True, cwd=ROOT)
    files = [name for name in listed.stdout.splitlines() if not re.match(r"\.|tests/(?:samples|bench/data)", name)]
    folders = {f"{Path(name).parent.as_posix()}/" for name in files if "/" in name}
    assert sorted(line.split()[0] for line in block.splitlines()) == sorted(folders)
    assert {"pip install uv && uv run paperchat", "pip install uv && uv run pytest"} <= set(COMMANDS)
    assert "uv.lock" not in files


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("paperchat ") and "serve" not in c])
def test_each_command_of_the_readme_runs(
    command: str, page_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "more.jsonl").write_text('{"title": "On Lenses", "abstract": "We grind lenses by hand, slowly."}\n')
    (tmp_path / "questions.jsonl").write_text('{"id": 1, "question": "What is KIVI?", "type": "fact", "papers": []}\n')
    (tmp_path / "conversations.jsonl").write_text('{"id": 1, "turns": ["What is KIVI?", "And ZipCache?"]}\n')
    cited = '"citations": [{"number": 1, "title": "t", "quote": "q"}]'
    checks = '"checks": [{"text": "It is so [1].", "verdict": "exact", "numbers": [1]}]'
    (tmp_path / "answers.jsonl").write_text(f'{{"usage": {{"calls": 2}}, {cited}, {checks}}}\n')
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    words = shlex.split(command.partition("#")[0])
    with standing() as stand:
        stand.has_all = True
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
