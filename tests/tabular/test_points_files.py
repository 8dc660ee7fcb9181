"""Tables of points as they lie in files: csv, parquet, and what is neither."""

import numpy as np
import pytest

from tabular.errors import HarnessError
from tabular.points.files import found, read_sheet


def csv_file(folder, text, name="emb.csv", encoding="utf-8"):
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_keeps_names_as_they_are_written_and_numbers_as_numbers(tmp_path, delimiter):
    text = "key,a,b,n\n000123,0.5,-1e3,7\n444444,,nan,True\n".replace(",", delimiter)
    sheet = read_sheet(csv_file(tmp_path, text))
    assert (sheet.name, sheet.rows) == ("emb.csv", 2) and list(sheet.written) == ["key", "a", "b", "n"]
    assert sheet.texts("key") == ["000123", "444444"]
    assert sheet.texts("n") == ["7", "True"] and sheet.texts("a") == ["0.5", None]
    assert np.array_equal(sheet.numbers["a"], [0.5, np.nan], equal_nan=True)
    assert np.array_equal(sheet.numbers["b"], [-1000, np.nan], equal_nan=True)
    assert sheet.numbers["n"].tolist() == [7, 1]


def test_csv_with_a_byte_order_mark_quotes_empty_lines_and_windows_line_ends(tmp_path):
    text = 'arch,a\r\n"(4, 0, 3, 1, 4, 3)",1\r\n\r\n"x ""y""",2\r\n'
    sheet = read_sheet(csv_file(tmp_path, text, encoding="utf-8-sig"))
    assert sheet.texts("arch") == ["(4, 0, 3, 1, 4, 3)", 'x "y"'] and sheet.numbers["a"].tolist() == [1, 2]


def test_a_long_csv_is_read_in_parts(tmp_path):
    lines = [f"{row:06d},{row / 4},{'x' if row == 30_000 else row}" for row in range(50_000)]
    sheet = read_sheet(csv_file(tmp_path, "\n".join(["id,a,b", *lines])))
    assert sheet.rows == 50_000 and sheet.texts("id")[29_999] == "029999"
    assert np.array_equal(sheet.numbers["a"], np.arange(50_000) / 4)
    assert "b" not in sheet.numbers and sheet.faults == {"b": "'x' in row 30001"}
    assert sheet.texts("b")[30_000] == "x"
    assert sheet.texts("a")[2] == "0.5"


def test_rows_are_chosen_in_order(tmp_path):
    sheet = read_sheet(csv_file(tmp_path, "id,a\nx,1\ny,2\nz,3\n")).only(np.array([2, 0]))
    assert sheet.rows == 2 and sheet.texts("id") == ["z", "x"] and sheet.numbers["a"].tolist() == [3, 1]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "emb.csv is empty"),
        ("a,b\n", "emb.csv has no rows"),
        ("a,b\n1,2\n3\n", "emb.csv, line 3: 1 cells, and 2 columns"),
        ("a,a\n1,2\n", "emb.csv has several columns 'a'"),
        ("a,,\n1,2,3\n", "emb.csv has several columns ''"),
    ],
)
def test_what_is_no_table_is_said_in_a_sentence(tmp_path, text, sentence):
    with pytest.raises(HarnessError) as problem:
        read_sheet(csv_file(tmp_path, text))
    assert str(problem.value) == sentence


@pytest.mark.parametrize("content", [b"\x80\x02}q\x00.", b"\x89PNG\r\n\x1a\n\x00", b"a,b\n\xff\xfe,1\n"])
def test_other_files_are_neither_csv_nor_parquet(tmp_path, content):
    path = tmp_path / "emb.csv"
    path.write_bytes(content)
    with pytest.raises(HarnessError, match=r"emb\.csv is neither csv nor parquet"):
        read_sheet(path)


def parquet_file(folder, name="emb.parquet", **columns):
    pytest.importorskip("pyarrow")
    import pandas as pd

    path = folder / name
    pd.DataFrame(columns).to_parquet(path)
    return path


def test_parquet_has_texts_numbers_and_lists(tmp_path):
    path = parquet_file(
        tmp_path,
        arch=["x", None],
        index=[3, 12],
        a=np.array([0.5, np.nan], dtype=np.float32),
        is_small=[True, False],
        points=[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]],
        ragged=[[1], [1, 2]],
    )
    sheet = read_sheet(path)
    assert sheet.texts("arch") == ["x", None] and sheet.texts("index") == ["3", "12"]
    assert sheet.texts("ragged") == [[1], [1, 2]]
    numbers = {name: column.tolist() for name, column in sheet.numbers.items() if name != "a"}
    assert numbers == {
        "index": [3, 12], "is_small": [1, 0], "points_0": [1, 4], "points_1": [2, 5], "points_2": [3, 6],
    }  # fmt: skip
    assert np.array_equal(sheet.numbers["a"], [0.5, np.nan], equal_nan=True)


def test_a_folder_of_parquet_files_is_one_table(tmp_path):
    folder = tmp_path / "emb.parquet"
    folder.mkdir()
    for part in range(2):
        parquet_file(folder, f"part-{part}.parquet", key=[f"00000{part}"], a=[part + 0.5])
    sheet = read_sheet(folder)
    assert sheet.texts("key") == ["000000", "000001"] and sheet.numbers["a"].tolist() == [0.5, 1.5]


def test_a_damaged_parquet_file_is_named(tmp_path):
    path = parquet_file(tmp_path, a=[1.0])
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(HarnessError, match=r"emb\.parquet is damaged or no parquet file"):
        read_sheet(path)


def test_a_file_is_found_without_its_ending_unless_there_are_several(tmp_path):
    file = csv_file(tmp_path, "a\n1\n")
    assert found(str(file)) == file == found(str(tmp_path / "emb"))
    parquet_file(tmp_path, a=[1.0])
    with pytest.raises(HarnessError, match=r"emb': there are .*emb\.csv and .*emb\.parquet: name one"):
        found(str(tmp_path / "emb"))
    with pytest.raises(HarnessError, match="other': there is no such file"):
        found(str(tmp_path / "other"))
    with pytest.raises(HarnessError, match="cannot be read"):
        read_sheet(tmp_path / "gone.csv")
