"""TFRecord files without TensorFlow: blocks of records whose checksums have been verified.

A record is its length (uint64, little-endian), the masked CRC-32C of those eight bytes, the payload and the
masked CRC-32C of the payload (`tensorflow/core/lib/io/record_writer.h`). The checksums of a block's records
are computed side by side, byte by byte of all of them: about 4 ns per byte in numpy alone.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import BinaryIO

import numpy as np
from jaxtyping import Int64, UInt8, UInt32

from tabular.errors import HarnessError

BLOCK = 1 << 24
"""Bytes read at once."""
LARGEST = 1 << 20
"""Payloads above this many bytes are refused: the tables read here hold records of a few hundred."""
HEADER, FOOTER = 12, 4
TOGETHER = 8192
"""Records whose checksums advance together; their payloads stay in a second-level cache."""


@dataclass(frozen=True, eq=False)
class Records:
    """Consecutive records of a file; record i's payload is `data[starts[i] : starts[i] + lengths[i]]`."""

    data: UInt8[np.ndarray, " bytes"]
    starts: Int64[np.ndarray, " n"]
    lengths: Int64[np.ndarray, " n"]
    offset: int
    """Place of `data` in the file."""
    first: int
    """Number of the first record, counted from 0."""

    def __len__(self) -> int:
        return len(self.starts)

    def payload(self, i: int) -> bytes:
        """Payload of record i of this block."""
        start = int(self.starts[i])
        return self.data[start : start + int(self.lengths[i])].tobytes()

    def place(self, i: int) -> str:
        """Where record i of this block lies in the file, for messages."""
        return f"record {self.first + i} at byte {self.offset + int(self.starts[i]) - HEADER}"


def read_records(path: Path, block: int = BLOCK) -> Iterator[Records]:
    """All records of a file in order, some `block` bytes at a time.

    Raises `HarnessError` that names record number and byte where a length or a payload does not match its
    checksum, where the file ends inside a record, or where a payload is over 1 MiB.
    """
    try:
        with path.open("rb") as file:
            yield from _blocks(file, path.name, block)
    except OSError as problem:
        raise HarnessError(f"{path} cannot be read ({problem.strerror})") from None


def begins_like_records(head: bytes) -> bool:
    """Whether the first bytes of a file are a record's length with its checksum."""
    if len(head) < HEADER:
        return False
    data = np.frombuffer(head[:HEADER], dtype=np.uint8)
    (crc,) = masked(crc32c(data, np.array([0]), np.array([8])))
    return int(crc) == int.from_bytes(head[8:HEADER], "little")


def _blocks(file: BinaryIO, name: str, block: int) -> Iterator[Records]:
    held, offset, number = b"", 0, 0
    while new := file.read(block):
        content = held + new
        data = np.frombuffer(content, dtype=np.uint8)
        headers, lengths, end = _walk(content)
        starts = headers + HEADER
        _verify(data, headers, np.full(len(headers), 8), "length", (name, offset, number))
        if (lengths > LARGEST).any():
            i = int(np.argmax(lengths > LARGEST))
            where = f"record {number + i} at byte {offset + int(headers[i])}"
            raise HarnessError(f"{name}: {where} has {lengths[i]} bytes; at most {LARGEST} are read")
        whole = starts + lengths + FOOTER <= end
        starts, lengths = starts[whole], lengths[whole]
        _verify(data, starts, lengths, "content", (name, offset - HEADER, number))
        yield Records(data, starts, lengths, offset, number)
        held, offset, number = content[end:], offset + end, number + len(starts)
    if held:
        size = offset + len(held)
        raise HarnessError(
            f"{name}: record {number} at byte {offset} is cut short, the file ends at byte {size}; "
            "download it again"
        )


def _walk(content: bytes) -> tuple[Int64[np.ndarray, " n"], Int64[np.ndarray, " n"], int]:
    """Where headers begin, the lengths they state (not yet verified), and the end of the last whole record.

    The last header may be that of a record the content does not hold whole.
    """
    headers, lengths = [], []
    at, size, unpack = 0, len(content), struct.Struct("<Q").unpack_from
    while at + HEADER <= size:
        (length,) = unpack(content, at)
        headers.append(at)
        lengths.append(min(length, 1 << 62))
        if length > size - at - HEADER - FOOTER:
            break
        at += HEADER + length + FOOTER
    return np.array(headers, dtype=np.int64), np.array(lengths, dtype=np.int64), at


def _verify(
    data: UInt8[np.ndarray, " bytes"],
    starts: Int64[np.ndarray, " n"],
    lengths: Int64[np.ndarray, " n"],
    what: str,
    origin: tuple[str, int, int],
) -> None:
    """Compare the parts of `data` with the masked checksums that follow them."""
    ends = starts + lengths
    stored = sum((data[ends + i].astype(np.uint32) << np.uint32(8 * i) for i in range(4)), np.uint32(0))
    wrong = np.flatnonzero(masked(crc32c(data, starts, lengths)) != stored)
    if wrong.size:
        name, offset, number = origin
        where = f"record {number + int(wrong[0])} at byte {offset + int(starts[wrong[0]])}"
        raise HarnessError(
            f"{name}: {where} is damaged, its {what} does not match its checksum; download it again"
        )


def masked(crc: UInt32[np.ndarray, " n"]) -> UInt32[np.ndarray, " n"]:
    """The form in which TFRecord stores checksums: rotated right by 15 bits, plus a constant."""
    return ((crc >> np.uint32(15)) | (crc << np.uint32(17))) + np.uint32(0xA282EAD8)


def crc32c(
    data: UInt8[np.ndarray, " bytes"], starts: Int64[np.ndarray, " n"], lengths: Int64[np.ndarray, " n"]
) -> UInt32[np.ndarray, " n"]:
    """CRC-32C (RFC 3720, appendix B.4) of n parts of `data`, of any lengths."""
    result = np.empty(len(starts), dtype=np.uint32)
    longest_first = np.argsort(-lengths, kind="stable")
    for begin in range(0, len(starts), TOGETHER):
        part = longest_first[begin : begin + TOGETHER]
        result[part] = _crc32c(data, starts[part], lengths[part])
    return result


def _crc32c(
    data: UInt8[np.ndarray, " bytes"], starts: Int64[np.ndarray, " n"], lengths: Int64[np.ndarray, " n"]
) -> UInt32[np.ndarray, " n"]:
    """Of parts in descending order of length, so that those still running are the first ones."""
    table, at = _table(), starts.copy()
    crc = np.full(len(starts), 0xFFFFFFFF, dtype=np.uint32)
    longest = int(lengths[0]) if len(lengths) else 0
    running = np.searchsorted(-lengths, -np.arange(longest), side="left").tolist()
    for count in running:
        live = crc[:count]
        live[:] = (live >> np.uint32(8)) ^ table[(live ^ data[at[:count]]) & np.uint32(0xFF)]
        at += 1
    return ~crc


@cache
def _table() -> UInt32[np.ndarray, " 256"]:
    """CRC of every byte for the reflected polynomial 0x82F63B78."""
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = (table >> np.uint32(1)) ^ np.where(table & 1, np.uint32(0x82F63B78), np.uint32(0))
    return table
