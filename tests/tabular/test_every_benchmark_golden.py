"""Golden values of every benchmark as it is loaded after an import, and the doctor on true and false data."""

import dataclasses
import importlib
import json
import re

import numpy as np
import pytest

import tabular
from tabular.catalogue import benchmark_names, examinations
from tabular.sources.transnas import TASKS
from tests.every_benchmark import parquet

NB201 = {"cifar10": "c10", "cifar100": "c100", "imagenet16-120": "im16"}
HERE = [name for name in benchmark_names() if name != "nb101:cifar10"]
pytestmark = pytest.mark.usefixtures("everything")


def best_text(table, split, epochs):
    truth = table.truth(split, epochs)
    row = int(np.nanargmax(truth))
    (text,) = table.space.to_strings(table.space.all()[row : row + 1])
    return text, 100 * truth[row]


# NAS-Bench-201


@pytest.mark.parametrize(
    ("dataset", "split", "index", "best"),
    [
        ("cifar10", "valid", 6111, 91.6067),
        ("cifar10", "test", 6111, 94.3733),
        ("cifar100", "valid", 9930, 73.4933),
        ("cifar100", "test", 9930, 73.5133),
        ("imagenet16-120", "valid", 10676, 46.7333),
        ("imagenet16-120", "test", 857, 47.3111),
    ],
)
def test_nb201_optima_and_whose_they_are(shared_data, dataset, split, index, best):
    table = tabular.load(f"nb201:{dataset}")
    keys = parquet(shared_data / "nb201.parquet").set_index("index")["key"]
    (row,) = table.space.keys(table.space.from_strings([keys[index]]))
    truth = 100 * table.truth(split, 200)
    assert truth[row] == truth.max() == pytest.approx(best, abs=5e-5)


@pytest.mark.parametrize("dataset", NB201)
def test_nb201_columns_are_the_files(shared_data, dataset):
    table, frame, prefix = (
        tabular.load(f"nb201:{dataset}"), parquet(shared_data / "nb201.parquet"), NB201[dataset]
    )  # fmt: skip
    cells = table.space.from_strings(frame["key"].tolist())
    for column, epochs in (("val12", 12), ("test12", 12), ("val200", 200), ("test200", 200)):
        split = "valid" if column.startswith("val") else "test"
        found = 100 * table.mean(cells, split, epochs)
        np.testing.assert_allclose(found, frame[f"{prefix}_{column}"], atol=2e-5, err_msg=column)


@pytest.mark.parametrize("dataset", NB201)
def test_devices_are_those_of_hw_nas_bench(shared_data, dataset):
    space = tabular.load(f"nb201:{dataset}").space
    frame = parquet(shared_data / "nb201.parquet").sort_values("index")
    measured = parquet(shared_data / "hwnasbench_nb201.parquet").sort_values("index")
    cells = space.from_strings(frame["key"].tolist())
    for measure in ("latency:edgegpu", "latency:raspi4", "latency:edgetpu", "energy:fpga"):
        quantity, device = measure.split(":")
        given = measured[f"{NB201[dataset]}_{device}_{quantity}"].to_numpy()
        expected = np.where(given == -1, np.nan, given)
        np.testing.assert_allclose(space.complexity(cells, measure), expected, rtol=1e-6)


# ENAS


def enas_lines(shared_data):
    lines = (shared_data / "enas" / "final_structures6.txt").read_text().splitlines()[1000:]
    return [line.rsplit(", ", 1) for line in lines]


def test_enas_pool_is_the_published_lines(shared_data):
    table = tabular.load("enas-pool")
    values = table.columns["valid@1"][~np.isnan(table.columns["valid@1"])]
    assert (len(values), table.space.size) == (19_020, 19_015)
    facts = values.mean(), values.std(), values.min(), values.max()
    np.testing.assert_allclose(facts, (0.7363, 0.00612, 0.702, 0.7502), atol=5e-5)
    np.testing.assert_allclose(values.std(), 0.00612, atol=5e-6)
    rows = enas_lines(shared_data)
    listed = np.sort([float(accuracy) for _, accuracy in rows])
    np.testing.assert_array_equal(np.sort(values), listed)
    best, _ = max(rows, key=lambda row: float(row[1]))
    digits = "".join(re.findall(r"\d", best))
    text, accuracy = best_text(table, "valid", 1)
    assert re.sub(r"\D", "", text) == digits and accuracy == pytest.approx(75.02)


