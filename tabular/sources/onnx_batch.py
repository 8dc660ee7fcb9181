"""Opens the batch dimension of an ONNX file that was exported for one row at a time.

A file says in the shapes of its inputs and outputs how many rows it takes; nothing else in it need change.
The few fields of the format that lead there are read here (onnx.proto3 of the ONNX project), so that the
`onnx` package is not needed. The content keeps its length: a size of 1 (two bytes, `dim_value` 1) becomes
an unnamed dimension (two bytes, an empty `dim_param`).
"""

from __future__ import annotations

from dataclasses import dataclass

from tabular.sources.protobuf import Field, fields, varint

MODEL_GRAPH, GRAPH_INPUT, GRAPH_OUTPUT = 7, 11, 12
PORT_NAME, PORT_TYPE, TYPE_TENSOR, TENSOR_ELEMENT, TENSOR_SHAPE, SHAPE_DIM, DIM_VALUE = 1, 2, 1, 1, 2, 1, 1
SIZE_ONE, OPEN = b"\x08\x01", b"\x12\x00"


@dataclass(frozen=True)
class Port:
    """An input or output of a graph: name, element type (ONNX's number), sizes (0: open), where they lie."""

    name: str
    element: int
    shape: tuple[int, ...]
    places: tuple[tuple[int, int], ...]


def ports(content: bytes) -> tuple[list[Port], list[Port]]:
    """Inputs and outputs of the graph in a file's content; `ValueError` for what is no such file."""
    inputs, outputs = [], []
    for graph in _children(content, 0, len(content), MODEL_GRAPH):
        for field in fields(content, graph.start, graph.end):
            if field.number == GRAPH_INPUT:
                inputs.append(_port(content, field))
            elif field.number == GRAPH_OUTPUT:
                outputs.append(_port(content, field))
    return inputs, outputs


def with_open_batch(content: bytes) -> bytes:
    """The same model with the first size of every input and output open where it is 1."""
    changed = bytearray(content)
    inputs, outputs = ports(content)
    for port in inputs + outputs:
        for start, stop in port.places[:1]:
            if content[start:stop] == SIZE_ONE:
                changed[start:stop] = OPEN
    return bytes(changed)


def _port(content: bytes, field: Field) -> Port:
    (name,) = [content[f.start : f.end].decode() for f in _children(content, *_span(field), PORT_NAME)]
    element, shape, places = 0, [], []
    for kind in _children(content, *_span(field), PORT_TYPE):
        for tensor in _children(content, *_span(kind), TYPE_TENSOR):
            element = _numbers(content, tensor, TENSOR_ELEMENT)
            for sizes in _children(content, *_span(tensor), TENSOR_SHAPE):
                for size in _children(content, *_span(sizes), SHAPE_DIM):
                    shape.append(_numbers(content, size, DIM_VALUE))
                    places.append(_span(size))
    return Port(name, element, tuple(shape), tuple(places))


def _span(field: Field) -> tuple[int, int]:
    return field.start, field.end


def _children(content: bytes, start: int, stop: int, number: int) -> list[Field]:
    return [field for field in fields(content, start, stop) if field.number == number]


def _numbers(content: bytes, field: Field, number: int) -> int:
    """The last integer of that number in a message, or 0."""
    found = [varint(content, each.start, each.end)[0] for each in _children(content, *_span(field), number)]
    return found[-1] if found else 0
