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


# The first cell of the official file with its three trainings, as users of the file quote them:
# half-way and final seconds, training, validation and test accuracy.
FIRST_HASH = "00005c142e6f48ac74fdcf73e3439874"
FIRST_MATRIX = "0100110001000000010010000010000001000000010000000"
FIRST_OPS = "input,conv3x3-bn-relu,maxpool3x3,conv3x3-bn-relu,conv3x3-bn-relu,conv1x1-bn-relu,output"
FIRST_PARAMS = 8_555_530
FIRST = [
    (
        (883.4580078125, 0.8282251358032227, 0.7776442170143127, 0.7740384340286255),
        (1769.1279296875, 1.0, 0.9241786599159241, 0.9211738705635071),
    ),
    (
        (883.6810302734375, 0.8796073794364929, 0.8291265964508057, 0.8204126358032227),
        (1768.2509765625, 1.0, 0.9245793223381042, 0.9190705418586731),
    ),
    (
        (883.4569702148438, 0.8634815812110901, 0.811598539352417, 0.8058894276618958),
        (1768.9759521484375, 1.0, 0.9304887652397156, 0.9215745329856873),
    ),
]


def written(folder, payloads):
    path = folder / "some.tfrecord"
    path.write_bytes(frame(payloads))
    return path


def first(i=0, **changes):
    """A payload of the official file's first cell; `changes` are fields of it."""
    fields = {"name": FIRST_HASH, "epochs": 108, "matrix": FIRST_MATRIX, "ops": FIRST_OPS}
    fields["metrics"] = message(108, *FIRST[i], FIRST_PARAMS, 1769.5)
    return payload(*(fields | changes).values())
