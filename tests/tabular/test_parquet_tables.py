"""Parquet tables as people write them: keys in the index or as numbers, folders of parts."""

import numpy as np
import pandas as pd
import pytest

from tabular.catalogue import sources
from tabular.data.choosing import choose
from tabular.errors import HarnessError
from tabular.sources import nb201_parquet
from tabular.sources.transnas import convert_micro
from tests.harness.conftest import command
from tests.tabular.telling import quiet


@pytest.fixture(scope="module")
def frame(shared_data):
    return pd.read_parquet(shared_data / "nb201.parquet")


@pytest.fixture(scope="module")
def expected(shared_data):
    return nb201_parquet.convert(shared_data / "nb201.parquet", quiet)


def same(found, expected):
    for name, columns in expected.items():
        for column, values in columns.items():
            np.testing.assert_array_equal(found[name][column], values)


def parts(frame, folder, *, left_out=()):
    """As Spark writes a table: parts in no order, a mark of success, a checksum beside each."""
    folder.mkdir()
    (folder / "_SUCCESS").touch()
    for number in range(4):
        name = f"part-{number:05}-0f3c2a.c000.snappy.parquet"
        (folder / f".{name}.crc").write_bytes(b"crc")
        if number not in left_out:
            frame.iloc[number::4].to_parquet(folder / name)
    return folder


FORMS = {
    "index": lambda table: table.set_index("key"),
    "index without a name": lambda table: table.set_index("key").rename_axis(None),
    "index of several": lambda table: table.set_index(["index", "key"]),
    "numbers": lambda table: table.astype({"key": "int64"}),
    "numbers in the index": lambda table: table.astype({"key": "int32"}).set_index("key"),
    "decimal numbers": lambda table: table.astype({"key": "float64"}),
    "texts of numbers": lambda table: table.assign(key=table["key"].str.lstrip("0").replace("", "0")),
    "bytes": lambda table: table.assign(key=[key.encode() for key in table["key"]]),
    "categories": lambda table: table.astype({"key": "category"}),
    "official texts alone": lambda table: table.drop(columns="key"),
    "official texts in the index": lambda table: table.drop(columns="key").set_index("arch_str"),
    "other order": lambda table: table.sample(frac=1.0, random_state=0),
}


@pytest.mark.parametrize("change", FORMS.values(), ids=FORMS)
def test_keys_are_found_in_any_form(frame, expected, tmp_path, change):
    path = tmp_path / "x.parquet"
    change(frame).to_parquet(path)
    same(nb201_parquet.convert(path, quiet), expected)


def test_a_folder_of_parts_is_a_table(frame, expected, tmp_path):
    folder = parts(frame, tmp_path / "table")
    assert choose(sources(), "nb201", folder).pattern == "*.parquet"
    same(nb201_parquet.convert(folder, quiet), expected)


def test_a_folder_of_parts_is_imported_whole_or_not_at_all(frame, tmp_path, monkeypatch):
    monkeypatch.setenv("NAS_HARNESS_DATA", str(tmp_path / "data"))
    cut = command("data", "import", "nb201", parts(frame, tmp_path / "nb201.parquet", left_out=[2]))
    assert cut.code == 2
    assert (
        "nb201.parquet has 11719 lines of 11719 cells: it must hold each of the 15625 cells once" in cut.err
    )
    assert command("data", "import", "nb201", parts(frame, tmp_path / "table")).code == 0


def test_a_lost_part_of_a_part(frame, tmp_path):
    folder = parts(frame, tmp_path / "table")
    first = next(folder.glob("part-00001*"))
    first.write_bytes(first.read_bytes()[:1000])
    with pytest.raises(HarnessError, match=r"^table is damaged or no parquet file: "):
        nb201_parquet.convert(folder, quiet)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.assign(key=table["index"]), r"holds the key '0000"),
        (lambda table: table.assign(key=table["key"].iloc[::-1].to_numpy()), "of line 0 are two cells"),
        (lambda table: table.drop(columns=["key", "arch_str"]), "has no column 'key' and none 'arch_str'"),
        (
            lambda table: table.drop(columns="key").replace({"arch_str": {table["arch_str"][0]: "x"}}),
            "'x' is no",
        ),
    ],
    ids=["official index as key", "two cells in a line", "no names", "no architecture"],
)
def test_names_that_say_something_else(frame, tmp_path, change, message):
    path = tmp_path / "x.parquet"
    change(frame).to_parquet(path)
    with pytest.raises(HarnessError, match=message):
        nb201_parquet.convert(path, quiet)


@pytest.mark.parametrize("form", ["index", "index without a name", "parts"])
def test_transnas_is_read_in_the_same_forms(shared_data, tmp_path, form):
    original = shared_data / "transnasbench101_micro.parquet"
    table, path = pd.read_parquet(original), tmp_path / "table"
    if form == "parts":
        parts(table, path)
    else:
        named = table.set_index("arch_str")
        (named if form == "index" else named.rename_axis(None)).to_parquet(path)
    same(convert_micro(path, quiet), convert_micro(original, quiet))


def test_transnas_says_what_is_missing(shared_data, tmp_path):
    table = pd.read_parquet(shared_data / "transnasbench101_micro.parquet")
    for column in ("jigsaw", "arch_str"):
        table.drop(columns=column).to_parquet(tmp_path / "x.parquet")
        with pytest.raises(HarnessError, match=f"no TransNAS-Bench-101 table: it has no column '{column}'"):
            convert_micro(tmp_path / "x.parquet", quiet)
