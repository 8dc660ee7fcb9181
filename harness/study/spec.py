"""What a run is: the specification whose hash is the run's identity."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, final

from tabular.protocol import Protocol

SHARED_PRETRAIN_SEED = -1
"""Pre-training seed that all runs of a comparison share; per-seed pre-training uses the run's seed."""


@dataclass(frozen=True)
class PluginSpec:
    """A plugin with its hyper-parameters spelled out."""

    name: str
    version: str
    """The class's `version`; for a third party's also the digest of its code."""
    hyper: dict[str, Any]
    """Every field of the plugin's `Hyper` that is read, defaults included."""

    def identity(self) -> dict[str, Any]:
        """What decides the plugin's behaviour."""
        return {"name": self.name, "version": self.version, "hyper": self.hyper}

    @property
    def complexity(self) -> list[str]:
        """Measures of complexity that it learns, prices or shows: its field `complexity` or `measures`."""
        named = [str(self.hyper[field]) for field in ("complexity", "measures") if field in self.hyper]
        return [measure.strip() for text in named for measure in text.split(",")]

    @staticmethod
    def of(identity: Mapping[str, Any] | None) -> PluginSpec | None:
        """Inverse of `identity`; None for None."""
        return None if identity is None else PluginSpec(**identity)


@dataclass(frozen=True)
class ModelSpec:
    """A pre-trained model: all that decides it, but for the code."""

    plugin: PluginSpec
    benchmark: str
    seed: int
    split: int | None = None
    """Trained on the training part of the benchmark's split (see `tabular.split`), for which so many cells
    are sampled where the space cannot be listed; None: on the whole space, as a search sees it."""
    labels: bool = False
    """The labels of the training part are free."""


@dataclass(frozen=True)
class Spec(ABC):
    """What is carried out and stored once, under its key. Plain data: it travels to worker processes."""

    counted: ClassVar[str]
    """What several of one method are called, in progress."""

    method: str
    """Label in tables and folder of the record; it names every overridden hyper-parameter."""
    benchmark: str
    table_digest: str
    protocol: Protocol
    seed: int

    @abstractmethod
    def configuration(self) -> dict[str, Any]:
        """All that decides the results but the seeds: what differs in it is never averaged."""

    @abstractmethod
    def identity(self) -> dict[str, Any]:
        """Everything that decides the results, and nothing else."""

    @property
    @abstractmethod
    def model(self) -> ModelSpec | None:
        """What the representation is pre-trained as; None where nothing is."""

    @property
    @abstractmethod
    def folder(self) -> str:
        """Between the benchmark's folder and the method's."""

    @property
    @abstractmethod
    def title(self) -> str:
        """Which it is among those on a benchmark, in words."""

    @final
    @cached_property
    def key(self) -> str:
        """sha256 (hex) of the canonical identity."""
        return canonical_hash(self.identity())

    @final
    @cached_property
    def configuration_hash(self) -> str:
        """sha256 (hex) of the canonical configuration."""
        return canonical_hash(self.configuration())


@dataclass(frozen=True)
class RunSpec(Spec):
    """One method x benchmark x protocol x seed."""

    counted = "seeds"

    representation: PluginSpec | None
    optimizer: PluginSpec
    budget: int
    pretrain_seed: int | None
    """Seed of pre-training; None for a representation that has none."""
    measured: str = ""
    """Identity of the complexity a plugin learns, where it was measured on devices and not computed."""
    candidates: str = ""
    """Digest of the architectures that may be asked for (`candidates=`); empty for all of the benchmark's."""

    def configuration(self) -> dict[str, Any]:
        return {
            "benchmark": self.benchmark,
            "table": self.table_digest,
            "protocol": self.protocol.rules(),
            "representation": self.representation.identity() if self.representation else None,
            "optimizer": self.optimizer.identity(),
            "budget": self.budget,
            "pretraining": self.pretraining,
            **({"measured": self.measured} if self.measured else {}),
            **({"candidates": self.candidates} if self.candidates else {}),
        }

    def identity(self) -> dict[str, Any]:
        return {**self.configuration(), "seed": self.seed, "pretrain_seed": self.pretrain_seed}

    @staticmethod
    def of(method: str, identity: Mapping[str, Any]) -> RunSpec:
        """Inverse of `identity`, under the method's label; raises `ValueError` for what it does not know."""
        optimizer = PluginSpec.of(identity["optimizer"])
        assert optimizer is not None
        spec = RunSpec(
            method=method,
            benchmark=identity["benchmark"],
            table_digest=identity["table"],
            protocol=Protocol.from_rules(identity["protocol"]),
            representation=PluginSpec.of(identity["representation"]),
            optimizer=optimizer,
            budget=int(identity["budget"]),
            seed=int(identity["seed"]),
            pretrain_seed=identity["pretrain_seed"],
            measured=identity.get("measured", ""),
            candidates=identity.get("candidates", ""),
        )
        if spec.identity() != identity:
            raise ValueError("its identity is not whole")
        return spec

    @property
    def folder(self) -> str:
        return self.protocol.name

    @property
    def title(self) -> str:
        return f"{self.method} seed {self.seed}"

    @property
    def model(self) -> ModelSpec | None:
        if self.representation is None or self.pretrain_seed is None:
            return None
        return ModelSpec(self.representation, self.benchmark, self.pretrain_seed)

    @property
    def pretraining(self) -> str | None:
        """`shared`, `per-seed`, or None where nothing is pre-trained."""
        if self.pretrain_seed is None:
            return None
        return "shared" if self.pretrain_seed == SHARED_PRETRAIN_SEED else "per-seed"


def canonical_hash(value: Any) -> str:
    """sha256 (hex) of a JSON value with sorted keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
