"""The JSON payloads of NAS-Bench-101's records: one training each, many read at once.

A payload is `["<module hash>", <epochs>, "<adjacency>", "<operations>", "<base64 of ModelMetrics>"]`, the
adjacency row by row in 0 and 1, the operations with commas between (the authors' `api.py`). Text that is
laid out exactly as Python's `json.dumps` writes it is read side by side; any other goes through a JSON
parser, record by record, and is refused there if it is something else.
"""

from __future__ import annotations

import binascii
import json
import re
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int, Int8, Int64, UInt8

from tabular.cells import PAD, Cells
from tabular.errors import HarnessError
from tabular.sources.nasbench101_metrics import Malformed, read_metrics
from tabular.sources.tfrecord import Records
from tabular.spaces.nb101_graphs import CONV1, CONV3, INPUT, OUTPUT, POOL
from tabular.spaces.nb101_rows import VERTICES
from tabular.spaces.nb101_specifications import OP_NAMES, coded_names

HASH = re.compile(r"[0-9a-f]{32}")
LONGEST = len(",".join(["input", *[OP_NAMES[CONV1]] * (VERTICES - 2), "output"]))
MARGIN = 256
"""Zero bytes behind the data, so that no place looked at lies outside."""


@dataclass(frozen=True, eq=False)
class Trainings:
    """n recorded trainings; `values` are half-way and final `MEASURES`, `params` a count."""

    hashes: UInt8[np.ndarray, "n 16"]
    epochs: Int64[np.ndarray, " n"]
    cells: Cells
    values: Float64[np.ndarray, "n 2 4"]
    params: Int64[np.ndarray, " n"]


@dataclass(frozen=True, eq=False)
class _Texts:
    """What is read from the text before the metrics, and where those begin and end."""

    hashes: UInt8[np.ndarray, "n 16"]
    epochs: Int64[np.ndarray, " n"]
    adjacency: Bool[np.ndarray, "n 7 7"]
    ops: Int8[np.ndarray, "n 7"]


def read_trainings(records: Records, name: str) -> Trainings:
    """The trainings of a block of records of the file `name`.

    Raises `HarnessError` that names the record whose payload is not as described above.
    """
    data = np.concatenate([records.data, np.zeros(MARGIN, dtype=np.uint8)])
    texts, regular, begin = _read_texts(data, records)
    end = records.starts + records.lengths - 2
    encoded: dict[int, tuple[list[int], list[bytes]]] = {}
    messages: list[tuple[Int64[np.ndarray, " m"], UInt8[np.ndarray, "m size"]]] = []
    for size in np.unique((end - begin)[regular]).tolist():
        rows = np.flatnonzero(regular & (end - begin == size))
        text = np.lib.stride_tricks.sliding_window_view(data, size)[begin[rows]]
        decoded, fine = _decoded(text)
        messages += [(rows[part], content) for part, content in decoded]
        regular[rows[~fine]] = False
    for i in np.flatnonzero(~regular).tolist():
        message = _read_one(records, i, texts, name)
        known = encoded.setdefault(len(message), ([], []))
        known[0].append(i)
        known[1].append(message)
    for size, (places, contents) in encoded.items():
        block = np.frombuffer(b"".join(contents), dtype=np.uint8).reshape(len(contents), size)
        messages.append((np.array(places), block))
    values, params = np.empty((len(records), 2, 4)), np.empty(len(records), dtype=np.int64)
    for rows, block in messages:
        try:
            values[rows], params[rows] = read_metrics(block)
        except Malformed as problem:
            raise _refusal(records, int(rows[problem.row]), name, str(problem)) from None
    return Trainings(texts.hashes, texts.epochs, Cells(texts.adjacency, texts.ops), values, params)


def _refusal(records: Records, i: int, name: str, reason: str) -> HarnessError:
    where = records.place(i)
    return HarnessError(f"{name}: {where} is no training of NAS-Bench-101: {reason}")


