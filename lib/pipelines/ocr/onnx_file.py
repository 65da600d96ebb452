"""An ONNX file as far as its operations, constants and outputs go: what they are, and the same model with others.

In: bytes of a model. Out: names of nodes, tensors, metadata, and bytes of the changed model. ONNX files are protocol
buffers; the few fields that count are read here by hand, because the package `onnx` is needed for nothing else. Pure.

Source: onnx.proto3 of ONNX 1.16, whose field numbers stand below.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

_GRAPH, _METADATA = 7, 14
"""Of ModelProto."""

_NODE, _INITIALIZER, _OUTPUT, _VALUE_INFO = 1, 5, 12, 13
"""Of GraphProto."""

_INPUT, _OUTPUT_OF_NODE, _OPERATION = 1, 2, 4
"""Of NodeProto."""

_LAST_7_BITS: Final = 0x7F
"""What a byte of a number holds; its first bit says whether another byte follows."""

_FLOAT: Final = 1
_TYPES: Final[Mapping[str, int]] = {"float32": _FLOAT, "uint8": 2, "int8": 3, "int32": 6}
"""The types of tensors that are written, by TensorProto.DataType."""

Constant: TypeAlias = NDArray[Any]
"""A tensor of one of these types."""

_VARINT, _BYTES = 0, 2
_FIXED_SIZES: Final[Mapping[int, int]] = {1: 8, 5: 4}
"""Types of fields on the wire; the sizes of those that have always the same."""


class OnnxError(ValueError):
    """A file is no ONNX model, or not one of the expected kind."""


class Node(NamedTuple):
    """One operation; `rest` has its attributes and whatever else the file says of it, as the file has it."""

    operation: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    rest: bytes = b""


class _Field(NamedTuple):
    """One field of a message: a number or the bytes of what it holds, and all of its own bytes."""

    number: int
    value: int | memoryview
    written: memoryview

    @property
    def content(self) -> memoryview:
        if isinstance(self.value, int):
            raise OnnxError("A field has a number where bytes belong.")
        return self.value

    @property
    def text(self) -> str:
        return bytes(self.content).decode()


@dataclass(frozen=True)
class OnnxFile:
    """One model.

    Attributes:
        written: The bytes of its file.
    """

    written: bytes | bytearray

    @classmethod
    def read(cls, path: Path) -> "OnnxFile":
        """Of a file.

        Raises:
            OSError: It cannot be read.
        """
        return cls(path.read_bytes())

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """The operations, each behind those whose outputs it takes."""
        return tuple(_node(field.content) for field in self._graph if field.number == _NODE)

    @cached_property
    def outputs(self) -> tuple[str, ...]:
        """The names of what the model gives."""
        return tuple(_first(field.content, 1).text for field in self._graph if field.number == _OUTPUT)

    @property
    def constants(self) -> Set[str]:
        """The names of the constants."""
        return self._constants.keys()

    def metadata(self, key: str) -> str:
        """What the model's maker wrote under a key.

        Raises:
            OnnxError: There is none.
        """
        for field in _fields(memoryview(self.written)):
            if field.number == _METADATA and _first(field.content, 1).text == key:
                return _first(field.content, 2).text
        raise OnnxError(f"The model has no metadata {key}.")

    def tensor(self, name: str) -> NDArray[np.float32]:
        """A constant, float32, of any shape.

        Raises:
            OnnxError: There is none of this name and type, or it is kept in another way than as bytes.
        """
        if name not in self._constants:
            raise OnnxError(f"The model has no constant {name}.")
        return _tensor(self._constants[name])

    def floats(self) -> Iterator[NDArray[np.float32]]:
        """The numbers of every constant that is kept as bytes of float32, without its shape; views of `written`."""
        for content in self._constants.values():
            if {field.number for field in _fields(content)} >= {2, 9} and _first(content, 2).value == _FLOAT:
                yield np.frombuffer(_first(content, 9).content, "<f4")

    def changed(
        self, tensors: Mapping[str, Constant], *, outputs: Sequence[str], nodes: Sequence[Node] | None = None
    ) -> bytes:
        """The same model with other constants, with other outputs, and perhaps with other operations.

        Shapes that the file states for values in between are left out, because they may no longer hold.

        Args:
            tensors: New constants by name, and others in the place of the model's own; of the types in `_TYPES`.
            outputs: The names of values that the model is to give, in this order; all float32.
            nodes: The operations in the place of the model's own; constants that none of them takes are left out.
        """
        graph = b"".join(self._changed_graph(tensors, outputs, nodes))
        parts = (
            _bytes_field(_GRAPH, graph) if field.number == _GRAPH else bytes(field.written)
            for field in _fields(memoryview(self.written))
        )
        return b"".join(parts)

    def _changed_graph(
        self, tensors: Mapping[str, Constant], outputs: Sequence[str], nodes: Sequence[Node] | None
    ) -> Iterator[bytes]:
        taken = {name for node in nodes for name in node.inputs} if nodes else self.constants
        for field in self._graph:
            name = _first(field.content, 8).text if field.number == _INITIALIZER else ""
            is_replaced = name in tensors or (field.number == _NODE and nodes)
            is_left_out = field.number in (_OUTPUT, _VALUE_INFO) or (name and name not in taken)
            if not (is_replaced or is_left_out):
                yield bytes(field.written)
        for node in nodes or ():
            yield _bytes_field(_NODE, _written_node(node))
        for name, tensor in tensors.items():
            yield _bytes_field(_INITIALIZER, _written(name, tensor))
        for name in outputs:
            a_float = _bytes_field(2, _bytes_field(1, _number_field(1, _FLOAT)))
            yield _bytes_field(_OUTPUT, _bytes_field(1, name.encode()) + a_float)

    @cached_property
    def _graph(self) -> tuple[_Field, ...]:
        return tuple(_fields(_first(memoryview(self.written), _GRAPH).content))

    @cached_property
    def _constants(self) -> dict[str, memoryview]:
        contents = (field.content for field in self._graph if field.number == _INITIALIZER)
        return {_first(content, 8).text: content for content in contents}


def _node(message: memoryview) -> Node:
    fields = list(_fields(message))
    named = [tuple(field.text for field in fields if field.number == number) for number in (_INPUT, _OUTPUT_OF_NODE)]
    rest = (field.written for field in fields if field.number not in (_INPUT, _OUTPUT_OF_NODE, _OPERATION))
    return Node(_first(message, _OPERATION).text, named[0], named[1], b"".join(rest))


def _written_node(node: Node) -> bytes:
    named = [(_INPUT, name) for name in node.inputs] + [(_OUTPUT_OF_NODE, name) for name in node.outputs]
    written = (_bytes_field(number, text.encode()) for number, text in [*named, (_OPERATION, node.operation)])
    return b"".join(written) + node.rest


def _tensor(message: memoryview) -> NDArray[np.float32]:
    shape = [field.value for field in _fields(message) if field.number == 1]
    if _first(message, 2).value != _FLOAT:
        raise OnnxError("A constant is not float32.")
    try:
        return np.frombuffer(_first(message, 9).content, "<f4").reshape([int(str(size)) for size in shape])
    except ValueError as exc:
        raise OnnxError("A constant has not as many numbers as its shape says.") from exc


def _written(name: str, tensor: Constant) -> bytes:
    shape = b"".join(_number_field(1, size) for size in tensor.shape)
    named = _number_field(2, _TYPES[tensor.dtype.name]) + _bytes_field(8, name.encode())
    return shape + named + _bytes_field(9, tensor.astype(tensor.dtype.newbyteorder("<")).tobytes())


def _first(message: memoryview, number: int) -> _Field:
    for field in _fields(message):
        if field.number == number:
            return field
    raise OnnxError(f"A message has no field {number}.")


def _fields(message: memoryview) -> Iterator[_Field]:
    """The fields of a message, in the order of the file."""
    end = 0
    while end < len(message):
        start = end
        key, end = _varint(message, start)
        kind, value = key & 7, None
        if kind == _VARINT:
            value, end = _varint(message, end)
            yield _Field(key >> 3, value, message[start:end])
            continue
        if kind == _BYTES:
            size, end = _varint(message, end)
        elif kind in _FIXED_SIZES:
            size = _FIXED_SIZES[kind]
        else:
            raise OnnxError("The file is no protocol buffer.")
        if size > len(message) - end:
            raise OnnxError("The file ends in the middle of a field.")
        end += size
        yield _Field(key >> 3, message[end - size : end], message[start:end])


def _varint(message: memoryview, start: int) -> tuple[int, int]:
    """A number of variable length, and where it ends."""
    value = 0
    for place, byte in enumerate(message[start : start + 10]):
        value |= (byte & _LAST_7_BITS) << 7 * place
        if byte <= _LAST_7_BITS:
            return value, start + place + 1
    raise OnnxError("The file ends in the middle of a number.")


def _number_field(number: int, value: int) -> bytes:
    return _as_varint(number << 3 | _VARINT) + _as_varint(value)


def _bytes_field(number: int, value: bytes) -> bytes:
    return _as_varint(number << 3 | _BYTES) + _as_varint(len(value)) + value


def _as_varint(value: int) -> bytes:
    written = bytearray()
    while value > _LAST_7_BITS:
        written.append(value & _LAST_7_BITS | 0x80)
        value >>= 7
    return bytes([*written, value])
