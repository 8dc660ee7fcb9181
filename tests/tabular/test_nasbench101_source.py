"""Official-format files of NAS-Bench-101: what is read, what is refused."""

import base64
import functools
import json
import struct

import nb101_files as files
import numpy as np
import pytest

from tabular.errors import HarnessError
from tabular.sources import nasbench101
from tabular.sources.nasbench101 import convert
from tabular.sources.tfrecord import read_records
from tabular.spaces.nb101 import NB101Space

EPOCHS = (4, 12, 36, 108)
SPLITS = ("valid", "test", "train", "seconds")
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


def written(folder, payloads):
    path = folder / "some.tfrecord"
    path.write_bytes(files.frame(payloads))
    return path


def read(path):
    return convert(path, lambda share: None)["cifar10"]


def first(i=0, **changes):
    """A payload of the official file's first cell; `changes` are fields of it."""
    fields = {"name": FIRST_HASH, "epochs": 108, "matrix": FIRST_MATRIX, "ops": FIRST_OPS}
    fields["metrics"] = files.message(108, *FIRST[i], FIRST_PARAMS, 1769.5)
    return files.payload(*(fields | changes).values())


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
    columns = convert(written(tmp_path, payloads), told.append)["cifar10"]
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
    columns = convert(written(tmp_path, mixed), told.append)["cifar10"]
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


def broken_base64():
    texts = json.loads(first())
    texts[4] = texts[4][:10] + "*" + texts[4][11:]
    return json.dumps(texts).encode()


def without_evaluation():
    return files.message(108, *FIRST[0], FIRST_PARAMS)[47:]


def without_field():
    """The last evaluation holds field 7 where field 5, the test accuracy, belongs."""
    metrics = bytearray(files.message(108, *FIRST[0], FIRST_PARAMS))
    metrics[2 * 47 + 2 + 4 * 9] = 7 << 3 | 1
    return bytes(metrics)


def percent():
    half, final = FIRST[0]
    return files.message(108, half, (final[0], 100.0, 92.4, 92.1), FIRST_PARAMS)


TENTH_EDGE = "0111110" + FIRST_MATRIX[7:]
LOOSE = "0100100" + FIRST_MATRIX[7:21] + "0000000" + FIRST_MATRIX[28:]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (broken_base64(), "no training"),
        (first(metrics=b""), "trainable_parameters is missing"),
        (first(metrics=files.message(108, *FIRST[0], FIRST_PARAMS)[:-1]), "no training"),
        (first(metrics=files.message(108, *FIRST[0], 5)[:-2]), "trainable_parameters is missing"),
        (first(metrics=without_evaluation()), "2 evaluations where start, half-way and final are needed"),
        (first(metrics=without_field()), "an evaluation lacks its field 5"),
        (first(metrics=b"\xff" * 20), "a number does not end"),
        (first(metrics=percent()), "an accuracy outside 0..1"),
        (first(matrix=TENTH_EDGE), "its cell is not in the search space"),
        (first(matrix=LOOSE), "its cell is not in the search space"),
        (first(matrix=FIRST_MATRIX[:-1]), "an adjacency of 48 signs for 7 operations"),
        (first(matrix=FIRST_MATRIX.replace("1", "2")), "an adjacency of 49 signs"),
        (first(matrix="0" * 64, ops=FIRST_OPS.replace("output", "maxpool3x3,output")), "an adjacency"),
        (first(ops=FIRST_OPS.replace("maxpool3x3", "maxpool5x5")), "its cell is not in the search space"),
        (first(ops=FIRST_OPS.replace("conv1x1", "conv3x3")), f"module hash {FIRST_HASH} is not its cell's"),
        (first(name="f" * 32), "module hash f{32} is not its cell's"),
        (first(name=FIRST_HASH.upper()), "no module hash"),
        (first(name=FIRST_HASH[:-1]), "no module hash"),
        (first(epochs=24), "24 epochs; 4, 12, 36 or 108 are known"),
        (first(epochs=10**30), "no number of epochs"),
        (first(epochs="true"), "module hash|no number of epochs|1 epochs"),
        (first(epochs='"108"'), "no number of epochs"),
        (b"", "no training"),
        (b'["', "no training"),
        (b"not JSON at all, but as long as a training's text: " + b"x" * 300, "no training"),
        (b'{"a": 1, "b": 2, "c": 3, "d": 4, "e": 5}', "no training"),
        (b"[1, 2, 3, 4, 5]", "no training"),
        (b'["a", "b"]', "no training"),
        (b"[" * 100_000, "no training"),
        (b"\xff\xfe" * 200, "no training"),
        (first()[:-1], "no training"),
        (first() + b"]", "no training"),
    ],
)
def test_foreign_records_are_refused_by_place(tmp_path, bad, reason):
    path = written(tmp_path, [first(), bad, first(1)])
    at = 16 + len(first())
    with pytest.raises(HarnessError, match=f"some.tfrecord: record 1 at byte {at}.*({reason})") as error:
        read(path)
    assert "\n" not in str(error.value)


def test_fourth_training_is_refused(tmp_path):
    with pytest.raises(HarnessError, match=r"record 3 at byte .*a fourth training"):
        read(written(tmp_path, [first(i) for i in (0, 1, 2, 0)]))


def test_hash_that_changes_between_trainings_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(nasbench101, "CHECKED", 1)  # the first record of the block alone
    with pytest.raises(HarnessError, match=r"record 1 at byte .*module hash f{32}"):
        read(written(tmp_path, [first(), first(1, name="f" * 32)]))


def flipped(path, at):
    content = bytearray(path.read_bytes())
    content[at] ^= 4
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(("at", "part"), [(3, "length"), (60, "content"), (-1, "content")])
def test_damaged_file_is_refused(tmp_path, at, part):
    size = len(first()) + 16
    where = f"record 1 at byte {size} is damaged, its {part} does not match"
    with pytest.raises(HarnessError, match=where):
        read(flipped(written(tmp_path, [first(), first(1)]), size + at if at > 0 else at))


def test_truncated_file_is_refused(tmp_path):
    path = written(tmp_path, [first(), first(1)])
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(HarnessError, match=f"record 1 at byte {len(first()) + 16} is cut short"):
        read(path)


def test_file_without_records(tmp_path):
    with pytest.raises(HarnessError, match="holds no records; an official file"):
        read(written(tmp_path, []))
    with pytest.raises(HarnessError, match="cannot be read"):
        read(tmp_path / "nowhere.tfrecord")


def test_writer_writes_what_json_and_base64_do():
    text = json.dumps([FIRST_HASH, 108, FIRST_MATRIX, FIRST_OPS, base64.b64encode(b"abc").decode()])
    assert first(metrics=b"abc") == text.encode()
