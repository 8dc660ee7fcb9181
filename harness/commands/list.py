"""`harness list [NAME ...]`: methods, benchmarks, protocols; or all about one. Lists import none of ours."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from harness.quality.parts import PARTS
from harness.study.help import print_keys, wants_help
from harness.study.options import Paths, parse
from harness.study.registry import Registry, Role
from methods.systems import SYSTEMS
from tabular.catalogue import benchmark_names, default_protocol, protocols
from tabular.protocol import Protocol

EXAMPLE = "harness list [NAME]"
SUMMARY = "methods, benchmarks, protocols; all about one"


class ListOptions(BaseModel):
    """Keys of `harness list`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    plugins: Paths = Field((), description="files with a method or benchmark of yours, for example ./mine.py")


def run(words: list[str]) -> int:
    """Print what exists, or all about what is named."""
    if wants_help(words):
        print_keys("list [NAME ...]", ListOptions, words=words)
        return 0
    names = [word for word in words if "=" not in word]
    options, _ = parse([word for word in words if "=" in word], ListOptions)
    registry = Registry(options.plugins)
    if names:
        from harness.commands._describe import described

        registry.say_left_out()
        print("\n\n".join(described(name, registry) for name in names))
        return 0
    print(listing(registry))
    return 0


def listing(registry: Registry) -> str:
    """Methods, parts of quality, benchmarks and protocols, a line each."""
    return "\n".join(
        [
            "Representations (alone: adapted, with their paper's optimizer; or representation+optimizer)",
            *_plugins(registry, "representation"),
            "",
            "Optimizers",
            *_plugins(registry, "optimizer"),
            "",
            "Other names of methods (-paper: by its text, -published: by its authors' code, others: adapted; "
            "-untrained: controls)",
            *(f"  {name:<24} {system.summary}" for name, system in SYSTEMS.items()),
            "",
            "Parts of harness quality",
            *(f"  {name:<24} {part.words}" for name, part in PARTS.items()),
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
