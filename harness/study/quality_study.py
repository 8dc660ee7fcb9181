"""From the words of a command line to what is measured of which representation, with all refusals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import tabular
from harness.study.method import Overrides
from harness.study.quality_options import QualityOptions
from harness.study.quality_spec import QualitySpec
from harness.study.registry import Registry
from harness.study.represented import Represented, resolve_representation
from harness.study.study import (
    measured,
    refuse_unfit_space,
    refuse_unknown_complexity,
    refuse_unrecorded,
    refuse_unused,
)
from methods.base import Representation
from tabular.catalogue import default_protocol, protocols, resolve
from tabular.errors import HarnessError, unknown
from tabular.protocol import find_protocol
from tabular.space import EnumerableSpace

Needs = Mapping[str, Sequence[type]]
"""By part the roles without which there is nothing to measure."""


def quality_specs(
    options: QualityOptions,
    overrides: Overrides,
    registry: Registry,
    needs: Needs,
    sizes: Mapping[str, Any],
) -> tuple[list[QualitySpec], list[str]]:
    """All parts of a study, seeds outermost so that every method shows early; and sentences on what is left
    out.

    Raises `HarnessError` for names and hyper-parameters that cannot work, and if nothing is left.
    """
    for name in options.parts or ():
        if name not in needs:
            raise unknown("part", name, needs)
    asked = {name: needs[name] for name in options.parts or needs}
    named = [resolve_representation(name, overrides, registry) for name in options.methods]
    methods = list({method.label: method for method in named}.values())
    refuse_unused(overrides, {method.representation.name for method in methods})
    parts, left_out = {}, []
    for method in methods:
        parts[method.label], sentences = _fitting(method, asked, options.labels == "training", registry)
        left_out += sentences
    if not any(parts.values()):
        raise HarnessError("; ".join(left_out))
    names = dict.fromkeys(full for name in options.bench for full in resolve(name))
    study = [spec for name in names for spec in _on(name, methods, parts, options, sizes, registry)]
    return study, left_out


def _on(
    name: str,
    methods: Sequence[Represented],
    parts: Mapping[str, Sequence[str]],
    options: QualityOptions,
    sizes: Mapping[str, Any],
    registry: Registry,
) -> list[QualitySpec]:
    """What is measured on one benchmark."""
    benchmark = tabular.load(name)
    protocol = find_protocol(default_protocol(name), name, protocols())
    if options.labels == "training":
        refuse_unrecorded(benchmark, protocol)
    for method in methods:
        refuse_unfit_space(method.label, method.representation, benchmark, registry)
        refuse_unknown_complexity(method.representation, benchmark)
    return [
        QualitySpec(
            method=method.label,
            benchmark=name,
            table_digest=benchmark.digest,
            protocol=protocol,
            seed=seed,
            representation=method.representation,
            part=part,
            split=0 if isinstance(benchmark.space, EnumerableSpace) else options.cells,
            labels=options.labels,
            sizes=sizes,
            pretrains=method.pretrains,
            measured=measured([method.representation], benchmark),
        )
        for seed in options.seeds
        for method in methods
        for part in parts[method.label]
    ]


def _fitting(
    method: Represented, asked: Needs, labelled: bool, registry: Registry
) -> tuple[list[str], list[str]]:
    """The parts that can be measured of a representation, and why others cannot."""
    plugin = registry.load("representation", method.representation.name)
    assert issubclass(plugin, Representation)
    if not (labelled or method.pretrains or plugin.static):
        return [], [f"{method.label} is left out: it learns from labels alone, and labels=none"]
    fitting: list[str] = []
    lacking: dict[str, list[str]] = {}
    for part, roles in asked.items():
        missing = " and no ".join(role.__name__ for role in roles if not issubclass(plugin, role))
        if missing:
            lacking.setdefault(missing, []).append(part)
        else:
            fitting.append(part)
    return fitting, [
        f"{method.label}: {', '.join(left)} left out: it is no {roles}" for roles, left in lacking.items()
    ]
