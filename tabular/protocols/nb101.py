"""Protocols on NAS-Bench-101: all cells, one training's test accuracies alone, and 30,001 sampled cells."""

from __future__ import annotations

import dataclasses

from tabular.protocol import Protocol

RUN0 = {
    "split": "test",
    "summary": "108-epoch test accuracy of one training: nothing else is recorded, so it is searched and "
    "reported",
    "leaks": "test seen in search: what is searched, the truth and the test are one column",
}
QUERIES = Protocol(
    name="nb101-150q",
    benchmark="nb101",
    summary="108-epoch validation accuracy of one random training per cell and seed, 150 queries",
    epochs=108,
    datasets={"run0": RUN0},
)
EP108 = dataclasses.replace(
    QUERIES,
    name="nb101-108ep",
    unit="seconds",
    budget=1_000_000,
    only=("cifar10",),
    datasets={},
    summary="NAS-Bench-101 paper: one random 108-epoch training, regret against simulated time, 1,000,000 s",
)
MEAN = dataclasses.replace(
    QUERIES,
    name="nb101-mean",
    replicate="mean",
    only=("cifar10",),
    datasets={},
    summary="as nb101-150q, but a query returns the mean of the three trainings and costs all of them",
)
FIDELITIES = dataclasses.replace(
    EP108,
    name="nb101-fidelities",
    fidelities=(4, 12, 36),
    summary="as nb101-108ep, with the trainings of 4, 12 and 36 epochs for sale (needs the full file)",
)
PROTOCOLS = (QUERIES, EP108, MEAN, FIDELITIES)

SAMPLE_QUERIES = Protocol(
    name="nb101-30k-150q",
    benchmark="nb101-30k",
    summary="108-epoch validation accuracy, the best of three trainings, of 30,001 sampled cells, 150 "
    "queries; what is proposed outside them is matched to the nearest not asked yet",
    epochs=108,
)
SAMPLE_EP108 = dataclasses.replace(
    SAMPLE_QUERIES,
    name="nb101-30k-108ep",
    unit="seconds",
    budget=1_000_000,
    summary="as nb101-30k-150q, regret against simulated time, 1,000,000 s",
)
SAMPLE_FIDELITIES = dataclasses.replace(
    SAMPLE_EP108,
    name="nb101-30k-fidelities",
    fidelities=(4, 12, 36),
    shorter_seconds="proportional",
    summary="as nb101-30k-108ep, with the trainings of 4, 12 and 36 epochs for sale; their times are not "
    "recorded and taken in proportion to the 108 epochs' (4/108, 12/108, 36/108)",
)
SAMPLE = (SAMPLE_QUERIES, SAMPLE_EP108, SAMPLE_FIDELITIES)
