"""Many `ModelMetrics` messages of NAS-Bench-101 at once, read by the layout of one of them.

    ModelMetrics   {repeated EvaluationData evaluation_data = 1; optional int32 trainable_parameters = 2;
                    optional double total_time = 3}
    EvaluationData {double current_epoch = 1, training_time = 2, train_accuracy = 3,
                    validation_accuracy = 4, test_accuracy = 5; string checkpoint_path = 6}

(`nasbench/lib/model_metrics.proto`). `evaluation_data` holds start, half-way and final evaluation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64, UInt8

from tabular.sources.protobuf import BYTES, FIXED64, VARINT, Field, fields

MEASURES = ("seconds", "train", "valid", "test")
"""What fields 2 to 5 of an evaluation are, in the words of a table's columns."""
EVALUATIONS = 3


class Malformed(Exception):
    """Message `row` of the batch, counted from 0, is not what is expected."""

    def __init__(self, row: int, reason: str) -> None:
        super().__init__(reason)
        self.row = row


@dataclass(frozen=True, eq=False)
class _Layout:
    """Where the values lie in one message, and which bits another must share to have the same layout."""

    values: list[list[int]]
    params: Field
    shared: UInt8[np.ndarray, " size"]


def read_metrics(
    messages: UInt8[np.ndarray, "n size"],
) -> tuple[Float64[np.ndarray, "n 2 4"], Int64[np.ndarray, " n"]]:
    """Half-way and final `MEASURES` (seconds, fractions) and trainable parameters of messages of one size.

    Raises `Malformed` for a message that is none or lacks a field.
    """
    n = len(messages)
    values, params = np.empty((n, 2, len(MEASURES))), np.empty(n, dtype=np.int64)
    left = np.arange(n)
    while left.size:
        first = messages[left[0]]
        try:
            layout = _layout(first.tobytes())
        except ValueError as problem:
            raise Malformed(int(left[0]), str(problem)) from None
        alike = _alike(messages[left], first, layout.shared)
        rows = messages[left[alike]]
        for evaluation, places in enumerate(layout.values):
            for measure, place in enumerate(places):
                doubles = np.ascontiguousarray(rows[:, place : place + 8]).view("<f8")[:, 0]
                values[left[alike], evaluation, measure] = doubles
        number = rows[:, layout.params.start : layout.params.end].astype(np.int64) & 0x7F
        params[left[alike]] = (number << 7 * np.arange(number.shape[1])).sum(axis=1)
        left = left[~alike]
    return values, params


def _alike(
    messages: UInt8[np.ndarray, "n size"],
    first: UInt8[np.ndarray, " size"],
    shared: UInt8[np.ndarray, " size"],
) -> Bool[np.ndarray, " n"]:
    """True where a message has the same tags, lengths and sizes of numbers as `first`."""
    checked = np.flatnonzero(shared)
    return (((messages[:, checked] ^ first[checked]) & shared[checked]) == 0).all(axis=1)


def _layout(message: bytes) -> _Layout:
    """Layout of one message; `ValueError` if it is none or lacks a field."""
    shared = np.full(len(message), 0xFF, dtype=np.uint8)
    evaluations, params = [], None
    for field in fields(message):
        if field.number == 1 and field.wire == BYTES:
            inside = list(fields(message, field.start, field.end))
            evaluations.append({each.number: each.start for each in inside if each.wire == FIXED64})
            _free(shared, inside)
        else:
            _free(shared, [field])
        if field.number == 2 and field.wire == VARINT:
            params = field
    if params is None or params.end - params.start > 5:
        raise ValueError("trainable_parameters is missing or out of range")
    if len(evaluations) != EVALUATIONS:
        raise ValueError(f"{len(evaluations)} evaluations where start, half-way and final are needed")
    try:
        places = [[evaluation[number] for number in (2, 3, 4, 5)] for evaluation in evaluations[1:]]
    except KeyError as missing:
        raise ValueError(f"an evaluation lacks its field {missing}") from None
    return _Layout(places, params, shared)


def _free(shared: UInt8[np.ndarray, " size"], found: list[Field]) -> None:
    """Values may differ between messages of one layout; of a varint its length may not."""
    for field in found:
        shared[field.start : field.end] = 0x80 if field.wire == VARINT else 0
