"""Protocols on TransNAS-Bench-101, whose tasks were trained for 10, 25 or 30 epochs."""

from __future__ import annotations

from tabular.protocol import Protocol
from tabular.sources.transnas import TASKS

SUMMARY = "validation metric of the last epoch, one training, 150 queries; bigger is better in every task"


def final(family: str) -> Protocol:
    """The default of a family: each task at its own full schedule."""
    return Protocol(
        name=f"{family}-final",
        benchmark=family,
        summary=SUMMARY,
        epochs=25,
        datasets={task: {"epochs": epochs} for task, (_, _, epochs) in TASKS.items()},
    )


MICRO, MACRO = (final("transnas-micro"),), (final("transnas-macro"),)
