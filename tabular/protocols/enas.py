"""Protocols on the ENAS macro space: a pool of recorded architectures, and a surrogate for all of them."""

from __future__ import annotations

from tabular.protocol import Protocol

POOL = (
    Protocol(
        name="enas-pool-150q",
        benchmark="enas-pool",
        summary="recorded weight-sharing accuracies of 19,015 architectures; what is decoded is matched to "
        "the nearest of them that was not asked yet",
        epochs=1,
    ),
)
SURROGATE = (
    Protocol(
        name="enas-surrogate-150q",
        benchmark="enas-surrogate",
        summary="weight-sharing accuracies predicted by a ridge regression on the recorded ones, 150 queries",
        epochs=1,
    ),
)