def test_enas_surrogate_predicts_what_is_listed():
    pool, surrogate = tabular.load("enas-pool"), tabular.load("enas-surrogate")
    predicted, recorded = surrogate.mean(pool.space.all(), "valid", 1), pool.truth("valid", 1)
    error = 100 * np.sqrt(np.mean((predicted - recorded) ** 2))
    note = re.search(
        r"RMSE (\S+) points \(always the mean: (\S+)\), Spearman (\S+?)\.? ", surrogate.passport["note"]
    )
    held_out, of_mean = map(float, note.groups()[:2])
    assert 0.5 * held_out < error < 1.1 * held_out < 0.5 * of_mean
    assert of_mean == pytest.approx(0.612, abs=0.05)  # the published standard deviation


# NAS-Bench-Macro, TransNAS-Bench-101


def test_macro_is_the_published_file(shared_data):
    table = tabular.load("macro")
    text, best = best_text(table, "test", 50)
    assert text == "22212202" and best == pytest.approx(93.1267, abs=5e-5)
    published = json.loads((shared_data / "macro" / "nas-bench-macro_cifar10.json").read_text())
    cells = table.space.from_strings(list(published))
    given = np.array([each["test_acc"] for each in published.values()])
    np.testing.assert_allclose(100 * table.accuracy(cells, "test", 50), given, atol=1e-9)
    params = [each["params"] / 1e6 for each in published.values()]
    np.testing.assert_allclose(table.space.complexity(cells, "params"), params, atol=1e-6)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("family", ["micro", "macro"])
def test_transnas_is_the_table(shared_data, family, task):
    table = tabular.load(f"transnas-{family}:{task}")
    frame = parquet(shared_data / f"transnasbench101_{family}.parquet")
    unit = 100 if task in ("class_object", "class_scene", "jigsaw", "segmentsemantic") else 1
    digits = frame[["c0", "c1", "c2", "c3", "c4", "c5"]].astype(int).to_numpy()
    texts = ["".join(str(digit) for digit in row if digit or family == "micro") for row in digits]
    found = unit * table.mean(table.space.from_strings(texts), "valid", table.epochs)
    np.testing.assert_allclose(found, frame[task], atol=1e-9)
    assert table.best("valid", table.epochs) == pytest.approx(frame[task].max() / unit, abs=1e-12)
    text, _ = best_text(table, "valid", table.epochs)
    assert frame[task][texts.index(text)] == frame[task].max()


# NAS-Bench-301


def test_nb301_gives_the_reference_values(shared_data):
    benchmark = tabular.load("nb301")
    frame = parquet(shared_data / "nb301" / "reference_archs.parquet")
    genotypes = np.array([json.loads(text) for text in frame["arch"]])
    cells = benchmark.space.from_genotype(genotypes)
    assert len(cells) == 12_439
    assert np.abs(100 * benchmark.mean(cells, "valid", 98) - frame["yahpo_val_acc98"]).max() < 1e-4
    assert np.abs(benchmark.seconds(cells, 98)[:, 0] - frame["yahpo_runtime98_s"]).max() < 0.01


def test_tied_cells_are_answered_as_two_equal_ones(shared_data):
    tied, whole = tabular.load("nb301:tied"), tabular.load("nb301")
    frame = parquet(shared_data / "nb301" / "reference_archs.parquet")[:200]
    twice = np.array([json.loads(text) for text in frame["arch"]])[:, [0, 0]]
    one, other = (each.mean(each.space.from_genotype(twice), "valid", 98) for each in (tied, whole))
    np.testing.assert_allclose(one, other, atol=1e-9)
    assert (np.abs(100 * one - frame["yahpo_val_acc98"]) > 1e-4).any()


# NAS-Bench-Graph


@pytest.mark.parametrize("dataset", ["cora", "physics", "arxiv", "proteins"])
def test_nas_bench_graph_is_the_authors(dataset):
    authors = pytest.importorskip("nas_bench_graph", reason="nas-bench-graph is not installed")
    table, records = tabular.load(f"nas-bench-graph:{dataset}"), authors.light_read(dataset)
    assert table.space.size == len(records) == (2021 if dataset == "proteins" else 26_206)
    rows = np.linspace(0, table.space.size - 1, 50).astype(int)
    cells = table.space.all()[rows]
    names = authors.architecture.gnn_list
    for text, valid, test in zip(
        table.space.to_strings(cells),
        table.mean(cells, "valid", 1).tolist(),
        table.mean(cells, "test", 1).tolist(),
        strict=True,
    ):
        links, ops = text.split("-")
        record = records[authors.Arch([*map(int, links)], [names[int(op)] for op in ops]).valid_hash()]
        assert (valid, test) == pytest.approx((record["valid_perf"], record["perf"]), abs=1e-7)
    best = max(record["valid_perf"] for record in records.values())
    assert table.best("valid", 1) == pytest.approx(best, abs=1e-7)


