"""Files in the official format of NAS-Bench-101, made from given cells: for tests and benchmarks/nb101.py."""

import base64
import struct

import numpy as np

from tabular.cells import PAD

EVALUATION = struct.Struct("<BBBdBdBdBdBd")
NAMES = ("input", "conv1x1-bn-relu", "conv3x3-bn-relu", "maxpool3x3", "output")
MEASURES = ("seconds", "train", "valid", "test")


def varint(number):
    digits = []
    while number > 0x7F:
        digits.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*digits, number])


def message(epochs, half, final, params, total=None):
    """A ModelMetrics message; `half` and `final` are the four MEASURES."""
    start = (0.0, 0.0, 0.1, 0.1, 0.1)
    evaluations = (start, (epochs / 2, *half), (float(epochs), *final))
    parts = [
        EVALUATION.pack(0x0A, 45, 0x09, e, 0x11, seconds, 0x19, train, 0x21, valid, 0x29, test)
        for e, seconds, train, valid, test in evaluations
    ]
    parts.append(b"\x10" + varint(params))
    if total is not None:
        parts.append(b"\x19" + struct.pack("<d", total))
    return b"".join(parts)


def payload(module_hash, epochs, matrix, operations, metrics):
    """The JSON text of one training, as `json.dumps` lays it out."""
    text = base64.b64encode(metrics).decode()
    return f'["{module_hash}", {epochs}, "{matrix}", "{operations}", "{text}"]'.encode()


def cell_texts(cells):
    """Matrix and operations of each cell as the file writes them."""
    sizes = (cells.ops != PAD).sum(axis=1).tolist()
    return [
        (
            "".join(map(str, adjacency[:n, :n].astype(int).ravel().tolist())),
            ",".join(NAMES[op] for op in ops[:n].tolist()),
        )
        for adjacency, ops, n in zip(cells.adjacency, cells.ops, sizes, strict=True)
    ]


def crc_bit_by_bit(content):
    """CRC-32C from its definition, with no table: slow, and independent of the reader's."""
    crc = 0xFFFFFFFF
    for byte in content:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def mask(crc):
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def frame(payloads):
    """The bytes of a TFRecord file of these payloads."""
    parts = []
    for content in payloads:
        length = struct.pack("<Q", len(content))
        head, tail = (struct.pack("<I", mask(crc_bit_by_bit(each))) for each in (length, content))
        parts += [length, head, content, tail]
    return b"".join(parts)


def synthetic(n, epochs, rng):
    """Half-way and final MEASURES of n trainings, (n, 2, 4), every one a float32 value."""
    values = rng.random((n, 2, 4)).astype(np.float32)
    values[:, :, 0] = (100 + 1000 * values[:, :, 0]) * (epochs / 108)
    return values.astype(np.float64)
