"""What the search of a method asks for first, once all labels of the training part are known.

NGAE (Li et al., 2020, section 5.3 and Figure 5): the best few of what each method proposes, with accuracy and
complexity side by side. There the networks were trained; here an architecture outside the recorded ones is
judged by the benchmark's surrogate, and the nearest recorded one stands beside it. Every label was free: such
numbers are not those of a search with a budget.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float, Int

from harness.quality.graphs import edits, texts
from harness.quality.subject import Measure, Outcome, Part, Sizes, Subject
from tabular.cells import Cells

AUTHORS = "ngae"
"""NGAE's own measure of complexity, where a space has it."""


def measure(subject: Subject, sizes: Sizes, rng: np.random.Generator) -> Outcome:
    """One proposal of the method's optimizer; NaN where labels are not free or nothing new was proposed."""
    nothing = Outcome({each.name: float("nan") for each in MEASURES})
    if subject.optimizer is None or subject.observed is None:
        return nothing
    space, representation = subject.space, subject.representation
    proposal = subject.optimizer.propose(space, representation, subject.observed, sizes.proposals)
    valid = np.flatnonzero(space.contains(proposal))
    new = first_new(space.keys(proposal[valid]), space.keys(subject.training.all()))
    numbers = {
        **nothing.numbers,
        "valid": len(valid) / len(proposal) if len(proposal) else float("nan"),
        "new": len(new) / len(valid) if len(valid) else float("nan"),
        "best_training": float(np.nanmax(subject.judged(subject.training.all()))),
    }
    top = proposal[valid[new[: sizes.top]]]
    if not len(top):
        return Outcome(numbers)
    columns = described(subject, top)
    for name in ("accuracy", "nearest_accuracy", "edits", "complexity"):
        numbers[f"top_{name}"] = float(np.mean(columns[name]))
    return Outcome(numbers, {"top": columns})


def first_new(keys: Int[np.ndarray, " n"], known: Int[np.ndarray, " m"]) -> Int[np.ndarray, " k"]:
    """Where a key that is not known stands for the first time, in order."""
    _, first = np.unique(keys, return_index=True)
    first.sort()
    return first[~np.isin(keys[first], known)]


def described(subject: Subject, cells: Cells) -> dict[str, list[Any]]:
    """Architectures with their accuracy, the nearest recorded one, and their complexity."""
    space = subject.space
    nearest, apart = nearest_recorded(cells, subject.everything)
    measured = AUTHORS if AUTHORS in space.complexity_measures else "flops"
    complexity = space.complexity(cells, measured) / space.largest_complexity(measured)
    return {
        "architecture": texts(space, cells),
        "accuracy": subject.judged(cells).tolist(),
        "nearest": texts(space, nearest),
        "nearest_accuracy": subject.truth(nearest).tolist(),
        "edits": apart.tolist(),
        "complexity": complexity.tolist(),
        "flops": space.complexity(cells, "flops").tolist(),
    }


def nearest_recorded(cells: Cells, recorded: Cells) -> tuple[Cells, Float[np.ndarray, " n"]]:
    """For each the recorded one that differs in the fewest operations and adjacency entries, and in how many;
    the first of equals."""
    apart = np.array([edits(recorded, cells[[row]]) for row in range(len(cells))])  # a handful
    return recorded[apart.argmin(axis=1)], apart.min(axis=1).astype(float)


MEASURES = (
    Measure(
        "top_accuracy",
        "mean accuracy of the first few new architectures, by the benchmark or its surrogate",
        "top accuracy",
        of_quantity=True,
    ),
    Measure(
        "top_nearest_accuracy",
        "mean recorded accuracy of the recorded architectures nearest to them",
        "nearest recorded",
        of_quantity=True,
    ),
    Measure(
        "top_edits",
        "mean number of operations and edges in which they differ from those",
        "edits to it",
        "",
        "lower",
    ),
    Measure(
        "top_complexity",
        "their mean complexity (NGAE's measure on ENAS, else FLOPs) over the largest of the space",
        "top complexity",
        better="lower",
    ),
    Measure(
        "best_training",
        "best accuracy among the architectures whose labels were given",
        "best given",
        better="",
        of_quantity=True,
    ),
    Measure("valid", "share of the proposal that are architectures of the space", "valid"),
    Measure("new", "share of these that were not given with their labels, repeats counted once", "new"),
)
PART = Part(
    name="proposals",
    words="the first few architectures the method's search asks for with all training labels known",
    measures=MEASURES,
    measure=measure,
    sizes=("proposals", "top"),
    searches=True,
    judged=True,
)
