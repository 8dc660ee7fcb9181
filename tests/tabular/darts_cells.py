"""Both DARTS spaces, architectures of them, and the one its authors found."""

import numpy as np

from tabular.spaces.darts import DARTSSpace

SPACES = {"tied": DARTSSpace(tie_cells=True), "untied": DARTSSpace(tie_cells=False)}
MAX, AVG, SKIP, SEP3, SEP5, DIL3, DIL5 = range(7)
# DARTS_V2 of the authors' genotypes.py, edges in their order
NORMAL = ((0, SEP3), (1, SEP3), (0, SEP3), (1, SEP3), (1, SEP3), (0, SKIP), (0, SKIP), (2, DIL3))
REDUCE = ((0, MAX), (1, MAX), (2, SKIP), (1, MAX), (0, MAX), (2, SKIP), (2, SKIP), (1, MAX))


def some(space, n=200, seed=0):
    return space.sample(n, np.random.default_rng(seed))


def same(a, b):
    return bool((a.ops == b.ops).all() and (a.adjacency == b.adjacency).all())
