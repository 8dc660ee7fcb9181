"""The keys of `harness quality`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from harness.study.options import (
    CORES,
    Benchmarks,
    Existing,
    Names,
    Share,
    Shown,
    SomeSeeds,
    Timeout,
    Workers,
)
from harness.study.quality_spec import Labels

SEEDS = 3
"""Pre-trainings of each representation."""
SAMPLED = 22_000
"""Cells of a space that cannot be listed, nine tenths of which train."""
FEWEST_SAMPLED = 20
"""So that the tenth that is measured on is more than one."""


class QualityOptions(Shown):
    """Keys of `harness quality`."""

    methods: Names = Field(
        description="representations, or methods by whose settings they are: ngae,arch2vec-published,one_hot",
        examples=["ngae,arch2vec", "dvae-paper,one_hot"],
    )
    bench: Benchmarks = ("nb201",)
    seeds: SomeSeeds = tuple(range(SEEDS))
    parts: Names | None = Field(
        None, description="what is measured (default: all that a representation has, but prediction)"
    )
    labels: Labels = Field(
        "none", description="free while it learns: none, or training: those of the training part"
    )
    cells: Annotated[int, Field(ge=FEWEST_SAMPLED)] = Field(
        SAMPLED, description="sampled to learn and to be tested, where the space cannot be listed"
    )
    workers: Workers = CORES
    shard: Share = None
    timeout: Timeout = None
    existing: Existing = "skip"
