"""Protocols on NAS-Bench-101."""

from __future__ import annotations

import dataclasses

from tabular.protocol import Protocol

QUERIES = Protocol(
    name="nb101-150q",
    benchmark="nb101",
    summary="108-epoch validation accuracy of one random training per cell and seed, 150 queries",
    epochs=108,
)
EP108 = dataclasses.replace(
    QUERIES,
    name="nb101-108ep",
    unit="seconds",
    budget=1_000_000,
    summary="NAS-Bench-101 paper: one random 108-epoch training, regret against simulated time, 1,000,000 s",
)
MEAN = dataclasses.replace(
    QUERIES,
    name="nb101-mean",
    replicate="mean",
    summary="as nb101-150q, but a query returns the mean of the three trainings and costs all of them",
)
FIDELITIES = dataclasses.replace(
    EP108,
    name="nb101-fidelities",
    fidelities=(4, 12, 36),
    summary="as nb101-108ep, with the trainings of 4, 12 and 36 epochs for sale (needs the full file)",
)
PROTOCOLS = (QUERIES, EP108, MEAN, FIDELITIES)
