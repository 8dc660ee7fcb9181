"""`harness list NAME`: all about one method, plugin, benchmark or protocol."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import asdict

from harness.commands._hyper import hyper_parameters
from harness.quality.parts import PARTS
from harness.quality.subject import Part, Sizes
from harness.report.tables.quality_notes import BETTER
from harness.study.method import working_pairs
from harness.study.registry import ROLES, Registry, Role
from methods.base import (
    Decoder,
    MultiFidelity,
    OfFile,
    Optimizer,
    Predictor,
    Pretrainable,
    Representation,
)
from methods.systems import SYSTEMS, System
from tabular.catalogue import families, protocols
from tabular.data.source import Source
from tabular.errors import unknown
from tabular.family import Family
from tabular.protocol import Protocol
from tabular.space import EnumerableSpace

WIDTH, INDENT = 100, 28


def described(name: str, registry: Registry) -> str:
    """Everything of that name, a section each; `HarnessError` with the closest if there is nothing."""
    benchmarks = {each.name: each for each in families()}
    family, _, dataset = name.partition(":")
    sections = [_plugin(role, name, registry) for role in ROLES if registry.has(role, name)]
    if name in SYSTEMS:
        sections.append(_system(name, SYSTEMS[name]))
    if family in benchmarks and dataset in ("", "*", *benchmarks[family].datasets):
        sections.append(_benchmark(benchmarks[family], dataset))
    if name in PARTS:
        sections.append(_part(PARTS[name]))
    if name in protocols():
        sections.append(f"{name}: a protocol; harness protocols show {name}")
    if not sections:
        datasets = [f"{each.name}:{one}" for each in benchmarks.values() for one in each.datasets]
        known = (
            datasets if ":" in name else [*registry.all_names, *SYSTEMS, *PARTS, *benchmarks, *protocols()]
        )
        raise unknown("name", name, set(known))
    return "\n\n".join(sections)


def _plugin(role: Role, name: str, registry: Registry) -> str:
    plugin = registry.load(role, name)
    facts = {"summary": registry.summary(role, name), "version": registry.version(role, name)}
    if issubclass(plugin, Representation):
        facts |= _of_representation(name, plugin)
    elif issubclass(plugin, Optimizer):
        facts |= _of_optimizer(name, plugin, registry)
    if plugin.transductive:
        facts["sees"] = "all architectures without labels, as far as the protocol allows"
    elif plugin.lists_space_when:
        field, value, instead = plugin.lists_space_when
        facts["sees"] = f"all architectures without labels where {field}={value} (else {field}={instead})"
    return "\n".join([f"{name}: {role}", "", *_table(facts), "", *hyper_parameters(name, plugin)])


def _of_representation(name: str, plugin: type[Representation]) -> dict[str, str]:
    can = {
        Decoder: "decodes latent points",
        Predictor: "predicts from latent points",
        Pretrainable: "learns without labels first",
    }
    words = ["encodes architectures", *(said for role, said in can.items() if issubclass(plugin, role))]
    if name in SYSTEMS:
        means = "see the method of that name"
    elif plugin.default_optimizer:
        means = f"{name}+{plugin.default_optimizer}"
    else:
        means = f"nothing: write {name}+<optimizer>"
    facts = {"does": ", ".join(words), "alone means": means}
    if issubclass(plugin, OfFile):
        facts["written"] = f"{name}:FILE, {name}:FILE+<optimizer>, {name}:FILE[columns=a,b]"
    if plugin.remark:
        facts["under tables"] = plugin.remark
    return facts


def _of_optimizer(name: str, plugin: type[Optimizer], registry: Registry) -> dict[str, str]:
    needs = [f"a {role.__name__}" for role in plugin.needs] or ["no representation"]
    if issubclass(plugin.needs_space, EnumerableSpace):
        needs.append("a space that can be listed")
    if issubclass(plugin, MultiFidelity):
        needs.append("a protocol with shorter schedules")
    pairs = {"pairs": ", ".join(working_pairs(name, registry))} if plugin.needs else {}
    return {"needs": ", ".join(needs), **pairs}


def _system(name: str, system: System) -> str:
    pair = "+".join(part for part in (system.representation, system.optimizer) if part)
    settings = [
        f"{plugin}.{field}={value}"
        for plugin, fields in system.settings.items()
        for field, value in fields.items()
    ]
    facts = {"summary": system.summary, "means": pair, "with": " ".join(settings) or "their defaults"}
    parts = [part for part in (system.representation, system.optimizer) if part and part != name]
    if parts:
        facts["see"] = ", ".join(f"harness list {part}" for part in parts)
    return "\n".join([f"{name}: name of a method", "", *_table(facts)])


def _part(part: Part) -> str:
    needs = ", ".join(f"a {role.__name__}" for role in part.needs) or "any representation"
    listed = [each for each in part.measures if each.shown or not part.unlisted]
    measures = {each.name: f"{each.words}{BETTER[each.better]}" for each in listed}
    if part.unlisted:
        measures["more"] = part.unlisted
    sizes = {f"{name}={value}": "" for name, value in asdict(Sizes()).items() if name in part.sizes}
    return "\n".join(
        [
            f"{part.name}: a part of harness quality",
            "",
            *_table({"summary": part.words, "needs": needs}),
            "",
            "measures",
            *_table(measures),
            *(["", "how much is measured, written sizes.<name>=<value>", *_table(sizes)] if sizes else []),
        ]
    )


def _benchmark(family: Family, dataset: str) -> str:
    summary = (inspect.getdoc(inspect.getmodule(family.load)) or "").partition("\n")[0]
    facts = {
        "summary": summary,
        "datasets": ", ".join(f"{family.name}:{each}" for each in family.datasets),
        "protocol": f"{family.default_protocol}, unless protocol= says another",
    }
    if family.space is not None:
        forms = ", ".join(form.name for form in family.space(_dataset(family, dataset)).forms)
        facts["architectures"] = f"written as {forms}; harness arch {family.name} shows how"
    if family.tied:
        facts["tie_cells"] = ", ".join(f"{one} becomes {other}" for one, other in family.tied.items())
    data = [
        f"  {'data' if not place else '':<{INDENT - 3}} {_source(source)}"
        for place, source in enumerate(family.sources)
    ]
    mine = [each for each in protocols().values() if each.benchmark == family.name]
    rules = {each.name: _rules(each, dataset) for each in mine if _is_for(each, dataset)}
    return "\n".join(
        [f"{family.name}: benchmark", "", *_table(facts), *data, "", "protocols", *_table(rules)]
    )


def _dataset(family: Family, dataset: str) -> str:
    """The dataset itself; the family's first where none or all are meant."""
    return dataset if dataset in family.datasets else family.datasets[0]


def _source(source: Source) -> str:
    way = f"harness data {'fetch' if source.downloads else 'import'} {source.name}"
    size = f", {source.size}" if source.size else ""
    return f"{way}: {source.pattern} ({source.licence}{size})"


def _is_for(protocol: Protocol, dataset: str) -> bool:
    return dataset in ("", "*") or not protocol.only or dataset in protocol.only


def _rules(protocol: Protocol, dataset: str) -> str:
    there = protocol.on(dataset)
    marks = "a hash per dataset" if protocol.datasets and dataset in ("", "*") else there.hash
    leaks = f" LEAKS: {there.leaks}." if there.leaks else ""
    return f"{protocol.summary} ({marks}).{leaks}"


def _table(rows: Mapping[str, str]) -> Iterable[str]:
    """Two columns; the second is wrapped."""
    for name, text in rows.items():
        head = f"  {name:<{INDENT - 3}} "
        yield (
            textwrap.fill(
                text, WIDTH, initial_indent=head, subsequent_indent=" " * INDENT, break_on_hyphens=False
            )
            or head.rstrip()
        )
