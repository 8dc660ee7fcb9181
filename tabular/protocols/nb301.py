"""Protocols on the surrogate of NAS-Bench-301 (the DARTS space)."""

from __future__ import annotations

from tabular.protocol import Protocol

EP98 = Protocol(
    name="nb301-98ep",
    benchmark="nb301",
    summary="accuracy predicted for 98 epochs, without noise; a benchmark of the surrogate, not of networks",
    epochs=98,
)
FIDELITIES = Protocol(
    name="nb301-fidelities",
    benchmark="nb301",
    summary="as nb301-98ep, with 4, 11 and 33 epochs for sale at their share of a query",
    epochs=98,
    fidelities=(4, 11, 33),
)
PROTOCOLS = (EP98, FIDELITIES)
