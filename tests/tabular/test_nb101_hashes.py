"""The module hashes of all cells of NAS-Bench-101, and the official order they make."""

import numpy as np
import pytest

from tabular.spaces import nb101_hashes
from tabular.spaces.nb101 import NB101Space
from tabular.spaces.nb101_hashes import all_hashes, official_order, rows_of
from tests.every_benchmark import data_folder
from tests.tabular import nb101_files as official
from tests.tabular.telling import quiet

SPACE = NB101Space()
pytestmark = pytest.mark.usefixtures("everything")


def test_hashes_are_the_cells_and_name_each_once():
    hashes = all_hashes()
    some = np.random.default_rng(0).integers(0, SPACE.size, 100)
    assert [each.tobytes().hex() for each in hashes[some]] == SPACE.module_hash(SPACE.all()[some])
    assert len(np.unique(hashes, axis=0)) == SPACE.size == 423_624
    assert (rows_of(hashes[some]) == some).all()
    assert rows_of(np.zeros((2, 16), dtype=np.uint8)).tolist() == [-1, -1]


def test_the_official_order_rises_and_begins_with_the_official_files_first_cell():
    ordered = [each.tobytes() for each in all_hashes()[official_order()]]
    assert ordered == sorted(ordered) and ordered[0].hex() == official.FIRST_HASH
    matrix = np.array(list(official.FIRST_MATRIX)).astype(int).reshape(1, 7, 7)
    assert SPACE.lookup(matrix, [official.FIRST_OPS.split(",")]).tolist() == official_order()[:1].tolist()


def test_hashes_of_another_code_are_computed_again(everything, tmp_path, monkeypatch):
    (tmp_path / "spaces").mkdir()
    for file in (everything / "spaces").iterdir():
        (tmp_path / "spaces" / file.name).write_bytes(file.read_bytes())
    asked = []
    false = np.zeros((SPACE.size, 16), dtype=np.uint8)
    monkeypatch.setattr(nb101_hashes, "_computed", lambda tell: asked.append(tell) or false)
    with data_folder(tmp_path):
        assert all_hashes().any() and not asked
        monkeypatch.setattr(nb101_hashes, "module_hash", lambda cells: ["0" * 32] * len(cells))
        assert not all_hashes(quiet).any() and asked == [quiet]
