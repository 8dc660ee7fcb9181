"""A plugin file for tests of quality: a representation that learns in passes, and parts that measure it.

Importing the file offers the parts, in this process as in workers.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.quality.parts import PARTS
from tabular.outside.files import load_file

LABORATORY = '''"""A projection that is learnt in passes, and what is measured of it."""

import math
import time
from dataclasses import dataclass

import torch

from harness.quality.parts import PARTS
from harness.quality.subject import Measure, Outcome, Part
from methods.base import Pretrainable, Representation, describe


class Lab(Representation["Lab.Hyper"], Pretrainable):
    default_optimizer = "gp_bo"
    static = True
    learns_labels = True

    @dataclass(frozen=True)
    class Hyper:
        width: int = describe(2, "columns", "made up")
        passes: int = describe(3, "passes", "made up")
        seconds: float = describe(0.0, "of a pass", "made up")
        exact: float = describe(90.0, "what its decoder reconstructs, in percent", "made up")
        breaks: bool = describe(False, "whether measuring it fails", "made up")

    def fit(self, space, observed):
        pass

    def encode(self, cells):
        return torch.from_numpy(cells.ops.astype("float32")) @ self.weights

    def pretrain(self, space, labels, watch):
        self.weights = torch.from_numpy(self.rng.random((space.vertices, self.hyper.width))).float()
        if labels is not None:
            self.weights *= float(labels.accuracy.mean())
        for done in range(1, self.hyper.passes + 1):
            end = time.monotonic() + self.hyper.seconds
            while time.monotonic() < end:
                pass
            watch.epoch(done, self.hyper.passes, {"loss": 1 / done}, self.state)
        return {"reconstruction_exact_percent": self.hyper.exact, "floor_percent": 80.0}

    def state(self):
        return {"weights": self.weights}

    def restore(self, space, state):
        self.weights = state["weights"]


def measure(subject, sizes, rng):
    if getattr(subject.representation.hyper, "breaks", False):
        raise ValueError("it breaks")
    number = min(sizes.cells, len(subject.test))
    cells = subject.test[rng.choice(len(subject.test), number, replace=False)]
    z = subject.representation.encode(cells)
    first = z[:, 0].numpy()
    numbers = {"top": float(subject.truth(cells).max()), "spread": first.std(), "nothing": math.nan}
    names, gap = subject.space.to_strings(cells), [math.nan] * len(cells)
    columns = {"cells": {"first": first, "architecture": names, "gap": gap}}
    return Outcome({**numbers, "labelled": float(subject.labelled)}, columns)


def passes(subject, sizes, rng):
    return Outcome({"passes": float(len(subject.curve))})


OFFERED = {
    "tiny": Part(
        "tiny",
        "where it puts cells",
        (
            Measure("top", "the best accuracy among the cells", "top"),
            Measure("spread", "deviation of the first coordinate", "spread", unit="", better="lower"),
            Measure("nothing", "what nobody knows", "nothing", unit=""),
            Measure("labelled", "whether it has learnt labels", "labelled", unit="", better="", shown=False),
        ),
        measure,
        sizes=("cells",),
    ),
    "trained": Part(
        "trained",
        "how long it learnt",
        (Measure("passes", "passes over the cells", "passes", unit="", better=""),),
        passes,
        needs=(Pretrainable,),
    ),
}
PARTS.update(OFFERED)
'''


def write_laboratory(folder: Path) -> Path:
    """The file, whose name is that of the representation."""
    path = folder / "lab.py"
    path.write_text(LABORATORY)
    return path


@contextmanager
def offered(file: Path) -> Iterator[None]:
    """The parts of the file in this process, and none of them afterwards."""
    before = dict(PARTS)
    try:
        PARTS.update(load_file(file)[0].OFFERED)  # if it was imported before, that has offered nothing now
        yield
    finally:
        PARTS.clear()
        PARTS.update(before)
