"""The protocol buffer wire format, as far as tables need it: where the fields of a message lie."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


@dataclass(frozen=True)
class Field:
    """One field of a message: its number, wire type, and the place of its value's bytes."""

    number: int
    wire: int
    start: int
    end: int


def fields(message: bytes, start: int = 0, end: int | None = None) -> Iterator[Field]:
    """Fields of the message in `message[start:end]`, in order (encoding guide of protocol buffers).

    Raises `ValueError` where the bytes are no message.
    """
    end = len(message) if end is None else end
    while start < end:
        key, at = varint(message, start, end)
        number, wire = key >> 3, key & 7
        if wire == VARINT:
            stop = varint(message, at, end)[1]
        elif wire == BYTES:
            size, at = varint(message, at, end)
            stop = at + size
        elif wire in (FIXED64, FIXED32):
            stop = at + (8 if wire == FIXED64 else 4)
        else:
            raise ValueError(f"unknown wire type {wire}")
        if stop > end or number == 0:
            raise ValueError("a field runs past its message" if number else "a field has number 0")
        yield Field(number, wire, at, stop)
        start = stop


def varint(message: bytes, start: int, end: int) -> tuple[int, int]:
    """Value of the base-128 number at `start` and the place behind it."""
    value = 0
    for place in range(start, min(start + 10, end)):
        value |= (message[place] & 0x7F) << 7 * (place - start)
        if message[place] < 0x80:
            return value, place + 1
    raise ValueError("a number does not end")
