"""`harness list`: methods, benchmarks and protocols, without importing any plugin."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from harness.study.options import Paths, parse, print_keys, wants_help
from harness.study.registry import Registry, Role
from methods.systems import SYSTEMS
from tabular.catalogue import benchmark_names, default_protocol, protocols
from tabular.protocol import Protocol

EXAMPLE = "harness list"
SUMMARY = "methods, benchmarks, protocols"


class ListOptions(BaseModel):
    """Keys of `harness list`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    plugins: Paths = Field((), description="plugin files, for example ./mine.py")


def run(words: list[str]) -> int:
    """Print what exists."""
    if wants_help(words):
        print_keys("list", ListOptions)
        return 0
    options, _ = parse(words, ListOptions)
    print(listing(Registry(options.plugins)))
    return 0


def listing(registry: Registry) -> str:
    """Methods, benchmarks and protocols, a line each."""
    return "\n".join(
        [
            "Representations (alone: with the optimizer of their paper; or representation+optimizer)",
            *_plugins(registry, "representation"),
            "",
            "Optimizers",
            *_plugins(registry, "optimizer"),
            "",
            "Other names of methods",
            *(f"  {name:<24} {system.summary}" for name, system in SYSTEMS.items()),
            "",
            "Benchmarks (default protocol): datasets, the first where none is named",
            *_benchmarks(),
            "",
            "Protocols",
            *(
                f"  {name:<24} {protocol.summary} ({_hash(protocol)})"
                for name, protocol in protocols().items()
            ),
        ]
    )


def _benchmarks() -> list[str]:
    datasets: dict[str, list[str]] = {}
    for name in benchmark_names():
        family, _, dataset = name.partition(":")
        datasets.setdefault(family, []).append(dataset)
    return [
        f"  {family:<24} ({default_protocol(family)}) {', '.join(names)}"
        for family, names in datasets.items()
    ]


def _hash(protocol: Protocol) -> str:
    return "a hash per dataset" if protocol.datasets else protocol.hash


def _plugins(registry: Registry, role: Role) -> list[str]:
    return [f"  {name:<24} {registry.summary(role, name)}" for name in registry.working(role)]
