"""From a table to points: which column says what, what is left out and counted, what is refused."""

import numpy as np
import pytest

import tabular
from tabular.errors import HarnessError
from tabular.points.files import read_sheet
from tabular.points.kept import keep, kept
from tabular.points.reading import Reading, points_of
from tabular.spaces.enas import ENASSpace
from tabular.table_file import data_folder

NB201 = tabular.load("nb201").space


def read(folder, text, dataset="cifar10", bare=False, space=NB201, **reading):
    path = folder / "emb.csv"
    path.write_text(text.replace(" ", ""))
    return points_of(read_sheet(path), space, Reading(**reading), dataset, bare)


def test_points_are_those_of_the_rows_by_key(tmp_path):
    points = read(tmp_path, "key,a,b\n000012,1,2\n000001,3,4\n444444,5,6\n")
    assert NB201.to_strings(points.cells) == ["000001", "000012", "444444"]
    assert points.keys.tolist() == [1, 7, 15_624] == NB201.keys(points.cells).tolist()
    assert points.values.tolist() == [[3, 4], [1, 2], [5, 6]] and points.values.dtype == np.float32
    assert points.columns == ("a", "b") and points.remarks == ()


def test_the_content_is_architectures_and_numbers_however_they_are_written(tmp_path):
    one = read(tmp_path, "key,a,b\n000012,1,2\n000001,3,4\n")
    again = read(tmp_path, "note,a,b,architecture\nx,3.0,4,000001\ny,1e0,2,000012\n", form="key")
    assert again.digest == one.digest and len(one.digest) == 64
    for text in (
        "key,a,b\n000012,1,2\n000001,3,5\n",
        "key,a,b\n000012,1,2\n000002,3,4\n",
        "key,a,c\n000012,1,2\n000001,3,4\n",
        "key,a\n000012,1\n000001,3\n",
    ):
        assert read(tmp_path, text).digest != one.digest


@pytest.mark.parametrize(
    "text",
    [
        "a,key\n1,000000\n",
        f"a,Arch\n1,{NB201.print(NB201.all()[:1])[0]}\n",
        "id,key,a\n7,000000,1\n",
        ",key,a\n0,000000,1\n",
        "Unnamed: 0,key,a\n0,000000,1\n",
        "index,key,a\n0,000000,1\n",
        "row,a\n0,1\n",
        f"index,a\n{NB201.print(NB201.all()[:1], 'index')[0]},1\n",
        'naslib_tuple,a\n"(1, 1, 1, 1, 1, 1)",1\n',
        "mine,a\n|none~0|+|none~0|none~1|+|none~0|none~1|none~2|,1\n",
    ],
)
def test_names_of_columns_and_texts_say_what_they_are(tmp_path, text):
    (tmp_path / "emb.csv").write_text(text)
    found = points_of(read_sheet(tmp_path / "emb.csv"), NB201, Reading())
    assert NB201.to_strings(found.cells) == ["000000"]
    assert found.columns == ("a",) and found.values.tolist() == [[1]]


def test_a_column_of_texts_alone_names_architectures(tmp_path):
    points = read(tmp_path, "mine,a,dataset\n1-40-500-0111-21111-300001,1,cifar10\n", space=ENASSpace())
    assert ENASSpace().to_strings(points.cells) == ["1-40-500-0111-21111-300001"]


def test_what_is_left_out_is_counted(tmp_path):
    points = read(tmp_path, "key,a,note,b\n000000,1,x,2\n000001,,y,2\n000002,1,z,inf\n000000,1,t,2\n")
    assert len(points.keys) == 1 and points.remarks == (
        "without columns 'note'",
        "without 2 rows that lack a number in 'a', 'b'",
        "without 1 rows that repeat another",
    )


def test_columns_without_any_number_are_left_out_unless_they_are_asked_for(tmp_path):
    text = "key,a,b\n000000,1,\n000001,2,\n"
    points = read(tmp_path, text)
    assert points.columns == ("a",) and points.remarks == ("without columns 'b'",)
    with pytest.raises(HarnessError, match="no row has a number in all columns; some lack one in 'b'"):
        read(tmp_path, text, columns="a,b")


def test_columns_are_chosen_by_name(tmp_path):
    text = "key,a,b,c\n000000,1,2,3\n"
    points = read(tmp_path, text, columns="c,a")
    assert points.columns == ("c", "a") and points.values.tolist() == [[3, 1]] and not points.remarks