def _read_texts(
    data: UInt8[np.ndarray, " bytes"], records: Records
) -> tuple[_Texts, Bool[np.ndarray, " n"], Int64[np.ndarray, " n"]]:
    """Everything but the metrics, where the layout is the usual one, and where the metrics then begin."""
    starts, n = records.starts, len(records)
    nibbles = _nibbles()[np.lib.stride_tricks.sliding_window_view(data, 32)[starts + 2]]
    regular = (nibbles < 16).all(axis=1) & _equal(data, starts, '["') & _equal(data, starts + 34, '", ')
    hashes = nibbles[:, ::2] << 4 | nibbles[:, 1::2]
    at = starts + 37
    epochs = np.zeros(n, dtype=np.int64)
    for _ in range(3):
        digit = data[at].astype(np.int64) - ord("0")
        is_digit = (digit >= 0) & (digit <= 9)
        epochs = np.where(is_digit, 10 * epochs + digit, epochs)
        at = at + is_digit
    regular &= _equal(data, at, ', "')
    at = at + 3
    vertices = np.zeros(n, dtype=np.int64)
    adjacency = np.zeros((n, VERTICES, VERTICES), dtype=bool)
    for size in range(VERTICES, 1, -1):
        rows = np.flatnonzero((vertices == 0) & (data[at + size * size] == ord('"')))
        bits = np.lib.stride_tricks.sliding_window_view(data, size * size)[at[rows]] - ord("0")
        binary = (bits <= 1).all(axis=1)
        rows = rows[binary]
        vertices[rows] = size
        adjacency[rows, :size, :size] = bits[binary].reshape(-1, size, size)
    at = at + vertices**2
    regular &= (vertices > 0) & _equal(data, at, '", "')
    ops, at, known = _read_ops(data, at + 4, vertices)
    end = starts + records.lengths
    regular &= known & _equal(data, at, '", "') & (at + 6 < end) & _equal(data, end - 2, '"]')
    return _Texts(hashes, epochs, adjacency, ops), regular, at + 4


def _read_ops(
    data: UInt8[np.ndarray, " bytes"], at: Int64[np.ndarray, " n"], vertices: Int64[np.ndarray, " n"]
) -> tuple[Int8[np.ndarray, "n 7"], Int64[np.ndarray, " n"], Bool[np.ndarray, " n"]]:
    """Operations from the texts at `at`, the places behind them, and where the texts were understood.

    Two letters tell the three names apart; the whole text is then compared with what they make.
    """
    n = len(at)
    ops = np.full((n, VERTICES), PAD, dtype=np.int8)
    ops[:, 0] = INPUT
    place = at + len("input,")
    for vertex in range(1, VERTICES):
        inner, last = vertex < vertices - 1, vertex == vertices - 1
        pool, one = data[place] == ord("m"), data[place + 4] == ord("1")
        op = np.where(pool, POOL, np.where(one, CONV1, CONV3))
        ops[:, vertex] = np.where(inner, op, np.where(last, OUTPUT, PAD))
        place = place + np.where(inner, np.where(pool, 11, 16), 0)  # a name and its comma
    texts, sizes = _op_texts()
    codes = _op_code(ops)
    written = np.lib.stride_tricks.sliding_window_view(data, LONGEST)[at]
    same = (written == texts[codes]) | (np.arange(LONGEST) >= sizes[codes, None])
    return ops, place + len("output"), same.all(axis=1)


def _op_code(ops: Int[np.ndarray, "n 7"]) -> Int64[np.ndarray, " n"]:
    """A number per list of inner operations: digits in base 5, 4 where there is no inner vertex."""
    digits = np.where((ops >= CONV1) & (ops <= POOL), ops, 4)[:, 1:-1].astype(np.int64)
    return digits @ 5 ** np.arange(VERTICES - 2)


