"""Official-format files of NAS-Bench-101: what is read, what is refused."""

import base64
import functools
import json
import struct

import nb101_files as files
import numpy as np
import pytest
from nb101_files import FIRST, FIRST_HASH, FIRST_MATRIX, FIRST_OPS, FIRST_PARAMS, first, written

from tabular.sources import nasbench101
from tabular.sources.nasbench101 import convert
from tabular.sources.tfrecord import read_records
from tabular.spaces.nb101 import NB101Space

EPOCHS = (4, 12, 36, 108)
SPLITS = ("valid", "test", "train", "seconds")


@pytest.fixture(scope="module")
def space():
    return NB101Space()


@pytest.fixture(scope="module")
def some(space):
    """40 cells of every size, with their rows, official names and numbers of parameters."""
    row = np.r_[0, 1:8, 90, np.random.default_rng(0).choice(space.size, 31, replace=False)]
    cells = space.all()[row]
    params = np.round(space.complexity(cells, "params") * 1e6).astype(int).tolist()
    return row, list(zip(space.module_hash(cells), files.cell_texts(cells), params, strict=True))


def read(path):
    return convert(path, lambda share: None)["nb101:cifar10"]


def trainings(some, epochs, rng, replicates=3):
    """Payloads in a random order of trainings, and what is in them by column name and file order."""
    row, known = some
    order = rng.permutation(np.repeat(np.arange(len(known)), replicates))
    values = files.synthetic(len(order), epochs, rng)
    columns = {}
    for k, i in enumerate(order.tolist()):
        for evaluation, suffix in enumerate((f"{epochs}:{epochs // 2}", f"{epochs}")):
            for measure, split in enumerate(files.MEASURES):
                cell = columns.setdefault(f"{split}@{suffix}", {}).setdefault(int(row[i]), [])
                cell.append(values[k, evaluation, measure])
    payloads = [
        files.payload(name, epochs, *texts, files.message(epochs, *pair, number, 7.0))
        for (name, texts, number), pair in zip([known[i] for i in order], values.tolist(), strict=True)
    ]
    return payloads, columns


def assert_holds(columns, expected):
    for name, cells in expected.items():
        column = columns[name]
        assert column.dtype == np.float32 and column.shape == (423_624, 3)
        for row, values in cells.items():
            assert column[row, : len(values)].tolist() == values
            assert np.isnan(column[row, len(values) :]).all()
        assert np.isfinite(column).sum() == sum(map(len, cells.values()))


def test_first_cell_of_the_official_file(tmp_path, space):
    columns = read(written(tmp_path, [first(i) for i in range(3)]))
    (row,) = np.flatnonzero(np.isfinite(columns["valid@108"][:, 0])).tolist()
    assert space.module_hash(space.all()[[row]]) == [FIRST_HASH]
    for name, column in columns.items():
        if "@" in name:
            evaluation = int(":" not in name)
            measure = files.MEASURES.index(name.split("@")[0])
            assert column.dtype == np.float32
            assert column[row].tolist() == [FIRST[i][evaluation][measure] for i in range(3)]
    assert columns["params"][row] == FIRST_PARAMS / 1e6 == space.complexity(space.all()[[row]], "params")[0]
    assert columns["hash"][row].tobytes().hex() == FIRST_HASH and columns["hash"].dtype == np.uint8
    assert np.isfinite(columns["params"]).sum() == 1 == (columns["hash"] != 0).any(axis=1).sum()


def test_only108_file(tmp_path, space, some):
    payloads, expected = trainings(some, 108, np.random.default_rng(1))
    told = []
    columns = convert(written(tmp_path, payloads), told.append)["nb101:cifar10"]
    names = {f"{split}@{suffix}" for split in SPLITS for suffix in ("108", "108:54")}
    assert set(columns) == names | {"params", "hash"} and set(expected) == names
    assert_holds(columns, expected)
    row, known = some
    assert (columns["params"][row] == space.complexity(space.all()[row], "params")).all()
    assert [columns["hash"][i].tobytes().hex() for i in row] == [name for name, _, _ in known]
    assert told[-1] == 1.0 and told == sorted(told)


def test_full_file_in_small_blocks(tmp_path, some, monkeypatch):
    monkeypatch.setattr(nasbench101, "read_records", functools.partial(read_records, block=9000))
    payloads, expected = [], {}
    for epochs in EPOCHS:
        more, columns = trainings(some, epochs, np.random.default_rng(epochs))
        payloads += more
        expected |= columns
    told = []
    mixed = [
        payloads[i] for i in np.arange(len(payloads)).reshape(4, -1).T.ravel()
    ]  # schedule after schedule
    columns = convert(written(tmp_path, mixed), told.append)["nb101:cifar10"]
    assert {f"{split}@{e}:{e // 2}" for split in SPLITS for e in EPOCHS} <= set(columns)
    assert_holds(columns, expected)
    assert len(told) > 10 and told == sorted(told) and told[-1] == 1.0


def test_fewer_replicates_stay_unknown(tmp_path, some):
    payloads, expected = trainings(some, 36, np.random.default_rng(3), replicates=2)
    assert_holds(read(written(tmp_path, payloads)), expected)


def test_values_that_need_float64_keep_it(tmp_path):
    half, final = FIRST[0]
    exact = (*final[:2], 0.1, final[3])
    metrics = files.message(108, half, exact, FIRST_PARAMS)
    columns = read(written(tmp_path, [first(1), first(metrics=metrics)]))
    assert columns["valid@108"].dtype == np.float64 and columns["test@108"].dtype == np.float32
    (row,) = np.flatnonzero(np.isfinite(columns["params"]))
    assert columns["valid@108"][row, :2].tolist() == [FIRST[1][1][2], 0.1]


def wordy(i=0):
    """A message with a checkpoint path, a field of the future, and parameters before the evaluations."""
    parts = [b"\x10" + files.varint(FIRST_PARAMS), b"\x3a\x02hi"]
    for e, (seconds, train, valid, test) in zip((0, 54, 108), (FIRST[i][0], *FIRST[i]), strict=True):
        body = b"\x32\x04path" + b"\x29" + struct.pack("<d", test) + b"\x09" + struct.pack("<d", e)
        body += b"".join(
            bytes([tag]) + struct.pack("<d", v) for tag, v in ((0x11, seconds), (0x19, train), (0x21, valid))
        )
        parts.append(b"\x0a" + files.varint(len(body)) + body)
    return b"".join(parts)


def compact(i=0):
    return json.dumps(json.loads(first(i)), separators=(",", ":")).encode()


@pytest.mark.parametrize(
    "other",
    [
        compact(),
        b" " + first() + b"\n",
        first(metrics=wordy()),
        first(metrics=files.message(108, *FIRST[0], FIRST_PARAMS)),
    ],
    ids=["compact", "spaces", "wordy", "no total time"],
)
def test_other_layouts_say_the_same(tmp_path, other):
    usual = read(written(tmp_path, [first(), first(1), first(2)]))
    columns = read(written(tmp_path, [other, first(1), compact(2)]))
    assert set(columns) == set(usual)
    for name, column in usual.items():
        assert np.array_equal(columns[name], column, equal_nan=name != "hash")


def test_writer_writes_what_json_and_base64_do():
    text = json.dumps([FIRST_HASH, 108, FIRST_MATRIX, FIRST_OPS, base64.b64encode(b"abc").decode()])
    assert first(metrics=b"abc") == text.encode()
