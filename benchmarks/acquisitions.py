"""CPU seconds of one acquisition over all 423,624 cells of NAS-Bench-101, and of encoding them; one thread.

`python benchmarks/acquisitions.py` (four minutes). Labels are made up (the share of 3x3 convolutions with
noise), and every query is what the method asked for: a real search, but for its benchmark. arch2vec is
untrained, which takes no other time to encode or to search. Reported are the first acquisition, which encodes
the space and fits the kernel from its prior, and the median and the longest of the others.
"""

from __future__ import annotations

import time

import numpy as np
import torch
from clock import matmul_rate, show

from methods.base import Representation
from methods.networks.layers import seeded
from methods.optimizers.gp_bo import GPBO
from methods.representations.arch2vec import Arch2Vec
from methods.representations.one_hot import OneHot
from methods.representations.wl import WL
from tabular.cells import Cells
from tabular.oracle import Observations
from tabular.spaces.nb101 import NB101Space
from tabular.spaces.nb101_graphs import CONV3

FIRST, LABELS = 10, 150
SPACE = NB101Space()


def answered(keys: list[int]) -> Observations:
    cells: Cells = SPACE.all()[np.array(keys)]
    noise = 0.01 * np.array([np.random.default_rng(key).standard_normal() for key in keys])
    accuracy = 0.9 + 0.01 * (cells.ops == CONV3).sum(axis=1) + noise
    nothing = np.zeros(len(keys))
    return Observations(cells, np.array(keys), accuracy, nothing, nothing.astype(bool))


def untrained(name: str, rng: np.random.Generator) -> Representation:
    if name == "one_hot":
        return OneHot(OneHot.Hyper(), rng)
    if name == "wl":
        return WL(WL.Hyper(), rng)
    network = Arch2Vec(Arch2Vec.Hyper(), rng)
    with seeded(rng):
        network._network = network._new_network(len(SPACE.op_names)).eval()
    return network


def measure(name: str) -> None:
    rng = np.random.default_rng(0)
    representation, optimizer = untrained(name, rng), GPBO(GPBO.Hyper(), rng)
    keys = rng.choice(SPACE.size, FIRST, replace=False).tolist()
    representation.fit(SPACE, answered(keys))
    start = time.process_time()
    representation.encode(SPACE.all())
    show(f"{name}: encoding {SPACE.size} cells", time.process_time() - start, "s")
    times = []
    while len(keys) < LABELS:
        observed, start = answered(keys), time.process_time()
        found = optimizer.propose(SPACE, representation, observed, 1)
        times.append(time.process_time() - start)
        keys.append(int(SPACE.keys(found)[0]))
    show(f"{name}+gp_bo: first acquisition, {FIRST} labels", times[0], "s")
    show(f"{name}+gp_bo: median acquisition up to {LABELS} labels", float(np.median(times[1:])), "s")
    show(f"{name}+gp_bo: longest acquisition up to {LABELS} labels", max(times[1:]), "s")


def main() -> None:
    torch.set_num_threads(1)
    show("matrix multiplication, one thread", matmul_rate(time.process_time), "GFLOP/s")
    SPACE.all()
    for name in ("one_hot", "wl", "arch2vec"):
        measure(name)


if __name__ == "__main__":
    main()
