"""Other forms of the same NB201 cells: relabelled members of a class, operations on edges."""

import numpy as np
import pytest

from tabular.errors import HarnessError
from tabular.spaces.nb201 import class_members


def test_relabelling_stays_in_the_class_and_reaches_all_of_it(space):
    rng = np.random.default_rng(0)
    members, first, size = class_members()
    big = int(np.argmax(size))
    cells = space.all()[np.full(5000, big)]
    keys = space.keys(space.relabelled(cells, rng))
    wanted = members[first[big] : first[big] + size[big]]
    counts = np.bincount(np.searchsorted(np.sort(wanted), keys), minlength=size[big])
    assert set(keys.tolist()) <= set(wanted.tolist())
    if size[big] <= 500:
        assert (counts > 0).all()
    every = space.all()
    assert (space.canonical(space.relabelled(every, rng)) == space.canonical(every)).all()


def test_members_partition_the_space():
    members, _, size = class_members()
    assert np.sort(members).tolist() == list(range(15625))
    assert size.sum() == 15625 and (size > 0).sum() == 6466


def test_edge_labels_read_the_string_of_the_paper(space):
    # nor_conv_3x3 on 1<-0, none 2<-0, skip 2<-1, avg_pool 3<-0, nor_conv_1x1 3<-1, skip 3<-2
    (labels,) = space.to_edge_labels(space.from_strings(["301421"]))
    assert labels.tolist() == [[0, 3, 0, 4], [0, 0, 1, 2], [0, 0, 0, 1], [0, 0, 0, 0]]


def test_edge_labels_are_another_form_of_every_cell(space):
    again = space.from_edge_labels(space.to_edge_labels(space.all()))
    assert (space.keys(again) == np.arange(15625)).all()


def test_edge_labels_of_a_foreign_cell_are_refused(space):
    cells = space.all()[:1]
    ops = cells.ops.copy()
    ops[0, 1] = 0
    with pytest.raises(HarnessError, match="outside nb201"):
        space.to_edge_labels(type(cells)(cells.adjacency, ops))