def test_the_rows_of_a_benchmarks_dataset_are_taken(tmp_path):
    text = "key,a,dataset\n000000,1,cifar10\n000000,2,ImageNet16-120\n000001,3,cifar10\n"
    points = read(tmp_path, text)
    assert points.values.tolist() == [[1], [3]]
    assert "2 of 3 rows, those with dataset cifar10" in points.remarks
    assert read(tmp_path, text, dataset="imagenet16-120").values.tolist() == [[2]]
    assert read(tmp_path, text, dataset="cifar100", rows="dataset:cifar10").digest == points.digest


@pytest.mark.parametrize(
    ("text", "reading", "sentence"),
    [
        (
            "key,a\n999999,1\n",
            {},
            "emb.csv, column 'key': '999999' is no architecture of nb201 in the form key",
        ),
        (
            "arch,a\n012340,1\n",
            {},
            "emb.csv, column 'arch': '012340' does not say which architecture of nb201",
        ),
        ("arch,a\n4,1\n0,1\n3,1\n1,1\n4,1\n3,1\n", {"form": "key"}, "column 'arch': 4 is no architecture"),
        ("key,a\n,1\n000000,2\n", {}, "emb.csv: 1 of 2 rows have nothing in column 'key'"),
        (
            "key,a\n000000,1\n",
            {"architectures": "kee"},
            "unknown column of emb.csv 'kee'. Did you mean 'key'",
        ),
        (
            "p,q,a\nx,y,1\n",
            {},
            "no column says by its name which architecture a row is of. architectures=COLUMN",
        ),
        ("key,note\n000000,x\n", {}, "emb.csv has no numbers beside 'key': its columns are 'key', 'note'"),
        (
            "key,a,note\n000000,1,x\n",
            {"columns": "note"},
            "column 'note' does not hold numbers alone (texts)",
        ),
        ("key,a\n000000,1\n", {"columns": "b"}, "unknown column of emb.csv 'b'"),
        (
            "key,a\n000000,1\n000001,2\n000002,x\n",
            {},
            "column 'a' is not all numbers ('x' in row 3); columns= names those to be used",
        ),
        ("key,a,val_acc\n000000,1,2\n", {}, "by their names 'val_acc' are labels, which no method may see"),
        (
            "key,a,seed\n000000,1,x\n000000,2,y\n",
            {},
            "1 architectures have rows with different numbers, among them 000000. rows=seed:x would take",
        ),
        ("key,a\n000000,1\n", {"rows": "seed"}, "rows=seed: rows are chosen by column:text"),
        ("key,a,d\n000000,1,x\n", {"rows": "d:y"}, "emb.csv has no row with d y, but with 'x'. rows=d:TEXT"),
        ("key,a,dataset\n000000,1,mnist\n", {}, "no row with dataset cifar10, but with 'mnist'"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(tmp_path, text, reading, sentence):
    with pytest.raises(HarnessError) as problem:
        read(tmp_path, text, **reading)
    assert sentence in str(problem.value) and "\n" not in str(problem.value)


def test_labels_are_read_by_nobody_who_has_not_named_them(tmp_path):
    points = read(tmp_path, "key,a,val_acc\n000000,1,2\n", columns="a")
    assert points.columns == ("a",)


def test_architectures_alone_need_no_numbers(tmp_path):
    points = read(tmp_path, "key\n000001\n000000\n000001\n", bare=True)
    assert points.keys.tolist() == [0, 1] and points.values.shape == (2, 0)
    assert points.remarks == ("without 1 rows that repeat another",)


def test_points_are_kept_by_their_content(tmp_path, monkeypatch):
    monkeypatch.setenv("NAS_HARNESS_DATA", str(tmp_path / "data"))
    kept.cache_clear()
    points = read(tmp_path, "key,a,b\n000012,1,2\n000001,3,4\n")
    keep(points)
    again = kept(points.digest)
    assert again.digest == points.digest and again.columns == points.columns
    assert (again.cells.ops == points.cells.ops).all()
    assert (again.cells.adjacency == points.cells.adjacency).all()
    (file,) = (data_folder() / "points").iterdir()
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    kept.cache_clear()
    with pytest.raises(
        HarnessError, match="is gone or damaged: the command that names the file makes it again"
    ):
        kept(points.digest)
    keep(points)
    assert kept(points.digest).digest == points.digest
    kept.cache_clear()