# the doctor


@pytest.mark.parametrize("name", HERE)
def test_the_doctor_finds_the_true_data_good(name):
    checks = list(examinations(name))
    assert checks and all(check.good for check in checks), [each for each in checks if not each.good]


def best_row(column):
    return np.unravel_index(np.nanargmax(column), column.shape)


def raise_best(column):
    column[int(np.nanargmax(np.nanmean(column, axis=1)))] += 2e-5


def lose_best(column):
    mean = np.nanmean(column, axis=1)
    column[mean > mean.max() - 1e-6] -= 0.01  # on CIFAR-10 two cells share the best test accuracy


def lose_one(column):
    column[best_row(column)] = np.nan


def beyond_one(column):
    column[0] = 1.5


def shift(column):
    column += 1e-3


def shift_far(column):
    column += 0.5


def exchange_halves(column):
    """All but the best, so that nothing else is wrong than the order."""
    best = best_row(column)
    value = column[best]
    column[:] = np.roll(column, len(column) // 2, axis=0)
    there = np.unravel_index(np.nanargmax(column), column.shape)
    column[there], column[best] = column[best], value


FALSE = [
    *((f"nb201:{dataset}", column, change) for dataset in NB201 for column, change in [
        ("valid@200", raise_best), ("valid@200", lose_best), ("valid@200", lose_one),
        ("test@200", raise_best), ("test@200", lose_best),
    ]),
    ("nb201:cifar100", "ori-test@200", shift), ("nb201:cifar100", "ori-test@12", shift),
    ("nb201:imagenet16-120", "test@12", shift), ("nb201:imagenet16-120", "valid@12", lose_one),
    ("macro:cifar10", "test@50", raise_best), ("macro:cifar10", "test@50", lose_one),
    ("macro:cifar10", "params", shift), ("macro:cifar10", "flops", shift),
    ("enas-pool:cifar10", "valid@1", shift), ("enas-pool:cifar10", "valid@1", lose_one),
    ("transnas-micro:jigsaw", "valid@10", lose_one), ("transnas-micro:normal", "valid@30", beyond_one),
    ("transnas-macro:class_scene", "valid@25", beyond_one),
    ("transnas-macro:room_layout", "valid@25", beyond_one),
    ("nas-bench-graph:cora", "valid@1", lose_one), ("nas-bench-graph:cora", "test@1", beyond_one),
    ("nas-bench-graph:proteins", "test@1", lose_one),
    ("nb101:run0", "test@108", raise_best), ("nb101:run0", "test@108", lose_one),
    ("nb101:run0", "test@108", exchange_halves), ("nb101-30k:cifar10", "valid@108", raise_best),
    ("nb101-30k:cifar10", "valid@12", shift_far), ("nb101-30k:cifar10", "params", exchange_halves),
    ("nb101-30k:cifar10", "test@108", exchange_halves),
]  # fmt: skip


def examined(benchmark):
    family = benchmark.name.partition(":")[0].replace("-", "_")
    return list(importlib.import_module(f"tabular.benchmarks.{family}").examine(benchmark))


@pytest.mark.parametrize(("name", "column", "change"), FALSE)
def test_the_doctor_finds_false_data_bad(name, column, change):
    table = tabular.load(name)
    false = table.columns[column].copy()
    change(false)
    assert not np.array_equal(false, table.columns[column], equal_nan=True)
    changed = dataclasses.replace(table, columns={**table.columns, column: false})
    assert not all(check.good for check in examined(changed))


@pytest.mark.parametrize("name", ["nb301:cifar10", "nb301:tied", "enas-surrogate:cifar10"])
def test_the_doctor_finds_a_false_surrogate_bad(name):
    benchmark = tabular.load(name)

    def percent(cells, epochs):
        accuracy, seconds = benchmark.evaluate(cells, epochs)
        return 100 * accuracy, seconds

    assert not all(check.good for check in examined(dataclasses.replace(benchmark, evaluate=percent)))