def _op_texts() -> tuple[UInt8[np.ndarray, "3125 longest"], Int64[np.ndarray, " 3125"]]:
    """By `_op_code`: the operations as they are written, and how long that is."""
    texts = np.zeros((5 ** (VERTICES - 2), LONGEST), dtype=np.uint8)
    sizes = np.zeros(len(texts), dtype=np.int64)
    for inner in range(VERTICES - 1):
        for labels in np.ndindex(*(3,) * inner):
            ops = np.full((1, VERTICES), PAD)
            ops[0, 1 : inner + 1] = np.array(labels, dtype=np.int64) + CONV1
            text = ",".join(["input", *(OP_NAMES[CONV1 + label] for label in labels), "output"])
            (code,) = _op_code(ops)
            texts[code, : len(text)] = np.frombuffer(text.encode(), dtype=np.uint8)
            sizes[code] = len(text)
    return texts, sizes


def _decoded(
    text: UInt8[np.ndarray, "n size"],
) -> tuple[list[tuple[Int64[np.ndarray, " m"], UInt8[np.ndarray, "m k"]]], Bool[np.ndarray, " n"]]:
    """Bytes of base64 texts of one size, as batches of one length, and which rows were decoded."""
    n, size = text.shape
    padding = (text[:, -2:] == ord("=")).sum(axis=1)
    if size % 4:
        return [], np.zeros(n, dtype=bool)
    filled = text.copy()
    filled[:, -2:][filled[:, -2:] == ord("=")] = ord("A")
    try:
        content = binascii.a2b_base64(filled.tobytes(), strict_mode=True)
    except binascii.Error:
        return [], np.zeros(n, dtype=bool)  # one of them is damaged: each is tried alone
    block = np.frombuffer(content, dtype=np.uint8).reshape(n, size // 4 * 3)
    batches = [(np.flatnonzero(padding == pad), pad) for pad in range(3)]
    kept = [(rows, block[rows, : block.shape[1] - pad]) for rows, pad in batches if rows.size]
    return kept, np.ones(n, dtype=bool)


def _read_one(records: Records, i: int, texts: _Texts, name: str) -> bytes:
    """Put the texts of record i in place by way of a JSON parser, and give its message."""
    try:
        module_hash, epochs, matrix, names, metrics = json.loads(records.payload(i))
        vertices = names.count(",") + 1
        if not HASH.fullmatch(module_hash) or epochs not in range(1, 1000):
            raise ValueError("no module hash or no number of epochs")
        if len(matrix) != vertices**2 or not set(matrix) <= set("01") or vertices > VERTICES:
            raise ValueError(f"an adjacency of {len(matrix)} signs for {vertices} operations")
        texts.hashes[i] = np.frombuffer(bytes.fromhex(module_hash), dtype=np.uint8)
        texts.epochs[i] = epochs
        texts.adjacency[i] = False
        texts.adjacency[i, :vertices, :vertices] = np.array(list(matrix)).reshape(vertices, -1) == "1"
        texts.ops[i] = coded_names([names.split(",")], VERTICES)
        return binascii.a2b_base64(metrics.encode("ascii"), strict_mode=True)
    except (ValueError, TypeError, AttributeError, RecursionError) as problem:
        raise _refusal(records, i, name, " ".join(str(problem).split())) from None


def _equal(
    data: UInt8[np.ndarray, " bytes"], at: Int64[np.ndarray, " n"], text: str
) -> Bool[np.ndarray, " n"]:
    """True where `text` stands at a place."""
    same = np.ones(len(at), dtype=bool)
    for i, byte in enumerate(text.encode()):
        same &= data[at + i] == byte
    return same


def _nibbles() -> UInt8[np.ndarray, " 256"]:
    """Value of a lower-case hexadecimal digit by its byte; 255 for all else."""
    table = np.full(256, 255, dtype=np.uint8)
    table[np.frombuffer(b"0123456789abcdef", dtype=np.uint8)] = np.arange(16)
    return table
