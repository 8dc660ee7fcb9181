"""Seconds that searches take: real runs of 150 queries, one thread each, timed round by round."""

from __future__ import annotations

import time
from itertools import pairwise

import torch
from clock import show

from harness.running.runner import run
from harness.study.options import RunOptions, parse
from harness.study.registry import Registry
from harness.study.study import specs

PER_QUERY = {
    "one_hot+gp_bo": [],
    "arch2vec": [],
    "arch2vec, surrogate=dngo": ["gp_bo.surrogate=dngo"],
    "wl+gp_bo": [],
    "supervised": [],
    "bananas": [],
}
PER_ROUND = {"nao": [], "ngae": [], "dvae": []}
QUICK = {
    "arch2vec": ["arch2vec.epochs=1"],
    "nao": ["nao.epochs=1", "nao.cycles=1"],
    "ngae": ["ngae.epochs=1", "ngae.cycles=1"],
    "dvae": ["dvae.epochs=1", "dvae.cycles=1"],
}
"""Pre-training in short: how good a model is does not matter to the time its search takes."""


def rounds(name: str, settings: list[str]) -> tuple[float, list[float]]:
    """Seconds of fitting and proposing in a whole run of one seed, and wall seconds of its rounds."""
    method = name.partition(",")[0]
    short = QUICK.get(method, [])
    words = [f"methods={method}", "bench=nb201:cifar100", "seeds=1", *settings, *short]
    options, overrides = parse(words, RunOptions, overrides=True)
    registry = Registry()
    (spec,) = specs(options, overrides, registry)
    times: list[float] = []
    record = run(spec, registry, lambda charged, best: times.append(time.perf_counter()))
    spent = record.timing.seconds
    return spent["fit"] + spent["propose"], [after - before for before, after in pairwise(times)]


def main() -> None:
    torch.set_num_threads(1)
    for name, settings in PER_QUERY.items():
        seconds, _ = rounds(name, settings)
        show(f"{name}, 140 queries", seconds / 140, "s per query")
    for name, settings in PER_ROUND.items():
        _, each = rounds(name, settings)
        show(f"{name}: first round, 10 labels", each[0], "s")
        show(f"{name}: last round, 140 labels, warm start", each[-1], "s")
