"""TransNAS-Bench-101: both spaces against the official names and recorded costs, and the readers."""

import os

import numpy as np
import pytest

from tabular.errors import HarnessError
from tabular.sources.transnas import TASKS, convert_macro, convert_micro
from tabular.spaces.transnas import TransNASMacroSpace, TransNASMicroSpace

MICRO, MACRO = TransNASMicroSpace(), TransNASMacroSpace()
FAMILIES = {"micro": (MICRO, convert_micro), "macro": (MACRO, convert_macro)}
both = pytest.mark.parametrize("family", list(FAMILIES))


def ignore(share):
    assert 0 <= share <= 1


def frame(shared_data, family):
    import pandas as pd

    return pd.read_parquet(shared_data / f"transnasbench101_{family}.parquet")


def texts_of(table, family):
    """Short texts from the table's own digits, not from its names."""
    digits = table[["c0", "c1", "c2", "c3", "c4", "c5"]].to_numpy()
    if family == "micro":
        return ["".join(map(str, row)) for row in digits]
    return ["".join(str(digit) for digit in row if digit) for row in digits]


@pytest.fixture(scope="module")
def tables(shared_data):
    return {
        family: by_task(shared_data / f"transnasbench101_{family}.parquet", family) for family in FAMILIES
    }


def by_task(path, family, tell=ignore):
    """The reader's columns by task; their names must be those of the space's benchmarks."""
    space, convert = FAMILIES[family]
    found = convert(path, tell)
    assert set(found) == {f"{space.name}:{task}" for task in TASKS}
    return {task: found[f"{space.name}:{task}"] for task in TASKS}


# the spaces


@both
def test_the_space_is_the_table(shared_data, family):
    space, _ = FAMILIES[family]
    texts = texts_of(frame(shared_data, family), family)
    assert set(texts) == set(space.to_strings(space.all())) and len(texts) == space.size
    assert space.size == {"micro": 4096, "macro": 3256}[family]


def test_macro_sizes_by_counting():
    lengths = (MACRO.all().ops >= 1).sum(axis=1) - 1
    assert [(lengths == length).sum() for length in (4, 5, 6)] == [210, 750, 2296]


def test_a_chain_as_cells():
    cells = MACRO.from_strings(["41234"])
    assert cells.ops.tolist() == [[0, 4, 1, 2, 3, 4, 5, -1]]
    expected = np.zeros((8, 8), dtype=bool)
    expected[:6, 1:7] = np.eye(6, dtype=bool)
    assert np.array_equal(cells.adjacency[0], expected)


@pytest.mark.parametrize(
    "text", ["1111", "3333", "2222", "222211", "333311", "411", "4111111", "4511", "444444"]
)
def test_chains_outside(text):
    with pytest.raises(HarnessError, match="architecture of transnas-macro"):
        MACRO.from_strings([text])


def test_macro_neighbours_by_hand():
    found = set(MACRO.to_strings(MACRO.neighbours(MACRO.from_strings(["41111"]))))
    changed = {"41111"[:at] + kind + "41111"[at + 1 :] for at in range(5) for kind in "1234"}
    longer = {"41111"[:at] + kind + "41111"[at:] for at in range(6) for kind in "1234"}
    everything = set(MACRO.to_strings(MACRO.all()))
    assert found == ((changed | longer | {"1111", "4111"}) - {"41111"}) & everything


def test_macro_neighbours_across_the_space():
    """A network neighbours exactly those at edit distance one."""
    everything = MACRO.to_strings(MACRO.all())
    for text in ("4111", "123412", "44431"):
        found = set(MACRO.to_strings(MACRO.neighbours(MACRO.from_strings([text]))))
        assert found == {other for other in everything if distance(text, other) == 1}


