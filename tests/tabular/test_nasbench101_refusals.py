"""Files that are no NAS-Bench-101 files, or damaged ones, are refused by the place of the fault."""

import json

import nb101_files as files
import pytest
from nb101_files import FIRST, FIRST_HASH, FIRST_MATRIX, FIRST_OPS, FIRST_PARAMS, first, written

from tabular.errors import HarnessError
from tabular.sources import nasbench101
from tabular.sources.nasbench101 import convert


def read(path):
    return convert(path, lambda share: None)["nb101:cifar10"]


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
