"""TFRecord framing against a writer of its own, published checksums, and every kind of damage."""

import struct

import nb101_files as files
import numpy as np
import pytest

from tabular.errors import HarnessError
from tabular.sources.tfrecord import LARGEST, crc32c, masked, read_records


def parts(contents):
    lengths = np.array([len(each) for each in contents], dtype=np.int64)
    data = np.frombuffer(b"".join(contents), dtype=np.uint8)
    return data, np.cumsum(lengths) - lengths, lengths


def written(folder, content):
    path = folder / "some.tfrecord"
    path.write_bytes(content)
    return path


def payloads(path, **options):
    return [block.payload(i) for block in read_records(path, **options) for i in range(len(block))]


@pytest.fixture(scope="module")
def contents():
    rng = np.random.default_rng(0)
    return [rng.bytes(int(size)) for size in [0, 1, 7, *rng.integers(0, 60, 30), 1000, 3]]


def test_published_checksums():
    """RFC 3720, appendix B.4, and the usual check value."""
    cases = {
        bytes(32): 0x8A9136AA,
        b"\xff" * 32: 0x62A8AB43,
        bytes(range(32)): 0x46DD794E,
        bytes(range(31, -1, -1)): 0x113FDB5C,
        b"123456789": 0xE3069283,
        b"": 0,
    }
    assert crc32c(*parts(list(cases))).tolist() == list(cases.values())


def test_checksums_of_many_lengths_at_once(contents):
    many = contents * 500  # more than advance together
    expected = [files.crc_bit_by_bit(each) for each in contents] * 500
    found = crc32c(*parts(many))
    assert found.dtype == np.uint32 and found.tolist() == expected
    assert masked(found).tolist() == [files.mask(each) for each in expected]


def test_no_records():
    nothing = np.zeros(0, dtype=np.int64)
    assert crc32c(np.zeros(0, dtype=np.uint8), nothing, nothing).tolist() == []


@pytest.mark.parametrize("block", [1, 5, 16, 100, 1 << 20])
def test_records_come_back_whatever_is_read_at_once(tmp_path, contents, block):
    path = written(tmp_path, files.frame(contents))
    assert payloads(path, block=block) == contents


def test_places_are_those_in_the_file(tmp_path, contents):
    whole = files.frame(contents)
    starts = np.cumsum([0] + [len(each) + 16 for each in contents]).tolist()
    found = [
        block.place(i)
        for block in read_records(written(tmp_path, whole), block=150)
        for i in range(len(block))
    ]
    assert found == [f"record {i} at byte {starts[i]}" for i in range(len(contents))]


def test_empty_file_holds_no_records(tmp_path):
    assert payloads(written(tmp_path, b"")) == []


def test_missing_file(tmp_path):
    with pytest.raises(HarnessError, match=r"nowhere\.tfrecord cannot be read"):
        payloads(tmp_path / "nowhere.tfrecord")


@pytest.mark.parametrize("block", [10, 1 << 20])
def test_file_cut_short_anywhere(tmp_path, block):
    whole = files.frame([b"first", b"", b"third one"])
    ends = [0, 21, 37]
    for size in range(1, len(whole)):
        path = written(tmp_path, whole[:size])
        if size in ends:
            assert len(payloads(path, block=block)) == ends.index(size)
            continue
        record = sum(size > end for end in ends) - 1
        where = f"record {record} at byte {ends[record]} is cut short, the file ends at byte {size}"
        with pytest.raises(HarnessError, match=where):
            payloads(path, block=block)


@pytest.mark.parametrize("block", [10, 1 << 20])
def test_any_flipped_bit_is_found(tmp_path, block):
    whole = files.frame([b"first", b"", b"third one"])
    starts = [0, 21, 37]
    for at in range(len(whole)):
        for bit in (0, 7):
            content = bytearray(whole)
            content[at] ^= 1 << bit
            record = sum(at >= start for start in starts) - 1
            part = "length" if at - starts[record] < 12 else "content"
            where = f"record {record} at byte {starts[record]} is damaged, its {part} does not match"
            with pytest.raises(HarnessError, match=where):
                payloads(written(tmp_path, bytes(content)), block=block)


@pytest.mark.parametrize("size", [LARGEST + 1, 1 << 40, (1 << 64) - 1])
def test_record_too_large(tmp_path, size):
    length = struct.pack("<Q", size)
    header = length + struct.pack("<I", files.mask(files.crc_bit_by_bit(length)))
    with pytest.raises(HarnessError, match=r"record 1 at byte 17 has \d+ bytes; at most 1048576"):
        payloads(written(tmp_path, files.frame([b"a"]) + header + bytes(100)))


def test_other_files_are_no_tfrecords(tmp_path):
    with pytest.raises(HarnessError, match="record 0 at byte 0 is damaged, its length"):
        payloads(written(tmp_path, b'{"some": "json", "that": "is longer than a header"}'))