def distance(one, other):
    row = list(range(len(other) + 1))
    for a, letter in enumerate(one, start=1):
        before, row[0] = row[0], a
        for b, second in enumerate(other, start=1):
            before, row[b] = row[b], min(row[b] + 1, row[b - 1] + 1, before + (letter != second))
    return row[-1]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("000300", "300010", True),  # 3x3 from the input, then an identity inside the cell
        ("000300", "100030", False),  # a skip from the input changes the shape first: other weights
        ("000000", "331000", True),
        ("000300", "000200", False),
    ],
)
def test_equal_and_different_cells(one, other, same):
    first, second = MICRO.canonical(MICRO.from_strings([one, other])).tolist()
    assert (first == second) is same


def test_there_are_1696_classes():
    assert len(set(MICRO.canonical(MICRO.all()).tolist())) == 1696


def test_members_of_a_class_perform_alike(tables):
    """The spread of recorded results inside the classes is the noise of trainings, not of architectures."""
    classes = MICRO.canonical(MICRO.all())
    _, which, count = np.unique(classes, return_inverse=True, return_counts=True)
    several = count[which] > 1
    for task in ("class_object", "class_scene", "segmentsemantic"):
        (values,) = tables["micro"][task].values()
        mean = np.bincount(which, values[:, 0]) / count
        inside = np.sqrt(((values[:, 0] - mean[which])[several] ** 2).mean())
        assert inside < 0.1 * values.std()


@both
def test_parameters_are_the_recorded_ones(shared_data, family):
    """A public re-count holds the network with a head of 63 outputs; the space counts the encoder."""
    space, _ = FAMILIES[family]
    table = frame(shared_data, family).dropna(subset=["params_naslib_M"])
    assert len(table) == {"micro": 711, "macro": 662}[family]
    texts = texts_of(table, family)
    doubled = [sum(kind in "24" for kind in text) for text in texts] if family == "macro" else 3
    head = 63 * (64 * 2 ** np.array(doubled) + 1) / 1e6
    recorded = table["params_naslib_M"].map(lambda entry: entry["score"]).to_numpy()
    assert np.abs(space.complexity(space.from_strings(texts), "params") + head - recorded).max() < 1e-6


@both
def test_flops_are_the_recorded_ones_less_normalisation(shared_data, family):
    """The re-count adds batch normalisation and the head, below 3 % of the multiply-adds."""
    space, _ = FAMILIES[family]
    table = frame(shared_data, family).dropna(subset=["flops_naslib_M"])
    recorded = table["flops_naslib_M"].map(lambda entry: entry["score"]).to_numpy()
    counted = space.complexity(space.from_strings(texts_of(table, family)), "flops")
    assert ((recorded / counted > 1) & (recorded / counted < 1.045)).all()
    assert np.corrcoef(recorded, counted)[0, 1] > 0.99999


# the readers


@both
def test_parquet_rows_are_the_named_ones(shared_data, tables, family):
    space, _ = FAMILIES[family]
    table = frame(shared_data, family)
    rows = space.keys(space.from_strings(texts_of(table, family)))
    for task, columns in tables[family].items():
        ((name, values),) = columns.items()
        epochs = {"jigsaw": 10, "segmentsemantic": 30, "autoencoder": 30, "normal": 30}.get(task, 25)
        percent = task in {"class_object", "class_scene", "jigsaw", "segmentsemantic"}
        assert name == f"valid@{epochs}" and values.shape == (space.size, 1)
        assert values.dtype == (np.float64 if percent else np.float32)
        assert np.abs(values[rows, 0] * (100 if percent else 1) - table[task]).max() < 1e-12
        assert np.isfinite(values).all()


def test_golden_optima(tables):
    best = {
        (family, task): float(np.nanmax(next(iter(columns.values()))))
        for family in FAMILIES
        for task, columns in tables[family].items()
    }
    assert best["micro", "class_object"] == pytest.approx(0.45586, abs=1e-5)
    assert best["micro", "class_scene"] == pytest.approx(0.54936, abs=1e-5)
    assert best["macro", "class_object"] == pytest.approx(0.47422, abs=1e-5)
    assert best["macro", "autoencoder"] == pytest.approx(0.748817, abs=1e-6)
    assert best["macro", "room_layout"] == pytest.approx(-0.582226, abs=1e-6)


