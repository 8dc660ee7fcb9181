"""What a run is: the specification whose hash is the run's identity."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any

from tabular.protocol import Protocol


@dataclass(frozen=True)
class PluginSpec:
    """A plugin with its hyper-parameters spelled out."""

    name: str
    version: str
    """The class's `version`; for a plugin file also the digest of its source."""
    hyper: dict[str, Any]
    """Every field of the plugin's `Hyper`, defaults included."""
    source: str | None = field(default=None, compare=False)
    """Path of the file a `plugins=` plugin is loaded from; not part of the identity."""

    def identity(self) -> dict[str, Any]:
        """What decides the results."""
        return {"name": self.name, "version": self.version, "hyper": self.hyper}


@dataclass(frozen=True)
class RunSpec:
    """One method x benchmark x protocol x seed. Plain data: it travels to worker processes."""

    method: str
    """Label in tables; not part of the identity."""
    benchmark: str
    table_digest: str
    protocol: Protocol
    representation: PluginSpec | None
    optimizer: PluginSpec
    budget: int
    seed: int
    pretrain_seed: int | None
    """Seed of pre-training; None for a representation that has none."""

    def identity(self) -> dict[str, Any]:
        """Everything that decides the results of the run, and nothing else."""
        return {
            "benchmark": self.benchmark,
            "table": self.table_digest,
            "protocol": self.protocol.rules(),
            "representation": self.representation.identity() if self.representation else None,
            "optimizer": self.optimizer.identity(),
            "budget": self.budget,
            "seed": self.seed,
            "pretrain_seed": self.pretrain_seed,
        }

    @property
    def key(self) -> str:
        """sha256 (hex) of the canonical identity."""
        return canonical_hash(self.identity())

    def as_dict(self) -> dict[str, Any]:
        """The identity plus the label, as stored in the run file."""
        return {"method": self.method, **self.identity()}


def canonical_hash(value: Any) -> str:
    """sha256 (hex) of a JSON value with sorted keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


_ = asdict
