"""What is measured of a representation at one seed: the specification of a record of quality."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from harness.study.spec import ModelSpec, PluginSpec, Spec
from tabular.protocol import Protocol

Labels = Literal["none", "training"]
"""What is free to learn from beside cells: nothing, or the labels of the training part."""
PREFIX = "quality-"
"""Folders of records of quality begin with it, and no protocol's name does."""


def is_quality(folder: str) -> bool:
    """Whether a folder of a benchmark is for records of quality: the others are named after protocols."""
    return folder.startswith(PREFIX)


@dataclass(frozen=True)
class QualitySpec(Spec):
    """One part of the measurements x representation x benchmark x seed."""

    counted = "parts"

    representation: PluginSpec
    part: str
    split: int
    """Cells sampled to be split where the space cannot be listed; 0 where all are (`tabular.split`)."""
    labels: Labels
    sizes: Mapping[str, Any]
    """How much is measured, of what the part reads."""
    pretrains: bool
    """Whether it learns before it is measured, with the seed as that of pre-training."""
    measured: str = ""
    """Identity of the complexity it learns, where that was measured on devices and not computed."""
    optimizer: PluginSpec | None = None
    """Of the method, for a part that looks at its search."""
    judge: str = ""
    """Digest of the surrogate that such a part asks about what is not in the benchmark; empty for none."""

    def configuration(self) -> dict[str, Any]:
        return {
            "part": self.part,
            "benchmark": self.benchmark,
            "table": self.table_digest,
            "protocol": self.protocol.rules(),
            "representation": self.representation.identity(),
            "pretrains": self.pretrains,
            "split": self.split,
            "labels": self.labels,
            "sizes": dict(self.sizes),
            **({"measured": self.measured} if self.measured else {}),
            **({"optimizer": self.optimizer.identity()} if self.optimizer else {}),
            **({"judge": self.judge} if self.judge else {}),
        }

    def identity(self) -> dict[str, Any]:
        return {**self.configuration(), "seed": self.seed}

    @staticmethod
    def of(method: str, identity: Mapping[str, Any]) -> QualitySpec:
        """Inverse of `identity`, under the method's label; raises `ValueError` for what it does not know."""
        representation = PluginSpec.of(identity["representation"])
        assert representation is not None
        spec = QualitySpec(
            method=method,
            benchmark=identity["benchmark"],
            table_digest=identity["table"],
            protocol=Protocol.from_rules(identity["protocol"]),
            seed=int(identity["seed"]),
            representation=representation,
            part=identity["part"],
            split=int(identity["split"]),
            labels=identity["labels"],
            sizes=dict(identity["sizes"]),
            pretrains=bool(identity["pretrains"]),
            measured=identity.get("measured", ""),
            optimizer=PluginSpec.of(identity.get("optimizer")),
            judge=identity.get("judge", ""),
        )
        if spec.identity() != identity:
            raise ValueError("its identity is not whole")
        return spec

    @property
    def folder(self) -> str:
        return f"{PREFIX}{self.part}"

    @property
    def title(self) -> str:
        return f"{self.method} {self.part} seed {self.seed}"

    @property
    def model(self) -> ModelSpec | None:
        if not self.pretrains:
            return None
        return ModelSpec(
            self.representation, self.benchmark, self.seed, self.split, labels=self.labels == "training"
        )