def test_the_other_space_is_refused(shared_data):
    with pytest.raises(HarnessError, match="is no architecture of transnas-macro"):
        convert_macro(shared_data / "transnasbench101_micro.parquet", ignore)
    with pytest.raises(HarnessError, match="is no architecture of transnas-micro"):
        convert_micro(shared_data / "transnasbench101_macro.parquet", ignore)


def authors_database(shared_data, rows=5):
    """A small database in the authors' layout: real final values, invented curves towards them."""
    metric = {task: TASKS[task][0] for task in TASKS}
    data = {}
    for family in FAMILIES:
        data[family] = {}
        for record in frame(shared_data, family).head(rows).to_dict("records"):
            entry = data[family][record["arch_str"]] = {}
            for task, (_, _, epochs) in TASKS.items():
                curve = [record[task] * (epoch + 1) / epochs for epoch in range(epochs)]
                numbers = [np.float64(value) for value in curve] if task == "normal" else curve
                elapsed = [f"{hour:02d}:30:05" for hour in range(epochs)] if task == "jigsaw" else curve
                entry[task] = {
                    "total_epochs": epochs,
                    "model_info": {"inference_time": 0.01},
                    "metrics": {
                        f"valid_{metric[task]}": numbers,
                        f"test_{metric[task]}": [value / 2 for value in curve],
                        "time_elapsed": elapsed,
                    },
                }
    return {"metrics_dict": {}, "info_names": [], "task_list": list(TASKS), "data": data}


@both
@pytest.mark.parametrize("zipped", [True, False])
def test_the_authors_format(shared_data, tmp_path, tables, family, zipped):
    import torch

    space, _ = FAMILIES[family]
    torch.save(authors_database(shared_data), tmp_path / "t.pth", _use_new_zipfile_serialization=zipped)
    rows = space.keys(space.from_strings(texts_of(frame(shared_data, family).head(5), family)))
    told = []
    found = by_task(tmp_path / "t.pth", family, told.append)
    assert told[0] == 0 and told[-1] == 1 and told == sorted(told)
    for task, (_, _, epochs) in TASKS.items():
        columns = found[task]
        assert set(columns) == {
            f"{name}@{epochs}" for name in ("valid", "test", "seconds", "curve:valid", "curve:test")
        }
        (known,) = tables[family][task].values()
        assert np.isfinite(columns[f"valid@{epochs}"]).sum() == 5
        assert columns[f"valid@{epochs}"][rows] == pytest.approx(known[rows])
        assert columns[f"test@{epochs}"][rows] == pytest.approx(known[rows] / 2)
        curve = columns[f"curve:valid@{epochs}"]
        assert curve.shape == (space.size, 1, epochs) and np.isnan(curve).any()
        assert curve[rows, :, 0] == pytest.approx(known[rows] / epochs)
    assert found["jigsaw"]["seconds@10"][rows].tolist() == [[9 * 3600 + 30 * 60 + 5]] * 5


class Harmful:
    def __reduce__(self):
        return os.system, ("true",)


def test_files_that_are_something_else(shared_data, tmp_path):
    import torch

    path = tmp_path / "t.pth"

    def refused(message):
        with pytest.raises(HarnessError, match=message) as caught:
            convert_micro(path, ignore)
        assert "\n" not in str(caught.value)

    refused("does not exist")
    for content, message in (
        (b"", "damaged"),
        (b"PAR1x", "damaged or no parquet file"),
        (b"\x80\x02K\x01.", "no file of torch"),
    ):
        path.write_bytes(content)
        refused(message)
    for harmful in (Harmful(), torch.zeros(2)):
        for zipped in (True, False):
            torch.save({"data": harmful}, path, _use_new_zipfile_serialization=zipped)
            refused("refused")
    torch.save({"data": {"macro": {}}}, path)
    refused("KeyError 'micro'")
    database = authors_database(shared_data, 2)
    del database["data"]["micro"]["64-41414-0_00_001"]["jigsaw"]["metrics"]["valid_top1"][3]
    torch.save(database, path)
    refused("9 values for 10 epochs")
