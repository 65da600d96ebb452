"""A tiny orientation model as an ONNX file, with the description that PaddleOCR wants beside it.

It stands where the official PP-LCNet_x1_0_doc_ori would: an image in, one of the labels 0, 90, 180, 270 out. A page is
upright for it where its upper half is darker. ONNX files are protocol buffers of few fields, written by hand here.
Source: onnx.proto3 of ONNX 1.16; inference.yml as PaddleOCR publishes it with its classifiers.
"""

import json
from pathlib import Path

import numpy as np

FLOAT, INTS = 1, 7
"""Types: of tensors, of attributes."""

EXTERNAL = 1
"""Of a tensor: its numbers are in a file beside the model."""

DARK_SIDES = {"0": (0, 1), "90": (1, 3), "180": (2, 3), "270": (0, 2)}
"""The darker quarters of a page (top left, top right, bottom left, bottom right), by the turn that they ask for."""

DESCRIPTION = {
    "Global": {"model_name": "PP-LCNet_x1_0_doc_ori"},
    "PreProcess": {
        "transform_ops": [
            {"ResizeImage": {"size": [224, 224]}},
            {"NormalizeImage": {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5], "scale": 1 / 255, "order": ""}},
            {"ToCHWImage": None},
        ]
    },
    "PostProcess": {"Topk": {"topk": 1, "label_list": list(DARK_SIDES)}},
}


def write_orientation_model(folder: Path, *, weights_file: str = "") -> None:
    """Write inference.onnx and inference.yml into a new folder; `weights_file`: which the weights are put into."""
    weights = _weights()
    folder.mkdir(parents=True)
    if weights_file:
        (folder / weights_file).write_bytes(weights)
    kept = _elsewhere(weights_file) if weights_file else _bytes(9, weights)
    (folder / "inference.onnx").write_bytes(_model(kept))
    (folder / "inference.yml").write_text(json.dumps(DESCRIPTION), encoding="utf-8")


def _weights() -> bytes:
    weights = np.zeros((3, 4, len(DARK_SIDES)), "<f4")
    for label, quarters in enumerate(DARK_SIDES.values()):
        weights[:, quarters, label] = -1
    return weights.tobytes()


def _elsewhere(file: str) -> bytes:
    """Where a tensor's numbers are, instead of the numbers."""
    return _bytes(13, _text(1, "location") + _text(2, file)) + _number(14, EXTERNAL)


def _model(weights: bytes) -> bytes:
    """A model; `weights`: the field that says what they are."""
    quarters_of = _ints("kernel_shape", 112, 112) + _ints("strides", 112, 112)
    nodes = (
        _node("AveragePool", ["image"], "quarters", quarters_of),
        _node("Flatten", ["quarters"], "list"),
        _node("MatMul", ["list", "weights"], "votes"),
        _node("Softmax", ["votes"], "labels"),
    )
    tensor = b"".join(_number(1, size) for size in (12, 4))
    tensor += _number(2, FLOAT) + _text(8, "weights") + weights
    graph = b"".join(_bytes(1, node) for node in nodes) + _text(2, "orientation") + _bytes(5, tensor)
    graph += _bytes(11, _value("image", 1, 3, 224, 224)) + _bytes(12, _value("labels", 1, 4))
    return _number(1, 8) + _bytes(7, graph) + _bytes(8, _number(2, 13))


def _node(kind: str, inputs: list[str], output: str, attributes: bytes = b"") -> bytes:
    return b"".join(_text(1, name) for name in inputs) + _text(2, output) + _text(4, kind) + attributes


def _ints(name: str, *values: int) -> bytes:
    numbers = b"".join(_number(8, value) for value in values)
    return _bytes(5, _text(1, name) + numbers + _number(20, INTS))


def _value(name: str, *sizes: int) -> bytes:
    shape = b"".join(_bytes(1, _number(1, size)) for size in sizes)
    return _text(1, name) + _bytes(2, _bytes(1, _number(1, FLOAT) + _bytes(2, shape)))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + _varint(rest) if rest else bytes([low])
