"""Protocols on NAS-Bench-Macro."""

from __future__ import annotations

from tabular.protocol import Protocol

EP50 = Protocol(
    name="macro-50ep",
    benchmark="macro",
    summary="50-epoch CIFAR-10 test accuracy of one training: the benchmark has no validation split",
    split="test",
    epochs=50,
    same="class",
    leaks="test seen in search: the benchmark records test accuracies alone",
)
PROTOCOLS = (EP50,)
