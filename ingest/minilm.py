"""From texts to vectors with all-MiniLM-L6-v2 on onnxruntime, from weights that are already installed.

The weights stay where a wheel put them: `minilm.onnx` (made by `ingest.minilm_graph`) names byte ranges of the
safetensors file, and onnxruntime maps them. Knows no papers and downloads nothing.
"""

import json
import os
import struct
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.model_io import readable
from ingest.weights import TOKENIZER, WEIGHTS, ModelMissingError, model_folder, read_tokenizer, verify_weights

GRAPH = Path(__file__).with_name("minilm.onnx")

WORD_TABLE = "word_embeddings.weight"  # of the weights, by the end of its name
MAX_PIECES = 256  # word pieces the model was made to read, its two marks included (sentence_bert_config.json)
MAX_CHARACTERS = 32 * MAX_PIECES  # English has 4–5 characters a piece; the tokenizer reads all it is given
BATCH_PIECES = 1024  # padded word pieces a run: an abstract took 27 ms so, 31 ms at 4096, 52 ms one by one
MAX_THREADS = 4  # more share too little work: a query is 3 ms


class MiniLM:
    """all-MiniLM-L6-v2: 384 numbers a text, from its first 256 word pieces. Safe to share between threads.

    `receipt` is a file that remembers which weights were verified, so that hashing 90 MB (65 ms) is paid once;
    without it, or where it cannot be written, every start pays. Raises ModelMissingError or ModelDamagedError.
    """

    name = "minilm-l6-v2"
    dim = 384

    def __init__(self, folder: Path | None = None, receipt: Path | None = None) -> None:
        # Imported here: together they cost 40 ms and 40 MB, which commands that embed nothing need not pay.
        try:
            import onnxruntime  # type: ignore[import-untyped]
            from tokenizers import Tokenizer
        except ImportError as error:
            command = "pip install --force-reinstall onnxruntime tokenizers"
            raise ModelMissingError(f"The embedding model cannot start: {error}. Run: {command}") from error

        folder = folder or model_folder()
        weights = (folder / WEIGHTS).resolve()  # onnxruntime refuses weights reached by a link out of their folder
        verify_weights(weights, receipt)
        self._weights = weights
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = min(MAX_THREADS, _usable_cores())
        options.inter_op_num_threads = 1
        # The graph is written as it should run; the higher levels fuse sums into a norm that is slower.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.log_severity_level = 3  # errors
        # Waiting threads that spin save 1 ms a query on an idle machine, and cost 5 ms where another program runs.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(weights.parent))
        self._session = onnxruntime.InferenceSession(GRAPH.read_bytes(), options, providers=["CPUExecutionProvider"])
        # Set once and never changed: the tokenizer's padding and truncation are state, and threads share it.
        self._tokenizer = Tokenizer.from_str(read_tokenizer(folder / TOKENIZER))
        self._tokenizer.enable_truncation(MAX_PIECES)
        self._tokenizer.no_padding()

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of texts, shape (len(texts), 384), each of length 1, in the order given."""
        pieces = [
            encoding.ids
            for encoding in self._tokenizer.encode_batch_fast([readable(text, MAX_CHARACTERS) for text in texts])
        ]
        vectors = np.empty((len(texts), self.dim), np.float32)
        for batch in batches([len(ids) for ids in pieces]):
            vectors[batch] = self._run([pieces[i] for i in batch])
        return vectors

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """The vector of a question, shape (384,); this model reads questions and documents alike."""
        vector: NDArray[np.float32] = self.embed([text])[0]
        return vector

    def word_vector(self, word: str) -> NDArray[np.float32]:
        """The mean of what the model's table holds for the pieces of a word, shape (384,): the word by itself."""
        pieces = self._tokenizer.encode(word, add_special_tokens=False).ids
        return np.asarray(self._table[pieces].mean(axis=0) if pieces else np.zeros(self.dim), np.float32)

    @cached_property
    def _table(self) -> NDArray[np.float32]:
        """The vector of each word piece, mapped from the weights, where they lie as they are."""
        with self._weights.open("rb") as file:
            (size,) = struct.unpack("<Q", file.read(8))
            told = next(v for k, v in json.loads(file.read(size)).items() if k.endswith(WORD_TABLE))
        return np.memmap(self._weights, np.float32, "r", 8 + size + told["data_offsets"][0], tuple(told["shape"]))

    def _run(self, batch: list[list[int]]) -> NDArray[np.float32]:
        ids = np.zeros((len(batch), max(map(len, batch))), np.int32)
        mask = np.zeros_like(ids)
        for row, pieces in enumerate(batch):
            ids[row, : len(pieces)] = pieces
            mask[row, : len(pieces)] = 1
        vectors: NDArray[np.float32] = self._session.run(None, {"ids": ids, "mask": mask})[0]
        return vectors


def _usable_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Positions grouped by length, each group padded to at most BATCH_PIECES."""
    batch: list[int] = []
    for position in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) + 1) * lengths[position] > BATCH_PIECES:
            yield batch
            batch = []
        batch.append(position)
    if batch:
        yield batch
