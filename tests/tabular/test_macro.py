"""NAS-Bench-Macro: the space against the published file's own facts, and the reader of that file."""

import json

import numpy as np
import pytest

from tabular.errors import HarnessError
from tabular.sources.nas_bench_macro import FILE, convert
from tabular.spaces.macro import MacroSpace

SPACE = MacroSpace()


def ignore(share):
    assert 0 <= share <= 1


@pytest.fixture(scope="module")
def path(shared_data):
    return shared_data / "macro" / FILE


@pytest.fixture(scope="module")
def columns(path):
    return convert(path, ignore)["macro:cifar10"]


def test_best_network(columns):
    means = columns["test@50"].mean(axis=1)
    assert SPACE.to_strings(SPACE.all()[[int(means.argmax())]]) == ["22212202"]
    assert means.max() == pytest.approx(0.931267, abs=5e-7)
    assert sorted(columns) == ["flops", "params", "test@50"]


def test_rows_are_the_records_of_their_digits(path, columns):
    records = json.loads(path.read_text())
    for text in ("02012100", "11111221", "00011110", "22222222"):
        (row,) = SPACE.keys(SPACE.from_strings([text]))
        assert columns["test@50"][row] * 100 == pytest.approx(records[text]["test_acc"])
        assert columns["params"][row] * 1e6 == pytest.approx(records[text]["params"])
        assert columns["flops"][row] * 1e6 == pytest.approx(records[text]["flops"])


def test_classes_are_exactly_the_networks_of_one_training(columns):
    """Equal records where the classes agree, different ones where they do not: 3,969 trainings."""
    records = [row.tobytes() for row in columns["test@50"]]
    classes = SPACE.canonical(SPACE.all()).tolist()
    assert len(set(zip(records, classes, strict=True))) == len(set(records)) == len(set(classes)) == 3969


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("11011011", "11011011", True),
        ("10000001", "10000010", True),  # identity before or behind the block
        ("10001001", "10010010", True),
        ("01000000", "10000000", False),  # the first layer of a stage halves the resolution
        ("10012000", "10021000", False),  # the order of blocks counts
        ("11000100", "11010000", False),  # another stage
    ],
)
def test_equal_and_different_networks(one, other, same):
    first, second = SPACE.canonical(SPACE.from_strings([one, other])).tolist()
    assert (first == second) is same


@pytest.mark.parametrize("measure", ["flops", "params"])
def test_complexity_equals_all_recorded_values(columns, measure):
    counted = SPACE.complexity(SPACE.all(), measure)
    assert np.array_equal(np.round(counted * 1e6), np.round(columns[measure] * 1e6))


def test_cells_are_chains():
    cells = SPACE.from_strings(["01201201"])
    assert cells.ops.tolist() == [[0, 1, 2, 3, 1, 2, 3, 1, 2, 4]]
    assert np.array_equal(cells.adjacency[0], np.eye(10, k=1, dtype=bool))
    assert [SPACE.op_names[op] for op in cells.ops[0, :4]] == ["input", "identity", "mb3_k3", "mb6_k5"]


def test_neighbours_change_one_layer():
    found = SPACE.to_strings(SPACE.neighbours(SPACE.from_strings(["01201201"])))
    assert len(found) == 16
    assert all(sum(a != b for a, b in zip(text, "01201201", strict=True)) == 1 for text in found)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "no JSON"),
        ("[]", "no NAS-Bench-Macro table"),
        ('{"00000000": {}}', "no NAS-Bench-Macro table"),
    ],
)
def test_foreign_files(tmp_path, content, message):
    (tmp_path / FILE).write_text(content)
    with pytest.raises(HarnessError, match=message):
        convert(tmp_path / FILE, ignore)
    with pytest.raises(HarnessError, match="cannot be read"):
        convert(tmp_path / "absent.json", ignore)


@pytest.mark.parametrize(
    ("field", "value"), [("test_acc", [1, 2]), ("test_acc", [1, 2, 101]), ("flops", None), ("params", "many")]
)
def test_damaged_records(path, tmp_path, field, value):
    records = json.loads(path.read_text())
    records["01201201"][field] = value
    (tmp_path / FILE).write_text(json.dumps(records))
    with pytest.raises(HarnessError, match="damaged"):
        convert(tmp_path / FILE, ignore)
