"""The recognizer's output layer for the characters of Latin script alone, and the whole one beside it.

In: an ONNX recognizer and its alphabet. Out: the same model with a smaller output layer, and `WholeHead`.

The bundled recognizer scores 18,710 characters in each column of a line, most of them Chinese; that takes over a tenth
of its time. Cut to some 700, it gives the same features of a line as before, as a second output: a line that then reads
badly is scored again with all characters, without another run of the model.
"""

from collections.abc import Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lib.pipelines.ocr.onnx_file import Node, OnnxError, OnnxFile

BLANK = 0
"""The output that stands for no character. Source: PaddleX's CTCLabelDecode."""

_KEPT_BLOCKS = (
    (0x0020, 0x024F),  # Latin letters with and without marks, digits, punctuation
    (0x0250, 0x02FF),  # Phonetic letters, which photographs of e and a are read as now and then
    (0x0370, 0x03FF),  # Greek, some of which the recognizer knows: half a Greek line tells of the script
    (0x1E00, 0x1EFF),  # Latin letters with two marks
    (0x2010, 0x2044),  # Dashes, quotation marks, dots, daggers
    (0x2070, 0x20BF),  # Raised figures, currencies
    (0x2100, 0x214F),  # Number, trademark, degrees
    (0x2190, 0x2193),  # Arrows
    (0x2200, 0x226F),  # Minus, times, equals
)
"""Unicode blocks that a line in a Latin language has characters of."""


def is_latin(character: str) -> bool:
    """Whether languages in Latin script use a character, or whether it may stand in their lines."""
    return any(first <= ord(character[0]) <= last for first, last in _KEPT_BLOCKS)


def text_of(probabilities: NDArray[np.float32], alphabet: Sequence[str]) -> tuple[str, float]:
    """A line, and the mean probability of its characters; 0.0 where it has none.

    A character that goes on through several columns counts once, by its first. Source: PaddleX's CTCLabelDecode.

    Args:
        probabilities: (columns, characters).
        alphabet: With the blank and the space.
    """
    best = probabilities.argmax(-1)
    is_new = np.append(True, best[1:] != best[:-1]) & (best != BLANK)
    if not is_new.any():
        return "", 0.0
    sure = probabilities[is_new, best[is_new]]
    return "".join(alphabet[place] for place in best[is_new]), float(sure.mean())


class OutputLayer(NamedTuple):
    """The names of what scores characters in a recognizer: features times weights, plus a bias, as probabilities."""

    features: str
    weights: str
    bias: str
    scores: str
    probabilities: str

    @classmethod
    def of(cls, model: OnnxFile) -> "OutputLayer":
        """Find it.

        Raises:
            OnnxError: The model ends otherwise.
        """
        makers = {output: node for node in model.nodes for output in node.outputs}

        def maker(name: str, operation: str) -> Node:
            node = makers.get(name, Node("", (), ()))
            while node.operation == "Identity":
                node = makers.get(node.inputs[0], Node("", (), ()))
            if node.operation != operation:
                raise OnnxError(f"The recognizer ends with {node.operation or 'nothing'} instead of {operation}.")
            return node

        softmax = maker(model.outputs[0], "Softmax")
        add = maker(softmax.inputs[0], "Add")
        features, weights = maker(add.inputs[0], "MatMul").inputs
        return cls(features, weights, add.inputs[1], softmax.inputs[0], model.outputs[0])


class WholeHead:
    """The output layer for all characters. Threads may share it."""

    def __init__(self, path: Path) -> None:
        """Take the whole model's file, which is looked at when the first line needs it; 9 MB of it stay in memory."""
        self._path = path

    @classmethod
    @cache
    def of(cls, path: Path) -> "WholeHead":
        """The one that all engines of this process share."""
        return cls(path)

    def read(self, features: NDArray[np.float32]) -> tuple[str, float]:
        """A line's text and the mean probability of its characters.

        Args:
            features: (columns, features), as the cut model gives them.
        """
        weights, bias, alphabet = self._layer
        scores = features @ weights
        scores += bias
        scores -= scores.max(-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(-1, keepdims=True)
        return text_of(scores, alphabet)

    @cached_property
    def _layer(self) -> tuple[NDArray[np.float32], NDArray[np.float32], tuple[str, ...]]:
        model = OnnxFile.read(self._path)
        layer = OutputLayer.of(model)
        return model.tensor(layer.weights).copy(), model.tensor(layer.bias).copy(), alphabet_of(model)


def alphabet_of(model: OnnxFile) -> tuple[str, ...]:
    """What each output of a recognizer stands for: the blank, its characters, the space."""
    return ("", *model.metadata("character").split("\n"), " ")


def latin_part(model: OnnxFile) -> tuple[bytes, tuple[str, ...]]:
    """The same recognizer for the characters of Latin script, and these, without blank and space.

    It gives three outputs: probabilities and scores, (lines, columns, characters), and (lines, columns, features).

    Raises:
        OnnxError: The model does not end as a recognizer does, or has no alphabet of that size.
    """
    layer, alphabet = OutputLayer.of(model), alphabet_of(model)
    weights, bias = model.tensor(layer.weights), model.tensor(layer.bias)
    if bias.shape != (len(alphabet),) or weights.shape[1:] != bias.shape:
        raise OnnxError(f"The recognizer scores {weights.shape[1:]} characters, its alphabet has {len(alphabet)}.")
    last = len(alphabet) - 1
    kept = [BLANK, *(place for place in range(1, last) if is_latin(alphabet[place])), last]
    parts = {layer.weights: weights[:, kept], layer.bias: bias[kept]}
    written = model.changed(parts, outputs=(layer.probabilities, layer.scores, layer.features))
    return written, tuple(alphabet[place] for place in kept[1:-1])
