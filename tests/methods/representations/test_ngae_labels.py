"""Free labels of a part of a space, whose cells the benchmark and the part number differently."""

import numpy as np

from methods.representations.ngae import ACCURACY, NGAE
from tabular.spaces.pool import PoolSpace
from tests.methods.spaces import convolutions, labelled


def test_every_cell_of_a_part_has_its_own_label(space):
    rng = np.random.default_rng(0)
    part = PoolSpace("part", space, space.all()[rng.permutation(space.size)[:200]])
    cells = part.all()
    some = cells[rng.permutation(200)[:150]]
    labels = labelled(space, some, convolutions(some))  # by the keys of the whole space
    plugin = NGAE(NGAE.Hyper(target="accuracy"), rng)
    target = plugin._known(part, cells, labels).targets[ACCURACY].numpy()
    known = np.isin(space.keys(cells), labels.keys)
    assert known.sum() == 150
    np.testing.assert_allclose(target[known], convolutions(cells)[known], rtol=1e-6)
    assert np.isnan(target[~known]).all()
