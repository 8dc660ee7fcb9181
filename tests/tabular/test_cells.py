import numpy as np
import pytest

from tabular.cells import Cells


def batch(n: int, v: int = 3) -> Cells:
    return Cells(np.zeros((n, v, v), dtype=bool), np.arange(n * v).reshape(n, v))


def test_rows_by_slice_indices_and_mask():
    cells = batch(4)
    assert cells[1:3].ops[:, 0].tolist() == [3, 6]
    assert cells[[3, 0]].ops[:, 0].tolist() == [9, 0]
    assert cells[np.array([True, False, False, True])].ops[:, 0].tolist() == [0, 9]
    assert len(cells[:0]) == 0


def test_concatenate_keeps_order():
    joined = Cells.concatenate([batch(2)[[1]], batch(3)])
    assert joined.ops[:, 0].tolist() == [3, 0, 3, 6]
    assert joined.adjacency.shape == (4, 3, 3)


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(Exception, match="adjacency"):
        Cells(np.zeros((2, 3, 4), dtype=bool), np.zeros((2, 3), dtype=int))
