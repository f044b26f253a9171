"""The shape of the project: which package may know which, and what is said of it outside the code."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.settings import NAMES

ROOT = Path(__file__).parent.parent
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
    assert "PAPERCHAT_HOME" in NAMES
    assert "os.environ" in (ROOT / "ingest" / "settings.py").read_text("utf-8")


def test_the_example_of_settings_names_each_setting_once() -> None:
    lines = (ROOT / ".env.example").read_text("utf-8").splitlines()
    assert sorted(line.partition("=")[0] for line in lines if line and not line.startswith("#")) == sorted(NAMES)


def test_every_direct_dependency_is_bounded_above() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    listed = re.search(r"\ndependencies = \[\n(.*?)\n\]", text, re.DOTALL)
    assert listed
    for line in listed[1].splitlines():
        assert re.search(r">=[\d.]+,<\d", line), line


@pytest.mark.parametrize("module", ["ingest.index", "rag.llm.model", "rag.engine", "ui.cli"])
def test_importing_the_code_imports_no_heavy_library(module: str) -> None:
    """Start-up time is a feature: Chroma, Gradio, LlamaIndex and onnxruntime are imported where they are needed."""
    heavy = ("chromadb", "gradio", "llama_index", "onnxruntime", "openai", "torch")
    code = f"import sys, {module}; print([name for name in {heavy!r} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert found.stdout.strip() == "[]"
