"""Protocols on NAS-Bench-Graph."""

from __future__ import annotations

from tabular.protocol import Protocol

PROTOCOLS = (
    Protocol(
        name="nas-bench-graph-150q",
        benchmark="nas-bench-graph",
        summary="mean validation performance of the authors' three trainings, 150 queries",
        epochs=1,
        same="class",
    ),
)
