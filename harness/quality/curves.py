"""How the training went, pass by pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from harness.quality.subject import Measure, Outcome, Part, Sizes, Subject
from methods.base import Pretrainable

PERCENT = "_percent"
LOSSES = {
    "loss": ("the loss that is minimised", "loss"),
    "reconstruction": ("the negative log-likelihood of a cell (nats)", "reconstruction"),
    "operations": ("the loss of operations", "operations"),
    "edges": ("the loss of edges", "edges"),
    "kl": ("the Kullback-Leibler divergence from the prior (nats), before its weight", "KL"),
    "accuracy_error": ("the squared error of predicted accuracy", "accuracy error"),
    "complexity_error": ("the squared error of predicted complexity", "complexity error"),
}
"""What several methods note of a pass, as a mean over its cells. All that they note is in the columns."""
SHOWN = ("loss", "reconstruction", "kl")


def measure(subject: Subject, sizes: Sizes, rng: np.random.Generator) -> Outcome:
    """Columns of all that was noted by pass, and what stood there at the end; NaN for what a method lacks."""
    columns = by_pass(subject.curve)
    last = {name: values[-1] for name, values in columns.items()}
    held_out = [share for share in columns.get("held_out_exact", []) if not np.isnan(share)]
    numbers = {
        "passes": last.get("epoch", np.nan),
        **{f"last_{name}": last.get(name, np.nan) for name in LOSSES},
        "last_prior_valid": last.get("prior_valid", np.nan),
        "last_prior_unique": last.get("prior_unique", np.nan),
        "last_held_out_exact": held_out[-1] if held_out else np.nan,
        "best_held_out_exact": max(held_out, default=np.nan),
    }
    return Outcome(numbers, {"passes": columns} if columns else {})


def by_pass(curve: Sequence[Mapping[str, float]]) -> dict[str, list[float]]:
    """A column for every fact; NaN in passes without it. Percentages become fractions without the ending."""
    columns = {}
    for name in dict.fromkeys(name for facts in curve for name in facts):
        unit = 100 if name.endswith(PERCENT) else 1
        columns[name.removesuffix(PERCENT)] = [facts.get(name, np.nan) / unit for facts in curve]
    return columns


PART = Part(
    name="curves",
    words="how its training went, by passes over the cells",
    measures=(
        Measure("passes", "passes over the training cells", "passes", unit="", better=""),
        *(
            Measure(f"last_{name}", f"{words} in the last pass", heading, "", "lower", name in SHOWN)
            for name, (words, heading) in LOSSES.items()
        ),
        Measure(
            "last_held_out_exact",
            "share of the cells held out during training that came back exactly after the last pass",
            "held out, last",
        ),
        Measure(
            "last_prior_valid",
            "share of draws from the method's prior that decoded to architectures after the last pass",
            "prior valid",
            shown=False,
        ),
        Measure("last_prior_unique", "share of these that were distinct", "prior unique", shown=False),
        Measure("best_held_out_exact", "the same after the best pass", "held out, best", shown=False),
    ),
    measure=measure,
    needs=(Pretrainable,),
)
