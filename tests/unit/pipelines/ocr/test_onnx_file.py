"""ONNX files as bytes."""

from pathlib import Path

import numpy as np
import pytest

from lib.pipelines.ocr.onnx_file import Node, OnnxError, OnnxFile
from tests.onnx_writer import write_orientation_model


@pytest.fixture
def model(tmp_path: Path) -> OnnxFile:
    """A small one: pools an image, and multiplies."""
    write_orientation_model(tmp_path / "ori")
    return OnnxFile.read(tmp_path / "ori" / "inference.onnx")


def test_nodes_and_outputs_are_those_of_the_file(model: OnnxFile) -> None:
    """By their names, in order."""
    assert model.nodes[2] == Node("MatMul", ("list", "weights"), ("votes",))
    assert model.outputs == ("labels",)


def test_tensor_has_the_shape_and_numbers_of_the_file(model: OnnxFile) -> None:
    """As float32."""
    weights = model.tensor("weights")

    assert (weights.shape, float(weights.min())) == ((12, 4), -1.0)
    assert weights.dtype == np.float32


def test_numbers_are_found_however_their_shape_is_written(model: OnnxFile) -> None:
    """Protocol buffers have two ways to write a list of numbers."""
    one_by_one, at_once = b"\x08\x0c\x08\x04", b"\x0a\x02\x0c\x04"
    other = OnnxFile(model.written.replace(one_by_one, at_once))

    (numbers,) = other.floats()

    assert other.written != model.written
    assert numbers.tolist() == model.tensor("weights").ravel().tolist()


def test_changed_model_has_the_new_tensor_and_outputs_and_else_the_same(model: OnnxFile) -> None:
    """A row of the table less, and a value from the middle as an output."""
    changed = OnnxFile(model.changed({"weights": model.tensor("weights")[:, :3]}, outputs=("votes", "list")))

    assert changed.tensor("weights").shape == (12, 3)
    assert changed.outputs == ("votes", "list")
    assert changed.nodes == model.nodes


def test_model_of_other_nodes_has_these_and_the_constants_that_they_take(model: OnnxFile) -> None:
    """Of any type; a node that stays says all that it said."""
    votes = Node("Mul", ("list", "twice"), ("votes",))
    nodes = [*model.nodes[:2], votes, model.nodes[3]]
    other = OnnxFile(model.changed({"twice": np.array([2], np.int8)}, outputs=("votes",), nodes=nodes))

    assert other.nodes == tuple(nodes)
    assert model.nodes[0].rest
    assert model.constants == {"weights"}
    assert other.constants == {"twice"}


def test_what_the_file_has_not_is_an_error(model: OnnxFile) -> None:
    """Neither a constant nor metadata of another name."""
    with pytest.raises(OnnxError, match="no constant bias"):
        model.tensor("bias")
    with pytest.raises(OnnxError, match="no metadata character"):
        model.metadata("character")


def test_file_that_ends_anywhere_is_an_error_or_a_smaller_file(model: OnnxFile) -> None:
    """Whatever is cut off, nothing else is raised."""
    for end in range(0, len(model.written), 7):
        with pytest.raises(OnnxError):
            OnnxFile(model.written[:end]).changed({}, outputs=())


@pytest.mark.parametrize("content", [b"", b"PNG", b"\x3a\xff", b"\xff" * 40, b"\x38\x01"])
def test_file_that_is_no_model_is_an_error(content: bytes) -> None:
    """Of any kind."""
    with pytest.raises(OnnxError):
        _ = OnnxFile(content).nodes
