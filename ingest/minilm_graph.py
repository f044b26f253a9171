"""Writes `minilm.onnx`: the all-MiniLM-L6-v2 network as a graph whose weights stay in the safetensors file.

A developer's tool, run once per change of the graph: `python -m ingest.minilm_graph`. It needs the `onnx`
package and the weights; what it writes is small, is committed, and is all that `ingest.minilm` reads.
"""

import json
import struct
from pathlib import Path
from typing import Any, NamedTuple

import onnx
from onnx import TensorProto, helper

from ingest.minilm import GRAPH
from ingest.weights import WEIGHTS, model_folder

LAYERS, HEADS, WIDTH = 6, 12, 384  # config.json of the published model
EPSILON = 1e-12  # the same file's layer_norm_eps
OPSET, MICROSOFT = 20, "com.microsoft"  # opset 20 is the first with Gelu; the other domain is onnxruntime's own


class Span(NamedTuple):
    """Where one tensor lies in a safetensors file: its shape, and its bytes counted from the file's start."""

    shape: tuple[int, ...]
    offset: int
    length: int


def read_spans(weights: Path) -> dict[str, Span]:
    """The tensors of a safetensors file by name.

    The file begins with the length of a JSON header (8 bytes, little-endian); the header's offsets count from
    its own end. Source: https://github.com/huggingface/safetensors#format
    """
    with weights.open("rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
    header.pop("__metadata__", None)
    return {
        name: Span(tuple(entry["shape"]), 8 + size + entry["data_offsets"][0], _length(entry["data_offsets"]))
        for name, entry in header.items()
    }


def _length(offsets: list[int]) -> int:
    start, end = offsets
    return end - start


class _Graph:
    """Collects nodes and the weights they name; each method returns the name of its output."""

    def __init__(self, spans: dict[str, Span]) -> None:
        self.spans = spans
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: dict[str, onnx.TensorProto] = {}

    def weight(self, name: str) -> str:
        span = self.spans[name]
        tensor = TensorProto(name=name, dims=span.shape, data_type=TensorProto.FLOAT)
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in (("location", WEIGHTS), ("offset", span.offset), ("length", span.length)):
            tensor.external_data.add(key=key, value=str(value))
        self.initializers[name] = tensor
        return name

    def integers(self, name: str, values: list[int]) -> str:
        self.initializers[name] = helper.make_tensor(name, TensorProto.INT64, [len(values)], values)
        return name

    def node(self, operator: str, inputs: list[str], output: str, domain: str = "", **attributes: Any) -> str:
        self.nodes.append(helper.make_node(operator, inputs, [output], name=output, domain=domain, **attributes))
        return output

    def linear(self, source: str, name: str, output: str) -> str:
        """PyTorch keeps a linear layer as (out, in); Gemm reads it that way, MatMul would need a transposed copy."""
        inputs = [source, self.weight(f"{name}.weight"), self.weight(f"{name}.bias")]
        return self.node("Gemm", inputs, output, transB=1)

    def norm(self, source: str, name: str, output: str) -> str:
        inputs = [source, self.weight(f"{name}.weight"), self.weight(f"{name}.bias")]
        return self.node("LayerNormalization", inputs, output, axis=-1, epsilon=EPSILON)

    def norm_of_sum(self, one: str, other: str, name: str, output: str) -> str:
        """In two steps: onnxruntime's fused SkipLayerNormalization took 2.8 ms an abstract, these two 0.7."""
        return self.norm(self.node("Add", [one, other], f"{output}.sum"), name, output)


def build_graph(weights: Path) -> onnx.ModelProto:
    """The network as a model: `ids` and `mask`, both int32 (texts, pieces), to `vectors`, float32 (texts, 384).

    `mask` is 1 at a word piece and 0 at padding. The vectors have length 1.
    """
    graph = _Graph(read_spans(weights))
    hidden = _embed(graph)
    for layer in range(LAYERS):
        hidden = _encode(graph, hidden, layer)
    _pool(graph, hidden)
    ids, mask = (
        helper.make_tensor_value_info(name, TensorProto.INT32, ["texts", "pieces"]) for name in ("ids", "mask")
    )
    vectors = helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["texts", WIDTH])
    body = helper.make_graph(graph.nodes, "minilm", [ids, mask], [vectors], list(graph.initializers.values()))
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)]
    return helper.make_model(body, opset_imports=opsets, ir_version=9, producer_name="paperchat")


def _embed(graph: _Graph) -> str:
    """Words + positions + segment 0, normalised: (texts × pieces, 384)."""
    words = graph.node("Gather", [graph.weight("embeddings.word_embeddings.weight"), "ids"], "words")
    graph.node("Shape", ["ids"], "pieces", start=1, end=2)
    positions = [graph.weight("embeddings.position_embeddings.weight"), graph.integers("zero", [0]), "pieces", "zero"]
    graph.node("Slice", positions, "positions")
    graph.node("Gather", [graph.weight("embeddings.token_type_embeddings.weight"), "zero"], "segment")
    graph.node("Add", ["positions", "segment"], "places")
    graph.node("Add", [words, "places"], "placed")
    graph.norm("placed", "embeddings.LayerNorm", "embedded")
    return graph.node("Reshape", ["embedded", graph.integers("flat", [-1, WIDTH])], "hidden")


def _encode(graph: _Graph, hidden: str, layer: int) -> str:
    """One transformer layer; linear layers see all pieces as rows, attention sees (texts, pieces, 384)."""
    weights, here = f"encoder.layer.{layer}", f"layer{layer}"
    if layer == 0:
        graph.node("Shape", ["embedded"], "cube")
    heads = []
    for part in ("query", "key", "value"):
        rows = graph.linear(hidden, f"{weights}.attention.self.{part}", f"{here}.{part}.rows")
        heads.append(graph.node("Reshape", [rows, "cube"], f"{here}.{part}"))
    seen = graph.node("MultiHeadAttention", [*heads, "", "mask"], f"{here}.seen", MICROSOFT, num_heads=HEADS)
    rows = graph.node("Reshape", [seen, "flat"], f"{here}.seen.rows")
    attended = graph.linear(rows, f"{weights}.attention.output.dense", f"{here}.attended")
    middle = graph.norm_of_sum(attended, hidden, f"{weights}.attention.output.LayerNorm", f"{here}.middle")
    wide = graph.linear(middle, f"{weights}.intermediate.dense", f"{here}.wide")
    active = graph.node("Gelu", [wide], f"{here}.active")
    narrow = graph.linear(active, f"{weights}.output.dense", f"{here}.narrow")
    return graph.norm_of_sum(narrow, middle, f"{weights}.output.LayerNorm", f"{here}.hidden")


def _pool(graph: _Graph, hidden: str) -> None:
    """The sum over real pieces, scaled to length 1; the mean's divisor would cancel in the scaling."""
    cube = graph.node("Reshape", [hidden, "cube"], "last")
    graph.node("Cast", ["mask"], "weights", to=TensorProto.FLOAT)
    graph.node("Unsqueeze", ["weights", graph.integers("one", [1])], "weight.rows")
    graph.node("MatMul", ["weight.rows", cube], "sums")
    graph.node("Squeeze", ["sums", "one"], "sum")
    graph.node("LpNormalization", ["sum"], "vectors", axis=-1, p=2)


if __name__ == "__main__":
    GRAPH.write_bytes(build_graph(model_folder() / WEIGHTS).SerializeToString(deterministic=True))
    print(f"{GRAPH}: {GRAPH.stat().st_size} bytes")
